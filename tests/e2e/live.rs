//! The Treasury watches the revenue arrive, and an agency its own: at once, as a stream, and the same by asking.

use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{Agency, Gateway, Order, Payment, Wire, eventually, get};

/// A stream that somebody reads.
struct Stream(Wire);

impl Stream {
    fn open(gateway: &Gateway, key: &str) -> Self {
        let mut wire = Wire::to(&gateway.public());
        wire.says(&format!(
            "GET /v1/collections/stream HTTP/1.1\r\nHost: pay.example.go.ke\r\nAuthorization: Bearer {key}\r\n\r\n"
        ));
        let head = wire.hears_head().unwrap();
        assert_eq!(head.first_line, "HTTP/1.1 200 OK");
        assert_eq!(head.header("content-type"), Some("text/event-stream"));
        Self(wire)
    }

    /// The next figures.
    fn hears(&mut self) -> Value {
        self.0.hears_up_to("event: figures\n");
        let data = self.0.hears_up_to("\n\n");
        serde_json::from_str(data.trim().strip_prefix("data: ").unwrap()).unwrap()
    }

    /// Figures, as they come, until they are as they should be.
    fn hears_until(&mut self, mut is_right: impl FnMut(&Value) -> bool) -> Value {
        eventually("the figures are told", || Some(self.hears()).filter(&mut is_right))
    }
}

fn treasury_key(gateway: &Gateway) -> String {
    gateway.ready()["treasury_key"].as_str().unwrap().to_owned()
}

fn kes(minor: i64) -> Value {
    json!({"amount": minor, "currency": "KES"})
}

#[test]
fn a_payment_is_seen_by_the_treasury_and_by_its_agency_and_by_no_other() {
    let gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let mut treasury = Stream::open(&gateway, &treasury_key(&gateway));
    let mut of_kws = Stream::open(&gateway, &kws.key);
    let mut of_kra = Stream::open(&gateway, &kra.key);
    for stream in [&mut treasury, &mut of_kws, &mut of_kra] {
        let first = stream.hears();
        assert_eq!(first["collected"][0]["amount"], kes(0), "the first message is the whole state: {first}");
    }

    let bill = kws.bills(&Order::hells_gate(2));
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    let paid = Instant::now();
    let seen = treasury.hears_until(|figures| figures["collected"][0]["count"] == 1);
    eprintln!(
        "the Treasury's stream told of a payment {} ms after it was acknowledged",
        paid.elapsed().as_millis()
    );
    let amount = bill.json["amount"].clone();
    assert_eq!(seen["collected"][0]["amount"], amount);
    let agencies = seen["agencies"].as_array().unwrap();
    assert!(agencies.iter().any(|row| row["agency"] == "KWS" && row["amount"] == amount), "{seen}");
    of_kws.hears_until(|figures| figures["collected"][0]["amount"] == amount);

    // What is nobody's is in doubt for the Treasury, and nothing to either agency.
    gateway.safaricom().confirms(&Payment::of("70.00", "SCHOOL FEES")).expect_success();
    let seen = treasury.hears_until(|figures| figures["doubt"]["suspense"][0]["count"] == 1);
    assert_eq!(seen["doubt"]["suspense"][0]["amount"], kes(7_000));
    assert!(seen["doubt"]["suspense_oldest_age_seconds"].is_number());

    // Asked plainly, each sees the same.
    let plain = Agency::new(gateway.public(), treasury_key(&gateway));
    let services = eventually("the views have followed", || {
        let figures = plain.get("/v1/collections/live").expect(200).json();
        let services = figures["detail"]["services"].as_array()?.clone();
        (!services.is_empty() && figures["lag_records"] == 0).then_some(services)
    });
    assert_eq!(services[0]["service"], "kws-hells-gate-entry");
    assert_eq!((&services[0]["paid"], &services[0]["collected"][0]), (&json!(1), &amount));
    let own = kws.get("/v1/collections/live").expect(200).json();
    assert_eq!(own["collected"][0]["amount"], amount);
    assert!(own["doubt"]["quarantine_count"].is_null(), "doubt about all is not an agency's to see: {own}");
    let other = kra.get("/v1/collections/live").expect(200).json();
    assert_eq!(other["collected"][0]["amount"], kes(0));
    assert_eq!(other["agencies"], json!([]));
    assert_eq!(other["detail"]["services"], json!([]));
}

#[test]
fn figures_stay_fresh_while_nothing_is_booked_and_come_twice_a_second_at_most() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let mut stream = Stream::open(&gateway, &treasury_key(&gateway));
    let first = stream.hears();
    let second = stream.hears();
    assert_ne!(first["as_of"], second["as_of"], "who watches sees that the figures are of now");
    assert_eq!(first["collected"], second["collected"]);

    let bill = kws.bills(&Order::hells_gate(1));
    let mut payment = Payment::of(&bill.amount(), &bill.number);
    let began = Instant::now();
    let mut messages = 0;
    for count in 1..=40 {
        gateway.safaricom().confirms(&payment).expect_success();
        payment = Payment::of(&bill.amount(), &bill.number);
        if count == 40 {
            stream.hears_until(|figures| {
                messages += 1;
                figures["collected"][0]["count"] == 40
            });
        }
    }
    let half_seconds = began.elapsed().as_millis() / 500 + 2;
    assert!(messages <= half_seconds, "{messages} messages in {half_seconds} half seconds");
}

#[test]
fn nobody_without_a_right_to_totals_is_told() {
    let gateway = Gateway::demo().start();
    for path in ["/v1/collections/live", "/v1/collections/stream"] {
        let url = format!("{}{path}", gateway.public());
        get(&url).send().expect(401);
        get(&url).key(&gateway.create_key("maker", None)).send().expect(403);
    }
}
