//! What happens, as the journal keeps it: the payload of a record, in JSON. Names and shapes are for ever: a change
//! is a new name or a field with a default. Nothing in here is personal data.

use std::sync::Arc;

use ledger::{LedgerTime, Money};
use serde::{Deserialize, Serialize};

use super::application::ApplicationEvent;
use super::attempt::Method;
use super::attempt_life::{AttemptEvent, AttemptState};
use super::availability::AvailabilityChange;
use super::bill::{BillTerms, CatalogueVersion};
use super::bill_life::BillState;
use super::channel_receipt::{ChannelReceipt, Provider};
use super::channels::ChannelEvent;
use super::counters::CounterEvent;
use super::gates::GateEvent;
use super::identifier::{AttemptId, ReceiptNumber};
use super::listed::ListedPayments;
use super::message_event::MessageEvent;
use super::notices::NoticeEvent;
use super::number::PaymentNumber;
use super::owners::OwnersPart;
use super::staff::StaffEvent;
use super::sweeps::SweepEvent;
use super::taken_back::SaleTakenBack;
use super::usage::UsageCounts;
use super::visits::VisitEvent;
use crate::access::ApiKey;

/// What a record is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A catalogue came into force.
    CataloguePublished {
        /// Which.
        catalogue: CatalogueVersion,
        /// Who put it into force.
        approver: Arc<str>,
    },
    /// A catalogue was written and waits for a second person.
    CatalogueDrafted {
        /// SHA-256 of its bytes in hex.
        hash: Arc<str>,
        /// The number of the catalogue that it is to replace.
        base: u64,
        /// Why, in the words of who wrote it.
        note: Arc<str>,
    },
    /// A draft was given up.
    CatalogueDraftWithdrawn {
        /// Its hash.
        hash: Arc<str>,
    },
    /// A key for the API was handed out.
    KeyIssued {
        /// What it may do. Only the hash of its secret is here.
        key: ApiKey,
    },
    /// A key ends at once.
    KeyRevoked {
        /// Which.
        id: Arc<str>,
    },
    /// A bill was made.
    BillCreated {
        /// Everything that was agreed.
        terms: Arc<BillTerms>,
    },
    /// A bill was withdrawn by who made it.
    BillCancelled {
        /// Which.
        bill: PaymentNumber,
    },
    /// The time to pay a bill ran out.
    BillExpired {
        /// Which.
        bill: PaymentNumber,
    },
    /// Somebody is about to be asked to pay.
    AttemptCreated {
        /// Its identifier.
        attempt: AttemptId,
        /// The bill.
        bill: PaymentNumber,
        /// How.
        method: Method,
        /// How much is asked for.
        money: Money,
    },
    /// There is news of an attempt.
    AttemptMoved {
        /// Which.
        attempt: AttemptId,
        /// What happened.
        on: AttemptEvent,
        /// What it is now.
        to: AttemptState,
        /// The provider's result code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<Arc<str>>,
        /// The channel's receipt, where the news is that money arrived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel_receipt: Option<Arc<str>>,
    },
    /// Money moved to us and was booked.
    PaymentReceived(PaymentReceived),
    /// A receipt came again with other money: the first stands, this is kept for people to look at.
    PaymentQuarantined {
        /// The channel's receipt.
        receipt: ChannelReceipt,
        /// What this message said.
        money: Money,
        /// Sequence of the payment that stands.
        stands: u64,
        /// What differs.
        differs: Difference,
    },
    /// A message that money has moved could not be read. Nothing can be booked from it; it is kept, sealed, for people to
    /// read.
    MessageUnreadable {
        /// Whose message.
        provider: Provider,
        /// Which kind of message.
        told_by: ToldBy,
        /// The attempt that its address names.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<AttemptId>,
        /// What could not be read, without what was there.
        reason: Arc<str>,
        /// Its length in bytes.
        byte_count: u64,
    },
    /// Something can be had no more for a time, or again.
    AvailabilityChanged(AvailabilityChange),
    /// Something became of an application.
    Application(ApplicationEvent),
    /// Services were searched and viewed, in the last minutes.
    UsageCounted(UsageCounts),
    /// An account of staff changed, or somebody signed in.
    Staff(StaffEvent),
    /// Somebody was let in at a gate.
    Visit(VisitEvent),
    /// Something happened to devices at gates.
    Gate(GateEvent),
    /// Fallback money went home, or came back.
    Sweep(SweepEvent),
    /// Something happened at a counter that takes cash.
    Counter(CounterEvent),
    /// A statement lists payments that were booked before.
    PaymentsListed(ListedPayments),
    /// A terminal took a sale back in its own file: nothing moved.
    SaleTakenBack(SaleTakenBack),
    /// Something was found out about a channel, said of it or planned.
    Channel(ChannelEvent),
    /// Something happened to messages to payers.
    Message(MessageEvent),
    /// Something about telling agencies.
    Notice(NoticeEvent),
    /// A revenue day ended.
    DayClosed {
        /// The day, East Africa Time, as days since 1 January 1970.
        day: i32,
    },
}

/// Money that moved, and where it was put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReceived {
    /// The channel's receipt.
    pub receipt: ChannelReceipt,
    /// How much.
    pub money: Money,
    /// Which message told us first.
    pub told_by: ToldBy,
    /// When it moved, by the channel's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<LedgerTime>,
    /// Where it was put.
    pub placement: Placement,
    /// The attempt that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<AttemptId>,
    /// Sequence of the record that had put it into suspense, if it waited there: nothing came in then, this record moves it
    /// on. Of before this was kept, no money did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_suspense: Option<u64>,
}

/// Where money was put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "in", rename_all = "snake_case")]
pub enum Placement {
    /// It belongs to a bill.
    Bill {
        /// Which.
        bill: PaymentNumber,
        /// Whose.
        agency: Arc<str>,
        /// What for.
        service: Arc<str>,
        /// What the bill became.
        state: BillState,
        /// Our receipt.
        receipt: ReceiptNumber,
        /// Sequence of the payment for this bill before this one. The first has none, nor have those of before this was
        /// kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<u64>,
        /// What became of the money.
        share: Share,
        /// Whose how much of it is, where the bill has lines of others than its own agency. Of before this was kept,
        /// and of every other bill, it is all its agency's.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<OwnersPart>,
    },
    /// It belongs to no bill that we know: suspense.
    Suspense {
        /// Why.
        reason: SuspenseReason,
        /// Whose it seems to be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agency: Option<Arc<str>>,
        /// What it seems to be for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<Arc<str>>,
        /// The number that it came for, where that is kept for a provisional pass of which nobody has told us.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<PaymentNumber>,
    },
}

/// What became of money that came for a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// Held until the rest arrives.
    HeldForRest,
    /// Completed the bill.
    Completed,
    /// Completed the bill, and some was left over.
    CompletedWithExcess,
    /// The bill was paid already: to be given back.
    Duplicate,
    /// The bill had ended unpaid: to be given back or applied by people.
    Late,
}

/// Why money is in suspense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspenseReason {
    /// Twelve digits with a slip in them.
    BadCheckDigit,
    /// A payment number that no bill has.
    UnknownNumber,
    /// Something that is no payment number.
    NotANumber,
    /// No account at all.
    NoAccount,
    /// The answer to an attempt that we do not know.
    UnknownAttempt,
    /// Another currency than the bill is payable in.
    OtherCurrency,
    /// It came to a short code that is not ours.
    OtherShortCode,
    /// What the bill has collected cannot be written as an amount with this added.
    BillIsFull,
    /// A reference that no bill has.
    UnknownReference,
    /// A reference that several bills have, or one beside that of another bill that waits for as much.
    ReferenceAmbiguous,
    /// The bill with this reference waits for another amount.
    AmountDiffers,
    /// Somebody's number within an agency: the agency knows what it is for.
    MemberAccount,
    /// The example on a poster.
    PosterSample,
    /// It could be read as several things, such as a bare identity number.
    AmbiguousForm,
    /// Under the reference of a sweep, and not its arrival: too early, another amount, or once more.
    SweepUnmatched,
    /// For a number that a gate hands out, which has not told us yet of whom it let in under it.
    ProvisionalPass,
}

impl SuspenseReason {
    /// The word that the API, pages and files use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::BadCheckDigit => "bad_check_digit",
            Self::UnknownNumber => "unknown_number",
            Self::NotANumber => "not_a_number",
            Self::NoAccount => "no_account",
            Self::UnknownAttempt => "unknown_attempt",
            Self::OtherCurrency => "other_currency",
            Self::OtherShortCode => "other_short_code",
            Self::BillIsFull => "bill_is_full",
            Self::UnknownReference => "unknown_reference",
            Self::ReferenceAmbiguous => "reference_ambiguous",
            Self::AmountDiffers => "amount_differs",
            Self::MemberAccount => "member_account",
            Self::PosterSample => "poster_sample",
            Self::AmbiguousForm => "ambiguous_form",
            Self::SweepUnmatched => "sweep_unmatched",
            Self::ProvisionalPass => "provisional_pass",
        }
    }
}

/// Which message told us of money first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldBy {
    /// The confirmation of a payment to the paybill.
    Confirmation,
    /// The answer to a prompt.
    PromptResult,
    /// A provider's notification of a payment, other than M-PESA's confirmation.
    Notification,
    /// The provider's answer when we asked about an attempt.
    Query,
    /// The provider's list of what came in, which we ask for to find what we were not told of.
    Pull,
    /// The provider's statement of an account.
    Statement,
    /// A slip that a bank has stamped.
    Slip,
    /// The batch of a card terminal.
    TerminalBatch,
    /// Whoever took the cash.
    Counter,
    /// The gate that let the payer in on a provisional pass.
    GatePass,
}

/// What differs between two messages with one receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The amount.
    Amount,
    /// The currency.
    Currency,
    /// The account.
    Account,
    /// That there was any: the terminal, or who keeps the account, took it back. Records of before say that the amount differs.
    TakenBack,
}

impl Difference {
    /// The word that the API and files use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Amount => "amount",
            Self::Currency => "currency",
            Self::Account => "account",
            Self::TakenBack => "taken_back",
        }
    }
}
