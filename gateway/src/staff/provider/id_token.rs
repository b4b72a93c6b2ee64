//! The token in which the provider says who somebody is. Signature and times are checked by `jsonwebtoken`; which key,
//! which algorithms and whose token it is are decided here, by OpenID Connect Core 1.0, 3.1.3.7.

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Header, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a token may be signed with. Public keys alone: with a shared secret whoever can check a token can make one, and a
/// public key taken for a secret would let anybody.
const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::RS256,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];
/// How far the clock of the provider may be from ours, in seconds.
const CLOCKS_APART_SECONDS: u64 = 30;
/// Keys of one provider that are looked at.
const KEYS_MAX: usize = 64;

/// Why a token is not believed.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotBelieved {
    /// No key of the provider fits: it may have a new one.
    #[error("no key of the provider fits")]
    NoSuchKey,
    /// It is signed with something else.
    #[error("its algorithm is not taken")]
    Algorithm,
    /// It names something in its header that has to be understood: we understand no such thing (RFC 7515, 4.1.11).
    #[error("it asks for an extension")]
    Extension,
    /// The library has found something.
    #[error("{0}")]
    Invalid(#[from] jsonwebtoken::errors::Error),
    /// It is for somebody else.
    #[error("it is for somebody else too")]
    Audience,
    /// It is of another issuer.
    #[error("its issuer is not one")]
    Issuer,
    /// It is the answer to another question.
    #[error("it is the answer to another sign-in")]
    Nonce,
}

/// The keys of the provider.
#[derive(Deserialize)]
pub(super) struct KeySet {
    keys: Vec<Value>,
}

/// Whose a token has to be.
pub(super) struct Expected<'e> {
    pub(super) issuer: &'e str,
    pub(super) client_id: &'e str,
    pub(super) nonce: &'e str,
}

/// What a believed token says.
pub(super) struct Claims(Map<String, Value>);

impl Claims {
    /// A claim that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// Whether a claim is there. Some providers write `null` for one that is not.
    pub(super) fn says(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// A claim that is a list of texts, or one.
    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// A claim that is true. Some providers say it as a text.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value == &Value::Bool(true) || value == "true")
    }
}

/// Reads a token that is signed with one of these keys and is meant for us, now, in answer to this nonce.
pub(super) fn read(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Claims, NotBelieved> {
    // An algorithm that is none, such as `none`, cannot be read.
    let header = decode_header(token)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(NotBelieved::Algorithm);
    }
    if header.crit.is_some() {
        return Err(NotBelieved::Extension);
    }
    let key = DecodingKey::from_jwk(&keys.key_of(&header).ok_or(NotBelieved::NoSuchKey)?)?;
    let mut validation = Validation::new(header.alg);
    validation.leeway = CLOCKS_APART_SECONDS;
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    let claims = Claims(decode::<Map<String, Value>>(token, &key, &validation)?.claims);
    if claims.text("iss") != Some(expected.issuer) {
        return Err(NotBelieved::Issuer);
    }
    // One that is for others as well has to say that it was made for us.
    let is_made_for_us = match claims.0.get("azp") {
        Some(made_for) => made_for == expected.client_id,
        None => claims.texts("aud").len() == 1,
    };
    if !is_made_for_us {
        return Err(NotBelieved::Audience);
    }
    if claims.text("nonce") != Some(expected.nonce) {
        return Err(NotBelieved::Nonce);
    }
    Ok(claims)
}

impl KeySet {
    /// The key that a token with this header is signed with. A token that does not name its key is believed where only one
    /// comes into question.
    fn key_of(&self, header: &Header) -> Option<Jwk> {
        let keys = self.keys.iter().take(KEYS_MAX);
        let mut fitting = keys
            .filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok())
            .filter(|key| fits(key, header.alg))
            .filter(|key| header.kid.is_none() || key.common.key_id == header.kid);
        let first = fitting.next()?;
        (header.kid.is_some() || fitting.next().is_none()).then_some(first)
    }
}

/// Whether a key is one that checks signatures of this algorithm.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let is_of_its_kind = matches!(
        (&key.algorithm, algorithm.family()),
        (AlgorithmParameters::RSA(_), AlgorithmFamily::Rsa)
            | (AlgorithmParameters::EllipticCurve(_), AlgorithmFamily::Ec)
            | (AlgorithmParameters::OctetKeyPair(_), AlgorithmFamily::Ed)
    );
    let is_for_it = key.common.key_algorithm.is_none_or(|own| own == KeyAlgorithm::from(algorithm));
    let signs = key.common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
    is_of_its_kind && is_for_it && signs
}
