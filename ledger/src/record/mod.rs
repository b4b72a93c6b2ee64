//! The record: the one thing that the journal holds. Everything else, balances and bills and receipts, follows
//! from records in their order.

mod codec;

use std::fmt;
use std::sync::Arc;

pub(crate) use codec::encode_leaf;
pub use codec::{CodecError, EncodedRecord, LEAF_LEN_MAX, RECORD_VERSION, SEALED_LEN_MAX};

use crate::entry::Entry;
use crate::hash::Hash;

/// Microseconds since the Unix epoch, never running backwards within a journal. The wall clock is the caller's:
/// the sequencer takes the larger of the previous record's time and what the caller's clock says.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct LedgerTime {
    micros: i64,
}

impl LedgerTime {
    /// A time in microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self { micros }
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.micros
    }

    /// This time plus a number of seconds, as late as can be told at most.
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self { micros: self.micros.saturating_add(seconds.saturating_mul(1_000_000)) }
    }
}

/// How well it is established that money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// The record is not about money that moved outside.
    None,
    /// Somebody who knew our secret path said so, from an address on the list.
    CallbackOnly,
    /// The provider said so when we asked.
    ConfirmedByQuery,
    /// The provider's statement has the line.
    ConfirmedByStatement,
}

impl Evidence {
    /// The byte that the journal writes.
    pub const fn byte(self) -> u8 {
        match self {
            Self::None => 0,
            Self::CallbackOnly => 1,
            Self::ConfirmedByQuery => 2,
            Self::ConfirmedByStatement => 3,
        }
    }

    /// The level that this byte stands for.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::None),
            1 => Some(Self::CallbackOnly),
            2 => Some(Self::ConfirmedByQuery),
            3 => Some(Self::ConfirmedByStatement),
            _ => None,
        }
    }
}

/// A key that only one record of all time may hold, such as a channel's receipt number. Its detail is what a later
/// claimant is compared with; the ledger keeps it and does not read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The key in words, such as `receipt mpesa 222222 TKL3A7Q9ZD credit`; at most 255 bytes.
    pub key: Arc<str>,
    /// Twenty-four bytes that belong to the claimant.
    pub detail: ClaimDetail,
}

/// What a claimant leaves beside its key.
pub type ClaimDetail = [u8; 24];

/// The short form of a claimed key: the first sixteen bytes of its SHA-256. Two keys that differ have short forms
/// that differ, short of somebody doing 2^64 work for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShortKey(pub [u8; 16]);

impl ShortKey {
    /// The short form of this key.
    pub fn of(key: &str) -> Self {
        let Hash(hash) = Hash::of(key.as_bytes());
        let mut short = [0; 16];
        short.copy_from_slice(&hash[..16]);
        Self(short)
    }
}

impl fmt::Debug for ShortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShortKey({})", hex::encode(self.0))
    }
}

/// Personal data inside a record: hidden, but committed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The slot of the vault that holds the wrapped key (see [`crate::personal::Vault`]).
    pub slot: u64,
    /// One salted commitment for each field, in the order of the fields; part of the tree's leaf.
    pub commitments: Vec<Commitment>,
    /// Nonce and AES-256-GCM ciphertext; not part of the leaf and never exported.
    pub ciphertext: Vec<u8>,
}

/// `SHA-256(field || salt || value)`: says nothing to whoever has no salt, and convicts whoever shows another value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// Number of the field; the caller knows its name.
    pub field: u8,
    /// The commitment.
    pub hash: Hash,
}

/// A keyed hash of a request, kept with what it caused, so that the same idempotency key with another request is told from
/// a repeat. Keyed, because requests hold personal data and records may leave the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// What a decision asks the ledger to write; the sequencer adds sequence, writer and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft<E> {
    /// Who did this: a key, an officer, a provider, the system. At most 255 bytes, no personal data.
    pub principal: Arc<str>,
    /// What led to it: the id of a request, a message or an earlier record. At most 255 bytes.
    pub cause: Arc<str>,
    /// Of the request, where it carried an idempotency key.
    pub fingerprint: Option<Fingerprint>,
    /// How well it is established.
    pub evidence: Evidence,
    /// Keys taken for ever. At most 255.
    pub claims: Vec<Claim>,
    /// Money that moves between accounts. At most 255 entries.
    pub entries: Vec<Entry>,
    /// Personal data.
    pub sealed: Option<Sealed>,
    /// What happened, in the words of the state machine; opaque to the ledger, no personal data.
    pub event: E,
}

impl<E> Draft<E> {
    /// A draft that only says what happened; the caller fills in the rest.
    pub fn of(event: E, principal: impl Into<Arc<str>>, cause: impl Into<Arc<str>>) -> Self {
        Self {
            principal: principal.into(),
            cause: cause.into(),
            fingerprint: None,
            evidence: Evidence::None,
            claims: Vec::new(),
            entries: Vec::new(),
            sealed: None,
            event,
        }
    }
}

/// A draft that has its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<E> {
    /// Position in the journal and index of the leaf in the tree, from 0, without gaps.
    pub sequence: u64,
    /// Which process wrote it.
    pub writer: u64,
    /// When, in ledger time.
    pub time: LedgerTime,
    /// What was asked for.
    pub draft: Draft<E>,
}

/// A record as it comes off the disk: its event still in bytes.
pub type RawRecord = Record<Vec<u8>>;
