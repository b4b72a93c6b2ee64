//! Names, phones, identity numbers and what payers typed are nowhere in the clear: not in logs, metrics, addresses,
//! errors, the journal, the views, snapshots or exports.

use std::path::Path;

use serde_json::json;

use crate::harness::{Gateway, Order, Payment, eventually, get, post};

/// Texts that stand for a person. Whoever finds one of them has found a leak.
const NATIONAL_NUMBER: &str = "799418253";
const NAME: &str = "Wanjikanari";
const IDENTITY: &str = "3918274650";
const TYPED: &str = "CANARISHULE";
const ASSESSMENT: &str = "202699418253000017";
/// SHA-256 of the phone number, as Safaricom tells it.
const HASHED_PHONE: &str = "5f7c1c9be1d04b0c4ee5b4d2a1b6c8e97f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c";

/// All of them, in the forms in which they could turn up.
fn canaries() -> Vec<String> {
    let plain = [NATIONAL_NUMBER, NAME, IDENTITY, TYPED, ASSESSMENT, HASHED_PHONE];
    let mut forms: Vec<_> = plain.iter().map(|text| (*text).to_owned()).collect();
    forms.extend(plain.iter().flat_map(|text| [text.to_lowercase(), text.to_uppercase()]));
    forms.push("799 418 253".to_owned());
    forms.sort_unstable();
    forms.dedup();
    forms
}

#[test]
fn nobody_who_looks_finds_a_payer() {
    let mut gateway = Gateway::demo().start();
    gateway.sandbox().knows(&gateway);
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let phone = format!("0{NATIONAL_NUMBER}");
    let payer = json!({"phone": phone, "name": NAME, "identity_number": IDENTITY});
    let mut answers = Vec::new();

    // A bill with everything, a prompt that is paid, a payment by paybill, a wrong account, an assessment.
    let bill = kws.bills(&Order::hells_gate(1).payer(payer.clone()));
    answers.push(bill.json.to_string());
    let attempt = kws.prompts(&bill, &phone).expect(202);
    answers.push(attempt.text());
    gateway.sandbox().payer(&phone).enters_pin().expect(202);
    kws.sees_attempt(attempt.json()["id"].as_str().unwrap(), "succeeded");
    let assessed = kra.bills(&Order::assessment(900, ASSESSMENT).payer(payer));
    for payment in [
        Payment::of_bill(&assessed),
        Payment::of("10.00", TYPED),
        Payment { phone: HASHED_PHONE.to_owned(), ..Payment::of("20.00", TYPED) },
        Payment::of("30.00", &bill.number),
    ] {
        let told = Payment {
            name: NAME.to_uppercase(),
            phone: if payment.phone == HASHED_PHONE {
                payment.phone.clone()
            } else {
                format!("254{NATIONAL_NUMBER}")
            },
            ..payment
        };
        answers.push(gateway.safaricom().asks_about(&told).text());
        gateway.safaricom().confirms(&told).expect_success();
        gateway.safaricom().confirms(&told.but_of("77.00")).expect_success();
    }

    // Mistakes, with the texts in every place where one could be said back.
    let bills = format!("{}/v1/bills", gateway.public());
    for wrong in [
        json!({"service": "kws-hells-gate-entry", "payer": {"phone": format!("{NATIONAL_NUMBER}{NATIONAL_NUMBER}")}}),
        json!({"service": NAME, "payer": {"name": NAME.repeat(50)}}),
        json!({"service": "kws-hells-gate-entry", "payer": {NAME: IDENTITY}}),
        json!({"service": "kra-prn-payment", "order": {"assessment": {"amount": 1, "currency": "KES", "reference": NAME}}}),
        json!({"service": "kws-hells-gate-entry", "order": {"variant": NAME}}),
    ] {
        let answer = post(&*bills, &wrong).key(&kws.key).idempotency_key("a-wrong-request-of-mine").send();
        assert!((400..500).contains(&answer.status), "{}", answer.text());
        answers.push(answer.text());
    }
    answers.push(kws.prompts(&bill, &format!("{NATIONAL_NUMBER}0000")).text());
    let broken = format!("{{\"TransID\": \"{NAME}\", \"MSISDN\": \"254{NATIONAL_NUMBER}\"");
    let confirm = format!("{}/c2b/confirm", gateway.callbacks());
    for message in [broken, format!("{{\"{NAME}\": \"{TYPED}\"}}"), json!({"TransAmount": NAME}).to_string()]
    {
        let answer =
            crate::harness::Call::new(hyper::Method::POST, &*confirm).body(message).send().expect(200);
        answers.push(answer.text());
    }
    for list in ["/v1/bills", "/v1/suspense", "/v1/quarantine", "/v1/attempts?status=unknown"] {
        answers.push(kws.get(list).text());
    }
    answers.push(kws.receipt(&bill));

    // Staff of the agency look at all of it; what somebody at a gate types is in no address and is not said back.
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    let office = gateway.staff("head.office", "agency_viewer", Some("kws"));
    let guard = gateway.staff("main.gate", "agency_gate", Some("kws"));
    let life = format!("/en/agency/bills/{}", bill.number);
    for path in ["/en/agency/", "/sw/agency/transactions", "/en/agency/transactions.csv", &life] {
        answers.push(office.gets(path).expect(200).text());
    }
    assert!(answers.last().unwrap().contains("Request to a phone"), "the attempt is in the bill's life");
    for typed in [phone.as_str(), NAME, IDENTITY, TYPED, ASSESSMENT] {
        answers.push(guard.posts("/en/gate", &format!("at=Main+Gate&q={typed}")).expect(200).text());
        let lookups = format!("{}/v1/lookups", gateway.public());
        answers.push(post(&*lookups, &json!({"q": typed})).key(&kws.key).send().expect(200).text());
        let visits = format!("{}/v1/visits", gateway.public());
        let wanted = json!({"payment_number": typed, "gate": "Main Gate"});
        answers.push(post(&*visits, &wanted).key(&kws.key).send().expect(422).text());
        // Whoever types it where it does not belong sees it again in the form; nothing keeps it.
        office.gets(&format!("/en/agency/transactions?reference={typed}")).expect(200);
        office.form("/en/staff/sign-in", &format!("login={typed}&password={typed}&code={typed}")).send();
        office.form("/en/staff/set-up", &format!("invitation={typed}")).send().expect(422);
    }
    answers.push(get(format!("{}/metrics", gateway.admin())).send().expect(200).text());
    answers.push(gateway.log());

    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    gateway.stop();
    gateway.start_again();
    gateway.stop();
    answers.push(gateway.log());
    let books = gateway.books();
    let canaries = canaries();
    for answer in &answers {
        for canary in &canaries {
            assert!(!answer.contains(canary.as_str()), "{canary} is said in: {answer}");
        }
    }
    let exported = bytes_below(&books.export_folder(), &[]);
    // The simulated Safaricom keeps its own record, and wrapped keys are not what this is about.
    let kept = bytes_below(gateway.data(), &["sandbox", "keys"]);
    for (name, bytes) in exported.iter().chain(&kept) {
        for canary in &canaries {
            assert!(!contains(bytes, canary), "{canary} is in {name}");
        }
    }
    // What is looked for in this way would be found: the number of the bill is no secret.
    let with_number =
        |files: &[(String, Vec<u8>)]| files.iter().any(|(_, bytes)| contains(bytes, &bill.number));
    assert!(with_number(&exported) && with_number(&kept));
    let names: Vec<_> = kept.iter().map(|(name, _)| name.as_str()).collect();
    for part in ["journal/", "views/", "catalogues/"] {
        assert!(names.iter().any(|name| name.contains(part)), "{part} was looked through: {names:?}");
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Every file below a folder with its bytes, but for those in the folders that are left out. A journal's room that has
/// never been written to is left out as well.
fn bytes_below(folder: &Path, left_out: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if left_out.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        if path.is_dir() {
            found.extend(bytes_below(&path, left_out));
        } else {
            let mut bytes = std::fs::read(&path).unwrap();
            let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            bytes.truncate(written);
            found.push((path.display().to_string(), bytes));
        }
    }
    found
}
