//! The gateway is killed while a crowd pays, again and again. What was acknowledged is in the books, once.

use std::path::Path;
use std::time::Duration;

use crate::harness::{Gateway, Load, check_books, eventually};

/// Rounds of `kill -9` unless the environment says otherwise.
const ROUNDS: u32 = 5;
const RATE: u32 = 250;
const ROUND: Duration = Duration::from_millis(1_500);

#[test]
fn kill_9_under_load_loses_nothing_and_doubles_nothing() {
    let rounds = rounds();
    let mut gateway = Gateway::serve().start();
    let key = gateway.create_key("agency_integrator", Some("kws"));
    let log = gateway.folder().join("load.ndjson");
    for round in 0..rounds {
        let load = Load::of_confirmations(&gateway, &key, &log, RATE, ROUND);
        let written_before = length_of(&log);
        load.run(|| {
            eventually("the load has begun", || (length_of(&log) > written_before).then_some(()));
            // Another moment each round, from the first payment to long after.
            std::thread::sleep(Duration::from_millis(u64::from(round * 397 % 1_400)));
            gateway.kill();
        });
        gateway.start_again();
        let resent = Load::resend(&gateway, &log);
        eprintln!(
            "round {}: {} attempted in all, {} were sent again",
            round + 1,
            resent.attempted,
            resent.unacknowledged_before
        );
        if round % 10 == 9 {
            expect_everything_once(&gateway, &log);
        }
    }
    let said = expect_everything_once(&gateway, &log);
    eprintln!("after {rounds} rounds of kill -9:\n{said}");
}

fn length_of(log: &Path) -> u64 {
    log.metadata().map_or(0, |file| file.len())
}

#[test]
fn sigterm_under_load_finishes_what_was_begun() {
    let mut gateway = Gateway::serve().start();
    let key = gateway.create_key("agency_integrator", Some("kws"));
    let log = gateway.folder().join("load.ndjson");
    Load::of_confirmations(&gateway, &key, &log, RATE, ROUND).run(|| {
        std::thread::sleep(Duration::from_millis(900));
        assert_eq!(gateway.stop().code(), Some(0));
    });
    let log_text = std::fs::read_to_string(&log).unwrap();
    let said = |what: &str| log_text.lines().filter(|line| line.contains(what)).collect::<Vec<_>>();
    assert!(!said("\"acknowledged\":true").is_empty(), "the load had begun");
    let refused = said("\"acknowledged\":false");
    assert!(refused.is_empty(), "whoever was heard was served: {refused:?}");

    // Before anything is sent again, what was acknowledged is there.
    expect_everything_once(&gateway, &log);
    gateway.start_again();
    Load::resend(&gateway, &log);
    expect_everything_once(&gateway, &log);
}

/// The independent checker: nothing acknowledged is missing, nothing is doubled, nothing is there that nobody sent.
fn expect_everything_once(gateway: &Gateway, log: &Path) -> String {
    let books = gateway.books();
    books.expect_balanced();
    check_books(&books, &[log], &[]).expect(0).stdout
}

fn rounds() -> u32 {
    std::env::var("E2E_KILL_ROUNDS").map_or(ROUNDS, |text| text.parse().expect("E2E_KILL_ROUNDS is a number"))
}
