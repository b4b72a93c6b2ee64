//! Every page of citizens, in every state that a story can bring about, and what is shown when something goes wrong.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::look::{Gallery, Look};
use super::staff::is_for_staff;
use crate::harness::{
    Bill, EarlierDay, Gateway, Order, Page, Payment, catalogue_with, eventually, get, post_form,
};

/// The phone of somebody who applied.
const APPLICANT: &str = "0711333444";
/// What makes a form one wish; any will do that nobody else has.
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const ANOTHER_TOKEN: &str = "fedcba9876543210fedcba9876543210";

#[test]
fn every_page_of_citizens_can_be_used_by_everybody_on_any_screen() {
    // An agency whose own system is gone, and is left in peace until its health path answers.
    let folder = tempfile::tempdir().unwrap();
    let catalogue = catalogue_with(
        folder.path(),
        &[("KRA", json!({"address": "http://127.0.0.1:9", "health_path": "/health"}))],
    );
    let gateway = Gateway::demo()
        .set("catalogue.file", catalogue.to_str().unwrap())
        .set("routing.private_networks", "127.0.0.0/8")
        .start();
    let mut gallery = Gallery::default();
    gateway.sandbox().knows(&gateway);
    gallery.look(&gateway, None, &bills(&gateway));
    gallery.look(&gateway, None, &demonstration());
    gallery.look(&gateway, None, &sought(&gateway));
    gallery.look(&gateway, None, &tracked(&gateway));
    gallery.look(&gateway, None, &ordered(&gateway));
    gallery.look(&gateway, None, &found());
    gallery.look(&gateway, None, &refused());
    let later = Gateway::demo().speed(3600).set("bills.life_days", "1").start();
    gallery.look(&later, None, &time_ran_out(&later));
    let slow = Gateway::demo().speed(40).start();
    gallery.look(&slow, None, &in_doubt(&slow));
    gallery.has_all_and_nothing_wrong(|route| !is_for_staff(route));
}

#[test]
fn what_is_at_the_edge_of_a_catalogue_and_every_shape_of_fee_can_be_shown_on_any_screen() {
    let gateway = Gateway::demo().services(600).start();
    let mut gallery = Gallery::default();
    gallery.look(&gateway, None, &every_fee(&gateway));
    gallery.has_nothing_wrong();
}

/// Looking for services.
fn found() -> Vec<Look> {
    vec![
        Look::at("home-any", "/").says("Find and pay"),
        Look::at("home-slash", "/{lang}").says("Find and pay"),
        Look::at("home", "/{lang}/").says("Find and pay"),
        Look::at("search", "/{lang}/services?q=park").says("Amboseli"),
        Look::at("search-all", "/{lang}/services").says("page 1 of"),
        Look::at("search-agency", "/{lang}/services?agency=KWS").says("Kenya Wildlife Service"),
        Look::at("search-nothing", "/{lang}/services?q=zzqq").says("No services match"),
        Look::at("search-misspelt", "/{lang}/services?q=driving+lisense").says("driving licence"),
        Look::at("agencies", "/{lang}/agencies").says("All agencies"),
        Look::at("status", "/{lang}/status"),
        Look::at("agencies-k", "/{lang}/agencies?letter=K").says("Kenya Wildlife Service"),
    ]
}

/// Services, what they ask, and what they cost.
fn ordered(gateway: &Gateway) -> Vec<Look> {
    let (kws, kra) = (gateway.agency("kws"), "/{lang}/services/kra-prn-payment");
    let closed = json!({"state": "closed", "until": "2027-01-05T06:00:00Z",
        "reason": {"en": "The roads are flooded.", "sw": "Barabara zimefurika."}});
    kws.post("/v1/services/kws-kora-entry/availability", &closed).send().expect(200);
    // Nobody knows of a system that is gone before somebody has asked it.
    eventually("it is known to be down", || {
        get(format!("{}/s/kra-pin-registration/", gateway.agencies())).send();
        let page = Page::open(&gateway.public(), "/en/services/kra-pin-registration");
        page.text().contains("can still be paid here").then_some(())
    });
    let park = "/{lang}/services/kws-amboseli-entry";
    let in_park = |rest: &str| format!("{park}/{rest}");
    let answers = [("non_resident.adult", "2"), ("token", TOKEN), ("agreed", "USD 180.00")];
    let slip = [("reference", "2026 1121 0001 2345"), ("assessed", "12,345")];
    vec![
        Look::at("service-park", park).says("Legal basis"),
        Look::at("service-variants", "/{lang}/services/passport-application").says("Start now"),
        Look::at("service-assessed", kra).says("Start now"),
        Look::at("service-not-billed", "/{lang}/services/police-misconduct-complaint").says("What it costs"),
        Look::at("service-closed", "/{lang}/services/kws-kora-entry").says("flooded"),
        Look::at("service-system-down", "/{lang}/services/kra-pin-registration")
            .says("can still be paid here"),
        Look::at("start-visitors", &in_park("start")).says("Who enters?"),
        Look::at("start-visitors-refused", &in_park("start?non_resident.adult=x"))
            .answered(422)
            .says("There is a problem"),
        Look::at("start-nobody-refused", &in_park("start?non_resident.adult="))
            .answered(422)
            .says("Enter how many"),
        Look::at("start-variants", "/{lang}/services/passport-application/start").says("Continue"),
        Look::at("start-variants-refused", "/{lang}/services/passport-application/start?variant=")
            .answered(422)
            .says("There is a problem"),
        Look::at("start-assessed", &format!("{kra}/start")).says("reference"),
        Look::at("check", &in_park("check?non_resident.adult=2&non_resident.child=1"))
            .says("Check your answers"),
        Look::at("check-slip", &format!("{kra}/check")).sending(&slip).says("KES 12,345.00"),
        Look::at("check-slip-refused", &format!("{kra}/check"))
            .sending(&[("reference", "12"), ("assessed", "twelve")])
            .answered(422)
            .says("There is a problem"),
        Look::at("bill-made", &in_park("bill")).sending(&answers).says("Unpaid"),
        Look::at("bill-number-refused", &in_park("bill"))
            .sending(&[("non_resident.adult", "100000"), ("token", TOKEN)])
            .answered(422)
            .says("from 1 to 500"),
        Look::at("bill-price-changed", &in_park("bill"))
            .sending(&[("non_resident.adult", "1"), ("token", ANOTHER_TOKEN), ("agreed", "USD 80.00")])
            .answered(422)
            .says("The price has changed"),
        Look::at("bill-closed", "/{lang}/services/kws-kora-entry/bill")
            .sending(&[("east_african_citizen.adult", "1"), ("token", TOKEN), ("agreed", "KES 800.00")])
            .answered(409)
            .says("flooded"),
    ]
}

/// A service for each shape of fee, those at the edge of what a catalogue can say, and what they ask first.
fn every_fee(gateway: &Gateway) -> Vec<Look> {
    let whole = get(format!("{}/v1/catalogue", gateway.public())).send().expect(200).text();
    let services = whole.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let (mut shapes, mut slugs) = (BTreeSet::new(), BTreeSet::new());
    for service in services {
        // The first lines are of what services refer to.
        let Some(slug) = service["slug"].as_str() else { continue };
        let fee = service["fees"].as_array().and_then(|fees| fees.last());
        let is_first = fee.is_some_and(|fee| shapes.insert(fee["rule"]["kind"].to_string()));
        if is_first || slug.starts_with("sample-edge-") {
            slugs.insert(slug.to_owned());
        }
    }
    assert!(shapes.len() > 8 && slugs.len() > 16, "{shapes:?} {slugs:?}");
    let looks = slugs.iter().flat_map(|slug| {
        let service = format!("/{lang}/services/{slug}", lang = "{lang}");
        let cannot_be_paid =
            get(format!("{}/en/services/{slug}/start", gateway.public())).send().status == 422;
        let start = Look::at(&format!("fee-{slug}-start"), &format!("{service}/start"));
        let start = if cannot_be_paid { start.answered(422).says("cannot be paid for here") } else { start };
        [Look::at(&format!("fee-{slug}"), &service).says("What it costs"), start]
    });
    // What is too long for one page, to its last one.
    let turned = [
        Look::at("fee-last-requirements", "/{lang}/services/sample-edge-most-requirements?page=2")
            .says("Requirement 30 of thirty"),
        Look::at("fee-no-such-page", "/{lang}/services/sample-edge-most-requirements?page=3").answered(404),
        Look::at("fee-last-variants", "/{lang}/services/sample-edge-most-variants/start?page=2")
            .says("Variant 100"),
    ];
    looks.chain(turned).collect()
}

/// Bills in every state, and the form that asks for a prompt.
fn bills(gateway: &Gateway) -> Vec<Look> {
    let kws = gateway.agency("kws");
    let paying = |bill: &Bill, shillings: &str| {
        gateway.safaricom().confirms(&Payment::of(shillings, &bill.number)).expect_success();
    };
    let made = |adults| kws.bills(&Order::hells_gate(adults));
    let (unpaid, part, paid, over) = (made(1), made(3), made(2), made(1));
    paying(&part, "100.00");
    paying(&paid, "1000.00");
    paying(&over, "700.00");
    let (withdrawn, too_late) = (made(1), made(1));
    kws.cancels(&withdrawn);
    kws.cancels(&too_late);
    paying(&too_late, "500.00");
    let (asked, without_money) = (made(1), made(1));
    let attempt = kws.prompts(&without_money, "0700000002").expect(202).json();
    kws.sees_attempt(attempt["id"].as_str().unwrap(), "failed");
    kws.prompts(&asked, "0722000001").expect(202);
    let dollars = kws.bills(&Order::visit("kws-amboseli-entry", &[("non_resident", "adult", 2)]));
    let large = kws.bills(&Order::visit("kws-amboseli-entry", &[("east_african_citizen", "adult", 300)]));
    let receipt = kws.sees(&paid, "paid")["payments"][0]["receipt_number"].as_str().unwrap().to_owned();
    let late_receipt = kws.looks_at(&too_late)["payments"][0]["receipt_number"].as_str().unwrap().to_owned();
    let part_receipt = kws.looks_at(&part)["payments"][0]["receipt_number"].as_str().unwrap().to_owned();

    let bill = |name: &str, bill: &Bill| Look::at(name, &format!("/{{lang}}/bills/{}", bill.id));
    let prompt = |name: &str, bill: &Bill, phone: &str| {
        let look = Look::at(name, &format!("/{{lang}}/bills/{}/prompt", bill.id));
        look.sending(&[("phone", phone), ("token", TOKEN)])
    };
    vec![
        bill("bill-asked", &asked).says("Asked for"),
        Look::at("demo-phone-asked", "/demo/phone?phone=0722000001").says("M-PESA PIN"),
        Look::at("demo-phone-no-pin", "/demo/phone/pin")
            .sending(&[("phone", "0722000001"), ("pin", "")])
            .answered(422)
            .says("Enter the PIN"),
        prompt("prompt-may-live", &asked, "0722000001").answered(409).says("There is a problem"),
        bill("bill-unpaid", &unpaid).says("Unpaid"),
        prompt("prompt-refused", &unpaid, "12").answered(422).says("Phone number must be"),
        prompt("prompt-missing", &unpaid, "").answered(422).says("Enter the M-PESA phone number"),
        bill("bill-without-money", &without_money).says("not enough money"),
        bill("bill-part-paid", &part).says("Part paid"),
        bill("bill-paid", &paid).says("This bill is paid"),
        prompt("prompt-of-paid", &paid, "0722000002").answered(409).says("There is a problem"),
        bill("bill-overpaid", &over).says("Overpaid"),
        bill("bill-cancelled", &withdrawn).says("has withdrawn this bill"),
        bill("bill-cancelled-held", &too_late).says("that was paid for it"),
        bill("bill-dollars", &dollars).says("USD 180.00"),
        bill("bill-too-large", &large).says("M-PESA"),
        slip(gateway).says("has not confirmed this amount"),
        Look::at("receipt", &format!("/{{lang}}/receipts/{receipt}")).says("Payment received"),
        Look::at("receipt-of-part", &format!("/{{lang}}/receipts/{part_receipt}")).says("Payment received"),
        Look::at("receipt-late", &format!("/{{lang}}/receipts/{late_receipt}")).says("Payment received"),
        Look::at("receipt-short", &format!("/r/{receipt}")).says("Payment received"),
        Look::at("receipt-none", "/{lang}/receipts/7K2M-94QX").answered(404),
        Look::at("demo-messages", "/demo/sms").says("Text messages"),
    ]
}

/// The bill of an amount that was copied from a slip.
fn slip(gateway: &Gateway) -> Look {
    let origin = gateway.public();
    let question = Page::open(&origin, "/en/services/kra-prn-payment/start");
    let filled = question.form("/check").with("reference", "202611210001234").with("assessed", "12345");
    let check = question.send(&filled);
    let bill = check.send(&check.form("/bill"));
    Look::at("bill-not-confirmed", &bill.address.replace("/en/", "/{lang}/"))
}

/// What the simulated phones show, and what they refuse.
fn demonstration() -> Vec<Look> {
    let phone = ("phone", "0712345678");
    vec![
        Look::at("demo-phones", "/demo/phone").says("Choose a phone"),
        Look::at("demo-phone", "/demo/phone?phone=0712345678").says("No request is waiting"),
        Look::at("demo-phone-wrong", "/demo/phone?phone=12").answered(422).says("There is a problem"),
        Look::at("demo-phone-cancel", "/demo/phone/cancel")
            .sending(&[phone])
            .answered(422)
            .says("shows no request"),
        Look::at("demo-phone-pay-refused", "/demo/phone/pay")
            .sending(&[phone, ("account", ""), ("amount", "x")])
            .answered(422)
            .says("There is a problem"),
        Look::at("demo-phone-pay-astray", "/demo/phone/pay")
            .sending(&[phone, ("account", "407155201831"), ("amount", "50")])
            .says("Messages"),
        Look::at("demo-answer-refused", "/demo/sms/answer")
            .sending(&[phone, ("text", "")])
            .answered(422)
            .says("There is a problem"),
        Look::at("demo-answer", "/demo/sms/answer").sending(&[phone, ("text", "5")]).says("Text messages"),
    ]
}

/// "I have paid, and the bill does not show it."
fn sought(gateway: &Gateway) -> Vec<Look> {
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    let yesterday = EarlierDay::yesterday();
    let paid =
        Payment { phone: "254711222333".to_owned(), moved: yesterday.moved(), ..Payment::of_bill(&bill) };
    let strayed = Payment::of("3050.00", "407155201830");
    let contradicted = Payment::of_bill(&kws.bills(&Order::hells_gate(1)));
    for payment in [&paid, &strayed, &contradicted, &contradicted.but_of("501.00")] {
        gateway.safaricom().confirms(payment).expect_success();
    }
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    let page = "/{lang}/find-payment";
    let by_code = |name: &str, code: &str| Look::at(name, page).sending(&[("code", code)]);
    let day = yesterday.as_typed();
    let by_payer = |name: &str, phone: &str, amount: &str| {
        let day = day.each_ref().map(|(name, value)| (*name, value.as_str()));
        Look::at(name, page).sending(&[&[("phone", phone), ("amount", amount)], &day[..]].concat())
    };
    // Five trials are granted at once.
    let typed = day.each_ref().map(|(name, value)| format!("{name}={value}")).join("&");
    let trial = format!("phone=0711999888&{typed}&amount=");
    for amount in 100..106 {
        post_form(&format!("{}/en/find-payment", gateway.public()), &format!("{trial}{amount}"));
    }
    vec![
        Look::at("find", page).says("Find my payment"),
        by_code("find-code-refused", "x!").answered(422).says("M-PESA code must be"),
        by_code("find-found", &paid.receipt).says("We have your payment"),
        by_code("find-held", &strayed.receipt).says("do not know what it is for"),
        by_code("find-contradicted", &contradicted.receipt).says("another amount or account"),
        by_code("find-not-here", "TKZZZZZZZZ").says("has not told us"),
        by_payer("find-payer-refused", "12", "none").answered(422).says("Amount must be a number"),
        by_payer("find-payer-found", "0711 222 333", "500").says("We have your payment"),
        by_payer("find-too-often", "0711 999 888", "100").answered(429).says("try again"),
    ]
}

/// Applications on their way.
fn tracked(gateway: &Gateway) -> Vec<Look> {
    let dci = gateway.agency("dci");
    let certificate = || dci.bills(&Order::of("police-clearance-certificate", &json!({})));
    let report = |bill: &Bill, steps: &[Value]| {
        let payment = Payment { phone: format!("254{}", &APPLICANT[1..]), ..Payment::of_bill(bill) };
        gateway.safaricom().confirms(&payment).expect_success();
        for step in steps {
            dci.post(&format!("/v1/applications/{}/events", bill.number), step).send().expect(200);
        }
    };
    let at_agency = json!({"status": "at_agency"});
    let ready = json!({"status": "ready", "centre": "Huduma Centre GPO Nairobi"});
    let lives = [
        ("track-paid", "Paid", vec![]),
        ("track-at-agency", "At the agency", vec![at_agency.clone()]),
        (
            "track-question",
            "The agency has a question",
            vec![at_agency.clone(), json!({"status": "query_raised", "reason": "photo"})],
        ),
        ("track-ready", "Ready to collect", vec![at_agency.clone(), ready.clone()]),
        ("track-collected", "Collected", vec![at_agency, ready, json!({"status": "collected"})]),
    ];
    let page = "/{lang}/track";
    let look = |name: &str, reference: &str, phone: &str| {
        Look::at(name, page).sending(&[("reference", reference), ("phone", phone)])
    };
    let mut looks: Vec<_> = lives
        .iter()
        .map(|(name, says, steps)| {
            let bill = certificate();
            report(&bill, steps);
            look(name, &bill.number, APPLICANT).says(says)
        })
        .collect();
    looks.extend([
        Look::at("track", page).says("Track my application"),
        look("track-refused", "12", "").answered(422).says("Enter a phone number"),
        look("track-not-found", "407155201831", "0711333445")
            .answered(422)
            .says("We cannot find that number"),
    ]);
    looks
}

/// What goes wrong wherever somebody is.
fn refused() -> Vec<Look> {
    vec![
        Look::at("no-such-service", "/{lang}/services/none").answered(404).says("Page not found"),
        Look::at("no-such-page", "/{lang}/none").answered(404).says("Page not found"),
        Look::at("no-such-method", "/{lang}/agencies").sending(&[]).answered(405),
        Look::at("form-too-large", "/{lang}/track")
            .sending(&[("reference", &"7".repeat(5_000))])
            .answered(413),
        Look::at("own-system-down", "/s/kra-pin-registration/x").answered(503).says("can still be paid here"),
        Look::at("error-code", "/errors/books_unavailable").says("For developers"),
        Look::at("error-code-lang", "/{lang}/errors/prompt_may_live").says("For developers"),
        Look::at("no-such-code", "/{lang}/errors/none").answered(404),
    ]
}

/// A prompt of which nobody tells; two minutes pass in three seconds.
fn in_doubt(gateway: &Gateway) -> Vec<Look> {
    gateway.sandbox().knows(gateway);
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    let attempt = kws.prompts(&bill, "0700000008").expect(202).json();
    kws.sees_attempt(attempt["id"].as_str().unwrap(), "unknown");
    vec![Look::at("bill-in-doubt", &format!("/{{lang}}/bills/{}", bill.id)).says("Do not pay again")]
}

/// Bills whose time ran out: a day passes in 24 seconds.
fn time_ran_out(gateway: &Gateway) -> Vec<Look> {
    let kws = gateway.agency("kws");
    let (unpaid, part) = (kws.bills(&Order::hells_gate(1)), kws.bills(&Order::hells_gate(1)));
    gateway.safaricom().confirms(&Payment::of("100.00", &part.number)).expect_success();
    kws.sees(&unpaid, "expired");
    kws.sees(&part, "expired");
    let bill = |name: &str, bill: &Bill| Look::at(name, &format!("/{{lang}}/bills/{}", bill.id));
    vec![
        bill("bill-expired", &unpaid).says("The time to pay this bill has run out"),
        bill("bill-expired-held", &part).says("that was paid for it"),
    ]
}
