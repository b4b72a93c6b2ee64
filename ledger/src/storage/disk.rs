//! The real disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::storage::{Storage, StorageFile};

/// Files under one directory, readable by their owner alone.
#[derive(Clone, Debug)]
pub struct DiskStorage {
    root: PathBuf,
    writes: bool,
}

impl DiskStorage {
    /// Files under `root`, which is made when the first file is.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), writes: true }
    }

    /// Files under `root` that are there already, for those who only look: nothing is changed, and no right to write
    /// is needed.
    pub fn read_only(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), writes: false }
    }

    fn may_write(&self) -> io::Result<()> {
        if self.writes { Ok(()) } else { Err(ErrorKind::PermissionDenied.into()) }
    }

    fn options(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        options.read(true).write(self.writes).mode(0o600);
        options
    }

    fn sync_folder(path: &Path) -> io::Result<()> {
        match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl Storage for DiskStorage {
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn StorageFile>>> {
        match self.options().open(self.root.join(name)) {
            Ok(file) => Ok(Some(Arc::new(DiskFile { file }))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        self.may_write()?;
        let path = self.root.join(name);
        if let Some(folder) = path.parent()
            && !folder.is_dir()
        {
            fs::create_dir_all(folder)?;
            Self::sync_folder(folder)?;
        }
        let file = self.options().create(true).truncate(true).open(path)?;
        Ok(Arc::new(DiskFile { file }))
    }

    fn publish(&self, from: &str, to: &str) -> io::Result<()> {
        self.may_write()?;
        let to = self.root.join(to);
        fs::rename(self.root.join(from), &to)?;
        Self::sync_folder(&to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.may_write()?;
        match fs::remove_file(self.root.join(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        }
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.root.join(folder)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.extend(entry.file_name().into_string());
            }
        }
        names.sort();
        Ok(names)
    }
}

#[derive(Debug)]
struct DiskFile {
    file: File,
}

impl StorageFile for DiskFile {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn byte_count(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
}
