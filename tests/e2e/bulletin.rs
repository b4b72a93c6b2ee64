//! How to pay when the gateway is gone: small signed files that any web server hands out.

use std::path::PathBuf;

use serde_json::Value;

use crate::harness::{Finished, Gateway, Order, eventually, malipo, run};

/// The most that each file of the embedded catalogue may take, in bytes.
const FILE_BYTES_MAX: u64 = 12 * 1024;

fn folder(gateway: &Gateway) -> PathBuf {
    gateway.data().join("bulletin")
}

fn read(gateway: &Gateway, file: &str) -> Option<String> {
    std::fs::read_to_string(folder(gateway).join(file)).ok()
}

/// What `malipo verify` makes of the bulletin, with the gateway's public keys and nothing else.
fn verified(gateway: &Gateway) -> Finished {
    let mut command = malipo(["verify"]);
    command.arg(folder(gateway)).arg("--keys").arg(gateway.data().join("public-keys.json"));
    run(&mut command)
}

#[test]
fn the_bulletin_says_how_to_pay_each_agency_and_follows_an_outage_and_stays_when_the_gateway_is_gone() {
    let mut gateway = Gateway::demo().start();
    let json = |gateway: &Gateway| -> Value {
        serde_json::from_str(&read(gateway, "bulletin.json").unwrap()).unwrap()
    };
    eventually("the bulletin is written", || read(&gateway, "bulletin.note"));
    let first = json(&gateway);
    assert_eq!(
        (&first["first_choice"]["pay_to"], &first["first_choice"]["state"]),
        (&"222222".into(), &"up".into())
    );
    let kra = first["agencies"].as_array().unwrap().iter().find(|plan| plan["agency"] == "KRA").unwrap();
    assert_eq!(kra["ways"][0]["pay_to"], "572572", "{kra}");
    for file in ["bulletin.html", "bulletin.json", "bulletin.note"] {
        let length = std::fs::metadata(folder(&gateway).join(file)).unwrap().len();
        assert!(length <= FILE_BYTES_MAX, "{file} has {length} bytes");
    }

    gateway.operator_says("mpesa_paybill", "start");
    eventually("the bulletin follows", || (json(&gateway)["first_choice"]["state"] == "down").then_some(()));
    eventually("its note fits", || (verified(&gateway).code == Some(0)).then_some(()));
    gateway.kill();
    let page = read(&gateway, "bulletin.html").unwrap();
    for said in ["Does not work", "572572", "do not pay again", "Haifanyi kazi", "usilipe tena"] {
        assert!(page.contains(said), "{said:?} is missing: {page}");
    }
    let said = verified(&gateway).expect(0).stdout;
    assert!(said.contains("[+] bulletin.html") && said.ends_with("genuine\n"), "{said}");

    std::fs::write(folder(&gateway).join("bulletin.html"), page.replace("572572", "572573")).unwrap();
    let said = verified(&gateway).expect(3).stdout;
    assert!(said.contains("[-] bulletin.html: it is not the file that was signed"), "{said}");
    let note = read(&gateway, "bulletin.note").unwrap();
    std::fs::write(folder(&gateway).join("bulletin.note"), note.replacen("20", "21", 1)).unwrap();
    assert!(verified(&gateway).expect(3).stdout.contains("NOT genuine"));
}

#[test]
fn a_folder_that_cannot_be_written_costs_the_bulletin_alone() {
    let gateway = Gateway::demo().set("bulletin.folder", "/proc/nowhere").start();
    eventually("somebody is told", || gateway.log().contains("The bulletin cannot be written").then_some(()));
    let bill = gateway.agency("kws").bills(&Order::hells_gate(1));
    gateway.sandbox().payer("0700000001").pays(&bill.number, "500");
    gateway.agency("kws").sees(&bill, "paid");
}
