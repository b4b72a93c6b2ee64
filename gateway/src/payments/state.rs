//! The state of all bills and attempts, as the ledger runs it. Open bills and unfinished attempts are in memory; what
//! is finished goes to the archive, and comes back when money arrives for it all the same.

mod counters;
mod passes;
mod staged;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use ledger::{Decision, LedgerTime, Record, Staging, StateMachine, View, table::RunError};
use serde::{Deserialize, Serialize};

use self::staged::{note_reference, put_attempt, put_bill, stage_payment, staged_attempt, staged_bill};
use super::application::ApplicationEvent;
use super::applications;
use super::archive::{self, Archived};
use super::attempt::Attempt;
use super::attempt_life::AttemptState;
use super::availability::{Availability, AvailabilityParts};
use super::bill::Bill;
use super::catalogues::{CatalogueDraft, Catalogues};
use super::channels::{Board, BoardParts};
use super::command::{Answer, Command};
use super::counters::Counters;
use super::decide;
use super::event::Event;
use super::gates::{Gates, TakenBatch};
use super::identifier::AttemptId;
use super::message_stage;
use super::messages::{MessageChanges, MessageParts, Messages};
use super::notices::Notices;
use super::number::PaymentNumber;
use super::passes::PassNumber;
use super::readers::Readers;
use super::reference::{FoundBills, ReferenceKey};
use super::staff::StaffRoll;
use super::sweeps::Sweeps;
use super::totals::Totals;
use super::visits::{Visit, VisitEvent};
use crate::access::{ApiKey, KeyRing};

/// Everything that the records have made of bills, attempts, keys and totals.
#[derive(Debug, Default)]
pub struct Payments {
    bills: HashMap<PaymentNumber, Arc<Bill>>,
    attempts: HashMap<AttemptId, Arc<Attempt>>,
    keys: BTreeMap<Arc<str>, Arc<ApiKey>>,
    catalogues: Arc<Catalogues>,
    availability: Arc<Availability>,
    channels: Arc<Board>,
    staff: Arc<StaffRoll>,
    gates: Arc<Gates>,
    sweeps: Arc<Sweeps>,
    counters: Arc<Counters>,
    pub(super) messages: Messages,
    notices: Arc<Notices>,
    totals: Totals,
    /// The revenue day that is open.
    day: Option<i32>,
    /// Open bills by the time at which they expire.
    expiring: BTreeSet<(LedgerTime, PaymentNumber)>,
    /// Attempts that wait for an answer, by the time at which they become overdue.
    overdue: BTreeSet<(LedgerTime, AttemptId)>,
}

/// What the records of a batch would change.
#[derive(Debug, Default)]
pub struct Pending {
    bills: HashMap<PaymentNumber, Arc<Bill>>,
    attempts: HashMap<AttemptId, Arc<Attempt>>,
    /// The whole ring, if the batch changes it.
    keys: Option<BTreeMap<Arc<str>, Arc<ApiKey>>>,
    /// All of them, if the batch changes one.
    catalogues: Option<Arc<Catalogues>>,
    /// All of it, if the batch changes some.
    availability: Option<Arc<Availability>>,
    /// All of it, if the batch changes some.
    channels: Option<Arc<Board>>,
    /// All of them, if the batch changes one.
    staff: Option<Arc<StaffRoll>>,
    /// All of it, if the batch changes some.
    gates: Option<Arc<Gates>>,
    /// All of them, if the batch changes one.
    sweeps: Option<Arc<Sweeps>>,
    /// All of them, if the batch changes one.
    counters: Option<Arc<Counters>>,
    pub(super) messages: MessageChanges,
    /// All of them, if the batch changes some.
    notices: Option<Arc<Notices>>,
    totals: Totals,
    day: Option<i32>,
}

/// The state as a snapshot has it.
#[derive(Serialize, Deserialize)]
struct SnapshotParts {
    bills: Vec<Arc<Bill>>,
    attempts: Vec<Arc<Attempt>>,
    keys: Vec<Arc<ApiKey>>,
    catalogues: Arc<Catalogues>,
    availability: AvailabilityParts,
    channels: BoardParts,
    staff: Arc<StaffRoll>,
    gates: Arc<Gates>,
    sweeps: Arc<Sweeps>,
    counters: Arc<Counters>,
    messages: MessageParts,
    notices: Arc<Notices>,
    totals: Totals,
    day: Option<i32>,
}

impl Payments {
    /// The bill with this number, wherever it is.
    pub(super) fn bill(view: &View<'_, Self>, number: PaymentNumber) -> Result<Option<Arc<Bill>>, RunError> {
        let in_memory = view.pending().bills.get(&number).or_else(|| view.state().bills.get(&number));
        match in_memory {
            // A bill that the batch has closed is in the archive of the batch, and the same.
            Some(bill) => Ok(Some(Arc::clone(bill))),
            None => Ok(view.archived(&archive::bill(number))?.and_then(Archived::bill)),
        }
    }

    /// The bills with this reference, wherever they are.
    pub(super) fn bills_of_reference(
        view: &View<'_, Self>,
        key: &ReferenceKey,
    ) -> Result<FoundBills, RunError> {
        let archived = view.archived(&archive::reference(key))?.and_then(Archived::bills_of_reference);
        let Some(noted) = archived else { return Ok(FoundBills::default()) };
        let bills = noted.bills.iter().filter_map(|number| Self::bill(view, *number).transpose());
        Ok(FoundBills { bills: bills.collect::<Result<_, _>>()?, is_crowded: noted.is_crowded })
    }

    /// The newest bill over this assessment, wherever it is.
    pub(super) fn bill_of_assessment(
        view: &View<'_, Self>,
        key: &ReferenceKey,
    ) -> Result<Option<Arc<Bill>>, RunError> {
        match view.archived(&archive::assessment(key))?.and_then(Archived::bill_number) {
            Some(number) => Self::bill(view, number),
            None => Ok(None),
        }
    }

    /// The attempt with this identifier, wherever it is.
    pub(super) fn attempt(view: &View<'_, Self>, id: AttemptId) -> Result<Option<Arc<Attempt>>, RunError> {
        let in_memory = view.pending().attempts.get(&id).or_else(|| view.state().attempts.get(&id));
        match in_memory {
            Some(attempt) => Ok(Some(Arc::clone(attempt))),
            None => Ok(view.archived(&archive::attempt(id))?.and_then(Archived::attempt)),
        }
    }

    /// The key with this identifier.
    pub(super) fn key(view: &View<'_, Self>, id: &str) -> Option<Arc<ApiKey>> {
        let keys = view.pending().keys.as_ref().unwrap_or(&view.state().keys);
        keys.get(id).cloned()
    }

    /// Catalogues that are and were in force, and drafts.
    pub(super) fn catalogues<'a>(view: &'a View<'_, Self>) -> &'a Catalogues {
        view.pending().catalogues.as_ref().unwrap_or(&view.state().catalogues)
    }

    /// What is not as usual.
    pub(super) fn availability<'a>(view: &'a View<'_, Self>) -> &'a Availability {
        view.pending().availability.as_ref().unwrap_or(&view.state().availability)
    }

    /// What is known of the ways to pay.
    pub(super) fn channels<'a>(view: &'a View<'_, Self>) -> &'a Board {
        view.pending().channels.as_ref().unwrap_or(&view.state().channels)
    }

    /// Accounts of staff.
    pub(super) fn staff<'a>(view: &'a View<'_, Self>) -> &'a StaffRoll {
        view.pending().staff.as_ref().unwrap_or(&view.state().staff)
    }

    /// Devices at gates.
    pub(super) fn gates<'a>(view: &'a View<'_, Self>) -> &'a Gates {
        view.pending().gates.as_ref().unwrap_or(&view.state().gates)
    }

    /// What a device told in the batch of this number.
    pub(super) fn gate_batch(
        view: &View<'_, Self>,
        device: &str,
        number: u64,
    ) -> Result<Option<Arc<TakenBatch>>, RunError> {
        Ok(view.archived(&archive::gate_batch(device, number))?.and_then(Archived::gate_batch))
    }

    /// What is known of a payment number that is or was kept for a device.
    pub(super) fn pass_number(
        view: &View<'_, Self>,
        number: PaymentNumber,
    ) -> Result<Option<Arc<PassNumber>>, RunError> {
        Ok(view.archived(&archive::pass_number(number))?.and_then(Archived::pass_number))
    }

    /// Fallback money on its way home.
    pub(super) fn sweeps<'a>(view: &'a View<'_, Self>) -> &'a Sweeps {
        view.pending().sweeps.as_ref().unwrap_or(&view.state().sweeps)
    }

    /// When and where a bill was used.
    pub(super) fn visit(
        view: &View<'_, Self>,
        number: PaymentNumber,
    ) -> Result<Option<Arc<Visit>>, RunError> {
        Ok(view.archived(&archive::visit(number))?.and_then(Archived::visit))
    }

    /// Where agencies are told, and how far that has come.
    pub(super) fn notices<'a>(view: &'a View<'_, Self>) -> &'a Notices {
        view.pending().notices.as_ref().unwrap_or(&view.state().notices)
    }

    /// The revenue day that is open.
    pub(super) fn day(view: &View<'_, Self>) -> Option<i32> {
        view.pending().day.or(view.state().day)
    }

    /// Open bills whose time has run out, the oldest first, so many at most.
    pub(super) fn expired_bills(view: &View<'_, Self>, limit: usize) -> Vec<PaymentNumber> {
        let due = view.state().expiring.iter().take_while(|(expires, _)| *expires <= view.now());
        let changed = &view.pending().bills;
        due.map(|(_, number)| *number).filter(|number| !changed.contains_key(number)).take(limit).collect()
    }

    /// Attempts that have had no answer for longer than a prompt can live, the oldest first, so many at most.
    pub(super) fn overdue_attempts(view: &View<'_, Self>, limit: usize) -> Vec<Arc<Attempt>> {
        let due = view.state().overdue.iter().take_while(|(overdue, _)| *overdue <= view.now());
        let changed = &view.pending().attempts;
        due.filter(|(_, id)| !changed.contains_key(id))
            .filter_map(|(_, id)| view.state().attempts.get(id).cloned())
            .take(limit)
            .collect()
    }
}

/// The event in a record: bytes that this program wrote.
pub(crate) fn read_event(bytes: &[u8]) -> Option<Event> {
    serde_json::from_slice(bytes)
        .inspect_err(|error| tracing::error!(%error, "The event of a record cannot be read."))
        .ok()
}

impl StateMachine for Payments {
    type Command = Command;
    type Answer = Answer;
    type Event = Event;
    type Archived = Archived;
    type Pending = Pending;
    type Readers = Readers;

    const VERSION: u32 = 10;

    fn decide(view: &View<'_, Self>, command: &Command) -> Result<Decision<Self>, RunError> {
        decide::decide(view, command)
    }

    fn stage(staging: &mut Staging<'_, Self>, record: &Record<Event>) -> Result<(), RunError> {
        match &record.draft.event {
            Event::CataloguePublished { catalogue, approver } => {
                pending_catalogues(staging).publish(catalogue.clone(), approver.clone(), record.time);
            }
            Event::CatalogueDrafted { hash, base, note } => {
                let draft = CatalogueDraft {
                    hash: hash.clone(),
                    base: *base,
                    note: note.clone(),
                    drafter: record.draft.principal.clone(),
                    at: record.time,
                };
                pending_catalogues(staging).add_draft(draft);
            }
            Event::CatalogueDraftWithdrawn { hash } => pending_catalogues(staging).remove_draft(hash),
            Event::KeyIssued { key } => {
                pending_keys(staging).insert(Arc::clone(&key.id), Arc::new(key.clone()));
            }
            Event::KeyRevoked { id } => {
                pending_keys(staging).remove(id);
            }
            Event::BillCreated { terms } => {
                for reference in &terms.references {
                    note_reference(staging, reference, terms.number)?;
                }
                let mut bill = Bill::new(Arc::clone(terms), record.sequence);
                bill.phone_record = record.draft.sealed.as_ref().map(|_| record.sequence);
                put_bill(staging, Arc::new(bill));
            }
            Event::BillCancelled { bill } | Event::BillExpired { bill } => {
                let is_cancelled = matches!(record.draft.event, Event::BillCancelled { .. });
                let on =
                    if is_cancelled { super::BillEvent::Withdrawn } else { super::BillEvent::TimeRanOut };
                if let Some(mut bill) = staged_bill(staging, *bill)?
                    && let Some(state) = bill.state.after(on)
                {
                    let changed = Arc::make_mut(&mut bill);
                    changed.state = state;
                    changed.changed_by = record.sequence;
                    passes::bill_changed(staging, &bill);
                    put_bill(staging, bill);
                }
            }
            Event::AttemptCreated { attempt, bill, method, money } => {
                if let Some(mut bill) = staged_bill(staging, *bill)? {
                    let phone_record = record.draft.sealed.as_ref().map(|_| record.sequence);
                    let attempt = Attempt {
                        id: *attempt,
                        bill: bill.terms.number,
                        agency: Arc::clone(&bill.terms.agency),
                        method: *method,
                        money: *money,
                        state: AttemptState::Created,
                        code: None,
                        prompt_record: None,
                        phone_record,
                        channel_receipt: None,
                        said_paid: false,
                        created: record.time,
                        changed_by: record.sequence,
                    };
                    let changed = Arc::make_mut(&mut bill);
                    changed.latest_attempt = Some(attempt.id);
                    changed.changed_by = record.sequence;
                    put_bill(staging, bill);
                    put_attempt(staging, Arc::new(attempt));
                }
            }
            Event::AttemptMoved { attempt, on, to, code, channel_receipt } => {
                if let Some(mut attempt) = staged_attempt(staging, *attempt)? {
                    let changed = Arc::make_mut(&mut attempt);
                    changed.state = *to;
                    changed.code = code.clone().or_else(|| changed.code.take());
                    changed.prompt_record =
                        record.draft.sealed.as_ref().map(|_| record.sequence).or(changed.prompt_record);
                    changed.channel_receipt =
                        channel_receipt.clone().or_else(|| changed.channel_receipt.take());
                    changed.said_paid |= *on == super::AttemptEvent::SaidPaidWithoutReceipt;
                    changed.changed_by = record.sequence;
                    put_attempt(staging, attempt);
                }
            }
            Event::PaymentReceived(payment) => stage_payment(staging, record, payment)?,
            Event::PaymentQuarantined { .. } => staging.pending().totals.quarantine_count += 1,
            Event::MessageUnreadable { .. } => staging.pending().totals.unreadable_count += 1,
            Event::AvailabilityChanged(change) => {
                pending_availability(staging).change(change, record.time, record.sequence);
            }
            Event::Channel(change) => pending_channels(staging).apply(change, record.time, record.sequence),
            Event::Staff(change) => pending_staff(staging).apply(change, record.sequence),
            Event::Counter(event) => counters::stage(staging, record, event),
            Event::Sweep(event) => {
                counters::stage_sweep(staging, event);
                let principal = &record.draft.principal;
                pending_sweeps(staging).apply(event, principal, record.time, record.sequence);
            }
            Event::Visit(VisitEvent::Used { bill, gate, at, .. }) => {
                let at = at.unwrap_or(record.time);
                let visit = Visit { gate: Arc::clone(gate), at, sequence: record.sequence };
                staging.archive(archive::visit(*bill), Archived::Visit(Arc::new(visit)));
            }
            Event::Gate(event) => {
                pending_gates(staging).apply(event, record.sequence, record.time);
                passes::stage(staging, event, record.sequence)?;
            }
            Event::Application(ApplicationEvent::Moved(moved)) => {
                applications::stage(staging, moved, record.time, record.sequence)?;
            }
            Event::Notice(event) => pending_notices(staging).apply(event, record.sequence, record.time),
            // Views add them up; no decision depends on them.
            Event::UsageCounted(_) | Event::PaymentsListed(_) => {}
            // The claim is all that decisions look at.
            Event::SaleTakenBack(_) => {}
            Event::Message(event) => message_stage::stage(staging, record, event)?,
            Event::DayClosed { day } => staging.pending().day = Some(day + 1),
        }
        Ok(())
    }

    fn merge(&mut self, pending: Pending) {
        for (number, bill) in pending.bills {
            self.expiring.remove(&(bill.terms.expires, number));
            if bill.state.is_open() {
                self.expiring.insert((bill.terms.expires, number));
                self.bills.insert(number, bill);
            } else {
                self.bills.remove(&number);
            }
        }
        for (id, attempt) in pending.attempts {
            let overdue = attempt.lives_until();
            self.overdue.remove(&(overdue, id));
            if attempt.state.is_finished() {
                self.attempts.remove(&id);
            } else {
                if attempt.state != AttemptState::Unknown {
                    self.overdue.insert((overdue, id));
                }
                self.attempts.insert(id, attempt);
            }
        }
        if let Some(keys) = pending.keys {
            self.keys = keys;
        }
        if let Some(catalogues) = pending.catalogues {
            self.catalogues = catalogues;
        }
        if let Some(availability) = pending.availability {
            self.availability = availability;
        }
        if let Some(channels) = pending.channels {
            self.channels = channels;
        }
        if let Some(staff) = pending.staff {
            self.staff = staff;
        }
        if let Some(gates) = pending.gates {
            self.gates = gates;
        }
        if let Some(sweeps) = pending.sweeps {
            self.sweeps = sweeps;
        }
        self.counters = pending.counters.unwrap_or_else(|| Arc::clone(&self.counters));
        self.messages.apply(&pending.messages);
        if let Some(notices) = pending.notices {
            self.notices = notices;
        }
        self.day = pending.day.or(self.day);
        self.totals.add(&pending.totals);
    }

    fn publish(pending: &Pending, head_sequence: u64, readers: &Readers) {
        for bill in pending.bills.values() {
            readers.show_bill(bill);
        }
        for attempt in pending.attempts.values() {
            readers.show_attempt(attempt);
        }
        if let Some(keys) = &pending.keys {
            readers.show_keys(Arc::new(KeyRing::new(keys.values().cloned())));
        }
        if let Some(catalogues) = &pending.catalogues {
            readers.show_catalogues(Arc::clone(catalogues));
        }
        if let Some(availability) = &pending.availability {
            readers.show_availability(Arc::clone(availability));
        }
        if let Some(channels) = &pending.channels {
            readers.show_channels(Arc::clone(channels));
        }
        if let Some(staff) = &pending.staff {
            readers.show_staff(Arc::clone(staff));
        }
        if let Some(gates) = &pending.gates {
            readers.show_gates(Arc::clone(gates));
        }
        if let Some(sweeps) = &pending.sweeps {
            readers.show_sweeps(Arc::clone(sweeps));
        }
        if let Some(counters) = &pending.counters {
            readers.show_counters(Arc::clone(counters));
        }
        readers.change_messages(&pending.messages);
        if let Some(notices) = &pending.notices {
            readers.show_notices(Arc::clone(notices));
        }
        readers.advance(&pending.totals, head_sequence);
    }

    fn publish_all(&self, head_sequence: u64, readers: &Readers) {
        for bill in self.bills.values() {
            readers.show_bill(bill);
        }
        for attempt in self.attempts.values() {
            readers.show_attempt(attempt);
        }
        readers.show_keys(Arc::new(KeyRing::new(self.keys.values().cloned())));
        readers.show_catalogues(Arc::clone(&self.catalogues));
        readers.show_availability(Arc::clone(&self.availability));
        readers.show_channels(Arc::clone(&self.channels));
        readers.show_staff(Arc::clone(&self.staff));
        readers.show_gates(Arc::clone(&self.gates));
        readers.show_sweeps(Arc::clone(&self.sweeps));
        readers.show_counters(Arc::clone(&self.counters));
        readers.show_messages(&self.messages);
        readers.show_notices(Arc::clone(&self.notices));
        readers.show_totals(&self.totals);
        readers.advance(&Totals::default(), head_sequence);
    }

    fn encode_event(event: &Event, bytes: &mut Vec<u8>) {
        serde_json::to_writer(bytes, event).expect("events can be written as JSON");
    }

    fn decode_event(bytes: &[u8]) -> Result<Event, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }

    fn encode(&self) -> Vec<u8> {
        let parts = SnapshotParts {
            bills: self.bills.values().cloned().collect(),
            attempts: self.attempts.values().cloned().collect(),
            keys: self.keys.values().cloned().collect(),
            catalogues: Arc::clone(&self.catalogues),
            availability: self.availability.parts(),
            channels: self.channels.parts(),
            staff: Arc::clone(&self.staff),
            gates: Arc::clone(&self.gates),
            sweeps: Arc::clone(&self.sweeps),
            counters: Arc::clone(&self.counters),
            messages: self.messages.parts(),
            notices: Arc::clone(&self.notices),
            totals: self.totals.clone(),
            day: self.day,
        };
        serde_json::to_vec(&parts).expect("the state can be written as JSON")
    }

    fn decode(bytes: &[u8]) -> Result<Self, String> {
        let parts: SnapshotParts = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let messages = Messages::of_parts(parts.messages);
        let mut state = Self { totals: parts.totals, messages, ..Self::default() };
        state.merge(Pending {
            bills: parts.bills.into_iter().map(|bill| (bill.terms.number, bill)).collect(),
            attempts: parts.attempts.into_iter().map(|attempt| (attempt.id, attempt)).collect(),
            keys: Some(parts.keys.into_iter().map(|key| (Arc::clone(&key.id), key)).collect()),
            catalogues: Some(parts.catalogues),
            availability: Some(Arc::new(Availability::of_parts(parts.availability))),
            channels: Some(Arc::new(Board::of_parts(parts.channels))),
            staff: Some(parts.staff),
            gates: Some(parts.gates),
            sweeps: Some(parts.sweeps),
            counters: Some(parts.counters),
            messages: MessageChanges::default(),
            notices: Some(parts.notices),
            totals: Totals::default(),
            day: parts.day,
        });
        Ok(state)
    }

    fn initial() -> Self {
        Self::default()
    }
}

fn pending_keys<'a>(staging: &'a mut Staging<'_, Payments>) -> &'a mut BTreeMap<Arc<str>, Arc<ApiKey>> {
    let known = &staging.state().keys;
    staging.pending().keys.get_or_insert_with(|| known.clone())
}

fn pending_catalogues<'a>(staging: &'a mut Staging<'_, Payments>) -> &'a mut Catalogues {
    let known = &staging.state().catalogues;
    Arc::make_mut(staging.pending().catalogues.get_or_insert_with(|| Arc::clone(known)))
}

fn pending_availability<'a>(staging: &'a mut Staging<'_, Payments>) -> &'a mut Availability {
    let known = &staging.state().availability;
    Arc::make_mut(staging.pending().availability.get_or_insert_with(|| Arc::clone(known)))
}

fn pending_channels<'a>(staging: &'a mut Staging<'_, Payments>) -> &'a mut Board {
    let known = &staging.state().channels;
    Arc::make_mut(staging.pending().channels.get_or_insert_with(|| Arc::clone(known)))
}

fn pending_staff<'a>(staging: &'a mut Staging<'_, Payments>) -> &'a mut StaffRoll {
    let known = &staging.state().staff;
    Arc::make_mut(staging.pending().staff.get_or_insert_with(|| Arc::clone(known)))
}

fn pending_sweeps<'a>(staging: &'a mut Staging<'_, Payments>) -> &'a mut Sweeps {
    let known = &staging.state().sweeps;
    Arc::make_mut(staging.pending().sweeps.get_or_insert_with(|| Arc::clone(known)))
}

fn pending_notices<'a>(staging: &'a mut Staging<'_, Payments>) -> &'a mut Notices {
    let known = &staging.state().notices;
    Arc::make_mut(staging.pending().notices.get_or_insert_with(|| Arc::clone(known)))
}

fn pending_gates<'a>(staging: &'a mut Staging<'_, Payments>) -> &'a mut Gates {
    let known = &staging.state().gates;
    Arc::make_mut(staging.pending().gates.get_or_insert_with(|| Arc::clone(known)))
}
