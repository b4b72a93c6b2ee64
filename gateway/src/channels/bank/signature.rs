//! The signature under what a bank says: RSA with SHA-256 over the bytes of the body, in base64. Whoever knows our address and
//! has no key of the bank cannot say that money moved.

use std::sync::Arc;

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;

/// Where the signature stands.
const HEADER: &str = "signature";
const FIRST_LINE: &str = "-----BEGIN PUBLIC KEY-----";
const LAST_LINE: &str = "-----END PUBLIC KEY-----";

/// The public key with which a bank's signatures are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankKey {
    der: Arc<[u8]>,
}

/// A text that is no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RSA key of 2048 bits or more in the form of BEGIN PUBLIC KEY")]
pub struct NotAKey;

impl BankKey {
    /// Reads a key as banks hand it out: PEM.
    pub fn parse(pem: &str) -> Result<Self, NotAKey> {
        let inside = pem.trim().strip_prefix(FIRST_LINE).and_then(|rest| rest.strip_suffix(LAST_LINE));
        let base64: String = inside.ok_or(NotAKey)?.split_ascii_whitespace().collect();
        let der = STANDARD.decode(base64).map_err(|_| NotAKey)?;
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der).map_err(|_| NotAKey)?;
        Ok(Self { der: der.into() })
    }

    /// True if the bank has signed these bytes.
    pub fn has_signed(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let mut given = headers.get_all(HEADER).iter();
        let (Some(signature), None) = (given.next(), given.next()) else { return false };
        let Ok(signature) = STANDARD.decode(signature.as_bytes().trim_ascii()) else { return false };
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.der)
            .is_ok_and(|key| key.verify_sig(body, &signature).is_ok())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
    use hyper::header::HeaderValue;

    use super::*;

    /// A bank that signs.
    pub(crate) struct Signer(RsaKeyPair);

    impl Signer {
        pub(crate) fn of_length(size: KeySize) -> Self {
            Self(RsaKeyPair::generate(size).unwrap())
        }

        pub(crate) fn new() -> Self {
            Self::of_length(KeySize::Rsa2048)
        }

        pub(crate) fn pem(&self) -> String {
            let der = self.0.public_key().as_der().unwrap();
            let base64 = STANDARD.encode(der.as_ref());
            let lines: Vec<_> =
                base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
            format!("{FIRST_LINE}\n{}\n{LAST_LINE}\n", lines.join("\n"))
        }

        pub(crate) fn headers(&self, body: &[u8]) -> HeaderMap {
            let mut signature = vec![0; self.0.public_modulus_len()];
            self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), body, &mut signature).unwrap();
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_str(&STANDARD.encode(signature)).unwrap());
            headers
        }
    }

    #[test]
    fn the_bank_has_signed_these_bytes_and_no_others() {
        let (bank, other) = (Signer::new(), Signer::new());
        let key = BankKey::parse(&bank.pem()).unwrap();
        let body = br#"{"transactionReference":"FT26324ABCDE"}"#;
        let headers = bank.headers(body);
        assert!(key.has_signed(&headers, body));
        for at in 0..body.len() {
            let mut changed = body.to_vec();
            changed[at] ^= 1;
            assert!(!key.has_signed(&headers, &changed), "byte {at}");
        }
        assert!(!key.has_signed(&other.headers(body), body));
        assert!(!key.has_signed(&HeaderMap::new(), body));
        let mut twice = headers.clone();
        twice.append(HEADER, other.headers(body)[HEADER].clone());
        assert!(!key.has_signed(&twice, body));
        let mut unreadable = HeaderMap::new();
        unreadable.insert(HEADER, HeaderValue::from_static("not base64 !"));
        assert!(!key.has_signed(&unreadable, body));
    }

    #[test]
    fn what_is_no_key_of_enough_bits_is_refused() {
        let pem = Signer::new().pem();
        for text in ["", "PUBLIC KEY", &pem[5..], &pem.replace('M', ""), FIRST_LINE] {
            assert_eq!(BankKey::parse(text), Err(NotAKey), "{text}");
        }
        assert!(BankKey::parse(&format!("\n{}\n", pem.replace('\n', "\r\n"))).is_ok());
    }
}
