//! The folder of the views. Each building gets a file of its own under a new number, so that the old one goes on
//! answering meanwhile, and so that SQLite, which knows its helper files by name, never mistakes those of one for
//! those of another.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::error::ViewsError;

const PREFIX: &str = "views-";
const SUFFIX: &str = ".sqlite";

/// The folder.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The path of the file with this number.
    pub(super) fn path_of(&self, number: u64) -> PathBuf {
        self.path.join(format!("{PREFIX}{number:06}{SUFFIX}"))
    }

    /// The numbers of the files that there are, the oldest first. Makes the folder if there is none.
    pub(super) fn numbers(&self) -> Result<Vec<u64>, ViewsError> {
        let list = || -> io::Result<Vec<u64>> {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.path)?;
            let names = fs::read_dir(&self.path)?
                .map(|entry| Ok(entry?.file_name()))
                .collect::<io::Result<Vec<_>>>()?;
            let mut numbers: Vec<u64> =
                names.iter().filter_map(|name| number_in(Path::new(name).to_str()?)).collect();
            numbers.sort_unstable();
            Ok(numbers)
        };
        list().map_err(|source| ViewsError::File { path: self.path.clone(), source })
    }

    /// Removes a file and what SQLite keeps beside it. Whoever has it open can go on reading.
    pub(super) fn remove(&self, number: u64) -> Result<(), ViewsError> {
        let path = self.path_of(number);
        for suffix in ["", "-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(suffix);
            match fs::remove_file(&name) {
                Err(source) if source.kind() != ErrorKind::NotFound => {
                    return Err(ViewsError::File { path: name.into(), source });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn number_in(name: &str) -> Option<u64> {
    name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok()
}
