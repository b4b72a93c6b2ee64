//! The page of a receipt: it survives being bookmarked and printed, and anybody can check it. It names no payer, and has
//! no link to the bill: whoever knows a receipt number is not thereby shown the bill.

pub(super) mod pdf;

use askama::Template;
use catalog::Language;
use hyper::StatusCode;

use super::frame::{Frame, Keeping, Shown, language_of, other, page};
use super::lines::Lines;
use super::moment::spoken;
use super::qr::QrPath;
use super::words::{RECEIPT, ReceiptWords, TellerWords};
use crate::api::{no_receipt, read_number, trouble};
use crate::app::{App, SharedApp};
use crate::away::away;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::payments::{Bill, BillPayment, Provider, ReceiptNumber};
use crate::receipts::Receipt;

/// `GET /{lang}/receipts/{number}`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    show_in(app, &request, language_of(&request)?).await
}

/// `GET /r/{number}`: short enough to be typed from paper.
pub(super) async fn show_short(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    show_in(app, &request, Language::En).await
}

async fn show_in(app: SharedApp, request: &Request<App>, language: Language) -> Result<Response, Problem> {
    let number = wanted(&app, request)?;
    let (shown, _) = away(move || find(&app, number, language)).await.map_err(trouble::internal)??;
    page(StatusCode::OK, Keeping::Never, &shown)
}

/// The number in the path, from somebody who may ask once more.
fn wanted(app: &App, request: &Request<App>) -> Result<ReceiptNumber, Problem> {
    let number = read_number(request.head.parameter("number"))?;
    app.limits.receipt_is_looked_up(request.head.client()).map_err(|error| trouble::too_often(&error))?;
    Ok(number)
}

/// The receipt with this number, and its short form. Reads from the disk.
fn find(app: &App, number: ReceiptNumber, language: Language) -> Result<(ReceiptPage, String), Problem> {
    let receipt = app.receipts.receipt(&app.books, number).map_err(no_receipt)?;
    let short_form = app.receipts.short_form(&receipt);
    // A receipt is signed in English; its twin takes the same texts in Swahili from the bill.
    let found = app.books.payment_of_receipt(number).map_err(|error| trouble::lookup(&error))?;
    let (payment, bill) =
        found.ok_or_else(|| trouble::internal("a receipt is for a bill that is not found"))?;
    let agency =
        app.catalogue.current().catalogue().agency(&receipt.agency).map(|agency| agency.name.clone());
    let twin = format!("/{}/receipts/{}", other(language).code(), number.grouped());
    let frame = Frame::new(app, language, Some(twin));
    let mut shown = ReceiptPage::new(frame, receipt, &short_form, (&payment, &bill), agency.as_ref())?;
    shown.address = format!("{}{}", app.public_url, shown.address);
    Ok((shown, short_form))
}

/// The page.
#[derive(Template)]
#[template(path = "receipt.html")]
pub(super) struct ReceiptPage {
    frame: Frame,
    words: &'static ReceiptWords,
    number: String,
    /// Where the receipt is found, for whoever holds it on paper.
    address: String,
    outcome: &'static str,
    by_whom: &'static TellerWords,
    evidence: &'static str,
    service: Shown,
    agency: Shown,
    booked: String,
    lines: Lines,
    proves: String,
    qr: QrPath,
    receipt: Receipt,
}

impl ReceiptPage {
    pub(super) fn new(
        frame: Frame,
        receipt: Receipt,
        short_form: &str,
        (payment, bill): (&BillPayment, &Bill),
        agency: Option<&catalog::Text>,
    ) -> Result<Self, Problem> {
        let words = RECEIPT.of(frame.language);
        let is_mpesa = receipt.channel == Provider::Mpesa.word();
        let by_whom = if is_mpesa { &words.of_mpesa } else { &words.of_others };
        let terms = &bill.terms;
        let number = receipt.receipt_number.clone();
        let qr =
            QrPath::of(short_form).ok_or_else(|| trouble::internal("a short form is too long for a code"))?;
        Ok(Self {
            words,
            address: format!("/r/{number}"),
            number,
            outcome: (words.outcome)(&receipt.outcome),
            by_whom,
            evidence: (by_whom.evidence)(&receipt.evidence),
            service: frame.shown(&terms.service_name),
            agency: frame.shown_or(agency, &receipt.agency),
            booked: spoken(payment.booked, frame.language),
            lines: Lines::of(&frame, terms),
            proves: (words.proves)(receipt.sequence),
            qr,
            receipt,
            frame,
        })
    }
}
