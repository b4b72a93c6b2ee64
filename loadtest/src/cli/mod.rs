//! The command line.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 69 the other side cannot be reached, 78 bad configuration, 99
//! a threshold was crossed, 130 interrupted (the summary is printed all the same).

mod drill;
mod run;
mod sandbox;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

pub use self::drill::DrillArgs;
pub use self::run::{RunArgs, Scenario};
pub use self::sandbox::SandboxArgs;

/// The outside world of the payment gateway, and the load on it. Speaks to loopback addresses only.
#[derive(Debug, Parser)]
#[command(name = "loadtest", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play Safaricom: tokens, registered addresses, prompts, payments, and a record of every shilling.
    Sandbox(SandboxArgs),
    /// Load the gateway, measure it, and keep a log of every shilling sent and acknowledged.
    Run(Box<RunArgs>),
    /// Play the day on which the paybill goes silent, prompts fail and the gateway is killed, and judge it.
    Drill(Box<DrillArgs>),
}

/// A message for the person at the terminal, with the exit code that goes with it.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    pub(crate) fn new(code: u8, message: impl std::fmt::Display) -> Self {
        Self { code, message: message.to_string() }
    }

    /// Prints the message and gives the exit code.
    #[must_use]
    pub fn report(&self) -> ExitCode {
        tell(&format!("error: {}\n", self.message));
        ExitCode::from(self.code)
    }
}

/// Runs the command that was asked for.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // Reports go to stdout; what happens on the way goes to stderr, warnings and worse unless RUST_LOG wants
    // more.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::new(1, format!("cannot start: {error}")).report(),
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Sandbox(args) => args.run().await.map(|()| ExitCode::SUCCESS),
            Command::Run(args) => args.run().await,
            Command::Drill(args) => args.run().await,
        }
    });
    result.unwrap_or_else(|failure| failure.report())
}

/// Says something on stderr. Whoever has closed it does not want to know, and that is no reason to stop.
pub(crate) fn tell(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Prints a report on stdout; a reader that has gone away has seen enough.
pub(crate) fn print(report: &impl std::fmt::Display) {
    let _ = std::io::stdout().write_all(report.to_string().as_bytes());
}

/// Resolves at the first interrupt or request to terminate. Signals count from this call on, not only from
/// the first poll: a program that has said it is ready can be stopped.
pub(crate) fn interrupted() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    let listen =
        |kind| signal(kind).map_err(|error| Failure::new(1, format!("cannot listen for signals: {error}")));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
