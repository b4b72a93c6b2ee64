//! The room of provisional passes, a keyboard alone there and at the gate that issues them, and what comes out of a printer.

use serde_json::{Value, json};

use super::look::{Gallery, Look, cookie};
use crate::harness::{Browser, GateDevice, Gateway, Keyboard, PASSWORD, SignedIn, eventually};
use crate::offline_gates::desk::{Issued, slipped};

/// Every page of it, with something in each.
pub(super) fn looks(gateway: &Gateway, gallery: &mut Gallery) {
    let kws = gateway.agency("kws");
    let officer = gateway.staff("gate.officer", "agency_officer", Some("kws"));
    let session = ("session", &*officer.token);
    gallery.look(
        gateway,
        Some(&officer),
        &[
            Look::at("passes-none", "/{lang}/agency/passes").says("no such passes"),
            Look::at("operators-none", "/{lang}/agency/passes/operators").says("no tour operators"),
            Look::at("invoices-none", "/{lang}/agency/passes/invoices").says("no invoices"),
        ],
    );
    let Issued { numbers, operator, .. } = Issued::new(gateway);
    let slip = slipped(gateway, &kws, &numbers[0]);
    let one = |name: &str, number: &str| Look::at(name, &format!("/{{lang}}/agency/passes/{number}"));
    let claim = |name: &str, code: &str| one(name, &numbers[0]).sending(&[session, ("code", code)]);
    let invoices = |name: &str, operator: &str, wish: &str| {
        let fields = [session, ("wish", wish), ("operator", operator)];
        Look::at(name, "/{lang}/agency/passes/operators").sending(&fields)
    };
    gallery.look(
        gateway,
        Some(&officer),
        &[
            Look::at("passes", "/{lang}/agency/passes").says("Savanna Tours"),
            Look::at("passes-refused-filter", "/{lang}/agency/passes?state=lost&number=1").answered(422),
            one("pass-open", &numbers[0]).says("Put the money to this pass"),
            claim("pass-no-code", "?").answered(422),
            claim("pass-no-money", "TKE9999999").answered(409),
            claim("pass-claimed", &slip.receipt).says("Put to it from suspense"),
            Look::at("operators", "/{lang}/agency/passes/operators").says("Make an invoice"),
            invoices("operators-refused", "OP-NOBODY", "a-wish-of-the-officer-1").answered(404),
            invoices("invoice-made", &operator, "a-wish-of-the-officer-2").says("Passes on it"),
            one("pass-invoiced", &numbers[2]),
        ],
    );
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    let listed = kws.get("/v1/gates/invoices").expect(200).json();
    let invoice = listed["data"][0]["payment_number"].as_str().unwrap();
    let of_all = [
        Look::at("invoices", "/{lang}/agency/passes/invoices").says("Savanna Tours"),
        Look::at("invoice", &format!("/{{lang}}/agency/passes/invoices/{invoice}")).says("Unpaid"),
    ];
    gallery.look(gateway, Some(&officer), &of_all);
    let office = gateway.staff("kws.office", "agency_viewer", Some("kws"));
    gallery.look(
        gateway,
        Some(&office),
        &[one("pass-of-office", &numbers[0]).says("Everything about the bill")],
    );
}

#[test]
fn an_officer_with_a_keyboard_alone_finds_a_pass_puts_money_to_it_and_makes_an_invoice() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let Issued { numbers, .. } = Issued::new(&gateway);
    let slip = slipped(&gateway, &kws, &numbers[0]);
    let invitation = gateway.invites("gate.officer", "agency_officer", Some("kws"));
    let (person, _) = gateway.sets_up("gate.officer", &invitation);
    let mut officer = Keyboard::at(&gateway.public(), false);
    officer.opens("/en/agency/passes").reads("Sign in");
    officer.tabs_to("Name").types("gate.officer").tabs_to("Password").types(PASSWORD);
    officer.tabs_to("Code").types(&person.next_code()).enters().tabs_to("Passes").enters();
    officer.reads("Provisional passes");
    let stops = officer.walks();
    assert!(stops.iter().any(|stop| stop.contains("Tour operators")) && stops.len() >= 14, "{stops:?}");
    // What is wrong with the filter is where the focus is.
    officer.tabs_to("Payment number").types("12").enters();
    assert!(officer.focus_is_on().starts_with("There is a problem"), "{}", officer.focus_is_on());
    officer.tabs_to("Payment number must").presses("Enter").presses("Control+A").types(&numbers[0]).enters();
    officer.reads("Still to pay").tabs_to("M-PESA code").types("TKE9999999").enters();
    assert!(officer.focus_is_on().starts_with("There is a problem"), "{}", officer.focus_is_on());
    officer
        .tabs_to("No payment with this code")
        .presses("Enter")
        .presses("Control+A")
        .types(&slip.receipt)
        .enters();
    officer.reads("Put to it from suspense");
    officer.walks();
    officer.tabs_to("All passes").enters().tabs_to("Tour operators").enters();
    officer.tabs_to("Make an invoice: Savanna Tours").enters().reads("Passes on it").reads("Unpaid");
    officer.walks();
}

#[test]
fn a_guard_with_a_keyboard_alone_issues_a_pass_at_a_gate_that_has_nobody_to_ask() {
    let mut gateway = Gateway::demo().start();
    let mut gate = GateDevice::enrol(&gateway, "Elsa Gate");
    gate.prepares();
    gateway.kill();
    gate.start();
    let mut guard = Keyboard::at(&gate.url(), false);
    guard.opens("/en/").tabs_to("Issue a provisional pass").enters().reads("What for?");
    guard.walks();
    guard.tabs_to("Lake Nakuru National Park entry").enters().reads("How many?");
    guard.walks();
    // Nobody is counted; then two children, who pay at the exit.
    guard.tabs_to("Show the price").enters().reads("Say how many");
    guard.tabs_to("Kenya resident, child").types("2");
    guard.tabs_to("Later, by phone or at a bank").presses("ArrowDown").enters().reads("To pay");
    assert_eq!(guard.focus_is_on(), "Let in and issue the pass");
    guard.enters().reads("PROVISIONAL PASS").reads("Pay before you leave");
    guard.walks();
    assert_eq!(gate.passes().len(), 1);
}

/// What comes out of a receipt printer, with paper of 80 mm of which 74 are printed on.
#[track_caller]
fn prints(origin: &str, who: Option<&SignedIn>, what: &Value) -> Vec<Value> {
    let asked = json!({
        "origin": origin, "cookie": who.map(cookie), "forms_from": "/en/staff/sign-in", "width_mm": 74,
        "pictures": std::env::var("E2E_PICTURES").ok(), "prints": what,
    });
    let printed = Browser::start("print.mjs", &asked).leads_to_the_end();
    for page in &printed {
        assert_eq!(page["beyond"], json!([]), "{page}");
        assert!(page["wide"].as_u64() <= page["width"].as_u64(), "{page}");
        assert!(page["points"].as_f64().unwrap() >= 8.0, "{page}");
        let sheets = page["sheets"].as_array().unwrap();
        assert!(!sheets.is_empty() && sheets.iter().all(|sheet| sheet[0] == 80), "{page}");
    }
    printed
}

#[test]
fn a_pass_and_the_slip_of_a_count_fit_the_paper_of_a_receipt_printer() {
    let gateway = Gateway::demo().start();
    let Issued { gate, .. } = Issued::new(&gateway);
    let passes = ["en", "sw"]
        .map(|language| json!({"name": format!("pass-{language}"), "path": format!("/{language}/pass/1")}));
    for printed in prints(&gate.url(), None, &json!(passes)) {
        assert_eq!(printed["sheets"].as_array().unwrap().len(), 1, "one pass, one sheet: {printed}");
        let text = printed["text"].as_str().unwrap();
        assert!(text.contains("222222") && !text.contains("Ctrl"), "{text}");
    }

    let cashier = gateway.staff("gpo.cashier", "cashier", Some("huduma"));
    let at = |room: &str, fields: &str| {
        cashier.posts(&format!("/en/counter/{room}"), &format!("counter=huduma-gpo-3&{fields}"))
    };
    let open = at("open", "wish=a-wish-of-the-cashier-1&float=5000").expect(200).text();
    let shift = open.split("name=\"shift\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let token = &cashier.token;
    let count = format!(
        "session={token}&counter=huduma-gpo-3&wish=a-wish-of-the-cashier-2&shift={shift}&n1000=4&n500=1&n100=3&n20=2&n1=7"
    );
    let slips = ["en", "sw"].map(|language| {
        json!({"name": format!("slip-{language}"), "path": format!("/{language}/counter/close"), "form": count})
    });
    for printed in prints(&gateway.public(), Some(&cashier), &json!(slips)) {
        assert_eq!(printed["sheets"].as_array().unwrap().len(), 1, "{printed}");
        let text = printed["text"].as_str().unwrap();
        assert!(
            text.contains("4,847.00") && text.contains("____") && !text.contains("gpo.cashier"),
            "{text}"
        );
    }
}
