//! Ed25519 keys with a name, written as C2SP signed notes write them (c2sp.org/signed-note).

use std::fmt;

use aws_lc_rs::rand;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::hash::Hash;

/// The signature type byte of Ed25519 in signed notes.
const TYPE_ED25519: u8 = 1;

/// A key that signs. Its name is public and goes into every signature line.
pub struct SigningKey {
    name: String,
    pair: Ed25519KeyPair,
}

/// A key that verifies: what is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    name: String,
    public: [u8; 32],
}

/// Why a key is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name has spaces, a plus sign, or nothing in it.
    #[error("{name:?} is not a key name: it must not be empty or contain spaces or plus signs")]
    Name {
        /// The name.
        name: String,
    },
    /// The bytes or the text are no key.
    #[error("this is not a key of the expected form: {what}")]
    Form {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The operating system gave no random numbers.
    #[error("the operating system gave no random numbers")]
    NoRandomness,
}

impl SigningKey {
    /// A new key and its seed, which is the secret to keep.
    pub fn generate(name: &str) -> Result<(Self, Zeroizing<[u8; 32]>), KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        rand::fill(&mut *seed).map_err(|_| KeyError::NoRandomness)?;
        Ok((Self::from_seed(name, &seed)?, seed))
    }

    /// The key of this seed.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        check_name(name)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|_| KeyError::Form { what: "the seed is refused" })?;
        Ok(Self { name: name.to_owned(), pair })
    }

    /// The key that verifies what this one signs.
    pub fn verifying_key(&self) -> VerifyingKey {
        let public = self.pair.public_key().as_ref();
        VerifyingKey {
            name: self.name.clone(),
            public: public.try_into().expect("Ed25519 keys have 32 bytes"),
        }
    }

    /// The 64 bytes of a signature. The same message always gets the same.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.pair.sign(message).as_ref().try_into().expect("Ed25519 signatures have 64 bytes")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("name", &self.name).finish_non_exhaustive()
    }
}

impl VerifyingKey {
    /// A key of this name with these bytes.
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, KeyError> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), public })
    }

    /// Reads `NAME+HASH+KEY` as signed notes write a verifier key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let form = |what| KeyError::Form { what };
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(form("it is not NAME+HASH+KEY"));
        };
        let bytes = STANDARD.decode(key).map_err(|_| form("its last part is not base64"))?;
        let [TYPE_ED25519, public @ ..] = &bytes[..] else { return Err(form("it is not an Ed25519 key")) };
        let public = public.try_into().map_err(|_| form("it does not have 32 bytes"))?;
        let key = Self::new(name, public)?;
        if hex::encode(key.id()) == id {
            Ok(key)
        } else {
            Err(form("its hash does not fit its name and bytes"))
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 bytes.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// The four bytes that tell keys apart: the beginning of `SHA-256(name || 0x0A || 0x01 || key)`.
    pub fn id(&self) -> [u8; 4] {
        let Hash(hash) = Hash::of_parts(&[self.name.as_bytes(), b"\n", &[TYPE_ED25519], &self.public]);
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// True if `signature` is this key's over `message`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public).verify(message, signature).is_ok()
    }
}

/// `NAME+HASH+KEY`.
impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode([&[TYPE_ED25519], &self.public[..]].concat());
        write!(f, "{}+{}+{key}", self.name, hex::encode(self.id()))
    }
}

fn check_name(name: &str) -> Result<(), KeyError> {
    if name.is_empty() || name.contains(|letter: char| letter.is_whitespace() || letter == '+') {
        return Err(KeyError::Name { name: name.to_owned() });
    }
    Ok(())
}
