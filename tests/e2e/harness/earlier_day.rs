//! A day before today, in East Africa: money may have moved then that is told of today.

use jiff::Timestamp;
use jiff::tz::Offset;

/// A day, as it is told of and as people type it.
pub(crate) struct EarlierDay(jiff::civil::Date);

impl EarlierDay {
    pub(crate) fn yesterday() -> Self {
        Self::days_ago(1)
    }

    pub(crate) fn days_ago(days: i64) -> Self {
        let seconds = std::time::UNIX_EPOCH.elapsed().expect("the clock is after 1970").as_secs();
        let then = Timestamp::from_second(i64::try_from(seconds).unwrap() - days * 86_400).unwrap();
        Self(Offset::constant(3).to_datetime(then).date())
    }

    /// A moment of it, as Safaricom writes when money moved.
    pub(crate) fn moved(&self) -> String {
        self.0.strftime("%Y%m%d091405").to_string()
    }

    /// The fields of a form that asks for the day.
    pub(crate) fn as_typed(&self) -> [(&'static str, String); 3] {
        let part = |format| self.0.strftime(format).to_string();
        [("day", part("%d")), ("month", part("%m")), ("year", part("%Y"))]
    }
}
