//! Sales that a card terminal took back in its own file, before anybody was told of them: nothing moved. They are remembered, so
//! that another file of the terminal, which has the sale alone, books nothing.

use ledger::Money;
use serde::{Deserialize, Serialize};

use super::channel_receipt::{AccountFact, ChannelReceipt, PaymentFacts};

/// A sale that was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleTakenBack {
    /// The receipt that it would have had.
    pub receipt: ChannelReceipt,
    /// How much it was.
    pub money: Money,
}

impl SaleTakenBack {
    /// What a record of it claims.
    pub(super) fn key(receipt: &ChannelReceipt) -> String {
        format!("taken back {}", receipt.credit_key())
    }

    /// What is kept beside the claim: another amount under this receipt is another sale.
    pub(super) fn facts(money: Money) -> PaymentFacts {
        PaymentFacts { money, account: AccountFact::Unsaid }
    }
}
