//! The one place of this crate that reads the wall clock, and East Africa Time as Safaricom writes it.
//!
//! Durations (how long a reply took) use `std::time::Instant` where they are needed; only "what day and hour
//! is it" comes from here, so that a demo whose clock runs faster can hand its own clock to the sandbox.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{self, TimeZone};

/// Tells what time it is. Cheap to clone; the copies share one source.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's own clock.
    #[must_use]
    pub fn system() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the single place where this crate reads the wall clock"
        )]
        Self(Arc::new(Timestamp::now))
    }

    /// A clock that somebody else drives: a demo that runs faster than life, or a test.
    pub fn from_source(source: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Clock")
    }
}

/// East Africa Time: three hours ahead of UTC all year, which is why no time zone database is needed.
pub(crate) fn east_africa_time() -> TimeZone {
    TimeZone::fixed(tz::offset(3))
}

/// `yyyyMMddHHmmss` in East Africa Time, as in `TransTime` and in the `Timestamp` of a push request.
pub(crate) fn east_africa_digits(at: Timestamp) -> String {
    at.to_zoned(east_africa_time()).strftime("%Y%m%d%H%M%S").to_string()
}

/// Reads `yyyyMMddHHmmss` as East Africa Time; `None` for anything else.
pub(crate) fn from_east_africa_digits(digits: &str) -> Option<Timestamp> {
    if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let civil = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    civil.to_zoned(east_africa_time()).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn east_africa_is_three_hours_ahead() {
        let at: Timestamp = "2026-11-20T06:14:05Z".parse().unwrap();
        assert_eq!(east_africa_digits(at), "20261120091405");
        assert_eq!(from_east_africa_digits("20261120091405"), Some(at));
    }

    #[test]
    fn only_fourteen_digits_of_a_real_moment_are_a_time() {
        for wrong in ["", "2026112009140", "20261320091405", "2026-11-20 09:14", "20261120091460x"] {
            assert_eq!(from_east_africa_digits(wrong), None, "{wrong}");
        }
    }
}
