//! The static export: complete or not there at all, the same beside a writer as without one, and free of anything
//! personal.

use std::collections::BTreeMap;
use std::path::Path;

use ledger::export::{ExportError, ExportReport, ExportRequest, export};
use ledger::storage::faulty::FaultyStorage;
use ledger::storage::{DiskStorage, Storage};
use ledger::verify::export_directory;
use ledger::{Checkpoint, SigningKey};

use crate::harness::{Bank, deposit};

const ORIGIN: &str = "books.example/ledger";

pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[9; 32]).unwrap()
}

pub(crate) fn export_to(
    storage: &dyn Storage,
    size: Option<u64>,
    folder: &Path,
) -> Result<ExportReport, ExportError> {
    let request = ExportRequest {
        storage,
        size,
        origin: ORIGIN,
        keys: &[key().verifying_key()],
        sign: &|checkpoint| Ok(checkpoint.sign(&key())),
        folder,
    };
    export(&request)
}

pub(crate) fn bank_of(count: u64) -> (FaultyStorage, Bank) {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    let outcomes: Vec<_> =
        (0..count).map(|number| bank.submit(deposit(&format!("R{number}"), 100)).unwrap()).collect();
    for outcome in outcomes {
        outcome.recv().unwrap();
    }
    (storage, bank)
}

/// Every file below a folder, by its path.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(below) = folders.pop() {
        for entry in std::fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

#[test]
fn an_export_has_the_tiles_and_bundles_of_its_size_and_can_be_verified() {
    let (storage, bank) = bank_of(700);
    let head = bank.ledger.head();
    drop(bank);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("books");
    let report = export_to(&storage, None, &out).unwrap();
    assert_eq!((report.checkpoint.size, report.checkpoint.root), (head.size, head.root));
    let names: Vec<_> = files(&out).into_keys().collect();
    assert_eq!(
        names,
        [
            "SHA256SUMS",
            "checkpoint",
            "keys.txt",
            "manifest.json",
            "records.ndjson",
            "tile/0/000",
            "tile/0/001",
            "tile/0/002.p/188",
            "tile/1/000.p/2",
            "tile/entries/000",
            "tile/entries/001",
            "tile/entries/002.p/188",
        ]
    );
    let verdict = export_directory(&out, &[key().verifying_key()], None);
    assert!(verdict.findings.is_empty(), "{:?}", verdict.findings);
    assert_eq!(verdict.checkpoint, Some(report.checkpoint));
    assert_eq!((verdict.record_count, verdict.claim_count), (700, 700));
    let records = String::from_utf8(files(&out)["records.ndjson"].clone()).unwrap();
    let first: serde_json::Value = serde_json::from_str(records.lines().next().unwrap()).unwrap();
    assert_eq!(first["claims"][0]["key"], "receipt R0");
    assert_eq!(first["entries"][0]["postings"][0]["amount"], "1.00");
    assert_eq!(first["event"]["cents"], 100);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn an_export_beside_the_writer_stops_where_it_was_told_and_later_ones_continue_it() {
    let (storage, bank) = bank_of(300);
    let folder = tempfile::tempdir().unwrap();
    let (early, late) = (folder.path().join("early"), folder.path().join("late"));
    export_to(&storage, Some(257), &early).unwrap();
    bank.booked(deposit("one more", 500));
    let report = export_to(&storage, None, &late).unwrap();
    assert_eq!(report.checkpoint.size, 301, "everything acknowledged is in it");
    drop(bank);

    let keys = [key().verifying_key()];
    let note = String::from_utf8(files(&early)["checkpoint"].clone()).unwrap();
    let verdict = export_directory(&late, &keys, Some(&note));
    assert!(verdict.findings.is_empty(), "{:?}", verdict.findings);
    let (early, late) = (files(&early), files(&late));
    assert_eq!(early["tile/entries/000"], late["tile/entries/000"], "a full bundle never changes");
}

#[test]
fn a_rewritten_history_does_not_continue_an_older_checkpoint() {
    let (storage, bank) = bank_of(40);
    drop(bank);
    let (rewritten, bank) = bank_of(30);
    bank.booked(deposit("another", 77));
    drop(bank);
    let folder = tempfile::tempdir().unwrap();
    let (kept, shown) = (folder.path().join("kept"), folder.path().join("shown"));
    export_to(&storage, Some(31), &kept).unwrap();
    export_to(&rewritten, None, &shown).unwrap();
    let note = String::from_utf8(files(&kept)["checkpoint"].clone()).unwrap();
    let keys = [key().verifying_key()];
    let verdict = export_directory(&shown, &keys, Some(&note));
    let findings: Vec<_> = verdict.findings.iter().map(ToString::to_string).collect();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].contains("history was rewritten"), "{findings:?}");
    let longer = folder.path().join("longer");
    export_to(&storage, Some(40), &longer).unwrap();
    let note = String::from_utf8(files(&longer)["checkpoint"].clone()).unwrap();
    let verdict = export_directory(&shown, &keys, Some(&note));
    assert!(!verdict.findings.is_sound(), "an export with fewer records than were shown before");
}

#[test]
fn nothing_is_left_of_an_export_that_fails() {
    let (storage, bank) = bank_of(300);
    drop(bank);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("books");
    let verifying_key = key().verifying_key();
    let request = |sign| ExportRequest {
        storage: &storage,
        size: None,
        origin: ORIGIN,
        keys: std::slice::from_ref(&verifying_key),
        sign,
        folder: &out,
    };
    let is_gone = || std::fs::read_dir(folder.path()).unwrap().count() == 0;

    let refused = export(&request(&|_| Err("the key is locked away".to_owned())));
    assert!(matches!(refused, Err(ExportError::NotSigned(what)) if what.contains("locked")));
    assert!(is_gone());
    let stale = |checkpoint: &Checkpoint| Ok(Checkpoint { size: 7, ..checkpoint.clone() }.sign(&key()));
    assert!(matches!(export(&request(&stale)), Err(ExportError::OtherCheckpoint(_))));
    assert!(is_gone());
    assert!(matches!(
        export_to(&storage, Some(301), &out),
        Err(ExportError::TooFew { asked: 301, size: 300 })
    ));
    assert!(is_gone());
    storage.flip_byte("journal/00000000000000000000.seg", 5000);
    assert!(matches!(export_to(&storage, None, &out), Err(ExportError::Journal(_))));
    assert!(is_gone());
    storage.flip_byte("journal/00000000000000000000.seg", 5000);

    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("mine"), "").unwrap();
    assert!(
        matches!(export_to(&storage, None, &out), Err(ExportError::Io { .. })),
        "a folder in use is left alone"
    );
    std::fs::remove_file(out.join("mine")).unwrap();
    assert!(export_to(&storage, None, &out).is_ok(), "an empty folder is as good as none");
}

#[test]
fn what_nobody_was_told_about_is_not_signed() {
    let (storage, bank) = bank_of(5);
    drop(bank);
    // Without the head file nobody knows which of the batches were synced, and which only written.
    let folder = tempfile::tempdir().unwrap();
    let file = storage.open("journal/head").unwrap().unwrap();
    file.write_all_at(&[0; 1024], 0).unwrap();
    let outcome = export_to(&storage, None, &folder.path().join("unknown"));
    assert!(matches!(outcome, Err(ExportError::UnknownHead)), "{outcome:?}");
    assert!(export_to(&storage, Some(5), &folder.path().join("told")).is_ok(), "unless somebody says so");
    let none = FaultyStorage::default();
    assert!(matches!(export_to(&none, None, &folder.path().join("none")), Err(ExportError::NoJournal)));
}

#[test]
fn a_data_directory_that_may_only_be_read_is_exported_and_not_changed() {
    let (storage, bank) = bank_of(20);
    drop(bank);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for name in ["journal/00000000000000000000.seg", "journal/head"] {
        std::fs::create_dir_all(data.join("journal")).unwrap();
        std::fs::write(data.join(name), storage.read(name)).unwrap();
    }
    let before = files(&data);
    let read_only = DiskStorage::read_only(&data);
    export_to(&read_only, None, &folder.path().join("books")).unwrap();
    assert!(files(&data) == before);
    assert!(read_only.create("journal/places").is_err());
    assert!(read_only.remove("journal/head").is_err());
    assert!(read_only.publish("journal/head", "journal/tail").is_err());
}
