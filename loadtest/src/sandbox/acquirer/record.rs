//! The acquirer's record: `sandbox-acquirer.ndjson`, one JSON object a line, only ever appended to.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AcquirerFaults, Session};
use crate::clock::Clock;
use crate::synced_log::{LogFailure, SyncedLog};

/// The file's name in the data directory.
const RECORD_FILE: &str = "sandbox-acquirer.ndjson";

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    at: Timestamp,
    #[serde(flatten)]
    line: AcquirerLine,
}

/// What a line says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum AcquirerLine {
    /// The merchant has said where to report.
    WebhookSet { webhook: String },
    /// Other faults from here on.
    FaultsSet { faults: AcquirerFaults },
    /// The merchant asked for a session.
    SessionWanted { reference: String },
    /// A session was made. Synced before the merchant is answered.
    SessionMade { session: Session },
    /// A payer has decided. Synced before anybody can hear of it.
    SessionEnded { session: Session },
    /// The merchant was told.
    WebhookSent { reference: String, http_status: Option<u16> },
    /// A line of a later version of this program.
    #[serde(other)]
    Unknown,
}

/// The open record.
pub(crate) struct AcquirerRecord {
    log: SyncedLog,
    clock: Clock,
}

impl AcquirerRecord {
    pub(crate) fn open(
        folder: &Path,
        clock: &Clock,
        mut each: impl FnMut(AcquirerLine),
    ) -> Result<Self, LogFailure> {
        let log = SyncedLog::open(&folder.join(RECORD_FILE), |text| {
            let entry: Entry = serde_json::from_str(text).map_err(|error| error.to_string())?;
            each(entry.line);
            Ok(())
        })?;
        Ok(Self { log, clock: clock.clone() })
    }

    /// Notes a line; it is on disk soon after.
    pub(crate) async fn note(&self, line: AcquirerLine) {
        self.log.note(&Entry { at: self.clock.now(), line }).await;
    }

    /// Appends a line and returns once it is on disk.
    pub(crate) async fn append(&self, line: AcquirerLine) -> Result<(), LogFailure> {
        self.log.append(&Entry { at: self.clock.now(), line }).await
    }

    pub(crate) async fn flush(&self) -> Result<(), LogFailure> {
        self.log.flush().await
    }
}
