//! `malipo statement`: statements of the accounts on which money comes in, for a gateway that runs on this machine.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::admin::{AdminError, send_csv};
use super::{EXIT_DIFFERENT, EXIT_UNAVAILABLE, complain};
use crate::api::StatementBody;

/// What to do with a statement.
#[derive(Debug, Subcommand)]
pub enum StatementCommand {
    /// Book what an organisation's statement of M-PESA has and nobody told us. A file may be imported again at any time: what
    /// is there already stays as it is.
    Import {
        /// The statement as the portal exports it, in CSV.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The paybill or till that it is of, if its title does not say so.
        #[arg(long, value_name = "NUMBER")]
        short_code: Option<String>,
        /// Data directory of the gateway.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
        /// Say what became of it as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Runs a command about statements.
pub(super) fn run(command: &StatementCommand) -> ExitCode {
    let StatementCommand::Import { file, short_code, data, json } = command;
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            complain(&format!("{}: {error}", file.display()));
            return ExitCode::FAILURE;
        }
    };
    let digits: Option<u64> = match short_code.as_deref().map(str::parse).transpose() {
        Ok(digits) => digits,
        Err(_) => {
            complain(&"--short-code is a number");
            return ExitCode::FAILURE;
        }
    };
    let query = digits.map_or_else(String::new, |digits| format!("?short_code={digits}"));
    match send_csv(data, &format!("/admin/statements/mpesa{query}"), bytes) {
        Ok(answer) => show(&answer, *json),
        Err(error) => {
            complain(&error);
            match error {
                AdminError::NotRunning(_) | AdminError::NoAnswer { .. } => ExitCode::from(EXIT_UNAVAILABLE),
                AdminError::Refused(_) => ExitCode::FAILURE,
            }
        }
    }
}

fn show(answer: &[u8], json: bool) -> ExitCode {
    let Ok(taken) = serde_json::from_slice::<StatementBody>(answer) else {
        complain(&"the gateway answers something else than what became of the statement");
        return ExitCode::FAILURE;
    };
    if json {
        println!("{}", String::from_utf8_lossy(answer));
    } else {
        println!(
            "{} payments to {}: {} found and booked, {} known, {} different; {} rows are no payments, {} not completed",
            taken.payments,
            taken.short_code,
            taken.found,
            taken.known,
            taken.differ.len(),
            taken.other_rows,
            taken.incomplete_rows,
        );
        for row in &taken.differ {
            println!("line {}: {} is booked with another {}", row.line, row.receipt, row.differs);
        }
    }
    if taken.differ.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_DIFFERENT) }
}
