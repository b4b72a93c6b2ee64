//! The simulated Safaricom, and the handsets in it.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::executable::malipo;
use super::gateway::Gateway;
use super::http::{Answer, Call, get, post};
use super::patience::eventually;
use super::process::Process;

/// A simulated Safaricom: of a demonstration, or in a process of its own.
pub(crate) struct Sandbox {
    url: String,
    data: PathBuf,
    _own: Option<(Process, TempDir)>,
}

/// Somebody with a handset.
#[derive(Clone)]
pub(crate) struct Payer {
    handset: String,
}

impl Sandbox {
    pub(crate) fn at(url: String, data: PathBuf) -> Self {
        Self { url, data, _own: None }
    }

    /// `malipo sandbox`, whose payers are quick.
    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("sandbox-e2e-").tempdir().expect("a folder can be made");
        let data = folder.path().join("record");
        let mut command = malipo(["sandbox", "--fast", "--sandbox-listen", "127.0.0.1:0", "--data"]);
        command.arg(&data);
        let process = Process::start(command, folder.path(), "sandbox")
            .unwrap_or_else(|finished| panic!("it did not start: {}", finished.said()));
        Self { url: process.told("sandbox"), data, _own: Some((process, folder)) }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The record of every shilling.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.data.join("sandbox-ledger.ndjson")
    }

    /// Whoever has this number.
    pub(crate) fn payer(&self, phone: &str) -> Payer {
        Payer { handset: format!("{}/control/handset/{phone}", self.url) }
    }

    /// What goes wrong from now on.
    pub(crate) fn breaks(&self, faults: &Value) {
        let call = Call::new(hyper::Method::PUT, format!("{}/control/faults", self.url));
        call.body(faults.to_string()).send().expect(200);
    }

    /// What goes wrong from now on with what is paid to this till.
    pub(crate) fn breaks_till(&self, short_code: &str, faults: &Value) {
        let url = format!("{}/control/tills/{short_code}/faults", self.url);
        Call::new(hyper::Method::PUT, url).body(faults.to_string()).send().expect(200);
    }

    /// The statement of another paybill or till, of all days, as CSV.
    pub(crate) fn statement_of(&self, short_code: &str) -> String {
        let url = format!("{}/control/statement?short_code={short_code}", self.url);
        get(url).send().expect(200).text()
    }

    /// The organisation's statement of all days, as CSV.
    pub(crate) fn statement(&self) -> String {
        get(format!("{}/control/statement", self.url)).send().expect(200).text()
    }

    pub(crate) fn summary(&self) -> Value {
        get(format!("{}/control/summary", self.url)).send().expect(200).json()
    }

    /// Waits until nothing is on its way any more.
    pub(crate) fn is_quiet(&self) -> Value {
        eventually("the sandbox has nothing under way", || {
            Some(self.summary()).filter(|summary| summary["tasks_under_way"] == 0)
        })
    }

    /// What it called the latest prompt for this payment number.
    pub(crate) fn prompt_of(&self, account: &str) -> String {
        eventually("the prompt is on record", || {
            let record = std::fs::read_to_string(self.ledger()).unwrap_or_default();
            let lines = record.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let mut prompts =
                lines.filter(|line| line["kind"] == "stk_prompted" && line["account"] == account);
            prompts.next().map(|line| line["checkout_request_id"].as_str().expect("it has a name").to_owned())
        })
    }

    /// Waits until it knows where to call this gateway.
    pub(crate) fn knows(&self, gateway: &Gateway) {
        eventually("the gateway's addresses are registered", || {
            let record = std::fs::read_to_string(self.ledger()).unwrap_or_default();
            let registered = record.lines().rfind(|line| line.contains("\"urls_registered\""))?;
            registered.contains(&gateway.callbacks()).then_some(())
        });
    }
}

impl Payer {
    /// Tries to pay to another paybill or till; what is refused moves nothing.
    pub(crate) fn tries_to_pay_to(&self, short_code: &str, account: &str, shillings: &str) {
        let body = json!({"account": account, "amount": shillings, "short_code": short_code});
        post(format!("{}/pay", self.handset), &body).send().expect(200);
    }

    /// Pays by paybill; gives the receipt.
    #[track_caller]
    pub(crate) fn pays(&self, account: &str, shillings: &str) -> String {
        let answer = self.tries_to_pay(account, shillings);
        assert_eq!(answer["status"], "paid", "{answer}");
        answer["receipt"].as_str().expect("a payment has a receipt").to_owned()
    }

    /// Tries to pay by paybill; gives what the handset says.
    pub(crate) fn tries_to_pay(&self, account: &str, shillings: &str) -> Value {
        let body = json!({"account": account, "amount": shillings});
        post(format!("{}/pay", self.handset), &body).send().expect(200).json()
    }

    /// Whether the handset shows nothing that wants an answer.
    pub(crate) fn sees_no_prompt(&self) -> bool {
        get(self.handset.clone()).send().expect(200).json()["prompt"].is_null()
    }

    /// Enters the PIN that the prompt asks for.
    pub(crate) fn enters_pin(&self) -> Answer {
        post(format!("{}/pin", self.handset), &json!({"pin": "1234"})).send()
    }
}
