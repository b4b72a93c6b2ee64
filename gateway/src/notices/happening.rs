//! What records tell agencies. Everything follows from the records: the same record tells the same, under the same
//! identifier, whenever it is asked.

use std::sync::Arc;

use ledger::{LedgerTime, Money, RawRecord};

use super::NoticeError;
use super::bill_then::BillThen;
use crate::books::Books;
use crate::payments::{
    ApplicationEvent, ApplicationMoved, Attempt, AttemptEvent, AttemptId, AttemptState, BillPayment,
    BillState, BillTerms, ChannelReceipt, Event, GateDevice, GateEvent, GatePass, GateUse, NoticeId,
    NoticeKind, PassOutcome, PaymentNumber, PaymentReceived, Placement, Share, SuspenseReason, UseOutcome,
    read_event,
};

/// Something that an agency is told.
pub(crate) struct Notice {
    /// Its identifier.
    pub(crate) id: NoticeId,
    /// What it tells of.
    pub(crate) kind: NoticeKind,
    /// When it happened.
    pub(crate) at: LedgerTime,
    /// The object that it is about, as the record left it.
    pub(crate) about: About,
}

/// What a notice is about.
pub(crate) enum About {
    /// A bill.
    Bill(Box<BillThen>),
    /// A bill that so much happened to afterwards that what had arrived by then is not looked for.
    BillInBrief(Arc<BillTerms>, BillState),
    /// Money that was booked for a bill.
    Payment(Box<PaymentThen>),
    /// An attempt to have a bill paid.
    Attempt(Box<Attempt>),
    /// Money that matched no bill.
    Suspense(SuspenseThen),
    /// What a gate told that should not have been.
    UsedTwice(Box<UsedTwiceThen>),
    /// An application, and what was agreed about its bill.
    Application(Box<ApplicationMoved>, Arc<BillTerms>),
}

/// A payment that was booked for a bill.
pub(crate) struct PaymentThen {
    /// What was agreed about the bill.
    pub(crate) terms: Arc<BillTerms>,
    /// What the bill became.
    pub(crate) bill_state: BillState,
    /// The payment.
    pub(crate) payment: BillPayment,
    /// What became of the money.
    pub(crate) share: Share,
    /// The channel's receipt.
    pub(crate) receipt: ChannelReceipt,
    /// When it moved, by the channel's clock.
    pub(crate) moved: Option<LedgerTime>,
    /// The attempt that it answers.
    pub(crate) attempt: Option<AttemptId>,
}

/// Money that matched no bill.
pub(crate) struct SuspenseThen {
    /// Sequence of its record.
    pub(crate) sequence: u64,
    /// The channel's receipt.
    pub(crate) receipt: ChannelReceipt,
    /// How much.
    pub(crate) money: Money,
    /// Why it matched none.
    pub(crate) reason: SuspenseReason,
    /// Whose it seems to be.
    pub(crate) agency: Arc<str>,
    /// What it seems to be for.
    pub(crate) service: Option<Arc<str>>,
    /// Since when.
    pub(crate) since: LedgerTime,
}

/// What a device told in a batch that had been used before.
pub(crate) struct UsedTwiceThen {
    /// The device.
    pub(crate) device: GateDevice,
    /// Number of the batch.
    pub(crate) batch: u64,
    /// Sequence of its record.
    pub(crate) sequence: u64,
    /// Bills that somebody had been let in for before.
    pub(crate) uses: Vec<GateUse>,
    /// Passes under numbers that other passes have.
    pub(crate) passes: Vec<GatePass>,
}

/// Something that a record tells, before its object is looked up.
pub(crate) struct Happening {
    pub(crate) id: NoticeId,
    pub(crate) kind: NoticeKind,
    /// Who is told.
    pub(crate) agency: Arc<str>,
    at: LedgerTime,
    subject: Subject,
}

enum Subject {
    Bill(PaymentNumber, BillState),
    Payment(Box<PaymentReceived>),
    Attempt(Box<Attempt>),
    Suspense(SuspenseThen),
    UsedTwice(Box<UsedTwiceThen>),
    Application(Box<ApplicationMoved>),
}

/// What a record tells, in the order of the identifiers. Of whom a record speaks may have to be looked up in the archive.
pub(crate) fn happenings(books: &Books, record: &RawRecord) -> Result<Vec<Happening>, NoticeError> {
    let Some(event) = read_event(&record.draft.event) else { return Ok(Vec::new()) };
    let (sequence, at) = (record.sequence, record.time);
    let make = |kind: NoticeKind, agency: Arc<str>, subject| Happening {
        id: NoticeId::of_record(sequence, at, kind as u8),
        kind,
        agency,
        at,
        subject,
    };
    let bill_ended = |number, state, kind| -> Result<Vec<Happening>, NoticeError> {
        let bill = books.bill(number)?.ok_or(NoticeError::Contradiction)?;
        Ok(vec![make(kind, Arc::clone(&bill.terms.agency), Subject::Bill(number, state))])
    };
    Ok(match event {
        Event::BillCreated { terms } => {
            let subject = Subject::Bill(terms.number, BillState::Unpaid);
            vec![make(NoticeKind::BillCreated, Arc::clone(&terms.agency), subject)]
        }
        Event::BillCancelled { bill } => bill_ended(bill, BillState::Cancelled, NoticeKind::BillCancelled)?,
        Event::BillExpired { bill } => bill_ended(bill, BillState::Expired, NoticeKind::BillExpired)?,
        Event::AttemptMoved { attempt, on, to, code, .. } => {
            let Some(kind) = kind_of_attempt(on) else { return Ok(Vec::new()) };
            let attempt = books.attempt(attempt)?.ok_or(NoticeError::Contradiction)?;
            let attempt = attempt_then(&attempt, on, to, code, sequence);
            vec![make(kind, Arc::clone(&attempt.agency), Subject::Attempt(Box::new(attempt)))]
        }
        Event::PaymentReceived(payment) => match &payment.placement {
            Placement::Bill { bill, agency, state, share, .. } => {
                let (number, state, agency) = (*bill, *state, Arc::clone(agency));
                let of_bill = kind_of_share(*share)
                    .map(|kind| make(kind, Arc::clone(&agency), Subject::Bill(number, state)));
                let subject = Subject::Payment(Box::new(payment));
                let of_payment = make(NoticeKind::PaymentSucceeded, agency, subject);
                of_bill.into_iter().chain([of_payment]).collect()
            }
            Placement::Suspense { reason, agency: Some(agency), service, .. } => {
                let suspense = SuspenseThen {
                    sequence,
                    receipt: payment.receipt.clone(),
                    money: payment.money,
                    reason: *reason,
                    agency: Arc::clone(agency),
                    service: service.clone(),
                    since: at,
                };
                vec![make(NoticeKind::SuspenseOpened, Arc::clone(agency), Subject::Suspense(suspense))]
            }
            Placement::Suspense { agency: None, .. } => Vec::new(),
        },
        Event::Application(ApplicationEvent::Moved(moved)) => {
            let agency = Arc::clone(&moved.agency);
            vec![make(NoticeKind::ApplicationUpdated, agency, Subject::Application(Box::new(moved)))]
        }
        Event::Gate(GateEvent::BatchTaken { device, number, uses, passes, .. }) => {
            match used_twice(books, &device, number, sequence, uses, passes)? {
                Some(then) => {
                    let agency = Arc::clone(&then.device.agency);
                    vec![make(NoticeKind::GateUsedTwice, agency, Subject::UsedTwice(Box::new(then)))]
                }
                None => Vec::new(),
            }
        }
        Event::CataloguePublished { .. }
        | Event::CatalogueDrafted { .. }
        | Event::CatalogueDraftWithdrawn { .. }
        | Event::KeyIssued { .. }
        | Event::KeyRevoked { .. }
        | Event::AttemptCreated { .. }
        | Event::PaymentQuarantined { .. }
        | Event::MessageUnreadable { .. }
        | Event::AvailabilityChanged(_)
        | Event::UsageCounted(_)
        | Event::Channel(_)
        | Event::Staff(_)
        | Event::Visit(_)
        | Event::Gate(_)
        | Event::Sweep(_)
        | Event::Counter(_)
        | Event::PaymentsListed(_)
        | Event::SaleTakenBack(_)
        | Event::Message(_)
        | Event::Notice(_)
        | Event::DayClosed { .. } => Vec::new(),
    })
}

/// What of a batch had been used before, at whichever gate; nothing of all others. The same pass told of twice is one pass.
fn used_twice(
    books: &Books,
    device: &str,
    batch: u64,
    sequence: u64,
    mut uses: Vec<GateUse>,
    mut passes: Vec<GatePass>,
) -> Result<Option<UsedTwiceThen>, NoticeError> {
    uses.retain(|used| matches!(used.outcome, UseOutcome::UsedTwice { .. }));
    passes.retain(|pass| matches!(pass.outcome, PassOutcome::NumberUsed { .. }));
    if uses.is_empty() && passes.is_empty() {
        return Ok(None);
    }
    let gates = books.readers().gates();
    let device = gates.device(device).ok_or(NoticeError::Contradiction)?.device.clone();
    Ok(Some(UsedTwiceThen { device, batch, sequence, uses, passes }))
}

/// What becomes of a bill by money that came for it; nothing if the bill had ended before.
fn kind_of_share(share: Share) -> Option<NoticeKind> {
    match share {
        Share::HeldForRest => Some(NoticeKind::BillPartPaid),
        Share::Completed => Some(NoticeKind::BillPaid),
        Share::CompletedWithExcess | Share::Duplicate => Some(NoticeKind::BillOverpaid),
        Share::Late => None,
    }
}

/// What news of an attempt tell. That it succeeded is told by the payment.
fn kind_of_attempt(on: AttemptEvent) -> Option<NoticeKind> {
    match on {
        AttemptEvent::Refused | AttemptEvent::SaidFailed | AttemptEvent::Declined | AttemptEvent::RanOut => {
            Some(NoticeKind::PaymentFailed)
        }
        AttemptEvent::NoAnswer | AttemptEvent::Overdue | AttemptEvent::SaidPaidWithoutReceipt => {
            Some(NoticeKind::PaymentUnknown)
        }
        AttemptEvent::Accepted | AttemptEvent::StillProcessing | AttemptEvent::MoneyArrived => None,
    }
}

/// The attempt as a record left it: what never changes, and what the record says.
fn attempt_then(
    attempt: &Attempt,
    on: AttemptEvent,
    state: AttemptState,
    code: Option<Arc<str>>,
    sequence: u64,
) -> Attempt {
    Attempt {
        state,
        code,
        prompt_record: None,
        channel_receipt: None,
        said_paid: on == AttemptEvent::SaidPaidWithoutReceipt,
        changed_by: sequence,
        ..attempt.clone()
    }
}

/// What a record tells; nothing, and an error in the log, of one that contradicts the rest. It must not stand in the way of
/// all that come after it.
pub(super) fn happenings_if_sound(books: &Books, record: &RawRecord) -> Result<Vec<Happening>, NoticeError> {
    match happenings(books, record) {
        Err(error @ NoticeError::Contradiction) => {
            tracing::error!(%error, record = record.sequence, "Nobody can be told what this record says.");
            Ok(Vec::new())
        }
        found => found,
    }
}

/// The notice with this identifier, and who is told; nothing if no record tells it.
pub(crate) fn find(books: &Books, id: NoticeId) -> Result<Option<Happening>, NoticeError> {
    if id.sequence() >= books.readers().sequence() {
        return Ok(None);
    }
    let Some(record) = books.ledger().record(id.sequence())? else { return Ok(None) };
    Ok(happenings(books, &record)?.into_iter().find(|happening| happening.id == id))
}

impl Happening {
    /// Looks its object up.
    pub(crate) fn into_notice(self, books: &Books) -> Result<Notice, NoticeError> {
        let sequence = self.id.sequence();
        let bill_of = |number| books.bill(number)?.ok_or(NoticeError::Contradiction);
        let about = match self.subject {
            Subject::Bill(number, state) => {
                let bill = bill_of(number)?;
                match BillThen::find(books, &bill, sequence, state) {
                    Err(NoticeError::Contradiction) => About::BillInBrief(Arc::clone(&bill.terms), state),
                    found => About::Bill(Box::new(found?)),
                }
            }
            Subject::Payment(received) => {
                let Placement::Bill { bill, state, receipt, share, .. } = received.placement else {
                    return Err(NoticeError::Contradiction);
                };
                let payment = BillPayment {
                    sequence,
                    receipt,
                    channel_receipt: Arc::clone(&received.receipt.number),
                    money: received.money,
                    booked: self.at,
                };
                About::Payment(Box::new(PaymentThen {
                    terms: Arc::clone(&bill_of(bill)?.terms),
                    bill_state: state,
                    payment,
                    share,
                    receipt: received.receipt,
                    moved: received.moved,
                    attempt: received.attempt,
                }))
            }
            Subject::Attempt(attempt) => About::Attempt(attempt),
            Subject::Suspense(suspense) => About::Suspense(suspense),
            Subject::UsedTwice(then) => About::UsedTwice(then),
            Subject::Application(moved) => {
                let terms = Arc::clone(&bill_of(moved.bill)?.terms);
                About::Application(moved, terms)
            }
        };
        Ok(Notice { id: self.id, kind: self.kind, at: self.at, about })
    }
}
