//! What the provider says of itself: its discovery document, by OpenID Connect Discovery 1.0 and RFC 9207.

use std::time::Duration;

use hyper::Uri;
use serde::Deserialize;

use super::ProviderError;
use crate::config::sign_in::OidcConfig;
use crate::outbound::Outbound;
use crate::outbound::destination::Destination;

/// Below the issuer.
pub(super) const PATH: &str = "/.well-known/openid-configuration";
/// The longest that a connection to the provider may take.
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(2);
const SECRET_IN_HEADER: &str = "client_secret_basic";
const SECRET_IN_BODY: &str = "client_secret_post";

/// The document, as far as we go by it.
#[derive(Deserialize)]
pub(super) struct MetadataBody {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// A provider that can be asked.
pub(super) struct Metadata {
    /// What it calls itself in tokens, to the letter.
    pub(super) issuer: String,
    /// Where people sign in.
    pub(super) authorization_endpoint: String,
    /// Where tokens are fetched.
    pub(super) token_endpoint: Destination,
    /// Where its keys are.
    pub(super) keys: Destination,
    /// Whether its answers say whose they are.
    pub(super) names_itself: bool,
    /// Whether it wants our secret in the body rather than in a header.
    pub(super) secret_in_body: bool,
}

impl MetadataBody {
    /// Judges the document. What a document of another issuer says about keys would be another issuer's.
    pub(super) fn judged(
        self,
        terms: &OidcConfig,
        outbound: &Outbound,
        is_simulated: bool,
    ) -> Result<Metadata, ProviderError> {
        let wrong = |what: &str| ProviderError::Trouble(format!("its discovery document {what}"));
        if self.issuer.trim_end_matches('/') != terms.issuer.as_str() {
            return Err(wrong("is that of another issuer"));
        }
        // Whoever was asked over TLS does not send us, or anybody, elsewhere without.
        let is_encrypted = terms.issuer.is_https();
        for address in [&self.authorization_endpoint, &self.token_endpoint, &self.jwks_uri] {
            let uri: Uri = address.parse().map_err(|_| wrong("has an address that is none"))?;
            let scheme = uri.scheme_str();
            if scheme != Some("https") && (is_encrypted || scheme != Some("http")) {
                return Err(wrong("leads away from https"));
            }
            if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
                return Err(wrong("has an address without a host"));
            }
        }
        if self.code_challenge_methods_supported.is_some_and(|methods| !has(&methods, "S256")) {
            return Err(wrong("does not know PKCE with S256"));
        }
        // Without a word about it, the specification says that it is the header.
        let methods = self.token_endpoint_auth_methods_supported.unwrap_or_default();
        let called = |address: &str| {
            let destination = outbound.destination(address, CONNECT_WITHIN, is_simulated);
            destination.ok_or_else(|| wrong("has an address that is none"))
        };
        Ok(Metadata {
            token_endpoint: called(&self.token_endpoint)?,
            keys: called(&self.jwks_uri)?,
            issuer: self.issuer,
            authorization_endpoint: self.authorization_endpoint,
            names_itself: self.authorization_response_iss_parameter_supported,
            secret_in_body: has(&methods, SECRET_IN_BODY) && !has(&methods, SECRET_IN_HEADER),
        })
    }
}

fn has(words: &[String], word: &str) -> bool {
    words.iter().any(|known| known == word)
}
