//! Visits: a paid bill is used once, at one gate. What was used is in the archive from the moment on, beside the bill
//! that it is of, and takes no memory.

use std::sync::Arc;

use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

use super::number::PaymentNumber;

/// Longest name of a gate in characters.
pub const GATE_LEN_MAX: usize = 60;

/// What happens to visits, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "visit", rename_all = "snake_case")]
pub enum VisitEvent {
    /// Whoever paid was let in.
    Used {
        /// The bill that was paid.
        bill: PaymentNumber,
        /// Whose.
        agency: Arc<str>,
        /// Where, in the words of whoever stands there.
        gate: Arc<str>,
        /// When, by the clock of a gate that had nobody to ask; of all others it is when the record was written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<LedgerTime>,
    },
}

/// What is asked about visits.
#[derive(Clone, Debug)]
pub enum VisitAsk {
    /// Let whoever paid this bill in, if nobody was before.
    Use {
        /// Which.
        bill: PaymentNumber,
        /// Whose it must be.
        agency: Arc<str>,
        /// Where.
        gate: Arc<str>,
    },
}

/// What became of a bill at a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Where.
    pub gate: Arc<str>,
    /// When.
    pub at: LedgerTime,
    /// Sequence of the record.
    pub sequence: u64,
}
