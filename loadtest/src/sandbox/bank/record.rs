//! The bank's record: `sandbox-bank.ndjson`, one JSON object a line, only ever appended to.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::faults::BankFaults;
use crate::clock::Clock;
use crate::kes::Kes;
use crate::synced_log::{LogFailure, SyncedLog};

/// The file's name in the data directory.
const RECORD_FILE: &str = "sandbox-bank.ndjson";

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    at: Timestamp,
    #[serde(flatten)]
    line: BankLine,
}

/// Money that came in on the merchant's account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Deposit {
    pub(crate) reference: String,
    pub(crate) amount_minor: Kes,
    /// What the payer gave as the reference.
    pub(crate) typed: String,
    pub(crate) moved: Timestamp,
}

/// What a line says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum BankLine {
    /// Other faults from here on.
    FaultsSet { faults: BankFaults },
    /// Money came in. Synced before anybody is told.
    Deposited(Deposit),
    /// The merchant said of a bill that nothing may be taken for it.
    Refused { status_code: String },
    /// The merchant was told of a payment, or was to be.
    Told { reference: String, copy: u32, http_status: Option<u16> },
    /// Nothing was told of it, on purpose.
    SilentOnPurpose { reference: String },
    /// A line of a later version of this program.
    #[serde(other)]
    Unknown,
}

/// The open record.
pub(crate) struct BankRecord {
    log: SyncedLog,
    clock: Clock,
}

impl BankRecord {
    pub(crate) fn open(
        folder: &Path,
        clock: &Clock,
        mut each: impl FnMut(BankLine),
    ) -> Result<Self, LogFailure> {
        let log = SyncedLog::open(&folder.join(RECORD_FILE), |text| {
            let entry: Entry = serde_json::from_str(text).map_err(|error| error.to_string())?;
            each(entry.line);
            Ok(())
        })?;
        Ok(Self { log, clock: clock.clone() })
    }

    /// Notes a line; it is on disk soon after.
    pub(crate) async fn note(&self, line: BankLine) {
        self.log.note(&Entry { at: self.clock.now(), line }).await;
    }

    /// Appends a line and returns once it is on disk.
    pub(crate) async fn append(&self, line: BankLine) -> Result<(), LogFailure> {
        self.log.append(&Entry { at: self.clock.now(), line }).await
    }

    pub(crate) async fn flush(&self) -> Result<(), LogFailure> {
        self.log.flush().await
    }
}
