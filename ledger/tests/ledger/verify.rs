//! Whatever is done to books, checking them finds it, and no bytes make the check panic.

use std::path::Path;
use std::sync::Arc;

use ledger::journal::file::{FileJournal, OpenFrom};
use ledger::journal::{Batch, Journal, KnownHead};
use ledger::storage::Storage;
use ledger::storage::faulty::FaultyStorage;
use ledger::testing::PADDED_FROM_CENTS;
use ledger::verify::{
    DataReport, Gravity, InclusionError, KEPT_PER_GRAVITY_MAX, data_directory, export_directory, inclusion,
};
use ledger::{
    AccountCode, Checkpoint, Claim, Currency, Draft, Entry, Hash, LedgerTime, Money, Phase, Posting, Record,
};
use proptest::prelude::*;

use crate::export::{bank_of, export_to, files, key};
use crate::harness::{Bank, SEGMENT_LEN, deposit};
use crate::snapshots::wait_for_snapshot;

const FIRST_SEGMENT: &str = "journal/00000000000000000000.seg";
const FOLDERS: [&str; 4] = ["journal", "tree", "snapshots", "runs"];

/// How many alterations are tried; more by `LEDGER_ALTERATIONS`, from another seed by `LEDGER_SEED`.
fn alteration_count(by_default: u64) -> u64 {
    number_from("LEDGER_ALTERATIONS").unwrap_or(by_default)
}

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}

fn texts(report: &DataReport) -> Vec<String> {
    report.findings.iter().map(ToString::to_string).collect()
}

/// A data directory with three segments, two snapshots, and runs.
fn full_directory() -> FaultyStorage {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    // One snapshot at a time, so that there are two in the end.
    let segment_count = || segment_names(&storage).len();
    let mut number = 0;
    for wanted in 1..=3 {
        while segment_count() < wanted {
            bank.booked(deposit(&format!("large {number}"), PADDED_FROM_CENTS + 60_000));
            number += 1;
        }
        if wanted > 1 {
            wait_for_snapshot(&storage);
        }
    }
    for number in 0..20 {
        bank.booked(deposit(&format!("small {number}"), 100 + number));
    }
    drop(bank);
    storage
}

fn read_all(storage: &FaultyStorage) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for folder in FOLDERS {
        for name in storage.list(folder).unwrap() {
            let name = format!("{folder}/{name}");
            let bytes = storage.read(&name);
            all.push((name, bytes));
        }
    }
    all
}

fn put(storage: &FaultyStorage, name: &str, bytes: &[u8]) {
    storage.create(name).unwrap().write_all_at(bytes, 0).unwrap();
}

#[test]
fn a_whole_directory_has_no_findings_and_the_report_says_what_it_holds() {
    let storage = full_directory();
    let report = data_directory(&storage, &[]);
    assert_eq!(texts(&report), [""; 0]);
    assert_eq!((report.segment_count, report.snapshot_count), (3, 2));
    assert_eq!(report.record_count, report.size);
    assert_eq!(report.claim_count, report.size);
    let bank = Bank::open(&storage).unwrap();
    assert_eq!(report.root, Some(bank.ledger.head().root));
    assert_eq!(report.time, Some(bank.ledger.head().time));
    let till = report.balances[&("1000.till".to_owned(), Currency::Kes)];
    assert_eq!(till.net_debit(), i128::from(bank.total(1)));
}

#[test]
fn beside_a_writer_nothing_worse_than_harmless_is_found() {
    let (storage, bank) = bank_of(50);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for number in 0..400 {
                bank.booked(deposit(&format!("live {number}"), PADDED_FROM_CENTS + 9_000));
            }
        });
        let mut looks = 0;
        while !writing.is_finished() || looks < 3 {
            let report = data_directory(&storage, &[]);
            let worst = report.findings.iter().map(|finding| finding.gravity).max();
            assert!(worst <= Some(Gravity::Harmless), "{:?}", texts(&report));
            assert!(report.size >= 50);
            looks += 1;
        }
    });
}

#[test]
fn all_problems_are_found_in_one_go() {
    let storage = full_directory();
    let batches: Vec<u64> = batch_offsets(&storage.read(FIRST_SEGMENT));
    storage.flip_byte(FIRST_SEGMENT, usize::try_from(batches[3]).unwrap() + 100);
    storage.flip_byte(FIRST_SEGMENT, usize::try_from(batches[7]).unwrap() + 100);
    for (name, offset) in [("tree/hashes", 5), ("journal/places", 8 * 12)] {
        let mut bytes = storage.read(name);
        bytes[offset] ^= 1;
        put(&storage, name, &bytes);
    }
    let report = data_directory(&storage, &[]);
    let texts = texts(&report);
    let found = |part: &str| texts.iter().any(|text| text.contains(part));
    assert!(found(&format!("at byte {}: the batch is torn", batches[3])), "{texts:#?}");
    assert!(found(&format!("at byte {}: the batch is torn", batches[7])), "{texts:#?}");
    assert!(found("affected: record 3"), "{texts:#?}");
    assert!(found("affected: record 7"), "{texts:#?}");
    assert!(found("tree/hashes at byte 0: the hash is not"), "{texts:#?}");
    assert!(found("journal/places at byte 96"), "{texts:#?}");
    assert_eq!(report.record_count, report.size - 2, "everything else was read");
    assert_eq!(report.root, None, "there is no root over records that are missing");
}

#[test]
fn a_torn_tail_is_no_damage_and_a_tail_that_somebody_knew_is() {
    let (storage, bank) = bank_of(10);
    drop(bank);
    let bytes = storage.read(FIRST_SEGMENT);
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1;
    let file = storage.open(FIRST_SEGMENT).unwrap().unwrap();
    file.write_all_at(b"MPB1 torn, torn, torn", end.next_multiple_of(8)).unwrap();
    let report = data_directory(&storage, &[]);
    assert!(report.findings.is_sound());
    assert!(texts(&report)[0].contains("unfinished batch"), "{:?}", texts(&report));

    let witness = KnownHead { who: "the Auditor-General's witness".to_owned(), next_sequence: 12 };
    let report = data_directory(&storage, &[witness]);
    assert!(!report.findings.is_sound());
    assert!(
        texts(&report).iter().any(|text| text.starts_with("the Auditor-General's witness")
            && text.ends_with("affected: records 10 to 11")),
        "{:?}",
        texts(&report)
    );
}

#[test]
fn a_history_rolled_back_together_with_its_head_file_is_given_away_by_the_hashes() {
    let (storage, bank) = bank_of(10);
    let before = read_all(&storage);
    bank.booked(deposit("undone", 100));
    drop(bank);
    for (name, bytes) in before.iter().filter(|(name, _)| name.ends_with(".seg") || name.ends_with("head")) {
        put(&storage, name, bytes);
    }
    let report = data_directory(&storage, &[]);
    assert!(
        texts(&report).iter().any(|text| text.contains("goes on where the journal ends")),
        "{:?}",
        texts(&report)
    );
    assert!(!report.findings.is_sound());
}

/// A journal of these drafts, each with its time, as no sequencer would have written them.
fn journal_of(drafts: impl IntoIterator<Item = (i64, Draft<()>)>) -> FaultyStorage {
    let storage = FaultyStorage::default();
    let from = OpenFrom { sequence: 0, chain: Hash::ZERO };
    let shared = Arc::new(storage.clone());
    let mut journal = FileJournal::open(shared, SEGMENT_LEN, from, &[], [1; 16], &mut |_, _| {}).unwrap();
    let mut batch = Batch::new([2; 16], 3, 0, Hash::ZERO);
    for (micros, draft) in drafts {
        let time = LedgerTime::from_micros(micros);
        batch.push(&Record { sequence: batch.next_sequence(), writer: 3, time, draft }, b"{}").unwrap();
    }
    journal.append(0, &batch).unwrap();
    storage
}

#[test]
fn records_that_break_the_rules_are_named_in_a_directory_and_in_an_export() {
    let entry = |phase| {
        let money = Money::new(100, Currency::Kes);
        let account = |code| AccountCode::parse(code).unwrap();
        let postings = vec![
            Posting::debit(account("1000.till"), money),
            Posting::credit(account("2000.customers"), money),
        ];
        Entry::with_phase("test", phase, postings).unwrap()
    };
    let draft = |keys: &[&str], entries: Vec<Entry>| {
        let mut draft = Draft::of((), "tester", "cause");
        draft.claims = keys.iter().map(|key| Claim { key: (*key).into(), detail: [0; 24] }).collect();
        draft.entries = entries;
        draft
    };
    let storage = journal_of([
        (10, draft(&["receipt A"], vec![entry(Phase::Pending)])),
        (9, draft(&["receipt B"], vec![entry(Phase::Settles { pending: 0 })])),
        (10, draft(&["receipt A"], vec![entry(Phase::Releases { pending: 0 })])),
        (10, draft(&["receipt C", "receipt C"], vec![entry(Phase::Final).correcting(3)])),
    ]);
    let rules = [
        "its time, 9 microseconds, is before that of the record before it, 10; affected: record 1",
        "an entry of it names record 3, which does not come before it; affected: record 3",
        "records 0 and 2 claim the same key",
        "records 3 and 3 claim the same key",
        "more was settled or released on 1000.till in KES than was promised",
        "more was settled or released on 2000.customers in KES than was promised",
    ];
    let report = data_directory(&storage, &[]);
    let in_directory = texts(&report);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("books");
    export_to(&storage, None, &out).unwrap();
    let verdict = export_directory(&out, &[key().verifying_key()], None);
    let in_export: Vec<_> = verdict.findings.iter().map(ToString::to_string).collect();
    for rule in rules {
        assert!(in_directory.iter().any(|text| text.ends_with(rule)), "{rule}: {in_directory:#?}");
        assert!(in_export.iter().any(|text| text.ends_with(rule)), "{rule}: {in_export:#?}");
    }
    assert_eq!(verdict.findings.count(Gravity::Damage), rules.len() as u64, "{in_export:#?}");
}

#[test]
fn a_report_of_very_many_findings_keeps_the_first_and_counts_the_rest() {
    let times = (0..1500).rev().map(|micros| (micros, Draft::of((), "tester", "cause")));
    let report = data_directory(&journal_of(times), &[]);
    assert_eq!(report.findings.count(Gravity::Damage), 1499);
    let kept = report.findings.iter().filter(|finding| finding.gravity == Gravity::Damage).count();
    assert_eq!(kept, KEPT_PER_GRAVITY_MAX);
}

#[test]
fn an_empty_folder_is_not_a_sound_journal() {
    let report = data_directory(&FaultyStorage::default(), &[]);
    assert_eq!(texts(&report), ["journal/head: there is no journal here"]);
    assert!(!report.findings.is_sound());
}

/// Where the batches of a segment begin.
fn batch_offsets(segment: &[u8]) -> Vec<u64> {
    let at = |offset: &usize| segment[*offset..].starts_with(b"MPB1");
    (4096..segment.len()).step_by(8).filter(at).map(|offset| offset as u64).collect()
}

/// SplitMix64, as the disk that fails has it.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }
}

/// What one alteration makes of some files: new content, or none for a file that is deleted.
struct Alteration {
    what: String,
    changes: Vec<(String, Option<Vec<u8>>)>,
}

/// One edit, deletion, swap or truncation; nothing if it would leave everything as it was.
fn alteration(all: &[(String, Vec<u8>)], chance: &mut Chance) -> Option<Alteration> {
    let (name, bytes) = &all[chance.below(all.len())];
    // Most of a segment is padding of the test and zeros: prefer where there is something.
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let at = |chance: &mut Chance| match chance.below(8) {
        0 => chance.below(bytes.len()),
        1 => chance.below(used.min(4096)),
        _ => chance.below(used),
    };
    let mut altered = bytes.clone();
    let mut what = format!("{name}: ");
    match chance.below(7) {
        0 => {
            what += "deleted";
            return Some(Alteration { what, changes: vec![(name.clone(), None)] });
        }
        1 => {
            let len = at(chance);
            what += &format!("truncated to {len}");
            altered.truncate(len);
        }
        2 => {
            let (from, to, len) = (at(chance), at(chance), 1 + chance.below(200));
            let len = len.min(bytes.len() - from.max(to)).min(from.abs_diff(to));
            what += &format!("{len} bytes at {from} and at {to} swapped");
            altered[from..from + len].copy_from_slice(&bytes[to..to + len]);
            altered[to..to + len].copy_from_slice(&bytes[from..from + len]);
        }
        3 => {
            let (other, content) = &all[chance.below(all.len())];
            what += &format!("swapped with {other}");
            let changes = vec![(name.clone(), Some(content.clone())), (other.clone(), Some(bytes.clone()))];
            return (content != bytes).then_some(Alteration { what, changes });
        }
        4 => {
            let (from, len) = (at(chance), 1 + chance.below(600));
            what += &format!("{len} bytes at {from} cut out");
            altered.drain(from.min(bytes.len())..(from + len).min(bytes.len()));
        }
        _ if bytes.is_empty() => return None,
        _ => {
            let (offset, bit) = (at(chance).min(bytes.len() - 1), chance.below(8));
            what += &format!("bit {bit} of byte {offset} flipped");
            altered[offset] ^= 1 << bit;
        }
    }
    (altered != *bytes).then(|| Alteration { what, changes: vec![(name.clone(), Some(altered))] })
}

#[test]
fn every_alteration_of_a_data_directory_is_found() {
    let storage = full_directory();
    let all = read_all(&storage);
    let seed = number_from("LEDGER_SEED").unwrap_or(1);
    let mut chance = Chance(seed);
    let mut count = 0;
    while count < alteration_count(60) {
        let Some(alteration) = alteration(&all, &mut chance) else { continue };
        count += 1;
        for (name, bytes) in &alteration.changes {
            match bytes {
                Some(bytes) => put(&storage, name, bytes),
                None => storage.remove(name).unwrap(),
            }
        }
        let report = data_directory(&storage, &[]);
        assert!(!report.findings.is_empty(), "seed {seed}, number {count}: {}", alteration.what);
        for (name, _) in &alteration.changes {
            let (_, bytes) = all.iter().find(|(found, _)| found == name).unwrap();
            put(&storage, name, bytes);
        }
    }
    assert_eq!(texts(&data_directory(&storage, &[])), [""; 0], "everything was put back");
}

#[test]
fn every_alteration_of_an_export_is_found() {
    let (storage, bank) = bank_of(600);
    drop(bank);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("books");
    export_to(&storage, None, &out).unwrap();
    let keys = [key().verifying_key()];
    let all: Vec<_> = files(&out).into_iter().collect();
    let seed = number_from("LEDGER_SEED").unwrap_or(1);
    let mut chance = Chance(seed);
    let mut count = 0;
    while count < alteration_count(150) {
        let Some(alteration) = alteration(&all, &mut chance) else { continue };
        count += 1;
        for (name, bytes) in &alteration.changes {
            match bytes {
                Some(bytes) => std::fs::write(out.join(name), bytes).unwrap(),
                None => std::fs::remove_file(out.join(name)).unwrap(),
            }
        }
        let verdict = export_directory(&out, &keys, None);
        assert!(!verdict.findings.is_sound(), "seed {seed}, number {count}: {}", alteration.what);
        for (name, _) in &alteration.changes {
            let (_, bytes) = all.iter().find(|(found, _)| found == name).unwrap();
            std::fs::write(out.join(name), bytes).unwrap();
        }
    }
    assert!(export_directory(&out, &keys, None).findings.is_empty(), "everything was put back");
    std::fs::write(out.join("tile/entries/009"), "").unwrap();
    assert!(!export_directory(&out, &keys, None).findings.is_sound(), "a file too many");
}

#[test]
fn an_export_signed_by_somebody_else_is_not_believed() {
    let (storage, bank) = bank_of(3);
    drop(bank);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("books");
    export_to(&storage, None, &out).unwrap();
    let (stranger, _) = ledger::SigningKey::generate("books.example/ledger").unwrap();
    let verdict = export_directory(&out, &[stranger.verifying_key()], None);
    assert_eq!(verdict.checkpoint, None);
    assert!(!verdict.findings.is_sound());
    assert!(!export_directory(&out, &[], None).findings.is_sound(), "no key, no belief");
    assert!(!export_directory(Path::new("/nowhere"), &[key().verifying_key()], None).findings.is_sound());
}

#[test]
fn one_leaf_is_proved_against_a_checkpoint_and_no_other_is() {
    let (storage, bank) = bank_of(100);
    let head = bank.ledger.head();
    let checkpoint =
        Checkpoint { origin: "books.example/ledger".to_owned(), size: head.size, root: head.root };
    let (note, keys) = (checkpoint.sign(&key()), [key().verifying_key()]);
    let leaf = bank.ledger.leaf(42).unwrap().unwrap();
    let proof = bank.ledger.hashes().inclusion_proof(42, head.size).unwrap();
    let proved = inclusion(&leaf, 42, &proof, &note, &keys).unwrap();
    assert_eq!((proved.record.sequence, proved.checkpoint), (42, checkpoint));

    for at in 0..leaf.len() {
        let mut altered = leaf.clone();
        altered[at] ^= 1;
        assert!(inclusion(&altered, 42, &proof, &note, &keys).is_err(), "byte {at}");
    }
    let other = inclusion(&leaf, 41, &proof, &note, &keys);
    assert_eq!(other, Err(InclusionError::OtherRecord { found: 42, asked: 41 }));
    assert!(matches!(inclusion(&leaf, 42, &proof[1..], &note, &keys), Err(InclusionError::Proof(_))));
    assert_eq!(inclusion(&leaf, 42, &proof, &note, &[]), Err(InclusionError::NoKey));
    let unsigned = note.replace("\n100\n", "\n101\n");
    assert!(matches!(inclusion(&leaf, 42, &proof, &unsigned, &keys), Err(InclusionError::Checkpoint(_))));
    drop(storage);
}

/// A directory whose batches were altered and given a checksum that fits: what only a forger does. True if anything
/// but ids was altered: the id of a batch is the one thing in it that nothing else depends on.
fn forged(changes: &[(usize, usize, u8)]) -> (FaultyStorage, bool) {
    let (storage, bank) = bank_of(0);
    for number in 0..12 {
        bank.booked(deposit(&format!("R{number}"), 100));
    }
    drop(bank);
    let mut bytes = storage.read(FIRST_SEGMENT);
    let offsets = batch_offsets(&bytes);
    let mut is_altered = false;
    for (batch, at, change) in changes {
        let start = usize::try_from(offsets[batch % offsets.len()]).unwrap();
        let len = u32::from_le_bytes(bytes[start + 8..start + 12].try_into().unwrap()) as usize;
        let len = if len < 16 || start + len > bytes.len() { continue } else { len };
        let at = 8 + at % (len - 8);
        is_altered |= !(32..48).contains(&at);
        bytes[start + at] ^= change;
        let checksum = crc32c::crc32c(&bytes[start + 8..start + len]);
        bytes[start + 4..start + 8].copy_from_slice(&checksum.to_le_bytes());
    }
    put(&storage, FIRST_SEGMENT, &bytes);
    (storage, is_altered)
}

/// What is found after one file was changed like this.
fn found_after(storage: &FaultyStorage, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let honest = storage.read(name);
    let mut bytes = honest.clone();
    change(&mut bytes);
    put(storage, name, &bytes);
    let found = texts(&data_directory(storage, &[])).join("\n");
    put(storage, name, &honest);
    found
}

/// Writes a checksum that fits over the one that stands at `at`.
fn fit_checksum(bytes: &mut [u8], at: usize, covered: std::ops::Range<usize>) {
    let checksum = crc32c::crc32c(&bytes[covered]);
    bytes[at..at + 4].copy_from_slice(&checksum.to_le_bytes());
}

#[test]
fn each_lie_that_fits_its_checksum_is_named() {
    let storage = full_directory();
    let found = found_after(&storage, FIRST_SEGMENT, |bytes| {
        // Padding is not part of the chain: only its own rule speaks of it.
        let len_of = |bytes: &[u8], frame: usize| {
            u32::from_le_bytes(bytes[frame + 8..frame + 12].try_into().unwrap()) as usize
        };
        let mut frames = batch_offsets(bytes).into_iter().map(|offset| usize::try_from(offset).unwrap());
        let frame = frames.find(|frame| bytes[frame + len_of(bytes, *frame) - 1] == 0).unwrap();
        let len = len_of(bytes, frame);
        bytes[frame + len - 1] = 1;
        fit_checksum(bytes, frame + 4, frame + 8..frame + len);
    });
    assert!(found.contains("between the batch's last record and its end"), "{found}");

    let found = found_after(&storage, "journal/head", |bytes| {
        for slot in [0, 512] {
            bytes[slot + 40] ^= 1;
            fit_checksum(bytes, slot + 4, slot + 8..slot + 72);
        }
    });
    assert!(found.contains("journal/head: it remembers another history"), "{found}");

    let found = found_after(&storage, "journal/head", |bytes| bytes[512..].fill(0));
    assert!(found.contains("journal/head at byte 512: the slot is empty"), "{found}");

    let newest = format!("journal/{}", segment_names(&storage).last().unwrap());
    let found = found_after(&storage, &newest, |bytes| bytes.truncate(bytes.len() - 8));
    assert!(found.contains("its header says 2097152"), "{found}");

    let snapshot = format!("snapshots/{}", storage.list("snapshots").unwrap().last().unwrap());
    let found = found_after(&storage, &snapshot, |bytes| {
        let field = b"\"debit\":\"";
        let at = bytes.windows(field.len()).position(|window| window == field).unwrap() + field.len();
        bytes[at] = if bytes[at] == b'9' { b'8' } else { bytes[at] + 1 };
        let end = bytes.len();
        fit_checksum(bytes, 12, 16..end);
    });
    assert!(found.contains("its balance of 1000.till in KES is not that"), "{found}");

    let bytes = storage.read(&newest);
    let renamed = newest.replace(".seg", "").split('/').next_back().unwrap().parse::<u64>().unwrap() + 1;
    storage.remove(&newest).unwrap();
    put(&storage, &format!("journal/{renamed:020}.seg"), &bytes);
    let found = texts(&data_directory(&storage, &[])).join("\n");
    assert!(
        found.contains(&format!("its header says that it begins with record {}", renamed - 1)),
        "{found}"
    );
}

fn segment_names(storage: &FaultyStorage) -> Vec<String> {
    storage.list("journal").unwrap().into_iter().filter(|name| name.ends_with(".seg")).collect()
}

#[test]
fn an_export_that_is_signed_and_says_other_things_than_its_records_is_found() {
    let (storage, bank) = bank_of(5);
    drop(bank);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("books");
    export_to(&storage, None, &out).unwrap();
    let keys = [key().verifying_key()];
    let found = || {
        let verdict = export_directory(&out, &keys, None);
        verdict.findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };

    let honest = std::fs::read_to_string(out.join("records.ndjson")).unwrap();
    let sums = std::fs::read_to_string(out.join("SHA256SUMS")).unwrap();
    let altered = honest.replacen("\"1.00\"", "\"9.00\"", 1);
    let sum_of = |text: &str| Hash::of(text.as_bytes()).to_string();
    std::fs::write(out.join("records.ndjson"), &altered).unwrap();
    std::fs::write(out.join("SHA256SUMS"), sums.replace(&sum_of(&honest), &sum_of(&altered))).unwrap();
    assert_eq!(found(), "records.ndjson: the line is not what the record says; affected: record 0");
    std::fs::write(out.join("records.ndjson"), &honest).unwrap();
    std::fs::write(out.join("SHA256SUMS"), &sums).unwrap();
    assert_eq!(found(), "");

    let checkpoint =
        Checkpoint { origin: "books.example/ledger".to_owned(), size: 5, root: Hash::of(b"other") };
    std::fs::write(out.join("checkpoint"), checkpoint.sign(&key())).unwrap();
    assert!(found().contains("checkpoint: its root is not that of the records"), "{}", found());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_forged_batch_is_found_and_nothing_panics(
        changes in prop::collection::vec((0_usize..12, 0_usize..400, 1_u8..), 1..4)
    ) {
        let (storage, is_altered) = forged(&changes);
        let report = data_directory(&storage, &[]);
        prop_assert!(!is_altered || !report.findings.is_empty(), "{:?}", texts(&report));
    }

    #[test]
    fn no_bytes_make_any_check_panic(
        name in prop::sample::select(vec![
            "journal/00000000000000000000.seg", "journal/00000000000000000009.seg", "journal/head", "journal/places",
            "journal/spare", "tree/hashes", "snapshots/00000000000000000009.snap",
            "runs/claims-00000000000000000000-00000000000000000009.run",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..9000),
    ) {
        let (storage, _) = forged(&[]);
        put(&storage, name, &bytes);
        prop_assert!(!data_directory(&storage, &[]).findings.is_empty());
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("checkpoint"), &bytes).unwrap();
        prop_assert!(!export_directory(folder.path(), &[key().verifying_key()], None).findings.is_sound());
    }
}
