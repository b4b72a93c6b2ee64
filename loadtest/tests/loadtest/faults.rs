//! What goes wrong on request, and that the record says so.

use hyper::{Method, StatusCode};
use loadtest::sandbox::{Faults, Options};
use serde_json::{Value, json};

use crate::world::{World, options};

async fn world_with(faults: Faults) -> World {
    World::with(Options { faults, ..options() }).await
}

#[tokio::test]
async fn a_lost_confirmation_is_money_that_moved_untold() {
    let world = world_with(Faults { confirmation_lost_per_mille: 1_000, ..Faults::default() }).await;
    assert_eq!(world.lipa("0712345678", "QKRTWX", "50").await["status"], "paid");
    world.quiet().await;
    assert_eq!(world.merchant.kinds(), ["validate"]);
    assert_eq!(world.noted("moved").await[0]["faults"], json!(["confirmation_lost"]));
    assert_eq!(world.noted("confirmation_lost_on_purpose").await.len(), 1);
    let summary = world.summary().await;
    assert_eq!(summary["confirmations"]["lost_on_purpose"], json!({"count": 1, "amount_minor": 5_000}));
    assert_eq!(summary["faults"]["confirmation_lost"], 1);
}

#[tokio::test]
async fn the_statement_tells_of_money_whose_confirmation_was_lost() {
    let world = world_with(Faults { confirmation_lost_per_mille: 1_000, ..Faults::default() }).await;
    let receipt = world.lipa("0700000001", "QK,RTWX", "7550").await["receipt"].as_str().unwrap().to_owned();
    let statement = world.statement("?date=2026-11-20").await;
    let rows: Vec<&str> = statement.lines().collect();
    assert_eq!(rows[..2], ["Short Code,222222", "Account,Utility Account"]);
    assert!(rows[2].starts_with("Receipt No.,Completion Time,Initiation Time,Details,"), "{}", rows[2]);
    assert!(
        rows[3].starts_with(&format!("{receipt},20-11-2026 09:14:05,20-11-2026 09:14:05,")),
        "{}",
        rows[3]
    );
    assert!(rows[3].ends_with(",\"QK,RTWX\""), "{}", rows[3]);
    assert_eq!(rows.len(), 4);
    assert_eq!(world.statement("?date=2026-11-21").await.lines().count(), 3);
}

#[tokio::test]
async fn a_repeated_confirmation_is_the_same_each_time() {
    let world = world_with(Faults {
        confirmation_repeated_per_mille: 1_000,
        confirmation_repeats: 2,
        ..Faults::default()
    })
    .await;
    world.lipa("0712345678", "QKRTWX", "50").await;
    world.quiet().await;
    let told = world.merchant.bodies("confirm");
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|body| *body == told[0]));
    let summary = world.summary().await;
    assert_eq!(summary["confirmations"]["messages_delivered"], 3);
    assert_eq!(summary["confirmations"]["payments_confirmed"]["count"], 1);
}

#[tokio::test]
async fn an_altered_repeat_follows_the_true_confirmation() {
    let world = world_with(Faults { altered_repeat_per_mille: 1_000, ..Faults::default() }).await;
    let receipt = world.lipa("0712345678", "QKRTWX", "50").await["receipt"].clone();
    world.quiet().await;
    let told: Vec<(Value, Value)> = world
        .merchant
        .bodies("confirm")
        .into_iter()
        .map(|body| (body["TransID"].clone(), body["TransAmount"].clone()))
        .collect();
    assert_eq!(told, [(receipt.clone(), json!("50.00")), (receipt, json!("51.00"))]);
    assert_eq!(world.noted("altered_repeat_sent").await[0]["amount_minor"], 5_100);
    assert_eq!(world.summary().await["moved"]["amount_minor"], 5_000, "the record keeps the truth");
}

#[tokio::test]
async fn a_confirmation_can_be_overtaken() {
    let world = world_with(Faults { confirmation_out_of_order_per_mille: 1_000, ..Faults::default() }).await;
    let first = world.lipa("0712345678", "FIRST", "50").await["receipt"].clone();
    let (status, _) = world.control(Method::PUT, "/control/faults", &json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let second = world.lipa("0712345678", "SECOND", "50").await["receipt"].clone();
    world.quiet().await;
    let order: Vec<Value> =
        world.merchant.bodies("confirm").into_iter().map(|body| body["TransID"].clone()).collect();
    assert_eq!(order, [second, first]);
}

#[tokio::test]
async fn a_late_confirmation_comes_after_its_delay() {
    let world = world_with(Faults {
        confirmation_late_per_mille: 1_000,
        confirmation_late_ms: 2_000,
        ..Faults::default()
    })
    .await;
    world.lipa("0712345678", "QKRTWX", "50").await;
    assert_eq!(world.merchant.kinds(), ["validate"], "the payer knows before the merchant does");
    world.quiet().await;
    assert_eq!(world.merchant.kinds(), ["validate", "confirm"]);
}

#[tokio::test]
async fn a_validation_can_count_for_nothing() {
    for (fault, asked) in [("validation_late_per_mille", 1), ("validation_dead_per_mille", 0)] {
        let world = World::with(options()).await;
        world
            .merchant
            .behave(|manners| manners.validation = json!({"ResultCode": "C2B00012", "ResultDesc": "no"}));
        world.control(Method::PUT, "/control/faults", &json!({fault: 1_000})).await;
        assert_eq!(
            world.lipa("0712345678", "QKRTWX", "50").await["status"],
            "paid",
            "{fault}: the default action"
        );
        assert_eq!(world.merchant.bodies("validate").len(), asked, "{fault}");
    }
}

#[tokio::test]
async fn a_confirmation_is_posted_once_unless_retries_are_wanted() {
    for (retries, told) in [(0, 1), (2, 3)] {
        let world = World::with(Options { retry_confirmations: retries, ..options() }).await;
        world.merchant.behave(|manners| manners.confirmations_refused = 2);
        world.lipa("0712345678", "QKRTWX", "50").await;
        world.quiet().await;
        assert_eq!(world.merchant.bodies("confirm").len(), told);
        let delivered: Vec<Value> = world
            .noted("confirmation_sent")
            .await
            .into_iter()
            .map(|line| line["delivered"].clone())
            .collect();
        assert_eq!(delivered.last(), Some(&json!(retries == 2)));
    }
}

#[tokio::test]
async fn faults_can_be_read_and_changed_while_it_runs() {
    let world = World::with(options()).await;
    let (status, answer) =
        world.control(Method::PUT, "/control/faults", &json!({"confirmation_lost": 5})).await;
    assert_eq!((status, &answer["code"]), (StatusCode::BAD_REQUEST, &json!("bad_request")));
    world.control(Method::PUT, "/control/faults", &json!({"seed": 7, "query_down_per_mille": 5})).await;
    let (_, faults) = world.control(Method::GET, "/control/faults", &Value::Null).await;
    assert_eq!((&faults["seed"], &faults["query_down_per_mille"]), (&json!(7), &json!(5)));
    assert_eq!(world.noted("faults_set").await.len(), 1);
}
