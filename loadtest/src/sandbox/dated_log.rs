//! The record of one simulated provider: one JSON object a line with the moment of it, only ever appended to.

use std::marker::PhantomData;
use std::path::Path;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::synced_log::{LogFailure, SyncedLog};

/// What a provider writes down.
pub(super) trait ProviderLine: Serialize + DeserializeOwned {
    /// The file's name in the data directory.
    const FILE: &'static str;
}

#[derive(Serialize, Deserialize)]
struct Entry<L> {
    at: Timestamp,
    #[serde(flatten)]
    line: L,
}

/// The open record.
pub(super) struct DatedLog<L> {
    log: SyncedLog,
    clock: Clock,
    lines: PhantomData<fn(L)>,
}

impl<L: ProviderLine> DatedLog<L> {
    /// Opens it, and gives each line that is there with its moment.
    pub(super) fn open(
        folder: &Path,
        clock: &Clock,
        mut each: impl FnMut(Timestamp, L),
    ) -> Result<Self, LogFailure> {
        let log = SyncedLog::open(&folder.join(L::FILE), |text| {
            let entry: Entry<L> = serde_json::from_str(text).map_err(|error| error.to_string())?;
            each(entry.at, entry.line);
            Ok(())
        })?;
        Ok(Self { log, clock: clock.clone(), lines: PhantomData })
    }

    /// Notes a line; it is on disk soon after.
    pub(super) async fn note(&self, line: L) {
        self.log.note(&Entry { at: self.clock.now(), line }).await;
    }

    /// Appends a line and returns its moment once it is on disk.
    pub(super) async fn append(&self, line: L) -> Result<Timestamp, LogFailure> {
        let at = self.clock.now();
        self.log.append(&Entry { at, line }).await?;
        Ok(at)
    }

    pub(super) async fn flush(&self) -> Result<(), LogFailure> {
        self.log.flush().await
    }
}
