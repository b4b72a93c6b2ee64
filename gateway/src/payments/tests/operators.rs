//! Tour operators: what the next invoice asks for, and that nothing is left out of it or asked for twice.

use std::sync::Arc;

use ledger::LedgerTime;

use super::desk::{Desk, kes, usd};
use super::passes::{balance, bring, gate, numbers, of_operator, pass, refused};
use crate::payments::decide::unpaid_of;
use crate::payments::{
    Answer, Ask, BillId, BillState, Event, GATE_BATCH_PASSES_MAX, GateAsk, GateEvent, GateRefusal,
    KnownOperator, NewInvoice, NewPass, OPERATORS_MAX, PASSES_PER_INVOICE_MAX, PaymentNumber, Quote,
    TourOperator, read_event,
};

const CODE: &str = "OP-SAVANA";
/// The invoices of these stories can be paid for a day.
const DAY: i64 = 86_400;

fn name(desk: &Desk, code: &str, agency: &str) -> Answer {
    let since = LedgerTime::from_micros(desk.clock.now_micros());
    let operator =
        TourOperator { code: code.into(), agency: agency.into(), name: "Savanna Tours".into(), since };
    desk.ask(Ask::Gate(GateAsk::NameOperator { operator, idempotency: None }))
}

fn ask_invoice(desk: &Desk, id: u32) -> Answer {
    desk.ask(Ask::Gate(GateAsk::Invoice(Box::new(NewInvoice {
        operator: CODE.into(),
        agency: "KWS".into(),
        id: BillId::from_uuid(u128::from(id)),
        random: u64::from(id).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        life_seconds: DAY,
        vault_slot: 0,
        idempotency: None,
    }))))
}

/// An invoice: its number, the passes that it asks for, and how many are left.
#[track_caller]
fn invoice(desk: &Desk, id: u32) -> (PaymentNumber, Vec<PaymentNumber>, u64) {
    let answer = ask_invoice(desk, id);
    let Answer::BillCreated { bill, sequence } = answer else {
        panic!("{answer:?}: there is something to pay")
    };
    let record = desk.ledger().record(sequence + 1).unwrap().unwrap();
    let Some(Event::Gate(GateEvent::PassesInvoiced { passes, left, .. })) = read_event(&record.draft.event)
    else {
        panic!("it says of which passes")
    };
    (bill, passes, left.unwrap())
}

fn known(desk: &Desk) -> KnownOperator {
    desk.ledger().readers().gates().operator(CODE, "KWS").unwrap().clone()
}

fn listed(desk: &Desk) -> Vec<PaymentNumber> {
    known(desk).passes.iter().copied().collect()
}

/// Brings passes of the operator, in batches as a device sends them, from this number of a batch on.
fn bring_all(desk: &mut Desk, own: &[PaymentNumber], mut batch: u64) {
    for some in own.chunks(GATE_BATCH_PASSES_MAX) {
        let passes = some.iter().map(|number| of_operator(pass(desk, *number, 100, 100), CODE)).collect();
        let answer = bring(desk, "elsa", batch, passes);
        assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
        batch += 1;
    }
}

fn withdraw(desk: &Desk, bill: PaymentNumber) {
    desk.ask(Ask::CancelBill { bill, idempotency: None });
}

/// Whose time has run out, ends.
fn expire(desk: &Desk) {
    while !matches!(desk.tick(), Answer::Nothing) {}
}

#[test]
fn passes_that_were_paid_or_ended_are_not_listed_and_stand_in_the_way_of_no_invoice() {
    let mut desk = gate();
    name(&desk, CODE, "KWS");
    let own = numbers(&desk, "elsa");
    bring_all(&mut desk, &own[..6], 1);
    assert_eq!(listed(&desk), own[..6]);
    let bill = desk.see(own[0]);
    assert_eq!(bill.terms.agency_reference.as_deref(), Some(CODE), "its bills are found by its code");
    desk.confirm(own[0], "PAID", 100);
    desk.confirm(own[1], "MORE", 120);
    desk.confirm(own[2], "PART", 40);
    withdraw(&desk, own[3]);
    for seed in 0..3 {
        assert_eq!(listed(&desk), own[4..6], "what was paid, in part or whole, or withdrawn has left");
        desk.power_cut(seed);
    }
    let (_, asked, left) = invoice(&desk, 1);
    assert_eq!((asked, left), (own[4..6].to_vec(), 0));

    // All of them end: a thousand of them would have hidden the newest.
    bring_all(&mut desk, &own[6..14], 2);
    desk.wait_seconds(90 * DAY + 1);
    expire(&desk);
    bring_all(&mut desk, &own[14..15], 3);
    let mut open = listed(&desk);
    open.retain(|number| !own[4..6].contains(number));
    assert_eq!(open, own[14..15], "whose time ran out has left");
}

/// Bills of before they bore their operator's code: nothing took them off the list when they were paid.
#[test]
fn passes_of_old_journals_that_were_paid_or_paid_in_part_hide_none_that_are_not() {
    let mut desk = gate();
    name(&desk, CODE, "KWS");
    let [paid, part, newest] = [(); 3].map(|()| desk.bill(100));
    desk.confirm(paid, "PAID", 100);
    desk.confirm(part, "PART", 40);
    let mut old: Vec<_> = (0..2_500).map(PaymentNumber::from_random).collect();
    old.sort();
    let last = old.pop().unwrap();
    let mut known = known(&desk);
    old.iter().chain([&last]).for_each(|number| known.add(*number));
    let bills = [paid, part, newest].map(|number| desk.see(number));
    let bill_of = |number: PaymentNumber| {
        let which = if number == last { 2 } else { usize::try_from(number.get() % 2).unwrap() };
        Ok(Some(Arc::clone(&bills[which])))
    };
    let found = unpaid_of(&known, bill_of, |_| Ok(false)).unwrap();
    let asked: Vec<_> = found.bills.iter().map(|bill| bill.terms.number).collect();
    assert_eq!(asked, [newest], "the newest of 2,500");
    assert_eq!(found.ended, old[..1_000], "as many as a record has room for");
}

#[test]
fn an_invoice_takes_so_many_and_says_how_many_are_left_for_the_next() {
    let mut desk = gate();
    name(&desk, CODE, "KWS");
    let own = numbers(&desk, "elsa");
    bring_all(&mut desk, &own[..PASSES_PER_INVOICE_MAX + 30], 1);
    let (first, asked, left) = invoice(&desk, 1);
    assert_eq!((asked.len(), left), (PASSES_PER_INVOICE_MAX, 30));
    let (second, rest, left) = invoice(&desk, 2);
    assert_eq!((rest.len(), left), (30, 0));
    assert!(rest.iter().all(|number| !asked.contains(number)), "each pass is on one of them");
    assert_eq!(ask_invoice(&desk, 3), refused(GateRefusal::NothingToInvoice));
    assert_eq!(known(&desk).owed_count(), PASSES_PER_INVOICE_MAX + 30, "it has paid nothing yet");
    desk.confirm(first, "FIRST", 20_000);
    desk.confirm(second, "SECOND", 3_000);
    for seed in 0..2 {
        assert_eq!((known(&desk).owed_count(), listed(&desk).len()), (0, 0));
        desk.power_cut(seed);
    }
}

#[test]
fn passes_of_an_invoice_that_ended_unpaid_are_on_the_next_and_its_money_is_given_back() {
    let mut desk = gate();
    name(&desk, CODE, "KWS");
    let own = numbers(&desk, "elsa");
    bring_all(&mut desk, &own[..3], 1);
    let (expired, asked, _) = invoice(&desk, 1);
    desk.wait_seconds(DAY + 1);
    expire(&desk);
    assert_eq!(desk.see(expired).state, BillState::Expired);
    for seed in 0..2 {
        assert_eq!(listed(&desk), asked, "each is to be asked for again");
        desk.power_cut(seed);
    }
    // Somebody pays the invoice that ended, twice over, and a visitor one of the passes: neither is a bill any more.
    for _ in 0..2 {
        desk.confirm(expired, "TOO-LATE", 300);
    }
    desk.confirm(own[0], "OWN", 100);
    assert_eq!((balance(&desk, "2140.late KES"), listed(&desk)), (40_000, asked.clone()));

    let (withdrawn, again, left) = invoice(&desk, 2);
    assert_eq!((again, left), (asked.clone(), 0));
    withdraw(&desk, withdrawn);
    assert_eq!((desk.see(withdrawn).state, listed(&desk)), (BillState::Cancelled, asked.clone()));

    // A part of the next is paid: it is held for whoever paid it, and the whole is asked for once more.
    let (in_part, _, _) = invoice(&desk, 3);
    desk.confirm(in_part, "PART", 50);
    assert_eq!(listed(&desk), [], "money is expected for it");
    desk.wait_seconds(DAY + 1);
    expire(&desk);
    assert_eq!(listed(&desk), asked);
    let (paid, _, _) = invoice(&desk, 4);
    desk.confirm(paid, "PAID", 300);
    for seed in 0..2 {
        assert_eq!((listed(&desk), known(&desk).owed_count()), (Vec::new(), 0));
        assert_eq!(balance(&desk, "2000.kws.park-entry KES"), 30_000, "three passes, each paid once");
        assert_eq!(ask_invoice(&desk, 5), refused(GateRefusal::NothingToInvoice));
        desk.power_cut(seed);
    }
}

#[test]
fn every_agency_has_room_for_as_many_operators() {
    let desk = Desk::open();
    for at in 0..OPERATORS_MAX {
        assert!(matches!(name(&desk, &format!("OP-{at}"), "KWS"), Answer::Done { .. }));
    }
    assert_eq!(name(&desk, "OP-MORE", "KWS"), refused(GateRefusal::NoRoomForOperator));
    assert!(matches!(name(&desk, "OP-MORE", "NMK"), Answer::Done { .. }), "another agency's are its own");
    assert_eq!(name(&desk, "OP-1", "NMK"), refused(GateRefusal::NoRoomForOperator), "a code is one's");
}

#[test]
fn passes_too_dear_to_be_added_up_are_on_invoices_of_their_own() {
    let mut desk = gate();
    name(&desk, CODE, "KWS");
    let own = numbers(&desk, "elsa");
    let dear = i64::MAX / 100 - 50;
    let passes: Vec<_> = own[..2].iter().map(|number| pass(&mut desk, *number, dear, dear)).collect();
    let small = pass(&mut desk, own[2], 10, 10);
    let passes = passes.into_iter().chain([small]).map(|pass| of_operator(pass, CODE)).collect();
    bring(&desk, "elsa", 1, passes);
    let (first, asked, left) = invoice(&desk, 1);
    assert_eq!((asked, left), (vec![own[0], own[2]], 1));
    assert_eq!(desk.see(first).terms.payable, kes(dear + 10));
    let (_, asked, left) = invoice(&desk, 2);
    assert_eq!((asked, left), (vec![own[1]], 0));
}

#[test]
fn passes_at_the_rates_of_two_days_are_on_two_invoices() {
    let mut desk = gate();
    name(&desk, CODE, "KWS");
    let own = numbers(&desk, "elsa");
    let at_rate = |desk: &mut Desk, number, rate: &str, shillings| {
        let expires = LedgerTime::from_micros(desk.clock.now_micros() + 1);
        let quote = Quote { rate_id: rate.into(), rate: "129.00".into(), expires };
        let lines = vec![super::desk::line("KWS", usd(10))];
        let terms = Box::new(desk.new_bill(lines, kes(shillings), Some(quote)));
        NewPass { price: usd(10), terms, ..of_operator(pass(desk, number, 100, 100), CODE) }
    };
    let passes = vec![
        at_rate(&mut desk, own[0], "CBK/1", 1_290),
        at_rate(&mut desk, own[1], "CBK/2", 1_300),
        at_rate(&mut desk, own[2], "CBK/1", 1_290),
    ];
    bring(&desk, "elsa", 1, passes);
    let (first, asked, left) = invoice(&desk, 1);
    assert_eq!((asked, left, desk.see(first).terms.payable), (vec![own[0], own[2]], 1, kes(2_580)));
    let (second, asked, left) = invoice(&desk, 2);
    assert_eq!((asked, left, desk.see(second).terms.payable), (vec![own[1]], 0, kes(1_300)));
}
