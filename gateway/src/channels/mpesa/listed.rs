//! A payment as Safaricom lists it: in the answer to Pull Transactions, or in a row of the organisation's statement. Both are
//! the same payment that a confirmation tells of, under the same receipt.

use std::borrow::Cow;

use ledger::{Evidence, LedgerTime, Money};

use crate::channels::{CollectionAccount, SaidFor, Told};
use crate::payments::ToldBy;

/// What kinds of transaction are payments to a paybill or till, by the beginning of what Safaricom calls them.
const PAYMENTS: [&str; 7] = [
    "c2b",
    "pay bill",
    "paybill",
    "buy goods",
    "merchant payment",
    "customer merchant payment",
    "organization to organization",
];
/// What is none of them all the same, though it is called after them.
const NO_PAYMENTS: [&str; 3] = ["charge", "reversal", "reversed"];

/// A payment that is listed. Not printed: there is personal data in it.
pub(super) struct Listed<'a> {
    /// M-PESA's receipt.
    pub(super) receipt: Cow<'a, str>,
    /// How much.
    pub(super) money: Money,
    /// What the payer typed as the account; empty if nothing is said.
    pub(super) account: Cow<'a, str>,
    /// When, if that could be read.
    pub(super) moved: Option<LedgerTime>,
    /// Who, mostly masked.
    pub(super) phone: Option<Cow<'a, str>>,
    /// The payer's name.
    pub(super) name: Option<Cow<'a, str>>,
}

impl<'a> Listed<'a> {
    /// The payment as everybody tells of one.
    pub(super) fn told(self, account: &CollectionAccount, told_by: ToldBy, evidence: Evidence) -> Told<'a> {
        Told {
            receipt: account.receipt(&self.receipt),
            money: self.money,
            said_for: SaidFor::Typed(self.account),
            told_by,
            evidence,
            moved: self.moved,
            phone: self.phone,
            name: self.name,
        }
    }
}

/// Whether a transaction of this kind is a payment to us. Charges, reversals and transfers between our own accounts stand in
/// the same lists; what is called something that nobody has seen is not guessed at.
pub(super) fn is_payment(kind: &str) -> bool {
    let kind = kind.trim().to_ascii_lowercase();
    PAYMENTS.iter().any(|known| kind.starts_with(known))
        && !NO_PAYMENTS.iter().any(|other| kind.contains(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payments_are_told_from_charges_and_reversals() {
        for kind in [
            "c2b-pay-bill-debit",
            "Pay Bill",
            "Pay Bill Online from 2547******01 - ASHA Acc. QKRTWX",
            "Customer Merchant Payment from 2547******01",
            " pay bill online",
        ] {
            assert!(is_payment(kind), "{kind}");
        }
        for kind in
            ["Pay Bill Charge", "Pay Bill Reversal", "", "Business Payment", "Organization Settlement", "b2c"]
        {
            assert!(!is_payment(kind), "{kind}");
        }
    }
}
