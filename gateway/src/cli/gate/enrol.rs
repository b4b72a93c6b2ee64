//! `malipo gate enrol`: a device makes its key, and is certified.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};
use ledger::{SigningKey, VerifyingKey};
use serde_json::{Value, json};

use crate::cli::api::{HttpClient, why};
use crate::cli::{EXIT_UNAVAILABLE, complain};
use crate::gates::certificate::Certificate;
use crate::gates::device::{DeviceFolder, DeviceTerms};
use crate::gates::pass::SignedCard;
use crate::gates::site::read_site;
use crate::receipts::KeySet;

const DEADLINE: Duration = Duration::from_secs(20);

/// The flags of `gate enrol`.
#[derive(Debug, clap::Args)]
pub struct EnrolFlags {
    /// Address of the gateway.
    #[arg(long, value_name = "URL")]
    gateway: String,
    /// File with a key of the agency that may certify: one of role agency_integrator. It is not kept.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// Agency whose gate it is.
    #[arg(long, value_name = "CODE")]
    agency: String,
    /// The site: hells-gate.
    #[arg(long)]
    site: String,
    /// The gate: "Main Gate".
    #[arg(long)]
    gate: String,
    /// Public keys of the gateway, if it is not to be asked for them.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Folder of the device.
    #[arg(long, value_name = "FOLDER", default_value = "malipo-gate")]
    data: PathBuf,
}

/// Why a gateway did not do what it was asked for.
pub(super) enum NotEnrolled {
    /// It will not, or what it said cannot be used.
    Refused(String),
    /// Nobody answers.
    NoAnswer(String),
}

/// `malipo gate enrol`.
pub(super) fn enrol(flags: &EnrolFlags) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(certify(flags)) {
        Ok(terms) => {
            let DeviceTerms { device, gate, site, agency, .. } = terms;
            eprintln!("{device} is certified for {gate} at {site} of {agency}.");
            eprintln!("malipo gate run --data {}", flags.data.display());
            ExitCode::SUCCESS
        }
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

async fn certify(flags: &EnrolFlags) -> Result<DeviceTerms, NotEnrolled> {
    let refused = |error: &dyn std::fmt::Display| NotEnrolled::Refused(error.to_string());
    let site = read_site(&flags.site).map_err(|error| refused(&error))?;
    let folder = DeviceFolder::at(&flags.data);
    let secret = std::fs::read_to_string(&flags.key_file)
        .map_err(|error| NotEnrolled::Refused(format!("{}: {error}", flags.key_file.display())))?;
    let url = flags.gateway.trim_end_matches('/').to_owned();
    let client = HttpClient::new();
    let keys = match &flags.keys {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| NotEnrolled::Refused(format!("{}: {error}", path.display())))?,
        None => public_keys(&client, &url).await?,
    };
    let keys: KeySet = serde_json::from_str(&keys).map_err(|error| refused(&error))?;
    let trusted = keys.receipt_keys().map_err(|error| refused(&error))?;
    let device_key: SigningKey = folder.make_key().map_err(|error| refused(&error))?;
    // The gateway judges it before it records anything: a key of another agency certifies nothing.
    let wanted = json!({
        "gate": flags.gate,
        "key": device_key.verifying_key().to_string(),
        "agency": flags.agency,
    });
    let path = format!("{url}/v1/gates/{site}/devices");
    let body = Bytes::from(wanted.to_string());
    let answer = ask(&client, Method::POST, &path, Some(secret.trim()), body).await?;
    let answer: Value = serde_json::from_str(&answer).map_err(|error| refused(&error))?;
    let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    let note = text("certificate");
    let certificate = Certificate::open(&note, &trusted).map_err(|error| refused(&error))?;
    if !certificate.agency.eq_ignore_ascii_case(&flags.agency) {
        let reason = format!("the key is of {}, not of {}", certificate.agency, flags.agency);
        return Err(NotEnrolled::Refused(reason));
    }
    let terms = DeviceTerms {
        gateway: url,
        device: certificate.device,
        site: certificate.site,
        agency: certificate.agency,
        gate: certificate.gate,
    };
    let card = answer["card"].as_str().map(|written| card_of(written, &terms, &device_key, &trusted));
    let card = card.transpose().map_err(NotEnrolled::Refused)?;
    folder
        .keep_certified(&terms, &note, &keys, &text("api_key"), card.as_ref())
        .map_err(|error| refused(&error))?;
    Ok(terms)
}

/// The public keys of the gateway there, as it writes them.
pub(super) async fn public_keys(client: &HttpClient, url: &str) -> Result<String, NotEnrolled> {
    ask(client, Method::GET, &format!("{url}/v1/keys"), None, Bytes::new()).await
}

/// The card that passes of this device end with. A gateway of before passes hands out none.
fn card_of(
    written: &str,
    terms: &DeviceTerms,
    key: &SigningKey,
    trusted: &[VerifyingKey],
) -> Result<SignedCard, String> {
    let (card, says) = SignedCard::read(written, trusted).map_err(|error| error.to_string())?;
    if says.device == terms.device && says.site == terms.site && says.key == key.verifying_key().to_string() {
        Ok(card)
    } else {
        Err(format!(
            "the card is of {} at {}, not of {} at {}",
            says.device, says.site, terms.device, terms.site
        ))
    }
}

async fn ask(
    client: &HttpClient,
    method: Method,
    url: &str,
    key: Option<&str>,
    body: Bytes,
) -> Result<String, NotEnrolled> {
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        let shown = HeaderValue::from_str(&format!("Bearer {key}"));
        let shown = shown.map_err(|_| NotEnrolled::Refused("the file has no key in it".to_owned()))?;
        headers.insert("authorization", shown);
        headers.insert("content-type", HeaderValue::from_static("application/json"));
    }
    let answered = client.send(method, url, headers, body, DEADLINE).await;
    let (status, body) =
        answered.map_err(|reason| NotEnrolled::NoAnswer(format!("{url} does not answer: {reason}")))?;
    let text = String::from_utf8_lossy(&body).into_owned();
    if status == StatusCode::OK || status == StatusCode::CREATED {
        return Ok(text);
    }
    let problem: Value = serde_json::from_str(&text).unwrap_or_default();
    Err(NotEnrolled::Refused(format!("the gateway refused: {}", why(status, &problem))))
}
