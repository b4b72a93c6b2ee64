//! `malipo gate`: devices that stand at gates and decide when nobody answers, and the provisional passes that they issue.

mod enrol;
mod passes;
mod run;
mod sync;
mod verifier;

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::Value;

use super::api::{Api, ApiError, ApiFlags};
use super::{EXIT_UNAVAILABLE, complain};

/// What to do about gates.
#[derive(Debug, Subcommand)]
pub enum GateCommand {
    /// Make a device: it makes a key, and the gateway certifies it for a gate.
    Enrol(enrol::EnrolFlags),
    /// Run a device: its page judges what visitors show, whether or not the gateway answers.
    Run(run::RunFlags),
    /// Show the devices of an agency, and bills that were used twice.
    List(ListFlags),
    /// Trust a device no more. What it brings is kept all the same, and marked.
    Revoke(RevokeFlags),
    /// List provisional passes, the newest first, and what has become of each.
    Passes(passes::PassesFlags),
    /// Put money that came under a wrong number to a pass, by the code in the payer's M-PESA message.
    Claim(passes::ClaimFlags),
    /// List tour operators that pay for passes by invoice.
    Operators(passes::OperatorsFlags),
    /// Make one bill of the passes of a tour operator that nobody has paid. Their own bills are withdrawn.
    Invoice(passes::InvoiceFlags),
    /// List invoices, the newest first, and what has come for each.
    Invoices(passes::InvoicesFlags),
    /// Print the signed pack of a site.
    Pack(PackFlags),
    /// Write the page that checks receipts and passes by itself, with the network off.
    Verifier(verifier::VerifierFlags),
}

/// The flags of `gate list`.
#[derive(Debug, clap::Args)]
pub struct ListFlags {
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    api: ApiFlags,
}

/// The flags of `gate revoke`.
#[derive(Debug, clap::Args)]
pub struct RevokeFlags {
    /// The device: gat_…
    device: String,
    /// The site that it is for.
    #[arg(long)]
    site: String,
    #[command(flatten)]
    api: ApiFlags,
}

/// The flags of `gate pack`.
#[derive(Debug, clap::Args)]
pub struct PackFlags {
    /// The site.
    site: String,
    #[command(flatten)]
    api: ApiFlags,
}

/// Runs a command about gates.
pub(super) fn run(command: &GateCommand) -> ExitCode {
    let outcome = match command {
        GateCommand::Enrol(flags) => return enrol::enrol(flags),
        GateCommand::Run(flags) => return run::run(flags),
        GateCommand::Verifier(flags) => return verifier::verifier(flags),
        GateCommand::List(ListFlags { api, json }) => asked(api, async |api| list(api, *json).await),
        GateCommand::Revoke(RevokeFlags { device, site, api }) => {
            asked(api, async |api| revoke(api, site, device).await)
        }
        GateCommand::Passes(flags) => asked(&flags.api, async |api| passes::passes(api, flags).await),
        GateCommand::Claim(flags) => asked(&flags.api, async |api| passes::claim(api, flags).await),
        GateCommand::Operators(flags) => asked(&flags.api, async |api| passes::operators(api, flags).await),
        GateCommand::Invoice(flags) => asked(&flags.api, async |api| passes::invoice(api, flags).await),
        GateCommand::Invoices(flags) => asked(&flags.api, async |api| passes::invoices(api, flags).await),
        GateCommand::Pack(PackFlags { site, api }) => asked(api, async |api| {
            let note = api.get(&format!("/v1/gates/{site}/pack")).await?;
            print!("{}", String::from_utf8_lossy(&note));
            Ok(())
        }),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            match error {
                ApiError::NoAnswer { .. } => ExitCode::from(EXIT_UNAVAILABLE),
                ApiError::Unknown(_) | ApiError::Refused { .. } => ExitCode::FAILURE,
            }
        }
    }
}

fn asked(flags: &ApiFlags, ask: impl AsyncFnOnce(&Api) -> Result<(), ApiError>) -> Result<(), ApiError> {
    let api = flags.api()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| ApiError::Unknown(error.to_string()))?;
    runtime.block_on(ask(&api))
}

async fn revoke(api: &Api, site: &str, device: &str) -> Result<(), ApiError> {
    let path = format!("/v1/gates/{site}/devices/{device}/revoke");
    let known = api.post(&path, &Value::Object(serde_json::Map::new())).await?;
    eprintln!("{device} is trusted no more.");
    if let Some(key) = known["api_key_id"].as_str() {
        eprintln!("Once it has brought what it did, or never will: malipo keys revoke {key}");
    }
    Ok(())
}

async fn list(api: &Api, json: bool) -> Result<(), ApiError> {
    let answer = api.get("/v1/gates").await?;
    if json {
        println!("{}", String::from_utf8_lossy(&answer));
        return Ok(());
    }
    let gates: Value = serde_json::from_slice(&answer).unwrap_or_default();
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or("-").to_owned();
    println!("{:<18} {:<16} {:<20} {:>7}  REVOKED", "DEVICE", "SITE", "GATE", "BATCHES");
    for device in gates["devices"].as_array().into_iter().flatten() {
        let [id, site, gate, revoked] =
            ["device", "site", "gate", "revoked_at"].map(|name| text(device, name));
        println!("{id:<18} {site:<16} {gate:<20} {:>7}  {revoked}", device["batches"]);
    }
    for used in gates["double_uses"].as_array().into_iter().flatten() {
        let [first, second] = ["first", "second"]
            .map(|which| format!("{} at {}", text(&used[which], "gate"), text(&used[which], "at")));
        println!("USED TWICE {}: {first}, {second}", text(used, "payment_number"));
    }
    Ok(())
}
