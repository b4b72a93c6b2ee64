//! What an agency is told when gates that were cut off have told what they did; and a batch that no device writes.

use gateway::gates::batch::UsedHere;
use gateway::gates::pass::{Pass, Settlement};
use ledger::{Currency, Money};
use serde_json::{Value, json};

use super::settled::{Device, price};
use super::{paid, views_have_everything};
use crate::harness::{Agency, Gateway, NoticeTaker, fresh_key};

#[test]
fn an_agency_is_told_of_a_receipt_and_of_a_number_that_were_used_twice_and_no_other_is() {
    let gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let taker = NoticeTaker::start();
    let endpoint = json!({"url": taker.url(), "events": ["gate.used_twice"]});
    kws.post("/v1/webhook_endpoints", &endpoint).idempotency_key(&fresh_key()).send().expect(201);
    let (_, minor) = price(&kws);
    let visitor = paid(&gateway, &kws);
    let (mut elsa, mut olkaria) =
        (Device::enrol(&gateway, "Elsa Gate"), Device::enrol(&gateway, "Olkaria Gate"));
    let used = |device: &Device| UsedHere { bill: visitor.bill.number.parse().unwrap(), at: device.now };
    let pass = elsa.writes(minor, Settlement::Later);
    let first = elsa.batch_with(vec![used(&elsa)], std::slice::from_ref(&pass));
    elsa.brings(&first).expect(201);
    // A copy of the device has written another pass under the number.
    let copied = Pass { price: Money::new(minor + 100, Currency::Kes), ..pass.clone() };
    let of_copy = elsa.batch(&[copied, pass.clone()]);
    elsa.brings(&of_copy).expect(201);
    let second = olkaria.batch_with(vec![used(&olkaria)], &[]);
    for _ in 0..2 {
        olkaria.brings(&second);
    }

    let told = |agency: &Agency| -> Vec<Value> {
        let feed = agency.get("/v1/events?type=gate.used_twice").expect(200).json();
        feed["data"].as_array().unwrap().clone()
    };
    let events = told(&kws);
    let [number, receipt] = &events[..] else {
        panic!("each batch that has some is told of once: {events:?}")
    };
    assert_eq!(number["data"]["uses"], json!([]));
    assert_eq!(
        number["data"]["passes"].as_array().unwrap().len(),
        1,
        "the same pass again is none: {number}"
    );
    assert_eq!(number["data"]["passes"][0]["payment_number"], pass.bill.to_string());
    let data = &receipt["data"];
    assert_eq!((&data["gate"], &data["device"]), (&json!("Olkaria Gate"), &json!(olkaria.id)));
    let [twice] = &data["uses"].as_array().unwrap()[..] else { panic!("{data}") };
    assert_eq!(twice["payment_number"], visitor.bill.number);
    assert_eq!(
        (&twice["first"]["gate"], &twice["second"]["gate"]),
        (&json!("Elsa Gate"), &json!("Olkaria Gate"))
    );
    assert_eq!(twice["second"]["sequence"], receipt["sequence"]);
    assert!(told(&kra).is_empty(), "it is not KRA's");
    let id = receipt["id"].as_str().unwrap();
    assert_eq!(kws.get(&format!("/v1/events/{id}")).expect(200).json(), *receipt);
    kra.get(&format!("/v1/events/{id}")).expect(404);

    // Webhooks are sent the same.
    let heard = taker.hears_of(&["gate.used_twice"]);
    let heard = heard.iter().map(|notice| notice.json()).find(|event| event["id"] == receipt["id"]);
    let heard = heard.or_else(|| {
        crate::harness::eventually("it is sent", || (taker.times(id) == 1).then_some(()));
        taker.heard().iter().map(|notice| notice.json()).find(|event| event["id"] == receipt["id"])
    });
    assert_eq!(heard.as_ref(), Some(receipt));
}

#[test]
fn a_price_that_nobody_can_write_in_shillings_is_named_and_leaves_no_trace() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let (_, minor) = price(&kws);
    let mut device = Device::enrol(&gateway, "Elsa Gate");
    let good = device.writes(minor, Settlement::Later);
    let dear = device.writes(minor, Settlement::Later);
    // No catalogue knows its price, so that what the device asked for is all that could be written.
    let (price, service) = (Money::new(i64::MAX, Currency::Usd), "kws-moon-entry".to_owned());
    let dear = Pass { price, service, ..dear };
    let head = gateway.books().events("bill_created").len();
    let batch = device.batch(&[good.clone(), dear]);
    let refused = device.brings(&batch).expect(422);
    assert_eq!(refused.problem(), "validation_failed");
    let said = refused.json();
    let [fault] = &said["errors"].as_array().unwrap()[..] else { panic!("{said}") };
    assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/batch/passes/1/price"), &json!("too_large")));
    assert_eq!(gateway.books().events("bill_created").len(), head);
    assert!(gateway.books().events("gate").iter().all(|record| !record.to_string().contains("batch_taken")));
    views_have_everything(&gateway);
    assert_eq!(kws.get("/v1/gates/passes").expect(200).json()["data"], json!([]));
}
