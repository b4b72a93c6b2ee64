//! Who is calling: the address of the client, which only a proxy of ours may tell us.
//!
//! `X-Forwarded-For` is a list that anybody can start and each proxy appends to, so only its right end can be
//! believed. We walk it from the right over proxies we list and stop at the first address that is not one of them.
//! From anyone else the header is ignored. `Forwarded` (RFC 7239) is not read at all: two headers that may disagree
//! are one way too many to learn an address.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use hyper::HeaderMap;

const X_FORWARDED_FOR: &str = "x-forwarded-for";
/// Hops looked at before giving up; real chains have two or three.
const HOPS_MAX: usize = 16;

/// A range of addresses: `10.1.0.0/16`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    first: IpAddr,
    prefix_bits: u32,
}

/// Why a text is not a range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address such as 10.1.2.3 or a range such as 10.1.0.0/16, found {0:?}")]
pub struct NotARange(String);

impl AddressRange {
    /// Whether the address lies in the range. An IPv4 address carried in IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - self.prefix_bits).unwrap_or(0);
                first.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - self.prefix_bits).unwrap_or(0);
                first.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }

    /// Whether all of it is this machine.
    pub fn is_loopback(&self) -> bool {
        let bits_min = if self.first.is_ipv4() { 8 } else { 128 };
        self.first.is_loopback() && self.prefix_bits >= bits_min
    }
}

impl FromStr for AddressRange {
    type Err = NotARange;

    fn from_str(text: &str) -> Result<Self, NotARange> {
        let not_a_range = || NotARange(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let first = IpAddr::from_str(address).map_err(|_| not_a_range())?.to_canonical();
        let bits_max = if first.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match prefix {
            None => bits_max,
            Some(prefix) => prefix
                .parse()
                .ok()
                .filter(|bits| *bits <= bits_max && !prefix.starts_with('+'))
                .ok_or_else(not_a_range)?,
        };
        Ok(Self { first, prefix_bits })
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.first.is_ipv4() { 32 } else { 128 };
        if self.prefix_bits == whole {
            return self.first.fmt(formatter);
        }
        write!(formatter, "{}/{}", self.first, self.prefix_bits)
    }
}

/// The proxies whose word about the client we take.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<AddressRange>);

impl TrustedProxies {
    /// These proxies and no others. An empty list means clients reach us directly.
    pub fn new(ranges: Vec<AddressRange>) -> Self {
        Self(ranges)
    }

    /// Whether a connection from this address comes from one of our proxies.
    pub fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(address))
    }

    /// The client behind a connection from `peer` with these headers.
    pub fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trust(peer) {
            return peer;
        }
        let mut nearest_known = peer;
        let hops = headers
            .get_all(X_FORWARDED_FOR)
            .into_iter()
            .rev()
            .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','))
            .take(HOPS_MAX);
        for hop in hops {
            // A hop that is not an address ends what we can believe: the proxy to its right is the best we know.
            let Some(address) = hop_address(hop) else { break };
            nearest_known = address;
            if !self.trust(address) {
                break;
            }
        }
        nearest_known
    }
}

/// One entry of the list: an address, with a port when the proxy writes one.
fn hop_address(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let address = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())?;
    Some(address.to_canonical())
}

/// The key under which connections of one client are counted: its address, or the /64 that an IPv6 client owns.
pub fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

/// Whether an address is one that strangers have: reachable by everybody.
pub fn is_a_strangers(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            !(address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_unspecified())
        }
        IpAddr::V6(address) => {
            !(address.is_loopback()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.is_unspecified())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(ranges: &[&str]) -> TrustedProxies {
        TrustedProxies::new(ranges.iter().map(|range| range.parse().unwrap()).collect())
    }

    fn seen(proxies: &TrustedProxies, peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        proxies.client_address(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_its_own_address() {
        assert_eq!(seen(&proxies(&[]), "203.0.113.9", &["196.201.214.200"]), "203.0.113.9");
        assert_eq!(seen(&proxies(&["10.0.0.0/8"]), "203.0.113.9", &["196.201.214.200"]), "203.0.113.9");
    }

    #[test]
    fn behind_a_proxy_only_the_right_end_of_the_list_is_believed() {
        let ours = proxies(&["10.0.0.0/8", "fd00::/8"]);
        assert_eq!(seen(&ours, "10.0.0.1", &["196.201.214.200, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen(&ours, "10.0.0.1", &["196.201.214.200", "203.0.113.9, 10.0.0.2"]), "203.0.113.9");
        assert_eq!(seen(&ours, "::ffff:10.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(seen(&ours, "10.0.0.1", &["196.201.214.200, rubbish, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(seen(&ours, "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn ranges_are_read_and_shown_as_written() {
        for text in ["10.0.0.0/8", "0.0.0.0/0", "196.201.214.200", "fd00::/8", "::/0"] {
            assert_eq!(text.parse::<AddressRange>().unwrap().to_string(), text);
        }
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "host", "10.0.0.0/+8", "10.0.0.0/"] {
            assert!(bad.parse::<AddressRange>().is_err(), "{bad}");
        }
        let is_loopback = |text: &str| text.parse::<AddressRange>().unwrap().is_loopback();
        assert!(is_loopback("127.0.0.0/8") && is_loopback("127.0.0.1") && is_loopback("::1"));
        assert!(!is_loopback("127.0.0.0/7") && !is_loopback("10.0.0.0/8") && !is_loopback("::1/0"));
        let everything: AddressRange = "0.0.0.0/0".parse().unwrap();
        assert!(everything.contains("203.0.113.9".parse().unwrap()));
        assert!(!everything.contains("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn an_ipv6_client_is_counted_by_the_network_it_owns() {
        let address = counted_as("2001:db8:1:2:3:4:5:6".parse().unwrap());
        assert_eq!(address.to_string(), "2001:db8:1:2::");
        assert_eq!(counted_as("::ffff:10.0.0.1".parse().unwrap()).to_string(), "10.0.0.1");
    }
}
