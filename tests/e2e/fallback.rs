//! The paybill does not work: every surface says so and names what does, money that comes in another way is booked in its own
//! account, and nobody has to pay twice.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Agency, Bill, Gateway, Order, Page, Payment, eventually, get, malipo, post, run};

fn ways(agency: &Agency, bill: &Bill) -> Vec<(String, bool)> {
    let ways = agency.looks_at(bill)["instructions"]["ways"].as_array().unwrap().clone();
    let way = |way: &Value| (way["channel"].as_str().unwrap().to_owned(), way["payable"] == true);
    ways.iter().map(way).collect()
}

fn names(ways: &[(String, bool)]) -> Vec<(&str, bool)> {
    ways.iter().map(|(channel, payable)| (channel.as_str(), *payable)).collect()
}

const USUAL: [(&str, bool); 2] = [("mpesa_prompt", true), ("mpesa_paybill", true)];
/// What the plans of KRA and KWS name behind the agency's own till.
const OTHERS: [(&str, bool); 3] = [("bank.kcb", true), ("airtel_money", true), ("card", true)];
/// What the national plan names, of agencies that have none.
const NATIONAL: [(&str, bool); 4] =
    [("bank.kcb", true), ("airtel_money", true), ("card", true), ("bank_slip.kcb", true)];
/// KWS has terminals at its gates.
const TERMINAL: [(&str, bool); 1] = [("card_terminal.kws", true)];

#[test]
fn while_the_paybill_is_down_each_agency_is_paid_by_its_plan_and_then_as_before() {
    let gateway = Gateway::demo().start();
    let (kra, kws, ntsa) = (gateway.agency("kra"), gateway.agency("kws"), gateway.agency("NTSA"));
    let of_kra = kra.bills(&Order::assessment(1_200, "2027000123456"));
    let of_kws = kws.bills(&Order::hells_gate(2));
    let of_ntsa = ntsa.bills(&Order::of("motor-vehicle-search", &json!({})));
    let page = |bill: &Bill| Page::open(&gateway.public(), &format!("/en/bills/{}", bill.id));
    for (agency, bill) in [(&kra, &of_kra), (&kws, &of_kws), (&ntsa, &of_ntsa)] {
        assert_eq!(names(&ways(agency, bill)), USUAL);
        assert!(!page(bill).html.contains("not working"));
    }

    gateway.operator_says("mpesa_paybill", "start");
    gateway.operator_says("mpesa_prompt", "start");
    let none = [("mpesa_prompt", false), ("mpesa_paybill", false)];
    assert_eq!(names(&ways(&kra, &of_kra)), [&[("agency_till.572572", true)][..], &OTHERS, &none].concat());
    assert_eq!(
        names(&ways(&kws, &of_kws)),
        [&[("agency_till.kws", true)][..], &OTHERS, &TERMINAL, &none].concat()
    );
    assert_eq!(names(&ways(&ntsa, &of_ntsa)), [&NATIONAL[..], &none].concat());
    let seen = kra.looks_at(&of_kra)["instructions"].clone();
    assert_eq!(seen["en"][1], "Business number: 572572");
    assert_eq!(seen["sw"][1], "Nambari ya biashara: 572572");
    let reason = seen["ways"][5]["reason"]["en"].as_str().unwrap();
    assert!(reason.starts_with("M-PESA paybill is not working since "), "{reason}");
    assert!(reason.ends_with("A cable is cut."), "{reason}");

    let kra_page = page(&of_kra);
    kra_page
        .says("M-PESA paybill is not working since")
        .says("Pay in one of these ways:")
        .says("Business number: 572572");
    assert!(!kra_page.html.contains("222222") && !kra_page.html.contains("value=\"mpesa_prompt\""));
    page(&of_kws).says("Business number: 600000").says("show the M-PESA code at the gate");
    let refused = ntsa.prompts(&of_ntsa, "0722000001").expect(503);
    assert_eq!(refused.problem(), "channel_down");
    let service = Page::open(&gateway.public(), "/sw/services/kra-prn-payment");
    service.says("Paybill ya M-PESA: njia hii haifanyi kazi tangu").says("Paybill ya KRA 572572");

    let guard = gateway.staff("main-gate", "agency_gate", Some("kws"));
    let screen = guard.opens("/en/gate?at=Main+Gate");
    let judged = screen.send(&screen.form("/gate").with("q", &of_kws.number));
    judged.says("NOT PAID").says("Pay now with KWS paybill 600000 (sample): pay to 600000, account number");

    // Paid at the till: booked on its own account, and the receipt is as genuine as any.
    let payment = Payment::of_bill(&of_kra).at("572572");
    assert_eq!(gateway.safaricom().asks_about(&payment).result_code(), "0");
    gateway.safaricom().confirms(&payment).expect_success();
    kra.sees(&of_kra, "paid");
    assert_eq!(
        gateway.books().postings(&payment.receipt),
        ["debit 1000.mpesa.572572 KES 1200.00", "credit 2000.kra.kra-prn-payment KES 1200.00"]
    );
    let receipt = kra.receipt(&of_kra);
    assert!(receipt.contains("572572"), "{receipt}");
    let file = gateway.folder().join("receipt.json");
    std::fs::write(&file, &receipt).unwrap();
    run(malipo(["verify"]).arg(&file).arg("--keys").arg(gateway.public_keys())).expect(0);
    let found = post(format!("{}/v1/lookups", gateway.public()), &json!({"q": payment.receipt}));
    assert_eq!(
        found.key(&kra.key).send().expect(200).json()["bill"]["payment_number"],
        of_kra.number.as_str()
    );

    for channel in ["mpesa_paybill", "mpesa_prompt"] {
        gateway.operator_takes_back(channel);
    }
    assert_eq!(names(&ways(&kws, &of_kws)), USUAL, "as before");
    assert!(!page(&of_kws).html.contains("not working"));
    gateway.books().expect_balanced();
}

#[test]
fn the_screen_at_a_gate_says_where_to_pay_now_by_the_kind_of_the_way() {
    let gateway = Gateway::demo().start();
    let bill = gateway.agency("kws").bills(&Order::hells_gate(2));
    let number = format!("{} {} {}", &bill.number[..4], &bill.number[4..8], &bill.number[8..]);
    let guard = gateway.staff("main-gate", "agency_gate", Some("kws"));
    let says = |path: &str, said: &str| {
        let screen = guard.opens(path);
        let judged = screen.send(&screen.form("/gate").with("q", &bill.number));
        judged.says(&said.replace("NUMBER", &number));
    };
    gateway.operator_says("mpesa_paybill", "start");
    gateway.operator_says("agency_till.kws", "start");
    says(
        "/en/gate?at=Main+Gate",
        "Pay now with KCB account (sample): pay to 1100220033, with NUMBER as the reference",
    );
    says(
        "/sw/gate?at=Main+Gate",
        "Lipa sasa kwa Akaunti ya KCB (mfano): lipa kwa 1100220033, kumbukumbu NUMBER",
    );
    gateway.operator_says("bank.kcb", "start");
    says("/en/gate?at=Main+Gate", "Pay now with Card terminal of KWS (sample), for payment number NUMBER");
    says("/sw/gate?at=Main+Gate", "Lipa sasa kwa Mashine ya kadi ya KWS (mfano), nambari ya malipo NUMBER");
}

#[test]
fn while_the_paybill_is_down_an_agency_without_a_plan_is_paid_by_the_national_one_and_booked_as_its_own() {
    let gateway = Gateway::demo().start();
    let (ntsa, bank) = (gateway.agency("NTSA"), gateway.bank());
    let search = || ntsa.bills(&Order::of("motor-vehicle-search", &json!({})));
    let (bill, other) = (search(), search());
    let page = |language: &str, bill: &Bill| {
        Page::open(&gateway.public(), &format!("/{language}/bills/{}", bill.id))
    };
    gateway.operator_says("mpesa_paybill", "start");
    gateway.operator_says("mpesa_prompt", "start");
    let shown = page("en", &bill);
    shown.says("Pay in one of these ways:").says("Account number: 1100220033").says("Pay with Airtel Money");
    shown
        .says("Any branch, agent or app of the bank.")
        .says("Paid by card, also from abroad")
        .says("Pay in at a branch of KCB");
    assert!(!shown.html.contains("Business number"), "no till of anybody");
    page("sw", &bill).says("Nambari ya akaunti: 1100220033").says("Lipa kwa Airtel Money");
    let service = Page::open(&gateway.public(), "/en/services/motor-vehicle-search");
    service.says("KCB account (sample)").says("Airtel Money");
    let next = get(format!("{}/v1/status", gateway.public())).send().expect(200).json()["next_ways"].clone();
    let others = next.as_array().unwrap().last().unwrap();
    let channels: Vec<_> = others["ways"].as_array().unwrap().iter().map(|way| &way["channel"]).collect();
    assert_eq!(others["for"], "all_others");
    assert_eq!(channels, NATIONAL.map(|(name, _)| name));

    let reference = bank.is_paid_for(&bill);
    ntsa.sees(&bill, "paid");
    assert_eq!(
        gateway.books().postings(&reference),
        ["debit 1000.bank.kcb-1100220033 KES 500.00", "credit 2000.ntsa.motor-vehicle-search KES 500.00"]
    );
    for (channel, _) in NATIONAL {
        gateway.operator_says(channel, "start");
    }
    let stuck = page("en", &other);
    stuck.says("cannot be paid at the moment").says("Help: 0800 000 000");
    assert!(!stuck.html.contains("1100220033") && !stuck.html.contains("Business number"));
    Page::open(&gateway.public(), "/en/status")
        .says("Bills of agencies that are not named here cannot be paid at the moment.");
    gateway.books().expect_balanced();
}

#[test]
fn what_is_down_for_one_agency_alone_is_told_with_how_that_one_is_paid() {
    let gateway = Gateway::demo().start();
    let status = || Page::open(&gateway.public(), "/en/status").text();
    let next = || {
        let status = get(format!("{}/v1/status", gateway.public())).send().expect(200).json();
        let told = status["next_ways"].as_array().unwrap().iter();
        let of = |one: &Value| {
            let ways = one["ways"].as_array().unwrap().iter();
            let ways: Vec<_> = ways.map(|way| way["channel"].as_str().unwrap().to_owned()).collect();
            (one["agency"].as_str().unwrap_or("all others").to_owned(), ways.join(" "))
        };
        told.map(of).collect::<BTreeMap<_, _>>()
    };
    for channel in ["mpesa_paybill", "bank.kcb"] {
        let mut said = malipo(["outage", "start", channel, "--agency", "NTSA"]);
        said.args(["--reason", "A cable is cut.", "--reason-sw", "Kebo imekatika."]);
        run(said.arg("--data").arg(gateway.data())).expect(0);
    }
    let ntsa = gateway.agency("NTSA");
    let bill = ntsa.bills(&Order::of("motor-vehicle-search", &json!({})));
    let without_bank = [&NATIONAL[1..], &[("mpesa_paybill", false), ("bank.kcb", false)]].concat();
    assert_eq!(names(&ways(&ntsa, &bill)), [&[("mpesa_prompt", true)][..], &without_bank].concat());
    let of_ntsa = "mpesa_prompt airtel_money card bank_slip.kcb";
    assert_eq!(next(), BTreeMap::from([("NTSA".to_owned(), of_ntsa.to_owned())]));
    let told = status();
    assert!(told.contains("National Transport and Safety Authority"), "{told}");
    assert!(!told.contains("Bills of agencies that are not named here"), "those are paid as usual: {told}");

    gateway.operator_says("mpesa_paybill", "start");
    let told = next();
    assert_eq!(told["NTSA"], of_ntsa, "its bank is still down for it alone");
    assert_eq!(told["all others"], "mpesa_prompt bank.kcb airtel_money card bank_slip.kcb");
    assert!(status().contains("Bills of agencies that are not named here: M-PESA prompt, KCB account"));
}

#[test]
fn an_agency_the_treasury_and_the_public_see_what_is_used_instead_while_the_paybill_is_down() {
    let gateway = Gateway::demo().start();
    let office = gateway.staff("head.office", "agency_viewer", Some("kws"));
    let treasury = gateway.staff("the.treasury", "treasury", None);
    let public = |path: &str| Page::open(&gateway.public(), path);
    let feed = || get(format!("{}/status.atom", gateway.public())).send().expect(200).text();
    for page in [office.opens("/en/agency/"), treasury.opens("/en/treasury/live"), public("/en/status")] {
        assert!(!page.text().contains("How bills can be paid now"), "{}", page.address);
    }
    for channel in ["mpesa_paybill", "mpesa_prompt"] {
        gateway.operator_says(channel, "start");
    }
    let (of_kws, of_kra) = ("KWS paybill 600000 (sample), KCB account (sample)", "KRA paybill 572572");
    for path in ["/en/agency/", "/en/agency/live"] {
        let page = office.opens(path);
        page.says("How bills can be paid now").says("M-PESA paybill is not working since").says(of_kws);
        assert!(!page.text().contains(of_kra), "an agency sees its own");
    }
    office.opens("/sw/agency/").says("Jinsi bili zinavyoweza kulipwa sasa").says("Paybill ya KWS 600000");
    let live = treasury.opens("/en/treasury/live");
    live.says("M-PESA paybill is not working since").says("Kenya Wildlife Service").says(of_kws).says(of_kra);
    let of_others = "KCB account (sample), Airtel Money, Card, KCB branch (sample)";
    live.says(&format!("Bills of agencies that are not named here: {of_others}."));
    public("/en/status").says("Kenya Wildlife Service").says(of_kws).says(of_kra);
    public("/sw/status").says("Paybill ya KWS 600000").says(
        "Bili za wakala wasiotajwa hapa: Akaunti ya KCB (mfano), Airtel Money, Kadi, Tawi la KCB (mfano).",
    );
    let told = feed();
    assert!(told.contains(of_kws) && told.contains("Paybill ya KRA 572572"), "{told}");
    assert!(told.contains(of_others) && told.contains("Bili za wakala wasiotajwa hapa: Akaunti"), "{told}");

    for channel in ["mpesa_paybill", "mpesa_prompt"] {
        gateway.operator_takes_back(channel);
    }
    assert!(!public("/en/status").text().contains("How bills can be paid now"));
    assert!(!feed().contains(of_kws), "an outage that is over says nothing of what to use");
}

#[test]
fn money_on_two_channels_is_kept_for_its_payer_who_is_told() {
    let gateway = Gateway::demo().start();
    let (kws, carriers) = (gateway.agency("kws"), gateway.carriers());
    let bill = kws.bills(&Order::hells_gate(1));
    gateway.operator_says("mpesa_paybill", "start");
    let first = Payment::of_bill(&bill).at("600000");
    gateway.safaricom().confirms(&first).expect_success();
    // The paybill was silent, and its confirmation comes after all.
    let second = Payment::of_bill(&bill);
    gateway.safaricom().confirms(&second).expect_success();
    assert_eq!(
        gateway.books().postings(&second.receipt),
        ["debit 1000.mpesa.222222 KES 500.00", "credit 2110.duplicate-refundable KES 500.00"]
    );
    assert!(kws.receipt(&bill).contains("\"outcome\":\"duplicate\""));
    let page = Page::open(&gateway.public(), &format!("/en/bills/{}", bill.id));
    page.says("KES 500.00 more than was asked for has arrived").says("Do not pay again");
    let told = crate::harness::eventually("the payer is told of both", || {
        Some(carriers.texts_on(&first.phone)).filter(|texts| texts.len() == 2)
    });
    assert!(told.iter().any(|text| text.starts_with("PAID KES 500.00")), "{told:?}");
    let kept = format!("We have your KES 500.00, {}.", second.receipt);
    assert!(told.iter().any(|text| text.starts_with(&kept)), "{told:?}");
    // The same receipt of the two accounts would be two payments; a repeated one is none.
    gateway.safaricom().confirms(&first).expect_success();
    assert_eq!(gateway.books().balance("1000.mpesa.600000"), 50_000);
}

#[test]
fn a_part_payment_is_told_where_to_pay_the_rest_only_if_that_works() {
    let gateway = Gateway::demo().start();
    let (kws, carriers) = (gateway.agency("kws"), gateway.carriers());
    gateway.operator_says("mpesa_paybill", "start");
    let bill = kws.bills(&Order::hells_gate(1));
    let part = Payment::of("100.00", &bill.number).at("600000");
    gateway.safaricom().confirms(&part).expect_success();
    let told = crate::harness::eventually("the payer is told", || {
        Some(carriers.texts_on(&part.phone)).filter(|texts| !texts.is_empty())
    });
    assert!(told[0].contains("Pay to 600000, same account number."), "{told:?}");
}

#[test]
fn a_drill_leaves_the_first_choice_first_and_shows_the_others_beside_it() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    gateway.operator_says("mpesa_paybill", "drill");
    assert_eq!(
        names(&ways(&kws, &bill)),
        [&USUAL[..], &[("agency_till.kws", true)], &OTHERS, &TERMINAL].concat()
    );
    assert_eq!(kws.looks_at(&bill)["instructions"]["is_drill"], true);
    let page = Page::open(&gateway.public(), &format!("/en/bills/{}", bill.id));
    page.says("This is a rehearsal").says("Business number: 222222").says("Business number: 600000");
    assert!(page.html.contains("method=\"post\""), "and nobody is refused");
    kws.prompts(&bill, "0722000001").expect(202);
}

#[test]
fn channels_are_written_down_in_a_file_that_is_checked_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("channels.toml");
    let till = |name: &str, code: &str| {
        format!(
            "[[channel]]\nname = \"{name}\"\ntitle = {{ en = \"A\", sw = \"B\" }}\nshort_code = \"{code}\"\n"
        )
    };
    let file = path.to_str().unwrap();
    std::fs::write(&path, till("agency_till.a", "500500") + &till("agency_till.b", "500500")).unwrap();
    let setup = || Gateway::serve().set("channels.file", file);
    let said = setup().try_start().err().expect("it does not start").said();
    assert!(said.contains("agency_till.b collects where agency_till.a does"), "{said}");

    std::fs::write(&path, till("agency_till.a", "500500")).unwrap();
    let gateway = setup().start();
    assert!(gateway.check().expect(0).stdout.contains("[+] channels: 1 beside the consolidated paybill"));
    // KRA, KWS, DCI and all others have plans in the catalogue, which name channels that are not in this file.
    crate::harness::eventually("the operator is told", || {
        (gateway.metric("malipo_fallback_ways_missing") == 16).then_some(())
    });
    for said in ["agency_till.572572", "every agency without one of its own"] {
        assert!(gateway.log().contains(said), "the log says which: {said}");
    }
    // Whose till it is does not matter to money; that it is ours does.
    for (code, account) in [("500500", "1000.mpesa.500500"), ("500501", "1000.mpesa.500501")] {
        let payment = Payment::of("70.00", "SCHOOL FEES").at(code);
        gateway.safaricom().confirms(&payment).expect_success();
        assert_eq!(gateway.books().postings(&payment.receipt)[0], format!("debit {account} KES 70.00"));
    }
    let reasons: Vec<_> = gateway
        .books()
        .events("payment_received")
        .iter()
        .map(|record| record["event"]["placement"]["reason"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(reasons, ["not_a_number", "other_short_code"]);
}

#[test]
fn whoever_had_a_bill_made_just_before_and_gave_a_phone_is_told_once_what_works() {
    // A minute is a second and a half here.
    let gateway = Gateway::demo().speed(40).start();
    let (kws, ntsa, carriers) = (gateway.agency("kws"), gateway.agency("NTSA"), gateway.carriers());
    let with_phone = |phone: &str, order: Order| order.payer(json!({"name": "ASHA", "phone": phone}));
    let told = kws.bills(&with_phone("0722000001", Order::hells_gate(1)));
    let paid = kws.bills(&with_phone("0722000002", Order::hells_gate(1)));
    kws.bills(&Order::hells_gate(1));
    ntsa.bills(&with_phone("0722000003", Order::of("motor-vehicle-search", &json!({}))));
    let mut in_swahili = with_phone("0722000004", Order::hells_gate(1)).body().clone();
    in_swahili["language"] = "sw".into();
    let call = kws.post("/v1/bills", &in_swahili);
    call.idempotency_key(&crate::harness::fresh_key()).send().expect(201);
    gateway.operator_says("mpesa_paybill", "start");
    gateway.safaricom().confirms(&Payment::of_bill(&paid)).expect_success();
    kws.sees(&paid, "paid");
    eventually("both are told", || {
        let all = ["0722000001", "0722000004"].map(|phone| carriers.texts_on(phone).len());
        (all == [1, 1]).then_some(())
    });
    let text = carriers.texts_on("0722000001").remove(0);
    assert!(text.starts_with("M-PESA paybill is down. Payment no. "), "{text}");
    assert!(text.contains("business no. 600000") && text.contains("Do NOT pay again"), "{text}");
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    assert!(digits.contains(&told.number), "{text}");
    let swahili = carriers.texts_on("0722000004").remove(0);
    assert!(swahili.starts_with("Paybill ya M-PESA haifanyi kazi"), "{swahili}");

    let of_others =
        eventually("so is whose agency goes by the national plan", || carriers.texts_on("0722000003").pop());
    assert!(of_others.contains("account no. 1100220033"), "{of_others}");

    eventually("each of them is asked for, phone or not", || {
        let books = gateway.books();
        let records = books.events("message").into_iter();
        let asked = records.filter(|record| record["event"]["what"] == "holder_to_be_told").count();
        (asked == 4).then_some(())
    });
    for line in carriers.taken() {
        assert_eq!(line["segments"], 1, "{line}");
    }
    // The paid one got its receipt and nothing else.
    assert!(carriers.texts_on("0722000002").iter().all(|text| !text.contains("is down")));
}

#[test]
fn whoever_is_sent_to_a_bank_by_a_message_is_told_the_account() {
    let gateway = Gateway::demo().speed(40).start();
    let (kws, carriers) = (gateway.agency("kws"), gateway.carriers());
    gateway.operator_says("agency_till.kws", "start");
    kws.bills(&Order::hells_gate(1).payer(json!({"name": "ASHA", "phone": "0722000001"})));
    let in_swahili = Order::hells_gate(1).payer(json!({"name": "JUMA", "phone": "0722000002"}));
    let mut in_swahili = in_swahili.body().clone();
    in_swahili["language"] = "sw".into();
    let call = kws.post("/v1/bills", &in_swahili);
    call.idempotency_key(&crate::harness::fresh_key()).send().expect(201);
    gateway.operator_says("mpesa_paybill", "start");
    for (phone, said) in [
        ("0722000001", "pay to account no. 1100220033, KCB account"),
        ("0722000002", "lipa kwa akaunti 1100220033, Akaunti ya KCB"),
    ] {
        let told = eventually("they are told", || carriers.texts_on(phone).pop());
        assert!(told.contains(said), "{told}");
    }
}
