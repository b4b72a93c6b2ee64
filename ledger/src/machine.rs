//! The state machine that the ledger runs: what the records are about is its business alone.

use std::fmt::Debug;

use crate::account::AccountCode;
use crate::book::{Balance, Book, Claimed, Overlay};
use crate::money::Currency;
use crate::record::{Draft, LedgerTime, Record, ShortKey};
use crate::table::{RunError, Value};

/// A pure state machine over records. Deciding reads the state and what earlier commands of the same batch would make
/// of it; it changes nothing. Records are staged in an overlay, which is merged once they are durable and thrown
/// away if they are not. Replay stages and merges the same way and never decides.
pub trait StateMachine: Sized + Send + 'static {
    /// What is asked for. Kept until it is answered, so that it can be decided again when another writer was faster.
    type Command: Send;
    /// What the asker is told once everything it rests on is durable.
    type Answer: Send;
    /// What happened, as a value.
    type Event: Clone + Debug + Send;
    /// What the archive holds: what is finished, needs no memory, and may still be asked for. It becomes bytes when a
    /// snapshot is built, not while somebody waits.
    type Archived: Value;
    /// Changes that the records of a batch would make.
    type Pending: Default + Send;
    /// Where others read what the records have made of the state.
    type Readers: Send + Sync + 'static;

    /// Raised whenever the meaning of [`StateMachine::encode`] changes; a snapshot of another version is not used.
    const VERSION: u32;

    /// Decides on a command: what to write, and what to answer once that is durable.
    fn decide(view: &View<'_, Self>, command: &Self::Command) -> Result<Decision<Self>, RunError>;

    /// Notes in `staging` what the record changes.
    fn stage(staging: &mut Staging<'_, Self>, record: &Record<Self::Event>) -> Result<(), RunError>;

    /// Makes the pending changes part of the state.
    fn merge(&mut self, pending: Self::Pending);

    /// Shows readers what has changed. Called after the changes are durable and the archive has what they put there,
    /// before they are merged, so that what leaves the published state is found in the archive already.
    fn publish(pending: &Self::Pending, head_sequence: u64, readers: &Self::Readers);

    /// Shows readers everything, once, before the first command.
    fn publish_all(&self, head_sequence: u64, readers: &Self::Readers);

    /// Writes an event as bytes.
    fn encode_event(event: &Self::Event, bytes: &mut Vec<u8>);

    /// Reads an event; says in words why it cannot.
    fn decode_event(bytes: &[u8]) -> Result<Self::Event, String>;

    /// Writes the whole state as bytes: what is not in the archive.
    fn encode(&self) -> Vec<u8>;

    /// Reads a state; says in words why it cannot.
    fn decode(bytes: &[u8]) -> Result<Self, String>;

    /// The state before the first record.
    fn initial() -> Self;
}

/// The outcome of deciding.
pub struct Decision<S: StateMachine> {
    /// What to write, in order; nothing for a repeat or a refusal.
    pub drafts: Vec<Draft<S::Event>>,
    /// What to tell the asker once the drafts, and everything that the decision rests on, are durable.
    pub answer: S::Answer,
}

impl<S: StateMachine> Decision<S> {
    /// Writes nothing.
    pub fn answer(answer: S::Answer) -> Self {
        Self { drafts: Vec::new(), answer }
    }

    /// Writes one record.
    pub fn record(draft: Draft<S::Event>, answer: S::Answer) -> Self {
        Self { drafts: vec![draft], answer }
    }
}

/// Everything that a decision may look at.
pub struct View<'a, S: StateMachine> {
    book: &'a Book<S>,
    overlay: &'a Overlay<S>,
    now: LedgerTime,
}

impl<'a, S: StateMachine> View<'a, S> {
    pub(crate) fn new(book: &'a Book<S>, overlay: &'a Overlay<S>, now: LedgerTime) -> Self {
        Self { book, overlay, now }
    }

    /// The time that records of this decision will have.
    pub fn now(&self) -> LedgerTime {
        self.now
    }

    /// The sequence that the next record will have.
    pub fn next_sequence(&self) -> u64 {
        self.overlay.next_sequence
    }

    /// The state that is durable.
    pub fn state(&self) -> &'a S {
        &self.book.state
    }

    /// What earlier commands of the batch would change in it.
    pub fn pending(&self) -> &'a S::Pending {
        &self.overlay.pending
    }

    /// Who holds this key, if anybody does. May read a block from the disk.
    pub fn claimed(&self, key: &ShortKey) -> Result<Option<Claimed>, RunError> {
        match self.overlay.claims.get(key) {
            Some(claimed) => Ok(Some(*claimed)),
            None => self.book.claims.get(key),
        }
    }

    /// What the archive has under this key. May read a block from the disk.
    pub fn archived(&self, key: &ShortKey) -> Result<Option<S::Archived>, RunError> {
        archived(self.book, self.overlay, key)
    }

    /// The balance of an account.
    pub fn balance(&self, account: &AccountCode, currency: Currency) -> Balance {
        self.overlay.balance(self.book, account, currency)
    }
}

/// What staging a record may look at and change.
pub struct Staging<'a, S: StateMachine> {
    book: &'a Book<S>,
    overlay: &'a mut Overlay<S>,
}

impl<'a, S: StateMachine> Staging<'a, S> {
    pub(crate) fn new(book: &'a Book<S>, overlay: &'a mut Overlay<S>) -> Self {
        Self { book, overlay }
    }

    /// The state that is durable.
    pub fn state(&self) -> &'a S {
        &self.book.state
    }

    /// What earlier records of the batch would change in it.
    pub fn pending(&mut self) -> &mut S::Pending {
        &mut self.overlay.pending
    }

    /// What the archive has under this key. May read a block from the disk.
    pub fn archived(&self, key: &ShortKey) -> Result<Option<S::Archived>, RunError> {
        archived(self.book, self.overlay, key)
    }

    /// Puts a value in the archive. A later value under the same key replaces this one.
    pub fn archive(&mut self, key: ShortKey, value: S::Archived) {
        self.overlay.archive.insert(key, value);
    }
}

fn archived<S: StateMachine>(
    book: &Book<S>,
    overlay: &Overlay<S>,
    key: &ShortKey,
) -> Result<Option<S::Archived>, RunError> {
    match overlay.archive.get(key) {
        Some(value) => Ok(Some(value.clone())),
        None => book.archive.get(key),
    }
}
