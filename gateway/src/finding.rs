//! Finding a payment that somebody misses: by the channel's own receipt, or by phone, day and amount together.
//!
//! No index of phones is kept anywhere. Day and amount are no personal data and are in the views; the few payments that
//! have them are opened one by one and their phone compared. What was erased is thereby found no more, and whoever has the
//! files learns of nobody. See `gateway/decisions/finding-a-payment.md`.

mod by_number;
mod by_payer;
mod places;

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use ledger::{LedgerTime, Money};

pub(crate) use self::by_number::{payment_in_suspense, payment_numbered};
pub(crate) use self::by_payer::{GoOn, Wanted, by_payer};
use self::places::NoPlace;
pub(crate) use self::places::{AGAIN_AFTER_SECONDS, SearchPlaces};
use crate::app::{App, SharedApp};
use crate::away::{EndedEarly, away};
use crate::books::LookupError;
use crate::channels::mpesa::subscriber::Subscriber;
use crate::payments::{Event, PaymentReceived, Placement, ReceiptNumber, SuspenseReason};
use crate::personal::{Field, opened};
use crate::views::{PageRequest, PageSize, PaymentFilter, QueryError, Scope, TimeRange};

/// How a phone that is partly hidden is written: so many digits must be seen for it to be compared.
const DIGITS_SEEN_MIN: usize = 6;

/// Payments whose delay tells what is normal now: the latest of a day.
const DELAYS_LOOKED_AT: u16 = 500;
/// Under so many, nothing can be said.
const DELAYS_MIN: usize = 30;
const DELAY_SHARE_PERCENT: usize = 95;

/// What became of a payment that somebody misses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It was put to a bill.
    Matched(Matched),
    /// It is here, and belongs to no bill that we know.
    InSuspense(Held),
    /// It has not been told to us.
    NotHere,
    /// It is not among as many payments of this amount as are read for one search. There are more.
    NotAmong {
        /// How many were read.
        read_count: usize,
        /// Where to go on.
        go_on: GoOn,
    },
}

/// A payment that was put to a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matched {
    /// How much.
    pub(crate) money: Money,
    /// When it was booked.
    pub(crate) booked: LedgerTime,
    /// What was paid for.
    pub(crate) service: Arc<str>,
    /// Our receipt.
    pub(crate) receipt: ReceiptNumber,
    /// Whether another message of the same payment says something else, and people look at it.
    pub(crate) is_contradicted: bool,
}

/// A payment in suspense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// How much.
    pub(crate) money: Money,
    /// Since when.
    pub(crate) booked: LedgerTime,
    /// Why.
    pub(crate) reason: SuspenseReason,
    /// What was typed as the account, with its middle hidden: enough to be recognised by whoever typed it.
    pub(crate) typed: Option<String>,
}

/// The search could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FindError {
    /// As many as may be are being made, and wait.
    #[error(transparent)]
    Busy(#[from] NoPlace),
    /// The books.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The views.
    #[error(transparent)]
    Views(#[from] QueryError),
    /// What was sealed cannot be opened.
    #[error(transparent)]
    Vault(#[from] ledger::personal::VaultError),
    /// The search ended early.
    #[error(transparent)]
    Ended(#[from] EndedEarly),
}

/// How long the provider takes to tell us, of late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UsualDelay {
    /// Of a hundred payments so many ...
    pub(crate) percent: usize,
    /// ... were told of within so many seconds.
    pub(crate) seconds: i64,
    /// Over how many payments.
    pub(crate) payments: usize,
}

/// What became of the payment with this number of M-PESA's, as strongly consistent as [`payment_numbered`].
pub(crate) async fn by_channel_receipt(app: &SharedApp, number: &str) -> Result<Found, FindError> {
    let Some((receipt, sequence)) = payment_numbered(app, number).await? else { return Ok(Found::NotHere) };
    let books = SharedApp::clone(app);
    let found = away(move || look_at(&books, sequence)).await??;
    let Found::Matched(matched) = found else { return Ok(found) };
    let is_contradicted = app.views.reader().is_contradicted(&Scope::All, &receipt).await?;
    Ok(Found::Matched(Matched { is_contradicted, ..matched }))
}

/// How long payments of the last day took to be told of, if enough were.
pub(crate) async fn usual_delay(app: &App) -> Result<Option<UsualDelay>, FindError> {
    let from = app.now().plus_seconds(-86_400);
    let filter =
        PaymentFilter { booked: TimeRange { from: Some(from), before: None }, ..PaymentFilter::default() };
    let size = PageSize::new(DELAYS_LOOKED_AT).unwrap_or_default();
    let rows = app.views.reader().payments(&Scope::All, &filter, PageRequest { size, after: None }).await?;
    let delay = |moved: LedgerTime, booked: LedgerTime| (booked.micros() - moved.micros()).max(0) / 1_000_000;
    let delays = rows.rows.iter().filter_map(|row| row.moved.map(|moved| delay(moved, row.booked)));
    Ok(usual_of(delays.collect()))
}

fn usual_of(mut delays: Vec<i64>) -> Option<UsualDelay> {
    if delays.len() < DELAYS_MIN {
        return None;
    }
    delays.sort_unstable();
    // The first that is not among the slowest twentieth.
    let at = (delays.len() * DELAY_SHARE_PERCENT).div_ceil(100).saturating_sub(1);
    Some(UsualDelay { percent: DELAY_SHARE_PERCENT, seconds: delays[at] + 1, payments: delays.len() })
}

/// Whether a phone, as the provider tells it, is this one: in digits, as SHA-256 of them, or with some of them hidden.
pub(crate) fn is_phone(told: &str, phone: Subscriber) -> bool {
    let digits = phone.digits();
    let same = |left: &str, right: &str| verify_slices_are_equal(left.as_bytes(), right.as_bytes()).is_ok();
    if told.contains('*') {
        let told: String = told.chars().filter(|mark| !mark.is_whitespace()).collect();
        let (begins, ends) = (told.split('*').next().unwrap_or(""), told.rsplit('*').next().unwrap_or(""));
        let seen = begins.len() + ends.len();
        return (DIGITS_SEEN_MIN..=digits.len()).contains(&seen)
            && digits.starts_with(begins)
            && digits.ends_with(ends);
    }
    same(told, &digits) || same(told, &hex::encode(digest(&SHA256, digits.as_bytes())))
}

/// What the record of a payment says.
fn look_at(app: &App, sequence: u64) -> Result<Found, FindError> {
    let record = app.books.ledger().record(sequence).map_err(LookupError::from)?;
    let Some(record) = record else { return Ok(Found::NotHere) };
    let Some(Event::PaymentReceived(payment)) = crate::payments::read_event(&record.draft.event) else {
        return Ok(Found::NotHere);
    };
    let PaymentReceived { money, placement, .. } = payment;
    let booked = record.time;
    Ok(match placement {
        Placement::Bill { service, receipt, .. } => {
            Found::Matched(Matched { money, booked, service, receipt, is_contradicted: false })
        }
        Placement::Suspense { reason, .. } => {
            let typed = opened(&app.vault, &record, Field::TypedAccount)?;
            Found::InSuspense(Held { money, booked, reason, typed: typed.as_deref().and_then(masked) })
        }
    })
}

/// What somebody typed, with its middle hidden: it may be a phone, an identity number or a name. Too short to hide anything
/// of is hidden wholly.
fn masked(typed: &str) -> Option<String> {
    let letters: Vec<char> = typed.chars().filter(|letter| !letter.is_whitespace()).collect();
    let (begins, ends) = (3, 2);
    if letters.len() < 2 * (begins + ends) {
        return None;
    }
    let hidden = letters.len() - begins - ends;
    let stars = std::iter::repeat_n('*', hidden);
    Some(
        letters[..begins]
            .iter()
            .copied()
            .chain(stars)
            .chain(letters[begins + hidden..].iter().copied())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_known_in_every_form_in_which_providers_tell_it() {
        let phone = Subscriber::parse("0712 345 678").unwrap();
        // The last is SHA-256 of the twelve digits.
        let hashed = "7132104d6aae9c3fac82095a42c2817952bca48e09d98d5bf4ac08218982fb90";
        for told in ["254712345678", "2547*****678", "2547 ***** 678", hashed] {
            assert!(is_phone(told, phone), "{told}");
        }
        for told in ["254712345679", "2547*****679", "25*****", "*", "", "2547*****5678 12345678"] {
            assert!(!is_phone(told, phone), "{told}");
        }
    }

    #[test]
    fn what_was_typed_is_shown_to_be_recognised_and_no_more() {
        assert_eq!(masked("4071 5520 183").as_deref(), Some("407******83"));
        assert_eq!(masked("254712345678").as_deref(), Some("254*******78"));
        assert_eq!(masked("KCA123B"), None);
        assert_eq!(masked(""), None);
    }

    #[test]
    fn what_is_usual_is_said_only_of_enough_payments() {
        assert_eq!(usual_of(vec![1; 29]), None);
        let mut delays: Vec<_> = (1..=100).collect();
        delays.reverse();
        assert_eq!(usual_of(delays), Some(UsualDelay { percent: 95, seconds: 96, payments: 100 }));
    }
}
