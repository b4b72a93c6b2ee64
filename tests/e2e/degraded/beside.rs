//! Those who are told, and those who are asked, are off.

use serde_json::{Value, json};

use super::Payers;
use crate::harness::{AgencySystem, Gateway, Order, Payment, catalogue_with, eventually, get};
use crate::harness::{made_up_for, malipo, run};

#[test]
fn a_silent_webhook_costs_only_its_own_notices_and_gets_them_all_in_the_end() {
    let gateway = Gateway::demo().start();
    let payers = Payers::of(&gateway);
    let (kws, told) = (gateway.agency("kws"), payers.told());
    kws.bills(&Order::hells_gate(3));
    eventually("the endpoint is told", || (told.count() > 0).then_some(()));
    let feed = || kws.get("/v1/events?limit=1").expect(200).json();
    assert!(feed()["data"][0].is_object(), "the feed goes on beside it");
    let made = std::cell::RefCell::new(None);
    let off = || {
        told.is_silent();
        *made.borrow_mut() = Some(kws.bills(&Order::hells_gate(4)));
        feed();
    };
    let on = || {
        let bill = made.borrow_mut().take().unwrap();
        assert!(told.taken().values().all(|notice| notice.number != bill.number), "it took nothing");
        told.takes();
    };
    payers.while_off("a webhook is silent", off, on, &[]);
}

#[test]
fn dead_carriers_cost_only_text_messages_and_these_are_sent_in_the_end() {
    // Carriers are tried again after minutes; a minute is three seconds here.
    let gateway = Gateway::demo().speed(20).start();
    let payers = Payers::of(&gateway);
    let (kws, carriers) = (gateway.agency("kws"), gateway.carriers());
    let bill = kws.bills(&Order::hells_gate(2));
    let payment = Payment::of_bill(&bill);
    let both = |faults: Value| ["first", "second"].map(|name| carriers.breaks(name, &faults));
    let off = || {
        both(json!({"down": true}));
        gateway.safaricom().confirms(&payment).expect_success();
        kws.sees(&bill, "paid");
    };
    let on = || {
        assert!(carriers.texts_on(&payment.phone).is_empty(), "nobody can be told yet");
        both(json!({}));
        made_up_for("the payer is told after all", || {
            usize::from(!carriers.texts_on(&payment.phone).iter().any(|text| text.starts_with("PAID")))
        });
    };
    payers.while_off("no carrier takes messages", off, on, std::slice::from_ref(&payment));
}

#[test]
fn a_dead_system_of_an_agency_costs_only_what_is_handed_on_to_it() {
    let system = AgencySystem::answering("open");
    let address = system.address();
    let folder = tempfile::tempdir().unwrap();
    let catalogue = catalogue_with(folder.path(), &[("KRA", json!({"address": system.url()}))]);
    let gateway = Gateway::demo()
        .set("catalogue.file", catalogue.to_str().unwrap())
        .set("routing.private_networks", "127.0.0.0/8")
        .start();
    let handed_on = || get(format!("{}/s/kra-pin-registration/x", gateway.agencies())).send();
    assert_eq!(handed_on().expect(200).text(), "open");
    let kra = gateway.agency("kra");
    let bill = kra.bills(&Order::assessment(500, "2027000123456"));
    let payment = Payment::of_bill(&bill);
    let off = || {
        drop(system);
        eventually("it is left in peace", || (handed_on().status == 503).then_some(()));
        gateway.safaricom().confirms(&payment).expect_success();
        kra.sees(&bill, "paid");
    };
    let on = || {
        let well = AgencySystem::start_at(address, |conversation| conversation.answers_everything("open"));
        eventually("it is tried again", || (handed_on().status == 200).then_some(()));
        drop(well);
    };
    Payers::of(&gateway).while_off("an agency's own system is dead", off, on, std::slice::from_ref(&payment));
}

#[test]
fn a_catalogue_file_that_is_broken_costs_only_its_reload() {
    let folder = tempfile::tempdir().unwrap();
    let file = catalogue_with(folder.path(), &[]);
    let good = std::fs::read_to_string(&file).unwrap();
    let gateway = Gateway::demo().set("catalogue.file", file.to_str().unwrap()).start();
    let reload = || run(malipo(["catalogue", "reload"]).arg("--data").arg(gateway.data()));
    let off = || {
        std::fs::write(&file, &good[..good.len() / 2]).unwrap();
        let said = reload().expect(1).stderr;
        assert!(said.contains("line"), "{said}");
    };
    let on = || {
        std::fs::write(&file, &good).unwrap();
        reload().expect(0);
    };
    Payers::of(&gateway).while_off("the file of the catalogue is broken", off, on, &[]);
}
