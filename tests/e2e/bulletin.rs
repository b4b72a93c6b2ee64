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
    let of_others: Vec<_> = first["others"]["ways"].as_array().unwrap().iter().collect();
    assert_eq!(of_others.len(), 2, "what this gateway need not ask for: {of_others:?}");
    assert_eq!(
        (&of_others[0]["channel"], &of_others[0]["pay_to"]),
        (&"bank.kcb".into(), &"1100220033".into())
    );
    let kra = first["agencies"].as_array().unwrap().iter().find(|plan| plan["agency"] == "KRA").unwrap();
    assert_eq!(kra["ways"][0]["pay_to"], "572572", "{kra}");
    for file in ["bulletin.html", "bulletin.json", "bulletin.note"] {
        let length = std::fs::metadata(folder(&gateway).join(file)).unwrap().len();
        assert!(length <= FILE_BYTES_MAX, "{file} has {length} bytes");
    }

    gateway.operator_says("mpesa_paybill", "start");
    eventually("the bulletin follows", || (json(&gateway)["first_choice"]["state"] == "down").then_some(()));
    gateway.operator_says("bank.kcb", "start");
    let bank_is_down = || (json(&gateway)["others"]["ways"][0]["state"] == "down").then_some(());
    eventually("also of what all others are sent to", bank_is_down);
    eventually("its note fits", || (verified(&gateway).code == Some(0)).then_some(()));
    gateway.kill();
    let page = read(&gateway, "bulletin.html").unwrap();
    assert!(page.len() as u64 <= FILE_BYTES_MAX, "{} bytes", page.len());
    assert_eq!(
        (&first["others_can_be_paid"], &json(&gateway)["others_can_be_paid"]),
        (&true.into(), &true.into())
    );
    let said_of_both = ["Does not work", "572572", "do not pay again", "Haifanyi kazi", "usilipe tena"];
    let said_of_others =
        ["<h3>Every other agency</h3>", "<h3>Wakala wengine wote</h3>", "Tawi la KCB (mfano)"];
    for said in said_of_both.into_iter().chain(said_of_others) {
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

#[test]
fn a_paybill_that_is_down_for_one_agency_is_not_shown_as_working_to_its_visitors() {
    let gateway = Gateway::demo().start();
    let plan = |agency: &str| {
        let json: Value = serde_json::from_str(&read(&gateway, "bulletin.json")?).ok()?;
        json["agencies"].as_array()?.iter().find(|plan| plan["agency"] == agency).cloned()
    };
    let state = |agency: &str| Some(plan(agency)?["first_choice"].as_str()?.to_owned());
    eventually("the bulletin is written", || (state("KWS")? == "up").then_some(()));
    for agency in ["kws", "NTSA"] {
        let mut said = malipo(["outage", "start", "mpesa_paybill", "--agency", agency]);
        said.args(["--reason", "A cable is cut.", "--reason-sw", "Kebo imekatika."]);
        run(said.arg("--data").arg(gateway.data())).expect(0);
    }
    eventually("it follows", || (state("KWS")? == "down" && state("NTSA")? == "down").then_some(()));
    assert_eq!(state("KRA").as_deref(), Some("up"), "nobody else's");
    let of_ntsa = plan("NTSA").unwrap();
    assert_eq!(of_ntsa["ways"][0]["channel"], "bank.kcb", "it goes by the national plan, and is named");
    assert_eq!(plan("NEMA"), None, "nothing is known of it alone");
    let page = eventually("the page follows", || {
        read(&gateway, "bulletin.html").filter(|page| page.contains("Not for every agency"))
    });
    let of_kws = page.split("<h3>").find(|part| part.starts_with("Kenya Wildlife Service")).unwrap();
    assert!(of_kws.contains("Does not work") && of_kws.contains("600000"), "{of_kws}");
}

#[test]
fn a_bulletin_that_could_not_be_written_is_written_as_soon_as_it_can_be() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("bulletin");
    std::fs::write(&folder, "a file stands where the folder should be").unwrap();
    let gateway = Gateway::demo().set("bulletin.folder", folder.to_str().unwrap()).start();
    eventually("somebody is told", || gateway.log().contains("The bulletin cannot be written").then_some(()));
    std::fs::remove_file(&folder).unwrap();
    eventually("it is written", || folder.join("bulletin.note").exists().then_some(()));
}
