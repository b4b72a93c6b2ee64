//! An agency is asked what is owed before a bill over its assessment is made.

use serde_json::{Value, json};

use super::Scene;
use crate::harness::{Agency, AgencySystem, Bill, eventually, fresh_key, get};

const KNOWN: &str = "2027000123456";

/// KRA, whose system knows one assessment, of KES 12,500.
fn scene() -> (AgencySystem, Scene) {
    scene_with(json!({}))
}

/// The same, with further fields of its back end.
fn scene_with(more: Value) -> (AgencySystem, Scene) {
    let kra = AgencySystem::start(|mut conversation| {
        while let Some(heard) = conversation.hears() {
            if !heard.first_line.starts_with("POST") {
                // There is an address that never answers.
                conversation.wire.hears_to_the_end();
                return;
            }
            let body: Value = serde_json::from_slice(&heard.body).unwrap();
            if body["reference"] == KNOWN {
                let answer = json!({"reference": KNOWN, "amount": 1_250_000, "currency": "KES"}).to_string();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
                conversation.wire.says(&format!("{head} {}\r\n\r\n{answer}", answer.len()));
            } else {
                conversation.wire.says("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
            }
        }
    });
    let mut back_end = json!({"assessments": "/assessments/{service}"});
    back_end.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let scene = Scene::with(&[("KRA", &kra, back_end)]);
    (kra, scene)
}

fn asks(agency: &Agency, more: Value) -> crate::harness::Answer {
    let mut body = json!({"service": "kra-prn-payment"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    agency.post("/v1/bills", &body).idempotency_key(&fresh_key()).send()
}

fn brought(amount: i64, reference: &str) -> Value {
    json!({"order": {"assessment": {"amount": amount, "currency": "KES", "reference": reference}}})
}

#[test]
fn the_amount_comes_from_the_agency_and_a_wrong_one_makes_no_bill() {
    let (_kra, scene) = scene();
    let agency = scene.agency("kra");
    let bill = asks(&agency, json!({"assessment_reference": KNOWN})).expect(201).json();
    assert_eq!(bill["total"], json!({"amount": 1_250_000, "currency": "KES"}));
    assert_eq!(bill["assessment"]["confirmed"], true);
    // It is owed once: there is another bill over it only when the first cannot be paid any more.
    assert_eq!(asks(&agency, brought(1_250_000, KNOWN)).expect(409).json()["money_moved"], "no");
    agency.cancels(&Bill::read(bill));
    asks(&agency, brought(1_250_000, KNOWN)).expect(201);

    let pointer = |more: Value| {
        let told = asks(&agency, more).expect(422).json();
        assert_eq!(told["money_moved"], "no");
        (told["errors"][0]["pointer"].clone(), told["errors"][0]["code"].clone())
    };
    assert_eq!(
        pointer(json!({"assessment_reference": "2027000999999"})),
        (json!("/assessment_reference"), json!("no_such_assessment"))
    );
    assert_eq!(
        pointer(brought(1_250_000, "2027000999999")),
        (json!("/order/assessment/reference"), json!("no_such_assessment"))
    );
    // More than is owed is refused whatever the rule about parts.
    assert_eq!(
        pointer(brought(1_250_100, KNOWN)),
        (json!("/order/assessment/amount"), json!("not_what_is_owed"))
    );
    let mut both = brought(1_250_000, KNOWN);
    both["assessment_reference"] = json!(KNOWN);
    assert_eq!(pointer(both), (json!("/assessment_reference"), json!("not_asked_for")));
}

#[test]
fn a_bill_that_was_made_is_there_whatever_the_agency_says_later() {
    let (kra, mut scene) = scene();
    let agency = scene.agency("kra");
    let key = fresh_key();
    let asks_again = |more: Value| {
        let mut body = json!({"service": "kra-prn-payment"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        agency.post("/v1/bills", &body).idempotency_key(&key).send()
    };
    let made = asks_again(json!({"assessment_reference": KNOWN})).expect(201).json();
    // What the agency said is forgotten with the process, and there is nobody who could say it again.
    drop(kra);
    scene.gateway.kill();
    scene.gateway.start_again();
    let again = asks_again(json!({"assessment_reference": KNOWN})).expect(201);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.json()["id"], made["id"]);
    let other = asks_again(json!({"assessment_reference": "2027000999999"})).expect(422);
    assert_eq!(other.problem(), "idempotency_key_reused");
}

#[test]
fn a_slip_is_enough_while_the_agency_is_down() {
    let (kra, scene) = scene();
    drop(kra);
    let agency = scene.agency("kra");
    let bill = asks(&agency, brought(1_250_000, KNOWN)).expect(201).json();
    assert_eq!(bill["assessment"], json!({"confirmed": false}));
    for (language, words) in [("en", "has not confirmed this amount yet"), ("sw", "bado haijathibitisha")] {
        let page = format!("{}/{language}/bills/{}", scene.public(), bill["id"].as_str().unwrap());
        let page = get(page).send().expect(200).text();
        assert!(page.contains(words), "{page}");
    }
    let told = asks(&agency, json!({"assessment_reference": KNOWN}));
    assert!([502, 503].contains(&told.status), "{}", told.text());
    assert_eq!(told.json()["money_moved"], "no");
}

#[test]
fn an_agency_that_confirms_always_gets_no_bill_that_it_has_not_confirmed() {
    let (kra, scene) = scene_with(json!({"confirms_always": true}));
    let agency = scene.agency("kra");
    asks(&agency, brought(1_250_000, KNOWN)).expect(201);
    drop(kra);
    // Another reference: what was said of the first still holds.
    let told = asks(&agency, brought(1_250_000, "2027000999999"));
    assert!([502, 503].contains(&told.status), "{}", told.text());
}

#[test]
fn who_fills_an_agencys_places_does_not_keep_it_from_being_asked() {
    let (kra, scene) = scene_with(json!({"in_flight_max": 1}));
    let mut stranger = scene.caller();
    stranger.says("GET /s/kra-pin-registration/slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
    eventually("the stranger is with the agency", || (kra.heard().len() == 1).then_some(()));
    assert_eq!(get(scene.kra("/x")).send().expect(503).problem(), "back_end_busy");
    // Less than is owed would be billed if nobody could be asked.
    let told = asks(&scene.agency("kra"), brought(100, "2027000999999")).expect(422);
    assert_eq!(told.json()["errors"][0]["code"], "no_such_assessment");
    stranger.leaves();
}

#[test]
fn who_finds_an_address_that_never_answers_does_not_keep_it_from_being_asked() {
    let (_kra, scene) = scene_with(json!({"head_timeout_ms": 100}));
    eventually("requests are not handed on any more", || {
        (get(scene.kra("/slow")).send().problem() == "back_end_paused").then_some(())
    });
    let told = asks(&scene.agency("kra"), brought(100, "2027000999999")).expect(422);
    assert_eq!(told.json()["errors"][0]["code"], "no_such_assessment");
}
