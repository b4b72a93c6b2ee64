//! What becomes of an application once it is paid for: the agency reports, the applicant looks, and what waits too long
//! shows.

use serde_json::{Value, json};

use crate::harness::{Agency, Answer, Bill, Call, Gateway, Order, Page, Payment, eventually};

const PHONE: &str = "0711333444";

/// Certificates that are paid for.
fn paid_bills(gateway: &Gateway, dci: &Agency, count: usize) -> Vec<Bill> {
    let bills: Vec<_> = (0..count).map(|_| dci.bills(&certificate())).collect();
    for bill in &bills {
        let payment = Payment { phone: format!("254{}", &PHONE[1..]), ..Payment::of_bill(bill) };
        gateway.safaricom().confirms(&payment).expect_success();
    }
    bills
}

/// A police clearance certificate: promised within ten working days.
fn certificate() -> Order {
    Order::of("police-clearance-certificate", &json!({}))
}

fn reports(dci: &Agency, bill: &Bill, body: Value) -> Answer {
    dci.post(&format!("/v1/applications/{}/events", bill.number), &body).send()
}

fn sends_file(gateway: &Gateway, dci: &Agency, kind: &str, text: &str) -> Answer {
    let call = Call::new(hyper::Method::POST, format!("{}/v1/applications/batches", gateway.public()));
    call.body(text.to_owned()).header("content-type", kind).key(&dci.key).send()
}

fn tracks(origin: &str, reference: &str, phone: &str) -> Page {
    let page = Page::open(origin, "/en/track");
    page.send(&page.form("/track").with("reference", reference).with("phone", phone))
}

#[test]
fn an_application_is_followed_from_its_payment_to_its_collection() {
    let mut gateway = Gateway::demo().start();
    let (origin, dci) = (gateway.public(), gateway.agency("dci"));
    let unpaid = dci.bills(&certificate());
    assert_eq!(reports(&dci, &unpaid, json!({"status": "at_agency"})).expect(409).problem(), "conflict");
    let bill = paid_bills(&gateway, &dci, 1).remove(0);

    let shown = dci.get(&format!("/v1/applications/{}", bill.number)).expect(200).json();
    assert_eq!((&shown["status"], &shown["promise"]["state"]), (&json!("paid"), &json!("on_time")));
    assert_eq!(reports(&dci, &bill, json!({"status": "collected"})).expect(409).problem(), "conflict");
    let steps = [
        json!({"status": "at_agency"}),
        json!({"status": "query_raised", "reason": "photo"}),
        json!({"status": "at_agency"}),
        json!({"status": "ready", "centre": "Huduma Centre GPO Nairobi"}),
    ];
    for step in &steps {
        let now = reports(&dci, &bill, step.clone()).expect(200).json();
        assert_eq!(now["status"], step["status"]);
    }
    // The same again is no second step.
    let again = reports(&dci, &bill, steps[3].clone()).expect(200).json();
    assert_eq!(again["steps"].as_array().unwrap().len(), steps.len());
    assert_eq!(gateway.books().events("application").len(), steps.len());

    // The applicant: by payment number or receipt number, with the phone that paid.
    let page = tracks(&origin, &bill.number, PHONE);
    page.says("Ready to collect")
        .says("On time")
        .says("Ready at Huduma Centre GPO Nairobi")
        .says("the photograph");
    page.says("Collect it.");
    assert_eq!(page.address, "/en/track", "neither number nor phone stands in the address");
    let receipt = dci.looks_at(&bill)["payments"][0]["receipt_number"].as_str().unwrap().to_owned();
    tracks(&origin, &receipt.to_lowercase(), "+254 711 333 444").says("Ready to collect");
    // A wrong phone and a number that nobody has: the same, to the letter.
    let main = |page: &Page| page.text().replace(&bill.number, "").replace("407155201831", "");
    let wrong = tracks(&origin, &bill.number, "0711333445");
    let unknown = tracks(&origin, "407155201831", "0711333445");
    assert_eq!((wrong.status, unknown.status), (422, 422));
    assert_eq!(main(&wrong), main(&unknown));
    wrong.says("We cannot find that number with that phone");

    // Who tries phones with a number is stopped, whether or not there is such a number.
    for number in [&*bill.number, "407155201831"] {
        let statuses: Vec<_> =
            (0..5).map(|trial| tracks(&origin, number, &format!("071133345{trial}")).status).collect();
        assert!(statuses.ends_with(&[422, 429]) || statuses.ends_with(&[429, 429]), "{statuses:?}");
    }

    reports(&dci, &bill, json!({"status": "collected"})).expect(200);
    assert_eq!(reports(&dci, &bill, json!({"status": "ready", "centre": "Nyeri"})).status, 409);
    // It outlives a restart, in the archive.
    gateway.kill();
    gateway.start_again();
    let shown = gateway.agency("dci").get(&format!("/v1/applications/{}", bill.id)).expect(200).json();
    assert_eq!((&shown["status"], shown["steps"].as_array().unwrap().len()), (&json!("collected"), 5));
    let others = gateway.agency("kra").get(&format!("/v1/applications/{}", bill.number));
    assert_eq!(others.expect(404).problem(), "not_found");
    gateway.stop();
    assert!(!gateway.log().contains("711333"));
}

#[test]
fn a_file_is_taken_whole_or_not_at_all_and_every_bad_line_is_named() {
    let gateway = Gateway::demo().start();
    let dci = gateway.agency("dci");
    let bills = paid_bills(&gateway, &dci, 3);
    let unpaid = dci.bills(&certificate());
    let kws_bill = gateway.agency("kws").bills(&Order::hells_gate(1));
    let bad = format!(
        "payment_number,status,centre,reason\n{},at_agency,,\n{},ready,Nyeri,\n{},collected,,\n{},at_agency,,\n",
        bills[0].number, unpaid.number, bills[1].number, kws_bill.number
    );
    let refused = sends_file(&gateway, &dci, "text/csv", &bad).expect(422).json();
    let lines: Vec<_> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(lines, ["/lines/3", "/lines/4", "/lines/5"], "{refused}");
    assert!(gateway.books().events("application").is_empty(), "nothing was changed");

    let rows: String =
        bills.iter().map(|bill| format!("{},ready,Huduma Centre Nyeri,\n", bill.number)).collect();
    let good = format!("payment_number,status,centre,reason\n{rows}");
    let taken = sends_file(&gateway, &dci, "text/csv", &good).expect(200).json();
    assert_eq!(taken["lines"], 3);
    let json_lines = format!("{{\"payment_number\": \"{}\", \"status\": \"collected\"}}\n", bills[0].number);
    sends_file(&gateway, &dci, "application/x-ndjson", &json_lines).expect(200);

    // What waits, by centre; what was promised, once there is enough of it.
    let report = eventually("the views have them", || {
        let report = dci.get("/v1/applications/uncollected").expect(200).json();
        (report["data"][0]["uncollected"] == 2).then_some(report)
    });
    assert_eq!(report["data"][0]["centre"], "Huduma Centre Nyeri");
    assert_eq!(report["data"][0]["up_to_7_days"], 2);
    let promises = dci.get("/v1/applications/promises").expect(200).json();
    assert_eq!(promises["data"][0]["ready"], 3, "{promises}");
    assert_eq!(
        (&promises["data"][0]["enough_data"], promises["data"][0].get("kept_per_mille")),
        (&json!(false), None)
    );
    let ready = dci.get("/v1/applications?status=ready&centre=Huduma+Centre+Nyeri").expect(200).json();
    assert_eq!(ready["data"].as_array().unwrap().len(), 2);
    let none = gateway.agency("kws").get("/v1/applications").expect(200).json();
    assert!(none["data"].as_array().unwrap().is_empty(), "{none}");
}

#[test]
fn a_promise_that_is_not_kept_shows_on_the_page_and_in_the_share() {
    // A day of this clock is 2.2 s: whatever day it is today, the promise is broken within a minute.
    let gateway = Gateway::demo().speed(40_000).start();
    let (origin, dci) = (gateway.public(), gateway.agency("dci"));
    let bills = paid_bills(&gateway, &dci, 30);
    for bill in &bills[..29] {
        reports(&dci, bill, json!({"status": "ready", "centre": "Nyeri"})).expect(200);
    }
    let late = &bills[29];
    let promise = |bill: &Bill| {
        dci.get(&format!("/v1/applications/{}", bill.number)).expect(200).json()["promise"].clone()
    };
    eventually("the promise is broken", || (promise(late)["state"] == "late").then_some(()));
    tracks(&origin, &late.number, PHONE).says("late").says("you may complain");
    reports(&dci, late, json!({"status": "ready", "centre": "Nyeri"})).expect(200);
    assert_eq!(promise(late)["state"], "late", "what was late stays late");
    eventually("the share is told", || {
        let share = dci.get("/v1/applications/promises").expect(200).json()["data"][0].clone();
        (share["ready"] == 30 && share["kept_per_mille"] == 966).then_some(())
    });
}

#[test]
fn whoever_applied_is_told_that_it_is_ready_and_the_agencys_system_of_every_step() {
    let gateway = Gateway::demo().start();
    let (carriers, dci) = (gateway.carriers(), gateway.agency("dci"));
    let bills = paid_bills(&gateway, &dci, 2);
    let [told, collected] = &bills[..] else { panic!("{bills:?}") };
    reports(&dci, told, json!({"status": "at_agency"})).expect(200);
    let lines: Vec<_> = bills
        .iter()
        .map(
            |bill| json!({"payment_number": bill.number, "status": "ready", "centre": "Huduma Centre Thika"}),
        )
        .map(|line| format!("{line}\n"))
        .collect();
    sends_file(&gateway, &dci, "application/x-ndjson", &lines.concat()).expect(200);

    let phone = format!("254{}", &PHONE[1..]);
    let ready = eventually("both are told", || {
        let texts = carriers.texts_on(&phone);
        let ready: Vec<_> = texts.into_iter().filter(|text| text.starts_with("READY: ")).collect();
        (ready.len() == 2).then_some(ready)
    });
    assert!(ready.iter().all(|text| text.contains("(DCI) at Huduma Centre Thika.")), "{ready:?}");
    assert!(ready.iter().any(|text| text.contains(&grouped(&told.number))), "{ready:?}");
    reports(&dci, collected, json!({"status": "collected"})).expect(200);

    let events = dci.get("/v1/events?type=application.updated").expect(200).json();
    let events = events["data"].as_array().unwrap();
    let of = |bill: &Bill| -> Vec<&str> {
        let of_bill = events.iter().filter(|event| event["data"]["payment_number"] == bill.number.as_str());
        of_bill.map(|event| event["data"]["status"].as_str().unwrap()).collect()
    };
    assert_eq!(of(told), ["at_agency", "ready"]);
    assert_eq!(of(collected), ["ready", "collected"]);
    let ready = events.iter().find(|event| event["data"]["status"] == "ready").unwrap();
    assert_eq!(ready["data"]["centre"], "Huduma Centre Thika");
    assert!(!ready.to_string().contains("711333444"), "{ready}");
}

fn grouped(number: &str) -> String {
    format!("{} {} {}", &number[..4], &number[4..8], &number[8..])
}
