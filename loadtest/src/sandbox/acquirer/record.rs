//! The acquirer's record: `sandbox-acquirer.ndjson`, one JSON object a line, only ever appended to.

use serde::{Deserialize, Serialize};

use super::{AcquirerFaults, Session};
use crate::sandbox::dated_log::ProviderLine;

/// What a line says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum AcquirerLine {
    /// The merchant has said where to report.
    WebhookSet { webhook: String },
    /// Other faults from here on.
    FaultsSet { faults: AcquirerFaults },
    /// The merchant asked for a session.
    SessionWanted { reference: String },
    /// A session was made. Synced before the merchant is answered.
    SessionMade { session: Session },
    /// A payer has decided. Synced before anybody can hear of it.
    SessionEnded { session: Session },
    /// The merchant was told.
    WebhookSent { reference: String, http_status: Option<u16> },
    /// A line of a later version of this program.
    #[serde(other)]
    Unknown,
}

impl ProviderLine for AcquirerLine {
    const FILE: &'static str = "sandbox-acquirer.ndjson";
}
