//! One time for processes that are started one by one: a demonstration and the simulated Safaricom beside it.

use std::str::FromStr;

use crate::clock::{Clock, TimeError, parse_rfc3339};

/// What a clock that runs faster than life showed at a moment: `2026-11-20T08:00:00Z=2026-11-27T02:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockBegan {
    real_micros: i64,
    shown_micros: i64,
}

/// Not two moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAClock {
    /// There is no equals sign.
    #[error("expected REAL=SHOWN: a real moment, and what the clock showed then")]
    NotTwo,
    /// One of them is no moment.
    #[error(transparent)]
    Moment(#[from] TimeError),
}

impl FromStr for ClockBegan {
    type Err = NotAClock;

    fn from_str(text: &str) -> Result<Self, NotAClock> {
        let (real, shown) = text.split_once('=').ok_or(NotAClock::NotTwo)?;
        Ok(Self { real_micros: parse_rfc3339(real)?, shown_micros: parse_rfc3339(shown)? })
    }
}

impl ClockBegan {
    /// The clock, so many times as fast as life.
    pub fn clock(self, factor: u32) -> Clock {
        Clock::accelerated_since(factor, self.real_micros, self.shown_micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_processes_live_in_one_time_whenever_they_are_started() {
        let began: ClockBegan = "2026-11-20T08:00:00Z=2026-11-27T02:00:00Z".parse().unwrap();
        let first = began.clock(60);
        let before = first.now_micros();
        let second = began.clock(60).now_micros();
        // Each has read the clock of the machine by itself: a millisecond of life, in which a minute passes a second.
        let apart = 60_000;
        assert!(before - apart <= second && second <= first.now_micros() + apart);
    }

    #[test]
    fn what_is_no_pair_of_moments_is_refused() {
        assert_eq!("2026-11-20T08:00:00Z".parse::<ClockBegan>(), Err(NotAClock::NotTwo));
        assert_eq!("2026-11-20T08:00:00Z=noon".parse::<ClockBegan>(), Err(TimeError::NotRfc3339.into()));
    }
}
