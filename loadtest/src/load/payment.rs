//! Making payments up: who pays, what, for which bill, under which receipt.

use std::sync::Arc;

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::value::RawValue;
use tokio::sync::mpsc;

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

/// What is paid for.
pub(crate) enum Payable {
    /// Nothing that anybody knows.
    Nothing,
    /// These bills, again and again.
    RoundAndRound(Arc<[Bill]>),
    /// Each bill as it is made, once.
    Fresh(mpsc::Receiver<Bill>),
}

/// Makes payments up, the same ones for the same seed but for their receipts and times.
pub(crate) struct Maker {
    chance: StdRng,
    clock: Clock,
    receipts: Receipts,
    payable: Payable,
    paybill: String,
    repeats_per_mille: u16,
    /// Whether the sandbox gives the receipts and posts the messages.
    by_sandbox: bool,
    run: u32,
    made: u64,
    balance: Kes,
}

impl Maker {
    /// Payments for what is payable.
    pub(crate) fn new(
        seed: u64,
        clock: &Clock,
        payable: Payable,
        paybill: &str,
        repeats_per_mille: u16,
        by_sandbox: bool,
    ) -> Self {
        Self {
            chance: StdRng::seed_from_u64(seed),
            clock: clock.clone(),
            receipts: Receipts::continuing(rand::random(), None),
            payable,
            paybill: paybill.to_owned(),
            repeats_per_mille,
            by_sandbox,
            run: rand::random(),
            made: 0,
            balance: Kes::ZERO,
        }
    }

    /// So many payments at most; none once there is nothing fresh to be paid any more.
    pub(crate) async fn batch(&mut self, size_max: usize) -> Vec<Payment> {
        match &mut self.payable {
            Payable::Nothing => (0..size_max).map(|_| self.pay(None)).collect(),
            Payable::RoundAndRound(bills) => {
                let bills = Arc::clone(bills);
                let bill_at = |made: u64| &bills[usize::try_from(made % bills.len() as u64).unwrap_or(0)];
                (0..size_max).map(|_| self.pay(Some(bill_at(self.made)))).collect()
            }
            Payable::Fresh(made) => {
                let mut bills = Vec::with_capacity(size_max);
                made.recv_many(&mut bills, size_max).await;
                bills.iter().map(|bill| self.pay(Some(bill))).collect()
            }
        }
    }

    /// Another payment, for this bill or for nothing.
    fn pay(&mut self, bill: Option<&Bill>) -> Payment {
        self.made += 1;
        let phone =
            Phone::parse(&format!("2547{:08}", self.chance.random_range(10_000_000..100_000_000_u32)))
                .expect("eight digits after 2547 are a mobile number");
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

    fn bills(numbers: &[&str]) -> Vec<Bill> {
        let bill = |number: &&str| Bill {
            id: format!("bil_{number}"),
            payment_number: (*number).into(),
            amount: Kes::from_shillings(50),
        };
        numbers.iter().map(bill).collect()
    }

    fn accounts(payments: &[Payment]) -> Vec<&str> {
        payments.iter().map(|payment| payment.account.as_str()).collect()
    }

    #[tokio::test]
    async fn bills_are_paid_in_full_round_and_round() {
        let payable = Payable::RoundAndRound(bills(&["1", "2"]).into());
        let mut maker = Maker::new(42, &Clock::system(), payable, "222222", 0, false);
        assert_eq!(accounts(&maker.batch(3).await), ["1", "2", "1"]);
        let payment = &maker.batch(1).await[0];
        assert_eq!((payment.amount, payment.bill_id.as_deref()), (Kes::from_shillings(50), Some("bil_2")));
        assert_eq!(payment.receipt.as_deref(), Some(payment.id.as_str()));
        assert!(String::from_utf8_lossy(&payment.message).contains(r#""OrgAccountBalance":"200.00""#));
    }

    #[tokio::test]
    async fn fresh_bills_are_paid_once_each_as_they_come_and_then_there_is_nothing_to_pay() {
        let (sender, made) = mpsc::channel(3);
        let mut maker = Maker::new(42, &Clock::system(), Payable::Fresh(made), "222222", 0, false);
        for bill in bills(&["1", "2", "3"]) {
            sender.send(bill).await.unwrap();
        }
        assert_eq!(accounts(&maker.batch(2).await), ["1", "2"]);
        assert_eq!(accounts(&maker.batch(2).await), ["3"]);
        drop(sender);
        assert!(maker.batch(2).await.is_empty());
    }

    #[tokio::test]
    async fn the_same_seed_makes_the_same_payments_under_new_receipts() {
        let maker = || Maker::new(7, &Clock::system(), Payable::Nothing, "222222", 500, false);
        let (ones, twos) = (maker().batch(20).await, maker().batch(20).await);
        assert_eq!((ones.len(), twos.len()), (20, 20));
        for (one, two) in ones.into_iter().zip(twos) {
            assert_eq!((one.amount, &one.account, one.repeated), (two.amount, &two.account, two.repeated));
            assert_ne!(one.receipt, two.receipt);
        }
    }
}
