//! The gateway is dead and visitors come all the same: whoever paid is let in, once, and later everything is known.

use serde_json::{Value, json};

use super::{paid, views_have_everything};
use crate::harness::{GateDevice, Gateway, Order, Payment, eventually, malipo, post, run};

#[test]
fn two_gates_let_in_whoever_paid_while_the_gateway_is_dead_and_what_was_used_twice_is_named() {
    let mut gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let listed = paid(&gateway, &kws);
    let by_receipt_number = paid(&gateway, &kws);
    let used_before = paid(&gateway, &kws);
    let unpaid = kws.bills(&Order::hells_gate(1));
    let at_main = json!({"payment_number": used_before.bill.number, "gate": "Main Gate"});
    kws.post("/v1/visits", &at_main).send().expect(201);
    let tax = kra.bills(&Order::assessment(1_000, "202612345678901234"));
    gateway.safaricom().confirms(&Payment::of_bill(&tax)).expect_success();
    let tax: Value = serde_json::from_str(&kra.receipt(&tax)).unwrap();

    let mut elsa = GateDevice::enrol(&gateway, "Elsa Gate");
    let mut olkaria = GateDevice::enrol(&gateway, "Olkaria Gate");
    views_have_everything(&gateway);
    for gate in [&mut elsa, &mut olkaria] {
        gate.start();
        eventually("the list is there", || (gate.checks(&listed.bill.number) == "valid").then_some(()));
    }
    // Paid when the list was made already, and then nobody answers any more.
    let after = paid(&gateway, &kws);
    gateway.kill();

    assert_eq!(elsa.checks(&by_receipt_number.receipt), "valid");
    assert_eq!(elsa.checks(&used_before.code), "already_used");
    assert_eq!(elsa.checks(&used_before.bill.number), "already_used");
    assert_eq!(elsa.checks(&unpaid.number), "not_found");
    assert_eq!(elsa.checks(&after.bill.number), "not_found", "a number proves nothing");
    for (language, said) in [("en", "If it is not paid yet: "), ("sw", "Ikiwa haijalipwa bado: ")] {
        let page = elsa.says_of(language, &unpaid.number);
        assert!(page.contains(said) && page.contains("222222"), "it says how it can be paid: {page}");
        assert!(!elsa.says_of(language, "7K2M94QX").contains(said), "and of a receipt nothing");
    }
    assert_eq!(elsa.checks(&after.code), "valid", "a receipt proves itself");
    assert_eq!(elsa.checks(tax["short_form"].as_str().unwrap()), "not_ours");
    let (forged, stops) = (after.code.replacen("MLP1:", "MLP1:A", 1), after.code.replace('.', ""));
    for forged in [forged.as_str(), &stops, "MLP1:", "MLP2:x.y"] {
        assert_eq!(elsa.checks(forged), "not_genuine", "{forged}");
    }
    assert_eq!(elsa.uses(), Vec::<String>::new(), "looking lets nobody in");

    assert_eq!(elsa.lets_in(&listed.code), "let_in");
    assert_eq!(elsa.lets_in(&listed.code), "already_used");
    assert_eq!(elsa.lets_in(&listed.bill.number), "already_used");
    assert_eq!(elsa.lets_in(&after.code), "let_in");
    assert_eq!(elsa.lets_in(&unpaid.number), "not_found");
    // What was kept is known to the program's next life.
    elsa.kill();
    elsa.start();
    assert_eq!(elsa.lets_in(&after.code), "already_used");
    for (language, said) in [("en", "2 let in here, 2 not yet told"), ("sw", "Walioruhusiwa hapa: 2")] {
        let page = elsa.page(language);
        assert!(page.contains(said), "{page}");
    }
    // The other gate knows nothing of that: this is what cannot be prevented, and has to be found.
    assert_eq!(olkaria.lets_in(&listed.bill.number), "let_in");
    assert_eq!(olkaria.lets_in(&by_receipt_number.receipt), "let_in");

    gateway.start_again();
    for gate in [&mut elsa, &mut olkaria] {
        gate.stop();
        gate.start();
        eventually("it is told", || gate.page("en").contains(", 0 not yet told").then_some(()));
    }
    let gates = kws.get("/v1/gates").expect(200).json();
    assert_eq!(gates["devices"].as_array().unwrap().len(), 2);
    let [used] = &gates["double_uses"].as_array().unwrap()[..] else { panic!("{gates}") };
    assert_eq!(used["payment_number"], listed.bill.number.as_str());
    assert_eq!(
        (&used["first"]["gate"], &used["second"]["gate"]),
        (&json!("Elsa Gate"), &json!("Olkaria Gate"))
    );
    assert_eq!(used["second"]["device"], olkaria.name().as_str());
    assert_eq!(kra.get("/v1/gates").expect(200).json()["double_uses"], json!([]), "it is not KRA's");
    assert_eq!(gateway.metric("malipo_gate_uses_total{outcome=\"used_twice\"}"), 1);
    assert_eq!(gateway.metric("malipo_gate_uses_total{outcome=\"let_in\"}"), 3);
    let mut command = malipo(["gate", "list"]);
    let said = run(command.arg("--data").arg(gateway.data())).expect(0).stdout;
    assert!(said.contains(&format!("USED TWICE {}", listed.bill.number)), "{said}");

    // To the gates that ask, all of it is used, and the visit is that of the gate that was first to tell.
    for bill in [&listed.bill, &after.bill, &by_receipt_number.bill] {
        let found =
            post(format!("{}/v1/lookups", gateway.public()), &json!({"q": bill.number})).key(&kws.key);
        assert_eq!(found.send().expect(200).json()["verdict"], "already_used");
    }
    assert_eq!(olkaria.checks(&after.code), "already_used", "the newer list says so");
    assert_eq!(gateway.books().events("visit").len(), 4);
    gateway.books().expect_balanced();
}

#[test]
fn a_bill_for_another_day_lets_nobody_in() {
    let gateway = Gateway::demo().services(400).start();
    let edge = gateway.agency("SAMPLE-EDGE");
    let as_of = edge.get("/v1/status").expect(200).json()["as_of"].as_str().unwrap().to_owned();
    let now: jiff::Timestamp = as_of.parse().unwrap();
    let unpaid_in_days = |days: i64| {
        let east_africa = now + jiff::SignedDuration::from_hours(3 + 24 * days);
        let order = json!({"date": &east_africa.to_string()[..10]});
        edge.bills(&Order::of("sample-edge-seasons", &order))
    };
    let bill_in_days = |days: i64| {
        let bill = unpaid_in_days(days);
        gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
        bill
    };
    let (later, soon) = (bill_in_days(20), bill_in_days(9));
    views_have_everything(&gateway);
    let mut gate = GateDevice::enrol_of(&gateway, &edge, "SAMPLE-EDGE", "Elsa Gate");
    gate.start();
    eventually("the list is there", || (gate.checks(&later.number) == "wrong_day").then_some(()));
    let signed: Value = serde_json::from_str(&edge.receipt(&soon)).unwrap();
    for shown in [&later.number, &soon.number, signed["short_form"].as_str().unwrap()] {
        assert_eq!(gate.lets_in(shown), "wrong_day");
    }
    assert_eq!(gate.uses(), Vec::<String>::new());

    // Its agency has no plan of its own for when the paybill is down, and goes by the national one.
    let unpaid = unpaid_in_days(0);
    gateway.operator_says("mpesa_paybill", "start");
    gate.stop();
    gate.start();
    eventually("it is sent to the bank", || {
        let said = gate.says_of("en", &unpaid.number);
        (said.contains("If it is not paid yet: ") && said.contains("1100220033")).then_some(())
    });
}

#[test]
fn a_list_that_is_too_old_lets_nobody_in() {
    let gateway = Gateway::demo().speed(3_600).start();
    let kws = gateway.agency("kws");
    let visitor = paid(&gateway, &kws);
    views_have_everything(&gateway);
    let mut gate = GateDevice::enrol(&gateway, "Elsa Gate");
    gate.start_as_fast_as(3_600);
    eventually("the list is there", || (gate.checks(&visitor.receipt) == "valid").then_some(()));
    // Thirty-six hours are as many seconds here.
    eventually("the list is too old", || (gate.checks(&visitor.code) == "pack_too_old").then_some(()));
    assert_eq!(gate.lets_in(&visitor.code), "pack_too_old");
    assert_eq!(gate.uses(), Vec::<String>::new());
}
