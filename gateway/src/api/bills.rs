//! Bills: made, shown, found by payment number, withdrawn.

use std::sync::Arc;

use catalog::{Language, Order, Text};
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use ledger::Money;
use serde::{Deserialize, Serialize};

use super::instructions::InstructionsBody;
use super::{SharedApp, access, trouble};
use crate::app::App;
use crate::billing::{self, BillWish, find};
use crate::channels::mpesa::subscriber::Subscriber;
use crate::clock::format_rfc3339;
use crate::http::problem::{FieldError, MoneyMoved, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::notices::BillThen;
use crate::payments::{
    Answer, Ask, Bill, BillId, BillLine, CatalogueVersion, Command, Event, Idempotency, PartPaymentRule,
    PaymentNumber,
};
use crate::personal::{Field, Personal};

/// Longest agency reference in characters.
const AGENCY_REFERENCE_LEN_MAX: usize = 64;
/// Longest name or identity number of a payer in characters.
const PERSONAL_LEN_MAX: usize = 200;

/// What a bill is asked for with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BillRequest {
    service: String,
    #[serde(default)]
    order: Order,
    /// The reference of an assessment whose amount the agency is asked for.
    #[serde(default)]
    assessment_reference: Option<String>,
    #[serde(default)]
    agency_reference: Option<String>,
    /// `en` or `sw`: English, if nothing is said.
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    payer: PayerRequest,
}

/// What is known of the payer. All of it is kept encrypted and never shown in full.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PayerRequest {
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    identity_number: Option<String>,
}

/// A bill as the API shows it.
#[derive(Serialize)]
pub(crate) struct BillBody {
    id: BillId,
    payment_number: String,
    status: &'static str,
    agency: String,
    service: String,
    service_name: Text,
    lines: Vec<LineBody>,
    total: Money,
    /// What the payer is asked for: the total, or what the quote makes of it.
    amount: Money,
    collected: Money,
    due: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<QuoteBody>,
    convenience_fee: ConvenienceBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<WaivedBody>,
    part_payment: PartPaymentRule,
    catalogue: CatalogueVersion,
    #[serde(skip_serializing_if = "Option::is_none")]
    assessment: Option<AssessmentBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency_reference: Option<String>,
    /// Bills of before this was kept name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Language>,
    created_at: String,
    expires_at: String,
    /// The latest ones.
    payments: Vec<PaymentBody>,
    payment_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_attempt: Option<String>,
    /// These two are of the gateway as it is configured now: what agencies are told of records goes without.
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<InstructionsBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pay_url: Option<String>,
    as_of_sequence: u64,
}

#[derive(Serialize)]
struct LineBody {
    code: String,
    text: Text,
    quantity: u32,
    unit: Money,
    amount: Money,
    /// Whose it is; absent for the convenience fee.
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revenue_code: Option<String>,
    legal_basis: String,
    fee_version: String,
}

/// What an officer took off.
#[derive(Serialize)]
struct WaivedBody {
    code: String,
    text: Text,
    amount: Money,
    legal_basis: String,
}

#[derive(Serialize)]
struct QuoteBody {
    rate_id: String,
    kes_per_usd: String,
    expires_at: String,
}

/// What the agency has said of an assessed amount.
#[derive(Serialize)]
struct AssessmentBody {
    confirmed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<String>,
}

#[derive(Serialize)]
pub(super) struct ConvenienceBody {
    pub(super) amount: Money,
    pub(super) legal_basis: String,
}

#[derive(Serialize)]
struct PaymentBody {
    receipt_number: String,
    channel_receipt: String,
    amount: Money,
    booked_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt_url: Option<String>,
}

/// `POST /v1/bills`.
pub(super) async fn create(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let place =
        app.in_flight.enter(&request.head, &request.principal, "bill_create", request.bytes(), app.now())?;
    // What was made once is there, whatever the catalogue or the agency would say today.
    let made = match billing::made_before(&app, &place.idempotency)? {
        Some(made) => made,
        None => billing::make(&app, read_wish(&app, &request, place.idempotency.clone())?).await?,
    };
    let mut response = show_bill(&app, &made.bill, StatusCode::CREATED);
    if made.is_repeated {
        mark_replayed(&mut response);
    } else {
        let location = format!("/v1/bills/{}", made.bill.terms.id);
        let location = HeaderValue::from_str(&location).map_err(trouble::internal)?;
        response.headers_mut().insert(hyper::header::LOCATION, location);
    }
    Ok(response)
}

fn read_wish(app: &App, request: &Request<App>, idempotency: Idempotency) -> Result<BillWish, Problem> {
    let wanted: BillRequest = request.json()?;
    check_scope(app, request, &wanted.service)?;
    let Accepted { personal, language } = judge(&wanted)?;
    Ok(BillWish {
        personal,
        language,
        service: wanted.service,
        order: wanted.order,
        assessment_reference: wanted.assessment_reference,
        agency_reference: wanted.agency_reference,
        agreed_total: None,
        principal: request.principal.name(),
        cause: request.head.id().as_str().into(),
        idempotency,
    })
}

/// `GET /v1/bills/{id}`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let bill = by_path(&app, &request)?;
    Ok(show_bill(&app, &bill, StatusCode::OK))
}

/// The bill with this payment number, if the caller sees it.
pub(super) fn show_by_number(
    app: &App,
    request: &Request<App>,
    number: PaymentNumber,
) -> Result<Response, Problem> {
    let bill = app.books.bill(number).map_err(|error| trouble::lookup(&error))?;
    let bill = request.principal.scope().see_bill(bill)?;
    Ok(show_bill(app, &bill, StatusCode::OK))
}

/// `POST /v1/bills/{id}/cancel`.
pub(super) async fn cancel(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let bill = by_path(&app, &request)?;
    let route = format!("bill_cancel {}", bill.terms.id);
    let place = app.in_flight.enter(&request.head, &request.principal, &route, request.bytes(), app.now())?;
    let idempotency = Some(place.idempotency.clone());
    let command = command(&request, Ask::CancelBill { bill: bill.terms.number, idempotency });
    match app.books.ask(command).await.map_err(|error| trouble::books(&error))? {
        Answer::Done { .. } => {
            let bill = find(&app, bill.terms.number)?;
            Ok(show_bill(&app, &bill, StatusCode::OK))
        }
        Answer::Repeated { sequence } => repeated(&app, sequence, StatusCode::OK),
        Answer::Refused(refusal) => Err(trouble::refusal(&refusal)),
        other => Err(trouble::internal(format!("{other:?} answers no withdrawal"))),
    }
}

/// The bill that the path names, if the caller sees it.
pub(super) fn by_path(app: &App, request: &Request<App>) -> Result<Arc<Bill>, Problem> {
    let id: BillId = request.head.parameter("id").parse().map_err(|_| access::no_such_bill())?;
    let bill = app.books.bill_by_id(id).map_err(|error| trouble::lookup(&error))?;
    request.principal.scope().see_bill(bill)
}

/// A command that this request leads to.
pub(super) fn command(request: &Request<App>, ask: Ask) -> Command {
    Command { principal: request.principal.name(), cause: request.head.id().as_str().into(), ask }
}

/// The answer to a withdrawal that was carried out before: rendered again from the books.
fn repeated(app: &App, sequence: u64, status: StatusCode) -> Result<Response, Problem> {
    let event = app.books.event(sequence).map_err(|error| trouble::lookup(&error))?;
    let number = match event {
        Some(Event::BillCancelled { bill }) => bill,
        other => return Err(trouble::internal(format!("{other:?} is no earlier answer"))),
    };
    let bill = find(app, number)?;
    let mut response = show_bill(app, &bill, status);
    mark_replayed(&mut response);
    Ok(response)
}

/// Says that the answer is of an earlier request.
pub(super) fn mark_replayed(response: &mut Response) {
    let name = HeaderName::from_static("idempotent-replayed");
    response.headers_mut().insert(name, HeaderValue::from_static("true"));
}

fn show_bill(app: &App, bill: &Bill, status: StatusCode) -> Response {
    let mut response = response::json(status, &BillBody::of(app, bill));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A key makes bills for its own agency, and learns nothing of others. An unknown service is told of when it is priced.
fn check_scope(app: &App, request: &Request<App>, service: &str) -> Result<(), Problem> {
    let served = app.catalogue.current();
    let is_others = served
        .catalogue()
        .service(service)
        .is_some_and(|service| !request.principal.scope().covers(service.agency.as_str()));
    if !is_others {
        return Ok(());
    }
    let detail = "This key makes bills for the services of its own agency.";
    Err(Problem::new(Code::Forbidden, detail).money_moved(MoneyMoved::No))
}

/// What of a request is not taken as it was written.
struct Accepted {
    personal: Personal,
    language: Language,
}

fn judge(wanted: &BillRequest) -> Result<Accepted, Problem> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: &'static str, code: &'static str, detail: String, limit: Option<i64>| {
        errors.push(FieldError { pointer: pointer.into(), code, detail: detail.into(), limit });
    };
    let payer = &wanted.payer;
    let phone = payer.phone.as_deref().map(Subscriber::parse).transpose().unwrap_or_else(|error| {
        wrong("/payer/phone", "not_a_phone", error.to_string(), None);
        None
    });
    let language = wanted.language.as_deref().map(str::parse::<Language>).transpose();
    let language = language.map(|named| named.unwrap_or(Language::En)).unwrap_or_else(|error| {
        wrong("/language", "not_a_language", error.to_string(), None);
        Language::En
    });
    for (pointer, text, limit) in [
        ("/payer/name", &payer.name, PERSONAL_LEN_MAX),
        ("/payer/identity_number", &payer.identity_number, PERSONAL_LEN_MAX),
        ("/agency_reference", &wanted.agency_reference, AGENCY_REFERENCE_LEN_MAX),
    ] {
        if text.as_ref().is_some_and(|text| text.chars().count() > limit) {
            let limit_signed = i64::try_from(limit).ok();
            wrong(pointer, "too_long", format!("At most {limit} characters."), limit_signed);
        }
    }
    let is_machine_form = |text: &String| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/'))
    };
    if wanted.agency_reference.as_ref().is_some_and(|text| !is_machine_form(text)) {
        let detail =
            "Letters, digits and - _ . / only: it stands in the open, so it must say nothing of anybody.";
        let error = ("/agency_reference", "not_a_reference");
        errors.push(FieldError::new(error.0, error.1, detail));
    }
    if !errors.is_empty() {
        return Err(Problem::validation(errors).money_moved(MoneyMoved::No));
    }
    let personal = Personal::default()
        .with(Field::Phone, phone.map(Subscriber::digits).as_deref())
        .with(Field::Name, payer.name.as_deref())
        .with(Field::Identity, payer.identity_number.as_deref());
    Ok(Accepted { personal, language })
}

impl BillBody {
    fn of(app: &App, bill: &Bill) -> Self {
        let as_it_is = BillThen {
            terms: Arc::clone(&bill.terms),
            state: bill.state,
            collected: bill.collected,
            payments: bill.latest_payments.clone(),
            payment_count: bill.payment_count,
            sequence: bill.changed_by,
        };
        let mut body = Self::then(&as_it_is);
        for payment in &mut body.payments {
            payment.receipt_url = Some(format!("{}/v1/receipts/{}", app.public_url, payment.receipt_number));
        }
        Self {
            latest_attempt: bill.latest_attempt.map(|attempt| attempt.to_string()),
            instructions: Some(InstructionsBody::of(app, bill)),
            pay_url: Some(format!("{}/en/bills/{}", app.public_url, bill.terms.id)),
            ..body
        }
    }

    /// A bill as a record left it: nothing but what follows from records.
    pub(super) fn then(bill: &BillThen) -> Self {
        let terms = &bill.terms;
        let convenience = terms.lines.iter().find(|line| &*line.code == "convenience_fee");
        Self {
            id: terms.id,
            payment_number: terms.number.to_string(),
            status: bill.state.word(),
            agency: terms.agency.to_string(),
            service: terms.service.to_string(),
            service_name: terms.service_name.clone(),
            lines: terms.lines.iter().map(LineBody::of).collect(),
            total: terms.total,
            amount: terms.payable,
            collected: bill.collected,
            due: bill.due(),
            quote: terms.quote.as_ref().map(|quote| QuoteBody {
                rate_id: quote.rate_id.to_string(),
                kes_per_usd: quote.rate.to_string(),
                expires_at: format_rfc3339(quote.expires.micros()),
            }),
            convenience_fee: ConvenienceBody {
                amount: convenience.map_or(Money::zero(terms.total.currency()), |line| line.amount),
                legal_basis: terms.convenience_basis.to_string(),
            },
            waived: terms.waived.as_ref().map(|waived| WaivedBody {
                code: waived.code.to_string(),
                text: waived.text.clone(),
                amount: waived.amount,
                legal_basis: waived.legal_basis.to_string(),
            }),
            part_payment: terms.part_payment,
            catalogue: terms.catalogue.clone(),
            assessment: terms.assessment.map(|assessment| AssessmentBody {
                confirmed: assessment.confirmed.is_some(),
                confirmed_at: assessment.confirmed.map(|at| format_rfc3339(at.micros())),
            }),
            agency_reference: terms.agency_reference.as_deref().map(str::to_owned),
            language: terms.language,
            created_at: format_rfc3339(terms.created.micros()),
            expires_at: format_rfc3339(terms.expires.micros()),
            payments: bill.payments.iter().map(PaymentBody::of).collect(),
            payment_count: bill.payment_count,
            latest_attempt: None,
            instructions: None,
            pay_url: None,
            as_of_sequence: bill.sequence,
        }
    }
}

impl LineBody {
    fn of(line: &BillLine) -> Self {
        Self {
            code: line.code.to_string(),
            text: line.text.clone(),
            quantity: line.quantity,
            unit: line.unit,
            amount: line.amount,
            agency: line.agency.as_deref().map(str::to_owned),
            revenue_code: line.revenue_code.as_deref().map(str::to_owned),
            legal_basis: line.legal_basis.to_string(),
            fee_version: line.fee_version.to_string(),
        }
    }
}

impl PaymentBody {
    fn of(payment: &crate::payments::BillPayment) -> Self {
        Self {
            receipt_number: payment.receipt.grouped(),
            channel_receipt: payment.channel_receipt.to_string(),
            amount: payment.money,
            booked_at: format_rfc3339(payment.booked.micros()),
            receipt_url: None,
        }
    }
}
