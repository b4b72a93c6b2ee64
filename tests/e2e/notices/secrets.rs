//! What becomes of secrets: one that is over is destroyed, and one that is lost silences nobody.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{path_of, told_at};
use crate::harness::{Gateway, NoticeTaker, Order, eventually};

/// Bytes of one key in the vault, and where in it is said what has become of it; see `ledger/FORMAT.md`.
const SLOT_LEN: usize = 80;
const STATE_AT: usize = 8;
const DESTROYED: u8 = 2;

fn vault(gateway: &Gateway) -> PathBuf {
    gateway.keys().join("vault").join("slots")
}

fn destroyed_keys(vault: &Path) -> usize {
    let slots = std::fs::read(vault).unwrap();
    slots.chunks(SLOT_LEN).filter(|slot| slot.len() > STATE_AT && slot[STATE_AT] == DESTROYED).count()
}

#[test]
fn a_secret_that_has_been_changed_for_another_is_destroyed_and_a_record_says_so() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let taker = NoticeTaker::start();
    let path = path_of(&told_at(&kws, &taker));
    let rotate = |overlap: u64| {
        kws.post(&format!("{path}/rotate"), &json!({"overlap_seconds": overlap})).send().expect(200).json()
    };
    // One whose time is over, one that signs for a day, and one that gives way before its day is over.
    rotate(0);
    let destroyed = |count: usize| {
        eventually("its key is destroyed", || (destroyed_keys(&vault(&gateway)) == count).then_some(()));
    };
    destroyed(1);
    let signing = rotate(86_400);
    assert!(signing["previous_secret_until"].is_string(), "{signing}");
    rotate(86_400);
    destroyed(2);
    kws.bills(&Order::hells_gate(1));
    let heard = taker.hears_of(&["bill.created"]);
    let signatures = heard[0].header("webhook-signature");
    assert_eq!(signatures.split(' ').count(), 2, "the new one and the one before it: {signatures}");

    let forgotten = |gateway: &Gateway| -> Vec<serde_json::Value> {
        let books = gateway.books();
        let events =
            books.events("notice").into_iter().filter(|record| record["event"]["of"] == "secrets_destroyed");
        events.map(|record| record["event"]["secrets"].clone()).collect()
    };
    let records = eventually("records say so", || Some(forgotten(&gateway)).filter(|found| found.len() == 2));
    assert!(records.iter().all(|secrets| secrets.as_array().unwrap().len() == 1), "{records:?}");
    // It is done once.
    gateway.stop();
    gateway.start_again();
    let kws = gateway.agency("kws");
    kws.bills(&Order::hells_gate(1));
    eventually("it hears of both bills", || (taker.heard().len() == 2).then_some(()));
    assert_eq!((forgotten(&gateway).len(), destroyed_keys(&vault(&gateway))), (2, 2));
}

#[test]
fn whoever_has_lost_one_of_two_secrets_is_still_told_and_it_is_said_everywhere() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let taker = NoticeTaker::start();
    let endpoint = told_at(&kws, &taker);
    let path = path_of(&endpoint);
    assert!(endpoint.get("lost_secrets").is_none(), "{endpoint}");
    gateway.stop();
    // Every key that there was is spoiled; those that are made afterwards are sound.
    let slots = std::fs::read(vault(&gateway)).unwrap();
    std::fs::write(vault(&gateway), vec![0x5a; slots.len()]).unwrap();
    gateway.start_again();
    let kws = gateway.agency("kws");
    let shown = kws.get(&path).expect(200).json();
    assert_eq!(shown["lost_secrets"], json!(["current"]), "{shown}");
    kws.post(&format!("{path}/rotate"), &json!({})).send().expect(200);
    kws.bills(&Order::hells_gate(1));
    let heard = taker.hears_of(&["bill.created"]);
    assert_eq!(heard[0].header("webhook-signature").split(' ').count(), 1, "the one that opens signs");
    assert_eq!(kws.get(&path).expect(200).json()["lost_secrets"], json!(["previous"]));
    eventually("a metric says so", || (gateway.metric("malipo_webhook_secrets_lost") == 1).then_some(()));
    assert!(gateway.log().contains("A secret of an endpoint cannot be opened"), "{}", gateway.log());
}
