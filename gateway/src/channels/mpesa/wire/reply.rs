//! What Safaricom answers to a call of ours: what was asked for, an error in an envelope, or something else
//! altogether. The status says little: envelopes come with 200, and pages of HTML do too.

use std::borrow::Cow;

use super::field;
use super::prompt::CODE_LEN_MAX;
use crate::http::strict_json::{StrictJson, StrictObject};

/// How much is kept of what Safaricom says about a failure, in bytes.
const MESSAGE_LEN_MAX: usize = 200;

/// An answer, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply<'a> {
    /// An object that is no envelope.
    Object(StrictObject<'a>),
    /// An error: `{"requestId":"…","errorCode":"404.001.03","errorMessage":"Invalid Access Token"}`.
    Error(ErrorEnvelope<'a>),
    /// No JSON object, such as a page.
    Other,
}

/// An error as Safaricom says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorEnvelope<'a> {
    /// Such as `500.001.1001`.
    pub code: Cow<'a, str>,
    /// A sentence; at most 200 bytes. Some codes mean several things, and only the sentence tells them apart.
    pub message: Cow<'a, str>,
}

impl<'a> Reply<'a> {
    /// Sorts an answer.
    pub fn read(body: &'a [u8]) -> Self {
        let Ok(StrictJson::Object(object)) = StrictJson::parse(body) else { return Self::Other };
        match ErrorEnvelope::read(&object) {
            Some(envelope) => Self::Error(envelope),
            None => Self::Object(object),
        }
    }
}

impl<'a> ErrorEnvelope<'a> {
    /// The names are written `errorCode`, `ErrorCode` and otherwise.
    fn read(object: &StrictObject<'a>) -> Option<Self> {
        let code = field::token(member(object, "errorCode")?, CODE_LEN_MAX).ok()?;
        Some(Self { code, message: message(object, "errorMessage") })
    }
}

/// The code or name under this name in an answer, if there is one of visible ASCII and at most this length.
pub(in crate::channels::mpesa) fn token<'a>(
    object: &StrictObject<'a>,
    name: &str,
    bytes_max: usize,
) -> Option<Cow<'a, str>> {
    field::token(object.get(name)?, bytes_max).ok()
}

/// The sentence under this name, in any casing of it; empty if there is none.
pub(in crate::channels::mpesa) fn message<'a>(object: &StrictObject<'a>, name: &str) -> Cow<'a, str> {
    member(object, name).map_or(Cow::Borrowed(""), |value| field::verbatim(value, MESSAGE_LEN_MAX).0)
}

/// Whether a `ResponseCode` means success: `0`, `00` and `00000000` all do.
pub(in crate::channels::mpesa) fn is_success(code: &str) -> bool {
    !code.is_empty() && code.bytes().all(|byte| byte == b'0')
}

fn member<'object, 'a>(object: &'object StrictObject<'a>, name: &str) -> Option<&'object StrictJson<'a>> {
    object.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_envelope_is_known_in_any_casing_and_everything_else_is_told_apart() {
        for body in [
            r#"{"requestId":"1-1-1","errorCode":"404.001.03","errorMessage":"Invalid Access Token"}"#,
            r#"{"RequestId":"1-1-1","ErrorCode":"404.001.03","ErrorMessage":"Invalid Access Token"}"#,
            r#"{"errorcode":" 404.001.03 ","errormessage":"Invalid Access Token"}"#,
        ] {
            let Reply::Error(envelope) = Reply::read(body.as_bytes()) else { panic!("{body}") };
            assert_eq!((&*envelope.code, &*envelope.message), ("404.001.03", "Invalid Access Token"));
        }
        assert!(matches!(Reply::read(br#"{"ResponseCode":"0"}"#), Reply::Object(_)));
        assert!(matches!(Reply::read(br#"{"errorCode":null}"#), Reply::Object(_)));
        for page in ["<html><body>OK</body></html>", "", "[]", "\"OK\"", "{", r#"{"a":1,"a":2}"#] {
            assert_eq!(Reply::read(page.as_bytes()), Reply::Other, "{page}");
        }
    }

    #[test]
    fn a_long_sentence_is_cut() {
        let body = format!(r#"{{"errorCode":"500.003.1001","errorMessage":"{}"}}"#, "x".repeat(60_000));
        let Reply::Error(envelope) = Reply::read(body.as_bytes()) else { panic!() };
        assert_eq!(envelope.message.len(), MESSAGE_LEN_MAX);
    }

    #[test]
    fn success_is_any_number_of_zeros() {
        assert!(["0", "00", "000000", "00000000"].into_iter().all(is_success));
        assert!(!["", "1", "01", "1000", "0x"].into_iter().any(is_success));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Reply::read(&body);
        }
    }
}
