//! Payers are asked on their phones. Each of the simulated numbers ends as it is published; news may be late, told three
//! times, or never come, and what cannot be known is said to be unknown.

use serde_json::{Value, json};

use crate::harness::{Agency, Bill, Call, Gateway, Order, Payment, eventually, post, together};

/// Asks for a prompt; gives the attempt's id.
fn prompted(kws: &Agency, bill: &Bill, phone: &str) -> String {
    let attempt = kws.prompts(bill, phone).expect(202).json();
    attempt["id"].as_str().unwrap().to_owned()
}

fn attempt(kws: &Agency, id: &str) -> Value {
    kws.get(&format!("/v1/attempts/{id}")).expect(200).json()
}

#[test]
fn each_simulated_number_ends_as_published() {
    let gateway = Gateway::demo().start();
    gateway.sandbox().knows(&gateway);
    let kws = gateway.agency("kws");
    // Whether money moved, in the words of the API; what the attempt becomes, Safaricom's code, what the bill is.
    let cases = [
        ("0700000001", "succeeded", None, "paid", "yes"),
        ("0700000002", "failed", Some("1"), "unpaid", "no"),
        ("0700000003", "cancelled", Some("1032"), "unpaid", "no"),
        ("0700000004", "expired", Some("1037"), "unpaid", "no"),
        ("0700000005", "failed", Some("2001"), "unpaid", "no"),
        ("0700000006", "succeeded", None, "paid", "yes"),
        ("0700000007", "succeeded", None, "paid", "yes"),
        ("0700000011", "failed", Some("26"), "unpaid", "no"),
    ];
    let asked: Vec<_> = cases
        .iter()
        .map(|(phone, ..)| {
            let bill = kws.bills(&Order::hells_gate(1));
            let id = prompted(&kws, &bill, phone);
            (bill, id)
        })
        .collect();
    for ((phone, state, code, status, moved), (bill, id)) in cases.iter().zip(&asked) {
        let seen = kws.sees_attempt(id, state);
        let state = &seen["state"];
        assert_eq!(state["finished"], true, "{phone}: {seen}");
        assert_eq!(state["code"].as_str(), *code, "{phone}: {seen}");
        assert_eq!(state["money_moved"], *moved, "{phone}: {seen}");
        assert_eq!(kws.looks_at(bill)["status"], *status, "{phone}");
        for language in ["en", "sw"] {
            assert!(!state["message"][language].as_str().unwrap().is_empty(), "{phone}: {seen}");
        }
    }
    gateway.sandbox().is_quiet();
    let books = gateway.books();
    assert_eq!(books.events("payment_received").len(), 3, "1, 6 and 7 paid, each once");
    books.expect_balanced();
}

#[test]
fn whoever_cancels_and_pays_by_paybill_instead_may_slip() {
    let gateway = Gateway::demo().start();
    gateway.sandbox().knows(&gateway);
    let kws = gateway.agency("kws");

    // 0700 000 009 pays KES 50 too little. Asked first, the gateway says no; unasked, it takes what it gets.
    let bill = kws.bills(&Order::hells_gate(1));
    kws.sees_attempt(&prompted(&kws, &bill, "0700000009"), "cancelled");
    let record = eventually("the payment was refused", || {
        let record = std::fs::read_to_string(gateway.sandbox().ledger()).unwrap();
        record.contains("\"verdict\":\"refused\"").then_some(record)
    });
    assert!(record.contains("\"result_code\":\"C2B00013\""));
    assert_eq!(kws.looks_at(&bill)["status"], "unpaid");

    let validation = format!("{}/control/validation", gateway.sandbox().url());
    Call::new(hyper::Method::PUT, validation).body(r#"{"on": false}"#).send().expect(200);
    let bill = kws.bills(&Order::hells_gate(1));
    kws.sees_attempt(&prompted(&kws, &bill, "0700000009"), "cancelled");
    assert_eq!(kws.sees(&bill, "part_paid")["due"]["amount"], 5_000);

    // 0700 000 010 swaps two digits, which a check digit always notices.
    let bill = kws.bills(&Order::hells_gate(1));
    kws.sees_attempt(&prompted(&kws, &bill, "0700000010"), "cancelled");
    eventually("the money is in suspense", || (gateway.metric("malipo_suspense_items") == 1).then_some(()));
    let books = gateway.books();
    let reasons = books
        .events("payment_received")
        .into_iter()
        .filter_map(|record| record["event"]["placement"]["reason"].as_str());
    assert_eq!(reasons.collect::<Vec<_>>(), ["bad_check_digit"]);
    assert_eq!(kws.looks_at(&bill)["status"], "unpaid");
    books.expect_balanced();
}

#[test]
fn a_prompt_whose_news_is_late_is_unknown_until_it_comes() {
    // A prompt is overdue after 90 s, which is 2.25 s of this clock; the news comes after 3.5 s.
    let gateway = Gateway::demo().speed(40).start();
    gateway.sandbox().knows(&gateway);
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    let id = prompted(&kws, &bill, "0700000006");
    let seen = kws.sees_attempt(&id, "unknown");
    assert_eq!(
        (&seen["state"]["finished"], &seen["state"]["money_moved"]),
        (&json!(false), &json!("unknown"))
    );
    let advice = seen["state"]["message"]["en"].as_str().unwrap();
    assert!(advice.contains("Do not pay again"), "{advice}");

    kws.sees_attempt(&id, "succeeded");
    assert_eq!(kws.looks_at(&bill)["status"], "paid");
}

#[test]
fn a_prompt_that_nobody_tells_of_is_asked_about_and_stays_unknown_unposted_and_listed() {
    let gateway = Gateway::demo().speed(40).start();
    gateway.sandbox().knows(&gateway);
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    let id = prompted(&kws, &bill, "0700000008");
    kws.sees_attempt(&id, "unknown");
    // Safaricom's own word, asked for: paid. Without a receipt there is nothing to book it by.
    let seen = eventually("it was asked about", || {
        Some(attempt(&kws, &id)).filter(|attempt| attempt["state"]["code"] == "0")
    });
    assert_eq!(seen["state"]["status"], "unknown");
    assert_eq!(seen["state"]["finished"], false);

    let books = gateway.books();
    assert!(books.events("payment_received").is_empty(), "nothing is booked without a receipt");
    assert_eq!(kws.looks_at(&bill)["status"], "unpaid");
    assert_eq!(gateway.metric("malipo_attempts_unknown"), 1);
    let treasury =
        Agency::new(gateway.public(), gateway.ready()["treasury_key"].as_str().unwrap().to_owned());
    for (reader, count) in [(&kws, 1), (&treasury, 1), (&gateway.agency("kra"), 0)] {
        let listed = eventually("it is listed", || {
            let listed = reader.get("/v1/attempts?status=unknown").expect(200).json();
            let rows = listed["data"].as_array().unwrap().clone();
            let is_asked_about = rows.iter().all(|row| row["provider_says_paid"] == true);
            (rows.len() == count && is_asked_about).then_some(rows)
        });
        assert!(listed.iter().all(|row| row["id"] == id));
    }

    // The statement, or whoever tells it at last, brings the receipt.
    let statement = gateway.sandbox().statement();
    let receipt = statement.lines().last().unwrap().split(',').next().unwrap().trim_matches('"').to_owned();
    let found = Payment { receipt, ..Payment::of_bill(&bill) };
    gateway.safaricom().confirms(&found).expect_success();
    assert_eq!(attempt(&kws, &id)["state"]["status"], "succeeded");
    assert_eq!(kws.looks_at(&bill)["status"], "paid");
    assert_eq!(gateway.metric("malipo_attempts_unknown"), 0);
}

#[test]
fn the_lost_result_of_a_prompt_is_healed_by_its_confirmation() {
    let gateway = Gateway::demo().start();
    gateway.sandbox().knows(&gateway);
    gateway.sandbox().breaks(&json!({"stk_callback_lost_per_mille": 1000}));
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    let id = prompted(&kws, &bill, "0700000001");
    let seen = kws.sees_attempt(&id, "succeeded");
    let books = gateway.books();
    let paid = books.events("payment_received");
    assert_eq!(paid.len(), 1);
    assert_eq!(paid[0]["event"]["told_by"], "confirmation");
    assert_eq!(paid[0]["event"]["receipt"]["number"], seen["channel_receipt"]);
}

#[test]
fn the_lost_confirmation_of_a_prompt_is_healed_by_its_result() {
    let gateway = Gateway::demo().start();
    gateway.sandbox().knows(&gateway);
    gateway.sandbox().breaks(&json!({"confirmation_lost_per_mille": 1000}));
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    kws.sees_attempt(&prompted(&kws, &bill, "0700000001"), "succeeded");
    assert_eq!(kws.looks_at(&bill)["status"], "paid");
    assert_eq!(gateway.books().events("payment_received")[0]["event"]["told_by"], "prompt_result");
}

#[test]
fn nobody_is_asked_again_while_a_prompt_may_live() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    let first = prompted(&kws, &bill, "0722000001");
    for phone in ["0722000001", "0722000002"] {
        let refused = kws.prompts(&bill, phone).expect(409);
        assert_eq!(refused.problem(), "prompt_may_live");
        assert_eq!(refused.json()["money_moved"], "no");
        assert!(refused.header("retry-after").is_some() && refused.text().contains(&first));
    }
    assert_eq!(gateway.books().events("attempt_created").len(), 1);
    // Nor is a bill withdrawn under the eyes of somebody who is about to pay it.
    let cancel = kws.post(&format!("/v1/bills/{}/cancel", bill.id), &json!({}));
    assert_eq!(cancel.idempotency_key("0123456789abcdef").send().expect(409).problem(), "prompt_may_live");

    let payer = gateway.sandbox().payer("0722000001");
    payer.enters_pin().expect(202);
    kws.sees_attempt(&first, "succeeded");
    assert_eq!(kws.prompts(&bill, "0722000001").expect(409).problem(), "bill_not_open");
}

#[test]
fn a_payer_who_said_no_may_be_asked_again() {
    let gateway = Gateway::demo().start();
    gateway.sandbox().knows(&gateway);
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    kws.sees_attempt(&prompted(&kws, &bill, "0700000003"), "cancelled");
    kws.sees_attempt(&prompted(&kws, &bill, "0700000001"), "succeeded");
    assert_eq!(kws.looks_at(&bill)["status"], "paid");
}

#[test]
fn one_key_is_one_request() {
    let mut gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let order = Order::hells_gate(1);
    let send = |key: Option<&str>, order: &Order| {
        let call = kws.post("/v1/bills", order.body());
        key.map_or(call.clone(), |key| call.idempotency_key(key)).send()
    };
    const KEY: &str = "one-key-is-one-request";

    for bad in [None, Some("short"), Some("a key with spaces in it")] {
        assert_eq!(send(bad, &order).expect(400).problem(), "idempotency_key_missing", "{bad:?}");
    }
    let first = send(Some(KEY), &order).expect(201);
    assert_eq!(first.header("idempotent-replayed"), None);
    for _ in 0..2 {
        let again = send(Some(KEY), &order).expect(201);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.json(), first.json());
        gateway.kill();
        gateway.start_again();
    }
    assert_eq!(send(Some(KEY), &Order::hells_gate(2)).expect(422).problem(), "idempotency_key_reused");

    // Another caller's key of the same name is another key.
    let of_kra = Order::assessment(700, "202612345678901234");
    let answer = kra.post("/v1/bills", of_kra.body()).idempotency_key(KEY).send();
    assert_eq!(answer.status, 201, "{}", answer.text());

    let answers = together(30, |_| send(Some("thirty-at-once-with-one-key"), &order));
    for answer in &answers {
        assert!(answer.status == 201 || answer.problem() == "request_in_progress", "{}", answer.text());
    }
    assert!(answers.iter().any(|answer| answer.status == 201));
    let made = gateway.books().events("bill_created").len();
    assert_eq!(made, 3, "one by each key");
}

#[test]
fn an_attempt_that_is_asked_for_twice_with_one_key_is_one_prompt() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    let body = json!({"method": "mpesa_prompt", "phone": "0722000003"});
    let send = || {
        let call = post(format!("{}/v1/bills/{}/attempts", gateway.public(), bill.id), &body).key(&kws.key);
        call.idempotency_key("one-prompt-and-no-more").send()
    };
    let first = send().expect(202);
    let again = send().expect(202);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.json()["id"], first.json()["id"]);

    // What is due by now could not be asked for, and the prompt was sent all the same.
    gateway.safaricom().confirms(&Payment::of("100.50", &bill.number)).expect_success();
    kws.sees(&bill, "part_paid");
    assert_eq!(send().expect(202).json()["id"], first.json()["id"]);
    let prompted = eventually("Safaricom has noted the prompt", || {
        let record = std::fs::read_to_string(gateway.sandbox().ledger()).unwrap();
        Some(record.matches("\"stk_prompted\"").count()).filter(|count| *count > 0)
    });
    assert_eq!(prompted, 1);
}
