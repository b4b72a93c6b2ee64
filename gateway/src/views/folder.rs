//! The folder of the views. Each building gets a file of its own under a new number, so that the old one goes on
//! answering meanwhile, and so that SQLite, which knows its helper files by name, never mistakes those of one for
//! those of another.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

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
        let mut numbers: Vec<u64> =
            self.files()?.into_iter().filter(|file| file.is_main()).map(|file| file.number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// A number that no file has or had, as far as can be told.
    pub(super) fn next_number(&self) -> Result<u64, ViewsError> {
        Ok(self.files()?.iter().map(|file| file.number).max().map_or(1, |number| number.saturating_add(1)))
    }

    /// Removes all files but those with these numbers, and what SQLite keeps beside them. Whoever has one open can go
    /// on reading it.
    pub(super) fn remove_all_but(&self, kept: &[u64]) -> Result<(), ViewsError> {
        self.remove_if(|number| !kept.contains(&number))
    }

    /// Removes the file with this number, and what SQLite keeps beside it.
    pub(super) fn remove(&self, number: u64) -> Result<(), ViewsError> {
        self.remove_if(|other| other == number)
    }

    fn remove_if(&self, is_to_go: impl Fn(u64) -> bool) -> Result<(), ViewsError> {
        for file in self.files()?.into_iter().filter(|file| is_to_go(file.number)) {
            let path = self.path.join(&file.name);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != ErrorKind::NotFound => {
                    return Err(ViewsError::File { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn files(&self) -> Result<Vec<FileName>, ViewsError> {
        let list = || -> io::Result<Vec<FileName>> {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.path)?;
            let mut files = Vec::new();
            for entry in fs::read_dir(&self.path)? {
                files.extend(entry?.file_name().into_string().ok().and_then(FileName::read));
            }
            Ok(files)
        };
        list().map_err(|source| ViewsError::File { path: self.path.clone(), source })
    }
}

/// The name of a file of views, or of one of those that SQLite keeps beside it: `-wal` and `-shm`.
struct FileName {
    number: u64,
    name: String,
}

impl FileName {
    fn read(name: String) -> Option<Self> {
        let (number, helper) = name.strip_prefix(PREFIX)?.split_once(SUFFIX)?;
        let number = number.parse().ok()?;
        matches!(helper, "" | "-wal" | "-shm").then_some(Self { number, name })
    }

    fn is_main(&self) -> bool {
        self.name.ends_with(SUFFIX)
    }
}
