//! The system's clock, as far as it is believed.
//!
//! Ledger time never goes back, so a clock that is set ten years ahead for a second would expire every open bill and
//! leave the books ten years ahead. The system's clock is therefore held against one that nobody can set: the time
//! since the machine was started, which goes on while it sleeps. While both go alike, the system's clock is the time.
//! When it leaps, time goes on from where it was, until the two agree again or an operator starts the gateway anew and
//! says that the system's clock is right.
//!
//! What a start cannot see by itself is a clock that was wrong before it. There the books tell: a gateway that serves
//! writes something every day.

use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that leaps by more than this is not believed: as much as a clock may be off before people notice.
const LEAP_MICROS_MAX: i64 = 60 * 1_000_000;
/// The two clocks drift apart slowly. What is less than this is not noted: threads that read the time at once would hand
/// the note to and fro.
const DRIFT_MICROS_NOTED: i64 = 1_000;
/// Books whose last record is longer ago than this are older than an outage lasts.
const SILENCE_MICROS_MAX: i64 = 48 * 3_600 * 1_000_000;

/// The system's clock held against one that nobody can set. All in microseconds; every thread may read it.
#[derive(Debug)]
pub(super) struct Believed {
    /// What is added to the time since the machine was started to have the time of day.
    offset: AtomicI64,
    /// How far the system's clock was ahead of this one at the last reading, if that was too far.
    system_ahead: AtomicI64,
}

impl Believed {
    /// Begins with believing the system's clock.
    pub(super) fn new(system: i64, since_boot: i64) -> Self {
        Self { offset: AtomicI64::new(system - since_boot), system_ahead: AtomicI64::new(0) }
    }

    /// The time, when the two clocks stand like this.
    pub(super) fn read(&self, system: i64, since_boot: i64) -> i64 {
        let expected = self.offset.load(Ordering::Relaxed).saturating_add(since_boot);
        let ahead = system.saturating_sub(expected);
        let has_leapt = ahead.unsigned_abs() > LEAP_MICROS_MAX.unsigned_abs();
        let too_far_ahead = if has_leapt { ahead } else { 0 };
        if self.system_ahead.load(Ordering::Relaxed) != too_far_ahead {
            self.system_ahead.store(too_far_ahead, Ordering::Relaxed);
        }
        if has_leapt {
            return expected;
        }
        if ahead.unsigned_abs() > DRIFT_MICROS_NOTED.unsigned_abs() {
            // Two threads may do this at once, with readings that are a moment apart and equally good.
            self.offset.store(system - since_boot, Ordering::Relaxed);
        }
        system
    }

    /// Goes on from where the books ended, if the system's clock cannot be right: when it is before their last record,
    /// or so long after it that nobody can have served meanwhile and nobody says that it is right.
    pub(super) fn go_on_from(&self, last_record: i64, is_trusted: bool, since_boot: i64) {
        let silence = self.offset.load(Ordering::Relaxed).saturating_add(since_boot) - last_record;
        if (silence > SILENCE_MICROS_MAX && !is_trusted) || silence < -LEAP_MICROS_MAX {
            self.offset.store(last_record - since_boot, Ordering::Relaxed);
        }
    }

    /// How far the system's clock was ahead at the last reading; nothing while it is believed.
    pub(super) fn disbelief(&self) -> Option<i64> {
        let ahead = self.system_ahead.load(Ordering::Relaxed);
        (ahead != 0).then_some(ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;
    const DAY: i64 = 86_400 * SECOND;
    const NOON: i64 = 1_795_165_200 * SECOND;

    #[test]
    fn a_clock_that_is_corrected_a_little_is_followed() {
        let clock = Believed::new(NOON, 0);
        assert_eq!(clock.read(NOON + 5 * SECOND, 5 * SECOND), NOON + 5 * SECOND);
        assert_eq!(clock.read(NOON + 40 * SECOND, 6 * SECOND), NOON + 40 * SECOND, "half a minute ahead");
        assert_eq!(clock.read(NOON + 5 * SECOND, 7 * SECOND), NOON + 5 * SECOND, "and back again");
        assert_eq!(clock.disbelief(), None);
    }

    #[test]
    fn a_clock_that_leaps_is_not_followed_until_it_is_right_again() {
        let clock = Believed::new(NOON, 0);
        for leap in [3_650 * DAY, -DAY, 61 * SECOND] {
            for second in 1..100 {
                let seen = clock.read(NOON + leap + second * SECOND, second * SECOND);
                assert_eq!(seen, NOON + second * SECOND, "{leap}");
            }
            assert_eq!(clock.disbelief(), Some(leap));
            assert_eq!(clock.read(NOON + 100 * SECOND, 100 * SECOND), NOON + 100 * SECOND);
            assert_eq!(clock.disbelief(), None);
        }
        for extreme in [i64::MIN, i64::MAX] {
            assert_eq!(clock.read(extreme, 101 * SECOND), NOON + 101 * SECOND);
        }
    }

    #[test]
    fn a_machine_that_slept_has_not_leapt() {
        let clock = Believed::new(NOON, 0);
        assert_eq!(clock.read(NOON + 3 * DAY, 3 * DAY), NOON + 3 * DAY);
        assert_eq!(clock.disbelief(), None);
    }

    #[test]
    fn after_a_start_the_books_tell_whether_the_clock_can_be_right() {
        let started = |last_record: i64, is_trusted: bool| {
            let clock = Believed::new(NOON, 7 * SECOND);
            clock.go_on_from(last_record, is_trusted, 7 * SECOND);
            (clock.read(NOON + SECOND, 8 * SECOND), clock.disbelief())
        };
        assert_eq!(started(NOON - DAY, false), (NOON + SECOND, None), "a day of outage is believed");
        assert_eq!(started(NOON + 30 * SECOND, false), (NOON + SECOND, None), "a little behind is no matter");
        assert_eq!(started(NOON - 400 * DAY, false), (NOON - 400 * DAY + SECOND, Some(400 * DAY)));
        assert_eq!(started(NOON - 400 * DAY, true), (NOON + SECOND, None), "somebody says that it is right");
        for is_trusted in [false, true] {
            assert_eq!(started(NOON + DAY, is_trusted), (NOON + DAY + SECOND, Some(-DAY)), "never back");
        }
    }
}
