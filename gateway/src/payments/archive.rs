//! The archive: what is finished, or rarely asked for, needs no memory, and may still be asked for. It lies in the ledger's
//! sorted runs, under keys that say what it is.

use std::sync::Arc;

use ledger::ShortKey;
use ledger::table::Value;
use serde::{Deserialize, Serialize};

use super::application::Application;
use super::attempt::Attempt;
use super::bill::{Bill, ReceiptStub};
use super::gates::TakenBatch;
use super::identifier::{AttemptId, BillId, ReceiptNumber};
use super::message::{Message, MessageId};
use super::number::PaymentNumber;
use super::passes::PassNumber;
use super::reference::{BillsOfReference, ReferenceKey};
use super::visits::Visit;

/// Something that the archive holds. In JSON once a snapshot covers it, by its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Archived {
    /// A bill that is not open any more.
    Bill(Arc<Bill>),
    /// The number of such a bill, or of the newest over an assessment.
    BillNumber(PaymentNumber),
    /// An attempt that is finished.
    Attempt(Arc<Attempt>),
    /// What a receipt is of.
    Receipt(Arc<ReceiptStub>),
    /// The bills with a reference, open or not.
    BillsOfReference(Arc<BillsOfReference>),
    /// When and where a bill was used.
    Visit(Arc<Visit>),
    /// What a device at a gate told in one batch.
    GateBatch(Arc<TakenBatch>),
    /// A payment number that is or was kept for a device at a gate.
    PassNumber(Arc<PassNumber>),
    /// What has become of an application.
    Application(Arc<Application>),
    /// A message that nothing is to be done about any more.
    Message(Arc<Message>),
    /// Which message a provider means.
    MessageId(MessageId),
    /// The messages about a bill, the newest last.
    MessagesOfBill(Arc<Vec<MessageId>>),
}

impl Value for Archived {
    fn encode(&self, bytes: &mut Vec<u8>) {
        serde_json::to_writer(bytes, self)
            .expect("bills, attempts, receipts and messages can be written as JSON");
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes)
            .inspect_err(|error| tracing::error!(%error, "An archived value cannot be read."))
            .ok()
    }
}

impl Archived {
    /// The bill, if it is one.
    pub fn bill(self) -> Option<Arc<Bill>> {
        if let Self::Bill(bill) = self { Some(bill) } else { None }
    }

    /// The number of a bill, if it is one.
    pub fn bill_number(self) -> Option<PaymentNumber> {
        if let Self::BillNumber(number) = self { Some(number) } else { None }
    }

    /// The attempt, if it is one.
    pub fn attempt(self) -> Option<Arc<Attempt>> {
        if let Self::Attempt(attempt) = self { Some(attempt) } else { None }
    }

    /// What a receipt is of, if it is one.
    pub fn receipt(self) -> Option<Arc<ReceiptStub>> {
        if let Self::Receipt(stub) = self { Some(stub) } else { None }
    }

    /// When and where a bill was used, if it is that.
    pub fn visit(self) -> Option<Arc<Visit>> {
        if let Self::Visit(visit) = self { Some(visit) } else { None }
    }

    /// What a device told, if it is that.
    pub fn gate_batch(self) -> Option<Arc<TakenBatch>> {
        if let Self::GateBatch(batch) = self { Some(batch) } else { None }
    }

    /// The number that is kept for a device, if it is one.
    pub fn pass_number(self) -> Option<Arc<PassNumber>> {
        if let Self::PassNumber(number) = self { Some(number) } else { None }
    }

    /// The application, if it is one.
    pub fn application(self) -> Option<Arc<Application>> {
        if let Self::Application(application) = self { Some(application) } else { None }
    }

    /// The bills with a reference, if it is that.
    pub fn bills_of_reference(self) -> Option<Arc<BillsOfReference>> {
        if let Self::BillsOfReference(bills) = self { Some(bills) } else { None }
    }

    /// The message, if it is one.
    pub fn message(self) -> Option<Arc<Message>> {
        if let Self::Message(message) = self { Some(message) } else { None }
    }

    /// Which message it is, if it is that.
    pub fn message_id(self) -> Option<MessageId> {
        if let Self::MessageId(id) = self { Some(id) } else { None }
    }

    /// The messages about a bill, if it is that.
    pub fn messages_of_bill(self) -> Option<Arc<Vec<MessageId>>> {
        if let Self::MessagesOfBill(messages) = self { Some(messages) } else { None }
    }
}

/// Where it is said when and where a bill was used.
pub fn visit(number: PaymentNumber) -> ShortKey {
    ShortKey::of(&format!("visit {number}"))
}

/// Where it is said what a device at a gate told in one batch.
pub fn gate_batch(device: &str, number: u64) -> ShortKey {
    ShortKey::of(&format!("batch {number} of {device}"))
}

/// Where it is said which device a payment number is kept for.
pub fn pass_number(number: PaymentNumber) -> ShortKey {
    ShortKey::of(&format!("pass {number}"))
}

/// Where a bill is that is not open any more.
pub fn bill(number: PaymentNumber) -> ShortKey {
    ShortKey::of(&format!("bill {number}"))
}

/// Where the number of a bill is that is not open any more.
pub fn bill_id(id: BillId) -> ShortKey {
    ShortKey::of(&id.to_string())
}

/// Where an attempt is that is finished.
pub fn attempt(id: AttemptId) -> ShortKey {
    ShortKey::of(&id.to_string())
}

/// Where it is said what a receipt is of.
pub fn receipt(number: ReceiptNumber) -> ShortKey {
    ShortKey::of(&format!("receipt {number}"))
}

/// Where it is said what has become of an application.
pub fn application(bill: PaymentNumber) -> ShortKey {
    ShortKey::of(&format!("application {bill}"))
}

/// Where it is said which bills have a reference.
pub fn reference(key: &ReferenceKey) -> ShortKey {
    of_reference(*b"ref ", key)
}

/// Where the number of the newest bill over an assessment is.
pub fn assessment(key: &ReferenceKey) -> ShortKey {
    of_reference(*b"asm ", key)
}

/// Where a message is that nothing is to be done about any more.
pub fn message(id: MessageId) -> ShortKey {
    ShortKey::of(&format!("message {}", id.0))
}

/// Where it is said which message a provider means by its name for it.
pub fn message_of_provider(provider: &str, name: &str) -> ShortKey {
    ShortKey::of(&format!("message at {provider} {name}"))
}

/// Where the messages about a bill are listed.
pub fn messages_of_bill(bill: PaymentNumber) -> ShortKey {
    ShortKey::of(&format!("messages of {bill}"))
}

/// A keyed hash is as good a key as the hash of a text, and hundreds are asked for when somebody types one.
fn of_reference(what: [u8; 4], key: &ReferenceKey) -> ShortKey {
    let mut short = [0; 16];
    short[..4].copy_from_slice(&what);
    short[4..8].copy_from_slice(&key.epoch.to_le_bytes());
    short[8..].copy_from_slice(&key.hash);
    ShortKey(short)
}
