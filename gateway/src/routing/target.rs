//! What is asked of a back end: the address of the request, byte for byte, below the back end's own; and where a back end
//! sends people, seen from outside.

use hyper::Uri;

/// A base address, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    /// As the catalogue has it, without a slash at its end.
    address: String,
    /// Scheme, host and port: the beginning of the address.
    origin_length: usize,
    /// The host for connecting and for certificates, without brackets.
    pub(super) host: String,
    /// Host, and the port if it is named: what `Host` says.
    pub(super) authority: String,
    /// The port.
    pub(super) port: u16,
    /// Whether it begins with `https`.
    pub(super) is_encrypted: bool,
}

/// Why a request is not handed on as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TargetRefused {
    /// Who resolved it would be somewhere else.
    #[error("The path has a dot segment, plain or in disguise.")]
    DotSegment,
    /// It would not fit.
    #[error("The path is not one.")]
    Malformed,
}

impl Base {
    /// Takes an address apart that was checked where it came from. `None` if it is none all the same.
    pub(super) fn of(address: &str) -> Option<Self> {
        let uri: Uri = address.parse().ok()?;
        let is_encrypted = uri.scheme_str()? == "https";
        let authority = uri.authority()?.as_str().to_owned();
        // A port that is none is not the port that is usual.
        let has_port = authority.rsplit(']').next().is_some_and(|behind| behind.contains(':'));
        let port = match uri.port_u16() {
            Some(port) => Some(port).filter(|port| *port > 0)?,
            None if has_port => return None,
            None if is_encrypted => 443,
            None => 80,
        };
        let origin_length = uri.scheme_str()?.len() + "://".len() + authority.len();
        Some(Self {
            address: address.to_owned(),
            origin_length,
            host: uri.host()?.trim_matches(['[', ']']).to_owned(),
            port,
            authority,
            is_encrypted,
        })
    }

    /// The path that everything is below, empty if there is none.
    fn path(&self) -> &str {
        &self.address[self.origin_length..]
    }

    /// The address of a path of ours below the base: health, assessments.
    pub(super) fn below(&self, path: &str) -> Option<Uri> {
        format!("{}{path}", self.address).parse().ok()
    }

    /// The address that a request to `/s/{slug}…` is handed on to: what stands behind the slug, as it came, behind the
    /// base.
    pub(super) fn of_request(&self, asked: &Uri) -> Result<Uri, TargetRefused> {
        let asked = asked.path_and_query().map_or("", |whole| whole.as_str());
        let path_end = asked.find('?').unwrap_or(asked.len());
        // "/s/" and the slug: the route has matched.
        let slug_end = asked[..path_end].match_indices('/').nth(2).map_or(path_end, |(at, _)| at);
        let rest = &asked[slug_end..];
        if has_dot_segment(&asked[slug_end..path_end]) {
            return Err(TargetRefused::DotSegment);
        }
        // A base without a path needs a slash before a query.
        let slash = if self.path().is_empty() && !rest.starts_with('/') { "/" } else { "" };
        format!("{}{slash}{rest}", self.address).parse().map_err(|_| TargetRefused::Malformed)
    }

    /// Where a `Location` of the back end leads, for somebody who knows it below `/s/{slug}`. `None` if it is to be left
    /// as it is: it leads elsewhere, or is relative.
    pub(super) fn location_outside(&self, location: &str, prefix: &str) -> Option<String> {
        let path = match location.strip_prefix(&self.address[..self.origin_length]) {
            Some("") => "/",
            Some(path) if path.starts_with(['/', '?']) => path,
            Some(_) => return None,
            None if location.starts_with('/') && !location.starts_with("//") => location,
            None => return None,
        };
        if is_at_or_below(path, prefix) {
            return Some(path.to_owned());
        }
        if !is_at_or_below(path, self.path()) {
            return None;
        }
        Some(format!("{prefix}{}", &path[self.path().len()..]))
    }
}

/// Whether a path is this one or below it.
fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// Whether somebody who resolves this path, once, in whatever way servers do, would find `.` or `..` in it: percent signs,
/// backslashes and parameters behind a semicolon included.
fn has_dot_segment(path: &str) -> bool {
    // Most have neither a dot nor anything that could hide one.
    if !path.contains(['.', '%']) {
        return false;
    }
    let mut plain = Vec::with_capacity(path.len());
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let hex = |index: usize| bytes.get(index).and_then(|byte| char::from(*byte).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push((high << 4 | low) as u8);
                at += 3;
            }
            (byte, _, _) => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    plain
        .split(|byte| matches!(byte, b'/' | b'\\'))
        .map(|segment| segment.split(|byte| *byte == b';').next().unwrap_or_default())
        .any(|segment| segment == b"." || segment == b"..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(address: &str) -> Base {
        Base::of(address).unwrap()
    }

    fn handed_on(address: &str, asked: &str) -> Result<String, TargetRefused> {
        base(address).of_request(&asked.parse().unwrap()).map(|uri| uri.to_string())
    }

    #[test]
    fn an_address_is_taken_apart() {
        let plain = base("http://127.0.0.1:9000/malipo");
        assert_eq!((plain.host.as_str(), plain.port, plain.is_encrypted), ("127.0.0.1", 9000, false));
        assert_eq!((plain.authority.as_str(), plain.path()), ("127.0.0.1:9000", "/malipo"));
        let encrypted = base("https://[2001:db8::1]");
        assert_eq!(
            (encrypted.host.as_str(), encrypted.port, encrypted.is_encrypted),
            ("2001:db8::1", 443, true)
        );
        assert_eq!((encrypted.authority.as_str(), encrypted.path()), ("[2001:db8::1]", ""));
        for none in ["portal", "http://127.0.0.1:99999/", "http://127.0.0.1:0/", "http://127.0.0.1:/"] {
            assert_eq!(Base::of(none), None, "{none}");
        }
    }

    #[test]
    fn what_stands_behind_the_slug_is_handed_on_byte_for_byte() {
        let with_base = "https://kra.example/malipo/v1";
        for (asked, target) in [
            ("/s/kra-pin", "https://kra.example/malipo/v1"),
            ("/s/kra-pin/", "https://kra.example/malipo/v1/"),
            ("/s/kra-pin?a=b", "https://kra.example/malipo/v1?a=b"),
            (
                "/s/kra-pin/a%2Fb/%ff//c;d=1?x=%20&x=/../&",
                "https://kra.example/malipo/v1/a%2Fb/%ff//c;d=1?x=%20&x=/../&",
            ),
            ("/s/%6bra-pin/a", "https://kra.example/malipo/v1/a"),
            ("/s/kra-pin/...", "https://kra.example/malipo/v1/..."),
            ("/s/kra-pin/%252e%252e/a", "https://kra.example/malipo/v1/%252e%252e/a"),
            ("/s/kra-pin/?", "https://kra.example/malipo/v1/?"),
        ] {
            assert_eq!(handed_on(with_base, asked).as_deref(), Ok(target), "{asked}");
        }
        for (asked, target) in [
            ("/s/kra-pin", "http://127.0.0.1:9/"),
            ("/s/kra-pin/", "http://127.0.0.1:9/"),
            ("/s/kra-pin?a=/b", "http://127.0.0.1:9/?a=/b"),
            ("/s/kra-pin/a", "http://127.0.0.1:9/a"),
            ("http://elsewhere.example/s/kra-pin/a", "http://127.0.0.1:9/a"),
        ] {
            assert_eq!(handed_on("http://127.0.0.1:9", asked).as_deref(), Ok(target), "{asked}");
        }
    }

    #[test]
    fn nobody_climbs_out_of_the_base() {
        for asked in [
            "/s/kra-pin/..",
            "/s/kra-pin/../a",
            "/s/kra-pin/a/../../b",
            "/s/kra-pin/./a",
            "/s/kra-pin/%2e%2e/a",
            "/s/kra-pin/.%2E/a",
            "/s/kra-pin/a/..%2fb",
            "/s/kra-pin/a%2f..%2Fb",
            "/s/kra-pin/..%5cb",
            "/s/kra-pin/..;x=1/a",
            "/s/kra-pin/..%3bx/a",
        ] {
            assert_eq!(
                handed_on("https://kra.example/malipo", asked),
                Err(TargetRefused::DotSegment),
                "{asked}"
            );
        }
    }

    #[test]
    fn a_location_leads_back_through_us_where_it_leads_to_the_back_end() {
        let with_base = base("https://kra.example/malipo");
        let bare = base("https://kra.example");
        let outside = |base: &Base, location: &str| base.location_outside(location, "/s/kra-pin");
        for (base, location, seen) in [
            (&with_base, "/malipo/done?x=1", Some("/s/kra-pin/done?x=1")),
            (&with_base, "/malipo", Some("/s/kra-pin")),
            (&with_base, "https://kra.example/malipo/done", Some("/s/kra-pin/done")),
            (&with_base, "/malipo2/done", None),
            (&with_base, "/login", None),
            (&with_base, "/s/kra-pin/done", Some("/s/kra-pin/done")),
            (&bare, "/login", Some("/s/kra-pin/login")),
            (&bare, "/", Some("/s/kra-pin/")),
            (&bare, "https://kra.example", Some("/s/kra-pin/")),
            (&bare, "https://kra.example.evil.example/x", None),
            (&bare, "https://elsewhere.example/x", None),
            (&bare, "//elsewhere.example/x", None),
            (&bare, "step2", None),
            (&bare, "/s/kra-pinion", Some("/s/kra-pin/s/kra-pinion")),
        ] {
            assert_eq!(outside(base, location).as_deref(), seen, "{location}");
        }
    }
}
