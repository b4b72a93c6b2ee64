//! Whatever happens to the files costs the views and nothing else, and they come back by themselves.

use std::fs;

use tempfile::TempDir;

use super::world::{World, assert_same_rows, files, newest_file};
use crate::payments::{Answer, TypedAccount};
use crate::views::changes::Changes;
use crate::views::file::ViewsFile;
use crate::views::{BillFilter, PageRequest, QueryError, Scope, ViewsState};

#[test]
fn a_file_that_is_removed_while_it_is_followed_is_built_again_and_questions_are_answered_meanwhile() {
    let mut world = World::new();
    world.live(1, 60);
    world.catch_up();
    let followed = world.dump();
    let bills = |world: &World| {
        world.ask(world.reader().bills(&Scope::All, &BillFilter::default(), PageRequest::default())).unwrap()
    };
    let before = bills(&world);
    for file in files(&world.views_folder()) {
        fs::remove_file(file).unwrap();
    }
    let reader = world.reader();
    let all = BillFilter::default();
    let ask = || reader.bills(&Scope::All, &all, PageRequest::default());
    let (first, second, third, fourth) = world.ask(async { tokio::join!(ask(), ask(), ask(), ask()) });
    for answer in [first, second, third, fourth] {
        assert_eq!(answer.unwrap().rows, before.rows, "what is open goes on answering");
    }
    world.wait(|health| health.builds_begun == 2 && health.state == ViewsState::Following);
    assert_same_rows(&world.dump(), &followed);
    assert_eq!(bills(&world).rows, before.rows);
    let names = fs::read_dir(world.views_folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = names.filter(|name| name.to_string_lossy().contains("000001")).collect();
    assert!(left.is_empty(), "nothing of the removed file is left: {left:?}");
    world.bill("KWS", 1_000);
    world.catch_up();
    assert_eq!(bills(&world).rows[0].sequence, world.ledger.head().size - 1, "and following goes on");
}

type Spoil = fn(&World);

#[test]
fn files_that_are_of_no_use_are_built_again() {
    let spoil: [(&str, Spoil); 4] = [
        ("no database", |world| {
            fs::write(newest_file(&world.views_folder()), [7; 8192]).unwrap();
        }),
        ("of another version", |world| world.alter("PRAGMA user_version = 0")),
        ("of another journal", |world| world.alter("UPDATE progress SET journal = zeroblob(16)")),
        ("of another history", |world| world.alter("UPDATE progress SET batch = zeroblob(16)")),
    ];
    let mut world = World::new();
    world.live(2, 60);
    world.catch_up();
    let followed = world.dump();
    for (what, spoil) in spoil {
        world.stop_views();
        spoil(&world);
        world.start_views();
        world.catch_up();
        assert_eq!(world.health().builds_begun, 1, "a file {what}");
        assert_same_rows(&world.dump(), &followed);
    }
}

#[test]
fn damage_that_shows_while_writing_leads_to_a_new_file() {
    let mut world = World::new();
    world.live(3, 200);
    world.catch_up();
    world.stop_views();
    // Everything behind the first page, which alone is looked at when the file is opened.
    let file = newest_file(&world.views_folder());
    let mut bytes = fs::read(&file).unwrap();
    bytes[8192..].fill(0xa5);
    fs::write(&file, bytes).unwrap();
    world.start_views();
    world.live(4, 40);
    world.catch_up();
    assert_eq!(world.health().builds_begun, 1);
    let after = world.dump();
    world.views.as_ref().unwrap().rebuild();
    world.wait(|health| health.builds_begun == 2 && health.state == ViewsState::Following);
    assert_same_rows(&world.dump(), &after);
}

#[test]
fn without_a_place_for_the_files_the_books_go_on_and_the_views_say_what_is_in_the_way() {
    let mut world = World::without_views();
    fs::write(world.views_folder(), "somebody put a file where the folder belongs").unwrap();
    world.start_views();
    let failing = world.wait(|health| health.state == ViewsState::Failing);
    let said = failing.last_error.unwrap();
    assert!(said.contains(world.views_folder().to_str().unwrap()), "{said}");
    let bill = world.bill("KWS", 1_000);
    let answer = world.pay(TypedAccount::Number(bill), "TKL1", 1_000);
    assert!(matches!(answer, Answer::Booked { .. }), "{answer:?}");
    let health = world.health();
    assert_eq!((health.lag(), health.answers_at), (2, None));
    let refused = world.ask(world.reader().bill(&Scope::All, bill)).unwrap_err();
    assert!(matches!(refused, QueryError::NotReady { next_sequence: 0, head: 2 }), "{refused:?}");

    fs::remove_file(world.views_folder()).unwrap();
    world.catch_up();
    assert_eq!(world.health().last_error, None, "it heals by itself");
    assert!(world.ask(world.reader().bill(&Scope::All, bill)).unwrap().found.is_some());
}

#[test]
fn a_journal_that_was_put_back_to_an_earlier_day_takes_the_views_with_it() {
    // The other day is shorter than the one that was lost, or longer.
    for other_day in [5, 80] {
        let mut world = World::new();
        world.live(5, 20);
        world.catch_up();
        let clock = world.clock.clone();
        let backup = TempDir::new().unwrap();
        let folder = world.close();
        copy(folder.path(), backup.path());

        // The day goes on, and the views follow; then the disk is lost, and the backup comes back without them.
        let mut lost = World::in_folder(folder, clock.clone());
        lost.start_views();
        lost.live(6, 40);
        lost.catch_up();
        let lost = lost.close();
        fs::remove_dir_all(backup.path().join("views")).unwrap();
        fs::create_dir(backup.path().join("views")).unwrap();
        copy(&lost.path().join("views"), &backup.path().join("views"));
        let mut restored = World::in_folder(backup, clock);
        restored.live(7, other_day);
        restored.start_views();
        restored.catch_up();
        assert_eq!(restored.health().builds_begun, 1, "rows of a day that nobody remembers are of no use");
    }
}

#[test]
fn a_transaction_that_fails_leaves_rows_and_progress_as_they_were() {
    let mut world = World::new();
    world.live(9, 30);
    world.catch_up();
    world.stop_views();
    let path = newest_file(&world.views_folder());
    let before = world.dump();
    let mut changes = Changes::default();
    world.ask(async {
        let mut trail = world.ledger.trail();
        let mut file = ViewsFile::open(path.clone(), &mut trail).await.unwrap();
        // The same records again: their rows are there.
        trail.go_to(0);
        while let Some(batch) = trail.next_batch().unwrap() {
            changes.add_batch(&batch).unwrap();
        }
        let refused = file.write(&changes).await.unwrap_err();
        assert!(refused.to_string().contains("UNIQUE"), "{refused}");
        assert!(!refused.asks_for_a_new_file());
        file.close().await;
    });
    assert_same_rows(&world.dump(), &before);
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_reader_of_ended_views_is_told_so() {
    let mut world = World::new();
    let bill = world.bill("KWS", 1_000);
    world.catch_up();
    let reader = world.reader();
    world.stop_views();
    assert!(matches!(world.ask(reader.bill(&Scope::All, bill)), Err(QueryError::NotReady { .. })));
}
