//! A person at the command line makes slips: each is named before anything is recorded, and whoever stops reading is no failure.

use std::process::Stdio;

use serde_json::json;

use crate::harness::{Finished, GateDevice, Gateway, fresh_key, malipo, post, run};

fn says(gateway: &Gateway, words: &[&str]) -> Finished {
    run(malipo(words).arg("--data").arg(gateway.data()))
}

#[test]
fn a_key_for_an_agency_or_a_counter_that_does_not_exist_is_refused_and_the_slip_is_named() {
    let gateway = Gateway::demo().start();
    let issued = || gateway.books().events("key_issued").len();
    let before = issued();
    let cashier = |agency, counter| {
        let role = ["keys", "create", "--role", "cashier", "--agency"];
        [&role[..], &[agency, "--counter", counter]].concat()
    };
    for (words, slip) in [
        (vec!["keys", "create", "--role", "agency_viewer", "--agency", "xyz"], "no agency XYZ"),
        (cashier("huduma", "huduma-gpo-9"), "HUDUMA has no counter of this name"),
        (cashier("kra", "huduma-gpo-3"), "KRA has no counter of this name"),
    ] {
        let refused = says(&gateway, &words).expect(1);
        assert!(refused.stderr.contains(slip), "{}", refused.stderr);
    }
    assert_eq!(issued(), before);
    says(&gateway, &cashier("huduma", "huduma-gpo-3")).expect(0);
}

#[test]
fn a_device_is_certified_for_the_agency_and_the_site_that_were_meant_or_nothing_is_recorded() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let key_file = gateway.folder().join("key-of-kws");
    std::fs::write(&key_file, &kws.key).unwrap();
    let folder = gateway.folder().join("gate-mistaken");
    let enrols = |agency: &str, site: &str| {
        let mut command =
            malipo(["gate", "enrol", "--gate", "Elsa Gate", "--agency", agency, &format!("--site={site}")]);
        command.arg("--gateway").arg(gateway.public()).arg("--key-file").arg(&key_file);
        run(command.arg("--data").arg(&folder))
    };
    for (agency, site, slip) in [
        ("KRA", "hells-gate", "The key is of KWS"),
        ("KWS", "Hells Gate", "a site is named in"),
        ("KWS", "../keys", "a site is named in"),
        ("KWS", "-gate", "a site is named in"),
    ] {
        let refused = enrols(agency, site).expect(1);
        assert!(refused.stderr.contains(slip), "{}", refused.stderr);
    }
    let unknown = json!({"gate": "Elsa Gate", "key": "k"});
    kws.post("/v1/gates/Hells-Gate/devices", &unknown).send().expect(404);
    assert!(gateway.books().events("gate").is_empty());
    assert!(kws.get("/v1/gates").expect(200).json()["devices"].as_array().unwrap().is_empty());
    enrols("kws", "hells-gate").expect(0);
}

#[test]
fn what_an_operator_says_has_an_end_to_come_which_the_status_shows() {
    let gateway = Gateway::demo().start();
    let said = ["outage", "start", "mpesa_prompt", "--reason", "Cable", "--until"];
    let refused = says(&gateway, &[&said[..], &["2020-01-01T00:00:00Z"]].concat()).expect(1);
    assert_eq!(
        refused.stderr.trim(),
        "error: the gateway refused: /until: it would have ended already: the end has to be a time to come"
    );
    let refused = says(&gateway, &[&said[..], &["2126-01-01T00:00:00Z"]].concat()).expect(1);
    assert!(refused.stderr.contains("/until: it has to end within 7 days from now"), "{}", refused.stderr);
    let past = json!({"channel": "mpesa_prompt", "to": "down", "until": "2020-01-01T00:00:00Z",
        "reason": {"en": "Cable", "sw": "Kebo"}});
    let key = gateway.create_key("operator", None);
    let answer = post(format!("{}/v1/outages", gateway.public()), &past).key(&key).send().expect(422);
    assert_eq!(answer.json()["errors"][0]["pointer"], "/until");
    assert!(gateway.books().events("channel").is_empty());

    for what in ["start", "drill", "works"] {
        says(&gateway, &["outage", what, "mpesa_prompt", "--reason", "Cable", "--for", "30m"]).expect(0);
        let status = says(&gateway, &["outage", "status", "--json"]).expect(0).stdout;
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        let channels = status["channels"].as_array().unwrap();
        let until = channels.iter().find(|one| one["channel"] == "mpesa_prompt").unwrap()["until"].clone();
        let shown = says(&gateway, &["outage", "status"]).expect(0).stdout;
        let line = shown.lines().find(|line| line.starts_with("mpesa_prompt")).unwrap().to_owned();
        assert!(line.contains(until.as_str().unwrap()), "{what}: {line}");
    }
}

#[test]
fn sweeps_of_a_demonstration_are_the_treasurys_and_of_more_than_nothing() {
    let gateway = Gateway::demo().start();
    says(&gateway, &["sweep", "list"]).expect(0);
    for amount in ["0", "0.00"] {
        let refused = says(&gateway, &["sweep", "send", "bank.kcb", amount]).expect(1);
        assert!(refused.stderr.contains("/amount: A transfer is of more than nothing"), "{}", refused.stderr);
    }
    let key = gateway.create_key("treasury", None);
    let body = json!({"channel": "bank.kcb", "amount": {"amount": 0, "currency": "KES"}});
    let sent = post(format!("{}/v1/sweeps", gateway.public()), &body).key(&key).idempotency_key(&fresh_key());
    assert!(sent.send().expect(422).text().contains("more than nothing"));
}

#[test]
fn whoever_stops_reading_is_no_failure_and_no_panic() {
    let gateway = Gateway::demo().start();
    gateway.create_key("auditor", None);
    for words in [
        &["ledger", "inspect", "--data"][..],
        &["ledger", "inspect", "--record", "1", "--data"],
        &["keys", "list", "--data"],
        &["outage", "status", "--data"],
        &["completions", "bash"],
        &["catalogue", "export", "--format", "ndjson"],
    ] {
        let mut command = malipo(words);
        if words.last() == Some(&"--data") {
            command.arg(gateway.data());
        }
        // Nobody reads: the reader is gone before the first line.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*stderr), (Some(141), ""), "{words:?}");
    }
}

#[test]
fn a_guard_reads_a_page_when_something_goes_wrong_at_the_gate() {
    let gateway = Gateway::demo().start();
    let mut device = GateDevice::enrol(&gateway, "Elsa Gate");
    device.prepares();
    device.start();
    let browser = |path: &str, form: Option<&str>| {
        let method = if form.is_some() { hyper::Method::POST } else { hyper::Method::GET };
        let call = crate::harness::Call::new(method, format!("{}{path}", device.url()));
        let call = call.header("accept", "text/html").body(form.unwrap_or_default().to_owned());
        call.header("content-type", "application/x-www-form-urlencoded").send()
    };
    for (path, status, said) in [
        ("/en/pass/99", 404, "href=\"/en/\""),
        ("/sw/pass/99999999999999999999999999", 404, "href=\"/sw/\""),
        ("/en/nowhere", 404, "href=\"/en/\""),
    ] {
        let page = browser(path, None).expect(status);
        assert!(page.header("content-type").unwrap().starts_with("text/html"), "{path}");
        assert!(page.text().contains(said) && page.text().contains("Elsa Gate"), "{}", page.text());
    }
    for (count, language, said) in [
        ("99999999999", "en", "Count visitors in whole numbers"),
        ("2.5", "sw", "Hesabu wageni kwa nambari kamili"),
    ] {
        let form = format!("wish=abc&settlement=later&n.east_african_citizen.adult={count}");
        let path = format!("/{language}/passes/kws-hells-gate-entry/price");
        let page = browser(&path, Some(&form)).expect(400).text();
        assert!(page.contains(said) && page.starts_with("<!DOCTYPE html>"), "{page}");
        // A program is told in its own way.
        let call =
            crate::harness::Call::new(hyper::Method::POST, format!("{}{path}", device.url())).body(form);
        let told = call.header("content-type", "application/x-www-form-urlencoded").send().expect(400);
        assert!(told.json()["detail"].as_str().unwrap().contains("whole number"), "{}", told.text());
    }
}
