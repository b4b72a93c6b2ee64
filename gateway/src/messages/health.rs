//! Whether a provider is asked: by what it answers and how fast, as a pure state machine. It is left alone after some failures
//! in a row, for longer each time; then one message finds out. One that is slow is only asked where nobody else can be.

use std::time::Duration;

/// After so many failures in a row nobody else is sent there.
const FAILURES_MAX: u32 = 3;
/// The first rest, and the longest, in microseconds.
const REST_MIN_MICROS: i64 = 30 * 1_000_000;
const REST_MAX_MICROS: i64 = 10 * 60 * 1_000_000;

/// An answer that takes longer is slow, and for so long nobody asks again whether it still is, in microseconds.
const SLOW_FROM: Duration = Duration::from_secs(2);
const SLOW_FOR_MICROS: i64 = 60 * 1_000_000;

/// How a provider is, as far as its answers tell. Moments are microseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Health {
    failures_in_a_row: u32,
    /// The rest that was given last.
    rest_micros: i64,
    rests_until: Option<i64>,
    slow_until: Option<i64>,
}

impl Health {
    /// How many messages it may be given now.
    pub(super) fn room(&self, now: i64, wanted: usize) -> usize {
        match self.rests_until {
            None => wanted,
            Some(until) if now >= until => wanted.min(1),
            Some(_) => 0,
        }
    }

    /// Whether it is left alone.
    pub(super) fn rests(&self, now: i64) -> bool {
        self.rests_until.is_some_and(|until| now < until)
    }

    /// Whether others are better asked.
    pub(super) fn is_slow(&self, now: i64) -> bool {
        self.slow_until.is_some_and(|until| now < until)
    }

    /// A call took so long.
    pub(super) fn took(&mut self, length: Duration, now: i64) {
        self.slow_until = (length >= SLOW_FROM).then_some(now + SLOW_FOR_MICROS);
    }

    /// It took a message, or refused one for a reason that is not its own.
    pub(super) fn answered(&mut self) {
        *self = Self { slow_until: self.slow_until, ..Self::default() };
    }

    /// It gave no answer, or put a message off. True if it is left alone from now on and was not before.
    pub(super) fn failed(&mut self, now: i64) -> bool {
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        // Those that were under way when it began to rest say nothing new.
        if self.failures_in_a_row < FAILURES_MAX || self.rests(now) {
            return false;
        }
        let began = self.rests_until.is_none();
        self.rest_micros = (self.rest_micros * 2).clamp(REST_MIN_MICROS, REST_MAX_MICROS);
        self.rests_until = Some(now + self.rest_micros);
        began
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rests_after_failures_in_a_row_and_one_message_finds_out() {
        let mut health = Health::default();
        assert!(!health.failed(0) && !health.failed(0));
        health.answered();
        assert!(!health.failed(0) && !health.failed(0), "not in a row");
        assert_eq!(health.room(0, 64), 64);
        assert!(health.failed(0));
        assert_eq!(health.room(REST_MIN_MICROS - 1, 64), 0);
        assert_eq!(health.room(REST_MIN_MICROS, 64), 1);
        assert!(!health.failed(REST_MIN_MICROS), "it rested before");
        assert_eq!(health.room(2 * REST_MIN_MICROS, 64), 0, "twice as long");
        assert_eq!(health.room(3 * REST_MIN_MICROS, 64), 1);
        health.answered();
        assert_eq!(health.room(3 * REST_MIN_MICROS, 64), 64);
    }

    #[test]
    fn whoever_is_slow_is_so_until_somebody_finds_out_otherwise() {
        let mut health = Health::default();
        health.took(SLOW_FROM, 0);
        health.answered();
        assert!(health.is_slow(SLOW_FOR_MICROS - 1) && !health.is_slow(SLOW_FOR_MICROS));
        assert_eq!(health.room(0, 64), 64, "it is asked where nobody else can be");
        health.took(Duration::from_millis(90), 1);
        assert!(!health.is_slow(1));
    }

    #[test]
    fn a_rest_is_never_longer_than_bearable() {
        let mut health = Health::default();
        let mut now = 0;
        for _ in 0..50 {
            health.failed(now);
            now += REST_MAX_MICROS;
        }
        assert_eq!(health.room(now, 1), 1);
    }
}
