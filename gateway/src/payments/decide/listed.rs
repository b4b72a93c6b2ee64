//! Statements say again what somebody told us. Nothing is booked by it; it is kept that they did.

use ledger::table::RunError;
use ledger::{Claim, Decision, ShortKey, View};

use super::{Payments, draft};
use crate::payments::command::{Answer, Command};
use crate::payments::event::Event;
use crate::payments::listed::ListedPayments;

/// Keeps what a statement lists, unless the same part of one was kept before.
pub(super) fn keep(
    view: &View<'_, Payments>,
    command: &Command,
    listed: &ListedPayments,
) -> Result<Decision<Payments>, RunError> {
    let key = listed.key();
    if view.claimed(&ShortKey::of(&key))?.is_some() {
        return Ok(Decision::answer(Answer::Nothing));
    }
    let mut draft = draft(command, Event::PaymentsListed(listed.clone()));
    draft.claims.push(Claim { key: key.into(), detail: [0; 24] });
    Ok(Decision::record(draft, Answer::Done { sequence: view.next_sequence() }))
}
