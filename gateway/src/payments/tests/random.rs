//! Any messages in any order, with restarts and power cuts between them: every shilling is somewhere, once, and whoever
//! comes after a cut sees what the living saw. The real ledger and the real state machine, under one seed.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::desk::{Desk, kes};
use crate::payments::{Addressed, Answer, Ask, AttemptState, PaymentNumber, TypedAccount};

#[derive(Clone, Debug)]
enum Step {
    Bill { shillings: i64 },
    Confirm { bill: usize, receipt: u8, shillings: i64 },
    Stray { receipt: u8, shillings: i64 },
    Attempt { bill: usize },
    Result { attempt: usize, receipt: u8, shillings: i64 },
    Cancel { bill: usize },
    Wait { seconds: i64 },
    Restart,
    PowerCut { seed: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (1_i64..400).prop_map(|shillings| Step::Bill { shillings }),
        6 => (0_usize..6, any::<u8>(), 1_i64..400)
            .prop_map(|(bill, receipt, shillings)| Step::Confirm { bill, receipt: receipt % 40, shillings }),
        1 => (any::<u8>(), 1_i64..400).prop_map(|(receipt, shillings)| Step::Stray { receipt: receipt % 40, shillings }),
        1 => (0_usize..6).prop_map(|bill| Step::Attempt { bill }),
        2 => (0_usize..4, any::<u8>(), 1_i64..400)
            .prop_map(|(attempt, receipt, shillings)| Step::Result { attempt, receipt: receipt % 40, shillings }),
        1 => (0_usize..6).prop_map(|bill| Step::Cancel { bill }),
        1 => (1_i64..90_000).prop_map(|seconds| Step::Wait { seconds }),
        1 => Just(Step::Restart),
        1 => any::<u64>().prop_map(|seed| Step::PowerCut { seed }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_shilling_that_moved_is_in_the_books_once(steps in prop::collection::vec(step(), 1..60)) {
        let mut desk = Desk::open();
        let mut bills: Vec<PaymentNumber> = Vec::new();
        let mut attempts = Vec::new();
        // What the outside world knows: the first message of each receipt is the payment.
        let mut moved = BTreeMap::<String, i64>::new();
        for step in steps {
            let told = match step {
                Step::Bill { shillings } => {
                    bills.push(desk.bill(shillings));
                    None
                }
                Step::Confirm { bill, receipt, shillings } => bills.get(bill).map(|bill| {
                    let receipt = format!("R{receipt}");
                    (desk.confirm(*bill, &receipt, shillings), receipt, shillings)
                }),
                Step::Stray { receipt, shillings } => {
                    let receipt = format!("R{receipt}");
                    let stray = Addressed::Typed(TypedAccount::Other);
                    Some((desk.receive(stray, &receipt, kes(shillings)), receipt, shillings))
                }
                Step::Attempt { bill } => {
                    if let Some(bill) = bills.get(bill) {
                        attempts.extend(desk.attempt(*bill));
                    }
                    None
                }
                Step::Result { attempt, receipt, shillings } => attempts.get(attempt).map(|attempt| {
                    let receipt = format!("R{receipt}");
                    (desk.receive(Addressed::Attempt(*attempt), &receipt, kes(shillings)), receipt, shillings)
                }),
                Step::Cancel { bill } => {
                    if let Some(bill) = bills.get(bill) {
                        desk.ask(Ask::CancelBill { bill: *bill, idempotency: None });
                    }
                    None
                }
                Step::Wait { seconds } => {
                    desk.wait_seconds(seconds);
                    desk.tick();
                    None
                }
                Step::Restart => {
                    desk.reopen();
                    None
                }
                Step::PowerCut { seed } => {
                    desk.power_cut(seed);
                    None
                }
            };
            if let Some((answer, receipt, shillings)) = told {
                let was_known = moved.contains_key(&receipt);
                moved.entry(receipt).or_insert(shillings);
                prop_assert_eq!(matches!(answer, Answer::Booked { .. }), !was_known, "{:?}", answer);
            }
        }
        let clearing = desk.balances().get("1000.mpesa.222222 KES").copied().unwrap_or(0);
        prop_assert_eq!(clearing, -i128::from(moved.values().sum::<i64>() * 100));
        for bill in &bills {
            let seen = desk.see(*bill);
            let arrived: i64 = seen.latest_payments.iter().map(|payment| payment.money.minor()).sum();
            prop_assert_eq!(seen.collected.minor(), arrived, "a bill has collected what its payments say");
            prop_assert!(seen.state.is_open() || seen.due().is_zero());
        }
        for attempt in attempts.iter().map(|id| desk.see_attempt(*id)) {
            let bill = desk.see(attempt.bill);
            let all = bill.payment_count == bill.latest_payments.len() as u64;
            let on_its_bill =
                bill.latest_payments.iter().any(|payment| Some(&payment.channel_receipt) == attempt.channel_receipt.as_ref());
            let has_succeeded = attempt.state == AttemptState::Succeeded;
            prop_assert!(!has_succeeded || !all || on_its_bill, "its money lies elsewhere: {:?}", attempt);
        }
        let before: Vec<_> = bills.iter().map(|bill| desk.see(*bill)).collect();
        let totals = desk.ledger().readers().with_totals(Clone::clone);
        desk.reopen();
        let after: Vec<_> = bills.iter().map(|bill| desk.see(*bill)).collect();
        prop_assert_eq!(before, after, "a restart sees what the living saw");
        prop_assert_eq!(totals, desk.ledger().readers().with_totals(Clone::clone));
    }
}
