//! `malipo keys`: keys of the API, through the gateway that runs.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use hyper::Method;

use super::admin::{AdminError, ask};
use super::{EXIT_NOT_FOUND, EXIT_UNAVAILABLE, complain};
use crate::access::Role;
use crate::api::{KeyBody, KeyList, NewKey};

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Hand out a key. It is shown once.
    Create {
        /// What it may do.
        #[arg(long)]
        role: Role,
        /// The agency, for agency_integrator, agency_viewer, cashier and other roles of one.
        #[arg(long)]
        agency: Option<String>,
        /// The one counter at which a cashier takes cash; every one of the agency, if not said.
        #[arg(long)]
        counter: Option<String>,
        /// What it is for.
        #[arg(long, default_value = "")]
        label: String,
        /// When it ends, such as 2027-06-30T21:00:00Z. Never, if not said.
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
        /// Data directory of the gateway.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
    },
    /// List the keys in force.
    List {
        /// Data directory of the gateway.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// End a key at once.
    Revoke {
        /// Its name, `key_…`.
        id: String,
        /// Data directory of the gateway.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
    },
}

/// Runs a command about keys.
pub(super) fn run(command: &KeysCommand) -> ExitCode {
    let outcome = match command {
        KeysCommand::Create { role, agency, counter, label, expires_at, data } => {
            let wanted = NewKey {
                role: *role,
                agency: agency.clone(),
                counter: counter.clone(),
                label: label.clone(),
                expires_at: expires_at.clone(),
            };
            let body = serde_json::to_vec(&wanted).expect("a key's fields can be written as JSON");
            ask(data, Method::POST, "/admin/keys", Some(body)).map(|answer| show_created(&answer))
        }
        KeysCommand::List { data, json } => {
            ask(data, Method::GET, "/admin/keys", None).map(|answer| show_list(&answer, *json))
        }
        KeysCommand::Revoke { id, data } => {
            let path = format!(
                "/admin/keys/{}/revoke",
                percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC)
            );
            ask(data, Method::POST, &path, None).map(|_| eprintln!("{id} has ended."))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            match error {
                AdminError::NotRunning(_) | AdminError::NoAnswer { .. } => ExitCode::from(EXIT_UNAVAILABLE),
                AdminError::Refused(reason) if reason.starts_with("There is no such key") => {
                    ExitCode::from(EXIT_NOT_FOUND)
                }
                AdminError::Refused(_) => ExitCode::FAILURE,
            }
        }
    }
}

fn show_created(answer: &[u8]) {
    let Ok(key) = serde_json::from_slice::<KeyBody>(answer) else { return };
    eprintln!("{} ({}). The key is shown once; keep it safe:", key.id, key.role);
    println!("{}", key.secret.unwrap_or_default());
}

fn show_list(answer: &[u8], json: bool) {
    if json {
        println!("{}", String::from_utf8_lossy(answer));
        return;
    }
    let Ok(list) = serde_json::from_slice::<KeyList>(answer) else { return };
    println!("{:<18} {:<18} {:<10} {:<22} LABEL", "KEY", "ROLE", "AGENCY", "ENDS");
    for key in list.data {
        let agency = key.agency.as_deref().unwrap_or("-");
        let ends = key.expires_at.as_deref().unwrap_or("-");
        println!("{:<18} {:<18} {:<10} {:<22} {}", key.id, key.role, agency, ends, key.label);
    }
}
