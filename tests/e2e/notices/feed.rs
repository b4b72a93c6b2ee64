//! The feed has everything, once, in order, for whoever may see it, from wherever they go on.

use serde_json::Value;

use super::{ids, whole_feed};
use crate::harness::{Agency, Gateway, Order, Payment, get};

#[test]
fn whoever_goes_on_from_a_cursor_misses_nothing_and_is_given_nothing_twice() {
    let gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let latest = kws.get("/v1/events?cursor=latest").expect(200).json();
    assert_eq!((latest["data"].as_array().unwrap().len(), &latest["has_more"]), (0, &Value::from(false)));
    for number in 0..7_u32 {
        let bill = kws.bills(&Order::hells_gate(1));
        gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
        kra.bills(&Order::assessment(number + 1, &format!("20270001234{number:02}")));
    }
    let whole = whole_feed(&kws, 500);
    assert_eq!(whole.len(), 21, "a bill, that it was paid, and its payment, seven times");
    for page in [1, 2, 3, 5] {
        assert_eq!(ids(&whole_feed(&kws, page)), ids(&whole), "pages of {page}");
    }
    let mut sorted = ids(&whole);
    sorted.sort();
    assert_eq!(sorted, ids(&whole), "identifiers sort as events happened");
    assert!(whole.iter().all(|event| event["data"]["agency"] == "KWS"));
    assert_eq!(whole_feed(&kra, 4).len(), 7);

    // Whoever began at the end has all of it as well.
    let since = kws.get(&format!("/v1/events?cursor={}", latest["next_cursor"].as_str().unwrap()));
    let since = since.expect(200).json();
    assert_eq!(since["data"].as_array().unwrap().len(), 21);
    // And of some types, or from a moment on.
    let paid = kws.get("/v1/events?type=bill.paid,bill.expired").expect(200).json();
    assert_eq!(paid["data"].as_array().unwrap().len(), 7);
    let moment = whole[10]["created"].as_str().unwrap();
    let later = kws.get(&format!("/v1/events?since={moment}")).expect(200).json();
    assert!(later["data"].as_array().unwrap().iter().all(|event| event["created"].as_str() >= Some(moment)));
    assert!(ids(later["data"].as_array().unwrap()).contains(&ids(&whole)[10]));
}

#[test]
fn the_treasury_sees_all_and_a_stranger_nothing() {
    let gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    kws.bills(&Order::hells_gate(1));
    kra.bills(&Order::assessment(5, "2027000123456"));
    let treasury = Agency::new(gateway.public(), gateway.create_key("treasury", None));
    let whole = whole_feed(&treasury, 50);
    assert_eq!(whole.len(), 2);
    let path = format!("/v1/events/{}", whole[0]["id"].as_str().unwrap());
    assert_eq!(treasury.get(&path).expect(200).json(), whole[0]);
    get(format!("{}{path}", gateway.public())).send().expect(401);
    let operator = Agency::new(gateway.public(), gateway.create_key("operator", None));
    assert_eq!(operator.get("/v1/events").expect(403).problem(), "forbidden");
}

#[test]
fn what_is_no_place_in_the_feed_and_no_event_is_refused() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    for (query, pointer) in [
        ("cursor=x", "/cursor"),
        ("since=yesterday", "/since"),
        ("type=bill.eaten", "/type"),
        ("limit=0", "/limit"),
        ("limit=501", "/limit"),
        ("cursor=latest&since=2026-11-21T00:00:00Z", "/since"),
    ] {
        let answer = kws.get(&format!("/v1/events?{query}")).expect(422).json();
        assert_eq!(answer["errors"][0]["pointer"], pointer, "{query}: {answer}");
    }
    kws.bills(&Order::hells_gate(1));
    let event = &whole_feed(&kws, 50)[0];
    let id = event["id"].as_str().unwrap();
    // The same record and another kind; another record and the same kind.
    let last = if id.ends_with('1') { '2' } else { '1' };
    for wrong in [&format!("{}{last}", &id[..id.len() - 1]), "evt_00000000000000000000000000", "evt_", "x"] {
        kws.get(&format!("/v1/events/{wrong}")).expect(404);
    }
}

/// Anybody may pay a bill again and again: 500 later payments are gone back over, and what is beyond that says so.
#[test]
fn how_far_a_bill_is_gone_back_over_has_an_end_and_what_is_beyond_it_says_that_it_is_incomplete() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    for _ in 0..530 {
        gateway.safaricom().confirms(&Payment::of("0.10", &bill.number)).expect_success();
    }
    let told = kws.get("/v1/events?type=bill.part_paid&limit=35").expect(200).json();
    let told = told["data"].as_array().unwrap();
    assert_eq!(told.len(), 35);
    for (index, event) in told.iter().enumerate() {
        let (count, data) = (index + 1, &event["data"]);
        let later = 530 - count;
        assert_eq!((&data["id"], &data["status"]), (&bill.json["id"], &Value::from("part_paid")), "{event}");
        if later >= 500 {
            assert_eq!(data["incomplete"], true, "{count}: {event}");
            assert!(data.get("collected").is_none() && data.get("payments").is_none(), "{event}");
        } else {
            assert!(data.get("incomplete").is_none(), "{count}: {event}");
            assert_eq!(data["payment_count"], count);
            assert_eq!(data["collected"]["amount"], count * 10);
            assert_eq!(data["payments"].as_array().unwrap().len(), 20);
        }
    }
    // It is the same for whoever asks for one, and the bill itself has what is left out.
    let first = kws.get(&format!("/v1/events/{}", told[0]["id"].as_str().unwrap())).expect(200).json();
    assert_eq!(first, told[0]);
    assert_eq!(kws.looks_at(&bill)["collected"]["amount"], 5_300);
}

#[test]
fn a_bill_with_more_payments_than_are_kept_with_it_is_told_as_it_was() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    for _ in 0..45 {
        gateway.safaricom().confirms(&Payment::of("10.00", &bill.number)).expect_success();
    }
    let told = whole_feed(&kws, 500);
    let told: Vec<_> = told.iter().filter(|event| event["type"] == "bill.part_paid").collect();
    assert_eq!(told.len(), 45);
    for (index, event) in told.iter().enumerate() {
        let count = index + 1;
        assert_eq!(event["data"]["payment_count"], count);
        assert_eq!(event["data"]["collected"]["amount"], count * 1_000);
        let payments = event["data"]["payments"].as_array().unwrap();
        assert_eq!(payments.len(), count.min(20), "{event}");
        assert_eq!(payments.last().unwrap()["booked_at"], event["created"]);
    }
}
