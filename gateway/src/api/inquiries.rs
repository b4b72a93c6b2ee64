//! A provider asks about a bill before money moves. Answered from memory, unless the account is that of a bill that is not
//! open, or a reference: those lie in the archive, where filters in memory say what is not there, and a block is read for
//! what may be. Any doubt is a yes: money that comes for nothing lands in suspense and is found, a payer who is refused
//! stands at a gate.

use ledger::Money;

use crate::accounts;
use crate::app::App;
use crate::channels::contract::BillAnswer;
use crate::payments::{
    Addressed, Bill, PartPaymentRule, SuspenseReason, SweepReference, TypedAccount, normalise,
};

/// What is known of the bill that a payer means, who wants to pay so much for it.
pub(super) fn about_bill(app: &App, typed: &str, money: Option<Money>) -> BillAnswer {
    // Money of ours comes home: nobody holds it up.
    if normalise(typed).parse::<SweepReference>().is_ok() {
        return BillAnswer::InDoubt;
    }
    let is_closed = |bill: &Bill| !bill.state.is_open();
    let meant = money.unwrap_or(Money::zero(ledger::Currency::Kes));
    let (addressed, lead) = accounts::read(app, typed, meant, is_closed);
    let found = match addressed {
        Addressed::Typed(TypedAccount::Number(number)) => match app.books.bill(number) {
            Ok(Some(bill)) => Ok(bill),
            // A gate hands it out, and will tell of whom it let in under it: any amount may be right.
            Ok(None) => match app.books.pass_number(number) {
                Ok(None) => return BillAnswer::Unknown,
                Ok(Some(_)) => return BillAnswer::InDoubt,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        },
        Addressed::Typed(TypedAccount::BadCheckDigit) => return BillAnswer::Unknown,
        // Without a table of forms nobody can say what is none.
        Addressed::Typed(TypedAccount::Other) if accounts::knows_forms(app) => return BillAnswer::Unknown,
        Addressed::Reference(typed) => match lead {
            Some(Ok(Ok(bill))) if !is_closed(&bill) => Ok(bill),
            // It is paid or has ended. Another one, a slip away, may be meant.
            Some(Ok(Ok(_))) => match accounts::find_bill(app, &typed, meant) {
                Ok(Ok(bill)) => Ok(bill),
                Ok(Err(_)) => return BillAnswer::InDoubt,
                Err(error) => Err(error),
            },
            Some(Ok(Err(held))) if held.reason == SuspenseReason::AmountDiffers && money.is_some() => {
                return BillAnswer::OtherAmount;
            }
            // A bill of another month or another gateway may have it: people will look.
            Some(Ok(Err(_))) | None => return BillAnswer::InDoubt,
            Some(Err(error)) => Err(error),
        },
        Addressed::Held(held) if held.reason == SuspenseReason::PosterSample => return BillAnswer::Unknown,
        Addressed::Held(_)
        | Addressed::Typed(_)
        | Addressed::Attempt(_)
        | Addressed::Sweep(_)
        | Addressed::OtherShortCode => {
            return BillAnswer::InDoubt;
        }
    };
    match found {
        Ok(bill) => about_amount(&bill, money),
        Err(error) => {
            tracing::warn!(%error, "A bill cannot be looked up; the question about it is answered with yes.");
            BillAnswer::InDoubt
        }
    }
}

fn about_amount(bill: &Bill, money: Option<Money>) -> BillAnswer {
    if !bill.state.is_open() {
        return BillAnswer::NotOpen;
    }
    let (due, is_exact) = (bill.due(), bill.terms.part_payment == PartPaymentRule::Exact);
    if is_exact && money.is_some_and(|money| money != due) {
        return BillAnswer::OtherAmount;
    }
    let service = bill.terms.service_name.clone();
    BillAnswer::Open { number: bill.terms.number, due, takes_parts: !is_exact, service }
}
