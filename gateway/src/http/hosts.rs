//! The two host names of the public listener: ours, and the one that systems of agencies are reached under.
//!
//! What an agency's system answers can be a page with scripts. A browser lets scripts do whatever pages of the same origin
//! may, and sends the cookies of a host to every port of it; so nothing that an agency says is answered under a name under
//! which staff are signed in, and nothing of ours under the name of the agencies. Each route has its [`Site`], and one that
//! is asked for under the other's name is not carried out: whoever looks is sent on, whoever sends something is refused.
//!
//! The name is the one that the request itself carries: `Host`, with which an address in the request line must agree.
//! `X-Forwarded-Host` is not read, whoever sends it: a proxy of ours hands the name on as it came, and two headers that may
//! disagree are one way too many to learn it. We speak HTTP/1.1 alone (TLS offers nothing else), so there is no `:authority`.

use hyper::header::{HOST, HeaderValue, LOCATION};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};

use super::problem::Problem;
use super::problem_codes::Code;
use super::response::{self, Response};

/// Under which of the two names a route is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// Ours: pages, the interface, where staff sign in.
    Ours,
    /// That of the systems of agencies.
    Agencies,
}

/// The names of a listener that has two.
#[derive(Clone, Debug)]
pub struct Hosts {
    ours: Place,
    /// None where nothing is handed on to agencies.
    agencies: Option<Place>,
}

/// How we are reached under one name.
#[derive(Clone, Debug)]
struct Place {
    /// The address, without a slash at the end.
    address: String,
    /// What most requests say in `Host`: the name, and the port if it is not the usual one.
    authority: String,
    /// The name alone.
    name: String,
}

impl Place {
    fn of(address: &str) -> Self {
        let (_, rest) = address.split_once("://").expect("an address of the web has a scheme");
        let authority = rest.split('/').next().unwrap_or_default();
        let name = host_name(authority.as_bytes()).expect("an address of the web has a host");
        Self { address: address.to_owned(), authority: authority.to_owned(), name: name.to_owned() }
    }
}

impl Hosts {
    /// The names in these two addresses, without slashes at their ends. Without a name for agencies, no route of theirs is
    /// answered at all.
    ///
    /// # Panics
    /// If an address has no host: the configuration was judged before.
    pub fn new(ours: &str, agencies: Option<&str>) -> Self {
        Self { ours: Place::of(ours), agencies: agencies.map(Place::of) }
    }

    /// Under which name this is asked for. A name that nobody has configured is one of ours, as an address or an old name is:
    /// nothing of the agencies is said under it.
    pub(super) fn asked(&self, parts: &Parts) -> Result<Site, Problem> {
        let Some(agencies) = &self.agencies else { return Ok(Site::Ours) };
        if !agree(parts) {
            let detail = "The request line and Host name two hosts.";
            return Err(Problem::new(Code::FramingRefused, detail).closing_connection());
        }
        let host = parts.headers.get(HOST).map_or(&b""[..], HeaderValue::as_bytes);
        // Nearly every request says exactly one of two texts; taking a name apart is for the others.
        if host == self.ours.authority.as_bytes() {
            return Ok(Site::Ours);
        }
        if host == agencies.authority.as_bytes() {
            return Ok(Site::Agencies);
        }
        let name = host_name(host).ok_or_else(no_host)?;
        Ok(if name.eq_ignore_ascii_case(&agencies.name) { Site::Agencies } else { Site::Ours })
    }

    /// The answer to a request for a route of the other name: where to look, for whoever only looks.
    pub(super) fn moved(&self, parts: &Parts, belongs_to: Site) -> Result<Response, Problem> {
        let address = match (belongs_to, &self.agencies) {
            (Site::Ours, _) => &self.ours.address,
            (Site::Agencies, Some(agencies)) => &agencies.address,
            (Site::Agencies, None) => {
                return Err(Problem::new(
                    Code::NotFound,
                    "Nothing is handed on to systems of agencies here.",
                ));
            }
        };
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            let detail = format!("This is answered at {address} alone.");
            return Err(Problem::new(Code::Misdirected, detail));
        }
        // Scheme and host are configured, and the path begins with a slash: it leads nowhere else, whatever is in it.
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let path = if path.starts_with('/') { path } else { "/" };
        let location = HeaderValue::from_bytes(format!("{address}{path}").as_bytes())
            .map_err(|_| Problem::new(Code::BadRequest, "The path is not one."))?;
        let mut moved = response::text(StatusCode::PERMANENT_REDIRECT, format!("Look at {address}\n"));
        moved.headers_mut().insert(LOCATION, location);
        // A configuration can be mended; what a browser keeps for good cannot.
        Ok(response::not_stored(moved))
    }
}

/// Whether the name in the request line, where there is one, is that of `Host`. RFC 9112 (3.2.2) has servers believe the
/// former, and proxies forget the latter; one that says both says the same.
fn agree(parts: &Parts) -> bool {
    match (parts.uri.authority(), parts.headers.get(HOST)) {
        (Some(authority), Some(host)) => authority.as_str().as_bytes().eq_ignore_ascii_case(host.as_bytes()),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

/// The name in a `Host` or in the middle of an address, without port and without the dot of the root; small and capital
/// letters are the same to whoever compares it. `None` for what is neither a name nor an address of a machine. No name at all
/// is the empty one.
pub(crate) fn host_name(authority: &[u8]) -> Option<&str> {
    let end_of_name = match authority.first() {
        Some(b'[') => authority.iter().position(|byte| *byte == b']')? + 1,
        _ => authority.iter().position(|byte| *byte == b':').unwrap_or(authority.len()),
    };
    let (name, port) = authority.split_at(end_of_name);
    let is_port = |port: &[u8]| port.strip_prefix(b":").is_some_and(|it| it.iter().all(u8::is_ascii_digit));
    let in_a_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let in_brackets = |name: &[u8]| {
        let inner = name.strip_prefix(b"[").and_then(|name| name.strip_suffix(b"]"));
        inner.and_then(|inner| std::str::from_utf8(inner).ok()?.parse::<std::net::Ipv6Addr>().ok()).is_some()
    };
    if !(port.is_empty() || is_port(port)) || !(name.iter().all(in_a_name) || in_brackets(name)) {
        return None;
    }
    Some(std::str::from_utf8(name).ok()?.trim_end_matches('.'))
}

fn no_host() -> Problem {
    Problem::new(Code::FramingRefused, "Host is not the name of a host.").closing_connection()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        Hosts::new("https://pay.example.go.ke", Some("https://services.example.go.ke"))
    }

    fn parts(method: &str, target: &str, host: Option<&str>) -> Parts {
        let mut request = hyper::Request::builder().method(method).uri(target);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn every_spelling_of_the_agencies_name_is_theirs_and_no_other_is() {
        let asked = |host| hosts().asked(&parts("GET", "/x", Some(host))).ok();
        for theirs in [
            "services.example.go.ke",
            "Services.Example.GO.KE",
            "services.example.go.ke:443",
            "services.example.go.ke:8443",
            "services.example.go.ke:",
            "services.example.go.ke.",
            "SERVICES.example.go.ke.:80",
        ] {
            assert_eq!(asked(theirs), Some(Site::Agencies), "{theirs}");
        }
        for ours in [
            "pay.example.go.ke",
            "10.0.0.1:8080",
            "[::1]:8080",
            "",
            "a.services.example.go.ke",
            "services.example.go.ke.evil.example",
            "xservices.example.go.ke",
        ] {
            assert_eq!(asked(ours), Some(Site::Ours), "{ours}");
        }
        for none in [
            "x@services.example.go.ke",
            "services.example.go.ke/x",
            "services.example.go.ke:80:80",
            "services.example.go.ke:x",
            "services.example.go.ke, pay.example.go.ke",
            "services.example.go.ke ",
            "[::1",
            "[services.example.go.ke]",
            "[::1]x",
            "%73ervices.example.go.ke",
        ] {
            assert_eq!(asked(none), None, "{none}");
        }
    }

    #[test]
    fn who_looks_is_sent_to_the_configured_name_and_nowhere_else() {
        for (target, location) in [
            ("/s/kra-pin/a%2Fb?x=1&y=%20", "https://services.example.go.ke/s/kra-pin/a%2Fb?x=1&y=%20"),
            ("//evil.example/x", "https://services.example.go.ke//evil.example/x"),
            ("http://evil.example/s/kra-pin", "https://services.example.go.ke/s/kra-pin"),
            ("http://evil.example", "https://services.example.go.ke/"),
        ] {
            let moved = hosts().moved(&parts("GET", target, None), Site::Agencies).unwrap();
            assert_eq!(moved.status(), StatusCode::PERMANENT_REDIRECT);
            assert_eq!(moved.headers()[LOCATION], location);
        }
        let sent = hosts().moved(&parts("POST", "/s/kra-pin", None), Site::Agencies);
        assert!(sent.is_err_and(|sent| sent.code() == Code::Misdirected));
        let moved = hosts().moved(&parts("HEAD", "/en/", None), Site::Ours).unwrap();
        assert_eq!(moved.headers()[LOCATION], "https://pay.example.go.ke/en/");
    }

    #[test]
    fn two_names_in_one_request_are_the_same_name() {
        let agree = |target, host| agree(&parts("GET", target, host));
        assert!(agree("/x", Some("a.example")) && agree("/x", None));
        assert!(agree("http://A.example:80/x", Some("a.example:80")));
        assert!(!agree("http://a.example/x", Some("b.example")) && !agree("http://a.example/x", None));
    }
}
