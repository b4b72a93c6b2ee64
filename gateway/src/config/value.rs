//! Texts become values: by the form of their key, within its bounds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::keys::{Form, Key};
use super::problems::Problems;
use super::secret::Secret;
use super::sources::{Origin, Sourced};
use crate::http::client_address::AddressRange;

/// The most characters of a text.
const TEXT_LENGTH_MAX: usize = 200;

/// A value of one of the forms.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Address(SocketAddr),
    /// A count, or a size in bytes.
    Number(u64),
    Duration(Duration),
    Switch(bool),
    Path(PathBuf),
    Url(Url),
    Text(String),
    Ranges(Vec<AddressRange>),
    Word(&'static str),
    Secret(Secret),
}

/// How a value is printed back: as it could be written in the file.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(formatter, "\"{address}\""),
            Self::Number(number) => number.fmt(formatter),
            Self::Duration(duration) => write!(formatter, "\"{}ms\"", duration.as_millis()),
            Self::Switch(switch) => switch.fmt(formatter),
            Self::Path(path) => write!(formatter, "{:?}", path.display().to_string()),
            Self::Url(url) => write!(formatter, "\"{}\"", url.as_str()),
            Self::Text(text) => write!(formatter, "{text:?}"),
            Self::Word(word) => write!(formatter, "\"{word}\""),
            Self::Ranges(ranges) => {
                formatter.write_str("[")?;
                for (index, range) in ranges.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(formatter, "{comma}\"{range}\"")?;
                }
                formatter.write_str("]")
            }
            Self::Secret(_) => formatter.write_str("[secret]"),
        }
    }
}

/// An `http` or `https` address of a host, perhaps with a path, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// The address as text, without a slash at its end, so that a path can be put behind it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it begins with `https`.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Whether its host is this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.uri().host().map(|host| host.trim_matches(['[', ']']).to_owned()).unwrap_or_default();
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The address taken apart.
    pub fn uri(&self) -> hyper::Uri {
        self.0.parse().expect("checked when it was read")
    }

    fn read(text: &str) -> Result<Self, String> {
        let fault = || "expected an address such as https://malipo.go.ke, without a query".to_owned();
        let uri: hyper::Uri = text.parse().map_err(|_| fault())?;
        let known_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        let host = uri.authority().filter(|authority| !authority.as_str().contains('@'));
        if !known_scheme || host.is_none() || uri.query().is_some() || text.contains('#') {
            return Err(fault());
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// Every value that is set or has a default, with its origin.
#[derive(Clone, Debug)]
pub(super) struct Values {
    read: BTreeMap<&'static str, (Value, Origin)>,
    /// Keys that were given a text which is not a value; each is a problem.
    unreadable: BTreeSet<&'static str>,
}

impl Values {
    /// Reads every text by its key's form. What cannot be read is a problem and absent.
    pub(super) fn read(texts: Vec<(&'static Key, Sourced)>, problems: &mut Problems) -> Self {
        let mut values = Self { read: BTreeMap::new(), unreadable: BTreeSet::new() };
        for (key, sourced) in texts {
            match read(key.form, &sourced.text) {
                Ok(value) => {
                    values.read.insert(key.name, (value, sourced.origin));
                }
                Err(fault) => {
                    values.unreadable.insert(key.name);
                    problems.add(format!("{}: {fault}", key.name), sourced.origin, key.about);
                }
            }
        }
        values
    }

    pub(super) fn origin(&self, name: &str) -> Option<&Origin> {
        self.read.get(name).map(|(_, origin)| origin)
    }

    /// Whether somebody set this key, rather than leaving it to its default.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.origin(name).is_some_and(|origin| *origin != Origin::Default)
    }

    /// Whether nobody gave this key anything.
    pub(super) fn is_missing(&self, name: &str) -> bool {
        !self.read.contains_key(name) && !self.unreadable.contains(name)
    }

    /// The value of this key as it may be shown, which for a secret is that there is one.
    pub(super) fn shown(&self, name: &str) -> Option<&Value> {
        self.read.get(name).map(|(value, _)| value)
    }
}

impl Values {
    /// The value of a key that has a default, which is there whenever no problem was found. Panics on a key without
    /// one or of another type: a mistake of ours that reading any configuration shows.
    pub(super) fn get<T: OfValue>(&self, key: &str) -> T {
        self.optional(key).unwrap_or_else(|| panic!("{key} has a default"))
    }

    /// The value of a key, when it is set.
    pub(super) fn optional<T: OfValue>(&self, key: &str) -> Option<T> {
        let (value, _) = self.read.get(key)?;
        Some(T::of(value).unwrap_or_else(|| panic!("{key} is of another type")))
    }
}

/// A type that values of some form have.
pub(super) trait OfValue: Sized {
    /// The value, when it is of this type.
    fn of(value: &Value) -> Option<Self>;
}

macro_rules! of_value {
    ($($kind:ty = $form:ident),+ $(,)?) => {
        $(
            impl OfValue for $kind {
                fn of(value: &Value) -> Option<Self> {
                    match value {
                        Value::$form(value) => Some(value.clone()),
                        _ => None,
                    }
                }
            }
        )+
    };
}

of_value! {
    SocketAddr = Address,
    u64 = Number,
    Duration = Duration,
    bool = Switch,
    PathBuf = Path,
    Url = Url,
    String = Text,
    Vec<AddressRange> = Ranges,
    &'static str = Word,
    Secret = Secret,
}

/// Reads a text of a form. The fault never repeats the text: it may be a secret in the wrong place.
fn read(form: Form, text: &str) -> Result<Value, String> {
    let text = if matches!(form, Form::Secret { .. }) { text } else { text.trim() };
    match form {
        Form::Address => text
            .parse()
            .map(Value::Address)
            .map_err(|_| "expected an address and a port such as 127.0.0.1:8080".to_owned()),
        Form::Count { min, max } => {
            let count = whole_number(text).ok_or("expected a whole number")?;
            within(count, min, max, |bound| bound.to_string()).map(Value::Number)
        }
        Form::Size { min, max } => {
            let bytes = size(text).ok_or("expected a size such as 64KiB or 32MiB")?;
            within(bytes, min, max, |bound| format!("{bound} bytes")).map(Value::Number)
        }
        Form::Duration { min, max } => {
            let duration = duration(text).ok_or("expected a time such as 500ms, 10s, 5m or 1h")?;
            within(duration, min, max, |bound| format!("{bound:?}")).map(Value::Duration)
        }
        Form::Switch => match text {
            "true" => Ok(Value::Switch(true)),
            "false" => Ok(Value::Switch(false)),
            _ => Err("expected true or false".to_owned()),
        },
        Form::Path if text.is_empty() => Err("expected the name of a file or folder".to_owned()),
        Form::Path => Ok(Value::Path(Path::new(text).to_owned())),
        Form::Url => Url::read(text).map(Value::Url),
        Form::Text if text.is_empty() || text.chars().count() > TEXT_LENGTH_MAX => {
            Err(format!("expected a text of 1 to {TEXT_LENGTH_MAX} characters"))
        }
        Form::Text => Ok(Value::Text(text.to_owned())),
        Form::Ranges => text
            .split(',')
            .map(str::trim)
            .filter(|range| !range.is_empty())
            .map(|range| range.parse::<AddressRange>().map_err(|error| error.to_string()))
            .collect::<Result<_, _>>()
            .map(Value::Ranges),
        Form::Word(words) => words
            .iter()
            .find(|word| **word == text)
            .map(|word| Value::Word(word))
            .ok_or_else(|| format!("expected one of {}", words.join(", "))),
        Form::Secret { length_min } if text.chars().count() < length_min => {
            Err(format!("expected a secret of at least {length_min} characters"))
        }
        Form::Secret { .. } => Ok(Value::Secret(Secret::new(text.to_owned()))),
    }
}

fn within<T: PartialOrd>(value: T, min: T, max: T, shown: impl Fn(T) -> String) -> Result<T, String> {
    if value < min {
        return Err(format!("expected at least {}", shown(min)));
    }
    if value > max {
        return Err(format!("expected at most {}", shown(max)));
    }
    Ok(value)
}

/// Digits alone, with `_` between them for readers.
fn whole_number(text: &str) -> Option<u64> {
    let digits = text.replace('_', "");
    (!digits.starts_with('+')).then(|| digits.parse().ok()).flatten()
}

fn size(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let factor = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = number_and_unit(text)?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let unit_at =
        text.find(|character: char| !character.is_ascii_digit() && character != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    Some((whole_number(number)?, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY_TIME: Form = Form::Duration { min: Duration::ZERO, max: Duration::from_secs(3_600) };

    #[test]
    fn times_and_sizes_have_units() {
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("5 m"), Some(Duration::from_secs(300)));
        assert_eq!(size("64MiB"), Some(64 << 20));
        assert_eq!(size("65_536"), Some(65_536));
        for bad in ["10", "s", "-1s", "1.5s", "1d", "99999999999999999999s", "18446744073709551615h"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
        assert_eq!(size("64MB"), None, "a megabyte of a million bytes would be a surprise");
    }

    #[test]
    fn bounds_hold_and_say_what_they_are() {
        assert_eq!(read(Form::Count { min: 1, max: 9 }, "0").unwrap_err(), "expected at least 1");
        assert_eq!(read(Form::Count { min: 1, max: 9 }, "10").unwrap_err(), "expected at most 9");
        assert_eq!(read(ANY_TIME, "2h").unwrap_err(), "expected at most 3600s");
    }

    #[test]
    fn an_address_of_the_web_is_one_of_a_host() {
        let url = Url::read("https://malipo.go.ke/").unwrap();
        assert_eq!(url.as_str(), "https://malipo.go.ke");
        assert!(url.is_https() && !url.is_loopback());
        for here in ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:80/base"] {
            assert!(Url::read(here).unwrap().is_loopback(), "{here}");
        }
        for bad in
            ["malipo.go.ke", "ftp://x", "https://u:p@x", "https://x?q=1", "https://x#y", "https://", ""]
        {
            assert!(Url::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_fault_does_not_repeat_a_secret() {
        let fault = read(Form::Secret { length_min: 32 }, "hunter2").unwrap_err();
        assert!(!fault.contains("hunter2"));
    }
}
