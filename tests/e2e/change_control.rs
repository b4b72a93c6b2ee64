//! A catalogue changes: one person drafts, another publishes, everybody is told, and a bill keeps its price.

use hyper::Method;
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::harness::{Answer, Call, Gateway, Order, eventually, get, malipo, post, run};

/// Somebody with a key of a role.
pub(crate) struct Person {
    public: String,
    key: String,
}

impl Person {
    pub(crate) fn with_role(gateway: &Gateway, role: &str) -> Self {
        Self { public: gateway.public(), key: gateway.create_key(role, None) }
    }

    pub(crate) fn gets(&self, path: &str) -> Answer {
        get(format!("{}{path}", self.public)).key(&self.key).send()
    }

    pub(crate) fn posts(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        let call = Call::new(Method::POST, format!("{}{path}", self.public));
        call.body(body.into()).key(&self.key).send()
    }
}

/// The catalogue that comes with the product.
pub(crate) fn described_services() -> String {
    run(&mut malipo(["catalogue", "export", "--format", "json"])).expect(0).stdout
}

/// The described services with another adult fee at Hell's Gate from a day on, as an editor would write it.
pub(crate) fn with_dearer_hells_gate(shillings: u32) -> String {
    let mut catalogue: Value = serde_json::from_str(&described_services()).unwrap();
    let services = catalogue["services"].as_array_mut().unwrap();
    let park = services.iter_mut().find(|service| service["slug"] == "kws-hells-gate-entry").unwrap();
    let fees = park["fees"].as_array_mut().unwrap();
    let mut next = fees.last().unwrap().clone();
    fees.last_mut().unwrap()["valid_to"] = json!("2026-01-31");
    next["version"] = json!(format!("at-{shillings}"));
    next["valid_from"] = json!("2026-02-01");
    next["rule"]["amounts"]["east_african_citizen"]["adult"] = json!(format!("KES {shillings}"));
    fees.push(next);
    catalogue.to_string()
}

pub(crate) fn drafted(answer: Answer) -> String {
    answer.expect(201).json()["hash"].as_str().unwrap().to_owned()
}

#[test]
fn one_drafts_another_publishes_everybody_is_told_and_a_bill_keeps_its_price() {
    let mut gateway = Gateway::demo().start();
    let (maker, checker) = (Person::with_role(&gateway, "maker"), Person::with_role(&gateway, "checker"));
    let kws = gateway.agency("KWS");
    let before = kws.bills(&Order::hells_gate(1));
    assert_eq!(before.amount(), "500.00");

    let draft =
        maker.posts("/v1/catalogue/drafts?note=Legal%20notice", with_dearer_hells_gate(650)).expect(201);
    let draft = draft.json();
    let hash = draft["hash"].as_str().unwrap();
    assert_eq!((draft["base"].as_u64(), draft["note"].as_str()), (Some(1), Some("Legal notice")));
    let changed = &draft["changes"]["services_changed"];
    assert_eq!(changed.as_array().unwrap().len(), 1);
    assert_eq!(changed[0]["slug"], "kws-hells-gate-entry");

    // Nothing is in force yet, and it cannot be put there by who wrote it, nor by an agency or a stranger.
    let path = format!("/v1/catalogue/drafts/{hash}/publish");
    maker.posts(&path, "{}").expect(403);
    kws.post(&path, &json!({})).send().expect(403);
    post(format!("{}{path}", gateway.public()), &json!({})).send().expect(401);
    assert_eq!(kws.bills(&Order::hells_gate(1)).amount(), "500.00");

    let published = checker.posts(&path, "{}").expect(200).json();
    assert_eq!(published["catalogue"], json!({"number": 2, "hash": hash}));
    let after = kws.bills(&Order::hells_gate(1));
    assert_eq!((after.amount().as_str(), &after.json["catalogue"]["number"]), ("650.00", &json!(2)));
    assert_eq!(kws.looks_at(&before)["amount"]["amount"], 50_000, "what was agreed stays");

    let feed = get(format!("{}/v1/catalogue/changes?since=1", gateway.public())).send().expect(200).json();
    assert_eq!((feed["next_since"].as_u64(), feed["has_more"].as_bool()), (Some(2), Some(false)));
    let told = &feed["data"][0];
    assert_eq!((told["number"].as_u64(), told["hash"].as_str()), (Some(2), Some(hash)));
    assert_ne!(told["drafted_by"], told["approved_by"]);
    assert_eq!(told["changes"]["services_changed"][0]["slug"], "kws-hells-gate-entry");
    checker.posts(&path, "{}").expect(404);

    // Back to the first, under a new number, again by two people; and it outlives a restart.
    let back = drafted(maker.posts("/v1/catalogue/rollbacks", json!({"to": 1}).to_string()));
    checker.posts(&format!("/v1/catalogue/drafts/{back}/publish"), "{}").expect(200);
    assert_eq!(kws.bills(&Order::hells_gate(1)).amount(), "500.00");
    gateway.kill();
    gateway.start_again();
    let service =
        get(format!("{}/v1/services/kws-hells-gate-entry", gateway.public())).send().expect(200).json();
    assert_eq!(service["catalogue"], json!({"number": 3, "hash": back}));
    let feed = get(format!("{}/v1/catalogue/changes", gateway.public())).send().expect(200).json();
    assert_eq!(feed["data"].as_array().unwrap().len(), 3);
    assert!(feed["data"][0]["changes"]["services_added"].as_array().unwrap().len() > 100);
}

#[test]
fn a_draft_on_top_of_what_is_no_longer_in_force_is_not_published() {
    let gateway = Gateway::demo().start();
    let (maker, checker) = (Person::with_role(&gateway, "maker"), Person::with_role(&gateway, "checker"));
    let first = drafted(maker.posts("/v1/catalogue/drafts?note=one", with_dearer_hells_gate(600)));
    let second = drafted(maker.posts("/v1/catalogue/drafts?note=two", with_dearer_hells_gate(700)));
    checker.posts(&format!("/v1/catalogue/drafts/{first}/publish"), "{}").expect(200);
    let refused = checker.posts(&format!("/v1/catalogue/drafts/{second}/publish"), "{}").expect(409);
    assert!(refused.json()["detail"].as_str().unwrap().contains("stale"), "{}", refused.text());
    let waiting = checker.gets("/v1/catalogue/drafts").expect(200).json();
    assert_eq!(waiting["data"][0]["is_stale"], true);
    checker.posts(&format!("/v1/catalogue/drafts/{second}/withdraw"), "{}").expect(403);
    let file = gateway.data().join(format!("catalogues/{second}.json"));
    assert!(file.exists());
    maker.posts(&format!("/v1/catalogue/drafts/{second}/withdraw"), "{}").expect(204);
    assert!(!file.exists(), "what was given up is not kept");
    assert_eq!(checker.gets("/v1/catalogue/drafts").expect(200).json()["data"], json!([]));
    // Drafted again, it is on top of what is in force.
    let again = drafted(maker.posts("/v1/catalogue/drafts?note=two", with_dearer_hells_gate(700)));
    checker.posts(&format!("/v1/catalogue/drafts/{again}/publish"), "{}").expect(200);
}

#[test]
fn a_broken_draft_is_told_line_by_line_and_leaves_no_trace() {
    let gateway = Gateway::demo().start();
    let maker = Person::with_role(&gateway, "maker");
    let broken = described_services().replacen("\"amount\":\"KES ", "\"amount\":\"KSH ", 2);
    let told = maker.posts("/v1/catalogue/drafts?note=oops", broken).expect(422).json();
    let errors = told["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "{told}");
    assert!(errors[0]["detail"].as_str().unwrap().starts_with("line "), "{told}");
    maker.posts("/v1/catalogue/drafts?note=oops", "{\"format\": 1").expect(422);
    maker.posts("/v1/catalogue/drafts", with_dearer_hells_gate(600)).expect(422);
    assert_eq!(maker.gets("/v1/catalogue/drafts").expect(200).json()["data"], json!([]));
    let kept = std::fs::read_dir(gateway.data().join("catalogues")).unwrap().count();
    assert_eq!(kept, 1, "only what is in force is kept");
}

#[test]
fn a_draft_that_the_books_refuse_leaves_no_file_and_nobody_drafts_without_end() {
    let gateway = Gateway::demo().start();
    let maker = Person::with_role(&gateway, "maker");
    let kept = || std::fs::read_dir(gateway.data().join("catalogues")).unwrap().count();
    // The same services, in the words of what is in force: nothing to draft.
    let in_force = maker.gets("/v1/catalogue/changes").expect(200).json()["data"][0]["hash"].clone();
    let path = gateway.data().join(format!("catalogues/{}.json", in_force.as_str().unwrap()));
    let document = std::fs::read_to_string(&path).unwrap();
    maker.posts("/v1/catalogue/drafts?note=same", document.clone()).expect(409);
    assert_eq!(kept(), 1);
    // Somebody who never stops is slowed down, whatever comes of the drafts.
    let refused = (0..20).find_map(|_| {
        let answer = maker.posts("/v1/catalogue/drafts?note=same", document.clone());
        (answer.status == 429).then_some(answer)
    });
    assert_eq!(refused.expect("twenty are too many").problem(), "rate_limited");
}

#[test]
fn a_lost_document_is_named_and_the_others_are_told_of() {
    let gateway = Gateway::serve().start();
    let (maker, checker) = (Person::with_role(&gateway, "maker"), Person::with_role(&gateway, "checker"));
    let publishes = |shillings| {
        let hash = drafted(maker.posts("/v1/catalogue/drafts?note=fee", with_dearer_hells_gate(shillings)));
        checker.posts(&format!("/v1/catalogue/drafts/{hash}/publish"), "{}").expect(200);
        hash
    };
    let lost = publishes(600);
    publishes(700);
    publishes(800);
    let file = gateway.data().join(format!("catalogues/{lost}.json"));
    let aside = gateway.folder().join("aside.json");
    std::fs::rename(&file, &aside).unwrap();
    let feed = get(format!("{}/v1/catalogue/changes", gateway.public())).send().expect(200).json();
    let told: Vec<_> = feed["data"].as_array().unwrap().iter().map(|one| &one["lost_documents"]).collect();
    assert_eq!(told, [&Value::Null, &json!([lost]), &json!([lost]), &Value::Null]);
    assert_eq!(feed["data"][3]["changes"]["services_changed"][0]["slug"], "kws-hells-gate-entry");
    assert_eq!(feed["data"][1]["changes"], Value::Null);
    let told = maker.posts("/v1/catalogue/rollbacks", json!({"to": 2}).to_string()).expect(409);
    assert!(told.json()["detail"].as_str().unwrap().contains(&lost), "{}", told.text());

    let said = gateway.check().expect(1).said();
    assert!(said.contains("[-] catalogue 2, which was in force") && said.contains(&lost), "{said}");
    std::fs::rename(&aside, &file).unwrap();
    let said = gateway.check().expect(0).said();
    assert!(said.contains("[+] catalogues: 4 published"), "{said}");
}

#[test]
fn a_start_without_the_document_in_force_says_which_it_is_and_what_to_do() {
    let mut gateway = Gateway::serve().start();
    gateway.stop();
    let folder = gateway.data().join("catalogues");
    let file = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let hash = file.file_stem().unwrap().to_str().unwrap().to_owned();
    let aside = gateway.folder().join("aside.json");
    std::fs::rename(&file, &aside).unwrap();
    let said = gateway.try_start_again().expect_err("it does not start").expect(1).said();
    for expected in ["catalogue 1 is in force", &hash, "from a copy", "catalogue.file"] {
        assert!(said.contains(expected), "{expected} is not in {said}");
    }
    // What it says helps.
    gateway.set_for_next_start("catalogue.file", aside.to_str().unwrap());
    gateway.start_again();
    assert!(file.exists());
    get(format!("{}/v1/services/kws-hells-gate-entry", gateway.public())).send().expect(200);
}

#[test]
fn a_catalogue_of_nothing_is_no_draft() {
    let gateway = Gateway::serve().start();
    let maker = Person::with_role(&gateway, "maker");
    for nothing in [r#"{"format":1}"#, r#"{"format":1,"services":[]}"#] {
        let refused = maker.posts("/v1/catalogue/drafts?note=nothing", nothing).expect(422);
        assert!(refused.text().contains("it has no services"), "{}", refused.text());
    }
}

#[test]
fn with_real_money_another_file_waits_for_a_second_person() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalogue.json");
    std::fs::write(&file, with_dearer_hells_gate(600)).unwrap();
    let mut gateway = Gateway::serve().set("catalogue.file", file.to_str().unwrap()).start();
    std::fs::write(&file, with_dearer_hells_gate(999)).unwrap();
    gateway.kill();
    gateway.start_again();
    let checker = Person::with_role(&gateway, "checker");
    let waiting = checker.gets("/v1/catalogue/drafts").expect(200).json();
    let hash = waiting["data"][0]["hash"].as_str().unwrap();
    let version = |gateway: &Gateway| {
        let url = format!("{}/v1/services/kws-hells-gate-entry", gateway.public());
        get(url).send().expect(200).json()["fees"].as_array().unwrap().last().unwrap()["version"].clone()
    };
    assert_eq!(version(&gateway), "at-600");
    checker.posts(&format!("/v1/catalogue/drafts/{hash}/publish"), "{}").expect(200);
    eventually("it is served", || (version(&gateway) == "at-999").then_some(()));
}

#[test]
fn the_whole_catalogue_goes_out_as_lines_and_as_linked_data_and_bodies_are_compressed_and_validated() {
    let gateway = Gateway::demo().services(1_000).start();
    let public = gateway.public();
    let lines = get(format!("{public}/v1/catalogue")).send().expect(200);
    let lines: Vec<Value> = lines.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1_001);
    assert_eq!(lines[0]["services"], 1_000);
    let slug = lines[500]["slug"].as_str().unwrap().to_owned();
    let plain = get(format!("{public}/v1/services/{slug}")).send().expect(200);
    assert_eq!(plain.json(), lines[500], "a line is the service's own answer");

    let linked = get(format!("{public}/v1/catalogue/linked-data")).send().expect(200).json();
    assert_eq!(linked["@graph"].as_array().unwrap().len(), 1_000);
    let park = linked["@graph"].as_array().unwrap();
    let park = park.iter().find(|node| node["dct:identifier"] == "kws-hells-gate-entry").unwrap();
    assert_eq!(park["@type"], "cpsv:PublicService");
    assert_eq!(park["cv:hasCost"][0]["cv:currency"], "KES");

    let zipped =
        get(format!("{public}/v1/services/{slug}")).header("accept-encoding", "gzip").send().expect(200);
    assert_eq!(zipped.headers["content-encoding"], "gzip");
    assert!(zipped.body.len() < plain.body.len());
    let tag = zipped.headers["etag"].to_str().unwrap();
    assert_ne!(zipped.headers["etag"], plain.headers["etag"]);
    let again = get(format!("{public}/v1/services/{slug}")).header("accept-encoding", "gzip");
    let again = again.header("if-none-match", tag).send().expect(304);
    assert!(again.body.is_empty());
    assert!(plain.headers["cache-control"].to_str().unwrap().contains("stale-if-error=604800"));
}

#[test]
fn what_something_should_have_cost_on_a_day_can_be_asked() {
    let gateway = Gateway::demo().start();
    let public = gateway.public();
    let fees = |on: &str| get(format!("{public}/v1/services/kws-amboseli-entry/fees?on={on}")).send();
    assert_eq!(fees("2025-09-30").expect(200).json()["fee"], Value::Null);
    let fee = fees("2025-10-01").expect(200).json();
    assert_eq!(
        fee["fee"]["rule"]["amounts"]["non_resident"]["adult"],
        json!({"amount": 9_000, "currency": "USD"})
    );
    assert_eq!(fees("30-09-2025").expect(422).json()["errors"][0]["pointer"], "/on");
    let order = json!({"visitors": [{"category": "non_resident", "age_class": "adult", "count": 2}]});
    let price = |on: &str| {
        post(format!("{public}/v1/services/kws-amboseli-entry/price"), &json!({"order": order, "on": on}))
            .send()
    };
    assert_eq!(price("2025-10-01").expect(200).json()["total"], json!({"amount": 18_000, "currency": "USD"}));
    price("2025-09-30").expect(422);
    let wrong = |order: Value| {
        let wrong = post(format!("{public}/v1/services/kws-amboseli-entry/price"), &json!({"order": order}));
        wrong.send().expect(422).json()["errors"][0].clone()
    };
    assert_eq!(wrong(json!({"variant": "x"}))["pointer"], "/order/variant");
    // A value that is none at all is named as well.
    let visitor = json!({"category": "non_resident", "age_class": "adult", "count": 1});
    let martian = json!({"category": "martian", "age_class": "adult", "count": 1});
    let error = wrong(json!({"visitors": [visitor, martian]}));
    assert_eq!(error["pointer"], "/order/visitors/1/category");
    assert!(error["detail"].as_str().unwrap().starts_with("order.visitors[1].category "), "{error}");
}
