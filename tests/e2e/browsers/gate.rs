//! The pages of a gate that has nobody to ask.

use super::look::{Gallery, Look};
use crate::harness::{GateDevice, Gateway, Order, Payment, eventually};

#[test]
fn the_pages_of_a_gate_without_a_gateway_can_be_used_by_everybody_on_any_screen() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let [paid, used] = [2, 3].map(|adults| {
        let bill = kws.bills(&Order::hells_gate(adults));
        gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
        bill
    });
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    let mut gate = GateDevice::enrol(&gateway, "Elsa Gate");
    gate.prepares();
    gate.start();
    eventually("the list is there", || (gate.checks(&paid.number) == "valid").then_some(()));
    gateway.kill();
    assert_eq!(gate.lets_in(&used.number), "let_in");

    let check = |name: &str, shown: &str| {
        Look::at(&format!("gate-alone-{name}"), "/{lang}/check").sending(&[("q", shown)])
    };
    let mut gallery = Gallery::default();
    let looks = [
        Look::at("gate-alone", "/{lang}/").says("What does the visitor show?"),
        check("valid", &paid.number).says("2 × "),
        check("used", &used.number).says("ALREADY USED"),
        check("not-genuine", "MLP1:x.y").says("NOT GENUINE"),
        check("not-found", "407155201831").says("it proves itself"),
        Look::at("gate-alone-let-in", "/{lang}/let-in").sending(&[("q", &paid.number)]),
    ];
    gallery.look_at_gate(&gate, &looks);
    let park = "/{lang}/passes/kws-lake-nakuru-entry";
    let family: [(&str, &str); 4] = [
        ("wish", "b0c3"),
        ("n.east_african_citizen.adult", "2"),
        ("n.east_african_citizen.child", "1"),
        ("settlement", "later"),
    ];
    let nobody: [(&str, &str); 2] = [("wish", "b0c4"), ("settlement", "exit")];
    let dollars: [(&str, &str); 3] =
        [("wish", "b0c5"), ("n.non_resident.adult", "2"), ("settlement", "exit")];
    let looks = [
        Look::at("gate-passes-none", "/{lang}/passes").says("None yet."),
        Look::at("gate-pass-form", park).says("How many?"),
        Look::at("gate-pass-price", &format!("{park}/price")).sending(&family).says("KES 3,750.00"),
        Look::at("gate-pass-dollars", &format!("{park}/price")).sending(&dollars).says("USD 180.00"),
        Look::at("gate-pass-refused", &format!("{park}/issue"))
            .sending(&nobody)
            .answered(422)
            .says("NO PASS"),
        Look::at("gate-pass-issued", &format!("{park}/issue")).sending(&family),
        Look::at("gate-pass-again", "/{lang}/pass/1").says("PROVISIONAL PASS"),
        Look::at("gate-passes", "/{lang}/passes").says("KES 3,750.00"),
    ];
    gallery.look_at_gate(&gate, &looks);
    let issued = gate.passes();
    assert_eq!(issued.len(), 1, "a form that is sent four times is one pass");
    let bill = issued[0]["bill"].to_string();
    gallery.look_at_gate(&gate, &[check("issued-here", &bill).says("ALREADY USED")]);
    gallery.has_nothing_wrong();
    assert_eq!(gate.uses(), [used.number, paid.number], "whoever is looked at four times is in once");
}
