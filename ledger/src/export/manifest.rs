//! The manifest of an export: what it is of, for programs. Nothing in it is believed that the checkpoint does not say.

use serde::{Deserialize, Serialize};

use crate::checkpoint::Checkpoint;
use crate::export::rendering;
use crate::record::{LedgerTime, RECORD_VERSION};

/// The version of the export's layout.
pub(crate) const EXPORT_VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Of the layout of the export.
    export_version: u32,
    /// Of the leaves.
    record_version: u8,
    origin: String,
    size: u64,
    /// In hexadecimal.
    root: String,
    /// Time of the last record; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    time_of_head: Option<String>,
    /// Id of the journal, in hexadecimal.
    journal: String,
}

impl Manifest {
    pub(crate) fn of(checkpoint: &Checkpoint, time: Option<LedgerTime>, journal: [u8; 16]) -> Self {
        Self {
            export_version: EXPORT_VERSION,
            record_version: RECORD_VERSION,
            origin: checkpoint.origin.clone(),
            size: checkpoint.size,
            root: checkpoint.root.to_string(),
            time_of_head: time.map(|time| rendering::time(time).into_owned()),
            journal: hex::encode(journal),
        }
    }

    pub(crate) fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("a manifest can be written as JSON");
        format!("{json}\n")
    }

    /// Reads a manifest, and the journal's id in it; says in words what is wrong.
    pub(crate) fn parse(text: &str) -> Result<(Self, [u8; 16]), String> {
        let manifest: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if manifest.export_version != EXPORT_VERSION {
            let version = manifest.export_version;
            return Err(format!("it has version {version}, this program reads {EXPORT_VERSION}"));
        }
        let journal = hex::decode(&manifest.journal).ok().and_then(|bytes| bytes.try_into().ok());
        let journal = journal.ok_or("the id of the journal is not sixteen bytes in hexadecimal")?;
        Ok((manifest, journal))
    }
}
