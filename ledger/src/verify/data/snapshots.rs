//! Snapshots and runs: what they hold of the ledger's own state has to be what the records imply. The state of the
//! machine inside a snapshot, and the values of the archive, mean nothing to the ledger; their checksums are checked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::book::{Balance, Claimed};
use crate::money::Currency;
use crate::record::LedgerTime;
use crate::snapshot::{self, Parts};
use crate::storage::Storage;
use crate::table::{Run, RunError, RunName, Value, merged_entries};
use crate::tree::Frontier;
use crate::verify::claims::ShortClaim;
use crate::verify::data::heads::{Milestone, WhoKnows};
use crate::verify::data::walk::Walked;
use crate::verify::finding::{Finding, Findings, Gravity};

const RUNS: &str = "runs";

/// The ledger's state at one moment.
#[derive(Debug)]
pub(crate) struct StateAt {
    pub(crate) time: LedgerTime,
    pub(crate) frontier: Frontier,
    pub(crate) balances: BTreeMap<(String, Currency), Balance>,
}

/// The snapshots that could be read.
#[derive(Debug)]
pub(crate) struct Snapshots {
    /// Oldest first, without the states of the machine.
    read: Vec<Parts>,
}

impl Snapshots {
    pub(crate) fn open(storage: &dyn Storage, findings: &mut Findings) -> Self {
        let sequences = snapshot::sequences(storage).unwrap_or_else(|error| {
            let what = format!("it cannot be read: {error}");
            findings.push(Finding::new(Gravity::Derived, snapshot::FOLDER, what));
            Vec::new()
        });
        let mut read = Vec::new();
        for sequence in sequences {
            match snapshot::read_parts(storage, sequence) {
                Ok(parts) => read.push(Parts { state: Vec::new(), ..parts }),
                Err(_) if is_gone(storage, sequence) => {}
                Err(error) => {
                    findings.push(Finding::new(
                        Gravity::Derived,
                        snapshot::name_of(sequence),
                        error.to_string(),
                    ));
                }
            }
        }
        Self { read }
    }

    /// Each of them knows that the journal had come as far as it goes, and what stood for everything before.
    pub(crate) fn milestones(&self) -> impl Iterator<Item = Milestone> {
        self.read.iter().map(|parts| Milestone {
            sequence: parts.sequence,
            chain: Some(parts.chain),
            journal: None,
            who: WhoKnows::Snapshot(snapshot::name_of(parts.sequence)),
        })
    }

    /// Compares them with what the walk has come to. Returns how many agree.
    pub(crate) fn compare(&self, storage: &dyn Storage, walked: &mut Walked, findings: &mut Findings) -> u64 {
        let mut agreeing = 0;
        for parts in &self.read {
            let outcome = compare_one(storage, parts, walked);
            match outcome {
                Ok(()) => agreeing += 1,
                Err(_) if is_gone(storage, parts.sequence) => {}
                Err(what) => {
                    findings.push(Finding::new(Gravity::Derived, snapshot::name_of(parts.sequence), what));
                }
            }
        }
        let newest = self.read.last().map_or(0, |parts| parts.sequence);
        if newest < walked.newest_segment {
            let what = format!(
                "the newest snapshot covers {newest} records, while {} are in sealed segments: a start takes longer",
                walked.newest_segment
            );
            findings.push(Finding::new(Gravity::Harmless, snapshot::FOLDER, what));
        } else if self.read.len() == 1 && walked.segment_count > 2 {
            let what = "there is one snapshot only: without it a start would read the whole journal";
            findings.push(Finding::new(Gravity::Harmless, snapshot::FOLDER, what));
        }
        self.other_files(storage, findings);
        agreeing
    }

    fn other_files(&self, storage: &dyn Storage, findings: &mut Findings) {
        let named = self.read.iter().flat_map(|parts| parts.claims.iter().chain(&parts.archive));
        let named: BTreeSet<_> = named.map(RunName::to_string).collect();
        for name in storage.list(RUNS).unwrap_or_default() {
            let name = format!("{RUNS}/{name}");
            if !named.contains(&name) {
                let what = "no snapshot names this file";
                findings.push(Finding::new(Gravity::Harmless, name, what));
            }
        }
        for name in storage.list(snapshot::FOLDER).unwrap_or_default() {
            if !name.ends_with(".snap") {
                let what = "this is no snapshot";
                findings.push(Finding::new(Gravity::Harmless, format!("{}/{name}", snapshot::FOLDER), what));
            }
        }
    }
}

/// A writer beside may have removed an old snapshot since its name was read.
fn is_gone(storage: &dyn Storage, sequence: u64) -> bool {
    storage.open(&snapshot::name_of(sequence)).is_ok_and(|file| file.is_none())
}

fn compare_one(storage: &dyn Storage, parts: &Parts, walked: &mut Walked) -> Result<(), String> {
    let of_same_moment = |state: &&StateAt| state.frontier.leaf_count() == parts.sequence;
    let state =
        walked.states.iter().find(of_same_moment).ok_or("records are missing: it cannot be compared")?;
    if state.time != parts.time {
        return Err("its time is not that of the last record before it".to_owned());
    }
    if state.frontier != parts.frontier {
        return Err("its tree is not that of the records before it".to_owned());
    }
    let balances = crate::verify::rules::trial_balance(&parts.balances);
    if state.balances != balances {
        let differing =
            state.balances.iter().find(|(account, balance)| balances.get(account) != Some(balance));
        let ((account, currency), _) = differing
            .or_else(|| balances.iter().find(|(account, _)| !state.balances.contains_key(account)))
            .ok_or("its balances are not those of the records before it")?;
        return Err(format!("its balance of {account} in {currency} is not that of the records before it"));
    }
    compare_claims(storage, parts, walked)?;
    read_archive(storage, parts).map_err(|error| error.to_string())
}

fn compare_claims(storage: &dyn Storage, parts: &Parts, walked: &mut Walked) -> Result<(), String> {
    let runs = open_runs(storage, &parts.claims).map_err(|error| error.to_string())?;
    let mut in_runs = merged_entries(&runs).map_err(|error| error.to_string())?;
    let mut in_records = walked.rules.claims.by_key().filter(|claim| claim.sequence < parts.sequence);
    loop {
        let in_run = match in_runs.next().transpose().map_err(|error| error.to_string())? {
            Some((key, value)) => {
                let claimed = Claimed::decode(&value).ok_or("a claim in its runs has no meaning")?;
                Some(ShortClaim::new(key, claimed.sequence, &claimed.detail))
            }
            None => None,
        };
        match (in_run, in_records.next()) {
            (None, None) => return Ok(()),
            (Some(in_run), Some(in_records)) if in_run == in_records => {}
            (Some(claim), None) => {
                return Err(format!(
                    "its runs have a claim of record {} that no record makes",
                    claim.sequence
                ));
            }
            (_, Some(claim)) => {
                return Err(format!("its runs do not have the claim of record {} as it is", claim.sequence));
            }
        }
    }
}

fn read_archive(storage: &dyn Storage, parts: &Parts) -> Result<(), RunError> {
    let runs = open_runs(storage, &parts.archive)?;
    merged_entries(&runs)?.try_for_each(|entry| entry.map(drop))
}

fn open_runs(storage: &dyn Storage, names: &[RunName]) -> Result<Vec<Arc<Run>>, RunError> {
    names.iter().map(|name| Run::open(storage, name.clone()).map(Arc::new)).collect()
}
