//! A static export against verifier keys: the signature, every record, every tile, and every file beside them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use crate::book::Balance;
use crate::checkpoint::Checkpoint;
use crate::export::layout::{self, HASH_LEN, TILE_WIDTH, TileName};
use crate::export::tiles::Tiles;
use crate::export::{Manifest, rendering, sum_line};
use crate::hash::Hash;
use crate::money::Currency;
use crate::record::{EncodedRecord, LEAF_LEN_MAX, LedgerTime};
use crate::signature::VerifyingKey;
use crate::tree::Frontier;
use crate::verify::finding::{Finding, Findings, Gravity, records};
use crate::verify::inclusion::signed_by_one_of;
use crate::verify::reading::Reading;
use crate::verify::rules::Rules;

/// The largest of the small files, in bytes: a checkpoint with the signatures of many witnesses, a list of keys.
const SMALL_FILE_LEN_MAX: u64 = 1 << 20;
/// The largest bundle, in bytes.
const BUNDLE_LEN_MAX: u64 = TILE_WIDTH * (2 + LEAF_LEN_MAX as u64);

/// What an export holds, and everything that is wrong with it.
#[derive(Clone, Debug)]
pub struct ExportVerdict {
    /// The tree head, if one of the keys signed it.
    pub checkpoint: Option<Checkpoint>,
    /// Time of the last record, if there is one.
    pub time: Option<LedgerTime>,
    /// Records that could be read.
    pub record_count: u64,
    /// Entries in them.
    pub entry_count: u64,
    /// Claimed keys in them.
    pub claim_count: u64,
    /// Balances by account code and currency, from the records that could be read.
    pub balances: BTreeMap<(String, Currency), Balance>,
    /// Everything that was found.
    pub findings: Findings,
}

/// Checks an export: that one of `keys` signed its checkpoint, that its records and tiles make up the tree that was
/// signed, that the records keep the rules, and that nothing else in the folder says otherwise. `older` is the
/// signed note of a checkpoint that the caller kept from before: the tree has to begin with that one.
///
/// It takes 32 bytes of memory for each key that was ever claimed, one line for each account, one bundle of 256
/// records at a time, and a fixed amount beyond that.
pub fn export_directory(folder: &Path, keys: &[VerifyingKey], older: Option<&str>) -> ExportVerdict {
    let mut check = Check {
        folder,
        findings: Findings::default(),
        rules: Rules::default(),
        frontier: Some(Frontier::default()),
        tiles: Tiles::default(),
        older: None,
        reading: Reading::begin(folder),
        record_count: 0,
    };
    let (note, signed) = check.checkpoint(keys);
    if let Some(older) = older {
        check.older_checkpoint(older, keys, note.as_ref());
    }
    if let Some(claimed) = &note {
        check.bundles(claimed.size);
        check.end_of_tree(claimed);
        check.manifest(claimed);
    }
    check.keys();
    check.sums();
    check.other_files("", note.as_ref().map(|claimed| claimed.size));
    let Check { mut findings, mut rules, record_count, .. } = check;
    rules.end(|what| findings.push(Finding::new(Gravity::Damage, "tile/entries", what)));
    ExportVerdict {
        checkpoint: if signed { note } else { None },
        time: rules.time,
        record_count,
        entry_count: rules.entry_count,
        claim_count: rules.claims.count(),
        balances: rules.trial_balance(),
        findings,
    }
}

struct Check<'a> {
    folder: &'a Path,
    findings: Findings,
    rules: Rules,
    /// The tree so far; nothing once a leaf is missing.
    frontier: Option<Frontier>,
    tiles: Tiles,
    older: Option<Checkpoint>,
    reading: Reading,
    record_count: u64,
}

/// What is wrong with a bundle: nothing of it can be used.
enum BundleError {
    Missing,
    Wrong(String),
}

impl Check<'_> {
    fn damage(&mut self, file: impl Into<String>, what: impl Into<String>) {
        self.findings.push(Finding::new(Gravity::Damage, file, what));
    }

    /// What the checkpoint says, and whether that is signed.
    fn checkpoint(&mut self, keys: &[VerifyingKey]) -> (Option<Checkpoint>, bool) {
        let note = match read_text(self.folder, layout::CHECKPOINT) {
            Ok(note) => note,
            Err(what) => {
                self.damage(layout::CHECKPOINT, what);
                return (None, false);
            }
        };
        if let Some(what) = wrong_form(&note) {
            self.damage(layout::CHECKPOINT, what);
        }
        match signed_by_one_of(&note, keys) {
            Ok(checkpoint) => (Some(checkpoint), true),
            Err(error) => {
                self.damage(layout::CHECKPOINT, error.to_string());
                // The rest is still held against what it says, so that the report shows what it amounts to.
                (Checkpoint::parse(&note).ok(), false)
            }
        }
    }

    fn older_checkpoint(&mut self, note: &str, keys: &[VerifyingKey], newer: Option<&Checkpoint>) {
        const OLDER: &str = "the older checkpoint";
        match signed_by_one_of(note, keys) {
            Ok(older) => {
                if let Some(newer) = newer {
                    if newer.origin != older.origin {
                        self.damage(
                            OLDER,
                            format!("it is of {}, the export of {}", older.origin, newer.origin),
                        );
                    }
                    if newer.size < older.size {
                        let what = format!("it has {} records, the export {} only", older.size, newer.size);
                        self.damage(OLDER, what);
                    }
                }
                self.older = Some(older);
                self.compare_older();
            }
            Err(error) => self.damage(OLDER, error.to_string()),
        }
    }

    /// Compares the tree so far with the older checkpoint, if it is of this size.
    fn compare_older(&mut self) {
        let Some((frontier, older)) = self.frontier.as_ref().zip(self.older.as_ref()) else { return };
        if frontier.leaf_count() == older.size && frontier.root() != older.root {
            let what = format!(
                "its {} records are not those that the export begins with: history was rewritten",
                older.size
            );
            let affected = format!("records before {}", older.size);
            self.findings
                .push(Finding::new(Gravity::Damage, "the older checkpoint", what).affecting(affected));
        }
    }

    fn bundles(&mut self, size: u64) {
        let mut missing_from = None;
        for index in 0..size.div_ceil(TILE_WIDTH) {
            let first = index * TILE_WIDTH;
            let width = (size - first).min(TILE_WIDTH);
            let name = TileName { level: None, index, width };
            match read_bundle(self.folder, name) {
                Ok(leaves) => {
                    self.end_of_gap(missing_from.take(), first);
                    self.bundle(name, first, &leaves);
                }
                Err(BundleError::Wrong(what)) => {
                    self.end_of_gap(missing_from.take(), first);
                    let finding = Finding::new(Gravity::Damage, name.path(), what);
                    self.findings.push(finding.affecting(records(first, first + width)));
                    self.lose_track();
                }
                // A checkpoint that was altered may speak of any number of records: what is missing up to the end is
                // not looked for one by one.
                Err(BundleError::Missing) if missing_from.is_some() => break,
                Err(BundleError::Missing) => {
                    missing_from = Some(first);
                    self.lose_track();
                }
            }
        }
        self.end_of_gap(missing_from, size);
    }

    fn end_of_gap(&mut self, missing_from: Option<u64>, end: u64) {
        if let Some(first) = missing_from {
            let width = (end - first).min(TILE_WIDTH);
            let name = TileName { level: None, index: first / TILE_WIDTH, width };
            let finding = Finding::new(Gravity::Damage, name.path(), "the bundle is missing");
            self.findings.push(finding.affecting(records(first, end)));
        }
    }

    fn bundle(&mut self, name: TileName, first: u64, leaves: &[Vec<u8>]) {
        for (sequence, leaf) in (first..).zip(leaves) {
            let leaf_hash = Hash::of_leaf(leaf);
            self.leaf(leaf_hash);
            let affected = records(sequence, sequence + 1);
            let findings = &mut self.findings;
            let mut broken = |what: String| {
                let finding = Finding::new(Gravity::Damage, name.path(), what);
                findings.push(finding.affecting(affected.as_str()));
            };
            match EncodedRecord::decode(leaf, &[]) {
                Ok(record) => {
                    if record.sequence != sequence {
                        broken(format!("record {} stands where {sequence} belongs", record.sequence));
                    }
                    self.record_count += 1;
                    self.rules.record(&record, broken);
                    self.reading.compare(sequence, &rendering::line(&record, &leaf_hash), &mut self.findings);
                }
                Err(error) => {
                    broken(error.to_string());
                    self.reading.is_in_step = false;
                }
            }
        }
    }

    fn leaf(&mut self, leaf_hash: Hash) {
        let Some(frontier) = &mut self.frontier else { return };
        frontier.append(leaf_hash, |_| {});
        let (folder, findings) = (self.folder, &mut self.findings);
        let Ok(()) = self.tiles.append(leaf_hash, &mut |name, bytes| {
            compare_tile(folder, name, &bytes, findings);
            Ok::<_, std::convert::Infallible>(())
        });
        self.compare_older();
    }

    fn lose_track(&mut self) {
        self.frontier = None;
        self.reading.is_in_step = false;
    }

    fn end_of_tree(&mut self, claimed: &Checkpoint) {
        let Some(frontier) = &self.frontier else {
            let what = "records are missing: whether the rest is what was signed cannot be told";
            self.damage(layout::CHECKPOINT, what);
            return;
        };
        let root = frontier.root();
        for (name, bytes) in self.tiles.partial() {
            compare_tile(self.folder, name, &bytes, &mut self.findings);
        }
        if root != claimed.root {
            let what = format!("its root is not that of the records, which is {root}");
            let finding = Finding::new(Gravity::Damage, layout::CHECKPOINT, what);
            self.findings.push(finding.affecting("one record at least"));
        }
        self.reading.end(&mut self.findings);
    }

    fn manifest(&mut self, claimed: &Checkpoint) {
        let text = match read_text(self.folder, layout::MANIFEST) {
            Ok(text) => text,
            Err(what) => return self.damage(layout::MANIFEST, what),
        };
        match Manifest::parse(&text) {
            Ok((manifest, journal)) => {
                if manifest != Manifest::of(claimed, self.rules.time, journal) {
                    self.damage(layout::MANIFEST, "it is not of what the checkpoint and the records say");
                }
            }
            Err(what) => self.damage(layout::MANIFEST, what),
        }
    }

    /// The keys that lie in the export are for convenience: nothing is verified with them. They have to be keys.
    fn keys(&mut self) {
        match read_text(self.folder, layout::KEYS) {
            Ok(text) => {
                for line in text.lines() {
                    if let Err(error) = VerifyingKey::parse(line) {
                        self.damage(layout::KEYS, error.to_string());
                    }
                }
            }
            Err(what) => self.damage(layout::KEYS, what),
        }
    }

    fn sums(&mut self) {
        let found = match read_text(self.folder, layout::SUMS) {
            Ok(text) => text,
            Err(what) => return self.damage(layout::SUMS, what),
        };
        let mut expected = String::new();
        for name in [layout::KEYS, layout::MANIFEST] {
            match read_text(self.folder, name) {
                Ok(text) => expected.push_str(&sum_line(&Hash::of(text.as_bytes()), name)),
                Err(_) => return,
            }
        }
        match self.reading.sum_of_all() {
            Ok(sum) => expected.push_str(&sum_line(&sum, layout::RECORDS)),
            Err(error) => return self.damage(layout::RECORDS, error.to_string()),
        }
        if found != expected {
            self.damage(layout::SUMS, "it does not have the hashes of the files that it names");
        }
    }

    /// Whatever else lies in the folder. `size` is that of the tree, if that is known.
    fn other_files(&mut self, below: &str, size: Option<u64>) {
        let known = [layout::CHECKPOINT, layout::KEYS, layout::MANIFEST, layout::RECORDS, layout::SUMS];
        let entries = match fs::read_dir(self.folder.join(below)) {
            Ok(entries) => entries,
            Err(error) => return self.damage(below, format!("it cannot be read: {error}")),
        };
        for entry in entries {
            let (name, is_folder) =
                match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?.is_dir()))) {
                    Ok(entry) => entry,
                    Err(error) => {
                        self.damage(below, format!("it cannot be read: {error}"));
                        continue;
                    }
                };
            let name = name.to_string_lossy();
            let path = if below.is_empty() { name.into_owned() } else { format!("{below}/{name}") };
            // Tiles nest as deep as their numbers are long; what is deeper is none.
            if is_folder && path.matches('/').count() < 10 {
                self.other_files(&path, size);
                continue;
            }
            let belongs = |tile: TileName| size.is_none_or(|size| tile.belongs_to(size));
            if !known.contains(&path.as_str()) && !TileName::parse(&path).is_some_and(belongs) {
                self.damage(path, "this file does not belong to the export");
            }
        }
    }
}

fn compare_tile(folder: &Path, name: TileName, expected: &[u8], findings: &mut Findings) {
    let what = match read_bounded(&folder.join(name.path()), TILE_WIDTH * HASH_LEN as u64) {
        Ok(found) if found == expected => return,
        Ok(_) => "the hashes are not those that follow from the records".to_owned(),
        Err(error) => format!("it cannot be read: {error}"),
    };
    findings.push(Finding::new(Gravity::Damage, name.path(), what));
}

/// The leaves of a bundle.
fn read_bundle(folder: &Path, name: TileName) -> Result<Vec<Vec<u8>>, BundleError> {
    let bytes =
        read_bounded(&folder.join(name.path()), BUNDLE_LEN_MAX).map_err(|error| match error.kind() {
            ErrorKind::NotFound => BundleError::Missing,
            _ => BundleError::Wrong(format!("it cannot be read: {error}")),
        })?;
    let wrong = |what: &str| BundleError::Wrong(what.to_owned());
    let mut rest = &bytes[..];
    let mut leaves = Vec::new();
    while let Some((len, after)) = rest.split_first_chunk() {
        let len = usize::from(u16::from_be_bytes(*len));
        let (leaf, after) =
            after.split_at_checked(len).ok_or_else(|| wrong("it ends in the middle of a record"))?;
        leaves.push(leaf.to_vec());
        rest = after;
    }
    if !rest.is_empty() {
        return Err(wrong("it ends in the middle of a length"));
    }
    if leaves.len() as u64 != name.width {
        return Err(BundleError::Wrong(format!("it has {} records, not {}", leaves.len(), name.width)));
    }
    Ok(leaves)
}

/// A signed note ends every line, and behind the empty line it has nothing but signatures.
fn wrong_form(note: &str) -> Option<&'static str> {
    let is_signature = |line: &str| {
        let parts = line.strip_prefix("\u{2014} ").and_then(|rest| rest.split_once(' '));
        parts.is_some_and(|(name, signature)| !name.is_empty() && is_base64(signature))
    };
    match note.split_once("\n\n") {
        None => Some("there is no empty line before the signatures"),
        Some((_, signatures)) if !signatures.ends_with('\n') => Some("its last line has no end"),
        Some((_, signatures)) if !signatures.split_terminator('\n').all(is_signature) => {
            Some("behind its text stands something that is no signature")
        }
        Some(_) => None,
    }
}

fn is_base64(text: &str) -> bool {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).is_ok()
}

fn read_text(folder: &Path, name: &str) -> Result<String, String> {
    let bytes = read_bounded(&folder.join(name), SMALL_FILE_LEN_MAX)
        .map_err(|error| format!("it cannot be read: {error}"))?;
    String::from_utf8(bytes).map_err(|_| "it is not text".to_owned())
}

/// A whole file, unless it is longer than it can rightly be.
fn read_bounded(path: &Path, len_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let len = File::open(path)?.take(len_max + 1).read_to_end(&mut bytes)?;
    if len as u64 > len_max {
        return Err(io::Error::new(ErrorKind::InvalidData, format!("it has more than {len_max} bytes")));
    }
    Ok(bytes)
}
