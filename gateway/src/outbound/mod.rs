//! Calls to others: whoever is called, it is done in this room, besides Safaricom. Its client
//! ([`crate::channels::mpesa::client`]) needs to know whether a request has left, and makes connections of its own; so does
//! the handset of a demonstration, to the simulated Safaricom.
//!
//! TLS is spoken with the public authorities and those of the configuration; the address that is really connected to is
//! judged, each time; no redirect is followed; every connection, answer and wait has a bound. Whoever calls says how long it
//! waits.
//!
//! * `base`: where somebody is;
//! * `addresses`: where a connection may go;
//! * `connector`: making one;
//! * `connections`: keeping them for those who are asked often: systems of agencies ([`crate::routing`]), and
//!   `posting`, which sends notices to addresses that agencies name themselves and `posting_address` has judged;
//! * `destination`: one request and its whole answer, for those whom the operator names: providers of text messages, an
//!   identity provider. `departure` is how it knows whether a request has begun to leave us.

pub(crate) mod addresses;
pub(crate) mod base;
pub(crate) mod connections;
pub(crate) mod connector;
pub(crate) mod departure;
pub(crate) mod destination;
pub(crate) mod posting;
mod posting_address;

use std::sync::Arc;
use std::time::Duration;

pub use self::connector::AuthoritiesError;

use self::addresses::AddressPolicy;
use self::base::Base;
use self::connector::Connector;
use self::destination::Destination;
use self::posting::{NowhereToPost, PostLine};
use self::posting_address::NotAnAddress;
use crate::config::{Config, Mode};
use crate::http::client_address::AddressRange;

/// How others are reached. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    tls: Arc<rustls::ClientConfig>,
    /// Where those are whom the operator or the catalogue names.
    named: Arc<AddressPolicy>,
    /// Where notices may go: to the same, and in a demonstration to this machine.
    notices: Arc<AddressPolicy>,
    /// The simulated outside of a demonstration.
    simulated: Arc<AddressPolicy>,
}

impl Outbound {
    /// As the section `routing` of the configuration says.
    pub fn new(config: &Config) -> Result<Self, AuthoritiesError> {
        let networks = config.routing.private_networks.clone();
        let this_machine =
            ["127.0.0.0/8", "::1/128"].map(|range| range.parse::<AddressRange>().expect("these are ranges"));
        let (named, notices) = match config.mode {
            Mode::Serve => (AddressPolicy::live(networks.clone()), AddressPolicy::live(networks)),
            Mode::Demo => {
                let with_this_machine = [networks.clone(), this_machine.to_vec()].concat();
                (AddressPolicy::demonstration(networks), AddressPolicy::demonstration(with_this_machine))
            }
        };
        Ok(Self {
            tls: connector::tls_config(config.routing.authorities.as_deref())?,
            named: Arc::new(named),
            notices: Arc::new(notices),
            simulated: Arc::new(AddressPolicy::demonstration(this_machine.to_vec())),
        })
    }

    /// To this machine alone.
    #[cfg(test)]
    pub(crate) fn of_tests() -> Self {
        let this_machine = Arc::new(AddressPolicy::demonstration(vec!["127.0.0.0/8".parse().unwrap()]));
        Self {
            tls: connector::tls_config(None).unwrap(),
            named: Arc::clone(&this_machine),
            notices: Arc::clone(&this_machine),
            simulated: this_machine,
        }
    }

    /// Makes connections to somebody whom the catalogue names.
    pub(crate) fn connector(&self, base: Base, connect_timeout: Duration) -> Connector {
        Connector::new(base, Arc::clone(&self.named), Arc::clone(&self.tls), connect_timeout)
    }

    /// Somebody whom the operator names, at a base address. `None` if that is none. `is_simulated` is said of the simulated
    /// outside of a demonstration, which is on this machine.
    pub(crate) fn destination(
        &self,
        address: &str,
        connect_timeout: Duration,
        is_simulated: bool,
    ) -> Option<Destination> {
        let base = Base::of(address.trim_end_matches('/'))?;
        let policy = Arc::clone(if is_simulated { &self.simulated } else { &self.named });
        let connector = Connector::new(base.clone(), policy, Arc::clone(&self.tls), connect_timeout);
        Some(Destination::new(base, connector))
    }

    /// Whether a notice may be sent to this address, as far as can be told without looking its name up.
    pub(crate) fn may_lead_to(&self, address: &str) -> Result<(), NowhereToPost> {
        posting_address::judge(address)?;
        let base = Base::of(address).ok_or(NotAnAddress::Host)?;
        match base.host.parse() {
            Ok(host) => {
                let judged = self.notices.check(host, base.is_encrypted);
                judged.map_err(|refused| NowhereToPost::Refused(refused.to_string()))
            }
            Err(_) => Ok(()),
        }
    }

    /// Connections to this address for notices, so many at a time. `None` if it is none.
    pub(crate) fn post_line(
        &self,
        address: &str,
        places: usize,
        connect_timeout: Duration,
    ) -> Option<PostLine> {
        let base = Base::of(address)?;
        let connector =
            Connector::new(base.clone(), Arc::clone(&self.notices), Arc::clone(&self.tls), connect_timeout);
        PostLine::new(&base, connector, places)
    }
}
