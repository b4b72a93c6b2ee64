//! The day: when it begins, how fast it passes, and where its hours lie. Moments are whole seconds of its own time since
//! 05:00.

use std::time::{Duration, Instant};

use jiff::civil::Weekday;
use jiff::{SignedDuration, Timestamp};

use crate::clock::{Clock, east_africa_time};

const FIRST_HOUR: i64 = 5;
const LAST_HOUR: i64 = 20;
const HOUR_SECONDS: i64 = 3_600;
/// By so much it is known what is usual before anything happens.
const FIRST_HOUR_SECONDS_MIN: i64 = 1_800;

/// A day from 05:00 to 20:00, East Africa Time.
#[derive(Debug, Clone)]
pub(crate) struct Day {
    began: Instant,
    real: Timestamp,
    shown: Timestamp,
    speed: u32,
    day_scale: u32,
}

impl Day {
    /// It begins after this time of ours, on the next Friday of its own.
    pub(crate) fn beginning_in(lead: Duration, speed: u32, day_scale: u32) -> Self {
        let now = Clock::system().now();
        let today = now.to_zoned(east_africa_time());
        let days = i64::from(today.weekday().until(Weekday::Friday));
        let days = if days == 0 { 7 } else { days };
        let midnight = now.as_second() + 3 * HOUR_SECONDS;
        let midnight = midnight - midnight.rem_euclid(24 * HOUR_SECONDS) - 3 * HOUR_SECONDS;
        let shown = midnight + days * 24 * HOUR_SECONDS + FIRST_HOUR * HOUR_SECONDS;
        Self {
            began: Instant::now() + lead,
            real: now + SignedDuration::try_from(lead).unwrap_or_default(),
            shown: Timestamp::from_second(shown).unwrap_or(now),
            speed,
            day_scale,
        }
    }

    /// How processes are told: what the clock showed at a moment.
    pub(crate) fn clock_flag(&self) -> String {
        format!("{}={}", self.real, self.shown)
    }

    /// When this minute of the day begins.
    pub(crate) fn second_of(&self, minute: i64) -> i64 {
        let scale = i64::from(self.day_scale);
        let first_hour = (HOUR_SECONDS / scale).max(FIRST_HOUR_SECONDS_MIN.min(HOUR_SECONDS));
        let minutes = minute - FIRST_HOUR * 60;
        if minutes <= 60 { minutes * first_hour / 60 } else { first_hour + (minutes - 60) * 60 / scale }
    }

    /// So many seconds of a whole day, in this one.
    pub(crate) fn scaled(&self, seconds: i64) -> i64 {
        seconds / i64::from(self.day_scale)
    }

    /// How long so many seconds of it take us.
    pub(crate) fn in_life(&self, seconds: i64) -> Duration {
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0)) / self.speed
    }

    /// When it ends.
    pub(crate) fn length(&self) -> i64 {
        self.second_of(LAST_HOUR * 60)
    }

    /// Its hours, with when they begin.
    pub(crate) fn hours(&self) -> impl Iterator<Item = (i64, i64)> {
        (FIRST_HOUR..=LAST_HOUR).map(|hour| (hour, self.second_of(hour * 60)))
    }

    /// The present moment.
    pub(crate) fn now(&self) -> i64 {
        let passed = Instant::now().saturating_duration_since(self.began).as_millis();
        i64::try_from(passed * u128::from(self.speed) / 1_000).unwrap_or(i64::MAX)
    }

    /// A moment of its clock.
    pub(crate) fn second_at(&self, at: Timestamp) -> i64 {
        at.as_second() - self.shown.as_second()
    }

    /// Waits for a moment.
    pub(crate) async fn until(&self, second: i64) {
        let milliseconds = u64::try_from(second).unwrap_or(0).saturating_mul(1_000) / u64::from(self.speed);
        tokio::time::sleep_until((self.began + Duration::from_millis(milliseconds)).into()).await;
    }

    /// Waits so many seconds of its own.
    pub(crate) async fn pass(&self, seconds: i64) {
        self.until(self.now() + seconds).await;
    }

    /// The time of day at a moment, as people say it.
    pub(crate) fn said(&self, second: i64) -> String {
        let minute = (FIRST_HOUR * 60..LAST_HOUR * 60).rfind(|minute| self.second_of(*minute) <= second);
        let minute = minute.unwrap_or(FIRST_HOUR * 60);
        format!("{:02}:{:02}", minute / 60, minute % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_a_scaled_day_is_shorter_and_the_first_is_long_enough_to_learn_from() {
        let day = Day::beginning_in(Duration::ZERO, 100, 10);
        assert_eq!(day.second_of(6 * 60), 1_800);
        assert_eq!(day.second_of(7 * 60) - day.second_of(6 * 60), 360);
        assert_eq!(day.length(), 1_800 + 14 * 360);
        assert_eq!(day.said(1_800 + 180), "06:30");
        assert_eq!((day.scaled(3_600), day.in_life(1_800)), (360, Duration::from_secs(18)));
        let whole = Day::beginning_in(Duration::ZERO, 1, 1);
        assert_eq!((whole.second_of(6 * 60), whole.length()), (3_600, 15 * 3_600));
    }

    #[test]
    fn it_is_a_friday_at_five() {
        let day = Day::beginning_in(Duration::ZERO, 1, 1);
        let shown = day.shown.to_zoned(east_africa_time());
        assert_eq!((shown.weekday(), shown.hour(), shown.minute()), (Weekday::Friday, 5, 0));
        assert!(day.shown > day.real);
    }
}
