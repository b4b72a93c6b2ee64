//! Keys of the API: 256 random bits with a prefix that says what they are, so that a leaked one is recognised. The
//! books keep the SHA-256 of the secret; a slow hash would guard nothing here, because nobody can guess 256 bits.

use std::fmt;
use std::sync::Arc;

use ledger::{Hash, LedgerTime};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::role::Role;
use crate::app::Purpose;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SECRET_LEN: usize = 52;

/// Whether a key moves real money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyMode {
    /// No real money: `test_…`.
    Test,
    /// Real money: `live_…`.
    Live,
}

impl KeyMode {
    /// The keys that a gateway of this purpose honours.
    pub const fn of(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Live => Self::Live,
            Purpose::Demonstration => Self::Test,
        }
    }

    /// What keys of this mode begin with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Test => "test_",
            Self::Live => "live_",
        }
    }
}

/// A key as the books know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Names the key: in lists, logs and records.
    pub id: Arc<str>,
    /// What it is for, in the words of who asked for it.
    pub label: Arc<str>,
    /// What it may do.
    pub role: Role,
    /// The agency whose rows it sees, for roles that belong to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<Arc<str>>,
    /// The one counter at which it takes cash, for a cashier who is bound to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<Arc<str>>,
    /// Whether real money.
    pub mode: KeyMode,
    /// SHA-256 of the whole key, in hex.
    pub secret_hash: Arc<str>,
    /// When it ends, if it was given an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<LedgerTime>,
}

/// A key as its holder has it. Shown once; printed nowhere by accident.
#[derive(Clone)]
pub struct KeySecret(Zeroizing<String>);

/// The text does not have the form of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is test_ or live_ and 52 small letters and digits")]
pub struct NotAKey;

impl KeySecret {
    /// The key of this mode that 32 random bytes stand for.
    pub fn from_random(mode: KeyMode, random: &[u8; 32]) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(mode.prefix().len() + SECRET_LEN));
        text.push_str(mode.prefix());
        let (mut bits, mut bit_count) = (0_u32, 0_u32);
        for byte in random {
            bits = bits << 8 | u32::from(*byte);
            bit_count += 8;
            while bit_count >= 5 {
                bit_count -= 5;
                text.push(char::from(ALPHABET[(bits >> bit_count & 31) as usize]));
            }
            bits &= (1 << bit_count) - 1;
        }
        text.push(char::from(ALPHABET[(bits << (5 - bit_count) & 31) as usize]));
        Self(text)
    }

    /// Reads a key.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let secret = text.strip_prefix("test_").or_else(|| text.strip_prefix("live_")).ok_or(NotAKey)?;
        let is_form = secret.len() == SECRET_LEN && secret.bytes().all(|byte| ALPHABET.contains(&byte));
        if is_form { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err(NotAKey) }
    }

    /// The key itself, to be shown to its holder.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the books keep.
    pub fn hash(&self) -> Hash {
        Hash::of(self.0.as_bytes())
    }

    /// The name that a key gets: its beginning of the hash, which says nothing about the key.
    pub fn id(&self) -> String {
        let hash = self.hash().to_string();
        format!("key_{}", &hash[..12])
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_recognised_by_its_form_and_is_not_printed() {
        let secret = KeySecret::from_random(KeyMode::Test, &[0xa7; 32]);
        assert_eq!(secret.reveal().len(), 5 + SECRET_LEN);
        assert_eq!(KeySecret::parse(secret.reveal()).unwrap().hash(), secret.hash());
        assert!(!format!("{secret:?}").contains(&secret.reveal()[5..]));
        assert_ne!(KeySecret::from_random(KeyMode::Test, &[0xa6; 32]).hash(), secret.hash());
        for text in ["", "test_", "prod_0", &secret.reveal()[..56], &secret.reveal().to_uppercase()] {
            assert!(KeySecret::parse(text).is_err(), "{text}");
        }
    }
}
