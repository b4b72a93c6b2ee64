//! An address that an agency names itself, judged letter by letter before anybody keeps it: what it says is where it leads.
//! A reader that guesses (a port that is too large taken for none, a host of two numbers for an address) would send
//! notices where nobody meant them to go.

use std::net::{Ipv4Addr, Ipv6Addr};

use hyper::Uri;

/// Longest address in bytes.
pub(crate) const POSTING_ADDRESS_LEN_MAX: usize = 500;
/// Longest name of a host, and of one of its labels, in bytes: RFC 1035, 2.3.4.
const HOST_LEN_MAX: usize = 253;
const LABEL_LEN_MAX: usize = 63;

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAnAddress {
    /// It is longer than is kept.
    #[error("An address has {POSTING_ADDRESS_LEN_MAX} bytes at most.")]
    TooLong,
    /// It has letters that no address has.
    #[error("An address is written in visible ASCII without blanks: escape what is not.")]
    Letters,
    /// It begins otherwise.
    #[error("An address begins with https:// (or http://, where that is allowed), in small letters.")]
    Scheme,
    /// It names a user or a password.
    #[error("An address names no user and no password: we sign instead.")]
    UserInfo,
    /// It has a part that is never sent.
    #[error("An address has no fragment: what stands behind # is never sent.")]
    Fragment,
    /// Its host is none.
    #[error("The host is none: a name such as hooks.example.go.ke, or an IP address in full.")]
    Host,
    /// Its port is none.
    #[error("The port is none: a number from 1 to 65535, or nothing at all.")]
    Port,
    /// Its path or query is none.
    #[error("The path or the query is none.")]
    Path,
}

/// Judges an address to which something is to be posted. Where it may lead is another question.
pub(crate) fn judge(address: &str) -> Result<(), NotAnAddress> {
    if address.len() > POSTING_ADDRESS_LEN_MAX {
        return Err(NotAnAddress::TooLong);
    }
    if !address.bytes().all(|byte| byte.is_ascii_graphic()) || address.contains('\\') {
        return Err(NotAnAddress::Letters);
    }
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let rest = rest.ok_or(NotAnAddress::Scheme)?;
    if rest.contains('#') {
        return Err(NotAnAddress::Fragment);
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(NotAnAddress::UserInfo);
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (host, behind) = bracketed.split_once(']').ok_or(NotAnAddress::Host)?;
            host.parse::<Ipv6Addr>().map_err(|_| NotAnAddress::Host)?;
            (None, behind)
        }
        None => match authority.find(':') {
            Some(at) => (Some(&authority[..at]), &authority[at..]),
            None => (Some(authority), ""),
        },
    };
    if host.is_some_and(|host| !is_host(host)) {
        return Err(NotAnAddress::Host);
    }
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(is_port) {
        return Err(NotAnAddress::Port);
    }
    let uri: Option<Uri> = address.parse().ok();
    uri.filter(|uri| uri.host().is_some()).map(drop).ok_or(NotAnAddress::Path)
}

/// Whether this is an IPv4 address in full, or a name that no resolver takes for a number.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LABEL_LEN_MAX).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // `127.1`, `2130706433` and `0x7f000001` are 127.0.0.1 to some.
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with(|first: char| first.is_ascii_digit());
    host.parse::<Ipv4Addr>().is_ok()
        || (host.len() <= HOST_LEN_MAX && !is_number && host.split('.').all(is_label))
}

/// Whether this is a port as one writes it: 1 to 65535, digits alone, and none in front that says nothing.
fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0') && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_says_where_it_leads_is_taken() {
        for address in [
            "https://hooks.example.go.ke",
            "https://hooks.example.go.ke/malipo?desk=7&x=@y",
            "https://hooks.example.go.ke:8443/a@b;c=d/%20",
            "http://127.0.0.1:1/",
            "http://127.0.0.1:65535",
            "https://[2001:db8::1]:443/hook",
            "https://[::1]/",
            "https://xn--bcher-kva.example/",
            "https://localhost:9/hook",
            "https://3com.example/",
        ] {
            assert_eq!(judge(address), Ok(()), "{address}");
        }
    }

    #[test]
    fn an_address_that_could_lead_elsewhere_is_not_taken_and_says_which_part_is_wrong() {
        use NotAnAddress::{Fragment, Host, Letters, Path, Port, Scheme, TooLong, UserInfo};
        let (long, long_label) = (
            format!("https://a.example/{}", "x".repeat(500)),
            format!("https://{}.example/", "x".repeat(64)),
        );
        for (address, wrong) in [
            (long.as_str(), TooLong),
            (long_label.as_str(), Host),
            ("", Scheme),
            ("hook", Scheme),
            ("ftp://x.example/", Scheme),
            ("HTTPS://x.example/", Scheme),
            ("//x.example/", Scheme),
            ("https://x.example/a b", Letters),
            ("https://x.example/\u{e4}", Letters),
            ("https://x.example\\@y.example/", Letters),
            ("https://x.example/\r\nHost: y", Letters),
            ("https://user@x.example/", UserInfo),
            ("https://user:pass@x.example/", UserInfo),
            ("https://x.example/#part", Fragment),
            ("https://x.example#", Fragment),
            ("https://", Host),
            ("https:///hook", Host),
            ("https://?x", Host),
            ("https://:443/", Host),
            ("https://.example/", Host),
            ("https://x..example/", Host),
            ("https://x.example./", Host),
            ("https://-x.example/", Host),
            ("https://x_y.example/", Host),
            ("https://127.1/", Host),
            ("https://2130706433/", Host),
            ("https://0x7f000001/", Host),
            ("https://1.2.3.4.5/", Host),
            ("https://256.0.0.1/", Host),
            ("https://[::1/", Host),
            ("https://[fe80::1%25eth0]/", Host),
            ("https://[127.0.0.1]/", Host),
            ("http://127.0.0.1:99999/", Port),
            ("http://127.0.0.1:65536/", Port),
            ("http://127.0.0.1:0/", Port),
            ("http://127.0.0.1:/", Port),
            ("http://127.0.0.1:080/", Port),
            ("http://127.0.0.1:+80/", Port),
            ("http://127.0.0.1:80:80/", Port),
            ("http://x.example:https/", Port),
            ("https://[::1]443/", Port),
            ("https://x.example/<a>", Path),
        ] {
            assert_eq!(judge(address), Err(wrong), "{address:?}");
        }
    }
}
