//! Counters within the state: where decisions look, and what records change.

use std::sync::Arc;

use ledger::{Record, Staging, View};

use super::Payments;
use crate::payments::counters::{CounterEvent, Counters};
use crate::payments::event::Event;
use crate::payments::sweeps::SweepEvent;

impl Payments {
    /// Counters that take cash.
    pub(in crate::payments) fn counters<'a>(view: &'a View<'_, Self>) -> &'a Counters {
        view.pending().counters.as_ref().unwrap_or(&view.state().counters)
    }
}

pub(super) fn stage(staging: &mut Staging<'_, Payments>, record: &Record<Event>, event: &CounterEvent) {
    pending(staging).apply(event, &record.draft.principal, record.time, record.sequence);
}

/// Cash of a counter that left for the bank, or came back. Before the sweep itself is changed.
pub(super) fn stage_sweep(staging: &mut Staging<'_, Payments>, event: &SweepEvent) {
    let (account, money, came_back) = match event {
        SweepEvent::Sent { account, money, .. } => (account.clone(), *money, false),
        SweepEvent::Returned { sweep } => {
            let pending = staging.pending().sweeps.clone();
            let sweeps = pending.unwrap_or_else(|| Arc::clone(&staging.state().sweeps));
            let Some(sweep) = sweeps.get(*sweep) else { return };
            (sweep.account.clone(), sweep.money, true)
        }
        SweepEvent::Confirmed { .. } | SweepEvent::Told { .. } => return,
    };
    if account.provider == crate::payments::Provider::Counter {
        pending(staging).note_sweep(&account, money, came_back);
    }
}

fn pending<'a>(staging: &'a mut Staging<'_, Payments>) -> &'a mut Counters {
    let known = &staging.state().counters;
    Arc::make_mut(staging.pending().counters.get_or_insert_with(|| Arc::clone(known)))
}
