//! Slips of a bank's branch: nobody is told of the money, and officers type what payers bring, late, twice and wrongly.

use std::path::Path;

use hyper::{Method, StatusCode};
use loadtest::sandbox::Options;
use serde_json::{Value, json};

use crate::world::{World, lines_of, options};

const BANK: &str = "/control/banks/kcb";
const HEADING: &str = "Bank,Slip Number,Amount,Date,Payment Number";

async fn pays_in(world: &World, account: &str, shillings: &str) -> String {
    let body = json!({"reference": account, "amount": shillings});
    let slip = world.does(Method::POST, &format!("{BANK}/slips"), &body).await;
    slip["reference"].as_str().unwrap().to_owned()
}

async fn breaks(world: &World, faults: &Value) {
    world.does(Method::PUT, &format!("{BANK}/slips/faults"), faults).await;
}

/// What the officer has typed: the lines of each file.
async fn collects(world: &World) -> Vec<Vec<String>> {
    let answer = world.does(Method::POST, &format!("{BANK}/slips/collect"), &Value::Null).await;
    let lines = |file: &Value| {
        let mut lines = file["text"].as_str().unwrap().lines().map(str::to_owned);
        assert_eq!(lines.next().unwrap(), HEADING);
        lines.collect()
    };
    answer["files"].as_array().unwrap().iter().map(lines).collect()
}

fn kept_in(folder: &Path) -> Options {
    Options { data: Some(folder.to_path_buf()), ..options() }
}

fn record(folder: &Path, kind: &str) -> Vec<Value> {
    let lines = lines_of(&folder.join("sandbox-bank.ndjson")).into_iter();
    lines.filter(|line| line["kind"] == kind).collect()
}

#[tokio::test]
async fn a_slip_is_typed_once_and_the_statement_has_its_reference() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(kept_in(folder.path())).await;
    let slip = pays_in(&world, "123456789012", "1500").await;
    world.quiet().await;
    assert!(world.merchant.received().is_empty(), "a branch asks nobody and tells nobody");
    assert_eq!(collects(&world).await, [[format!("kcb,{slip},1500.00,2026-11-20,\"123456789012\"")]]);
    assert!(collects(&world).await.is_empty());
    let statement = world.text(&format!("{BANK}/statement")).await;
    assert!(statement.contains(&format!(",{slip},\"APP 123456789012\",\"1,500.00\",")), "{statement}");
    assert_eq!(record(folder.path(), "deposited")[0]["on_slip"], true);
}

#[tokio::test]
async fn slips_are_late_repeated_and_mistyped_and_files_overlap_and_come_twice() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(kept_in(folder.path())).await;
    breaks(&world, &json!({"late_per_mille": 1000})).await;
    let late = pays_in(&world, "1", "10").await;
    assert!(collects(&world).await.is_empty());
    breaks(&world, &json!({"repeated_per_mille": 1000, "file_twice_per_mille": 1000})).await;
    let repeated = pays_in(&world, "2", "20").await;
    let has = |file: &[String], slip: &str| file.iter().any(|line| line.contains(slip));
    let files = collects(&world).await;
    assert_eq!((files.len(), &files[0]), (2, &files[1]), "twice");
    assert!(has(&files[0], &late) && has(&files[0], &repeated));

    breaks(&world, &json!({"file_overlapping_per_mille": 1000, "wrong_number_per_mille": 1000})).await;
    let mistyped = pays_in(&world, "3", "30").await;
    let files = collects(&world).await;
    assert_eq!(files[0].len(), 4, "two of the file before, one again, one new: {files:?}");
    assert!(has(&files[0], &late) && has(&files[0], &repeated) && !has(&files[0], &mistyped));
    let wrong = record(folder.path(), "slip_mistyped");
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong.iter().all(|line| has(&files[0], line["as_typed"].as_str().unwrap())));
    assert!(wrong.iter().any(|line| line["reference"] == mistyped.as_str()));
    breaks(&world, &json!({})).await;
    assert!(collects(&world).await.is_empty());
}

#[tokio::test]
async fn payers_err_at_the_counter_and_lines_are_in_no_order() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(kept_in(folder.path())).await;
    breaks(
        &world,
        &json!({
            "wrong_account_per_mille": 300, "amount_short_per_mille": 300, "amount_over_per_mille": 300,
            "file_shuffled_per_mille": 1000,
        }),
    )
    .await;
    let mut slips = Vec::new();
    for _ in 0..20 {
        slips.push(pays_in(&world, "123456789012", "500").await);
    }
    let files = collects(&world).await;
    let typed: Vec<_> = files[0].iter().map(|line| line.split(',').nth(1).unwrap().to_owned()).collect();
    assert_ne!(typed, slips);
    let deposited = record(folder.path(), "deposited");
    let wrong = |field: &str, meant: &Value| deposited.iter().filter(|line| line[field] != *meant).count();
    assert!((1..20).contains(&wrong("typed", &json!("123456789012"))));
    assert!((1..20).contains(&wrong("amount_minor", &json!(50_000))));
    for line in &deposited {
        let stands = format!(",{},", line["reference"].as_str().unwrap());
        assert!(files[0].iter().any(|file_line| file_line.contains(&stands)), "the slip says what moved");
    }
}

#[tokio::test]
async fn a_restart_keeps_the_slips_that_nobody_has_typed() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(kept_in(folder.path())).await;
    pays_in(&world, "1", "10").await;
    collects(&world).await;
    let waiting = pays_in(&world, "2", "20").await;
    let merchant = world.stop().await;
    let world = World::unregistered(kept_in(folder.path()), merchant).await;
    let files = collects(&world).await;
    assert_eq!((files.len(), files[0].len()), (1, 1));
    assert!(files[0][0].contains(&waiting));

    for body in [json!({"reference": "", "amount": "1"}), json!({"reference": "1", "amount": "x"})] {
        let refused = world.control(Method::POST, &format!("{BANK}/slips"), &body).await;
        assert_eq!(refused.0, StatusCode::BAD_REQUEST, "{body}");
    }
    let other = world.control(Method::POST, "/control/banks/equity/slips/collect", &Value::Null).await;
    assert_eq!(other.0, StatusCode::NOT_FOUND);
}
