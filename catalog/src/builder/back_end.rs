//! Where an agency's own system is: an address that can be put in front of any path without a doubt about where it ends.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use crate::back_end::BackEnd;
use crate::source::{BackEndRow, Place};

const ADDRESS_CHARACTERS_MAX: usize = 240;
const PATH_CHARACTERS_MAX: usize = 200;
const IN_FLIGHT: RangeInclusive<u32> = 1..=10_000;
const CONNECT_TIMEOUT_MS: RangeInclusive<u32> = 50..=30_000;
const HEAD_TIMEOUT_MS: RangeInclusive<u32> = 100..=120_000;
const IDLE_TIMEOUT_MS: RangeInclusive<u32> = 100..=3_600_000;
/// What stands for the slug of a service in the path of assessments.
const SLUG_PLACEHOLDER: &str = "{service}";

/// A back end, if there is one. The outer `None` means that there is one and something is wrong with it.
pub(super) fn checked_back_end(row: Option<&BackEndRow>, place: Place<'_>) -> Option<Option<BackEnd>> {
    let Some(row) = row else { return Some(None) };
    let address = checked(&row.address, address_fault, place.field("address"));
    let optional = |text: &Option<String>, fault: fn(&str) -> Option<&'static str>, name| match text {
        Some(text) => checked(text, fault, place.field(name)).map(Some),
        None => Some(None),
    };
    let health_path = optional(&row.health_path, path_fault, "health_path");
    let assessments = optional(&row.assessments, template_fault, "assessments");
    if row.confirms_always && row.assessments.is_none() {
        place.field("confirms_always").report("it confirms amounts at the path of assessments: name one");
    }
    let within = |value: Option<u32>, default, range, name| within(value, default, range, place.field(name));
    let in_flight_max = within(row.in_flight_max, BackEnd::IN_FLIGHT_DEFAULT, IN_FLIGHT, "in_flight_max");
    let connect = within(
        row.connect_timeout_ms,
        BackEnd::CONNECT_TIMEOUT_MS_DEFAULT,
        CONNECT_TIMEOUT_MS,
        "connect_timeout_ms",
    );
    let head =
        within(row.head_timeout_ms, BackEnd::HEAD_TIMEOUT_MS_DEFAULT, HEAD_TIMEOUT_MS, "head_timeout_ms");
    let idle =
        within(row.idle_timeout_ms, BackEnd::IDLE_TIMEOUT_MS_DEFAULT, IDLE_TIMEOUT_MS, "idle_timeout_ms");
    let milliseconds = |number: u32| Duration::from_millis(u64::from(number));
    Some(Some(BackEnd {
        address: address?,
        health_path: health_path?,
        assessments: assessments?,
        confirms_always: row.confirms_always,
        in_flight_max: in_flight_max?,
        connect_timeout: milliseconds(connect?),
        head_timeout: milliseconds(head?),
        idle_timeout: milliseconds(idle?),
    }))
}

fn checked(text: &str, fault: fn(&str) -> Option<&'static str>, place: Place<'_>) -> Option<Arc<str>> {
    match fault(text) {
        None => Some(Arc::from(text)),
        Some(fault) => {
            place.report(format!("{text:?}: {fault}"));
            None
        }
    }
}

fn within(value: Option<u32>, default: u32, range: RangeInclusive<u32>, place: Place<'_>) -> Option<u32> {
    let value = value.unwrap_or(default);
    if range.contains(&value) {
        return Some(value);
    }
    place.report(format!("must be from {} to {}", range.start(), range.end()));
    None
}

/// What is wrong with `scheme://host[:port][/base]`.
fn address_fault(text: &str) -> Option<&'static str> {
    if text.len() > ADDRESS_CHARACTERS_MAX {
        return Some("the address is too long");
    }
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return Some("an address begins with https:// or, where the operator allows it, http://");
    };
    let (authority, base) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    if !base.is_empty() && path_fault(base).is_some() {
        return Some("the path of an address has letters, digits and - . _ ~ / alone, and no dot segments");
    }
    if base.ends_with('/') {
        return Some("an address has no slash at its end: paths that begin with one are put behind it");
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, after)) if host.parse::<std::net::Ipv6Addr>().is_ok() => {
                (None, (!after.is_empty()).then_some(after))
            }
            _ => return Some("what stands in brackets is not an IPv6 address"),
        },
        None => match authority.find(':') {
            Some(colon) => (Some(&authority[..colon]), Some(&authority[colon..])),
            None => (Some(authority), None),
        },
    };
    if host.is_some_and(|host| !is_host(host)) {
        return Some("a host has small letters, digits, hyphens and dots");
    }
    let is_port = |port: &str| {
        let digits = port.strip_prefix(':').unwrap_or_default();
        digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|port| port > 0)
    };
    if port.is_some_and(|port| !is_port(port)) {
        return Some("a port is a number from 1 to 65535");
    }
    None
}

fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(known)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// What is wrong with a path: it has nothing in it that anybody would have to resolve.
fn path_fault(text: &str) -> Option<&'static str> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    if text.len() > PATH_CHARACTERS_MAX {
        Some("the path is too long")
    } else if !text.starts_with('/') || text.contains("//") {
        Some("a path begins with one slash, and no two stand together")
    } else if !text.bytes().all(known) {
        Some("a path has letters, digits and - . _ ~ / alone")
    } else if text.split('/').any(|segment| segment == "." || segment == "..") {
        Some("a path has no dot segments")
    } else {
        None
    }
}

/// What is wrong with a path in which the slug may be left open.
fn template_fault(text: &str) -> Option<&'static str> {
    path_fault(&text.replace(SLUG_PLACEHOLDER, "x"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_scheme_a_host_and_where_paths_begin() {
        for good in [
            "https://portal.example.go.ke",
            "https://portal.example.go.ke:8443/malipo/v1",
            "http://127.0.0.1:9000",
            "https://[2001:db8::1]:443/a",
            "https://[2001:db8::1]",
        ] {
            assert_eq!(address_fault(good), None, "{good}");
        }
        for bad in [
            "portal.example.go.ke",
            "ftp://portal.example.go.ke",
            "https://",
            "https://Portal.example.go.ke",
            "https://user@portal.example.go.ke",
            "https://portal.example.go.ke/",
            "https://portal.example.go.ke/a/../b",
            "https://portal.example.go.ke/a%2fb",
            "https://portal.example.go.ke?a=b",
            "https://portal.example.go.ke:0",
            "https://portal.example.go.ke:65536",
            "https://portal.example.go.ke:+80",
            "https://portal.example.go.ke:",
            "https://portal..example.go.ke",
            "https://[::1",
            "https://[x]",
            "https://[::1]x",
            "https://-a.example",
        ] {
            assert!(address_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_path_needs_no_resolving() {
        assert_eq!(path_fault("/health/ready"), None);
        assert_eq!(template_fault("/assessments/{service}"), None);
        for bad in ["", "health", "/a//b", "/a?b", "/../a", "/a/.", "/{slug}", "/a b"] {
            assert!(template_fault(bad).is_some(), "{bad}");
        }
    }
}
