//! What the approver of a new catalogue is told.

use catalog::{Aspect, Catalogue, Changes};

use crate::scene::SHAPES;

fn changed(replacements: &[(&str, &str)]) -> Changes {
    let mut text = SHAPES.to_owned();
    for (from, to) in replacements {
        assert!(text.contains(from), "{from} is not in the file");
        text = text.replacen(from, to, 1);
    }
    let old = Catalogue::from_json(SHAPES.as_bytes()).unwrap();
    let new = Catalogue::from_json(text.as_bytes()).unwrap();
    Changes::between(&old, &new)
}

#[test]
fn another_layout_is_no_change() {
    let changes = changed(&[("\n  \"services\": [", "\"services\":["), ("KES 120.50", "KES 120.5")]);
    assert!(changes.is_empty());
    assert_eq!(changes.to_string(), "nothing changed\n");
}

#[test]
fn services_come_go_and_change_by_name() {
    let changes = changed(&[
        ("test-bands", "test-steps"),
        ("Costs the same.", "Costs the same for all."),
        ("\"Taasisi ya Majaribio\"", "\"Taasisi ya Majaribio Yote\""),
    ]);
    assert_eq!(
        changes.to_string(),
        "~ agency TEST\n+ service test-steps\n- service test-bands\n~ service test-flat: texts\n"
    );
}

#[test]
fn a_fee_that_gives_way_to_a_successor_is_told_from_one_that_was_rewritten() {
    let succeeded = changed(&[(
        "\"valid_from\": \"2025-01-01\", \"valid_to\": \"2025-12-31\", \"basis\": \"test-act\",
          \"rule\": { \"kind\": \"flat\", \"amount\": \"KES 120.50\" } }",
        "\"valid_from\": \"2025-01-01\", \"valid_to\": \"2025-06-30\", \"basis\": \"test-act\",
          \"rule\": { \"kind\": \"flat\", \"amount\": \"KES 120.50\" } },
        { \"version\": \"three\", \"valid_from\": \"2025-07-01\", \"basis\": \"test-act\",
          \"rule\": { \"kind\": \"flat\", \"amount\": \"KES 130\" } }",
    )]);
    assert_eq!(
        succeeded.services_changed[0].aspects,
        [Aspect::FeeEndMoved("two".parse().unwrap()), Aspect::FeeAdded("three".parse().unwrap()),]
    );
    assert_eq!(succeeded.rewritten_fees().count(), 0);

    let rewritten = changed(&[("KES 120.50", "KES 121")]);
    let fees: Vec<_> =
        rewritten.rewritten_fees().map(|(slug, version)| format!("{slug} {version}")).collect();
    assert_eq!(fees, ["test-flat two"]);
    assert_eq!(rewritten.to_string(), "~ service test-flat: fee two REWRITTEN\n");
}

#[test]
fn another_law_rewrites_every_fee_that_rests_on_it_and_another_note_does_not() {
    let law = changed(&[("Test Act 1 of 2020", "Test Act 2 of 2020")]);
    assert_eq!(law.rewritten_fees().count(), 7);
    let note = changed(&[("\"source\": \"Invented.\"", "\"source\": \"Made up.\"")]);
    assert_eq!(note.rewritten_fees().count(), 0);
    assert_eq!(note.services_changed.len(), 6);
}

#[test]
fn what_cannot_be_billed_any_more_is_told_with_the_fee_that_is_gone() {
    let fees = "\"fees\": [{ \"version\": \"one\", \"basis\": \"test-hearsay\", \"rule\": { \"kind\": \"flat\", \"amount\": \"KES 10\" } }]";
    let changes =
        changed(&[(fees, "\"not_billable\": { \"en\": \"Nobody knows.\", \"sw\": \"Hakuna ajuaye.\" }")]);
    assert_eq!(changes.to_string(), "~ service test-hearsay: billing, fee one removed\n");
}

#[test]
fn where_people_are_handed_on_to_stands_out() {
    let changes = changed(&[
        ("\"ministry\": \"Ministry of Tests\"", "\"back_end\": { \"address\": \"https://a.example\" }"),
        (
            "\"revenue_code\": \"T/1\",",
            "\"revenue_code\": \"T/1\", \"back_end\": { \"address\": \"https://b.example\" },",
        ),
    ]);
    assert_eq!(changes.to_string(), "~ agency TEST: BACK END\n~ service test-flat: BACK END\n");
}

#[test]
fn where_money_goes_when_the_paybill_is_down_stands_out() {
    let plan = "\"fallback\": [{ \"channel\": \"counter\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }]";
    let changes = changed(&[("\"ministry\": \"Ministry of Tests\"", plan)]);
    assert_eq!(changes.to_string(), "~ agency TEST: FALLBACK PLAN\n");
    let names: Vec<_> = changes.fallbacks_changed.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["TEST"]);
}
