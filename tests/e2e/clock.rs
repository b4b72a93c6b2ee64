//! The machine's clock leaps, and nobody's bill expires by it.

use std::fs;

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
