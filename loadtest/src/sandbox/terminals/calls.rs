//! The control calls of the terminals.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Either;
use hyper::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::files::{self, File, Sales};
use super::record::{Sale, TerminalLine, What};
use super::{Batch, Known, SITE, TERMINALS, TerminalFaults};
use crate::clock::east_africa_time;
use crate::kes::Kes;
use crate::sandbox::answer::{Answer, ControlError, json_answer, with_type};
use crate::sandbox::chance::{chance, strikes};
use crate::sandbox::keyed::ACCOUNT_CHARACTERS_MAX;
use crate::sandbox::safaricom::Safaricom;
use crate::synced_log::LogFailure;

/// So many sales are numbered before the numbers begin again.
const RUNNING_NUMBERS: usize = 1_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaleRequest {
    account: String,
    /// Shillings.
    amount: String,
    terminal: Option<String>,
}

/// `POST /control/terminals/{site}/sale`: a card is charged. Whoever hangs up has paid all the same.
pub(crate) async fn sell(
    safaricom: &Arc<Safaricom>,
    site: &str,
    body: &[u8],
) -> Result<Answer, ControlError> {
    is_there(site)?;
    let wanted: SaleRequest = serde_json::from_slice(body).map_err(|error| bad_request(error.to_string()))?;
    let amount = Kes::parse(&wanted.amount).filter(|amount| *amount > Kes::ZERO);
    let amount = amount.ok_or_else(|| bad_request("amount: shillings with at most two decimals"))?;
    if wanted.account.is_empty() || wanted.account.chars().count() > ACCOUNT_CHARACTERS_MAX {
        return Err(bad_request("account: 1 to 20 characters"));
    }
    let terminal = wanted.terminal.unwrap_or_else(|| TERMINALS[0].to_owned());
    if !TERMINALS.contains(&&*terminal) {
        return Err(bad_request(format!("terminal: one of {}", TERMINALS.join(", "))));
    }
    let seller = Arc::clone(safaricom);
    let selling = async move { charge(&seller, &terminal, &wanted.account, amount).await };
    let (sale, is_voided) = finished(safaricom.tasks.spawn(selling).await)?;
    let status = if is_voided { "voided" } else { "approved" };
    let Sale { terminal, batch, rrn, authorization_code, amount_minor, .. } = sale;
    let body = json!({
        "status": status, "terminal": terminal, "batch": batch, "rrn": rrn,
        "authorization_code": authorization_code, "amount": {"amount": amount_minor, "currency": "KES"},
    });
    Ok(json_answer(StatusCode::OK, &body))
}

async fn charge(
    safaricom: &Safaricom,
    terminal: &str,
    account: &str,
    amount: Kes,
) -> Result<(Sale, bool), LogFailure> {
    let terminals = &safaricom.terminals;
    let mut known = terminals.known.lock().await;
    let (faults, moved) = (Arc::clone(&known.faults), safaricom.options.clock.now());
    let running = known.sales.len() % RUNNING_NUMBERS;
    let whom = format!("{running:06}");
    let keyed = faults.errs().key(faults.seed, &whom, account, amount);
    let sale = Sale {
        batch: known.open_batch(terminal).number,
        terminal: terminal.to_owned(),
        rrn: format!("{}{whom}", hour_of(moved)),
        authorization_code: format!("A{:05}", chance(faults.seed, "authorization", &whom) % 100_000),
        amount_minor: keyed.amount,
        typed: keyed.account,
        moved,
        faults: keyed.faults,
    };
    terminals.keep(&mut known, TerminalLine::Sold(sale.clone())).await?;
    let is_voided = strikes(faults.seed, "voided", faults.voided_per_mille, &whom);
    if is_voided {
        terminals.keep(&mut known, TerminalLine::Voided { rrn: sale.rrn.clone() }).await?;
    }
    Ok((sale, is_voided))
}

/// What an RRN begins with: the last digit of the year, the day of the year, the hour.
fn hour_of(moved: Timestamp) -> String {
    let moved = moved.to_zoned(east_africa_time());
    format!("{}{:03}{:02}", moved.year() % 10, moved.day_of_year(), moved.hour())
}

/// `POST /control/terminals/{site}/close`: what the site hands over by now.
pub(crate) async fn close(safaricom: &Arc<Safaricom>, site: &str) -> Result<Answer, ControlError> {
    is_there(site)?;
    let closer = Arc::clone(safaricom);
    let files = finished(safaricom.tasks.spawn(async move { close_all(&closer).await }).await)?;
    let files: Vec<Value> = files.iter().map(File::to_json).collect();
    Ok(json_answer(StatusCode::OK, &json!({"files": files})))
}

async fn close_all(safaricom: &Safaricom) -> Result<Vec<File>, LogFailure> {
    let terminals = &safaricom.terminals;
    let mut known = terminals.known.lock().await;
    let faults = Arc::clone(&known.faults);
    // What was lost turns up, and what is closed now may be lost.
    let mut handed: Vec<(Batch, What)> =
        known.missing.iter().map(|batch| (batch.clone(), What::Late)).collect();
    for terminal in TERMINALS {
        let batch = known.open_batch(terminal);
        if !known.sales.iter().any(|sale| sale.terminal == terminal && sale.batch == batch.number) {
            continue;
        }
        let is_lost = strikes(faults.seed, "batch_lost", faults.batch_lost_per_mille, &batch.name());
        let line =
            TerminalLine::BatchClosed { terminal: batch.terminal.clone(), batch: batch.number, is_lost };
        terminals.keep(&mut known, line).await?;
        handed.push((batch, if is_lost { What::Paper } else { What::Batch }));
    }
    let mut given = Vec::new();
    for (batch, what) in handed {
        let files = files_of(&known, &batch, &faults, what);
        for file in files {
            let line = TerminalLine::HandedOver {
                file: file.name.clone(),
                what: file.what,
                terminal: batch.terminal.clone(),
                batch: batch.number,
                lines: file.lines.len(),
            };
            terminals.keep(&mut known, line).await?;
            for (rrn, as_typed) in file.mistyped.clone() {
                terminals.keep(&mut known, TerminalLine::RrnMistyped { rrn, as_typed }).await?;
            }
            given.push(file);
        }
    }
    Ok(given)
}

fn files_of(known: &Known, batch: &Batch, faults: &TerminalFaults, what: What) -> Vec<File> {
    let sales = Sales { all: &known.sales, is_voided: &|sale| known.is_voided(sale) };
    match what {
        What::Paper => vec![files::of_paper(batch, &sales, faults)],
        what => files::of_batch(batch, &sales, faults, what),
    }
}

/// `GET /control/terminals/{site}/settlement`
pub(crate) async fn settlement(safaricom: &Safaricom, site: &str) -> Result<Answer, ControlError> {
    is_there(site)?;
    let known = safaricom.terminals.known.lock().await;
    let settled = known.sales.iter().filter(|sale| known.is_closed(sale) && !known.is_voided(sale));
    let text = files::settlement(settled);
    Ok(with_type(StatusCode::OK, "text/csv", Either::Left(Bytes::from(text).into())))
}

/// `GET /control/terminals/{site}/summary`
pub(crate) async fn summary(safaricom: &Safaricom, site: &str) -> Result<Answer, ControlError> {
    is_there(site)?;
    let known = safaricom.terminals.known.lock().await;
    let charged: Vec<_> = known.sales.iter().filter(|sale| !known.is_voided(sale)).collect();
    let cents: u64 = charged.iter().map(|sale| sale.amount_minor.minor()).sum();
    let body = json!({
        "payments": charged.len(),
        "sum": {"amount": cents, "currency": "KES"},
        "voided": known.voided.len(),
        "open": charged.iter().filter(|sale| !known.is_closed(sale)).count(),
    });
    Ok(json_answer(StatusCode::OK, &body))
}

/// `PUT /control/terminals/{site}/faults`
pub(crate) async fn set_faults(
    safaricom: &Safaricom,
    site: &str,
    body: &[u8],
) -> Result<Answer, ControlError> {
    is_there(site)?;
    let faults: TerminalFaults =
        serde_json::from_slice(body).map_err(|error| bad_request(error.to_string()))?;
    let mut known = safaricom.terminals.known.lock().await;
    let line = TerminalLine::FaultsSet { faults: faults.clone() };
    safaricom.terminals.keep(&mut known, line).await.map_err(not_recorded)?;
    Ok(json_answer(StatusCode::OK, &faults))
}

/// What a task came to.
fn finished<T>(ended: Result<Result<T, LogFailure>, tokio::task::JoinError>) -> Result<T, ControlError> {
    ended.map_err(not_recorded)?.map_err(not_recorded)
}

fn not_recorded(error: impl std::fmt::Display) -> ControlError {
    ControlError::new(StatusCode::INTERNAL_SERVER_ERROR, "not_recorded", error.to_string())
}

fn is_there(site: &str) -> Result<(), ControlError> {
    if site == SITE {
        return Ok(());
    }
    Err(ControlError::new(StatusCode::NOT_FOUND, "no_such_site", "the site is called kws"))
}

fn bad_request(message: impl Into<String>) -> ControlError {
    ControlError::new(StatusCode::BAD_REQUEST, "bad_request", message)
}
