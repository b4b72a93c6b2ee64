//! A small state machine over the ledger, for tests and benches that are about the ledger and not about bills:
//! deposits with receipts, each of which counts once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::account::AccountCode;
use crate::entry::{Entry, Posting};
use crate::machine::{Decision, Staging, StateMachine, View};
use crate::money::{Currency, Money};
use crate::record::{Claim, Draft, Evidence, Record, ShortKey};
use crate::table::RunError;

/// Counts deposits by customer.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Deposits {
    totals: HashMap<u64, i64>,
}

/// A deposit: `cents` of Kenya shillings by `customer`, known by `receipt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// Who pays.
    pub customer: u64,
    /// What the payment is known by.
    pub receipt: String,
    /// Minor units.
    pub cents: i64,
}

/// What became of a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Booked as this record.
    Booked(u64),
    /// Booked before, as this record.
    Known(u64),
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Deposited {
    customer: u64,
    cents: i64,
    /// Padding, so that a test can fill segments as fast as it likes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    padding: String,
}

/// Totals that readers see.
pub type Totals = RwLock<HashMap<u64, i64>>;

/// Deposits of more than this many cents are padded by that many bytes.
pub const PADDED_FROM_CENTS: i64 = 1_000_000;

impl StateMachine for Deposits {
    type Command = Deposit;
    type Answer = Told;
    type Event = Deposited;
    type Archived = Arc<[u8]>;
    type Pending = HashMap<u64, i64>;
    type Readers = Totals;

    const VERSION: u32 = 1;

    fn decide(view: &View<'_, Self>, command: &Deposit) -> Result<Decision<Self>, RunError> {
        let key = format!("receipt {}", command.receipt);
        if let Some(claimed) = view.claimed(&ShortKey::of(&key))? {
            return Ok(Decision::answer(Told::Known(claimed.sequence)));
        }
        let money = Money::new(command.cents, Currency::Kes);
        let account = |code: &str| AccountCode::parse(code).expect("a code of this test's chart");
        let entry = Entry::new(
            "deposit",
            vec![
                Posting::debit(account("1000.till"), money),
                Posting::credit(account("2000.customers"), money),
            ],
        );
        let padding = usize::try_from(command.cents - PADDED_FROM_CENTS).unwrap_or(0);
        let event =
            Deposited { customer: command.customer, cents: command.cents, padding: "p".repeat(padding) };
        let mut draft = Draft::of(event, "tester", command.receipt.as_str());
        draft.evidence = Evidence::CallbackOnly;
        draft.claims = vec![Claim { key: key.into(), detail: [7; 24] }];
        draft.entries = vec![entry.expect("a deposit balances")];
        Ok(Decision::record(draft, Told::Booked(view.next_sequence())))
    }

    fn stage(staging: &mut Staging<'_, Self>, record: &Record<Deposited>) -> Result<(), RunError> {
        let event = &record.draft.event;
        let known = staging.state().totals.get(&event.customer).copied().unwrap_or(0);
        let total = staging.pending().entry(event.customer).or_insert(known);
        *total += event.cents;
        let total = total.to_le_bytes();
        staging.archive(ShortKey::of(&format!("customer {}", event.customer)), Arc::from(total));
        Ok(())
    }

    fn merge(&mut self, pending: HashMap<u64, i64>) {
        self.totals.extend(pending);
    }

    fn publish(pending: &HashMap<u64, i64>, _head_sequence: u64, readers: &Totals) {
        readers.write().unwrap_or_else(PoisonError::into_inner).extend(pending);
    }

    fn publish_all(&self, _head_sequence: u64, readers: &Totals) {
        readers.write().unwrap_or_else(PoisonError::into_inner).clone_from(&self.totals);
    }

    fn encode_event(event: &Deposited, bytes: &mut Vec<u8>) {
        serde_json::to_writer(bytes, event).expect("a deposit can be written as JSON");
    }

    fn decode_event(bytes: &[u8]) -> Result<Deposited, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }

    fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("totals can be written as JSON")
    }

    fn decode(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }

    fn initial() -> Self {
        Self::default()
    }
}
