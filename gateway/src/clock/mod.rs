//! The only place that reads the time of day, and that decides whether to believe it.
//!
//! Moments are microseconds since 1970-01-01 00:00 UTC in an `i64`. Days and times of day are East Africa Time: what
//! people see, what Safaricom writes, and where a revenue day begins and ends. East Africa Time is three hours ahead
//! of UTC and has no daylight saving; `Africa/Nairobi` has not changed since 1960, so no time zone file is consulted.

mod believed;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use rustix::time::{ClockId, clock_gettime};

use self::believed::Believed;

/// East Africa Time: UTC+3, all year.
pub const EAST_AFRICA_TIME: Offset = Offset::constant(3);

/// How Safaricom writes a time: `20261120091405`, in East Africa Time.
const COMPACT_FORMAT: &str = "%Y%m%d%H%M%S";
const COMPACT_LENGTH: usize = 14;
/// How lists are asked for.
const SPACED_FORMAT: &str = "%Y-%m-%d %H:%M:%S";
const SPACED_LENGTH: usize = 19;

/// Where the time comes from. Cheap to clone; every clone tells the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System(Arc<Believed>),
    Accelerated { began_micros: Arc<AtomicI64>, began: Instant, factor: u32 },
    Held(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock, followed as long as it does not leap.
    pub fn system() -> Self {
        Self(Source::System(Arc::new(Believed::new(system_micros(), micros_since_boot()))))
    }

    /// A clock that starts at the present and runs `factor` times as fast. For `demo` alone: a day of an agency, with
    /// its close and its statement, in a minute.
    pub fn accelerated(factor: u32) -> Self {
        Self::accelerated_from(system_micros(), factor)
    }

    /// The same from another moment: of a device that is rehearsed beside a gateway whose clock has run fast for a while.
    pub fn accelerated_from(micros: i64, factor: u32) -> Self {
        let began_micros = Arc::new(AtomicI64::new(micros));
        Self(Source::Accelerated { began_micros, began: Instant::now(), factor })
    }

    /// A clock that showed `shown_micros` when it really was `real_micros`, and has run `factor` times as fast since.
    /// Processes with the same three live in one time, and one that is started again is where the others are.
    pub fn accelerated_since(factor: u32, real_micros: i64, shown_micros: i64) -> Self {
        let passed = system_micros().saturating_sub(real_micros).saturating_mul(i64::from(factor));
        Self(Source::Accelerated {
            began_micros: Arc::new(AtomicI64::new(shown_micros.saturating_add(passed))),
            began: Instant::now(),
            factor,
        })
    }

    /// How many times as fast as life it runs.
    pub const fn factor(&self) -> u32 {
        match &self.0 {
            Source::Accelerated { factor, .. } => *factor,
            Source::System(_) | Source::Held(_) => 1,
        }
    }

    /// A clock that stands still until it is [moved](Self::move_on). For tests.
    pub fn held_at(micros: i64) -> Self {
        Self(Source::Held(Arc::new(AtomicI64::new(micros))))
    }

    /// Moves a held clock, for every clone of it. Other clocks take no notice.
    pub fn move_on(&self, micros: i64) {
        if let Source::Held(now) = &self.0 {
            now.fetch_add(micros, Ordering::Relaxed);
        }
    }

    /// The present moment. The system's clock may be set back a little, so two readings need not ascend; ledger time
    /// does.
    pub fn now_micros(&self) -> i64 {
        match &self.0 {
            Source::System(believed) => believed.read(system_micros(), micros_since_boot()),
            Source::Accelerated { began_micros, began, factor } => {
                let real = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
                began_micros.load(Ordering::Relaxed).saturating_add(real.saturating_mul(i64::from(*factor)))
            }
            Source::Held(now) => now.load(Ordering::Relaxed),
        }
    }

    /// Tells the clock when the last record was written, at a start. No clock goes on from before that. The system's
    /// clock is also not believed when that is longer ago than an outage lasts, unless somebody has said that it is
    /// right (`is_trusted`); see [`disbelief_micros`](Self::disbelief_micros).
    pub fn go_on_from(&self, last_record_micros: i64, is_trusted: bool) {
        match &self.0 {
            Source::System(believed) => {
                believed.go_on_from(last_record_micros, is_trusted, micros_since_boot());
            }
            Source::Accelerated { began_micros, .. } => {
                let behind = last_record_micros.saturating_sub(self.now_micros());
                if behind > 0 {
                    began_micros.fetch_add(behind, Ordering::Relaxed);
                }
            }
            Source::Held(now) => {
                now.fetch_max(last_record_micros, Ordering::Relaxed);
            }
        }
    }

    /// How far the system's clock is ahead of this one, while it is not believed.
    pub fn disbelief_micros(&self) -> Option<i64> {
        match &self.0 {
            Source::System(believed) => believed.disbelief(),
            Source::Accelerated { .. } | Source::Held(_) => None,
        }
    }

    /// Today in East Africa.
    pub fn today(&self) -> Date {
        east_africa_date(self.now_micros())
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn system_micros() -> i64 {
    // A machine whose clock stands before 1970 has no time at all; zero says so plainly in every record.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// The time since the machine was started, sleep included. Nobody can set it.
fn micros_since_boot() -> i64 {
    let since = clock_gettime(ClockId::Boottime);
    since.tv_sec * 1_000_000 + since.tv_nsec / 1_000
}

/// A text or a number that is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not fourteen digits that make a date and a time of day.
    #[error("expected a time as yyyyMMddHHmmss")]
    NotCompact,
    /// Not a date and a time of day with a blank between them.
    #[error("expected a time such as 2026-11-20 09:14:31, 20-11-2026 09:14:31 or 20/11/2026 09:14:31")]
    NotWritten,
    /// Not a moment in RFC 3339.
    #[error("expected a time such as 2026-11-21T16:42:00Z")]
    NotRfc3339,
}

/// Date and time of day in East Africa at this moment.
pub fn east_africa_time(micros: i64) -> DateTime {
    EAST_AFRICA_TIME.to_datetime(timestamp(micros))
}

/// The day in East Africa at this moment.
pub fn east_africa_date(micros: i64) -> Date {
    east_africa_time(micros).date()
}

/// The day that is so many days after 1 January 1970.
pub fn day_as_date(day: i32) -> Date {
    let middle = i64::from(day) * 86_400_000_000 + 43_200_000_000;
    timestamp(middle).to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The moment at which this day begins in East Africa.
pub fn start_of_east_africa_day(date: Date) -> i64 {
    micros_of(date.to_datetime(jiff::civil::Time::midnight()))
}

/// Reads a time as Safaricom writes it: `20261120091405`, in East Africa Time.
pub fn parse_compact(text: &str) -> Result<i64, TimeError> {
    if text.len() != COMPACT_LENGTH || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(TimeError::NotCompact);
    }
    DateTime::strptime(COMPACT_FORMAT, text).map(micros_of).map_err(|_| TimeError::NotCompact)
}

/// Reads a time as lists have it, with a blank between date and time of day: `2026-11-20 09:14:31`, `20-11-2026 09:14:31` or
/// `20/11/2026 09:14:31`, in East Africa Time.
pub fn parse_written(text: &str) -> Result<i64, TimeError> {
    let of_length = Some(text.as_bytes()).filter(|bytes| bytes.len() == SPACED_LENGTH);
    let format = match of_length.map(|bytes| (bytes[2], bytes[4])) {
        Some((b'-', _)) => "%d-%m-%Y %H:%M:%S",
        Some((b'/', _)) => "%d/%m/%Y %H:%M:%S",
        Some((_, b'-')) => SPACED_FORMAT,
        _ => return Err(TimeError::NotWritten),
    };
    DateTime::strptime(format, text).map(micros_of).map_err(|_| TimeError::NotWritten)
}

/// Writes a time as requests for lists have it: `2026-11-20 09:14:31`, in East Africa Time.
pub fn format_spaced(micros: i64) -> String {
    east_africa_time(micros).strftime(SPACED_FORMAT).to_string()
}

/// Writes a time as Safaricom does.
pub fn format_compact(micros: i64) -> String {
    east_africa_time(micros).strftime(COMPACT_FORMAT).to_string()
}

/// Reads a moment as machines write it: `2026-11-21T16:42:00Z`.
pub fn parse_rfc3339(text: &str) -> Result<i64, TimeError> {
    text.parse::<Timestamp>().map(Timestamp::as_microsecond).map_err(|_| TimeError::NotRfc3339)
}

/// Writes a moment as machines read it, in UTC, with as many decimals as it needs.
pub fn format_rfc3339(micros: i64) -> String {
    timestamp(micros).to_string()
}

/// A moment beyond what a calendar can name becomes the nearest that it can.
fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn micros_of(east_africa: DateTime) -> i64 {
    TimeZone::fixed(EAST_AFRICA_TIME)
        .to_timestamp(east_africa)
        .map_or(if east_africa.year() < 0 { i64::MIN } else { i64::MAX }, Timestamp::as_microsecond)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// 2026-11-20 09:14:05 in Nairobi.
    const MOMENT: i64 = 1_795_155_245_000_000;

    #[test]
    fn safaricom_times_are_read_and_written_as_nairobi_times() {
        assert_eq!(parse_compact("20261120091405"), Ok(MOMENT));
        assert_eq!(format_compact(MOMENT), "20261120091405");
        assert_eq!(format_rfc3339(MOMENT), "2026-11-20T06:14:05Z");
        assert_eq!(parse_rfc3339("2026-11-20T09:14:05+03:00"), Ok(MOMENT));
        for bad in
            ["", "2026112009140", "202611200914055", "20261320091405", "20260230091405", "2026112O091405"]
        {
            assert_eq!(parse_compact(bad), Err(TimeError::NotCompact), "{bad}");
        }
        assert_eq!(
            parse_compact("٢٠٢٦١١٢٠٠٩١٤٠٥"),
            Err(TimeError::NotCompact),
            "other digits are not digits here"
        );
        assert_eq!(parse_rfc3339("yesterday"), Err(TimeError::NotRfc3339));
    }

    #[test]
    fn lists_write_times_in_three_ways_and_the_day_comes_before_the_month() {
        for written in ["2026-11-20 09:14:05", "20-11-2026 09:14:05", "20/11/2026 09:14:05"] {
            assert_eq!(parse_written(written), Ok(MOMENT), "{written}");
        }
        assert_eq!(format_spaced(MOMENT), "2026-11-20 09:14:05");
        for wrong in [
            "",
            "20-11-2026",
            "11/20/2026 09:14:05",
            "2026/11/20 09:14:05",
            "20-11-26 09:14:05",
            "20-11-2026 09:14",
            "2026-11-20T09:14:05",
            "20-11-2026 25:14:05",
            "20.11.2026 09:14:05",
        ] {
            assert_eq!(parse_written(wrong), Err(TimeError::NotWritten), "{wrong}");
        }
    }

    #[test]
    fn a_revenue_day_begins_at_midnight_in_nairobi() {
        let begins = start_of_east_africa_day(date(2026, 11, 20));
        assert_eq!(format_rfc3339(begins), "2026-11-19T21:00:00Z");
        assert_eq!(east_africa_date(begins), date(2026, 11, 20));
        assert_eq!(east_africa_date(begins - 1), date(2026, 11, 19));
    }

    #[test]
    fn a_held_clock_moves_for_everybody_who_has_it() {
        let clock = Clock::held_at(MOMENT);
        let elsewhere = clock.clone();
        clock.move_on(24 * 60 * 60 * 1_000_000);
        assert_eq!(elsewhere.today(), date(2026, 11, 21));
    }

    #[test]
    fn an_accelerated_clock_starts_at_the_present_and_gains() {
        let (clock, system) = (Clock::accelerated(3_600), Clock::system());
        let (before, real_before) = (clock.now_micros(), system.now_micros());
        while system.now_micros() - real_before < 2_000 {
            std::hint::spin_loop();
        }
        assert!(clock.now_micros() - before > 1_000 * 3_600);
        assert!((before - real_before).abs() < 60_000_000 * 3_600, "it starts near the present");
    }

    #[test]
    fn moments_beyond_the_calendar_do_not_panic() {
        for extreme in [i64::MIN, i64::MAX] {
            let _ = (format_compact(extreme), format_rfc3339(extreme), east_africa_date(extreme));
        }
    }
}
