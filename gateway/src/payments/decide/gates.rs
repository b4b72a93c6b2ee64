//! Gates that worked without us: who stands there, and what they bring.

use std::collections::HashMap;
use std::sync::Arc;

use ledger::table::RunError;
use ledger::{Decision, LedgerTime, View};

use super::{Payments, draft, operators, passes, refuse};
use crate::access::ApiKey;
use crate::clock::east_africa_date;
use crate::payments::command::{Answer, Command, Refusal};
use crate::payments::event::Event;
use crate::payments::gates::{
    GATE_DEVICES_MAX, GateAsk, GateDevice, GateEvent, GateRefusal, GateUse, KnownDevice, UseOutcome,
};
use crate::payments::number::PaymentNumber;
use crate::payments::passes::NewPass;
use crate::payments::visits::VisitEvent;

/// Decides on what is asked about gates.
pub(super) fn decide(
    view: &View<'_, Payments>,
    command: &Command,
    ask: &GateAsk,
) -> Result<Decision<Payments>, RunError> {
    match ask {
        GateAsk::Certify { device, key } => Ok(certify(view, command, device, key)),
        GateAsk::Revoke { device, agency } => Ok(revoke(view, command, device, agency)),
        GateAsk::TakeBatch { device, number, hash, uses, passes, random } => {
            let brought = Brought { uses, passes, random: *random };
            take_batch(view, command, device, *number, hash, &brought)
        }
        GateAsk::KeepNumbers { device, randoms } => passes::keep_numbers(view, command, device, randoms),
        GateAsk::Claim(claimed) => passes::claim(view, command, claimed),
        GateAsk::NameOperator { operator, idempotency } => {
            operators::name(view, command, operator, idempotency.as_ref())
        }
        GateAsk::Invoice(invoice) => operators::invoice(view, command, invoice),
    }
}

/// What a device brings.
struct Brought<'a> {
    uses: &'a [(PaymentNumber, LedgerTime)],
    passes: &'a [NewPass],
    random: u64,
}

fn certify(
    view: &View<'_, Payments>,
    command: &Command,
    device: &GateDevice,
    key: &ApiKey,
) -> Decision<Payments> {
    let gates = Payments::gates(view);
    if gates.device(&device.id).is_some() {
        return refuse(GateRefusal::AlreadyCertified.into());
    }
    if gates.device_count() >= GATE_DEVICES_MAX {
        return refuse(GateRefusal::TooManyDevices.into());
    }
    if Payments::key(view, &key.id).is_some() {
        return refuse(Refusal::KeyExists);
    }
    let certified = Event::Gate(GateEvent::Certified { device: device.clone() });
    let handed = Event::KeyIssued { key: key.clone() };
    let answer = Answer::Done { sequence: view.next_sequence() };
    Decision { drafts: vec![draft(command, certified), draft(command, handed)], answer }
}

fn revoke(
    view: &View<'_, Payments>,
    command: &Command,
    device: &Arc<str>,
    agency: &Arc<str>,
) -> Decision<Payments> {
    match Payments::gates(view).device(device).filter(|known| known.device.agency == *agency) {
        None => refuse(GateRefusal::NoSuchDevice.into()),
        Some(known) if known.revoked.is_some() => Decision::answer(Answer::Nothing),
        Some(_) => {
            let event = Event::Gate(GateEvent::Revoked { device: device.clone() });
            Decision::record(draft(command, event), Answer::Done { sequence: view.next_sequence() })
        }
    }
}

fn take_batch(
    view: &View<'_, Payments>,
    command: &Command,
    device: &Arc<str>,
    number: u64,
    hash: &Arc<str>,
    brought: &Brought<'_>,
) -> Result<Decision<Payments>, RunError> {
    let Some(known) = Payments::gates(view).device(device) else {
        return Ok(refuse(GateRefusal::NoSuchDevice.into()));
    };
    if let Some(taken) = Payments::gate_batch(view, device, number)? {
        return Ok(if taken.hash == *hash {
            Decision::answer(Answer::Repeated { sequence: taken.sequence })
        } else {
            refuse(GateRefusal::OtherBatch { number }.into())
        });
    }
    let expected = known.batch_count + 1;
    if number != expected {
        return Ok(refuse(GateRefusal::OutOfOrder { expected }.into()));
    }
    let sequence = view.next_sequence();
    let (mut judged, mut visits) = (Vec::new(), HashMap::new());
    for (bill, at) in brought.uses {
        let outcome = judge(view, known, *bill, *at, &visits)?;
        if !matches!(outcome, UseOutcome::UsedTwice { .. } | UseOutcome::NoSuchBill) {
            visits.insert(*bill, (*at, sequence + 1 + visits.len() as u64));
        }
        judged.push(GateUse { bill: *bill, at: *at, outcome });
    }
    let visited = judged
        .iter()
        .filter(|used| visits.contains_key(&used.bill))
        .filter(|used| !matches!(used.outcome, UseOutcome::UsedTwice { .. }));
    let visits: Vec<_> =
        visited.map(|used| draft(command, visit_of(known, used.bill, used.at))).collect();
    let first = sequence + 1 + visits.len() as u64;
    let passes = passes::take(view, command, known, brought.passes, brought.random, first)?;
    let taken = Event::Gate(GateEvent::BatchTaken {
        device: device.clone(),
        number,
        hash: hash.clone(),
        untrusted: !known.is_trusted(view.now()),
        uses: judged,
        passes: passes.judged,
    });
    let drafts = [draft(command, taken)].into_iter().chain(visits).chain(passes.drafts).collect();
    Ok(Decision { drafts, answer: Answer::Done { sequence } })
}

/// Somebody whom a device let in.
pub(super) fn visit_of(known: &KnownDevice, bill: PaymentNumber, at: LedgerTime) -> Event {
    Event::Visit(VisitEvent::Used {
        bill,
        agency: known.device.agency.clone(),
        gate: known.device.gate.clone(),
        at: Some(at),
    })
}

/// What the books say to somebody who was let in. They are inside: whatever it is, it is their visit, unless it was
/// somebody's before or there is no such bill.
fn judge(
    view: &View<'_, Payments>,
    known: &KnownDevice,
    number: PaymentNumber,
    at: LedgerTime,
    of_this_batch: &HashMap<PaymentNumber, (LedgerTime, u64)>,
) -> Result<UseOutcome, RunError> {
    let found = Payments::bill(view, number)?.filter(|bill| bill.terms.agency == known.device.agency);
    let Some(bill) = found else { return Ok(UseOutcome::NoSuchBill) };
    if let Some((first_at, sequence)) = of_this_batch.get(&number) {
        let gate = known.device.gate.clone();
        return Ok(UseOutcome::UsedTwice { gate, first_at: *first_at, sequence: *sequence });
    }
    if let Some(visit) = Payments::visit(view, number)? {
        let (gate, sequence) = (visit.gate.clone(), visit.sequence);
        return Ok(UseOutcome::UsedTwice { gate, first_at: visit.at, sequence });
    }
    if !bill.state.is_settled() {
        return Ok(UseOutcome::NotPaid { state: bill.state });
    }
    let on = east_africa_date(at.micros());
    let other_day = bill.terms.visit_day.filter(|day| *day != on);
    Ok(other_day.map_or(UseOutcome::LetIn, |day| UseOutcome::WrongDay { day }))
}
