//! Airtel's record: `sandbox-airtel.ndjson`, one JSON object a line, only ever appended to. Phone numbers appear hashed only.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::faults::AirtelFaults;
use crate::clock::Clock;
use crate::kes::Kes;
use crate::synced_log::{LogFailure, SyncedLog};

/// The file's name in the data directory.
const RECORD_FILE: &str = "sandbox-airtel.ndjson";

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    at: Timestamp,
    #[serde(flatten)]
    line: AirtelLine,
}

/// What a line says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum AirtelLine {
    /// The merchant has said where to report.
    CallbackSet { callback: String },
    /// Other faults from here on.
    FaultsSet { faults: AirtelFaults },
    /// A payer is asked. Synced before the merchant is answered.
    Asked { id: String, amount_minor: Kes, reference: String, msisdn_sha256: String },
    /// A request was not taken.
    Refused { id: String, code: String },
    /// Money moved. Synced before anybody can hear of it.
    Moved { id: String, airtel_money_id: String, amount_minor: Kes },
    /// None did.
    Failed { id: String, code: String },
    /// The merchant was told.
    CallbackSent { id: String, http_status: Option<u16> },
    /// A line of a later version of this program.
    #[serde(other)]
    Unknown,
}

/// The open record.
pub(crate) struct AirtelRecord {
    log: SyncedLog,
    clock: Clock,
}

impl AirtelRecord {
    pub(crate) fn open(
        folder: &Path,
        clock: &Clock,
        mut each: impl FnMut(AirtelLine),
    ) -> Result<Self, LogFailure> {
        let log = SyncedLog::open(&folder.join(RECORD_FILE), |text| {
            let entry: Entry = serde_json::from_str(text).map_err(|error| error.to_string())?;
            each(entry.line);
            Ok(())
        })?;
        Ok(Self { log, clock: clock.clone() })
    }

    /// Notes a line; it is on disk soon after.
    pub(crate) async fn note(&self, line: AirtelLine) {
        self.log.note(&Entry { at: self.clock.now(), line }).await;
    }

    /// Appends a line and returns once it is on disk.
    pub(crate) async fn append(&self, line: AirtelLine) -> Result<(), LogFailure> {
        self.log.append(&Entry { at: self.clock.now(), line }).await
    }

    pub(crate) async fn flush(&self) -> Result<(), LogFailure> {
        self.log.flush().await
    }
}
