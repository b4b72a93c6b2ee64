//! What a device has done since its last batch, signed by it.

use ledger::{SigningKey, VerifyingKey, sign_note};
use serde::{Deserialize, Serialize};

use super::pass::Pass;
use super::signed::{self, Moment, Untrusted};
use crate::payments::PaymentNumber;

/// The first line of the note.
pub const TITLE: &str = "malipo gate batch";

/// What a device has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Of this form.
    pub version: u8,
    /// Which device.
    pub device: String,
    /// The site that it is for.
    pub site: String,
    /// From 1, none left out.
    pub number: u64,
    /// When it was put together, by the clock of the device.
    pub made_at: Moment,
    /// Whom it let in, in its order.
    pub uses: Vec<UsedHere>,
    /// The provisional passes that it made, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passes: Vec<Pass>,
}

/// Somebody was let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsedHere {
    /// For this bill.
    pub bill: PaymentNumber,
    /// When, by the clock of the device.
    pub at: Moment,
}

impl Batch {
    /// The signed note.
    pub fn sign(&self, key: &SigningKey) -> String {
        sign_note(&signed::text(TITLE, self), key)
    }

    /// Reads one, having checked that this device has signed it.
    pub fn open(note: &str, key: &VerifyingKey) -> Result<Self, Untrusted> {
        signed::open(TITLE, note, std::slice::from_ref(key))
    }
}
