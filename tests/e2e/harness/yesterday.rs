//! The day before today, in East Africa: money may have moved then that is told of today.

use jiff::Timestamp;
use jiff::tz::Offset;

/// A day, as it is told of and as people type it.
pub(crate) struct Yesterday(jiff::civil::Date);

impl Yesterday {
    pub(crate) fn new() -> Self {
        let seconds = std::time::UNIX_EPOCH.elapsed().expect("the clock is after 1970").as_secs();
        let a_day_ago = Timestamp::from_second(i64::try_from(seconds).unwrap() - 86_400).unwrap();
        Self(Offset::constant(3).to_datetime(a_day_ago).date())
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
