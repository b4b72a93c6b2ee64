//! How agencies are paid when the paybill is down that have no plan of their own.

use catalog::{Catalogue, CatalogueBuilder, Changes, FallbackWay, Problems};

use crate::scene::SHAPES;

const PLAN: &str = r#"[
    { "channel": "card", "text": { "en": "By card.", "sw": "Kwa kadi." } },
    { "channel": "bank.kcb", "maximum": "KES 5000", "text": { "en": "At the bank.", "sw": "Benki." } }
  ]"#;

/// The small invented state with this plan for all.
fn document(plan: &str) -> String {
    SHAPES.replacen("  \"agencies\": [", &format!("  \"fallback\": {plan},\n  \"agencies\": ["), 1)
}

/// The same whose one agency has a plan of its own.
fn with_own_plan(document: &str) -> String {
    let own =
        "\"fallback\": [{ \"channel\": \"agency_till.test\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }]";
    document.replacen("\"ministry\": \"Ministry of Tests\"", own, 1)
}

fn read(document: &str) -> Result<Catalogue, Problems> {
    Catalogue::from_json(document.as_bytes())
}

fn channels(plan: &[FallbackWay]) -> Vec<&str> {
    plan.iter().map(|way| &*way.channel).collect()
}

#[test]
fn an_agency_is_paid_by_its_own_plan_alone_or_else_by_the_national_one() {
    let national = ["card", "bank.kcb"];
    let catalogue = read(&document(PLAN)).unwrap();
    assert_eq!(channels(catalogue.national_fallback()), national, "in its order");
    assert_eq!(channels(catalogue.fallback_of("TEST")), national);
    assert_eq!(channels(catalogue.fallback_of("GONE")), national, "its open bills are still owed");
    assert!(catalogue.agency("TEST").unwrap().fallback.is_empty());

    let catalogue = read(&with_own_plan(&document(PLAN))).unwrap();
    assert_eq!(channels(catalogue.fallback_of("TEST")), ["agency_till.test"], "nothing is added to it");
    assert_eq!(channels(catalogue.fallback_of("GONE")), national);

    assert_eq!(channels(read(&with_own_plan(SHAPES)).unwrap().fallback_of("GONE")), [""; 0]);
}

#[test]
fn each_mistake_in_the_national_plan_is_told_where_it_is() {
    let way = |fields: &str| format!("[\n{{ {fields} }}\n]");
    let text = "\"text\": { \"en\": \"A\", \"sw\": \"B\" }";
    let of = |channel: &str| way(&format!("\"channel\": \"{channel}\", {text}"));
    let nine: Vec<_> = (0..9).map(|at| format!("{{ \"channel\": \"bank.b{at}\", {text} }}")).collect();
    for (plan, path, words) in [
        (of("agency_till.572572"), "fallback[0].channel", "\"agency_till\" is one agency's or one office's"),
        (of("card_terminal.kws"), "fallback[0].channel", "\"card_terminal\" is one agency's"),
        (of("counter.huduma-gpo-3"), "fallback[0].channel", "airtel_money, card, bank, bank_slip"),
        (of("counter"), "fallback[0].channel", "\"counter\" is one agency's"),
        (of("mpesa_paybill"), "fallback[0].channel", "no kind of channel"),
        (of("mpesa_prompt"), "fallback[0].channel", "no kind of channel"),
        (of("bank.KCB"), "fallback[0].channel", "after the dot"),
        (way("\"channel\": \"bank\", \"text\": { \"en\": \"A\" }"), "fallback[0].text", "Kiswahili"),
        (
            way(&format!("\"channel\": \"bank\", \"minimum\": \"9\", {text}")),
            "fallback[0].minimum",
            "is not an amount",
        ),
        (
            way(&format!("\"channel\": \"bank\", \"phone\": \"1\", {text}")),
            "fallback",
            "unknown field `phone`",
        ),
        (format!("[{}]", nine.join(",\n")), "fallback", "at most 8"),
        ("\"bank\"".to_owned(), "fallback", "expected a sequence"),
    ] {
        let document = document(&plan);
        let problems = read(&document).unwrap_err();
        let blamed = problems.listed().iter().find(|problem| problem.path == path);
        let blamed = blamed.unwrap_or_else(|| panic!("{plan}: nothing is said of {path}: {problems}"));
        assert!(blamed.message.contains(words), "{plan}: {blamed}");
        assert_eq!(problems.count(), 1, "{problems}");
        let begins = document[..document.find("\"fallback\"").unwrap()].matches('\n').count() + 1;
        assert!((begins..begins + 3).contains(&blamed.line.unwrap()), "{blamed}");
    }
    let twice = document(&PLAN.replace("bank.kcb", "card"));
    assert!(read(&twice).unwrap_err().to_string().contains("fallback[1].channel: \"card\" is there twice"));
}

#[test]
fn every_way_that_is_not_for_all_is_named_at_once() {
    let plan = PLAN.replace("\"card\"", "\"agency_till.a\"").replace("bank.kcb", "counter.b");
    let problems = read(&document(&plan)).unwrap_err();
    let paths: Vec<_> = problems.listed().iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["fallback[0].channel", "fallback[1].channel"]);
}

#[test]
fn one_file_names_the_national_plan_and_a_second_is_told_which_does() {
    let plan = |plan: &str| format!("{{ \"format\": 1,\n\"fallback\": {plan} }}");
    let built = |files: &[(&str, &str)]| {
        let mut builder = CatalogueBuilder::new();
        builder.add_file("shapes.json", SHAPES);
        for (name, text) in files {
            builder.add_file(name, text);
        }
        builder.build()
    };
    let twice = built(&[("a.json", &plan(PLAN)), ("b.json", &plan(PLAN))]).unwrap_err().to_string();
    let said = "b.json:2: fallback: the national plan is there twice: a.json names it too";
    assert!(twice.contains(said), "{twice}");
    let catalogue = built(&[("a.json", &plan("[]")), ("b.json", &plan(PLAN))]).unwrap();
    assert_eq!(channels(catalogue.national_fallback()), ["card", "bank.kcb"], "an empty one names nothing");
}

#[test]
fn the_plan_goes_out_as_it_came_in_and_a_document_without_one_keeps_its_name() {
    let built = |texts: &[&str]| {
        let mut builder = CatalogueBuilder::new();
        for text in texts {
            builder.add_file("part.json", text);
        }
        builder.build().unwrap()
    };
    let catalogue = built(&[&document(PLAN)]);
    let again = Catalogue::from_json(&catalogue.to_json()).unwrap();
    assert_eq!(again.national_fallback(), catalogue.national_fallback());
    assert_eq!(again.hash(), catalogue.hash());
    let written = String::from_utf8(catalogue.to_json().to_vec()).unwrap();
    let lines: Vec<_> = written.lines().skip_while(|line| !line.starts_with("\"fallback\":[")).collect();
    assert!(
        lines[1].contains("\"channel\":\"card\"") && lines[2].contains("\"maximum\":\"KES 5000\""),
        "{lines:?}"
    );

    let plain = built(&[SHAPES]);
    assert_eq!(built(&[SHAPES, "{ \"format\": 1, \"fallback\": [] }"]).hash(), plain.hash());
    assert!(!String::from_utf8(plain.to_json().to_vec()).unwrap().contains("fallback"));
}

#[test]
fn an_approver_sees_that_money_goes_elsewhere() {
    let said = |old: &str, new: &str| Changes::between(&read(old).unwrap(), &read(new).unwrap()).to_string();
    let changed = "~ every agency without a plan of its own: FALLBACK PLAN\n";
    assert_eq!(said(SHAPES, &document(PLAN)), changed);
    assert_eq!(said(&document(PLAN), &document(&PLAN.replace("KES 5000", "KES 6000"))), changed);
    assert_eq!(said(&document(PLAN), SHAPES), changed);
    assert_eq!(said(&document(PLAN), &document(&PLAN.replace("  ", " "))), "nothing changed\n");
}

/// The promise of the product: whatever is to be paid, and whenever, there is a way beside the paybill that is open.
#[test]
fn each_agency_of_the_product_has_a_way_at_every_hour() {
    let catalogue = Catalogue::embedded();
    for agency in catalogue.agencies() {
        let plan = catalogue.fallback_of(agency.code.as_str());
        assert!(
            plan.iter().any(|way| way.open.days.is_empty() && way.open.hours.is_none()),
            "{}",
            agency.code
        );
    }
    let national = channels(catalogue.national_fallback());
    assert_eq!(national, ["bank.kcb", "airtel_money", "card", "bank_slip.kcb"]);
    for way in catalogue.national_fallback() {
        assert!(way.text.is_translated(), "{}", way.channel);
    }
}
