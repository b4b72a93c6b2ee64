//! A way to pay fails: an operator says so, or the gateway finds out. Everybody sees it, nobody is asked to pay there, money
//! that comes is taken all the same, and it comes back.

use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{
    Agency, Answer, Finished, Gateway, Order, Page, Payment, eventually, get, malipo, post, run,
};

/// `malipo outage`.
fn outage(gateway: &Gateway, words: &[&str]) -> Finished {
    run(malipo(["outage"]).args(words).arg("--data").arg(gateway.data()))
}

fn status(gateway: &Gateway) -> Value {
    get(format!("{}/v1/status", gateway.public())).send().expect(200).json()
}

/// How a channel is, for everybody or for an agency; nothing if there is nothing to say of it.
fn channel(gateway: &Gateway, name: &str, agency: Option<&str>) -> Value {
    let status = status(gateway);
    let all = status["channels"].as_array().unwrap();
    let found = all.iter().find(|one| one["channel"] == name && one["agency"].as_str() == agency);
    found.cloned().unwrap_or_default()
}

fn is(gateway: &Gateway, name: &str, state: &str) -> Value {
    eventually(&format!("{name} is {state}"), || {
        Some(channel(gateway, name, None)).filter(|channel| channel["state"] == state)
    })
}

/// Asks somebody to pay a new bill.
fn asks(agency: &Agency, phone: &str) -> Answer {
    agency.prompts(&agency.bills(&Order::hells_gate(1)), phone)
}

fn in_hours(gateway: &Gateway, hours: i64) -> String {
    let as_of: jiff::Timestamp = status(gateway)["as_of"].as_str().unwrap().parse().unwrap();
    (as_of + jiff::SignedDuration::from_hours(hours)).to_string()
}

#[test]
fn an_operator_says_that_a_way_to_pay_is_down_and_takes_it_back() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    Page::open(&gateway.public(), "/en/status").says("All ways to pay work.");
    outage(&gateway, &["stop", "mpesa_prompt"]).expect(4);
    let said = ["start", "mpesa_prompt", "--reason", "Cable cut at Mombasa", "--reason-sw", "Kebo imekatika"];
    outage(&gateway, &said).expect(0);

    let down = channel(&gateway, "mpesa_prompt", None);
    assert_eq!((down["state"].as_str(), down["why"]["by"].as_str()), (Some("down"), Some("said")));
    assert_eq!(down["why"]["reason"]["sw"], "Kebo imekatika");
    assert_eq!(channel(&gateway, "mpesa_paybill", None)["state"], "up");
    assert_eq!(status(&gateway)["outages"].as_array().unwrap().len(), 1);
    Page::open(&gateway.public(), "/en/status").says("Cable cut at Mombasa").says("Does not work");
    Page::open(&gateway.public(), "/sw/status").says("Kebo imekatika").says("Haifanyi kazi");
    let shown = outage(&gateway, &["status"]).expect(0).stdout;
    assert!(shown.contains("Cable cut at Mombasa"), "{shown}");
    let bill = kws.bills(&Order::hells_gate(1));
    let refused = kws.prompts(&bill, "0700000001").expect(503);
    assert_eq!(refused.problem(), "channel_down");
    assert_eq!(refused.json()["money_moved"], "no");
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    kws.sees(&bill, "paid");

    gateway.kill();
    gateway.start_again();
    assert_eq!(channel(&gateway, "mpesa_prompt", None)["state"], "down", "nobody has taken it back");
    outage(&gateway, &["stop", "mpesa_prompt"]).expect(0);
    assert_eq!(channel(&gateway, "mpesa_prompt", None)["state"], "up");
    asks(&kws, "0700000003").expect(202);
    let after = status(&gateway);
    assert_eq!(
        (after["outages"].as_array().unwrap().len(), after["ended"].as_array().unwrap().len()),
        (0, 1)
    );
    Page::open(&gateway.public(), "/en/status").says("Earlier outages");

    // Its number is what its report is asked for with, also after others that came and went.
    let number = after["ended"][0]["id"].to_string();
    for _ in 0..21 {
        gateway.operator_says("mpesa_paybill", "drill");
        gateway.operator_takes_back("mpesa_paybill");
    }
    let shown = outage(&gateway, &["status"]).expect(0).stdout;
    assert!(shown.contains(&format!("Outage {number} of mpesa_prompt for everybody, from ")), "{shown}");
    assert_eq!(shown.matches("\nDrill ").count(), 20, "{shown}");
    let report = outage(&gateway, &["report", &number]).expect(0).stdout;
    assert!(report.lines().nth(1).unwrap().starts_with("As of 20"), "{report}");
}

#[test]
fn what_comes_and_goes_all_day_hides_nothing_that_goes_on() {
    let gateway = Gateway::demo().start();
    gateway.operator_says("mpesa_paybill", "start");
    for _ in 0..26 {
        gateway.operator_says("mpesa_prompt", "start");
        gateway.operator_takes_back("mpesa_prompt");
    }
    let number = status(&gateway)["outages"][0]["id"].to_string();
    let feed = get(format!("{}/status.atom", gateway.public())).send().expect(200).text();
    assert_eq!(feed.matches("<entry>").count(), 50, "{feed}");
    assert!(feed.contains(&format!("#outage-{number}<")), "{feed}");

    // Nor is it hidden by what began after it was over.
    gateway.operator_takes_back("mpesa_paybill");
    for _ in 0..10 {
        gateway.operator_says("mpesa_prompt", "start");
        gateway.operator_takes_back("mpesa_prompt");
    }
    let page = Page::open(&gateway.public(), "/en/status");
    let (_, earlier) = page.html.split_once("Earlier outages").expect("there were some");
    assert_eq!(earlier.matches("M-PESA paybill").count(), 1, "{earlier}");
    assert_eq!(earlier.matches("M-PESA prompt").count(), 3, "{earlier}");
}

#[test]
fn what_is_said_ends_by_itself_and_a_drill_refuses_nobody() {
    // An hour is two seconds here.
    let gateway = Gateway::demo().speed(1800).start();
    let kws = gateway.agency("kws");
    outage(&gateway, &["start", "mpesa_prompt", "--reason", "Works", "--for", "5d"]).expect(0);
    outage(&gateway, &["start", "mpesa_prompt", "--reason", "Works", "--for", "8d"]).expect(1);
    outage(&gateway, &["start", "paypal", "--reason", "Works"]).expect(2);
    asks(&kws, "0700000003").expect(503);
    outage(&gateway, &["start", "mpesa_prompt", "--reason", "Works", "--for", "1h"]).expect(0);
    is(&gateway, "mpesa_prompt", "up");
    let ended = status(&gateway)["ended"].as_array().unwrap().len();
    assert_eq!(ended, 1, "it was one outage, however often its end was said");

    outage(&gateway, &["drill", "mpesa_prompt", "--reason", "Exercise", "--for", "7d"]).expect(0);
    let drilled = channel(&gateway, "mpesa_prompt", None);
    assert_eq!((drilled["state"].as_str(), drilled["drill"].as_bool()), (Some("up"), Some(true)));
    asks(&kws, "0700000003").expect(202);
    Page::open(&gateway.public(), "/en/status").says("This is an exercise");
}

#[test]
fn an_agency_speaks_for_itself_and_treasury_and_operators_for_everybody() {
    let gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let by_role = |role: &str| Agency::new(gateway.public(), gateway.create_key(role, None));
    let (treasury, operator) = (by_role("treasury"), by_role("operator"));
    let auditor = by_role("auditor");
    let until = in_hours(&gateway, 2);
    let wish = |agency: Option<&str>, to: &str, until: &str| {
        let mut wish = json!({"channel": "mpesa_prompt", "to": to, "until": until,
                              "reason": {"en": "Cable cut", "sw": "Kebo imekatika"}});
        if let Some(agency) = agency {
            wish["agency"] = agency.into();
        }
        wish
    };
    let says = |who: &Agency, wish: &Value| who.post("/v1/outages", wish).send();
    for (who, agency, code) in [
        (&kws, None, 403),
        (&kws, Some("KRA"), 403),
        (&auditor, None, 403),
        (&treasury, Some("NOSUCH"), 422),
        (&kws, Some("kws"), 200),
    ] {
        says(who, &wish(agency, "down", &until)).expect(code);
    }
    for wrong in [
        wish(None, "down", "2020-01-01T00:00:00Z"),
        wish(None, "down", &in_hours(&gateway, 24 * 8)),
        wish(None, "down", "soon"),
        json!({"channel": "cheque", "to": "down", "until": until, "reason": {"en": "a", "sw": "b"}}),
        json!({"channel": "mpesa_prompt", "to": "down", "until": until, "reason": {"en": "a", "sw": " "}}),
    ] {
        says(&operator, &wrong).expect(422);
    }
    for hidden in ["\u{ffff}", "\u{202e}", "\u{2028}", "\u{200f}"] {
        let mut wish = wish(None, "down", &until);
        wish["reason"]["sw"] = format!("Kebo{hidden}imekatika").into();
        let refused = says(&operator, &wish).expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], "/reason/sw", "{hidden:?}: {refused}");
    }
    asks(&kws, "0700000003").expect(503);
    let assessed = kra.bills(&Order::assessment(100, "2026001234567"));
    kra.prompts(&assessed, "0700000003").expect(202);
    assert_eq!(channel(&gateway, "mpesa_prompt", Some("KWS"))["state"], "down");
    assert_eq!(channel(&gateway, "mpesa_prompt", None)["state"], "up");
    let ends = |who: &Agency, agency: Option<&str>| {
        let scope = agency.map_or_else(
            || json!({"channel": "mpesa_prompt"}),
            |agency| json!({"channel": "mpesa_prompt", "agency": agency}),
        );
        who.post("/v1/outages/end", &scope).send()
    };
    ends(&kra, Some("KWS")).expect(403);
    ends(&kws, Some("KWS")).expect(200);
    ends(&kws, Some("KWS")).expect(404);
    says(&treasury, &wish(None, "down", &until)).expect(200);
    asks(&kws, "0700000003").expect(503);
    ends(&operator, None).expect(200);

    let window = json!({"channel": "mpesa_prompt", "agency": "KWS", "from": in_hours(&gateway, 1), "until": until,
                        "reason": {"en": "New cable", "sw": "Kebo mpya"}});
    assert_eq!(kra.post("/v1/channel_windows", &window).send().status, 403);
    let planned = kws.post("/v1/channel_windows", &window).send().expect(201).json();
    assert_eq!(planned["in_force"], false);
    Page::open(&gateway.public(), "/en/status").says("New cable");
    let end = format!("/v1/channel_windows/{}/end", planned["id"]);
    kra.post(&end, &json!({})).send().expect(404);
    kws.post(&end, &json!({})).send().expect(204);
    assert_eq!(status(&gateway)["windows"], json!([]));
    let unknown = post(format!("{}/v1/outages", gateway.public()), &wish(None, "down", &until)).send();
    unknown.expect(401);
}

#[test]
fn requests_to_phones_that_fail_are_found_out_and_tried_until_they_work() {
    // A minute is three seconds here.
    let gateway = Gateway::demo().speed(20).start();
    gateway.sandbox().knows(&gateway);
    let kws = gateway.agency("kws");
    asks(&kws, "0700000003").expect(202);
    gateway.sandbox().breaks(&json!({"push_down_per_mille": 1000}));
    let mut asked = 0;
    let began = Instant::now();
    eventually("nobody is asked any more", || {
        let answer = asks(&kws, &format!("07220{asked:05}"));
        asked += usize::from(answer.status == 202);
        (answer.status == 503).then(|| assert_eq!(answer.problem(), "channel_down"))
    });
    eprintln!("{asked} were asked in vain, and after {:?} nobody any more", began.elapsed());
    assert!(asked >= 5 && began.elapsed().as_secs() < 5, "{asked}");
    let down = channel(&gateway, "mpesa_prompt", None);
    assert_eq!((down["why"]["by"].as_str(), down["why"]["step"].as_str()), (Some("found"), Some("start")));
    Page::open(&gateway.public(), "/en/status").says("Requests to phones do not get through.");
    assert_eq!(gateway.metric("malipo_channel_state{channel=\"mpesa_prompt\"}"), 3);
    let books = gateway.books();
    let found = books.events("channel").into_iter().find(|record| record["event"]["to"] == "down").unwrap();
    let evidence = &found["event"]["evidence"];
    assert_eq!(
        (evidence["source"].as_str(), evidence["failure"].as_str()),
        (Some("traffic"), Some("500.003.02"))
    );
    assert!(evidence["failed"].as_u64() >= Some(5), "{evidence}");

    gateway.sandbox().breaks(&json!({}));
    is(&gateway, "mpesa_prompt", "probing");
    for _ in 0..2 {
        let phones = ["0700000001", "0700000002", "0700000003", "0700000005", "0700000007"];
        let asked = phones.map(|phone| asks(&kws, phone).expect(202).json());
        for attempt in asked {
            let path = format!("/v1/attempts/{}", attempt["id"].as_str().unwrap());
            eventually("it has ended", || {
                (kws.get(&path).expect(200).json()["state"]["finished"] == true).then_some(())
            });
        }
    }
    is(&gateway, "mpesa_prompt", "up");
    assert_eq!(gateway.metric("malipo_channel_state{channel=\"mpesa_prompt\"}"), 0);
    assert_eq!(status(&gateway)["ended"].as_array().unwrap().len(), 1);
    gateway.books().expect_balanced();
}

/// Requests to phones are taken, and end with a word of M-PESA's own: nobody ever sees one.
#[test]
fn requests_that_are_taken_and_then_fail_are_a_way_that_does_not_work_and_mistakes_of_payers_are_none() {
    let gateway = Gateway::demo().start();
    gateway.sandbox().knows(&gateway);
    let kws = gateway.agency("kws");
    let ends_with = |phone: &str, code: &str| {
        let asked = asks(&kws, phone).expect(202).json();
        let path = format!("/v1/attempts/{}", asked["id"].as_str().unwrap());
        eventually(&format!("{phone} ends with {code}"), || {
            let attempt = kws.get(&path).expect(200).json();
            (attempt["state"]["code"] == code).then_some(())
        });
    };
    for (phone, code) in [("0700000003", "1032"), ("0700000005", "2001"), ("0700000002", "1")].repeat(2) {
        ends_with(phone, code);
    }
    assert_eq!(channel(&gateway, "mpesa_prompt", None)["state"], "up", "they did it themselves");
    // A success takes five failures away; what payers do wrong works.
    for _ in 0..5 {
        ends_with("0700000011", "26");
    }
    let down = is(&gateway, "mpesa_prompt", "down");
    assert_eq!((down["why"]["by"].as_str(), down["why"]["step"].as_str()), (Some("found"), Some("confirm")));
    assert_eq!(asks(&kws, "0700000001").expect(503).problem(), "channel_down");
    let books = gateway.books();
    let found = books.events("channel").into_iter().find(|record| record["event"]["to"] == "down").unwrap();
    assert_eq!(found["event"]["evidence"]["failure"], "26");
}

/// How soon, at the speed of life: printed, and not judged.
#[test]
fn the_page_of_an_open_bill_shows_the_next_way_once_requests_to_phones_fail() {
    let gateway = Gateway::demo().start();
    gateway.sandbox().knows(&gateway);
    let kws = gateway.agency("kws");
    let open = kws.bills(&Order::hells_gate(1));
    let page = || get(format!("{}/en/bills/{}", gateway.public(), open.id)).send().expect(200).text();
    let asks_a_phone = |page: &str| page.contains("value=\"mpesa_prompt\"");
    assert!(asks_a_phone(&page()));
    gateway.sandbox().breaks(&json!({"push_down_per_mille": 1000}));
    let (mut asked, mut first) = (0, None);
    let shown = eventually("the page asks for no phone", || {
        asks(&kws, &format!("07221{asked:05}"));
        asked += 1;
        first.get_or_insert_with(Instant::now);
        Some(page()).filter(|page| !asks_a_phone(page))
    });
    let took = first.map(|first| first.elapsed());
    eprintln!("the next way is on the page {took:?} after the first of {asked} requests that failed");
    assert!(shown.contains("Business number: 222222"), "{shown}");
}

/// What is over for one agency is no good news while nobody can pay there, and what is over for all is none for whom it is not.
#[test]
fn the_feed_calls_nothing_usable_that_is_still_down_for_everybody_and_programs_are_told_what_is_next() {
    let gateway = Gateway::demo().start();
    let titles = || {
        let feed = get(format!("{}/status.atom", gateway.public())).send().expect(200).text();
        let titles =
            feed.split("<title>").skip(2).map(|rest| rest.split("</title>").next().unwrap().to_owned());
        titles.collect::<Vec<_>>()
    };
    let next = || {
        let status = get(format!("{}/v1/status", gateway.public())).send().expect(200).json();
        status["next_ways"].clone()
    };
    assert_eq!(next(), Value::Null);
    let kws = ["mpesa_paybill", "--agency", "KWS", "--reason", "Cable"];
    outage(&gateway, &[&["start"][..], &kws].concat()).expect(0);
    assert_eq!(next().as_array().unwrap().iter().map(|one| &one["agency"]).collect::<Vec<_>>(), ["KWS"]);
    outage(&gateway, &["start", "mpesa_paybill", "--reason", "Fire"]).expect(0);
    outage(&gateway, &["stop", "mpesa_paybill", "--agency", "KWS"]).expect(0);
    assert_eq!(
        titles()[0],
        "M-PESA paybill (KWS): what was wrong there alone is over. It still does not work for anybody."
    );
    let told = next();
    let of =
        |agency: Value| told.as_array().unwrap().iter().find(|one| one["agency"] == agency).unwrap().clone();
    assert!(of(json!("KWS"))["ways"].as_array().unwrap().iter().all(|way| way["title"]["sw"].is_string()));
    assert_ne!(of(json!("KWS"))["ways"], json!([]));
    let others = told.as_array().unwrap().last().unwrap();
    assert!(others.as_object().unwrap().contains_key("agency"), "null, and not missing: {others}");
    assert_eq!((&others["agency"], &others["for"]), (&Value::Null, &json!("all_others")));
    assert_eq!(others["ways"][0]["channel"], "mpesa_prompt");
    assert_eq!(of(json!("KWS"))["for"], Value::Null);

    outage(&gateway, &[&["start"][..], &kws].concat()).expect(0);
    outage(&gateway, &["stop", "mpesa_paybill"]).expect(0);
    assert_eq!(titles()[0], "M-PESA paybill can be used again, but not for every agency yet.");
    outage(&gateway, &["stop", "mpesa_paybill", "--agency", "KWS"]).expect(0);
    assert_eq!(titles()[0], "M-PESA paybill (KWS) can be used again.");
    assert_eq!(next(), Value::Null);
}

/// Read by an XML parser that is none of ours.
#[test]
fn whoever_follows_the_feed_reads_what_began_and_what_is_over() {
    const READ: &str = "import sys, json, xml.etree.ElementTree as tree\n\
        atom = '{http://www.w3.org/2005/Atom}'\n\
        feed = tree.fromstring(sys.stdin.buffer.read())\n\
        assert feed.tag == atom + 'feed', feed.tag\n\
        text = lambda of, name: of.find(atom + name).text\n\
        entries = [{name: text(entry, name) for name in ('id', 'title', 'updated')} for entry in feed.iter(atom + 'entry')]\n\
        print(json.dumps({'id': text(feed, 'id'), 'updated': text(feed, 'updated'), 'entries': entries}))";
    let gateway = Gateway::demo().start();
    let read = || -> Value {
        let answer = get(format!("{}/status.atom", gateway.public())).send().expect(200);
        assert_eq!(answer.headers["content-type"], "application/atom+xml; charset=utf-8");
        let file = gateway.folder().join("status.atom");
        std::fs::write(&file, answer.body).unwrap();
        let mut python = Command::new("python3");
        let read = python.args(["-c", READ]).stdin(std::fs::File::open(&file).unwrap()).output().unwrap();
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        serde_json::from_slice(&read.stdout).unwrap()
    };
    let quiet = read();
    assert_eq!(quiet["entries"], json!([]));
    assert_eq!(read()["updated"], quiet["updated"], "nothing has changed, so nothing is new");
    outage(&gateway, &["start", "mpesa_paybill", "--reason", "<Cable> & \"fibre\""]).expect(0);
    let going_on = read();
    let began = going_on["entries"][0].clone();
    assert_eq!(began["title"], "M-PESA paybill is not working: <Cable> & \"fibre\"");
    assert_eq!(going_on["updated"], began["updated"]);
    outage(&gateway, &["drill", "mpesa_prompt", "--reason", "Exercise"]).expect(0);
    outage(&gateway, &["stop", "mpesa_paybill"]).expect(0);
    let over = read();
    let entries = over["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2, "a drill is no news: {over}");
    assert_eq!(entries[0]["title"], "M-PESA paybill can be used again.");
    assert_eq!(entries[1]["id"], began["id"], "it keeps its name");
    assert_eq!(entries[1]["updated"], over["updated"], "it does not say why any more");
    let page = Page::open(&gateway.public(), "/en/status");
    assert!(page.html.contains("rel=\"alternate\"") && page.html.contains("href=\"/status.atom\""));
}
