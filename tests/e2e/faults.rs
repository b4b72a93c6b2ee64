//! Safaricom's side goes wrong in every way that it can, each in one payment of twenty. The books are what moved, less
//! what nobody was ever told of, and that is listed.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::harness::{Gateway, Order, Sandbox, check_books, together};

/// Payments unless the environment says otherwise.
const PAYMENTS: usize = 400;
/// One in so many is by prompt.
const PROMPT_EVERY: usize = 5;
const PAYERS: usize = 16;

#[test]
fn whatever_goes_wrong_the_books_are_what_moved_less_what_was_never_told() {
    let payments = std::env::var("E2E_FAULT_PAYMENTS")
        .map_or(PAYMENTS, |text| text.parse().expect("E2E_FAULT_PAYMENTS is a number"));
    let sandbox = Sandbox::start();
    let gateway = Gateway::demo().beside(&sandbox).start();
    sandbox.knows(&gateway);
    sandbox.breaks(&json!({
        "seed": 7,
        "confirmation_late_per_mille": 50, "confirmation_late_ms": 700,
        "confirmation_lost_per_mille": 50,
        "confirmation_repeated_per_mille": 50, "confirmation_repeats": 2,
        "confirmation_out_of_order_per_mille": 50,
        "altered_repeat_per_mille": 50,
        "validation_late_per_mille": 50,
        "validation_dead_per_mille": 50,
        "stk_callback_late_per_mille": 50, "stk_callback_late_ms": 700,
        "stk_callback_lost_per_mille": 50,
        "stk_callback_repeated_per_mille": 50, "stk_callback_repeats": 2,
        "query_down_per_mille": 50,
    }));
    let kws = gateway.agency("kws");
    let next = AtomicUsize::new(0);
    together(PAYERS, |_| {
        loop {
            let payment = next.fetch_add(1, Ordering::Relaxed);
            if payment >= payments {
                return;
            }
            let bill = kws.bills(&Order::hells_gate(1));
            // Everybody has a phone: one alone does not ring so often.
            let phone = format!("0733{payment:06}");
            let payer = sandbox.payer(&phone);
            if payment.is_multiple_of(PROMPT_EVERY) {
                kws.prompts(&bill, &phone).expect(202);
                payer.enters_pin().expect(202);
                crate::harness::eventually("the prompt has gone", || payer.sees_no_prompt().then_some(()));
            } else {
                payer.pays(&bill.number, "500");
            }
        }
    });
    let told = sandbox.is_quiet();
    assert_eq!(told["moved"]["count"], payments, "{told}");

    let books = gateway.books();
    books.expect_balanced();
    let said = check_books(&books, &[], &[&sandbox.ledger()]).expect(0).stdout;
    eprintln!("{said}");

    let booked = books.events("payment_received").len();
    let listed: usize = said
        .lines()
        .find_map(|line| line.strip_prefix("Moved and never delivered, so not booked: "))
        .map(|count| count.parse().unwrap())
        .unwrap();
    assert_eq!(booked + listed, payments);
    assert!(listed > 0 && listed < payments / 10, "{listed} of {payments} were never told of");
    let altered = &told["altered_repeats_sent"];
    assert_eq!(books.events("payment_quarantined").len() as u64, altered.as_u64().unwrap(), "{told}");
    assert!(altered.as_u64() > Some(0));
}
