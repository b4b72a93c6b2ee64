//! Outages: from the record that says that a channel is down for somebody to the one that says that it is not any more.
//! Nobody declares one beside the channel's state: an outage follows from it, and so the two cannot contradict each other.

use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

use super::board::ChannelScope;

/// So many outages that are over are kept in memory, and can be reported; all of them are in the journal. A day on which prompts fail
/// ends seven or eight an hour, and the report of the outage beside them is asked for weeks later.
pub const ENDED_OUTAGES_KEPT: usize = 1_024;

/// A time in which a channel is down, for everybody or for one agency; or in which that is rehearsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// Sequence of the record with which it began: its name.
    pub id: u64,
    /// Which channel, for whom.
    pub scope: ChannelScope,
    /// True if it is a drill.
    pub is_drill: bool,
    /// When it began.
    pub since: LedgerTime,
    /// When it ended, and sequence of the record that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<(LedgerTime, u64)>,
}
