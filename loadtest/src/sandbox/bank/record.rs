//! The bank's record: `sandbox-bank.ndjson`, one JSON object a line, only ever appended to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::faults::BankFaults;
use crate::kes::Kes;
use crate::sandbox::dated_log::ProviderLine;

/// Money that came in on the merchant's account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Deposit {
    pub(crate) reference: String,
    pub(crate) amount_minor: Kes,
    /// What the payer gave as the reference.
    pub(crate) typed: String,
    pub(crate) moved: Timestamp,
}

/// What a line says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum BankLine {
    /// Other faults from here on.
    FaultsSet { faults: BankFaults },
    /// Money came in. Synced before anybody is told.
    Deposited(Deposit),
    /// The merchant said of a bill that nothing may be taken for it.
    Refused { status_code: String },
    /// The merchant was told of a payment, or was to be.
    Told { reference: String, copy: u32, http_status: Option<u16> },
    /// Nothing was told of it, on purpose.
    SilentOnPurpose { reference: String },
    /// A line of a later version of this program.
    #[serde(other)]
    Unknown,
}

impl ProviderLine for BankLine {
    const FILE: &'static str = "sandbox-bank.ndjson";
}
