//! Card terminals: what is charged, and the files that their site hands over, as people do.

use std::collections::HashSet;
use std::path::Path;

use hyper::{Method, StatusCode};
use loadtest::sandbox::Options;
use serde_json::{Value, json};

use crate::world::{World, lines_of, options};

const TERMINALS: &str = "/control/terminals/kws";
const HEADING: &str = "Terminal,Batch,RRN,Authorization Code,Amount,Payment Number,Time";

async fn sells(world: &World, body: &Value) -> Value {
    world.does(Method::POST, &format!("{TERMINALS}/sale"), body).await
}

async fn sells_some(world: &World, count: usize) {
    for _ in 0..count {
        sells(world, &json!({"account": "123456789012", "amount": "500"})).await;
    }
}

async fn breaks(world: &World, faults: &Value) {
    world.does(Method::PUT, &format!("{TERMINALS}/faults"), faults).await;
}

/// What the site hands over: the kind of each file, and its lines.
async fn closes(world: &World) -> Vec<(String, Vec<String>)> {
    let answer = world.does(Method::POST, &format!("{TERMINALS}/close"), &Value::Null).await;
    let file = |file: &Value| {
        let mut lines = file["text"].as_str().unwrap().lines().map(str::to_owned);
        assert_eq!(lines.next().unwrap(), HEADING);
        (file["what"].as_str().unwrap().to_owned(), lines.collect())
    };
    answer["files"].as_array().unwrap().iter().map(file).collect()
}

fn kinds(files: &[(String, Vec<String>)]) -> Vec<(&str, usize)> {
    files.iter().map(|(kind, lines)| (&**kind, lines.len())).collect()
}

fn kept_in(folder: &Path) -> Options {
    Options { data: Some(folder.to_path_buf()), ..options() }
}

fn record(folder: &Path, kind: &str) -> Vec<Value> {
    let lines = lines_of(&folder.join("sandbox-terminals.ndjson")).into_iter();
    lines.filter(|line| line["kind"] == kind).collect()
}

#[tokio::test]
async fn each_terminal_has_batches_of_its_own_and_the_acquirer_settles_what_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(kept_in(folder.path())).await;
    let first = sells(&world, &json!({"account": "123456789012", "amount": "2500"})).await;
    assert_eq!(
        (&first["status"], &first["rrn"], &first["batch"], &first["amount"]["amount"]),
        (&json!("approved"), &json!("632409000000"), &json!(1), &json!(250_000))
    );
    let other = json!({"account": "BOOK \"7\"", "amount": "99.50", "terminal": "KWS00002"});
    sells(&world, &other).await;
    let files = closes(&world).await;
    assert_eq!(kinds(&files), [("batch", 1), ("batch", 1)]);
    let code = first["authorization_code"].as_str().unwrap();
    let line = format!("KWS00001,000001,632409000000,{code},2500.00,\"123456789012\",2026-11-20 09:14:05");
    assert_eq!(files[0].1, [&*line]);
    assert!(files[1].1[0].starts_with("KWS00002,000001,632409000001,"), "{files:?}");
    assert!(files[1].1[0].contains(",99.50,\"BOOK  7 \","), "{files:?}");
    assert!(closes(&world).await.is_empty(), "nothing was sold since");

    sells_some(&world, 1).await;
    let settled = world.text(&format!("{TERMINALS}/settlement")).await;
    assert_eq!(settled.lines().nth(1).unwrap(), line);
    assert_eq!(settled.lines().last().unwrap(), "Total,,,,2599.50,,");
    let summary = world.does(Method::GET, &format!("{TERMINALS}/summary"), &Value::Null).await;
    assert_eq!(
        summary,
        json!({"payments": 3, "sum": {"amount": 309_950, "currency": "KES"}, "voided": 0, "open": 1})
    );
    let sold: Vec<_> =
        record(folder.path(), "sold").iter().map(|line| line["amount_minor"].clone()).collect();
    assert_eq!(sold, [250_000, 9_950, 50_000]);
    assert!(world.merchant.received().is_empty(), "terminals tell nobody");
}

#[tokio::test]
async fn a_batch_is_lost_typed_from_paper_found_and_handed_over_twice() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(kept_in(folder.path())).await;
    breaks(
        &world,
        &json!({"batch_lost_per_mille": 1000, "wrong_rrn_per_mille": 500, "batch_twice_per_mille": 1000}),
    )
    .await;
    sells_some(&world, 12).await;
    let paper = closes(&world).await;
    assert_eq!(kinds(&paper), [("paper", 12)]);
    breaks(&world, &json!({"batch_twice_per_mille": 1000})).await;
    sells_some(&world, 2).await;
    let found = closes(&world).await;
    assert_eq!(kinds(&found), [("late", 12), ("again", 12), ("batch", 2), ("again", 2)]);
    assert_eq!(found[0].1, found[1].1);

    let (typed, true_lines): (HashSet<_>, HashSet<_>) =
        (paper[0].1.iter().collect(), found[0].1.iter().collect());
    let mistyped = record(folder.path(), "rrn_mistyped");
    assert!((1..12).contains(&mistyped.len()), "{mistyped:?}");
    assert_eq!(typed.difference(&true_lines).count(), mistyped.len());
    for line in &mistyped {
        let (rrn, as_typed) = (line["rrn"].as_str().unwrap(), line["as_typed"].as_str().unwrap());
        assert!(found[0].1.iter().any(|line| line.contains(rrn)) && rrn != as_typed);
        assert!(paper[0].1.iter().any(|line| line.contains(as_typed)));
        assert!(!paper[0].1.iter().any(|line| line.contains(rrn)));
    }
    let files: Vec<_> =
        record(folder.path(), "handed_over").iter().map(|line| line["what"].clone()).collect();
    assert_eq!(files, ["paper", "late", "again", "batch", "again"]);
}

#[tokio::test]
async fn lines_overlap_are_shuffled_and_taken_back_and_attendants_err() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(kept_in(folder.path())).await;
    breaks(
        &world,
        &json!({
            "batch_overlapping_per_mille": 1000, "batch_shuffled_per_mille": 1000, "voided_per_mille": 300,
            "wrong_account_per_mille": 300, "amount_short_per_mille": 300, "amount_over_per_mille": 300,
        }),
    )
    .await;
    sells_some(&world, 20).await;
    let first = closes(&world).await;
    sells_some(&world, 20).await;
    let second = closes(&world).await;

    let voided = record(folder.path(), "voided").len();
    let lines = |files: &[(String, Vec<String>)]| files[0].1.iter().cloned().collect::<HashSet<_>>();
    assert!(voided > 0 && lines(&first).is_subset(&lines(&second)), "{first:?} {second:?}");
    assert_eq!(second[0].1.len(), 40 + voided);
    let rrns = |lines: &[String]| lines.iter().map(|line| line[16..28].to_owned()).collect::<Vec<_>>();
    assert!(!rrns(&first[0].1).is_sorted(), "{first:?}");
    for void in second[0].1.iter().filter(|line| line.contains(",-")) {
        assert!(
            lines(&second).contains(&void.replace(",-", ",")),
            "a sale that was taken back stands there too"
        );
    }
    let settled = world.text(&format!("{TERMINALS}/settlement")).await;
    assert_eq!(settled.lines().count(), 2 + 40 - voided);

    let sold = record(folder.path(), "sold");
    for (fault, field, meant) in [
        ("wrong_account", "typed", json!("123456789012")),
        ("amount_short", "amount_minor", json!(50_000)),
        ("amount_over", "amount_minor", json!(50_000)),
    ] {
        let struck: Vec<_> =
            sold.iter().filter(|sale| sale["faults"].as_array().unwrap().contains(&json!(fault))).collect();
        assert!(!struck.is_empty() && struck.iter().all(|sale| sale[field] != meant), "{fault}: {struck:?}");
    }
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was_and_finds_what_was_lost() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(kept_in(folder.path())).await;
    breaks(&world, &json!({"batch_lost_per_mille": 1000})).await;
    sells_some(&world, 2).await;
    assert_eq!(kinds(&closes(&world).await), [("paper", 2)]);
    sells_some(&world, 1).await;
    let merchant = world.stop().await;

    let world = World::unregistered(kept_in(folder.path()), merchant).await;
    let sale = sells(&world, &json!({"account": "1", "amount": "1"})).await;
    assert_eq!((&sale["rrn"], &sale["batch"]), (&json!("632409000003"), &json!(2)));
    assert_eq!(kinds(&closes(&world).await), [("late", 2), ("batch", 2)]);
    assert!(closes(&world).await.is_empty());
}

#[tokio::test]
async fn what_is_no_sale_is_refused_and_charges_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(kept_in(folder.path())).await;
    let good = json!({"account": "1", "amount": "500"});
    for (path, body, status) in [
        (format!("{TERMINALS}/sale"), json!({"account": "1", "amount": "0"}), StatusCode::BAD_REQUEST),
        (format!("{TERMINALS}/sale"), json!({"account": "", "amount": "1"}), StatusCode::BAD_REQUEST),
        (
            format!("{TERMINALS}/sale"),
            json!({"account": "1", "amount": "1", "terminal": "X"}),
            StatusCode::BAD_REQUEST,
        ),
        ("/control/terminals/kra/sale".to_owned(), good, StatusCode::NOT_FOUND),
    ] {
        assert_eq!(world.control(Method::POST, &path, &body).await.0, status, "{body}");
    }
    let misspelt = world.control(Method::PUT, &format!("{TERMINALS}/faults"), &json!({"lost": 5})).await;
    assert_eq!(misspelt.0, StatusCode::BAD_REQUEST);
    assert!(record(folder.path(), "sold").is_empty());
}
