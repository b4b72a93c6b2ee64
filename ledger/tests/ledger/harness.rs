//! A ledger of deposits on a disk in memory.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};

use ledger::storage::Storage;
use ledger::storage::faulty::FaultyStorage;
use ledger::testing::{Deposit, Deposits, Told, Totals};
use ledger::{Currency, Lane, Ledger, LedgerTime, OpenError, Options, Outcome, SubmitError};

pub(crate) const SEGMENT_LEN: u64 = 2 << 20;

/// Why the writer stopped, if it did.
pub(crate) type StopReason = Arc<Mutex<Option<String>>>;

pub(crate) struct Bank {
    pub(crate) ledger: Ledger<Deposits>,
    pub(crate) stop_reason: StopReason,
}

pub(crate) fn deposit(receipt: &str, cents: i64) -> Deposit {
    Deposit { customer: 1, receipt: receipt.to_owned(), cents }
}

impl Bank {
    pub(crate) fn open(storage: &FaultyStorage) -> Result<Self, OpenError> {
        static RANDOM: AtomicU64 = AtomicU64::new(1);
        static CLOCK: AtomicI64 = AtomicI64::new(1_800_000_000_000_000);
        let stop_reason = StopReason::default();
        let told = Arc::clone(&stop_reason);
        let options = Options {
            storage: Arc::new(storage.clone()) as Arc<dyn Storage>,
            segment_len: SEGMENT_LEN,
            lane_capacity: 4096,
            clock: Box::new(|| LedgerTime::from_micros(CLOCK.fetch_add(1, Ordering::Relaxed))),
            random: Box::new(|| u128::from(RANDOM.fetch_add(1, Ordering::Relaxed)).to_le_bytes()),
            known_heads: Vec::new(),
            on_stop: Box::new(move |reason| *told.lock().unwrap() = Some(reason)),
        };
        let ledger = Ledger::open(options, Arc::new(Totals::default()))?;
        Ok(Self { ledger, stop_reason })
    }

    /// Submits without waiting for the outcome.
    pub(crate) fn submit(&self, deposit: Deposit) -> Result<Receiver<Outcome<Told>>, SubmitError> {
        let (reply, outcome) = sync_channel(1);
        self.ledger.submit(Lane::MoneyIn, deposit, move |outcome| drop(reply.send(outcome)))?;
        Ok(outcome)
    }

    pub(crate) fn pay(&self, deposit: Deposit) -> Outcome<Told> {
        match self.submit(deposit) {
            Ok(outcome) => outcome.recv().unwrap_or(Outcome::Stopped),
            Err(SubmitError::Closed | SubmitError::Full) => Outcome::Stopped,
        }
    }

    pub(crate) fn booked(&self, deposit: Deposit) -> u64 {
        match self.pay(deposit) {
            Outcome::Done(Told::Booked(sequence)) => sequence,
            other => panic!("expected to be booked, was {other:?}"),
        }
    }

    pub(crate) fn total(&self, customer: u64) -> i64 {
        self.ledger.readers().read().unwrap().get(&customer).copied().unwrap_or(0)
    }
}

/// Sum of the till in minor units, and whether the trial balance is zero, from the whole journal.
pub(crate) fn till(storage: &FaultyStorage) -> i128 {
    let report = ledger::replay_all::<Deposits>(storage).expect("the journal can be replayed");
    let net: i128 = report.balances.values().map(ledger::Balance::net_debit).sum();
    assert_eq!(net, 0, "debits equal credits");
    report.balances.get(&("1000.till".to_owned(), Currency::Kes)).map_or(0, ledger::Balance::net_debit)
}
