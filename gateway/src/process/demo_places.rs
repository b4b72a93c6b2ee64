//! Where a demonstration is reached, for commands of the same machine: what it prints, in a file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::folder::{FolderError, read_secret, write_secret};

const FILE: &str = "demo-places.json";

/// Where a demonstration is reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoPlaces {
    /// Citizens, agencies, Treasury.
    pub public: String,
    /// Callbacks, token included.
    pub callbacks: String,
}

impl DemoPlaces {
    /// The places in this data directory; nothing if no demonstration ever ran with it.
    pub fn read(root: &Path) -> Result<Option<Self>, FolderError> {
        let path = root.join(FILE);
        let Some(text) = read_secret(&path)? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|_| FolderError::Form(path))
    }

    pub(super) fn keep(&self, root: &Path) -> Result<(), FolderError> {
        write_secret(&root.join(FILE), &serde_json::to_string(self).expect("texts can be written as JSON"))
    }
}
