//! An endpoint is down for a day, for good, or for one kind of event. It misses nothing, and nobody waits for it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{ids, patch, path_of, told_at, whole_feed};
use crate::harness::{Agency, Bill, Gateway, NoticeTaker, Order, eventually};

fn made(bill: &Bill) -> Timestamp {
    bill.json["created_at"].as_str().unwrap().parse().unwrap()
}

fn looked_at(agency: &Agency, endpoint: &Value) -> Value {
    agency.get(&path_of(endpoint)).expect(200).json()
}

#[track_caller]
fn is_disabled(agency: &Agency, endpoint: &Value, reason: &str) {
    let seen = eventually("it is disabled", || {
        Some(looked_at(agency, endpoint)).filter(|seen| seen["status"] == "disabled")
    });
    assert_eq!(seen["disabled_reason"], reason, "{seen}");
}

#[track_caller]
fn enable(agency: &Agency, endpoint: &Value) {
    let enabled = patch(agency, &path_of(endpoint), &json!({"enabled": true})).send().expect(200).json();
    assert_eq!(enabled["status"], "enabled", "{enabled}");
}

#[test]
fn an_endpoint_that_is_down_for_a_day_misses_nothing_and_delays_no_other() {
    let gateway = Gateway::demo().speed(7_200).start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let (well, others) = (NoticeTaker::start(), NoticeTaker::start());
    told_at(&kws, &well);
    told_at(&kra, &others);
    let down = NoticeTaker::start();
    let (url, endpoint) = (down.url(), told_at(&kws, &down));
    drop(down);

    let first = kws.bills(&Order::hells_gate(1));
    let mut count = 1;
    loop {
        let bill = kws.bills(&Order::hells_gate(1));
        kra.bills(&Order::assessment(100, &format!("20270{count:08}")));
        count += 1;
        // Nobody waits until the other is well again.
        eventually("the others have it", || {
            (well.taken().len() == count && others.taken().len() == count - 1).then_some(())
        });
        if made(&bill).duration_since(made(&first)) > SignedDuration::from_hours(24) {
            break;
        }
    }
    assert!(count > 70, "more than a window waits: {count}");
    let seen = looked_at(&kws, &endpoint);
    assert_eq!((&seen["status"], &seen["waiting"]), (&json!("enabled"), &json!(64)), "{seen}");
    assert!(gateway.metric("malipo_webhook_delivery_age_seconds") > 80_000);

    let well_again = NoticeTaker::start_at(&url);
    let everything: BTreeSet<_> = ids(&whole_feed(&kws, 500)).into_iter().collect();
    assert_eq!(everything.len(), count);
    eventually("it has everything", || (well_again.taken() == everything).then_some(()));
    assert_eq!(well.taken(), everything);
    assert_eq!(well.heard().len(), count, "each once");
    eventually("nothing waits", || (looked_at(&kws, &endpoint)["waiting"] == 0).then_some(()));
}

#[test]
fn an_endpoint_that_takes_nothing_for_three_days_is_disabled_and_keeps_its_place() {
    let gateway = Gateway::demo().speed(43_200).start();
    let kws = gateway.agency("kws");
    let taker = NoticeTaker::start();
    taker.answers(503);
    let endpoint = told_at(&kws, &taker);
    kws.bills(&Order::hells_gate(1));
    is_disabled(&kws, &endpoint, "silent");
    let delivery = eventually("ten attempts are shown", || {
        let list = kws.get(&format!("{}/deliveries", path_of(&endpoint))).expect(200).json();
        let delivery = list["data"][0].clone();
        (delivery["attempts"].as_array()?.len() == 10).then_some(delivery)
    });
    assert_eq!(delivery["status"], "waiting");
    let attempts = delivery["attempts"].as_array().unwrap();
    assert!(attempts.iter().all(|attempt| attempt["http_status"] == 503));
    let at = |index: usize| -> Timestamp { attempts[index]["at"].as_str().unwrap().parse().unwrap() };
    assert!(at(9).duration_since(at(0)) > SignedDuration::from_hours(75), "three days and more: {delivery}");
    let heard = taker.heard();
    assert!(heard.iter().all(|notice| notice.message.body == heard[0].message.body));

    kws.bills(&Order::hells_gate(2));
    taker.takes();
    assert_eq!(taker.taken(), BTreeSet::new(), "nothing is sent to it");
    enable(&kws, &endpoint);
    let everything: BTreeSet<_> = ids(&whole_feed(&kws, 500)).into_iter().collect();
    eventually("it has what it missed", || (taker.taken() == everything).then_some(()));
}

#[test]
fn who_is_gone_is_left_in_peace_until_it_says_otherwise() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let taker = NoticeTaker::start();
    taker.answers(410);
    let endpoint = told_at(&kws, &taker);
    kws.bills(&Order::hells_gate(1));
    is_disabled(&kws, &endpoint, "gone");
    assert_eq!(taker.heard().len(), 1);
    taker.takes();
    kws.bills(&Order::hells_gate(1));
    gateway.stop();
    gateway.start_again();
    let kws = gateway.agency("kws");
    assert_eq!(looked_at(&kws, &endpoint)["status"], "disabled");
    assert_eq!(taker.heard().len(), 1);
    enable(&kws, &endpoint);
    eventually("it has both", || (taker.taken().len() == 2).then_some(()));
}

#[test]
fn an_event_that_an_endpoint_can_never_take_is_given_up_alone_and_sent_again_on_request() {
    let gateway = Gateway::demo().speed(43_200).start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let taker = NoticeTaker::start();
    taker.refuses("bill.cancelled");
    let endpoint = told_at(&kws, &taker);
    let bill = kws.bills(&Order::hells_gate(1));
    kws.cancels(&bill);
    let given_up = eventually("it is given up", || {
        // Others are taken meanwhile.
        kws.bills(&Order::hells_gate(1));
        let list = kws.get(&format!("{}/deliveries", path_of(&endpoint))).expect(200).json();
        list["data"].as_array().unwrap().iter().find(|delivery| delivery["status"] == "given_up").cloned()
    });
    assert_eq!(given_up["type"], "bill.cancelled");
    let id = given_up["event"].as_str().unwrap();
    let attempts = given_up["attempts"].as_array().unwrap();
    let at = |attempt: &Value| -> Timestamp { attempt["at"].as_str().unwrap().parse().unwrap() };
    let created: Timestamp =
        kws.get(&format!("/v1/events/{id}")).expect(200).json()["created"].as_str().unwrap().parse().unwrap();
    let tried = at(attempts.last().unwrap()).duration_since(created);
    assert!(tried > SignedDuration::from_hours(75), "it was tried for {tried:?} only: {given_up}");
    assert_eq!(looked_at(&kws, &endpoint)["status"], "enabled");

    taker.takes();
    kra.post(&format!("/v1/events/{id}/redeliver"), &json!({})).send().expect(404);
    let answer = kws.post(&format!("/v1/events/{id}/redeliver"), &json!({})).send().expect(202).json();
    assert_eq!(answer["endpoints"], json!([endpoint["id"]]));
    eventually("it is taken", || taker.taken().contains(id).then_some(()));
}

#[test]
fn what_was_taken_is_sent_again_under_the_same_name_when_somebody_asks() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let (one, other) = (NoticeTaker::start(), NoticeTaker::start());
    let endpoint = told_at(&kws, &one);
    told_at(&kws, &other);
    kws.bills(&Order::hells_gate(1));
    let id = one.hears_of(&["bill.created"])[0].id();
    other.hears_of(&["bill.created"]);
    let wish = json!({"endpoint": endpoint["id"]});
    kws.post(&format!("/v1/events/{id}/redeliver"), &wish).send().expect(202);
    eventually("it is heard again", || (one.times(&id) == 2).then_some(()));
    assert_eq!(one.heard()[0].message.body, one.heard()[1].message.body);
    assert_eq!(other.times(&id), 1);
    let nobodys = json!({"endpoint": "whe_00000000000000000000000000"});
    kws.post(&format!("/v1/events/{id}/redeliver"), &nobodys).send().expect(404);
}
