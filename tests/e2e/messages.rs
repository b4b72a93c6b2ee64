//! Payers are told what became of their money, by text message: once, in one message, and never at the cost of a payment.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{
    Agency, Bill, Books, Carriers, Gateway, Order, Page, Payment, Sandbox, eventually, fresh_key, get,
    post_form, together,
};

/// Whose phone is in a payment unless it says otherwise.
const ASHA: &str = "254712345678";

/// Messages about a bill, as its agency sees them.
fn messages(kws: &Agency, bill: &Bill) -> Vec<Value> {
    kws.get(&format!("/v1/messages?bill={}", bill.id)).expect(200).json()["data"].as_array().unwrap().clone()
}

/// Waits until the messages about a bill are in these states.
#[track_caller]
fn become_of_messages(kws: &Agency, bill: &Bill, states: &[&str]) -> Vec<Value> {
    eventually(&format!("messages are {states:?}"), || {
        Some(messages(kws, bill)).filter(|messages| {
            messages.iter().map(|message| message["state"].as_str().unwrap()).collect::<Vec<_>>() == states
        })
    })
}

/// Pays a bill of its own from this phone.
fn pays_from(gateway: &Gateway, kws: &Agency, phone: &str) -> Bill {
    let bill = kws.bills(&Order::hells_gate(1));
    let payment = Payment { phone: phone.to_owned(), ..Payment::of_bill(&bill) };
    gateway.safaricom().confirms(&payment).expect_success();
    bill
}

/// How often each text was taken, whoever took it.
fn times_taken(carriers: &Carriers) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for line in carriers.taken() {
        *times.entry(line["text"].as_str().unwrap().to_owned()).or_default() += 1;
        assert_eq!(line["segments"], 1, "{line}");
    }
    times
}

#[test]
fn whoever_pays_gets_a_receipt_on_the_phone_and_the_agency_sees_that_it_arrived() {
    let gateway = Gateway::demo().start();
    let carriers = gateway.carriers();
    let kws = gateway.agency("kws");
    let bill = pays_from(&gateway, &kws, ASHA);
    let seen = become_of_messages(&kws, &bill, &["delivered"]);
    let receipt = kws.looks_at(&bill)["payments"][0]["receipt_number"].as_str().unwrap().to_owned();
    let texts = carriers.texts_on(ASHA);
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].starts_with("PAID KES 500.00 for Hell's Gate"), "{texts:?}");
    assert!(texts[0].contains(&receipt), "{texts:?}");
    assert_eq!((&seen[0]["about"], &seen[0]["phone"]), (&json!("receipt"), &json!("0712 *** 678")));
    assert_eq!((&seen[0]["provider"], &seen[0]["tries"]), (&json!("first"), &json!(1)));
    assert_eq!(gateway.metric("malipo_sms_sends_total{provider=\"first\",outcome=\"taken\"}"), 1);

    // The page of the receipt is where the message says.
    let address = texts[0].split_whitespace().find(|word| word.contains("/r/")).unwrap();
    get(format!("http://{address}")).send().expect(200);

    // Nobody else's agency learns that there are messages.
    let kra = gateway.agency("kra");
    kra.get(&format!("/v1/messages?bill={}", bill.id)).expect(404);
    assert!(!gateway.log().contains(ASHA));
}

#[test]
fn whoever_pays_a_bill_of_an_agency_that_names_swahili_is_told_in_swahili() {
    let gateway = Gateway::demo().start();
    let carriers = gateway.carriers();
    let kws = gateway.agency("kws");
    let in_language = |language: Option<&str>| {
        let mut body = Order::hells_gate(1).body().clone();
        if let Some(language) = language {
            body["language"] = language.into();
        }
        kws.post("/v1/bills", &body).idempotency_key(&fresh_key()).send()
    };
    let pay = |bill: &Bill, phone: &str| {
        let payment = Payment { phone: phone.to_owned(), ..Payment::of_bill(bill) };
        gateway.safaricom().confirms(&payment).expect_success();
        become_of_messages(&kws, bill, &["delivered"]);
        carriers.texts_on(phone).pop().unwrap()
    };
    let swahili = Bill::read(in_language(Some("sw")).expect(201).json());
    assert_eq!(swahili.json["language"], "sw");
    let text = pay(&swahili, "254712345001");
    assert!(text.starts_with("IMELIPWA KES 500.00"), "{text}");
    let unsaid = Bill::read(in_language(None).expect(201).json());
    assert_eq!(unsaid.json["language"], "en");
    let text = pay(&unsaid, "254712345002");
    assert!(text.starts_with("PAID KES 500.00"), "{text}");
    let refused = in_language(Some("fr")).expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/language", "{refused}");
}

#[test]
fn a_part_payment_says_what_is_due_and_money_without_a_bill_that_it_is_kept() {
    let gateway = Gateway::demo().start();
    let carriers = gateway.carriers();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    gateway.safaricom().confirms(&Payment::of("200.00", &bill.number)).expect_success();
    become_of_messages(&kws, &bill, &["delivered"]);
    let lost = Payment::of("70.00", "KIKAPU");
    gateway.safaricom().confirms(&lost).expect_success();
    carriers.take(2);
    let texts = eventually("both are on the phone", || {
        Some(carriers.texts_on(ASHA)).filter(|texts| texts.len() == 2)
    });
    assert!(
        texts[0].starts_with("We got KES 200.00") && texts[0].contains("KES 300.00 is still due"),
        "{texts:?}"
    );
    assert!(texts[1].starts_with(&format!("We have your KES 70.00, {}.", lost.receipt)), "{texts:?}");
}

#[test]
fn whoever_pays_on_a_page_in_kiswahili_is_told_in_kiswahili() {
    let gateway = Gateway::demo().start();
    let carriers = gateway.carriers();
    let question = Page::open(&gateway.public(), "/sw/services/kws-hells-gate-entry/start");
    let check = question.send(&question.form("/start").with("east_african_citizen.adult", "1"));
    let bill = check.send(&check.form("/bill"));
    gateway.safaricom().confirms(&Payment::of("500.00", &crate::pages::number_on(&bill))).expect_success();
    let taken = carriers.take(1);
    assert!(taken[0]["text"].as_str().unwrap().starts_with("IMELIPWA KES"), "{taken:?}");
}

#[test]
fn a_payer_whom_nobody_could_tell_is_told_to_wait_and_then_what_became_of_it() {
    // A prompt is overdue after 90 s, and its payer is told after 60 s more: 4 s of this clock.
    let gateway = Gateway::demo().speed(40).start();
    let carriers = gateway.carriers();
    gateway.sandbox().knows(&gateway);
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    // 0700 000 008 pays, and only the status query knows it: nothing can be booked.
    gateway.sandbox().breaks(&json!({"confirmation_lost_per_mille": 1000}));
    kws.prompts(&bill, "0700000008").expect(202);
    let taken = carriers.take(1);
    let text = taken[0]["text"].as_str().unwrap();
    assert!(text.contains("Do NOT pay again") && text.contains(&grouped(&bill.number)), "{text}");
    // The money turns up in the statement.
    gateway
        .safaricom()
        .confirms(&Payment { phone: "2547 ***** 008".to_owned(), ..Payment::of_bill(&bill) })
        .expect_success();
    let taken = carriers.take(2);
    assert!(taken[1]["text"].as_str().unwrap().starts_with("PAID KES 500.00"), "{taken:?}");
    become_of_messages(&kws, &bill, &["delivered", "delivered"]);
}

fn grouped(number: &str) -> String {
    format!("{} {} {}", &number[..4], &number[4..8], &number[8..])
}

#[test]
fn providers_that_fail_for_hours_cost_no_payment_and_no_message_and_nothing_is_sent_twice() {
    // An hour is 18 s of this clock. Each trouble has its part of it, and calm comes after it: a provider that failed is
    // asked again within ten minutes.
    let gateway = Gateway::demo().speed(200).start();
    let carriers = gateway.carriers();
    let kws = gateway.agency("kws");
    let troubles = [
        [json!({"down": true}), json!({})],
        [json!({"down": true}), json!({"down": true})],
        [json!({"status_code": 405}), json!({"twice_per_mille": 1000})],
        [json!({"answer_cut_per_mille": 1000}), json!({"answer_late_ms": 3000})],
        [json!({"answer_late_ms": 3000}), json!({"answer_late_ms": 3000})],
        [json!({"twice_per_mille": 1000}), json!({"twice_per_mille": 1000})],
    ];
    let calm = [json!({}), json!({})];
    let mut bills = Vec::new();
    for faults_of_both in troubles.iter().flat_map(|trouble| [trouble, &calm]) {
        for (name, faults) in ["first", "second"].into_iter().zip(faults_of_both) {
            carriers.breaks(name, faults);
        }
        let began = std::time::Instant::now();
        for _ in 0..6 {
            bills.push(pays_from(&gateway, &kws, &format!("25471000{:04}", bills.len())));
        }
        assert!(began.elapsed().as_secs() < 5, "payments wait for nobody: {:?}", began.elapsed());
        std::thread::sleep(std::time::Duration::from_millis(3500));
    }
    assert!(!carriers.lines("cut_off").is_empty(), "some answers were cut off");
    assert!(carriers.lines("refused").iter().any(|line| line["status_code"] == 405), "some were put off");
    for bill in &bills {
        assert_eq!(kws.looks_at(bill)["status"], "paid");
    }
    let taken = eventually("every message was taken", || {
        Some(times_taken(&carriers)).filter(|times| times.len() == bills.len())
    });
    assert!(taken.values().all(|times| *times == 1), "{taken:?}");
    for bill in &bills {
        become_of_messages(&kws, bill, &["delivered"]);
    }
    eventually("nothing waits any more", || (gateway.metric("malipo_sms_queue_length") == 0).then_some(()));
    let books = gateway.books();
    assert_eq!(books.events("payment_received").len(), bills.len());
    books.expect_balanced();
}

#[test]
fn a_message_without_an_answer_is_sent_again_only_once_it_is_reported_as_failed() {
    let gateway = Gateway::demo().speed(60).start();
    let carriers = gateway.carriers();
    let kws = gateway.agency("kws");
    // Taken, and cut off; no report comes either.
    carriers.breaks("first", &json!({"answer_cut_per_mille": 1000, "report_lost_per_mille": 1000}));
    let silent = pays_from(&gateway, &kws, ASHA);
    become_of_messages(&kws, &silent, &["unanswered"]);
    // Taken, cut off, and reported as failed after a while.
    carriers.breaks(
        "first",
        &json!({"answer_cut_per_mille": 1000, "failed_per_mille": 1000, "report_late_ms": 1500}),
    );
    let failed = pays_from(&gateway, &kws, "254711111111");
    become_of_messages(&kws, &failed, &["unanswered"]);
    let seen = become_of_messages(&kws, &failed, &["delivered"]);
    assert_eq!((&seen[0]["provider"], &seen[0]["tries"]), (&json!("second"), &json!(2)));
    // Half an hour later nobody else was asked about the first.
    std::thread::sleep(std::time::Duration::from_secs(30));
    let seen = become_of_messages(&kws, &silent, &["unanswered"]);
    assert_eq!((&seen[0]["provider"], &seen[0]["tries"]), (&json!("first"), &json!(1)));
    let taken = carriers.taken();
    let takers = |text: &Value| {
        taken
            .iter()
            .filter(|line| line["text"] == *text)
            .map(|line| line["carrier"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(takers(&taken[0]["text"]), ["first"]);
    assert_eq!(takers(&taken[1]["text"]), ["first", "second"]);
}

#[test]
fn an_intention_without_an_outcome_is_in_doubt_after_kill_9_until_it_is_reported() {
    // A sandbox that outlives the gateway.
    let sandbox = Sandbox::start();
    let mut gateway = Gateway::demo().beside(&sandbox).start();
    let carriers = Carriers::of(&sandbox, &gateway);
    let kws = gateway.agency("kws");
    // The answer comes after eight seconds, and the report only after that.
    carriers.breaks("first", &json!({"answer_late_ms": 8000, "report_late_ms": 9000}));
    let bill = pays_from(&gateway, &kws, ASHA);
    carriers.take(1);
    gateway.kill();
    gateway.start_again();
    let kws = gateway.agency("kws");
    become_of_messages(&kws, &bill, &["unanswered"]);
    let other = pays_from(&gateway, &kws, "254711111111");
    become_of_messages(&kws, &bill, &["delivered"]);
    become_of_messages(&kws, &other, &["delivered"]);
    assert!(times_taken(&carriers).values().all(|times| *times == 1), "{:?}", carriers.taken());
    assert_eq!(carriers.texts_on(ASHA).len(), 1);
}

#[test]
fn whoever_says_stop_gets_nothing_until_they_say_start_and_a_restart_does_not_forget() {
    let mut gateway = Gateway::demo().start();
    let carriers = gateway.carriers();
    let kws = gateway.agency("kws");
    assert_eq!(carriers.hear("first", ASHA, "Acha"), 200);
    let unwanted = pays_from(&gateway, &kws, ASHA);
    let seen = become_of_messages(&kws, &unwanted, &["dropped"]);
    assert_eq!(seen[0]["reason"], "opted_out");
    gateway.stop();
    gateway.start_again();
    let (carriers, kws) = (gateway.carriers(), gateway.agency("kws"));
    become_of_messages(&kws, &pays_from(&gateway, &kws, ASHA), &["dropped"]);
    become_of_messages(&kws, &pays_from(&gateway, &kws, "254711111111"), &["delivered"]);
    assert_eq!(carriers.hear("second", ASHA, "start"), 200);
    become_of_messages(&kws, &pays_from(&gateway, &kws, ASHA), &["delivered"]);
    expect_no_phone(&gateway.books(), ASHA);
}

/// Neither the number nor an unkeyed hash of it is in the books.
fn expect_no_phone(books: &Books, digits: &str) {
    let text = format!("{:?}", books.records);
    assert!(!text.contains(digits) && !text.contains(&digits[3..]), "a number is in the books");
}

#[test]
fn a_demonstration_shows_its_messages_on_a_page_and_lets_people_answer() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    drop(gateway.carriers());
    let empty = Page::open(&gateway.public(), "/demo/sms");
    empty.says("There are no messages");
    let refused = empty.send(&empty.form("/demo/sms/answer").with("phone", "12").with("text", "5"));
    assert_eq!(refused.status, 422);
    refused.says("Phone number must be a Kenyan mobile number");
    become_of_messages(&kws, &pays_from(&gateway, &kws, ASHA), &["delivered"]);
    let page = Page::open(&gateway.public(), "/demo/sms");
    page.says("0712 345 678").says("PAID KES 500.00 for Hell's Gate").says("first carrier").says("1 message");
    let answered = page.send(&page.form("/demo/sms/answer").with("phone", "0712 345 678").with("text", "4"));
    assert_eq!(answered.status, 200);
    let feedback = kws.get("/v1/feedback").expect(200).json();
    assert_eq!(feedback["data"][0]["mean_hundredths"], 400, "{feedback}");
}

#[test]
fn one_phone_gets_news_of_so_many_documents_a_day_and_every_receipt() {
    let gateway = Gateway::demo().set("messages.per_phone_per_day", "2").start();
    let carriers = gateway.carriers();
    let (kws, dci) = (gateway.agency("kws"), gateway.agency("dci"));
    let becomes_ready = |phone: &str| {
        let bill = dci.bills(&Order::of("police-clearance-certificate", &json!({})));
        let payment = Payment { phone: phone.to_owned(), ..Payment::of_bill(&bill) };
        gateway.safaricom().confirms(&payment).expect_success();
        become_of_messages(&dci, &bill, &["delivered"]);
        let ready = json!({"status": "ready", "centre": "Huduma Centre Thika"});
        dci.post(&format!("/v1/applications/{}/events", bill.number), &ready).send().expect(200);
        bill
    };
    for _ in 0..2 {
        become_of_messages(&dci, &becomes_ready(ASHA), &["delivered", "delivered"]);
    }
    let seen = become_of_messages(&dci, &becomes_ready(ASHA), &["delivered", "dropped"]);
    assert_eq!((&seen[1]["about"], &seen[1]["reason"]), (&json!("ready"), &json!("too_many")));
    become_of_messages(&kws, &pays_from(&gateway, &kws, ASHA), &["delivered"]);
    become_of_messages(&dci, &becomes_ready("254711111111"), &["delivered", "delivered"]);
    assert_eq!(carriers.texts_on(ASHA).len(), 6, "four receipts, two documents");
}

#[test]
fn what_people_answer_is_for_the_service_that_they_paid_last_and_counts_once() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let carriers = gateway.carriers();
    become_of_messages(&kws, &pays_from(&gateway, &kws, ASHA), &["delivered"]);
    let last = pays_from(&gateway, &kws, "254711111111");
    become_of_messages(&kws, &last, &["delivered"]);
    for (phone, text) in
        [(ASHA, "5 asante"), (ASHA, "1"), ("254711111111", "2"), ("254733333333", "3"), (ASHA, "nini")]
    {
        assert_eq!(carriers.hear("first", phone, text), 200);
    }
    let treasury = gateway.create_key("treasury", None);
    let feedback = |gateway: &Gateway, key: &str| {
        get(format!("{}/v1/feedback", gateway.public())).key(key).send().expect(200).json()["data"].clone()
    };
    let expected = json!([{
        "agency": "KWS", "service": "kws-hells-gate-entry", "count": 2, "scores": [0, 1, 0, 0, 1], "mean_hundredths": 350,
    }]);
    assert_eq!(feedback(&gateway, &treasury), expected);
    assert_eq!(feedback(&gateway, &kws.key), expected);
    assert_eq!(feedback(&gateway, &gateway.agency("kra").key), json!([]));
    assert_eq!(messages(&kws, &last)[0]["score"], 2);
    gateway.kill();
    gateway.start_again();
    assert_eq!(feedback(&gateway, &treasury), expected);
    // Whom messages went to is known again.
    let carriers = gateway.carriers();
    assert_eq!(carriers.hear("first", ASHA, "4"), 200);
    assert_eq!(feedback(&gateway, &treasury), expected, "one message is answered once");
}

#[test]
fn reports_from_strangers_and_reports_that_say_nothing_change_nothing() {
    let gateway = Gateway::demo().start();
    let carriers = gateway.carriers();
    let kws = gateway.agency("kws");
    let bill = pays_from(&gateway, &kws, ASHA);
    become_of_messages(&kws, &bill, &["delivered"]);
    let id = carriers.taken()[0]["message_id"].as_str().unwrap().to_owned();
    let report =
        carriers.lines("dashboard_set").last().unwrap()["dashboard"]["report"].as_str().unwrap().to_owned();
    let form = format!("id={id}&status=Failed&phoneNumber=%2B{ASHA}");
    let guessed = report.replace("/cb/test_", "/cb/test-");
    post_form(&guessed, &form).expect(403);
    // Safaricom's own token opens nothing here, nor does this one open anything of Safaricom's.
    post_form(&format!("{}/sms/first/report", gateway.callbacks()), &form).expect(403);
    let of_money =
        report.replace("/sms/second/report", "/c2b/confirm").replace("/sms/first/report", "/c2b/confirm");
    post_form(&of_money, "{}").expect(403);
    for nonsense in ["", "id=x", "status=Failed", "id=nobody&status=Failed", "%%%"] {
        assert!(post_form(&report, nonsense).status < 500, "{nonsense}");
    }
    // A report that comes late contradicts one that came: what is on the phone is on the phone.
    post_form(&report.replace("/second/", "/first/"), &form).expect(200);
    become_of_messages(&kws, &bill, &["delivered"]);
    together(8, |number| {
        let form = format!("id={id}{number}&status=Success&phoneNumber=%2B{ASHA}");
        post_form(&report, &form).expect(200);
    });
    become_of_messages(&kws, &bill, &["delivered"]);
}
