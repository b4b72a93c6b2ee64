//! What goes wrong at card terminals on request.

use serde::{Deserialize, Serialize};

use crate::sandbox::keyed::Errs;

/// What goes wrong, in sales, slips or batches per thousand. The body of `PUT /control/terminals/{site}/faults`; a field left out
/// has its default, and a name it does not know is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TerminalFaults {
    /// Chooses what is struck.
    pub(crate) seed: u64,
    /// The attendant types a wrong digit of the account.
    pub(crate) wrong_account_per_mille: u16,
    /// The attendant types too little.
    pub(crate) amount_short_per_mille: u16,
    /// The attendant types too much.
    pub(crate) amount_over_per_mille: u16,
    /// The attendant takes the sale back at once. The batch has a line of both.
    pub(crate) voided_per_mille: u16,
    /// The file of the batch is not found before the next close; its slips of paper are typed instead.
    pub(crate) batch_lost_per_mille: u16,
    /// Of a slip of paper that is typed, a digit of the RRN is wrong.
    pub(crate) wrong_rrn_per_mille: u16,
    /// The file of the batch is handed over twice.
    pub(crate) batch_twice_per_mille: u16,
    /// The file of the batch has the lines of the one before it too.
    pub(crate) batch_overlapping_per_mille: u16,
    /// The lines of the batch are in no order.
    pub(crate) batch_shuffled_per_mille: u16,
}

impl Default for TerminalFaults {
    /// Nothing goes wrong.
    fn default() -> Self {
        Self {
            seed: 42,
            wrong_account_per_mille: 0,
            amount_short_per_mille: 0,
            amount_over_per_mille: 0,
            voided_per_mille: 0,
            batch_lost_per_mille: 0,
            wrong_rrn_per_mille: 0,
            batch_twice_per_mille: 0,
            batch_overlapping_per_mille: 0,
            batch_shuffled_per_mille: 0,
        }
    }
}

impl TerminalFaults {
    /// How often the attendant errs.
    pub(super) const fn errs(&self) -> Errs {
        Errs {
            account: self.wrong_account_per_mille,
            short: self.amount_short_per_mille,
            over: self.amount_over_per_mille,
        }
    }
}
