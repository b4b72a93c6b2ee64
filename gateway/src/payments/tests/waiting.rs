//! Money that waits in suspense until somebody who may says what it is for: the provider's own word that names an attempt, a slip,
//! who keeps the account, or the paper that a cashier reads once more. The books look again for whoever may.

use ledger::{Evidence, Money};

use super::counters::{COUNTER, Number};
use super::desk::{Desk, kes, money_in, usd};
use crate::payments::{
    AccountFact, Addressed, Answer, Ask, AttemptState, BillState, ChannelReceipt, Difference, MoneyIn,
    PaymentNumber, Provider, SaleTakenBack, ToldBy, TypedAccount,
};

const SUSPENSE: &str = "2100.suspense KES";

fn message(provider: Provider, told_by: ToldBy, addressed: Addressed, money: Money) -> MoneyIn {
    let receipt = ChannelReceipt { provider, short_code: "222222".into(), number: "FT26324ABCDE".into() };
    money_in(receipt, told_by, addressed, money)
}

fn numbered(bill: PaymentNumber) -> Addressed {
    Addressed::Typed(TypedAccount::Number(bill))
}

fn booked(answer: &Answer) -> u64 {
    let Answer::Booked { sequence } = answer else { panic!("{answer:?} is nothing new") };
    *sequence
}

#[test]
fn the_word_that_names_an_attempt_puts_the_waiting_money_on_its_bill() {
    // A row without a reference, one with another text, and a paybill confirmation without an account.
    let waits = [
        (ToldBy::Statement, TypedAccount::Missing),
        (ToldBy::Statement, TypedAccount::Other),
        (ToldBy::Confirmation, TypedAccount::Missing),
        (ToldBy::Confirmation, TypedAccount::Other),
    ];
    for (told_first, typed) in waits {
        for word in [ToldBy::PromptResult, ToldBy::Query, ToldBy::Notification, ToldBy::Statement] {
            let mut desk = Desk::open();
            let bill = desk.bill(500);
            let attempt = desk.attempt(bill).unwrap();
            let first = message(Provider::Mpesa, told_first, Addressed::Typed(typed), kes(500));
            let sequence = booked(&desk.tell(first));
            assert_eq!(desk.balances().get(SUSPENSE), Some(&50_000));
            let names = || message(Provider::Mpesa, word, Addressed::Attempt(attempt), kes(500));
            assert_eq!(desk.tell(names()), Answer::Known { sequence }, "{told_first:?} {word:?}");
            assert_eq!(desk.see(bill).state, BillState::Paid);
            assert_eq!(desk.balances().get(SUSPENSE), None);
            let seen = desk.see_attempt(attempt);
            assert_eq!(seen.state, AttemptState::Succeeded);
            assert_eq!(seen.channel_receipt.as_deref(), Some("FT26324ABCDE"));
            let next = desk.ledger().readers().sequence();
            assert_eq!(desk.tell(names()), Answer::Known { sequence });
            desk.power_cut(1);
            assert_eq!(desk.tell(names()), Answer::Known { sequence });
            assert_eq!(desk.ledger().readers().sequence(), next, "no record says so again");
        }
    }
}

#[test]
fn no_attempt_succeeds_while_its_money_lies_elsewhere() {
    let mut desk = Desk::open();
    let (bill, other) = (desk.bill(500), desk.bill(500));
    let attempt = desk.attempt(bill).unwrap();
    let waiting =
        message(Provider::Mpesa, ToldBy::Statement, Addressed::Typed(TypedAccount::Missing), kes(500));
    booked(&desk.tell(waiting));
    // Another amount than the books have is for a person, and the attempt stays open.
    let names = |shillings, attempt| {
        message(Provider::Mpesa, ToldBy::PromptResult, Addressed::Attempt(attempt), kes(shillings))
    };
    assert!(matches!(desk.tell(names(499, attempt)), Answer::Quarantined { is_new: true, .. }));
    assert_eq!(desk.see_attempt(attempt).state, AttemptState::Created);
    // The money was put to the bill of another attempt: this one has not succeeded by it.
    let elsewhere = desk.attempt(other).unwrap();
    assert!(matches!(desk.tell(names(500, elsewhere)), Answer::Known { .. }));
    assert!(matches!(desk.tell(names(500, attempt)), Answer::Quarantined { is_new: true, .. }));
    assert_eq!(desk.see_attempt(attempt).state, AttemptState::Created);
    assert_eq!(desk.see(bill).state, BillState::Unpaid);
}

#[test]
fn a_slip_that_meets_the_statement_in_the_sequencer_pays_its_bill() {
    for told_by in [ToldBy::Slip, ToldBy::Notification] {
        let mut desk = Desk::open();
        let (bill, other) = (desk.bill(500), desk.bill(500));
        let text =
            || message(Provider::Bank, ToldBy::Statement, Addressed::Typed(TypedAccount::Other), kes(500));
        let sequence = booked(&desk.tell(text()));
        let slip = |bill| message(Provider::Bank, told_by, numbered(bill), kes(500));
        assert_eq!(desk.tell(slip(bill)), Answer::Known { sequence }, "{told_by:?}");
        assert_eq!(desk.tell(text()), Answer::Known { sequence }, "its text contradicts nothing");
        assert_eq!(desk.see(bill).state, BillState::Paid);
        assert_eq!(desk.tell(slip(bill)), Answer::Known { sequence });
        assert!(matches!(desk.tell(slip(other)), Answer::Quarantined { is_new: true, .. }));
        assert_eq!(desk.see(other).state, BillState::Unpaid);
    }
}

#[test]
fn a_text_that_a_slip_has_for_waiting_money_is_kept_for_who_looks_for_its_bill() {
    for told_by in [ToldBy::Slip, ToldBy::Notification] {
        let desk = Desk::open();
        let of = |told_by| message(Provider::Bank, told_by, Addressed::Typed(TypedAccount::Other), kes(500));
        let stands = booked(&desk.tell(of(ToldBy::Statement)));
        assert_eq!(desk.tell(of(told_by)), Answer::Known { sequence: stands }, "it is the same text");
        let other = MoneyIn { account_fact: AccountFact::Hashed { epoch: 1, hash: [8; 8] }, ..of(told_by) };
        let differs = Difference::Account;
        for is_new in [true, false] {
            assert_eq!(desk.tell(other.clone()), Answer::Quarantined { stands, differs, is_new });
        }
        assert_eq!(desk.balances().get(SUSPENSE), Some(&50_000));
    }
}

#[test]
fn who_keeps_the_account_names_the_bill_of_a_slip_that_named_none() {
    let nobody = PaymentNumber::from_random(99);
    for typed in [TypedAccount::Missing, TypedAccount::Other, TypedAccount::Number(nobody)] {
        let mut desk = Desk::open();
        let (bill, other) = (desk.bill(500), desk.bill(500));
        let slip = message(Provider::Bank, ToldBy::Slip, Addressed::Typed(typed), kes(500));
        let sequence = booked(&desk.tell(slip));
        // Another slip is an officer's word against an officer's.
        if typed != TypedAccount::Missing {
            let again = message(Provider::Bank, ToldBy::Slip, numbered(other), kes(500));
            assert!(matches!(desk.tell(again), Answer::Quarantined { .. }));
        }
        let row = || message(Provider::Bank, ToldBy::Statement, numbered(bill), kes(500));
        assert_eq!(desk.tell(row()), Answer::Known { sequence }, "{typed:?}");
        assert_eq!(desk.tell(row()), Answer::Known { sequence }, "{typed:?}");
        assert_eq!(desk.see(bill).state, BillState::Paid);
        assert_eq!(desk.balances().get(SUSPENSE), None);
    }
}

#[test]
fn two_sales_under_one_number_of_a_terminal_are_both_remembered_as_taken_back() {
    let mut desk = Desk::open();
    let bill = desk.bill(700);
    let receipt = message(Provider::Terminal, ToldBy::TerminalBatch, numbered(bill), kes(1)).receipt;
    let take_back = |shillings| {
        Ask::TakeBack(
            SaleTakenBack { receipt: receipt.clone(), money: kes(shillings) },
            Evidence::CallbackOnly,
        )
    };
    let sale = |shillings| message(Provider::Terminal, ToldBy::TerminalBatch, numbered(bill), kes(shillings));
    let mut sequences = Vec::new();
    for shillings in [500, 700] {
        let Answer::Done { sequence } = desk.ask(take_back(shillings)) else { panic!("it is new") };
        assert_eq!(desk.ask(take_back(shillings)), Answer::Nothing);
        sequences.push(sequence);
    }
    for (shillings, sequence) in [500, 700].into_iter().zip(sequences) {
        assert_eq!(desk.tell(sale(shillings)), Answer::TakenBack { sequence });
    }
    assert_eq!(desk.see(bill).state, BillState::Unpaid);
}

#[test]
fn money_in_another_currency_answers_no_attempt_whoever_tells_of_it() {
    let mut desk = Desk::open();
    let bill = desk.bill(500);
    let attempt = desk.attempt(bill).unwrap();
    let names = |word| message(Provider::Mpesa, word, Addressed::Attempt(attempt), usd(500));
    let stands = booked(&desk.tell(names(ToldBy::PromptResult)));
    let differs = Difference::Currency;
    for is_new in [true, false] {
        assert_eq!(
            desk.tell(names(ToldBy::Query)),
            Answer::Quarantined { stands, differs, is_new },
            "an alarm, once"
        );
    }
    assert_eq!(desk.see_attempt(attempt).state, AttemptState::Created, "the attempt stays open");
    assert_eq!(desk.see(bill).state, BillState::Unpaid);
}

#[test]
fn a_paper_that_was_typed_without_a_number_is_named_once_and_no_more() {
    let mut desk = Desk::open();
    let (bill, other) = (desk.bill(500), desk.bill(500));
    let shift = desk.shift("amina", 0);
    let paper = Number::OnPaper("0042");
    let Answer::Booked { sequence } = desk.takes_for_nobody("amina", shift, kes(500), &paper) else {
        panic!("what is on paper is booked");
    };
    assert_eq!(desk.balances().get(SUSPENSE), Some(&50_000));
    // The cashier types it again, with the number and without the zeros.
    let again = desk.takes("amina", shift, bill, kes(500), &Number::OnPaper("42"));
    assert_eq!(again, Answer::Waits { sequence });
    let waiting = desk.waiting(sequence);
    assert_eq!(&*waiting.receipt.short_code, COUNTER);
    let name = |bill| {
        let named = message(Provider::Counter, ToldBy::Counter, numbered(bill), kes(500));
        let named = MoneyIn { receipt: waiting.receipt.clone(), ..named };
        desk.ask(Ask::ReceiveWaiting(Box::new(named), Box::new(waiting.clone())))
    };
    assert_eq!(name(bill), Answer::Known { sequence });
    assert_eq!(desk.see(bill).state, BillState::Paid);
    assert_eq!(desk.balances().get(SUSPENSE), None);
    assert_eq!(desk.takes("amina", shift, bill, kes(500), &paper), Answer::Known { sequence });
    for answer in [name(other), desk.takes("amina", shift, other, kes(500), &paper)] {
        assert!(matches!(answer, Answer::Quarantined { .. }), "{answer:?}");
    }
    assert_eq!(desk.see(other).state, BillState::Unpaid);
}
