//! The gateway is killed between any two steps of telling an agency: what happened is told at least once, always under the
//! same name, and nothing is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{ids, path_of, told_at, whole_feed};
use crate::harness::{Gateway, NoticeTaker, Order, eventually, fresh_key};

const ROUNDS: u32 = 5;

#[test]
fn killed_between_the_steps_of_one_delivery_it_goes_on_from_there() {
    let mut gateway = Gateway::demo().start();
    let mut kws = gateway.agency("kws");
    let taker = NoticeTaker::start();
    let endpoint = told_at(&kws, &taker);
    let again = |gateway: &mut Gateway| {
        gateway.kill();
        taker.takes();
        gateway.start_again();
        gateway.agency("kws")
    };

    // It was sent, and nobody knows what came of it.
    taker.is_silent();
    kws.bills(&Order::hells_gate(1));
    let sent = eventually("it is sent", || taker.heard().pop());
    kws = again(&mut gateway);
    eventually("it is sent again", || taker.taken().contains(&sent.id()).then_some(()));
    assert!(taker.heard().iter().all(|notice| notice.message.body == sent.message.body));

    // It was sent, and nobody knows; of what came after it, it is recorded that it was taken.
    taker.ignores("bill.created");
    let withdrawn = kws.bills(&Order::hells_gate(5));
    kws.cancels(&withdrawn);
    let later =
        taker.hears_of(&["bill.cancelled"]).into_iter().find(|notice| notice.kind() == "bill.cancelled");
    let later = later.unwrap();
    eventually("what came later is recorded", || {
        let list = kws.get(&format!("{}/deliveries", path_of(&endpoint))).expect(200).json();
        (list["data"][0]["event"] == later.id()).then_some(())
    });
    kws = again(&mut gateway);
    let everything: BTreeSet<_> = ids(&whole_feed(&kws, 500)).into_iter().collect();
    eventually("nothing is passed over", || (taker.taken() == everything).then_some(()));

    // It was refused, and that is recorded.
    taker.answers(500);
    kws.bills(&Order::hells_gate(2));
    eventually("it is recorded", || {
        (kws.get(&path_of(&endpoint)).expect(200).json()["waiting"] == 1).then_some(())
    });
    let refused = taker.heard().pop().unwrap();
    kws = again(&mut gateway);
    eventually("it is sent again", || taker.taken().contains(&refused.id()).then_some(()));

    // It was taken, and that is recorded.
    kws.bills(&Order::hells_gate(3));
    let taken = eventually("it is taken", || {
        let list = kws.get(&format!("{}/deliveries", path_of(&endpoint))).expect(200).json();
        let newest = taker.heard().pop()?;
        (newest.json()["data"]["total"]["amount"] == 150_000
            && list["data"][0]["event"] == newest.id()
            && list["data"][0]["status"] == "delivered")
            .then_some(newest)
    });
    kws = again(&mut gateway);
    kws.bills(&Order::hells_gate(4));
    eventually("the next is taken", || {
        let newest = taker.heard().pop()?;
        (newest.json()["data"]["total"]["amount"] == 200_000).then_some(())
    });
    assert_eq!(taker.times(&taken.id()), 1, "what is recorded as taken is not sent again");
}

#[test]
fn killed_at_any_moment_nothing_is_left_out_and_everything_keeps_its_name() {
    let mut gateway = Gateway::demo().start();
    let taker = NoticeTaker::start();
    taker.takes_most();
    told_at(&gateway.agency("kws"), &taker);
    let rounds = std::env::var("E2E_KILL_ROUNDS").map_or(ROUNDS, |text| text.parse().unwrap());
    for round in 0..rounds {
        let kws = gateway.agency("kws");
        let make = || {
            let order = Order::hells_gate(1);
            let call = kws.post("/v1/bills", order.body()).idempotency_key(&fresh_key());
            call.try_send().is_ok()
        };
        std::thread::scope(|scope| {
            let makes = scope.spawn(|| while make() {});
            std::thread::sleep(Duration::from_millis(u64::from(50 + round * 397 % 1_400)));
            gateway.kill();
            makes.join().unwrap();
        });
        gateway.start_again();
    }
    let kws = gateway.agency("kws");
    let feed: BTreeSet<_> = ids(&whole_feed(&kws, 500)).into_iter().collect();
    eventually("everything is taken", || (taker.taken() == feed).then_some(()));
    let mut bodies = BTreeMap::new();
    for notice in taker.heard() {
        assert!(feed.contains(&notice.id()), "nobody is told of what the books do not have");
        let body = bodies.entry(notice.id()).or_insert_with(|| notice.message.body.clone());
        assert_eq!(*body, notice.message.body);
    }
    eprintln!("{} events, {} deliveries, {rounds} times killed", feed.len(), taker.heard().len());
    assert!(feed.len() > 20, "there was something to tell: {}", feed.len());
}
