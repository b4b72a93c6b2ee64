//! Whether a request was made before under the same idempotency key. The sequencer asks when it decides; whoever prepares a
//! request asks first, because what was done once is answered from the books, whatever has become of the world since.

use ledger::{Claimed, ShortKey};

use super::command::Idempotency;

/// What an earlier request with the same idempotency key means for this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// There was none.
    None,
    /// This very request was carried out, by the record with this sequence.
    Same {
        /// Sequence of the record.
        sequence: u64,
    },
    /// The key was used with another request.
    Other,
}

impl Earlier {
    /// Looks for the claims of a request; `claimed` says who holds a key.
    pub(crate) fn find<E>(
        idempotency: &Idempotency,
        claimed: impl Fn(&ShortKey) -> Result<Option<Claimed>, E>,
    ) -> Result<Self, E> {
        for claim in &idempotency.claims {
            if let Some(claimed) = claimed(&ShortKey::of(claim))? {
                let is_same = claimed.detail[..] == idempotency.fingerprint.0[..24];
                return Ok(if is_same { Self::Same { sequence: claimed.sequence } } else { Self::Other });
            }
        }
        Ok(Self::None)
    }
}
