//! Those who remember how far the journal had come, and what they know about that moment.

use crate::hash::Hash;
use crate::journal::KnownHead;
use crate::journal::head::{self, HeadSlot, SLOT_LEN, SLOT_USED_LEN};
use crate::journal::recovery;
use crate::storage::Storage;
use crate::verify::finding::{Finding, Findings, Gravity};

/// A moment between two batches that somebody remembers.
#[derive(Clone, Debug)]
pub(crate) struct Milestone {
    /// The sequence that the next record had then.
    pub(crate) sequence: u64,
    /// What stood for everything before it, where that is remembered.
    pub(crate) chain: Option<Hash>,
    /// The journal it was, where that is remembered.
    pub(crate) journal: Option<[u8; 16]>,
    pub(crate) who: WhoKnows,
}

/// Who remembers.
#[derive(Clone, Debug)]
pub(crate) enum WhoKnows {
    /// A file of the data directory.
    File(String),
    /// A snapshot: the state at this moment is kept to be compared with it.
    Snapshot(String),
    /// Somebody outside.
    Other(String),
}

impl WhoKnows {
    /// What a finding points at.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::File(name) | Self::Snapshot(name) | Self::Other(name) => name,
        }
    }
}

impl Milestone {
    pub(crate) fn of_known_head(known: &KnownHead) -> Self {
        let who = WhoKnows::Other(known.who.clone());
        Self { sequence: known.next_sequence, chain: None, journal: None, who }
    }
}

/// What the head file remembers; whatever is wrong with the file itself is a finding.
pub(crate) fn of_head_file(storage: &dyn Storage, findings: &mut Findings) -> Vec<Milestone> {
    let mut derived = |what: String| findings.push(Finding::new(Gravity::Derived, head::NAME, what));
    let file = match storage.open(head::NAME) {
        Ok(Some(file)) => file,
        Ok(None) => {
            // An empty folder and a wrong path look alike, and neither is a sound journal.
            let is_empty = recovery::segment_names(storage).is_ok_and(|names| names.is_empty());
            let (gravity, what) = match is_empty {
                true => (Gravity::Damage, "there is no journal here"),
                false => (Gravity::Derived, "the file is missing; the next start makes a new one"),
            };
            findings.push(Finding::new(gravity, head::NAME, what));
            return Vec::new();
        }
        Err(error) => {
            derived(format!("it cannot be read: {error}"));
            return Vec::new();
        }
    };
    match file.byte_count() {
        Ok(len) if len == 2 * SLOT_LEN as u64 => {}
        Ok(len) => derived(format!("it has {len} bytes, not {}", 2 * SLOT_LEN)),
        Err(error) => derived(format!("it cannot be read: {error}")),
    }
    // A writer beside may be in the middle of a slot: then it is not there any more a moment later.
    let mut slots = head::read_slots(&*file);
    for _ in 0..3 {
        if slots.as_ref().is_ok_and(|slots| wrong_with(slots).is_empty()) {
            break;
        }
        slots = head::read_slots(&*file);
    }
    let slots = match slots {
        Ok(slots) => slots,
        Err(error) => {
            derived(format!("it cannot be read: {error}"));
            return Vec::new();
        }
    };
    for (slot, what) in wrong_with(&slots) {
        let finding = Finding::new(Gravity::Derived, head::NAME, what);
        findings.push(finding.at(slot as u64 * SLOT_LEN as u64));
    }
    let milestone = |(_, head): (u64, head::Head)| Milestone {
        sequence: head.next_sequence,
        chain: Some(head.chain),
        journal: Some(head.journal),
        who: WhoKnows::File(head::NAME.to_owned()),
    };
    slots.into_iter().filter_map(|slot| slot.written).map(milestone).collect()
}

/// What is wrong with either slot. They are written in turn, so that the one lags behind the other by one.
fn wrong_with(slots: &[HeadSlot; 2]) -> Vec<(usize, String)> {
    let latest = slots.iter().filter_map(|slot| slot.written).map(|(count, _)| count).max().unwrap_or(0);
    let mut wrong = Vec::new();
    for (index, slot) in slots.iter().enumerate() {
        let is_even = latest % 2 == index as u64;
        let expected = if is_even { latest } else { latest.saturating_sub(1) };
        match slot.written {
            Some((count, _)) if count != expected => {
                wrong.push((index, format!("the slot was written as number {count}, not {expected}")));
            }
            Some(_) if slot.bytes[SLOT_USED_LEN..].iter().any(|byte| *byte != 0) => {
                wrong.push((index, "something stands behind what the slot says".to_owned()));
            }
            None if slot.bytes.iter().any(|byte| *byte != 0) => {
                wrong.push((index, "the checksum of the slot is wrong".to_owned()));
            }
            None if expected > 0 => wrong.push((index, "the slot is empty".to_owned())),
            Some(_) | None => {}
        }
    }
    wrong
}
