//! What a run must keep to: `p99<250ms`, `max<2s`, `errors<0.01%`, `late<5`.

use std::str::FromStr;

use super::tally::{PERCENTILES, Percentile};

/// A limit on one figure of the report. The figure must be below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    text: String,
    pub(crate) figure: Figure,
}

/// The figure and its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figure {
    /// A percentile of latency, in microseconds.
    Latency(Percentile, u64),
    /// The longest latency, in microseconds.
    Longest(u64),
    /// Payments without a right answer.
    Errors(Share),
    /// Payments not sent in time.
    Late(Share),
}

/// A number of payments, absolute or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    Count(u64),
    /// In hundred-thousandths: `0.01%` is 10.
    PerHundredThousand(u64),
}

impl Threshold {
    /// As it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Share {
    /// Whether `part` of `whole` is below this share.
    pub(crate) fn exceeds(self, part: u64, whole: u64) -> bool {
        match self {
            Self::Count(limit) => part < limit,
            Self::PerHundredThousand(limit) => {
                u128::from(part) * 100_000 < u128::from(limit) * u128::from(whole)
            }
        }
    }
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, limit) =
            text.split_once('<').ok_or_else(|| format!("{text:?}: FIGURE<LIMIT is expected"))?;
        let (name, limit) = (name.trim(), limit.trim());
        let unreadable = || format!("{text:?}: {limit:?} is not a limit; 250ms, 1.5s, 0.01% and 5 are");
        let figure = match name {
            "max" => Figure::Longest(micros(limit).ok_or_else(unreadable)?),
            "errors" => Figure::Errors(share(limit).ok_or_else(unreadable)?),
            "late" => Figure::Late(share(limit).ok_or_else(unreadable)?),
            name => match PERCENTILES.into_iter().find(|percentile| percentile.name() == name) {
                Some(percentile) => Figure::Latency(percentile, micros(limit).ok_or_else(unreadable)?),
                None => {
                    return Err(format!(
                        "{text:?}: {name:?} is none of p50 p90 p95 p99 p99.9 p99.99 max errors late"
                    ));
                }
            },
        };
        Ok(Self { text: text.to_owned(), figure })
    }
}

/// `250ms`, `1.5s` or `800us` in microseconds.
fn micros(text: &str) -> Option<u64> {
    if let Some(number) = text.strip_suffix("us") {
        number.parse().ok()
    } else if let Some(number) = text.strip_suffix("ms") {
        scaled(number, 3)
    } else {
        scaled(text.strip_suffix('s')?, 6)
    }
}

fn share(text: &str) -> Option<Share> {
    match text.strip_suffix('%') {
        Some(number) => scaled(number, 3).map(Share::PerHundredThousand),
        None => text.parse().ok().map(Share::Count),
    }
}

/// A decimal number times ten to the `places`, exactly.
fn scaled(text: &str, places: usize) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > places || !digits(whole) || !digits(fraction) {
        return None;
    }
    format!("{whole}{fraction:0<places$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(text: &str) -> Figure {
        text.parse::<Threshold>().unwrap().figure
    }

    #[test]
    fn limits_are_read_with_their_units() {
        assert!(
            matches!(figure("p99<250ms"), Figure::Latency(percentile, 250_000) if percentile.name() == "p99")
        );
        assert!(matches!(figure("p99.9 < 1.5s"), Figure::Latency(_, 1_500_000)));
        assert_eq!(figure("max<800us"), Figure::Longest(800));
        assert_eq!(figure("errors<0.01%"), Figure::Errors(Share::PerHundredThousand(10)));
        assert_eq!(figure("late<5"), Figure::Late(Share::Count(5)));
        for wrong in ["p99", "p98<1s", "p99<250", "p99<fast", "errors<1.0001%", "errors<-1", "max<.5s"] {
            assert!(wrong.parse::<Threshold>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_share_is_compared_exactly() {
        let limit = Share::PerHundredThousand(10);
        assert!(limit.exceeds(0, 30_000));
        assert!(limit.exceeds(2, 30_000));
        assert!(!limit.exceeds(3, 30_000), "3 of 30,000 is 0.01 %, which is not below it");
        assert!(Share::Count(1).exceeds(0, 0));
    }
}
