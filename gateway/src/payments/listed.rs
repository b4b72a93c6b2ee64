//! What statements list and somebody else had told us of: the second word on a payment, from those who keep the account.

use ledger::Hash;
use serde::{Deserialize, Serialize};

use super::sweeps::CollectedOn;

/// So many payments stand in one record: some thousands of bytes.
pub const LISTED_PER_RECORD_MAX: usize = 500;

/// Payments on one account that a statement of its provider lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedPayments {
    /// On which account.
    pub account: CollectedOn,
    /// Sequences of the records that booked them.
    pub payments: Vec<u64>,
}

impl ListedPayments {
    /// What a record of them claims: the same part of a statement again says nothing new.
    pub(super) fn key(&self) -> String {
        let numbers: Vec<u8> = self.payments.iter().flat_map(|sequence| sequence.to_be_bytes()).collect();
        format!("listed {}", hex::encode(Hash::of(&numbers).0))
    }
}
