//! Who paid, as far as Safaricom says.

use std::borrow::Cow;
use std::fmt;

use super::error::Fault;
use super::field;
use crate::http::strict_json::StrictJson;

/// How much is kept of it, in bytes; a hash has 64.
const MSISDN_LEN_MAX: usize = 128;

/// The payer's number in the form that Safaricom gave it in. Personal data in every form: there are so few numbers
/// that a hash of one is no secret. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub enum Msisdn<'a> {
    /// The message has none.
    Missing,
    /// Twelve digits that begin with 254.
    Plain(Cow<'a, str>),
    /// SHA-256 of the twelve digits: what confirmations have had since July 2024.
    Hashed([u8; 32]),
    /// With some of its digits hidden: `2547 ***** 126`.
    Masked(Cow<'a, str>),
    /// Something else, as it came.
    Other(Cow<'a, str>),
}

impl<'a> Msisdn<'a> {
    pub(super) fn read(value: &StrictJson<'a>) -> (Self, Option<Fault>) {
        let (text, fault) = field::verbatim(value, MSISDN_LEN_MAX);
        (Self::of(text), fault)
    }

    fn of(text: Cow<'a, str>) -> Self {
        let mut hash = [0; 32];
        if text.is_empty() {
            Self::Missing
        } else if text.len() == 12
            && text.starts_with("254")
            && text.bytes().all(|byte| byte.is_ascii_digit())
        {
            Self::Plain(text)
        } else if hex::decode_to_slice(text.as_bytes(), &mut hash).is_ok() {
            Self::Hashed(hash)
        } else if text.contains('*') {
            Self::Masked(text)
        } else {
            Self::Other(text)
        }
    }

    /// Which form it has, in a word that may be printed.
    pub const fn form(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Plain(_) => "plain",
            Self::Hashed(_) => "hashed",
            Self::Masked(_) => "masked",
            Self::Other(_) => "other",
        }
    }
}

impl fmt::Debug for Msisdn<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{} number]", self.form())
    }
}
