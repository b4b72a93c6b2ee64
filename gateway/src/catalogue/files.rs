//! The files of catalogues: named by the hash of their bytes, synced before a record says that one is in force.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog::{Catalogue, Problems};

/// A catalogue file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueFileError {
    /// The disk.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error underneath.
        source: io::Error,
    },
    /// It is no catalogue; every problem with its line.
    #[error("{} is not a catalogue:\n{problems}", path.display())]
    Problems {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problems: Problems,
    },
    /// The bytes are not those that the name promises.
    #[error("{}: its bytes do not have the hash that it is named by", .0.display())]
    OtherBytes(PathBuf),
}

/// Reads a catalogue.
pub fn read(path: &Path) -> Result<Catalogue, CatalogueFileError> {
    let bytes =
        fs::read(path).map_err(|source| CatalogueFileError::Io { path: path.to_path_buf(), source })?;
    Catalogue::from_json(&bytes)
        .map_err(|problems| CatalogueFileError::Problems { path: path.to_path_buf(), problems })
}

/// Reads a catalogue that was sent.
pub fn read_document(bytes: &[u8]) -> Result<Catalogue, CatalogueFileError> {
    Catalogue::from_json(bytes)
        .map_err(|problems| CatalogueFileError::Problems { path: "catalogue.json".into(), problems })
}

/// Reads the catalogue with this hash from the folder of catalogues.
pub fn read_kept(folder: &Path, hash: &str) -> Result<Catalogue, CatalogueFileError> {
    let path = folder.join(format!("{hash}.json"));
    let catalogue = read(&path)?;
    if catalogue.hash().to_string() == hash {
        Ok(catalogue)
    } else {
        Err(CatalogueFileError::OtherBytes(path))
    }
}

/// Keeps a catalogue in the folder, durably, under the name of its hash.
pub fn keep(folder: &Path, catalogue: &Catalogue) -> Result<Arc<str>, CatalogueFileError> {
    let hash: Arc<str> = catalogue.hash().to_string().into();
    let path = folder.join(format!("{hash}.json"));
    let io = |source| CatalogueFileError::Io { path: path.clone(), source };
    fs::create_dir_all(folder).map_err(io)?;
    if path.exists() {
        return Ok(hash);
    }
    let unfinished = folder.join(format!("{hash}.unfinished"));
    let write = || {
        let mut file = File::create(&unfinished)?;
        file.write_all(&catalogue.to_json())?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(io)?;
    Ok(hash)
}
