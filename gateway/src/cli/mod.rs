//! The command line: what a person or a unit file says, and what becomes of it. Data goes to standard output, talk to
//! standard error.
//!
//! Exit codes: 0 done · 1 failed · 2 wrong usage · 3 ran fine and found differences · 4 not found · 69 nothing answers ·
//! 74 the ledger writer stopped · 78 bad configuration.

// First, because its macros are used by all that follow.
#[macro_use]
mod output;

mod admin;
mod api;
mod catalogue;
mod check;
mod export;
mod gate;
mod kept_catalogues;
mod keys;
mod ledger;
mod listen;
mod outage;
mod outage_report;
pub mod serve;
mod shared_clock;
mod staff;
mod statement;
mod sweep;
mod trigger;
mod verify;
mod webhook;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use self::shared_clock::ClockBegan;
use crate::config::flags::Flags;

/// Bad configuration (`EX_CONFIG`).
pub const EXIT_CONFIG: u8 = 78;
/// Ran fine and found differences.
const EXIT_DIFFERENT: u8 = 3;
/// What was asked for is not there.
const EXIT_NOT_FOUND: u8 = 4;
/// Nothing answers (`EX_UNAVAILABLE`).
const EXIT_UNAVAILABLE: u8 = 69;

/// The payment and service-catalogue gateway of a country.
#[derive(Debug, Parser)]
#[command(name = "malipo", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start everything on this machine, with a simulated Safaricom: no real money.
    Demo(DemoFlags),
    /// Start the gateway.
    Serve(ServeFlags),
    /// Start the simulated Safaricom alone.
    Sandbox(SandboxFlags),
    /// Judge the configuration, the catalogue and the data directory; change nothing.
    Check(Flags),
    /// Check a receipt, a provisional pass, what gates go by, an export, a bulletin or a data directory, offline.
    Verify(verify::VerifyFlags),
    /// Write everything that may leave: entries, tree and checkpoint, without personal data.
    Export(export::ExportFlags),
    /// Catalogues: take in lists of services, check, compare, write for other programs.
    #[command(subcommand)]
    Catalogue(catalogue::CatalogueCommand),
    /// Look into the books of a data directory.
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Keys of the API: hand out, list, end.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Accounts of the people who sign in to pages: invite, list, reset, end.
    #[command(subcommand)]
    Staff(staff::StaffCommand),
    /// Ways to pay that fail: say it, take it back, rehearse it, see how they are.
    #[command(subcommand)]
    Outage(outage::OutageCommand),
    /// Gates that decide when nobody answers: enrol a device, run it, end it.
    #[command(subcommand)]
    Gate(gate::GateCommand),
    /// Statements of the accounts on which money comes in.
    #[command(subcommand)]
    Statement(statement::StatementCommand),
    /// Fallback money on its way home: send, confirm, return, list.
    #[command(subcommand)]
    Sweep(sweep::SweepCommand),
    /// Follow the events of an agency and send each, signed, to an address of yours.
    Listen(listen::ListenFlags),
    /// Make an event really happen, in a demonstration.
    Trigger(trigger::TriggerFlags),
    /// Webhooks that were received.
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    /// Completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// The flags of `demo`.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoFlags {
    /// What the gateway is configured with.
    #[command(flatten)]
    pub flags: Flags,

    /// Address of the simulated Safaricom.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8082")]
    pub sandbox_listen: std::net::SocketAddr,

    /// Shorten the waits of the simulated handsets.
    #[arg(long)]
    pub fast: bool,

    /// What the clock showed at a moment, both as RFC 3339, if it runs faster than life beside other processes.
    #[arg(long, value_name = "REAL=SHOWN")]
    pub clock: Option<ClockBegan>,

    /// Write a JSON object here once everything answers.
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

/// The flags of `serve`.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeFlags {
    /// What the gateway is configured with.
    #[command(flatten)]
    pub flags: Flags,

    /// Take over from the gateway that runs on this data directory: its sockets, and then its books. Nobody is turned away.
    #[arg(long)]
    pub take_over: bool,

    /// Write a JSON object here once everything answers.
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

/// The flags of `sandbox`.
#[derive(Clone, Debug, clap::Args)]
pub struct SandboxFlags {
    /// Address to listen on; loopback only.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8082")]
    pub sandbox_listen: std::net::SocketAddr,

    /// Folder of the record of every shilling.
    #[arg(long, value_name = "FOLDER", default_value = "malipo-data/sandbox")]
    pub data: PathBuf,

    /// Keep the record in a folder that goes away at the end.
    #[arg(long, conflicts_with = "data")]
    pub ephemeral: bool,

    /// Shorten the waits of the simulated handsets.
    #[arg(long)]
    pub fast: bool,

    /// What the clock showed at a moment, both as RFC 3339: that of the demonstration beside which this runs.
    #[arg(long, value_name = "REAL=SHOWN")]
    pub clock: Option<ClockBegan>,

    /// How many times as fast as life that clock runs.
    #[arg(long, value_name = "TIMES", default_value_t = 1, requires = "clock", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub speed: u32,

    /// Write a JSON object here once everything answers.
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

/// Runs a command that needs no simulated Safaricom. `demo` and `sandbox` are started by the executable, which links it.
pub fn run(command: Command) -> ExitCode {
    match command {
        Command::Serve(flags) => serve::serve(&flags),
        Command::Check(flags) => check::check(&flags),
        Command::Verify(flags) => verify::verify(&flags),
        Command::Export(flags) => export::export(&flags),
        Command::Catalogue(command) => catalogue::run(&command),
        Command::Ledger(command) => ledger::run(&command),
        Command::Keys(command) => keys::run(&command),
        Command::Staff(command) => staff::run(&command),
        Command::Outage(command) => outage::run(&command),
        Command::Gate(command) => gate::run(&command),
        Command::Statement(command) => statement::run(&command),
        Command::Sweep(command) => sweep::run(&command),
        Command::Listen(flags) => listen::listen(&flags),
        Command::Trigger(flags) => trigger::trigger(&flags),
        Command::Webhook(command) => webhook::run(&command),
        Command::Completions { shell } => {
            let mut command = <Cli as clap::CommandFactory>::command();
            let mut written = Vec::new();
            clap_complete::generate(shell, &mut command, "malipo", &mut written);
            output::bytes(&written);
            ExitCode::SUCCESS
        }
        Command::Demo(_) | Command::Sandbox(_) => unreachable!("the executable starts these itself"),
    }
}

/// Says something to whoever started this, on standard error, where nobody may listen any more.
pub fn remark(said: std::fmt::Arguments<'_>) {
    output::remark(said);
}

/// Says what went wrong, in lines, on standard error.
pub fn complain(error: &dyn std::fmt::Display) {
    let text = error.to_string();
    // Problems of the configuration name themselves, each on its lines.
    let prefix = if text.starts_with("error:") { "" } else { "error: " };
    eprintln!("{prefix}{text}");
}
