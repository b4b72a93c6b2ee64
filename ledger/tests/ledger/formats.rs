//! Every format that was ever written is still read, and `FORMAT.md` says what it is: its worked example is decoded
//! here, and the fixtures are journals that earlier versions left behind.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::journal::file::{FileJournal, OpenFrom, SEGMENT_LEN_MIN};
use ledger::journal::{Batch, Journal, StoredBatch};
use ledger::personal::{Month, PersonalField, Vault, open, seal};
use ledger::storage::faulty::FaultyStorage;
use ledger::storage::{DiskStorage, Storage};
use ledger::testing::Told;
use ledger::tree::{Frontier, HashStore};
use ledger::verify::data_directory;
use ledger::{
    ACCOUNT_CODE_LEN_MAX, AccountCode, Claim, Currency, Draft, EncodedRecord, Entry, Evidence, Fingerprint,
    Hash, LedgerTime, Money, Outcome, Phase, Posting, RawRecord, Record, ShortKey,
};

use crate::harness::{Bank, deposit};
use crate::snapshots::{fill, wait_for_snapshot};

const FORMAT: &str = include_str!("../../FORMAT.md");
const SEGMENT: &str = "journal/00000000000000000000.seg";
/// The root over the records of `fixtures/v1`.
const ROOT: &str = "b83316ed53101cbedc6765d3e24801c6d501231e3398ef55b0c9434959ba7ef6";
/// The root over the records of `fixtures/v1-snapshot`.
const SNAPSHOT_ROOT: &str = "623b857f0e12a2aeb9ace1686d760b0b41040d88ca72b1064eb08734914d02a0";
const WRITER: u64 = 0x1122_3344_5566_7788;
const TIME: LedgerTime = LedgerTime::from_micros(1_800_000_000_000_000);
const MONTH: Month = Month(2026 * 12 + 10);
const NO_RECORDS: OpenFrom = OpenFrom { sequence: 0, chain: Hash::ZERO };

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ledger/fixtures").join(name)
}

/// The files of a fixture on a disk in memory, with the zeros that segments end with and that are not kept.
fn disk_of(name: &str) -> FaultyStorage {
    let disk = FaultyStorage::default();
    for folder in ["journal", "tree", "snapshots", "runs"] {
        let Ok(entries) = std::fs::read_dir(fixture(name).join(folder)) else { continue };
        for entry in entries {
            let entry = entry.unwrap();
            let mut bytes = std::fs::read(entry.path()).unwrap();
            let name = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            if name.ends_with(".seg") {
                let len = u64::from_le_bytes(bytes[80..88].try_into().unwrap());
                bytes.resize(usize::try_from(len).unwrap(), 0);
            }
            write(&disk, &name, &bytes);
        }
    }
    disk
}

fn write(disk: &FaultyStorage, name: &str, bytes: &[u8]) {
    let file = disk.create(name).unwrap();
    file.write_all_at(bytes, 0).unwrap();
    file.sync().unwrap();
    disk.publish(name, name).unwrap();
}

/// Keeps what is on a disk as a fixture, segments without the zeros they end with.
fn keep(disk: &FaultyStorage, name: &str, files: &[String]) {
    for file in files {
        let mut bytes = disk.read(file);
        if file.ends_with(".seg") {
            let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
            bytes.truncate(end.next_multiple_of(8));
        }
        let path = fixture(name).join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

fn batches_of(disk: &FaultyStorage) -> Vec<StoredBatch> {
    let mut batches = Vec::new();
    ledger::journal::file::read_files(disk, 0, &mut |batch| {
        batches.push(batch.clone());
        true
    })
    .unwrap();
    batches
}

fn root_of(batches: &[StoredBatch]) -> Hash {
    let mut frontier = Frontier::default();
    for batch in batches {
        for (leaf, _) in batch.encoded_records() {
            frontier.append(Hash::of_leaf(leaf), |_| {});
        }
    }
    frontier.root()
}

fn money(minor: i64, currency: Currency) -> Money {
    Money::new(minor, currency)
}

fn account(code: &str) -> AccountCode {
    AccountCode::parse(code).unwrap()
}

/// Two lines of one amount, one to the debit and one to the credit.
fn entry(reason: &str, phase: Phase, amount: Money) -> Entry {
    let postings = vec![
        Posting::debit(account("1000.mpesa.222222"), amount),
        Posting::credit(account("2000.kws.park"), amount).with_memo("park-entry v3 LN 12/2020"),
    ];
    Entry::with_phase(reason, phase, postings).unwrap()
}

fn record(sequence: u64, draft: Draft<Vec<u8>>) -> RawRecord {
    Record { sequence, writer: WRITER, time: LedgerTime::from_micros(TIME.micros() + sequence as i64), draft }
}

/// One record with little in it, and three that use everything the format has.
fn records_of_every_kind(vault: &Vault) -> Vec<RawRecord> {
    let kes = |minor| money(minor, Currency::Kes);
    let mut small = Draft::of(br#"{"paid":1}"#.to_vec(), "mpesa", "cb-1");
    small.evidence = Evidence::CallbackOnly;
    small.claims = vec![Claim { key: "receipt mpesa 222222 TKL3A7Q9ZD credit".into(), detail: [7; 24] }];
    small.entries = vec![
        Entry::new(
            "payment",
            vec![
                Posting::debit(account("1000.mpesa.222222"), kes(105_000)),
                Posting::credit(account("2000.kws.park"), kes(105_000)),
            ],
        )
        .unwrap(),
    ];

    let mut personal = Draft::of(br#"{"billed":1}"#.to_vec(), "guest", "request-2");
    personal.fingerprint = Some(Fingerprint([5; 32]));
    let taken = vault.take().unwrap();
    let fields = [
        PersonalField { field: 1, value: b"254700000001".to_vec() },
        PersonalField { field: 2, value: b"ASHA MWIKALI".to_vec() },
    ];
    personal.sealed = Some(seal(taken.slot, &taken.key, &fields).unwrap());

    let mut promised = Draft::of(Vec::new(), "officer-1", "settlement-9");
    promised.evidence = Evidence::ConfirmedByQuery;
    promised.entries = vec![entry("settlement", Phase::Pending, kes(70_000))];

    let mut settled = Draft::of(vec![0xff, 0x00], "officer-2", "settlement-9");
    settled.evidence = Evidence::ConfirmedByStatement;
    settled.entries = vec![
        entry("settlement", Phase::Settles { pending: 2 }, kes(40_000)),
        entry("settlement", Phase::Releases { pending: 2 }, kes(30_000)),
        entry("correction", Phase::Final, money(1, Currency::Usd)).correcting(0),
    ];
    [small, personal, promised, settled].into_iter().zip(0..).map(|(draft, at)| record(at, draft)).collect()
}

/// Writes records as a journal: the first alone in its batch, the others together.
fn write_journal(disk: &FaultyStorage, records: &[RawRecord]) {
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let mut journal =
        FileJournal::open(storage, SEGMENT_LEN_MIN, NO_RECORDS, &[], [0xaa; 16], &mut |_, _| {}).unwrap();
    let hashes = HashStore::open(disk).unwrap();
    let (mut frontier, mut chain) = (Frontier::default(), Hash::ZERO);
    for (id, range) in [([0xb0; 16], 0..1), ([0xb1; 16], 1..records.len())] {
        let mut batch = Batch::new(id, WRITER, range.start as u64, chain);
        for record in &records[range] {
            batch.push(record, &record.draft.event).unwrap();
        }
        journal.append(batch.first_sequence(), &batch).unwrap();
        let (leaf_count, mut stored) = (frontier.leaf_count(), Vec::new());
        for leaf in batch.leaf_hashes() {
            frontier.append(*leaf, |hash| stored.push(hash));
        }
        hashes.write(leaf_count, &stored);
        chain = batch.chain();
    }
}

#[test]
#[ignore = "writes the fixtures anew: only when the format has a new version, and then in a new folder"]
fn write_the_fixtures() {
    let vaults = FaultyStorage::default();
    let vault = Vault::open(Arc::new(vaults.clone()), MONTH).unwrap();
    let disk = FaultyStorage::default();
    write_journal(&disk, &records_of_every_kind(&vault));
    drop(vault);
    let files = ["journal/00000000000000000000.seg", "journal/head", "journal/places", "tree/hashes"];
    keep(&disk, "v1", &files.map(str::to_owned));
    let slots = vaults.read("slots");
    std::fs::create_dir_all(fixture("v1/vault/months")).unwrap();
    std::fs::write(fixture("v1/vault/slots"), &slots[..80]).unwrap();
    std::fs::write(fixture("v1/vault/months/2026-11.key"), vaults.read("months/2026-11.key")).unwrap();
    println!("v1 {}", root_of(&batches_of(&disk)));

    let disk = FaultyStorage::default();
    let bank = Bank::open(&disk).unwrap();
    fill(&bank, 1, &disk);
    wait_for_snapshot(&disk);
    bank.booked(deposit("after", 100));
    println!("v1-snapshot {:?}, {} in all", bank.ledger.head(), bank.total(1));
    drop(bank);
    let newest = disk.list("journal").unwrap().into_iter().rfind(|name| name.ends_with(".seg")).unwrap();
    let mut files = vec![format!("journal/{newest}"), "journal/head".to_owned(), "journal/places".to_owned()];
    files.push("tree/hashes".to_owned());
    for folder in ["snapshots", "runs"] {
        files.extend(disk.list(folder).unwrap().iter().map(|name| format!("{folder}/{name}")));
    }
    keep(&disk, "v1-snapshot", &files);
}

#[test]
fn the_journal_of_version_1_opens_and_has_its_root() {
    let disk = disk_of("v1");
    let batches = batches_of(&disk);
    assert_eq!(root_of(&batches).to_string(), ROOT);
    let report = data_directory(&disk, &[]);
    let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(findings, ["journal/spare: the spare segment is missing; the writer makes a new one"]);
    assert_eq!(report.root.unwrap().to_string(), ROOT);
    assert_eq!((report.record_count, report.entry_count, report.claim_count), (4, 5, 1));

    let records: Vec<_> = batches.iter().flat_map(StoredBatch::records).map(Result::unwrap).collect();
    assert_eq!(records[0].draft.claims[0].key.as_ref(), "receipt mpesa 222222 TKL3A7Q9ZD credit");
    assert_eq!(records[1].draft.fingerprint, Some(Fingerprint([5; 32])));
    assert_eq!(records[2].draft.entries[0].phase(), Phase::Pending);
    assert_eq!(records[3].draft.entries[1].phase(), Phase::Releases { pending: 2 });
    assert_eq!(records[3].draft.entries[2].corrects(), Some(0));
    assert_eq!(records[3].draft.event, [0xff, 0x00]);
}

#[test]
fn what_version_1_wrote_is_what_this_version_writes_byte_by_byte() {
    let old = disk_of("v1");
    let records: Vec<_> = batches_of(&old)
        .iter()
        .flat_map(|batch| batch.records().map(Result::unwrap).collect::<Vec<_>>())
        .collect();
    let new = FaultyStorage::default();
    write_journal(&new, &records);
    for name in [SEGMENT, "journal/head", "journal/places", "tree/hashes"] {
        assert!(old.read(name) == new.read(name), "{name} differs");
    }
}

#[test]
fn the_vault_of_version_1_opens_what_its_journal_sealed() {
    let disk = disk_of("v1");
    let batches = batches_of(&disk);
    let sealed = batches[1].records().next().unwrap().unwrap().draft.sealed.unwrap();
    // Opening a vault makes slots ahead: on a copy, not in the repository.
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("months")).unwrap();
    for name in ["slots", "months/2026-11.key"] {
        std::fs::copy(fixture("v1/vault").join(name), folder.path().join(name)).unwrap();
    }
    let vault = Vault::open(Arc::new(DiskStorage::new(folder.path())), MONTH).unwrap();
    let key = vault.key(sealed.slot).unwrap().unwrap();
    let fields = open(&sealed, &key).unwrap();
    assert_eq!(fields[1], PersonalField { field: 2, value: b"ASHA MWIKALI".to_vec() });
    // FORMAT.md, "The sealed part": the commitment is over field number, salt and value.
    assert_eq!(sealed.commitments.len(), 2);
}

#[test]
fn the_snapshot_and_the_runs_of_version_1_open_without_the_segments_they_cover() {
    let disk = disk_of("v1-snapshot");
    let bank = Bank::open(&disk).unwrap();
    let head = bank.ledger.head();
    assert_eq!(head.root.to_string(), SNAPSHOT_ROOT);
    assert_eq!(
        bank.ledger.archived(&ShortKey::of("customer 1")).unwrap().unwrap()[..],
        bank.total(1).to_le_bytes()
    );
    for number in 0..head.size - 1 {
        let told = bank.pay(deposit(&format!("R{number}"), 1));
        assert!(matches!(told, Outcome::Done(Told::Known(sequence)) if sequence == number), "{told:?}");
    }
    assert!(matches!(bank.pay(deposit("after", 100)), Outcome::Done(Told::Known(_))));
}

/// The bytes of a block of the document: lines of `OFFSET: BYTES | MEANING` behind a fence with this name.
fn documented(name: &str) -> Vec<(usize, Vec<u8>)> {
    let fence = format!("```hex {name}\n");
    let block = FORMAT.split_once(&fence).unwrap_or_else(|| panic!("FORMAT.md has no block {name}")).1;
    let block = block.split_once("```").unwrap().0;
    let line = |line: &str| {
        let (offset, rest) = line.split_once(':').unwrap();
        let bytes = rest.split_once('|').map_or(rest, |(bytes, _)| bytes).replace(' ', "");
        (usize::from_str_radix(offset, 16).unwrap(), hex::decode(bytes).unwrap())
    };
    block.lines().map(line).collect()
}

#[test]
fn the_worked_example_of_the_document_is_a_journal_that_opens() {
    let mut segment = vec![0; usize::try_from(SEGMENT_LEN_MIN).unwrap()];
    let mut end = 0;
    for (offset, bytes) in documented("segment").into_iter().chain(documented("batch")) {
        assert!(offset >= end, "lines of the example overlap at {offset:#x}");
        segment[offset..offset + bytes.len()].copy_from_slice(&bytes);
        end = offset + bytes.len();
    }
    let fixture = disk_of("v1").read(SEGMENT);
    assert!(segment[..end] == fixture[..end], "the example is the beginning of fixtures/v1");

    let disk = FaultyStorage::default();
    write(&disk, SEGMENT, &segment);
    let batches = batches_of(&disk);
    assert_eq!(batches.len(), 1);
    let record = batches[0].records().next().unwrap().unwrap();
    assert_eq!((record.sequence, record.writer, record.time), (0, WRITER, TIME));
    let draft = &record.draft;
    assert_eq!((draft.principal.as_ref(), draft.cause.as_ref()), ("mpesa", "cb-1"));
    assert_eq!(draft.evidence, Evidence::CallbackOnly);
    assert_eq!(draft.claims[0].key.as_ref(), "receipt mpesa 222222 TKL3A7Q9ZD credit");
    let posting = &draft.entries[0].postings()[0];
    assert_eq!(
        (posting.account.as_str(), posting.money),
        ("1000.mpesa.222222", money(105_000, Currency::Kes))
    );
    assert_eq!(draft.event, br#"{"paid":1}"#);

    let (leaf, sealed) = batches[0].encoded_records().next().unwrap();
    assert!(sealed.is_empty());
    assert_eq!(EncodedRecord::decode(leaf, &[]).unwrap(), record);
    for hash in [Hash::of_leaf(leaf), batches[0].follow(0, &Hash::ZERO).unwrap().chain] {
        assert!(FORMAT.contains(&hash.to_string()), "FORMAT.md does not name {hash}");
    }
}

#[test]
fn the_document_names_the_limits_that_hold() {
    for limit in [ACCOUNT_CODE_LEN_MAX as u64, SEGMENT_LEN_MIN, 65_535, 255] {
        let digits = limit.to_string();
        let grouped: Vec<_> =
            digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).unwrap()).collect();
        assert!(FORMAT.contains(&grouped.join(",")), "FORMAT.md does not name {limit}");
    }
}
