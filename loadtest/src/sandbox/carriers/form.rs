//! Forms, `application/x-www-form-urlencoded`: read as customers send them, written as carriers send them.

use std::fmt::Write as _;

/// The fields of a form, in their order. Nothing if a percent sign is followed by something else than two digits, or the
/// bytes are no text.
pub(crate) fn read(body: &[u8]) -> Option<Vec<(String, String)>> {
    let text = std::str::from_utf8(body).ok()?;
    let fields = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decoded(name)?, decoded(value)?))
    });
    fields.collect()
}

/// A form of these fields.
pub(crate) fn write(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => {
                encoded.push(char::from(byte))
            }
            b' ' => encoded.push('+'),
            byte => write!(encoded, "%{byte:02X}").expect("text can be written to"),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_as_they_are_written() {
        let fields =
            [("to", "+254700000001"), ("message", "PAID KES 50.00 & more: 100% sure, £1"), ("empty", "")];
        let read = read(write(&fields).as_bytes()).unwrap();
        assert_eq!(read, fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        assert_eq!(read(b"a=%zz"), None);
        assert_eq!(read(b"a=%4"), None);
        assert_eq!(read(b"a=%ff"), None, "no text");
        assert_eq!(read(b"a=1+2&b").unwrap(), [("a".into(), "1 2".into()), ("b".into(), String::new())]);
    }
}
