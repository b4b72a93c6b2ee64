//! Attempts are recorded before anybody is asked, and moved by whatever is heard of them.

use ledger::table::RunError;
use ledger::{Decision, LedgerTime, View};

use super::{Payments, draft, note_request, once, refuse};
use crate::payments::attempt::{Attempt, Method};
use crate::payments::bill::Bill;
use crate::payments::channels::{Board, ChannelState};
use crate::payments::command::{Answer, AttemptNews, Command, NewAttempt, Refusal};
use crate::payments::event::Event;

/// Records the intention to ask, unless an earlier prompt for the bill may still be answered or the channel is down.
pub(super) fn create(
    view: &View<'_, Payments>,
    command: &Command,
    new: &NewAttempt,
) -> Result<Decision<Payments>, RunError> {
    once(view, new.idempotency.as_ref(), || {
        let Some(bill) = Payments::bill(view, new.bill)? else { return Ok(refuse(Refusal::NoSuchBill)) };
        let latest = match bill.latest_attempt {
            Some(id) if bill.state.is_open() => Payments::attempt(view, id)?,
            _ => None,
        };
        let board = Payments::channels(view);
        if let Some(refusal) = why_nobody_is_asked(&bill, latest.as_deref(), board, new.method, view.now()) {
            return Ok(refuse(refusal));
        }
        let event =
            Event::AttemptCreated { attempt: new.id, bill: new.bill, method: new.method, money: bill.due() };
        let mut draft = draft(command, event);
        draft.sealed.clone_from(&new.sealed);
        note_request(&mut draft, new.idempotency.as_ref());
        Ok(Decision::record(draft, Answer::Done { sequence: view.next_sequence() }))
    })
}

/// Why a payer may not be asked now for what is due, if there is a reason. `latest` is the bill's latest attempt.
pub(in crate::payments) fn why_nobody_is_asked(
    bill: &Bill,
    latest: Option<&Attempt>,
    board: &Board,
    method: Method,
    now: LedgerTime,
) -> Option<Refusal> {
    if !bill.state.is_open() {
        return Some(Refusal::BillIs { state: bill.state });
    }
    if let Some(attempt) = latest.filter(|attempt| attempt.can_live(now)) {
        let until = attempt.lives_until();
        return Some(Refusal::PromptMayLive { attempt: attempt.id, until });
    }
    let channel = method.channel();
    let is_down = board.of_channel(&channel, &bill.terms.agency).state == ChannelState::Down;
    is_down.then_some(Refusal::ChannelDown { channel })
}

/// Moves an attempt, if the news changes anything.
pub(super) fn take_news(
    view: &View<'_, Payments>,
    command: &Command,
    news: &AttemptNews,
) -> Result<Decision<Payments>, RunError> {
    let Some(attempt) = Payments::attempt(view, news.attempt)? else {
        return Ok(refuse(Refusal::NoSuchAttempt));
    };
    let moves_to = news.becomes(attempt.state).filter(|to| *to != attempt.state || !attempt.said_paid);
    // The answer to our own request may come after the provider's callback has moved the attempt: its name for the
    // prompt is still wanted as long as the attempt is not finished.
    let names_prompt =
        news.sealed.is_some() && attempt.prompt_record.is_none() && !attempt.state.is_finished();
    let to = match moves_to {
        Some(to) => to,
        None if names_prompt => attempt.state,
        None => return Ok(Decision::answer(Answer::Nothing)),
    };
    let event = Event::AttemptMoved {
        attempt: news.attempt,
        on: news.on,
        to,
        code: news.code.clone(),
        channel_receipt: None,
    };
    let mut draft = draft(command, event);
    draft.sealed.clone_from(&news.sealed);
    Ok(Decision::record(draft, Answer::Done { sequence: view.next_sequence() }))
}
