//! A bill with parts of several agencies: each line says whose it is, the books name it, and each agency is counted its own.

use serde_json::{Value, json};

use crate::harness::{Agency, Bill, Gateway, Payment, fresh_key, get, malipo, run};

const SERVICE: &str = "kws-narok-road";

/// The catalogue that comes with the product, with a park entry that a road levy of another agency is part of.
fn catalogue() -> String {
    let exported = run(&mut malipo(["catalogue", "export", "--format", "json"])).expect(0).stdout;
    let mut catalogue: Value = serde_json::from_str(&exported).unwrap();
    let services = catalogue["services"].as_array_mut().unwrap();
    let mut service =
        services.iter().find(|service| service["slug"] == "kws-hells-gate-entry").unwrap().clone();
    service["slug"] = json!(SERVICE);
    service["name"] = json!({"en": "Park and road", "sw": "Hifadhi na barabara"});
    let fees = service["fees"].as_array_mut().unwrap();
    let basis = fees.last().unwrap()["basis"].clone();
    *fees = vec![json!({
        "version": "one", "valid_from": "2025-10-01", "basis": basis,
        "rule": {"kind": "bundle", "parts": [
            {"code": "park", "text": {"en": "park", "sw": "hifadhi"}, "amount": "KES 600"},
            {"code": "road", "text": {"en": "road", "sw": "barabara"}, "amount": "KES 400", "agency": "KURA",
             "revenue_code": "KURA/ROAD"},
        ]},
        "waivers": [{"code": "school", "text": {"en": "school visit", "sw": "ziara ya shule"}, "basis": basis,
                     "share_percent": "50"}],
    })];
    services.push(service);
    catalogue.to_string()
}

fn billed(kws: &Agency, order: Value) -> Value {
    let body = json!({"service": SERVICE, "order": order});
    kws.post("/v1/bills", &body).idempotency_key(&fresh_key()).send().expect(201).json()
}

#[test]
fn each_line_says_whose_it_is_and_each_agency_is_counted_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalogue.json");
    std::fs::write(&file, catalogue()).unwrap();
    let mut gateway = Gateway::demo().set("catalogue.file", file.to_str().unwrap()).start();
    let kws = gateway.agency("KWS");
    let bill = billed(&kws, json!({}));
    let owners: Vec<_> = bill["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (&line["agency"], &line["revenue_code"]))
        .collect();
    assert_eq!(owners[1], (&json!("KURA"), &json!("KURA/ROAD")));
    assert_eq!(owners[0].0, "KWS");
    let bill = Bill {
        id: bill["id"].as_str().unwrap().to_owned(),
        number: bill["payment_number"].as_str().unwrap().to_owned(),
        json: bill,
    };
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    kws.sees(&bill, "paid");

    let treasury = gateway.create_key("treasury", None);
    let collected = |gateway: &Gateway| {
        let summary = get(format!("{}/v1/collections/summary", gateway.public())).key(&treasury).send();
        let summary = summary.expect(200).json();
        let rows = summary["collected"].as_array().unwrap().iter();
        rows.map(|row| {
            (row["agency"].as_str().unwrap().to_owned(), row["amount"]["amount"].as_i64().unwrap())
        })
        .collect::<Vec<_>>()
    };
    let expected = [("KURA".to_owned(), 40_000), ("KWS".to_owned(), 60_000)];
    assert_eq!(collected(&gateway), expected);
    gateway.kill();
    gateway.start_again();
    assert_eq!(collected(&gateway), expected);
    let books = gateway.books();
    let entries = books.events("payment_received")[0]["entries"].to_string();
    assert!(entries.contains("road revenue=KURA/ROAD fee=one"), "{entries}");
    books.expect_balanced();
}

#[test]
fn what_an_officer_took_off_stands_on_the_bill_and_is_the_officers_own_agencys() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalogue.json");
    std::fs::write(&file, catalogue()).unwrap();
    let gateway = Gateway::demo().set("catalogue.file", file.to_str().unwrap()).start();
    let kws = gateway.agency("KWS");
    let bill = billed(&kws, json!({"waiver": "school"}));
    assert_eq!(bill["total"]["amount"], 70_000, "half of the park's, and all of the road's");
    assert_eq!(bill["waived"]["code"], "school");
    assert_eq!(bill["waived"]["amount"], json!({"amount": 30_000, "currency": "KES"}));
    let again = kws.get(&format!("/v1/bills/{}", bill["id"].as_str().unwrap())).expect(200).json();
    assert_eq!(again["waived"], bill["waived"]);
}
