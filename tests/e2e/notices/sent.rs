//! What is sent, where to, and how it is signed.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{patch, path_of, told, told_at};
use crate::harness::{AgencySystem, Call, Gateway, HeardNotice, NoticeTaker, Order, Payment, eventually};

#[test]
fn an_agency_is_told_of_its_bills_and_payments_and_of_nobody_elses() {
    let gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let (of_kws, of_kra) = (NoticeTaker::start(), NoticeTaker::start());
    let endpoint = told_at(&kws, &of_kws);
    told_at(&kra, &of_kra);
    assert!(endpoint["secret"].as_str().unwrap().starts_with("whsec_"), "{endpoint}");

    let payer = json!({"phone": "0733444555", "name": "WANJIKU", "identity_number": "99887766"});
    let bill = kws.bills(&Order::hells_gate(2).payer(payer));
    gateway.safaricom().confirms(&Payment::of("300.00", &bill.number)).expect_success();
    gateway.safaricom().confirms(&Payment::of("700.00", &bill.number)).expect_success();
    gateway.safaricom().confirms(&Payment::of("1000.00", &bill.number)).expect_success();
    let withdrawn = kws.bills(&Order::hells_gate(1));
    kws.cancels(&withdrawn);

    let kinds = [
        "bill.created",
        "bill.part_paid",
        "bill.paid",
        "bill.overpaid",
        "payment.succeeded",
        "bill.cancelled",
    ];
    of_kws.hears_of(&kinds);
    let heard = eventually("everything is heard", || Some(of_kws.heard()).filter(|heard| heard.len() >= 9));
    assert_eq!(heard.len(), 9, "two bills, one withdrawal, three payments with what the bill became by them");
    let find = |kind: &str| heard.iter().find(|notice| notice.kind() == kind).unwrap().json();
    let part_paid = find("bill.part_paid");
    assert_eq!(part_paid["data"]["id"], bill.json["id"]);
    assert_eq!(part_paid["data"]["status"], "part_paid");
    assert_eq!(part_paid["data"]["collected"], json!({"amount": 30_000, "currency": "KES"}));
    assert_eq!(part_paid["data"]["due"], json!({"amount": 70_000, "currency": "KES"}));
    let paid = find("bill.paid");
    assert_eq!(paid["data"]["collected"]["amount"], 100_000, "what came later is not in it: {paid}");
    assert_eq!(paid["data"]["payment_count"], 2);
    assert_eq!(paid["data"]["payments"].as_array().unwrap().len(), 2);
    assert!(part_paid["sequence"].as_u64() < paid["sequence"].as_u64());
    assert_eq!(find("bill.overpaid")["data"]["collected"]["amount"], 200_000);
    let payments: Vec<Value> = heard
        .iter()
        .map(|notice| notice.json())
        .filter(|event| event["type"] == "payment.succeeded")
        .collect();
    let shares: BTreeSet<_> = payments.iter().map(|event| event["data"]["share"].as_str().unwrap()).collect();
    assert_eq!(shares, BTreeSet::from(["completed", "duplicate", "held_for_rest"]));
    for notice in &heard {
        let event = notice.json();
        assert_eq!(event["id"], notice.id());
        // What is fetched is what was sent, to the byte, whatever has happened since.
        let fetched = kws.get(&format!("/v1/events/{}", notice.id())).expect(200);
        assert_eq!(fetched.body, notice.message.body);
        kra.get(&format!("/v1/events/{}", notice.id())).expect(404);
    }
    assert_eq!(of_kra.heard().len(), 0);
    // Nor is anybody told who paid.
    for unsaid in ["33444555", "712345678", "WANJIKU", "ASHA", "99887766"] {
        assert!(heard.iter().all(|notice| !String::from_utf8_lossy(&notice.message.body).contains(unsaid)));
    }
}

#[test]
fn an_endpoint_hears_of_what_it_asked_for_and_says_what_came_of_it() {
    let gateway = Gateway::demo().start();
    gateway.sandbox().knows(&gateway);
    let kws = gateway.agency("kws");
    let taker = NoticeTaker::start();
    let wish = json!({"url": taker.url(), "events": ["payment.failed"], "description": "the desk"});
    let endpoint = told(&kws, &wish);
    let bill = kws.bills(&Order::hells_gate(1));
    kws.prompts(&bill, "0700000003").expect(202);
    let heard = taker.hears_of(&["payment.failed"]);
    assert_eq!(heard.len(), 1);
    let event = heard[0].json();
    assert_eq!(event["data"]["state"]["status"], "cancelled");
    assert_eq!(event["data"]["state"]["money_moved"], "no");
    assert_eq!(event["data"]["payment_number"], bill.number);

    let deliveries = eventually("the delivery is shown", || {
        let list = kws.get(&format!("{}/deliveries", path_of(&endpoint))).expect(200).json();
        Some(list["data"].clone()).filter(|data| data[0]["status"] == "delivered")
    });
    assert_eq!(deliveries[0]["event"], event["id"]);
    assert_eq!(deliveries[0]["attempts"][0]["http_status"], 200);

    // From now on of bills instead, and elsewhere.
    let other = NoticeTaker::start();
    let change = json!({"url": other.url(), "events": ["bill.created"]});
    let changed = patch(&kws, &path_of(&endpoint), &change).send().expect(200).json();
    assert_eq!(changed["events"], json!(["bill.created"]));
    assert_eq!(changed["description"], "the desk");
    assert!(changed.get("secret").is_none(), "a secret is shown once: {changed}");
    kws.bills(&Order::hells_gate(3));
    other.hears_of(&["bill.created"]);
    assert_eq!(taker.heard().len(), 1);

    Call::new(hyper::Method::DELETE, kws.url(&path_of(&endpoint))).key(&kws.key).send().expect(204);
    assert_eq!(kws.get(&path_of(&endpoint)).expect(404).problem(), "not_found");
    let list = kws.get("/v1/webhook_endpoints").expect(200).json();
    assert_eq!(list["data"], json!([]));
}

#[test]
fn nothing_is_sent_where_nothing_may_be_sent() {
    let gateway = Gateway::serve().start();
    let kws = gateway.agency("kws");
    for url in
        ["http://127.0.0.1:9/hook", "https://10.0.0.1/hook", "http://41.90.0.1/hook", "ftp://x", "hook"]
    {
        let answer = kws.post("/v1/webhook_endpoints", &json!({"url": url})).send().expect(422).json();
        assert_eq!(answer["errors"][0]["pointer"], "/url", "{url}: {answer}");
    }
    // What a name leads to is judged when it is connected to.
    let endpoint = told(&kws, &json!({"url": "https://localhost:9/hook"}));
    kws.bills(&Order::hells_gate(1));
    let waiting = eventually("the attempt is shown", || {
        let list = kws.get(&format!("{}/deliveries", path_of(&endpoint))).expect(200).json();
        Some(list["data"][0].clone()).filter(|delivery| !delivery.is_null())
    });
    assert_eq!(waiting["attempts"][0]["outcome"], "no_connection", "{waiting}");
}

#[test]
fn an_address_that_nothing_can_be_sent_to_is_refused_and_it_is_said_why() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let taker = NoticeTaker::start();
    let path = path_of(&told_at(&kws, &taker));
    let long = format!("http://127.0.0.1:9/{}", "a".repeat(500));
    for (url, why) in [
        ("http://127.0.0.1:99999/", "port"),
        ("http://127.0.0.1:0/hook", "port"),
        ("http://127.0.0.1:/hook", "port"),
        ("http://127.0.0.1:+80/hook", "port"),
        ("http://me:secret@127.0.0.1:9/hook", "user"),
        ("http://127.0.0.1:9/hook#part", "fragment"),
        ("http:///hook", "host"),
        ("http://127.1:9/hook", "host"),
        ("http://desk_1.example:9/hook", "host"),
        ("gopher://127.0.0.1:9/hook", "https://"),
        ("http://127.0.0.1:9/a hook", "blanks"),
        (&long, "500 bytes"),
    ] {
        let refused = kws.post("/v1/webhook_endpoints", &json!({"url": url})).send().expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], "/url", "{url}: {refused}");
        let said = refused["errors"][0]["detail"].as_str().unwrap();
        assert!(said.contains(why), "{url}: {said}");
        let refused = patch(&kws, &path, &json!({"url": url})).send().expect(422).json();
        assert_eq!(refused["errors"][0]["detail"], said, "{url}: {refused}");
    }
    assert_eq!(kws.get(&path).expect(200).json()["url"], taker.url());
}

#[test]
fn endpoints_belong_to_an_agency_and_are_not_without_number() {
    let gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let taker = NoticeTaker::start();
    let endpoint = told_at(&kws, &taker);
    let path = path_of(&endpoint);
    kra.get(&path).expect(404);
    patch(&kra, &path, &json!({"enabled": false})).send().expect(404);
    Call::new(hyper::Method::DELETE, kra.url(&path)).key(&kra.key).send().expect(404);
    kra.post(&format!("{path}/rotate"), &json!({})).send().expect(404);
    for _ in 1..16 {
        told_at(&kws, &taker);
    }
    let refused = kws.post("/v1/webhook_endpoints", &json!({"url": taker.url()})).send().expect(409);
    assert_eq!(refused.problem(), "conflict");
    told_at(&kra, &taker);
}

#[test]
fn a_secret_lies_nowhere_in_the_clear_and_goes_with_its_endpoint() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let taker = NoticeTaker::start();
    let endpoint = told_at(&kws, &taker);
    let secret = endpoint["secret"].as_str().unwrap().strip_prefix("whsec_").unwrap().to_owned();
    kws.bills(&Order::hells_gate(1));
    taker.hears_of(&["bill.created"]);
    Call::new(hyper::Method::DELETE, kws.url(&path_of(&endpoint))).key(&kws.key).send().expect(204);
    kws.bills(&Order::hells_gate(2));
    gateway.stop();
    // What was sent is sent again if its answer came late; of the second bill nobody tells.
    let told: BTreeSet<_> = taker.heard().iter().map(HeardNotice::id).collect();
    assert_eq!(told.len(), 1);
    let bytes = STANDARD.decode(&secret).unwrap();
    let (mut looked_at, mut folders) = (0, vec![gateway.data().to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let content = std::fs::read(&path).unwrap();
            looked_at += content.len();
            let has = |needle: &[u8]| content.windows(needle.len()).any(|found| found == needle);
            assert!(!has(secret.as_bytes()) && !has(&bytes), "{}", path.display());
        }
    }
    assert!(looked_at > 10_000 && !gateway.log().contains(&secret));
}

#[test]
fn whoever_redirects_never_ends_or_never_answers_delays_nobody_and_gets_nothing_more() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let (well, elsewhere, silent) = (NoticeTaker::start(), NoticeTaker::start(), NoticeTaker::start());
    silent.is_silent();
    let target = elsewhere.url();
    let redirects = AgencySystem::start(move |mut conversation| {
        while conversation.hears().is_some() {
            let answer =
                format!("HTTP/1.1 307 Over there\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
            conversation.wire.says(&answer);
        }
    });
    let endless = AgencySystem::start(|mut conversation| {
        if conversation.hears().is_some() {
            conversation.wire.says("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
            while conversation.wire.try_says(&"more ".repeat(10_000)) {}
        }
    });
    let endpoints = [redirects.url(), endless.url(), silent.url(), well.url()]
        .map(|url| told(&kws, &json!({"url": url})));
    kws.bills(&Order::hells_gate(1));
    eventually("it is asked and says nothing", || (silent.heard().len() == 1).then_some(()));
    kws.bills(&Order::hells_gate(1));
    let first_attempts = |endpoint: &Value, status: &str| {
        let list = kws.get(&format!("{}/deliveries", path_of(endpoint))).expect(200).json();
        let data = list["data"].as_array().unwrap().clone();
        let done = data.iter().filter(|delivery| delivery["status"] == status);
        let attempts: Vec<Value> = done.map(|delivery| delivery["attempts"][0].clone()).collect();
        (attempts.len() == 2).then_some(attempts)
    };
    let [of_redirects, of_endless, of_silent, of_well] = endpoints.each_ref();
    let of_well = eventually("it has both", || first_attempts(of_well, "delivered"));
    let of_redirects = eventually("it is not followed", || first_attempts(of_redirects, "waiting"));
    let of_endless = eventually("its answers began with 200", || first_attempts(of_endless, "delivered"));
    let of_silent = eventually("it is given no more time", || first_attempts(of_silent, "waiting"));
    let at = |attempt: &Value| attempt["at"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let ended = of_silent.iter().map(at).min();
    assert!(of_well.iter().all(|attempt| Some(at(attempt)) < ended), "{of_well:?} waited for {of_silent:?}");
    assert!(of_endless.iter().all(|attempt| attempt["http_status"] == 200));
    assert!(of_redirects.iter().all(|attempt| attempt["http_status"] == 307));
    for attempt in &of_silent {
        assert_eq!(attempt["outcome"], "timed_out");
        assert!(attempt["took_ms"].as_u64() >= Some(15_000), "{attempt}");
    }
    assert_eq!(elsewhere.heard().len(), 0, "no redirect is followed");
}
