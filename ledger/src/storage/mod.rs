//! Files as the ledger needs them: few operations, each with a stated durability, so that a test can stand a lying
//! disk in the place of the real one.

mod disk;
#[cfg(any(test, feature = "testing"))]
pub mod faulty;

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

pub use disk::DiskStorage;

/// A folder tree. Names are relative, with `/` between folder and file; folders appear when a file in them does.
pub trait Storage: Debug + Send + Sync + 'static {
    /// The file of this name, or nothing if there is none.
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn StorageFile>>>;

    /// A new, empty file; an older one of this name is emptied. Its name is not durable before [`Storage::publish`].
    fn create(&self, name: &str) -> io::Result<Arc<dyn StorageFile>>;

    /// Gives a file its lasting name, atomically over an older file, and makes the name durable. The file's content
    /// must have been synced before.
    fn publish(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file; that there is none is fine. Not durable at once: it may be back after a power cut.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// The names of the files in a folder, without the folder, sorted. No folder, no names.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;
}

/// An open file, read and written at positions.
pub trait StorageFile: Debug + Send + Sync + 'static {
    /// Fills `buffer` from `offset`; an end of file before it is full is an error of kind `UnexpectedEof`.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all of `bytes` at `offset`, growing the file where needed. Survives the death of the process once it
    /// returns; survives a power cut only after [`StorageFile::sync`].
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes everything written so far survive a power cut. After an error nothing may be assumed about what was
    /// written since the last success, and no further call on this file may be trusted (the kernel may have dropped
    /// the pages and called them clean).
    fn sync(&self) -> io::Result<()>;

    /// Length in bytes.
    fn byte_count(&self) -> io::Result<u64>;
}

/// Whether the disk has no room, by itself or by a quota.
pub fn is_lack_of_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Reads a whole file, bounded by what fits in memory: for snapshots, heads and keys, not for journals.
pub(crate) fn read_whole(file: &dyn StorageFile) -> io::Result<Vec<u8>> {
    let len = usize::try_from(file.byte_count()?).map_err(io::Error::other)?;
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

/// Writes a whole file under a name that appears only once the content is durable.
pub(crate) fn write_whole(storage: &dyn Storage, name: &str, bytes: &[u8]) -> io::Result<()> {
    let unfinished = format!("{name}.unfinished");
    let file = storage.create(&unfinished)?;
    file.write_all_at(bytes, 0)?;
    file.sync()?;
    storage.publish(&unfinished, name)
}
