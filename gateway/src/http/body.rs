//! Bodies that come in: refused by their head where possible, read up to a bound otherwise, and understood strictly.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_decode_str, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::problem::{FieldError, Problem};
use super::problem_codes::Code;
use super::strict_json::{StrictJson, StrictJsonError};

/// Names in one form or query.
const FIELDS_MAX: usize = 256;

/// What a route does with the body of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyRule {
    /// The route takes no body; one that is announced is refused.
    Absent,
    /// The body is read before the handler runs.
    Whole {
        /// The most it may have.
        bytes_max: usize,
    },
    /// The handler receives the body as it comes, and bounds it itself. For the proxy to agency back ends.
    Streamed,
}

/// Refuses, by the head alone, what need not be read: a body that is compressed, announced as too large, or not
/// wanted. A compressed body could unfold to any size, and no caller of ours needs one.
pub(super) fn check_head(rule: BodyRule, headers: &HeaderMap, body: &Incoming) -> Result<(), Problem> {
    if rule == BodyRule::Streamed {
        return Ok(());
    }
    if let Some(encoding) = headers.get(CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Err(Problem::new(
            Code::CompressedBody,
            "Content-Encoding is not taken; send the body as it is.",
        )
        .closing_connection());
    }
    let announced = match headers.get(CONTENT_LENGTH) {
        // hyper has checked that the length is a number and that every copy of the header agrees.
        Some(_) => body.size_hint().exact().unwrap_or(u64::MAX),
        None if body.is_end_stream() => 0,
        None => 1,
    };
    let bytes_max = match rule {
        BodyRule::Absent => 0,
        BodyRule::Whole { bytes_max } => bytes_max as u64,
        BodyRule::Streamed => u64::MAX,
    };
    if announced > bytes_max { Err(too_large(bytes_max)) } else { Ok(()) }
}

/// Reads all of a body of at most `bytes_max` bytes. A body that came in one piece is not copied.
pub(super) async fn read_whole(mut body: Incoming, bytes_max: usize) -> Result<Bytes, Problem> {
    let first = match next_piece(&mut body).await? {
        None => return Ok(Bytes::new()),
        Some(piece) if piece.len() > bytes_max => return Err(too_large(bytes_max as u64)),
        Some(piece) => piece,
    };
    if body.is_end_stream() {
        return Ok(first);
    }
    let announced_rest = body.size_hint().exact().unwrap_or(0);
    let capacity = (first.len() as u64).saturating_add(announced_rest).min(bytes_max as u64);
    let mut whole = BytesMut::with_capacity(capacity as usize);
    whole.extend_from_slice(&first);
    while let Some(piece) = next_piece(&mut body).await? {
        if whole.len() + piece.len() > bytes_max {
            return Err(too_large(bytes_max as u64));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

/// The next piece with bytes in it; trailers are of no interest.
async fn next_piece(body: &mut Incoming) -> Result<Option<Bytes>, Problem> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Problem::new(Code::BodyIncomplete, "The body ended early or its chunks are not well formed.")
                .internal(error)
                .closing_connection()
        })?;
        if let Ok(piece) = frame.into_data()
            && !piece.is_empty()
        {
            return Ok(Some(piece));
        }
    }
    Ok(None)
}

fn too_large(bytes_max: u64) -> Problem {
    Problem::new(Code::BodyTooLarge, format!("This address takes at most {bytes_max} bytes of body."))
        .closing_connection()
}

/// Reads JSON of a type of ours. A name that repeats anywhere is refused before serde sees the body, because serde
/// would keep the last value for maps.
pub(super) fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Problem> {
    expect_type(headers, "application/json")?;
    strict_json(body)?;
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let mut steps: Vec<Segment> = error.path().iter().cloned().collect();
        let error = error.into_inner();
        let field = misshapen(&mut steps, &error.to_string());
        let (line, column) = (error.line(), error.column());
        let detail = format!(
            "The JSON does not have the documented shape at line {line}, column {column}: {}",
            field.detail
        );
        Problem::new(Code::ValidationFailed, detail).errors_in(vec![field])
    })
}

/// Where and how a body does not have the documented shape. serde's message may repeat what was sent, which may be
/// personal data, and so may the name of a field that we do not know: neither is passed on. Other names are ours.
fn misshapen(steps: &mut Vec<Segment>, message: &str) -> FieldError {
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let mut allowed = None;
    let (code, what) = if let Some(name) = missing {
        steps.push(Segment::Map { key: name.to_owned() });
        ("missing", "is missing")
    } else if let Some(unknown) = message.strip_prefix("unknown field `") {
        // Its name may be the last step. It may hold anything, the sign that serde ends it with as well.
        if matches!(steps.last(), Some(Segment::Map { key }) if unknown.starts_with(key.as_str())) {
            steps.pop();
        }
        ("unknown_field", "has a field that this address does not know")
    } else if message.starts_with("unknown variant") {
        allowed = allowed_words(message);
        ("not_allowed", "is not one of the values that are allowed")
    } else {
        ("wrong_type", "is of the wrong type or out of range")
    };
    let (mut path, mut pointer) = (String::new(), String::new());
    for step in steps {
        match step {
            Segment::Seq { index } => {
                path.push_str(&format!("[{index}]"));
                pointer.push_str(&format!("/{index}"));
            }
            Segment::Map { key: name } | Segment::Enum { variant: name } => {
                path.push_str(if path.is_empty() { "" } else { "." });
                path.push_str(name);
                pointer.push_str(&format!("/{name}"));
            }
            Segment::Unknown => {}
        }
    }
    let path = if path.is_empty() { "the body" } else { &path };
    let allowed = allowed.map_or_else(String::new, |words| format!(": {words}"));
    FieldError::new(pointer, code, format!("{path} {what}{allowed}."))
}

/// The allowed words, which are ours. They follow the last "`, expected "; what was sent stands before it and may hold anything,
/// that sign too.
fn allowed_words(message: &str) -> Option<String> {
    let (_, expected) = message.rsplit_once("`, expected ")?;
    let words: Vec<_> = expected.split('`').skip(1).step_by(2).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// Reads JSON as [`StrictJson`], whatever content type it claims: the types that callbacks claim vary.
pub(super) fn strict_json(body: &[u8]) -> Result<StrictJson<'_>, Problem> {
    StrictJson::parse(body).map_err(|error| {
        let code = match error {
            StrictJsonError::Malformed { .. } => Code::MalformedJson,
            StrictJsonError::RepeatedName { .. } => Code::RepeatedName,
            StrictJsonError::TooDeep | StrictJsonError::TooWide => Code::JsonTooComplex,
        };
        Problem::new(code, format!("The body was refused: {error}."))
    })
}

/// Reads a form as browsers send it.
pub(super) fn form(headers: &HeaderMap, body: &[u8]) -> Result<Fields, Problem> {
    expect_type(headers, "application/x-www-form-urlencoded")?;
    let text = std::str::from_utf8(body)
        .map_err(|_| Problem::new(Code::BadRequest, "The form is not text in UTF-8."))?;
    Fields::parse(text)
}

/// Whether the body claims this type; parameters such as `charset` do not matter.
fn expect_type(headers: &HeaderMap, expected: &'static str) -> Result<(), Problem> {
    let claimed = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let essence = claimed.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if essence.eq_ignore_ascii_case(expected.as_bytes()) {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType, format!("Send Content-Type: {expected}.")))
}

/// The fields of a form or a query: each name once, percent signs and plus signs resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `name=value&name=value`. A repeated name is refused: a reader who takes the first and one who takes the
    /// last would see two different requests.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (resolve(name)?, resolve(value)?);
            if fields.len() == FIELDS_MAX {
                return Err(Problem::new(Code::BadRequest, format!("More than {FIELDS_MAX} fields.")));
            }
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(Problem::new(Code::RepeatedName, "A field appears twice."));
            }
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    /// The value of this field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every field, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// What needs no percent sign in a form.
const PLAIN_IN_A_FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*');

/// A form or a query of ours, for somebody else to read.
pub(crate) fn form_of(fields: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", in_a_form(value));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// A value as it stands in a form.
pub(crate) fn in_a_form(value: &str) -> PercentEncode<'_> {
    utf8_percent_encode(value, PLAIN_IN_A_FORM)
}

fn resolve(text: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .map(|resolved| resolved.into_owned())
        .map_err(|_| Problem::new(Code::BadRequest, "A field is not text in UTF-8."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct NewBill {
        service: String,
        amount: i64,
        #[serde(default)]
        lines: Vec<Line>,
        #[serde(default)]
        way: Option<Way>,
    }

    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Way {
        Mpesa,
        AirtelMoney,
        Card,
    }

    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Line {
        count: u32,
    }

    fn misplaced(body: &str) -> FieldError {
        let mut deserializer = serde_json::Deserializer::from_str(body);
        let error = serde_path_to_error::deserialize::<_, NewBill>(&mut deserializer).unwrap_err();
        let mut steps: Vec<Segment> = error.path().iter().cloned().collect();
        misshapen(&mut steps, &error.into_inner().to_string())
    }

    fn typed(content_type: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))])
    }

    fn refused(body: &str) -> Problem {
        json::<NewBill>(&typed("application/json"), body.as_bytes()).expect_err(body)
    }

    #[test]
    fn json_of_ours_is_read_strictly_and_refused_without_repeating_what_was_sent() {
        let body = br#"{"service":"kws-entry","amount":305000}"#;
        let bill: NewBill = json(&typed("application/json; charset=utf-8"), body).unwrap();
        assert_eq!(bill, NewBill { service: "kws-entry".into(), amount: 305_000, lines: vec![], way: None });

        assert_eq!(refused(r#"{"service":"a","amount":1,"amount":2}"#).code(), Code::RepeatedName);
        assert_eq!(refused("{").code(), Code::MalformedJson);
        assert_eq!(refused(&"[".repeat(100_000)).code(), Code::MalformedJson);
        let told = |body: &str| {
            let error = misplaced(body);
            assert!(refused(body).detail().contains(&*error.detail), "{error:?}");
            (error.pointer.into_owned(), error.code, error.detail.into_owned())
        };
        let (pointer, code, detail) = told(r#"{"service":"a"}"#);
        assert_eq!((pointer.as_str(), code), ("/amount", "missing"));
        assert!(detail.starts_with("amount is missing"), "{detail}");
        let (pointer, code, _) = told(r#"{"service":"a","amount":1,"lines":[{"count":1},{"count":"x"}]}"#);
        assert_eq!((pointer.as_str(), code), ("/lines/1/count", "wrong_type"));
        let (pointer, code, detail) = told(r#"{"service":"a","amount":1,"lines":[{"count":1,"more":1}]}"#);
        assert_eq!((pointer.as_str(), code), ("/lines/0", "unknown_field"));
        assert!(detail.starts_with("lines[0] has a field"), "{detail}");
        let (pointer, code, detail) = told(r#"{"service":"a","amount":1,"way":"cash"}"#);
        assert_eq!((pointer.as_str(), code), ("/way", "not_allowed"));
        assert_eq!(detail, "way is not one of the values that are allowed: mpesa, airtel_money, card.");
        for secretive in [
            r#"{"service":"a","amount":"0712345678"}"#,
            r#"{"service":"a","amount":1,"0712345678":1}"#,
            r#"{"service":"a","amount":1,"x`0712345678":1}"#,
            r#"{"service":"a","amount":1,"lines":[{"count":1,"0712345678`":1}]}"#,
            r#"{"service":"a","amount":30.50}"#,
            r#"{"service":"a","amount":1,"way":"x`, expected one of `0712345678`, `y"}"#,
        ] {
            let problem = refused(secretive);
            assert_eq!(problem.code(), Code::ValidationFailed);
            assert!(!format!("{problem:?}").contains("0712345678"), "{problem:?}");
        }
    }

    #[test]
    fn a_body_of_another_type_is_not_guessed_at() {
        for claimed in ["text/plain", "application/jsonp", "", "application/x-www-form-urlencoded"] {
            let problem = json::<NewBill>(&typed(claimed), b"{}").unwrap_err();
            assert_eq!(problem.code(), Code::UnsupportedMediaType, "{claimed}");
        }
    }

    #[test]
    fn forms_resolve_their_signs_and_refuse_a_repeated_name() {
        let headers = typed("application/x-www-form-urlencoded");
        let fields = form(&headers, b"q=cheti+cha%20kuzaliwa&phone=%2B254712345678&empty=&flag&&").unwrap();
        assert_eq!(fields.get("q"), Some("cheti cha kuzaliwa"));
        assert_eq!(fields.get("phone"), Some("+254712345678"));
        assert_eq!(fields.get("empty"), Some(""));
        assert_eq!(fields.get("flag"), Some(""));
        assert_eq!(fields.get("absent"), None);
        assert_eq!(form(&headers, b"a=1&%61=2").unwrap_err().code(), Code::RepeatedName);
        assert_eq!(form(&headers, b"a=%ff").unwrap_err().code(), Code::BadRequest);
    }
}
