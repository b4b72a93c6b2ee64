//! All of it is off at once: the views, a webhook, every carrier of messages, and an agency's own system.

use serde_json::{Value, json};

use super::Payers;
use super::views::{built_again, lists_are_whole};
use crate::harness::{AgencySystem, Gateway, Order, Payment, catalogue_with, eventually, get, made_up_for};

#[test]
fn everything_beside_payments_off_at_once_costs_payments_nothing_and_is_made_up_for() {
    let system = AgencySystem::answering("open");
    let address = system.address();
    let folder = tempfile::tempdir().unwrap();
    let catalogue = catalogue_with(folder.path(), &[("KRA", json!({"address": system.url()}))]);
    // Carriers are tried again after minutes; a minute is three seconds here.
    let gateway = Gateway::demo()
        .speed(20)
        .set("catalogue.file", catalogue.to_str().unwrap())
        .set("routing.private_networks", "127.0.0.0/8")
        .start();
    let payers = Payers::of(&gateway);
    let (kws, told, carriers) = (gateway.agency("kws"), payers.told(), gateway.carriers());
    let handed_on = || get(format!("{}/s/kra-pin-registration/x", gateway.agencies())).send();
    let bill = kws.bills(&Order::hells_gate(2));
    let payment = Payment::of_bill(&bill);
    let carriers_break = |faults: Value| {
        for name in ["first", "second"] {
            carriers.breaks(name, &faults);
        }
    };
    let off = || {
        drop(system);
        told.is_silent();
        carriers_break(json!({"down": true}));
        std::fs::remove_dir_all(gateway.data().join("views")).unwrap();
        gateway.safaricom().confirms(&payment).expect_success();
        kws.sees(&bill, "paid");
    };
    let on = || {
        let well = AgencySystem::start_at(address, |conversation| conversation.answers_everything("open"));
        told.takes();
        carriers_break(json!({}));
        built_again(&gateway);
        lists_are_whole(&gateway);
        eventually("its system is tried again", || (handed_on().status == 200).then_some(()));
        made_up_for("the payer is told after all", || {
            usize::from(!carriers.texts_on(&payment.phone).iter().any(|text| text.starts_with("PAID")))
        });
        drop(well);
    };
    payers.while_off("everything beside payments is off", off, on, std::slice::from_ref(&payment));
}
