//! The own system of an agency, to which requests about a service are handed on.
//!
//! Plain data: where it is and what may be asked of it. Who connects to it, and whether an address may be connected to at
//! all, is decided elsewhere, by whoever runs the gateway.

use std::sync::Arc;
use std::time::Duration;

/// Where an agency's own system is, and what it can take.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BackEnd {
    /// `https://host[:port][/base]`, without a slash at its end; `http` only where the operator allows the address.
    pub address: Arc<str>,
    /// The path below the address that says whether it is well. It is asked while nothing else is.
    pub health_path: Option<Arc<str>>,
    /// The path below the address that knows assessed amounts; `{service}` in it stands for the slug.
    pub assessments: Option<Arc<str>>,
    /// Whether no bill is made over an amount that it has not confirmed, also while it cannot be asked.
    pub confirms_always: bool,
    /// The most requests that it is given at a time.
    pub in_flight_max: u32,
    /// The longest that a connection to it may take, the handshake included.
    pub connect_timeout: Duration,
    /// The longest that it may think about a request before it begins to answer.
    pub head_timeout: Duration,
    /// The longest silence in the middle of something.
    pub idle_timeout: Duration,
}

impl BackEnd {
    /// Requests at a time, unless the catalogue says otherwise.
    pub const IN_FLIGHT_DEFAULT: u32 = 100;
    /// Time to connect, unless the catalogue says otherwise.
    pub const CONNECT_TIMEOUT_MS_DEFAULT: u32 = 2_000;
    /// Time to begin an answer, unless the catalogue says otherwise.
    pub const HEAD_TIMEOUT_MS_DEFAULT: u32 = 15_000;
    /// Silence, unless the catalogue says otherwise.
    pub const IDLE_TIMEOUT_MS_DEFAULT: u32 = 60_000;
}
