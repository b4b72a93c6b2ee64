//! What was collected minute by minute, what brought most, and what is in suspense, added up.

use ledger::{Currency, LedgerTime};

use super::world::World;
use crate::payments::{Total, TypedAccount, minute_of_revenue_day, revenue_day};
use crate::views::{Imbalance, Scope, TimeRange};

fn now(world: &World) -> LedgerTime {
    LedgerTime::from_micros(world.clock.now_micros())
}

#[test]
fn each_minute_has_what_came_in_it_and_each_scope_its_own() {
    let mut world = World::new();
    let day = revenue_day(now(&world));
    let minute = minute_of_revenue_day(now(&world));
    let (kws, ntsa) = (world.bill("KWS", 1_000), world.bill("NTSA", 700));
    world.pay(TypedAccount::Number(kws), "A", 400);
    world.pay(TypedAccount::Number(ntsa), "B", 700);
    world.catch_up();
    world.clock.move_on(60_000_000);
    world.pay(TypedAccount::Number(kws), "C", 600);
    world.pay(TypedAccount::Other, "D", 50);
    world.clock.move_on(1_000_000);
    world.pay(TypedAccount::Other, "E", 1);
    world.catch_up();

    let minutes = |scope: &Scope, day| {
        let found = world.ask(world.reader().minutes(scope, day)).unwrap().found;
        found.iter().map(|row| (row.minute - minute, row.total.count, row.total.minor)).collect::<Vec<_>>()
    };
    assert_eq!(minutes(&Scope::All, day), [(0, 2, 1_100), (1, 3, 651)]);
    assert_eq!(minutes(&Scope::Agency("KWS".into()), day), [(0, 1, 400), (1, 1, 600)]);
    assert_eq!(minutes(&Scope::Agency("KRA".into()), day), []);
    assert_eq!(minutes(&Scope::All, day - 1), []);

    let today = TimeRange { from: None, before: Some(now(&world).plus_seconds(1)) };
    let arrivals = world.ask(world.reader().arrivals(&Scope::All, today)).unwrap().found;
    assert_eq!(arrivals.iter().map(|row| row.count).sum::<u64>(), 5, "suspense came too");
    assert_eq!(arrivals[0].hour, (now(&world).micros() - 61_000_000).div_euclid(3_600_000_000));

    let earning = world.ask(world.reader().earning_services(&Scope::All, day, 20)).unwrap().found;
    let earning: Vec<_> = earning.iter().map(|row| (&*row.agency, row.paid, row.collected[0].1)).collect();
    assert_eq!(earning, [("KWS", 1, 1_000), ("NTSA", 1, 700)]);
    let first = world.ask(world.reader().earning_services(&Scope::All, day, 1)).unwrap().found;
    assert_eq!(first.len(), 1);

    let apart = world.ask(world.reader().imbalance()).unwrap().found;
    assert_eq!(apart, [Imbalance { currency: Currency::Kes, minor: 0 }]);

    let sums = world.ask(world.reader().suspense_sums(&Scope::All)).unwrap().found;
    let [sum] = sums[..] else { panic!("{sums:?}") };
    assert_eq!((sum.currency, sum.total), (Currency::Kes, Total { count: 2, minor: 51 }));
    assert_eq!(sum.oldest.micros(), now(&world).micros() - 1_000_000);
    let of_agency = world.ask(world.reader().suspense_sums(&Scope::Agency("KWS".into()))).unwrap().found;
    assert_eq!(of_agency, []);
}
