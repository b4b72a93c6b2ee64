//! A data directory from its first byte to its last, beside its writer or without one. The journal is the truth and
//! is walked whole; everything that follows from it, head file, places, hashes, snapshots and runs, is compared.

mod beside;
mod derived;
mod heads;
mod snapshots;
mod walk;

use std::collections::BTreeMap;

use crate::book::Balance;
use crate::hash::Hash;
use crate::journal::KnownHead;
use crate::money::Currency;
use crate::record::LedgerTime;
use crate::storage::Storage;
use crate::verify::data::heads::{Milestone, WhoKnows};
use crate::verify::data::snapshots::Snapshots;
use crate::verify::data::walk::Walk;
use crate::verify::finding::{Finding, Findings, Gravity};

/// What a data directory holds, and everything that is wrong with it.
#[derive(Clone, Debug)]
pub struct DataReport {
    /// Names the journal among all journals, if a segment says so.
    pub journal: Option<[u8; 16]>,
    /// The sequence that the next record would have: how many records there are, unless some are missing.
    pub size: u64,
    /// The root of the tree over all records; nothing if records are missing.
    pub root: Option<Hash>,
    /// Time of the last record, if there is one.
    pub time: Option<LedgerTime>,
    /// Segments that were walked.
    pub segment_count: u64,
    /// Batches that were whole.
    pub batch_count: u64,
    /// Records that could be read.
    pub record_count: u64,
    /// Entries in them.
    pub entry_count: u64,
    /// Claimed keys in them.
    pub claim_count: u64,
    /// Snapshots that agree with the records.
    pub snapshot_count: u64,
    /// Balances by account code and currency, from the records that could be read.
    pub balances: BTreeMap<(String, Currency), Balance>,
    /// Everything that was found.
    pub findings: Findings,
}

/// Checks a data directory, reading only. `known_heads` are others who remember how far the journal had come, such as
/// a checkpoint that somebody kept; the head file, the snapshots, the places and the stored hashes are asked anyway.
///
/// It takes 32 bytes of memory for each key that was ever claimed, one line for each account, one snapshot at a time,
/// and a fixed amount beyond that. A writer at work beside is no finding; what it appends meanwhile may or may not be
/// in the report.
pub fn data_directory(storage: &dyn Storage, known_heads: &[KnownHead]) -> DataReport {
    let mut findings = Findings::default();
    // Whoever knows how far the journal had come is asked before the journal is read: a writer beside only adds.
    let mut milestones = heads::of_head_file(storage, &mut findings);
    milestones.extend(known_heads.iter().map(Milestone::of_known_head));
    let snapshots = Snapshots::open(storage, &mut findings);
    milestones.extend(snapshots.milestones());
    milestones.sort_by_key(|milestone| milestone.sequence);
    let mut walk = Walk::begin(storage, &mut findings, milestones);
    walk.all_segments();
    let mut walked = walk.end();
    let snapshot_count = snapshots.compare(storage, &mut walked, &mut findings);
    walked.rules.end(|what| findings.push(Finding::new(Gravity::Damage, "journal", what)));
    DataReport {
        journal: walked.journal,
        size: walked.next_sequence,
        root: walked.root,
        time: walked.rules.time,
        segment_count: walked.segment_count,
        batch_count: walked.batch_count,
        record_count: walked.record_count,
        entry_count: walked.rules.entry_count,
        claim_count: walked.rules.claims.count(),
        snapshot_count,
        balances: walked.rules.trial_balance(),
        findings,
    }
}

/// What became of a milestone.
fn missing_tail(who: &WhoKnows, sequence: u64, next_sequence: u64) -> Finding {
    let what = format!("it knows that the next record was {sequence}, but the journal ends earlier");
    let affected = crate::verify::finding::records(next_sequence, sequence);
    Finding::new(Gravity::Damage, who.name(), what).affecting(affected)
}
