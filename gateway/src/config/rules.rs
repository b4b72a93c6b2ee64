//! What each mode insists on, beyond each value being one.
//!
//! `serve` deals in real money: nothing is spoken in the clear by accident, and nothing is missing that a payment
//! would find missing. `demo` must not be able to touch real money or be reached from elsewhere, whatever it finds in
//! its environment.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::Mode;
use super::keys;
use super::problems::Problems;
use super::secret::Secret;
use super::sources::{Origin, readable_by_everybody};
use super::value::{Url, Values};
use crate::http::client_address::AddressRange;
use crate::http::hosts::host_name;
use crate::messages::PROVIDER_NAMES;

const LISTENERS: [&str; 3] = ["public", "callback", "admin"];
/// Words in an address that Safaricom refuses to register.
const WORDS_REFUSED: [&str; 8] = ["mpesa", "m-pesa", "safaricom", "exe", "exec", "cmd", "sql", "query"];

pub(super) fn check(mode: Mode, values: &Values, problems: &mut Problems) {
    let mut rules = Rules { values, problems };
    rules.tls_pairs_are_whole();
    rules.rate_is_whole();
    rules.listeners_are_apart();
    rules.staff_can_sign_in();
    rules.agencies_have_a_host_of_their_own();
    match mode {
        Mode::Serve => rules.serve(),
        Mode::Demo => rules.demo(),
    }
}

struct Rules<'a> {
    values: &'a Values,
    problems: &'a mut Problems,
}

impl Rules<'_> {
    fn serve(&mut self) {
        for listener in LISTENERS {
            self.is_encrypted_or_says_why_not(listener);
        }
        for key in ["public.base_url", "paybill.callback_base_url"] {
            self.required(key);
            self.is_https(key);
        }
        self.is_https("routing.base_url");
        self.safaricom_takes_the_address();
        for key in keys::all().filter(|key| key.is_secret() && key.name.starts_with("paybill.")) {
            self.required(key.name);
        }
        for token in ["paybill.callback_token", "messages.callback_token"] {
            self.token_fits_in_a_path(token);
        }
        self.providers_of_messages_are_whole();
        let issuer: Option<Url> = self.values.optional("oidc.issuer");
        if issuer.is_some_and(|url| !url.is_https()) {
            let what = "oidc.issuer does not begin with https";
            self.add("oidc.issuer", what, "who signs in, and our secret there, travel over TLS only");
        }
        self.data_is_kept();
        for key in keys::all().filter(|key| key.name.starts_with("demo.")) {
            self.unset(
                key.name,
                "is for demo alone",
                "remove it; only demo has a clock and services of its own",
            );
        }
    }

    fn demo(&mut self) {
        for listener in LISTENERS {
            let key = format!("{listener}.listen");
            let address: Option<SocketAddr> = self.values.optional(&key);
            if address.is_some_and(|address| !address.ip().to_canonical().is_loopback()) {
                let what = format!("{key}: demo listens on this machine alone");
                self.add(&key, what, "use an address such as 127.0.0.1:8080");
            }
        }
        // The secret at an identity provider of this machine, and there can be no other, opens nothing that is live.
        for key in keys::all().filter(|key| key.is_secret() && key.name != "oidc.client_secret") {
            self.unset(
                key.name,
                "is a live credential, which demo refuses",
                "unset it, or use `malipo serve`",
            );
        }
        self.unset(
            "paybill.daraja_base_url",
            "is where real money is",
            "unset it: demo has a simulated paybill",
        );
        for name in PROVIDER_NAMES {
            self.unset(
                &format!("sms_{name}.username"),
                "is somebody who sends real messages",
                "unset it: demo has simulated carriers",
            );
        }
        let private: Option<Vec<AddressRange>> = self.values.optional("routing.private_networks");
        if private.is_some_and(|ranges| !ranges.iter().all(AddressRange::is_loopback)) {
            let what = "routing.private_networks: demo speaks to this machine alone";
            self.add("routing.private_networks", what, "use a range such as 127.0.0.0/8");
        }
        let agencies: Option<Url> = self.values.optional("routing.base_url");
        if agencies.is_some_and(|url| !url.is_loopback()) {
            let what = "routing.base_url: demo is reached on this machine alone";
            self.add("routing.base_url", what, "unset it: demo uses localhost");
        }
        for key in ["demo.sandbox_url", "oidc.issuer"] {
            let url: Option<Url> = self.values.optional(key);
            if url.is_some_and(|url| !url.is_loopback()) {
                let what = format!("{key}: demo speaks to this machine alone");
                self.add(key, what, "use an address such as http://127.0.0.1:9100");
            }
        }
    }

    /// There is a door, and a provider at it is whole: whoever relies on its second factor says how it tells of one.
    fn staff_can_sign_in(&mut self) {
        let has_provider = !self.values.is_missing("oidc.issuer");
        if !has_provider {
            for key in ["name", "client_id", "client_secret", "agency_claim", "acr_values", "amr_values"] {
                let key = format!("oidc.{key}");
                self.unset(&key, "is of an identity provider, and there is none", "set oidc.issuer too");
            }
            if self.values.optional("staff.password_sign_in") == Some(false) {
                let what = "staff.password_sign_in: nobody could sign in";
                self.add("staff.password_sign_in", what, "leave it on, or set oidc.issuer");
            }
            return;
        }
        for key in ["oidc.name", "oidc.client_id"] {
            self.required(key);
        }
        let scopes: Option<String> = self.values.optional("oidc.scopes");
        if scopes.is_some_and(|scopes| !scopes.split_whitespace().any(|scope| scope == "openid")) {
            let remedy = "without openid a provider says nothing that it has signed";
            self.add("oidc.scopes", "oidc.scopes: openid is not among them", remedy);
        }
        let is_asserted = self.values.optional("oidc.second_factor") == Some("asserted");
        let says_how = ["oidc.acr_values", "oidc.amr_values"].iter().any(|key| !self.values.is_missing(key));
        if is_asserted && !says_how {
            let remedy = "set oidc.acr_values or oidc.amr_values to what the provider says of a second factor, or \
                          oidc.second_factor = \"unasserted\" if it lets nobody in without one and cannot say so";
            self.add("oidc.second_factor", "oidc.second_factor: nothing says how it is asserted", remedy);
        }
    }

    /// A rate is a decimal, and is charged under its name.
    fn rate_is_whole(&mut self) {
        let rate: Option<String> = self.values.optional("exchange.kes_per_usd");
        let Some(rate) = rate else { return };
        let read = ledger::Money::parse_decimal(&rate, ledger::Currency::Kes);
        if !read.is_ok_and(ledger::Money::is_positive) {
            let what = format!("exchange.kes_per_usd: {rate:?} is not a rate");
            self.add("exchange.kes_per_usd", what, "write shillings for one dollar, such as 129.25");
        }
        if !self.values.is_set("exchange.rate_id") {
            let what = "exchange.rate_id is missing";
            self.add(
                "exchange.kes_per_usd",
                what,
                "name where the rate is published: payers see it on their bill",
            );
        }
    }

    fn tls_pairs_are_whole(&mut self) {
        for listener in LISTENERS {
            let (certificate, key) = (format!("{listener}.tls_certificate"), format!("{listener}.tls_key"));
            let key_file: Option<PathBuf> = self.values.optional(&key);
            match (self.values.is_set(&certificate), key_file) {
                (true, None) => {
                    self.add(&certificate, format!("{key} is missing"), "name both files or neither")
                }
                (false, Some(_)) => {
                    self.add(&key, format!("{certificate} is missing"), "name both files or neither")
                }
                (true, Some(file)) => {
                    if let Some(fault) = readable_by_everybody(&file) {
                        self.add(&key, format!("{key}: {fault}"), format!("chmod 640 {}", file.display()));
                    }
                }
                (false, None) => {}
            }
        }
    }

    /// Two listeners on one port would fail at the second bind; saying so here says it with the rest.
    fn listeners_are_apart(&mut self) {
        let addresses = LISTENERS.map(|listener| {
            let key = format!("{listener}.listen");
            let address: Option<SocketAddr> = self.values.optional(&key);
            (key, address.filter(|address| address.port() != 0))
        });
        for (index, (key, address)) in addresses.iter().enumerate() {
            let earlier = addresses[..index].iter().find(|(_, other)| address.is_some() && other == address);
            if let Some((other, _)) = earlier {
                self.add(
                    key,
                    format!("{key} and {other} are the same"),
                    "give each listener a port of its own",
                );
            }
        }
    }

    /// A browser lets pages of one host do what all of them may: those of agencies are under a name under which nobody is
    /// signed in. Another port is no other name.
    fn agencies_have_a_host_of_their_own(&mut self) {
        let name = |url: &Url| {
            let name = url.uri().host().and_then(|host| host_name(host.as_bytes()).map(str::to_owned));
            name.map(|name| name.to_ascii_lowercase()).filter(|name| !name.is_empty())
        };
        for key in ["public.base_url", "routing.base_url"] {
            let url: Option<Url> = self.values.optional(key);
            if url.is_some_and(|url| name(&url).is_none()) {
                let what = format!("{key}: this is not the name of a host");
                self.add(key, what, "use an address such as https://services.go.ke");
            }
        }
        let key = "routing.base_url";
        let Some(theirs): Option<Url> = self.values.optional(key) else { return };
        if theirs.uri().path() != "/" {
            self.add(key, format!("{key} has a path"), "name a host alone, such as https://services.go.ke");
        }
        let ours: Option<Url> = self.values.optional("public.base_url");
        let listens: Option<SocketAddr> = self.values.optional("public.listen");
        let ours = match ours {
            Some(ours) => name(&ours),
            None => listens.map(|address| address.ip().to_string()),
        };
        if ours == name(&theirs) {
            let what = format!("{key} has the host name of public.base_url");
            self.add(key, what, "name another host: pages of agencies must not share an origin with ours");
        }
    }

    fn is_encrypted_or_says_why_not(&mut self, listener: &str) {
        let plain_key = format!("{listener}.plain_behind_proxy");
        let encrypted = self.values.is_set(&format!("{listener}.tls_certificate"));
        let behind_proxy = self.values.optional(&plain_key).unwrap_or(false);
        let address_key = format!("{listener}.listen");
        let address: Option<SocketAddr> = self.values.optional(&address_key);
        // Probes and metrics of this machine alone need no certificate.
        let for_this_machine =
            listener == "admin" && address.is_some_and(|address| address.ip().is_loopback());
        if encrypted && behind_proxy {
            let what = format!("{listener} both has a certificate and speaks plain HTTP");
            self.add(&plain_key, what, "remove one of the two");
        } else if !encrypted && !behind_proxy && !for_this_machine {
            let remedy = format!(
                "set {listener}.tls_certificate and {listener}.tls_key, or {plain_key} = true when a proxy of yours ends TLS"
            );
            self.add(&address_key, format!("{listener} would speak plain HTTP"), remedy);
        }
    }

    fn is_https(&mut self, key: &str) {
        let url: Option<Url> = self.values.optional(key);
        if url.is_some_and(|url| !url.is_https()) {
            self.add(
                key,
                format!("{key} does not begin with https"),
                "people and Safaricom reach us over TLS only",
            );
        }
    }

    fn safaricom_takes_the_address(&mut self) {
        let key = "paybill.callback_base_url";
        let url: Option<Url> = self.values.optional(key);
        let Some(url) = url else { return };
        let lower = url.as_str().to_lowercase();
        if let Some(word) = WORDS_REFUSED.iter().find(|word| lower.contains(**word)) {
            let what = format!("{key} contains {word}, which Safaricom refuses");
            self.add(key, what, "use a host and a path without such words");
        }
    }

    fn token_fits_in_a_path(&mut self, key: &str) {
        let token: Option<Secret> = self.values.optional(key);
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if token.is_some_and(|token| !token.expose().bytes().all(fits)) {
            let what = format!("{key} has characters other than letters, digits, - and _");
            self.add(key, what, "draw a new one, such as with `openssl rand -hex 32`");
        }
    }

    /// A provider has a name and a key or neither, and reports under a token that opens nothing else: who carries messages
    /// must not be able to say that money has moved.
    fn providers_of_messages_are_whole(&mut self) {
        let mut is_one_named = false;
        for name in PROVIDER_NAMES {
            let (username, api_key) = (format!("sms_{name}.username"), format!("sms_{name}.api_key"));
            match (self.values.is_set(&username), self.values.is_set(&api_key)) {
                (true, false) => self.required(&api_key),
                (false, true) => self.required(&username),
                (is_named, _) => is_one_named |= is_named,
            }
        }
        if is_one_named {
            self.required("messages.callback_token");
        }
        let token = |key| self.values.optional::<Secret>(key);
        if let (Some(ours), Some(of_payments)) =
            (token("messages.callback_token"), token("paybill.callback_token"))
            && ours.matches(of_payments.expose().as_bytes())
        {
            let what = "messages.callback_token is that of payments";
            self.add("messages.callback_token", what, "draw a new one, such as with `openssl rand -hex 32`");
        }
    }

    fn data_is_kept(&mut self) {
        if self.values.optional("data.ephemeral").unwrap_or(false) {
            let what = "data.ephemeral would forget payments";
            self.add("data.ephemeral", what, "remove it; only demo forgets");
        }
        if !self.values.is_set("data.directory") {
            // The default is also demo's: real payments never land in a folder somebody played in.
            let what = "data.directory is not set";
            self.add("data.directory", what, "name the folder in which payments are kept");
        }
        self.required("data.keys_directory");
        let directory: Option<PathBuf> = self.values.optional("data.directory");
        let keys: Option<PathBuf> = self.values.optional("data.keys_directory");
        if let (Some(directory), Some(keys)) = (directory, keys)
            && keys.starts_with(&directory)
        {
            let what =
                "data.keys_directory lies within data.directory, so its backups would keep erased keys";
            self.add("data.keys_directory", what, "name a folder elsewhere");
        }
    }

    fn required(&mut self, key: &str) {
        // A value that was given and could not be read has its problem already.
        if self.values.is_missing(key) {
            let about = keys::find(key).map_or("", |key| key.about);
            self.problems.add(format!("{key} is not set"), "no flag, variable or file sets it", about);
        }
    }

    fn unset(&mut self, key: &str, why_not: &str, remedy: &str) {
        if self.values.is_set(key) {
            self.add(key, format!("{key} {why_not}"), remedy);
        }
    }

    /// A problem with the value of a key, at its origin.
    fn add(&mut self, key: &str, what: impl Into<String>, remedy: impl Into<String>) {
        let origin = self.values.origin(key).cloned().unwrap_or(Origin::Default);
        self.problems.add(what, origin, remedy);
    }
}
