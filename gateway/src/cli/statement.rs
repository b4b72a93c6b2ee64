//! `malipo statement`: statements of the accounts on which money comes in, for a gateway that runs on this machine.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::admin::{AdminError, send_csv};
use super::{EXIT_DIFFERENT, EXIT_UNAVAILABLE, complain};
use crate::api::{DifferentRowBody, FileBody, StatementBody};
use crate::channels::files::FileKind;
use crate::payments::Difference;
use crate::payments::channels::{ChannelKind, ChannelName};

/// What to do with a statement.
#[derive(Debug, Subcommand)]
pub enum StatementCommand {
    /// Book what a statement or another file has and nobody told us: M-PESA's statement, a bank's, slips, the batch of card
    /// terminals, what Airtel or the acquirer of the page for cards took. A file may be imported again at any time: what is there already stays as it is.
    Import {
        /// The file, in CSV: an M-PESA statement as the portal exports it, or the file of the channel that is named.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The paybill or till that it is of, if its title does not say so.
        #[arg(long, value_name = "NUMBER")]
        short_code: Option<String>,
        /// The way to pay that the file is of, such as bank.kcb, bank_slip.kcb, card_terminal.kws, agency_till.kws, airtel_money or card.
        #[arg(long, value_name = "NAME", conflicts_with = "short_code")]
        channel: Option<ChannelName>,
        /// The file of a card terminal is what its acquirer settled, and not the terminal's own batch.
        #[arg(long, requires = "channel")]
        settlement: bool,
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
    let StatementCommand::Import { file, short_code, channel, settlement, data, json } = command;
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
    let kind = channel.as_ref().map_or("mpesa", |channel| kind_of(channel, *settlement));
    let query = match (channel, digits) {
        (Some(channel), _) => format!("?channel={channel}"),
        (None, Some(digits)) => format!("?short_code={digits}"),
        (None, None) => String::new(),
    };
    match send_csv(data, &format!("/admin/statements/{kind}{query}"), bytes) {
        Ok(answer) if kind == "mpesa" => show(&answer, *json),
        Ok(answer) => show_file(&answer, *json),
        Err(error) => {
            complain(&error);
            match error {
                AdminError::NotRunning(_) | AdminError::NoAnswer { .. } => ExitCode::from(EXIT_UNAVAILABLE),
                AdminError::Refused(_) => ExitCode::FAILURE,
            }
        }
    }
}

/// Which kind of file tells of a way to pay.
const fn kind_of(channel: &ChannelName, settlement: bool) -> &'static str {
    match channel.kind() {
        ChannelKind::Bank => FileKind::Bank.word(),
        ChannelKind::BankSlip => FileKind::Slips.word(),
        ChannelKind::CardTerminal if settlement => FileKind::Settlement.word(),
        ChannelKind::CardTerminal => FileKind::Terminal.word(),
        ChannelKind::AirtelMoney | ChannelKind::Card => FileKind::Merchant.word(),
        _ => "mpesa",
    }
}

fn show_file(answer: &[u8], json: bool) -> ExitCode {
    let Ok(taken) = serde_json::from_slice::<FileBody>(answer) else {
        complain(&"the gateway answers something else than what became of the file");
        return ExitCode::FAILURE;
    };
    if json {
        println!("{}", String::from_utf8_lossy(answer));
    } else {
        let FileBody { channel, payments, known, differ, other_rows, incomplete_rows, .. } = &taken;
        let (found, different) = (found(taken.found, taken.in_suspense), differ.len());
        println!(
            "{payments} payments to {channel}: {found}, {known} known, {different} different; \
             {other_rows} rows are no payments, {incomplete_rows} not completed"
        );
        tell_differences(differ);
    }
    if taken.differ.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_DIFFERENT) }
}

/// What was found, and what of it waits for somebody.
fn found(found: usize, in_suspense: usize) -> String {
    match in_suspense {
        0 => format!("{found} found and booked"),
        _ => format!("{found} found and booked ({in_suspense} of them in suspense)"),
    }
}

fn tell_differences(rows: &[DifferentRowBody]) {
    for row in rows {
        if row.differs == Difference::TakenBack.word() {
            println!("line {}: {} is booked, and this line takes it back", row.line, row.receipt);
        } else {
            println!("line {}: {} is booked with another {}", row.line, row.receipt, row.differs);
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
            "{} payments to {}: {}, {} known, {} different; {} rows are no payments, {} not completed",
            taken.payments,
            taken.short_code,
            found(taken.found, taken.in_suspense),
            taken.known,
            taken.differ.len(),
            taken.other_rows,
            taken.incomplete_rows,
        );
        tell_differences(&taken.differ);
    }
    if taken.differ.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_DIFFERENT) }
}
