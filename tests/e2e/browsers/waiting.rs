//! The page of a bill goes on listening when something between it and the gateway gives up for a while.

use std::time::Duration;

use crate::harness::{Cache, Gateway, Keyboard, Order, Payment, eventually};

#[test]
fn after_a_proxys_refusal_the_page_of_a_bill_listens_again() {
    let mut gateway = Gateway::demo().start();
    let proxy = Cache::in_front_of(&gateway);
    let bill = gateway.agency("kws").bills(&Order::hells_gate(1));
    let page = format!("/en/bills/{}", bill.id);
    let stream = format!("{page}/stream");
    let (listens, is_refused) = (format!("200 GET {stream}"), format!("502 HEAD {stream}"));
    let mut payer = Keyboard::at(proxy.url(), true);
    payer.opens(&page).reads("Unpaid");

    // The proxy answers 502 for as long as nobody is behind it.
    gateway.kill();
    eventually("the page asks again and again", || {
        (payer.looks().was_answered(&is_refused) >= 2).then_some(())
    });
    eventually("it says so, and how to pay still stands there", || {
        let text = payer.looks().text().to_owned();
        (text.contains("lost its connection") && text.contains("222222")).then_some(())
    });
    let listened = payer.was_answered(&listens);
    gateway.start_again();
    eventually("it listens again", || (payer.looks().was_answered(&listens) > listened).then_some(()));
    payer.reads("Unpaid");
    assert!(!payer.looks().text().contains("lost its connection"));
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    payer.is_led_to("/en/receipts/").reads("Payment received");
}

#[test]
fn a_page_that_was_refused_until_the_bill_was_paid_says_so_and_asks_no_more() {
    let gateway = Gateway::demo().start();
    let bill = gateway.agency("kws").bills(&Order::hells_gate(1));
    let page = format!("/en/bills/{}", bill.id);
    let mut payer = Keyboard::at(&gateway.public(), true);
    payer.opens("/en/").is_refused("/stream").opens(&page).reads("Unpaid");
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    let is_refused = format!("502 HEAD {page}/stream");
    eventually("it asks", || (payer.looks().was_answered(&is_refused) >= 1).then_some(()));
    payer.reads("Unpaid").is_refused("");

    // Nothing more is to be heard of this bill: 204. Its page is shown anew, and is still.
    eventually("it says what became of it", || {
        payer.looks().text().contains("This bill is paid").then_some(())
    });
    assert_eq!(payer.was_answered(&format!("204 HEAD {page}/stream")), 1);
    let answers = payer.looks().answers().len();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(payer.looks().answers().len(), answers, "a last word is the last");
}
