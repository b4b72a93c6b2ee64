//! Services are searched, viewed, billed and paid, and the Treasury reads how much of each, of which service and agency,
//! after a crash of the views and a restart as before.

use serde_json::{Value, json};

use crate::harness::{Agency, Gateway, Order, Payment, eventually, get, malipo, run};

const PARK: &str = "kws-hells-gate-entry";

fn treasury(gateway: &Gateway) -> Agency {
    Agency::new(gateway.public(), gateway.create_key("treasury", None))
}

/// An answer of the views, once they have everything that the books have.
fn told(gateway: &Gateway, reader: &Agency, path: &str) -> Value {
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    eventually("the views answer", || {
        let answer = reader.get(path);
        (answer.status != 503).then(|| answer.expect(200).json())
    })
}

fn row<'a>(usage: &'a Value, service: &str) -> &'a Value {
    let rows = usage["data"].as_array().unwrap();
    rows.iter().find(|row| row["service"] == service).unwrap_or_else(|| panic!("{service} in {usage}"))
}

fn counts(row: &Value) -> [u64; 4] {
    ["searched", "viewed", "billed", "paid"].map(|name| row[name].as_u64().unwrap())
}

#[test]
fn what_is_searched_viewed_billed_and_paid_is_told_by_service_and_agency() {
    let mut gateway = Gateway::demo().start();
    let look = |path: &str| get(format!("{}{path}", gateway.public())).send();
    let kws = gateway.agency("KWS");
    for _ in 0..3 {
        let found = look("/v1/services?q=hells%20gate&limit=1").expect(200).json();
        assert_eq!(found["data"][0]["slug"], PARK);
    }
    look("/v1/services?agency=KWS").expect(200);
    let seen = look(&format!("/v1/services/{PARK}")).expect(200);
    let tag = seen.header("etag").unwrap();
    let again = get(format!("{}/v1/services/{PARK}", gateway.public())).header("if-none-match", tag);
    again.send().expect(304);
    for _ in 0..20 {
        look("/v1/services/kws-amboseli-entry").expect(200);
    }
    let bills: Vec<_> = (0..3).map(|_| kws.bills(&Order::hells_gate(1))).collect();
    gateway.safaricom().confirms(&Payment::of_bill(&bills[0])).expect_success();
    gateway.safaricom().confirms(&Payment::of("200.00", &bills[1].number)).expect_success();
    let kra = gateway.agency("KRA");
    let assessed = kra.bills(&Order::assessment(500, "2027000123456"));
    gateway.safaricom().confirms(&Payment::of_bill(&assessed)).expect_success();
    let reader = treasury(&gateway);

    // What was counted becomes records when it stops, and outlives the views.
    gateway.stop();
    gateway.start_again();
    let usage = told(&gateway, &reader, "/v1/usage?limit=500");
    let park = row(&usage, PARK);
    assert_eq!(counts(park), [3, 2, 3, 1], "{park}");
    assert_eq!(park["agency"], "KWS");
    assert_eq!(park["collected"], json!([{"amount": 70_000, "currency": "KES"}]));
    assert_eq!(counts(row(&usage, "kws-amboseli-entry"))[1..], [20, 0, 0]);
    assert_eq!(usage["data"][0]["service"], "kws-amboseli-entry", "viewed most");
    assert_eq!(counts(row(&usage, "kra-prn-payment"))[2..], [1, 1]);
    let agencies = told(&gateway, &reader, "/v1/usage?by=agency&order=billed");
    assert_eq!((&agencies["data"][0]["agency"], &agencies["data"][0]["billed"]), (&json!("KWS"), &json!(3)));
    assert_eq!(agencies["data"][1]["collected"], json!([{"amount": 50_000, "currency": "KES"}]));

    // Page by page it is the same.
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = told(&gateway, &reader, &format!("/v1/usage?limit=2{cursor}"));
        rows.extend(page["data"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(json!(rows), usage["data"]);

    // An agency sees its own, whomever it asks for; a stranger nothing.
    let own = told(&gateway, &kws, "/v1/usage?limit=500");
    assert!(own["data"].as_array().unwrap().iter().all(|row| row["agency"] == "KWS"), "{own}");
    assert_eq!(row(&own, PARK), park);
    assert_eq!(told(&gateway, &kws, "/v1/usage?agency=KRA")["data"], json!([]));
    get(format!("{}/v1/usage", gateway.public())).send().expect(401);
    for wrong in ["from=soon", "order=best", "by=county", "cursor=x", "limit=0", "from=2020-01-01"] {
        reader.get(&format!("/v1/usage?{wrong}")).expect(422);
    }

    gateway.stop();
    run(malipo(["ledger", "rebuild-views", "--data"]).arg(gateway.data())).expect(0);
    gateway.start_again();
    assert_eq!(told(&gateway, &reader, "/v1/usage?limit=500")["data"], usage["data"]);
}

#[test]
fn what_nobody_looks_at_and_what_nobody_pays_for_is_listed() {
    // Five minutes pass in a second: counts become records while it runs.
    let gateway = Gateway::demo().speed(300).start();
    let view = |service: &str| {
        get(format!("{}/v1/services/{service}", gateway.public())).send().expect(200);
    };
    view(PARK);
    for _ in 0..25 {
        view("kws-amboseli-entry");
    }
    let (reader, kws) = (treasury(&gateway), gateway.agency("KWS"));
    let is_counted = |row: &Value| row["service"] == "kws-amboseli-entry" && row["viewed"] == 25;
    let silent = eventually("what was counted is told", || {
        let silent = told(&gateway, &reader, "/v1/usage/silent?days=3&limit=500");
        silent["data"].as_array().unwrap().iter().any(is_counted).then_some(silent)
    });
    assert_eq!(silent["under_used_count"], 1);
    assert_eq!(silent["under_used_means"], json!({"viewed_min": 20, "views_per_bill": 20}));
    assert_eq!(row(&silent, "kws-amboseli-entry")["is"], "under_used");
    let rows = silent["data"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["service"] != PARK), "somebody looked at it");
    let (all, silent_count) =
        (silent["service_count"].as_u64().unwrap(), silent["silent_count"].as_u64().unwrap());
    assert_eq!(silent_count, all - 2);
    assert!(silent["counted_from"].is_string());

    // Page by page, and an agency its own.
    let (mut slugs, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = told(&gateway, &kws, &format!("/v1/usage/silent?days=3&limit=5{cursor}"));
        slugs.extend(page["data"].as_array().unwrap().iter().map(|row| {
            assert_eq!(row["agency"], "KWS");
            row["service"].clone()
        }));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected: Vec<_> =
        rows.iter().filter(|row| row["agency"] == "KWS").map(|row| row["service"].clone()).collect();
    assert_eq!(slugs, expected);
    reader.get("/v1/usage/silent?days=0").expect(422);
}
