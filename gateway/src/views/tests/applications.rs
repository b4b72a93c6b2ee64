//! Applications in the views: the same rows however the journal was cut into runs, and what they add up to.

use ledger::LedgerTime;

use super::world::World;
use crate::payments::{
    Answer, ApplicationAsk, ApplicationNews, ApplicationReport, ApplicationState, Ask, PaymentNumber,
    Promise, TypedAccount, revenue_day,
};
use crate::views::{ApplicationFilter, ApplicationRow, PageRequest, Scope};

impl World {
    fn reports(&self, bill: PaymentNumber, news: ApplicationNews) {
        let reports = vec![ApplicationReport { bill, news }];
        let answer = self.tell(Ask::Application(ApplicationAsk::Report {
            agency: "KWS".into(),
            reports,
            holidays: catalog::Holidays::default(),
        }));
        assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    }

    fn applications(&self, scope: &Scope) -> Vec<ApplicationRow> {
        let all = ApplicationFilter::default();
        self.ask(self.reader().applications(scope, &all, PageRequest::default())).unwrap().rows
    }
}

fn ready(centre: &str) -> ApplicationNews {
    ApplicationNews::Ready { centre: centre.parse().unwrap() }
}

#[test]
fn rows_are_the_same_in_one_run_and_in_many() {
    let mut world = World::new();
    let bills: Vec<_> = (0..3).map(|_| world.bill("KWS", 1_000)).collect();
    for (at, bill) in bills.iter().enumerate() {
        world.pay(TypedAccount::Number(*bill), &format!("TKL{at}"), 1_000);
    }
    // Of the first, each step is a run of its own; of the others all are one.
    for news in [ApplicationNews::AtAgency, ready("Nyeri"), ready("Nakuru"), ApplicationNews::Returned] {
        world.reports(bills[0], news);
        world.catch_up();
        world.hours_pass(24);
    }
    world.stop_views();
    for bill in &bills[1..] {
        world.reports(*bill, ready("Nyeri"));
    }
    world.reports(bills[2], ready("Nakuru"));
    world.reports(bills[2], ApplicationNews::Collected);
    world.start_views();
    world.catch_up();
    let rows = world.applications(&Scope::All);
    let states: Vec<_> = rows.iter().map(|row| row.state).collect();
    assert_eq!(states, [ApplicationState::Collected, ApplicationState::Ready, ApplicationState::Returned]);
    let centres: Vec<_> = rows.iter().map(|row| row.centre.as_deref()).collect();
    assert_eq!(centres, [Some("Nakuru"), Some("Nyeri"), Some("Nakuru")]);
    assert_eq!(
        rows[2].ready_day,
        rows[1].ready_day.map(|day| day - 3),
        "the first day on which it was ready"
    );
    assert!(world.applications(&Scope::Agency("KRA".into())).is_empty());
    assert_eq!(world.applications(&Scope::Agency("KWS".into())), rows);
    world.views.as_ref().unwrap().rebuild();
    world.wait(|health| health.answers_at == Some(world.ledger.head().size));
    world.catch_up();
    assert_eq!(world.applications(&Scope::All), rows);

    let today = revenue_day(LedgerTime::from_micros(world.clock.now_micros()));
    let waiting = world.ask(world.reader().uncollected(&Scope::All)).unwrap().found;
    assert_eq!(waiting.len(), 1);
    assert_eq!((&*waiting[0].centre, waiting[0].since_day, waiting[0].count), ("Nyeri", today, 1));
    let promises = world.ask(world.reader().promises(&Scope::All, today - 30..=today)).unwrap().found;
    assert!(promises.is_empty(), "nothing was promised: {promises:?}");
}

#[test]
fn what_is_late_is_what_is_not_ready_after_the_last_day_of_its_promise() {
    let mut world = World::new();
    let bills = [None, Some(1), Some(2)].map(|days| world.promised_bill("KWS", 1_000, days));
    for (at, bill) in bills.iter().enumerate() {
        world.pay(TypedAccount::Number(*bill), &format!("TKL{at}"), 1_000);
        world.reports(*bill, ApplicationNews::AtAgency);
    }
    let late_after = |world: &mut World, days: i64| {
        world.catch_up();
        let today =
            revenue_day(LedgerTime::from_micros(world.clock.now_micros()).plus_seconds(days * 86_400));
        let late = ApplicationFilter { late_on: Some(today), ..ApplicationFilter::default() };
        let page =
            world.ask(world.reader().applications(&Scope::All, &late, PageRequest::default())).unwrap();
        assert!(page.rows.iter().all(|row| matches!(row.promise(today), Promise::Late { .. })));
        page.rows.iter().map(|row| row.bill).collect::<Vec<_>>()
    };
    // Nothing is promised of the first; of the others one and two working days, from a Friday.
    assert!(late_after(&mut world, 3).is_empty(), "the last day is a Monday");
    assert_eq!(late_after(&mut world, 4), [bills[1]]);
    assert_eq!(late_after(&mut world, 5), [bills[2], bills[1]]);
    world.reports(bills[1], ready("Nyeri"));
    assert_eq!(late_after(&mut world, 5), [bills[2]]);
}
