//! Bills are made and withdrawn.

use std::sync::Arc;

use ledger::table::RunError;
use ledger::{Decision, View};

use super::{Payments, availability, draft, note_request, once, refuse};
use crate::payments::bill_life::BillEvent;
use crate::payments::command::{Answer, Command, Idempotency, NewBill, Refusal};
use crate::payments::event::Event;
use crate::payments::number::PaymentNumber;
use crate::payments::reference::ReferenceKind;

/// So many random numbers are tried before giving up.
const NUMBERS_TRIED_MAX: u64 = 16;

/// Makes a bill under a payment number that no bill ever had and that is kept for none.
pub(super) fn create(
    view: &View<'_, Payments>,
    command: &Command,
    new: &NewBill,
) -> Result<Decision<Payments>, RunError> {
    once(view, new.idempotency.as_ref(), || {
        if let Some(refusal) = availability::refusal_of_bill(view, new) {
            return Ok(refuse(refusal));
        }
        if let Some(bill) = open_over_same_assessment(view, new)? {
            return Ok(refuse(Refusal::AssessmentHasBill { bill }));
        }
        let Some(number) = free_number(view, new.random)? else { return Ok(refuse(Refusal::NoFreeNumber)) };
        let terms = new.agreed(number, view.now());
        let mut draft = draft(command, Event::BillCreated { terms: Arc::new(terms) });
        draft.sealed.clone_from(&new.sealed);
        note_request(&mut draft, new.idempotency.as_ref());
        Ok(Decision::record(draft, Answer::BillCreated { bill: number, sequence: view.next_sequence() }))
    })
}

/// An assessment is owed once: while a bill over it can be paid there is no other. So the newest over it is the only one that
/// can be open.
fn open_over_same_assessment(
    view: &View<'_, Payments>,
    new: &NewBill,
) -> Result<Option<PaymentNumber>, RunError> {
    let assessments = new.references.iter().filter(|reference| reference.kind == ReferenceKind::Assessment);
    for key in assessments.flat_map(|reference| [&reference.key].into_iter().chain(&reference.earlier)) {
        if let Some(bill) = Payments::bill_of_assessment(view, key)?
            && bill.state.is_open()
        {
            return Ok(Some(bill.terms.number));
        }
    }
    Ok(None)
}

/// A number that no bill has and that is kept for no pass.
pub(super) fn free_number(view: &View<'_, Payments>, random: u64) -> Result<Option<PaymentNumber>, RunError> {
    for attempt in 0..NUMBERS_TRIED_MAX {
        let number =
            PaymentNumber::from_random(random.wrapping_add(attempt.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        if Payments::bill(view, number)?.is_none() && Payments::pass_number(view, number)?.is_none() {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// Withdraws a bill for which nothing has arrived.
pub(super) fn cancel(
    view: &View<'_, Payments>,
    command: &Command,
    number: PaymentNumber,
    idempotency: Option<&Idempotency>,
) -> Result<Decision<Payments>, RunError> {
    once(view, idempotency, || {
        let Some(bill) = Payments::bill(view, number)? else { return Ok(refuse(Refusal::NoSuchBill)) };
        if bill.state.after(BillEvent::Withdrawn).is_none() {
            return Ok(refuse(Refusal::BillIs { state: bill.state }));
        }
        if let Some(id) = bill.latest_attempt
            && let Some(attempt) = Payments::attempt(view, id)?
            && attempt.can_live(view.now())
        {
            let until = attempt.lives_until();
            return Ok(refuse(Refusal::PromptMayLive { attempt: id, until }));
        }
        let mut draft = draft(command, Event::BillCancelled { bill: number });
        note_request(&mut draft, idempotency);
        Ok(Decision::record(draft, Answer::Done { sequence: view.next_sequence() }))
    })
}
