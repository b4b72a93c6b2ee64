//! What happens to messages, as the journal keeps it: one record tells of many. Names and shapes are for ever. A phone is
//! never in here; where one has to be kept, the record carries it sealed.

use std::sync::Arc;

use ledger::{LedgerTime, Sealed};
use serde::{Deserialize, Serialize};

use super::message::{MessageId, MessageKind};
use super::number::PaymentNumber;

/// The most messages that one record tells of: with the longest reasons they fill a third of it.
pub const MESSAGES_PER_RECORD_MAX: usize = 64;

/// What happened to messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum MessageEvent {
    /// Records were looked through for messages, and it was settled what happens to those that were found. Written before
    /// any provider is asked.
    Followed {
        /// The first record that has not been looked at.
        next_sequence: u64,
        /// What was settled. A message that waited may be among them again.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        messages: Vec<FollowedMessage>,
    },
    /// What providers answered, or that they did not.
    Answered {
        /// Message by message.
        answers: Vec<MessageAnswer>,
    },
    /// What providers report later.
    Reported {
        /// Message by message.
        reports: Vec<MessageReport>,
    },
    /// Nobody has said for days what became of these.
    GivenUp {
        /// Which.
        messages: Vec<MessageId>,
    },
    /// Whoever has the phone that is sealed in this record wants no messages.
    OptedOut,
    /// The same phone wants messages again: what these records said is over.
    OptedIn {
        /// The sequences of the records.
        records: Vec<u64>,
    },
    /// What these records said was long ago, and is over; the keys of the phones in them were destroyed.
    OptOutsLapsed {
        /// The sequences of the records.
        records: Vec<u64>,
    },
    /// Whoever has a bill is to be told that it can be paid in another way. The message follows from this record.
    HolderToBeTold {
        /// The outage, by the sequence of its first record.
        outage: u64,
        /// The bill.
        bill: PaymentNumber,
    },
    /// Somebody says how a service was.
    FeedbackGiven {
        /// The message that is answered.
        message: MessageId,
        /// Whose service.
        agency: Arc<str>,
        /// Which.
        service: Arc<str>,
        /// From 1, bad, to 5, good.
        score: u8,
    },
}

/// A message that was found, or one that waited, and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowedMessage {
    /// Which.
    pub message: MessageId,
    /// What it says.
    pub kind: MessageKind,
    /// The bill that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<PaymentNumber>,
    /// When what it tells of happened.
    pub happened: LedgerTime,
    /// What happens to it.
    pub then: FollowedBy,
}

/// What happens to a message next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowedBy {
    /// This provider is asked now.
    Intended {
        /// Which.
        provider: Arc<str>,
    },
    /// It waits.
    Waiting {
        /// Until when.
        until: LedgerTime,
    },
    /// It is not handed over.
    Dropped {
        /// Why.
        reason: Arc<str>,
    },
}

/// A provider's answer about one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageAnswer {
    /// Which.
    pub message: MessageId,
    /// What the provider says.
    pub answer: ProviderAnswer,
}

/// What a provider answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderAnswer {
    /// It has the message.
    Taken {
        /// What it calls the message.
        id: Arc<str>,
    },
    /// It has not, and another time or another provider may do better.
    PutOff {
        /// Its code, or what kept us from asking.
        reason: Arc<str>,
        /// When to try again.
        until: LedgerTime,
    },
    /// It never will.
    Refused {
        /// Its code.
        reason: Arc<str>,
    },
    /// There was none: whether it has the message is not known.
    None,
}

/// A provider's later word on one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageReport {
    /// Which.
    pub message: MessageId,
    /// Who says so.
    pub provider: Arc<str>,
    /// What it calls the message.
    pub id: Arc<str>,
    /// What became of it.
    pub fate: MessageFate,
}

/// What became of a message, by the provider's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageFate {
    /// It is under way.
    UnderWay,
    /// It is on the phone.
    Delivered,
    /// It failed at the provider; it may be tried again.
    Failed {
        /// The provider's reason.
        reason: Arc<str>,
        /// When to try again.
        until: LedgerTime,
    },
    /// It cannot be delivered by anybody.
    Undeliverable {
        /// The provider's reason.
        reason: Arc<str>,
    },
}

/// What is asked of the books about messages.
#[derive(Clone, Debug)]
pub enum MessageAsk {
    /// Settle what happens to messages. What no longer fits is left out.
    Follow {
        /// The first record that has not been looked at.
        next_sequence: u64,
        /// What is to happen.
        messages: Vec<FollowedMessage>,
    },
    /// Have whoever has a bill told that it can be paid in another way, once for an outage.
    TellHolder {
        /// The outage, by the sequence of its first record.
        outage: u64,
        /// The bill.
        bill: PaymentNumber,
    },
    /// Note answers.
    Note(Vec<MessageAnswer>),
    /// Note reports.
    Report(Vec<MessageReport>),
    /// Give up what nobody speaks of any more.
    GiveUp(Vec<MessageId>),
    /// Keep that a phone wants no messages. The phone is sealed.
    OptOut(Sealed),
    /// A phone wants messages again.
    OptIn {
        /// The records that said otherwise.
        records: Vec<u64>,
    },
    /// Keep that these records are over by their age or number. One that is not is left out.
    LetOptOutsLapse {
        /// Their sequences.
        records: Vec<u64>,
    },
    /// Keep what somebody says of a service, once for each message.
    GiveFeedback {
        /// The message that is answered.
        message: MessageId,
        /// Whose service.
        agency: Arc<str>,
        /// Which.
        service: Arc<str>,
        /// From 1 to 5.
        score: u8,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::Event;

    #[test]
    fn the_longest_records_fit() {
        let long = || Arc::<str>::from("x".repeat(64));
        let (message, time) = (MessageId(u64::MAX), LedgerTime::from_micros(i64::MAX));
        let followed = FollowedMessage {
            message,
            kind: MessageKind::PartPayment,
            bill: Some(PaymentNumber::from_random(7)),
            happened: time,
            then: FollowedBy::Dropped { reason: long() },
        };
        let answer =
            MessageAnswer { message, answer: ProviderAnswer::PutOff { reason: long(), until: time } };
        let report = MessageReport {
            message,
            provider: long(),
            id: long(),
            fate: MessageFate::Failed { reason: long(), until: time },
        };
        let many = MESSAGES_PER_RECORD_MAX;
        for event in [
            MessageEvent::Followed { next_sequence: u64::MAX, messages: vec![followed; many] },
            MessageEvent::Answered { answers: vec![answer; many] },
            MessageEvent::Reported { reports: vec![report; many] },
        ] {
            let bytes = serde_json::to_vec(&Event::Message(event)).unwrap();
            assert!(bytes.len() < 30_000, "{}", bytes.len());
        }
    }
}
