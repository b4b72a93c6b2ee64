//! Accounts: a code whose first digit says what kind of account it is. The ledger knows no chart beyond that;
//! who an account belongs to is the caller's business.

use std::fmt;
use std::sync::Arc;

/// The longest account code in bytes.
pub const ACCOUNT_CODE_LEN_MAX: usize = 128;

/// The code of an account, such as `1000.mpesa.222222`: four digits, then dotted parts of lower-case letters,
/// digits and hyphens. Cheap to copy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountCode(Arc<str>);

/// What an account is, read off the first digit of its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// `1…`: something we hold or are owed; grows on the debit side.
    Asset,
    /// `2…`: something we owe; grows on the credit side.
    Liability,
    /// `3…`: a currency position, which may stand on either side.
    Position,
    /// `4…`: grows on the credit side.
    Income,
    /// `5…` and `9…`: grows on the debit side.
    Expense,
}

/// The text is not an account code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not an account code: four digits starting with 1, 2, 3, 4, 5 or 9, then parts of a-z, 0-9 and \
     hyphens, each after a dot, {ACCOUNT_CODE_LEN_MAX} bytes at most"
)]
pub struct NotAnAccountCode {
    text: String,
}

impl AccountCode {
    /// Reads a code.
    pub fn parse(text: &str) -> Result<Self, NotAnAccountCode> {
        let refused = || NotAnAccountCode { text: text.chars().take(ACCOUNT_CODE_LEN_MAX).collect() };
        if text.len() > ACCOUNT_CODE_LEN_MAX {
            return Err(refused());
        }
        let mut parts = text.split('.');
        let number = parts.next().unwrap_or_default();
        let number_is_right = number.len() == 4
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(number.as_bytes().first(), Some(b'1'..=b'5' | b'9'));
        let parts_are_right = parts.all(|part| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        });
        if number_is_right && parts_are_right { Ok(Self(Arc::from(text))) } else { Err(refused()) }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What kind of account this is.
    pub fn kind(&self) -> AccountKind {
        match self.0.as_bytes().first() {
            Some(b'1') => AccountKind::Asset,
            Some(b'2') => AccountKind::Liability,
            Some(b'3') => AccountKind::Position,
            Some(b'4') => AccountKind::Income,
            _ => AccountKind::Expense,
        }
    }
}

impl fmt::Display for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl serde::Serialize for AccountCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for AccountCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_its_kind_and_nothing_else_is_a_code() {
        assert_eq!(AccountCode::parse("1000.mpesa.222222").unwrap().kind(), AccountKind::Asset);
        assert_eq!(AccountCode::parse("2000.kws.park-entry").unwrap().kind(), AccountKind::Liability);
        assert_eq!(AccountCode::parse("3000").unwrap().kind(), AccountKind::Position);
        assert_eq!(AccountCode::parse("9000").unwrap().kind(), AccountKind::Expense);
        for text in ["", "100", "10000", "6000", "1000.", "1000..a", "1000.KWS", "1000.a b", "a000", "1000.é"]
        {
            assert!(AccountCode::parse(text).is_err(), "{text:?} was read");
        }
        assert!(AccountCode::parse(&format!("1000.{}", "a".repeat(ACCOUNT_CODE_LEN_MAX))).is_err());
    }
}
