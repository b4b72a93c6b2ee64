//! The executable that users run, as a command of its own process.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use super::patience::PATIENCE;

/// What a command that ended left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Everything that it said.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// The file that is run. A name of our own for it: a build that goes on beside the tests puts another file under the
/// old name, and half of a test would run the one and half the other.
pub(crate) fn executable() -> &'static Path {
    static EXECUTABLE: LazyLock<PathBuf> = LazyLock::new(|| {
        let name = format!("malipo-under-test-{}", std::process::id());
        let own = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_file(&own);
        std::fs::hard_link(env!("CARGO_BIN_EXE_malipo"), &own).expect("the executable can be given a name");
        own
    });
    &EXECUTABLE
}

/// `malipo`, with nothing in its environment that is meant for it.
pub(crate) fn malipo(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(executable());
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MALIPO_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Finished {
    run_within(command, PATIENCE)
}

/// Runs a command that reads books of any length to its end.
#[track_caller]
pub(crate) fn run_at_length(command: &mut Command) -> Finished {
    run_within(command, 20 * PATIENCE)
}

#[track_caller]
fn run_within(command: &mut Command, patience: Duration) -> Finished {
    let mut stdout = tempfile::tempfile().expect("a file for what it says");
    let mut stderr = tempfile::tempfile().expect("a file for what it says");
    let copy = |file: &File| Stdio::from(file.try_clone().expect("a second handle"));
    let mut child = command.stdout(copy(&stdout)).stderr(copy(&stderr)).spawn().expect("it can be started");
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            break status;
        }
        if started.elapsed() > patience {
            child.kill().expect("it can be ended");
            child.wait().expect("it can be waited for");
            panic!("{command:?} does not end; it said\n{}{}", read(&mut stdout), read(&mut stderr));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Finished { code: status.code(), stdout: read(&mut stdout), stderr: read(&mut stderr) }
}

fn read(file: &mut File) -> String {
    let mut text = String::new();
    file.rewind().expect("it can be read from its beginning");
    file.read_to_string(&mut text).expect("it is text");
    text
}
