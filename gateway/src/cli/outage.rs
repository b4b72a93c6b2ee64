//! `malipo outage`: what an operator says of the ways to pay, of a gateway that runs on this machine.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use hyper::Method;

use super::admin::{AdminError, ask};
use super::{EXIT_NOT_FOUND, EXIT_UNAVAILABLE, complain, outage_report};
use crate::api::{ChannelBody, OutageBody, OutageRequest, ReasonBody, ScopeRequest, StatusBody};
use crate::clock::{format_rfc3339, parse_rfc3339};
use crate::payments::channels::{ChannelName, PinnedTo};

/// What is said holds for so long if nobody says for how long.
const HOLDS_BY_DEFAULT: &str = "4h";

/// What to say of the ways to pay.
#[derive(Debug, Subcommand)]
pub enum OutageCommand {
    /// Say that a way to pay does not work, whatever is found: nobody is sent there until that ends.
    Start(SaidFlags),
    /// Rehearse: the way to pay works, and everybody is shown the others beside it.
    Drill(SaidFlags),
    /// Say that a way to pay works, whatever is found.
    Works(SaidFlags),
    /// Take back what was said of a way to pay.
    Stop {
        /// The way to pay: mpesa_paybill, mpesa_prompt, bank.kcb …
        channel: ChannelName,
        /// For this agency only.
        #[arg(long)]
        agency: Option<String>,
        /// Data directory of the gateway.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
    },
    /// Report what became of money in an outage, while it lasts too: collected, confirmed, sent home, held.
    Report {
        /// Which outage, as status numbers it.
        id: u64,
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// Data directory of the gateway.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
    },
    /// Show how the ways to pay are, and outages with their numbers: those that go on, and the latest that are over.
    Status {
        /// Data directory of the gateway.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What is said.
#[derive(Debug, Args)]
pub struct SaidFlags {
    /// The way to pay: mpesa_paybill, mpesa_prompt, bank.kcb …
    channel: ChannelName,
    /// For this agency only.
    #[arg(long)]
    agency: Option<String>,
    /// Why, for everybody to read.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The same in Swahili; without it everybody reads the English.
    #[arg(long, value_name = "TEXT")]
    reason_sw: Option<String>,
    /// Until when: 2026-11-22T18:00:00+03:00. Seven days from now at the latest.
    #[arg(long, value_name = "TIME", conflicts_with = "lasts")]
    until: Option<String>,
    /// For how long: 30m, 4h, 2d.
    #[arg(long = "for", value_name = "TIME", default_value = HOLDS_BY_DEFAULT)]
    lasts: String,
    /// Data directory of the gateway.
    #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
    data: PathBuf,
}

/// Runs a command about outages.
pub(super) fn run(command: &OutageCommand) -> ExitCode {
    let outcome = match command {
        OutageCommand::Start(flags) => say(flags, PinnedTo::Down),
        OutageCommand::Drill(flags) => say(flags, PinnedTo::Drill),
        OutageCommand::Works(flags) => say(flags, PinnedTo::Up),
        OutageCommand::Stop { channel, agency, data } => {
            let wanted = ScopeRequest { channel: channel.clone(), agency: agency.clone() };
            let body = serde_json::to_vec(&wanted).expect("names can be written as JSON");
            ask(data, Method::POST, "/admin/outages/end", Some(body)).map(|answer| show_said(&answer))
        }
        OutageCommand::Report { id, json, data } => outage_report::show(data, *id, *json),
        OutageCommand::Status { data, json } => {
            ask(data, Method::GET, "/admin/status", None).map(|answer| show_status(&answer, *json))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            match error {
                AdminError::NotRunning(_) | AdminError::NoAnswer { .. } => ExitCode::from(EXIT_UNAVAILABLE),
                AdminError::Refused(reason)
                    if reason.starts_with("no operator has said")
                        || reason.starts_with("There is no such outage") =>
                {
                    ExitCode::from(EXIT_NOT_FOUND)
                }
                AdminError::Refused(_) => ExitCode::FAILURE,
            }
        }
    }
}

fn say(flags: &SaidFlags, to: PinnedTo) -> Result<(), AdminError> {
    let until = match &flags.until {
        Some(until) => until.clone(),
        None => {
            let seconds = read_length(&flags.lasts).ok_or_else(|| {
                AdminError::Refused(format!("{} is no length of time such as 30m, 4h or 2d", flags.lasts))
            })?;
            format_rfc3339(gateway_time(&flags.data)? + seconds * 1_000_000)
        }
    };
    let reason_sw = flags.reason_sw.as_ref().unwrap_or(&flags.reason);
    let wanted = OutageRequest {
        channel: flags.channel.clone(),
        agency: flags.agency.clone(),
        to,
        reason: ReasonBody { en: flags.reason.clone(), sw: reason_sw.clone() },
        until,
    };
    let body = serde_json::to_vec(&wanted).expect("names and texts can be written as JSON");
    ask(&flags.data, Method::POST, "/admin/outages", Some(body)).map(|answer| show_said(&answer))
}

/// The time as the gateway has it, which is another one in a demonstration that runs fast.
fn gateway_time(data: &std::path::Path) -> Result<i64, AdminError> {
    let answer = ask(data, Method::GET, "/admin/status", None)?;
    let status: Option<StatusBody> = serde_json::from_slice(&answer).ok();
    let as_of = status.and_then(|status| parse_rfc3339(&status.as_of).ok());
    as_of.ok_or_else(|| AdminError::Refused("it does not say what time it is".to_owned()))
}

/// Seconds of `30m`, `4h`, `2d`.
fn read_length(text: &str) -> Option<i64> {
    let split = text.len().checked_sub(1).filter(|split| text.is_char_boundary(*split))?;
    let (number, unit) = text.split_at(split);
    let unit = match unit {
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let number: i64 = number.parse().ok().filter(|number| *number > 0)?;
    number.checked_mul(unit).filter(|seconds| *seconds <= 366 * 86_400)
}

fn show_said(answer: &[u8]) {
    let Ok(said) = serde_json::from_slice::<ChannelBody>(answer) else { return };
    let drill = if said.drill { ", and the other ways are rehearsed" } else { "" };
    let whom = said.agency.as_deref().unwrap_or("everybody");
    let until = said.until.map_or_else(String::new, |until| format!(" until {until}"));
    eprintln!("{} is {} for {whom}{until}{drill}.", said.channel, said.state);
}

fn show_status(answer: &[u8], json: bool) {
    if json {
        println!("{}", String::from_utf8_lossy(answer));
        return;
    }
    let Ok(status) = serde_json::from_slice::<StatusBody>(answer) else { return };
    println!("{:<24} {:<10} {:<9} {:<28} {:<28} WHY", "CHANNEL", "AGENCY", "STATE", "SINCE", "UNTIL");
    for channel in &status.channels {
        let agency = channel.agency.as_deref().unwrap_or("-");
        let since = channel.since.as_deref().unwrap_or("-");
        let why = channel.why.as_ref().map_or_else(String::new, |why| {
            let said = why.reason.as_ref().map_or("", |reason| &reason.en);
            format!("{} {}{said}", why.by, why.step.as_deref().unwrap_or_default())
        });
        let until = channel.until.as_deref().unwrap_or("-");
        let drill = if channel.drill { " (drill)" } else { "" };
        println!(
            "{:<24} {agency:<10} {:<9} {since:<28} {until:<28} {why}{drill}",
            channel.channel, channel.state
        );
    }
    for outage in &status.outages {
        println!("{}, since {}", heading(outage), outage.since);
    }
    for outage in &status.ended {
        let until = outage.ended.as_deref().unwrap_or_default();
        println!("{}, from {} until {until}", heading(outage), outage.since);
    }
    for window in &status.windows {
        let whom = window.agency.as_deref().unwrap_or("everybody");
        let (id, channel, from, until) = (window.id, &window.channel, &window.from, &window.until);
        println!("Work {id} on {channel} for {whom}, from {from} until {until}: {}", window.reason.en);
    }
    for next in &status.next_ways {
        let whom = next.agency.as_deref().unwrap_or("every other agency");
        let ways: Vec<_> = next.ways.iter().map(|way| way.channel.as_str()).collect();
        let ways = if ways.is_empty() { "cannot be paid now".to_owned() } else { ways.join(", ") };
        println!("Bills of {whom}: {ways}");
    }
}

/// Which outage it is, by the number that its report is asked for with.
fn heading(outage: &OutageBody) -> String {
    let kind = if outage.drill { "Drill" } else { "Outage" };
    let whom = outage.agency.as_deref().unwrap_or("everybody");
    format!("{kind} {} of {} for {whom}", outage.id, outage.channel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_say_them() {
        assert_eq!(read_length("30m"), Some(1_800));
        assert_eq!(read_length(HOLDS_BY_DEFAULT), Some(14_400));
        assert_eq!(read_length("2d"), Some(172_800));
        for wrong in ["", "h", "4", "-4h", "0h", "4w", "9223372036854775807d", "4µ"] {
            assert_eq!(read_length(wrong), None, "{wrong}");
        }
    }
}
