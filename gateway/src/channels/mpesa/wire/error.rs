//! What can be wrong with a message, and where.

use std::borrow::Cow;

use crate::http::strict_json::StrictJsonError;

/// A message cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// It is not JSON, or not JSON that two readers would understand alike.
    #[error(transparent)]
    Json(#[from] StrictJsonError),
    /// A member that nothing can be booked without is absent or unreadable.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// Something is wrong with one member.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pointer:?} {fault}")]
pub struct FieldError {
    /// Where: a JSON pointer such as `/TransAmount`. The empty pointer is the whole body.
    pub pointer: Cow<'static, str>,
    /// What.
    pub fault: Fault,
}

/// What is wrong with a member. It never holds the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not there, `null`, or blank.
    #[error("is missing")]
    Missing,
    /// Another kind of JSON value than this member has.
    #[error("is of the wrong kind")]
    WrongKind,
    /// There twice, in a list of names and values.
    #[error("is there twice")]
    Repeated,
    /// Longer than anything that Safaricom sends.
    #[error("is longer than {bytes_max} bytes")]
    TooLong {
        /// The bound, in bytes of UTF-8.
        bytes_max: usize,
    },
    /// Holds something besides visible ASCII characters.
    #[error("holds something besides visible ASCII characters")]
    NotVisibleAscii,
    /// Holds something besides digits.
    #[error("holds something besides the digits 0 to 9")]
    NotDigits,
    /// Not a plain decimal: grouped, with an exponent, in other digits, or no number at all.
    #[error("is not a plain decimal number")]
    NotAnAmount,
    /// An amount with a fraction of a cent.
    #[error("has more than two decimals")]
    TooManyDecimals,
    /// An amount of nothing or less.
    #[error("is not more than zero")]
    NotPositive,
    /// An amount beyond [`AMOUNT_MAX`](super::AMOUNT_MAX).
    #[error("is larger than any payment can be")]
    TooLarge,
    /// Not a date and time of day as `yyyyMMddHHmmss`.
    #[error("is not a time as yyyyMMddHHmmss")]
    NotATime,
}

impl Fault {
    /// This fault at this place.
    pub(super) fn at(self, pointer: impl Into<Cow<'static, str>>) -> FieldError {
        FieldError { pointer: pointer.into(), fault: self }
    }
}
