//! The bank's record: `sandbox-bank.ndjson`, one JSON object a line, only ever appended to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::faults::BankFaults;
use super::slips::SlipFaults;
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
    /// Paid in at a branch: nobody is told, and the payer has a slip.
    #[serde(default)]
    pub(crate) on_slip: bool,
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
    /// Other faults of slips from here on.
    SlipFaultsSet { faults: SlipFaults },
    /// An officer has handed over a file of slips. These are typed and done with.
    SlipsHandedOver { file: String, references: Vec<String>, lines: usize },
    /// A slip was typed with a number that is none of ours: no statement will ever have it.
    SlipMistyped { reference: String, as_typed: String },
    /// A line of a later version of this program.
    #[serde(other)]
    Unknown,
}

impl ProviderLine for BankLine {
    const FILE: &'static str = "sandbox-bank.ndjson";
}
