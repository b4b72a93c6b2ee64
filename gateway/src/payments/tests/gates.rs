//! What a device at a gate brings is taken once and in order, and a bill that was used twice is named with both events.

use std::sync::Arc;

use ledger::LedgerTime;

use super::desk::{Desk, kes, line};
use crate::access::{ApiKey, KeyMode, Role};
use crate::clock::east_africa_date;
use crate::payments::{
    Answer, Archived, Ask, GateAsk, GateDevice, GateRefusal, PaymentNumber, Refusal, TakenBatch, VisitAsk,
    archive,
};

pub(super) fn certify(desk: &Desk, id: &str, gate: &str) -> Answer {
    let since = LedgerTime::from_micros(desk.clock.now_micros());
    let device = GateDevice {
        id: id.into(),
        site: "hells-gate".into(),
        agency: "KWS".into(),
        gate: gate.into(),
        key: "k+00+AA".into(),
        api_key: format!("key_{id}").into(),
        since,
        until: since.plus_seconds(100_000),
    };
    let key = ApiKey {
        id: device.api_key.clone(),
        label: "gate".into(),
        role: Role::AgencyGate,
        agency: Some("KWS".into()),
        mode: KeyMode::Test,
        secret_hash: "00".into(),
        expires: None,
    };
    desk.ask(Ask::Gate(GateAsk::Certify { device, key: Box::new(key) }))
}

fn bring(desk: &Desk, device: &str, number: u64, hash: &str, bills: &[PaymentNumber]) -> Answer {
    let at = LedgerTime::from_micros(desk.clock.now_micros() - 3_600_000_000);
    let uses = bills.iter().map(|bill| (*bill, at)).collect();
    let (device, hash, passes) = (device.into(), hash.into(), Vec::new());
    desk.ask(Ask::Gate(GateAsk::TakeBatch { device, number, hash, uses, passes, random: 1 }))
}

pub(super) fn taken(desk: &Desk, device: &str, number: u64) -> Arc<TakenBatch> {
    let archived = desk.ledger().archived(&archive::gate_batch(device, number)).unwrap();
    archived.and_then(Archived::gate_batch).unwrap()
}

fn outcomes(desk: &Desk, device: &str, number: u64) -> Vec<&'static str> {
    taken(desk, device, number).uses.iter().map(|used| used.outcome.word()).collect()
}

fn paid(desk: &mut Desk, receipt: &str) -> PaymentNumber {
    let bill = desk.bill(100);
    desk.confirm(bill, receipt, 100);
    bill
}

#[test]
fn what_the_books_say_to_each_use_is_kept_and_all_who_are_inside_have_their_visit() {
    let mut desk = Desk::open();
    assert!(matches!(certify(&desk, "elsa", "Elsa Gate"), Answer::Done { .. }));
    assert!(matches!(certify(&desk, "olkaria", "Olkaria Gate"), Answer::Done { .. }));
    let again = certify(&desk, "elsa", "Elsa Gate");
    assert_eq!(again, Answer::Refused(GateRefusal::AlreadyCertified.into()));

    let (good, online, both) = (paid(&mut desk, "A"), paid(&mut desk, "B"), paid(&mut desk, "C"));
    let unpaid = desk.bill(100);
    let mut tomorrows = desk.new_bill(vec![line("KWS", kes(100))], kes(100), None);
    tomorrows.visit_day = Some(east_africa_date(desk.clock.now_micros()).tomorrow().unwrap());
    let tomorrows = desk.make(tomorrows).unwrap();
    desk.confirm(tomorrows, "D", 100);
    let nobodys = PaymentNumber::from_random(4_071);
    let ask = VisitAsk::Use { bill: online, agency: "KWS".into(), gate: "Main Gate".into() };
    assert!(matches!(desk.ask(Ask::Visit(ask)), Answer::Done { .. }));

    let brought = [good, online, both, unpaid, tomorrows, nobodys, both];
    assert!(matches!(bring(&desk, "elsa", 1, "h1", &brought), Answer::Done { .. }));
    let expected = ["let_in", "used_twice", "let_in", "not_paid", "wrong_day", "no_such_bill", "used_twice"];
    assert_eq!(outcomes(&desk, "elsa", 1), expected);
    assert!(matches!(bring(&desk, "olkaria", 1, "h1", &[both]), Answer::Done { .. }));
    let visit = |desk: &Desk, bill: PaymentNumber| {
        desk.ledger().archived(&archive::visit(bill)).unwrap().and_then(Archived::visit)
    };
    for seed in 0..3 {
        for bill in [good, both, unpaid, tomorrows] {
            let visit = visit(&desk, bill).unwrap();
            assert_eq!(&*visit.gate, "Elsa Gate");
            assert!(visit.at.micros() < desk.clock.now_micros() - 3_000_000_000, "when the gate says it was");
        }
        assert_eq!(&*visit(&desk, online).unwrap().gate, "Main Gate");
        assert_eq!(visit(&desk, nobodys), None);
        let gates = desk.ledger().readers().gates();
        assert_eq!(gates.double_use_count(), 3);
        let newest = gates.double_uses().next().unwrap();
        assert_eq!(
            (newest.bill, &*newest.first_gate, &*newest.second_gate),
            (both, "Elsa Gate", "Olkaria Gate")
        );
        let first = visit(&desk, both).unwrap();
        assert_eq!((newest.first_at, newest.first_sequence), (first.at, first.sequence));
        desk.power_cut(seed);
    }
}

#[test]
fn a_batch_is_taken_once_in_order_and_as_it_was_first() {
    let mut desk = Desk::open();
    certify(&desk, "elsa", "Elsa Gate");
    let bill = paid(&mut desk, "A");
    let refused = |refusal: GateRefusal| Answer::Refused(Refusal::Gate(refusal));
    assert_eq!(bring(&desk, "nobody", 1, "h1", &[bill]), refused(GateRefusal::NoSuchDevice));
    let early = bring(&desk, "elsa", 2, "h2", &[bill]);
    assert_eq!(early, refused(GateRefusal::OutOfOrder { expected: 1 }));
    let Answer::Done { sequence } = bring(&desk, "elsa", 1, "h1", &[bill]) else { panic!("it is taken") };
    for seed in 0..3 {
        assert_eq!(bring(&desk, "elsa", 1, "h1", &[bill]), Answer::Repeated { sequence });
        let other = bring(&desk, "elsa", 1, "other", &[]);
        assert_eq!(other, refused(GateRefusal::OtherBatch { number: 1 }));
        assert_eq!(outcomes(&desk, "elsa", 1), ["let_in"]);
        desk.power_cut(seed);
    }

    // One that is trusted no more tells whom it let in all the same.
    let revoke =
        |agency: &str| desk.ask(Ask::Gate(GateAsk::Revoke { device: "elsa".into(), agency: agency.into() }));
    assert_eq!(revoke("KRA"), refused(GateRefusal::NoSuchDevice));
    assert!(matches!(revoke("KWS"), Answer::Done { .. }));
    assert_eq!(revoke("KWS"), Answer::Nothing);
    let late = paid(&mut desk, "B");
    assert!(matches!(bring(&desk, "elsa", 2, "h2", &[late]), Answer::Done { .. }));
    let taken = taken(&desk, "elsa", 2);
    assert!(taken.untrusted && taken.uses[0].outcome.word() == "let_in");
}
