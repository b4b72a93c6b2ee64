//! What a list becomes.

use catalog::import::ImportReport;
use catalog::{Billing, Catalogue, Changes, Delivery, Language, Order, Policy, Text};
use jiff::civil::date;

use super::base::{base, csv, imported, row, told_of};

fn catalogue_of(rows: &[Vec<String>]) -> Catalogue {
    imported(&[("list.csv", csv(rows).as_bytes())]).unwrap_or_else(|problems| panic!("{problems}")).catalogue
}

fn report_of(rows: &[Vec<String>]) -> ImportReport {
    imported(&[("list.csv", csv(rows).as_bytes())]).unwrap_or_else(|problems| panic!("{problems}")).report
}

#[test]
fn every_column_arrives() {
    let catalogue = catalogue_of(&[row(&[
        ("Slug", "soil-testing"),
        ("Huduma", "Kupima udongo"),
        ("Taasisi", "Ofisi ya Udongo"),
        ("Ministry", "Ministry of Soil"),
        ("Department", "State Department for Clay"),
        ("About", "We test  your soil."),
        ("Kuhusu", "Tunapima udongo wako."),
        ("Needs", "a sample | a form"),
        ("County", "Murang'a County"),
        ("Words", "udongo|clay"),
        ("Days", "5"),
        ("Where", "Online | Huduma Centre"),
        ("Fee", "150.5"),
        ("Currency", "KES"),
        ("Version", "first"),
        ("To", "2026-12-31"),
    ])]);
    let agency = catalogue.agency("SOIL").unwrap();
    assert_eq!(agency.name, Text::new("Soil Office", "Ofisi ya Udongo"));
    assert_eq!(agency.ministry.as_deref(), Some("Ministry of Soil"));
    assert_eq!(agency.department.as_deref(), Some("State Department for Clay"));
    let service = catalogue.service("soil-testing").unwrap();
    assert_eq!(service.name, Text::new("Soil Testing", "Kupima udongo"));
    assert_eq!(service.description, Text::new("We test your soil.", "Tunapima udongo wako."));
    assert_eq!(service.requirements, [Text::english("a sample"), Text::english("a form")]);
    assert_eq!(service.county, Some("muranga".parse().unwrap()));
    assert_eq!(service.promised_working_days, Some(5));
    assert_eq!(service.delivery, [Delivery::Online, Delivery::HudumaCentre]);
    assert_eq!(service.revenue_code.as_str(), "SOIL/1");
    assert_eq!(service.keywords.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["udongo", "clay"]);
    assert_eq!((service.published_name.clone(), service.sample), (None, false));
    let day = date(2026, 5, 1);
    let price = catalogue.price("soil-testing", &Order::default(), day, Policy::LIVE).unwrap();
    assert_eq!((price.total.to_string().as_str(), price.fee_version.as_str()), ("KES 150.50", "first"));
    assert!(catalogue.price("soil-testing", &Order::default(), date(2027, 1, 1), Policy::LIVE).is_err());
}

#[test]
fn a_service_without_a_fee_is_found_and_not_paid_for() {
    let bare = [("Fee", ""), ("Law", ""), ("From", ""), ("Revenue", "")];
    let catalogue = catalogue_of(&[row(&bare)]);
    let service = catalogue.service("soil-soil-testing").unwrap();
    let Billing::NotBillable(reason) = &service.billing else { panic!("{service:?}") };
    assert!(reason.is_translated() && reason.en().starts_with("We do not know the fee"), "{reason:?}");
    assert_eq!(service.description, Text::english("Soil Testing: a service of Soil Office."));
    let hits = catalogue.search("soil testing", Language::En, &catalog::Filters::default(), 5);
    assert_eq!(catalogue.service_at(hits.hits[0].service).slug.as_str(), "soil-soil-testing");

    let said = [("Why free", "It is free by law."), ("Fee", ""), ("Law", ""), ("From", "")];
    let catalogue = catalogue_of(&[row(&said)]);
    let service = catalogue.service("soil-soil-testing").unwrap();
    assert_eq!(service.billing, Billing::NotBillable(Text::english("It is free by law.")));
}

#[test]
fn a_name_is_put_in_order_and_kept_as_it_was_published() {
    let catalogue = catalogue_of(&[row(&[("Service", "  Soil   Testing (A–B) ")])]);
    let service = catalogue.service("soil-soil-testing-a-b").unwrap();
    assert_eq!(service.name.en(), "Soil Testing (A–B)");
    assert_eq!(service.published_name.as_deref(), Some("Soil   Testing (A–B)"));
}

#[test]
fn another_order_of_the_rows_makes_the_same_catalogue() {
    let rows: Vec<_> = (0..40)
        .map(|number| {
            let name = ["Soil Testing", "Soil testing!", "Seeds"][number % 3];
            let id = format!("{number:03}x");
            row(&[
                ("Id", &id),
                ("Service", &format!("{name} {}", number / 6)),
                ("Code", ""),
                ("Agency", ["Soil Office", "Sea Office"][number % 2]),
            ])
        })
        .collect();
    let catalogue = catalogue_of(&rows);
    let mut turned = rows.clone();
    turned.reverse();
    turned.rotate_left(7);
    assert_eq!(catalogue_of(&turned).hash(), catalogue.hash());
    let codes: Vec<_> = catalogue.agencies().iter().map(|agency| agency.code.as_str()).collect();
    assert_eq!(codes.len(), 3);
    assert!(codes.iter().all(|code| *code == "TEST" || code.starts_with("SO-")), "{codes:?}");
}

#[test]
fn what_was_written_by_hand_stays_and_is_not_doubled() {
    let seeds = [
        ("Service", "SEED  sales"),
        ("Code", "TEST"),
        ("Agency", ""),
        ("Fee", ""),
        ("Law", ""),
        ("From", ""),
    ];
    let rows = [row(&seeds), row(&[("Id", "8")])];
    let report = report_of(&rows);
    let expected = ImportReport {
        rows: 2,
        matched: 1,
        added: 1,
        added_without_fee: 0,
        left_alone: 1,
        fees_added: 0,
        agencies_added: 1,
    };
    assert_eq!(report, expected);
    let catalogue = catalogue_of(&rows);
    let changes = Changes::between(&base(), &catalogue);
    assert_eq!(changes.to_string(), "+ agency SOIL\n+ service soil-soil-testing\n");
    assert_eq!(catalogue.service("test-seeds"), base().service("test-seeds"));
}

#[test]
fn a_list_that_was_taken_in_changes_nothing_the_second_time() {
    let rows = [row(&[("Id", "1")]), row(&[("Id", "2"), ("Service", "Soil testing!")])];
    let first = catalogue_of(&rows);
    let text = csv(&rows);
    let file = catalog::import::SourceFile { name: "list.csv", bytes: text.as_bytes() };
    let again = catalog::import::import(&[file], &super::base::mapping(), &first, &mut |_, _| {}).unwrap();
    assert_eq!((again.report.matched, again.report.added, again.report.fees_added), (2, 0, 0));
    assert_eq!(again.catalogue.hash(), first.hash());
}

#[test]
fn a_fee_of_the_catalogue_gets_a_successor_and_is_not_rewritten() {
    let permit = |changes: &[(&'static str, &'static str)]| {
        let usual = [("Slug", "test-permit"), ("Code", "TEST"), ("Agency", ""), ("Service", "Permit")];
        row(&usual.into_iter().chain(changes.iter().copied()).collect::<Vec<_>>())
    };
    let catalogue = catalogue_of(&[permit(&[("Fee", "KES 250"), ("From", "2026-07-01")])]);
    let changes = Changes::between(&base(), &catalogue);
    assert_eq!(changes.to_string(), "~ service test-permit: last day of fee one, fee 2026-07-01 added\n");
    let price = |day| catalogue.price("test-permit", &Order::default(), day, Policy::LIVE).unwrap().total;
    assert_eq!(price(date(2026, 6, 30)).to_string(), "KES 200.00");
    assert_eq!(price(date(2026, 7, 1)).to_string(), "KES 250.00");

    // The same fee once more, with and without a day, is nothing new.
    for from in ["", "2020-01-01", "2026-07-01"] {
        let rows = [permit(&[("Fee", "KES 200.00"), ("From", from)])];
        assert!(Changes::between(&base(), &catalogue_of(&rows)).is_empty(), "{from}");
    }
    // A fee that was not known comes into force.
    let seeds = [("Service", "Seed Sales"), ("Code", "TEST"), ("Agency", "")];
    assert_eq!(report_of(&[row(&seeds)]).fees_added, 1);
    assert!(catalogue_of(&[row(&seeds)]).service("test-seeds").unwrap().is_billable());

    for (changes, told) in [
        (
            [("Fee", "KES 250"), ("From", "")],
            "list.csv:2: From: the catalogue has another fee; say from which day",
        ),
        (
            [("Fee", "KES 250"), ("Version", "one")],
            "list.csv:2: Version: version one of this fee is in the catalogue",
        ),
        (
            [("Fee", "KES 250"), ("From", "2020-01-01")],
            "list.csv:2: From: version one of this fee holds from the same",
        ),
    ] {
        let problems = told_of(&[("list.csv", csv(&[permit(&changes)]).as_bytes())]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(told), "{problems:?}");
    }
}

#[test]
fn a_name_that_became_several_services_needs_a_slug_before_it_gets_a_fee() {
    let text = super::base::BASE.replace(
        "\"name\": { \"en\": \"Permit\", \"sw\": \"Kibali\" },",
        "\"name\": { \"en\": \"Permit\", \"sw\": \"Kibali\" }, \"published_name\": \"Seed Sales\",",
    );
    let both = Catalogue::from_json(text.as_bytes()).unwrap();
    let import = |changes: &[(&str, &str)]| {
        let usual = [("Service", "Seed Sales"), ("Code", "TEST"), ("Agency", "")];
        let text = csv(&[row(&usual.into_iter().chain(changes.iter().copied()).collect::<Vec<_>>())]);
        let file = catalog::import::SourceFile { name: "list.csv", bytes: text.as_bytes() };
        catalog::import::import(&[file], &super::base::mapping(), &both, &mut |_, _| {})
    };
    let free = import(&[("Fee", ""), ("Law", ""), ("From", "")]).unwrap();
    assert_eq!((free.report.matched, free.report.left_alone), (1, 0));
    let problems = import(&[]).unwrap_err();
    assert!(problems.to_string().contains("list.csv:2: Service: 2 services of the catalogue"), "{problems}");
    assert_eq!(import(&[("Slug", "test-seeds")]).unwrap().report.fees_added, 1);
}

#[test]
fn a_service_twice_is_told_where_no_id_tells_the_rows_apart() {
    let rows = [row(&[("Id", "")]), row(&[("Id", ""), ("Service", "SOIL testing")])];
    let told = told_of(&[("list.csv", csv(&rows).as_bytes())]);
    assert_eq!(told, ["list.csv:3: Service: the agency has a service of this name on line 2"]);
}
