//! The simulated acquirer, its page, and what it has written down.

use std::path::PathBuf;

use serde_json::Value;

use super::gateway::Gateway;
use super::http::{Answer, Call, get, post_form};
use super::patience::eventually;
use super::sandbox::Sandbox;

/// The simulated acquirer of a demonstration.
pub(crate) struct Acquirer {
    sandbox: String,
    record: PathBuf,
}

impl Gateway {
    /// The simulated acquirer, as soon as it knows where to report.
    pub(crate) fn acquirer(&self) -> Acquirer {
        Acquirer::of(&self.sandbox(), self)
    }
}

impl Acquirer {
    /// That of this sandbox, as soon as it knows where to report to this gateway.
    pub(crate) fn of(sandbox: &Sandbox, gateway: &Gateway) -> Self {
        let record = sandbox.ledger().with_file_name("sandbox-acquirer.ndjson");
        let acquirer = Self { sandbox: sandbox.url().to_owned(), record };
        let here = format!("{}/card", gateway.callbacks());
        eventually("the acquirer knows where to report", || {
            let told = acquirer.lines("webhook_set");
            told.last().filter(|line| line["webhook"] == here.as_str()).map(drop)
        });
        acquirer
    }

    /// What goes wrong from now on.
    pub(crate) fn breaks(&self, faults: &Value) {
        let call = Call::new(hyper::Method::PUT, format!("{}/control/acquirer/faults", self.sandbox));
        call.body(faults.to_string()).send().expect(200);
    }

    /// The payer opens the page and presses a button; the answer sends the browser back.
    pub(crate) fn payer_presses(&self, page: &str, button: &str) -> Answer {
        assert!(page.starts_with(&format!("{}/acquirer/pay/", self.sandbox)), "{page}");
        let shown = get(page).send().expect(200).text();
        assert!(shown.contains("Simulated card payment"), "{shown}");
        post_form(page, &format!("press={button}")).expect(303)
    }

    /// What browsers know it by.
    pub(crate) fn origin(&self) -> &str {
        &self.sandbox
    }

    /// What it says that it took, as it exports it.
    pub(crate) fn statement(&self) -> String {
        get(format!("{}/control/acquirer/statement", self.sandbox)).send().expect(200).text()
    }

    /// The lines of this kind in its record.
    pub(crate) fn lines(&self, kind: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.record).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["kind"] == kind).collect()
    }
}
