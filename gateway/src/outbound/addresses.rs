//! Where a connection may go. A catalogue names hosts, names lead to addresses, and who controls a name could make it lead
//! to a machine of ours: the address that is really connected to decides, each time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::http::client_address::AddressRange;

/// Which addresses may be connected to.
#[derive(Clone, Debug)]
pub(crate) struct AddressPolicy {
    private_networks: Vec<AddressRange>,
    public_too: bool,
}

/// Why an address is not connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressRefused {
    /// It is not public, and the configuration does not allow it.
    #[error("{0} is not a public address, and routing.private_networks does not allow it")]
    NotPublic(IpAddr),
    /// It is public, and what is sent there has to be encrypted.
    #[error("{0} is reached over https alone; routing.private_networks does not allow plain http to it")]
    InTheClear(IpAddr),
    /// A demonstration speaks to this machine alone.
    #[error("{0} is not this machine, and a demonstration speaks to no other")]
    Demonstration(IpAddr),
}

impl AddressPolicy {
    /// Public addresses over TLS, and these networks either way.
    pub(crate) fn live(private_networks: Vec<AddressRange>) -> Self {
        Self { private_networks, public_too: true }
    }

    /// These networks alone, which are this machine.
    pub(crate) fn demonstration(private_networks: Vec<AddressRange>) -> Self {
        Self { private_networks, public_too: false }
    }

    /// Whether this address may be connected to.
    pub(crate) fn check(&self, address: IpAddr, is_encrypted: bool) -> Result<(), AddressRefused> {
        let address = address.to_canonical();
        if self.private_networks.iter().any(|range| range.contains(address)) {
            Ok(())
        } else if !is_public(address) {
            Err(AddressRefused::NotPublic(address))
        } else if !self.public_too {
            Err(AddressRefused::Demonstration(address))
        } else if !is_encrypted {
            Err(AddressRefused::InTheClear(address))
        } else {
            Ok(())
        }
    }
}

/// Whether an address is one of the Internet at large. In IPv6 that is the block that is handed out, less what in it is
/// set aside or wraps an IPv4 address; in IPv4 everything that is not set aside.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|(first, bits)| lies_in_v4(address, *first, *bits)),
        IpAddr::V6(address) => {
            lies_in_v6(address, Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
                && !NOT_PUBLIC_V6.iter().any(|(first, bits)| lies_in_v6(address, *first, *bits))
        }
    }
}

/// Set aside, by the registry of special addresses.
const NOT_PUBLIC_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),       // this host, this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // shared by the customers of a provider
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link-local, metadata of clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // relays of 6to4
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved, broadcast
];

/// Set aside within the block that is handed out.
const NOT_PUBLIC_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments, Teredo
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4: wraps any IPv4 address
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

fn lies_in_v4(address: Ipv4Addr, first: Ipv4Addr, bits: u32) -> bool {
    (address.to_bits() ^ first.to_bits()) >> (32 - bits) == 0
}

fn lies_in_v6(address: Ipv6Addr, first: Ipv6Addr, bits: u32) -> bool {
    (address.to_bits() ^ first.to_bits()) >> (128 - bits) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_internet_is_public_and_what_is_set_aside_is_not() {
        for public in [
            "1.1.1.1",
            "41.90.0.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "196.201.214.200",
            "198.17.255.255",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:4860::8888",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(address(public)), "{public}");
        }
        for not_public in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "4000::1",
        ] {
            assert!(!is_public(address(not_public)), "{not_public}");
        }
    }

    #[test]
    fn what_is_not_public_is_connected_to_only_where_somebody_said_so_and_then_also_in_the_clear() {
        let closed = AddressPolicy::live(Vec::new());
        assert_eq!(closed.check(address("41.90.0.1"), true), Ok(()));
        assert_eq!(
            closed.check(address("41.90.0.1"), false),
            Err(AddressRefused::InTheClear(address("41.90.0.1")))
        );
        for encrypted in [true, false] {
            assert_eq!(
                closed.check(address("::ffff:10.1.2.3"), encrypted),
                Err(AddressRefused::NotPublic(address("10.1.2.3")))
            );
        }
        let open = AddressPolicy::live(vec!["10.1.0.0/16".parse().unwrap()]);
        for encrypted in [true, false] {
            assert_eq!(open.check(address("10.1.2.3"), encrypted), Ok(()));
            assert_eq!(open.check(address("::ffff:10.1.2.3"), encrypted), Ok(()));
            assert!(open.check(address("10.2.0.1"), encrypted).is_err());
        }
    }

    #[test]
    fn a_demonstration_connects_to_this_machine_and_only_where_somebody_said_so() {
        let here = AddressPolicy::demonstration(vec!["127.0.0.0/8".parse().unwrap()]);
        assert_eq!(here.check(address("127.0.0.1"), false), Ok(()));
        assert_eq!(
            here.check(address("41.90.0.1"), true),
            Err(AddressRefused::Demonstration(address("41.90.0.1")))
        );
        assert!(AddressPolicy::demonstration(Vec::new()).check(address("127.0.0.1"), true).is_err());
    }
}
