//! The simulated card terminals of a site, and files as people hand them over.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::gateway::Gateway;
use super::http::{Call, get, post};

/// The account of the terminals of a demonstration in the books.
pub(crate) const ACCOUNT: &str = "1000.terminal.880012";

/// The terminals of KWS.
pub(crate) struct Terminals {
    control: String,
    record: PathBuf,
}

/// A file that somebody hands over.
#[derive(Clone, Debug)]
pub(crate) struct HandedOver {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl HandedOver {
    /// Those of an answer.
    pub(super) fn all_of(answer: &Value) -> Vec<Self> {
        let files = answer["files"].as_array().expect("an answer has files");
        let text = |file: &Value, name: &str| file[name].as_str().expect("a file has texts").to_owned();
        let file = |file: &Value| Self { name: text(file, "name"), text: text(file, "text") };
        files.iter().map(file).collect()
    }
}

/// The lines of this kind in a record.
pub(crate) fn noted(record: &Path, kind: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(record).unwrap_or_default();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["kind"] == kind).collect()
}

impl Gateway {
    /// The simulated card terminals of a demonstration.
    pub(crate) fn terminals(&self) -> Terminals {
        let sandbox = self.sandbox();
        let record = sandbox.ledger().with_file_name("sandbox-terminals.ndjson");
        Terminals { control: format!("{}/control/terminals/kws", sandbox.url()), record }
    }
}

impl Terminals {
    /// What goes wrong from now on.
    pub(crate) fn breaks(&self, faults: &Value) {
        let call = Call::new(hyper::Method::PUT, format!("{}/faults", self.control));
        call.body(faults.to_string()).send().expect(200);
    }

    /// A card is charged at the first or second of them.
    pub(crate) fn charges(&self, terminal: usize, account: &str, shillings: &str) -> Value {
        let terminal = ["KWS00001", "KWS00002"][terminal];
        let body = json!({"account": account, "amount": shillings, "terminal": terminal});
        post(format!("{}/sale", self.control), &body).send().expect(200).json()
    }

    /// What the site hands over by now.
    pub(crate) fn close(&self) -> Vec<HandedOver> {
        HandedOver::all_of(&post(format!("{}/close", self.control), &json!({})).send().expect(200).json())
    }

    /// What the acquirer settled, as CSV.
    pub(crate) fn settlement(&self) -> String {
        get(format!("{}/settlement", self.control)).send().expect(200).text()
    }

    /// The lines of this kind in their record.
    pub(crate) fn lines(&self, kind: &str) -> Vec<Value> {
        noted(&self.record, kind)
    }
}
