//! An agency is asked what is owed before a bill over its assessment is made.

use serde_json::{Value, json};

use super::Scene;
use crate::harness::{Agency, AgencySystem, Bill, fresh_key};

const KNOWN: &str = "2027000123456";

/// KRA, whose system knows one assessment, of KES 12,500.
fn scene() -> (AgencySystem, Scene) {
    let kra = AgencySystem::start(|mut conversation| {
        while let Some(heard) = conversation.hears() {
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
    let scene = Scene::with(&[("KRA", &kra, json!({"assessments": "/assessments/{service}"}))]);
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
fn a_slip_is_enough_while_the_agency_is_down() {
    let (kra, scene) = scene();
    drop(kra);
    let agency = scene.agency("kra");
    asks(&agency, brought(1_250_000, KNOWN)).expect(201);
    let told = asks(&agency, json!({"assessment_reference": KNOWN}));
    assert!([502, 503].contains(&told.status), "{}", told.text());
    assert_eq!(told.json()["money_moved"], "no");
}
