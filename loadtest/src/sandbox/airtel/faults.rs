//! What goes wrong at Airtel on request.

use serde::{Deserialize, Serialize};

/// The body of `PUT /control/airtel/faults`; a field left out has its default, and a name it does not know is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AirtelFaults {
    /// Everything is answered 503, and nothing is taken.
    pub(crate) down: bool,
    /// Tokens are given out, and requests to ask a payer are answered 503 with nothing in it.
    pub(crate) asking_down: bool,
    /// Nobody is told what became of a transaction when they ask.
    pub(crate) query_down: bool,
    /// No callback is sent.
    pub(crate) callbacks_lost: bool,
    /// Callbacks have no signature.
    pub(crate) callbacks_unsigned: bool,
    /// Answers come so late, in milliseconds; what is taken is taken at once.
    pub(crate) answer_late_ms: u32,
}
