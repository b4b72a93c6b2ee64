//! Payers are asked by Airtel Money while M-PESA does not work: asked once, booked once, whoever tells of it; and what
//! nobody has proved is asked for.

use serde_json::{Value, json};

use crate::harness::{
    Agency, Airtel, Answer, Bill, Gateway, Order, Page, Payment, Sandbox, eventually, fresh_key, post,
};

/// M-PESA does not work, for anybody.
fn without_mpesa(gateway: &Gateway) {
    gateway.operator_says("mpesa_paybill", "start");
    gateway.operator_says("mpesa_prompt", "start");
}

fn asks(agency: &Agency, bill: &Bill, phone: &str) -> Answer {
    let body = json!({"method": "airtel_money", "phone": phone});
    agency.post(&format!("/v1/bills/{}/attempts", bill.id), &body).idempotency_key(&fresh_key()).send()
}

fn asked(agency: &Agency, bill: &Bill, phone: &str) -> String {
    asks(agency, bill, phone).expect(202).json()["id"].as_str().unwrap().to_owned()
}

fn booked(gateway: &Gateway) -> Vec<Value> {
    gateway.books().events("payment_received").into_iter().cloned().collect()
}

#[test]
fn while_mpesa_is_down_a_bill_is_paid_by_airtel_money_on_its_page_and_booked_once() {
    let gateway = Gateway::demo().start();
    let (airtel, kws) = (gateway.airtel(), gateway.agency("kws"));
    let bill = kws.bills(&Order::hells_gate(2));
    let address = format!("/en/bills/{}", bill.id);
    assert!(!Page::open(&gateway.public(), &address).html.contains("Airtel"), "the paybill works");
    assert_eq!(asks(&kws, &bill, "0733000001").expect(503).problem(), "channel_unavailable");
    let told = eventually("it is in the log", || {
        gateway.log().lines().find(|line| line.contains("channel_unavailable")).map(str::to_owned)
    });
    assert!(told.contains("INFO"), "it is an answer that is expected: {told}");

    without_mpesa(&gateway);
    let page = Page::open(&gateway.public(), &address);
    page.says("Pay with Airtel Money").says("Airtel Money phone number");
    Page::open(&gateway.public(), &format!("/sw/bills/{}", bill.id)).says("Lipa kwa Airtel Money");
    let wrong = page.send(&page.form("/prompt").with("phone", "12"));
    wrong.says("Phone number must be a Kenyan mobile number");
    assert!(wrong.html.contains("href=\"#airtel-phone\""));
    let waiting = page.send(&page.form("/prompt").with("phone", "0733 000 007"));
    waiting.says("enter your Airtel Money PIN");
    let paid = kws.sees(&bill, "paid");
    assert_eq!(paid["payments"].as_array().unwrap().len(), 1);

    eventually("Airtel has told it twice", || (airtel.lines("callback_sent").len() == 2).then_some(()));
    let moved = airtel.lines("moved");
    let receipt = moved[0]["airtel_money_id"].as_str().unwrap();
    assert_eq!((moved.len(), airtel.lines("asked").len()), (1, 1));
    let books = gateway.books();
    assert_eq!(
        books.postings(receipt),
        ["debit 1000.airtel.900900 KES 1000.00", "credit 2000.kws.kws-hells-gate-entry KES 1000.00"]
    );
    let events = booked(&gateway);
    assert_eq!((events.len(), &events[0]["event"]["told_by"]), (1, &json!("notification")));
    books.expect_balanced();
    assert!(!gateway.log().contains("733000007"));
    // An agency without a plan of its own has the ways of the national one.
    let ntsa = gateway.agency("NTSA");
    let other = ntsa.bills(&Order::of("motor-vehicle-search", &json!({})));
    ntsa.sees_attempt(&asked(&ntsa, &other, "0733000001"), "succeeded");
    ntsa.sees(&other, "paid");
}

#[test]
fn each_simulated_number_ends_as_it_is_said_to() {
    let gateway = Gateway::demo().start();
    let (airtel, kws) = (gateway.airtel(), gateway.agency("kws"));
    without_mpesa(&gateway);
    let cases = [
        ("0733000001", "succeeded", "paid", "yes"),
        ("0733000002", "failed", "unpaid", "no"),
        ("0733000003", "failed", "unpaid", "no"),
        ("0733000004", "expired", "unpaid", "no"),
        ("0733000005", "succeeded", "paid", "yes"),
        ("0733000008", "failed", "unpaid", "no"),
    ];
    let attempts = cases.map(|(phone, ..)| {
        let bill = kws.bills(&Order::hells_gate(1));
        let id = asked(&kws, &bill, phone);
        (bill, id)
    });
    for ((phone, state, status, moved), (bill, id)) in cases.iter().zip(&attempts) {
        let seen = kws.sees_attempt(id, state);
        assert_eq!(seen["state"]["money_moved"], *moved, "{phone}: {seen}");
        assert_eq!(kws.looks_at(bill)["status"], *status, "{phone}");
        let said = seen["state"]["message"]["sw"].as_str().unwrap();
        assert!(!said.is_empty() && !said.contains("M-PESA"), "{said}");
    }
    // A clear no is safe: the payer may be asked again at once.
    let (bill, _) = &attempts[1];
    kws.sees_attempt(&asked(&kws, bill, "0733000001"), "succeeded");
    assert_eq!(booked(&gateway).len(), airtel.lines("moved").len());
}

#[test]
fn a_callback_that_proves_nothing_is_a_hint_and_airtel_is_asked() {
    let gateway = Gateway::demo().start();
    let (airtel, kws) = (gateway.airtel(), gateway.agency("kws"));
    without_mpesa(&gateway);
    airtel.breaks(&json!({"callbacks_unsigned": true}));
    let bill = kws.bills(&Order::hells_gate(1));
    kws.sees_attempt(&asked(&kws, &bill, "0733000001"), "succeeded");
    let events = booked(&gateway);
    assert_eq!(events[0]["event"]["told_by"], "query");
    assert_eq!(events[0]["event"]["receipt"]["number"], airtel.lines("moved")[0]["airtel_money_id"]);

    // Somebody who knows the path says that a payment was made which was not.
    let bill = kws.bills(&Order::hells_gate(1));
    let id = asked(&kws, &bill, "0733000004");
    let forged = json!({"transaction": {"id": id.trim_start_matches("att_"), "status_code": "TS",
                        "message": "Paid", "airtel_money_id": "MP6666666666"}});
    post(format!("{}/airtel", gateway.callbacks()), &forged).send().expect(200);
    kws.sees_attempt(&id, "expired");
    assert_eq!(kws.looks_at(&bill)["status"], "unpaid");
    assert_eq!(booked(&gateway).len(), 1);
    let stranger = gateway.callbacks().replace("/cb/", "/cb/x");
    assert_eq!(post(format!("{stranger}/airtel"), &forged).send().status, 403);
}

#[test]
fn what_nobody_told_of_is_found_by_asking() {
    let gateway = Gateway::demo().speed(40).start();
    let (airtel, kws) = (gateway.airtel(), gateway.agency("kws"));
    without_mpesa(&gateway);
    let bill = kws.bills(&Order::hells_gate(1));
    let id = asked(&kws, &bill, "0733000006");
    kws.sees_attempt(&id, "succeeded");
    assert_eq!(kws.looks_at(&bill)["status"], "paid");
    assert!(airtel.lines("callback_sent").is_empty());
    assert_eq!(booked(&gateway)[0]["event"]["told_by"], "query");
}

#[test]
fn a_gateway_that_was_killed_while_it_asked_asks_about_it_and_never_again() {
    let sandbox = Sandbox::start();
    let mut gateway = Gateway::demo().beside(&sandbox).speed(40).start();
    let (airtel, kws) = (Airtel::of(&sandbox, &gateway), gateway.agency("kws"));
    without_mpesa(&gateway);
    let bill = kws.bills(&Order::hells_gate(1));
    let id = std::thread::scope(|scope| {
        let call = scope.spawn(|| {
            let body = json!({"method": "airtel_money", "phone": "0733000009"});
            let call = kws.post(&format!("/v1/bills/{}/attempts", bill.id), &body);
            call.idempotency_key(&fresh_key()).try_send()
        });
        let asked = eventually("Airtel has the request", || airtel.lines("asked").pop());
        gateway.kill();
        assert!(call.join().unwrap().is_err(), "nobody answered");
        format!("att_{}", asked["id"].as_str().unwrap())
    });
    gateway.start_again();
    let kws = gateway.agency("kws");
    kws.sees_attempt(&id, "succeeded");
    assert_eq!(kws.looks_at(&bill)["status"], "paid");
    assert_eq!((airtel.lines("asked").len(), airtel.lines("moved").len(), booked(&gateway).len()), (1, 1, 1));
}

#[test]
fn one_bill_is_asked_for_in_one_way_at_a_time_and_each_provider_speaks_of_its_own() {
    let gateway = Gateway::demo().start();
    let (_, kws) = (gateway.airtel(), gateway.agency("kws"));
    gateway.operator_says("mpesa_paybill", "start");
    let bill = kws.bills(&Order::hells_gate(1));
    kws.prompts(&bill, "0722000001").expect(202);
    assert_eq!(asks(&kws, &bill, "0733000001").expect(409).problem(), "prompt_may_live");
    let other = kws.bills(&Order::hells_gate(1));
    let id = asked(&kws, &other, "0733000004");
    assert_eq!(kws.prompts(&other, "0722000002").expect(409).problem(), "prompt_may_live");

    // Safaricom tells of money for an attempt by Airtel: the money is kept, and says nothing of the attempt.
    let payment = Payment::of_bill(&other);
    gateway.safaricom().says_prompt_was_paid(&id, "ws_CO_21112026091405712345678", &payment).expect_success();
    assert_eq!(kws.looks_at(&other)["status"], "unpaid");
    let events = booked(&gateway);
    assert_eq!(events[0]["event"]["placement"]["reason"], "unknown_attempt");
    // Who pays by M-PESA meanwhile has paid; what becomes of the request is still Airtel's to say.
    gateway.safaricom().confirms(&Payment::of_bill(&other)).expect_success();
    let seen = kws.get(&format!("/v1/attempts/{id}")).expect(200).json();
    assert_eq!(
        (&kws.looks_at(&other)["status"], &seen["state"]["finished"]),
        (&json!("paid"), &json!(false))
    );
}
