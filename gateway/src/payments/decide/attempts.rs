//! Attempts are recorded before anybody is asked, and moved by whatever is heard of them.

use ledger::table::RunError;
use ledger::{Decision, View};

use super::{Payments, draft, note_request, once, refuse};
use crate::payments::attempt::PROMPT_LIFE_SECONDS;
use crate::payments::command::{Answer, AttemptNews, Command, NewAttempt, Refusal};
use crate::payments::event::Event;

/// Records the intention to ask, unless an earlier prompt for the bill may still be answered.
pub(super) fn create(
    view: &View<'_, Payments>,
    command: &Command,
    new: &NewAttempt,
) -> Result<Decision<Payments>, RunError> {
    once(view, new.idempotency.as_ref(), || {
        let Some(bill) = Payments::bill(view, new.bill)? else { return Ok(refuse(Refusal::NoSuchBill)) };
        if !bill.state.is_open() {
            return Ok(refuse(Refusal::BillIs { state: bill.state }));
        }
        if let Some(id) = bill.latest_attempt
            && let Some(attempt) = Payments::attempt(view, id)?
            && attempt.can_live(view.now())
        {
            let until = attempt.created.plus_seconds(PROMPT_LIFE_SECONDS);
            return Ok(refuse(Refusal::PromptMayLive { attempt: id, until }));
        }
        let event = Event::AttemptCreated {
            attempt: new.id,
            bill: new.bill,
            method: new.method,
            money: bill.due(),
        };
        let mut draft = draft(command, event);
        draft.sealed.clone_from(&new.sealed);
        note_request(&mut draft, new.idempotency.as_ref());
        Ok(Decision::record(draft, Answer::Done { sequence: view.next_sequence() }))
    })
}

/// Moves an attempt, if the news changes anything.
pub(super) fn take_news(
    view: &View<'_, Payments>,
    command: &Command,
    news: &AttemptNews,
) -> Result<Decision<Payments>, RunError> {
    let Some(attempt) = Payments::attempt(view, news.attempt)? else { return Ok(refuse(Refusal::NoSuchAttempt)) };
    let says_nothing_new = news.provider_id.is_none() || news.provider_id == attempt.provider_id;
    let Some(to) = news.becomes(attempt.state).filter(|to| *to != attempt.state || !attempt.said_paid) else {
        // The answer to our request may come after the provider's callback: its name for the prompt is still wanted.
        if says_nothing_new || attempt.state.is_finished() {
            return Ok(Decision::answer(Answer::Nothing));
        }
        let event = Event::AttemptMoved {
            attempt: news.attempt,
            on: news.on,
            to: attempt.state,
            code: None,
            provider_id: news.provider_id.clone(),
            channel_receipt: None,
        };
        return Ok(Decision::record(draft(command, event), Answer::Done { sequence: view.next_sequence() }));
    };
    let event = Event::AttemptMoved {
        attempt: news.attempt,
        on: news.on,
        to,
        code: news.code.clone(),
        provider_id: news.provider_id.clone(),
        channel_receipt: None,
    };
    Ok(Decision::record(draft(command, event), Answer::Done { sequence: view.next_sequence() }))
}
