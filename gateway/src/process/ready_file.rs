//! The ready file: one JSON object, written once everything answers, for whoever started us. Its names are a contract.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::folder::{FolderError, put_in_place};

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
        let written = begin_beside(path).and_then(|(unfinished, file)| {
            let written = put_in_place(path, &unfinished, file, &text);
            if written.is_err() {
                // It is of no use to anybody; that it could not be written is the news.
                let _ = fs::remove_file(&unfinished);
            }
            written
        });
        written.map_err(|source| FolderError::Io { path: path.to_path_buf(), source })
    }

    /// Whether it could be written there: over nothing, or over the plain file of an earlier start. Leaves nothing behind:
    /// whoever waits for it waits on.
    pub fn check(path: &Path) -> Result<(), FolderError> {
        let tried = || begin_beside(path).and_then(|(tried, _)| fs::remove_file(tried));
        let outcome = match fs::symlink_metadata(path) {
            Ok(there) if there.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(there) if !there.is_file() => {
                Err(io::Error::new(io::ErrorKind::AlreadyExists, "what is there is no plain file"))
            }
            Ok(_) => tried(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => tried(),
            Err(error) => Err(error),
        };
        outcome.map_err(|source| FolderError::Io { path: path.to_path_buf(), source })
    }
}

/// A new file beside the place of this one, and its name: by the process, and by chance, because in a container every process
/// has the same number and one that was killed leaves its file. The folder is whoever's: what somebody else has put there, a link
/// above all, is neither followed nor lost.
fn begin_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?.to_owned();
    name.push(format!(".{}-{:08x}.unfinished", std::process::id(), rand::random::<u32>()));
    let unfinished = path.with_file_name(name);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    Ok((unfinished, file))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn whether_it_could_be_written_is_known_before_anybody_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        ReadyFile::check(&folder.path().join("ready.json")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let nowhere = ReadyFile::check(&folder.path().join("none").join("ready.json")).unwrap_err();
        assert!(nowhere.to_string().contains("none/ready.json"), "{nowhere}");
    }

    #[test]
    fn what_cannot_be_written_over_is_a_problem_beforehand() {
        let folder = tempfile::tempdir().unwrap();
        let (path, elsewhere) = (folder.path().join("ready.json"), folder.path().join("elsewhere"));
        fs::create_dir(&path).unwrap();
        let refused = ReadyFile::check(&path).unwrap_err();
        assert!(refused.to_string().contains("ready.json: is a directory"), "{refused}");
        fs::remove_dir(&path).unwrap();
        symlink(&elsewhere, &path).unwrap();
        let refused = ReadyFile::check(&path).unwrap_err();
        assert!(refused.to_string().contains("no plain file"), "{refused}");
        fs::remove_file(&path).unwrap();
        fs::write(&path, "of an earlier start").unwrap();
        ReadyFile::check(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "of an earlier start");
        assert!(ReadyFile::check(Path::new("/")).is_err());
    }

    #[test]
    fn what_lies_beside_it_is_neither_followed_nor_lost() {
        let folder = tempfile::tempdir().unwrap();
        let (path, kept) = (folder.path().join("ready.json"), folder.path().join("kept"));
        fs::write(&kept, "keep me").unwrap();
        symlink(&kept, path.with_extension("unfinished")).unwrap();
        ReadyFile::check(&path).unwrap();
        ReadyFile::default().write(&path).unwrap();
        assert_eq!(fs::read_to_string(&kept).unwrap(), "keep me");
        assert!(path.with_extension("unfinished").is_symlink());
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            3,
            "nothing of its own is left but the file"
        );
    }

    #[test]
    fn what_cannot_be_put_in_its_place_is_not_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        fs::create_dir(&path).unwrap();
        ReadyFile::default().write(&path).unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
