//! The shapes that no real fee of the product has yet: several accounts, seasons, stays, urgency, penalties, waivers and
//! what a channel costs.

use catalog::{AnswerFault, Catalogue, CatalogueBuilder, Policy, Price, PriceError, Problems};
use jiff::civil::{Date, date};
use ledger::{Currency::Kes, Currency::Usd, Money};

use crate::scene::order;

const TODAY: Date = date(2026, 11, 21);

pub(crate) const SHAPES: &str = r#"{
  "format": 1,
  "legal_bases": [
    { "code": "act", "standing": "numbered", "reference": "Test Act 1 of 2020", "instrument": "An act for tests",
      "source": "Invented." },
    { "code": "penalty-act", "standing": "numbered", "reference": "Test Act 2 of 2020", "instrument": "An act on delay",
      "source": "Invented." },
    { "code": "later-act", "standing": "numbered", "reference": "Test Act 3 of 2027", "instrument": "An act to come",
      "in_force_since": "2027-01-01", "source": "Invented." },
    { "code": "relief-act", "standing": "reported", "instrument": "An act of relief", "source": "Invented." }
  ],
  "agencies": [
    { "code": "PARK", "name": { "en": "Parks", "sw": "Hifadhi" } },
    { "code": "COUNTY", "name": { "en": "County", "sw": "Kaunti" } }
  ],
  "services": [
    { "slug": "bundle", "agency": "PARK", "name": { "en": "Package", "sw": "Kifurushi" },
      "description": { "en": "Two in one.", "sw": "Mbili kwa moja." }, "delivery": ["online"], "revenue_code": "P/1",
      "fees": [{ "version": "one", "basis": "act", "rule": { "kind": "bundle", "parts": [
        { "code": "park", "text": { "en": "park", "sw": "hifadhi" }, "amount": "KES 1000" },
        { "code": "walk", "text": { "en": "walk", "sw": "matembezi" }, "amount": "KES 250.50", "revenue_code": "P/WALK" },
        { "code": "road", "text": { "en": "road", "sw": "barabara" }, "amount": "KES 50", "agency": "COUNTY",
          "revenue_code": "C/ROAD" }
      ] } }] },
    { "slug": "camp", "agency": "PARK", "name": { "en": "Camp", "sw": "Kambi" },
      "description": { "en": "Stay.", "sw": "Kaa." }, "delivery": ["gate"], "revenue_code": "P/2",
      "fees": [{ "version": "one", "basis": "act", "rule": { "kind": "quantity",
        "unit": { "en": "tents", "sw": "mahema" }, "amount": "USD 20", "quantity_max": 40,
        "times": { "unit": { "en": "nights", "sw": "usiku" }, "times_max": 30 } } }] },
    { "slug": "season", "agency": "PARK", "name": { "en": "Entry", "sw": "Kiingilio" },
      "description": { "en": "Enter.", "sw": "Ingia." }, "delivery": ["gate"], "revenue_code": "P/3",
      "fees": [{ "version": "one", "basis": "act", "rule": { "kind": "seasons", "seasons": [
        { "code": "high", "text": { "en": "high season", "sw": "msimu wa juu" }, "from": "12-15", "to": "01-05",
          "rule": { "kind": "flat", "amount": "KES 900" } },
        { "code": "school", "text": { "en": "school visits", "sw": "ziara za shule" }, "from": "02-01", "to": "03-31",
          "rule": { "kind": "quantity", "unit": { "en": "pupils", "sw": "wanafunzi" }, "amount": "KES 20",
            "quantity_max": 200 } }
      ], "otherwise": { "kind": "flat", "amount": "KES 600" } } }] },
    { "slug": "licence", "agency": "COUNTY", "name": { "en": "Licence", "sw": "Leseni" },
      "description": { "en": "A licence.", "sw": "Leseni." }, "delivery": ["online"], "revenue_code": "C/1",
      "promised_working_days": 10,
      "fees": [{ "version": "one", "basis": "act",
        "rule": { "kind": "variants", "question": { "en": "Years", "sw": "Miaka" }, "variants": [
          { "code": "one-year", "text": { "en": "one year", "sw": "mwaka mmoja" }, "amount": "KES 605" },
          { "code": "three-years", "text": { "en": "three years", "sw": "miaka mitatu" }, "amount": "KES 1400" } ] },
        "urgencies": [
          { "code": "express", "text": { "en": "express", "sw": "haraka" }, "amount": "KES 2000", "promised_working_days": 2 },
          { "code": "same-day", "text": { "en": "same day", "sw": "siku hiyo" }, "amount": "KES 5000" } ],
        "penalties": [
          { "code": "late", "text": { "en": "late filing", "sw": "kuchelewa" }, "basis": "penalty-act", "amount": "KES 300" },
          { "code": "default", "text": { "en": "default", "sw": "kukiuka" }, "basis": "penalty-act",
            "amount_min": "KES 100", "amount_max": "KES 9000" },
          { "code": "next-year", "text": { "en": "to come", "sw": "ijayo" }, "basis": "relief-act", "amount": "KES 1" } ],
        "waivers": [
          { "code": "hardship", "text": { "en": "hardship", "sw": "ugumu" }, "basis": "relief-act", "share_percent": "50" },
          { "code": "orphan", "text": { "en": "orphan", "sw": "yatima" }, "basis": "relief-act", "share_percent": "100" } ],
        "surcharges": [
          { "channel": "card", "text": { "en": "card", "sw": "kadi" }, "basis": "act", "rate_percent": "8.5",
            "rounding": "down" } ] }] },
    { "slug": "tour", "agency": "PARK", "name": { "en": "Tour", "sw": "Ziara" },
      "description": { "en": "Two in one.", "sw": "Mbili kwa moja." }, "delivery": ["online"], "revenue_code": "P/4",
      "fees": [{ "version": "one", "basis": "act", "rule": { "kind": "bundle", "parts": [
        { "code": "park", "text": { "en": "park", "sw": "hifadhi" }, "amount": "KES 1000" },
        { "code": "road", "text": { "en": "road", "sw": "barabara" }, "amount": "KES 50", "agency": "COUNTY",
          "revenue_code": "C/ROAD" } ] },
        "waivers": [
          { "code": "school", "text": { "en": "school", "sw": "shule" }, "basis": "relief-act", "share_percent": "100" } ]
      }] },
    { "slug": "crater", "agency": "PARK", "name": { "en": "Crater", "sw": "Kreta" },
      "description": { "en": "Enter.", "sw": "Ingia." }, "delivery": ["gate"], "revenue_code": "P/5",
      "fees": [{ "version": "one", "basis": "act", "rule": { "kind": "visitors",
        "amounts": { "non_resident": { "adult": "USD 90" } }, "free": ["under_five", "person_with_disability"] } }] }
  ]
}
"#;

pub(crate) fn build(text: &str) -> Result<Catalogue, Problems> {
    let mut builder = CatalogueBuilder::new();
    builder.add_file("shapes.json", text);
    builder.build()
}

fn price(slug: &str, json: &str) -> Result<Price, PriceError> {
    build(SHAPES).unwrap().price(slug, &order(json), TODAY, Policy::LIVE)
}

fn lines(price: &Price) -> Vec<(&str, i64)> {
    price.lines.iter().map(|line| (line.code.as_str(), line.amount.minor())).collect()
}

fn fault(priced: Result<Price, PriceError>) -> (String, AnswerFault) {
    match priced {
        Err(PriceError::Answers { mut problems, .. }) if problems.len() == 1 => {
            let problem = problems.remove(0);
            (problem.pointer(), problem.fault)
        }
        other => panic!("{other:?} is no single refusal"),
    }
}

#[test]
fn a_bundle_is_one_price_and_each_part_has_its_owner() {
    let price = price("bundle", "{}").unwrap();
    assert_eq!(price.total, Money::new(130_050, Kes));
    let owners: Vec<_> = price
        .lines
        .iter()
        .map(|line| (line.code.as_str(), line.agency.as_ref().unwrap().as_str(), line.revenue_code.as_str()))
        .collect();
    assert_eq!(owners, [("park", "PARK", "P/1"), ("walk", "PARK", "P/WALK"), ("road", "COUNTY", "C/ROAD")]);
    let ranges = build(SHAPES).unwrap().service("bundle").unwrap().fees()[0].rule.amount_ranges();
    assert_eq!((ranges[0].least, ranges[0].most), (price.total, Some(price.total)));
}

#[test]
fn a_part_of_another_agency_says_where_that_agency_books_it() {
    let broken = SHAPES.replacen(
        r#""agency": "COUNTY",
          "revenue_code": "C/ROAD" }"#,
        r#""agency": "COUNTY" }"#,
        1,
    );
    let problems = build(&broken).unwrap_err();
    assert_eq!(problems.count(), 1, "{problems}");
    assert_eq!(problems.listed()[0].path, "services[0].fees[0].rule.parts[2].revenue_code");
}

/// A document from before that rule. Bills rest on it, so it must be readable for ever.
const BEFORE_REVENUE_CODES: &[u8] = include_bytes!("fixtures/kept/bundle_without_revenue_code.json");

#[test]
fn a_document_of_before_that_rule_is_read_as_kept_and_refused_as_new() {
    let problems = Catalogue::from_json(BEFORE_REVENUE_CODES).unwrap_err();
    assert_eq!(problems.count(), 1, "{problems}");
    assert_eq!(problems.listed()[0].path, "services[0].fees[0].rule.parts[1].revenue_code");

    let kept = Catalogue::from_kept_json(BEFORE_REVENUE_CODES).unwrap();
    assert_eq!(&kept.to_json()[..], BEFORE_REVENUE_CODES);
    let price = kept.price("bundle", &order("{}"), TODAY, Policy::LIVE).unwrap();
    let owners: Vec<_> = price
        .lines
        .iter()
        .map(|line| (line.agency.as_ref().unwrap().as_str(), line.revenue_code.as_str()))
        .collect();
    assert_eq!(owners, [("PARK", "P/1"), ("COUNTY", "P/1")], "the service's own code");

    // What was wrong then is wrong now.
    let text = String::from_utf8(BEFORE_REVENUE_CODES.to_vec()).unwrap();
    let broken = text.replace("KES 50", "KES fifty");
    let problems = Catalogue::from_kept_json(broken.as_bytes()).unwrap_err();
    assert_eq!(problems.count(), 1, "{problems}");
}

#[test]
fn who_enters_free_where_dollars_are_asked_enters_for_no_dollars() {
    for visitor in [
        r#""category": "non_resident", "age_class": "under_five""#,
        r#""category": "kenya_resident", "age_class": "adult", "person_with_disability": true"#,
    ] {
        let price = price("crater", &format!(r#"{{"visitors": [{{{visitor}, "count": 1}}]}}"#)).unwrap();
        assert_eq!((price.total, price.lines[0].amount), (Money::zero(Usd), Money::zero(Usd)), "{visitor}");
    }
}

#[test]
fn a_stay_is_counted_twice() {
    let stay = price("camp", r#"{"quantity": 3, "times": 4}"#).unwrap();
    assert_eq!(stay.total, Money::new(24_000, Usd));
    assert_eq!(stay.lines[0].quantity, 12);
    assert_eq!(stay.lines[0].text.en(), "Camp: tents, nights × 4");
    assert_eq!(stay.lines[0].text.sw(), "Kambi: mahema, usiku × 4");
    assert_eq!(fault(price("camp", r#"{"quantity": 3}"#)), ("/times".into(), AnswerFault::Missing));
    let too_long = AnswerFault::OutOfRange { min: 1, max: 30 };
    assert_eq!(fault(price("camp", r#"{"quantity": 3, "times": 31}"#)), ("/times".into(), too_long));
    let refused = price("camp", r#"{"quantity": 0, "times": 0}"#).unwrap_err();
    assert!(matches!(&refused, PriceError::Answers { problems, .. } if problems.len() == 2), "{refused}");
    assert_eq!(fault(price("bundle", r#"{"times": 2}"#)), ("/times".into(), AnswerFault::NotAskedFor));
}

#[test]
fn the_day_of_the_visit_decides_the_season_and_the_day_of_the_order_the_version() {
    let on = |date: &str, more: &str| price("season", &format!(r#"{{"date": "{date}"{more}}}"#));
    assert_eq!(lines(&on("2026-12-14", "").unwrap()), [("flat", 60_000)]);
    let christmas = on("2026-12-15", "").unwrap();
    assert_eq!(lines(&christmas), [("high.flat", 90_000)]);
    assert_eq!(christmas.lines[0].text.en(), "Entry, high season");
    assert_eq!(lines(&on("2027-01-05", "").unwrap()), [("high.flat", 90_000)]);
    assert_eq!(lines(&on("2027-01-06", "").unwrap()), [("flat", 60_000)]);
    assert_eq!(lines(&on("2027-02-01", r#", "quantity": 30"#).unwrap()), [("school.each", 60_000)]);
    assert_eq!(fault(on("2027-02-01", "")), ("/quantity".into(), AnswerFault::Missing));
    assert_eq!(fault(on("2026-12-20", r#", "quantity": 1"#)), ("/quantity".into(), AnswerFault::NotAskedFor));
    assert_eq!(fault(price("season", "{}")), ("/date".into(), AnswerFault::Missing));
    let bounds = AnswerFault::DayOutOfRange { first: TODAY, last: date(2027, 11, 21) };
    assert_eq!(fault(on("2026-11-20", "")), ("/date".into(), bounds.clone()));
    assert_eq!(fault(on("2027-11-22", "")), ("/date".into(), bounds));
    assert_eq!(
        fault(price("bundle", r#"{"date": "2026-12-01"}"#)),
        ("/date".into(), AnswerFault::NotAskedFor)
    );
    let ranges = build(SHAPES).unwrap().service("season").unwrap().fees()[0].rule.amount_ranges();
    assert_eq!((ranges[0].least, ranges[0].most), (Money::new(2_000, Kes), None));
}

#[test]
fn urgency_is_a_line_and_a_promise() {
    let plain = price("licence", r#"{"variant": "one-year"}"#).unwrap();
    assert_eq!((lines(&plain), plain.promised_working_days), (vec![("one-year", 60_500)], Some(10)));
    let express = price("licence", r#"{"variant": "one-year", "urgency": "express"}"#).unwrap();
    assert_eq!(lines(&express), [("one-year", 60_500), ("urgency.express", 200_000)]);
    assert_eq!(express.promised_working_days, Some(2));
    let same_day = price("licence", r#"{"variant": "one-year", "urgency": "same-day"}"#).unwrap();
    assert_eq!((same_day.total.minor(), same_day.promised_working_days), (560_500, Some(10)));
    let known = AnswerFault::UnknownCode { known: vec!["express".into(), "same-day".into()] };
    assert_eq!(
        fault(price("licence", r#"{"variant": "one-year", "urgency": "now"}"#)),
        ("/urgency".into(), known)
    );
    assert_eq!(
        fault(price("bundle", r#"{"urgency": "express"}"#)),
        ("/urgency".into(), AnswerFault::NotAskedFor)
    );
}

#[test]
fn an_officer_adds_penalties_on_their_own_law_and_within_their_bounds() {
    let late = price(
        "licence",
        r#"{"variant": "one-year", "penalties": [{"code": "late"},
            {"code": "default", "amount": {"amount": 12345, "currency": "KES"}}]}"#,
    )
    .unwrap();
    assert_eq!(lines(&late), [("one-year", 60_500), ("penalty.late", 30_000), ("penalty.default", 12_345)]);
    assert!(late.lines[0].legal_basis.starts_with("Test Act 1"));
    assert!(late.lines[1].legal_basis.starts_with("Test Act 2"));
    let with = |penalties: &str| {
        price("licence", &format!(r#"{{"variant": "one-year", "penalties": [{penalties}]}}"#))
    };
    let amount =
        |minor: i64| format!(r#"{{"code": "default", "amount": {{"amount": {minor}, "currency": "KES"}}}}"#);
    let bounds =
        AnswerFault::AmountOutOfRange { min: Money::new(10_000, Kes), max: Money::new(900_000, Kes) };
    assert_eq!(fault(with(&amount(9_999))), ("/penalties/0/amount/amount".into(), bounds.clone()));
    assert_eq!(fault(with(&amount(900_001))), ("/penalties/0/amount/amount".into(), bounds));
    assert_eq!(fault(with(&amount(-1))).0, "/penalties/0/amount/amount");
    assert_eq!(fault(with(r#"{"code": "default"}"#)), ("/penalties/0/amount".into(), AnswerFault::Missing));
    let given = r#"{"code": "late", "amount": {"amount": 1, "currency": "KES"}}"#;
    assert_eq!(fault(with(given)), ("/penalties/0/amount".into(), AnswerFault::NotAskedFor));
    assert_eq!(
        fault(with(r#"{"code": "late"}, {"code": "late"}"#)),
        ("/penalties/1/code".into(), AnswerFault::Twice)
    );
    assert_eq!(fault(with(r#"{"code": "rude"}"#)).0, "/penalties/0/code");
    let nowhere = price("bundle", r#"{"penalties": [{"code": "late"}, {"code": "late"}]}"#);
    assert_eq!(fault(nowhere), ("/penalties/0/code".into(), AnswerFault::NotAskedFor));
}

#[test]
fn a_waiver_takes_off_in_favour_of_the_payer_and_says_how_much() {
    let half =
        price("licence", r#"{"variant": "one-year", "waiver": "hardship", "urgency": "express"}"#).unwrap();
    // Half of KES 605 is 302.50: nobody pays the half shilling, and what speed costs is not waived.
    assert_eq!(lines(&half), [("one-year", 30_200), ("urgency.express", 200_000)]);
    let waived = half.waived.as_ref().unwrap();
    assert_eq!((waived.code.as_str(), waived.amount.minor()), ("hardship", 30_300));
    assert!(waived.legal_basis.starts_with("An act of relief"));
    assert!(
        half.lines[0].legal_basis.contains("; reduced by An act of relief"),
        "{}",
        half.lines[0].legal_basis
    );
    let all = price("licence", r#"{"variant": "three-years", "waiver": "orphan"}"#).unwrap();
    assert_eq!((all.total.minor(), all.waived.unwrap().amount.minor()), (0, 140_000));
    assert_eq!(fault(price("licence", r#"{"variant": "one-year", "waiver": "friend"}"#)).0, "/waiver");
    // The officer of the parks gives up what is the parks', and nothing of the county's.
    let tour = price("tour", r#"{"waiver": "school"}"#).unwrap();
    assert_eq!(lines(&tour), [("park", 0), ("road", 5_000)]);
    assert_eq!(tour.waived.unwrap().amount.minor(), 100_000);
    assert_eq!(
        fault(price("bundle", r#"{"waiver": "orphan"}"#)),
        ("/waiver".into(), AnswerFault::NotAskedFor)
    );
}

#[test]
fn a_channel_costs_what_its_surcharge_says_and_no_other_channel_costs_anything() {
    let card =
        price("licence", r#"{"variant": "one-year", "urgency": "express", "channel": "card"}"#).unwrap();
    // 8.5 % of KES 2,605 is 221.42.
    assert_eq!(
        lines(&card),
        [("one-year", 60_500), ("urgency.express", 200_000), ("surcharge.card", 22_100)]
    );
    let paybill = price("licence", r#"{"variant": "one-year", "channel": "mpesa"}"#).unwrap();
    assert_eq!(lines(&paybill), [("one-year", 60_500)]);
    // A slip in the channel must not be a way around what it costs.
    let (pointer, unknown) = fault(price("licence", r#"{"variant": "one-year", "channel": "Card"}"#));
    let AnswerFault::UnknownCode { known } = unknown else { panic!("{unknown:?}") };
    assert_eq!(pointer, "/channel");
    assert!(known.contains(&"card".to_owned()) && known.contains(&"mpesa".to_owned()), "{known:?}");
    assert_eq!(
        fault(price("bundle", r#"{"channel": "card"}"#)),
        ("/channel".into(), AnswerFault::NotAskedFor)
    );
}

#[test]
fn problems_of_the_rule_and_of_what_is_added_are_told_together() {
    let refused = price(
        "licence",
        r#"{"quantity": 1, "urgency": "now", "waiver": "friend", "penalties": [{"code": "x"}]}"#,
    );
    let Err(PriceError::Answers { problems, .. }) = refused else { panic!("{refused:?}") };
    let pointers: Vec<_> = problems.iter().map(catalog::AnswerProblem::pointer).collect();
    assert_eq!(pointers, ["/quantity", "/variant", "/urgency", "/penalties/0/code", "/waiver"]);
}

#[test]
fn a_penalty_whose_law_is_not_yet_in_force_is_not_charged() {
    let text = SHAPES
        .replace(r#""basis": "relief-act", "amount": "KES 1""#, r#""basis": "hearsay", "amount": "KES 1""#);
    let unnamed =
        r#"{ "code": "hearsay", "standing": "unnamed", "instrument": "A figure", "source": "Invented." },"#;
    let text = text.replace("\"legal_bases\": [", &format!("\"legal_bases\": [ {unnamed}"));
    let order = order(r#"{"variant": "one-year", "penalties": [{"code": "next-year"}]}"#);
    let catalogue = build(&text).unwrap();
    let refused = catalogue.price("licence", &order, TODAY, Policy::LIVE).unwrap_err();
    assert!(
        matches!(refused, PriceError::NoLegalBasis { ref citation, .. } if citation.starts_with("A figure"))
    );
    assert!(catalogue.price("licence", &order, TODAY, Policy::DEMONSTRATION).is_ok());
}

/// Each mistake, and the place that it is reported at.
#[test]
fn a_mistake_in_these_shapes_is_named_with_its_place() {
    let mistakes = [
        (
            r#""agency": "COUNTY",
          "revenue_code""#,
            r#""agency": "NOBODY",
          "revenue_code""#,
            "services[0].fees[0].rule.parts[2].agency",
            "no agency NOBODY",
        ),
        (r#""code": "walk""#, r#""code": "park""#, "services[0].fees[0].rule.parts[1].code", "there twice"),
        (
            r#""amount": "KES 250.50""#,
            r#""amount": "USD 2""#,
            "services[0].fees[0].rule.parts[1].amount",
            "KES",
        ),
        (
            r#""times_max": 30"#,
            r#""times_max": 900000"#,
            "services[1].fees[0].rule.times.times_max",
            "1000000",
        ),
        (
            r#""amount": "USD 20", "quantity_max": 40"#,
            r#""amount": "USD 1000000000000", "quantity_max": 33000"#,
            "services[1].fees[0].rule",
            "comes to more than a bill may",
        ),
        (
            r#""from": "02-01""#,
            r#""from": "01-05""#,
            "services[2].fees[0].rule.seasons[1].from",
            "season high",
        ),
        (r#""from": "02-01""#, r#""from": "02-30""#, "services[2].fees[0].rule.seasons[1].from", "MM-DD"),
        (
            r#""code": "school""#,
            r#""code": "high""#,
            "services[2].fees[0].rule.seasons[1].code",
            "there twice",
        ),
        (
            r#""otherwise": { "kind": "flat", "amount": "KES 600" }"#,
            r#""otherwise": { "kind": "seasons", "seasons": [], "otherwise": { "kind": "flat", "amount": "KES 1" } }"#,
            "services[2].fees[0].rule.otherwise",
            "no seasons within",
        ),
        (
            r#""amount": "KES 2000""#,
            r#""amount": "USD 20""#,
            "services[3].fees[0].urgencies[0].amount",
            "USD alone",
        ),
        (
            r#""code": "same-day""#,
            r#""code": "express""#,
            "services[3].fees[0].urgencies[1]",
            "express is there twice",
        ),
        (
            r#""basis": "penalty-act", "amount": "KES 300""#,
            r#""basis": "no-act", "amount": "KES 300""#,
            "services[3].fees[0].penalties[0].basis",
            "no legal basis no-act",
        ),
        (
            r#""basis": "penalty-act", "amount": "KES 300""#,
            r#""basis": "later-act", "amount": "KES 300""#,
            "services[3].fees[0].penalties[0].basis",
            "before its legal basis",
        ),
        (r#""amount_min": "KES 100", "#, "", "services[3].fees[0].penalties[1]", "give amount"),
        (
            r#""amount_max": "KES 9000""#,
            r#""amount_max": "KES 99""#,
            "services[3].fees[0].penalties[1].amount_max",
            "less than",
        ),
        (
            r#""share_percent": "50""#,
            r#""share_percent": "101""#,
            "services[3].fees[0].waivers[0].share_percent",
            "percentage",
        ),
        (
            r#""rate_percent": "8.5""#,
            r#""rate_percent": "0""#,
            "services[3].fees[0].surcharges[0].rate_percent",
            "percentage",
        ),
        (
            r#""promised_working_days": 2 }"#,
            r#""promised_working_days": 999 }"#,
            "services[3].fees[0].urgencies[0].promised_working_days",
            "520",
        ),
    ];
    for (from, to, path, words) in mistakes {
        assert!(SHAPES.contains(from), "{from} is not in the file");
        let problems = build(&SHAPES.replacen(from, to, 1)).unwrap_err();
        let named =
            problems.listed().iter().any(|problem| problem.path == path && problem.message.contains(words));
        assert!(named, "{to}: {problems}");
    }
}

#[test]
fn a_waiver_of_many_small_amounts_takes_off_its_share_and_not_one_of_each() {
    let waivers = r#""waivers": [{ "code": "tenth", "text": { "en": "a tenth", "sw": "sehemu ya kumi" },
        "basis": "relief-act", "share_percent": "10" }], "rule": { "kind": "quantity",
        "unit": { "en": "tents", "sw": "mahema" }, "amount": "USD 1"#;
    let text = SHAPES.replacen(
        "\"rule\": { \"kind\": \"quantity\",\n        \"unit\": { \"en\": \"tents\", \"sw\": \"mahema\" }, \"amount\": \"USD 20",
        waivers,
        1,
    );
    assert_ne!(text, SHAPES);
    let order = order(r#"{"quantity": 10, "times": 10, "waiver": "tenth"}"#);
    let price = build(&text).unwrap().price("camp", &order, TODAY, Policy::LIVE).unwrap();
    assert_eq!((price.total.minor(), price.waived.as_ref().unwrap().amount.minor()), (9_000, 1_000));
    assert_eq!(price.lines[0].text.en(), "Camp: tents, nights × 10 × 100");
}
