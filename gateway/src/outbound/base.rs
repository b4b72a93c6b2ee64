//! Where somebody is that we call: the address that everything is below.

use hyper::Uri;

/// A base address, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    /// As it was given, without a slash at its end.
    address: String,
    /// Scheme, host and port: the beginning of the address.
    origin_length: usize,
    /// The host for connecting and for certificates, without brackets.
    pub(crate) host: String,
    /// Host, and the port if it is named: what `Host` says.
    pub(crate) authority: String,
    /// The port.
    pub(crate) port: u16,
    /// Whether it begins with `https`.
    pub(crate) is_encrypted: bool,
}

impl Base {
    /// Takes an address apart. `None` if it is none.
    pub(crate) fn of(address: &str) -> Option<Self> {
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

    /// As it was given.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> &str {
        &self.address[..self.origin_length]
    }

    /// The path that everything is below, empty if there is none.
    pub(crate) fn path(&self) -> &str {
        &self.address[self.origin_length..]
    }

    /// The address of a path below it.
    pub(crate) fn below(&self, path: &str) -> Option<Uri> {
        format!("{}{path}", self.address).parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let plain = of("http://127.0.0.1:9000/malipo");
        assert_eq!((plain.host.as_str(), plain.port, plain.is_encrypted), ("127.0.0.1", 9000, false));
        assert_eq!((plain.authority.as_str(), plain.path()), ("127.0.0.1:9000", "/malipo"));
        let encrypted = of("https://[2001:db8::1]");
        assert_eq!(
            (encrypted.host.as_str(), encrypted.port, encrypted.is_encrypted),
            ("2001:db8::1", 443, true)
        );
        assert_eq!((encrypted.authority.as_str(), encrypted.path()), ("[2001:db8::1]", ""));
        for none in ["portal", "http://127.0.0.1:99999/", "http://127.0.0.1:0/", "http://127.0.0.1:/"] {
            assert_eq!(Base::of(none), None, "{none}");
        }
    }

    fn of(address: &str) -> Base {
        Base::of(address).unwrap()
    }
}
