//! What operators and time ask for: keys, expiry, the end of the day.

use std::sync::Arc;

use ledger::{Decision, View};

use super::{Payments, draft, refuse};
use crate::access::ApiKey;
use crate::payments::attempt_life::AttemptEvent;
use crate::payments::command::{Answer, Command, Refusal};
use crate::payments::event::Event;
use crate::payments::usage::UsageCounts;

/// Bills, attempts and closures, each, that one tick deals with; the next tick goes on.
pub(in crate::payments) const DUE_PER_TICK_MAX: usize = 500;
/// All of them together: what a tick does is records of one batch, and there is a quarter of a MiB between the length from
/// which a batch takes no further decision and the one that it must not pass.
const DUE_TOGETHER_MAX: usize = 1_000;

/// Hands out a key.
pub(super) fn issue_key(view: &View<'_, Payments>, command: &Command, key: &ApiKey) -> Decision<Payments> {
    if Payments::key(view, &key.id).is_some() {
        return refuse(Refusal::KeyExists);
    }
    let event = Event::KeyIssued { key: key.clone() };
    Decision::record(draft(command, event), Answer::Done { sequence: view.next_sequence() })
}

/// Ends a key at once.
pub(super) fn revoke_key(view: &View<'_, Payments>, command: &Command, id: &Arc<str>) -> Decision<Payments> {
    if Payments::key(view, id).is_none() {
        return refuse(Refusal::NoSuchKey);
    }
    let event = Event::KeyRevoked { id: id.clone() };
    Decision::record(draft(command, event), Answer::Done { sequence: view.next_sequence() })
}

/// Keeps what was counted: there is nothing to decide about it.
pub(super) fn count_usage(
    view: &View<'_, Payments>,
    command: &Command,
    counts: &UsageCounts,
) -> Decision<Payments> {
    let event = Event::UsageCounted(counts.clone());
    Decision::record(draft(command, event), Answer::Done { sequence: view.next_sequence() })
}

/// Does what time has made due.
pub(super) fn tick(view: &View<'_, Payments>, command: &Command, today: i32) -> Decision<Payments> {
    let expired = Payments::expired_bills(view, DUE_PER_TICK_MAX).into_iter();
    let expired = expired.map(|bill| Event::BillExpired { bill });
    let overdue = Payments::overdue_attempts(view, DUE_PER_TICK_MAX).into_iter().filter_map(|attempt| {
        let to = attempt.state.after(AttemptEvent::Overdue)?;
        let event = Event::AttemptMoved {
            attempt: attempt.id,
            on: AttemptEvent::Overdue,
            to,
            code: None,
            channel_receipt: None,
        };
        Some(event)
    });
    // The first day is open from the first tick on; each later one closes the day before it, one record a day.
    let closed = match Payments::day(view) {
        None => Some(Event::DayClosed { day: today - 1 }),
        Some(day) if day < today => Some(Event::DayClosed { day }),
        Some(_) => None,
    };
    let availability = Payments::availability(view).due(view.now(), DUE_PER_TICK_MAX).into_iter();
    let availability = availability.map(Event::AvailabilityChanged);
    let channels = Payments::channels(view).due(view.now(), DUE_PER_TICK_MAX).into_iter();
    let channels = channels.map(Event::Channel);
    let due = expired.chain(overdue).chain(availability).chain(channels).take(DUE_TOGETHER_MAX).chain(closed);
    let drafts: Vec<_> = due.map(|event| draft(command, event)).collect();
    let answer =
        if drafts.is_empty() { Answer::Nothing } else { Answer::Done { sequence: view.next_sequence() } };
    Decision { drafts, answer }
}
