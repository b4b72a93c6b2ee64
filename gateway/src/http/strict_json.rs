//! JSON read so strictly that two honest readers cannot disagree about it.
//!
//! Callbacks carry money, and JSON as commonly read is loose in three ways that matter there: a repeated name
//! silently means its last value, a number becomes the nearest binary fraction, and nesting has no end. Here a
//! repeated name is an error at any level, a number keeps the text it was written with (`7550.00` stays `7550.00`),
//! and depth and width are bounded. The grammar itself is left to `serde_json`.
//!
//! Values borrow from the body wherever they can, so reading a callback allocates one vector per object and one
//! string per escaped text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Levels of objects and lists within one another. The deepest callback we know has five.
pub const DEPTH_MAX: usize = 16;
/// Members of one object, or items of one list.
pub const WIDTH_MAX: usize = 1_000;

/// One JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StrictJson<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Switch(bool),
    /// A number, exactly as it was written.
    Number(&'a str),
    /// A text, with its escapes resolved.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<StrictJson<'a>>),
    /// An object.
    Object(StrictObject<'a>),
}

/// A JSON object: its members in the order written, each name once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StrictObject<'a> {
    members: Vec<(Cow<'a, str>, StrictJson<'a>)>,
}

/// Why a body was refused. Says where, never what the value was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StrictJsonError {
    /// Not JSON.
    #[error("not valid JSON at line {line}, column {column} of the innermost value that could be read")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// An object uses a name twice.
    #[error("the name at position {position} of an object repeats an earlier one")]
    RepeatedName {
        /// Which member of its object, from 1.
        position: usize,
    },
    /// Deeper than [`DEPTH_MAX`].
    #[error("more than {DEPTH_MAX} levels of objects and lists")]
    TooDeep,
    /// Wider than [`WIDTH_MAX`].
    #[error("more than {WIDTH_MAX} members in one object or list")]
    TooWide,
}

impl<'a> StrictJson<'a> {
    /// Reads one value that takes up all of the body.
    pub fn parse(body: &'a [u8]) -> Result<Self, StrictJsonError> {
        let raw: &RawValue = serde_json::from_slice(body).map_err(malformed)?;
        Self::read(raw, DEPTH_MAX)
    }

    /// The member of this name, when this is an object that has one.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(object) => object.get(name),
            _ => None,
        }
    }

    /// The text, when this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a text, or the digits of a number: senders disagree whether `222222` needs quotes.
    pub fn as_text_or_number(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(digits) => Some(digits),
            _ => None,
        }
    }

    /// The items, when this is a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The members, when this is an object.
    pub fn as_object(&self) -> Option<&StrictObject<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    fn read(raw: &'a RawValue, levels_left: usize) -> Result<Self, StrictJsonError> {
        let text = raw.get();
        // A raw value has no white space around it and is known to be valid, so its first byte tells its kind.
        match text.as_bytes().first() {
            Some(b'"') => Ok(Self::Text(serde_json::from_str::<TextOf<'a>>(text).map_err(malformed)?.0)),
            Some(b'{') => {
                let levels_left = levels_left.checked_sub(1).ok_or(StrictJsonError::TooDeep)?;
                let members = serde_json::from_str::<RawMembers<'a>>(text).map_err(too_wide_or_malformed)?.0;
                StrictObject::read(members, levels_left).map(Self::Object)
            }
            Some(b'[') => {
                let levels_left = levels_left.checked_sub(1).ok_or(StrictJsonError::TooDeep)?;
                let items = serde_json::from_str::<RawItems<'a>>(text).map_err(too_wide_or_malformed)?.0;
                let items = items.into_iter().map(|item| Self::read(item, levels_left));
                items.collect::<Result<_, _>>().map(Self::List)
            }
            Some(b't') => Ok(Self::Switch(true)),
            Some(b'f') => Ok(Self::Switch(false)),
            Some(b'n') => Ok(Self::Null),
            _ => Ok(Self::Number(text)),
        }
    }
}

impl<'a> StrictObject<'a> {
    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&StrictJson<'a>> {
        self.members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Every member, in the order written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &StrictJson<'a>)> {
        self.members.iter().map(|(name, value)| (name.as_ref(), value))
    }

    fn read(raw: Vec<(Cow<'a, str>, &'a RawValue)>, levels_left: usize) -> Result<Self, StrictJsonError> {
        let mut members = Vec::with_capacity(raw.len());
        for (name, value) in raw {
            // Comparing with each earlier name beats a hash set for the dozen members callbacks have, and
            // WIDTH_MAX bounds what a hostile body can make of it.
            if members.iter().any(|(known, _)| *known == name) {
                return Err(StrictJsonError::RepeatedName { position: members.len() + 1 });
            }
            members.push((name, StrictJson::read(value, levels_left)?));
        }
        Ok(Self { members })
    }
}

/// A text that borrows from the body unless it has escapes.
struct TextOf<'a>(Cow<'a, str>);

/// An object's members as written, repeated names included.
struct RawMembers<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A list's items as written.
struct RawItems<'a>(Vec<&'a RawValue>);

/// What the visitors say when WIDTH_MAX is reached; told apart from bad grammar by [`too_wide_or_malformed`].
const TOO_WIDE: &str = "too wide";

impl<'de> Deserialize<'de> for TextOf<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = TextOf<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<TextOf<'de>, E> {
                Ok(TextOf(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<TextOf<'de>, E> {
                Ok(TextOf(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Texts)
    }
}

impl<'de> Deserialize<'de> for RawMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = RawMembers<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawMembers<'de>, A::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some(name) = map.next_key::<TextOf<'de>>()? {
                    if members.len() == WIDTH_MAX {
                        return Err(de::Error::custom(TOO_WIDE));
                    }
                    members.push((name.0, map.next_value()?));
                }
                Ok(RawMembers(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl<'de> Deserialize<'de> for RawItems<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = RawItems<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RawItems<'de>, A::Error> {
                let mut read = Vec::new();
                while let Some(item) = items.next_element()? {
                    if read.len() == WIDTH_MAX {
                        return Err(de::Error::custom(TOO_WIDE));
                    }
                    read.push(item);
                }
                Ok(RawItems(read))
            }
        }
        deserializer.deserialize_seq(Items)
    }
}

fn malformed(error: serde_json::Error) -> StrictJsonError {
    StrictJsonError::Malformed { line: error.line(), column: error.column() }
}

fn too_wide_or_malformed(error: serde_json::Error) -> StrictJsonError {
    match error.classify() {
        // The grammar was checked when the raw value was cut out, so the only data error left is our own.
        serde_json::error::Category::Data => StrictJsonError::TooWide,
        _ => malformed(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> StrictJsonError {
        StrictJson::parse(body.as_bytes()).expect_err(body)
    }

    #[test]
    fn a_number_keeps_the_text_it_was_written_with() {
        let body = br#" {"TransAmount": 7550.00, "big": 123456789012345678901234567890.10, "e": 1E3, "minus": -0 } "#;
        let read = StrictJson::parse(body).unwrap();
        assert_eq!(read.get("TransAmount"), Some(&StrictJson::Number("7550.00")));
        assert_eq!(read.get("big").unwrap().as_text_or_number(), Some("123456789012345678901234567890.10"));
        assert_eq!(read.get("e"), Some(&StrictJson::Number("1E3")));
        assert_eq!(read.get("minus"), Some(&StrictJson::Number("-0")));
        assert_eq!(read.get("absent"), None);
    }

    #[test]
    fn a_repeated_name_is_refused_at_any_level_and_however_it_is_spelled() {
        assert_eq!(
            refused(r#"{"TransAmount":"10","x":1,"TransAmount":"1000"}"#),
            StrictJsonError::RepeatedName { position: 3 }
        );
        assert!(matches!(refused(r#"[{"a":{"b":1,"b":1}}]"#), StrictJsonError::RepeatedName { .. }));
        assert!(matches!(refused("{\"a\":1,\"\\u0061\":1}"), StrictJsonError::RepeatedName { .. }));
        assert!(StrictJson::parse(br#"{"a":{"n":1},"b":{"n":1}}"#).is_ok(), "each object has its own names");
    }

    #[test]
    fn texts_borrow_unless_they_have_escapes() {
        let read = StrictJson::parse(r#"{"plain":"ASHA","escaped":"A\u0000\"\n"}"#.as_bytes()).unwrap();
        assert!(matches!(read.get("plain"), Some(StrictJson::Text(Cow::Borrowed("ASHA")))));
        assert_eq!(read.get("escaped").unwrap().as_text(), Some("A\0\"\n"));
    }

    #[test]
    fn depth_and_width_have_an_end() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(StrictJson::parse(deep(DEPTH_MAX).as_bytes()).is_ok());
        assert_eq!(refused(&deep(DEPTH_MAX + 1)), StrictJsonError::TooDeep);
        assert_eq!(refused(&deep(100_000)), StrictJsonError::TooDeep);
        let wide = |items: usize| format!("[{}0]", "0,".repeat(items - 1));
        assert!(StrictJson::parse(wide(WIDTH_MAX).as_bytes()).is_ok());
        assert_eq!(refused(&wide(WIDTH_MAX + 1)), StrictJsonError::TooWide);
        let members: Vec<_> = (0..=WIDTH_MAX).map(|number| format!("\"{number}\":0")).collect();
        assert_eq!(refused(&format!("{{{}}}", members.join(","))), StrictJsonError::TooWide);
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for bad in [
            "",
            " ",
            "{",
            r#"{"a"}"#,
            r#"{"a":1,}"#,
            "[1,]",
            "01",
            "1.",
            "+1",
            "NaN",
            "'a'",
            "{} {}",
            "nul",
            "\"a\nb\"",
            r#""\ud800""#,
            "{\"a\":\"\\q\"}",
            "\u{feff}{}",
            "[1 2]",
            "{1:2}",
        ] {
            assert!(matches!(refused(bad), StrictJsonError::Malformed { .. }), "{bad:?}");
        }
        assert!(StrictJson::parse(b"{\"a\":\"\xff\"}").is_err(), "not UTF-8");
    }

    #[test]
    fn every_kind_of_value_is_told_apart() {
        let read = StrictJson::parse(br#"[null,true,false,0,"",[],{}]"#).unwrap();
        assert_eq!(
            read.as_list().unwrap(),
            [
                StrictJson::Null,
                StrictJson::Switch(true),
                StrictJson::Switch(false),
                StrictJson::Number("0"),
                StrictJson::Text("".into()),
                StrictJson::List(vec![]),
                StrictJson::Object(StrictObject::default()),
            ]
        );
    }
}
