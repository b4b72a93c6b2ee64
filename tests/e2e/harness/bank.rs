//! The simulated bank of a demonstration, and somebody who has its key.

use std::path::PathBuf;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::agency::Bill;
use super::executable::{Finished, malipo, run};
use super::gateway::Gateway;
use super::http::{Answer, Call, get, post};
use super::terminals::{HandedOver, noted};

/// The account of the demonstration in the books.
pub(crate) const ACCOUNT: &str = "1000.bank.kcb-1100220033";

/// The bank.
pub(crate) struct Bank {
    control: String,
    callbacks: String,
    record: PathBuf,
}

impl Gateway {
    /// The simulated bank, as soon as it knows where to ask and tell.
    pub(crate) fn bank(&self) -> Bank {
        self.sandbox().knows(self);
        let control = format!("{}/control/banks/kcb", self.sandbox().url());
        let record = self.sandbox().ledger().with_file_name("sandbox-bank.ndjson");
        Bank { control, callbacks: format!("{}/bank/kcb", self.callbacks()), record }
    }

    /// `malipo statement import` of a file of a channel.
    pub(crate) fn imports(&self, channel: &str, text: &str, flags: &[&str]) -> Finished {
        let path = self.folder().join("file.csv");
        std::fs::write(&path, text).expect("a file can be written");
        let mut command = malipo(["statement", "import", "--json", "--channel", channel]);
        run(command.args(flags).arg(&path).arg("--data").arg(self.data()))
    }
}

/// What became of a file: payments, found, known and different.
pub(crate) fn taken(finished: &Finished) -> [u64; 4] {
    let body: Value = serde_json::from_str(&finished.stdout).expect("it says what became of the file");
    let different = body["differ"].as_array().map_or(0, Vec::len) as u64;
    let count = |name: &str| body[name].as_u64().expect("a count");
    [count("payments"), count("found"), count("known"), different]
}

impl Bank {
    /// What goes wrong from now on.
    pub(crate) fn breaks(&self, faults: &Value) {
        let call = Call::new(hyper::Method::PUT, format!("{}/faults", self.control));
        call.body(faults.to_string()).send().expect(200);
    }

    /// Somebody pays; gives the bank's reference.
    #[track_caller]
    pub(crate) fn is_paid(&self, reference: &str, shillings: &str) -> String {
        let answer = self.is_offered(reference, shillings);
        assert_eq!(answer["status"], "paid", "{answer}");
        answer["reference"].as_str().expect("a payment has a reference").to_owned()
    }

    /// Somebody pays all of a bill.
    #[track_caller]
    pub(crate) fn is_paid_for(&self, bill: &Bill) -> String {
        self.is_paid(&bill.number, &bill.amount())
    }

    /// Somebody wants to pay; gives what the bank says.
    pub(crate) fn is_offered(&self, reference: &str, shillings: &str) -> Value {
        let body = json!({"reference": reference, "amount": shillings});
        post(format!("{}/deposit", self.control), &body).send().expect(200).json()
    }

    /// What goes wrong with slips from now on.
    pub(crate) fn breaks_slips(&self, faults: &Value) {
        let call = Call::new(hyper::Method::PUT, format!("{}/slips/faults", self.control));
        call.body(faults.to_string()).send().expect(200);
    }

    /// Somebody pays in at a branch, which tells nobody.
    pub(crate) fn stamps_slip(&self, reference: &str, shillings: &str) {
        let body = json!({"reference": reference, "amount": shillings});
        post(format!("{}/slips", self.control), &body).send().expect(200);
    }

    /// The slips that an officer has typed by now.
    pub(crate) fn slips(&self) -> Vec<HandedOver> {
        let typed = post(format!("{}/slips/collect", self.control), &json!({})).send();
        HandedOver::all_of(&typed.expect(200).json())
    }

    /// The lines of this kind in its record.
    pub(crate) fn lines(&self, kind: &str) -> Vec<Value> {
        noted(&self.record, kind)
    }

    /// What came in, as CSV.
    pub(crate) fn statement(&self) -> String {
        get(format!("{}/statement", self.control)).send().expect(200).text()
    }

    /// The sum of what came in, in cents.
    pub(crate) fn sum(&self) -> i64 {
        let summary = get(format!("{}/summary", self.control)).send().expect(200).json();
        summary["sum"]["amount"].as_i64().expect("a sum")
    }

    /// Says something to the gateway under the bank's signature.
    pub(crate) fn says(&self, kind: &str, body: &str) -> Answer {
        self.says_under(kind, body, &sign(body))
    }

    /// Says something under this signature.
    pub(crate) fn says_under(&self, kind: &str, body: &str, signature: &str) -> Answer {
        let call = Call::new(hyper::Method::POST, format!("{}/{kind}", self.callbacks));
        call.body(body.to_owned()).header("signature", signature).send()
    }
}

fn sign(body: &str) -> String {
    let pem = include_str!("../../../loadtest/src/sandbox/bank/sandbox-key.pem");
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(base64).expect("the key is base64");
    let key = RsaKeyPair::from_pkcs8(&der).expect("the key is a key");
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), body.as_bytes(), &mut signature).expect("it signs");
    STANDARD.encode(signature)
}
