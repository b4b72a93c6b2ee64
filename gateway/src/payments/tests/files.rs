//! What files of banks and card terminals tell, in any order: sales that were taken back, and money of which a statement told before
//! its slip. The books are the same whichever comes first.

use ledger::{Evidence, Money};

use super::desk::{Desk, kes, money_in, usd};
use crate::payments::{
    Addressed, Answer, Ask, BillState, ChannelReceipt, Difference, MoneyIn, PaymentNumber, Provider,
    SaleTakenBack, ToldBy, TypedAccount, WaitingMoney,
};

const SUSPENSE: &str = "2100.suspense KES";

fn receipt(provider: Provider, number: &str) -> ChannelReceipt {
    let short_code = if provider == Provider::Bank { "kcb-1100220033" } else { "880012" };
    ChannelReceipt { provider, short_code: short_code.into(), number: number.into() }
}

/// A line of a file that names this bill, or writes a text that names none.
fn line_of(receipt: ChannelReceipt, told_by: ToldBy, money: Money, bill: Option<PaymentNumber>) -> MoneyIn {
    money_in(
        receipt,
        told_by,
        Addressed::Typed(bill.map_or(TypedAccount::Other, TypedAccount::Number)),
        money,
    )
}

fn sale(number: &str, told_by: ToldBy, shillings: i64, bill: PaymentNumber) -> Ask {
    let receipt = receipt(Provider::Terminal, number);
    Ask::Receive(Box::new(line_of(receipt, told_by, kes(shillings), Some(bill))))
}

fn taken_back(number: &str, shillings: i64) -> Ask {
    let sale = SaleTakenBack { receipt: receipt(Provider::Terminal, number), money: kes(shillings) };
    Ask::TakeBack(sale, Evidence::CallbackOnly)
}

#[test]
fn a_sale_that_its_terminal_took_back_is_booked_by_no_file_of_the_terminal_afterwards() {
    let mut desk = Desk::open();
    let bill = desk.bill(500);
    let untouched = desk.balances();
    let Answer::Done { sequence } = desk.ask(taken_back("KWS00001-17-1", 500)) else {
        panic!("it is new");
    };
    assert_eq!(desk.ask(taken_back("KWS00001-17-1", 500)), Answer::Nothing);
    let in_batch = |number: &str, shillings| sale(number, ToldBy::TerminalBatch, shillings, bill);
    assert_eq!(desk.ask(in_batch("KWS00001-17-1", 500)), Answer::TakenBack { sequence });
    desk.power_cut(1);
    assert_eq!(desk.ask(in_batch("KWS00001-17-1", 500)), Answer::TakenBack { sequence });
    assert_eq!(desk.balances(), untouched);
    // Another sale, and another amount under the same number, are money.
    assert!(matches!(desk.ask(in_batch("KWS00001-17-2", 500)), Answer::Booked { .. }));
    assert!(matches!(desk.ask(in_batch("KWS00001-17-1", 501)), Answer::Booked { .. }));
}

#[test]
fn what_an_acquirer_settled_has_moved_whatever_its_terminal_says() {
    let mut desk = Desk::open();
    let bill = desk.bill(500);
    assert!(matches!(desk.ask(taken_back("KWS00001-17-1", 500)), Answer::Done { .. }));
    let settled = sale("KWS00001-17-1", ToldBy::Statement, 500, bill);
    assert!(matches!(desk.ask(settled), Answer::Booked { .. }));
    assert_eq!(desk.see(bill).state, BillState::Paid);
}

#[test]
fn a_sale_that_was_booked_before_stands_and_is_kept_for_a_person_once() {
    let mut desk = Desk::open();
    let bill = desk.bill(500);
    let Answer::Booked { sequence } = desk.ask(sale("KWS00001-17-1", ToldBy::TerminalBatch, 500, bill))
    else {
        panic!("it is new");
    };
    let booked = desk.balances();
    let kept = |is_new| Answer::Quarantined { stands: sequence, differs: Difference::TakenBack, is_new };
    assert_eq!(desk.ask(taken_back("KWS00001-17-1", 500)), kept(true));
    assert_eq!(desk.ask(taken_back("KWS00001-17-1", 500)), kept(false));
    assert_eq!(desk.balances(), booked);
}

#[test]
fn what_who_keeps_the_account_gave_back_is_booked_for_nobody_afterwards_and_stands_where_it_was_booked_before()
 {
    for (provider, told_by) in [
        (Provider::Airtel, ToldBy::Statement),
        (Provider::Airtel, ToldBy::Confirmation),
        (Provider::Bank, ToldBy::Notification),
        (Provider::Bank, ToldBy::Slip),
    ] {
        let mut desk = Desk::open();
        let bill = desk.bill(500);
        let of = |number: &str, shillings| {
            let message = line_of(receipt(provider, number), told_by, kes(shillings), Some(bill));
            Ask::Receive(Box::new(message))
        };
        let gave_back = |number: &str| {
            let sale = SaleTakenBack { receipt: receipt(provider, number), money: kes(500) };
            Ask::TakeBack(sale, Evidence::ConfirmedByStatement)
        };
        let Answer::Done { sequence } = desk.ask(gave_back("A1")) else { panic!("it is new") };
        assert_eq!(desk.ask(of("A1", 500)), Answer::TakenBack { sequence }, "{provider:?} {told_by:?}");
        desk.power_cut(1);
        assert_eq!(desk.ask(of("A1", 500)), Answer::TakenBack { sequence }, "{provider:?} {told_by:?}");
        assert_eq!(desk.see(bill).state, BillState::Unpaid);
        let Answer::Booked { sequence: stands } = desk.ask(of("A2", 500)) else { panic!("it is new") };
        for is_new in [true, false] {
            let kept = Answer::Quarantined { stands, differs: Difference::TakenBack, is_new };
            assert_eq!(desk.ask(gave_back("A2")), kept, "{provider:?} {told_by:?}");
        }
        assert_eq!(desk.see(bill).state, BillState::Paid, "a person looks, and what is booked stands");
    }
}

const REFERENCE: &str = "FT26324ABCDE";

fn of_bank(told_by: ToldBy, money: Money, bill: Option<PaymentNumber>) -> MoneyIn {
    line_of(receipt(Provider::Bank, REFERENCE), told_by, money, bill)
}

/// A line of the bank's statement whose text names nobody; the money waits.
fn stated(desk: &Desk, money: Money) -> WaitingMoney {
    let Answer::Booked { sequence } =
        desk.ask(Ask::Receive(Box::new(of_bank(ToldBy::Statement, money, None))))
    else {
        panic!("it is new");
    };
    desk.waiting(sequence)
}

fn named(told_by: ToldBy, money: Money, bill: PaymentNumber, waiting: &WaitingMoney) -> Ask {
    Ask::ReceiveWaiting(Box::new(of_bank(told_by, money, Some(bill))), Box::new(waiting.clone()))
}

#[test]
fn a_slip_after_the_statement_pays_the_bill_that_it_names_as_if_it_had_come_first() {
    for told_by in [ToldBy::Slip, ToldBy::Notification] {
        let mut slip_first = Desk::open();
        let bill = slip_first.bill(500);
        slip_first.ask(Ask::Receive(Box::new(of_bank(told_by, kes(500), Some(bill)))));

        let mut desk = Desk::open();
        let bill = desk.bill(500);
        let waiting = stated(&desk, kes(500));
        assert_eq!(desk.balances().get(SUSPENSE), Some(&50_000));
        let known = Answer::Known { sequence: waiting.sequence };
        assert_eq!(desk.ask(named(told_by, kes(500), bill, &waiting)), known);
        assert_eq!(desk.see(bill).state, BillState::Paid);
        assert_eq!(desk.balances(), slip_first.balances());
        // Again, and after a power cut, it is known and nothing more.
        let next = desk.ledger().readers().sequence();
        assert_eq!(desk.ask(named(told_by, kes(500), bill, &waiting)), known);
        assert_eq!(desk.ledger().readers().sequence(), next, "no record says so again");
        desk.power_cut(1);
        assert_eq!(desk.ask(named(told_by, kes(500), bill, &waiting)), known);
        assert_eq!(desk.balances(), slip_first.balances());
    }
}

#[test]
fn what_is_not_this_money_or_was_put_elsewhere_is_kept_for_a_person_and_moves_nothing() {
    let mut desk = Desk::open();
    let (bill, other) = (desk.bill(500), desk.bill(500));
    let waiting = stated(&desk, kes(500));
    let before = desk.balances();
    let differs = |answer| matches!(answer, Answer::Quarantined { is_new: true, .. });
    assert!(differs(desk.ask(named(ToldBy::Slip, kes(499), bill, &waiting))), "another amount");
    assert!(differs(desk.ask(named(ToldBy::Slip, usd(500), bill, &waiting))), "another currency");
    let nobody = PaymentNumber::from_random(99);
    assert!(differs(desk.ask(named(ToldBy::Slip, kes(500), nobody, &waiting))), "a bill that nobody has");
    let mut stale = waiting.clone();
    stale.sequence += 1;
    assert!(differs(desk.ask(named(ToldBy::Slip, kes(500), bill, &stale))), "another record");
    assert_eq!(desk.balances(), before);
    assert!(matches!(desk.ask(named(ToldBy::Slip, kes(500), bill, &waiting)), Answer::Known { .. }));
    assert!(differs(desk.ask(named(ToldBy::Slip, kes(500), other, &waiting))), "it was put to the first");
    assert_eq!(desk.see(other).state, BillState::Unpaid);
}

#[test]
fn a_slip_for_a_bill_that_was_paid_meanwhile_makes_it_refundable() {
    let mut desk = Desk::open();
    let bill = desk.bill(500);
    let waiting = stated(&desk, kes(500));
    desk.confirm(bill, "TKL0000001", 500);
    desk.ask(named(ToldBy::Slip, kes(500), bill, &waiting));
    assert_eq!(desk.balances().get("2110.duplicate-refundable KES"), Some(&50_000));
    assert_eq!(desk.balances().get(SUSPENSE), None);
}
