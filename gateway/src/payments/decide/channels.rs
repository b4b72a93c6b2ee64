//! What is found out about channels, said of them and planned: believed if their life has it and it has lasted.

use ledger::{Decision, LedgerTime, View};

use super::{Payments, draft, refuse};
use crate::payments::channels::{
    Board, ChannelAsk, ChannelEvent, ChannelHappening, ChannelPlace, ChannelRefusal, ChannelScope,
    ChannelState, Evidence, PIN_DAYS_MAX, PINS_MAX, PinTerms, STANDINGS_MAX, WINDOW_DAYS_MAX, WINDOWS_MAX,
    WindowTerms, dwell_seconds,
};
use crate::payments::command::{Answer, Command, Refusal};
use crate::payments::event::Event;

const DAY_SECONDS: i64 = 86_400;

/// Decides on what is asked about channels.
pub(super) fn decide(view: &View<'_, Payments>, command: &Command, ask: &ChannelAsk) -> Decision<Payments> {
    match change(Payments::channels(view), view.now(), ask) {
        Ok(Some(event)) => {
            let answer = Answer::Done { sequence: view.next_sequence() };
            Decision::record(draft(command, Event::Channel(event)), answer)
        }
        Ok(None) => Decision::answer(Answer::Nothing),
        Err(refusal) => refuse(Refusal::Channel(refusal)),
    }
}

/// What follows from what is asked, by what is known of channels at this moment.
pub(in crate::payments) fn change(
    board: &Board,
    now: LedgerTime,
    ask: &ChannelAsk,
) -> Result<Option<ChannelEvent>, ChannelRefusal> {
    match ask {
        ChannelAsk::Find { place, on, evidence } => find(now, board, place, *on, evidence),
        ChannelAsk::Pin { scope, terms } => pin_is_possible(now, board, scope, terms).map(|()| {
            let is_new = board.pin(scope).is_none_or(|pin| *pin.terms != *terms);
            is_new.then(|| ChannelEvent::Pinned { scope: scope.clone(), terms: terms.clone() })
        }),
        ChannelAsk::Unpin { scope } => match board.pin(scope) {
            Some(_) => Ok(Some(ChannelEvent::Unpinned { scope: scope.clone() })),
            None => Err(ChannelRefusal::NotPinned),
        },
        ChannelAsk::PlanWindow(terms) => plan_is_possible(now, board, terms).map(|()| {
            let is_new = board.windows().all(|(_, window)| *window.terms != *terms);
            is_new.then(|| ChannelEvent::WindowPlanned { terms: terms.clone() })
        }),
        ChannelAsk::EndWindow { window } => match board.window(*window) {
            Some(_) => Ok(Some(ChannelEvent::WindowEnded { window: *window })),
            None => Err(ChannelRefusal::NoSuchWindow),
        },
    }
}

/// What was found out changes something only if it can happen to a channel that is what this one is, and if that has
/// lasted for long enough.
fn find(
    now: LedgerTime,
    board: &Board,
    place: &ChannelPlace,
    on: ChannelHappening,
    evidence: &Evidence,
) -> Result<Option<ChannelEvent>, ChannelRefusal> {
    let standing = board.standing(place);
    let from = standing.map_or(ChannelState::Up, |standing| standing.state);
    let Some(to) = from.after(on) else { return Ok(None) };
    let has_lasted =
        standing.is_none_or(|standing| standing.since.plus_seconds(dwell_seconds(from, on)) <= now);
    if !has_lasted {
        return Ok(None);
    }
    if standing.is_none() && board.counts().0 >= STANDINGS_MAX {
        return Err(ChannelRefusal::TooMany);
    }
    Ok(Some(ChannelEvent::Found { place: place.clone(), on, from, to, evidence: evidence.clone() }))
}

fn pin_is_possible(
    now: LedgerTime,
    board: &Board,
    scope: &ChannelScope,
    terms: &PinTerms,
) -> Result<(), ChannelRefusal> {
    ends_within(now, terms.until, PIN_DAYS_MAX)?;
    let is_new = board.pin(scope).is_none();
    if is_new && board.counts().1 >= PINS_MAX { Err(ChannelRefusal::TooMany) } else { Ok(()) }
}

fn plan_is_possible(now: LedgerTime, board: &Board, terms: &WindowTerms) -> Result<(), ChannelRefusal> {
    if terms.until <= terms.from {
        return Err(ChannelRefusal::Backwards);
    }
    ends_within(now, terms.until, WINDOW_DAYS_MAX)?;
    if board.counts().2 >= WINDOWS_MAX { Err(ChannelRefusal::TooMany) } else { Ok(()) }
}

/// Whether this end is still to come, and not further away than so many days.
fn ends_within(now: LedgerTime, until: LedgerTime, days: i64) -> Result<(), ChannelRefusal> {
    if until <= now {
        Err(ChannelRefusal::Past)
    } else if until > now.plus_seconds(days * DAY_SECONDS) {
        Err(ChannelRefusal::TooFar { days })
    } else {
        Ok(())
    }
}
