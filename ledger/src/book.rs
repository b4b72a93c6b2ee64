//! The book: the state that the records imply. Balances, claimed keys and the tree's edge are the ledger's own; the
//! rest belongs to the state machine.

use std::collections::{BTreeMap, HashMap};

use crate::account::AccountCode;
use crate::entry::{Entry, Phase, Side};
use crate::hash::Hash;
use crate::journal::{HashedBatch, StoredBatch};
use crate::machine::{Staging, StateMachine};
use crate::money::Currency;
use crate::record::{ClaimDetail, Draft, LedgerTime, RawRecord, Record, ShortKey};
use crate::table::{KeyMap, RunError, Table, Value};
use crate::tree::Frontier;

/// Who holds a key: the record that claimed it and what it left beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Sequence of the record.
    pub sequence: u64,
    /// What the claimant left.
    pub detail: ClaimDetail,
}

impl Value for Claimed {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.sequence.to_le_bytes());
        bytes.extend_from_slice(&self.detail);
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (sequence, detail) = bytes.split_first_chunk()?;
        Some(Self { sequence: u64::from_le_bytes(*sequence), detail: detail.try_into().ok()? })
    }
}

/// The four columns of an account in one currency, in minor units. Sums of sums: wider than any single amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Balance {
    /// Final debits.
    pub debit: i128,
    /// Final credits.
    pub credit: i128,
    /// Debits promised and neither settled nor released.
    pub pending_debit: i128,
    /// Credits promised and neither settled nor released.
    pub pending_credit: i128,
}

impl Balance {
    /// Final debits less final credits.
    pub fn net_debit(&self) -> i128 {
        self.debit - self.credit
    }

    pub(crate) fn post(&mut self, phase: Phase, side: Side, minor: i128) {
        let (posted, pending) = match side {
            Side::Debit => (&mut self.debit, &mut self.pending_debit),
            Side::Credit => (&mut self.credit, &mut self.pending_credit),
        };
        match phase {
            Phase::Final => *posted += minor,
            Phase::Pending => *pending += minor,
            Phase::Settles { .. } => {
                *pending -= minor;
                *posted += minor;
            }
            Phase::Releases { .. } => *pending -= minor,
        }
    }
}

/// Balances by account and currency.
pub(crate) type Balances = HashMap<AccountCode, [Balance; Currency::ALL.len()]>;

/// What a batch in flight would change.
pub struct Overlay<S: StateMachine> {
    pub(crate) next_sequence: u64,
    pub(crate) balances: Balances,
    pub(crate) claims: KeyMap<Claimed>,
    pub(crate) archive: KeyMap<S::Archived>,
    pub(crate) pending: S::Pending,
}

/// The state after a number of records.
pub struct Book<S: StateMachine> {
    pub(crate) time: LedgerTime,
    pub(crate) chain: Hash,
    pub(crate) frontier: Frontier,
    pub(crate) balances: Balances,
    pub(crate) claims: Table<Claimed>,
    pub(crate) archive: Table<S::Archived>,
    pub(crate) state: S,
}

/// A record cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A table could not be read.
    #[error(transparent)]
    Table(#[from] RunError),
    /// The record breaks a rule of the ledger or means nothing to the state machine.
    #[error("record {sequence} cannot be applied: {what}")]
    Refused {
        /// Its sequence.
        sequence: u64,
        /// Why.
        what: String,
    },
}

impl<S: StateMachine> Book<S> {
    /// The book before the first record.
    pub(crate) fn empty() -> Self {
        Self {
            time: LedgerTime::default(),
            chain: Hash::ZERO,
            frontier: Frontier::default(),
            balances: Balances::default(),
            claims: Table::new(Vec::new(), 0),
            archive: Table::new(Vec::new(), 0),
            state: S::initial(),
        }
    }

    /// The sequence that the next record will have.
    pub fn next_sequence(&self) -> u64 {
        self.frontier.leaf_count()
    }

    /// An overlay with nothing in it.
    pub(crate) fn overlay(&self) -> Overlay<S> {
        Overlay {
            next_sequence: self.next_sequence(),
            balances: Balances::default(),
            claims: KeyMap::default(),
            archive: KeyMap::default(),
            pending: S::Pending::default(),
        }
    }

    /// Notes in `overlay` what the record changes. The rules of the ledger are checked here, for records that were just
    /// decided and for records that were read back alike.
    pub(crate) fn stage(
        &self,
        overlay: &mut Overlay<S>,
        record: &Record<S::Event>,
    ) -> Result<(), ApplyError> {
        let refuse = |what: String| Err(ApplyError::Refused { sequence: record.sequence, what });
        if record.sequence != overlay.next_sequence {
            return refuse(format!("{} is next", overlay.next_sequence));
        }
        if record.time < self.time {
            return refuse("its time is before that of the record before it".to_owned());
        }
        for claim in &record.draft.claims {
            let key = ShortKey::of(&claim.key);
            let is_held = overlay.claims.contains_key(&key) || self.claims.get(&key)?.is_some();
            if is_held {
                return refuse(format!("its key {:?} is held by an earlier record", claim.key));
            }
            overlay.claims.insert(key, Claimed { sequence: record.sequence, detail: claim.detail });
        }
        for entry in &record.draft.entries {
            overlay.post(entry);
        }
        overlay.next_sequence += 1;
        S::stage(&mut Staging::new(self, overlay), record)?;
        Ok(())
    }

    /// Makes the ledger's share of a durable batch part of the book. What is returned is the state machine's share, to be
    /// published and merged next.
    #[must_use]
    pub(crate) fn merge_ledger(
        &mut self,
        overlay: Overlay<S>,
        time: LedgerTime,
        leaf_hashes: &[Hash],
        chain: Hash,
        stored: &mut Vec<Hash>,
    ) -> S::Pending {
        for leaf in leaf_hashes {
            self.frontier.append(*leaf, |hash| stored.push(hash));
        }
        assert_eq!(self.next_sequence(), overlay.next_sequence, "every staged record has its leaf");
        self.time = time;
        self.chain = chain;
        for (account, changes) in overlay.balances {
            let balances = self.balances.entry(account).or_default();
            for (balance, change) in balances.iter_mut().zip(changes) {
                balance.debit += change.debit;
                balance.credit += change.credit;
                balance.pending_debit += change.pending_debit;
                balance.pending_credit += change.pending_credit;
            }
        }
        self.claims.put_all(overlay.claims);
        self.archive.put_all(overlay.archive);
        overlay.pending
    }

    /// Applies a batch that was read back.
    pub(crate) fn replay(
        &mut self,
        batch: &StoredBatch,
        hashed: &HashedBatch,
        stored: &mut Vec<Hash>,
    ) -> Result<(), ApplyError> {
        let mut overlay = self.overlay();
        let mut time = self.time;
        for record in batch.records() {
            let refused = |what| ApplyError::Refused { sequence: overlay.next_sequence, what };
            let record = record.map_err(|error| refused(error.to_string()))?;
            let record = decoded::<S>(record).map_err(refused)?;
            time = record.time;
            self.stage(&mut overlay, &record)?;
        }
        let pending = self.merge_ledger(overlay, time, &hashed.leaf_hashes, hashed.chain, stored);
        self.state.merge(pending);
        Ok(())
    }

    /// What stands after a new segment has begun belongs to a generation of its own.
    pub(crate) fn begin_generation(&mut self) {
        let next_sequence = self.next_sequence();
        self.claims.begin_generation(next_sequence);
        self.archive.begin_generation(next_sequence);
    }

    /// Every account with its balances, sorted by code.
    pub fn trial_balance(&self) -> BTreeMap<(String, Currency), Balance> {
        let of_account = |(account, balances): (&AccountCode, &[Balance; Currency::ALL.len()])| {
            let code = account.as_str().to_owned();
            let in_use = Currency::ALL
                .into_iter()
                .zip(*balances)
                .filter(|(_, balance)| *balance != Balance::default());
            in_use.map(|(currency, balance)| ((code.clone(), currency), balance)).collect::<Vec<_>>()
        };
        self.balances.iter().flat_map(of_account).collect()
    }
}

/// The record with its event read.
fn decoded<S: StateMachine>(record: RawRecord) -> Result<Record<S::Event>, String> {
    let event = S::decode_event(&record.draft.event)?;
    let Draft { principal, cause, fingerprint, evidence, claims, entries, sealed, event: _ } = record.draft;
    let draft = Draft { principal, cause, fingerprint, evidence, claims, entries, sealed, event };
    Ok(Record { sequence: record.sequence, writer: record.writer, time: record.time, draft })
}

impl<S: StateMachine> Overlay<S> {
    fn post(&mut self, entry: &Entry) {
        for posting in entry.postings() {
            let balances = self.balances.entry(posting.account.clone()).or_default();
            let minor = i128::from(posting.money.minor());
            balances[posting.money.currency() as usize].post(entry.phase(), posting.side, minor);
        }
    }

    pub(crate) fn balance(&self, book: &Book<S>, account: &AccountCode, currency: Currency) -> Balance {
        let of = |balances: &Balances| {
            balances.get(account).map(|balances| balances[currency as usize]).unwrap_or_default()
        };
        let (known, change) = (of(&book.balances), of(&self.balances));
        Balance {
            debit: known.debit + change.debit,
            credit: known.credit + change.credit,
            pending_debit: known.pending_debit + change.pending_debit,
            pending_credit: known.pending_credit + change.pending_credit,
        }
    }
}
