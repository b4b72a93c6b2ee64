//! What is closed takes no bill and all money, and everything about it happens by records.

use catalog::Text;
use ledger::LedgerTime;

use super::desk::Desk;
use crate::payments::availability::{CLOSURES_MAX, CLOSURES_OF_AGENCIES_MAX, CLOSURES_OF_ONE_AGENCY_MAX};
use crate::payments::decide::DUE_PER_TICK_MAX;
use crate::payments::{Answer, Ask, AvailabilityScope, BillState, ClosedBy, ClosureTerms, Refusal};

fn park() -> AvailabilityScope {
    AvailabilityScope::Service { slug: "park-entry".into() }
}

fn kws() -> AvailabilityScope {
    AvailabilityScope::Agency { code: "KWS".into() }
}

fn flooded(closed_by: ClosedBy) -> ClosureTerms {
    ClosureTerms {
        reason: Text::new("Flooded", "Mafuriko"),
        from: None,
        until: None,
        closed_by,
        agency: None,
    }
}

/// From and until so many seconds from now.
fn window(desk: &Desk, from: Option<i64>, until: Option<i64>) -> ClosureTerms {
    let now = LedgerTime::from_micros(desk.clock.now_micros());
    let moment = |seconds: Option<i64>| seconds.map(|seconds| now.plus_seconds(seconds));
    ClosureTerms { from: moment(from), until: moment(until), ..flooded(ClosedBy::Agency) }
}

fn close(desk: &Desk, scope: AvailabilityScope, terms: ClosureTerms) -> Answer {
    desk.ask(Ask::Close { scope, terms })
}

fn is_closed(desk: &Desk) -> bool {
    desk.ledger().readers().availability().of_service("KWS", "park-entry", None).closed.is_some()
}

#[test]
fn no_bill_is_made_for_what_is_closed_and_money_for_a_bill_that_exists_is_booked() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    for scope in [park(), kws()] {
        close(&desk, scope.clone(), window(&desk, None, Some(100)));
        match desk.try_bill(1500) {
            Answer::Refused(Refusal::Closed { reason, seconds_left }) => {
                assert_eq!((reason.sw(), seconds_left), ("Mafuriko", Some(102)));
            }
            other => panic!("{other:?}"),
        }
        desk.ask(Ask::Open { scope, opened_by: ClosedBy::Agency });
        desk.bill(10);
    }
    close(&desk, park(), flooded(ClosedBy::Agency));
    desk.confirm(bill, "A", 1500);
    assert_eq!(desk.see(bill).state, BillState::Paid);
}

#[test]
fn a_plan_begins_and_ends_by_record_and_outlives_restarts() {
    let mut desk = Desk::open();
    let planned = window(&desk, Some(10), Some(20));
    close(&desk, park(), planned.clone());
    assert!(!is_closed(&desk));
    desk.wait_seconds(10);
    assert!(!is_closed(&desk), "time alone changes nothing");
    desk.reopen();
    desk.tick();
    assert!(is_closed(&desk));
    assert_eq!(close(&desk, park(), planned), Answer::Nothing, "the same again is nothing new");
    desk.reopen();
    assert!(is_closed(&desk));
    desk.wait_seconds(10);
    desk.tick();
    assert!(!is_closed(&desk));
    assert!(desk.ledger().readers().availability().is_as_usual());
    assert_eq!(desk.tick(), Answer::Nothing);
}

#[test]
fn an_agency_does_not_open_what_an_operator_closed() {
    let desk = Desk::open();
    close(&desk, park(), flooded(ClosedBy::Operator));
    let opened = desk.ask(Ask::Open { scope: park(), opened_by: ClosedBy::Agency });
    assert_eq!(opened, Answer::Refused(Refusal::ClosedByOperator));
    let other = close(&desk, park(), window(&desk, None, Some(5)));
    assert_eq!(other, Answer::Refused(Refusal::ClosedByOperator));
    desk.ask(Ask::Open { scope: park(), opened_by: ClosedBy::Operator });
    assert!(!is_closed(&desk));
    close(&desk, park(), flooded(ClosedBy::Agency));
    desk.ask(Ask::Open { scope: park(), opened_by: ClosedBy::Operator });
    assert!(!is_closed(&desk));
}

#[test]
fn of_two_closures_the_longer_one_is_told() {
    let desk = Desk::open();
    close(&desk, park(), window(&desk, None, Some(50)));
    close(&desk, kws(), window(&desk, None, Some(10)));
    let told = |desk: &Desk| {
        let availability = desk.ledger().readers().availability();
        availability.of_service("KWS", "park-entry", None).closed.map(|(scope, _)| scope.clone())
    };
    assert_eq!(told(&desk), Some(park()));
    close(&desk, kws(), flooded(ClosedBy::Agency));
    assert_eq!(told(&desk), Some(kws()), "nobody knows until when");
}

#[test]
fn a_system_is_noted_once_and_names_change_with_what_is_unusual() {
    let mut desk = Desk::open();
    let note = |desk: &Desk, is_down| {
        desk.ask(Ask::NoteSystem { agency: "KWS".into(), system: "kws.example".into(), is_down })
    };
    let name = |desk: &Desk| desk.ledger().readers().availability().name();
    assert_eq!(note(&desk, false), Answer::Nothing);
    assert!(matches!(note(&desk, true), Answer::Done { .. }));
    assert_eq!(note(&desk, true), Answer::Nothing);
    let (down, _) = (name(&desk), close(&desk, park(), flooded(ClosedBy::Agency)));
    assert_ne!(name(&desk), down);
    desk.ask(Ask::Open { scope: park(), opened_by: ClosedBy::Agency });
    assert_eq!(name(&desk), down);
    desk.reopen();
    let availability = desk.ledger().readers().availability();
    assert!(availability.of_service("KWS", "park-entry", Some("kws.example")).system_down.is_some());
    assert!(availability.of_service("KWS", "park-entry", Some("other.example")).is_nothing());
    assert!(availability.of_service("KWS", "park-entry", None).is_nothing());
    desk.bill(10);
    note(&desk, false);
    assert_eq!(name(&desk), "");
}

/// The answer to somebody of this agency who closes its service of this number.
fn close_number(desk: &Desk, agency: &str, number: usize, terms: ClosureTerms) -> Answer {
    let scope = AvailabilityScope::Service { slug: format!("{agency}-{number}").into() };
    close(desk, scope, ClosureTerms { agency: Some(agency.into()), ..terms })
}

#[test]
fn closures_have_bounds_of_one_agency_of_all_and_of_the_country() {
    let desk = Desk::open();
    let too_many = Answer::Refused(Refusal::TooManyClosures);
    let by_agency = |agency: &str, number| close_number(&desk, agency, number, flooded(ClosedBy::Agency));
    let by_operator = |number| close_number(&desk, "A0", number, flooded(ClosedBy::Operator));
    for number in 0..CLOSURES_OF_ONE_AGENCY_MAX {
        assert!(matches!(by_agency("A0", number), Answer::Done { .. }));
    }
    assert_eq!(by_agency("A0", CLOSURES_OF_ONE_AGENCY_MAX), too_many);
    for number in CLOSURES_OF_ONE_AGENCY_MAX..CLOSURES_OF_AGENCIES_MAX {
        let agency = format!("A{}", number / CLOSURES_OF_ONE_AGENCY_MAX);
        assert!(matches!(by_agency(&agency, number), Answer::Done { .. }));
    }
    assert_eq!(by_agency("B", 0), too_many, "the rest is the operators'");
    for number in CLOSURES_OF_AGENCIES_MAX..CLOSURES_MAX {
        assert!(matches!(by_operator(number), Answer::Done { .. }));
    }
    assert_eq!(by_operator(CLOSURES_MAX), too_many);
    assert!(matches!(by_operator(0), Answer::Done { .. }), "what is closed already needs no room");
}

#[test]
fn what_falls_due_at_once_is_done_by_several_ticks() {
    let desk = Desk::open();
    let count = 2 * DUE_PER_TICK_MAX + 1;
    for number in 0..count {
        let terms = ClosureTerms { closed_by: ClosedBy::Operator, ..window(&desk, None, Some(1)) };
        close_number(&desk, "A", number, terms);
    }
    desk.tick();
    desk.wait_seconds(1);
    let left = || desk.ledger().readers().availability().closure_count();
    for expected in [count - DUE_PER_TICK_MAX, 1, 0] {
        desk.tick();
        assert_eq!(left(), expected);
    }
}

#[test]
fn what_is_closed_is_not_opened_by_a_plan_to_close_it_later() {
    let desk = Desk::open();
    close(&desk, park(), flooded(ClosedBy::Agency));
    let planned = close(&desk, park(), window(&desk, Some(10), Some(20)));
    assert_eq!(planned, Answer::Refused(Refusal::ClosedNow));
    assert!(is_closed(&desk));
    close(&desk, park(), window(&desk, None, Some(20)));
    assert!(is_closed(&desk), "another end is another closure at once");
    desk.ask(Ask::Open { scope: park(), opened_by: ClosedBy::Agency });
    for from in [10, 5] {
        let planned = close(&desk, park(), window(&desk, Some(from), Some(20)));
        assert!(matches!(planned, Answer::Done { .. }), "a plan takes the place of a plan");
    }
}
