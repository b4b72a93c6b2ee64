//! The name of one request, in its answer, its problem body and every log line about it.
//!
//! An id is `req_`, twelve characters drawn once when the process starts, and eight that count. Counting instead of
//! drawing keeps the hot path free of random numbers and clock reads; the drawn part keeps two processes, or the same
//! one after a restart, from using the same id. Ids are names, never secrets.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use hyper::header::HeaderValue;

/// The longest id accepted from a trusted proxy, in bytes.
const LENGTH_MAX: usize = 64;
const PREFIX: &[u8; 4] = b"req_";
const DRAWN_CHARACTERS: usize = 12;
const COUNTED_CHARACTERS: usize = 8;
const OWN_LENGTH: usize = PREFIX.len() + DRAWN_CHARACTERS + COUNTED_CHARACTERS;
/// Digits and letters that are hard to take for one another when read aloud.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The name of one request: at most 64 printable ASCII characters. Small enough to copy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId {
    text: [u8; LENGTH_MAX],
    length: u8,
}

impl RequestId {
    /// The id a trusted proxy gave, when it is one we can repeat in logs and headers: 8 to 64 letters, digits,
    /// `-`, `_` or `.`.
    pub fn given(value: &HeaderValue) -> Option<Self> {
        let bytes = value.as_bytes();
        let speakable = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !(8..=LENGTH_MAX).contains(&bytes.len()) || !bytes.iter().all(speakable) {
            return None;
        }
        let mut text = [0; LENGTH_MAX];
        text[..bytes.len()].copy_from_slice(bytes);
        Some(Self { text, length: bytes.len() as u8 })
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..usize::from(self.length)]).expect("ids are ASCII by construction")
    }

    /// The id as the value of a `Request-Id` header.
    pub fn header_value(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.text[..usize::from(self.length)])
            .expect("ids are ASCII by construction")
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Where new ids come from: one per pipeline.
#[derive(Debug)]
pub struct RequestIds {
    drawn: [u8; DRAWN_CHARACTERS],
    next: AtomicU64,
}

impl RequestIds {
    /// A source whose ids no other process uses, up to the chance of drawing the same 60 bits.
    pub fn new() -> Self {
        let mut drawn = [0; DRAWN_CHARACTERS];
        write_digits(rand::random(), &mut drawn);
        Self { drawn, next: AtomicU64::new(0) }
    }

    /// The next id. Ids repeat after 2^40 requests of one process.
    pub fn next(&self) -> RequestId {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        let mut text = [0; LENGTH_MAX];
        text[..PREFIX.len()].copy_from_slice(PREFIX);
        text[PREFIX.len()..PREFIX.len() + DRAWN_CHARACTERS].copy_from_slice(&self.drawn);
        write_digits(count, &mut text[PREFIX.len() + DRAWN_CHARACTERS..OWN_LENGTH]);
        RequestId { text, length: OWN_LENGTH as u8 }
    }
}

impl Default for RequestIds {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes the low five bits per character, the most significant first.
fn write_digits(mut value: u64, into: &mut [u8]) {
    for character in into.iter_mut().rev() {
        *character = DIGITS[(value & 31) as usize];
        value >>= 5;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_upwards_from_a_drawn_start() {
        let ids = RequestIds::new();
        let (first, second) = (ids.next(), ids.next());
        assert_eq!(first.as_str().len(), OWN_LENGTH);
        assert!(first.as_str().starts_with("req_"));
        assert!(first.as_str() < second.as_str());
        assert_ne!(RequestIds::new().next(), first, "another process draws another start");
    }

    #[test]
    fn a_given_id_that_could_break_a_log_line_is_not_taken() {
        for bad in ["short", "with space here", "quote\"quote\"", &"x".repeat(65)] {
            assert_eq!(RequestId::given(&HeaderValue::from_str(bad).unwrap()), None, "{bad}");
        }
        let good = HeaderValue::from_static("0192f0c1-7b1e-7c9d-b7a4-6d3f0f6f2a11");
        assert_eq!(RequestId::given(&good).unwrap().header_value(), good);
    }
}
