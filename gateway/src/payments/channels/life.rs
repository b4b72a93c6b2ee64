//! The life of a channel, or of one step of it, as one table: from, happening, to. What is not in the table does not
//! happen. How long each state lasts at least is here as well.

use serde::{Deserialize, Serialize};

use ChannelHappening as On;
use ChannelState as State;

/// How a channel is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelState {
    /// It works.
    #[default]
    Up,
    /// It works for most, or slowly.
    Degraded,
    /// It was down and may work again: some have come through, or it was down for long and is given a try. It is offered
    /// behind what works.
    Probing,
    /// It does not work. Nobody is sent there.
    Down,
}

/// What can happen to a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelHappening {
    /// Too many fail, or it takes too long.
    Weakened,
    /// It fails.
    Failed,
    /// Nothing comes, though by the hour and the weekday something should have come long ago.
    FellSilent,
    /// Something has come through again.
    CameThrough,
    /// Nothing is known for so long that it is worth a try.
    Rested,
    /// It has worked for long enough.
    Recovered,
}

/// The whole life.
pub const CHANNEL_LIFE: &[(State, On, State)] = &[
    (State::Up, On::Weakened, State::Degraded),
    (State::Up, On::Failed, State::Down),
    (State::Up, On::FellSilent, State::Down),
    (State::Degraded, On::Failed, State::Down),
    (State::Degraded, On::FellSilent, State::Down),
    (State::Degraded, On::Recovered, State::Up),
    (State::Down, On::CameThrough, State::Probing),
    (State::Down, On::Rested, State::Probing),
    (State::Probing, On::Failed, State::Down),
    (State::Probing, On::FellSilent, State::Down),
    (State::Probing, On::Recovered, State::Up),
];

/// Seconds that a channel stays what it is, at least, before this can happen to it. A failure is believed at once; that it
/// is over is not, and so a channel that fails every other time does not flap.
pub const fn dwell_seconds(state: ChannelState, on: ChannelHappening) -> i64 {
    match (state, on) {
        (State::Up, _) | (State::Degraded, On::Failed | On::FellSilent) => 0,
        (State::Probing, On::Failed | On::FellSilent) => 5,
        (State::Down, On::Rested) => 600,
        (State::Degraded | State::Probing | State::Down, _) => 60,
    }
}

impl ChannelState {
    /// Every state, the best first.
    pub const ALL: [Self; 4] = [Self::Up, Self::Degraded, Self::Probing, Self::Down];

    /// What the channel becomes; nothing if this cannot happen to it now.
    pub fn after(self, on: ChannelHappening) -> Option<Self> {
        CHANNEL_LIFE.iter().find(|(from, event, _)| *from == self && *event == on).map(|(_, _, to)| *to)
    }

    /// The word that the API, pages and files use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Probing => "probing",
            Self::Down => "down",
        }
    }
}

impl ChannelHappening {
    /// Everything that can happen.
    pub const ALL: [Self; 6] =
        [Self::Weakened, Self::Failed, Self::FellSilent, Self::CameThrough, Self::Rested, Self::Recovered];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_happening_leads_to_one_state_and_always_to_another() {
        for (index, (from, on, to)) in CHANNEL_LIFE.iter().enumerate() {
            assert_ne!(from, to, "{from:?} {on:?}");
            let again =
                CHANNEL_LIFE[index + 1..].iter().any(|(other, event, _)| other == from && event == on);
            assert!(!again, "{from:?} {on:?} stands twice");
        }
    }

    #[test]
    fn what_works_can_fail_and_nothing_goes_from_down_to_up_without_a_try() {
        for state in [State::Up, State::Degraded, State::Probing] {
            assert_eq!(state.after(On::Failed), Some(State::Down));
            assert_eq!(state.after(On::FellSilent), Some(State::Down));
        }
        for on in On::ALL {
            assert!(matches!(State::Down.after(on), None | Some(State::Probing)), "{on:?}");
        }
    }

    #[test]
    fn failure_is_believed_at_once_and_recovery_is_not() {
        for (from, on, to) in CHANNEL_LIFE {
            let dwell = dwell_seconds(*from, *on);
            if *to == State::Down {
                assert!(dwell <= 5, "{from:?} {on:?}");
            } else if to < from {
                assert!(dwell >= 60, "{from:?} {on:?}");
            }
        }
    }
}
