//! Services and agencies are closed for a time: every answer about them says so at once and with its own validator, no
//! bill is made, and money goes where it always goes. A system that dies is told of, and so is its return.

use serde_json::{Value, json};

use crate::harness::{
    Agency, AgencySystem, Answer, Bill, Call, Gateway, Order, Page, Payment, catalogue_with, eventually,
    fresh_key, get,
};

const PARK: &str = "/v1/services/kws-hells-gate-entry";
const PARK_PAGE: &str = "services/kws-hells-gate-entry";
/// In seconds.
const HOUR: i64 = 3_600;

fn flooded() -> Value {
    json!({"state": "closed", "reason": {"en": "The roads are flooded.", "sw": "Barabara zimefurika."}})
}

fn look(gateway: &Gateway, path: &str) -> Call {
    get(format!("{}{path}", gateway.public()))
}

fn tag(answer: &Answer) -> String {
    answer.header("etag").expect("a strong validator").to_owned()
}

fn set(agency: &Agency, path: &str, body: &Value) -> Answer {
    agency.post(&format!("{path}/availability"), body).send()
}

fn wants(agency: &Agency, key: &str) -> Answer {
    agency.post("/v1/bills", Order::hells_gate(1).body()).idempotency_key(key).send()
}

fn is_paid(gateway: &Gateway, agency: &Agency, bill: &Bill) {
    gateway.safaricom().confirms(&Payment::of_bill(bill)).expect_success();
    agency.sees(bill, "paid");
}

#[test]
fn a_closed_service_says_so_at_once_takes_no_bill_and_all_money() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("KWS");
    let open = look(&gateway, PARK).send().expect(200);
    assert_eq!(open.json()["availability"], json!({"state": "open", "can_be_billed": true}));
    let whole = tag(&look(&gateway, "/v1/catalogue").send().expect(200));
    let earlier_key = fresh_key();
    let earlier = wants(&kws, &earlier_key).expect(201);
    let bill = kws.bills(&Order::hells_gate(1));

    let public = gateway.public();
    let check = Page::open(&public, &format!("/en/{PARK_PAGE}/check?east_african_citizen.adult=1"));
    let closed = set(&kws, PARK, &flooded()).expect(200).json();
    let page = check.send(&check.form("/bill"));
    assert_eq!(page.status, 409);
    page.says("The roads are flooded.");
    assert_eq!((closed["state"].as_str(), closed["of"].as_str()), (Some("closed"), Some("service")));
    // No look in between may be answered with the earlier body, by whatever validator or encoding.
    let seen = look(&gateway, PARK).header("if-none-match", &tag(&open)).send().expect(200);
    let said = &seen.json()["availability"];
    assert_eq!((said["state"].as_str(), said["can_be_billed"].as_bool()), (Some("closed"), Some(false)));
    assert_eq!(said["closed"]["reason"]["sw"], "Barabara zimefurika.");
    assert_eq!(said["closed"]["sequence"], closed["sequence"]);
    look(&gateway, PARK).header("if-none-match", &tag(&seen)).send().expect(304);
    let zipped = look(&gateway, PARK).header("accept-encoding", "gzip").send().expect(200);
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert_ne!(tag(&zipped), tag(&seen));
    let zipped_again = look(&gateway, PARK).header("accept-encoding", "gzip");
    zipped_again.header("if-none-match", &tag(&zipped)).send().expect(304);
    let found = look(&gateway, "/v1/services?q=hells%20gate&limit=1").send().expect(200).json();
    assert_eq!(found["data"][0]["availability"], "closed", "{found}");
    let copied = look(&gateway, "/v1/catalogue").header("if-none-match", &whole).send().expect(200);
    assert!(copied.text().contains("Barabara zimefurika."));

    let refused = wants(&kws, &fresh_key()).expect(409);
    assert_eq!(refused.problem(), "service_closed");
    assert_eq!(refused.header("retry-after"), None, "nobody knows until when");
    let problem = refused.json();
    assert_eq!(problem["money_moved"], "no");
    assert_eq!(problem["user_message"]["en"], "The roads are flooded.");
    assert_eq!(wants(&kws, &earlier_key).expect(201).json()["id"], earlier.json()["id"]);
    let page = Page::open(&public, &format!("/sw/{PARK_PAGE}"));
    page.says("Huduma hii imefungwa kwa sasa").says("Barabara zimefurika.");
    assert!(!page.text().contains("Anza sasa"), "{}", page.text());
    is_paid(&gateway, &kws, &bill);

    gateway.kill();
    gateway.start_again();
    assert_eq!(tag(&look(&gateway, PARK).send().expect(200)), tag(&seen));
    wants(&kws, &fresh_key()).expect(409);

    set(&kws, PARK, &json!({"state": "open"})).expect(200);
    look(&gateway, PARK).header("if-none-match", &tag(&open)).send().expect(304);
    look(&gateway, "/v1/catalogue").header("if-none-match", &whole).send().expect(304);
    assert_eq!(look(&gateway, "/v1/availability").send().expect(200).json()["closures"], json!([]));
    wants(&kws, &fresh_key()).expect(201);
}

#[test]
fn a_closed_agency_covers_its_services_and_only_the_right_people_close_and_open() {
    let gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("KWS"), gateway.agency("KRA"));
    let operator = Agency::new(gateway.public(), gateway.create_key("operator", None));
    let treasury = Agency::new(gateway.public(), gateway.create_key("treasury", None));
    for (agency, path, status) in [
        (&kra, PARK, 403),
        (&kra, "/v1/agencies/KWS", 403),
        (&treasury, PARK, 403),
        (&kws, "/v1/services/nothing-of-the-kind", 404),
        (&operator, "/v1/agencies/NOSUCH", 404),
    ] {
        set(agency, path, &flooded()).expect(status);
    }
    for wrong in [
        json!({"state": "closed"}),
        json!({"state": "closed", "reason": {"en": "Flooded", "sw": " "}}),
        json!({"state": "closed", "reason": {"en": "Flooded"}}),
        json!({"state": "open", "reason": {"en": "Dry", "sw": "Kavu"}}),
        json!({"state": "closed", "reason": flooded()["reason"], "until": "2020-01-01T00:00:00Z"}),
        json!({"state": "closed", "reason": flooded()["reason"], "from": "soon"}),
    ] {
        let status = set(&kws, PARK, &wrong).status;
        assert!([400, 422].contains(&status), "{wrong}: {status}");
    }

    set(&operator, "/v1/agencies/kws", &flooded()).expect(200);
    let said = look(&gateway, PARK).send().expect(200).json();
    assert_eq!(said["availability"]["closed"]["of"], "agency");
    wants(&kws, &fresh_key()).expect(409);
    let page = Page::open(&gateway.public(), &format!("/en/{PARK_PAGE}"));
    page.says("All services of this agency are closed at the moment");
    let others = look(&gateway, "/v1/services/kra-prn-payment").send().expect(200).json();
    assert_eq!(others["availability"]["state"], "open");
    assert_eq!(set(&kws, "/v1/agencies/KWS", &json!({"state": "open"})).expect(403).problem(), "forbidden");
    let listed = look(&gateway, "/v1/availability").send().expect(200).json();
    assert_eq!(listed["closures"][0]["agency"], "KWS");
    set(&operator, "/v1/agencies/KWS", &json!({"state": "open"})).expect(200);
    wants(&kws, &fresh_key()).expect(201);
}

#[test]
fn what_left_the_catalogue_while_it_was_closed_can_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let file = catalogue_with(folder.path(), &[]);
    let mut gateway = Gateway::demo().set("catalogue.file", file.to_str().unwrap()).start();
    let (kws, kra) = (gateway.agency("KWS"), gateway.agency("KRA"));
    set(&kws, PARK, &flooded()).expect(200);

    let mut catalogue: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let services = catalogue["services"].as_array_mut().unwrap();
    services.retain(|service| !PARK.ends_with(service["slug"].as_str().unwrap()));
    std::fs::write(&file, catalogue.to_string()).unwrap();
    gateway.kill();
    gateway.start_again();
    look(&gateway, PARK).send().expect(404);
    set(&kws, PARK, &flooded()).expect(404);
    let open = json!({"state": "open"});
    set(&kra, PARK, &open).expect(403);
    assert_eq!(set(&kws, PARK, &open).expect(200).json()["state"], "open");
    set(&kws, PARK, &open).expect(404);
    assert_eq!(look(&gateway, "/v1/availability").send().expect(200).json()["closures"], json!([]));
}

#[test]
fn a_planned_closure_begins_and_ends_by_itself() {
    // A minute passes in a second. What has to be seen before it begins or ends has hours for it.
    let gateway = Gateway::demo().speed(60).start();
    let kws = gateway.agency("KWS");
    let plan = |from: Option<i64>, until: i64| {
        let now = now_of(&kws);
        let moment = |seconds| (now + jiff::SignedDuration::from_secs(seconds)).to_string();
        let mut plan = flooded();
        plan["until"] = json!(moment(until));
        if let Some(from) = from {
            plan["from"] = json!(moment(from));
        }
        plan
    };
    let far = plan(Some(20 * HOUR), 40 * HOUR);
    assert_eq!(set(&kws, PARK, &far).expect(200).json()["state"], "planned");
    let said = look(&gateway, PARK).send().expect(200).json();
    assert_eq!(said["availability"]["state"], "open");
    assert_eq!(said["availability"]["planned"]["from"], far["from"]);
    wants(&kws, &fresh_key()).expect(201);

    let soon = plan(Some(HOUR / 6), 40 * HOUR);
    set(&kws, PARK, &soon).expect(200);
    let refused = eventually("it begins", || Some(wants(&kws, &fresh_key())).filter(|it| it.status == 409));
    let seconds: i64 = refused.header("retry-after").expect("the end is known").parse().unwrap();
    assert!((20 * HOUR..=40 * HOUR).contains(&seconds), "{seconds}");
    assert_eq!(look(&gateway, PARK).send().json()["availability"]["closed"]["until"], soon["until"]);
    let later = set(&kws, PARK, &json!({"state": "closed", "reason": soon["reason"], "from": soon["until"]}));
    assert_eq!(later.expect(409).problem(), "conflict", "it would be open until then");

    // A bill tells the time, and is made of what is open.
    set(&kws, PARK, &json!({"state": "open"})).expect(200);
    set(&kws, PARK, &plan(None, HOUR / 6)).expect(200);
    wants(&kws, &fresh_key()).expect(409);
    eventually("it ends", || (wants(&kws, &fresh_key()).status == 201).then_some(()));
    assert_eq!(look(&gateway, PARK).send().json()["availability"]["state"], "open");
}

/// The moment that an agency's gateway takes for the present.
fn now_of(agency: &Agency) -> jiff::Timestamp {
    let bill = wants(agency, &fresh_key()).expect(201).json();
    bill["created_at"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_system_that_dies_is_told_of_with_its_services_and_flapping_does_not_fill_the_journal() {
    let kra = AgencySystem::answering("");
    let folder = tempfile::tempdir().unwrap();
    let catalogue = catalogue_with(folder.path(), &[("KRA", json!({"address": kra.url()}))]);
    let setup = Gateway::demo().set("catalogue.file", catalogue.to_str().unwrap());
    let gateway = setup.set("routing.private_networks", "127.0.0.0/8").start();
    let service = "/v1/services/kra-pin-registration";
    let system = format!("{}/s/kra-pin-registration/x", gateway.agencies());
    let ask = || get(&system).send().status;
    let up = look(&gateway, service).send().expect(200);
    assert_eq!(up.json()["availability"]["own_system"], "up");
    assert_eq!(ask(), 200);

    let address = kra.address();
    drop(kra);
    let told = eventually("it is told to be down", || {
        ask();
        let told = look(&gateway, service).send().expect(200);
        (told.json()["availability"]["own_system"] == "down").then_some(told)
    });
    assert_ne!(tag(&told), tag(&up));
    let said = &told.json()["availability"];
    assert_eq!(said["state"], "open");
    let expect = said["own_system_down"]["expect"]["en"].as_str().unwrap();
    assert!(expect.contains("can still be paid here"), "{expect}");
    let listed = look(&gateway, "/v1/availability").send().expect(200).json();
    assert_eq!(listed["systems_down"][0]["agency"], "KRA");
    let page = Page::open(&gateway.public(), "/en/services/kra-pin-registration");
    page.says("A bill that you have can still be paid here.");
    let agency = gateway.agency("KRA");
    is_paid(&gateway, &agency, &agency.bills(&Order::assessment(500, "2027000123456")));

    let _kra = AgencySystem::start_at(address, |conversation| conversation.answers_everything("back"));
    eventually("it is told to be up", || {
        ask();
        look(&gateway, service).header("if-none-match", &tag(&up)).send().status.eq(&304).then_some(())
    });
    let books = gateway.books();
    let told: Vec<_> =
        books.events("availability_changed").iter().map(|record| record["event"]["change"].clone()).collect();
    assert_eq!(told, ["system_down", "system_up"]);
}

#[test]
fn a_reason_is_words_that_everybody_sees() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("KWS");
    let closed =
        |en: &str| set(&kws, PARK, &json!({"state": "closed", "reason": {"en": en, "sw": "Imefungwa."}}));
    for hidden in [
        "\u{200b}\u{200b}",
        "\u{3164}",
        "\u{2800}",
        "...",
        "Closed\u{202e}.detoof era sdaor ehT",
        "Clo\u{ad}sed",
        "Closed \u{2066}for now\u{2069}",
        "Closed\u{e0041}",
    ] {
        let refused = closed(hidden).expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], "/reason", "{hidden:?}: {refused}");
    }
    assert_eq!(look(&gateway, PARK).send().expect(200).json()["availability"]["state"], "open");
    closed("Closed: the café’s bridge (km 4) is down.").expect(200);
}

#[test]
fn who_opens_and_closes_without_end_is_slowed_down() {
    let gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("KWS"), gateway.agency("KRA"));
    let refused = (0..400).find_map(|turn| {
        let state = if turn % 2 == 0 { flooded() } else { json!({"state": "open"}) };
        let answer = set(&kws, PARK, &state);
        (answer.status == 429).then_some(answer)
    });
    let refused = refused.expect("four hundred are too many");
    assert_eq!(refused.problem(), "rate_limited");
    assert!(refused.header("retry-after").is_some());
    set(&kra, "/v1/services/kra-pin-registration", &flooded()).expect(200);
}
