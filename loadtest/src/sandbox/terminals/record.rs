//! The record of the terminals: `sandbox-terminals.ndjson`, one JSON object a line, only ever appended to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::faults::TerminalFaults;
use crate::kes::Kes;
use crate::sandbox::dated_log::ProviderLine;

/// A card was charged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sale {
    pub(crate) terminal: String,
    pub(crate) batch: u32,
    /// The acquirer's reference: twelve digits that no other sale of the merchant has.
    pub(crate) rrn: String,
    pub(crate) authorization_code: String,
    pub(crate) amount_minor: Kes,
    /// What the attendant typed as the account.
    pub(crate) typed: String,
    pub(crate) moved: Timestamp,
    /// What the attendant did wrongly.
    pub(crate) faults: Vec<String>,
}

/// What a file of a site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    /// A batch, as the terminal has it.
    Batch,
    /// The same file once more.
    Again,
    /// The paper slips of a batch that was lost, typed by hand.
    Paper,
    /// A batch that was lost and has been found.
    Late,
}

/// What a line says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum TerminalLine {
    /// Other faults from here on.
    FaultsSet { faults: TerminalFaults },
    /// A card was charged. Synced before anybody is told.
    Sold(Sale),
    /// The sale was taken back at the terminal at once: nothing moves. Synced before anybody is told.
    Voided { rrn: String },
    /// A batch was closed; if its file is lost, it is found at the next close.
    BatchClosed { terminal: String, batch: u32, is_lost: bool },
    /// A file was handed over.
    HandedOver { file: String, what: What, terminal: String, batch: u32, lines: usize },
    /// A slip of paper was typed with an RRN that is none of ours: nobody will ever settle it.
    RrnMistyped { rrn: String, as_typed: String },
    /// A line of a later version of this program.
    #[serde(other)]
    Unknown,
}

impl ProviderLine for TerminalLine {
    const FILE: &'static str = "sandbox-terminals.ndjson";
}
