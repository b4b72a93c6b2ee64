//! A bill is made, paid once over Safaricom's wire, booked, and receipted; the receipt proves itself, and does not when
//! one character of it is another.

use serde_json::{Value, json};

use crate::harness::{Agency, Bill, Finished, Gateway, Order, Payment, malipo, post, run};

#[test]
fn a_bill_is_paid_once_and_its_receipt_is_genuine() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(2));
    assert_eq!((bill.json["status"].as_str(), bill.amount()), (Some("unpaid"), "1000.00".to_owned()));

    gateway.sandbox().knows(&gateway);
    let channel_receipt = gateway.sandbox().payer("0712345678").pays(&bill.number, "1000");

    let paid = kws.sees(&bill, "paid");
    assert_eq!(paid["collected"], json!({"amount": 100_000, "currency": "KES"}));
    assert_eq!(paid["due"]["amount"], 0);
    assert_eq!(paid["payments"].as_array().map(Vec::len), Some(1));
    assert_eq!(paid["payments"][0]["channel_receipt"], channel_receipt);
    assert_eq!(
        gateway.books().postings(&channel_receipt),
        ["debit 1000.mpesa.222222 KES 1000.00", "credit 2000.kws.kws-hells-gate-entry KES 1000.00"]
    );

    let said = verify(&gateway, &kws.receipt(&bill)).expect(0).stdout;
    assert!(said.ends_with("genuine\n") && !said.contains("[-]"), "{said}");
}

#[test]
fn safaricom_asks_first_and_only_what_can_be_paid_may_be_paid() {
    let gateway = Gateway::demo().start();
    let safaricom = gateway.safaricom();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    let asked = |payment: &Payment| safaricom.asks_about(payment).result_code();

    assert_eq!(asked(&Payment::of_bill(&bill)), "0");
    assert_eq!(asked(&Payment::of("499.00", &bill.number)), "C2B00013", "a wrong amount");
    assert_eq!(asked(&Payment::of("500.00", &mistyped(&bill.number))), "C2B00012", "a wrong account");
    assert_eq!(asked(&Payment::of("500.00", "INVOICE 7")), "0", "any doubt is a yes");

    assert!(gateway.books().events("payment_received").is_empty(), "asking books nothing");
    safaricom.confirms(&Payment::of_bill(&bill)).expect_success();
    assert_eq!(asked(&Payment::of_bill(&bill)), "C2B00016", "a paid bill is not paid again");
}

#[test]
fn a_receipt_with_another_character_is_not_genuine_and_what_is_wrong_is_named() {
    let gateway = Gateway::demo().start();
    let receipt = paid_receipt(&gateway);
    let named = |alter: &dyn Fn(&mut Value)| {
        let mut altered: Value = serde_json::from_str(&receipt).unwrap();
        alter(&mut altered);
        verify(&gateway, &altered.to_string()).expect(3).stdout
    };

    for (field, value) in [
        ("paid", json!({"amount": 100_001, "currency": "KES"})),
        ("payment_number", json!("8243 1937 9618")),
        ("channel_receipt", json!("TKL0000000")),
        ("agency", json!("KRA")),
        ("outcome", json!("duplicate")),
        ("convenience_fee_basis", json!("none")),
        ("evidence", json!("confirmed_by_statement")),
    ] {
        let said = named(&|receipt| receipt["receipt"][field] = value.clone());
        assert!(said.contains(&format!("[-] field {field}")), "{field}: {said}");
    }
    for (field, name) in [
        ("signature", "signature"),
        ("signed_fields", "signed_fields"),
        ("signed_by", "signed_by"),
        ("short_form", "short form"),
    ] {
        let said = named(&|receipt| receipt[field] = json!("MLP1:x.y"));
        assert!(said.lines().any(|line| line.starts_with("[-]") && line.contains(name)), "{field}: {said}");
    }
    for field in ["leaf", "checkpoint"] {
        let said = named(&|receipt| receipt["proof"][field] = json!("AAAA"));
        assert!(said.contains(&format!("proof.{field}")), "{field}: {said}");
    }
}

/// Each character of a receipt by the way that the API offers; each so many by the executable.
#[test]
fn no_character_of_a_receipt_can_be_changed() {
    const EVERY_BY_EXECUTABLE: usize = 61;
    let gateway = Gateway::demo().start();
    let receipt = paid_receipt(&gateway);
    assert!(!receipt.contains('\n'), "an answer has no insignificant whitespace: each character counts");
    assert!(is_genuine(&gateway, &receipt));

    let characters: Vec<_> = receipt.char_indices().collect();
    for (count, (at, character)) in characters.iter().enumerate() {
        let mut altered = receipt.clone();
        altered.replace_range(*at..at + character.len_utf8(), another(*character));
        assert!(
            !is_genuine(&gateway, &altered),
            "character {at}, {character:?}, may be {:?}",
            another(*character)
        );
        if count % EVERY_BY_EXECUTABLE == 0 {
            let said = verify(&gateway, &altered).expect(3).stdout;
            assert!(said.lines().any(|line| line.starts_with("[-] ")), "character {at}: {said}");
        }
    }
}

#[test]
fn nothing_can_be_written_into_a_receipt() {
    let gateway = Gateway::demo().start();
    let receipt: Value = serde_json::from_str(&paid_receipt(&gateway)).unwrap();
    let objects = pointers_of_objects(&receipt, String::new());
    assert!(objects.len() > 3, "{objects:?}");
    for pointer in objects {
        let mut altered = receipt.clone();
        altered.pointer_mut(&pointer).unwrap()["note"] = json!("PAID 1,000,000.00");
        assert!(!is_genuine(&gateway, &altered.to_string()), "a note may stand in {pointer:?}");
    }
}

fn pointers_of_objects(value: &Value, at: String) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let below =
                fields.iter().flat_map(|(name, value)| pointers_of_objects(value, format!("{at}/{name}")));
            let below: Vec<_> = below.collect();
            [vec![at], below].concat()
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.flat_map(|(index, value)| pointers_of_objects(value, format!("{at}/{index}"))).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn the_short_form_of_a_receipt_is_checked_without_anything_else() {
    let gateway = Gateway::demo().start();
    let receipt: Value = serde_json::from_str(&paid_receipt(&gateway)).unwrap();
    let short_form = receipt["short_form"].as_str().unwrap();
    let said = verify(&gateway, short_form).expect(0).stdout;
    assert!(said.contains("KES 1000.00") && said.contains("kws-hells-gate-entry"), "{said}");
    for (at, character) in short_form.char_indices().skip("MLP1:".len()) {
        let mut altered = short_form.to_owned();
        altered.replace_range(at..=at, another(character));
        assert!(!is_genuine(&gateway, &altered), "character {at}, {character:?}");
    }
}

fn paid_receipt(gateway: &Gateway) -> String {
    let kws: Agency = gateway.agency("kws");
    let bill: Bill = kws.bills(&Order::hells_gate(2));
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    kws.receipt(&bill)
}

/// `malipo verify`, offline, with the gateway's public keys.
fn verify(gateway: &Gateway, receipt: &str) -> Finished {
    let path = gateway.folder().join("receipt.json");
    std::fs::write(&path, receipt).unwrap();
    run(malipo(["verify"]).arg(path).arg("--keys").arg(gateway.public_keys()))
}

fn is_genuine(gateway: &Gateway, receipt: &str) -> bool {
    let answer =
        post(format!("{}/v1/receipts/verify", gateway.public()), &json!({"receipt": receipt})).send();
    let body = answer.expect(200).json();
    let wrong = body["findings"].as_array().unwrap().iter().any(|finding| finding["wrong"].is_string());
    assert_eq!(body["genuine"], !wrong, "what is not genuine is named: {body}");
    !wrong
}

/// Another character that could stand there too.
fn another(character: char) -> &'static str {
    match character {
        '0' => "1",
        '1'..='9' => "0",
        'A' => "B",
        'a' => "b",
        _ if character.is_ascii_lowercase() => "a",
        _ => "A",
    }
}

/// The number with its last digit wrong.
fn mistyped(number: &str) -> String {
    let (front, last) = number.split_at(number.len() - 1);
    let digit: u32 = last.parse().unwrap();
    format!("{front}{}", (digit + 1) % 10)
}
