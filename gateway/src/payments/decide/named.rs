//! Money whose first teller could not say what it is for waits in suspense, and whoever may say it puts it there, once: the
//! provider's word that names an attempt; a slip or the bank's own notification after a statement whose text names nobody; who
//! keeps the account after a slip that named nobody; the paper of a counter that is read again. So the books are the same whichever
//! comes first. What waits stands in the journal, which is not read here: whoever is asked answers that somebody has to look
//! ([`Answer::Waits`]), and is asked again with the money ([`receive_waiting`]).

use std::sync::Arc;

use ledger::table::RunError;
use ledger::{Claimed, Decision, ShortKey, View};

use super::Payments;
use super::applied::{FreeReceipts, apply, detail_of};
use super::money_in::{bill_for, named_attempt, quarantine, receive, stands};
use crate::payments::attempt::Attempt;
use crate::payments::attempt_life::AttemptEvent;
use crate::payments::channel_receipt::{AccountFact, PaymentFacts, Provider};
use crate::payments::command::{Addressed, Answer, Command, MoneyIn};
use crate::payments::event::{Difference, ToldBy};
use crate::payments::number::PaymentNumber;
use crate::payments::passes::WaitingMoney;

/// Takes money that is in suspense. What is not this money, or may not be named by this message, is taken as all money is that is
/// told of again. What may and cannot be put there is for people to look at, and its attempt stays open.
pub(super) fn receive_waiting(
    view: &View<'_, Payments>,
    command: &Command,
    money_in: &MoneyIn,
    waiting: &WaitingMoney,
) -> Result<Decision<Payments>, RunError> {
    let Some(booked) = view.claimed(&ShortKey::of(&money_in.receipt.credit_key()))? else {
        return receive(view, command, money_in);
    };
    let named = named_attempt(view, money_in)?;
    let named = named.as_deref();
    if !may_be_meant(view, money_in, named, &booked)? {
        return stands(view, command, money_in, named, &booked);
    }
    let is_this = booked.sequence == waiting.sequence
        && waiting.receipt == money_in.receipt
        && waiting.money == money_in.money;
    let bill = match named {
        Some(attempt) if is_this => Payments::bill(view, attempt.bill)?,
        None if is_this && may_name(money_in, waiting, &booked) => bill_for(view, money_in)?,
        _ => None,
    };
    let (mut differs, mut receipts) = (Difference::Account, FreeReceipts::new(money_in.random));
    if let Some(bill) = bill {
        let mut bill = Arc::unwrap_or_clone(bill);
        if bill.terms.payable.currency() != money_in.money.currency() {
            differs = Difference::Currency;
        }
        let answered = named.filter(|attempt| attempt.state.after(AttemptEvent::MoneyArrived).is_some());
        let attempt = answered.map(|attempt| attempt.id);
        let sequence = view.next_sequence();
        if let Some(draft) = apply(view, command, waiting, &mut bill, (sequence, attempt), &mut receipts)? {
            return Ok(Decision::record(draft, Answer::Known { sequence: waiting.sequence }));
        }
    }
    let facts = PaymentFacts { money: money_in.money, account: money_in.account_fact };
    quarantine(view, command, money_in, facts, booked.sequence, differs)
}

/// Whether a message that tells again of money in suspense says exactly what it is for, of who may say so. Whether that is so of
/// this money as well, only who has its record can tell.
pub(super) fn may_be_meant(
    view: &View<'_, Payments>,
    money_in: &MoneyIn,
    named: Option<&Attempt>,
    booked: &Claimed,
) -> Result<bool, RunError> {
    let of_money = PaymentFacts { money: money_in.money, account: AccountFact::Unsaid };
    if !Payments::is_in_suspense(view, booked.sequence) || of_money.difference(&booked.detail).is_some() {
        return Ok(false);
    }
    if let Some(attempt) = named {
        let account = AccountFact::Number(attempt.bill);
        return Ok(!PaymentFacts { account, ..of_money }.contradicts_number(&booked.detail));
    }
    let facts = PaymentFacts { account: money_in.account_fact, ..of_money };
    let is_exact = matches!(&money_in.addressed, Addressed::Typed(_) | Addressed::Reference(_))
        && bill_named(view, money_in)?.is_some();
    let by_whom = match (money_in.receipt.provider, money_in.told_by) {
        (Provider::Bank, ToldBy::Slip | ToldBy::Notification | ToldBy::Statement) => true,
        (Provider::Counter, ToldBy::Counter) => PaymentFacts::names_no_account(&booked.detail),
        _ => false,
    };
    if !is_exact || !by_whom || facts.to_detail() == booked.detail {
        return Ok(false);
    }
    // What came for a pass of which its gate has not told waits for the pass.
    let number = PaymentFacts::number_in(&booked.detail);
    let kept = number.map(|number| Payments::pass_number(view, number)).transpose()?;
    Ok(kept.flatten().is_none())
}

/// Whether money under a receipt was put to another bill afterwards than this message names; nothing if it was put to none, or none is
/// named.
pub(super) fn is_elsewhere(
    view: &View<'_, Payments>,
    money_in: &MoneyIn,
    named: Option<&Attempt>,
) -> Result<Option<bool>, RunError> {
    let key = WaitingMoney::applied_key(&money_in.receipt);
    let Some(applied) = view.claimed(&ShortKey::of(&key))? else { return Ok(None) };
    let bill = match named {
        Some(attempt) => Some(attempt.bill),
        None => bill_named(view, money_in)?,
    };
    Ok(bill.map(|bill| applied.detail != detail_of(bill)))
}

/// The number of the bill that a message names exactly. A text that a bank wrote around a payment is nothing exact.
fn bill_named(view: &View<'_, Payments>, money_in: &MoneyIn) -> Result<Option<PaymentNumber>, RunError> {
    match (&money_in.addressed, money_in.account_fact) {
        (_, AccountFact::Number(number)) => Ok(Some(number)),
        (Addressed::Reference(_), AccountFact::Hashed { .. }) => {
            Ok(bill_for(view, money_in)?.map(|bill| bill.terms.number))
        }
        _ => Ok(None),
    }
}

/// Whether this message says exactly what the first one of the same account could not: where that named nobody, whoever does; and of a
/// text of the bank and what an officer typed, each completes the other.
fn may_name(money_in: &MoneyIn, waiting: &WaitingMoney, booked: &Claimed) -> bool {
    let of_both = matches!(
        (waiting.told_by, money_in.told_by),
        (ToldBy::Statement, ToldBy::Slip | ToldBy::Notification)
            | (ToldBy::Slip, ToldBy::Statement | ToldBy::Notification)
    );
    of_both || PaymentFacts::names_no_account(&booked.detail)
}
