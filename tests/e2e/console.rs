//! An agency looks at what it has collected, finds payments by what stands in an address, takes them away as files, and
//! follows the life of each. It sees its own, Treasury and Auditor what they choose.

use serde_json::json;

use crate::harness::{Agency, Bill, Gateway, NoticeTaker, Order, Payment, SignedIn, eventually};

/// Three payments for KWS, one of which completes nothing, and one for KRA.
struct Day {
    gateway: Gateway,
    office: SignedIn,
    paid: Bill,
    part: Bill,
    payment: Payment,
    kra_bill: Bill,
}

impl Day {
    fn new() -> Self {
        let gateway = Gateway::demo().start();
        let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
        let office = gateway.staff("head.office", "agency_viewer", Some("kws"));
        let (paid, part) = (referenced(&gateway, &kws, "-RSV-7"), kws.bills(&Order::hells_gate(3)));
        let payment = Payment::of_bill(&paid);
        gateway.safaricom().confirms(&payment).expect_success();
        gateway.safaricom().confirms(&payment.but_of("7.00")).expect_success();
        gateway.safaricom().confirms(&Payment::of("100.00", &part.number)).expect_success();
        let kra_bill = kra.bills(&Order::assessment(900, "202612345678901234"));
        gateway.safaricom().confirms(&Payment::of_bill(&kra_bill)).expect_success();
        eventually("the views have everything", || {
            (gateway.metric("malipo_views_lag_records") == 0).then_some(())
        });
        Self { gateway, office, paid, part, payment, kra_bill }
    }
}

fn referenced(gateway: &Gateway, agency: &Agency, reference: &str) -> Bill {
    let mut body = Order::hells_gate(2).body().clone();
    body["agency_reference"] = reference.into();
    let made = crate::harness::post(format!("{}/v1/bills", gateway.public()), &body).key(&agency.key);
    Bill::read(made.idempotency_key(&crate::harness::fresh_key()).send().expect(201).json())
}

#[test]
fn an_agency_sees_what_came_in_and_finds_each_payment() {
    let day = Day::new();
    let today = day.office.opens("/en/agency/");
    today
        .says("KES 1,100.00")
        .says("2 payments")
        .says("This financial year, from 1 July")
        .says("In suspense");
    let all = today.follow("See the transactions");
    all.says("2 payments, KES 1,100.00").says(&day.payment.receipt).says("Paid").says("Part paid");
    let grouped = |bill: &Bill| format!("{} {} {}", &bill.number[..4], &bill.number[4..8], &bill.number[8..]);
    let only = |query: String, bill: &Bill, not: &Bill| {
        let page = day.office.opens(&format!("/en/agency/transactions?{query}"));
        page.says("1 payment, ").says(&grouped(bill));
        assert!(!page.text().contains(&grouped(not)), "{query}");
    };
    only(format!("number={}", day.paid.number), &day.paid, &day.part);
    only(format!("receipt={}", day.payment.receipt.to_lowercase()), &day.paid, &day.part);
    only("status=part_paid".to_owned(), &day.part, &day.paid);
    only("reference=-RSV-7".to_owned(), &day.paid, &day.part);
    only("amount=1%2C000".to_owned(), &day.paid, &day.part);
    let none = day.office.opens("/en/agency/transactions?to=2020-01-01");
    none.says("There are no results for the filters you used");
    let wrong = day.office.opens("/en/agency/transactions?from=yesterday&number=12");
    assert_eq!(wrong.status, 422);
    wrong.says("There is a problem").says("From must be a date").says("Payment number must be 12 digits");

    let life = day.office.opens(&format!("/en/agency/bills/{}", day.paid.number));
    life.says("Bill made").says("Money arrived").says("Callback: confirmation of the paybill");
    life.says("A message contradicted an earlier one").says(&day.payment.receipt).says("Known by callback");
    life.follow("Kiswahili").says("Bili ilitengenezwa");

    // What is somebody else's is as what does not exist.
    for path in [
        format!("/en/agency/bills/{}", day.kra_bill.number),
        "/en/agency/bills/407155201831".to_owned(),
        "/en/agency/?agency=KRA".to_owned(),
        "/en/agency/?agency=NOBODY".to_owned(),
        "/en/agency/transactions.csv?agency=KRA".to_owned(),
    ] {
        assert_eq!(day.office.opens(&path).status, 404, "{path}");
    }
    let of_kra = day.office.opens(&format!("/en/agency/transactions?number={}", day.kra_bill.number));
    of_kra.says("There are no results");
    let treasury = day.gateway.staff("the.treasury", "treasury", None);
    treasury
        .opens("/en/agency/")
        .says("Choose an agency")
        .follow("Kenya Wildlife Service")
        .says("KES 1,100.00");
    treasury.opens("/en/agency/?agency=KRA").says("KES 900.00");
    let listed = treasury.opens("/en/agency/transactions?agency=KRA&status=paid");
    listed.says("1 payment, KES 900.00").follow(&grouped(&day.kra_bill)).says("Money arrived");
}

#[test]
fn the_life_of_a_bill_shows_who_was_told_of_it_and_who_is_told_again() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let office = gateway.staff("head.office", "agency_viewer", Some("kws"));
    let (well, failing) = (NoticeTaker::start(), NoticeTaker::start());
    failing.answers(503);
    for taker in [&well, &failing] {
        let secret = format!("{}?token=of-the-office", taker.url());
        kws.post("/v1/webhook_endpoints", &json!({"url": secret})).send().expect(201);
    }
    let (bill, other) = (kws.bills(&Order::hells_gate(1)), kws.bills(&Order::hells_gate(2)));
    let life = eventually("both attempts show", || {
        let life = office.opens(&format!("/en/agency/bills/{}", bill.number));
        (life.text().contains("delivered") && life.text().contains("waiting")).then_some(life)
    });
    life.says("Who was told").says("bill.created");
    let host = |taker: &NoticeTaker| taker.address().to_string();
    life.says(&host(&well)).says(&host(&failing)).says("answered 200").says("answered 503").says("next try");
    assert_eq!(
        life.html.matches("bill.created").count(),
        2,
        "one event, two endpoints, and not the other bill's"
    );
    assert!(!life.html.contains("of-the-office"), "of an address the host is shown and no more");
    life.follow("Kiswahili").says("Walioarifiwa");
    let life = office.opens(&format!("/en/agency/bills/{}", other.number));
    assert_eq!(life.html.matches("bill.created").count(), 2);
}

#[test]
fn a_file_has_exactly_the_rows_of_the_filter_and_adds_up() {
    let day = Day::new();
    let answer = day.office.gets("/en/agency/transactions.csv?status=paid").expect(200);
    let text = answer.text();
    assert!(text.starts_with("\u{feff}value_date,payment_time,payment_number,"), "{text}");
    let lines: Vec<_> = text.split("\r\n").collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[1].contains(&day.paid.number) && lines[1].contains(",'-RSV-7,"), "{}", lines[1]);
    assert!(lines[1].contains(&format!(",{},1000.00,KES,paid,", day.payment.receipt)), "{}", lines[1]);
    assert_eq!(lines[2], "CONTROL,1,KES,1000.00,0.00,0.00,1000.00");
    assert!(answer.header("content-disposition").unwrap().starts_with("attachment; filename=\"malipo-KWS-"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let all = day.office.gets("/sw/agency/transactions.csv").expect(200).text();
    assert!(all.ends_with("CONTROL,2,KES,1100.00,0.00,0.00,1100.00\r\n"), "{all}");
    assert!(!all.contains(&day.kra_bill.number));

    let workbook = day.office.gets("/en/agency/transactions.xlsx?status=paid").expect(200);
    assert_eq!(workbook.body[..2], *b"PK");
    assert!(workbook.header("content-type").unwrap().contains("spreadsheetml"));
    day.office.gets("/en/agency/transactions.csv?from=x").expect(400);
}
