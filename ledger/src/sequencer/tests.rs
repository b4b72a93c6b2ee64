//! The sequencer over a journal that others write to as well and that does not always say what it did.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};

use super::{Lane, Outcome, Sequencer, start};
use crate::book::Book;
use crate::journal::memory::{MemoryJournal, Misfortune};
use crate::journal::{Batch, BatchRoom, Journal};
use crate::ledger::Published;
use crate::machine::{StateMachine, View};
use crate::record::{LedgerTime, Record};
use crate::storage::faulty::FaultyStorage;
use crate::testing::{Deposit, Deposits, Told, Totals};
use crate::tree::HashStore;

fn deposit(receipt: &str) -> Deposit {
    Deposit { customer: 1, receipt: receipt.to_owned(), cents: 100 }
}

fn sequencer(
    journal: MemoryJournal,
    writer: u64,
) -> (Sequencer<Deposits, MemoryJournal>, Arc<Mutex<Option<String>>>) {
    static IDS: AtomicU64 = AtomicU64::new(1);
    let book = Book::<Deposits>::empty();
    let stop_reason = Arc::new(Mutex::new(None));
    let told = Arc::clone(&stop_reason);
    let sequencer = Sequencer {
        published: Arc::new(Published::of(&book)),
        book,
        journal,
        room: BatchRoom::default(),
        writer,
        hashes: HashStore::open(&FaultyStorage::default()).unwrap(),
        clock: Box::new(|| LedgerTime::from_micros(1)),
        batch_id: Box::new(|| u128::from(IDS.fetch_add(1, Ordering::Relaxed)).to_le_bytes()),
        readers: Arc::new(Totals::default()),
        sealed: Box::new(|| {}),
        unreadable: Arc::new(|_| ()),
        on_stop: Some(Box::new(move |reason| *told.lock().unwrap() = Some(reason))),
    };
    (sequencer, stop_reason)
}

fn pay(submitter: &super::Submitter<Deposits>, receipt: &str) -> Outcome<Told> {
    let (reply, outcome) = sync_channel(1);
    submitter.submit(Lane::MoneyIn, deposit(receipt), move |outcome| drop(reply.send(outcome))).unwrap();
    outcome.recv().unwrap()
}

/// The batch that another writer would append at `journal`'s beginning for this receipt.
fn batch_of_another_writer(receipt: &str) -> Batch {
    let book = Book::<Deposits>::empty();
    let overlay = book.overlay();
    let view = View::new(&book, &overlay, LedgerTime::from_micros(1));
    let decision = Deposits::decide(&view, &deposit(receipt)).unwrap();
    let mut batch = Batch::new([9; 16], 99, 0, book.chain);
    for draft in decision.drafts {
        let record = Record { sequence: 0, writer: 99, time: LedgerTime::from_micros(1), draft };
        let mut event = Vec::new();
        Deposits::encode_event(&record.draft.event, &mut event);
        batch.push(&record, &event).unwrap();
    }
    batch
}

fn record_count(journal: &MemoryJournal) -> u64 {
    journal.batches().last().map_or(0, |batch| batch.next_sequence())
}

#[test]
fn an_unknown_append_is_looked_up_and_counts_once_either_way() {
    for misfortune in [Misfortune::UnknownAndLost, Misfortune::UnknownAndWritten] {
        let journal = MemoryJournal::default();
        let (submitter, thread) = start(sequencer(journal.clone(), 1).0, 16);
        journal.expect([misfortune, misfortune]);
        assert!(matches!(pay(&submitter, "A"), Outcome::Done(Told::Booked(0))), "{misfortune:?}");
        assert!(matches!(pay(&submitter, "A"), Outcome::Done(Told::Known(0))), "{misfortune:?}");
        assert!(matches!(pay(&submitter, "B"), Outcome::Done(Told::Booked(1))), "{misfortune:?}");
        submitter.close();
        thread.join().unwrap();
        assert_eq!(record_count(&journal), 2, "{misfortune:?}");
    }
}

#[test]
fn after_a_conflict_the_other_writers_records_are_applied_and_the_command_is_decided_again() {
    let journal = MemoryJournal::default();
    journal.overtake_with(batch_of_another_writer("A"));
    journal.expect([Misfortune::Overtaken]);
    let (submitter, thread) = start(sequencer(journal.clone(), 1).0, 16);
    assert!(matches!(pay(&submitter, "A"), Outcome::Done(Told::Known(0))), "the other writer booked it");
    assert!(matches!(pay(&submitter, "B"), Outcome::Done(Told::Booked(1))));
    submitter.close();
    thread.join().unwrap();
    assert_eq!(record_count(&journal), 2);
}

#[test]
fn two_writers_of_one_journal_book_every_receipt_once() {
    let journal = MemoryJournal::default();
    let writers: Vec<_> = [1, 2].map(|writer| start(sequencer(journal.clone(), writer).0, 64)).into();
    std::thread::scope(|scope| {
        for (submitter, _) in &writers {
            scope.spawn(move || {
                for number in 0..200 {
                    assert!(matches!(pay(submitter, &format!("R{number}")), Outcome::Done(_)));
                }
            });
        }
    });
    for (submitter, thread) in writers {
        submitter.close();
        thread.join().unwrap();
    }
    assert_eq!(record_count(&journal), 200);
}

#[test]
fn without_room_the_command_is_turned_away_and_the_next_one_is_not() {
    let mut journal = MemoryJournal::default();
    let (submitter, thread) = start(sequencer(journal.clone(), 1).0, 16);
    journal.expect([Misfortune::NoRoom]);
    assert!(matches!(pay(&submitter, "A"), Outcome::NoRoom));
    assert!(matches!(pay(&submitter, "A"), Outcome::Done(Told::Booked(0))));
    submitter.close();
    thread.join().unwrap();
    let batch = Batch::new([1; 16], 1, 0, crate::hash::Hash::ZERO);
    assert!(matches!(journal.append(0, &batch), Ok(crate::journal::Appended::Conflict)));
}

#[test]
fn an_append_that_stays_unknown_stops_the_writer() {
    let journal = MemoryJournal::default();
    let (sequencer, stop_reason) = sequencer(journal.clone(), 1);
    let (submitter, thread) = start(sequencer, 16);
    journal.expect([Misfortune::UnknownAndLost; 20]);
    assert!(matches!(pay(&submitter, "A"), Outcome::Stopped));
    thread.join().unwrap();
    assert!(stop_reason.lock().unwrap().is_some());
}

#[test]
fn a_record_that_is_too_large_is_refused_and_its_neighbours_are_booked() {
    let journal = MemoryJournal::default();
    let (submitter, thread) = start(sequencer(journal.clone(), 1).0, 16);
    let huge = Deposit { cents: crate::testing::PADDED_FROM_CENTS + 70_000, ..deposit("huge") };
    let (reply, outcomes) = sync_channel(3);
    for deposit in [deposit("before"), huge, deposit("after")] {
        let reply = reply.clone();
        submitter.submit(Lane::MoneyIn, deposit, move |outcome| drop(reply.send(outcome))).unwrap();
    }
    let outcomes: Vec<_> = (0..3).map(|_| outcomes.recv().unwrap()).collect();
    assert!(matches!(outcomes[0], Outcome::Done(Told::Booked(0))), "{:?}", outcomes[0]);
    assert!(matches!(outcomes[1], Outcome::TooLarge), "{:?}", outcomes[1]);
    assert!(matches!(outcomes[2], Outcome::Done(Told::Booked(1))), "{:?}", outcomes[2]);
    submitter.close();
    thread.join().unwrap();
}
