//! Whether a callback comes from Safaricom. Nothing is signed, so two things stand in for a signature: a part of the
//! path that nobody can guess, and the addresses that Safaricom is known to call from.
//!
//! Whoever knows the path and calls from elsewhere is refused unless the configuration says otherwise, and reported
//! either way: the list of addresses changes without notice, and a confirmation that is refused because it came from a
//! new one has to be healed by query and statement.

use std::net::IpAddr;

use crate::config::secret::Secret;
use crate::config::sections::PaybillConfig;
use crate::http::client_address::AddressRange;

/// What a caller of the callback listener must know, and where it is expected to be.
#[derive(Clone, Debug)]
pub struct CallbackSources {
    token: Secret,
    expected: Vec<AddressRange>,
}

/// Who is calling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Knows the path and calls from where it should.
    Expected,
    /// Knows the path and calls from elsewhere: to be reported, and taken or not as the configuration says.
    FromElsewhere,
    /// Does not know the path: to be answered like any address that does not exist.
    Stranger,
}

impl CallbackSources {
    /// Those of a configuration.
    pub fn of(paybill: &PaybillConfig) -> Self {
        Self::new(paybill.callback_token.clone(), paybill.source_addresses.clone())
    }

    /// A token and the addresses that are expected.
    pub const fn new(token: Secret, expected: Vec<AddressRange>) -> Self {
        Self { token, expected }
    }

    /// Judges a caller by the token in its path and its address. The comparison takes as long for a token that is
    /// nearly right as for one that is not.
    pub fn judge(&self, token: &str, address: IpAddr) -> Caller {
        if !self.token.matches(token.as_bytes()) {
            return Caller::Stranger;
        }
        if self.expected.iter().any(|range| range.contains(address)) {
            return Caller::Expected;
        }
        Caller::FromElsewhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn the_path_decides_and_the_address_marks() {
        let expected = ["196.201.214.200", "196.201.213.0/24"].map(|range| range.parse().unwrap());
        let sources = CallbackSources::new(Secret::new(TOKEN.to_owned()), expected.to_vec());
        for (token, address, caller) in [
            (TOKEN, "196.201.214.200", Caller::Expected),
            (TOKEN, "::ffff:196.201.213.44", Caller::Expected),
            (TOKEN, "196.201.214.201", Caller::FromElsewhere),
            (TOKEN, "::1", Caller::FromElsewhere),
            ("0123456789abcdef0123456789abcdeF", "196.201.214.200", Caller::Stranger),
            ("0123456789abcdef", "196.201.214.200", Caller::Stranger),
            ("", "196.201.214.200", Caller::Stranger),
        ] {
            assert_eq!(sources.judge(token, address.parse().unwrap()), caller, "{token} {address}");
        }
        assert!(!format!("{sources:?}").contains(TOKEN));
    }
}
