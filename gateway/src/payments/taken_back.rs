//! Payments that were taken back: sales by a card terminal in its own file, before anybody was told of them, and whatever who keeps
//! an account calls reversed. They are remembered, so that another file, which has the payment alone, books nothing.

use ledger::Money;
use serde::{Deserialize, Serialize};

use super::channel_receipt::{AccountFact, ChannelReceipt, PaymentFacts};

/// A payment that was taken back, mostly the sale of a terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleTakenBack {
    /// The receipt that it has or would have had.
    pub receipt: ChannelReceipt,
    /// How much it was.
    pub money: Money,
}

impl SaleTakenBack {
    /// What a record of it claims. Terminals use their numbers again, so the amount is part of it.
    pub(super) fn key(&self) -> String {
        format!("{} {} {}", Self::key_of_receipt(&self.receipt), self.money.currency(), self.money.minor())
    }

    /// What records of before claimed, whatever the amount.
    pub(super) fn key_of_receipt(receipt: &ChannelReceipt) -> String {
        format!("taken back {}", receipt.credit_key())
    }

    /// What is kept beside the claim, and tells other amounts from this one where the claim does not.
    pub(super) fn facts(money: Money) -> PaymentFacts {
        PaymentFacts { money, account: AccountFact::Unsaid }
    }
}
