//! Making payments up: who pays, what, for which bill, under which receipt.

use std::sync::Arc;

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::value::RawValue;

use super::bills::Bill;
use super::witness::{Kind, Line};
use crate::c2b::C2bMessage;
use crate::clock::Clock;
use crate::kes::Kes;
use crate::phone::Phone;
use crate::receipts::Receipts;

/// A payment that is to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    /// The receipt, or the generator's own number where the sandbox gives the receipt.
    pub(crate) id: String,
    pub(crate) receipt: Option<String>,
    pub(crate) phone: Phone,
    pub(crate) account: String,
    pub(crate) amount: Kes,
    pub(crate) bill_id: Option<String>,
    /// The message as Safaricom would post it; empty where the sandbox will.
    pub(crate) message: Bytes,
    /// Whether it is to be sent a second time.
    pub(crate) repeated: bool,
}

/// Makes payments up, the same ones for the same seed but for their receipts and times.
pub(crate) struct Maker {
    chance: StdRng,
    clock: Clock,
    receipts: Receipts,
    bills: Arc<[Bill]>,
    paybill: String,
    repeats_per_mille: u16,
    /// Whether the sandbox gives the receipts and posts the messages.
    by_sandbox: bool,
    run: u32,
    made: u64,
    balance: Kes,
}

impl Maker {
    /// Payments for these bills, or for nothing where there are none.
    pub(crate) fn new(
        seed: u64,
        clock: &Clock,
        bills: Arc<[Bill]>,
        paybill: &str,
        repeats_per_mille: u16,
        by_sandbox: bool,
    ) -> Self {
        Self {
            chance: StdRng::seed_from_u64(seed),
            clock: clock.clone(),
            receipts: Receipts::continuing(rand::random(), None),
            bills,
            paybill: paybill.to_owned(),
            repeats_per_mille,
            by_sandbox,
            run: rand::random(),
            made: 0,
            balance: Kes::ZERO,
        }
    }

    /// The next payment.
    pub(crate) fn next(&mut self) -> Payment {
        self.made += 1;
        let phone =
            Phone::parse(&format!("2547{:08}", self.chance.random_range(10_000_000..100_000_000_u32)))
                .expect("eight digits after 2547 are a mobile number");
        let bill = match self.bills.len() {
            0 => None,
            number => Some(&self.bills[usize::try_from((self.made - 1) % number as u64).unwrap_or(0)]),
        };
        let amount = bill
            .map_or_else(|| Kes::from_shillings(self.chance.random_range(50..10_000)), |bill| bill.amount);
        // Letters first: no payment number looks like that, so it matches nothing.
        let account = bill.map_or_else(
            || format!("LT{:010X}", self.chance.random_range(0..1_u64 << 40)),
            |bill| bill.payment_number.clone(),
        );
        let bill_id = bill.map(|bill| bill.id.clone());
        let repeated = self.chance.random_range(0..1_000) < self.repeats_per_mille;
        if self.by_sandbox {
            let id = format!("{:08x}-{:07}", self.run, self.made);
            return Payment {
                id,
                receipt: None,
                phone,
                account,
                amount,
                bill_id,
                message: Bytes::new(),
                repeated,
            };
        }
        let at = self.clock.now();
        let receipt = self.receipts.next(at);
        let mut message = C2bMessage::new(&phone, &account, amount, &receipt, at, &self.paybill, 2);
        self.balance = self.balance.plus(amount).unwrap_or(Kes::ZERO);
        message.org_account_balance = self.balance.to_string();
        let message = serde_json::to_vec(&message).expect("messages have text keys").into();
        Payment {
            id: receipt.clone(),
            receipt: Some(receipt),
            phone,
            account,
            amount,
            bill_id,
            message,
            repeated,
        }
    }
}

impl Payment {
    /// A line about this payment.
    pub(crate) fn line(&self, kind: Kind, clock: &Clock) -> Line {
        let message = (kind == Kind::Attempt && !self.message.is_empty()).then(|| {
            let text = String::from_utf8_lossy(&self.message).into_owned();
            RawValue::from_string(text).expect("the message was written as JSON")
        });
        Line {
            kind,
            at: clock.now(),
            id: self.id.clone(),
            receipt: self.receipt.clone(),
            amount_minor: self.amount,
            currency: "KES".into(),
            account: self.account.clone(),
            bill_id: self.bill_id.clone(),
            acknowledged: None,
            http_status: None,
            result_code: None,
            problem: None,
            message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bills_are_paid_in_full_round_and_round() {
        let bills: Arc<[Bill]> = ["1", "2"]
            .map(|number| Bill {
                id: format!("bil_{number}"),
                payment_number: number.into(),
                amount: Kes::from_shillings(50),
            })
            .into();
        let mut maker = Maker::new(42, &Clock::system(), bills, "222222", 0, false);
        let accounts: Vec<String> = (0..3).map(|_| maker.next().account).collect();
        assert_eq!(accounts, ["1", "2", "1"]);
        let payment = maker.next();
        assert_eq!((payment.amount, payment.bill_id.as_deref()), (Kes::from_shillings(50), Some("bil_2")));
        assert_eq!(payment.receipt.as_deref(), Some(payment.id.as_str()));
        assert!(String::from_utf8_lossy(&payment.message).contains(r#""OrgAccountBalance":"200.00""#));
    }

    #[test]
    fn the_same_seed_makes_the_same_payments_under_new_receipts() {
        let mut one = Maker::new(7, &Clock::system(), Arc::default(), "222222", 500, false);
        let mut two = Maker::new(7, &Clock::system(), Arc::default(), "222222", 500, false);
        for _ in 0..20 {
            let (one, two) = (one.next(), two.next());
            assert_eq!((one.amount, &one.account, one.repeated), (two.amount, &two.account, two.repeated));
            assert_ne!(one.receipt, two.receipt);
        }
    }
}
