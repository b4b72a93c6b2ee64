//! Fallback money goes home. Never more than an account has, and never by one person alone.

use ledger::table::RunError;
use ledger::{Claim, Decision, Money, ShortKey, View};

use super::{Payments, draft, note_request, once, refuse};
use crate::payments::channel_receipt::{PaymentFacts, Provider};
use crate::payments::chart;
use crate::payments::command::{Answer, Command, Idempotency, MoneyIn, Refusal};
use crate::payments::event::Event;
use crate::payments::sweeps::{
    CollectedOn, SWEEPS_IN_TRANSIT_MAX, SweepAsk, SweepEvent, SweepReference, SweepRefusal, SweepState,
};

/// Decides on what is asked about sweeps.
pub(super) fn decide(
    view: &View<'_, Payments>,
    command: &Command,
    ask: &SweepAsk,
) -> Result<Decision<Payments>, RunError> {
    match ask {
        SweepAsk::Send { account, money, reference, idempotency } => {
            let idempotency = idempotency.as_ref();
            once(view, idempotency, || send(view, command, (account, *money, *reference), idempotency))
        }
        SweepAsk::End { sweep, arrived_on, idempotency } => {
            let idempotency = idempotency.as_ref();
            once(view, idempotency, || Ok(end(view, command, *sweep, arrived_on.as_ref(), idempotency)))
        }
    }
}

fn send(
    view: &View<'_, Payments>,
    command: &Command,
    (account, money, reference): (&CollectedOn, Money, SweepReference),
    idempotency: Option<&Idempotency>,
) -> Result<Decision<Payments>, RunError> {
    let refused = |refusal| Ok(refuse(Refusal::Sweep(refusal)));
    let key = reference_key(reference);
    if view.claimed(&ShortKey::of(&key))?.is_some() {
        return refused(SweepRefusal::ReferenceUsed);
    }
    if Payments::sweeps(view).in_transit_count() >= SWEEPS_IN_TRANSIT_MAX {
        return refused(SweepRefusal::TooMany);
    }
    let there = view.balance(&chart::collection_account(account), money.currency()).net_debit();
    // What a count found to lack does not lie there, though a second person has not agreed yet.
    let counted = (account.provider == Provider::Counter)
        .then(|| i128::from(Payments::counters(view).held_at(&account.short_code).minor()));
    let there = counted.map_or(there, |counted| there.min(counted));
    if !money.is_positive() || there < i128::from(money.minor()) {
        return refused(SweepRefusal::MoreThanIsThere);
    }
    let event = SweepEvent::Sent { account: account.clone(), money, reference };
    let mut draft = draft(command, Event::Sweep(event));
    draft.claims.push(Claim { key: key.into(), detail: [0; 24] });
    draft.entries.push(chart::entry_for_sweep(
        "sweep_sent",
        chart::in_transit(account),
        chart::collection_account(account),
        money,
    ));
    note_request(&mut draft, idempotency);
    Ok(Decision::record(draft, Answer::Done { sequence: view.next_sequence() }))
}

fn end(
    view: &View<'_, Payments>,
    command: &Command,
    id: u64,
    arrived_on: Option<&CollectedOn>,
    idempotency: Option<&Idempotency>,
) -> Decision<Payments> {
    let refused = |refusal| refuse(Refusal::Sweep(refusal));
    let Some(sweep) = Payments::sweeps(view).get(id) else { return refused(SweepRefusal::NoSuchSweep) };
    if sweep.state != SweepState::InTransit {
        return refused(SweepRefusal::Is(sweep.state));
    }
    if sweep.sent_by == command.principal {
        return refused(SweepRefusal::SamePrincipal);
    }
    let in_transit = chart::in_transit(&sweep.account);
    let (event, reason, to) = match arrived_on {
        Some(home) => {
            let event = SweepEvent::Confirmed { sweep: id, receipt: None };
            (event, "sweep_confirmed", chart::collection_account(home))
        }
        None => {
            (SweepEvent::Returned { sweep: id }, "sweep_returned", chart::collection_account(&sweep.account))
        }
    };
    let mut draft = draft(command, Event::Sweep(event));
    draft.entries.push(chart::entry_for_sweep(reason, to, in_transit, sweep.money));
    note_request(&mut draft, idempotency);
    Decision::record(draft, Answer::Done { sequence: view.next_sequence() })
}

/// M-PESA tells of money under a sweep's reference. It is the sweep's arrival if it is exactly its amount, whether or not somebody
/// has said so before; nothing is decided here about anything else.
pub(super) fn arrival(
    view: &View<'_, Payments>,
    command: &Command,
    money_in: &MoneyIn,
    reference: SweepReference,
) -> Option<Decision<Payments>> {
    let sweep = Payments::sweeps(view).of_reference(reference)?;
    if sweep.money != money_in.money || sweep.receipt.is_some() {
        return None;
    }
    let (id, receipt) = (sweep.id, money_in.receipt.clone());
    let (event, entry) = match sweep.state {
        SweepState::InTransit => {
            let home = chart::channel_clearing(&money_in.receipt);
            let entry = chart::entry_for_sweep(
                "sweep_confirmed",
                home,
                chart::in_transit(&sweep.account),
                sweep.money,
            );
            (SweepEvent::Confirmed { sweep: id, receipt: Some(receipt) }, Some(entry))
        }
        SweepState::Confirmed => (SweepEvent::Told { sweep: id, receipt }, None),
        SweepState::Returned => return None,
    };
    let facts = PaymentFacts { money: money_in.money, account: money_in.account_fact };
    let mut draft = draft(command, Event::Sweep(event));
    draft.evidence = money_in.evidence;
    draft.claims.push(Claim { key: money_in.receipt.credit_key().into(), detail: facts.to_detail() });
    draft.entries.extend(entry);
    draft.sealed.clone_from(&money_in.sealed);
    Some(Decision::record(draft, Answer::Booked { sequence: view.next_sequence() }))
}

/// What a reference claims, once: by the sweep that has it, or by money that came under it before there was one.
pub(super) fn reference_key(reference: SweepReference) -> String {
    format!("sweep {reference}")
}
