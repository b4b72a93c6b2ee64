//! Writing a file whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Writes beside the file, syncs, and only then gives it its name. Nobody sees half of it, and without `force` a file
/// of that name stays as it is.
pub(super) fn write_draft(path: &Path, bytes: &[u8], force: bool) -> Result<(), String> {
    let named = |error: io::Error| format!("{}: {error}", path.display());
    // A look before the work; what decides is the link below.
    if !force && path.exists() {
        return Err(taken(path));
    }
    let unfinished = unfinished_name(path).ok_or_else(|| format!("{}: not a file name", path.display()))?;
    let written =
        write_synced(&unfinished, bytes).map_err(|error| format!("{}: {error}", unfinished.display()));
    let finished = written.and_then(|()| {
        if force {
            return fs::rename(&unfinished, path).map_err(named);
        }
        // A link is refused if the name is taken, also by somebody who was faster.
        match fs::hard_link(&unfinished, path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(taken(path)),
            Err(error) => Err(named(error)),
        }
    });
    // After a link the other name is not needed; after a rename or a failure it may be gone already.
    let _ = fs::remove_file(&unfinished);
    finished?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(named)
}

fn taken(path: &Path) -> String {
    format!("{} is there already; --force writes over it", path.display())
}

/// A name of this process's own: two of them that write to one place do not mix their bytes.
fn unfinished_name(path: &Path) -> Option<PathBuf> {
    let mut name = path.file_name()?.to_owned();
    name.push(format!(".{}.unfinished", std::process::id()));
    Some(path.with_file_name(name))
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
