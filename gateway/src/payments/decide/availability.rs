//! Services and agencies are closed for a time and opened again; agencies' own systems are down and up.

use std::sync::Arc;

use ledger::{Decision, LedgerTime, View};

use super::{Payments, draft, refuse};
use crate::payments::availability::{
    Availability, AvailabilityChange, AvailabilityScope, CLOSURES_MAX, CLOSURES_OF_AGENCIES_MAX,
    CLOSURES_OF_ONE_AGENCY_MAX, ClosedBy, ClosureTerms,
};
use crate::payments::command::{Answer, Command, NewBill, Refusal};
use crate::payments::event::Event;

/// Closes something, or plans to. Saying the same again changes nothing.
pub(super) fn close(
    view: &View<'_, Payments>,
    command: &Command,
    scope: &AvailabilityScope,
    terms: &ClosureTerms,
) -> Decision<Payments> {
    let availability = Payments::availability(view);
    match availability.closure(scope) {
        Some((_, closure)) if closure.terms == *terms => return Decision::answer(Answer::Nothing),
        Some((_, closure)) if closure.terms.closed_by > terms.closed_by => {
            return refuse(Refusal::ClosedByOperator);
        }
        // The plan would take its place, and open it until then.
        Some((_, closure)) if closure.in_force && terms.from.is_some_and(|from| from > view.now()) => {
            return refuse(Refusal::ClosedNow);
        }
        Some(_) => {}
        None if !has_room(availability, scope, terms) => return refuse(Refusal::TooManyClosures),
        None => {}
    }
    record(view, command, AvailabilityChange::Closed { scope: scope.clone(), terms: terms.clone() })
}

/// Whether one closure more has room. No agency uses up what all have, nor all agencies what operators need.
fn has_room(availability: &Availability, scope: &AvailabilityScope, terms: &ClosureTerms) -> bool {
    let (of_this_agency, of_agencies) = availability.closure_counts_of_agencies(terms.agency_of(scope));
    let agency_has_room =
        of_this_agency < CLOSURES_OF_ONE_AGENCY_MAX && of_agencies < CLOSURES_OF_AGENCIES_MAX;
    availability.closure_count() < CLOSURES_MAX && (terms.closed_by == ClosedBy::Operator || agency_has_room)
}

/// Opens something again, or gives a plan up. What is open stays open.
pub(super) fn open(
    view: &View<'_, Payments>,
    command: &Command,
    scope: &AvailabilityScope,
    opened_by: ClosedBy,
) -> Decision<Payments> {
    match Payments::availability(view).closure(scope) {
        None => Decision::answer(Answer::Nothing),
        Some((_, closure)) if closure.terms.closed_by > opened_by => refuse(Refusal::ClosedByOperator),
        Some(_) => record(view, command, AvailabilityChange::Opened { scope: scope.clone() }),
    }
}

/// Notes how an agency's own system is, unless that is known.
pub(super) fn note_system(
    view: &View<'_, Payments>,
    command: &Command,
    agency: &Arc<str>,
    system: &Arc<str>,
    is_down: bool,
) -> Decision<Payments> {
    if Payments::availability(view).system_down(agency, system).is_some() == is_down {
        return Decision::answer(Answer::Nothing);
    }
    let (agency, system) = (Arc::clone(agency), Arc::clone(system));
    let change = if is_down {
        AvailabilityChange::SystemDown { agency, system }
    } else {
        AvailabilityChange::SystemUp { agency, system }
    };
    record(view, command, change)
}

/// Why no bill can be made for a service now, if it is closed. Bills that exist, and money, never come here.
pub(super) fn refusal_of_bill(view: &View<'_, Payments>, new: &NewBill) -> Option<Refusal> {
    let availability = Payments::availability(view);
    let (_, closure) = availability.of_service(&new.agency, &new.service, None).closed?;
    // The end may have passed and wait for the next tick.
    let left = |until: LedgerTime| until.micros().saturating_sub(view.now().micros()).max(0);
    // Rounded up, and once more: whoever comes back then finds it open.
    let left_micros = closure.terms.until.map(left);
    let seconds = left_micros.map(|micros| u32::try_from(micros / 1_000_000 + 2).unwrap_or(u32::MAX));
    Some(Refusal::Closed { reason: closure.terms.reason.clone(), seconds_left: seconds })
}

fn record(view: &View<'_, Payments>, command: &Command, change: AvailabilityChange) -> Decision<Payments> {
    let event = Event::AvailabilityChanged(change);
    Decision::record(draft(command, event), Answer::Done { sequence: view.next_sequence() })
}
