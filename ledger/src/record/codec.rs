//! A record as bytes. The leaf is what the tree covers and what exports carry; the sealed part stays home.
//! `FORMAT.md` has the same layout in words. Integers are little-endian.

use std::sync::Arc;

use super::{Claim, Commitment, Draft, Evidence, Fingerprint, LedgerTime, RawRecord, Record, Sealed};
use crate::account::AccountCode;
use crate::entry::{Entry, EntryError, Phase, Posting, Side};
use crate::hash::Hash;
use crate::money::{Currency, Money};

/// The first byte of every leaf.
pub const RECORD_VERSION: u8 = 1;
/// The largest leaf in bytes; the entry bundles of the static export have room for no more.
pub const LEAF_LEN_MAX: usize = 65_535;
/// The largest sealed part in bytes.
pub const SEALED_LEN_MAX: usize = 65_535;

const FLAG_FINGERPRINT: u8 = 1;
const FLAG_SEALED: u8 = 2;

/// The two halves of a record as bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncodedRecord {
    /// What the tree covers.
    pub leaf: Vec<u8>,
    /// Ciphertext; empty where there is no personal data.
    pub sealed: Vec<u8>,
}

/// Why a record cannot be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end before the record does.
    #[error("the record ends early, at byte {offset} in {field}")]
    Truncated {
        /// Where in the leaf.
        offset: usize,
        /// What was being read.
        field: &'static str,
    },
    /// A byte has no meaning.
    #[error("{field} at byte {offset} has no meaning in format version {RECORD_VERSION}")]
    Meaningless {
        /// Where in the leaf.
        offset: usize,
        /// What was being read.
        field: &'static str,
    },
    /// Something does not fit its length field.
    #[error("{field} has {len} bytes or items, which is more than the format has room for")]
    TooLong {
        /// What is too long.
        field: &'static str,
        /// Its length.
        len: usize,
    },
    /// The postings do not balance.
    #[error("an entry of the record is none: {0}")]
    Entry(#[from] EntryError),
}

/// Writes `record`, whose event is already bytes, at the end of `leaf`; nothing is written on refusal.
pub(crate) fn encode_leaf<E>(record: &Record<E>, event: &[u8], leaf: &mut Vec<u8>) -> Result<(), CodecError> {
    let start = leaf.len();
    let outcome = Encoder { out: leaf }.record(record, event);
    let len = leaf.len() - start;
    let outcome = match outcome {
        Ok(()) if len > LEAF_LEN_MAX => Err(CodecError::TooLong { field: "record", len }),
        outcome => outcome,
    };
    if outcome.is_err() {
        leaf.truncate(start);
    }
    outcome
}

struct Encoder<'a> {
    out: &'a mut Vec<u8>,
}

impl Encoder<'_> {
    fn record<E>(&mut self, record: &Record<E>, event: &[u8]) -> Result<(), CodecError> {
        let draft = &record.draft;
        let mut flags = 0;
        if draft.fingerprint.is_some() {
            flags |= FLAG_FINGERPRINT;
        }
        if draft.sealed.is_some() {
            flags |= FLAG_SEALED;
        }
        self.out.extend_from_slice(&[RECORD_VERSION, flags, draft.evidence.byte(), 0]);
        self.out.extend_from_slice(&record.sequence.to_le_bytes());
        self.out.extend_from_slice(&record.writer.to_le_bytes());
        self.out.extend_from_slice(&record.time.micros().to_le_bytes());
        self.text("principal", &draft.principal)?;
        self.text("cause", &draft.cause)?;
        if let Some(Fingerprint(fingerprint)) = &draft.fingerprint {
            self.out.extend_from_slice(fingerprint);
        }
        self.count("claims", draft.claims.len())?;
        for claim in &draft.claims {
            self.text("claimed key", &claim.key)?;
            self.out.extend_from_slice(&claim.detail);
        }
        self.count("entries", draft.entries.len())?;
        for entry in &draft.entries {
            self.entry(entry)?;
        }
        if let Some(sealed) = &draft.sealed {
            if sealed.ciphertext.len() > SEALED_LEN_MAX {
                return Err(CodecError::TooLong { field: "ciphertext", len: sealed.ciphertext.len() });
            }
            self.out.extend_from_slice(&sealed.slot.to_le_bytes());
            self.count("commitments", sealed.commitments.len())?;
            for commitment in &sealed.commitments {
                self.out.push(commitment.field);
                self.out.extend_from_slice(&commitment.hash.0);
            }
        }
        let len = u32::try_from(event.len())
            .map_err(|_| CodecError::TooLong { field: "event", len: event.len() })?;
        self.out.extend_from_slice(&len.to_le_bytes());
        self.out.extend_from_slice(event);
        Ok(())
    }

    fn entry(&mut self, entry: &Entry) -> Result<(), CodecError> {
        let (phase, pending) = match entry.phase() {
            Phase::Final => (0_u8, None),
            Phase::Pending => (1, None),
            Phase::Settles { pending } => (2, Some(pending)),
            Phase::Releases { pending } => (3, Some(pending)),
        };
        self.out.push(phase);
        if let Some(pending) = pending {
            self.out.extend_from_slice(&pending.to_le_bytes());
        }
        match entry.corrects() {
            Some(sequence) => {
                self.out.push(1);
                self.out.extend_from_slice(&sequence.to_le_bytes());
            }
            None => self.out.push(0),
        }
        self.text("reason", entry.reason())?;
        self.count("postings", entry.postings().len())?;
        for posting in entry.postings() {
            self.out.push(match posting.side {
                Side::Debit => 0,
                Side::Credit => 1,
            });
            self.out.extend_from_slice(&posting.money.currency().number().to_le_bytes());
            self.out.extend_from_slice(&posting.money.minor().to_le_bytes());
            self.text("account", posting.account.as_str())?;
            self.text("memo", &posting.memo)?;
        }
        Ok(())
    }

    fn count(&mut self, field: &'static str, len: usize) -> Result<(), CodecError> {
        self.out.push(u8::try_from(len).map_err(|_| CodecError::TooLong { field, len })?);
        Ok(())
    }

    fn text(&mut self, field: &'static str, text: &str) -> Result<(), CodecError> {
        self.count(field, text.len())?;
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl EncodedRecord {
    /// Writes a record whose event is already bytes.
    pub fn of<E>(record: &Record<E>, event: &[u8]) -> Result<Self, CodecError> {
        let mut leaf = Vec::new();
        encode_leaf(record, event, &mut leaf)?;
        let sealed = record.draft.sealed.as_ref().map(|sealed| sealed.ciphertext.clone()).unwrap_or_default();
        Ok(Self { leaf, sealed })
    }

    /// Reads a record back, to the last byte.
    pub fn decode(leaf: &[u8], ciphertext: &[u8]) -> Result<RawRecord, CodecError> {
        Decoder { bytes: leaf, offset: 0 }.record(ciphertext)
    }
}

struct Decoder<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Decoder<'a> {
    fn record(mut self, ciphertext: &[u8]) -> Result<RawRecord, CodecError> {
        let version = self.byte("version")?;
        if version != RECORD_VERSION {
            return Err(CodecError::Meaningless { offset: 0, field: "version" });
        }
        let flags = self.byte("flags")?;
        if flags & !(FLAG_FINGERPRINT | FLAG_SEALED) != 0 {
            return Err(self.meaningless("flags"));
        }
        let evidence = self.byte("evidence")?;
        let evidence = Evidence::from_byte(evidence).ok_or_else(|| self.meaningless("evidence"))?;
        if self.byte("reserved")? != 0 {
            return Err(self.meaningless("reserved"));
        }
        let sequence = u64::from_le_bytes(self.array("sequence")?);
        let writer = u64::from_le_bytes(self.array("writer")?);
        let time = LedgerTime::from_micros(i64::from_le_bytes(self.array("time")?));
        let principal = self.text("principal")?;
        let cause = self.text("cause")?;
        let fingerprint = match flags & FLAG_FINGERPRINT {
            0 => None,
            _ => Some(Fingerprint(self.array("fingerprint")?)),
        };
        let claims = (0..self.byte("claims")?)
            .map(|_| Ok(Claim { key: self.text("claimed key")?, detail: self.array("claim detail")? }))
            .collect::<Result<_, CodecError>>()?;
        let entries = (0..self.byte("entries")?).map(|_| self.entry()).collect::<Result<_, CodecError>>()?;
        let sealed = match flags & FLAG_SEALED {
            0 => None,
            _ => Some(self.sealed(ciphertext)?),
        };
        let len = u32::from_le_bytes(self.array("event length")?);
        let event = self.take(len as usize, "event")?.to_vec();
        if self.offset != self.bytes.len() {
            return Err(self.meaningless("what follows the event"));
        }
        let draft = Draft { principal, cause, fingerprint, evidence, claims, entries, sealed, event };
        Ok(Record { sequence, writer, time, draft })
    }

    fn sealed(&mut self, ciphertext: &[u8]) -> Result<Sealed, CodecError> {
        let slot = u64::from_le_bytes(self.array("vault slot")?);
        let commitments = (0..self.byte("commitments")?)
            .map(|_| Ok(Commitment { field: self.byte("field")?, hash: Hash(self.array("commitment")?) }))
            .collect::<Result<_, CodecError>>()?;
        Ok(Sealed { slot, commitments, ciphertext: ciphertext.to_vec() })
    }

    fn entry(&mut self) -> Result<Entry, CodecError> {
        let phase = match self.byte("phase")? {
            0 => Phase::Final,
            1 => Phase::Pending,
            2 => Phase::Settles { pending: u64::from_le_bytes(self.array("pending")?) },
            3 => Phase::Releases { pending: u64::from_le_bytes(self.array("pending")?) },
            _ => return Err(self.meaningless("phase")),
        };
        let corrects = match self.byte("corrects")? {
            0 => None,
            1 => Some(u64::from_le_bytes(self.array("corrects")?)),
            _ => return Err(self.meaningless("corrects")),
        };
        let reason = self.text("reason")?;
        let postings =
            (0..self.byte("postings")?).map(|_| self.posting()).collect::<Result<_, CodecError>>()?;
        let entry = Entry::with_phase(reason, phase, postings)?;
        Ok(match corrects {
            Some(sequence) => entry.correcting(sequence),
            None => entry,
        })
    }

    fn posting(&mut self) -> Result<Posting, CodecError> {
        let side = match self.byte("side")? {
            0 => Side::Debit,
            1 => Side::Credit,
            _ => return Err(self.meaningless("side")),
        };
        let number = u16::from_le_bytes(self.array("currency")?);
        let currency = Currency::from_number(number).ok_or_else(|| self.meaningless("currency"))?;
        let money = Money::new(i64::from_le_bytes(self.array("amount")?), currency);
        let account = self.text("account")?;
        let account = AccountCode::parse(&account).map_err(|_| self.meaningless("account"))?;
        let memo = self.text("memo")?;
        Ok(Posting { account, side, money, memo })
    }

    fn text(&mut self, field: &'static str) -> Result<Arc<str>, CodecError> {
        let len = self.byte(field)?;
        let bytes = self.take(usize::from(len), field)?;
        std::str::from_utf8(bytes).map(Arc::from).map_err(|_| self.meaningless(field))
    }

    fn byte(&mut self, field: &'static str) -> Result<u8, CodecError> {
        self.array(field).map(|[byte]: [u8; 1]| byte)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], CodecError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, field)?);
        Ok(array)
    }

    fn take(&mut self, len: usize, field: &'static str) -> Result<&'a [u8], CodecError> {
        let rest = &self.bytes[self.offset..];
        let taken = rest.get(..len).ok_or(CodecError::Truncated { offset: self.offset, field })?;
        self.offset += len;
        Ok(taken)
    }

    fn meaningless(&self, field: &'static str) -> CodecError {
        CodecError::Meaningless { offset: self.offset, field }
    }
}
