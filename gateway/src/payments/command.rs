//! What is asked of the books, and what they answer.

use std::sync::Arc;

use catalog::Holidays;
use ledger::{Evidence, Fingerprint, LedgerTime, Money, Sealed};

use super::application::{ApplicationNews, ApplicationState};
use super::attempt::Method;
use super::attempt_life::{AttemptEvent, AttemptState};
use super::availability::{AvailabilityScope, ClosedBy, ClosureTerms};
use super::bill::{
    AssessedAmount, BillLine, BillTerms, CatalogueVersion, PartPaymentRule, Quote, WaivedAmount,
};
use super::bill_life::BillState;
use super::channel_receipt::{AccountFact, ChannelReceipt, Provider};
use super::channels::{ChannelAsk, ChannelName, ChannelRefusal};
use super::counters::{CounterAsk, CounterRefusal};
use super::event::{Difference, ToldBy};
use super::gates::{GateAsk, GateRefusal};
use super::identifier::{AttemptId, BillId};
use super::listed::ListedPayments;
use super::message_event::MessageAsk;
use super::notices::NoticeAsk;
use super::number::{PaymentNumber, TypedAccount};
use super::passes::WaitingMoney;
use super::reference::{BillReference, Held, NewReference, TypedReference};
use super::staff::StaffAsk;
use super::sweeps::{SweepAsk, SweepReference, SweepRefusal};
use super::taken_back::SaleTakenBack;
use super::usage::UsageCounts;
use super::visits::{Visit, VisitAsk};
use crate::access::ApiKey;

/// A request to the books: who asks, why, and what.
#[derive(Clone, Debug)]
pub struct Command {
    /// Who asks.
    pub principal: Arc<str>,
    /// The request or message that led to it.
    pub cause: Arc<str>,
    /// What is asked.
    pub ask: Ask,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Put a catalogue into force.
    PublishCatalogue {
        /// SHA-256 of its bytes in hex.
        hash: Arc<str>,
        /// Who approves.
        approver: Arc<str>,
    },
    /// Keep a catalogue until a second person puts it into force.
    DraftCatalogue {
        /// SHA-256 of its bytes in hex.
        hash: Arc<str>,
        /// The number of the catalogue that it was compared with.
        base: u64,
        /// Why.
        note: Arc<str>,
    },
    /// Give a draft up.
    WithdrawDraft {
        /// Its hash.
        hash: Arc<str>,
    },
    /// Put a draft into force. Whoever asks must be somebody else than who wrote it.
    PublishDraft {
        /// Its hash.
        hash: Arc<str>,
    },
    /// Hand out a key.
    IssueKey(Box<ApiKey>),
    /// End a key.
    RevokeKey {
        /// Which.
        id: Arc<str>,
    },
    /// Make a bill.
    CreateBill(Box<NewBill>),
    /// Withdraw a bill.
    CancelBill {
        /// Which.
        bill: PaymentNumber,
        /// The caller's key for this request.
        idempotency: Option<Idempotency>,
    },
    /// Record that somebody is about to be asked to pay.
    CreateAttempt(Box<NewAttempt>),
    /// Record news of an attempt that is not money.
    MoveAttempt(AttemptNews),
    /// Book money that moved.
    Receive(Box<MoneyIn>),
    /// Book money that moved, of which the books have this in suspense: if this says what it is for, it is put there.
    ReceiveWaiting(Box<MoneyIn>, Box<WaitingMoney>),
    /// Remember that a payment was taken back: by its own terminal, or by who keeps the account.
    TakeBack(SaleTakenBack, Evidence),
    /// Keep a message that money has moved, of which nothing could be read.
    KeepUnreadable(Box<UnreadableMessage>),
    /// Close a service or an agency for a time, or plan to.
    Close {
        /// What.
        scope: AvailabilityScope,
        /// What is said about it.
        terms: ClosureTerms,
    },
    /// Open a service or an agency again.
    Open {
        /// What.
        scope: AvailabilityScope,
        /// Who does.
        opened_by: ClosedBy,
    },
    /// Note how an agency's own system is.
    NoteSystem {
        /// Whose.
        agency: Arc<str>,
        /// Its host and port.
        system: Arc<str>,
        /// Whether it does not answer.
        is_down: bool,
    },
    /// What an agency says of applications.
    Application(ApplicationAsk),
    /// About the ways to pay.
    Channel(ChannelAsk),
    /// About messages to payers.
    Message(MessageAsk),
    /// Keep what was counted.
    CountUsage(UsageCounts),
    /// Change an account of staff.
    Staff(StaffAsk),
    /// Send fallback money home, or say how that ended.
    Sweep(SweepAsk),
    /// Something at a counter that takes cash.
    Counter(CounterAsk),
    /// Keep that a statement lists payments that are booked.
    KeepListed(ListedPayments),
    /// Let somebody in.
    Visit(VisitAsk),
    /// Something about devices at gates.
    Gate(GateAsk),
    /// Something about telling agencies.
    Notice(NoticeAsk),
    /// Do what time has made due: expiry, overdue attempts, the end of the day.
    Tick {
        /// The revenue day that it is now, as days since 1 January 1970 in East Africa Time.
        today: i32,
    },
}

/// What is asked of applications.
#[derive(Clone, Debug)]
pub enum ApplicationAsk {
    /// Record what an agency reports: all of it or nothing.
    Report {
        /// Who reports.
        agency: Arc<str>,
        /// What.
        reports: Vec<ApplicationReport>,
        /// Days that are no working days: what is promised leaves them out.
        holidays: Holidays,
    },
}

/// What an agency reports of one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationReport {
    /// Its bill.
    pub bill: PaymentNumber,
    /// What happened.
    pub news: ApplicationNews,
}

/// A report that cannot be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedReport {
    /// Its place among those that came with it, from 0.
    pub index: usize,
    /// Why.
    pub reason: ApplicationRefusal,
}

/// Why a report cannot be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplicationRefusal {
    /// The agency has no such bill.
    #[error("there is no such bill, or it is not yours")]
    NoSuchBill,
    /// The bill is not paid.
    #[error("its bill is {}", state.word())]
    BillIs {
        /// What it is.
        state: BillState,
    },
    /// This cannot happen to the application now.
    #[error("the application is {}, and this does not follow", state.word())]
    NotFrom {
        /// What it is.
        state: ApplicationState,
    },
}

/// A bill to be made. Everything but its place in the books is settled.
#[derive(Clone, Debug)]
pub struct NewBill {
    /// Its identifier.
    pub id: BillId,
    /// A random word, for its payment number.
    pub random: u64,
    /// Whose revenue.
    pub agency: Arc<str>,
    /// What for.
    pub service: Arc<str>,
    /// What the service is called.
    pub service_name: catalog::Text,
    /// The priced lines.
    pub lines: Vec<BillLine>,
    /// Their sum.
    pub total: Money,
    /// What the payer is asked for.
    pub payable: Money,
    /// How the one became the other.
    pub quote: Option<Quote>,
    /// Why there is no convenience fee, or under what there is one.
    pub convenience_basis: Arc<str>,
    /// What an officer took off.
    pub waived: Option<WaivedAmount>,
    /// Whether in parts.
    pub part_payment: PartPaymentRule,
    /// What the agency promises for the time after the payment, in working days.
    pub promised_working_days: Option<u16>,
    /// Which catalogue priced it.
    pub catalogue: CatalogueVersion,
    /// What the agency has said of an assessed amount.
    pub assessment: Option<AssessedAmount>,
    /// The agency's own name for it.
    pub agency_reference: Option<Arc<str>>,
    /// The day that it is for, where the order names one.
    pub visit_day: Option<jiff::civil::Date>,
    /// What payers may type instead of its number.
    pub references: Vec<NewReference>,
    /// In which the payer is told of it; English, if nothing is said.
    pub language: Option<catalog::Language>,
    /// How long it can be paid, in seconds.
    pub life_seconds: i64,
    /// Where the key of its personal data lies.
    pub vault_slot: u64,
    /// The personal data, if there is any.
    pub sealed: Option<Sealed>,
    /// The caller's key for this request.
    pub idempotency: Option<Idempotency>,
}

/// An attempt to be recorded.
#[derive(Clone, Debug)]
pub struct NewAttempt {
    /// Its identifier.
    pub id: AttemptId,
    /// The bill.
    pub bill: PaymentNumber,
    /// How.
    pub method: Method,
    /// The payer's number, sealed under the bill's key.
    pub sealed: Option<Sealed>,
    /// The caller's key for this request.
    pub idempotency: Option<Idempotency>,
}

/// News of an attempt.
#[derive(Clone, Debug)]
pub struct AttemptNews {
    /// Which.
    pub attempt: AttemptId,
    /// What happened.
    pub on: AttemptEvent,
    /// The provider's result code.
    pub code: Option<Arc<str>>,
    /// The provider's name for the prompt, sealed under the bill's key.
    pub sealed: Option<Sealed>,
}

/// Money that moved.
#[derive(Clone, Debug)]
pub struct MoneyIn {
    /// The channel's receipt.
    pub receipt: ChannelReceipt,
    /// How much.
    pub money: Money,
    /// For whom.
    pub addressed: Addressed,
    /// What the message says of the account, to be compared with other messages of the same receipt.
    pub account_fact: AccountFact,
    /// Which message.
    pub told_by: ToldBy,
    /// How well it is established.
    pub evidence: Evidence,
    /// When it moved, by the channel's clock.
    pub moved: Option<LedgerTime>,
    /// The personal data of the message.
    pub sealed: Option<Sealed>,
    /// A random word, for our receipt number.
    pub random: u64,
}

/// A message that could not be read.
#[derive(Clone, Debug)]
pub struct UnreadableMessage {
    /// Whose message.
    pub provider: Provider,
    /// Which kind of message.
    pub told_by: ToldBy,
    /// The attempt that its address names.
    pub attempt: Option<AttemptId>,
    /// What could not be read, without what was there.
    pub reason: Arc<str>,
    /// Its length in bytes.
    pub byte_count: u64,
    /// Names its content, and says nothing of it: the same message is kept once.
    pub content: Arc<str>,
    /// The message itself.
    pub sealed: Option<Sealed>,
}

/// How money says what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addressed {
    /// By what the payer typed.
    Typed(TypedAccount),
    /// By the reference of a bill that the payer typed.
    Reference(Box<TypedReference>),
    /// By something that the payer typed and that leads to no bill, whatever bills there are.
    Held(Box<Held>),
    /// By the attempt that it answers.
    Attempt(AttemptId),
    /// By the reference of a sweep: money of ours that comes home.
    Sweep(SweepReference),
    /// For another short code than ours: for nobody here.
    OtherShortCode,
}

/// A caller's key for one request, which has one effect however often it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The claim of this period of thirty days and that of the one before: a repeat finds either.
    pub claims: [Arc<str>; 2],
    /// SHA-256 of the request.
    pub fingerprint: Fingerprint,
}

/// What the books answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done, by the record with this sequence. What it made can be read from the published state.
    Done {
        /// Sequence of the record.
        sequence: u64,
    },
    /// A bill was made.
    BillCreated {
        /// Its number.
        bill: PaymentNumber,
        /// Sequence of the record.
        sequence: u64,
    },
    /// The same request was done before, by the record with this sequence.
    Repeated {
        /// Sequence of that record.
        sequence: u64,
    },
    /// Nothing had to be done.
    Nothing,
    /// Money was booked.
    Booked {
        /// Sequence of the record.
        sequence: u64,
    },
    /// This receipt was booked before; nothing was posted.
    Known {
        /// Sequence of the record.
        sequence: u64,
    },
    /// This receipt was booked before with other facts; the first stands, this message is in quarantine.
    Quarantined {
        /// Sequence of the payment that stands.
        stands: u64,
        /// What differs.
        differs: Difference,
        /// False if the same message was put into quarantine before.
        is_new: bool,
    },
    /// The money of this receipt is in suspense, and this message may say what it is for: ask again with what the record with this
    /// sequence has. Nothing was written.
    Waits {
        /// Sequence of the record.
        sequence: u64,
    },
    /// Nothing was booked: the terminal itself, or who keeps the account, took this back, by the record with this sequence.
    TakenBack {
        /// Sequence of the record.
        sequence: u64,
    },
    /// It cannot be done.
    Refused(Refusal),
}

/// Why something cannot be done. Money is never refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such bill.
    #[error("there is no such bill")]
    NoSuchBill,
    /// There is no such attempt.
    #[error("there is no such attempt")]
    NoSuchAttempt,
    /// The bill's state does not allow it.
    #[error("the bill is {}", state.word())]
    BillIs {
        /// What it is.
        state: BillState,
    },
    /// An earlier prompt may still be answered.
    #[error("an earlier prompt may still be answered")]
    PromptMayLive {
        /// Which.
        attempt: AttemptId,
        /// From when another may be sent.
        until: LedgerTime,
    },
    /// The channel is down: nobody is asked on it.
    #[error("{channel} is down")]
    ChannelDown {
        /// Which.
        channel: ChannelName,
    },
    /// The service, or its agency, is closed: no bill is made. Bills that exist can be paid.
    #[error("the service is closed")]
    Closed {
        /// Why, in the words of who closed it.
        reason: catalog::Text,
        /// How long still, where that is known.
        seconds_left: Option<u32>,
    },
    /// An operator closed it, and only an operator opens it.
    #[error("an operator closed it, and only an operator opens it")]
    ClosedByOperator,
    /// It is closed now: a plan to close it later would open it until then.
    #[error("it is closed now, and a plan would open it until then")]
    ClosedNow,
    /// Too many things are closed already.
    #[error("too many things are closed already")]
    TooManyClosures,
    /// The same idempotency key was used with another request.
    #[error("the idempotency key was used with another request")]
    OtherRequest,
    /// There is no such draft of a catalogue.
    #[error("there is no such draft")]
    NoSuchDraft,
    /// Too many drafts wait already.
    #[error("too many drafts wait already")]
    TooManyDrafts,
    /// Who wrote a draft cannot approve it.
    #[error("who wrote a draft cannot put it into force")]
    SamePerson,
    /// Another catalogue came into force since the draft was written.
    #[error("catalogue {in_force} came into force since; the draft was written on top of {base}")]
    DraftIsStale {
        /// What it was written on top of.
        base: u64,
        /// What is in force.
        in_force: u64,
    },
    /// The catalogue is in force already.
    #[error("this catalogue is in force already")]
    AlreadyInForce,
    /// There is no such key.
    #[error("there is no such key")]
    NoSuchKey,
    /// A key of this name exists.
    #[error("a key of this name exists")]
    KeyExists,
    /// There is no such account of staff.
    #[error("there is no such account of staff")]
    NoSuchStaff,
    /// An account of this name exists, or there are as many as there may be.
    #[error("there is no room for another account of staff")]
    NoRoomForStaff,
    /// The bill is not paid in full.
    #[error("the bill is {}", state.word())]
    NotPaid {
        /// What it is.
        state: BillState,
    },
    /// The bill is for another day.
    #[error("the bill is for {day}")]
    WrongDay {
        /// Which.
        day: jiff::civil::Date,
    },
    /// Somebody was let in for this bill already.
    #[error("it was used at {}", visit.gate)]
    AlreadyUsed {
        /// When and where.
        visit: Arc<Visit>,
    },
    /// Another bill over the same assessment is open.
    #[error("bill {bill} over the same assessment is open")]
    AssessmentHasBill {
        /// Which.
        bill: PaymentNumber,
    },
    /// Some reports of an agency cannot be recorded, and so none was.
    #[error("{} of the reports cannot be recorded", .0.len())]
    Reports(Vec<RefusedReport>),
    /// It cannot be done about a gate.
    #[error(transparent)]
    Gate(#[from] GateRefusal),
    /// It cannot be said of a channel.
    #[error(transparent)]
    Channel(#[from] ChannelRefusal),
    /// It cannot be done at a counter.
    #[error(transparent)]
    Counter(#[from] CounterRefusal),
    /// A sweep cannot be recorded.
    #[error(transparent)]
    Sweep(#[from] SweepRefusal),
    /// There is no such endpoint.
    #[error("there is no such endpoint")]
    NoSuchEndpoint,
    /// There are as many endpoints as there may be.
    #[error("there are as many endpoints as there may be")]
    TooManyEndpoints,
    /// As many notices as may wait for an endpoint wait already.
    #[error("as many events wait for the endpoint as may")]
    TooManyDeliveries,
    /// Every payment number tried is taken; trying again will find another.
    #[error("no free payment number was found")]
    NoFreeNumber,
}

impl NewBill {
    /// What is agreed by this bill under this number, if it is made now.
    pub(super) fn agreed(&self, number: PaymentNumber, now: LedgerTime) -> BillTerms {
        let expires = now.plus_seconds(self.life_seconds);
        let as_kept = |reference: &NewReference| BillReference {
            kind: reference.kind,
            key: reference.key,
            any_agency: reference.any_agency,
        };
        BillTerms {
            id: self.id,
            number,
            agency: self.agency.clone(),
            service: self.service.clone(),
            service_name: self.service_name.clone(),
            lines: self.lines.clone(),
            total: self.total,
            payable: self.payable,
            // A bill ends with its quote: money that comes later would come at a rate that nobody offered.
            expires: self.quote.as_ref().map_or(expires, |quote| quote.expires.min(expires)),
            quote: self.quote.clone(),
            convenience_basis: self.convenience_basis.clone(),
            waived: self.waived.clone(),
            part_payment: self.part_payment,
            promised_working_days: self.promised_working_days,
            catalogue: self.catalogue.clone(),
            assessment: self.assessment,
            agency_reference: self.agency_reference.clone(),
            visit_day: self.visit_day,
            references: self.references.iter().map(as_kept).collect(),
            language: self.language,
            created: now,
            vault_slot: self.vault_slot,
        }
    }
}

impl AttemptNews {
    /// What the attempt becomes, if the news changes anything.
    pub fn becomes(&self, state: AttemptState) -> Option<AttemptState> {
        state.after(self.on)
    }
}
