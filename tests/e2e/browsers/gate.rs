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
    gallery.has_nothing_wrong();
    assert_eq!(gate.uses(), [used.number, paid.number], "whoever is looked at four times is in once");
}
