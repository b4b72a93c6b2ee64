//! The machine's clock leaps, and nobody's bill expires by it.

use std::fs;

use jiff::Timestamp;

use crate::harness::{Agency, Gateway, Order, Payment, eventually};

const DISBELIEF: &str = "malipo_clock_disbelief_seconds";

#[test]
fn a_clock_that_leaps_ten_years_expires_nobodys_bill() {
    let folder = tempfile::tempdir().unwrap();
    let offset = folder.path().join("offset");
    fs::write(&offset, "+0").unwrap();
    let gateway = Gateway::serve().clock(&offset).start();
    let kws = Agency::new(gateway.public(), gateway.create_key("agency_integrator", Some("kws")));
    let before = kws.bills(&Order::hells_gate(1));

    fs::write(&offset, "+3650d").unwrap();
    eventually("the leap is noticed", || {
        (gateway.metric(DISBELIEF).abs_diff(3650 * 86_400) < 60).then_some(())
    });
    eventually("somebody is told", || gateway.log().contains("has leapt").then_some(()));
    // A record of this time would have pinned the books ten years ahead.
    gateway.safaricom().confirms(&Payment::of("5.00", "INVOICE 7")).expect_success();
    let meanwhile = kws.bills(&Order::hells_gate(1));

    fs::write(&offset, "+0").unwrap();
    eventually("the clock is right again", || (gateway.metric(DISBELIEF) == 0).then_some(()));
    for bill in [&before, &meanwhile] {
        gateway.safaricom().confirms(&Payment::of_bill(bill)).expect_success();
        kws.sees(bill, "paid");
    }
    let year = |value: &serde_json::Value| value.as_str().unwrap()[..4].to_owned();
    let (first, second) = (kws.looks_at(&before), kws.looks_at(&meanwhile));
    assert_eq!(year(&first["created_at"]), year(&second["created_at"]));
}

#[test]
fn a_start_with_a_clock_that_cannot_be_right_goes_on_from_the_books_until_somebody_trusts_it() {
    let folder = tempfile::tempdir().unwrap();
    let offset = folder.path().join("offset");
    fs::write(&offset, "+0").unwrap();
    let mut gateway = Gateway::serve().clock(&offset).start();
    let kws = Agency::new(gateway.public(), gateway.create_key("agency_integrator", Some("kws")));
    let bill = kws.bills(&Order::hells_gate(1));
    gateway.stop();

    fs::write(&offset, "+400d").unwrap();
    gateway.start_again();
    eventually("it is said", || (gateway.metric(DISBELIEF) > 399 * 86_400).then_some(()));
    eventually("and what to do about it", || gateway.log().contains("--trust-clock").then_some(()));
    kws.sees(&bill, "unpaid");
    gateway.stop();

    gateway.set_for_next_start("data.trust_clock", "true");
    gateway.start_again();
    kws.sees(&bill, "expired");
    assert_eq!(gateway.metric(DISBELIEF), 0);
}

/// Safaricom refuses prompts whose time is far from its own, and money that moved long ago says nothing of now: a
/// demonstration whose two sides live in different times finds its prompts down, and its paybill never up again.
#[test]
fn a_demonstration_that_runs_fast_lives_in_one_time_with_its_safaricom() {
    // Half an hour is six seconds here.
    let gateway = Gateway::demo().speed(300).start();
    gateway.sandbox().knows(&gateway);
    let kws = gateway.agency("kws");
    let now = || kws.get("/v1/status").expect(200).json()["as_of"].as_str().unwrap().parse().unwrap();
    let began: Timestamp = now();
    eventually("half an hour has passed", || {
        let now: Timestamp = now();
        (now.duration_since(began).as_secs() > 1_800).then_some(())
    });
    let prompted = kws.bills(&Order::hells_gate(1));
    kws.prompts(&prompted, "0700000001").expect(202);
    kws.sees(&prompted, "paid");
    let typed = kws.bills(&Order::hells_gate(1));
    let receipt = gateway.sandbox().payer("0712000001").pays(&typed.number, &typed.amount());
    kws.sees(&typed, "paid");
    let books = gateway.books();
    let booking = books.booking(&receipt);
    let booked: Timestamp = booking["time"].as_str().unwrap().parse().unwrap();
    let moved = Timestamp::from_microsecond(booking["event"]["moved"].as_i64().unwrap()).unwrap();
    // A second of ours is five minutes there.
    let apart = booked.duration_since(moved).abs().as_secs();
    assert!(apart < 1_800, "{booking}");
}
