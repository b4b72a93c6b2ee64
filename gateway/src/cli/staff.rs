//! `malipo staff`: accounts of the people who sign in to pages, of a gateway that runs on this machine.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use hyper::Method;

use super::admin::{AdminError, ask};
use super::{EXIT_NOT_FOUND, EXIT_UNAVAILABLE, complain};
use crate::access::Role;
use crate::api::{NewStaff, ProviderName, StaffBody, StaffList};

/// What to do with accounts of staff.
#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Invite somebody. The code of the invitation is shown once.
    Add {
        /// The name that they sign in with.
        login: String,
        /// What they may do: agency_viewer, agency_gate, agency_officer, cashier, counter_supervisor, treasury or auditor.
        #[arg(long)]
        role: Role,
        /// The agency, for all but treasury and auditor.
        #[arg(long)]
        agency: Option<String>,
        /// The one counter at which a cashier takes cash; every one of the agency, if not said.
        #[arg(long)]
        counter: Option<String>,
        /// Data directory of the gateway.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
    },
    /// List the accounts in force.
    List {
        /// Data directory of the gateway.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// End an account and every session of it, at once.
    End {
        /// The name that they sign in with, or `stf_…`.
        account: String,
        /// Data directory of the gateway.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
    },
    /// Say what the identity provider calls somebody, so that they can sign in through it; without a name, take it back.
    /// Every session of theirs ends.
    ProviderName {
        /// The name that they sign in with here, or `stf_…`.
        account: String,
        /// The value of the claim that names people there: with oidc.claim = "email", their address.
        name: Option<String>,
        /// Data directory of the gateway.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
    },
    /// Take back password, app and the name at the identity provider, end every session, and invite again.
    Reset {
        /// The name that they sign in with, or `stf_…`.
        account: String,
        /// Data directory of the gateway.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
    },
}

/// Runs a command about accounts of staff.
pub(super) fn run(command: &StaffCommand) -> ExitCode {
    let outcome = match command {
        StaffCommand::Add { login, role, agency, counter, data } => {
            let wanted = NewStaff {
                login: login.clone(),
                role: *role,
                agency: agency.clone(),
                counter: counter.clone(),
            };
            let body = serde_json::to_vec(&wanted).expect("the fields of an account can be written as JSON");
            ask(data, Method::POST, "/admin/staff", Some(body)).map(|answer| show_invitation(&answer))
        }
        StaffCommand::List { data, json } => {
            ask(data, Method::GET, "/admin/staff", None).map(|answer| show_list(&answer, *json))
        }
        StaffCommand::End { account, data } => ask(data, Method::POST, &path(account, "end"), None)
            .map(|_| eprintln!("{account} has ended, and every session with it.")),
        StaffCommand::ProviderName { account, name, data } => {
            let body = serde_json::to_vec(&ProviderName { provider_name: name.clone() })
                .expect("a name can be written as JSON");
            ask(data, Method::POST, &path(account, "provider-name"), Some(body)).map(|_| match name {
                Some(_) => eprintln!("{account} signs in through the identity provider from now on."),
                None => eprintln!("{account} signs in through no identity provider any more."),
            })
        }
        StaffCommand::Reset { account, data } => {
            ask(data, Method::POST, &path(account, "reset"), None).map(|answer| show_invitation(&answer))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            match error {
                AdminError::NotRunning(_) | AdminError::NoAnswer { .. } => ExitCode::from(EXIT_UNAVAILABLE),
                AdminError::Refused(reason) if reason.starts_with("There is no such account") => {
                    ExitCode::from(EXIT_NOT_FOUND)
                }
                AdminError::Refused(_) => ExitCode::FAILURE,
            }
        }
    }
}

fn path(account: &str, what: &str) -> String {
    let account = percent_encoding::utf8_percent_encode(account, percent_encoding::NON_ALPHANUMERIC);
    format!("/admin/staff/{account}/{what}")
}

fn show_invitation(answer: &[u8]) {
    let Ok(staff) = serde_json::from_slice::<StaffBody>(answer) else { return };
    eprintln!(
        "{} signs in as {} ({}). Hand them this code, which is shown once and ends in four days, and the address {}",
        staff.id,
        staff.login.unwrap_or_default(),
        staff.role,
        staff.set_up_at.unwrap_or_default()
    );
    println!("{}", staff.invitation.unwrap_or_default());
}

fn show_list(answer: &[u8], json: bool) {
    if json {
        println!("{}", String::from_utf8_lossy(answer));
        return;
    }
    let Ok(list) = serde_json::from_slice::<StaffList>(answer) else { return };
    println!("{:<18} {:<18} {:<10} {:<8} NAME", "ACCOUNT", "ROLE", "AGENCY", "SET UP");
    for staff in list.data {
        let agency = staff.agency.as_deref().unwrap_or("-");
        let is_set_up = if staff.is_set_up { "yes" } else { "no" };
        let login = staff.login.as_deref().unwrap_or("-");
        println!("{:<18} {:<18} {:<10} {:<8} {login}", staff.id, staff.role, agency, is_set_up);
    }
}
