//! A receipt of Safaricom's posts once, ever: a hundred times at once, after a restart, and by whichever message tells
//! of it. With other money it is kept for people to look at, and the first stands.

use serde_json::json;

use crate::harness::{Call, Gateway, Order, Payment, check_books, eventually, get, malipo, run, together};

const TIMES: usize = 100;

#[test]
fn the_same_confirmation_a_hundred_times_is_one_entry_and_one_receipt() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(3));
    let payment = Payment::of_bill(&bill);

    let safaricom = gateway.safaricom();
    for answer in together(TIMES, |_| safaricom.confirms(&payment)) {
        answer.expect_success();
    }
    assert_eq!(gateway.metric("malipo_confirmations_total{outcome=\"booked\"}"), 1);
    assert_eq!(gateway.metric("malipo_confirmations_total{outcome=\"known\"}"), TIMES as u64 - 1);
    let receipt = kws.receipt(&bill);

    gateway.kill();
    gateway.start_again();
    let safaricom = gateway.safaricom();
    for answer in together(TIMES, |_| safaricom.confirms(&payment)) {
        answer.expect_success();
    }

    gateway.stop();
    gateway.start_again();
    gateway.safaricom().confirms(&payment).expect_success();

    let books = gateway.books();
    assert_eq!(books.bookings(&payment.receipt).len(), 1);
    assert!(books.events("payment_quarantined").is_empty());
    assert_eq!(books.balance("1000.mpesa.222222"), 150_000);
    assert_eq!(books.balance("2000.kws.kws-hells-gate-entry"), -150_000);
    let said = |receipt: &str| serde_json::from_str::<serde_json::Value>(receipt).unwrap()["receipt"].clone();
    assert_eq!(said(&kws.receipt(&bill)), said(&receipt), "the receipt is the same receipt");
}

#[test]
fn the_result_of_a_prompt_and_its_confirmation_are_one_payment_in_either_order() {
    let gateway = Gateway::demo().start();
    let (kws, safaricom) = (gateway.agency("kws"), gateway.safaricom());
    for confirmation_first in [true, false] {
        let bill = kws.bills(&Order::hells_gate(1));
        // A handset that waits for a person: nothing moves but what is said here.
        let phone = if confirmation_first { "0722000001" } else { "0722000002" };
        let attempt = kws.prompts(&bill, phone).expect(202).json()["id"].as_str().unwrap().to_owned();
        let (payment, prompt) = (Payment::of_bill(&bill), gateway.sandbox().prompt_of(&bill.number));
        if confirmation_first {
            safaricom.confirms(&payment).expect_success();
            safaricom.says_prompt_was_paid(&attempt, &prompt, &payment).expect_success();
        } else {
            safaricom.says_prompt_was_paid(&attempt, &prompt, &payment).expect_success();
            safaricom.confirms(&payment).expect_success();
        }
        let seen = kws.sees_attempt(&attempt, "succeeded");
        assert_eq!(seen["channel_receipt"], payment.receipt);
        assert_eq!(kws.looks_at(&bill)["status"], "paid");
        gateway.books().booking(&payment.receipt);
    }
    assert!(gateway.books().events("payment_quarantined").is_empty());
}

/// Whoever knows the path of one attempt, which a payer's program may have seen, knows no prompt by that.
#[test]
fn the_result_of_another_prompt_than_was_sent_is_kept_for_people_and_moves_nothing() {
    let gateway = Gateway::demo().start();
    let (kws, safaricom) = (gateway.agency("kws"), gateway.safaricom());
    let bill = kws.bills(&Order::hells_gate(1));
    let attempt = kws.prompts(&bill, "0722000001").expect(202).json()["id"].as_str().unwrap().to_owned();
    let (real, forged) = (Payment::of_bill(&bill), Payment::of_bill(&bill));
    let prompt = gateway.sandbox().prompt_of(&bill.number);
    for other in ["ws_CO_21112026091405712345678", ""] {
        for _ in 0..2 {
            safaricom.says_prompt_was_paid(&attempt, other, &forged).expect_success();
        }
    }
    let cancelled = json!({"Body": {"stkCallback": {"MerchantRequestID": "1", "CheckoutRequestID": "ws_CO_1",
        "ResultCode": 1032, "ResultDesc": "Request Cancelled by user."}}});
    safaricom.says_of_prompt(&attempt, &cancelled).expect_success();
    assert_eq!(kws.looks_at(&bill)["status"], "unpaid");
    let seen = kws.get(&format!("/v1/attempts/{attempt}")).expect(200).json();
    assert_eq!(seen["state"]["finished"], false, "{seen}");
    let books = gateway.books();
    assert!(books.events("payment_received").is_empty());
    let kept = books.events("message_unreadable");
    assert_eq!(kept.len(), 2, "each once");
    assert!(kept.iter().all(|record| record["event"]["attempt"] == *attempt));
    assert!(kept[0]["event"]["reason"].as_str().unwrap().contains("another prompt"), "{}", kept[0]);
    assert_eq!(gateway.metric("malipo_callbacks_unexpected_total{reason=\"prompt\"}"), 5);

    // What the prompt that was sent led to counts; and if that receipt was genuine, its confirmation says so.
    safaricom.says_prompt_was_paid(&attempt, &prompt, &real).expect_success();
    kws.sees_attempt(&attempt, "succeeded");
    assert_eq!(kws.looks_at(&bill)["status"], "paid");
    safaricom.confirms(&forged).expect_success();
    assert_eq!(kws.looks_at(&bill)["status"], "overpaid");
}

#[test]
fn a_receipt_with_other_money_is_quarantined_and_the_first_stands() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let (bill, other) = (kws.bills(&Order::hells_gate(1)), kws.bills(&Order::hells_gate(1)));
    let payment = Payment::of_bill(&bill);
    gateway.safaricom().confirms(&payment).expect_success();

    let contradictions =
        [payment.but_of("5.00"), payment.but_of("500000.00"), payment.but_for(&other.number)];
    for life in 0..2 {
        let safaricom = gateway.safaricom();
        for contradiction in &contradictions {
            for answer in together(3, |_| safaricom.confirms(contradiction)) {
                answer.expect_success();
            }
        }
        let alarms = || gateway.log().matches("in quarantine").count();
        eventually("each is told of", || (alarms() >= contradictions.len()).then_some(()));
        assert_eq!(alarms(), contradictions.len(), "told again, nobody is alarmed again, in life {life}");
        assert_eq!(gateway.metric("malipo_confirmations_total{outcome=\"quarantined\"}"), 9);
        assert_eq!(gateway.metric("malipo_quarantine_items"), 3);
        gateway.kill();
        gateway.start_again();
    }
    gateway.safaricom().confirms(&payment).expect_success();

    let books = gateway.books();
    let stands = books.booking(&payment.receipt)["sequence"].clone();
    let quarantined = books.events("payment_quarantined");
    let differs: Vec<_> =
        quarantined.iter().map(|record| record["event"]["differs"].as_str().unwrap()).collect();
    assert_eq!(differs, ["amount", "amount", "account"]);
    assert!(quarantined.iter().all(|record| record["event"]["stands"] == stands));
    assert!(quarantined.iter().all(|record| record["entries"].as_array().unwrap().is_empty()));
    assert_eq!(books.balance("1000.mpesa.222222"), 50_000, "only the first is money");
    assert_eq!(kws.looks_at(&bill)["status"], "paid");
    assert_eq!(kws.looks_at(&other)["status"], "unpaid");
}

#[test]
fn a_message_that_cannot_be_read_is_kept_once_for_people_and_the_sender_is_content() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    let garbled =
        Payment { name: "Kanari Wanjikanari".to_owned(), ..Payment::of_bill(&bill) }.but_of("10.000");
    let attempt = "att_01M805V0THF0NRJ6XAG7EBHNTV";
    for life in 0..2 {
        for answer in together(3, |_| gateway.safaricom().confirms(&garbled)) {
            answer.expect_success();
        }
        let elsewhere = format!("{}/stk/{attempt}", gateway.callbacks());
        let answer =
            Call::new(hyper::Method::POST, elsewhere).body("<result>Paid</result>").send().expect(200);
        assert_eq!(answer.json()["ResultCode"], 0);
        assert_eq!(gateway.metric("malipo_unreadable_items"), 2, "in life {life}");
        eventually("somebody is told", || {
            (gateway.log().matches("could not be read").count() >= 2).then_some(())
        });
        gateway.kill();
        gateway.start_again();
    }
    assert_eq!(gateway.log().matches("could not be read").count(), 2, "nobody is alarmed again");
    kws.sees(&bill, "unpaid");
    let treasury = gateway.ready()["treasury_key"].as_str().unwrap().to_owned();
    let summary =
        get(format!("{}/v1/collections/summary", gateway.public())).key(&treasury).send().expect(200);
    assert_eq!(summary.json()["doubt"]["unreadable_count"], 2);

    let books = gateway.books();
    let kept = books.events("message_unreadable");
    let told_by: Vec<_> = kept.iter().map(|record| record["event"]["told_by"].as_str().unwrap()).collect();
    assert_eq!(told_by, ["confirmation", "prompt_result"]);
    assert!(kept[0]["event"]["reason"].as_str().unwrap().contains("/TransAmount"), "{}", kept[0]);
    assert_eq!(kept[1]["event"]["attempt"], attempt);
    assert!(kept.iter().all(|record| record["entries"].as_array().unwrap().is_empty()));
    assert!(!kept[0].to_string().contains("Wanjikanari"), "what it says is sealed");
    books.expect_balanced();
    check_books(&books, &[], &[]).expect(0);
    // Whoever has the keys reads it.
    let sequence = kept[0]["sequence"].to_string();
    let inspect = || {
        let mut command = malipo(["ledger", "inspect", "--record", &sequence]);
        command.arg("--data").arg(gateway.data());
        command
    };
    assert!(!run(&mut inspect()).expect(0).stdout.contains("Wanjikanari"));
    let opened = run(inspect().arg("--keys").arg(gateway.keys())).expect(0).stdout;
    assert!(opened.contains("Wanjikanari") && opened.contains("\"10.000\""), "{opened}");
}
