//! However the follower came to the head, the rows are the same: one by one, in one go, stopped and resumed, built anew.

use std::sync::Arc;

use ledger::Currency;
use ledger::journal::file::Trail;
use ledger::storage::DiskStorage;
use proptest::prelude::*;

use super::world::{World, assert_same_rows, dump, files, newest_file};
use crate::payments::{Total, TypedAccount};
use crate::views::folder::Folder;
use crate::views::follower::{Follower, Turn};
use crate::views::shared::Shared;
use crate::views::{Scope, ViewsReader, ViewsState, rebuild_closed};

#[test]
fn following_resuming_and_building_anew_come_to_the_same_rows() {
    let mut world = World::new();
    // Followed in small steps, and stopped between transactions.
    for seed in 1..=6 {
        world.live(seed, 60);
        if seed % 2 == 0 {
            world.catch_up();
        }
        world.stop_views();
        world.live(seed * 100, 20);
        world.start_views();
    }
    world.catch_up();
    let followed = world.dump();
    assert!(followed.contains("succeeded") && followed.contains("quarantine\n  "), "much has happened");

    // Built anew while running.
    let builds_begun = world.health().builds_begun;
    world.views.as_ref().unwrap().rebuild();
    world.wait(|health| health.builds_begun > builds_begun && health.state == ViewsState::Following);
    world.catch_up();
    assert_same_rows(&world.dump(), &followed);
    assert_eq!(files(&world.views_folder()).len(), 1, "the old file has made room");

    // Built from a closed directory.
    let folder = world.close();
    let views = folder.path().join("views");
    let trail = Trail::of_closed(Arc::new(DiskStorage::new(folder.path()))).unwrap();
    let record_count = trail.record_count();
    let mut told = Vec::new();
    let built = rebuild_closed(views.clone(), trail, &mut |next, head| told.push((next, head))).unwrap();
    assert_eq!(built, record_count);
    assert_eq!(told.last(), Some(&(record_count, record_count)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_same_rows(&runtime.block_on(dump(&newest_file(&views))), &followed);
}

#[test]
fn a_day_of_more_money_than_one_number_can_say_is_added_up_to_the_cent() {
    let mut world = World::new();
    world.start_views();
    for number in 0..5 {
        world.pay(TypedAccount::Other, &format!("R{number}"), i64::MAX - number);
        if number % 2 == 0 {
            world.catch_up();
        }
    }
    world.catch_up();
    let found = world.ask(world.reader().collections(&Scope::All, i32::MIN..=i32::MAX)).unwrap().found;
    let [row] = &found[..] else { panic!("{found:?}") };
    assert_eq!(row.total, Total { count: 5, minor: i128::from(i64::MAX) * 5 - 10 });
}

#[test]
fn a_resumed_follower_reads_only_what_is_new() {
    let mut world = World::new();
    world.live(7, 50);
    world.catch_up();
    world.stop_views();
    world.start_views();
    world.catch_up();
    assert_eq!(world.health().builds_begun, 0, "the file is of use");
}

#[test]
fn an_interrupted_building_goes_on_and_the_older_file_answers_meanwhile() {
    let mut world = World::new();
    world.live(8, 50);
    world.catch_up();
    let followed = world.dump();
    let head = world.ledger.head().size;
    world.stop_views();
    // A newer file in which nothing is yet: what a process leaves that dies right after it began to build.
    let newer = world.views_folder().join("views-000007.sqlite");
    world.ask(async {
        let trail = world.ledger.trail();
        crate::views::file::ViewsFile::create(newer.clone(), &trail).await.unwrap().close().await;
    });
    // One turn writes everything that there is, the next one finds that to be all.
    let shared = Arc::new(Shared::new(world.ledger.trail()));
    let mut follower =
        Follower::new(Folder::new(world.views_folder()), world.ledger.trail(), Arc::clone(&shared));
    world.ask(async {
        assert_eq!(follower.turn().await.unwrap(), Turn::Wrote);
        let health = shared.health();
        assert_eq!(
            (health.state, health.answers_at),
            (ViewsState::Building, Some(head)),
            "the older file answers"
        );
        let reader = ViewsReader::new(Arc::clone(&shared));
        assert!(
            !reader
                .bills(&Scope::All, &Default::default(), Default::default())
                .await
                .unwrap()
                .rows
                .is_empty()
        );
        follower.end().await;
    });

    world.start_views();
    world.catch_up();
    assert_eq!(world.health().builds_begun, 0, "it went on where it had begun");
    assert_eq!(files(&world.views_folder()), [newer]);
    assert_same_rows(&world.dump(), &followed);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn what_the_views_add_up_to_is_what_the_books_publish(seed in 1_u64..1_000_000) {
        let mut world = World::new();
        world.live(seed, 80);
        world.catch_up();
        let (sequence, published) = world.ledger.readers().with_totals(Clone::clone);
        let found = world.ask(world.reader().collections(&Scope::All, i32::MIN..=i32::MAX)).unwrap();
        prop_assert_eq!(found.sequence, sequence);
        let collected: std::collections::BTreeMap<_, _> =
            found.found.into_iter().map(|row| (row.key, row.total)).collect();
        prop_assert_eq!(&collected, &published.collected);

        let reader = world.reader();
        let all = super::questions::every_page(&world, |page| {
            let reader = reader.clone();
            async move { reader.payments(&Scope::All, &Default::default(), page).await.unwrap() }
        });
        let paid: i128 = all.iter().map(|payment| i128::from(payment.money.minor())).sum();
        let total: i128 = published.collected.values().map(|total| total.minor).sum();
        prop_assert_eq!(paid, total);

        let suspense = super::questions::every_page(&world, |page| {
            let reader = reader.clone();
            async move { reader.suspense(&Scope::All, page).await.unwrap() }
        });
        let open: Vec<_> = suspense.iter().map(|row| (row.sequence, row.money, row.since)).collect();
        let expected: Vec<_> =
            published.suspense.iter().map(|(sequence, open)| (*sequence, open.money, open.since)).collect();
        prop_assert_eq!(open, expected);
        let quarantined = super::questions::every_page(&world, |page| {
            let reader = reader.clone();
            async move { reader.quarantine(&Scope::All, page).await.unwrap() }
        });
        prop_assert_eq!(quarantined.len() as u64, published.quarantine_count);

        // What the entries say went into a channel's clearing is what the payments say.
        let mut cleared = 0;
        for payment in &all {
            let entries = world.ask(world.reader().entries(&Scope::All, payment.sequence)).unwrap().found;
            let debits = entries.iter().flat_map(|entry| &entry.postings);
            cleared += debits
                .filter(|posting| &*posting.account == "1000.mpesa.222222")
                .inspect(|posting| assert_eq!(posting.money.currency(), Currency::Kes))
                .map(|posting| i128::from(posting.money.minor()))
                .sum::<i128>();
        }
        prop_assert_eq!(cleared, total);
    }
}
