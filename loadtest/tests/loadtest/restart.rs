//! A sandbox that is stopped or killed continues from its record.

use hyper::StatusCode;
use loadtest::sandbox::record::RECORD_FILE;
use loadtest::sandbox::{Faults, Options};
use serde_json::{Value, json};

use crate::world::{World, lines_of, options};

#[tokio::test]
async fn a_restart_continues_balance_receipts_addresses_and_results() {
    let folder = tempfile::tempdir().unwrap();
    let kept = || Options { data: Some(folder.path().to_path_buf()), ..options() };
    let world = World::with(kept()).await;
    let first = world.lipa("0712345678", "QKRTWX", "50").await["receipt"].clone();
    let id = world.prompt("254700000003", 50).await;
    world.quiet().await;
    let before = world.summary().await;
    let merchant = world.stop().await;

    let world = World::unregistered(kept(), merchant).await;
    assert_eq!(world.query(&id).await.1["ResultCode"], "1032");
    let after = world.summary().await;
    for sums in ["moved", "validations", "confirmations", "stk"] {
        assert_eq!(after[sums], before[sums], "{sums}");
    }
    let second = world.lipa("0712345678", "QKRTWX", "50").await["receipt"].clone();
    world.quiet().await;
    assert_ne!(first, second);
    let told = world.merchant.bodies("confirm");
    assert_eq!(told[1]["OrgAccountBalance"], "100.00", "the addresses and the balance are remembered");
}

#[tokio::test]
async fn what_a_crash_left_open_is_settled() {
    let folder = tempfile::tempdir().unwrap();
    let kept = || Options { data: Some(folder.path().to_path_buf()), ..options() };
    let world = World::with(kept()).await;
    world.lipa("0712345678", "QKRTWX", "50").await;
    let paid = world.prompt("254700000001", 50).await;
    world.quiet().await;
    let merchant = world.stop().await;

    // A crash forgets the newest lines: here the outcomes of both confirmations and the end of the prompt,
    // and half a line is left.
    let path = folder.path().join(RECORD_FILE);
    let mut lines = lines_of(&path);
    lines.retain(|line| {
        !["confirmation_sent", "stk_finished", "stk_callback_sent"].contains(&line["kind"].as_str().unwrap())
    });
    let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    text.push_str("{\"at\":\"2026-11-20T06:1");
    std::fs::write(&path, text).unwrap();

    let world = World::unregistered(kept(), merchant).await;
    assert_eq!(world.noted("confirmation_abandoned").await.len(), 2);
    assert_eq!(world.query(&paid).await.1["ResultCode"], "0", "its money had moved");
    assert_eq!(world.summary().await["moved"]["count"], 2);
}

#[tokio::test]
async fn a_late_confirmation_does_not_hold_up_the_stop_and_is_noted_as_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(Options {
        data: Some(folder.path().to_path_buf()),
        faults: Faults {
            confirmation_late_per_mille: 1_000,
            confirmation_late_ms: 3_600_000,
            ..Faults::default()
        },
        ..options()
    })
    .await;
    world.lipa("0712345678", "QKRTWX", "50").await;
    world.stop().await;
    let kinds: Vec<Value> =
        lines_of(&folder.path().join(RECORD_FILE)).into_iter().map(|line| line["kind"].clone()).collect();
    assert_eq!(kinds.last(), Some(&json!("confirmation_abandoned")), "{kinds:?}");
}

#[tokio::test]
async fn two_sandboxes_cannot_keep_one_record() {
    let folder = tempfile::tempdir().unwrap();
    let kept = || Options { data: Some(folder.path().to_path_buf()), ..options() };
    let world = World::with(kept()).await;
    let second = loadtest::sandbox::Sandbox::start(kept(), std::future::pending()).await;
    assert!(second.unwrap_err().to_string().contains("another process writes this file"));
    assert_eq!(world.register("Completed").await.0, StatusCode::OK, "the first goes on");
}

#[tokio::test]
async fn options_that_cannot_be_meant_are_all_named() {
    let wrong = Options {
        listen: "192.0.2.1:80".parse().unwrap(),
        shortcode: "paybill".into(),
        passkey: String::new(),
        ..options()
    };
    let error =
        loadtest::sandbox::Sandbox::start(wrong, std::future::pending()).await.unwrap_err().to_string();
    for name in ["listen", "shortcode", "passkey"] {
        assert!(error.contains(name), "{error}");
    }
}

#[tokio::test]
async fn a_merchant_that_hangs_does_not_hold_up_the_stop() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(Options { data: Some(folder.path().to_path_buf()), ..options() }).await;
    world.merchant.behave(|manners| manners.next_confirmation_takes = std::time::Duration::from_secs(3_600));
    world.lipa("0712345678", "QKRTWX", "50").await;
    world.until("the merchant was told", async || !world.merchant.bodies("confirm").is_empty()).await;
    world.stop().await;
    let last = lines_of(&folder.path().join(RECORD_FILE)).pop().unwrap();
    assert_eq!((&last["kind"], &last["delivered"]), (&json!("confirmation_sent"), &json!(false)));
    assert!(last["problem"].as_str().unwrap().contains("the sandbox was stopped"), "{last}");
}
