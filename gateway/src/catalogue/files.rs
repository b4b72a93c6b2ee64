//! The files of catalogues: named by the hash of their bytes, synced before a record says that one is in force.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog::{Catalogue, CatalogueHash, Problems};

/// How the names of files end that are not yet whole.
const UNFINISHED: &str = "unfinished";

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

/// Reads a catalogue. `is_known` says whether the books know a document by its hash: what was in use before may be used
/// again, whatever rules came later.
pub fn read(path: &Path, is_known: impl Fn(&str) -> bool) -> Result<Catalogue, CatalogueFileError> {
    checked(path, &bytes_of(path)?, is_known)
}

/// Reads a catalogue that was sent, as [`read`] does.
pub fn read_document(bytes: &[u8], is_known: impl Fn(&str) -> bool) -> Result<Catalogue, CatalogueFileError> {
    checked(Path::new("catalogue.json"), bytes, is_known)
}

fn checked(
    path: &Path,
    bytes: &[u8],
    is_known: impl Fn(&str) -> bool,
) -> Result<Catalogue, CatalogueFileError> {
    let catalogue = if is_known(&CatalogueHash::of(bytes).to_string()) {
        Catalogue::from_kept_json(bytes)
    } else {
        Catalogue::from_json(bytes)
    };
    catalogue.map_err(|problems| CatalogueFileError::Problems { path: path.to_path_buf(), problems })
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, CatalogueFileError> {
    fs::read(path).map_err(|source| CatalogueFileError::Io { path: path.to_path_buf(), source })
}

/// Reads the catalogue with this hash, which the books know, from the folder of catalogues.
pub fn read_kept(folder: &Path, hash: &str) -> Result<Catalogue, CatalogueFileError> {
    let path = folder.join(format!("{hash}.json"));
    let bytes = bytes_of(&path)?;
    if CatalogueHash::of(&bytes).to_string() == hash {
        checked(&path, &bytes, |_| true)
    } else {
        Err(CatalogueFileError::OtherBytes(path))
    }
}

/// Keeps a catalogue in the folder, durably, under the name of its hash. A file of this name that was damaged is
/// written again.
pub fn keep(folder: &Path, catalogue: &Catalogue) -> Result<Arc<str>, CatalogueFileError> {
    let hash: Arc<str> = catalogue.hash().to_string().into();
    let path = folder.join(format!("{hash}.json"));
    let io = |source| CatalogueFileError::Io { path: path.clone(), source };
    fs::create_dir_all(folder).map_err(io)?;
    let bytes = catalogue.to_json();
    if fs::read(&path).is_ok_and(|kept| kept[..] == bytes[..]) {
        return Ok(hash);
    }
    // Whoever else writes the same document writes a file of its own: either is whole when it gets its name.
    let unfinished = folder.join(format!("{hash}.{:016x}.{UNFINISHED}", rand::random::<u64>()));
    let write = || {
        let mut file = File::create(&unfinished)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|error| {
        // What is left of it is of no use; a disk without room would keep it for ever.
        let _ = fs::remove_file(&unfinished);
        io(error)
    })?;
    Ok(hash)
}

/// Removes the files of catalogues that the books do not know, by their hash: drafts that were refused or given up, and
/// whatever a crash left unfinished. Files of other names are not ours. Nobody may be keeping a file meanwhile.
pub fn discard_unknown(folder: &Path, is_known: impl Fn(&str) -> bool) -> Result<(), CatalogueFileError> {
    let io = |path: &Path, source| CatalogueFileError::Io { path: path.to_path_buf(), source };
    for entry in fs::read_dir(folder).map_err(|error| io(folder, error))? {
        let path = entry.map_err(|error| io(folder, error))?.path();
        let Some((hash, rest)) = path.file_name().and_then(|name| name.to_str()?.split_once('.')) else {
            continue;
        };
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_of_no_use = rest.ends_with(UNFINISHED) || (rest == "json" && !is_known(hash));
        if is_hash && is_of_no_use {
            fs::remove_file(&path).map_err(|error| io(&path, error))?;
            tracing::info!(file = %path.display(), "A file of a catalogue that nobody needs any more was removed.");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_books_do_not_know_goes_and_everything_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = Catalogue::embedded();
        let known = keep(folder.path(), &catalogue).unwrap();
        let unknown = "ab".repeat(32);
        let write = |name: String| fs::write(folder.path().join(name), "x").unwrap();
        write(format!("{unknown}.json"));
        write(format!("{known}.unfinished"));
        write(format!("{known}.0123456789abcdef.unfinished"));
        write("notes.json".to_owned());
        discard_unknown(folder.path(), |hash| hash == &*known).unwrap();
        let left = fs::read_dir(folder.path()).unwrap();
        let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        let mut expected = [format!("{known}.json"), "notes.json".to_owned()];
        expected.sort();
        assert_eq!(left, expected);
    }

    #[test]
    fn a_document_of_before_a_rule_is_read_where_the_books_know_it_and_refused_as_new() {
        let old =
            include_bytes!("../../../catalog/tests/catalog/fixtures/kept/bundle_without_revenue_code.json");
        let hash = CatalogueHash::of(old).to_string();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("{hash}.json"));
        fs::write(&path, old).unwrap();
        // At a start, for the feed, for a bill of then.
        assert_eq!(read_kept(folder.path(), &hash).unwrap().hash().to_string(), hash);
        // To go back to it.
        assert!(
            read_document(old, |known| known == hash).is_ok() && read(&path, |known| known == hash).is_ok()
        );
        for refused in [read_document(old, |_| false), read(&path, |_| false)] {
            assert!(matches!(refused, Err(CatalogueFileError::Problems { .. })), "{refused:?}");
        }
        // Bytes that are none of before are none of before.
        fs::write(&path, [&old[..], b" "].concat()).unwrap();
        assert!(matches!(read_kept(folder.path(), &hash), Err(CatalogueFileError::OtherBytes(_))));
    }

    #[test]
    fn a_damaged_file_is_written_again_when_its_catalogue_is_kept_again() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = Catalogue::embedded();
        let hash = keep(folder.path(), &catalogue).unwrap();
        fs::write(folder.path().join(format!("{hash}.json")), "x").unwrap();
        assert!(read_kept(folder.path(), &hash).is_err());
        keep(folder.path(), &catalogue).unwrap();
        assert!(read_kept(folder.path(), &hash).is_ok());
    }
}
