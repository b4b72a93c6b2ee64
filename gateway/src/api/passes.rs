//! Provisional passes: numbers that a device keeps, what an agency sees of its passes, and money in suspense that somebody names
//! by its code at M-PESA.

use std::sync::Arc;

use hyper::StatusCode;
use ledger::Money;
use serde::{Deserialize, Serialize};

use super::bills::command;
use super::gates::{agency_of, site_of, wrong};
use super::lists::{page_request, show_page, views_scope};
use super::operators::is_code;
use super::{Principal, SharedApp, no_answer, trouble};
use crate::app::App;
use crate::billing::find;
use crate::clock::format_rfc3339;
use crate::finding::{FindError, payment_in_suspense};
use crate::gates::numbers::{self, Numbers};
use crate::gates::signed::{self, Moment};
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::{
    Answer, Ask, Bill, BillPayment, BillState, ClaimedMoney, Event, GateAsk, GateRefusal, KnownDevice,
    NUMBERS_KEPT_MAX, PaymentNumber, PaymentReceived, Placement, RECEIPT_LEN_MAX, Refusal, read_event,
};
use crate::views::{PassFilter, PassRow, PassState};

/// More random words than numbers are missing: a few may be of numbers that are taken.
const RANDOMS: usize = NUMBERS_KEPT_MAX + 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimRequest {
    /// The code in M-PESA's own message to the payer.
    channel_receipt: String,
}

/// A pass as it is listed.
#[derive(Serialize)]
struct PassListed {
    payment_number: String,
    /// Where the device stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<String>,
    gate: String,
    device: String,
    number: u64,
    issued_at: String,
    told_at: String,
    price: Money,
    settlement: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    outcome: String,
    /// What its bill is, or `invoiced`; absent if it has none. Of an invoice that ended unpaid it is `unpaid` again.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// The payment number of the invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice: Option<String>,
    /// What that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_state: Option<&'static str>,
}

/// What a pass has once money was put to it.
#[derive(Serialize)]
struct ClaimBody {
    payment_number: String,
    status: &'static str,
    due: Money,
    payment: AppliedBody,
}

#[derive(Serialize)]
struct AppliedBody {
    channel_receipt: String,
    amount: Money,
    receipt_number: String,
    booked_at: String,
    sequence: u64,
}

/// `POST /v1/gates/{site}/numbers`: the signed note itself. Which device asks follows from the key that it shows.
pub(super) async fn keep_numbers(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let site = site_of(&request)?;
    let Principal::Key(key) = &request.principal else { return Err(no_device()) };
    let of_key = |known: &&KnownDevice| known.device.api_key == key.id && *known.device.site == *site;
    let device = app.books.readers().gates().devices().find(of_key).map(|known| known.device.id.clone());
    let device = device.ok_or_else(no_device)?;
    let randoms = (0..RANDOMS).map(|_| rand::random()).collect();
    let ask = Ask::Gate(GateAsk::KeepNumbers { device: device.clone(), randoms });
    match app.books.ask_patiently(command(&request, ask)).await {
        Ok(Answer::Done { .. } | Answer::Nothing) => {}
        Ok(Answer::Refused(refusal)) => return Err(trouble::refusal(&refusal)),
        Ok(other) => return Err(trouble::internal(format!("{other:?} keeps no numbers"))),
        Err(error) => return Err(trouble::books(&error)),
    }
    let gates = app.books.readers().gates();
    let kept = gates.device(&device).ok_or_else(no_device)?;
    let note = Numbers {
        version: 1,
        device: device.to_string(),
        made_at: Moment(app.now().micros()),
        numbers: kept.numbers.iter().copied().collect(),
    };
    let note = app.receipts.sign_note(&signed::text(numbers::TITLE, &note));
    Ok(response::not_stored(response::text(StatusCode::OK, note)))
}

/// `GET /v1/gates/passes?state=&site=&operator=&invoice=&payment_number=&cursor=&limit=`.
pub(super) async fn list(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let query = request.head.query()?;
    let state = PassState::of_word(query.get("state").unwrap_or("all"))
        .ok_or_else(|| wrong("/state", "unknown_state", "It is unpaid, paid, ended or all.".to_owned()))?;
    let number = |name: &str, pointer: &'static str| {
        let number = query.get(name).map(str::parse::<PaymentNumber>).transpose();
        number.map_err(|error| wrong(pointer, "not_a_payment_number", error.to_string()))
    };
    let operator = match query.get("operator") {
        Some(code) if !is_code(code) => {
            let detail = "It is the code of a tour operator, such as OP-SAVANA.".to_owned();
            return Err(wrong("/operator", "not_a_code", detail));
        }
        code => code.map(Arc::from),
    };
    let filter = PassFilter {
        state,
        devices: query.get("site").map(|site| devices_of_site(&app, site)),
        operator,
        invoice: number("invoice", "/invoice")?,
        number: number("payment_number", "/payment_number")?,
    };
    let (scope, page) = (views_scope(&request)?, page_request(&query)?);
    let page = app.views.reader().passes(&scope, &filter, page).await.map_err(no_answer)?;
    let gates = app.books.readers().gates();
    Ok(show_page(page, |row| {
        let site = gates.device(&row.device).map(|known| known.device.site.to_string());
        PassListed::of(row, site)
    }))
}

/// The devices of a site. Whose passes are seen is for the scope to say.
pub(crate) fn devices_of_site(app: &App, site: &str) -> Vec<Arc<str>> {
    let gates = app.books.readers().gates();
    let of_site = gates.devices().filter(|known| *known.device.site == *site);
    of_site.map(|known| known.device.id.clone()).collect()
}

/// `POST /v1/gates/passes/{payment_number}/claims`: somebody shows the code of money that is in suspense, and it is put to the
/// pass. It moves towards the bill of who asks, and nowhere else.
pub(super) async fn claim(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: ClaimRequest = request.json()?;
    let bill = request.head.parameter("payment_number").parse();
    let bill = bill.map_err(|_| ClaimFault::Refused(GateRefusal::NoSuchPass).problem())?;
    let put = put_to_pass(&app, &request, bill, &wanted.channel_receipt).await;
    let (bill, payment) = put.map_err(ClaimFault::problem)?;
    Ok(response::not_stored(response::json(StatusCode::OK, &ClaimBody::of(&bill, &payment))))
}

/// Why money was not put to a pass.
pub(crate) enum ClaimFault {
    /// What was shown is no code.
    NotACode,
    /// The books refused.
    Refused(GateRefusal),
    /// Something else.
    Problem(Problem),
}

impl From<Problem> for ClaimFault {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl ClaimFault {
    /// What the API says.
    fn problem(self) -> Problem {
        match self {
            Self::NotACode => {
                let detail = "It is the code in M-PESA's message: letters and digits.".to_owned();
                wrong("/channel_receipt", "not_a_code", detail)
            }
            Self::Refused(refusal) => trouble::refusal(&Refusal::Gate(refusal)),
            Self::Problem(problem) => problem,
        }
    }
}

/// Puts the money of this code to a pass, whether by the API or with a browser.
pub(crate) async fn put_to_pass(
    app: &SharedApp,
    request: &Request<App>,
    bill: PaymentNumber,
    code: &str,
) -> Result<(Arc<Bill>, BillPayment), ClaimFault> {
    let agency = agency_of(request)?;
    let shown: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    if shown.is_empty() || shown.len() > RECEIPT_LEN_MAX {
        return Err(ClaimFault::NotACode);
    }
    let found = payment_in_suspense(app, &shown.to_uppercase()).await.map_err(|error| match error {
        FindError::Views(error) => no_answer(error),
        other => trouble::internal(other),
    })?;
    // What came to the till of an agency is that agency's, whatever was typed there.
    let found = found.filter(|(money, _)| *money.receipt.short_code == *app.paybill.short_code());
    let (money, placement) = found.ok_or(ClaimFault::Refused(GateRefusal::NotWaiting))?;
    let receipt = money.receipt.clone();
    let claimed = ClaimedMoney { bill, agency, money, placement, random: rand::random() };
    let ask = Ask::Gate(GateAsk::Claim(Box::new(claimed)));
    let sequence = match app.books.ask_patiently(command(request, ask)).await {
        Ok(Answer::Done { sequence } | Answer::Repeated { sequence }) => sequence,
        Ok(Answer::Refused(Refusal::Gate(refusal))) => return Err(ClaimFault::Refused(refusal)),
        Ok(Answer::Refused(refusal)) => return Err(trouble::refusal(&refusal).into()),
        Ok(other) => return Err(trouble::internal(format!("{other:?} answers no claim")).into()),
        Err(error) => return Err(trouble::books(&error).into()),
    };
    let record = app.books.ledger().record(sequence).map_err(|error| trouble::lookup(&error.into()))?;
    let event = record.as_ref().and_then(|record| read_event(&record.draft.event));
    let (Some(record), Some(Event::PaymentReceived(applied))) = (record, event) else {
        return Err(trouble::internal("a payment that was put to a bill is not found").into());
    };
    let PaymentReceived { money, placement: Placement::Bill { receipt: number, .. }, .. } = applied else {
        return Err(trouble::internal("a payment that was put to a bill is in suspense").into());
    };
    let bill = find(app, bill)?;
    let payment = BillPayment {
        sequence,
        receipt: number,
        channel_receipt: receipt.number,
        money,
        booked: record.time,
    };
    Ok((bill, payment))
}

fn no_device() -> Problem {
    trouble::refusal(&Refusal::Gate(GateRefusal::NoSuchDevice))
}

impl ClaimBody {
    fn of(bill: &Arc<Bill>, payment: &BillPayment) -> Self {
        Self {
            payment_number: bill.terms.number.to_string(),
            status: bill.state.word(),
            due: bill.due(),
            payment: AppliedBody {
                channel_receipt: payment.channel_receipt.to_string(),
                amount: payment.money,
                receipt_number: payment.receipt.grouped(),
                booked_at: format_rfc3339(payment.booked.micros()),
                sequence: payment.sequence,
            },
        }
    }
}

impl PassListed {
    fn of(row: PassRow, site: Option<String>) -> Self {
        let own = match row.invoice_state {
            // Its own bill stays withdrawn; the next invoice asks for it again.
            Some(BillState::Expired | BillState::Cancelled) => Some("unpaid"),
            Some(_) => Some("invoiced"),
            None => row.state.map(BillState::word),
        };
        Self {
            payment_number: row.bill.to_string(),
            site,
            gate: row.gate.to_string(),
            device: row.device.to_string(),
            number: row.number,
            issued_at: format_rfc3339(row.issued.micros()),
            told_at: format_rfc3339(row.booked.micros()),
            price: row.price,
            settlement: row.settlement.to_string(),
            operator: row.operator.as_deref().map(str::to_owned),
            outcome: row.outcome.to_string(),
            state: own,
            invoice: row.invoice.map(|number| number.to_string()),
            invoice_state: row.invoice_state.map(BillState::word),
        }
    }
}
