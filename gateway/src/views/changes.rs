//! What a run of records makes of the rows, as values: everything is folded here, so that writing needs one statement
//! for many rows and reads nothing first. Pure; how records are cut into runs does not show in the outcome.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::journal::{BatchId, StoredBatch};
use ledger::{AccountCode, Currency, Entry, Evidence, LedgerTime, Money, RawRecord, Side};

use super::error::ViewsError;
use super::fallback::FallbackChanges;
use super::passes::PassChanges;
use crate::payments::{
    ApplicationEvent, ApplicationMoved, ApplicationState, AttemptEvent, AttemptId, AttemptState, BillState,
    BillTerms, ChannelReceipt, Difference, Event, Method, PaymentNumber, PaymentReceived, Placement, Share,
    Total, TotalKey, VisitEvent, by_owner, minute_of_revenue_day, revenue_day,
};

/// What a run of records changes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Sequence after the last record, and the batch that ended there; nothing while there is no record.
    pub(super) end: Option<(u64, BatchId)>,
    pub(super) record_count: usize,
    pub(super) new_bills: Vec<NewBill>,
    /// Where in `new_bills` a bill of this run is.
    new_bill_places: BTreeMap<PaymentNumber, usize>,
    /// Bills that were there before this run.
    pub(super) bills: BTreeMap<PaymentNumber, BillChange>,
    pub(super) new_attempts: Vec<NewAttempt>,
    new_attempt_places: BTreeMap<AttemptId, usize>,
    /// Attempts that were there before this run.
    pub(super) attempts: BTreeMap<AttemptId, AttemptChange>,
    pub(super) payments: Vec<Payment>,
    /// What became of payments that were in suspense before this run, by the record that brought each.
    pub(super) applied: BTreeMap<u64, Applied>,
    pub(super) quarantined: Vec<Quarantined>,
    pub(super) entries: Vec<BookedEntry>,
    pub(super) collected: BTreeMap<TotalKey, Total>,
    pub(super) collected_by_minute: BTreeMap<MinuteKey, Total>,
    pub(super) usage: BTreeMap<ServiceDay, Used>,
    pub(super) balances: BTreeMap<(AccountCode, Currency), Sides>,
    pub(super) applications: BTreeMap<PaymentNumber, ApplicationChange>,
    /// Records and the bills that they are about.
    pub(super) records: Vec<(PaymentNumber, u64)>,
    /// Records about an attempt: which bill it is of stands in its row.
    pub(super) records_of_attempts: Vec<(AttemptId, u64)>,
    /// Records about a payment that another record, the second, has booked.
    pub(super) records_of_payments: Vec<(u64, u64)>,
    pub(super) fallback: FallbackChanges,
    pub(super) passes: PassChanges,
}

/// What is added to the two sides of an account, in minor units.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sides {
    pub(super) debit: i128,
    pub(super) credit: i128,
}

/// A minute of a revenue day, of one owner and currency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MinuteKey {
    pub(super) day: i32,
    pub(super) minute: u16,
    pub(super) agency: Option<Arc<str>>,
    pub(super) currency: Currency,
}

/// What becomes of an application: the latest report of this run, and when it was ready first.
#[derive(Debug)]
pub(super) struct ApplicationChange {
    pub(super) moved: ApplicationMoved,
    pub(super) since: LedgerTime,
    pub(super) centre: Option<Arc<str>>,
    pub(super) ready_day: Option<i32>,
    pub(super) changed_by: u64,
}

/// A revenue day of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ServiceDay {
    pub(super) day: i32,
    pub(super) agency: Arc<str>,
    pub(super) service: Arc<str>,
}

/// What is added to how a service was used on a day.
#[derive(Clone, Debug, Default)]
pub(super) struct Used {
    pub(super) searched: u64,
    pub(super) viewed: u64,
    pub(super) billed: u64,
    pub(super) paid: u64,
    pub(super) collected: BTreeMap<Currency, i128>,
}

/// A bill made in this run, and what became of it within.
#[derive(Debug)]
pub(super) struct NewBill {
    pub(super) sequence: u64,
    pub(super) terms: Arc<BillTerms>,
    pub(super) change: BillChange,
}

/// What becomes of a bill.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BillChange {
    /// What it becomes, if it becomes something else.
    pub(super) state: Option<BillState>,
    /// What is added to it, in minor units of the currency in which it is payable.
    pub(super) collected_minor: i64,
    /// None of these changed it, if this is zero: a visit leaves a bill as it is.
    pub(super) changed_by: u64,
    /// By which record whoever paid was let in.
    pub(super) visited_by: Option<u64>,
}

/// An attempt made in this run, and what became of it within.
#[derive(Debug)]
pub(super) struct NewAttempt {
    pub(super) sequence: u64,
    pub(super) id: AttemptId,
    pub(super) bill: PaymentNumber,
    pub(super) method: Method,
    pub(super) money: Money,
    pub(super) created: LedgerTime,
    pub(super) change: AttemptChange,
}

/// What becomes of an attempt. Texts are only ever added.
#[derive(Clone, Debug)]
pub(super) struct AttemptChange {
    pub(super) state: AttemptState,
    pub(super) code: Option<Arc<str>>,
    /// Sequence of the record in which the provider's name for the prompt is sealed.
    pub(super) prompt_record: Option<u64>,
    pub(super) channel_receipt: Option<Arc<str>>,
    pub(super) said_paid: bool,
    pub(super) changed_by: u64,
}

/// A payment.
#[derive(Debug)]
pub(super) struct Payment {
    pub(super) sequence: u64,
    pub(super) booked: LedgerTime,
    pub(super) evidence: Evidence,
    pub(super) received: PaymentReceived,
    /// How it left suspense, if it waited there.
    pub(super) applied: Option<AppliedBy>,
}

/// By which record money was put to a bill, when, and by whom.
#[derive(Clone, Debug)]
pub(super) struct AppliedBy {
    pub(super) sequence: u64,
    pub(super) at: LedgerTime,
    pub(super) principal: Arc<str>,
}

/// Where money was put that waited in suspense.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) placement: Placement,
    /// The attempt that it answers, if that was said afterwards.
    pub(super) attempt: Option<AttemptId>,
    pub(super) by: AppliedBy,
}

/// A message that contradicts a payment.
#[derive(Debug)]
pub(super) struct Quarantined {
    pub(super) sequence: u64,
    pub(super) received: LedgerTime,
    pub(super) evidence: Evidence,
    pub(super) receipt: ChannelReceipt,
    pub(super) money: Money,
    pub(super) stands: u64,
    pub(super) differs: Difference,
}

/// An entry of a record.
#[derive(Debug)]
pub(super) struct BookedEntry {
    pub(super) sequence: u64,
    pub(super) index: usize,
    pub(super) agency: Option<Arc<str>>,
    pub(super) entry: Entry,
}

impl Changes {
    /// Adds what the records of a batch change.
    pub(super) fn add_batch(&mut self, batch: &StoredBatch) -> Result<(), ViewsError> {
        for record in batch.records() {
            let record = record.map_err(|error| ViewsError::Record {
                sequence: batch.first_sequence(),
                what: error.to_string(),
            })?;
            self.add(record)?;
        }
        self.end = Some((batch.next_sequence(), batch.id()));
        Ok(())
    }

    fn add(&mut self, record: RawRecord) -> Result<(), ViewsError> {
        let (sequence, time) = (record.sequence, record.time);
        let event: Event = serde_json::from_slice(&record.draft.event)
            .map_err(|error| ViewsError::Record { sequence, what: error.to_string() })?;
        self.record_count += 1;
        self.note_record(sequence, &event);
        self.fallback.add(sequence, time, &event);
        self.passes.add(sequence, time, &event);
        let agency = agency_of(&event);
        for posting in record.draft.entries.iter().flat_map(Entry::postings) {
            let sides = self.balances.entry((posting.account.clone(), posting.money.currency())).or_default();
            match posting.side {
                Side::Debit => sides.debit += i128::from(posting.money.minor()),
                Side::Credit => sides.credit += i128::from(posting.money.minor()),
            }
        }
        self.entries.extend((0..).zip(record.draft.entries).map(|(index, entry)| BookedEntry {
            sequence,
            index,
            agency: agency.clone(),
            entry,
        }));
        match event {
            Event::BillCreated { terms } => {
                self.used(revenue_day(time), &terms.agency, &terms.service).billed += 1;
                self.add_bill(sequence, terms);
            }
            Event::BillCancelled { bill } => self.end_bill(bill, BillState::Cancelled, sequence),
            Event::BillExpired { bill } => self.end_bill(bill, BillState::Expired, sequence),
            Event::Visit(VisitEvent::Used { bill, .. }) => {
                self.bill(bill).visited_by.get_or_insert(sequence);
            }
            Event::AttemptCreated { attempt, bill, method, money } => {
                let change = AttemptChange::to(AttemptState::Created, sequence);
                self.new_attempt_places.insert(attempt, self.new_attempts.len());
                self.new_attempts.push(NewAttempt {
                    sequence,
                    id: attempt,
                    bill,
                    method,
                    money,
                    created: time,
                    change,
                });
                // The state machine notes the attempt in its bill, which is a change of the bill.
                self.bill(bill).changed_by = sequence;
            }
            Event::AttemptMoved { attempt, on, to, code, channel_receipt } => {
                let said_paid = on == AttemptEvent::SaidPaidWithoutReceipt;
                let change = AttemptChange {
                    code,
                    prompt_record: record.draft.sealed.is_some().then_some(sequence),
                    channel_receipt,
                    said_paid,
                    ..AttemptChange::to(to, sequence)
                };
                self.change_attempt(attempt, change);
            }
            Event::PaymentReceived(received) => {
                let evidence = record.draft.evidence;
                let by = AppliedBy { sequence, at: time, principal: record.draft.principal };
                self.add_payment(Payment { sequence, booked: time, evidence, received, applied: None }, by);
            }
            Event::PaymentQuarantined { receipt, money, stands, differs } => {
                self.quarantined.push(Quarantined {
                    sequence,
                    received: time,
                    evidence: record.draft.evidence,
                    receipt,
                    money,
                    stands,
                    differs,
                })
            }
            Event::Application(ApplicationEvent::Moved(moved)) => {
                self.move_application(moved, time, sequence)
            }
            Event::UsageCounted(counts) => {
                for one in counts.services {
                    let used = self.used(counts.day, &one.agency, &one.service);
                    used.searched += one.searched;
                    used.viewed += one.viewed;
                }
            }
            // Nothing could be read, so there is nothing to show but the record.
            Event::MessageUnreadable { .. }
            | Event::CataloguePublished { .. }
            | Event::CatalogueDrafted { .. }
            | Event::CatalogueDraftWithdrawn { .. }
            | Event::KeyIssued { .. }
            | Event::KeyRevoked { .. }
            | Event::AvailabilityChanged(_)
            | Event::Channel(_)
            | Event::Staff(_)
            | Event::Gate(_)
            | Event::Sweep(_)
            | Event::Counter(_)
            | Event::PaymentsListed(_)
            | Event::SaleTakenBack(_)
            | Event::Message(_)
            | Event::Notice(_)
            | Event::DayClosed { .. } => {}
        }
        Ok(())
    }

    /// Notes whose life a record belongs to.
    fn note_record(&mut self, sequence: u64, event: &Event) {
        let bill = match event {
            Event::BillCreated { terms } => terms.number,
            Event::BillCancelled { bill }
            | Event::BillExpired { bill }
            | Event::AttemptCreated { bill, .. }
            | Event::Visit(VisitEvent::Used { bill, .. }) => *bill,
            Event::PaymentReceived(PaymentReceived { placement: Placement::Bill { bill, .. }, .. }) => *bill,
            Event::AttemptMoved { attempt, .. } | Event::MessageUnreadable { attempt: Some(attempt), .. } => {
                return self.records_of_attempts.push((*attempt, sequence));
            }
            Event::PaymentQuarantined { stands, .. } => {
                return self.records_of_payments.push((sequence, *stands));
            }
            _ => return,
        };
        self.records.push((bill, sequence));
    }

    /// How a service was used on a day.
    fn used(&mut self, day: i32, agency: &Arc<str>, service: &Arc<str>) -> &mut Used {
        let key = ServiceDay { day, agency: Arc::clone(agency), service: Arc::clone(service) };
        self.usage.entry(key).or_default()
    }

    fn add_bill(&mut self, sequence: u64, terms: Arc<BillTerms>) {
        self.new_bill_places.insert(terms.number, self.new_bills.len());
        let change = BillChange { changed_by: sequence, ..BillChange::default() };
        self.new_bills.push(NewBill { sequence, terms, change });
    }

    /// The change of a bill, wherever it was made.
    fn bill(&mut self, number: PaymentNumber) -> &mut BillChange {
        match self.new_bill_places.get(&number) {
            Some(place) => &mut self.new_bills[*place].change,
            None => self.bills.entry(number).or_default(),
        }
    }

    fn end_bill(&mut self, number: PaymentNumber, state: BillState, sequence: u64) {
        let change = self.bill(number);
        change.state = Some(state);
        change.changed_by = sequence;
    }

    fn change_attempt(&mut self, id: AttemptId, change: AttemptChange) {
        match self.new_attempt_places.get(&id) {
            Some(place) => self.new_attempts[*place].change.then(change),
            None => match self.attempts.get_mut(&id) {
                Some(earlier) => earlier.then(change),
                None => {
                    self.attempts.insert(id, change);
                }
            },
        }
    }

    fn move_application(&mut self, moved: ApplicationMoved, since: LedgerTime, changed_by: u64) {
        let earlier = self.applications.remove(&moved.bill);
        let was_ready = earlier.as_ref().and_then(|earlier| earlier.ready_day);
        let is_ready = (moved.to == ApplicationState::Ready).then(|| revenue_day(since));
        let centre = moved.news.centre().map(|centre| centre.to_string().into());
        let change = ApplicationChange {
            centre: centre.or_else(|| earlier.and_then(|earlier| earlier.centre)),
            ready_day: was_ready.or(is_ready),
            moved,
            since,
            changed_by,
        };
        self.applications.insert(change.moved.bill, change);
    }

    fn add_payment(&mut self, payment: Payment, by: AppliedBy) {
        let Payment { sequence, booked, ref received, .. } = payment;
        let money = received.money;
        let key = |agency| TotalKey {
            day: revenue_day(booked),
            agency,
            channel: received.receipt.provider.word().into(),
            currency: money.currency(),
        };
        let mut owners = vec![(None, money)];
        if let Placement::Bill { bill, agency, service, state, share, parts, .. } = &received.placement {
            owners = by_owner(agency, money, parts);
            // A service has brought in what was paid for it, also where a part of it is another agency's.
            let used = self.used(revenue_day(booked), agency, service);
            if matches!(share, Share::Completed | Share::CompletedWithExcess) {
                used.paid += 1;
            }
            *used.collected.entry(money.currency()).or_default() += i128::from(money.minor());
            let change = self.bill(*bill);
            change.state = Some(*state);
            change.collected_minor += money.minor();
            change.changed_by = sequence;
        }
        let minute = |agency| MinuteKey {
            day: revenue_day(booked),
            minute: minute_of_revenue_day(booked),
            agency,
            currency: money.currency(),
        };
        // It came in once, and was nobody's until now.
        if received.from_suspense.is_some() {
            self.collected_by_minute.entry(minute(None)).or_default().take_out(money);
            self.collected.entry(key(None)).or_default().take_out(money);
        }
        for (agency, money) in owners {
            let minute = minute(agency.clone());
            self.collected_by_minute.entry(minute).or_default().count(money);
            self.collected.entry(key(agency)).or_default().count(money);
        }
        if let Some(attempt) = received.attempt {
            let channel_receipt = Some(Arc::clone(&received.receipt.number));
            let change =
                AttemptChange { channel_receipt, ..AttemptChange::to(AttemptState::Succeeded, sequence) };
            self.change_attempt(attempt, change);
        }
        match received.from_suspense {
            None => self.payments.push(payment),
            Some(waited) => {
                let PaymentReceived { placement, attempt, .. } = payment.received;
                self.apply(waited, Applied { placement, attempt, by });
            }
        }
    }

    /// Puts a payment where it belongs that was in suspense, whether it came in this run or before it.
    fn apply(&mut self, waited: u64, applied: Applied) {
        match self.payments.binary_search_by_key(&waited, |payment| payment.sequence) {
            Ok(place) => {
                let payment = &mut self.payments[place];
                payment.received.placement = applied.placement;
                payment.received.attempt = applied.attempt.or(payment.received.attempt);
                payment.applied = Some(applied.by);
            }
            Err(_) => {
                self.applied.insert(waited, applied);
            }
        }
    }
}

impl AttemptChange {
    fn to(state: AttemptState, changed_by: u64) -> Self {
        Self { state, code: None, prompt_record: None, channel_receipt: None, said_paid: false, changed_by }
    }

    /// What this change and a later one come to. Success is final: money that arrives after it has a payment of its own
    /// and leaves the attempt as it is. (Writing the change holds to the same, for success in an earlier run.)
    fn then(&mut self, later: Self) {
        if self.state == AttemptState::Succeeded {
            return;
        }
        self.state = later.state;
        self.code = later.code.or(self.code.take());
        self.prompt_record = later.prompt_record.or(self.prompt_record);
        self.channel_receipt = later.channel_receipt.or(self.channel_receipt.take());
        self.said_paid |= later.said_paid;
        self.changed_by = later.changed_by;
    }
}

/// Whose money an event is about. An agency sees the entries of its own and no others.
fn agency_of(event: &Event) -> Option<Arc<str>> {
    match event {
        Event::PaymentReceived(PaymentReceived { placement: Placement::Bill { agency, .. }, .. }) => {
            Some(Arc::clone(agency))
        }
        Event::BillCreated { terms } => Some(Arc::clone(&terms.agency)),
        _ => None,
    }
}
