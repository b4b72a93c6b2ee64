//! From when until when a certificate is valid: the two dates of an X.509 certificate, and nothing else of it.
//!
//! rustls judges certificates of others, not our own, and keeps the dates to itself. Reading two dates does not need
//! a certificate library: RFC 5280 section 4.1 puts them at a fixed place in the DER, behind at most five fields that
//! only have to be stepped over.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const SEQUENCE: u8 = 0x30;
const EXPLICIT_VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The time in which a certificate is valid, both ends included, in microseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// First moment.
    pub not_before_micros: i64,
    /// Last moment.
    pub not_after_micros: i64,
}

impl Validity {
    /// Whether it is valid at this moment.
    pub fn holds_at(&self, micros: i64) -> bool {
        (self.not_before_micros..=self.not_after_micros).contains(&micros)
    }
}

impl fmt::Display for Validity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |micros| jiff::Timestamp::from_microsecond(micros).map(|time| time.to_string());
        let (from, until) = (shown(self.not_before_micros), shown(self.not_after_micros));
        write!(formatter, "from {} until {}", from.unwrap_or_default(), until.unwrap_or_default())
    }
}

/// The validity of a certificate in DER, or `None` when the dates are not where they must be.
pub(super) fn of_certificate(der: &[u8]) -> Option<Validity> {
    let (certificate, _) = content_of(der, SEQUENCE)?;
    let (to_be_signed, _) = content_of(certificate, SEQUENCE)?;
    let mut rest = to_be_signed;
    if rest.first() == Some(&EXPLICIT_VERSION) {
        rest = after(rest)?;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        rest = after(rest)?;
    }
    let (validity, _) = content_of(rest, SEQUENCE)?;
    let (not_before, rest) = time(validity)?;
    let (not_after, _) = time(rest)?;
    Some(Validity { not_before_micros: not_before, not_after_micros: not_after })
}

/// One DER element: its tag, its content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 4 {
            return None;
        }
        let (bytes, rest) = rest.split_at_checked(count)?;
        (bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn content_of(der: &[u8], expected_tag: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = element(der)?;
    (tag == expected_tag).then_some((content, rest))
}

fn after(der: &[u8]) -> Option<&[u8]> {
    element(der).map(|(_, _, rest)| rest)
}

/// A time in one of the two forms of RFC 5280 section 4.1.2.5, and what follows it.
fn time(der: &[u8]) -> Option<(i64, &[u8])> {
    let (tag, content, rest) = element(der)?;
    let digits = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let four_digit_year = match tag {
        // Two digits of a year: 50 to 99 are of the twentieth century.
        UTC_TIME => format!("{}{digits}", if digits.get(..2)? < "50" { "20" } else { "19" }),
        GENERALIZED_TIME => digits.to_owned(),
        _ => return None,
    };
    let civil = DateTime::strptime("%Y%m%d%H%M%S", &four_digit_year).ok()?;
    let moment = civil.to_zoned(TimeZone::UTC).ok()?;
    Some((moment.timestamp().as_microsecond(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(from: (i32, u8, u8), until: (i32, u8, u8)) -> Vec<u8> {
        let mut terms = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        terms.not_before = rcgen::date_time_ymd(from.0, from.1, from.2);
        terms.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        terms.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    fn micros(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn both_dates_are_found_in_both_of_their_forms() {
        let near = of_certificate(&certificate((2026, 11, 21), (2027, 2, 19))).unwrap();
        assert_eq!(near.not_before_micros, micros("2026-11-21T00:00:00Z"));
        assert_eq!(near.not_after_micros, micros("2027-02-19T00:00:00Z"));
        assert!(near.holds_at(micros("2027-02-19T00:00:00Z")));
        assert!(!near.holds_at(micros("2027-02-19T00:00:01Z")));
        let far = of_certificate(&certificate((1975, 1, 1), (2075, 1, 1))).unwrap();
        assert_eq!(far.not_before_micros, micros("1975-01-01T00:00:00Z"));
        assert_eq!(
            far.not_after_micros,
            micros("2075-01-01T00:00:00Z"),
            "from 2050 on the year has four digits"
        );
    }

    #[test]
    fn a_certificate_that_is_cut_short_is_not_read_beyond_its_end() {
        let whole = certificate((2026, 11, 21), (2027, 2, 19));
        for length in 0..whole.len() {
            assert_eq!(of_certificate(&whole[..length]), None, "cut to {length} bytes");
        }
    }
}
