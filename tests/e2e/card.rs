//! Payers are sent to the page of an acquirer while M-PESA does not work. What comes back with their browser proves nothing;
//! what the acquirer signs, or answers when it is asked, does.

use serde_json::{Value, json};

use crate::harness::{Acquirer, Agency, Answer, Bill, Gateway, Order, Page, fresh_key, get, post, post_form};

fn without_mpesa(gateway: &Gateway) -> (Acquirer, Agency) {
    gateway.operator_says("mpesa_paybill", "start");
    gateway.operator_says("mpesa_prompt", "start");
    (gateway.acquirer(), gateway.agency("kws"))
}

fn asks(agency: &Agency, bill: &Bill, key: &str) -> Answer {
    let body = json!({"method": "card"});
    agency.post(&format!("/v1/bills/{}/attempts", bill.id), &body).idempotency_key(key).send()
}

/// The attempt, and the page that the payer is sent to.
fn sent(agency: &Agency, bill: &Bill) -> (String, String) {
    let attempt = asks(agency, bill, &fresh_key()).expect(202).json();
    let text = |name: &str| attempt[name].as_str().unwrap().to_owned();
    (text("id"), text("redirect_url"))
}

fn booked(gateway: &Gateway) -> Vec<Value> {
    gateway.books().events("payment_received").into_iter().cloned().collect()
}

#[test]
fn a_bill_is_paid_by_card_and_booked_once_by_the_acquirers_own_word() {
    let gateway = Gateway::demo().start();
    let (acquirer, kws) = without_mpesa(&gateway);
    acquirer.breaks(&json!({"webhooks_twice": true}));
    let bill = kws.bills(&Order::hells_gate(2));
    let key = fresh_key();
    let first = asks(&kws, &bill, &key).expect(202).json();
    let page = first["redirect_url"].as_str().unwrap();
    // Whoever lost the answer asks again, and is sent to the same page.
    assert_eq!(asks(&kws, &bill, &key).expect(202).json()["redirect_url"], page);
    // So is who lost the key of the wish too.
    let lost = asks(&kws, &bill, &fresh_key()).expect(202);
    assert_eq!(lost.header("idempotent-replayed"), Some("true"));
    assert_eq!((&lost.json()["redirect_url"], &lost.json()["id"]), (&json!(page), &first["id"]));
    assert_eq!(acquirer.lines("session_wanted").len(), 1, "and nobody is asked again");
    gateway.operator_takes_back("mpesa_prompt");
    let by_phone = kws.prompts(&bill, "0722000001").expect(409);
    assert_eq!(by_phone.problem(), "prompt_may_live");
    let said = &by_phone.json()["user_message"];
    assert!(said["en"].as_str().unwrap().contains("page of the card company"), "{said}");
    assert!(!by_phone.text().contains("phone"), "{}", by_phone.text());
    assert_eq!(kws.looks_at(&bill)["status"], "unpaid");

    let back = acquirer.payer_presses(page, "pay");
    assert_eq!(back.header("location"), Some(&*format!("{}/en/bills/{}", gateway.public(), bill.id)));
    kws.sees_attempt(first["id"].as_str().unwrap(), "succeeded");
    let paid = kws.sees(&bill, "paid");
    assert_eq!(paid["payments"].as_array().unwrap().len(), 1);
    gateway.sandbox().is_quiet();
    let receipt = booked(&gateway)[0]["event"]["receipt"]["number"].as_str().unwrap().to_owned();
    assert_eq!(
        gateway.books().postings(&receipt),
        ["debit 1000.acquirer.mkt-0001 KES 1000.00", "credit 2000.kws.kws-hells-gate-entry KES 1000.00"]
    );
    assert_eq!(booked(&gateway).len(), 1, "told twice");
    gateway.books().expect_balanced();
}

#[test]
fn without_scripts_a_form_sends_the_browser_to_the_acquirer() {
    let gateway = Gateway::demo().start();
    let (acquirer, kws) = without_mpesa(&gateway);
    let bill = kws.bills(&Order::hells_gate(1));
    for (language, heading) in [("en", "Pay by card"), ("sw", "Lipa kwa kadi")] {
        Page::open(&gateway.public(), &format!("/{language}/bills/{}", bill.id)).says(heading);
    }
    let address = format!("/en/bills/{}", bill.id);
    let page = Page::open(&gateway.public(), &address);
    let policy = get(format!("{}{address}", gateway.public())).send().expect(200);
    let policy = policy.header("content-security-policy").unwrap().to_owned();
    assert!(policy.contains(&format!("form-action 'self' {};", acquirer.origin())), "{policy}");
    let token = page.html.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = format!("token={token}&method=card");
    let url = format!("{}{address}/prompt", gateway.public());
    let leads_to = || {
        post_form(&url, &form).expect(303).header("location").expect("a redirect leads somewhere").to_owned()
    };
    let to = leads_to();
    assert_eq!(leads_to(), to, "who goes back and sends the form again is sent to the same page");
    // Coming back proves nothing, and who has changed their mind still sees the ways that ask nobody.
    let back = Page::open(&gateway.public(), &address);
    back.says("We are waiting for the card company").says("Business number: 600000");
    assert_eq!(kws.looks_at(&bill)["status"], "unpaid");
    acquirer.payer_presses(&to, "abandon");
    kws.sees_attempt(kws.looks_at(&bill)["latest_attempt"].as_str().unwrap(), "cancelled");
    Page::open(&gateway.public(), &address).says("You did not pay by card").says("Pay by card");
    assert_eq!(acquirer.lines("session_wanted").len(), 1);
}

#[test]
fn who_is_declined_or_goes_away_may_pay_otherwise_at_once() {
    let gateway = Gateway::demo().start();
    let (acquirer, kws) = without_mpesa(&gateway);
    let bill = kws.bills(&Order::hells_gate(1));
    for (button, state) in [("decline", "failed"), ("abandon", "cancelled")] {
        let (id, page) = sent(&kws, &bill);
        acquirer.payer_presses(&page, button);
        let seen = kws.sees_attempt(&id, state);
        assert_eq!(seen["state"]["money_moved"], "no");
    }
    assert!(booked(&gateway).is_empty());
}

#[test]
fn a_message_that_is_lost_or_forged_costs_nothing() {
    let gateway = Gateway::demo().speed(40).start();
    let (acquirer, kws) = without_mpesa(&gateway);
    for faults in [json!({"webhooks_forged": true}), json!({"webhooks_lost": true})] {
        acquirer.breaks(&faults);
        let bill = kws.bills(&Order::hells_gate(1));
        let (id, page) = sent(&kws, &bill);
        let forged =
            json!({"reference": id, "status": "paid", "amount": 1, "currency": "KES", "receipt": "AQ1"});
        post(format!("{}/card", gateway.callbacks()), &forged).send().expect(200);
        acquirer.payer_presses(&page, "pay");
        kws.sees_attempt(&id, "succeeded");
    }
    let events = booked(&gateway);
    assert!(events.iter().all(|record| record["event"]["told_by"] == "query"), "{events:?}");
    assert_eq!(events.len(), 2);
}

#[test]
fn nobody_is_sent_elsewhere() {
    let gateway = Gateway::demo().start();
    let (acquirer, kws) = without_mpesa(&gateway);
    acquirer.breaks(&json!({"page_elsewhere": true}));
    let bill = kws.bills(&Order::hells_gate(1));
    let attempt = asks(&kws, &bill, &fresh_key()).expect(202).json();
    assert_eq!((&attempt["redirect_url"], &attempt["state"]["status"]), (&Value::Null, &json!("unknown")));
}

#[test]
fn where_the_answer_is_lost_the_acquirer_is_asked_about_it_and_not_for_another_page() {
    let gateway = Gateway::demo().start();
    let (acquirer, kws) = without_mpesa(&gateway);
    acquirer.breaks(&json!({"answers_lost": true}));
    let (bill, key) = (kws.bills(&Order::hells_gate(1)), fresh_key());
    let attempt = asks(&kws, &bill, &key).expect(202).json();
    assert_eq!((&attempt["redirect_url"], &attempt["state"]["status"]), (&Value::Null, &json!("unknown")));
    for key in [key, fresh_key()] {
        let again = asks(&kws, &bill, &key).expect(202).json();
        assert_eq!(again["id"], attempt["id"]);
    }
    let again = asks(&kws, &bill, &fresh_key()).expect(202).json();
    assert_eq!(acquirer.lines("session_wanted").len(), 1);
    acquirer.payer_presses(again["redirect_url"].as_str().unwrap(), "pay");
    kws.sees_attempt(attempt["id"].as_str().unwrap(), "succeeded");
    kws.sees(&bill, "paid");
    assert_eq!(booked(&gateway).len(), 1);
}

#[test]
fn who_leaves_the_page_open_may_pay_otherwise_once_it_has_run_out_and_the_channel_is_none_the_worse() {
    let gateway = Gateway::demo().speed(40).start();
    let (acquirer, kws) = without_mpesa(&gateway);
    let bill = kws.bills(&Order::hells_gate(1));
    let (id, page) = sent(&kws, &bill);
    acquirer.breaks(&json!({"sessions_run_out": true}));
    let seen = kws.sees_attempt(&id, "expired");
    assert_eq!(seen["state"]["money_moved"], "no");
    acquirer.payer_presses(&page, "pay");
    acquirer.breaks(&json!({}));
    sent(&kws, &bill);
    assert_eq!(gateway.metric("malipo_channel_state{channel=\"card\"}"), 0);
    assert!(booked(&gateway).is_empty());
}

#[test]
fn a_phone_belongs_to_ways_that_ask_on_one_and_every_other_thing_is_said() {
    let gateway = Gateway::demo().start();
    let (acquirer, kws) = without_mpesa(&gateway);
    let bill = kws.bills(&Order::hells_gate(1));
    for wrong in [json!({"method": "card", "phone": "0722000001"}), json!({"method": "airtel_money"})] {
        let call = kws.post(&format!("/v1/bills/{}/attempts", bill.id), &wrong);
        let refused = call.idempotency_key(&fresh_key()).send().expect(422);
        assert!(refused.text().contains("/phone"), "{wrong}");
    }
    assert!(acquirer.lines("session_wanted").is_empty());
    assert!(gateway.books().events("attempt_created").is_empty());
}
