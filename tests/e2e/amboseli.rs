//! Two adults and a child from abroad go to Amboseli: USD 225.00 by Legal Notice 160 of 2025, no convenience fee, paid
//! in shillings by a quote.

use serde_json::json;

use crate::harness::{Gateway, Order, Payment};

fn family() -> Order {
    Order::visit("kws-amboseli-entry", &[("non_resident", "adult", 2), ("non_resident", "child", 1)])
}

#[test]
fn the_gazetted_fee_and_not_a_cent_more() {
    let gateway = Gateway::demo().start();
    let bill = gateway.agency("kws").bills(&family()).json;

    assert_eq!(bill["total"], json!({"amount": 22_500, "currency": "USD"}));
    let lines = bill["lines"].as_array().unwrap();
    let amounts: Vec<_> = lines.iter().map(|line| line["amount"]["amount"].as_i64().unwrap()).collect();
    assert_eq!(amounts, [18_000, 4_500], "two adults at 90, a child at 45");
    for line in lines {
        let basis = line["legal_basis"].as_str().unwrap();
        assert!(basis.starts_with("Legal Notice 160 of 2025"), "{basis}");
        assert_eq!(line["amount"]["currency"], "USD");
    }
    assert_eq!(bill["convenience_fee"]["amount"], json!({"amount": 0, "currency": "USD"}));
    let why_none = bill["convenience_fee"]["legal_basis"].as_str().unwrap();
    assert!(why_none.contains("High Court") && why_none.contains("1 April 2025"), "{why_none}");
}

#[test]
fn dollars_are_paid_in_shillings_through_the_position_accounts() {
    let gateway =
        Gateway::demo().set("exchange.kes_per_usd", "129.49").set("exchange.rate_id", "test-rate").start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&family());
    // 225.00 × 129.49 = 29,135.25, to the nearest whole shilling.
    assert_eq!(bill.json["amount"], json!({"amount": 2_913_500, "currency": "KES"}));
    assert_eq!(bill.json["quote"]["kes_per_usd"], "129.49");
    assert_eq!(bill.json["quote"]["rate_id"], "test-rate");

    let payment = Payment::of_bill(&bill);
    gateway.safaricom().confirms(&payment).expect_success();

    assert_eq!(kws.looks_at(&bill)["status"], "paid");
    let books = gateway.books();
    assert_eq!(
        books.postings(&payment.receipt),
        [
            "debit 1000.mpesa.222222 KES 29135.00",
            "credit 3000.position KES 29135.00",
            "debit 3000.position USD 225.00",
            "credit 2000.kws.kws-amboseli-entry USD 180.00",
            "credit 2000.kws.kws-amboseli-entry USD 45.00",
        ]
    );
    books.expect_balanced();
    let memos: Vec<_> =
        books.booking(&payment.receipt)["entries"][0]["postings"].as_array().unwrap()[3..].to_vec();
    for posting in memos {
        let memo = posting["memo"].as_str().unwrap();
        assert!(memo.contains("fee=2025-10-01") && memo.contains("basis=Legal Notice 160 of 2025"), "{memo}");
    }
}

#[test]
fn an_agency_makes_bills_for_its_own_services_only() {
    let gateway = Gateway::demo().start();
    let kra = gateway.agency("kra");
    let answer = kra.post("/v1/bills", family().body()).idempotency_key("0123456789abcdef").send();
    assert_eq!(answer.expect(403).problem(), "forbidden");
    assert!(gateway.books().events("bill_created").is_empty());
}
