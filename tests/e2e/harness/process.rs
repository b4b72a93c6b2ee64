//! A process that says when it is ready, and ends with its owner.

use std::fs::OpenOptions;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

use serde_json::Value;

use super::executable::Finished;
use super::patience::eventually;

/// Lines of a process's log that a test that failed shows.
const LINES_SHOWN_MAX: usize = 40;

/// One that is running.
pub(crate) struct Process {
    child: Child,
    /// What it wrote to be found by.
    pub(crate) ready: Value,
    log: PathBuf,
}

impl Process {
    /// Starts it and waits until it is ready. What it says goes into `{name}.log` in this folder; that of an earlier
    /// life is kept. Gives what it said instead, if it ends.
    pub(crate) fn start(mut command: Command, folder: &Path, name: &str) -> Result<Self, Finished> {
        let log = folder.join(format!("{name}.log"));
        let ready_file = folder.join(format!("{name}-ready.json"));
        let _ = std::fs::remove_file(&ready_file);
        let file = OpenOptions::new().create(true).append(true).open(&log).expect("a log can be kept");
        let said_before = file.metadata().expect("it is a file").len();
        command.arg("--ready-file").arg(&ready_file);
        command.stdout(file.try_clone().expect("a second handle")).stderr(file);
        let child = command.spawn().expect("it can be started");
        let mut starting = Self { child, ready: Value::Null, log };
        let ready = eventually("the process is ready", || {
            if let Some(status) = starting.child.try_wait().expect("it can be waited for") {
                let said = starting.log();
                let said = said[usize::try_from(said_before).expect("a log fits in memory")..].to_owned();
                return Some(Err(Finished { code: status.code(), stdout: String::new(), stderr: said }));
            }
            let text = std::fs::read_to_string(&ready_file).ok()?;
            Some(Ok(serde_json::from_str(&text).expect("the ready file is whole when it is there")))
        })?;
        starting.ready = ready;
        Ok(starting)
    }

    /// A text that it told in the ready file.
    #[track_caller]
    pub(crate) fn told(&self, name: &str) -> String {
        let text = self.ready[name].as_str();
        text.unwrap_or_else(|| panic!("the ready file has no {name}: {}", self.ready)).to_owned()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything that it has said, in all its lives.
    pub(crate) fn log(&self) -> String {
        let bytes = std::fs::read(&self.log).expect("the log can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until it has ended by itself.
    pub(crate) fn ended(mut self) -> ExitStatus {
        eventually("the process ends", || self.child.try_wait().expect("it can be waited for"))
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        let status = self.child.wait().expect("it can be waited for");
        assert_eq!(status.signal(), Some(9), "it had ended before: {status}\n{}", self.log());
    }

    /// Asks it to stop, as `kill` does, and waits until it has.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        asks_to_stop(&self.child);
        eventually("the process ends", || self.child.try_wait().expect("it can be waited for"))
    }
}

/// SIGTERM.
pub(crate) fn asks_to_stop(child: &Child) {
    let sent = Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status();
    assert!(sent.expect("signals can be sent").success(), "nobody took it");
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let said = std::fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<_> = said.lines().collect();
            let last = &lines[lines.len().saturating_sub(LINES_SHOWN_MAX)..];
            eprintln!("--- the end of {}\n{}", self.log.display(), last.join("\n"));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
