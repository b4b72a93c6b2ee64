//! The simulated Airtel, and what it has written down.

use std::path::PathBuf;

use serde_json::Value;

use super::gateway::Gateway;
use super::http::{Call, get};
use super::patience::eventually;
use super::sandbox::Sandbox;

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

    /// What it says that it took, as it exports it.
    pub(crate) fn statement(&self) -> String {
        get(format!("{}/control/airtel/statement", self.sandbox)).send().expect(200).text()
    }

    /// The lines of this kind in its record.
    pub(crate) fn lines(&self, kind: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.record).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["kind"] == kind).collect()
    }
}
