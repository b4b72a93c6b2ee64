//! All of it is off at once: the views, a webhook, every carrier of messages, and an agency's own system.

use serde_json::{Value, json};

use super::Payers;
use super::views::{built_again, lists_are_whole};
use crate::harness::{AgencySystem, Gateway, NoticeTaker, Order, Payment, catalogue_with, eventually, get};

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
    let (kws, taker, carriers) = (gateway.agency("kws"), NoticeTaker::start(), gateway.carriers());
    kws.post("/v1/webhook_endpoints", &json!({"url": taker.url()})).send().expect(201);
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
        taker.is_silent();
        carriers_break(json!({"down": true}));
        std::fs::remove_dir_all(gateway.data().join("views")).unwrap();
        gateway.safaricom().confirms(&payment).expect_success();
        kws.sees(&bill, "paid");
    };
    let on = || {
        let well = AgencySystem::start_at(address, |conversation| conversation.answers_everything("open"));
        taker.takes();
        carriers_break(json!({}));
        built_again(&gateway);
        lists_are_whole(&gateway);
        eventually("its system is tried again", || (handed_on().status == 200).then_some(()));
        eventually("the payer is told after all", || {
            carriers.texts_on(&payment.phone).iter().find(|text| text.starts_with("PAID")).map(|_| ())
        });
        eventually("the agency is told after all", || {
            let heard = taker.heard().into_iter().filter(|notice| notice.is_taken);
            heard.map(|notice| notice.json().to_string()).find(|text| text.contains(&bill.id)).map(|_| ())
        });
        drop(well);
    };
    Payers::of(&gateway).while_off("everything beside payments is off", off, on, 1);
}
