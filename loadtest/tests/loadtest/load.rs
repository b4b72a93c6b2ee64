//! The load generator against a made-up merchant: what it sends, what it logs, what it reports.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use loadtest::clock::Clock;
use loadtest::load::{BillsMade, LoadError, Pace, Plan, ResendPlan, Resent, Source, Target, resend, run};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::merchant::Merchant;
use crate::world::{World, lines_of, options};

/// Fifty confirmations in an open loop, for nothing.
fn plan(merchant: &Merchant, folder: &Path) -> Plan {
    Plan {
        target: Target::Confirm(merchant.url("/cb/token").parse().unwrap()),
        source: Source::Nothing,
        pace: Pace::Open { rate: 200 },
        duration: Duration::from_millis(250),
        warmup: Duration::ZERO,
        count: None,
        connections: 8,
        timeout: Duration::from_secs(10),
        repeats_per_mille: 0,
        seed: 42,
        paybill: "222222".into(),
        log: folder.join("log.ndjson"),
        thresholds: vec!["errors<1".parse().unwrap()],
    }
}

fn bills(merchant: &Merchant, key: &str) -> Source {
    Source::Bills {
        public: merchant.url("").parse().unwrap(),
        key: key.into(),
        body: r#"{"service": "park-entry", "agency_reference": "load-{n}"}"#.into(),
        made: BillsMade::Beforehand(None),
    }
}

async fn report_of(plan: Plan) -> Value {
    let report = run(plan, &Clock::system(), CancellationToken::new()).await.unwrap();
    serde_json::to_value(report).unwrap()
}

async fn resend_all(plan: &Plan) -> Resent {
    let Target::Confirm(callbacks) = plan.target.clone() else { panic!("only confirmations are sent again") };
    let plan = ResendPlan {
        log: plan.log.clone(),
        callbacks,
        connections: 4,
        timeout: Duration::from_secs(10),
        rounds: 5,
        pause: Duration::ZERO,
    };
    resend(plan, &Clock::system(), CancellationToken::new()).await.unwrap()
}

fn of_kind(lines: &[Value], kind: &str) -> Vec<Value> {
    lines.iter().filter(|line| line["kind"] == kind).cloned().collect()
}

#[tokio::test]
async fn every_confirmation_is_logged_before_it_is_sent_and_when_it_is_acknowledged() {
    let (merchant, folder) = (Merchant::open().await, tempfile::tempdir().unwrap());
    let plan = Plan { source: bills(&merchant, "test_key"), ..plan(&merchant, folder.path()) };
    let report = report_of(plan.clone()).await;

    let lines = lines_of(&plan.log);
    let (attempts, acks) = (of_kind(&lines, "attempt"), of_kind(&lines, "ack"));
    assert_eq!((attempts.len(), acks.len()), (50, 50));
    for ack in &acks {
        let attempted =
            lines.iter().position(|line| line["kind"] == "attempt" && line["receipt"] == ack["receipt"]);
        let answered = lines.iter().position(|line| line == ack);
        assert!(attempted < answered);
        assert_eq!((&ack["acknowledged"], &ack["amount_minor"]), (&json!(true), &json!(305_000)));
        assert!(ack["bill_id"].as_str().unwrap().starts_with("bil_"));
    }
    let mut sent = merchant.bodies("confirm");
    let mut logged: Vec<Value> = attempts.iter().map(|line| line["message"].clone()).collect();
    for messages in [&mut sent, &mut logged] {
        messages.sort_by_key(|message| message["TransID"].as_str().unwrap().to_owned());
    }
    assert_eq!(sent, logged);

    assert_eq!(report["money"]["sent"], json!({"count": 50, "amount_minor": 15_250_000}));
    assert_eq!(report["money"]["difference_minor"], 0);
    assert_eq!(report["routes"]["bill"]["n"], 50);
    assert_eq!(report["thresholds"][0]["held"], true);
}

#[tokio::test]
async fn bills_that_are_made_meanwhile_are_paid_once_each() {
    let (merchant, folder) = (Merchant::open().await, tempfile::tempdir().unwrap());
    let mut source = bills(&merchant, "test_key");
    if let Source::Bills { made, .. } = &mut source {
        *made = BillsMade::Meanwhile { first: 710_000_000 };
    }
    let plan = Plan { source, ..plan(&merchant, folder.path()) };
    let report = report_of(plan.clone()).await;
    assert_eq!(report["money"]["acknowledged"]["count"], 50);
    assert_eq!(report["routes"]["bill"]["n"], 50, "no more than are paid");
    let acks = of_kind(&lines_of(&plan.log), "ack");
    let paid: BTreeSet<_> = acks.iter().map(|ack| ack["bill_id"].as_str().unwrap()).collect();
    assert_eq!(paid.len(), 50);
}

#[tokio::test]
async fn bills_that_cannot_be_made_meanwhile_end_the_run_and_say_why() {
    let (merchant, folder) = (Merchant::open().await, tempfile::tempdir().unwrap());
    let mut source = bills(&merchant, "wrong_key");
    if let Source::Bills { made, .. } = &mut source {
        *made = BillsMade::Meanwhile { first: 1 };
    }
    let plan = Plan { source, ..plan(&merchant, folder.path()) };
    let Err(error) = run(plan, &Clock::system(), CancellationToken::new()).await else {
        panic!("bills cannot be made with that key");
    };
    assert!(matches!(&error, LoadError::Bills(why) if why.contains("401")), "{error}");
}

#[tokio::test]
async fn what_was_refused_or_lost_is_sent_again_unchanged_until_acknowledged() {
    let (merchant, folder) = (Merchant::open().await, tempfile::tempdir().unwrap());
    merchant.behave(|manners| {
        manners.confirmations_refused = 5;
        manners.confirmations_dropped = 3;
    });
    let plan = plan(&merchant, folder.path());
    let report = report_of(plan.clone()).await;
    assert_eq!(report["wrong"], 8);
    assert_eq!(report["money"]["unknown"]["count"], 3);
    assert_eq!(report["thresholds"][0]["held"], false);
    let lines = lines_of(&plan.log);
    assert_eq!(of_kind(&lines, "unknown").len(), 3);

    let resent = resend_all(&plan).await;
    assert_eq!((resent.attempted, resent.unacknowledged_before, resent.unacknowledged_after), (50, 8, 0));
    assert_eq!(resend_all(&plan).await.messages, 0, "nothing is left to send");
    let confirmations = merchant.bodies("confirm");
    assert_eq!(confirmations.len(), 58);
    for again in &confirmations[50..] {
        assert_eq!(confirmations[..50].iter().filter(|first| *first == again).count(), 1, "{again}");
    }
}

#[tokio::test]
async fn resending_ends_even_if_nobody_listens() {
    let (merchant, folder) = (Merchant::open().await, tempfile::tempdir().unwrap());
    merchant.behave(|manners| manners.confirmations_refused = u32::MAX);
    let plan = plan(&merchant, folder.path());
    report_of(plan.clone()).await;
    let resent = resend_all(&plan).await;
    assert_eq!((resent.rounds, resent.unacknowledged_after), (5, 50));
}

#[tokio::test]
async fn a_pause_of_the_merchant_is_felt_by_every_payment_due_in_it() {
    let (merchant, folder) = (Merchant::open().await, tempfile::tempdir().unwrap());
    merchant.behave(|manners| manners.next_confirmation_takes = Duration::from_millis(500));
    let report = report_of(Plan { connections: 1, ..plan(&merchant, folder.path()) }).await;
    assert_eq!(report["measured"], 50, "nothing is left out");
    assert!(report["late"].as_u64().unwrap() >= 40, "{report}");
    let median = &report["routes"]["confirm"]["latency"]["percentiles"]["p50"];
    assert!(median.as_u64().unwrap() > 200_000, "half of them waited for most of the pause: {report}");
}

#[tokio::test]
async fn repeats_are_counted_and_are_no_second_payment() {
    let (merchant, folder) = (Merchant::open().await, tempfile::tempdir().unwrap());
    let report = report_of(Plan { repeats_per_mille: 1_000, ..plan(&merchant, folder.path()) }).await;
    assert_eq!(merchant.bodies("confirm").len(), 100);
    assert_eq!(report["money"]["sent"]["count"], 50);
    assert_eq!(report["money"]["duplicates_sent"], 50);
    assert_eq!(report["money"]["difference_minor"], 0);
}

#[tokio::test]
async fn a_closed_loop_makes_as_many_as_it_is_told() {
    let (merchant, folder) = (Merchant::open().await, tempfile::tempdir().unwrap());
    let source = bills(&merchant, "test_key");
    let report = report_of(Plan {
        pace: Pace::Closed,
        count: Some(300),
        duration: Duration::from_secs(600),
        source,
        ..plan(&merchant, folder.path())
    })
    .await;
    assert_eq!(report["measured"], 300);
    assert_eq!(report["target"]["rate"], Value::Null);
    assert_eq!(merchant.bodies("confirm").len(), 300);
}

#[tokio::test]
async fn validations_move_no_money_and_leave_no_log_lines() {
    let (merchant, folder) = (Merchant::open().await, tempfile::tempdir().unwrap());
    let target = Target::Validate(merchant.url("/cb/token").parse().unwrap());
    let plan = Plan { target, ..plan(&merchant, folder.path()) };
    let report = report_of(plan.clone()).await;
    assert_eq!(merchant.bodies("validate").len(), 50);
    assert_eq!((&report["money"], lines_of(&plan.log).len()), (&Value::Null, 0));
}

#[tokio::test]
async fn the_whole_journey_ends_when_the_bill_shows_paid() {
    let world = World::with(options()).await;
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        target: Target::Pay { sandbox: world.sandbox() },
        source: bills(&world.merchant, "test_key"),
        ..plan(&world.merchant, folder.path())
    };
    let report = report_of(plan.clone()).await;
    for route in ["bill", "pay", "shown", "journey"] {
        assert_eq!(report["routes"][route]["n"], 50, "{route}");
    }
    assert_eq!(report["money"]["shown"], report["money"]["sent"]);
    let moved: Vec<Value> =
        world.noted("moved").await.into_iter().map(|line| line["receipt"].clone()).collect();
    let acks = of_kind(&lines_of(&plan.log), "ack");
    assert_eq!(acks.len(), 50);
    assert!(acks.iter().all(|ack| moved.contains(&ack["receipt"])), "the sandbox's receipts are in the log");
}

#[tokio::test]
async fn a_run_that_is_stopped_says_so_and_takes_back_what_it_did_not_send() {
    let (merchant, folder) = (Merchant::open().await, tempfile::tempdir().unwrap());
    let plan = Plan { duration: Duration::from_secs(60), ..plan(&merchant, folder.path()) };
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (plan, stop) = (plan.clone(), stop.clone());
        async move { run(plan, &Clock::system(), stop).await.unwrap() }
    });
    while merchant.bodies("confirm").len() < 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    let report = running.await.unwrap();
    assert!(report.interrupted && report.to_string().contains("INTERRUPTED"));
    let lines = lines_of(&plan.log);
    let (attempts, not_sent) = (of_kind(&lines, "attempt").len(), of_kind(&lines, "not_sent").len());
    assert!(not_sent > 0);
    assert_eq!(attempts - not_sent, merchant.bodies("confirm").len());
}

#[tokio::test]
async fn bills_that_cannot_be_made_end_the_run_before_it_begins() {
    let (merchant, folder) = (Merchant::open().await, tempfile::tempdir().unwrap());
    let plan = Plan { source: bills(&merchant, "wrong_key"), ..plan(&merchant, folder.path()) };
    let error = run(plan.clone(), &Clock::system(), CancellationToken::new()).await.unwrap_err();
    assert!(matches!(&error, LoadError::Bills(reason) if reason.contains("401")), "{error}");
    assert!(lines_of(&plan.log).is_empty());
}
