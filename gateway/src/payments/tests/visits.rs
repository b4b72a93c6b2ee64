//! A paid bill lets somebody in once, on its day, at its agency, whatever happens to the power.

use std::sync::Arc;

use ledger::LedgerTime;

use super::desk::{Desk, kes, line};
use crate::clock::east_africa_date;
use crate::payments::{
    Answer, Archived, Ask, BillState, PaymentNumber, Refusal, StaffAsk, Visit, VisitAsk, archive,
};

fn let_in(desk: &Desk, bill: PaymentNumber, agency: &str, gate: &str) -> Answer {
    desk.ask(Ask::Visit(VisitAsk::Use { bill, agency: agency.into(), gate: gate.into() }))
}

fn visit(desk: &Desk, bill: PaymentNumber) -> Option<Arc<Visit>> {
    desk.ledger().archived(&archive::visit(bill)).unwrap().and_then(Archived::visit)
}

#[test]
fn a_bill_is_used_once_whatever_happens_to_the_power() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    assert_eq!(
        let_in(&desk, bill, "KWS", "Main"),
        Answer::Refused(Refusal::NotPaid { state: BillState::Unpaid })
    );
    desk.confirm(bill, "A", 500);
    assert_eq!(
        let_in(&desk, bill, "KWS", "Main"),
        Answer::Refused(Refusal::NotPaid { state: BillState::PartPaid })
    );
    desk.confirm(bill, "B", 1000);
    assert_eq!(let_in(&desk, bill, "KRA", "Main"), Answer::Refused(Refusal::NoSuchBill));
    assert!(matches!(let_in(&desk, bill, "KWS", "Main"), Answer::Done { .. }));
    let used = visit(&desk, bill).unwrap();
    assert_eq!(&*used.gate, "Main");
    // A second payment makes no second visit.
    desk.confirm(bill, "C", 1500);
    for seed in 0..4 {
        assert_eq!(
            let_in(&desk, bill, "KWS", "Other"),
            Answer::Refused(Refusal::AlreadyUsed { visit: Arc::clone(&used) })
        );
        desk.power_cut(seed);
        assert_eq!(visit(&desk, bill), Some(Arc::clone(&used)));
    }
}

#[test]
fn a_bill_for_a_day_lets_in_on_that_day_alone() {
    let mut desk = Desk::open();
    let today = east_africa_date(desk.clock.now_micros());
    let mut new = desk.new_bill(vec![line("KWS", kes(100))], kes(100), None);
    let tomorrow = today.tomorrow().unwrap();
    new.visit_day = Some(tomorrow);
    let bill = desk.make(new).unwrap();
    desk.confirm(bill, "A", 100);
    assert_eq!(let_in(&desk, bill, "KWS", "Main"), Answer::Refused(Refusal::WrongDay { day: tomorrow }));
    desk.wait_seconds(86_400);
    assert_eq!(east_africa_date(LedgerTime::from_micros(desk.clock.now_micros()).micros()), tomorrow);
    assert!(matches!(let_in(&desk, bill, "KWS", "Main"), Answer::Done { .. }));
    desk.reopen();
    assert_eq!(desk.see(bill).terms.visit_day, Some(tomorrow));
}

#[test]
fn accounts_of_staff_are_what_their_records_made_of_them() {
    use crate::access::{Role, StaffAccount};
    let mut desk = Desk::open();
    let account = |id: &str| StaffAccount {
        id: id.into(),
        role: Role::AgencyGate,
        agency: Some("KWS".into()),
        counter: None,
    };
    desk.ask(Ask::Staff(StaffAsk::Add(account("stf_1"))));
    desk.ask(Ask::Staff(StaffAsk::Add(account("stf_2"))));
    let again = desk.ask(Ask::Staff(StaffAsk::Add(account("stf_1"))));
    assert_eq!(again, Answer::Refused(Refusal::NoRoomForStaff));
    let since =
        |desk: &Desk| desk.ledger().readers().staff().member("stf_1").map(|member| member.sessions_since);
    let added = since(&desk).unwrap();
    desk.ask(Ask::Staff(StaffAsk::NoteSetUp { account: "stf_1".into() }));
    desk.ask(Ask::Staff(StaffAsk::NoteSignIn { account: "stf_1".into(), by_provider: false }));
    assert_eq!(since(&desk), Some(added), "whoever is in stays in");
    desk.ask(Ask::Staff(StaffAsk::Reset { account: "stf_1".into() }));
    let reset = since(&desk).unwrap();
    assert!(reset > added);
    desk.ask(Ask::Staff(StaffAsk::End { account: "stf_2".into() }));
    for ask in [
        StaffAsk::End { account: "stf_2".into() },
        StaffAsk::Reset { account: "stf_2".into() },
        StaffAsk::NoteSignIn { account: "stf_2".into(), by_provider: false },
        StaffAsk::NoteSetUp { account: "nobody".into() },
    ] {
        assert_eq!(desk.ask(Ask::Staff(ask)), Answer::Refused(Refusal::NoSuchStaff));
    }
    for seed in 0..2 {
        desk.power_cut(seed);
        assert_eq!(since(&desk), Some(reset));
        assert!(desk.ledger().readers().staff().member("stf_2").is_none());
    }
}
