//! The carriers' record: `sandbox-messages.ndjson`, one JSON object a line, only ever appended to. Phone numbers appear hashed
//! only.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Dashboard;
use super::faults::CarrierFaults;
use crate::clock::Clock;
use crate::synced_log::{LogFailure, SyncedLog};

/// The file's name in the data directory.
const RECORD_FILE: &str = "sandbox-messages.ndjson";

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    at: Timestamp,
    #[serde(flatten)]
    line: CarrierLine,
}

/// What a line says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum CarrierLine {
    /// A customer has said where reports and texts are to go.
    DashboardSet { carrier: String, dashboard: Dashboard },
    /// Other faults from here on.
    FaultsSet { carrier: String, faults: CarrierFaults },
    /// A message was taken. Synced before the customer is answered.
    Taken {
        carrier: String,
        message_id: String,
        msisdn_sha256: String,
        sender: String,
        text: String,
        segments: usize,
    },
    /// A message was not taken, with this code.
    Refused { carrier: String, status_code: u16 },
    /// A call was not answered, on purpose.
    CutOff { carrier: String, was_taken: bool },
    /// A message is on its phone, once more each time.
    Delivered { carrier: String, message_id: String },
    /// A report on a message was sent.
    Reported { carrier: String, message_id: String, status: String, http_status: Option<u16> },
    /// A subscriber's text was handed on.
    TextHandedOn { carrier: String, http_status: Option<u16> },
    /// A line of a later version of this program.
    #[serde(other)]
    Unknown,
}

/// The open record.
pub(crate) struct CarrierRecord {
    log: SyncedLog,
    clock: Clock,
}

impl CarrierRecord {
    pub(crate) fn open(
        folder: &Path,
        clock: &Clock,
        mut each: impl FnMut(CarrierLine),
    ) -> Result<Self, LogFailure> {
        let log = SyncedLog::open(&folder.join(RECORD_FILE), |text| {
            let entry: Entry = serde_json::from_str(text).map_err(|error| error.to_string())?;
            each(entry.line);
            Ok(())
        })?;
        Ok(Self { log, clock: clock.clone() })
    }

    /// Notes a line; it is on disk soon after.
    pub(crate) async fn note(&self, line: CarrierLine) {
        self.log.note(&Entry { at: self.clock.now(), line }).await;
    }

    /// Appends a line and returns once it is on disk.
    pub(crate) async fn append(&self, line: CarrierLine) -> Result<(), LogFailure> {
        self.log.append(&Entry { at: self.clock.now(), line }).await
    }

    pub(crate) async fn flush(&self) -> Result<(), LogFailure> {
        self.log.flush().await
    }
}
