//! At a gate: what somebody shows is looked up and judged, from the books themselves. What is not the agency's own is
//! said to be so and nothing else about it.

use std::sync::Arc;

use crate::api::RowScope;
use crate::app::{App, SharedApp};
use crate::books::LookupError;
use crate::clock::east_africa_date;
use crate::finding::{FindError, payment_numbered};
use crate::gates::pass::Pass;
use crate::payments::{
    Bill, Event, PaymentNumber, PaymentReceived, Placement, RECEIPT_LEN_MAX, ReceiptNumber, Visit,
};
use crate::receipts::ShortForm;

/// What the short form of a receipt begins with, whatever its version.
const SHORT_FORM_MARK: &str = "MLP";
/// What a provisional pass begins with, whatever its version.
const PASS_MARK: &str = "MPP";

/// Whether somebody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Paid, for today, and not used.
    Valid,
    /// Somebody was let in for it.
    AlreadyUsed,
    /// Nothing or not enough has been paid, or it was given back.
    NotPaid,
    /// The bill is for another day.
    WrongDay,
    /// It is another agency's.
    NotOurs,
    /// A receipt that was altered, or that another key has signed.
    NotGenuine,
    /// Nothing of ours is like what was shown.
    NotFound,
}

impl Verdict {
    /// The word of the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::AlreadyUsed => "already_used",
            Self::NotPaid => "not_paid",
            Self::WrongDay => "wrong_day",
            Self::NotOurs => "not_ours",
            Self::NotGenuine => "not_genuine",
            Self::NotFound => "not_found",
        }
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Whether they are let in.
    pub verdict: Verdict,
    /// The bill, if it is one that whoever asks may see.
    pub bill: Option<Arc<Bill>>,
    /// When and where it was used.
    pub visit: Option<Arc<Visit>>,
}

/// Looks up what somebody shows: a payment number, a receipt number, the channel's own receipt, or the text of the code
/// on a receipt.
pub(crate) async fn look_up(app: &SharedApp, scope: &RowScope, shown: &str) -> Result<Found, FindError> {
    let without_bill = |verdict| Found { verdict, bill: None, visit: None };
    let number = match read(app, shown).await? {
        Read::Bill(number) => number,
        Read::Forged => return Ok(without_bill(Verdict::NotGenuine)),
        Read::Nothing => return Ok(without_bill(Verdict::NotFound)),
    };
    let Some(bill) = app.books.bill(number)? else { return Ok(without_bill(Verdict::NotFound)) };
    if !scope.covers(&bill.terms.agency) {
        return Ok(without_bill(Verdict::NotOurs));
    }
    let visit = app.books.visit(number)?;
    let today = east_africa_date(app.now().micros());
    let verdict = judge(&bill, visit.is_some(), today);
    Ok(Found { verdict, bill: Some(bill), visit })
}

/// Whether a bill lets somebody in today.
fn judge(bill: &Bill, is_used: bool, today: jiff::civil::Date) -> Verdict {
    if is_used {
        Verdict::AlreadyUsed
    } else if !bill.state.is_settled() {
        Verdict::NotPaid
    } else if bill.terms.visit_day.is_some_and(|day| day != today) {
        Verdict::WrongDay
    } else {
        Verdict::Valid
    }
}

/// What was shown, as far as it leads to a bill.
enum Read {
    Bill(PaymentNumber),
    Forged,
    Nothing,
}

async fn read(app: &SharedApp, shown: &str) -> Result<Read, FindError> {
    let shown = shown.trim();
    if shown.starts_with(SHORT_FORM_MARK) {
        let Ok(form) = ShortForm::open(shown, &[app.receipts.verifying_key()]) else {
            return Ok(Read::Forged);
        };
        return Ok(of_receipt(app, &form.receipt_number)?);
    }
    // Whoever has a pass was let in on it; what it shows at the exit is whether its bill is paid.
    if shown.starts_with(PASS_MARK) {
        let opened = Pass::open(shown, &[app.receipts.verifying_key()]);
        return Ok(opened.map_or(Read::Forged, |(pass, _)| Read::Bill(pass.bill)));
    }
    let plain: String = shown.chars().filter(char::is_ascii_alphanumeric).collect();
    if let Ok(number) = plain.parse() {
        return Ok(Read::Bill(number));
    }
    match of_receipt(app, &plain)? {
        Read::Nothing => of_channel_receipt(app, &plain.to_uppercase()).await,
        found => Ok(found),
    }
}

fn of_receipt(app: &App, text: &str) -> Result<Read, LookupError> {
    let Ok(number) = text.parse::<ReceiptNumber>() else { return Ok(Read::Nothing) };
    let found = app.books.payment_of_receipt(number)?;
    Ok(found.map_or(Read::Nothing, |(_, bill)| Read::Bill(bill.terms.number)))
}

/// The bill of a payment that a channel names. Money in suspense is for no bill yet, so nobody is let in for it.
async fn of_channel_receipt(app: &SharedApp, number: &str) -> Result<Read, FindError> {
    if number.is_empty() || number.len() > RECEIPT_LEN_MAX {
        return Ok(Read::Nothing);
    }
    let Some((_, sequence)) = payment_numbered(app, number).await? else { return Ok(Read::Nothing) };
    match app.books.event(sequence)? {
        Some(Event::PaymentReceived(PaymentReceived { placement: Placement::Bill { bill, .. }, .. })) => {
            Ok(Read::Bill(bill))
        }
        _ => Ok(Read::Nothing),
    }
}
