//! The ready file: one JSON object, written once everything answers, for whoever started us. Its names are a contract.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use serde::Serialize;

use super::folder::{FolderError, write_secret};

/// What the ready file says. `serve` never writes keys.
#[derive(Debug, Default, Serialize)]
pub struct ReadyFile {
    /// Where citizens, agencies and the Treasury reach us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<String>,
    /// Where systems of agencies are reached through us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agencies: Option<String>,
    /// Where callbacks begin, token included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callbacks: Option<String>,
    /// Where probes and metrics are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin: Option<String>,
    /// Where the simulated Safaricom is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<String>,
    /// The paybill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paybill: Option<String>,
    /// Test keys of agencies, by code in small letters.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub agency_keys: BTreeMap<String, String>,
    /// The Treasury's test key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treasury_key: Option<String>,
    /// The data directory.
    pub data: String,
    /// The process.
    pub pid: u32,
}

impl ReadyFile {
    /// Writes it, readable by its owner alone, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), FolderError> {
        let text = serde_json::to_string(self).expect("texts and numbers can be written as JSON");
        write_secret(path, &text)
    }

    /// Whether it could be written there. Leaves nothing behind: whoever waits for it waits on.
    pub fn check(path: &Path) -> Result<(), FolderError> {
        let tried = path.with_extension("unfinished");
        let outcome = File::create(&tried).and_then(|_| fs::remove_file(&tried));
        outcome.map_err(|source| FolderError::Io { path: path.to_path_buf(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whether_it_could_be_written_is_known_before_anybody_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        ReadyFile::check(&folder.path().join("ready.json")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let nowhere = ReadyFile::check(&folder.path().join("none").join("ready.json")).unwrap_err();
        assert!(nowhere.to_string().contains("none/ready.json"), "{nowhere}");
    }
}
