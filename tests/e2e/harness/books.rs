//! An export of the books, read as anybody can read it, and held against what others remember.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::executable::{Finished, malipo, run_at_length};

/// The books at one moment.
pub(crate) struct Books {
    export: Export,
    pub(crate) records: Vec<Value>,
}

/// An export as it lies on the disk: books may be longer than memory.
pub(crate) struct Export {
    folder: TempDir,
}

impl Export {
    /// `malipo export`, of a gateway that may be running.
    #[track_caller]
    pub(crate) fn make(data: &Path, keys: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("export-e2e-").tempdir().expect("a folder can be made");
        let mut command = malipo(["export", "--data"]);
        command.arg(data).arg("--keys-directory").arg(keys).arg("--out").arg(folder.path().join("export"));
        run_at_length(&mut command).expect(0);
        Self { folder }
    }

    /// Where it lies.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().join("export")
    }

    /// Its records, one by one.
    pub(crate) fn records(&self) -> impl Iterator<Item = Value> {
        let file = File::open(self.folder().join("records.ndjson"));
        let file = BufReader::new(file.expect("an export has its records for reading"));
        let lines = file.lines().map(|line| line.expect("it can be read"));
        lines.map(|line| serde_json::from_str(&line).expect("each line is an object"))
    }

    /// The checker that shares no code with us, over this and what others remember.
    pub(crate) fn checked(&self, load_logs: &[&Path], sandbox_ledgers: &[&Path]) -> Finished {
        let checker = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check_books.py");
        let mut command = Command::new("python3");
        command.arg(checker).arg(self.folder());
        for log in load_logs {
            command.arg("--load-log").arg(log);
        }
        for ledger in sandbox_ledgers {
            command.arg("--sandbox-ledger").arg(ledger);
        }
        run_at_length(&mut command)
    }
}

impl Books {
    /// `malipo export`, of a gateway that may be running.
    #[track_caller]
    pub(crate) fn export(data: &Path, keys: &Path) -> Self {
        let export = Export::make(data, keys);
        Self { records: export.records().collect(), export }
    }

    pub(crate) fn export_folder(&self) -> PathBuf {
        self.export.folder()
    }

    /// The records with this event.
    pub(crate) fn events(&self, event: &str) -> Vec<&Value> {
        self.records.iter().filter(|record| record["event"]["event"] == event).collect()
    }

    /// The records that book money under this receipt.
    pub(crate) fn bookings(&self, receipt: &str) -> Vec<&Value> {
        let mut booked = self.events("payment_received");
        booked.retain(|record| record["event"]["receipt"]["number"] == receipt);
        booked
    }

    /// The one record that books money under this receipt.
    #[track_caller]
    pub(crate) fn booking(&self, receipt: &str) -> &Value {
        let bookings = self.bookings(receipt);
        assert_eq!(bookings.len(), 1, "{receipt} is booked {} times", bookings.len());
        bookings[0]
    }

    /// Where the money of a receipt went: `credit 2100.suspense KES 50.00`, a text for each posting.
    #[track_caller]
    pub(crate) fn postings(&self, receipt: &str) -> Vec<String> {
        postings(self.booking(receipt)).map(|posting| posting.to_string()).collect()
    }

    /// Debit less credit of each account and currency, in cents.
    pub(crate) fn balances(&self) -> BTreeMap<(String, String), i64> {
        let mut balances = BTreeMap::new();
        for posting in self.records.iter().flat_map(postings) {
            *balances.entry((posting.account, posting.currency)).or_default() += posting.signed_minor;
        }
        balances
    }

    /// Debit less credit of one account in shillings' cents.
    pub(crate) fn balance(&self, account: &str) -> i64 {
        self.balances().get(&(account.to_owned(), "KES".to_owned())).copied().unwrap_or(0)
    }

    /// Debits are credits, in each currency.
    #[track_caller]
    pub(crate) fn expect_balanced(&self) {
        let mut totals = BTreeMap::<String, i64>::new();
        for ((_, currency), balance) in self.balances() {
            *totals.entry(currency).or_default() += balance;
        }
        assert!(totals.values().all(|total| *total == 0), "the trial balance is off: {totals:?}");
    }
}

struct Posting {
    side: String,
    account: String,
    amount: String,
    currency: String,
    signed_minor: i64,
}

impl std::fmt::Display for Posting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} {}", self.side, self.account, self.currency, self.amount)
    }
}

fn postings(record: &Value) -> impl Iterator<Item = Posting> {
    let entries = record["entries"].as_array().into_iter().flatten();
    entries.flat_map(|entry| entry["postings"].as_array().into_iter().flatten()).map(|posting| {
        let text = |name: &str| posting[name].as_str().expect("postings are texts").to_owned();
        let amount = text("amount");
        let minor: i64 = amount.replace('.', "").parse().expect("amounts have two decimals");
        let side = text("side");
        let signed_minor = if side == "debit" { minor } else { -minor };
        Posting { side, account: text("account"), amount, currency: text("currency"), signed_minor }
    })
}

/// The checker that shares no code with us, over an export and what others remember.
pub(crate) fn check_books(books: &Books, load_logs: &[&Path], sandbox_ledgers: &[&Path]) -> Finished {
    books.export.checked(load_logs, sandbox_ledgers)
}
