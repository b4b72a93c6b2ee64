//! What the sequencer publishes after each batch, and everybody else reads. Values are whole and immutable; a reader
//! takes a copy and holds no lock while it works.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwap;
use dashmap::DashMap;

use super::attempt::Attempt;
use super::availability::Availability;
use super::bill::Bill;
use super::catalogues::Catalogues;
use super::channels::Board;
use super::counters::Counters;
use super::gates::Gates;
use super::identifier::{AttemptId, BillId};
use super::messages::{MessageChanges, Messages};
use super::notices::Notices;
use super::number::PaymentNumber;
use super::staff::StaffRoll;
use super::sweeps::Sweeps;
use super::totals::Totals;
use crate::access::KeyRing;

/// The published state: open bills, unfinished attempts, keys, totals. What is finished is in the archive.
#[derive(Debug, Default)]
pub struct Readers {
    bills: DashMap<PaymentNumber, Arc<Bill>>,
    numbers: DashMap<BillId, PaymentNumber>,
    attempts: DashMap<AttemptId, Arc<Attempt>>,
    keys: ArcSwap<KeyRing>,
    catalogues: ArcSwap<Catalogues>,
    availability: ArcSwap<Availability>,
    channels: ArcSwap<Board>,
    staff: ArcSwap<StaffRoll>,
    gates: ArcSwap<Gates>,
    sweeps: ArcSwap<Sweeps>,
    counters: ArcSwap<Counters>,
    messages: RwLock<Messages>,
    notices: ArcSwap<Notices>,
    totals: RwLock<Totals>,
    sequence: AtomicU64,
}

impl Readers {
    /// The open bill with this number.
    pub fn open_bill(&self, number: PaymentNumber) -> Option<Arc<Bill>> {
        self.bills.get(&number).map(|bill| Arc::clone(&bill))
    }

    /// What `of` makes of the open bills, where it makes anything of them. Looks at every one: not for a request.
    pub fn open_bills<T>(&self, of: impl Fn(&Bill) -> Option<T>) -> Vec<T> {
        self.bills.iter().filter_map(|bill| of(&bill)).collect()
    }

    /// The number of the open bill with this identifier.
    pub fn number_of(&self, id: BillId) -> Option<PaymentNumber> {
        self.numbers.get(&id).map(|number| *number)
    }

    /// The unfinished attempt with this identifier.
    pub fn unfinished_attempt(&self, id: AttemptId) -> Option<Arc<Attempt>> {
        self.attempts.get(&id).map(|attempt| Arc::clone(&attempt))
    }

    /// All unfinished attempts.
    pub fn unfinished_attempts(&self) -> Vec<Arc<Attempt>> {
        self.attempts.iter().map(|attempt| Arc::clone(&attempt)).collect()
    }

    /// How many bills are open.
    pub fn open_bill_count(&self) -> usize {
        self.bills.len()
    }

    /// Fallback money on its way home.
    pub fn sweeps(&self) -> Arc<Sweeps> {
        self.sweeps.load_full()
    }

    pub(super) fn show_sweeps(&self, sweeps: Arc<Sweeps>) {
        self.sweeps.store(sweeps);
    }

    /// Counters that take cash.
    pub fn counters(&self) -> Arc<Counters> {
        self.counters.load_full()
    }

    pub(super) fn show_counters(&self, counters: Arc<Counters>) {
        self.counters.store(counters);
    }

    /// The keys of the API.
    pub fn keys(&self) -> Arc<KeyRing> {
        self.keys.load_full()
    }

    /// Catalogues that are and were in force, and drafts.
    pub fn catalogues(&self) -> Arc<Catalogues> {
        self.catalogues.load_full()
    }

    /// What is not as usual.
    pub fn availability(&self) -> Arc<Availability> {
        self.availability.load_full()
    }

    /// What is known of the ways to pay.
    pub fn channels(&self) -> Arc<Board> {
        self.channels.load_full()
    }

    /// Devices at gates.
    pub fn gates(&self) -> Arc<Gates> {
        self.gates.load_full()
    }

    /// Accounts of staff.
    pub fn staff(&self) -> Arc<StaffRoll> {
        self.staff.load_full()
    }

    /// Looks at messages that something is still to be done about, and at what is known of those who receive them.
    pub fn with_messages<T>(&self, look: impl FnOnce(&Messages) -> T) -> T {
        look(&self.messages.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where agencies are told, and how far that has come.
    pub fn notices(&self) -> Arc<Notices> {
        self.notices.load_full()
    }

    /// Looks at the totals, and says at which sequence they are true.
    pub fn with_totals<T>(&self, look: impl FnOnce(&Totals) -> T) -> (u64, T) {
        let totals = self.totals.read().unwrap_or_else(PoisonError::into_inner);
        (self.sequence.load(Ordering::Acquire), look(&totals))
    }

    /// The sequence that everything published is true at.
    pub fn sequence(&self) -> u64 {
        self.sequence.load(Ordering::Acquire)
    }

    pub(super) fn show_bill(&self, bill: &Arc<Bill>) {
        let (number, id) = (bill.terms.number, bill.terms.id);
        if bill.state.is_open() {
            self.bills.insert(number, Arc::clone(bill));
            self.numbers.insert(id, number);
        } else {
            self.bills.remove(&number);
            self.numbers.remove(&id);
        }
    }

    pub(super) fn show_attempt(&self, attempt: &Arc<Attempt>) {
        if attempt.state.is_finished() {
            self.attempts.remove(&attempt.id);
        } else {
            self.attempts.insert(attempt.id, Arc::clone(attempt));
        }
    }

    pub(super) fn show_keys(&self, keys: Arc<KeyRing>) {
        self.keys.store(keys);
    }

    pub(super) fn show_catalogues(&self, catalogues: Arc<Catalogues>) {
        self.catalogues.store(catalogues);
    }

    pub(super) fn show_availability(&self, availability: Arc<Availability>) {
        self.availability.store(availability);
    }

    pub(super) fn show_channels(&self, channels: Arc<Board>) {
        self.channels.store(channels);
    }

    pub(super) fn show_gates(&self, gates: Arc<Gates>) {
        self.gates.store(gates);
    }

    pub(super) fn show_staff(&self, staff: Arc<StaffRoll>) {
        self.staff.store(staff);
    }

    pub(super) fn change_messages(&self, changes: &MessageChanges) {
        if !changes.is_empty() {
            self.messages.write().unwrap_or_else(PoisonError::into_inner).apply(changes);
        }
    }

    pub(super) fn show_messages(&self, messages: &Messages) {
        self.messages.write().unwrap_or_else(PoisonError::into_inner).clone_from(messages);
    }

    pub(super) fn show_notices(&self, notices: Arc<Notices>) {
        self.notices.store(notices);
    }

    /// Adds to the totals and moves the sequence, both under one lock, so that nobody sees one without the other.
    pub(super) fn advance(&self, changes: &Totals, sequence: u64) {
        let mut totals = self.totals.write().unwrap_or_else(PoisonError::into_inner);
        totals.add(changes);
        self.sequence.store(sequence, Ordering::Release);
    }

    pub(super) fn show_totals(&self, totals: &Totals) {
        self.totals.write().unwrap_or_else(PoisonError::into_inner).clone_from(totals);
    }
}
