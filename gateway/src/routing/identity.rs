//! Who is calling, said to a back end in a way that it can check: the header `Malipo-Identity`.
//!
//! The value is `payload.signature`, both in base64url without padding. The payload is the JSON of `Claims`; the
//! signature is Ed25519 over the characters of the payload's base64url, by a key of its own that `GET /v1/keys` lists
//! under `identity_keys`. Whoever receives it checks the signature, that `aud` is its own agency, that `iat` is not older
//! than a minute, and that `method` and `target_sha256` are those of the request in hand: a token that was copied says
//! nothing about another request.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::header::HeaderValue;
use hyper::{Method, Uri};
use ledger::{Hash, SigningKey, VerifyingKey};
use serde::Serialize;

use crate::http::request_id::RequestId;

/// Signs who is calling.
#[derive(Debug)]
pub struct IdentitySigner {
    key: SigningKey,
    key_name: String,
    issuer: String,
}

/// What is said about a caller.
#[derive(Serialize)]
struct Claims<'a> {
    /// Who says so: the address of this gateway.
    iss: &'a str,
    /// Whom it is said to: the code of the agency.
    aud: &'a str,
    /// The name of the key that signed.
    kid: &'a str,
    /// When, in seconds since 1970.
    iat: i64,
    /// The slug of the service.
    service: &'a str,
    /// The name of the request; absent when we ask for ourselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    /// The address of the caller; absent when we ask for ourselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    /// The name of the key that the caller showed us, if it showed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
    /// The method of the request.
    method: &'a str,
    /// SHA-256 in hex of the path and query that the back end receives.
    target_sha256: String,
}

/// Who calls, for what.
pub(super) struct Identity<'a> {
    pub(super) agency: &'a str,
    pub(super) service: &'a str,
    pub(super) request_id: Option<RequestId>,
    pub(super) client: Option<IpAddr>,
    pub(super) principal: Option<&'a str>,
}

impl IdentitySigner {
    /// A signer with this key, for the gateway at this address.
    pub fn new(key: SigningKey, issuer: &str) -> Self {
        let key_name = key.verifying_key().name().to_owned();
        Self { key, key_name, issuer: issuer.to_owned() }
    }

    /// The key that verifies what this one signs.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// The header for a request to this target.
    pub(super) fn sign(
        &self,
        identity: &Identity<'_>,
        method: &Method,
        target: &Uri,
        now_micros: i64,
    ) -> HeaderValue {
        let path_and_query = target.path_and_query().map_or("/", |whole| whole.as_str());
        let claims = Claims {
            iss: &self.issuer,
            aud: identity.agency,
            kid: &self.key_name,
            iat: now_micros.div_euclid(1_000_000),
            service: identity.service,
            request_id: identity.request_id.as_ref().map(RequestId::as_str),
            client: identity.client.map(|address| address.to_canonical().to_string()),
            principal: identity.principal,
            method: method.as_str(),
            target_sha256: Hash::of(path_and_query.as_bytes()).to_string(),
        };
        let json = serde_json::to_vec(&claims).expect("texts and numbers can be written as JSON");
        let mut token = URL_SAFE_NO_PAD.encode(json);
        let signature = self.key.sign(token.as_bytes());
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature));
        HeaderValue::from_str(&token).expect("base64url is visible ASCII")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_who_calls_for_what_and_whoever_has_the_key_can_check_it() {
        let (key, _) = SigningKey::generate("pay.example.go.ke/identity").unwrap();
        let signer = IdentitySigner::new(key, "https://pay.example.go.ke");
        let identity = Identity {
            agency: "KRA",
            service: "kra-pin",
            request_id: None,
            client: Some("::ffff:203.0.113.9".parse().unwrap()),
            principal: None,
        };
        let target: Uri = "https://kra.example/malipo/a%2Fb?x=1".parse().unwrap();
        let header = signer.sign(&identity, &Method::POST, &target, 1_795_000_000_999_999);
        let (payload, signature) = header.to_str().unwrap().split_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(signer.verifying_key().verifies(payload.as_bytes(), &signature));
        assert!(!signer.verifying_key().verifies(&payload.as_bytes()[1..], &signature));
        let claims: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        let expected = serde_json::json!({
            "iss": "https://pay.example.go.ke",
            "aud": "KRA",
            "kid": "pay.example.go.ke/identity",
            "iat": 1_795_000_000,
            "service": "kra-pin",
            "client": "203.0.113.9",
            "method": "POST",
            "target_sha256": Hash::of(b"/malipo/a%2Fb?x=1").to_string(),
        });
        assert_eq!(claims, expected);
    }
}
