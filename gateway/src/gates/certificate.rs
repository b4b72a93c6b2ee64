//! What the gateway certifies of a device: its key, and where it stands.

use ledger::VerifyingKey;
use serde::{Deserialize, Serialize};

use super::signed::{self, Moment, Untrusted};

/// The first line of the note.
pub const TITLE: &str = "malipo gate certificate";

/// What is certified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Of this form.
    pub version: u8,
    /// The name of the device.
    pub device: String,
    /// The site.
    pub site: String,
    /// Whose.
    pub agency: String,
    /// Which gate of the site.
    pub gate: String,
    /// What verifies its signatures, as `NAME+HASH+KEY`.
    pub key: String,
    /// Since when.
    pub since: Moment,
    /// Until when.
    pub until: Moment,
    /// By a demonstration: there is no real money behind it, and the device may live in another time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub demonstration: bool,
}

impl Certificate {
    /// Reads one, having checked that one of these keys has signed it.
    pub fn open(note: &str, keys: &[VerifyingKey]) -> Result<Self, Untrusted> {
        signed::open(TITLE, note, keys)
    }
}
