//! Payment numbers that are kept for a device, so that what it hands out can be paid before the gateway has heard of it.

use ledger::VerifyingKey;
use serde::{Deserialize, Serialize};

use super::signed::{self, Moment, Untrusted};
use crate::payments::PaymentNumber;

/// The first line of the note.
pub const TITLE: &str = "malipo gate numbers";

/// The numbers that a device has and may use, each for one pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// Of this form.
    pub version: u8,
    /// Which device.
    pub device: String,
    /// When this was made.
    pub made_at: Moment,
    /// All numbers that are kept for it and that no pass of which the gateway knows has.
    pub numbers: Vec<PaymentNumber>,
}

impl Numbers {
    /// Reads them, having checked that one of these keys has signed.
    pub fn open(note: &str, keys: &[VerifyingKey]) -> Result<Self, Untrusted> {
        signed::open(TITLE, note, keys)
    }
}
