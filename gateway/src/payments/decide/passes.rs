//! Provisional passes: the numbers that they have, the bills that they become, and money that came before they were known.
//! Whoever has one is inside: none is refused, and what should not have been is named.

use std::collections::HashMap;
use std::sync::Arc;

use ledger::table::RunError;
use ledger::{Decision, Draft, ShortKey, View};

use super::applied::{FreeReceipts, apply, detail_of};
use super::gates::visit_of;
use super::{Payments, draft, refuse};
use crate::payments::bill::Bill;
use crate::payments::command::{Answer, Command, NewBill, Refusal};
use crate::payments::event::Event;
use crate::payments::gates::{GateEvent, GateRefusal, KnownDevice};
use crate::payments::number::PaymentNumber;
use crate::payments::passes::{
    CLAIM_SECONDS_MAX, ClaimedMoney, GatePass, NUMBERS_KEPT_MAX, NewPass, PassOutcome, PassPrice,
    WaitingMoney, terms_of,
};

/// Keeps numbers for a device, until it has as many as it may have.
pub(super) fn keep_numbers(
    view: &View<'_, Payments>,
    command: &Command,
    device: &Arc<str>,
    randoms: &[u64],
) -> Result<Decision<Payments>, RunError> {
    let Some(known) = Payments::gates(view).device(device) else {
        return Ok(refuse(GateRefusal::NoSuchDevice.into()));
    };
    if !known.is_trusted(view.now()) {
        return Ok(refuse(GateRefusal::DeviceUntrusted.into()));
    }
    let missing = NUMBERS_KEPT_MAX.saturating_sub(known.numbers.len());
    let mut numbers = Vec::with_capacity(missing);
    for number in randoms.iter().map(|random| PaymentNumber::from_random(*random)) {
        if numbers.len() == missing {
            break;
        }
        let is_free =
            Payments::bill(view, number)?.is_none() && Payments::pass_number(view, number)?.is_none();
        if is_free && !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    if numbers.is_empty() {
        return Ok(Decision::answer(Answer::Nothing));
    }
    let agency = known.device.agency.clone();
    let event = Event::Gate(GateEvent::NumbersKept { device: device.clone(), agency, numbers });
    Ok(Decision::record(draft(command, event), Answer::Done { sequence: view.next_sequence() }))
}

/// What becomes of the passes of a batch.
pub(super) struct TakenPasses {
    pub(super) judged: Vec<GatePass>,
    /// Bills, visits, and money that finds its bill.
    pub(super) drafts: Vec<Draft<Event>>,
}

/// Judges passes in their order. The first record that comes of them has the sequence `first`.
pub(super) fn take(
    view: &View<'_, Payments>,
    command: &Command,
    known: &KnownDevice,
    passes: &[NewPass],
    random: u64,
    first: u64,
) -> Result<TakenPasses, RunError> {
    let mut taken = TakenPasses { judged: Vec::new(), drafts: Vec::new() };
    let mut receipts = FreeReceipts::new(random);
    let mut of_this_batch = HashMap::new();
    for pass in passes {
        let outcome = match of_this_batch.get(&pass.bill) {
            Some(hash) => used_again(hash, view.next_sequence(), pass),
            None => judge(view, known, pass)?,
        };
        if outcome.takes_number() {
            of_this_batch.insert(pass.bill, pass.hash.clone());
        }
        if outcome.makes_bill() {
            make_bill(view, command, known, pass, first, &mut receipts, &mut taken.drafts)?;
        }
        taken.judged.push(GatePass {
            number: pass.number,
            bill: pass.bill,
            at: pass.at,
            price: pass.price,
            settlement: pass.settlement.clone(),
            hash: pass.hash.clone(),
            outcome,
        });
    }
    Ok(taken)
}

fn judge(view: &View<'_, Payments>, known: &KnownDevice, pass: &NewPass) -> Result<PassOutcome, RunError> {
    let kept = Payments::pass_number(view, pass.bill)?;
    let Some(kept) = kept.filter(|kept| kept.device == known.device.id) else {
        return Ok(PassOutcome::NumberNotKept);
    };
    if let Some(stub) = &kept.pass {
        return Ok(used_again(&stub.hash, stub.sequence, pass));
    }
    // A gate may have asked for the shillings that a price in dollars comes to.
    let NewBill { total, payable, .. } = *pass.terms;
    let gazetted = if pass.price.currency() == total.currency() { total } else { payable };
    if pass.rests_on == PassPrice::Never {
        return Ok(PassOutcome::NotGazetted { gazetted: None });
    }
    if !total.is_positive() || !payable.is_positive() {
        return Ok(PassOutcome::NothingOwed);
    }
    Ok(match pass.rests_on {
        PassPrice::AsAsked => PassOutcome::PriceUnknown,
        PassPrice::OfItsDay => PassOutcome::NotGazetted { gazetted: Some(gazetted) },
        _ if gazetted == pass.price => PassOutcome::Issued,
        _ => PassOutcome::PriceDiffers { gazetted },
    })
}

fn used_again(hash: &Arc<str>, sequence: u64, pass: &NewPass) -> PassOutcome {
    if *hash == pass.hash { PassOutcome::Repeated { sequence } } else { PassOutcome::NumberUsed { sequence } }
}

/// The bill of a pass, the visit that it was made for, and all money that waits for its number, in the order in which it came.
fn make_bill(
    view: &View<'_, Payments>,
    command: &Command,
    known: &KnownDevice,
    pass: &NewPass,
    first: u64,
    receipts: &mut FreeReceipts,
    drafts: &mut Vec<Draft<Event>>,
) -> Result<(), RunError> {
    let next = |drafts: &Vec<Draft<Event>>| first + drafts.len() as u64;
    let code = pass.settlement.operator();
    let is_known = |code: &&Arc<str>| Payments::gates(view).operator(code, &known.device.agency).is_some();
    let terms = Arc::new(terms_of(pass, code.filter(is_known).cloned(), view.now()));
    let mut bill = Bill::new(terms.clone(), next(drafts));
    drafts.push(draft(command, Event::BillCreated { terms }));
    drafts.push(draft(command, visit_of(known, pass.bill, pass.at)));
    let kept = Payments::pass_number(view, pass.bill)?;
    for money in kept.iter().flat_map(|kept| &kept.waiting) {
        let sequence = next(drafts);
        drafts.extend(apply(view, command, money, &mut bill, (sequence, None), receipts)?);
    }
    Ok(())
}

/// Puts money in suspense to the bill of a pass. It moves money towards the bill of the agency that asks and nowhere else, so
/// one principal is enough; the record names it.
pub(super) fn claim(
    view: &View<'_, Payments>,
    command: &Command,
    claimed: &ClaimedMoney,
) -> Result<Decision<Payments>, RunError> {
    let refused = |refusal: GateRefusal| Ok(refuse(refusal.into()));
    let ClaimedMoney { agency, money, .. } = claimed;
    let is_pass = Payments::pass_number(view, claimed.bill)?
        .is_some_and(|kept| kept.agency == *agency && kept.pass.is_some());
    let bill = Payments::bill(view, claimed.bill)?.filter(|bill| is_pass && bill.terms.agency == *agency);
    let Some(bill) = bill else { return refused(GateRefusal::NoSuchPass) };
    let applied = view.claimed(&ShortKey::of(&WaitingMoney::applied_key(&money.receipt)))?;
    if let Some(applied) = applied {
        return if applied.detail == detail_of(claimed.bill) {
            Ok(Decision::answer(Answer::Repeated { sequence: applied.sequence }))
        } else {
            refused(GateRefusal::AppliedElsewhere)
        };
    }
    let stands = view.claimed(&ShortKey::of(&money.receipt.credit_key()))?;
    let is_this = stands.is_some_and(|stands| stands.sequence == money.sequence);
    if !is_this || !claimed.may_be_meant() {
        return refused(GateRefusal::NotWaiting);
    }
    if money.booked.plus_seconds(CLAIM_SECONDS_MAX) < view.now() {
        return refused(GateRefusal::TooLongAgo);
    }
    if !bill.state.is_open() {
        return Ok(refuse(Refusal::BillIs { state: bill.state }));
    }
    let mut bill = Arc::unwrap_or_clone(bill);
    let mut receipts = FreeReceipts::new(claimed.random);
    let sequence = view.next_sequence();
    match apply(view, command, money, &mut bill, (sequence, None), &mut receipts)? {
        Some(draft) => Ok(Decision::record(draft, Answer::Done { sequence })),
        None => refused(GateRefusal::OtherMoney),
    }
}
