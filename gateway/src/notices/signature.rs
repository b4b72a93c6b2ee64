//! Signatures by the Standard Webhooks specification, version 1.0.0: over `{id}.{timestamp}.{body}`, `v1,` with HMAC-SHA256
//! or `v1a,` with Ed25519, in base64, several with spaces between them while a secret is changed for another.
//!
//! Secrets are written `whsec_` and 24 to 64 bytes in base64; private keys `whsk_` and seed with public key; public keys
//! `whpk_` and 32 bytes.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::payments::SigningScheme;

/// Names the event; the same however often it is sent.
pub const ID_HEADER: &str = "webhook-id";
/// When this attempt was made, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

const SECRET_PREFIX: &str = "whsec_";
const PRIVATE_PREFIX: &str = "whsk_";
const PUBLIC_PREFIX: &str = "whpk_";
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Bytes of a secret that we make.
const NEW_SECRET_BYTES: usize = 32;
const SEED_BYTES: usize = 32;
const PUBLIC_BYTES: usize = 32;

/// What signs, or checks a signature.
pub struct SigningKey(Kind);

enum Kind {
    Secret(Zeroizing<Vec<u8>>),
    Private { pair: Ed25519KeyPair, seed: Zeroizing<[u8; SEED_BYTES]> },
    Public([u8; PUBLIC_BYTES]),
}

/// The text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASecret {
    /// Another prefix.
    #[error("a secret begins with whsec_, whsk_ or whpk_")]
    Prefix,
    /// Not base64.
    #[error("what follows the prefix is no base64")]
    Base64,
    /// Too short or too long.
    #[error("a whsec_ has 24 to 64 bytes, a whsk_ 64, a whpk_ 32")]
    Length,
    /// The two halves of a private key do not belong together.
    #[error("the public half of this whsk_ is not that of its private half")]
    Halves,
}

/// There is no randomness, or a public key was asked to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no key could be made")]
pub struct NoKey;

impl SigningKey {
    /// A new one.
    pub fn generate(scheme: SigningScheme) -> Result<Self, NoKey> {
        let mut bytes = Zeroizing::new([0; NEW_SECRET_BYTES]);
        rand::fill(&mut *bytes).map_err(|_| NoKey)?;
        match scheme {
            SigningScheme::HmacSha256 => Ok(Self(Kind::Secret(Zeroizing::new(bytes.to_vec())))),
            SigningScheme::Ed25519 => Self::of_seed(bytes).map_err(|_| NoKey),
        }
    }

    /// The secret of these bytes.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, NotASecret> {
        if SECRET_BYTES.contains(&bytes.len()) {
            Ok(Self(Kind::Secret(Zeroizing::new(bytes.to_vec()))))
        } else {
            Err(NotASecret::Length)
        }
    }

    fn of_seed(seed: Zeroizing<[u8; SEED_BYTES]>) -> Result<Self, NotASecret> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).map_err(|_| NotASecret::Length)?;
        Ok(Self(Kind::Private { pair, seed }))
    }

    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, NotASecret> {
        let decode = |text: &str| STANDARD.decode(text).map(Zeroizing::new).map_err(|_| NotASecret::Base64);
        if let Some(text) = text.strip_prefix(SECRET_PREFIX) {
            return Self::of_bytes(&decode(text)?);
        }
        if let Some(text) = text.strip_prefix(PUBLIC_PREFIX) {
            let public = decode(text)?.as_slice().try_into().map_err(|_| NotASecret::Length)?;
            return Ok(Self(Kind::Public(public)));
        }
        let bytes = decode(text.strip_prefix(PRIVATE_PREFIX).ok_or(NotASecret::Prefix)?)?;
        let (seed, public) = bytes.split_at_checked(SEED_BYTES).ok_or(NotASecret::Length)?;
        let key = Self::of_seed(Zeroizing::new(seed.try_into().map_err(|_| NotASecret::Length)?))?;
        if public.len() == PUBLIC_BYTES && key.public_bytes() != Some(public) {
            return Err(NotASecret::Halves);
        }
        if public.len() == PUBLIC_BYTES { Ok(key) } else { Err(NotASecret::Length) }
    }

    fn public_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Kind::Secret(_) => None,
            Kind::Private { pair, .. } => Some(pair.public_key().as_ref()),
            Kind::Public(public) => Some(public),
        }
    }

    /// As it is kept, sealed: with everything that signing needs.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(match &self.0 {
            Kind::Secret(bytes) => format!("{SECRET_PREFIX}{}", STANDARD.encode(bytes)),
            Kind::Private { pair, seed } => {
                let mut both = Zeroizing::new(seed.to_vec());
                both.extend_from_slice(pair.public_key().as_ref());
                format!("{PRIVATE_PREFIX}{}", STANDARD.encode(&*both))
            }
            Kind::Public(public) => format!("{PUBLIC_PREFIX}{}", STANDARD.encode(public)),
        })
    }

    /// What the receiver needs to check signatures: the secret, or the public key.
    pub fn for_receiver(&self) -> Zeroizing<String> {
        match self.public_bytes() {
            Some(public) => Zeroizing::new(format!("{PUBLIC_PREFIX}{}", STANDARD.encode(public))),
            None => self.to_text(),
        }
    }

    /// The version that signatures of this key begin with.
    pub fn version(&self) -> &'static str {
        if matches!(self.0, Kind::Secret(_)) { "v1" } else { "v1a" }
    }

    /// Signs: `v1,…` or `v1a,…`. A public key does not.
    pub fn sign(&self, id: &str, timestamp_seconds: i64, body: &[u8]) -> Result<String, NoKey> {
        let content = signed_content(id, &timestamp_seconds.to_string(), body);
        let signature = match &self.0 {
            Kind::Secret(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                STANDARD.encode(hmac::sign(&key, &content))
            }
            Kind::Private { pair, .. } => STANDARD.encode(pair.sign(&content)),
            Kind::Public(_) => return Err(NoKey),
        };
        Ok(format!("{},{signature}", self.version()))
    }

    /// Whether this one signature, `v1,…` or `v1a,…`, is of this key. Takes as long whatever is wrong with it.
    pub fn verifies(&self, id: &str, timestamp: &str, body: &[u8], signature: &str) -> bool {
        let Some((version, encoded)) = signature.split_once(',') else { return false };
        let Ok(signature) = STANDARD.decode(encoded) else { return false };
        let content = signed_content(id, timestamp, body);
        version == self.version()
            && match (&self.0, self.public_bytes()) {
                (Kind::Secret(secret), _) => {
                    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                    hmac::verify(&key, &content, &signature).is_ok()
                }
                (_, Some(public)) => {
                    UnparsedPublicKey::new(&ED25519, public).verify(&content, &signature).is_ok()
                }
                (_, None) => false,
            }
    }
}

fn signed_content(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.version())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors that the specification's own implementations are tested with.
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIMESTAMP: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BY_SECRET: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const PRIVATE: &str =
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
    const PUBLIC: &str = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
    const BY_PRIVATE: &str =
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";

    #[test]
    fn the_published_vectors_are_signed_and_verified() {
        for (text, signature, receiver) in [(SECRET, BY_SECRET, SECRET), (PRIVATE, BY_PRIVATE, PUBLIC)] {
            let key = SigningKey::parse(text).unwrap();
            assert_eq!(key.sign(ID, TIMESTAMP, BODY).unwrap(), signature);
            assert_eq!(&*key.to_text(), text);
            assert_eq!(&*key.for_receiver(), receiver);
            let receiver = SigningKey::parse(receiver).unwrap();
            assert!(receiver.verifies(ID, "1614265330", BODY, signature));
            assert!(!receiver.verifies("msg_other", "1614265330", BODY, signature));
            assert!(!receiver.verifies(ID, "1614265331", BODY, signature));
            assert!(!receiver.verifies(ID, "1614265330", b"{}", signature));
            assert!(!receiver.verifies(ID, "1614265330", BODY, &signature.replace("v1", "v2")));
        }
        assert!(SigningKey::parse(PUBLIC).unwrap().sign(ID, TIMESTAMP, BODY).is_err());
    }

    #[test]
    fn what_is_no_secret_is_refused_with_a_reason() {
        for (text, reason) in [
            ("", NotASecret::Prefix),
            ("secret", NotASecret::Prefix),
            ("whsec_%", NotASecret::Base64),
            ("whsec_c2hvcnQ=", NotASecret::Length),
            ("whpk_c2hvcnQ=", NotASecret::Length),
            ("whsk_c2hvcnQ=", NotASecret::Length),
            (&PRIVATE.replace("KIDi", "KIDj"), NotASecret::Halves),
        ] {
            assert_eq!(SigningKey::parse(text).unwrap_err(), reason, "{text}");
        }
    }

    #[test]
    fn a_new_key_signs_and_is_not_printed() {
        for scheme in [SigningScheme::HmacSha256, SigningScheme::Ed25519] {
            let key = SigningKey::generate(scheme).unwrap();
            let again = SigningKey::parse(&key.to_text()).unwrap();
            let signature = again.sign("evt", 1, b"x").unwrap();
            let receiver = SigningKey::parse(&key.for_receiver()).unwrap();
            assert!(receiver.verifies("evt", "1", b"x", &signature), "{scheme:?}");
            assert!(!format!("{key:?}").contains(&key.to_text()[6..]));
        }
    }
}
