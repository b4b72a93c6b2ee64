//! Whose result a message is. Safaricom signs nothing, and the path of a prompt's address names its attempt alone: so a result has
//! to name the prompt too that was sent for it.

use std::sync::Arc;

use super::trouble;
use crate::app::App;
use crate::channels::contract::{Heard, Listens};
use crate::http::problem::Problem;
use crate::payments::channels::ChannelName;
use crate::payments::{Attempt, AttemptId};
use crate::prompts;

/// A message that is not the result of what was sent.
pub(super) struct Stray {
    /// The attempt that it was sent to.
    pub(super) attempt: Arc<Attempt>,
    /// How that is known.
    pub(super) reason: &'static str,
    /// Whether it tells of money.
    pub(super) is_of_money: bool,
}

/// Whether a message is the result of another prompt than the one that was sent for this attempt. If what was sent has no name here,
/// because its answer was lost or is still on its way, the first receipt is believed and no other.
pub(super) fn stray(
    app: &App,
    (channel, listens): (&ChannelName, &dyn Listens),
    sent_to: AttemptId,
    (heard, body): (&Heard<'_>, &[u8]),
) -> Result<Option<Stray>, Problem> {
    let receipt = match heard {
        Heard::Money(told) => Some(&told.receipt.number),
        Heard::News(_) => None,
        _ => return Ok(None),
    };
    let attempt = app.books.attempt(sent_to).map_err(|error| trouble::lookup(&error))?;
    let Some(attempt) = attempt.filter(|attempt| attempt.method.channel() == *channel) else {
        return Ok(None);
    };
    let sent = prompts::prompt_name(app, &attempt).unwrap_or_else(|error| {
        tracing::error!(attempt = %attempt.id, error, "The name of a prompt cannot be read.");
        None
    });
    let is_another = |sent: &String| listens.prompt_named(body).is_some_and(|named| named != sent.as_str());
    let answered =
        || attempt.channel_receipt.as_ref().zip(receipt).is_some_and(|(first, this)| first != this);
    let reason = match &sent {
        Some(sent) if is_another(sent) => {
            "it names another prompt than the one that was sent for the attempt"
        }
        None if answered() => "the attempt was answered with another receipt, and its prompt has no name",
        _ => return Ok(None),
    };
    Ok(Some(Stray { attempt, reason, is_of_money: receipt.is_some() }))
}
