//! What a back end is told and what it may tell: headers on their way in and out.
//!
//! Headers about the connection end where the connection ends (RFC 9110, 7.6.1). Headers about the caller are ours to
//! write: what a stranger says about its own address or identity is dropped, under every spelling that a server might read
//! it by. From an answer goes what would hold for all of our origin, which an agency is only a part of.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_LOCATION, COOKIE, EXPECT, FORWARDED, HOST, HeaderName, HeaderValue,
    LOCATION, SET_COOKIE, TE, TRANSFER_ENCODING, UPGRADE, VIA,
};

use super::cookies;
use crate::http::request_id::RequestId;
use crate::outbound::base::Base;

/// The signed identity of a caller.
pub(super) const MALIPO_IDENTITY: HeaderName = HeaderName::from_static("malipo-identity");
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// How we call ourselves in `Via`, by which a request that comes back to us is recognised.
const PSEUDONYM: &str = "malipo";
/// Header lines that are added to a request, the identity included.
const ADDED_MAX: usize = 12;

/// About a connection, whether or not `Connection` names them.
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "close",
];
const HOP_BY_HOP_PREFIX: &str = "proxy-";

/// What only we may say to a back end, and what makes some servers believe that another path was asked for.
const OURS_TO_SAY: [&str; 12] = [
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "request-id",
    "x-request-id",
    "x-original-url",
    "x-rewrite-url",
    "x-original-host",
    "x-host",
];
const OURS_TO_SAY_PREFIXES: [&str; 2] = ["x-forwarded", "malipo-"];

/// What holds for all of an origin, or for the connection to it.
const ABOUT_THE_ORIGIN: [&str; 11] = [
    "alt-svc",
    "clear-site-data",
    "expect-ct",
    "nel",
    "origin-agent-cluster",
    "public-key-pins",
    "report-to",
    "reporting-endpoints",
    "request-id",
    "service-worker-allowed",
    "strict-transport-security",
];

/// What we know about a request and its caller.
pub(super) struct Caller<'a> {
    /// Its address.
    pub(super) address: IpAddr,
    /// The name of the request.
    pub(super) request_id: RequestId,
    /// How we are reached: `https` or `http`.
    pub(super) scheme: &'a str,
    /// How we are reached: host and port.
    pub(super) host: &'a str,
    /// `/s/{slug}`.
    pub(super) prefix: &'a str,
}

/// Whether a request has been here before: an address in the catalogue leads back to us.
pub(super) fn has_been_here(headers: &HeaderMap) -> bool {
    let is_us = |hop: &str| hop.split_ascii_whitespace().nth(1) == Some(PSEUDONYM);
    headers.get_all(VIA).iter().filter_map(|via| via.to_str().ok()).flat_map(|via| via.split(',')).any(is_us)
}

/// The protocol that a request wants to go on in, if it is one that is handed on. Not HTTP itself in another version: what
/// follows would be requests that nobody has looked at.
pub(super) fn wanted_protocol(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut protocols = headers.get_all(UPGRADE).iter();
    let protocol = protocols.next()?;
    let names_upgrade = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|option| option.trim().eq_ignore_ascii_case("upgrade"));
    let lower = protocol.to_str().ok()?.to_ascii_lowercase();
    let is_http = lower
        .split(',')
        .map(str::trim)
        .any(|one| one.starts_with("h2") || one.starts_with("http") || one.starts_with("tls"));
    (names_upgrade && !is_http && protocols.next().is_none()).then(|| protocol.clone())
}

/// The headers for a back end. `length` is that of the body, where one was announced.
pub(super) fn for_back_end(
    from_caller: &HeaderMap,
    base: &Base,
    caller: &Caller<'_>,
    protocol: Option<&HeaderValue>,
    length: Option<u64>,
) -> HeaderMap {
    let takes_trailers = takes_trailers(from_caller);
    let named = named_by_connection(from_caller);
    let mut headers = HeaderMap::with_capacity(from_caller.len() + ADDED_MAX);
    for (name, value) in from_caller {
        if !named.contains(name) && is_the_callers_to_say(name) {
            headers.append(name, value.clone());
        }
    }
    cookies::keep_ours(&mut headers, &COOKIE);

    headers.insert(HOST, text(&base.authority));
    let address = caller.address.to_canonical();
    let node = if address.is_ipv6() { format!("\"[{address}]\"") } else { address.to_string() };
    let (scheme, host) = (caller.scheme, caller.host);
    headers.insert(FORWARDED, text(&format!("for={node};host=\"{host}\";proto={scheme}")));
    headers.insert(X_FORWARDED_FOR, text(&address.to_string()));
    headers.insert(X_FORWARDED_HOST, text(host));
    headers.insert(X_FORWARDED_PREFIX, text(caller.prefix));
    headers.insert(X_FORWARDED_PROTO, text(scheme));
    headers.insert(REQUEST_ID, caller.request_id.header_value());
    headers.append(VIA, text(&format!("1.1 {PSEUDONYM}")));
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    match protocol {
        Some(protocol) => {
            headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
            headers.insert(UPGRADE, protocol.clone());
        }
        None if takes_trailers => {
            headers.insert(CONNECTION, HeaderValue::from_static("te"));
            headers.insert(TE, HeaderValue::from_static("trailers"));
        }
        None => {}
    }
    headers
}

/// What of a back end's headers the caller sees.
pub(super) fn for_caller(headers: &mut HeaderMap, base: &Base, prefix: &str) {
    // Of a length beside chunks, only the chunks are true.
    if headers.contains_key(TRANSFER_ENCODING) {
        headers.remove(CONTENT_LENGTH);
    }
    remove_hop_by_hop(headers);
    remove_where(headers, |name| ABOUT_THE_ORIGIN.contains(&name) || name.starts_with("malipo-"));
    cookies::confine(headers, &SET_COOKIE, prefix);
    for name in [LOCATION, CONTENT_LOCATION] {
        let outside = headers
            .get(&name)
            .and_then(|location| base.location_outside(location.to_str().ok()?, prefix))
            .and_then(|outside| HeaderValue::from_str(&outside).ok());
        if let Some(outside) = outside {
            headers.insert(name, outside);
        }
    }
}

/// Whether a header is about the request, and one that a caller may say to a back end. The length is written anew.
fn is_the_callers_to_say(name: &HeaderName) -> bool {
    let text = name.as_str();
    let is_ours = OURS_TO_SAY.contains(&text)
        || OURS_TO_SAY_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
        // Servers that turn headers into variables read an underscore as a hyphen.
        || text.contains('_');
    !is_ours && !is_hop_by_hop(text) && *name != EXPECT && *name != CONTENT_LENGTH && *name != HOST
}

fn takes_trailers(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(TE).iter().filter_map(|value| value.to_str().ok());
    codings.flat_map(|value| value.split(',')).any(|coding| coding.trim().eq_ignore_ascii_case("trailers"))
}

/// What `Connection` says is about the connection.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let named =
        headers.get_all(CONNECTION).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    named.filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok()).collect()
}

fn is_hop_by_hop(name: &str) -> bool {
    HOP_BY_HOP.contains(&name) || name.starts_with(HOP_BY_HOP_PREFIX)
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    for name in named_by_connection(headers) {
        headers.remove(name);
    }
    remove_where(headers, is_hop_by_hop);
}

fn remove_where(headers: &mut HeaderMap, is_unwanted: impl Fn(&str) -> bool) {
    let unwanted: Vec<HeaderName> =
        headers.keys().filter(|name| is_unwanted(name.as_str())).cloned().collect();
    for name in unwanted {
        headers.remove(name);
    }
}

/// A value made of what we know: addresses, hosts of the configuration, paths of the catalogue.
fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("hosts, addresses and slugs are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request_id::RequestIds;

    fn map(lines: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        headers
    }

    fn handed_on(lines: &[(&str, &str)]) -> Vec<String> {
        let headers = map(lines);
        let protocol = wanted_protocol(&headers);
        let ids = RequestIds::new();
        let caller = Caller {
            address: "2001:db8::7".parse().unwrap(),
            request_id: ids.next(),
            scheme: "https",
            host: "pay.example.go.ke",
            prefix: "/s/kra-pin",
        };
        let base = Base::of("https://kra.example:8443/malipo").unwrap();
        let headers = for_back_end(&headers, &base, &caller, protocol.as_ref(), None);
        let mut lines: Vec<_> = headers
            .iter()
            .filter(|(name, _)| *name != REQUEST_ID)
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        lines.sort_unstable();
        lines
    }

    const ALWAYS: [&str; 7] = [
        "forwarded: for=\"[2001:db8::7]\";host=\"pay.example.go.ke\";proto=https",
        "host: kra.example:8443",
        "via: 1.1 malipo",
        "x-forwarded-for: 2001:db8::7",
        "x-forwarded-host: pay.example.go.ke",
        "x-forwarded-prefix: /s/kra-pin",
        "x-forwarded-proto: https",
    ];

    fn with_always(more: &[&str]) -> Vec<String> {
        let mut lines: Vec<_> = ALWAYS.iter().chain(more).map(|line| (*line).to_owned()).collect();
        lines.sort_unstable();
        lines
    }

    #[test]
    fn what_is_about_the_connection_or_not_the_callers_to_say_stays_behind() {
        let seen = handed_on(&[
            ("host", "pay.example.go.ke"),
            ("accept", "text/html"),
            ("connection", "close, X-Secret , keep-alive"),
            ("x-secret", "for this hop"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic eDp5"),
            ("proxy-connection", "keep-alive"),
            ("te", "gzip"),
            ("upgrade", "websocket"),
            ("http2-settings", "AAMAAABkAAQAAP__"),
            ("expect", "100-continue"),
            ("forwarded", "for=1.2.3.4"),
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-server", "elsewhere"),
            ("x-real-ip", "1.2.3.4"),
            ("x_forwarded_for", "1.2.3.4"),
            ("malipo_identity", "forged"),
            ("malipo-identity", "forged"),
            ("malipo-identity", "forged twice"),
            ("x-original-url", "/admin"),
            ("request-id", "forged-request-id"),
            ("cookie", "a=1; malipo_session=s; b=2"),
        ]);
        assert_eq!(seen, with_always(&["accept: text/html", "cookie: a=1; b=2"]));
    }

    #[test]
    fn trailers_are_the_one_coding_that_is_handed_on() {
        assert_eq!(
            handed_on(&[("te", "deflate, Trailers")]),
            with_always(&["connection: te", "te: trailers"])
        );
    }

    #[test]
    fn another_protocol_is_handed_on_unless_it_is_http_in_disguise() {
        let asks = |protocol: &str| handed_on(&[("connection", "Upgrade"), ("upgrade", protocol)]);
        assert_eq!(asks("websocket"), with_always(&["connection: upgrade", "upgrade: websocket"]));
        assert_eq!(
            handed_on(&[("upgrade", "websocket")]),
            with_always(&[]),
            "the connection does not say so"
        );
        for disguised in ["h2c", "H2C", "websocket, h2c", "HTTP/2.0", "TLS/1.0"] {
            assert_eq!(asks(disguised), with_always(&[]), "{disguised}");
        }
        let twice = map(&[("connection", "upgrade"), ("upgrade", "websocket"), ("upgrade", "h2c")]);
        assert_eq!(wanted_protocol(&twice), None);
    }

    #[test]
    fn a_request_that_comes_back_is_recognised() {
        assert!(has_been_here(&map(&[("via", "1.0 fred, 1.1 malipo")])));
        assert!(has_been_here(&map(&[("via", "1.1 proxy"), ("via", "1.1 malipo (x)")])));
        assert!(!has_been_here(&map(&[("via", "1.1 malipoid, 1.1 proxy.malipo.example")])));
    }

    #[test]
    fn an_agency_speaks_for_itself_and_not_for_the_origin() {
        let base = Base::of("https://kra.example/malipo").unwrap();
        let mut headers = map(&[
            ("content-type", "text/html"),
            ("content-length", "5"),
            ("transfer-encoding", "chunked"),
            ("connection", "x-hop"),
            ("x-hop", "1"),
            ("trailer", "x-sum"),
            ("strict-transport-security", "max-age=0"),
            ("service-worker-allowed", "/"),
            ("clear-site-data", "\"*\""),
            ("malipo-identity", "x"),
            ("location", "https://kra.example/malipo/done"),
            ("set-cookie", "sid=1; Domain=example; Path=/malipo; Secure; HttpOnly"),
            ("set-cookie", "malipo_session=x"),
        ]);
        for_caller(&mut headers, &base, "/s/kra-pin");
        let mut lines: Vec<_> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort_unstable();
        assert_eq!(
            lines,
            [
                "content-type: text/html",
                "location: /s/kra-pin/done",
                "set-cookie: sid=1; Secure; HttpOnly; Path=/s/kra-pin",
                "trailer: x-sum"
            ]
        );
    }
}
