//! Fallback money goes home: one person sends, another says that it arrived, and what M-PESA tells of it is no new revenue.

use serde_json::{Value, json};

use crate::harness::{Answer, BANK_ACCOUNT, Gateway, Order, Payment, fresh_key, get, malipo, post, run};

const IN_TRANSIT: &str = "1050.bank.kcb-1100220033";
const HOME: &str = "1000.mpesa.222222";

/// A demonstration whose bank has 1,000 shillings, and two keys of the Treasury.
fn scene() -> (Gateway, String, String) {
    let gateway = Gateway::demo().start();
    let (kws, bank) = (gateway.agency("kws"), gateway.bank());
    let bill = kws.bills(&Order::hells_gate(2));
    bank.is_paid_for(&bill);
    kws.sees(&bill, "paid");
    let (one, other) = (gateway.create_key("treasury", None), gateway.create_key("treasury", None));
    (gateway, one, other)
}

fn sends(gateway: &Gateway, key: &str, cents: i64) -> Answer {
    let body = json!({"channel": "bank.kcb", "amount": {"amount": cents, "currency": "KES"}});
    post(format!("{}/v1/sweeps", gateway.public()), &body).key(key).idempotency_key(&fresh_key()).send()
}

fn ends(gateway: &Gateway, key: &str, sweep: &Value, how: &str) -> Answer {
    let url = format!("{}/v1/sweeps/{}/{how}", gateway.public(), sweep["id"]);
    post(url, &json!({})).key(key).idempotency_key(&fresh_key()).send()
}

fn balances(gateway: &Gateway) -> [i64; 3] {
    let books = gateway.books();
    books.expect_balanced();
    [BANK_ACCOUNT, IN_TRANSIT, HOME].map(|account| books.balance(account))
}

#[test]
fn one_sends_another_says_how_it_ended_and_nobody_sends_what_is_not_there() {
    let (gateway, one, other) = scene();
    assert_eq!(sends(&gateway, &one, 100_001).expect(422).problem(), "validation_failed");
    let sweep = sends(&gateway, &one, 60_000).expect(201).json();
    assert_eq!(sweep["state"], "in_transit");
    assert_eq!(balances(&gateway), [40_000, 60_000, 0]);
    sends(&gateway, &one, 40_001).expect(422);
    ends(&gateway, &one, &sweep, "confirmation").expect(403);
    ends(&gateway, &one, &sweep, "return").expect(403);
    let confirmed = ends(&gateway, &other, &sweep, "confirmation").expect(200).json();
    assert_eq!(confirmed["state"], "confirmed");
    ends(&gateway, &other, &sweep, "return").expect(409);
    assert_eq!(balances(&gateway), [40_000, 0, 60_000]);

    let second = sends(&gateway, &other, 40_000).expect(201).json();
    assert_eq!(ends(&gateway, &one, &second, "return").expect(200).json()["state"], "returned");
    assert_eq!(balances(&gateway), [40_000, 0, 60_000], "it is back where it was");
    let listed = get(format!("{}/v1/sweeps", gateway.public())).key(&one).send().expect(200).json();
    let states: Vec<_> =
        listed["data"].as_array().unwrap().iter().map(|sweep| sweep["state"].clone()).collect();
    assert_eq!(states, ["returned", "confirmed"]);

    // The same request twice is one sweep.
    let key = fresh_key();
    let body = json!({"channel": "bank.kcb", "amount": {"amount": 1000, "currency": "KES"}});
    let [first, again] = [0, 1].map(|_| {
        let call = post(format!("{}/v1/sweeps", gateway.public()), &body).key(&one);
        call.idempotency_key(&key).send().expect(201).json()
    });
    assert_eq!(first["id"], again["id"]);
    assert_eq!(balances(&gateway), [39_000, 1_000, 60_000]);
    for (role, agency) in [("auditor", None), ("agency_integrator", Some("kws"))] {
        sends(&gateway, &gateway.create_key(role, agency), 100).expect(403);
    }
}

#[test]
fn what_mpesa_tells_of_a_sweep_is_its_arrival_whoever_says_so_first() {
    let (gateway, one, other) = scene();
    let told = |sweep: &Value, amount: &str| Payment::of(amount, sweep["reference"].as_str().unwrap());
    let sweep = sends(&gateway, &one, 30_000).expect(201).json();
    let arrival = told(&sweep, "300.00");
    assert_eq!(gateway.safaricom().asks_about(&arrival).result_code(), "0", "nobody holds it up");
    for _ in 0..3 {
        gateway.safaricom().confirms(&arrival).expect_success();
    }
    assert_eq!(balances(&gateway), [70_000, 0, 30_000]);
    ends(&gateway, &other, &sweep, "confirmation").expect(409);

    // Somebody says so first.
    let second = sends(&gateway, &one, 20_000).expect(201).json();
    ends(&gateway, &other, &second, "confirmation").expect(200);
    gateway.safaricom().confirms(&told(&second, "200.00")).expect_success();
    assert_eq!(balances(&gateway), [50_000, 0, 50_000], "and it is counted once");

    // Another amount, a second arrival, and one before anybody has sent it.
    let third = sends(&gateway, &one, 10_000).expect(201).json();
    let early = json!({"reference": "SWP000000000"});
    for (sweep, amount) in [(&third, "99.00"), (&sweep, "300.00"), (&early, "50.00")] {
        gateway.safaricom().confirms(&told(sweep, amount)).expect_success();
    }
    let books = gateway.books();
    let reasons: Vec<_> = books
        .events("payment_received")
        .iter()
        .filter_map(|record| record["event"]["placement"]["reason"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(reasons, ["sweep_unmatched"; 3]);
    assert_eq!(books.balance(IN_TRANSIT), 10_000, "the third is still on its way");
    let body = json!({"channel": "bank.kcb", "amount": {"amount": 5000, "currency": "KES"}, "reference": "SWP000000000"});
    let call = post(format!("{}/v1/sweeps", gateway.public()), &body).key(&one);
    call.idempotency_key(&fresh_key()).send().expect(409);
    // A slip in a reference is no sweep.
    let slip = sweep["reference"].as_str().unwrap().replace("SWP", "SWQ");
    gateway.safaricom().confirms(&Payment::of("100.00", &slip)).expect_success();
    assert_eq!(gateway.books().balance(IN_TRANSIT), 10_000);
}

#[test]
fn the_command_line_sends_confirms_and_lists() {
    let (gateway, one, other) = scene();
    let with_key = |arguments: &[&str], key: &str| {
        let path = gateway.folder().join("treasury-key");
        std::fs::write(&path, key).unwrap();
        let mut command = malipo(["sweep"]);
        command.args(arguments).arg("--api").arg(gateway.public()).arg("--key-file").arg(&path);
        run(&mut command)
    };
    let sent: Value =
        serde_json::from_str(&with_key(&["send", "bank.kcb", "250.00"], &one).expect(0).stdout).unwrap();
    let id = sent["id"].to_string();
    with_key(&["confirm", &id], &one).expect(1);
    with_key(&["confirm", &id], &other).expect(0);
    with_key(&["return", &id], &other).expect(1);
    assert!(with_key(&["list"], &other).expect(0).stdout.contains("\"confirmed\""));
    assert_eq!(balances(&gateway), [75_000, 0, 25_000]);
}
