//! The system of an agency is slow, down, or breaks off: callers are told so in time, others notice nothing, and bills can
//! be paid.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{HOST, Scene};
use crate::harness::{AgencySystem, Order, Payment, eventually, get, post};

#[test]
fn one_slow_agency_fills_its_own_places_and_nobody_elses() {
    let kra = AgencySystem::start(|mut conversation| {
        conversation.hears().unwrap();
        // Says nothing until the caller goes away.
        conversation.wire.hears_to_the_end();
    });
    let kws = AgencySystem::answering("open");
    // Places of the listener are for those who look up and pay: one is enough, because agencies take none.
    let scene = Scene::set_up(
        &[("KRA", &kra, json!({"in_flight_max": 2})), ("KWS", &kws, json!({}))],
        &[("routing.private_networks", "127.0.0.0/8"), ("public.requests_max", "1")],
    );
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let mut caller = scene.caller();
        caller.says(&format!("GET /s/kra-pin-registration/slow HTTP/1.1\r\n{HOST}\r\n"));
        waiting.push(caller);
    }
    eventually("both are with the agency", || (kra.heard().len() == 2).then_some(()));
    let shed = get(scene.kra("/x")).send().expect(503);
    assert_eq!(shed.problem(), "back_end_busy");
    assert!(shed.header("retry-after").is_some());
    assert!(shed.json()["user_message"]["en"].as_str().unwrap().contains("can still be paid here"));
    assert_eq!(get(scene.kws("/x")).send().expect(200).text(), "open");
    get(format!("{}/v1/services", scene.public())).send().expect(200);
    for caller in waiting {
        caller.leaves();
    }
    eventually("who left gave its place back", || (scene.kra_in_flight() == 0).then_some(()));
}

#[test]
fn all_agencies_together_have_a_bound_as_well() {
    let kra = AgencySystem::start(|mut conversation| {
        conversation.hears().unwrap();
        conversation.wire.hears_to_the_end();
    });
    let kws = AgencySystem::answering("open");
    let scene = Scene::set_up(
        &[("KRA", &kra, json!({})), ("KWS", &kws, json!({}))],
        &[("routing.private_networks", "127.0.0.0/8"), ("routing.requests_max", "1")],
    );
    let mut caller = scene.caller();
    caller.says(&format!("GET /s/kra-pin-registration/slow HTTP/1.1\r\n{HOST}\r\n"));
    eventually("it is with the agency", || (kra.heard().len() == 1).then_some(()));
    assert_eq!(get(scene.kws("/x")).send().expect(503).problem(), "back_end_busy");
    caller.leaves();
    eventually("there is a place again", || (get(scene.kws("/x")).send().status == 200).then_some(()));
}

#[test]
fn a_dead_system_is_left_in_peace_until_its_health_path_answers() {
    let kra = AgencySystem::answering("");
    let scene = Scene::with(&[("KRA", &kra, json!({"health_path": "/health"}))]);
    let address = kra.address();
    get(scene.kra("/x")).send().expect(200);
    drop(kra);
    // Connections that were kept may still be tried; then nobody is there.
    let problem = eventually("it is left in peace", || {
        let problem = get(scene.kra("/x")).send().problem();
        assert!(["back_end_failed", "back_end_paused"].contains(&problem.as_str()), "{problem}");
        (problem == "back_end_paused").then_some(problem)
    });
    assert_eq!(problem, "back_end_paused");
    assert_ne!(scene.metric("malipo_back_end_breaker{agency=\"KRA\"}"), 0);
    let ready = get(format!("{}/readyz", scene.admin())).send().expect(200).text();
    assert!(ready.contains("[!] systems of agencies answer") && ready.contains("KRA"), "{ready}");

    // Meanwhile the bill is paid.
    let agency = scene.agency("kra");
    let bill = agency.bills(&Order::assessment(500, "2027000123456"));
    scene.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    agency.sees(&bill, "paid");

    let is_well = Arc::new(AtomicBool::new(false));
    let kra = AgencySystem::start_at(address, {
        let is_well = Arc::clone(&is_well);
        move |mut conversation| {
            while let Some(heard) = conversation.hears() {
                if heard.first_line == "GET /health HTTP/1.1" && !is_well.load(Ordering::Relaxed) {
                    conversation.wire.says("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
                } else {
                    conversation.answers("back");
                }
            }
        }
    });
    eventually("its health is looked at", || (!kra.heard().is_empty()).then_some(()));
    assert_eq!(
        get(scene.kra("/x")).send().expect(503).problem(),
        "back_end_paused",
        "it says that it is not well"
    );
    is_well.store(true, Ordering::Relaxed);
    let answer = eventually("it is asked again", || {
        let answer = get(scene.kra("/x")).send();
        (answer.status == 200).then_some(answer)
    });
    assert_eq!(answer.text(), "back");
    let ready = get(format!("{}/readyz", scene.admin())).send().expect(200).text();
    assert!(ready.contains("[+] systems of agencies answer"), "{ready}");
}

#[test]
fn without_a_health_path_the_first_request_after_the_pause_finds_out() {
    let kra = AgencySystem::answering("");
    let scene = Scene::new(&kra);
    let address = kra.address();
    drop(kra);
    eventually("it is left in peace", || {
        (get(scene.kra("/x")).send().problem() == "back_end_paused").then_some(())
    });
    let _kra = AgencySystem::start_at(address, |conversation| conversation.answers_everything("back"));
    eventually("it is asked again", || (get(scene.kra("/x")).send().status == 200).then_some(()));
}

#[test]
fn who_does_not_answer_in_time_is_not_waited_for() {
    let kra = AgencySystem::start(|mut conversation| {
        conversation.hears().unwrap();
        conversation.wire.hears_to_the_end();
    });
    let scene = Scene::with(&[("KRA", &kra, json!({"head_timeout_ms": 200}))]);
    let late = get(scene.kra("/slow")).send().expect(504);
    assert_eq!(late.problem(), "back_end_timeout");
    assert_eq!(scene.kra_ended("timed_out"), 1);
    assert_eq!(kra.heard().len(), 1, "a request that may have been taken is not sent again");
}

#[test]
fn an_answer_that_breaks_off_is_seen_to_have_broken_off() {
    let kra = AgencySystem::start(|mut conversation| {
        let heard = conversation.hears().unwrap();
        if heard.first_line.contains("/chunked") {
            conversation.wire.says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
        } else {
            conversation.wire.says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        }
        if heard.first_line.contains("/silent") {
            conversation.wire.hears_to_the_end();
        }
    });
    let scene = Scene::with(&[("KRA", &kra, json!({"idle_timeout_ms": 200}))]);
    for path in ["chunked", "counted", "silent"] {
        let mut caller = scene.caller();
        caller.says(&format!("GET /s/kra-pin-registration/{path} HTTP/1.1\r\n{HOST}\r\n"));
        assert_eq!(caller.hears_head().unwrap().first_line, "HTTP/1.1 200 OK", "{path}");
        let rest = caller.hears_to_the_end();
        assert!(rest.contains("half"), "{path}: {rest:?}");
        assert!(!rest.contains("0\r\n\r\n") && rest.len() < 100, "{path}: {rest:?} looks whole");
    }
    eventually("they are counted", || (scene.kra_ended("cut_short") == 3).then_some(()));
}

/// An agency whose first connection ends like this, once it has heard a request, and whose others answer.
fn stumbling(says: &'static str) -> AgencySystem {
    AgencySystem::start(move |mut conversation| {
        if conversation.number > 1 {
            return conversation.answers_everything("second");
        }
        conversation.hears();
        conversation.wire.says(says);
        conversation.wire.leaves();
    })
}

#[test]
fn only_what_is_harmless_is_sent_again_and_only_if_nothing_was_heard() {
    let kra = stumbling("");
    let scene = Scene::new(&kra);
    assert_eq!(get(scene.kra("/x")).send().expect(200).text(), "second");
    assert_eq!((kra.heard().len(), kra.connections()), (2, 2));

    let kra = stumbling("");
    let scene = Scene::new(&kra);
    let answer = post(scene.kra("/x"), &json!({"pay": 1})).send().expect(502);
    assert_eq!(answer.problem(), "back_end_failed");
    assert_eq!(kra.heard().len(), 1, "it may have been carried out");

    let kra = stumbling("HTTP/1.1 2");
    let scene = Scene::new(&kra);
    assert_eq!(get(scene.kra("/x")).send().expect(502).problem(), "back_end_failed");
    assert_eq!(kra.heard().len(), 1, "something was heard");

    let kra = AgencySystem::start(|mut conversation| {
        conversation.hears();
    });
    let scene = Scene::new(&kra);
    assert_eq!(get(scene.kra("/x")).send().expect(502).problem(), "back_end_failed");
    assert_eq!(kra.heard().len(), 2, "once more, and no more");
}

#[test]
fn what_is_no_answer_is_not_handed_back() {
    for (says, what) in [
        ("HELLO\r\n\r\n".to_owned(), "another protocol"),
        (format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(200_000)), "a head without end"),
        (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n".to_owned(),
            "unasked",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd".to_owned(), "two lengths"),
    ] {
        let kra = AgencySystem::start(move |mut conversation| {
            conversation.hears();
            // Fails when the gateway has had enough of it.
            let _ = conversation.wire.try_says(&says);
            conversation.wire.hears_to_the_end();
        });
        let scene = Scene::new(&kra);
        assert_eq!(get(scene.kra("/x")).send().expect(502).problem(), "back_end_failed", "{what}");
    }
}

#[test]
fn a_caller_who_stops_sending_is_not_the_agencys_failure() {
    let kra = AgencySystem::start(|mut conversation| {
        conversation.wire.hears_head().unwrap();
        conversation.wire.hears_to_the_end();
    });
    let scene = Scene::with(&[("KRA", &kra, json!({"idle_timeout_ms": 200, "head_timeout_ms": 100}))]);
    let mut caller = scene.caller();
    caller.says(&format!("POST /s/kra-pin-registration/x HTTP/1.1\r\n{HOST}Content-Length: 10\r\n\r\nhalf"));
    let answer = caller.hears_message().unwrap();
    assert_eq!(answer.first_line, "HTTP/1.1 400 Bad Request", "{}", answer.text());
    assert!(answer.text().contains("body_incomplete"));
    assert_eq!((scene.kra_ended("caller_failed"), scene.kra_ended("timed_out")), (1, 0));
}
