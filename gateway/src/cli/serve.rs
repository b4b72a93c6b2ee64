//! `malipo serve` and the common part of `malipo demo`: start, say where, run, end.

use std::path::Path;
use std::process::ExitCode;

use tokio::sync::oneshot;

use super::{EXIT_CONFIG, ServeFlags, complain};
use crate::config::{Config, Mode};
use crate::process::{self, EXIT_WRITER_STOPPED, Ended, Folder, FolderError, Gateway, ReadyFile, StartError};
use crate::server::handed::HandedSockets;
use crate::telemetry::logs::Logs;

/// `malipo serve`.
pub(super) fn serve(flags: &ServeFlags) -> ExitCode {
    let config = match Config::of_process(Mode::Serve, &flags.flags) {
        Ok(config) => config,
        Err(problems) => {
            complain(&problems);
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    with_runtime(&config, async |config| {
        let gateway = match start(config, flags).await {
            Ok(gateway) => gateway,
            Err(problems) => return refuse(&problems),
        };
        let ready = gateway.ready_file();
        if flags.take_over {
            run_on(gateway, ready, flags.ready_file.as_deref()).await
        } else {
            run(gateway, ready, flags.ready_file.as_deref()).await
        }
    })
}

async fn start(config: &Config, flags: &ServeFlags) -> Result<Gateway, Vec<StartError>> {
    // Before anybody is asked to make room: a gateway that serves is better than one that cannot start.
    let mut problems = process::problems_beforehand(config);
    let ready_file = flags.ready_file.as_deref().map_or(Ok(()), ReadyFile::check);
    problems.extend(ready_file.err().map(StartError::from));
    if !problems.is_empty() {
        return Err(problems);
    }
    let started = async {
        let (folder, handed) = if flags.take_over {
            process::take_over(config)?
        } else {
            (Folder::take(&config.data)?, HandedSockets::of_systemd()?)
        };
        process::start(config, folder, handed, config.clock(), None).await
    };
    started.await.map_err(|error| vec![error])
}

/// Says why it does not start.
fn refuse(problems: &[StartError]) -> ExitCode {
    problems.iter().for_each(|problem| complain(problem));
    if problems.iter().any(|problem| matches!(problem, StartError::Folder(FolderError::Held(_)))) {
        eprintln!("note: with --take-over this one takes its place, and nobody is turned away");
    }
    if problems.iter().all(StartError::is_configuration) {
        ExitCode::from(EXIT_CONFIG)
    } else {
        ExitCode::FAILURE
    }
}

/// Starts the log and a runtime, and runs `work` to its end.
pub fn with_runtime(config: &Config, work: impl AsyncFnOnce(&Config) -> ExitCode) -> ExitCode {
    let logs = match Logs::start(&config.log) {
        Ok(logs) => logs,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(work(config));
    logs.flush();
    code
}

/// Runs a gateway that answers, to its end. Whoever started it and is not told so would wait for ever: then it ends at once.
pub async fn run(gateway: Gateway, ready: ReadyFile, ready_file: Option<&Path>) -> ExitCode {
    if let Some(Err(error)) = ready_file.map(|path| ready.write(path)) {
        complain(&error);
        return ExitCode::FAILURE;
    }
    until_its_end(gateway, &ready).await
}

/// Runs a gateway that has taken over. Nobody else serves any more: it goes on, whoever can be told so or not.
async fn run_on(gateway: Gateway, ready: ReadyFile, ready_file: Option<&Path>) -> ExitCode {
    if let Some(Err(error)) = ready_file.map(|path| ready.write(path)) {
        tracing::error!(%error, "The ready file could not be written; the gateway answers all the same.");
    }
    until_its_end(gateway, &ready).await
}

async fn until_its_end(gateway: Gateway, ready: &ReadyFile) -> ExitCode {
    tracing::info!(public = ready.public, admin = ready.admin, "The gateway answers.");
    // Where systemd waits for it; elsewhere nobody is told.
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
        tracing::warn!(%error, "The system could not be told that the gateway answers.");
    }
    // Nobody but the system stops a gateway that runs on its own.
    let (_keep, stop) = oneshot::channel();
    match gateway.run(stop).await {
        Ended::Asked => ExitCode::SUCCESS,
        Ended::WriterStopped(reason) => {
            complain(&format!("the ledger writer stopped: {reason}"));
            ExitCode::from(EXIT_WRITER_STOPPED)
        }
    }
}
