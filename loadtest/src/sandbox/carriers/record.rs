//! The carriers' record: `sandbox-messages.ndjson`, one JSON object a line, only ever appended to. Phone numbers appear hashed
//! only.

use serde::{Deserialize, Serialize};

use super::Dashboard;
use super::faults::CarrierFaults;
use crate::sandbox::dated_log::ProviderLine;

/// What a line says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum CarrierLine {
    /// A customer has said where reports and texts are to go.
    DashboardSet { carrier: String, dashboard: Dashboard },
    /// Other faults from here on.
    FaultsSet { carrier: String, faults: CarrierFaults },
    /// A message was taken. Synced before the customer is answered.
    Taken {
        carrier: String,
        message_id: String,
        msisdn_sha256: String,
        sender: String,
        text: String,
        segments: usize,
    },
    /// A message was not taken, with this code.
    Refused { carrier: String, status_code: u16 },
    /// A call was not answered, on purpose.
    CutOff { carrier: String, was_taken: bool },
    /// A message is on its phone, once more each time.
    Delivered { carrier: String, message_id: String },
    /// A report on a message was sent.
    Reported { carrier: String, message_id: String, status: String, http_status: Option<u16> },
    /// A subscriber's text was handed on.
    TextHandedOn { carrier: String, http_status: Option<u16> },
    /// A line of a later version of this program.
    #[serde(other)]
    Unknown,
}

impl ProviderLine for CarrierLine {
    const FILE: &'static str = "sandbox-messages.ndjson";
}
