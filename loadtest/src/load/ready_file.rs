//! Where a running demo or server can be found, as it says itself.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// The file that the gateway writes when it is ready. Fields this program does not need are ignored.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ReadyFile {
    /// Base address of the public API.
    pub public: Option<String>,
    /// Base address of the callbacks, token included.
    pub callbacks: Option<String>,
    /// Base address of the sandbox.
    pub sandbox: Option<String>,
    /// The paybill.
    pub paybill: Option<String>,
    /// API keys by agency.
    pub agency_keys: BTreeMap<String, String>,
}

impl ReadyFile {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is not such a file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_are_ignored_and_missing_ones_are_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        std::fs::write(&path, r#"{"public":"http://127.0.0.1:1","agency_keys":{"kws":"test_1"},"pid":7}"#)
            .unwrap();
        let ready = ReadyFile::read(&path).unwrap();
        assert_eq!(ready.public.as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(ready.agency_keys["kws"], "test_1");
        assert_eq!(ready.sandbox, None);
    }
}
