//! Who has paid and was not let in yet: what gates are given to know, in bounded steps.

use std::sync::Arc;

use jiff::civil::Date;

use super::world::{World, kes};
use crate::clock::east_africa_date;
use crate::payments::{Answer, Ask, PaymentNumber, TypedAccount, VisitAsk};
use crate::views::queries::visits;

const SERVICE: &str = "park-entry";

impl World {
    fn today(&self) -> Date {
        east_africa_date(self.clock.now_micros())
    }

    /// A bill for a day that is paid.
    fn paid(&mut self, agency: &str, receipt: &str, day: Option<Date>) -> PaymentNumber {
        let bill = self.bill_for(agency, day);
        self.pay(TypedAccount::Number(bill), receipt, 1_000);
        bill
    }

    fn bill_for(&mut self, agency: &str, visit_day: Option<Date>) -> PaymentNumber {
        let mut bill = self.new_bill(agency, 1_000, None, None);
        bill.visit_day = visit_day;
        match self.tell(Ask::CreateBill(Box::new(bill))) {
            Answer::BillCreated { bill, .. } => bill,
            other => panic!("the bill was {other:?}"),
        }
    }

    fn lets_in(&self, bill: PaymentNumber) {
        let ask = VisitAsk::Use { bill, agency: "KWS".into(), gate: "Elsa Gate".into() };
        let answer = self.tell(Ask::Visit(ask));
        assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    }

    fn not_visited(&self, service: &str, count_max: usize) -> Vec<PaymentNumber> {
        let (agency, service): (Arc<str>, Arc<str>) = ("KWS".into(), service.into());
        let reader = self.reader();
        let question = reader.paid_and_not_visited(&agency, &service, self.today(), count_max);
        self.ask(question).unwrap().found.into_iter().map(|row| row.number).collect()
    }

    fn visited(&self) -> Vec<PaymentNumber> {
        let reader = self.reader();
        self.ask(reader.visited(&"KWS".into(), 2)).unwrap().found
    }
}

/// In one run of records and in several, the rows are the same.
#[test]
fn whoever_has_paid_for_today_later_or_any_day_is_listed_until_they_are_let_in() {
    for in_one_run in [false, true] {
        let mut world = World::new();
        if in_one_run {
            world.stop_views();
        }
        let today = world.today();
        let tomorrow = today.tomorrow().unwrap();
        let of_yesterday = world.paid("KWS", "A", Some(today.yesterday().unwrap()));
        let of_today = world.paid("KWS", "B", Some(today));
        let of_tomorrow = world.paid("KWS", "C", Some(tomorrow));
        let of_any = world.paid("KWS", "D", None);
        let in_part = world.bill_for("KWS", None);
        world.pay(TypedAccount::Number(in_part), "E", 400);
        world.paid("KRA", "F", None);
        let in_by_now = world.paid("KWS", "G", None);
        if !in_one_run {
            world.catch_up();
        }
        world.lets_in(in_by_now);
        world.lets_in(of_today);
        if in_one_run {
            world.start_views();
        }
        world.catch_up();
        assert_eq!(world.not_visited(SERVICE, 10), [of_any, of_tomorrow], "of {of_yesterday} nobody asks");
        assert_eq!(world.not_visited(SERVICE, 1), [of_any], "what changed last comes first");
        assert_eq!(world.not_visited("another-entry", 10), []);
        assert_eq!(world.visited(), [of_today, in_by_now]);
        // The rest of what was paid in part.
        world.pay(TypedAccount::Number(in_part), "H", 600);
        // A visit leaves a bill as it is, and money after it does not undo the visit.
        world.pay(TypedAccount::Number(in_by_now), "I", 50);
        world.catch_up();
        assert_eq!(world.not_visited(SERVICE, 10), [in_part, of_any, of_tomorrow]);
        assert_eq!(world.visited(), [of_today, in_by_now]);
        let row =
            world.ask(world.reader().bill(&crate::views::Scope::All, in_by_now)).unwrap().found.unwrap();
        assert_eq!(row.collected, kes(1_050));
    }
}

#[test]
fn it_is_found_without_reading_what_is_over() {
    let world = World::new();
    world.catch_up();
    let plan = world.plan(visits::not_visited(&"KWS".into(), &SERVICE.into(), world.today(), 10));
    let by_index = "SEARCH bill USING INDEX bill_not_visited (agency=? AND service=?)";
    assert!(plan.starts_with(by_index) && !plan.contains("TEMP"), "{plan}");
    let plan = world.plan(visits::visited(&"KWS".into(), 10));
    let by_index = "SEARCH bill USING INDEX bill_visited (agency=? AND visited_by>?)";
    assert!(plan.starts_with(by_index) && !plan.contains("TEMP"), "{plan}");
    let plan = world.plan(visits::given_back(&"KWS".into(), 10));
    let by_index = "SEARCH bill USING INDEX bill_by_agency_and_state (agency=? AND state=?)";
    assert!(plan.starts_with(by_index) && !plan.contains("TEMP"), "{plan}");
}
