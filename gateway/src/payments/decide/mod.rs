//! Decisions: functions from what is known and what is asked to what is written and what is answered. Pure; time and
//! chance come in with the command.

mod applications;
mod applied;
mod attempts;
mod availability;
mod bills;
mod book_numbers;
mod catalogues;
mod channels;
mod counters;
mod gates;
mod listed;
mod messages;
mod money_in;
mod named;
mod notices;
mod operations;
mod operators;
mod passes;
mod staff;
mod sweeps;
mod taken_back;
mod visits;

#[cfg(test)]
pub(super) use self::attempts::why_nobody_is_asked;
#[cfg(test)]
pub(super) use self::channels::change;
#[cfg(test)]
pub(super) use self::operations::DUE_PER_TICK_MAX;
#[cfg(test)]
pub(super) use self::operators::unpaid_of;

use ledger::table::RunError;
use ledger::{Claim, Decision, Draft, View};

use super::command::{Answer, Ask, Command, Idempotency, Refusal};
use super::earlier::Earlier;
use super::event::Event;
use super::state::Payments;

/// Decides on a command.
pub(super) fn decide(view: &View<'_, Payments>, command: &Command) -> Result<Decision<Payments>, RunError> {
    match &command.ask {
        Ask::Receive(money_in) => money_in::receive(view, command, money_in),
        Ask::ReceiveWaiting(money_in, waiting) => named::receive_waiting(view, command, money_in, waiting),
        Ask::TakeBack(sale, evidence) => taken_back::keep(view, command, sale, *evidence),
        Ask::KeepUnreadable(message) => money_in::keep_unreadable(view, command, message),
        Ask::CreateBill(bill) => bills::create(view, command, bill),
        Ask::CancelBill { bill, idempotency } => bills::cancel(view, command, *bill, idempotency.as_ref()),
        Ask::CreateAttempt(attempt) => attempts::create(view, command, attempt),
        Ask::MoveAttempt(news) => attempts::take_news(view, command, news),
        Ask::PublishCatalogue { hash, approver } => Ok(catalogues::publish(view, command, hash, approver)),
        Ask::DraftCatalogue { hash, base, note } => {
            Ok(catalogues::keep_draft(view, command, hash, *base, note))
        }
        Ask::WithdrawDraft { hash } => Ok(catalogues::withdraw_draft(view, command, hash)),
        Ask::PublishDraft { hash } => Ok(catalogues::publish_draft(view, command, hash)),
        Ask::IssueKey(key) => Ok(operations::issue_key(view, command, key)),
        Ask::RevokeKey { id } => Ok(operations::revoke_key(view, command, id)),
        Ask::Close { scope, terms } => Ok(availability::close(view, command, scope, terms)),
        Ask::Open { scope, opened_by } => Ok(availability::open(view, command, scope, *opened_by)),
        Ask::NoteSystem { agency, system, is_down } => {
            Ok(availability::note_system(view, command, agency, system, *is_down))
        }
        Ask::Application(ask) => applications::decide(view, command, ask),
        Ask::Channel(ask) => Ok(channels::decide(view, command, ask)),
        Ask::Message(ask) => messages::decide(view, command, ask),
        Ask::Notice(ask) => Ok(notices::decide(view, command, ask)),
        Ask::CountUsage(counts) => Ok(operations::count_usage(view, command, counts)),
        Ask::Staff(ask) => Ok(staff::decide(view, command, ask)),
        Ask::Sweep(ask) => sweeps::decide(view, command, ask),
        Ask::Counter(ask) => counters::decide(view, command, ask),
        Ask::KeepListed(payments) => listed::keep(view, command, payments),
        Ask::Visit(ask) => visits::decide(view, command, ask),
        Ask::Gate(ask) => gates::decide(view, command, ask),
        Ask::Tick { today } => Ok(operations::tick(view, command, *today)),
    }
}

fn draft(command: &Command, event: Event) -> Draft<Event> {
    Draft::of(event, command.principal.clone(), command.cause.clone())
}

fn refuse(refusal: Refusal) -> Decision<Payments> {
    Decision::answer(Answer::Refused(refusal))
}

/// Notes the idempotency key with what it caused.
fn note_request(draft: &mut Draft<Event>, idempotency: Option<&Idempotency>) {
    if let Some(idempotency) = idempotency {
        let mut detail = [0; 24];
        detail.copy_from_slice(&idempotency.fingerprint.0[..24]);
        draft.claims.push(Claim { key: idempotency.claims[0].clone(), detail });
        draft.fingerprint = Some(idempotency.fingerprint);
    }
}

/// The decision on a request that may have been made before: repeated, refused, or made now.
fn once(
    view: &View<'_, Payments>,
    idempotency: Option<&Idempotency>,
    decide: impl FnOnce() -> Result<Decision<Payments>, RunError>,
) -> Result<Decision<Payments>, RunError> {
    let Some(known) = idempotency else { return decide() };
    match Earlier::find(known, |key| view.claimed(key))? {
        Earlier::None => decide(),
        Earlier::Same { sequence } => Ok(Decision::answer(Answer::Repeated { sequence })),
        Earlier::Other => Ok(refuse(Refusal::OtherRequest)),
    }
}
