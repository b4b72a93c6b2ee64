//! The books of a payment gateway: double-entry, append-only, durable before acknowledged, provable to a stranger.
//!
//! Read in this order. [`money`](Money), [`account`](AccountCode) and [`entry`](Entry) are what is booked; a
//! [`Record`] is how it is written. A [`machine`](StateMachine) says what records are about: the ledger runs it and
//! does not understand it. The [`book`](Balance) is the state that records imply, with its [`table`]s on disk. The
//! [`sequencer`](Lane) decides, appends to the [`journal`], and only then answers. [`snapshot`](SnapshotError)s
//! shorten the start. The [`tree`] proves, a [`Checkpoint`] signs its root, [`personal`] data stays hidden beneath it.
//! [`Ledger`] is the handle on all of it; [`export`] writes it out for strangers and [`verify`] checks it without
//! believing anybody. `FORMAT.md` has every byte.
//!
//! Deliberately absent: the ledger knows no HTTP, no agency, no service, no channel and no bill. It reads no clock:
//! time comes in from outside.

mod money;
mod sum;

mod account;
mod entry;

mod hash;
mod record;

mod machine;

mod book;
pub mod table;

pub mod journal;
mod sequencer;

mod snapshot;

pub mod tree;

mod checkpoint;
mod note;
mod signature;

pub mod personal;

mod ledger;
pub mod storage;

pub mod export;
pub mod verify;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use account::{ACCOUNT_CODE_LEN_MAX, AccountCode, AccountKind, NotAnAccountCode};
pub use book::{ApplyError, Balance, Book, Claimed, Overlay};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use entry::{Entry, EntryError, POSTING_COUNT_MAX, Phase, Posting, Side, TEXT_LEN_MAX};
pub use hash::Hash;
pub use ledger::{BookReport, Head, Ledger, OpenError, Options, replay_all};
pub use machine::{Decision, Staging, StateMachine, View};
pub use money::{Currency, Money, MoneyError};
pub use note::{NoteError, open_note, sign_note};
pub use record::{
    Claim, ClaimDetail, CodecError, Commitment, Draft, EncodedRecord, Evidence, Fingerprint, LEAF_LEN_MAX,
    LedgerTime, RECORD_VERSION, RawRecord, Record, SEALED_LEN_MAX, Sealed, ShortKey,
};
pub use sequencer::{Lane, Outcome, SubmitError, Submitter};
pub use signature::{KeyError, SigningKey, VerifyingKey};
pub use snapshot::SnapshotError;
pub use sum::Sum;
