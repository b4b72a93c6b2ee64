//! The folder of a device loses what it did, or the clock of its machine is set back. It is noticed, it is said what to do, nothing
//! is used twice, and what can be told is told.

use std::fs;

use serde_json::json;

use super::{paid, views_have_everything};
use crate::harness::{GateDevice, Gateway, eventually, malipo, run, write_secret};

const PARK: &str = "kws-lake-nakuru-entry";
const ADULT: &str = "n.east_african_citizen.adult=1&settlement=later";

#[test]
fn a_device_whose_journal_is_gone_does_not_start_and_a_new_one_in_another_folder_takes_its_place() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let visitor = paid(&gateway, &kws);
    let mut elsa = GateDevice::enrol(&gateway, "Elsa Gate");
    views_have_everything(&gateway);
    elsa.start();
    eventually("the list is there", || (elsa.checks(&visitor.receipt) == "valid").then_some(()));
    assert_eq!(elsa.lets_in(&visitor.code), "let_in");
    issues(&elsa, "w1");
    elsa.kill();
    elsa.start();
    eventually("it is told", || elsa.page("en").contains(", 0 not yet told").then_some(()));
    elsa.stop();
    let number = elsa.passes()[0]["bill"].to_string();

    fs::remove_file(elsa.folder().join("journal")).unwrap();
    let said = elsa.is_refused(&[]);
    for what_to_do in ["journal is lost", "malipo gate revoke", "malipo gate enrol --data FOLDER"] {
        assert!(said.contains(what_to_do), "{said}");
    }
    assert!(!elsa.folder().join("journal").exists());
    let key_file = gateway.folder().join("key-that-certifies");
    write_secret(&key_file, &kws.key);
    let mut command =
        malipo(["gate", "enrol", "--agency", "KWS", "--site", "hells-gate", "--gate", "Elsa Gate"]);
    command.arg("--gateway").arg(gateway.public()).arg("--key-file").arg(key_file);
    let said = run(command.arg("--data").arg(elsa.folder())).expect(1).stderr;
    assert!(said.contains("each has a folder of its own"), "{said}");

    // What the message says can be done.
    let mut revoke = malipo(["gate", "revoke", "--site", "hells-gate", &elsa.name()]);
    run(revoke.arg("--data").arg(gateway.data())).expect(0);
    let mut anew = GateDevice::enrol(&gateway, "Elsa Gate 2");
    views_have_everything(&gateway);
    anew.start();
    let lists = || (anew.checks(&visitor.code) == "already_used").then_some(());
    eventually("it knows of what the other has told", lists);
    issues(&anew, "w1");
    assert_ne!(anew.passes()[0]["bill"].to_string(), number, "it has numbers of its own");
}

#[test]
fn an_older_copy_of_a_journal_is_noticed_and_what_it_did_is_told_all_the_same() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let mut elsa = GateDevice::enrol(&gateway, "Elsa Gate");
    elsa.prepares();
    let journal = elsa.folder().join("journal");
    let (copy, list) = (fs::read(&journal).unwrap(), fs::read(elsa.folder().join("pack.note")).unwrap());
    gateway.kill();
    elsa.start();
    for wish in ["w1", "w2"] {
        issues(&elsa, wish);
    }
    elsa.stop();
    gateway.start_again();
    elsa.start();
    eventually("it is told", || elsa.page("en").contains(", 0 not yet told").then_some(()));
    elsa.stop();
    gateway.kill();

    // The folder as it was, and nobody who could say that it is old.
    fs::write(&journal, copy).unwrap();
    fs::write(elsa.folder().join("pack.note"), list).unwrap();
    let visitor_number = {
        elsa.start();
        issues(&elsa, "w3");
        elsa.stop();
        elsa.passes()[0]["bill"].as_u64().unwrap()
    };
    gateway.start_again();
    elsa.start();
    eventually("it is noticed", || (elsa.checks("anything") == "device_behind").then_some(()));
    let refused = crate::harness::try_to_issue(&elsa.url(), PARK, &format!("wish=w4&{ADULT}"));
    let page = refused.expect("its page answers").expect_err("there is no pass");
    assert!(page.contains("has lost a part of what it did"), "{page}");
    eventually("it is told", || elsa.page("en").contains(", 0 not yet told").then_some(()));
    elsa.stop();
    elsa.start();
    assert_eq!(elsa.checks("anything"), "device_behind");

    views_have_everything(&gateway);
    let told = kws.get("/v1/gates/passes?limit=100").expect(200).json();
    let told = told["data"].as_array().unwrap();
    assert_eq!(told.len(), 3, "{told:?}");
    let of_number = told.iter().filter(|pass| pass["payment_number"] == format!("{visitor_number:012}"));
    let outcomes: Vec<_> = of_number.map(|pass| pass["outcome"].clone()).collect();
    assert!(
        outcomes.contains(&json!("issued")) && outcomes.len() == 2,
        "the number was used twice: {outcomes:?}"
    );
    let batches = kws.get("/v1/gates").expect(200).json()["devices"][0]["batches"].clone();
    assert_eq!(batches, 2);
    gateway.books().expect_balanced();
}

#[test]
fn a_clock_that_is_set_back_makes_no_old_list_new() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let visitor = paid(&gateway, &kws);
    let mut elsa = GateDevice::enrol(&gateway, "Elsa Gate");
    views_have_everything(&gateway);
    elsa.start();
    eventually("the list is there", || (elsa.checks(&visitor.receipt) == "valid").then_some(()));
    elsa.kill();
    let as_of = kws.get("/v1/status").expect(200).json()["as_of"].as_str().unwrap().to_owned();
    let now: jiff::Timestamp = as_of.parse().unwrap();
    gateway.kill();
    // A day and a half without the gateway, and then the machine is turned off and its clock set back.
    elsa.start_with(&["--clock", &(now + jiff::SignedDuration::from_hours(37)).to_string()]);
    assert_eq!(elsa.checks(&visitor.receipt), "pack_too_old");
    elsa.kill();
    elsa.start();
    assert_eq!(elsa.lets_in(&visitor.receipt), "pack_too_old");
    assert_eq!(elsa.uses(), Vec::<String>::new());
    assert!(elsa.page("en").contains("The clock of this machine is wrong"), "{}", elsa.page("en"));
    assert!(elsa.page("sw").contains("Saa ya mashine hii si sahihi"));
    let list = get_passes(&elsa);
    assert!(list.contains("The list is too old"), "{list}");
}

#[test]
fn only_a_device_of_a_demonstration_has_a_time_of_its_own() {
    let gateway = Gateway::serve().start();
    let mut elsa = GateDevice::enrol(&gateway, "Elsa Gate");
    for flags in [&["--speed", "60"][..], &["--clock", "2027-01-03T06:00:00+03:00"]] {
        let said = elsa.is_refused(flags);
        assert!(said.contains(flags[0]) && said.contains("of a demonstration alone"), "{said}");
    }
    elsa.start();
    elsa.stop();
}

fn get_passes(gate: &GateDevice) -> String {
    crate::harness::get(format!("{}/en/passes", gate.url())).send().expect(200).text()
}

#[track_caller]
fn issues(gate: &GateDevice, wish: &str) {
    let form = format!("wish={wish}&{ADULT}");
    // Its numbers come after its list.
    eventually("it issues a pass", || {
        crate::harness::try_to_issue(&gate.url(), PARK, &form).expect("its page answers").ok()
    });
}
