//! What the writer notes beside the journal for readers: where each record stands, and the hashes of the tree. Both
//! follow from the journal, and both remember how far it had come.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::hash::Hash;
use crate::journal::places;
use crate::storage::{Storage, StorageFile};
use crate::tree::store::{HASH_LEN, NAME as HASHES};
use crate::tree::{Frontier, stored_count, stored_index};
use crate::verify::finding::{Finding, Findings, Gravity, records};

/// A writer beside notes what a batch implies right after the batch: so many looks, so far apart, are enough.
const LOOK_COUNT: u32 = 20;
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A file of values of one length, in order.
struct Noted {
    name: &'static str,
    file: Option<Arc<dyn StorageFile>>,
    /// Its length before the walk began.
    byte_count: u64,
    is_missing_reported: bool,
}

impl Noted {
    fn open(storage: &dyn Storage, name: &'static str, findings: &mut Findings) -> Self {
        let opened = storage.open(name).and_then(|file| match file {
            Some(file) => file.byte_count().map(|byte_count| Some((file, byte_count))),
            None => Ok(None),
        });
        let mut noted = Self { name, file: None, byte_count: 0, is_missing_reported: false };
        match opened {
            Ok(Some((file, byte_count))) => {
                noted.file = Some(file);
                noted.byte_count = byte_count;
            }
            Ok(None) => {}
            Err(error) => {
                let what = format!("it cannot be read: {error}");
                findings.push(Finding::new(Gravity::Derived, name, what));
                noted.is_missing_reported = true;
            }
        }
        noted
    }

    /// Fills `buffer` from `offset`; says only once that the file does not go so far.
    fn read(&mut self, buffer: &mut [u8], offset: u64, affected: &str, findings: &mut Findings) -> bool {
        let look_count = if self.is_missing_reported { 1 } else { LOOK_COUNT };
        for look in 0..look_count {
            if look > 0 {
                std::thread::sleep(LOOK_EVERY);
            }
            let outcome = match &self.file {
                Some(file) => file.read_exact_at(buffer, offset),
                None => Err(io::ErrorKind::NotFound.into()),
            };
            match outcome {
                Ok(()) => return true,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
                Err(error) => {
                    self.report_missing(offset, &error.to_string(), affected, findings);
                    return false;
                }
            }
        }
        self.report_missing(offset, "it ends early", affected, findings);
        false
    }

    fn report_missing(&mut self, offset: u64, what: &str, affected: &str, findings: &mut Findings) {
        if !std::mem::replace(&mut self.is_missing_reported, true) {
            findings.push(Finding::new(Gravity::Derived, self.name, what).at(offset).affecting(affected));
        }
    }

    /// That it is longer than the journal implies: then the journal has lost something.
    fn check_length(&self, expected: u64, next_sequence: u64, findings: &mut Findings) {
        if self.byte_count > expected {
            let what = format!("it goes on where the journal ends, after {next_sequence} records");
            let finding = Finding::new(Gravity::Damage, self.name, what).at(expected);
            findings.push(finding.affecting(format!("every record from {next_sequence} on")));
        }
    }
}

/// The hashes of the tree.
pub(crate) struct StoredHashes {
    noted: Noted,
}

impl StoredHashes {
    pub(crate) fn open(storage: &dyn Storage, findings: &mut Findings) -> Self {
        Self { noted: Noted::open(storage, HASHES, findings) }
    }

    /// Adds the leaves of a batch to the tree and compares what is stored with what follows. Without a tree, because
    /// records are missing, only the leaves are compared.
    pub(crate) fn compare(
        &mut self,
        first_sequence: u64,
        leaves: &[Hash],
        frontier: Option<&mut Frontier>,
        findings: &mut Findings,
    ) {
        match frontier {
            Some(frontier) => {
                let mut expected = Vec::with_capacity(leaves.len() * 2);
                for leaf in leaves {
                    frontier.append(*leaf, |hash| expected.push(hash));
                }
                self.compare_at(stored_count(first_sequence), &expected, first_sequence, findings);
            }
            None => {
                for (sequence, leaf) in (first_sequence..).zip(leaves) {
                    self.compare_at(stored_index(0, sequence), &[*leaf], sequence, findings);
                }
            }
        }
    }

    fn compare_at(&mut self, first_index: u64, expected: &[Hash], sequence: u64, findings: &mut Findings) {
        let mut bytes = vec![0; expected.len() * HASH_LEN as usize];
        let affected = format!("proofs of record {sequence} and of later ones");
        let from = first_index * HASH_LEN;
        if !self.noted.read(&mut bytes, from, &affected, findings) {
            return;
        }
        let stored = bytes.chunks_exact(HASH_LEN as usize);
        let differing = stored.zip(expected).position(|(stored, expected)| *stored != expected.0);
        if let Some(position) = differing {
            let what = "the hash is not the one that follows from the records; remove the file while the writer is \
                        stopped, it is written again";
            let finding = Finding::new(Gravity::Derived, HASHES, what);
            findings.push(finding.at(from + position as u64 * HASH_LEN).affecting(affected));
        }
    }

    pub(crate) fn end(&self, next_sequence: u64, findings: &mut Findings) {
        self.noted.check_length(stored_count(next_sequence) * HASH_LEN, next_sequence, findings);
    }
}

/// Where in its segment the batch of each record begins.
pub(crate) struct Places {
    noted: Noted,
}

impl Places {
    pub(crate) fn open(storage: &dyn Storage, findings: &mut Findings) -> Self {
        Self { noted: Noted::open(storage, places::NAME, findings) }
    }

    pub(crate) fn compare(
        &mut self,
        first_sequence: u64,
        next_sequence: u64,
        offset: u64,
        findings: &mut Findings,
    ) {
        let count = usize::try_from(next_sequence - first_sequence).unwrap_or(usize::MAX);
        let mut bytes = vec![0; count.saturating_mul(places::PLACE_LEN as usize)];
        let affected = records(first_sequence, next_sequence);
        let from = first_sequence * places::PLACE_LEN;
        if !self.noted.read(&mut bytes, from, &affected, findings) {
            return;
        }
        let noted = bytes.chunks_exact(places::PLACE_LEN as usize);
        if let Some(position) = noted.into_iter().position(|place| *place != offset.to_le_bytes()) {
            let what = "the place is not where the record stands; reading it takes longer";
            let finding = Finding::new(Gravity::Derived, places::NAME, what);
            findings.push(finding.at(from + position as u64 * places::PLACE_LEN).affecting(affected));
        }
    }

    pub(crate) fn end(&self, next_sequence: u64, findings: &mut Findings) {
        self.noted.check_length(next_sequence * places::PLACE_LEN, next_sequence, findings);
    }
}
