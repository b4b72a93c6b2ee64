//! What only a real browser sees: pages that everybody can use, on a small screen and a large one, and figures that move by
//! themselves.

mod citizens;
mod counter;
mod gate;
mod keyboard;
mod look;
mod officer;
mod outage;
mod passes;
mod readme;
mod staff;
mod verifier;
mod waiting;

use std::time::Instant;

use serde_json::json;

use self::look::cookie;
use crate::harness::{Browser, Gateway, Order, Payment};

#[test]
fn the_treasury_sees_a_payment_at_once_can_pause_and_is_told_when_the_feed_is_lost() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let treasury = gateway.staff("person.treasury", "treasury", None);
    // Without a script the page says the same, and is asked again.
    let plain = treasury.opens("/en/treasury/live");
    plain.says("Collected today").says("KES 0.00");

    let origin = gateway.public();
    let asked =
        json!({"origin": origin, "url": format!("{origin}/en/treasury/live"), "cookie": cookie(&treasury)});
    let mut browser = Browser::start("watch.mjs", &asked);
    assert_eq!(browser.hears().unwrap()["shown"], "KES 0.00");
    let pay = |adults| {
        let bill = kws.bills(&Order::hells_gate(adults));
        gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    };
    pay(1);
    let paid = Instant::now();
    assert_eq!(browser.hears().unwrap()["shown"], "KES 500.00");
    eprintln!("the page showed a payment {} ms after it was acknowledged", paid.elapsed().as_millis());

    assert_eq!(browser.hears().unwrap()["paused"], "true");
    pay(2);
    browser.tell(&json!("paid"));
    assert_eq!(browser.hears().unwrap()["shown"], "KES 500.00", "nothing moves while it is paused");
    assert_eq!(browser.hears().unwrap()["shown"], "KES 1,500.00");

    gateway.kill();
    let cut = Instant::now();
    let said = browser.hears().unwrap();
    eprintln!("the page said that the feed is lost {} ms after it was cut", cut.elapsed().as_millis());
    assert!(said["stale"].as_str().unwrap().starts_with("The live feed is lost."), "{said}");
    browser.leads_to_the_end();
}
