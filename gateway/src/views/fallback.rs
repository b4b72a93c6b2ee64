//! What records change of what is known of collection accounts: what each has collected, what went home from it, what statements
//! list again; and whom gates let in meanwhile. Pure, as all of [`changes`](super::changes).

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::{Currency, LedgerTime, Money};

use crate::payments::{
    Apart, ChannelReceipt, CollectedOn, CounterEvent, Event, PaymentReceived, Provider, SweepEvent,
    SweepState, Total, VisitEvent,
};

/// What a run of records changes of it.
#[derive(Debug, Default)]
pub(super) struct FallbackChanges {
    /// What is added to what each account has collected.
    pub(super) collected: BTreeMap<(CollectedOn, Currency), Total>,
    pub(super) sent: Vec<SentSweep>,
    /// Sweeps that ended, by the sequence that names each.
    pub(super) ended: BTreeMap<u64, SweepState>,
    /// Payments that a statement lists, by the sequence that booked each, and the record that says so.
    pub(super) listed: BTreeMap<u64, u64>,
    pub(super) visits: Vec<LetIn>,
    /// What counts of counters found too much, or too little, of what bills were paid with.
    pub(super) counted: Vec<CountedApart>,
}

/// What a count of a counter was booked with.
#[derive(Debug)]
pub(super) struct CountedApart {
    pub(super) sequence: u64,
    pub(super) account: CollectedOn,
    pub(super) money: Money,
}

/// A sweep that was sent.
#[derive(Debug)]
pub(super) struct SentSweep {
    pub(super) sequence: u64,
    pub(super) account: CollectedOn,
    pub(super) money: Money,
}

/// Somebody who was let in.
#[derive(Debug)]
pub(super) struct LetIn {
    pub(super) sequence: u64,
    pub(super) agency: Arc<str>,
    pub(super) at: LedgerTime,
    /// By a gate that had nobody to ask.
    pub(super) is_offline: bool,
}

impl FallbackChanges {
    /// Adds what one record changes.
    pub(super) fn add(&mut self, sequence: u64, time: LedgerTime, event: &Event) {
        match event {
            Event::PaymentReceived(received) => self.collect(received),
            Event::Counter(
                CounterEvent::Closed { counter, apart, waits: false, .. }
                | CounterEvent::Approved { counter, apart, .. },
            ) => self.count(sequence, counter, *apart),
            Event::Sweep(SweepEvent::Sent { account, money, .. }) => {
                self.sent.push(SentSweep { sequence, account: account.clone(), money: *money });
            }
            Event::Sweep(SweepEvent::Confirmed { sweep, .. }) => {
                self.ended.insert(*sweep, SweepState::Confirmed);
            }
            Event::Sweep(SweepEvent::Returned { sweep }) => {
                self.ended.insert(*sweep, SweepState::Returned);
            }
            Event::PaymentsListed(listed) => {
                for payment in &listed.payments {
                    self.listed.entry(*payment).or_insert(sequence);
                }
            }
            Event::Visit(VisitEvent::Used { agency, at, .. }) => self.visits.push(LetIn {
                sequence,
                agency: Arc::clone(agency),
                at: at.unwrap_or(time),
                is_offline: at.is_some(),
            }),
            _ => {}
        }
    }

    /// An account on which nothing ever came in is one all the same, once something was found there.
    fn count(&mut self, sequence: u64, counter: &Arc<str>, apart: Apart) {
        let (account, money) =
            (CollectedOn { provider: Provider::Counter, short_code: Arc::clone(counter) }, apart.takings);
        if !money.is_zero() {
            self.collected.entry((account.clone(), money.currency())).or_default();
            self.counted.push(CountedApart { sequence, account, money });
        }
    }

    fn collect(&mut self, received: &PaymentReceived) {
        let ChannelReceipt { provider, short_code, .. } = &received.receipt;
        let account = CollectedOn { provider: *provider, short_code: Arc::clone(short_code) };
        self.collected.entry((account, received.money.currency())).or_default().count(received.money);
    }
}
