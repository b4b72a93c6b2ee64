//! Airtel's record: `sandbox-airtel.ndjson`, one JSON object a line, only ever appended to. Phone numbers appear hashed only.

use serde::{Deserialize, Serialize};

use super::faults::AirtelFaults;
use crate::kes::Kes;
use crate::sandbox::dated_log::ProviderLine;

/// What a line says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum AirtelLine {
    /// The merchant has said where to report.
    CallbackSet { callback: String },
    /// Other faults from here on.
    FaultsSet { faults: AirtelFaults },
    /// A payer is asked. Synced before the merchant is answered.
    Asked { id: String, amount_minor: Kes, reference: String, msisdn_sha256: String },
    /// A request was not taken.
    Refused { id: String, code: String },
    /// Money moved. Synced before anybody can hear of it.
    Moved { id: String, airtel_money_id: String, amount_minor: Kes },
    /// None did.
    Failed { id: String, code: String },
    /// The merchant was told.
    CallbackSent { id: String, http_status: Option<u16> },
    /// A line of a later version of this program.
    #[serde(other)]
    Unknown,
}

impl ProviderLine for AirtelLine {
    const FILE: &'static str = "sandbox-airtel.ndjson";
}
