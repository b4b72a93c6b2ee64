//! What a device brings is taken once, as it signed it; what was altered is refused; and a device that is trusted no more still
//! tells whom it let in.

use serde_json::json;

use super::{paid, views_have_everything};
use crate::harness::{GateDevice, Gateway, eventually, get, malipo, run};

#[test]
fn a_batch_is_taken_once_and_an_altered_one_never() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let mut gate = GateDevice::enrol(&gateway, "Elsa Gate");
    // More than fit into one batch.
    let visitors: Vec<_> = (0..30).map(|_| paid(&gateway, &kws)).collect();
    views_have_everything(&gateway);
    gate.start();
    eventually("the list is there", || (gate.checks(&visitors[0].receipt) == "valid").then_some(()));
    gateway.kill();
    for visitor in &visitors {
        assert_eq!(gate.lets_in(&visitor.code), "let_in");
    }
    gateway.start_again();
    gate.stop();
    gate.start();
    eventually("it is told", || gate.page("en").contains(", 0 not yet told").then_some(()));
    assert_eq!(gateway.books().events("visit").len(), 30);

    let send = |batch: &str| kws.post("/v1/gates/hells-gate/batches", &json!({"batch": batch})).send();
    let batches = gate.batches();
    assert_eq!(batches.len(), 2);
    let records = gateway.books().records.len();
    for batch in &batches {
        let answer = send(batch).expect(200).json();
        assert!(
            answer["uses"].as_array().unwrap().iter().all(|used| used["outcome"] == "let_in"),
            "{answer}"
        );
    }
    for at in (0..batches[0].len()).step_by(41).filter(|at| batches[0].is_char_boundary(*at)) {
        let mut altered = batches[0].clone();
        let letter = if &altered[at..=at] == "7" { "8" } else { "7" };
        let Some(end) = (at + 1..=altered.len()).find(|end| altered.is_char_boundary(*end)) else { continue };
        altered.replace_range(at..end, letter);
        assert_eq!(send(&altered).expect(422).problem(), "validation_failed", "{at}");
    }
    let elsewhere = kws.post("/v1/gates/amboseli/batches", &json!({"batch": batches[0]})).send();
    assert_eq!(elsewhere.expect(422).problem(), "validation_failed", "it is for another site");
    assert_eq!(gateway.books().records.len(), records, "nothing came of it");

    // The pack and the certificate prove themselves to whoever has the public keys.
    let keys = gateway.public_keys();
    for file in ["pack.note", "certificate.note"] {
        let path = gate.folder().join(file);
        let verify = || run(malipo(["verify"]).arg(&path).arg("--keys").arg(&keys));
        assert!(verify().expect(0).stdout.ends_with("genuine\n"));
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replacen("KWS", "KRA", 1)).unwrap();
        assert!(verify().expect(3).stdout.contains("the text or the signature was altered"));
        // A device does not work with what it cannot trust.
        std::fs::write(&path, text).unwrap();
    }
}

#[test]
fn a_revoked_device_is_named_in_packs_and_what_it_brings_is_kept_and_marked() {
    let mut gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let visitor = paid(&gateway, &kws);
    views_have_everything(&gateway);
    let mut gate = GateDevice::enrol(&gateway, "Elsa Gate");
    gate.start();
    eventually("the list is there", || (gate.checks(&visitor.receipt) == "valid").then_some(()));
    gateway.kill();
    assert_eq!(gate.lets_in(&visitor.code), "let_in");
    gateway.start_again();

    let revoke = format!("/v1/gates/hells-gate/devices/{}/revoke", gate.name());
    assert_eq!(kra.post(&revoke, &json!({})).send().expect(404).problem(), "not_found");
    let mut command = malipo(["gate", "revoke", "--site", "hells-gate", &gate.name()]);
    run(command.arg("--data").arg(gateway.data())).expect(0);
    kws.post(&revoke, &json!({})).send().expect(200);
    let pack = get(format!("{}/v1/gates/hells-gate/pack", gateway.public())).key(&kws.key).send();
    assert!(pack.expect(200).text().contains(&format!("\"revoked_devices\":[\"{}\"]", gate.name())));

    gate.stop();
    gate.start();
    eventually("it is told", || gate.page("en").contains(", 0 not yet told").then_some(()));
    let other = paid(&gateway, &kws);
    eventually("it lets nobody in any more", || (gate.checks(&other.code) == "device_revoked").then_some(()));
    assert_eq!(gate.lets_in(&other.code), "device_revoked");
    let books = gateway.books();
    let batch = &books.events("gate").pop().unwrap()["event"];
    assert_eq!((&batch["gate"], &batch["untrusted"]), (&json!("batch_taken"), &json!(true)), "{batch}");
    assert_eq!(books.events("visit").len(), 1, "whoever is inside is inside");
}
