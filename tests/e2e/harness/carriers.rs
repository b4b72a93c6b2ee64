//! The simulated carriers of text messages, and what is on the phones.

use serde_json::{Value, json};

use super::gateway::Gateway;
use super::http::{Call, get, post};
use super::patience::eventually;
use super::sandbox::Sandbox;

/// Both carriers of a demonstration.
pub(crate) struct Carriers {
    sandbox: String,
    record: std::path::PathBuf,
}

impl Gateway {
    /// The simulated carriers, as soon as they know where to report.
    pub(crate) fn carriers(&self) -> Carriers {
        Carriers::of(&self.sandbox(), self)
    }
}

impl Carriers {
    /// Those of this sandbox, as soon as they know where to report to this gateway.
    pub(crate) fn of(sandbox: &Sandbox, gateway: &Gateway) -> Self {
        let record = sandbox.ledger().with_file_name("sandbox-messages.ndjson");
        let carriers = Self { sandbox: sandbox.url().to_owned(), record };
        let here = authority(&gateway.callbacks());
        eventually("both carriers know where to report", || {
            let lines = carriers.lines("dashboard_set");
            let known = |name: &str| {
                let of_name = lines.iter().rfind(|line| line["carrier"] == name)?;
                of_name["dashboard"]["report"].as_str()?.contains(&here).then_some(())
            };
            known("first").and(known("second"))
        });
        carriers
    }

    /// What goes wrong at a carrier from now on.
    pub(crate) fn breaks(&self, name: &str, faults: &Value) {
        let call = Call::new(hyper::Method::PUT, format!("{}/control/carriers/{name}/faults", self.sandbox));
        call.body(faults.to_string()).send().expect(200);
    }

    /// A subscriber sends a text; the status that it was taken in with.
    pub(crate) fn hear(&self, name: &str, phone: &str, text: &str) -> u64 {
        let body = json!({"phone": phone, "text": text});
        let answer =
            post(format!("{}/control/carriers/{name}/incoming", self.sandbox), &body).send().expect(200);
        answer.json()["http_status"].as_u64().unwrap_or_default()
    }

    /// The lines of this kind in the carriers' record.
    pub(crate) fn lines(&self, kind: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.record).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["kind"] == kind).collect()
    }

    /// Their record.
    pub(crate) fn record(&self) -> &std::path::Path {
        &self.record
    }

    /// Everything that any carrier has taken.
    pub(crate) fn taken(&self) -> Vec<Value> {
        self.lines("taken")
    }

    /// Waits until so many messages were taken.
    #[track_caller]
    pub(crate) fn take(&self, count: usize) -> Vec<Value> {
        eventually("the carriers have taken what they should", || {
            Some(self.taken()).filter(|taken| taken.len() >= count)
        })
    }

    /// The texts on one phone, the oldest first, Safaricom's own left out.
    pub(crate) fn texts_on(&self, phone: &str) -> Vec<String> {
        let handset = get(format!("{}/control/handset/{phone}", self.sandbox)).send().expect(200).json();
        let messages = handset["messages"].as_array().expect("a handset has messages");
        let ours = messages.iter().filter(|message| message["sender"] == "MALIPO");
        ours.map(|message| message["text"].as_str().expect("a message has a text").to_owned()).collect()
    }
}

fn authority(url: &str) -> String {
    url.split('/').take(3).collect::<Vec<_>>().join("/")
}
