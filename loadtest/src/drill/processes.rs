//! The processes of the day: started, waited for, killed. Whatever is left of them ends with this program's.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::process::{Child, Command};

use super::DrillError;

/// How long a process may take until it answers, and a command until it ends: a whole day of ten times the nation has
/// millions of records.
const READY_WITHIN: Duration = Duration::from_secs(60);
const DONE_WITHIN: Duration = Duration::from_secs(3_600);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A process that has said that it is ready, and what it said.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pub(crate) ready: Value,
}

impl Running {
    /// Starts `malipo` with these arguments and waits until it is ready. What it says goes to a file of this name.
    pub(crate) async fn start(
        malipo: &Path,
        arguments: &[String],
        folder: &Path,
        name: &str,
    ) -> Result<Self, DrillError> {
        let ready_file = folder.join(format!("{name}-ready.json"));
        let _ = std::fs::remove_file(&ready_file);
        let log = folder.join(format!("{name}.log"));
        let said = File::options().create(true).append(true).open(&log);
        let said = said.map_err(|error| DrillError::File(log.display().to_string(), error))?;
        let errors = said.try_clone().map_err(|error| DrillError::File(log.display().to_string(), error))?;
        let mut command = command(malipo);
        command.args(arguments).arg("--ready-file").arg(&ready_file);
        command.stdout(said).stderr(errors).kill_on_drop(true);
        let mut child =
            command.spawn().map_err(|error| DrillError::Process(format!("{}: {error}", malipo.display())))?;
        let began = Instant::now();
        loop {
            if let Ok(Some(status)) = child.try_wait() {
                return Err(DrillError::Process(format!(
                    "{name} ended with {status}: see {}",
                    log.display()
                )));
            }
            if let Some(ready) = read(&ready_file) {
                return Ok(Self { child, ready });
            }
            if began.elapsed() > READY_WITHIN {
                return Err(DrillError::Process(format!("{name} is not ready: see {}", log.display())));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// `kill -9`, and waits until it is gone. Says how it had ended by itself, if it had.
    pub(crate) async fn kill(&mut self) -> Option<ExitStatus> {
        let ended = self.child.try_wait().ok().flatten();
        let _ = self.child.kill().await;
        ended
    }

    /// Where something of it is.
    pub(crate) fn told(&self, name: &str) -> Result<String, DrillError> {
        let told = self.ready[name].as_str().map(str::to_owned);
        told.ok_or_else(|| DrillError::Process(format!("it did not say where {name} is")))
    }
}

/// Runs a command of `malipo` to its end, and gives what it said.
pub(crate) async fn run(malipo: &Path, arguments: &[&str]) -> Result<String, DrillError> {
    finish(command(malipo).args(arguments), &arguments.join(" ")).await
}

/// Runs the checker of the books over an export and the records of what moved.
pub(crate) async fn check(checker: &Path, export: &Path, records: &[PathBuf]) -> Result<String, DrillError> {
    let mut command = Command::new("python3");
    command.arg(checker).arg(export);
    for record in records {
        command.arg("--sandbox-ledger").arg(record);
    }
    finish(&mut command, "the checker of the books").await
}

async fn finish(command: &mut Command, name: &str) -> Result<String, DrillError> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(DONE_WITHIN, output)
        .await
        .map_err(|_| DrillError::Process(format!("{name} does not end")))?
        .map_err(|error| DrillError::Process(format!("{name}: {error}")))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(DrillError::Process(format!("{name} ended with {}: {said}{errors}", output.status)))
}

/// With nothing in its environment that is meant for it.
fn command(malipo: &Path) -> Command {
    let mut command = Command::new(malipo);
    command.stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MALIPO_") {
            command.env_remove(name);
        }
    }
    command
}

fn read(path: &PathBuf) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}
