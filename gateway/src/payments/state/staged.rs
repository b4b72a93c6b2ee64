//! What a record does to bills, attempts and totals, put on top of what the batch has done so far: looked up where it is
//! newest, changed whole, and put where it belongs now.

use std::sync::Arc;

use ledger::table::RunError;
use ledger::{Record, Staging, View};

use super::{Payments, passes};
use crate::payments::archive::{self, Archived};
use crate::payments::attempt::Attempt;
use crate::payments::bill::{Bill, BillPayment, ReceiptStub};
use crate::payments::event::{Event, PaymentReceived, Placement};
use crate::payments::identifier::AttemptId;
use crate::payments::number::PaymentNumber;
use crate::payments::owners::by_owner;
use crate::payments::reference::{BillReference, BillsOfReference, ReferenceKind};
use crate::payments::totals::{OpenSuspense, TotalKey, revenue_day};

impl Payments {
    /// Whether the money that this record booked is in suspense.
    pub(in crate::payments) fn is_in_suspense(view: &View<'_, Self>, sequence: u64) -> bool {
        let (state, changes) = (&view.state().totals, &view.pending().totals);
        let came = state.suspense.contains_key(&sequence) || changes.suspense.contains_key(&sequence);
        came && !changes.left_suspense.contains(&sequence)
    }
}

pub(super) fn staged_bill(
    staging: &mut Staging<'_, Payments>,
    number: PaymentNumber,
) -> Result<Option<Arc<Bill>>, RunError> {
    if let Some(bill) = staging.pending().bills.get(&number) {
        return Ok(Some(Arc::clone(bill)));
    }
    if let Some(bill) = staging.state().bills.get(&number) {
        return Ok(Some(Arc::clone(bill)));
    }
    Ok(staging.archived(&archive::bill(number))?.and_then(Archived::bill))
}

pub(super) fn staged_attempt(
    staging: &mut Staging<'_, Payments>,
    id: AttemptId,
) -> Result<Option<Arc<Attempt>>, RunError> {
    if let Some(attempt) = staging.pending().attempts.get(&id) {
        return Ok(Some(Arc::clone(attempt)));
    }
    if let Some(attempt) = staging.state().attempts.get(&id) {
        return Ok(Some(Arc::clone(attempt)));
    }
    Ok(staging.archived(&archive::attempt(id))?.and_then(Archived::attempt))
}

pub(super) fn put_bill(staging: &mut Staging<'_, Payments>, bill: Arc<Bill>) {
    let number = bill.terms.number;
    if !bill.state.is_open() {
        staging.archive(archive::bill(number), Archived::Bill(Arc::clone(&bill)));
        staging.archive(archive::bill_id(bill.terms.id), Archived::BillNumber(number));
    }
    staging.pending().bills.insert(number, bill);
}

/// References lie in the archive from the moment that a bill is made. They are asked for only when somebody types one, and
/// then of closed bills as of open ones: memory for them would be spent on nothing.
pub(super) fn note_reference(
    staging: &mut Staging<'_, Payments>,
    reference: &BillReference,
    bill: PaymentNumber,
) -> Result<(), RunError> {
    for key in [&reference.key, &reference.any_agency] {
        let place = archive::reference(key);
        let archived = staging.archived(&place)?.and_then(Archived::bills_of_reference);
        let mut noted = archived.map_or_else(BillsOfReference::default, Arc::unwrap_or_clone);
        noted.note(bill);
        staging.archive(place, Archived::BillsOfReference(Arc::new(noted)));
    }
    if reference.kind == ReferenceKind::Assessment {
        staging.archive(archive::assessment(&reference.key), Archived::BillNumber(bill));
    }
    Ok(())
}

pub(super) fn put_attempt(staging: &mut Staging<'_, Payments>, attempt: Arc<Attempt>) {
    if attempt.state.is_finished() {
        staging.archive(archive::attempt(attempt.id), Archived::Attempt(Arc::clone(&attempt)));
    }
    staging.pending().attempts.insert(attempt.id, attempt);
}

pub(super) fn stage_payment(
    staging: &mut Staging<'_, Payments>,
    record: &Record<Event>,
    payment: &PaymentReceived,
) -> Result<(), RunError> {
    let day = revenue_day(record.time);
    let key = |agency| TotalKey {
        day,
        agency,
        channel: Arc::from(payment.receipt.provider.word()),
        currency: payment.money.currency(),
    };
    match &payment.placement {
        Placement::Suspense { number, .. } => {
            let totals = &mut staging.pending().totals;
            totals.count(key(None), payment.money);
            totals
                .suspense
                .insert(record.sequence, OpenSuspense { money: payment.money, since: record.time });
            if let Some(number) = number {
                passes::note_waiting(staging, *number, record, payment)?;
            }
        }
        Placement::Bill { bill, agency, state, receipt, share, parts, .. } => {
            for (agency, money) in by_owner(agency, payment.money, parts) {
                staging.pending().totals.count(key(agency), money);
            }
            let noted = BillPayment {
                sequence: record.sequence,
                receipt: *receipt,
                channel_receipt: Arc::clone(&payment.receipt.number),
                money: payment.money,
                booked: record.time,
            };
            let stub = ReceiptStub { bill: *bill, payment: noted.clone() };
            staging.archive(archive::receipt(*receipt), Archived::Receipt(Arc::new(stub)));
            if let Some(mut bill) = staged_bill(staging, *bill)? {
                Arc::make_mut(&mut bill).take(noted, *state, *share);
                passes::bill_changed(staging, &bill);
                put_bill(staging, bill);
            }
            if let Some(waited) = payment.from_suspense {
                staging.pending().totals.leave_suspense(waited, key(None), payment.money);
                passes::forget_waiting(staging, *bill, waited)?;
            }
        }
    }
    if let Some(id) = payment.attempt
        && let Some(mut attempt) = staged_attempt(staging, id)?
        && let Some(state) = attempt.state.after(crate::payments::AttemptEvent::MoneyArrived)
    {
        let changed = Arc::make_mut(&mut attempt);
        changed.state = state;
        changed.channel_receipt = Some(Arc::clone(&payment.receipt.number));
        changed.changed_by = record.sequence;
        put_attempt(staging, attempt);
    }
    Ok(())
}
