//! The books as they are exported: what each account has, when money that did not come home was booked, and whom gates let
//! in. Read line by line.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde_json::Value;

use super::DrillError;
use super::records::{HOME, each_line};
use super::report::Findings;
use crate::kes::Kes;

/// What an export says.
#[derive(Default)]
pub(crate) struct Books {
    /// Debit less credit of each account, in cents.
    pub(crate) balances: BTreeMap<String, i64>,
    /// By account and receipt: the sequence of the record that books it. Of money that came home nothing is kept.
    pub(crate) booked: HashMap<Box<str>, u64>,
    /// Payment numbers of those who were let in, and where.
    pub(crate) visits: Vec<(u64, Box<str>)>,
    /// What batches of gates told that the books disagree with.
    pub(crate) disputed: Findings,
}

impl Books {
    /// Reads the records of an export.
    pub(crate) fn read(records: &Path) -> Result<Self, DrillError> {
        let mut books = Self::default();
        let mut trouble = None;
        each_line(records, |line| {
            if trouble.is_none() {
                trouble = books.take(line).err();
            }
        })?;
        trouble.map_or(Ok(books), Err)
    }

    fn take(&mut self, line: &str) -> Result<(), DrillError> {
        // Most records book nothing and let nobody in; reading them whole would take most of the time.
        let is_wanted = !line.contains("\"entries\":[]")
            || line.contains("\"event\":\"visit\"")
            || line.contains("\"event\":\"gate\"");
        if !is_wanted {
            return Ok(());
        }
        let record: Value = serde_json::from_str(line)
            .map_err(|error| DrillError::Answer(format!("a record of the export: {error}")))?;
        self.take_entries(&record)?;
        let sequence = record["sequence"].as_u64().unwrap_or(0);
        for claim in list(&record["claims"]) {
            let words: Vec<&str> = claim["key"].as_str().unwrap_or_default().split(' ').collect();
            if let ["receipt", provider, account, receipt, "credit"] = words[..]
                && format!("{provider} {account}") != HOME
            {
                self.booked.insert(format!("{provider} {account} {receipt}").into(), sequence);
            }
        }
        self.take_gates(&record["event"]);
        Ok(())
    }

    fn take_entries(&mut self, record: &Value) -> Result<(), DrillError> {
        for posting in list(&record["entries"]).flat_map(|entry| list(&entry["postings"])) {
            let text = |name: &str| posting[name].as_str().unwrap_or_default();
            let amount = Kes::parse(text("amount")).and_then(|amount| i64::try_from(amount.minor()).ok());
            let amount =
                amount.ok_or_else(|| DrillError::Answer(format!("no amount of shillings: {posting}")))?;
            let signed = if text("side") == "debit" { amount } else { -amount };
            *self.balances.entry(text("account").to_owned()).or_default() += signed;
        }
        Ok(())
    }

    fn take_gates(&mut self, event: &Value) {
        if event["event"] == "visit" {
            let gate = event["gate"].as_str().unwrap_or_default();
            self.visits.push((event["bill"].as_u64().unwrap_or(0), gate.into()));
        }
        if event["gate"] == "batch_taken" {
            for used in list(&event["uses"]).filter(|used| used["outcome"] != "let_in") {
                self.disputed.push(format!("a gate let somebody in, and the books say: {used}"));
            }
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_booked_and_who_was_let_in_is_read() {
        let mut books = Books::default();
        let lines = [
            r#"{"sequence":7,"claims":[{"key":"receipt bank kcb-1 FT1 credit"}],"entries":[{"postings":[
                {"account":"1000.bank.kcb-1","side":"debit","amount":"500.00"},
                {"account":"2000.kws.x","side":"credit","amount":"500.00"}]}],"event":{"event":"payment_received"}}"#,
            r#"{"sequence":8,"claims":[{"key":"receipt mpesa 222222 TK1 credit"}],"entries":[{"postings":[]}],"event":{}}"#,
            r#"{"sequence":9,"entries":[],"event":{"event":"visit","visit":"used","bill":12,"gate":"Elsa Gate"}}"#,
            r#"{"sequence":10,"entries":[],"event":{"event":"gate","gate":"batch_taken","uses":[
                {"bill":12,"outcome":"let_in"},{"bill":13,"outcome":"used_twice"}]}}"#,
        ];
        for line in lines {
            books.take(line).unwrap();
        }
        assert_eq!(books.balances["1000.bank.kcb-1"], 50_000);
        assert_eq!(books.booked.into_iter().collect::<Vec<_>>(), [("bank kcb-1 FT1".into(), 7)]);
        assert_eq!(books.visits, [(12, "Elsa Gate".into())]);
        assert_eq!(books.disputed.count(), 1);
    }
}
