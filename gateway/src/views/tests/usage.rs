//! How services are used, added up by day, by service and by agency.

use ledger::Currency;

use super::world::{AGENCIES, World, assert_same_rows};
use crate::payments::{Ask, ServiceUse, TypedAccount, UsageCounts, revenue_day};
use crate::views::{Scope, UsageBy, UsageRow, ViewsState};

fn counted(world: &World, day: i32, agency: &str, service: &str, searched: u64, viewed: u64) {
    let one = ServiceUse { agency: agency.into(), service: service.into(), searched, viewed };
    world.tell(Ask::CountUsage(UsageCounts { day, services: vec![one] }));
}

fn today(world: &World) -> i32 {
    revenue_day(ledger::LedgerTime::from_micros(world.clock.now_micros()))
}

fn row(agency: &str, service: &str, counts: [u64; 4], kes: i128) -> UsageRow {
    let [searched, viewed, billed, paid] = counts;
    let collected = if kes == 0 { Vec::new() } else { vec![(Currency::Kes, kes)] };
    UsageRow { agency: agency.into(), service: service.into(), searched, viewed, billed, paid, collected }
}

#[test]
fn what_was_counted_and_what_was_booked_come_to_one_row_a_day() {
    let mut world = World::new();
    let day = today(&world);
    counted(&world, day, "KWS", "park-entry", 3, 2);
    counted(&world, day, "KWS", "park-entry", 1, 5);
    counted(&world, day, "KWS", "hall-hire", 0, 1);
    let first = world.bill("KWS", 1_000);
    world.bill("KWS", 2_000);
    world.bill("NTSA", 700);
    world.pay(TypedAccount::Number(first), "A", 400);
    world.catch_up();
    world.hours_pass(24);
    world.pay(TypedAccount::Number(first), "B", 600);
    // Paid a second time: it is held for the payer, and was completed once.
    world.pay(TypedAccount::Number(first), "C", 600);
    world.pay(TypedAccount::Other, "D", 900);
    counted(&world, day + 1, "KWS", "park-entry", 0, 1);
    world.catch_up();

    let ask = |scope: &Scope, by, agency: Option<&str>, days| {
        world.ask(world.reader().usage(scope, by, agency.map(Into::into), days)).unwrap().found
    };
    let hall = row("KWS", "hall-hire", [0, 1, 0, 0], 0);
    let park_of_ntsa = row("NTSA", "park-entry", [0, 0, 1, 0], 0);
    let all = ask(&Scope::All, UsageBy::Service, None, day..=day + 1);
    let park = row("KWS", "park-entry", [4, 8, 2, 1], 1_600);
    assert_eq!(all, [hall.clone(), park, park_of_ntsa.clone()]);
    let first_day = ask(&Scope::All, UsageBy::Service, None, day..=day);
    let park = row("KWS", "park-entry", [4, 7, 2, 0], 400);
    assert_eq!(first_day, [hall, park, park_of_ntsa]);
    for (scope, agency) in [(Scope::All, Some("KWS")), (Scope::Agency("KWS".into()), None)] {
        let kws = row("KWS", "", [4, 9, 2, 1], 1_600);
        assert_eq!(ask(&scope, UsageBy::Agency, agency, day..=day + 1), [kws]);
    }
    assert_eq!(ask(&Scope::Agency("KWS".into()), UsageBy::Service, Some("NTSA"), day..=day + 1), []);
}

#[test]
fn counting_began_on_the_first_day_of_which_anything_but_bills_is_known() {
    let mut world = World::new();
    let day = today(&world);
    let counted_from = |world: &World| world.ask(world.reader().counted_from(day..=day + 2)).unwrap();
    world.bill("KWS", 1_000);
    world.catch_up();
    assert_eq!(counted_from(&world), None, "bills are older than counting");
    world.hours_pass(24);
    world.bill("KWS", 1_000);
    counted(&world, day + 1, "NTSA", "park-entry", 0, 1);
    world.hours_pass(24);
    counted(&world, day + 2, "KWS", "park-entry", 1, 0);
    world.catch_up();
    assert_eq!(counted_from(&world), Some(day + 1));
}

#[test]
fn built_anew_usage_is_the_same() {
    let mut world = World::new();
    for seed in 1..=4 {
        world.live(seed, 50);
        let day = today(&world);
        for agency in AGENCIES {
            counted(&world, day, agency, "park-entry", seed, 2 * seed);
        }
    }
    world.catch_up();
    let followed = world.dump();
    assert!(followed.contains("service_day\n  "), "{followed}");
    let builds_begun = world.health().builds_begun;
    world.views.as_ref().unwrap().rebuild();
    world.wait(|health| health.builds_begun > builds_begun && health.state == ViewsState::Following);
    world.catch_up();
    assert_same_rows(&world.dump(), &followed);
}
