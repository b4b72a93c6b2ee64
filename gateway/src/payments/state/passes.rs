//! What a record does to numbers that are kept for devices, and to batches that come again: both lie in the archive, for they
//! are asked for seldom. And what becomes of the account of a tour operator when a bill on it does.

use std::sync::Arc;

use ledger::table::RunError;
use ledger::{Record, Staging};

use super::Payments;
use crate::payments::archive::{self, Archived};
use crate::payments::bill::Bill;
use crate::payments::event::{Event, PaymentReceived};
use crate::payments::gates::{GateEvent, TakenBatch};
use crate::payments::number::PaymentNumber;
use crate::payments::passes::{PassNumber, PassStub, WAITING_PER_NUMBER_MAX, WaitingMoney};

pub(super) fn stage(
    staging: &mut Staging<'_, Payments>,
    event: &GateEvent,
    sequence: u64,
) -> Result<(), RunError> {
    match event {
        GateEvent::NumbersKept { device, agency, numbers } => {
            for number in numbers {
                let kept = PassNumber {
                    device: device.clone(),
                    agency: agency.clone(),
                    pass: None,
                    waiting: Vec::new(),
                };
                put(staging, *number, kept);
            }
        }
        GateEvent::BatchTaken { device, number, hash, untrusted, uses, passes } => {
            for pass in passes.iter().filter(|pass| pass.outcome.takes_number()) {
                if let Some(mut kept) = staged_number(staging, pass.bill)? {
                    kept.pass = Some(PassStub { hash: pass.hash.clone(), sequence });
                    put(staging, pass.bill, kept);
                }
            }
            let taken = TakenBatch {
                hash: hash.clone(),
                sequence,
                untrusted: *untrusted,
                uses: uses.clone(),
                passes: passes.clone(),
            };
            staging.archive(archive::gate_batch(device, *number), Archived::GateBatch(Arc::new(taken)));
        }
        _ => {}
    }
    Ok(())
}

/// Remembers money that came for a number of which nobody has told us yet.
pub(super) fn note_waiting(
    staging: &mut Staging<'_, Payments>,
    number: PaymentNumber,
    record: &Record<Event>,
    payment: &PaymentReceived,
) -> Result<(), RunError> {
    if let Some(mut kept) = staged_number(staging, number)?
        && kept.waiting.len() < WAITING_PER_NUMBER_MAX
    {
        let waiting = WaitingMoney::of(record.sequence, record.time, record.draft.evidence, payment);
        kept.waiting.push(waiting);
        put(staging, number, kept);
    }
    Ok(())
}

/// Money has been put to the bill of this number.
pub(super) fn forget_waiting(
    staging: &mut Staging<'_, Payments>,
    number: PaymentNumber,
    sequence: u64,
) -> Result<(), RunError> {
    if let Some(mut kept) = staged_number(staging, number)?
        && kept.waiting.iter().any(|waiting| waiting.sequence == sequence)
    {
        kept.waiting.retain(|waiting| waiting.sequence != sequence);
        put(staging, number, kept);
    }
    Ok(())
}

/// A bill is not what it was. If it is a pass on the account of a tour operator, or an invoice of one, so is the account.
pub(super) fn bill_changed(staging: &mut Staging<'_, Payments>, bill: &Bill) {
    let Some(code) = &bill.terms.agency_reference else { return };
    let known = staging.state();
    let gates = staging.pending().gates.as_ref().unwrap_or(&known.gates);
    if gates.is_on_account(code, bill.terms.number) {
        super::pending_gates(staging).bill_became(code, bill.terms.number, bill.state);
    }
}

fn put(staging: &mut Staging<'_, Payments>, number: PaymentNumber, kept: PassNumber) {
    staging.archive(archive::pass_number(number), Archived::PassNumber(Arc::new(kept)));
}

fn staged_number(
    staging: &mut Staging<'_, Payments>,
    number: PaymentNumber,
) -> Result<Option<PassNumber>, RunError> {
    let archived = staging.archived(&archive::pass_number(number))?.and_then(Archived::pass_number);
    Ok(archived.map(Arc::unwrap_or_clone))
}
