//! Money that moved: always accepted, booked once, and put where it belongs or where it can be found.

use std::sync::Arc;

use ledger::table::RunError;
use ledger::{Claim, Claimed, Decision, Money, ShortKey, View};

use super::{Payments, draft, named, sweeps, taken_back};
use crate::payments::archive;
use crate::payments::attempt::Attempt;
use crate::payments::attempt_life::AttemptEvent;
use crate::payments::bill::Bill;
use crate::payments::bill_life::{BillEvent, BillState};
use crate::payments::channel_receipt::{AccountFact, PaymentFacts};
use crate::payments::chart;
use crate::payments::command::{Addressed, Answer, Command, MoneyIn, UnreadableMessage};
use crate::payments::event::{Difference, Event, PaymentReceived, Placement, Share, SuspenseReason};
use crate::payments::identifier::{AttemptId, ReceiptNumber};
use crate::payments::number::{PaymentNumber, TypedAccount};
use crate::payments::owners;
use crate::payments::reference::{self, Held, Owner};

/// Books money, once for its receipt.
pub(super) fn receive(
    view: &View<'_, Payments>,
    command: &Command,
    money_in: &MoneyIn,
) -> Result<Decision<Payments>, RunError> {
    let key = money_in.receipt.credit_key();
    let facts = PaymentFacts { money: money_in.money, account: money_in.account_fact };
    let answered = named_attempt(view, money_in)?;
    if let Some(claimed) = view.claimed(&ShortKey::of(&key))? {
        return told_again(view, command, money_in, answered.as_deref(), &claimed);
    }
    if let Some(sequence) = taken_back::before(view, money_in)? {
        return Ok(Decision::answer(Answer::TakenBack { sequence }));
    }
    let sweep = if let Addressed::Sweep(reference) = money_in.addressed { Some(reference) } else { None };
    if let Some(decision) = sweep.and_then(|reference| sweeps::arrival(view, command, money_in, reference)) {
        return Ok(decision);
    }
    // What answers an attempt is for its bill, whether or not the message says so: the same receipt answers no other.
    let facts = answered.as_deref().map_or(facts, |attempt| facts_by(attempt, facts));
    let target = find_target(view, money_in, answered.as_deref())?;
    let (entry, placement) = match &target.bill {
        Ok(bill) => {
            let receipt = free_receipt_number(view, money_in.random)?;
            let (share, _, placement) = place_on(bill, money_in.money, receipt);
            (
                chart::entry_for_bill(
                    chart::channel_clearing(&money_in.receipt),
                    money_in.money,
                    bill,
                    share,
                ),
                placement,
            )
        }
        Err(held) => (
            chart::entry_for_suspense(&money_in.receipt, money_in.money, held.reason),
            Placement::Suspense {
                reason: held.reason,
                agency: held.owner.as_ref().map(|owner| owner.agency.clone()),
                service: held.owner.as_ref().and_then(|owner| owner.service.clone()),
                number: target.kept,
            },
        ),
    };
    let event = Event::PaymentReceived(PaymentReceived {
        receipt: money_in.receipt.clone(),
        money: money_in.money,
        told_by: money_in.told_by,
        moved: money_in.moved,
        placement,
        attempt: target.attempt,
        from_suspense: None,
    });
    let mut draft = draft(command, event);
    draft.evidence = money_in.evidence;
    draft.claims.push(Claim { key: key.into(), detail: facts.to_detail() });
    // Money that came before its sweep is in suspense, and no sweep may be sent under its reference any more.
    if let Some(key) = sweep.map(sweeps::reference_key)
        && view.claimed(&ShortKey::of(&key))?.is_none()
    {
        draft.claims.push(Claim { key: key.into(), detail: [0; 24] });
    }
    draft.entries.push(entry);
    draft.sealed.clone_from(&money_in.sealed);
    Ok(Decision::record(draft, Answer::Booked { sequence: view.next_sequence() }))
}

/// What becomes of money whose receipt another record has: nothing if it says the same, and quarantine if it does not. Where it lies
/// in suspense and this may say what it is for, somebody has to look.
pub(super) fn told_again(
    view: &View<'_, Payments>,
    command: &Command,
    money_in: &MoneyIn,
    attempt: Option<&Attempt>,
    claimed: &Claimed,
) -> Result<Decision<Payments>, RunError> {
    if named::may_be_meant(view, money_in, attempt, claimed)? {
        return Ok(Decision::answer(Answer::Waits { sequence: claimed.sequence }));
    }
    stands(view, command, money_in, attempt, claimed)
}

/// What becomes of a message about money that stays where it is.
pub(super) fn stands(
    view: &View<'_, Payments>,
    command: &Command,
    money_in: &MoneyIn,
    attempt: Option<&Attempt>,
    claimed: &Claimed,
) -> Result<Decision<Payments>, RunError> {
    let facts = PaymentFacts { money: money_in.money, account: money_in.account_fact };
    let differs = match facts.difference(&claimed.detail) {
        // Where it was put afterwards is where it belongs, whatever was said first. Who says again what was said first says nothing new.
        None | Some(Difference::Account) if attempt.is_some() || facts.to_detail() != claimed.detail => {
            let is_elsewhere = named::is_elsewhere(view, money_in, attempt)?;
            is_elsewhere
                .map_or(facts.difference(&claimed.detail), |other| other.then_some(Difference::Account))
        }
        differs => differs,
    };
    match differs {
        None => settle_attempt(view, command, money_in, facts, attempt, claimed),
        Some(differs) => quarantine(view, command, money_in, facts, claimed.sequence, differs),
    }
}

/// Keeps a message of which nothing could be read, once.
pub(super) fn keep_unreadable(
    view: &View<'_, Payments>,
    command: &Command,
    message: &UnreadableMessage,
) -> Result<Decision<Payments>, RunError> {
    let key = format!("unreadable {} {}", message.provider.word(), message.content);
    if let Some(claimed) = view.claimed(&ShortKey::of(&key))? {
        return Ok(Decision::answer(Answer::Known { sequence: claimed.sequence }));
    }
    let event = Event::MessageUnreadable {
        provider: message.provider,
        told_by: message.told_by,
        attempt: message.attempt,
        reason: message.reason.clone(),
        byte_count: message.byte_count,
    };
    let mut draft = draft(command, event);
    draft.claims.push(Claim { key: key.into(), detail: [0; 24] });
    draft.sealed.clone_from(&message.sealed);
    Ok(Decision::record(draft, Answer::Done { sequence: view.next_sequence() }))
}

/// The bill that money is for by what its message says, if it can take it.
pub(super) fn bill_for(view: &View<'_, Payments>, money_in: &MoneyIn) -> Result<Option<Arc<Bill>>, RunError> {
    Ok(find_target(view, money_in, None)?.bill.ok())
}

/// What money came for.
struct Target {
    bill: Result<Arc<Bill>, Held>,
    /// The attempt that the money answers, if it has not been answered by other money.
    attempt: Option<AttemptId>,
    /// The number that it came for, if that is kept for a pass of which nobody has told us.
    kept: Option<PaymentNumber>,
}

fn find_target(
    view: &View<'_, Payments>,
    money_in: &MoneyIn,
    named: Option<&Attempt>,
) -> Result<Target, RunError> {
    let held = |held| Ok(Target { bill: Err(held), attempt: None, kept: None });
    let suspense = |reason| held(Held { reason, owner: None });
    let bill = match &money_in.addressed {
        Addressed::Typed(TypedAccount::Number(number)) => match Payments::bill(view, *number)? {
            Some(bill) => Some(bill),
            None => return for_no_bill(view, *number),
        },
        Addressed::Typed(TypedAccount::BadCheckDigit) => return suspense(SuspenseReason::BadCheckDigit),
        Addressed::Typed(TypedAccount::Other) => return suspense(SuspenseReason::NotANumber),
        Addressed::Typed(TypedAccount::Missing) => return suspense(SuspenseReason::NoAccount),
        Addressed::Held(why) => return held((**why).clone()),
        Addressed::Reference(typed) => {
            let bills_of = |key: &_| Payments::bills_of_reference(view, key);
            match reference::bill_of_reference(typed, money_in.money, bills_of)? {
                Ok(bill) => Some(bill),
                Err(why) => return held(why),
            }
        }
        Addressed::Sweep(_) => return suspense(SuspenseReason::SweepUnmatched),
        Addressed::OtherShortCode => return suspense(SuspenseReason::OtherShortCode),
        Addressed::Attempt(_) => match named {
            Some(attempt) => Payments::bill(view, attempt.bill)?,
            None => return suspense(SuspenseReason::UnknownAttempt),
        },
    };
    let Some(bill) = bill else { return suspense(SuspenseReason::UnknownNumber) };
    // No attempt has succeeded whose money lies in suspense.
    if money_in.money.currency() != bill.terms.payable.currency() {
        return suspense(SuspenseReason::OtherCurrency);
    }
    if !bill.can_take(money_in.money) {
        return suspense(SuspenseReason::BillIsFull);
    }
    let attempt = match named {
        Some(attempt) => attempt.state.after(AttemptEvent::MoneyArrived).map(|_| attempt.id),
        None => waiting_attempt(view, &bill, money_in)?,
    };
    Ok(Target { bill: Ok(bill), attempt, kept: None })
}

/// What money came for under a number that no bill has: a pass of which nobody has told us yet, or nothing.
fn for_no_bill(view: &View<'_, Payments>, number: PaymentNumber) -> Result<Target, RunError> {
    let (held, kept) = match Payments::pass_number(view, number)? {
        Some(kept) => {
            let owner = Some(Owner { agency: kept.agency.clone(), service: None });
            (Held { reason: SuspenseReason::ProvisionalPass, owner }, Some(number))
        }
        None => (Held { reason: SuspenseReason::UnknownNumber, owner: None }, None),
    };
    Ok(Target { bill: Err(held), attempt: None, kept })
}

/// The attempt that a payment by paybill answers: the prompt's own confirmation, when the prompt's result was lost or is
/// still on its way.
fn waiting_attempt(
    view: &View<'_, Payments>,
    bill: &Bill,
    money_in: &MoneyIn,
) -> Result<Option<AttemptId>, RunError> {
    let Some(id) = bill.latest_attempt else { return Ok(None) };
    let attempt = Payments::attempt(view, id)?;
    let provider = money_in.receipt.provider;
    let waits = attempt.is_some_and(|attempt| {
        !attempt.state.is_finished() && attempt.money == money_in.money && attempt.is_of(provider)
    });
    Ok(waits.then_some(id))
}

/// Where money that came for a bill belongs, under this number of our receipts: its share, what the bill is after it, and what
/// the record says of both.
pub(super) fn place_on(bill: &Bill, money: Money, receipt: ReceiptNumber) -> (Share, BillState, Placement) {
    let (share, event) = judge(bill, money);
    let state = bill.state.after(event).expect("money can arrive in every state");
    let placement = Placement::Bill {
        bill: bill.terms.number,
        agency: bill.terms.agency.clone(),
        service: bill.terms.service.clone(),
        state,
        receipt,
        before: bill.latest_payments.last().map(|payment| payment.sequence),
        share,
        parts: owners::parts_of(bill, money, share),
    };
    (share, state, placement)
}

/// What becomes of money that came for a bill.
fn judge(bill: &Bill, money: Money) -> (Share, BillEvent) {
    if bill.state.is_settled() {
        return (Share::Duplicate, BillEvent::SecondReceipt);
    }
    if !bill.state.is_open() {
        return (Share::Late, BillEvent::LateMoney);
    }
    match money.minor().cmp(&bill.due().minor()) {
        std::cmp::Ordering::Less => (Share::HeldForRest, BillEvent::PartOfTotal),
        std::cmp::Ordering::Equal => (Share::Completed, BillEvent::RestOfTotal),
        std::cmp::Ordering::Greater => (Share::CompletedWithExcess, BillEvent::MoreThanTotal),
    }
}

/// A receipt number that nobody has.
pub(super) fn free_receipt_number(view: &View<'_, Payments>, random: u64) -> Result<ReceiptNumber, RunError> {
    let mut random = random;
    loop {
        let number = ReceiptNumber::from_random(random);
        if view.archived(&archive::receipt(number))?.is_none() {
            return Ok(number);
        }
        random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
    }
}

/// The payment is booked. If this message names an attempt that does not know so yet, that is news of the attempt and
/// nothing more.
fn settle_attempt(
    view: &View<'_, Payments>,
    command: &Command,
    money_in: &MoneyIn,
    facts: PaymentFacts,
    named: Option<&Attempt>,
    claimed: &Claimed,
) -> Result<Decision<Payments>, RunError> {
    let known = Answer::Known { sequence: claimed.sequence };
    let Some(attempt) = named else { return Ok(Decision::answer(known)) };
    if facts_by(attempt, facts).contradicts_number(&claimed.detail) {
        return quarantine(view, command, money_in, facts, claimed.sequence, Difference::Account);
    }
    let Some(to) = attempt.state.after(AttemptEvent::MoneyArrived) else {
        return Ok(Decision::answer(known));
    };
    let event = Event::AttemptMoved {
        attempt: attempt.id,
        on: AttemptEvent::MoneyArrived,
        to,
        code: None,
        channel_receipt: Some(money_in.receipt.number.clone()),
    };
    Ok(Decision::record(draft(command, event), known))
}

/// The attempt that the message names. None that was never made, or on which another provider was to ask: what that one says of
/// it is not for it, but its money has moved.
pub(super) fn named_attempt(
    view: &View<'_, Payments>,
    money_in: &MoneyIn,
) -> Result<Option<Arc<Attempt>>, RunError> {
    let Addressed::Attempt(id) = money_in.addressed else { return Ok(None) };
    Ok(Payments::attempt(view, id)?.filter(|attempt| attempt.is_of(money_in.receipt.provider)))
}

/// What is said of money with the number of the bill that its attempt is for: the message names no account, but the attempt
/// does.
fn facts_by(attempt: &Attempt, facts: PaymentFacts) -> PaymentFacts {
    let account = match facts.account {
        AccountFact::Unsaid => AccountFact::Number(attempt.bill),
        said => said,
    };
    PaymentFacts { account, ..facts }
}

/// The receipt is booked with other facts: the first stands, this message is kept for people to look at, once.
pub(super) fn quarantine(
    view: &View<'_, Payments>,
    command: &Command,
    money_in: &MoneyIn,
    facts: PaymentFacts,
    stands: u64,
    differs: Difference,
) -> Result<Decision<Payments>, RunError> {
    let key = money_in.receipt.quarantine_key(&facts);
    if view.claimed(&ShortKey::of(&key))?.is_some() {
        return Ok(Decision::answer(Answer::Quarantined { stands, differs, is_new: false }));
    }
    let event = Event::PaymentQuarantined {
        receipt: money_in.receipt.clone(),
        money: money_in.money,
        stands,
        differs,
    };
    let mut draft = draft(command, event);
    draft.evidence = money_in.evidence;
    draft.claims.push(Claim { key: key.into(), detail: facts.to_detail() });
    draft.sealed.clone_from(&money_in.sealed);
    Ok(Decision::record(draft, Answer::Quarantined { stands, differs, is_new: true }))
}
