//! A bank writes a text around a payment that names no bill, and its statement may come before the stamped slip or the bank's own
//! notification, which name one exactly. The money waits in suspense then, and whoever names its bill puts it there: the books
//! are the same whichever of them comes first.

use std::sync::Arc;

use ledger::table::RunError;
use ledger::{Decision, ShortKey, View};

use super::Payments;
use super::applied::{FreeReceipts, apply, detail_of};
use super::money_in::{bill_for, receive};
use crate::payments::channel_receipt::Provider;
use crate::payments::command::{Answer, Command, MoneyIn};
use crate::payments::event::ToldBy;
use crate::payments::passes::WaitingMoney;

/// Takes money of which a statement had told first. What is not this money, or for no bill, is taken as all other money is.
pub(super) fn receive_waiting(
    view: &View<'_, Payments>,
    command: &Command,
    money_in: &MoneyIn,
    waiting: &WaitingMoney,
) -> Result<Decision<Payments>, RunError> {
    let stands = view.claimed(&ShortKey::of(&money_in.receipt.credit_key()))?;
    let is_this = stands.is_some_and(|stands| stands.sequence == waiting.sequence)
        && waiting.receipt == money_in.receipt
        && waiting.money == money_in.money
        && may_name(money_in, waiting);
    let bill = if is_this { bill_for(view, money_in)? } else { None };
    let Some(bill) = bill else { return receive(view, command, money_in) };
    let known = Answer::Known { sequence: waiting.sequence };
    if let Some(applied) = view.claimed(&ShortKey::of(&WaitingMoney::applied_key(&waiting.receipt)))? {
        return if applied.detail == detail_of(bill.terms.number) {
            Ok(Decision::answer(known))
        } else {
            receive(view, command, money_in)
        };
    }
    let mut bill = Arc::unwrap_or_clone(bill);
    let mut receipts = FreeReceipts::new(money_in.random);
    match apply(view, command, waiting, &mut bill, view.next_sequence(), &mut receipts)? {
        Some(draft) => Ok(Decision::record(draft, known)),
        None => receive(view, command, money_in),
    }
}

/// Whether this message says exactly what the statement of the same bank could not.
fn may_name(money_in: &MoneyIn, waiting: &WaitingMoney) -> bool {
    money_in.receipt.provider == Provider::Bank
        && waiting.told_by == ToldBy::Statement
        && matches!(money_in.told_by, ToldBy::Slip | ToldBy::Notification)
}
