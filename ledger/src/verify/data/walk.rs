//! The walk through the journal. Where it meets something wrong it says so, looks for the next whole batch or
//! segment, and goes on from there.

use std::sync::Arc;

use crate::hash::Hash;
use crate::journal::recovery::{find_frame, name_sequence, read_frame, segment_names, written_byte_count};
use crate::journal::segment::{FOLDER, SEGMENT_HEADER_LEN, Segment, SegmentHeader, segment_name};
use crate::journal::{BatchError, StoredBatch};
use crate::record::EncodedRecord;
use crate::storage::{Storage, StorageFile};
use crate::tree::Frontier;
use crate::verify::data::beside;
use crate::verify::data::derived::{Places, StoredHashes};
use crate::verify::data::heads::{Milestone, WhoKnows};
use crate::verify::data::missing_tail;
use crate::verify::data::snapshots::StateAt;
use crate::verify::finding::{Finding, Findings, Gravity, records};
use crate::verify::rules::{Rules, trial_balance};

/// A walk under way.
pub(crate) struct Walk<'a> {
    storage: &'a dyn Storage,
    findings: &'a mut Findings,
    /// Sorted by sequence, the lowest last: taken from the end as the walk reaches them.
    milestones: Vec<Milestone>,
    hashes: StoredHashes,
    places: Places,
    /// What stands for everything so far; nothing after a gap.
    chain: Option<Hash>,
    /// The tree so far; nothing once records are missing.
    frontier: Option<Frontier>,
    previous_segment: Option<SegmentHeader>,
    /// False once a record could not be read: balances are not comparable any more.
    is_every_record_read: bool,
    walked: Walked,
}

/// What a walk has come to.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    pub(crate) journal: Option<[u8; 16]>,
    pub(crate) next_sequence: u64,
    /// Nothing if records are missing.
    pub(crate) root: Option<Hash>,
    pub(crate) rules: Rules,
    pub(crate) segment_count: u64,
    pub(crate) batch_count: u64,
    pub(crate) record_count: u64,
    /// Where the newest segment begins.
    pub(crate) newest_segment: u64,
    /// The ledger's state at the moments that snapshots are of.
    pub(crate) states: Vec<StateAt>,
}

impl<'a> Walk<'a> {
    pub(crate) fn begin(
        storage: &'a dyn Storage,
        findings: &'a mut Findings,
        mut milestones: Vec<Milestone>,
    ) -> Self {
        milestones.reverse();
        let hashes = StoredHashes::open(storage, findings);
        let places = Places::open(storage, findings);
        Self {
            storage,
            findings,
            milestones,
            hashes,
            places,
            chain: Some(Hash::ZERO),
            frontier: Some(Frontier::default()),
            previous_segment: None,
            is_every_record_read: true,
            walked: Walked::default(),
        }
    }

    pub(crate) fn all_segments(&mut self) {
        let names = match segment_names(self.storage) {
            Ok(names) => names,
            Err(error) => {
                self.findings.push(Finding::new(Gravity::Damage, FOLDER, error.to_string()));
                return;
            }
        };
        self.reach_milestones();
        for (index, name) in names.iter().enumerate() {
            let next = names.get(index + 1).map(|next| name_sequence(next));
            self.segment(&format!("{FOLDER}/{name}"), next);
        }
        let segment_len = self.previous_segment.map(|segment| segment.byte_count);
        beside::files(self.storage, segment_len, self.findings);
    }

    /// One segment. `next` is where the one after it begins, if there is one.
    fn segment(&mut self, name: &str, next: Option<u64>) {
        self.walked.segment_count += 1;
        self.walked.newest_segment = name_sequence(name);
        let affected = format!("every record from {} on", name_sequence(name));
        let (file, len) = match self.open(name) {
            Ok(opened) => opened,
            Err(what) => {
                let finding = Finding::new(Gravity::Damage, name, what);
                self.findings.push(finding.affecting(affected));
                self.lose_track();
                return;
            }
        };
        let header = match read_header(&*file) {
            Ok(header) => header,
            Err(what) => {
                let finding = Finding::new(Gravity::Damage, name, what);
                self.findings.push(finding.at(0).affecting(affected));
                self.lose_track();
                // Its batches say themselves which records they hold.
                let journal = self.walked.journal.unwrap_or_default();
                let number = self.previous_segment.map_or(0, |previous| previous.number + 1);
                let first_sequence = name_sequence(name);
                SegmentHeader { journal, number, first_sequence, previous: Hash::ZERO, byte_count: len }
            }
        };
        self.check_header(name, &header, len);
        self.walked.journal.get_or_insert(header.journal);
        self.previous_segment = Some(header);
        let in_file = SegmentHeader { byte_count: header.byte_count.min(len), ..header };
        self.batches(&Segment { name: name.to_owned(), header: in_file, file }, next);
    }

    fn open(&self, name: &str) -> Result<(Arc<dyn StorageFile>, u64), String> {
        let file = self.storage.open(name).map_err(|error| format!("it cannot be read: {error}"))?;
        let file = file.ok_or("it has gone")?;
        let len = file.byte_count().map_err(|error| format!("it cannot be read: {error}"))?;
        Ok((file, len))
    }

    fn check_header(&mut self, name: &str, header: &SegmentHeader, len: u64) {
        let mut wrong = Vec::new();
        if segment_name(header.first_sequence) != name {
            wrong.push(format!("its header says that it begins with record {}", header.first_sequence));
        }
        if header.byte_count != len {
            wrong.push(format!("it has {len} bytes, its header says {}", header.byte_count));
        }
        if let Some(previous) = self.previous_segment {
            if previous.journal != header.journal {
                wrong.push("it belongs to another journal than the segment before it".to_owned());
            }
            if previous.number.checked_add(1) != Some(header.number) {
                wrong.push(format!(
                    "it is number {}, and the one before it {}",
                    header.number, previous.number
                ));
            }
        } else if header.number != 0 {
            wrong.push(format!("it is number {}, and there is none before it", header.number));
        }
        if self.chain.is_some_and(|chain| chain != header.previous) {
            wrong.push("its link to what precedes it is wrong".to_owned());
        }
        for what in wrong {
            self.findings.push(Finding::new(Gravity::Damage, name, what).at(0));
        }
        let next_sequence = self.walked.next_sequence;
        if header.first_sequence > next_sequence {
            self.missing(name, 0, header.first_sequence);
        } else if header.first_sequence < next_sequence {
            let what =
                format!("it begins with record {}, but {next_sequence} is next", header.first_sequence);
            self.findings.push(Finding::new(Gravity::Damage, name, what).at(0));
        }
    }

    fn batches(&mut self, segment: &Segment, next: Option<u64>) {
        let mut offset = SEGMENT_HEADER_LEN as u64;
        loop {
            let outcome = match read_frame(segment, offset) {
                Ok(Ok(batch)) => {
                    self.batch(segment, offset, &batch);
                    offset += batch.byte_count();
                    continue;
                }
                Ok(Err(error)) => self.gap(segment, offset, &error, next),
                Err(error) => Err(error),
            };
            match outcome {
                Ok(Some(found)) => offset = found,
                Ok(None) => return,
                Err(error) => {
                    let finding = Finding::new(Gravity::Damage, &segment.name, error.to_string()).at(offset);
                    self.findings.push(finding.affecting(self.rest_from_here(next)));
                    self.lose_track();
                    return;
                }
            }
        }
    }

    /// Where there is no whole batch at `offset`: says what that means, and where the next one is, if there is one.
    fn gap(
        &mut self,
        segment: &Segment,
        offset: u64,
        error: &BatchError,
        next: Option<u64>,
    ) -> Result<Option<u64>, crate::journal::JournalError> {
        let written = written_byte_count(segment, offset)?;
        if written == 0 {
            return Ok(None);
        }
        let found = find_frame(segment, offset, offset + written)?;
        if read_frame(segment, offset)?.is_ok() {
            // A writer beside has finished it meanwhile.
            return Ok(Some(offset));
        }
        if let Some(found) = found {
            let what = format!("{error}, yet a whole batch follows at byte {}", found.offset());
            let first_sequence = found.first_sequence();
            let finding = Finding::new(Gravity::Damage, &segment.name, what).at(offset);
            let next_sequence = self.walked.next_sequence;
            if first_sequence > next_sequence {
                self.findings.push(finding.affecting(records(next_sequence, first_sequence)));
                self.walked.next_sequence = first_sequence;
            } else {
                self.findings.push(finding);
            }
            self.lose_track();
            return Ok(Some(found.offset()));
        }
        if next.is_some() {
            let finding = Finding::new(Gravity::Damage, &segment.name, error.to_string()).at(offset);
            self.findings.push(finding.affecting(self.rest_from_here(next)));
            self.lose_track();
        } else {
            let what = format!(
                "{written} bytes of an unfinished batch, which nobody was told about; the next start cuts them"
            );
            self.findings.push(Finding::new(Gravity::Harmless, &segment.name, what).at(offset));
        }
        Ok(None)
    }

    fn batch(&mut self, segment: &Segment, offset: u64, batch: &StoredBatch) {
        let name = &segment.name;
        let next_sequence = self.walked.next_sequence;
        let first_sequence = batch.first_sequence();
        if first_sequence < next_sequence {
            let what = format!("the batch begins with record {first_sequence}, but {next_sequence} is next");
            self.findings.push(Finding::new(Gravity::Damage, name, what).at(offset));
            return;
        }
        if first_sequence > next_sequence {
            self.missing(name, offset, first_sequence);
        }
        let previous = batch.previous();
        if self.chain.is_some_and(|chain| chain != previous) {
            let what = "the batch's link to what precedes it is wrong";
            let finding = Finding::new(Gravity::Damage, name, what).at(offset);
            self.findings.push(finding.affecting(format!("every record before {first_sequence}")));
        }
        if batch.padding().len() >= 8 || batch.padding().iter().any(|byte| *byte != 0) {
            let what = "something stands between the batch's last record and its end";
            self.findings.push(Finding::new(Gravity::Damage, name, what).at(offset));
        }
        if batch.next_sequence() == first_sequence {
            let what = "the batch has no records";
            self.findings.push(Finding::new(Gravity::Damage, name, what).at(offset));
        }
        self.records(segment, offset, batch);
        // It follows itself, whatever stands before it: this gives the hashes.
        if let Ok(hashed) = batch.follow(first_sequence, &previous) {
            self.chain = Some(hashed.chain);
            self.hashes.compare(first_sequence, &hashed.leaf_hashes, self.frontier.as_mut(), self.findings);
        }
        self.places.compare(first_sequence, batch.next_sequence(), offset, self.findings);
        self.walked.batch_count += 1;
        self.walked.next_sequence = batch.next_sequence();
        self.reach_milestones();
    }

    fn records(&mut self, segment: &Segment, offset: u64, batch: &StoredBatch) {
        let first_sequence = batch.first_sequence();
        for (sequence, (leaf, sealed)) in (first_sequence..).zip(batch.encoded_records()) {
            let mut broken = |what: String| {
                let finding = Finding::new(Gravity::Damage, &segment.name, what).at(offset);
                self.findings.push(finding.affecting(records(sequence, sequence + 1)));
            };
            let record = match EncodedRecord::decode(leaf, sealed) {
                Ok(record) => record,
                Err(error) => {
                    broken(error.to_string());
                    self.is_every_record_read = false;
                    continue;
                }
            };
            if record.sequence != sequence {
                broken(format!("record {} stands where {sequence} belongs", record.sequence));
                self.is_every_record_read = false;
                continue;
            }
            if record.writer != batch.writer() {
                broken("its writer is not that of its batch".to_owned());
            }
            if record.draft.sealed.is_none() && !sealed.is_empty() {
                broken("it has a sealed part that its leaf does not speak of".to_owned());
            }
            self.walked.record_count += 1;
            self.walked.rules.record(&record, broken);
        }
    }

    /// What the walk should have passed before it came to `found`.
    fn missing(&mut self, name: &str, offset: u64, found: u64) {
        let affected = records(self.walked.next_sequence, found);
        let finding =
            Finding::new(Gravity::Damage, name, format!("{affected} should come before this")).at(offset);
        self.findings.push(finding.affecting(affected));
        self.walked.next_sequence = found;
        self.lose_track();
    }

    /// Records are missing: from here on there is no chain to compare with, until a batch begins one, and no tree.
    fn lose_track(&mut self) {
        self.chain = None;
        self.frontier = None;
    }

    fn rest_from_here(&self, next: Option<u64>) -> String {
        let next_sequence = self.walked.next_sequence;
        match next {
            Some(next) if next > next_sequence => records(next_sequence, next),
            Some(_) | None => format!("every record from {next_sequence} on"),
        }
    }

    /// Compares what others remember of this moment, and keeps what snapshots will be compared with.
    fn reach_milestones(&mut self) {
        let here = self.walked.next_sequence;
        while let Some(milestone) = self.milestones.pop_if(|milestone| milestone.sequence <= here) {
            let differs = |what: &str| {
                let finding = Finding::new(Gravity::Damage, milestone.who.name(), what);
                finding.affecting(format!("every record before {}", milestone.sequence))
            };
            if self.chain.is_none() {
                continue;
            }
            if milestone.sequence < here {
                if !matches!(milestone.who, WhoKnows::Other(_)) {
                    self.findings.push(differs("it is of a moment in the middle of a batch"));
                }
                continue;
            }
            if milestone.chain.zip(self.chain).is_some_and(|(remembered, chain)| remembered != chain) {
                self.findings.push(differs("it remembers another history than the journal has"));
            }
            if milestone
                .journal
                .zip(self.walked.journal)
                .is_some_and(|(remembered, journal)| remembered != journal)
            {
                self.findings.push(differs("it remembers another journal"));
            }
            if let (WhoKnows::Snapshot(_), Some(frontier)) = (&milestone.who, &self.frontier)
                && self.is_every_record_read
            {
                self.walked.states.push(StateAt {
                    time: self.walked.rules.time.unwrap_or_default(),
                    frontier: frontier.clone(),
                    balances: trial_balance(&self.walked.rules.balances),
                });
            }
        }
    }

    pub(crate) fn end(mut self) -> Walked {
        let next_sequence = self.walked.next_sequence;
        for milestone in self.milestones.drain(..).rev() {
            self.findings.push(missing_tail(&milestone.who, milestone.sequence, next_sequence));
        }
        self.hashes.end(next_sequence, self.findings);
        self.places.end(next_sequence, self.findings);
        self.walked.root = self.frontier.map(|frontier| frontier.root());
        self.walked
    }
}

fn read_header(file: &dyn StorageFile) -> Result<SegmentHeader, String> {
    let mut bytes = [0; SEGMENT_HEADER_LEN];
    file.read_exact_at(&mut bytes, 0).map_err(|error| format!("its header cannot be read: {error}"))?;
    SegmentHeader::from_bytes(&bytes)
}
