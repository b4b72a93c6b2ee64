//! The simulated Airtel, and what it has written down.

use std::path::PathBuf;

use serde_json::Value;

use super::gateway::Gateway;
use super::http::Call;
use super::patience::eventually;
use super::sandbox::Sandbox;

/// What somebody took who asks payers for us.
pub(super) struct Taking {
    /// The moment, as its record has it.
    pub(super) at: String,
    pub(super) receipt: String,
    /// The attempt, as it was named to them.
    pub(super) reference: String,
    pub(super) cents: i64,
}

/// The statement of an account on which this was taken, with a charge for each, and the sum.
pub(super) fn merchant_statement(takings: impl Iterator<Item = Taking>) -> String {
    let mut text = "Time,Transaction ID,Reference,Credit,Debit\n".to_owned();
    let mut sum = 0;
    for Taking { at, receipt, reference, cents } in takings {
        let moment: jiff::Timestamp = at.parse().expect("a moment");
        let nairobi = jiff::tz::TimeZone::fixed(jiff::tz::offset(3));
        let time = moment.to_zoned(nairobi).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let kes = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
        text += &format!("{time},{receipt},{reference},{},\n", kes(cents));
        text += &format!("{time},CHG{receipt},Charge,,{}\n", kes(cents / 100));
        sum += cents;
    }
    text + &format!("Total,,,{}.{:02},\n", sum / 100, sum % 100)
}

/// The simulated Airtel of a demonstration.
pub(crate) struct Airtel {
    sandbox: String,
    record: PathBuf,
}

impl Gateway {
    /// The simulated Airtel, as soon as it knows where to report.
    pub(crate) fn airtel(&self) -> Airtel {
        Airtel::of(&self.sandbox(), self)
    }
}

impl Airtel {
    /// That of this sandbox, as soon as it knows where to report to this gateway.
    pub(crate) fn of(sandbox: &Sandbox, gateway: &Gateway) -> Self {
        let record = sandbox.ledger().with_file_name("sandbox-airtel.ndjson");
        let airtel = Self { sandbox: sandbox.url().to_owned(), record };
        let here = format!("{}/airtel", gateway.callbacks());
        eventually("Airtel knows where to report", || {
            let told = airtel.lines("callback_set");
            told.last().filter(|line| line["callback"] == here.as_str()).map(drop)
        });
        airtel
    }

    /// What goes wrong from now on.
    pub(crate) fn breaks(&self, faults: &Value) {
        let call = Call::new(hyper::Method::PUT, format!("{}/control/airtel/faults", self.sandbox));
        call.body(faults.to_string()).send().expect(200);
    }

    /// What it says that it took, for these attempts or for all, as it exports it.
    pub(crate) fn statement(&self) -> String {
        let lines = self.lines("moved").into_iter();
        let moved = lines.map(|line| Taking {
            at: line["at"].as_str().expect("a moment").to_owned(),
            receipt: line["airtel_money_id"].as_str().expect("a receipt").to_owned(),
            reference: line["id"].as_str().expect("a name").to_owned(),
            cents: line["amount_minor"].as_i64().expect("an amount"),
        });
        merchant_statement(moved)
    }

    /// The lines of this kind in its record.
    pub(crate) fn lines(&self, kind: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.record).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["kind"] == kind).collect()
    }
}
