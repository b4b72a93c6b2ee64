//! What happens to channels, as the journal keeps it, and what is asked about them.

use std::sync::Arc;

use catalog::Text;
use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

use super::board::ChannelScope;
use super::life::{ChannelHappening, ChannelState};
use super::name::Step;

/// Where something is found out: at one step of a channel, for everybody or for one agency.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChannelPlace {
    /// Which channel, for whom.
    #[serde(flatten)]
    pub scope: ChannelScope,
    /// At which step.
    pub step: Step,
}

/// Who or what found something out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// What payers and providers did.
    Traffic,
    /// A question that we asked to find out.
    Probe,
    /// Time alone.
    Time,
}

/// What a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it was found by.
    pub source: Source,
    /// The seconds that were looked at.
    pub seconds: u32,
    /// What worked in them.
    pub worked: u32,
    /// What failed in them.
    pub failed: u32,
    /// What took too long in them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub slow: u32,
    /// How many a thousand seconds of this hour and weekday usually bring, where silence is the finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual_in_1000_seconds: Option<u32>,
    /// The last failure, in a word of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Arc<str>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What an operator says a channel is, whatever is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinnedTo {
    /// It works: what looks like an outage is none.
    Up,
    /// It does not work.
    Down,
    /// It works, and everybody is shown the other ways beside it as well, to see that they work.
    Drill,
}

/// What an operator says of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinTerms {
    /// What it is.
    pub to: PinnedTo,
    /// Why, for everybody to read.
    pub reason: Text,
    /// Until when: it ends by itself.
    pub until: LedgerTime,
}

/// Work on a channel that is known before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowTerms {
    /// Which channel, for whom.
    pub scope: ChannelScope,
    /// Why, for everybody to read.
    pub reason: Text,
    /// From when.
    pub from: LedgerTime,
    /// Until when.
    pub until: LedgerTime,
}

/// What happens to channels, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "channel_event", rename_all = "snake_case")]
pub enum ChannelEvent {
    /// Something was found out, and the channel is something else now.
    Found {
        /// Where.
        place: ChannelPlace,
        /// What happened.
        on: ChannelHappening,
        /// What it was.
        from: ChannelState,
        /// What it is now.
        to: ChannelState,
        /// What that rests on.
        evidence: Evidence,
    },
    /// An operator says what it is.
    Pinned {
        /// Which channel, for whom.
        scope: ChannelScope,
        /// What they say.
        terms: PinTerms,
    },
    /// What an operator said holds no more: they took it back, or its time is over.
    Unpinned {
        /// Which channel, for whom.
        scope: ChannelScope,
    },
    /// Work is planned.
    WindowPlanned {
        /// What.
        terms: WindowTerms,
    },
    /// The time of planned work has come.
    WindowBegan {
        /// Sequence of the record that planned it.
        window: u64,
    },
    /// It is over, or was given up.
    WindowEnded {
        /// Sequence of the record that planned it.
        window: u64,
    },
}

/// What is asked about channels.
#[derive(Clone, Debug)]
pub enum ChannelAsk {
    /// Note what was found out.
    Find {
        /// Where.
        place: ChannelPlace,
        /// What happened.
        on: ChannelHappening,
        /// What that rests on.
        evidence: Evidence,
    },
    /// Say what a channel is, whatever is found.
    Pin {
        /// Which, for whom.
        scope: ChannelScope,
        /// What.
        terms: PinTerms,
    },
    /// Take that back.
    Unpin {
        /// Which, for whom.
        scope: ChannelScope,
    },
    /// Plan work.
    PlanWindow(WindowTerms),
    /// Give a plan up, or end the work.
    EndWindow {
        /// Sequence of the record that planned it.
        window: u64,
    },
}

/// Why something asked about channels cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelRefusal {
    /// Its end has passed.
    #[error("it would have ended already: the end has to be a time to come")]
    Past,
    /// Its end is too far away.
    #[error("it has to end within {days} days from now")]
    TooFar {
        /// Within so many.
        days: i64,
    },
    /// It ends before it begins.
    #[error("it ends before it begins")]
    Backwards,
    /// There are as many as there may be.
    #[error("there are as many as there may be")]
    TooMany,
    /// There is no such plan.
    #[error("there is no such plan")]
    NoSuchWindow,
    /// Nobody has said anything of the channel.
    #[error("no operator has said anything of this channel")]
    NotPinned,
}
