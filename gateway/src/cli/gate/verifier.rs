//! `malipo gate verifier`: writes the page that checks receipts and passes by itself, with the keys that it is to believe.

use std::path::PathBuf;
use std::process::ExitCode;

use super::enrol::{NotEnrolled, public_keys};
use crate::cli::api::HttpClient;
use crate::cli::{EXIT_UNAVAILABLE, complain};
use crate::pages::{fingerprint, verifier_page};
use crate::process::PUBLIC_KEYS_FILE;
use crate::receipts::KeySet;

/// The flags of `gate verifier`.
#[derive(Debug, clap::Args)]
pub struct VerifierFlags {
    /// Address of the gateway, which is asked for its public keys.
    #[arg(long, value_name = "URL", conflicts_with = "keys")]
    gateway: Option<String>,
    /// Public keys, as GET /v1/keys hands them out. Default: those of --data.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Data directory of the gateway.
    #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
    data: PathBuf,
    /// Site where the page is used: hells-gate. Passes for others are then called so.
    #[arg(long)]
    site: Option<String>,
    /// File to write. Default: standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// `malipo gate verifier`.
pub(super) fn verifier(flags: &VerifierFlags) -> ExitCode {
    match write(flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(NotEnrolled::Refused(reason)) => {
            complain(&reason);
            ExitCode::FAILURE
        }
        Err(NotEnrolled::NoAnswer(reason)) => {
            complain(&reason);
            ExitCode::from(EXIT_UNAVAILABLE)
        }
    }
}

fn write(flags: &VerifierFlags) -> Result<(), NotEnrolled> {
    let refused = |error: String| NotEnrolled::Refused(error);
    let text = keys_as_written(flags)?;
    let set: KeySet = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    let keys = set.receipt_keys().map_err(|error| refused(error.to_string()))?;
    if keys.is_empty() {
        return Err(refused("there is no key of receipts in the set of keys".to_owned()));
    }
    let page = verifier_page(&set.receipt_keys, flags.site.as_deref());
    match &flags.output {
        Some(path) => std::fs::write(path, page)
            .map_err(|error| NotEnrolled::Refused(format!("{}: {error}", path.display())))?,
        None => print!("{page}"),
    }
    for key in &keys {
        eprintln!("It believes {}, fingerprint {}", key.name(), fingerprint(key));
    }
    Ok(())
}

fn keys_as_written(flags: &VerifierFlags) -> Result<String, NotEnrolled> {
    if let Some(url) = &flags.gateway {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| NotEnrolled::Refused(error.to_string()))?;
        return runtime.block_on(public_keys(&HttpClient::new(), url.trim_end_matches('/')));
    }
    let path = flags.keys.clone().unwrap_or_else(|| flags.data.join(PUBLIC_KEYS_FILE));
    std::fs::read_to_string(&path)
        .map_err(|error| NotEnrolled::Refused(format!("{}: {error}", path.display())))
}
