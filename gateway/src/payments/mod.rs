//! Bills, attempts and the money that comes for them.
//!
//! A [`Bill`] is what is owed; an [`Attempt`] is one try to have it paid; a payment is money that moved, known by the
//! channel's own [`ChannelReceipt`]. The two lives are tables ([`BILL_LIFE`], [`ATTEMPT_LIFE`]). A [`Command`] is
//! decided purely, in the ledger's order; the [`Event`]s it causes are what the journal keeps; [`Payments`] is the state they
//! imply; [`Readers`] is what others see of it; what is finished goes to the [`archive`]. The `chart` is the only place where an agency becomes an account.

mod identifier;
mod number;
mod reference;
mod typed;

mod bill;
mod bill_life;
mod book_number;
mod owners;

pub mod archive;
mod attempt;
mod attempt_life;

mod channel_receipt;
pub mod channels;
mod chart;

mod availability;
mod catalogues;

mod application;
mod applications;
mod message;
mod message_event;
mod messages;

mod command;
mod earlier;
mod event;

mod decide;
mod message_stage;
mod state;

mod readers;
mod totals;
mod usage;

mod counters;
mod counts;
mod gates;
mod listed;
mod notice_kind;
mod notices;
mod operators;
mod passes;
mod staff;
mod sweeps;
mod taken_back;
mod visits;

#[cfg(test)]
mod tests;

pub use application::{
    APPLICATION_LIFE, Application, ApplicationEvent, ApplicationMoved, ApplicationNews, ApplicationState,
    ApplicationStep, CENTRE_LEN_MAX, Centre, NotACentre, Promise, QueryReason, REPORTS_TOGETHER_MAX, due_day,
};
pub use archive::Archived;
pub use attempt::{Attempt, CARD_LIFE_SECONDS, Method, PROMPT_LIFE_SECONDS};
pub use attempt_life::{ATTEMPT_LIFE, AttemptEvent, AttemptState};
pub use availability::{
    Availability, AvailabilityChange, AvailabilityScope, ClosedBy, Closure, ClosureTerms, SystemDown, Unusual,
};
pub use bill::{
    AssessedAmount, Bill, BillLine, BillPayment, BillTerms, CatalogueVersion, LATEST_PAYMENTS_MAX,
    PartPaymentRule, Quote, ReceiptStub, WaivedAmount,
};
pub use bill_life::{BILL_LIFE, BillEvent, BillState};
pub use book_number::{BookNumber, NoBookNumber};
pub use catalogues::{CATALOGUE_DRAFTS_MAX, CatalogueDraft, Catalogues, Publication};
pub use channel_receipt::{AccountFact, ChannelReceipt, PaymentFacts, Provider, RECEIPT_LEN_MAX};
pub use chart::{agency_payable, convenience_fee};
pub use command::{
    Addressed, Answer, ApplicationAsk, ApplicationRefusal, ApplicationReport, Ask, AttemptNews, Command,
    Idempotency, MoneyIn, NewAttempt, NewBill, Refusal, RefusedReport, UnreadableMessage,
};
pub use counters::{
    CashNumber, CashTaking, CounterAsk, CounterEvent, CounterRefusal, Counters, Shift, ShiftState,
};
pub use counts::{
    Apart, COUNTED_MAX, CashUp, CountError, CountFault, Counted, DENOMINATIONS, RefusedCount, change,
};
pub use earlier::Earlier;
pub use event::{Difference, Event, PaymentReceived, Placement, Share, SuspenseReason, ToldBy};
pub use gates::{
    DOUBLE_USES_KEPT, DoubleUse, GATE_BATCH_PASSES_MAX, GATE_BATCH_USES_MAX, GateAsk, GateDevice, GateEvent,
    GateRefusal, GateUse, Gates, KnownDevice, OPERATOR_CODE_MARK, TakenBatch, UseOutcome,
};
pub use identifier::{AttemptId, BillId, EndpointId, NotAnIdentifier, NoticeId, ReceiptNumber};
pub use listed::{LISTED_PER_RECORD_MAX, ListedPayments};
pub use message::{
    MESSAGE_LIFE, MESSAGES_OF_BILL_MAX, Message, MessageHappening, MessageId, MessageKind, MessageState,
};
pub use message_event::{
    FollowedBy, FollowedMessage, MESSAGES_PER_RECORD_MAX, MessageAnswer, MessageAsk, MessageEvent,
    MessageFate, MessageReport, ProviderAnswer,
};
pub use messages::{
    Messages, OPT_OUT_SECONDS, OPT_OUTS_MAX, OPT_OUTS_WARNED_FROM, RECENT_MESSAGES_MAX, Scores,
};
pub use notice_kind::{NotANoticeKind, NoticeKind};
pub use notices::{
    ATTEMPTS_KEPT, DeliveryAttempt, DeliveryOutcome, DisabledReason, ENDPOINTS_MAX,
    ENDPOINTS_OF_ONE_AGENCY_MAX, Endpoint, EndpointChange, EndpointProgress, EndpointTerms,
    FINISHED_DELIVERIES_KEPT, FinishedDelivery, NoticeAsk, NoticeEvent, Notices, OPEN_DELIVERIES_MAX,
    OpenDelivery, SECRETS_PER_RECORD_MAX, SecretInForce, SigningScheme, Then, Tried,
};
pub use number::{NotAPaymentNumber, PaymentNumber, TypedAccount};
pub use operators::{
    KnownOperator, NewInvoice, OPERATORS_MAX, PASSES_OWED_MAX, PASSES_PER_INVOICE_MAX, TourOperator,
};
pub use owners::OwnersPart;
pub(crate) use owners::by_owner;
pub use passes::{
    CLAIM_SECONDS_MAX, ClaimedMoney, GatePass, NUMBERS_KEPT_MAX, NewPass, PassNumber, PassOutcome, PassPrice,
    PassSettlement, PassStub, WAITING_PER_NUMBER_MAX, WaitingMoney,
};
pub use readers::Readers;
pub use reference::{
    BillReference, BillsOfReference, FoundBills, Held, NewReference, NotAReferenceKey, Owner, ReferenceKey,
    ReferenceKind, TypedReference, bill_of_reference, bill_with_reference, canonical_reference,
};
pub use staff::{StaffAsk, StaffEvent, StaffMember, StaffRoll};
pub(crate) use state::read_event;
pub use state::{Payments, Pending};
pub use sweeps::{
    CollectedOn, Sweep, SweepAsk, SweepEvent, SweepReference, SweepRefusal, SweepState, Sweeps,
};
pub use taken_back::SaleTakenBack;
pub use totals::{
    DAYS_KEPT, OpenSuspense, Total, TotalKey, Totals, day_number, minute_of_revenue_day, revenue_day,
    start_of_revenue_day,
};
pub use typed::{AccountReading, normalise, read_account};
pub use usage::{SERVICES_PER_USAGE_RECORD_MAX, ServiceUse, UsageCounts};
pub use visits::{GATE_LEN_MAX, Visit, VisitAsk, VisitEvent};
