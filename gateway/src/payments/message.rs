//! A text message to somebody whose money has moved, or may have: which record it follows from, who was asked to carry it,
//! and what became of that. Whom it goes to is in the record that it follows from, sealed, and nowhere here.

use std::fmt;
use std::sync::Arc;

use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

use super::number::PaymentNumber;

use MessageHappening as On;
use MessageState as State;

/// So many messages are listed with their bill, the newest.
pub const MESSAGES_OF_BILL_MAX: usize = 20;

/// A message, by the sequence of the record that it follows from: the same record, the same message, and one at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(pub u64);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "msg_{}", self.0)
    }
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// The bill is paid: the receipt.
    Receipt,
    /// A part has arrived, and so much is still due.
    PartPayment,
    /// Nobody knows yet what became of a prompt: do not pay again.
    Delayed,
    /// What was not known is known: no money was taken.
    NotTaken,
    /// Money came that belongs to no bill that is open: it is kept.
    Held,
    /// A document lies ready at a centre.
    Ready,
    /// The first choice does not work, and the bill can be paid in another way.
    OtherWay,
}

impl MessageKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Receipt,
        Self::PartPayment,
        Self::Delayed,
        Self::NotTaken,
        Self::Held,
        Self::Ready,
        Self::OtherWay,
    ];

    /// Whether it tells of money. There are no more of those than payments and prompts; of the others there may be as many as an
    /// agency reports, or as there are bills.
    pub const fn is_about_money(self) -> bool {
        match self {
            Self::Receipt | Self::PartPayment | Self::Delayed | Self::NotTaken | Self::Held => true,
            Self::Ready | Self::OtherWay => false,
        }
    }

    /// The word that the API uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::PartPayment => "part_payment",
            Self::Delayed => "delayed",
            Self::NotTaken => "not_taken",
            Self::Held => "held",
            Self::Ready => "ready",
            Self::OtherWay => "other_way",
        }
    }
}

/// What a message is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// It is to be handed over, not before it is due.
    Waiting,
    /// A provider is about to be asked, and may have been: nobody else is asked until it is known.
    Intended,
    /// The provider was asked and gave no answer.
    Unanswered,
    /// The provider has it.
    HandedOver,
    /// It is on the phone, by the provider's report.
    Delivered,
    /// The provider reports that it cannot be delivered.
    Failed,
    /// The provider refuses it for good.
    Refused,
    /// It was not handed over: out of date, too many for this phone, or its owner wants none.
    Dropped,
    /// For days nobody has said what became of it.
    GivenUp,
}

/// What can happen to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageHappening {
    /// A provider is chosen.
    Intended,
    /// The provider took it.
    Taken,
    /// The provider did not take it, and says so: somebody may be asked again.
    PutOff,
    /// The provider refuses it for good.
    Refused,
    /// There was no answer.
    NoAnswer,
    /// It is reported as delivered.
    ReportedDelivered,
    /// It is reported as failed, for a reason on the provider's side.
    ReportedFailed,
    /// It is reported as failed, for a reason that another provider would meet as well.
    ReportedUndeliverable,
    /// It need not go out any more, or must not.
    Dropped,
    /// Nobody will say any more what became of it.
    GivenUp,
}

/// The whole life. Between `Intended` and an answer or a report there is no way back to `Waiting`.
pub const MESSAGE_LIFE: &[(State, On, State)] = &[
    (State::Waiting, On::Intended, State::Intended),
    (State::Waiting, On::Dropped, State::Dropped),
    (State::Intended, On::Taken, State::HandedOver),
    (State::Intended, On::PutOff, State::Waiting),
    (State::Intended, On::Refused, State::Refused),
    (State::Intended, On::NoAnswer, State::Unanswered),
    // A report may be faster than the answer.
    (State::Intended, On::ReportedDelivered, State::Delivered),
    (State::Intended, On::ReportedFailed, State::Waiting),
    (State::Intended, On::ReportedUndeliverable, State::Failed),
    (State::Unanswered, On::Taken, State::HandedOver),
    (State::Unanswered, On::ReportedDelivered, State::Delivered),
    (State::Unanswered, On::ReportedFailed, State::Waiting),
    (State::Unanswered, On::ReportedUndeliverable, State::Failed),
    (State::Unanswered, On::GivenUp, State::GivenUp),
    (State::HandedOver, On::ReportedDelivered, State::Delivered),
    (State::HandedOver, On::ReportedFailed, State::Waiting),
    (State::HandedOver, On::ReportedUndeliverable, State::Failed),
];

impl MessageState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Waiting,
        Self::Intended,
        Self::Unanswered,
        Self::HandedOver,
        Self::Delivered,
        Self::Failed,
        Self::Refused,
        Self::Dropped,
        Self::GivenUp,
    ];

    /// What the message becomes; nothing if this changes nothing.
    pub fn after(self, on: MessageHappening) -> Option<Self> {
        MESSAGE_LIFE.iter().find(|(from, happens, _)| *from == self && *happens == on).map(|(_, _, to)| *to)
    }

    /// Whether it is kept in memory: something is still to be done about it, or not known.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Intended | Self::Unanswered)
    }

    /// The word that the API uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Intended => "intended",
            Self::Unanswered => "unanswered",
            Self::HandedOver => "handed_over",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Dropped => "dropped",
            Self::GivenUp => "given_up",
        }
    }
}

/// A message and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Which.
    pub id: MessageId,
    /// What it says.
    pub kind: MessageKind,
    /// The bill that it is about, unless it is about money without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<PaymentNumber>,
    /// What it is now.
    pub state: MessageState,
    /// When what it tells of happened.
    pub happened: LedgerTime,
    /// From when it may be handed over, while it waits.
    pub due: LedgerTime,
    /// How often a provider was chosen.
    pub tries: u32,
    /// The provider that was chosen last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Arc<str>>,
    /// What that provider calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<Arc<str>>,
    /// The provider's code or reason, or why it was dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
    /// From 1 to 5, if its receiver has said how the service was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    /// When it became what it is.
    pub changed: LedgerTime,
    /// Sequence of the record that changed it last.
    pub changed_by: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Between the intention and word from the provider, nothing leads back to where somebody is asked again.
    #[test]
    fn what_may_have_been_handed_over_waits_again_only_after_word_that_it_was_not() {
        let says_that_it_was_not = [On::PutOff, On::ReportedFailed];
        for (from, on, to) in MESSAGE_LIFE {
            if *to == State::Waiting {
                assert!(says_that_it_was_not.contains(on), "{from:?} {on:?}");
            }
        }
        assert_eq!(State::Unanswered.after(On::PutOff), None, "an answer that nobody waited for is none");
        assert_eq!(State::Unanswered.after(On::Intended), None);
        assert_eq!(State::Intended.after(On::Intended), None);
    }

    #[test]
    fn what_has_ended_stays_as_it_is_except_that_a_provider_may_report() {
        for (from, on, _) in MESSAGE_LIFE.iter().filter(|(from, ..)| !from.is_open()) {
            let is_report =
                matches!(on, On::ReportedDelivered | On::ReportedFailed | On::ReportedUndeliverable);
            assert!(*from == State::HandedOver && is_report, "{from:?} {on:?}");
        }
    }

    #[test]
    fn every_state_is_reached() {
        for state in State::ALL {
            let is_reached = MESSAGE_LIFE.iter().any(|(_, _, to)| *to == state);
            assert!(is_reached, "{state:?}");
        }
    }
}
