//! A body that was rendered once and is sent often: with a strong validator for each of its encodings, compressed when
//! somebody first asks for that.

use std::io::Write as _;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, VARY,
};
use hyper::{StatusCode, header};
use ledger::Hash;

use crate::http::response::{self, Response};

/// Catalogue answers may be kept by caches for a moment, and carried through an outage for a week.
pub const CACHING: HeaderValue =
    HeaderValue::from_static("public, max-age=5, stale-while-revalidate=60, stale-if-error=604800");

/// Below this, compression saves less than its header costs.
const COMPRESSED_FROM_BYTES: usize = 860;

/// A body and its validators.
#[derive(Debug)]
pub struct Rendered {
    content_type: &'static str,
    plain: Encoded,
    gzip: OnceLock<Option<Encoded>>,
}

#[derive(Debug)]
struct Encoded {
    bytes: Bytes,
    tag: HeaderValue,
}

impl Encoded {
    /// The validator is of the bytes themselves: another encoding, another validator.
    fn of(bytes: Vec<u8>) -> Self {
        let tag = format!("\"{}\"", &Hash::of(&bytes).to_string()[..24]);
        let tag = HeaderValue::from_str(&tag).expect("hex digits in quotes are a header value");
        Self { bytes: bytes.into(), tag }
    }
}

impl Rendered {
    /// A body of this type.
    pub fn new(content_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { content_type, plain: Encoded::of(bytes), gzip: OnceLock::new() }
    }

    /// The bytes as they are.
    pub fn bytes(&self) -> &Bytes {
        &self.plain.bytes
    }

    /// The answer to a request with these headers: the body in an encoding that the caller takes, or 304 if it is there
    /// already.
    pub fn answer(&self, headers: &HeaderMap) -> Response {
        let compressed = takes_gzip(headers).then(|| self.compressed()).flatten();
        let encoded = compressed.unwrap_or(&self.plain);
        let mut response = if is_known(headers, &encoded.tag) {
            let mut response = response::no_content();
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            let mut response = response::bytes(StatusCode::OK, self.content_type, encoded.bytes.clone());
            if compressed.is_some() {
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        };
        let answer = response.headers_mut();
        answer.insert(ETAG, encoded.tag.clone());
        answer.insert(CACHE_CONTROL, CACHING);
        answer.insert(VARY, HeaderValue::from_name(header::ACCEPT_ENCODING));
        response
    }

    fn compressed(&self) -> Option<&Encoded> {
        let compress = || {
            if self.plain.bytes.len() < COMPRESSED_FROM_BYTES {
                return None;
            }
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&self.plain.bytes).ok()?;
            let bytes = encoder.finish().ok()?;
            (bytes.len() < self.plain.bytes.len()).then(|| Encoded::of(bytes))
        };
        self.gzip.get_or_init(compress).as_ref()
    }
}

/// Whether the caller names gzip, or anything, and does not refuse it (RFC 9110, 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let mut anything = false;
    for value in headers.get_all(ACCEPT_ENCODING) {
        for item in value.to_str().unwrap_or("").split(',') {
            let (coding, weight) = item.split_once(';').unwrap_or((item, ""));
            let weight: String = weight.chars().filter(|character| !character.is_whitespace()).collect();
            let is_refused =
                weight.strip_prefix("q=").is_some_and(|q| q.chars().all(|digit| matches!(digit, '0' | '.')));
            match coding.trim() {
                name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => {
                    return !is_refused;
                }
                "*" => anything = !is_refused,
                _ => {}
            }
        }
    }
    anything
}

/// Whether the caller has this very body. A weak mark before a validator does not matter here (RFC 9110, 13.1.2).
pub(crate) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    headers.get_all(IF_NONE_MATCH).iter().any(|value| {
        let tags = value.to_str().unwrap_or("").split(',').map(str::trim);
        tags.map(|known| known.strip_prefix("W/").unwrap_or(known))
            .any(|known| known == "*" || known.as_bytes() == tag.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn who_takes_gzip_says_so_and_who_does_not_gets_the_bytes_as_they_are() {
        for value in ["gzip", "br, gzip", "GZIP;q=0.5", "*", "deflate, *;q=0.1", "identity;q=1, gzip; q=0.2"]
        {
            assert!(takes_gzip(&headers(ACCEPT_ENCODING, value)), "{value}");
        }
        for value in ["", "br", "gzip;q=0", "gzip; q=0.000, *", "*;q=0", "identity"] {
            assert!(!takes_gzip(&headers(ACCEPT_ENCODING, value)), "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn each_encoding_has_a_validator_of_its_own_and_only_that_is_known() {
        let body = Rendered::new("text/plain", b"karibu ".repeat(1_000));
        let plain = body.answer(&HeaderMap::new());
        let gzip = body.answer(&headers(ACCEPT_ENCODING, "gzip"));
        let (plain_tag, gzip_tag) = (&plain.headers()[ETAG], &gzip.headers()[ETAG]);
        assert_ne!(plain_tag, gzip_tag);
        assert_eq!(gzip.headers()[CONTENT_ENCODING], "gzip");
        assert!(!plain_tag.to_str().unwrap().starts_with("W/"));

        let known = |tag: &str, takes: bool| {
            let mut asked = HeaderMap::new();
            asked.insert(IF_NONE_MATCH, HeaderValue::from_str(tag).unwrap());
            if takes {
                asked.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
            }
            body.answer(&asked).status()
        };
        let (plain_tag, gzip_tag) = (plain_tag.to_str().unwrap(), gzip_tag.to_str().unwrap());
        assert_eq!(known(plain_tag, false), StatusCode::NOT_MODIFIED);
        assert_eq!(known(gzip_tag, true), StatusCode::NOT_MODIFIED);
        assert_eq!(known(gzip_tag, false), StatusCode::OK);
        assert_eq!(known(&format!("\"old\", W/{plain_tag}"), false), StatusCode::NOT_MODIFIED);
        assert_eq!(known("*", false), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn a_short_body_is_not_compressed() {
        let body = Rendered::new("text/plain", b"karibu".to_vec());
        assert!(!body.answer(&headers(ACCEPT_ENCODING, "gzip")).headers().contains_key(CONTENT_ENCODING));
    }
}
