//! What payers type instead of a payment number: their slip's reference, an old invoice number, a member's number, and
//! mistakes. Money reaches the bill that was meant, or waits where its agency finds it.

use serde_json::{Value, json};

use crate::harness::{Agency, Bill, Gateway, Order, Payment, eventually, fresh_key};

const PRN: &str = "2027000123456";

/// A bill of KWS that KWS calls so: for adults at KES 500.
fn invoice(kws: &Agency, adults: u32, reference: &str) -> Bill {
    let mut body = Order::hells_gate(adults).body().clone();
    body["agency_reference"] = json!(reference);
    let made = kws.post("/v1/bills", &body).idempotency_key(&fresh_key()).send().expect(201).json();
    Bill::read(made)
}

/// What an agency sees of the money in suspense: account of the receipt, reason, service.
fn waiting(agency: &Agency, count: usize) -> Vec<(String, String, Value)> {
    let rows = eventually("the views have it", || {
        let page = agency.get("/v1/suspense").expect(200).json();
        let rows = page["data"].as_array().unwrap().clone();
        (rows.len() >= count).then_some(rows)
    });
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| (text(row, "channel_receipt"), text(row, "reason"), row["service"].clone()))
        .collect()
}

#[test]
fn a_slips_reference_pays_its_bill_and_what_is_in_doubt_waits_with_its_agency() {
    let gateway = Gateway::demo().start();
    let (kra, kws, sha) = (gateway.agency("kra"), gateway.agency("kws"), gateway.agency("sha"));
    let safaricom = gateway.safaricom();
    let tax = kra.bills(&Order::assessment(12_500, PRN));
    let refused = kra.post("/v1/bills", Order::assessment(12_500, PRN).body()).idempotency_key(&fresh_key());
    assert_eq!(refused.send().expect(409).json()["money_moved"], "no");
    let (twin, other_twin) = (
        kra.bills(&Order::assessment(700, "2027000555111")),
        kra.bills(&Order::assessment(700, "2027000555112")),
    );
    let visit = invoice(&kws, 2, "WQBG-PWRR");

    // Asked before money moves: what is certain is refused, any doubt is a yes.
    let asked =
        |account: &str, amount: &str| safaricom.asks_about(&Payment::of(amount, account)).result_code();
    assert_eq!(asked(PRN, "12500.00"), "0");
    assert_eq!(asked(PRN, "12400.00"), "C2B00013");
    assert_eq!(asked("2027000999999", "12500.00"), "0");
    assert_eq!(asked("NHIFM-12345678", "500.00"), "0");
    assert_eq!(asked("12345678", "500.00"), "0");
    assert_eq!(asked("NHIF 12345678", "500.00"), "C2B00012");
    assert_eq!(asked("school fees", "500.00"), "C2B00012");

    safaricom.confirms(&Payment::of("12500.00", "prn: 2O27-0001-23456")).expect_success();
    kra.sees(&tax, "paid");
    safaricom.confirms(&Payment::of("1000.00", "wqbg pwrr")).expect_success();
    kws.sees(&visit, "paid");
    assert_eq!(asked("WQBGPWRR", "1000.00"), "C2B00016");

    let doubtful = [
        Payment::of("700.00", "2027000555112"),
        Payment::of("12500.00", "2027000999999"),
        Payment::of("500.00", "NHIF M 12345678"),
        Payment::of("500.00", "12345678"),
    ];
    for payment in &doubtful {
        safaricom.confirms(payment).expect_success();
    }
    let seen = |payment: &Payment, reason: &str, service: Value| {
        (payment.receipt.clone(), reason.to_owned(), service)
    };
    assert_eq!(
        waiting(&kra, 2),
        [
            seen(&doubtful[0], "reference_ambiguous", json!("kra-prn-payment")),
            seen(&doubtful[1], "unknown_reference", json!("kra-prn-payment")),
        ]
    );
    assert_eq!(waiting(&sha, 1), [seen(&doubtful[2], "member_account", Value::Null)]);
    assert_eq!(waiting(&kws, 0), []);
    for bill in [&twin, &other_twin] {
        assert_eq!(kra.looks_at(bill)["status"], "unpaid");
    }

    // What was typed stands nowhere in the open, and the books say the same after a restart.
    let books = gateway.books();
    books.expect_balanced();
    let records = serde_json::to_string(&books.records).unwrap();
    for typed in [PRN, "2027000555112", "12345678", "WQBGPWRR"] {
        assert!(!records.contains(typed), "{typed} stands in the books");
    }
}

#[test]
fn a_reference_is_still_its_bills_after_a_restart_and_paying_it_again_is_a_duplicate() {
    let mut gateway = Gateway::demo().start();
    let kra = gateway.agency("kra");
    let tax = kra.bills(&Order::assessment(12_500, PRN));
    gateway.stop();
    gateway.start_again();
    let kra = gateway.agency("kra");
    let (first, second) = (Payment::of("12500.00", PRN), Payment::of("12500.00", PRN));
    gateway.safaricom().confirms(&first).expect_success();
    gateway.safaricom().confirms(&second).expect_success();
    kra.sees(&tax, "overpaid");
    let books = gateway.books();
    assert_eq!(
        books.postings(&first.receipt),
        ["debit 1000.mpesa.222222 KES 12500.00", "credit 2000.kra.kra-prn-payment KES 12500.00"]
    );
    assert_eq!(
        books.postings(&second.receipt),
        ["debit 1000.mpesa.222222 KES 12500.00", "credit 2110.duplicate-refundable KES 12500.00"]
    );
}

/// Bar of the routing table over the wire: the same mistakes through the callback listener, a small number of them.
#[test]
fn mistakes_over_the_wire_reach_who_was_meant_or_are_held() {
    let gateway = Gateway::demo().start();
    let kra = gateway.agency("kra");
    let bills: Vec<_> = (0..40_u64)
        .map(|step| {
            let reference = (2_027_000_700_000 + step).to_string();
            (
                kra.bills(&Order::assessment(
                    if step % 4 == 0 { 700 } else { 701 + u32::try_from(step).unwrap() },
                    &reference,
                )),
                reference,
            )
        })
        .collect();
    let mut sent = Vec::new();
    for (index, (bill, reference)) in bills.iter().enumerate() {
        let swapped = format!("{}{}{}", &reference[..11], &reference[12..], &reference[11..12]);
        let another = format!("{}{}", &reference[..12], (reference.as_bytes()[12] - b'0' + 4) % 10);
        let number = &bill.number;
        let typed = match index % 5 {
            0 => format!("PRN {reference}"),
            1 => swapped,
            2 => another,
            3 => format!("{}-{}", &number[..6], &number[6..]),
            _ => reference[..12].to_owned(),
        };
        let payment = Payment::of(&bill.amount(), &typed);
        gateway.safaricom().confirms(&payment).expect_success();
        sent.push((payment, bill));
    }
    let books = gateway.books();
    books.expect_balanced();
    let (mut routed, mut held) = (0, 0);
    for (payment, bill) in &sent {
        let placement = &books.booking(&payment.receipt)["event"]["placement"];
        match placement["in"].as_str().unwrap() {
            "bill" => {
                assert_eq!(placement["bill"].to_string(), bill.number, "{payment:?} went to a stranger");
                routed += 1;
            }
            _ => {
                assert!(placement["reason"].is_string());
                held += 1;
            }
        }
    }
    println!("{routed} routed, {held} held");
    assert!(routed >= 12 && held >= 12, "{routed} routed, {held} held");
}

#[test]
fn a_damaged_key_of_a_month_that_passed_stops_neither_bills_nor_references_of_this_one() {
    let mut gateway = Gateway::serve().start();
    gateway.check().expect(0);
    gateway.stop();
    // Months are those of East Africa, three hours ahead.
    let seconds = std::time::UNIX_EPOCH.elapsed().expect("the clock is after 1970").as_secs() + 3 * 3_600;
    let now = jiff::Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date().first_of_month();
    let last = today.yesterday().unwrap();
    let key = gateway.keys().join(format!("lookup/{:04}-{:02}.key", last.year(), last.month()));
    std::fs::create_dir_all(key.parent().unwrap()).unwrap();
    std::fs::write(&key, b"not what was written").unwrap();
    let said = gateway.check().expect(1).said();
    assert!(said.contains("keys of references") && said.contains(key.to_str().unwrap()), "{said}");

    gateway.start_again();
    eventually("somebody is told", || {
        let log = gateway.log();
        log.lines().any(|line| line.contains("A key of references is damaged")).then_some(())
    });
    let kra = gateway.agency("kra");
    let tax = kra.bills(&Order::assessment(12_500, PRN));
    gateway.safaricom().confirms(&Payment::of("12500.00", PRN)).expect_success();
    kra.sees(&tax, "paid");

    // Without the key of this month no reference would be found, and none could be made.
    gateway.stop();
    let of_now = gateway.keys().join(format!("lookup/{:04}-{:02}.key", today.year(), today.month()));
    std::fs::write(&of_now, b"not what was written").unwrap();
    let said = gateway.try_start_again().expect_err("it does not start").expect(1).said();
    assert!(said.contains(of_now.to_str().unwrap()) && said.contains("from a copy"), "{said}");
}
