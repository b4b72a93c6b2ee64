//! From a record to a message: whether there is one, what it says, and to whom. The one place where another kind of event gets
//! its message is [`kind_of`]; its text is in `texts`, whom it goes to in [`phone_of`].

use std::borrow::Cow;
use std::sync::Arc;

use ledger::{LedgerTime, RawRecord};

use super::texts::{PaidTo, Surroundings, Wording, text};
use crate::app::App;
use crate::books::LookupError;
use crate::channels::mpesa::subscriber::Subscriber;
use crate::clock::east_africa_date;
use crate::offering;
use crate::payments::channels::ChannelKind;
use crate::payments::{
    ApplicationEvent, ApplicationMoved, Attempt, AttemptEvent, AttemptId, AttemptState, Bill, Event,
    MessageEvent, MessageId, MessageKind, MessageState, PaymentNumber, PaymentReceived, Placement, Share,
    read_event,
};
use crate::personal::{Field, opened};
use ledger::personal::VaultError;

/// How long nobody has to know what became of a prompt before the payer is told so, in seconds after the record that says
/// that it is not known. Most prompts have had their answer by then.
const DELAYED_AFTER_SECONDS: i64 = 60;
/// How old what it tells of may be when a message is handed over, in seconds. Advice for the moment ages faster.
const AGE_SECONDS_MAX: i64 = 24 * 3_600;
const AGE_OF_ADVICE_SECONDS_MAX: i64 = 3 * 3_600;
/// The same of what works now: it may be something else soon.
const AGE_OF_OTHER_WAY_SECONDS_MAX: i64 = 1_800;

/// A record from which a message follows.
pub(super) struct Found {
    /// The record.
    pub(super) record: RawRecord,
    /// What it says.
    pub(super) event: Event,
    /// What the message is to say.
    pub(super) kind: MessageKind,
}

/// What is to happen to a message now.
pub(super) enum Plan {
    /// It is handed over.
    Send(Letter),
    /// It waits.
    Wait(LedgerTime),
    /// It is not handed over any more.
    Drop(&'static str),
    /// There is none: nobody knows whom it would go to, or it is long over.
    Nothing,
}

/// A message that can be handed over.
pub(super) struct Letter {
    pub(super) phone: Subscriber,
    pub(super) text: String,
}

/// A message cannot be written now.
#[derive(Debug, thiserror::Error)]
pub(super) enum LetterError {
    /// The books.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// Keys of personal data.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Found {
    /// The message that follows from a record, if one may.
    pub(super) fn of(record: RawRecord) -> Option<Self> {
        let event = read_event(&record.draft.event)?;
        let kind = kind_of(&event)?;
        Some(Self { record, event, kind })
    }

    /// Names the message.
    pub(super) fn id(&self) -> MessageId {
        MessageId(self.record.sequence)
    }

    /// Whether it could be of no use to anybody any more.
    pub(super) fn is_out_of_date(&self, now: LedgerTime) -> bool {
        self.record.time.plus_seconds(age_seconds_max(self.kind)) < now
    }

    /// The bill that the message is about.
    pub(super) fn bill(&self, app: &App) -> Result<Option<PaymentNumber>, LookupError> {
        match &self.event {
            Event::PaymentReceived(PaymentReceived { placement: Placement::Bill { bill, .. }, .. }) => {
                Ok(Some(*bill))
            }
            Event::AttemptMoved { attempt, .. } => {
                Ok(app.books.attempt(*attempt)?.map(|attempt| attempt.bill))
            }
            Event::Application(ApplicationEvent::Moved(moved)) => Ok(Some(moved.bill)),
            Event::Message(MessageEvent::HolderToBeTold { bill, .. }) => Ok(Some(*bill)),
            _ => Ok(None),
        }
    }

    /// What is to happen to the message now.
    pub(super) fn plan(
        &self,
        app: &App,
        now: LedgerTime,
        around: &Surroundings,
    ) -> Result<Plan, LetterError> {
        match &self.event {
            Event::PaymentReceived(payment) => self.plan_of_payment(app, payment, around),
            Event::AttemptMoved { attempt, .. } => self.plan_of_attempt(app, *attempt, now, around),
            Event::Application(ApplicationEvent::Moved(moved)) => {
                self.plan_of_application(app, moved, around)
            }
            Event::Message(MessageEvent::HolderToBeTold { outage, bill }) => {
                plan_of_other_way(app, *outage, *bill, around)
            }
            _ => Ok(Plan::Nothing),
        }
    }

    fn plan_of_payment(
        &self,
        app: &App,
        payment: &PaymentReceived,
        around: &Surroundings,
    ) -> Result<Plan, LetterError> {
        let (bill, receipt) = match &payment.placement {
            Placement::Bill { bill, receipt, .. } => (app.books.bill(*bill)?, Some(*receipt)),
            Placement::Suspense { .. } => (None, None),
        };
        if self.kind == MessageKind::PartPayment && bill.as_ref().is_none_or(|bill| !bill.state.is_open()) {
            return Ok(Plan::Drop("settled"));
        }
        // The message that told of the money may have said who sent it.
        let told = told_by(app, &self.record, payment)?;
        let Some(phone) = phone_of(app, &told, payment.attempt, bill.as_deref())? else {
            return Ok(Plan::Nothing);
        };
        let language = bill.as_ref().and_then(|bill| bill.terms.language).unwrap_or(catalog::Language::En);
        let pay_to = bill.as_ref().map(|bill| pay_to(app, bill)).transpose()?.flatten();
        let wording = match (self.kind, &bill, receipt) {
            (MessageKind::Receipt, Some(bill), Some(receipt)) => Wording::Receipt {
                money: payment.money,
                service: &bill.terms.service_name,
                agency: &bill.terms.agency,
                receipt,
            },
            (MessageKind::PartPayment, Some(bill), _) => Wording::PartPayment {
                money: payment.money,
                due: bill.due(),
                bill: bill.terms.number,
                until: east_africa_date(bill.terms.expires.micros()),
                pay_to: pay_to.as_deref(),
            },
            _ => Wording::Held { money: payment.money, channel_receipt: &payment.receipt.number },
        };
        Ok(Plan::Send(Letter { phone, text: text(&wording, language, around) }))
    }

    fn plan_of_application(
        &self,
        app: &App,
        moved: &ApplicationMoved,
        around: &Surroundings,
    ) -> Result<Plan, LetterError> {
        let Some(centre) = moved.news.centre() else { return Ok(Plan::Nothing) };
        let Some(bill) = app.books.bill(moved.bill)? else { return Ok(Plan::Nothing) };
        // It was collected, or sent to another centre, before anybody could be told: that has a message of its own.
        let latest = app.books.application(moved.bill)?;
        if latest.is_none_or(|application| application.changed_by != self.record.sequence) {
            return Ok(Plan::Drop("settled"));
        }
        let Some(phone) = phone_of_applicant(app, &bill)? else { return Ok(Plan::Nothing) };
        let wording = Wording::Ready {
            service: &bill.terms.service_name,
            agency: &bill.terms.agency,
            centre: centre.as_str(),
            bill: moved.bill,
        };
        let language = bill.terms.language.unwrap_or(catalog::Language::En);
        Ok(Plan::Send(Letter { phone, text: text(&wording, language, around) }))
    }

    fn plan_of_attempt(
        &self,
        app: &App,
        id: AttemptId,
        now: LedgerTime,
        around: &Surroundings,
    ) -> Result<Plan, LetterError> {
        let Some(attempt) = app.books.attempt(id)? else { return Ok(Plan::Nothing) };
        let Some(bill) = app.books.bill(attempt.bill)? else { return Ok(Plan::Nothing) };
        let Some(phone) = phone_of_attempt(app, &attempt)? else { return Ok(Plan::Nothing) };
        let language = bill.terms.language.unwrap_or(catalog::Language::En);
        let number = bill.terms.number;
        let pay_to = pay_to(app, &bill)?;
        let wording = match self.kind {
            MessageKind::Delayed => {
                let due = self.record.time.plus_seconds(DELAYED_AFTER_SECONDS);
                if attempt.state != AttemptState::Unknown || !bill.state.is_open() {
                    return Ok(Plan::Drop("settled"));
                }
                if now < due {
                    return Ok(Plan::Wait(due));
                }
                Wording::Delayed { bill: number }
            }
            _ if !was_told_to_wait(app, number, id)? => return Ok(Plan::Nothing),
            _ if !bill.state.is_open() || attempt.state == AttemptState::Succeeded => {
                return Ok(Plan::Drop("settled"));
            }
            _ => Wording::NotTaken { bill: number, pay_to: pay_to.as_deref() },
        };
        Ok(Plan::Send(Letter { phone, text: text(&wording, language, around) }))
    }
}

/// Whoever has a bill is told what works now; nobody who may be paying, or of whom it is not known whether they have.
fn plan_of_other_way(
    app: &App,
    outage: u64,
    number: PaymentNumber,
    around: &Surroundings,
) -> Result<Plan, LetterError> {
    let Some(bill) = app.books.bill(number)? else { return Ok(Plan::Nothing) };
    let goes_on = app.books.readers().channels().open_outages().any(|open| open.id == outage);
    if !goes_on || !bill.state.is_open() {
        return Ok(Plan::Drop("settled"));
    }
    let attempt = bill.latest_attempt.map(|id| app.books.attempt(id)).transpose()?.flatten();
    if attempt.as_ref().is_some_and(|attempt| !attempt.state.is_finished()) {
        return Ok(Plan::Drop("in_doubt"));
    }
    let offers = offering::of_bill(app, &bill, attempt.as_deref());
    // A prompt is asked for on the page of the bill, which shows it anyway.
    let way = offers.payable().find(|way| !way.channel.kind().asks_payer());
    let Some(way) = way else { return Ok(Plan::Drop("no_other_way")) };
    let Some(phone) = phone_of_applicant(app, &bill)? else { return Ok(Plan::Nothing) };
    let paid_to = app.channels.find(&way.channel).and_then(|channel| match way.channel.kind() {
        ChannelKind::AgencyTill => Some(PaidTo::Business(channel.pay_to())),
        ChannelKind::Bank | ChannelKind::BankSlip => Some(PaidTo::Account(channel.pay_to())),
        _ => None,
    });
    let wording = Wording::OtherWay { bill: number, way: &way.title, paid_to };
    let language = bill.terms.language.unwrap_or(catalog::Language::En);
    Ok(Plan::Send(Letter { phone, text: text(&wording, language, around) }))
}

/// What to type into M-PESA as the business number to pay this bill now, if there is anything to type that works.
fn pay_to(app: &App, bill: &Bill) -> Result<Option<Arc<str>>, LetterError> {
    if !bill.state.is_open() {
        return Ok(None);
    }
    let attempt = bill.latest_attempt.map(|id| app.books.attempt(id)).transpose()?.flatten();
    let offers = offering::of_bill(app, bill, attempt.as_deref());
    Ok(offering::typed_into_mpesa(app, &offers).map(|account| account.number))
}

/// Which message follows from what happened, if any does. Only what a payer waits for: nobody is reminded of anything.
fn kind_of(event: &Event) -> Option<MessageKind> {
    match event {
        Event::PaymentReceived(payment) => Some(match &payment.placement {
            Placement::Bill { share: Share::Completed | Share::CompletedWithExcess, .. } => {
                MessageKind::Receipt
            }
            Placement::Bill { share: Share::HeldForRest, .. } => MessageKind::PartPayment,
            Placement::Bill { share: Share::Duplicate | Share::Late, .. } | Placement::Suspense { .. } => {
                MessageKind::Held
            }
        }),
        // Each of these happens to an attempt once. That the provider says paid, without a receipt, is not among them: the
        // confirmation is on its way.
        Event::AttemptMoved {
            on: AttemptEvent::Overdue | AttemptEvent::NoAnswer,
            to: AttemptState::Unknown,
            ..
        } => Some(MessageKind::Delayed),
        Event::AttemptMoved {
            to: AttemptState::Failed | AttemptState::Cancelled | AttemptState::Expired,
            ..
        } => Some(MessageKind::NotTaken),
        Event::Application(ApplicationEvent::Moved(moved)) => moved.news.centre().map(|_| MessageKind::Ready),
        Event::Message(MessageEvent::HolderToBeTold { .. }) => Some(MessageKind::OtherWay),
        _ => None,
    }
}

fn age_seconds_max(kind: MessageKind) -> i64 {
    match kind {
        MessageKind::Receipt | MessageKind::PartPayment | MessageKind::Held | MessageKind::Ready => {
            AGE_SECONDS_MAX
        }
        MessageKind::Delayed | MessageKind::NotTaken => AGE_OF_ADVICE_SECONDS_MAX,
        MessageKind::OtherWay => AGE_OF_OTHER_WAY_SECONDS_MAX,
    }
}

/// Whether the payer was told, or may have been, that nobody knows what became of this attempt. Only then is there anything
/// to set right.
fn was_told_to_wait(app: &App, bill: PaymentNumber, attempt: AttemptId) -> Result<bool, LookupError> {
    for message in app.books.messages_of_bill(bill)? {
        let may_have_been_told = !matches!(message.state, MessageState::Waiting | MessageState::Dropped);
        if message.kind == MessageKind::Delayed
            && may_have_been_told
            && let Some(Event::AttemptMoved { attempt: its, .. }) = app.books.event(message.id.0)?
            && its == attempt
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whom a message about money goes to: who paid, where the provider says so in plain digits; otherwise who was asked to pay;
/// otherwise whoever had the bill made, if a number was given then.
fn phone_of(
    app: &App,
    record: &RawRecord,
    attempt: Option<AttemptId>,
    bill: Option<&Bill>,
) -> Result<Option<Subscriber>, LetterError> {
    let told = opened_if_kept(app, record, Field::ProviderPhone)?;
    if let Some(payer) = told.and_then(|digits| Subscriber::parse(&digits).ok()) {
        return Ok(Some(payer));
    }
    if let Some(id) = attempt.or_else(|| bill?.latest_attempt)
        && let Some(attempt) = app.books.attempt(id)?
        && let Some(asked) = phone_of_attempt(app, &attempt)?
    {
        return Ok(Some(asked));
    }
    match bill.and_then(|bill| bill.phone_record) {
        Some(sequence) => phone_in(app, sequence),
        None => Ok(None),
    }
}

/// Whom a message about no payment goes to: whoever had the bill made, if a number was given then; otherwise who was asked to
/// pay it; otherwise who paid it, where the provider said so in plain digits.
fn phone_of_applicant(app: &App, bill: &Bill) -> Result<Option<Subscriber>, LetterError> {
    if let Some(sequence) = bill.phone_record
        && let Some(applicant) = phone_in(app, sequence)?
    {
        return Ok(Some(applicant));
    }
    let payment = bill.latest_payments.last().map(|payment| payment.sequence);
    let record = match payment {
        Some(sequence) => app.books.ledger().record(sequence).map_err(LookupError::from)?,
        None => None,
    };
    match record {
        Some(record) => phone_of(app, &record, bill.latest_attempt, None),
        None => Ok(None),
    }
}

fn phone_of_attempt(app: &App, attempt: &Attempt) -> Result<Option<Subscriber>, LetterError> {
    attempt.phone_record.map_or(Ok(None), |sequence| phone_in(app, sequence))
}

/// The phone that is sealed in this record; nothing if there is none, or its key was destroyed.
pub(super) fn phone_in(app: &App, sequence: u64) -> Result<Option<Subscriber>, LetterError> {
    let record = app.books.ledger().record(sequence).map_err(LookupError::from)?;
    let Some(record) = record else { return Ok(None) };
    let digits = opened_if_kept(app, &record, Field::Phone)?;
    Ok(digits.and_then(|digits| Subscriber::parse(&digits).ok()))
}

/// A field of a record. Where its key is lost there is nothing to be had, today and later: that costs one message, and holds
/// up no other.
fn opened_if_kept(app: &App, record: &RawRecord, field: Field) -> Result<Option<String>, VaultError> {
    match opened(&app.vault, record, field) {
        Err(error @ (VaultError::Damaged(_) | VaultError::MonthGone(_) | VaultError::MonthDamaged(_))) => {
            tracing::error!(%error, record = record.sequence, "A phone cannot be read any more; nobody is told.");
            Ok(None)
        }
        opened => opened,
    }
}

/// The record in which the message that told of a payment is sealed: this one, unless the money had waited in suspense.
fn told_by<'a>(
    app: &App,
    record: &'a RawRecord,
    payment: &PaymentReceived,
) -> Result<Cow<'a, RawRecord>, LookupError> {
    let Some(waited) = payment.from_suspense else { return Ok(Cow::Borrowed(record)) };
    let told = app.books.ledger().record(waited)?;
    Ok(told.map_or(Cow::Borrowed(record), Cow::Owned))
}

/// The record that a message follows from, read again.
pub(super) fn found_again(app: &App, id: MessageId) -> Result<Option<Found>, LookupError> {
    let record = app.books.ledger().record(id.0)?;
    Ok(record.and_then(Found::of))
}

/// Whom a message went to, or would go to.
pub(super) fn receiver(app: &App, id: MessageId) -> Result<Option<Subscriber>, LetterError> {
    let Some(found) = found_again(app, id)? else { return Ok(None) };
    match &found.event {
        Event::PaymentReceived(payment) => {
            let bill = match found.bill(app)? {
                Some(number) => app.books.bill(number)?,
                None => None,
            };
            phone_of(app, &*told_by(app, &found.record, payment)?, payment.attempt, bill.as_deref())
        }
        Event::AttemptMoved { attempt, .. } => match app.books.attempt(*attempt)? {
            Some(attempt) => phone_of_attempt(app, &attempt),
            None => Ok(None),
        },
        Event::Application(ApplicationEvent::Moved(moved)) => match app.books.bill(moved.bill)? {
            Some(bill) => phone_of_applicant(app, &bill),
            None => Ok(None),
        },
        Event::Message(MessageEvent::HolderToBeTold { bill, .. }) => match app.books.bill(*bill)? {
            Some(bill) => phone_of_applicant(app, &bill),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}
