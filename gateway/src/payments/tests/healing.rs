//! Money that confirmations, lists and statements tell of, in any order, in pieces that overlap, as often as one likes: each
//! payment is booked once, and what says something else of it changes nothing.

use hyper::StatusCode;
use ledger::{Evidence, Money};
use proptest::prelude::*;
use serde_json::json;

use super::desk::{Desk, kes};
use crate::channels::contract::ListRow;
use crate::channels::mpesa::client::pull::page_of;
use crate::channels::mpesa::statement::Statement;
use crate::channels::mpesa::wire::c2b;
use crate::channels::{CollectionAccount, SaidFor, Told};
use crate::clock;
use crate::payments::{
    AccountFact, Addressed, Answer, Ask, BillState, MoneyIn, PaymentNumber, Provider, ToldBy, TypedAccount,
};

/// 2026-11-20 09:14:05 in Nairobi.
const MORNING: i64 = 1_795_155_245_000_000;

/// A payment, as it really was.
#[derive(Clone)]
struct Paid {
    receipt: String,
    bill: PaymentNumber,
    money: Money,
    moved: i64,
}

fn paybill() -> CollectionAccount {
    CollectionAccount { provider: Provider::Mpesa, number: "222222".into() }
}

impl Paid {
    fn confirmation(&self) -> Vec<Told<'static>> {
        let body = json!({
            "TransID": self.receipt, "TransAmount": self.money.to_decimal(), "BusinessShortCode": "222222",
            "TransTime": clock::format_compact(self.moved), "BillRefNumber": self.bill.to_string(),
        });
        let body = body.to_string();
        let message = c2b::parse(body.as_bytes()).unwrap();
        let told = Told {
            receipt: paybill().receipt(&message.receipt),
            money: message.money,
            said_for: SaidFor::Typed(message.account),
            told_by: ToldBy::Confirmation,
            evidence: Evidence::CallbackOnly,
            moved: message.time,
            phone: None,
            name: None,
        };
        vec![told.into_owned()]
    }
}

/// A page of what came in, the newest first, each row twice.
fn listed(paid: &[Paid]) -> Vec<Told<'static>> {
    let row = |paid: &Paid| {
        json!({"transactionId": paid.receipt, "trxDate": clock::format_spaced(paid.moved),
               "msisdn": "2547******01", "sender": "MPESA", "transactiontype": "c2b-pay-bill-debit",
               "billreference": paid.bill.to_string(), "amount": paid.money.to_decimal()})
    };
    let rows: Vec<_> = paid.iter().rev().flat_map(|paid| [row(paid), row(paid)]).collect();
    let body = json!({"ResponseCode": "1000", "Response": [rows]}).to_string();
    let page = page_of(&paybill(), StatusCode::OK, body.as_bytes()).unwrap();
    let money = |row| match row {
        ListRow::Money(told) => *told,
        ListRow::Other { .. } | ListRow::Unreadable { .. } => panic!("every row is a payment"),
    };
    page.rows.into_iter().map(money).collect()
}

/// A statement, with a charge under each receipt.
fn stated(paid: &[Paid]) -> Vec<Told<'static>> {
    let mut text = "Short Code,222222\nReceipt No.,Completion Time,Details,Transaction Status,Paid In,Withdrawn,Balance,\
                    Other Party Info,A/C No.\n"
        .to_owned();
    for paid in paid {
        let time = clock::east_africa_time(paid.moved).strftime("%d-%m-%Y %H:%M:%S").to_string();
        let (receipt, money, bill) = (&paid.receipt, paid.money.to_decimal(), paid.bill);
        text +=
            &format!("{receipt},{time},Pay Bill Online,Completed,{money},,1,2547******01 - ASHA,{bill}\n");
        text += &format!("{receipt},{time},Pay Bill Charge,Completed,,-34.00,1,,\n");
    }
    let statement = Statement::read(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults:?}"));
    statement.told(&paybill()).map(|(_, told)| told).collect()
}

impl Desk {
    pub(super) fn take(&self, told: Told<'_>) -> Answer {
        let SaidFor::Typed(typed) = &told.said_for else { panic!("nobody names an attempt") };
        let number: PaymentNumber = typed.parse().unwrap();
        let random =
            told.receipt.number.bytes().fold(7, |hash: u64, byte| hash.wrapping_mul(31) ^ u64::from(byte));
        self.ask(Ask::Receive(Box::new(MoneyIn {
            money: told.money,
            addressed: Addressed::Typed(TypedAccount::Number(number)),
            account_fact: AccountFact::Number(number),
            told_by: told.told_by,
            evidence: told.evidence,
            moved: told.moved,
            sealed: None,
            random: random << 20,
            receipt: told.receipt,
        })))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_payment_is_booked_once_whoever_tells_of_it_and_how_often(
        amounts in prop::collection::vec(1_i64..20_000, 1..10),
        tellings in prop::collection::vec((0_u8..4, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..12),
        wrong in any::<prop::sample::Index>(),
    ) {
        let mut desk = Desk::open();
        let paid: Vec<Paid> = (0..)
            .zip(&amounts)
            .map(|(number, shillings)| Paid {
                receipt: format!("TKL{number:07}"),
                bill: desk.bill(*shillings),
                money: kes(*shillings),
                moved: MORNING + number * 61_000_000,
            })
            .collect();
        let mut booked = 0;
        let mut take = |desk: &Desk, told: Vec<Told<'_>>| {
            for told in told {
                match desk.take(told) {
                    Answer::Booked { .. } => booked += 1,
                    Answer::Known { .. } => {}
                    other => panic!("{other:?}"),
                }
            }
        };
        for (how, one, other) in tellings {
            let (one, other) = (one.index(paid.len()), other.index(paid.len()));
            let part = &paid[one.min(other)..=one.max(other)];
            match how {
                0 => part.iter().rev().for_each(|paid| take(&desk, paid.confirmation())),
                1 => take(&desk, listed(part)),
                2 => take(&desk, stated(part)),
                _ => desk.reopen(),
            }
        }
        take(&desk, stated(&paid));
        prop_assert_eq!(booked, paid.len());
        let before = desk.balances();

        // A row that says another amount is reported, and nothing of it is booked.
        let wrong = &paid[wrong.index(paid.len())];
        let more = Paid { money: wrong.money.checked_add(kes(1)).unwrap(), ..wrong.clone() };
        let more = std::slice::from_ref(&more);
        for told in stated(more).into_iter().chain(listed(more)) {
            let answer = desk.take(told);
            prop_assert!(matches!(answer, Answer::Quarantined { .. }), "{:?}", answer);
        }
        prop_assert_eq!(desk.balances(), before);
        for paid in &paid {
            let bill = desk.see(paid.bill);
            prop_assert_eq!((bill.state, bill.payment_count, bill.collected), (BillState::Paid, 1, paid.money));
        }
    }
}
