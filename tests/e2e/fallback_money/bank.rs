//! A bank asks about bills and tells of money. It signs both.

use serde_json::{Value, json};

use crate::harness::{BANK_ACCOUNT, Gateway, Order, eventually};

#[test]
fn who_pays_through_the_bank_is_asked_for_the_right_amount_and_gets_a_receipt() {
    let gateway = Gateway::demo().start();
    let (kws, bank) = (gateway.agency("kws"), gateway.bank());
    gateway.operator_says("mpesa_paybill", "start");
    let bill = kws.bills(&Order::hells_gate(2));
    let ways = kws.looks_at(&bill)["instructions"]["ways"].clone();
    let way = ways.as_array().unwrap().iter().find(|way| way["channel"] == "bank.kcb").unwrap().clone();
    let said = way["en"].to_string() + &way["sw"].to_string();
    for part in ["1100220033", &bill.number, "Amount: 1000.00", "Nambari ya akaunti: "] {
        assert!(said.contains(part), "{part} in {way}");
    }

    assert_eq!(
        bank.is_offered(&bill.number, "10.00")["status_code"],
        "fixed",
        "this bill is paid whole or in the till"
    );
    assert_eq!(bank.is_offered("407155201830", "10.00")["status_code"], "1", "nobody has such a bill");
    let reference = bank.is_paid_for(&bill);
    kws.sees(&bill, "paid");
    assert_eq!(
        gateway.books().postings(&reference),
        [&format!("debit {BANK_ACCOUNT} KES 1000.00"), "credit 2000.kws.kws-hells-gate-entry KES 1000.00"]
    );
    assert!(kws.receipt(&bill).contains(&reference));
    assert_eq!(bank.is_offered(&bill.number, "1000.00")["status_code"], "2", "it is paid");
}

#[test]
fn what_a_bank_repeats_shuffles_and_is_late_with_is_booked_once_and_agrees_with_its_own_record() {
    let gateway = Gateway::demo().start();
    let (kws, bank) = (gateway.agency("kws"), gateway.bank());
    bank.breaks(&json!({
        "repeated_per_mille": 500, "repeats": 3, "shuffled_ms": 300, "slow_ms": 20, "unasked_per_mille": 200,
    }));
    let paid: Vec<_> = (0..30)
        .map(|number| {
            let bill = kws.bills(&Order::hells_gate(1 + number % 40));
            let reference = bank.is_paid_for(&bill);
            (bill, reference)
        })
        .collect();
    for (bill, _) in &paid {
        kws.sees(bill, "paid");
    }
    gateway.sandbox().is_quiet();
    let books = gateway.books();
    for (_, reference) in &paid {
        assert_eq!(books.booking(reference)["event"]["told_by"], "notification");
    }
    assert_eq!(books.balance(BANK_ACCOUNT), bank.sum());
    books.expect_balanced();
}

#[test]
fn what_the_bank_did_not_sign_is_not_believed_and_its_statement_has_it() {
    let gateway = Gateway::demo().start();
    let (kws, bank) = (gateway.agency("kws"), gateway.bank());
    bank.breaks(&json!({"wrong_signature_per_mille": 1000}));
    let bill = kws.bills(&Order::hells_gate(1));
    let reference = bank.is_paid_for(&bill);
    eventually("it is refused", || {
        (gateway.metric("malipo_callbacks_unexpected_total{reason=\"signature\"}") == 1).then_some(())
    });
    assert_eq!(kws.looks_at(&bill)["status"], "unpaid");
    for kind in ["notify", "inquiry"] {
        bank.says_under(kind, "{}", "bm90IGEgc2lnbmF0dXJl").expect(403);
    }
    assert!(gateway.books().bookings(&reference).is_empty());
    gateway.imports("bank.kcb", &bank.statement(), &[]).expect(0);
    kws.sees(&bill, "paid");
    assert_eq!(gateway.books().booking(&reference)["event"]["told_by"], "statement");
}

fn notification(changes: &[(&str, Value)]) -> String {
    let mut message = json!({
        "transactionReference": "FTSTORY1", "requestId": "r1", "timestamp": "20261120091405",
        "transactionAmount": "20,000.00", "currency": "KES", "customerReference": "SCHOOL FEES",
        "customerName": "ASHA MWIKALI", "creditAccountIdentifier": "1100220033", "organizationShortCode": "522522",
    });
    for (name, value) in changes {
        message[*name] = value.clone();
    }
    message.to_string()
}

#[test]
fn what_is_told_wrongly_is_kept_once_and_what_is_told_differently_is_looked_at() {
    let gateway = Gateway::demo().start();
    let bank = gateway.bank();
    let first = bank.says("notify", &notification(&[])).expect(200).json();
    let success = json!({"transactionID": "FTSTORY1", "statusCode": "0", "statusMessage": "Success"});
    assert_eq!(first, success);
    let more = notification(&[("transactionAmount", json!("20,001.00"))]);
    for _ in 0..2 {
        assert_eq!(bank.says("notify", &more).expect(200).json(), success, "the bank is content");
    }
    let unreadable = notification(&[("transactionAmount", json!("20.000,00"))]);
    let twice = notification(&[]).replacen('{', "{\"transactionAmount\":\"1.00\",", 1);
    for body in [&unreadable, &unreadable, &twice] {
        bank.says("notify", body).expect(200);
    }
    // Money on an account that is none of ours.
    let elsewhere =
        [("transactionReference", json!("FTSTORY2")), ("creditAccountIdentifier", json!("9900990099"))];
    bank.says("notify", &notification(&elsewhere)).expect(200);
    let books = gateway.books();
    assert_eq!(
        books.postings("FTSTORY1"),
        [&format!("debit {BANK_ACCOUNT} KES 20000.00"), "credit 2100.suspense KES 20000.00"]
    );
    assert_eq!(books.booking("FTSTORY2")["event"]["placement"]["reason"], "other_short_code");
    assert_eq!(books.events("payment_quarantined").len(), 1);
    assert_eq!(books.events("message_unreadable").len(), 2);
    assert!(!books.records.iter().any(|record| record.to_string().contains("MWIKALI")), "nobody is named");
    assert!(!gateway.log().contains("MWIKALI"));
    // A question that cannot be read turns nobody away.
    let asked = bank.says("inquiry", "{\"requestId\":\"r9\"}").expect(200).json();
    assert_eq!((&asked["statusCode"], &asked["billType"]), (&json!("0"), &json!("PARTIAL")));
}
