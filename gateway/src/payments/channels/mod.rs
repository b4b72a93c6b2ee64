//! How the ways to pay are: what has been found out about them, what operators say, what is planned; and the outages
//! that follow from it. Everything about it happens by records, so that nobody can say later that a channel was offered
//! when it was known to be down.

mod board;
mod event;
mod life;
mod name;
mod outage;

pub use board::{Board, ChannelScope, Effective, Pin, Standing, WhyDown, Window};
pub(super) use board::{BoardParts, PIN_DAYS_MAX, PINS_MAX, STANDINGS_MAX, WINDOW_DAYS_MAX, WINDOWS_MAX};
pub use event::{
    ChannelAsk, ChannelEvent, ChannelPlace, ChannelRefusal, Evidence, PinTerms, PinnedTo, Source, WindowTerms,
};
pub use life::{CHANNEL_LIFE, ChannelHappening, ChannelState, dwell_seconds};
pub use name::{ChannelKind, ChannelName, NotAChannel, Step};
pub use outage::{ENDED_OUTAGES_KEPT, Outage};
