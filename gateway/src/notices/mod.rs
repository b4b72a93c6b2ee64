//! Telling agencies what happens.
//!
//! What there is to tell follows from the records (`happening`, `bill_then`): a pure reading of the journal, the same for
//! ever, and kept nowhere else. The `feed` gives it to whoever asks; `delivery` sends it, signed ([`signature`]), to
//! where agencies want it, again and again (`schedule`) until it is taken. What is kept of that is in the books
//! (`payments::Notices`).

mod bill_then;
pub(crate) mod delivery;
pub(crate) mod feed;
pub(crate) mod happening;
mod schedule;
pub mod signature;

use ledger::journal::JournalError;

pub(crate) use self::bill_then::BillThen;
pub(crate) use self::happening::{About, Notice, PaymentThen, SuspenseThen, UsedTwiceThen};
use crate::books::LookupError;

/// What a record tells cannot be said.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoticeError {
    /// The books cannot be read.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// A record speaks of what is not there.
    #[error("a record speaks of what the books do not have, or of more payments than can be gone back over")]
    Contradiction,
}

impl From<JournalError> for NoticeError {
    fn from(error: JournalError) -> Self {
        Self::Lookup(error.into())
    }
}
