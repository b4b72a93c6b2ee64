//! A prompt is asked once, its money is booked once, in whatever order its messages come.

use super::desk::{Desk, kes};
use crate::payments::{Addressed, Answer, AttemptEvent, AttemptState, BillState, Difference, Refusal};

#[test]
fn nobody_is_asked_twice_while_a_prompt_can_live() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    let attempt = desk.attempt(bill).unwrap();
    desk.hear(attempt, AttemptEvent::Accepted);
    desk.wait_seconds(89);
    let refused = desk.attempt(bill).unwrap_err();
    assert!(
        matches!(refused, Answer::Refused(Refusal::PromptMayLive { attempt: first, .. }) if first == attempt)
    );
    desk.wait_seconds(1);
    desk.attempt(bill).expect("a prompt lives for ninety seconds at most");
}

#[test]
fn after_a_clear_no_another_prompt_may_be_sent_at_once() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    let attempt = desk.attempt(bill).unwrap();
    desk.hear(attempt, AttemptEvent::Accepted);
    desk.hear(attempt, AttemptEvent::Declined);
    assert_eq!(desk.see_attempt(attempt).state, AttemptState::Cancelled);
    desk.attempt(bill).expect("the payer said no to the first");
}

#[test]
fn result_and_confirmation_are_one_payment_in_either_order() {
    for result_first in [true, false] {
        let mut desk = Desk::open();
        let bill = desk.bill(1500);
        let attempt = desk.attempt(bill).unwrap();
        desk.hear(attempt, AttemptEvent::Accepted);
        let by_result = |desk: &Desk| desk.receive(Addressed::Attempt(attempt), "A", kes(1500));
        let (first, second) = if result_first {
            (by_result(&desk), desk.confirm(bill, "A", 1500))
        } else {
            (desk.confirm(bill, "A", 1500), by_result(&desk))
        };
        assert!(matches!(first, Answer::Booked { .. }));
        assert!(matches!(second, Answer::Known { .. }));
        let seen = desk.see(bill);
        assert_eq!((seen.state, seen.latest_payments.len()), (BillState::Paid, 1));
        assert_eq!(desk.see_attempt(attempt).state, AttemptState::Succeeded);
        assert_eq!(desk.balances()["2000.kws.park-entry KES"], 150_000);
    }
}

#[test]
fn a_result_after_the_confirmation_still_tells_an_attempt_that_was_thought_failed() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    let attempt = desk.attempt(bill).unwrap();
    desk.hear(attempt, AttemptEvent::SaidFailed);
    desk.confirm(bill, "A", 1500);
    assert_eq!(
        desk.see_attempt(attempt).state,
        AttemptState::Failed,
        "nobody said that this prompt moved it"
    );
    assert!(matches!(desk.receive(Addressed::Attempt(attempt), "A", kes(1500)), Answer::Known { .. }));
    let seen = desk.see_attempt(attempt);
    assert_eq!((seen.state, seen.channel_receipt.as_deref()), (AttemptState::Succeeded, Some("A")));
    assert_eq!(desk.balances()["2000.kws.park-entry KES"], 150_000, "and nothing is booked again");
}

#[test]
fn a_receipt_that_was_booked_to_another_bill_does_not_answer_an_attempt() {
    let mut desk = Desk::open();
    let (bill, other) = (desk.bill(1500), desk.bill(1500));
    let attempt = desk.attempt(bill).unwrap();
    desk.confirm(other, "A", 1500);
    let answer = desk.receive(Addressed::Attempt(attempt), "A", kes(1500));
    assert!(matches!(answer, Answer::Quarantined { differs: Difference::Account, .. }), "{answer:?}");
    assert_eq!(desk.see_attempt(attempt).state, AttemptState::Created);
}

#[test]
fn money_for_an_answered_attempt_is_a_second_receipt_of_its_bill() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    let attempt = desk.attempt(bill).unwrap();
    desk.receive(Addressed::Attempt(attempt), "A", kes(1500));
    assert!(matches!(desk.receive(Addressed::Attempt(attempt), "B", kes(1500)), Answer::Booked { .. }));
    assert_eq!(desk.see_attempt(attempt).channel_receipt.as_deref(), Some("A"));
    assert_eq!(desk.see(bill).state, BillState::Overpaid);
    assert_eq!(desk.balances()["2110.duplicate-refundable KES"], 150_000);
}

#[test]
fn a_lost_result_is_healed_by_the_confirmation() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    let attempt = desk.attempt(bill).unwrap();
    desk.hear(attempt, AttemptEvent::Accepted);
    desk.wait_seconds(90);
    desk.tick();
    assert_eq!(desk.see_attempt(attempt).state, AttemptState::Unknown);
    desk.confirm(bill, "A", 1500);
    let seen = desk.see_attempt(attempt);
    assert_eq!((seen.state, seen.channel_receipt.as_deref()), (AttemptState::Succeeded, Some("A")));
}

#[test]
fn what_the_query_says_is_not_booked_without_a_receipt() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    let attempt = desk.attempt(bill).unwrap();
    desk.hear(attempt, AttemptEvent::Accepted);
    desk.hear(attempt, AttemptEvent::SaidPaidWithoutReceipt);
    let seen = desk.see_attempt(attempt);
    assert_eq!((seen.state, seen.said_paid), (AttemptState::Unknown, true));
    assert_eq!(desk.see(bill).state, BillState::Unpaid);
    assert!(desk.balances().is_empty());
    let records = desk.ledger().head().size;
    assert_eq!(desk.hear(attempt, AttemptEvent::SaidPaidWithoutReceipt), Answer::Nothing);
    assert_eq!(desk.ledger().head().size, records, "the same word again is no news");
}

#[test]
fn success_beats_every_word_to_the_contrary_before_or_after() {
    let words = [
        AttemptEvent::Refused,
        AttemptEvent::NoAnswer,
        AttemptEvent::SaidFailed,
        AttemptEvent::Declined,
        AttemptEvent::RanOut,
        AttemptEvent::StillProcessing,
        AttemptEvent::SaidPaidWithoutReceipt,
    ];
    for word in words {
        for money_first in [true, false] {
            let mut desk = Desk::open();
            let bill = desk.bill(1500);
            let attempt = desk.attempt(bill).unwrap();
            if money_first {
                desk.receive(Addressed::Attempt(attempt), "A", kes(1500));
                assert_eq!(desk.hear(attempt, word), Answer::Nothing, "{word:?}");
            } else {
                desk.hear(attempt, word);
                desk.receive(Addressed::Attempt(attempt), "A", kes(1500));
            }
            assert_eq!(desk.see_attempt(attempt).state, AttemptState::Succeeded, "{word:?} {money_first}");
            assert_eq!(desk.see(bill).state, BillState::Paid);
        }
    }
}

#[test]
fn the_result_of_an_attempt_that_nobody_made_is_in_suspense() {
    let desk = Desk::open();
    let stranger = crate::payments::AttemptId::from_uuid(77);
    assert!(matches!(desk.receive(Addressed::Attempt(stranger), "A", kes(1500)), Answer::Booked { .. }));
    assert_eq!(desk.balances()["2100.suspense KES"], 150_000);
}

/// Neither message names an account: only the attempts tell them apart.
#[test]
fn one_receipt_answers_one_attempt_and_the_payer_of_another_is_not_told_that_it_was_paid() {
    let mut desk = Desk::open();
    let (mine, other) = (desk.bill(1500), desk.bill(1500));
    let attempts = [mine, other].map(|bill| desk.attempt(bill).unwrap());
    for attempt in attempts {
        desk.hear(attempt, AttemptEvent::Accepted);
    }
    assert!(matches!(desk.receive(Addressed::Attempt(attempts[0]), "A", kes(1500)), Answer::Booked { .. }));
    let answer = desk.receive(Addressed::Attempt(attempts[1]), "A", kes(1500));
    assert!(
        matches!(answer, Answer::Quarantined { differs: Difference::Account, is_new: true, .. }),
        "{answer:?}"
    );
    assert_eq!(desk.see_attempt(attempts[1]).state, AttemptState::PromptSent);
    assert!(matches!(desk.receive(Addressed::Attempt(attempts[0]), "A", kes(1500)), Answer::Known { .. }));
}
