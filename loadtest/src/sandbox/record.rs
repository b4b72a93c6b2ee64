//! The sandbox's own record of every shilling: `sandbox-ledger.ndjson`, one JSON object a line, only ever
//! appended to.
//!
//! Money has moved exactly when its `moved` line is on disk; nobody is told of a payment before that.
//! Everything else the sandbox does (asked, answered, sent, lost on purpose) is noted in the same file, in
//! order, so that whoever compares it with the merchant's books can say of each payment what the merchant was
//! told and when. At a start the file is read back and the sandbox continues from it.
//!
//! Amounts are whole cents (`…_minor`) of Kenya shillings. `at` is the moment in UTC. Phone numbers appear
//! hashed only.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::faults::{Fault, Faults};
use super::pull::Listed;
use super::registration::Registration;
use super::totals::Totals;
use crate::clock::Clock;
use crate::kes::Kes;
use crate::receipts::Receipts;
use crate::synced_log::{LogFailure, SyncedLog};

/// The file's name in the data directory.
pub const RECORD_FILE: &str = "sandbox-ledger.ndjson";

/// A line of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    #[serde(flatten)]
    pub(crate) line: Line,
}

/// What a line says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Line {
    /// The sandbox has started.
    Started { shortcode: String, receipt_offset: u64, fast: bool },
    /// The merchant has said where it wants to be called.
    UrlsRegistered { registration: Registration },
    /// Other faults from here on.
    FaultsSet { faults: Faults },
    /// Other faults of a till from here on.
    TillFaultsSet { short_code: String, faults: Faults },
    /// The merchant was asked whether this payment may be made.
    ValidationAsked { receipt: String, account: String, amount_minor: Kes },
    /// What came of asking.
    ValidationAnswered {
        receipt: String,
        verdict: Verdict,
        moves: bool,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        result_code: Option<String>,
        #[serde(flatten)]
        delivery: Delivery,
    },
    /// The merchant was not asked, on purpose; the default action applied.
    ValidationWithheld { receipt: String, moves: bool },
    /// Money has moved. Synced before anybody is told.
    Moved {
        receipt: String,
        amount_minor: Kes,
        currency: String,
        account: String,
        msisdn_sha256: String,
        /// The masked number and the first name, as in the organisation's statement.
        payer: String,
        shortcode: String,
        /// The moment as Safaricom writes it, in East Africa Time.
        trans_time: String,
        how: How,
        /// The paybill's balance after this payment.
        balance_minor: Kes,
        /// What goes wrong with this payment, on purpose.
        faults: Vec<Fault>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        checkout_request_id: Option<String>,
    },
    /// A prompt was refused because the phone has another one.
    PhoneOccupied { account: String },
    /// One confirmation message: copy 1 is the first, `attempt` counts the retries of that copy.
    ConfirmationSent {
        receipt: String,
        amount_minor: Kes,
        copy: u32,
        attempt: u32,
        /// The merchant took it with 200, for the first time.
        first_delivery: bool,
        #[serde(flatten)]
        delivery: Delivery,
    },
    /// The confirmation will never be sent, on purpose.
    ConfirmationLostOnPurpose { receipt: String, amount_minor: Kes },
    /// The confirmation could not be sent: no address registered, or the sandbox was stopped.
    ConfirmationAbandoned { receipt: String, why: String },
    /// A second confirmation of the same receipt with another amount. The true amount is in the `moved` line.
    AlteredRepeatSent {
        receipt: String,
        amount_minor: Kes,
        #[serde(flatten)]
        delivery: Delivery,
    },
    /// A prompt has appeared on a handset.
    StkPrompted {
        checkout_request_id: String,
        merchant_request_id: String,
        amount_minor: Kes,
        account: String,
        msisdn_sha256: String,
    },
    /// A prompt has come to its end, with this result.
    StkFinished {
        checkout_request_id: String,
        merchant_request_id: String,
        result_code: u32,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        receipt: Option<String>,
        faults: Vec<Fault>,
    },
    /// One message with the result of a prompt.
    StkCallbackSent {
        checkout_request_id: String,
        result_code: u32,
        copy: u32,
        #[serde(flatten)]
        delivery: Delivery,
    },
    /// The result of the prompt will never be sent, on purpose.
    StkCallbackLostOnPurpose { checkout_request_id: String, result_code: u32 },
    /// The merchant was told what came in: so many payments, beginning with this one.
    PullAnswered { offset: u64, rows: u64 },
    /// A line of a later version of this program.
    #[serde(other)]
    Unknown,
}

/// How a payer paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum How {
    /// Lipa na M-PESA: the payer typed paybill, account and amount.
    Paybill,
    /// The payer answered a prompt.
    Stk,
}

/// What the merchant's validation answer amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// The string "0".
    Accepted,
    /// One of the C2B codes.
    Refused,
    /// No usable answer in time: the registered default action applies.
    Defaulted,
}

/// How a message to the merchant fared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// The merchant answered 200.
    pub(crate) delivered: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) http_status: Option<u16>,
    /// Why there was no answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) problem: Option<String>,
    pub(crate) took_ms: u64,
}

/// The open record.
pub(crate) struct Record {
    log: SyncedLog,
    clock: Clock,
    books: Mutex<Books>,
}

#[derive(Default)]
struct Books {
    /// Of each paybill.
    balances: HashMap<String, Kes>,
    totals: Totals,
    listed: Listed,
}

/// What an earlier life of the sandbox left.
#[derive(Default)]
pub(crate) struct History {
    receipt_offset: Option<u64>,
    highest_serial: Option<u64>,
    balances: HashMap<String, Kes>,
    totals: Totals,
    listed: Listed,
    /// The addresses that were registered last.
    pub(crate) registration: Option<Registration>,
    /// Prompts that had come to an end, oldest first, the newest [`FINISHED_PROMPTS_MAX`].
    pub(crate) finished: std::collections::VecDeque<FinishedPrompt>,
    prompts_open: HashMap<String, OpenPrompt>,
    unconfirmed: BTreeSet<String>,
}

struct OpenPrompt {
    merchant_request_id: String,
    receipt: Option<String>,
}

/// A prompt that has ended, as the status query tells it.
#[derive(Debug, Clone)]
pub(crate) struct FinishedPrompt {
    pub(crate) checkout_request_id: String,
    pub(crate) merchant_request_id: String,
    pub(crate) result_code: u32,
}

/// How many finished prompts the status query still knows.
pub(crate) const FINISHED_PROMPTS_MAX: usize = 100_000;

impl Record {
    /// Opens the record of a data directory, reading what is there, and settles what a crash left in the air.
    pub(crate) async fn open(
        folder: &Path,
        clock: &Clock,
        shortcode: &str,
        fast: bool,
    ) -> Result<(Self, Receipts, History), LogFailure> {
        let mut history = History { listed: Listed::of(shortcode), ..History::default() };
        let log = SyncedLog::open(&folder.join(RECORD_FILE), |text| {
            let entry: Entry = serde_json::from_str(text).map_err(|error| error.to_string())?;
            history.listed.add(entry.at, &entry.line);
            history.read(&entry.line);
            Ok(())
        })?;
        let offset = history.receipt_offset.unwrap_or_else(rand::random);
        let books = Books {
            balances: std::mem::take(&mut history.balances),
            totals: std::mem::take(&mut history.totals),
            listed: std::mem::take(&mut history.listed),
        };
        let record = Self { log, clock: clock.clone(), books: Mutex::new(books) };
        record
            .append(Line::Started { shortcode: shortcode.to_owned(), receipt_offset: offset, fast })
            .await?;
        for line in history.settle() {
            record.note(line).await;
        }
        Ok((record, Receipts::continuing(offset, history.highest_serial), history))
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        self.log.path()
    }

    /// Notes a line; it is on disk soon after.
    pub(crate) async fn note(&self, line: Line) {
        self.lock().totals.count(&line);
        self.log.note(&Entry { at: self.clock.now(), line }).await;
    }

    /// Appends a line and returns once it is on disk.
    pub(crate) async fn append(&self, line: Line) -> Result<(), LogFailure> {
        self.lock().totals.count(&line);
        self.log.append(&Entry { at: self.clock.now(), line }).await
    }

    /// Moves money: the line gets the balance after it, lines are in the order of balances, and the balance
    /// is returned once the line is on disk.
    pub(crate) async fn move_money(
        &self,
        short_code: &str,
        amount: Kes,
        line: impl FnOnce(Kes) -> Line,
    ) -> Result<Kes, LogFailure> {
        let room = self.log.room().await;
        let (synced, entry, balance) = {
            let mut books = self.lock();
            let before = books.balances.get(short_code).copied().unwrap_or(Kes::ZERO);
            let balance = before.plus(amount).expect("a paybill holds less than 10^17 shillings");
            let line = line(balance);
            books.balances.insert(short_code.to_owned(), balance);
            books.totals.count(&line);
            let entry = Entry { at: self.clock.now(), line };
            (room.push(&entry), entry, balance)
        };
        synced.wait().await?;
        self.lock().listed.add(entry.at, &entry.line);
        Ok(balance)
    }

    /// Looks at what is listed of the money that moved; all of it is on disk.
    pub(crate) fn with_listed<T>(&self, look: impl FnOnce(&Listed) -> T) -> T {
        look(&self.lock().listed)
    }

    /// Everything counted so far.
    pub(crate) fn totals(&self) -> Totals {
        self.lock().totals.clone()
    }

    /// Returns once everything noted so far is on disk.
    pub(crate) async fn flush(&self) -> Result<(), LogFailure> {
        self.log.flush().await
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        // Counting cannot stop half-way in a way that matters to the next holder.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl History {
    fn read(&mut self, line: &Line) {
        self.totals.count(line);
        match line {
            Line::Started { receipt_offset, .. } => self.receipt_offset = Some(*receipt_offset),
            Line::UrlsRegistered { registration } => self.registration = Some(registration.clone()),
            Line::ValidationAsked { receipt, .. } => self.saw(receipt),
            Line::Moved { receipt, shortcode, balance_minor, checkout_request_id, .. } => {
                self.saw(receipt);
                self.balances.insert(shortcode.clone(), *balance_minor);
                self.unconfirmed.insert(receipt.clone());
                if let Some(open) = checkout_request_id.as_ref().and_then(|id| self.prompts_open.get_mut(id))
                {
                    open.receipt = Some(receipt.clone());
                }
            }
            Line::ConfirmationSent { receipt, .. }
            | Line::ConfirmationLostOnPurpose { receipt, .. }
            | Line::ConfirmationAbandoned { receipt, .. } => {
                self.unconfirmed.remove(receipt);
            }
            Line::StkPrompted { checkout_request_id, merchant_request_id, .. } => {
                let open = OpenPrompt { merchant_request_id: merchant_request_id.clone(), receipt: None };
                self.prompts_open.insert(checkout_request_id.clone(), open);
            }
            Line::StkFinished { checkout_request_id, merchant_request_id, result_code, .. } => {
                self.prompts_open.remove(checkout_request_id);
                self.finish(FinishedPrompt {
                    checkout_request_id: checkout_request_id.clone(),
                    merchant_request_id: merchant_request_id.clone(),
                    result_code: *result_code,
                });
            }
            _ => {}
        }
    }

    fn saw(&mut self, receipt: &str) {
        let serial = Receipts::serial_of(receipt, self.receipt_offset.unwrap_or(0));
        self.highest_serial = self.highest_serial.max(serial);
    }

    fn finish(&mut self, prompt: FinishedPrompt) {
        if self.finished.len() == FINISHED_PROMPTS_MAX {
            self.finished.pop_front();
        }
        self.finished.push_back(prompt);
    }

    /// What the last life left open is closed now: a prompt nobody can answer any more has timed out unless
    /// its money moved, and a confirmation that may or may not have left is given up, as the real thing may
    /// do too.
    fn settle(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        for receipt in std::mem::take(&mut self.unconfirmed) {
            let why = "the sandbox stopped before it noted an outcome".to_owned();
            lines.push(Line::ConfirmationAbandoned { receipt, why });
        }
        for (checkout_request_id, open) in std::mem::take(&mut self.prompts_open) {
            let result_code = if open.receipt.is_some() { 0 } else { 1037 };
            let prompt = FinishedPrompt {
                checkout_request_id: checkout_request_id.clone(),
                merchant_request_id: open.merchant_request_id.clone(),
                result_code,
            };
            self.finish(prompt);
            lines.push(Line::StkFinished {
                checkout_request_id,
                merchant_request_id: open.merchant_request_id,
                result_code,
                receipt: open.receipt,
                faults: Vec::new(),
            });
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn money_that_cannot_be_recorded_does_not_move() {
        let record =
            Record { log: SyncedLog::on_a_full_disk(), clock: Clock::system(), books: Mutex::default() };
        let line = |balance_minor| Line::Moved {
            receipt: "TKL3A7Q9ZD".into(),
            amount_minor: Kes::from_shillings(50),
            currency: "KES".into(),
            account: "QKRTWX".into(),
            msisdn_sha256: String::new(),
            payer: String::new(),
            shortcode: "222222".into(),
            trans_time: String::new(),
            how: How::Paybill,
            balance_minor,
            faults: Vec::new(),
            checkout_request_id: None,
        };
        assert!(
            record.move_money("222222", Kes::from_shillings(50), line).await.is_err(),
            "told before it was on disk"
        );
    }

    #[test]
    fn lines_of_a_later_version_are_passed_over() {
        let entry: Entry =
            serde_json::from_str(r#"{"at":"2026-11-20T06:14:05Z","kind":"weather","rain":true}"#).unwrap();
        assert!(matches!(entry.line, Line::Unknown));
    }
}
