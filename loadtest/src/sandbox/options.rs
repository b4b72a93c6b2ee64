//! How a sandbox is set up.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::faults::Faults;
use crate::clock::Clock;

/// Everything that can be chosen about a sandbox. The defaults suit the demo.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen. Must be a loopback address; port 0 lets the system choose. Default `127.0.0.1:0`.
    pub listen: SocketAddr,
    /// Where the record is kept, or `None` for a folder that is removed when the sandbox stops.
    pub data: Option<PathBuf>,
    /// The merchant's paybill. Default `222222`.
    pub shortcode: String,
    /// What payers read as the merchant's name. Default `eCITIZEN`.
    pub business_name: String,
    /// The secret in the password of a push request. Default `demo-passkey`.
    pub passkey: String,
    /// User name of the token call. Default `demo-consumer-key`.
    pub consumer_key: String,
    /// Password of the token call. Default `demo-consumer-secret`.
    pub consumer_secret: String,
    /// How long an access token lives. Default one hour, as published.
    pub token_life: Duration,
    /// Shortens the waits of the test numbers: see [`super::persona`] for each.
    pub fast: bool,
    /// How long a prompt waits for a person. Default 60 s.
    pub prompt_life: Duration,
    /// How long the merchant may take to validate before the default action applies. Default 8 s: Safaricom
    /// publishes no figure, and this is the shortest that its users commonly assume to be safe.
    pub validation_limit: Duration,
    /// Whether the merchant is asked to validate at all. Really off until requested by e-mail; on by default
    /// here.
    pub validation: bool,
    /// How often a confirmation that was not answered with 200 is sent again. Default 0: Safaricom publishes
    /// no schedule, and many integrators report that there is none.
    pub retry_confirmations: u32,
    /// Whether a second registration of other addresses replaces the first, as in Safaricom's own sandbox. In
    /// production it is refused. Default true, because a demo's ports change.
    pub allow_overwrite: bool,
    /// What goes wrong on purpose, with the seed that chooses the victims.
    pub faults: Faults,
    /// What time it is. A demo that runs faster than life gives its own.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: None,
            shortcode: "222222".into(),
            business_name: "eCITIZEN".into(),
            passkey: "demo-passkey".into(),
            consumer_key: "demo-consumer-key".into(),
            consumer_secret: "demo-consumer-secret".into(),
            token_life: Duration::from_secs(3600),
            fast: false,
            prompt_life: Duration::from_secs(60),
            validation_limit: Duration::from_secs(8),
            validation: true,
            retry_confirmations: 0,
            allow_overwrite: true,
            faults: Faults::default(),
            clock: Clock::system(),
        }
    }
}

impl Options {
    /// Every reason why a sandbox cannot be started like this.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !self.listen.ip().is_loopback() {
            problems.push(format!(
                "listen: {} is not a loopback address; a made-up Safaricom stays on this machine",
                self.listen
            ));
        }
        if !is_short_code(&self.shortcode) {
            problems.push(format!("shortcode: {:?} is not five to seven digits", self.shortcode));
        }
        for (name, secret) in [
            ("passkey", &self.passkey),
            ("consumer_key", &self.consumer_key),
            ("consumer_secret", &self.consumer_secret),
        ] {
            if secret.is_empty() {
                problems.push(format!("{name}: must not be empty"));
            }
        }
        if self.consumer_key.contains(':') {
            problems
                .push("consumer_key: must not contain a colon, which separates it from the secret".into());
        }
        problems
    }
}

/// Whether this is how paybills are numbered.
pub(crate) fn is_short_code(text: &str) -> bool {
    (5..=7).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
