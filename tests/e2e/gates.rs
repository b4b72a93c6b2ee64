//! At a gate: what somebody shows is judged, and whoever paid is let in once, whatever happens meanwhile.

use serde_json::{Value, json};

use crate::harness::{Agency, Answer, Gateway, Order, Payment, SignedIn, post, together};

fn look_up(gateway: &Gateway, agency: &Agency, shown: &str) -> Value {
    post(format!("{}/v1/lookups", gateway.public()), &json!({"q": shown}))
        .key(&agency.key)
        .send()
        .expect(200)
        .json()
}

fn let_in(gateway: &Gateway, agency: &Agency, number: &str, gate: &str) -> Answer {
    let wanted = json!({"payment_number": number, "gate": gate});
    post(format!("{}/v1/visits", gateway.public()), &wanted).key(&agency.key).send()
}

#[test]
fn whatever_is_shown_leads_to_one_verdict_and_lets_in_once() {
    let mut gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let bill = kws.bills(&Order::hells_gate(2));
    assert_eq!(look_up(&gateway, &kws, &bill.number)["verdict"], "not_paid");
    assert_eq!(let_in(&gateway, &kws, &bill.number, "Main Gate").expect(409).problem(), "not_paid");

    let payment = Payment::of_bill(&bill);
    gateway.safaricom().confirms(&payment).expect_success();
    let paid = kws.looks_at(&bill);
    let receipt = paid["payments"][0]["receipt_number"].as_str().unwrap();
    let signed: Value = serde_json::from_str(&kws.receipt(&bill)).unwrap();
    let code = signed["short_form"].as_str().unwrap();
    let grouped = format!("{} {} {}", &bill.number[..4], &bill.number[4..8], &bill.number[8..]);
    let shown = [
        &bill.number,
        &grouped,
        receipt,
        &receipt.replace('-', ""),
        &payment.receipt,
        &payment.receipt.to_lowercase(),
        code,
    ];
    for shown in shown {
        let found = look_up(&gateway, &kws, shown);
        assert_eq!(found["verdict"], "valid", "{shown}");
        assert_eq!(found["bill"]["payment_number"], bill.number.as_str());
        assert_eq!(found["bill"]["lines"][0]["quantity"], 2);
        // Somebody else's gate is told that it is not theirs, and nothing more.
        let elsewhere = look_up(&gateway, &kra, shown);
        assert_eq!((&elsewhere["verdict"], elsewhere.get("bill")), (&json!("not_ours"), None));
    }
    assert_eq!(let_in(&gateway, &kra, &bill.number, "Times Tower").expect(404).problem(), "not_found");
    let forged = code.replacen("MLP1:", "MLP1:A", 1);
    for (shown, verdict) in [
        (forged.as_str(), "not_genuine"),
        ("TKX9999999", "not_found"),
        ("", "not_found"),
        ("407155201832", "not_found"),
    ] {
        let found = look_up(&gateway, &kws, shown);
        assert_eq!((&found["verdict"], found.get("bill")), (&json!(verdict), None), "{shown}");
    }

    // Eight gates at the same moment.
    let answers = together(8, |gate| let_in(&gateway, &kws, &bill.number, &format!("Gate {gate}")));
    let (inside, outside): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(inside.len(), 1);
    let gate = inside[0].json()["gate"].as_str().unwrap().to_owned();
    for answer in outside {
        assert_eq!(answer.clone().expect(409).problem(), "already_used");
        assert!(answer.json()["detail"].as_str().unwrap().contains(&gate), "{}", answer.text());
    }
    gateway.kill();
    gateway.start_again();
    let found = look_up(&gateway, &kws, &payment.receipt);
    assert_eq!((&found["verdict"], &found["visit"]["gate"]), (&json!("already_used"), &json!(gate)));
    assert_eq!(let_in(&gateway, &kws, &bill.number, "Main Gate").expect(409).problem(), "already_used");
    assert_eq!(gateway.books().events("visit").len(), 1);
    gateway.books().expect_balanced();
}

#[test]
fn a_guard_checks_lets_in_and_is_told_who_was_in_before() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(3));
    let guard = gateway.staff("main-gate", "agency_gate", Some("kws"));
    let page = guard.opens("/en/gate");
    page.says("Which gate is this?");
    let screen = page.send(&page.form("/gate").with("at", "  Elsa   Gate "));
    screen.says("Elsa Gate");
    let check = |shown: &str| screen.send(&screen.form("/gate").with("q", shown));
    check(&bill.number).says("NOT PAID").says("KES 1,500.00 still to be paid");
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    let valid = check(&bill.number);
    valid.says("VALID").says("3 × ").says("Today,").says("Let in");
    let inside = valid.send(&valid.form("/gate/visits"));
    inside.says("LET IN").says("Elsa Gate");
    // The button again, and the number again.
    valid.send(&valid.form("/gate/visits")).says("ALREADY USED");
    check(&bill.number).says("ALREADY USED").says("Elsa Gate");
    check("no such thing").says("NOT FOUND");
    let swahili = inside.follow("Kiswahili");
    swahili.says("Elsa Gate").says("Mgeni anaonyesha nini?");
    assert!(!inside.address.contains(&bill.number));

    // A gate sees one payment at a time, and no totals.
    assert_eq!(guard.opens("/en/agency/").status, 403);
    assert_eq!(guard.opens(&format!("/en/agency/bills/{}", bill.number)).status, 403);
    let office = gateway.staff("office", "agency_viewer", Some("kws"));
    assert_eq!(office.opens("/en/gate").status, 403);
    assert_eq!(SignedIn::of(&office.opens("/en/agency/")).opens("/en/agency/").status, 200);
}
