//! Money that has moved is never refused, and lands in an account that has a name.

use crate::harness::{Agency, Bill, Books, Gateway, Order, Payment, Safaricom};

/// Somebody pays; Safaricom is content, and the books balance.
fn paid(gateway: &Gateway, payment: &Payment) -> Books {
    gateway.safaricom().confirms(payment).expect_success();
    let books = gateway.books();
    books.expect_balanced();
    books
}

fn scene() -> (Gateway, Agency, Bill) {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(2));
    (gateway, kws, bill)
}

#[test]
fn a_part_is_held_until_the_rest_arrives() {
    let (gateway, kws, bill) = scene();
    let part = Payment::of("400.00", &bill.number);
    assert_eq!(
        paid(&gateway, &part).postings(&part.receipt),
        ["debit 1000.mpesa.222222 KES 400.00", "credit 2130.part-payment-held KES 400.00"]
    );
    let seen = kws.looks_at(&bill);
    assert_eq!((seen["status"].as_str(), seen["due"]["amount"].as_i64()), (Some("part_paid"), Some(60_000)));

    let rest = Payment::of("600.00", &bill.number);
    assert_eq!(
        paid(&gateway, &rest).postings(&rest.receipt),
        [
            "debit 1000.mpesa.222222 KES 600.00",
            "debit 2130.part-payment-held KES 400.00",
            "credit 2000.kws.kws-hells-gate-entry KES 1000.00"
        ]
    );
    assert_eq!(kws.looks_at(&bill)["status"], "paid");
    assert_eq!(gateway.books().balance("2130.part-payment-held"), 0);
}

#[test]
fn what_is_paid_too_much_belongs_to_the_payer() {
    let (gateway, kws, bill) = scene();
    let payment = Payment::of("1250.50", &bill.number);
    assert_eq!(
        paid(&gateway, &payment).postings(&payment.receipt),
        [
            "debit 1000.mpesa.222222 KES 1250.50",
            "credit 2000.kws.kws-hells-gate-entry KES 1000.00",
            "credit 2120.overpayment KES 250.50"
        ]
    );
    assert_eq!(kws.looks_at(&bill)["status"], "overpaid");
}

#[test]
fn a_second_payment_of_a_paid_bill_can_be_given_back() {
    let (gateway, kws, bill) = scene();
    paid(&gateway, &Payment::of_bill(&bill));
    let second = Payment::of_bill(&bill);
    assert_eq!(
        paid(&gateway, &second).postings(&second.receipt),
        ["debit 1000.mpesa.222222 KES 1000.00", "credit 2110.duplicate-refundable KES 1000.00"]
    );
    let seen = kws.looks_at(&bill);
    assert_eq!(seen["status"], "overpaid");
    assert_eq!(seen["payments"].as_array().unwrap().len(), 2, "both have a receipt of ours");
    assert!(kws.receipt(&bill).contains("\"outcome\":\"duplicate\""));
}

#[test]
fn money_for_nobody_waits_in_suspense_with_its_reason() {
    let (gateway, _, bill) = scene();
    let cases = [
        (unknown_number(&bill.number), "unknown_number"),
        (another_last_digit(&bill.number), "bad_check_digit"),
        ("SCHOOL FEES".to_owned(), "not_a_number"),
        (String::new(), "no_account"),
    ];
    for (count, (account, reason)) in cases.iter().enumerate() {
        let payment = Payment::of("321.00", account);
        let books = paid(&gateway, &payment);
        assert_eq!(
            books.postings(&payment.receipt),
            ["debit 1000.mpesa.222222 KES 321.00", "credit 2100.suspense KES 321.00"],
            "{account:?}"
        );
        let record = books.booking(&payment.receipt);
        assert_eq!(record["event"]["placement"]["reason"], *reason, "{account:?}");
        assert_eq!(record["entries"][0]["postings"][1]["memo"], *reason);
        assert_eq!(gateway.metric("malipo_suspense_items"), count as u64 + 1);
    }
}

#[test]
fn a_number_is_understood_as_people_write_it() {
    let (gateway, kws, bill) = scene();
    let (digits, parts) = (&bill.number, [&bill.number[..4], &bill.number[4..8], &bill.number[8..]]);
    for (part, written) in
        [parts.join(" "), parts.join("-"), format!(" {digits} "), parts.join(".")].iter().enumerate()
    {
        let payment = Payment::of("250.00", written);
        paid(&gateway, &payment);
        let status = if part < 3 { "part_paid" } else { "paid" };
        assert_eq!(kws.looks_at(&bill)["status"], status, "{written:?}");
    }
}

#[test]
fn money_for_a_bill_that_was_withdrawn_is_late_and_not_lost() {
    let (gateway, kws, bill) = scene();
    kws.cancels(&bill);
    let payment = Payment::of_bill(&bill);
    let books = paid(&gateway, &payment);
    assert_eq!(
        books.postings(&payment.receipt),
        ["debit 1000.mpesa.222222 KES 1000.00", "credit 2140.late KES 1000.00"]
    );
    assert_eq!(kws.looks_at(&bill)["status"], "cancelled");
    assert!(kws.receipt(&bill).contains("\"outcome\":\"late\""));
}

#[test]
fn money_for_a_bill_whose_time_ran_out_is_late_and_not_lost() {
    // A day in twenty-four seconds.
    let gateway = Gateway::demo().speed(3600).set("bills.life_days", "1").start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(2));
    kws.sees(&bill, "expired");
    let payment = Payment::of_bill(&bill);
    let books = paid(&gateway, &payment);
    assert_eq!(
        books.postings(&payment.receipt),
        ["debit 1000.mpesa.222222 KES 1000.00", "credit 2140.late KES 1000.00"]
    );
    assert_eq!(kws.looks_at(&bill)["status"], "expired");
}

#[test]
fn the_treasury_sees_what_came_in_and_what_is_in_doubt() {
    let (gateway, _, bill) = scene();
    let safaricom: Safaricom = gateway.safaricom();
    let of_bill = Payment::of_bill(&bill);
    safaricom.confirms(&of_bill).expect_success();
    safaricom.confirms(&Payment::of("70.00", "SCHOOL FEES")).expect_success();
    safaricom.confirms(&of_bill.but_of("1.00")).expect_success();

    let treasury =
        Agency::new(gateway.public(), gateway.ready()["treasury_key"].as_str().unwrap().to_owned());
    let summary = treasury.get("/v1/collections/summary").expect(200).json();
    assert_eq!(
        summary["totals"],
        serde_json::json!([{"count": 2, "amount": {"amount": 107_000, "currency": "KES"}}])
    );
    assert_eq!(summary["doubt"]["suspense"][0]["amount"]["amount"], 7_000);
    assert_eq!(summary["doubt"]["quarantine_count"], 1);
}

/// Twelve digits that fit together and are no bill's: Damm's check digit makes the whole come to nothing, and so do the
/// digits of the last place tried in turn.
fn unknown_number(number: &str) -> String {
    let front: u64 = number[..11].parse().unwrap();
    let other = if front == 99_999_999_999 { front - 1 } else { front + 1 };
    (0..10)
        .map(|digit| format!("{other:011}{digit}"))
        .find(|candidate| candidate.parse::<gateway::payments::PaymentNumber>().is_ok())
        .expect("one of ten digits fits")
}

fn another_last_digit(number: &str) -> String {
    let last = number.as_bytes()[11] - b'0';
    format!("{}{}", &number[..11], (last + 1) % 10)
}
