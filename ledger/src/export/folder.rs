//! The folder that an export is written to. It is made beside its final place and takes its name only when everything
//! in it is complete and synced, so that nobody ever meets half an export that looks whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A folder in the making. Unless it is finished, dropping it removes it.
#[derive(Debug)]
pub(crate) struct Folder {
    unfinished: PathBuf,
    finished: PathBuf,
    is_finished: bool,
}

impl Folder {
    /// Begins a folder that will be `path`, which must not exist or be empty.
    pub(crate) fn begin(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or_else(|| {
            io::Error::new(ErrorKind::InvalidInput, "the folder of an export has to have a name")
        })?;
        let is_free = match fs::read_dir(path) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => return Err(error),
        };
        if !is_free {
            return Err(io::Error::new(ErrorKind::AlreadyExists, "the folder is there and is not empty"));
        }
        let mut unfinished_name = name.to_owned();
        unfinished_name.push(".unfinished");
        let unfinished = path.with_file_name(unfinished_name);
        fs::create_dir(&unfinished).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => io::Error::new(
                ErrorKind::AlreadyExists,
                format!(
                    "{} is there: another export is being written, or one was interrupted; if none is running, \
                     remove it",
                    unfinished.display()
                ),
            ),
            _ => error,
        })?;
        Ok(Self { unfinished, finished: path.to_owned(), is_finished: false })
    }

    /// Writes a whole file; the folders on its path are made.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.unfinished.join(name);
        match fs::write(&path, bytes) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(path.parent().unwrap_or(&self.unfinished))?;
                fs::write(&path, bytes)
            }
            outcome => outcome,
        }
    }

    /// A file that is written bit by bit.
    pub(crate) fn stream(&self, name: &str) -> io::Result<BufWriter<File>> {
        Ok(BufWriter::with_capacity(1 << 20, File::create_new(self.unfinished.join(name))?))
    }

    /// Makes everything durable and gives the folder its name.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        // Only now: by this time most of it has reached the disk by itself, and each sync is short.
        sync_all_below(&self.unfinished)?;
        fs::rename(&self.unfinished, &self.finished)?;
        self.is_finished = true;
        match self.finished.parent() {
            Some(parent) if parent.as_os_str().is_empty() => File::open(".")?.sync_all(),
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_finished
            && let Err(error) = fs::remove_dir_all(&self.unfinished)
        {
            tracing::warn!(%error, folder = %self.unfinished.display(), "An unfinished export could not be removed.");
        }
    }
}

/// Writes out what a stream still holds.
pub(crate) fn end_stream(mut stream: BufWriter<File>) -> io::Result<()> {
    stream.flush()
}

/// Folders nest no deeper than tiles are numbered, so that the recursion is short.
fn sync_all_below(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_all_below(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}
