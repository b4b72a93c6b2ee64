//! Names, phones, identity numbers and what payers typed are nowhere in the clear: not in logs, metrics, addresses,
//! errors, the journal, the views, snapshots or exports.

use std::collections::HashSet;
use std::path::Path;

use serde_json::json;

use crate::harness::{Gateway, Order, Payment, eventually, fresh_key, get, post, together};

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

/// How many people are planted.
const PAYERS: usize = 1_000;

/// The phone of a planted payer as a national number, and their identity number.
fn planted(payer: usize) -> (String, String) {
    // Spread over the numbers that there are, so that no run of digits is one by chance.
    let spread = payer * 48_271 % 9_999_991;
    (format!("71{spread:07}"), format!("{:010}", 3_000_000_000_usize + spread * 97))
}

/// Runs of digits that are a planted number, however it is written.
fn found_in(bytes: &[u8], numbers: &HashSet<String>) -> Vec<String> {
    let runs = bytes.split(|byte| !byte.is_ascii_digit()).filter(|run| run.len() >= 9);
    let plain = runs.map(|run| String::from_utf8_lossy(run).into_owned()).flat_map(|run| {
        let national = run.strip_prefix("254").or_else(|| run.strip_prefix('0')).map(str::to_owned);
        national.into_iter().chain([run])
    });
    plain.filter(|number| numbers.contains(number)).collect()
}

#[test]
fn a_thousand_payers_are_in_no_log_metric_page_error_or_file() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let guard = gateway.staff("main.gate", "agency_gate", Some("kws"));
    let office = gateway.staff("head.office", "agency_viewer", Some("kws"));
    let lookups = format!("{}/v1/lookups", gateway.public());
    let bills = format!("{}/v1/bills", gateway.public());
    const AT_ONCE: usize = 4;
    let answers = together(AT_ONCE, |first| {
        let mut answers = Vec::new();
        for payer in (first..PAYERS).step_by(AT_ONCE) {
            let (phone, identity) = planted(payer);
            let who = json!({"phone": format!("0{phone}"), "name": "Asha", "identity_number": identity});
            let bill = kws.bills(&Order::hells_gate(1).payer(who));
            answers.push(bill.json.to_string());
            // Some type what they should not, and their money is in suspense.
            let account = match payer % 5 {
                0 => identity.clone(),
                1 => format!("0{phone}"),
                _ => bill.number.clone(),
            };
            let payment = Payment { phone: format!("254{phone}"), ..Payment::of("500.00", &account) };
            answers.push(gateway.safaricom().asks_about(&payment).text());
            gateway.safaricom().confirms(&payment).expect_success();
            if payer % 10 == 0 {
                for shown in [format!("0{phone}"), identity.clone(), format!("+254 {phone}")] {
                    let fields = format!("at=Main+Gate&q={}", shown.replace('+', "%2B").replace(' ', "+"));
                    answers.push(guard.posts("/en/gate", &fields).expect(200).text());
                    answers
                        .push(post(&*lookups, &json!({"q": shown})).key(&kws.key).send().expect(200).text());
                    let wrong =
                        json!({"service": shown, "payer": {"phone": shown, identity.as_str(): shown}});
                    let wrong = post(&*bills, &wrong).key(&kws.key).idempotency_key(&fresh_key());
                    answers.push(wrong.send().expect(422).text());
                    let login = office
                        .form("/en/staff/sign-in", &format!("login={phone}&password={identity}&code=1"));
                    answers.push(login.send().text());
                }
            }
        }
        answers
    });
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    let mut answers: Vec<String> = answers.into_iter().flatten().collect();
    let csv = office.gets("/en/agency/transactions.csv").expect(200).text();
    assert!(csv.lines().count() > PAYERS / 2, "{} rows", csv.lines().count());
    for number in
        csv.lines().skip(1).filter_map(|line| line.split(',').nth(2)).filter(|cell| cell.len() == 12).take(20)
    {
        answers.push(office.gets(&format!("/en/agency/bills/{number}")).expect(200).text());
    }
    answers.push(csv);
    answers.push(get(format!("{}/metrics", gateway.admin())).send().expect(200).text());
    gateway.stop();
    answers.push(gateway.log());

    let numbers = (0..PAYERS).map(planted).flat_map(|(phone, identity)| [phone, identity]).collect();
    for answer in &answers {
        let found = found_in(answer.as_bytes(), &numbers);
        assert!(found.is_empty(), "{}", around(answer, &found));
    }
    let kept = bytes_below(gateway.data(), &["sandbox", "keys"]);
    assert!(kept.len() > 10, "{} files", kept.len());
    for (name, bytes) in &kept {
        let found = found_in(bytes, &numbers);
        assert!(found.is_empty(), "{found:?} in {name}");
    }
    // What is looked for in this way would be found, in each of its forms.
    let (phone, identity) = planted(7);
    for text in [format!("tel:+254{phone}."), format!("(0{phone})"), format!("id={identity}&")] {
        assert_eq!(found_in(text.as_bytes(), &numbers).len(), 1, "{text}");
    }
}

/// Where the first of these numbers stands, with what stands around it: a whole page would hide it.
fn around(answer: &str, found: &[String]) -> String {
    let at = found.first().and_then(|number| answer.find(number.as_str())).unwrap_or(0);
    let (before, after) = (answer[..at].chars().rev().take(200), answer[at..].chars().take(200));
    let before: String = before.collect::<Vec<_>>().into_iter().rev().collect();
    format!("{found:?} in … {before}{} …", after.collect::<String>())
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
