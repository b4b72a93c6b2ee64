//! What the lines of a device's journal come to: whom it let in, which passes it issued, what the gateway was told, and how
//! late it has been.

use std::collections::BTreeMap;

use ledger::Hash;

use super::journal::Line;
use super::judge::Uses;
use super::passes::Passes;
use crate::gates::pack::ToldBefore;
use crate::gates::signed::Moment;
use crate::payments::PaymentNumber;

/// What a device remembers.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Whose journal it is, as its first line says. Journals of before do not.
    pub(super) device: Option<String>,
    /// Whom it let in, in order.
    pub(super) in_order: Vec<(PaymentNumber, Moment)>,
    pub(super) uses: Uses,
    pub(super) passes: Passes,
    /// When it did something last.
    latest: Option<Moment>,
    /// When the newest list was made that it is known to have had, and how late it has been with that.
    seen: Option<(Moment, Moment)>,
    /// How many uses are in batches.
    pub(super) batched_count: usize,
    /// How many of them are in batches that the gateway has taken.
    pub(super) told_count: usize,
    /// Number of the newest batch.
    pub(super) batch_count: u64,
    /// The newest batch, if the gateway has not taken it.
    pub(super) waiting: Option<(u64, String)>,
    /// What each of its batches was.
    batches: BTreeMap<u64, Hash>,
    /// The gateway knows of more than this.
    pub(super) is_behind: bool,
}

impl Memory {
    /// What these lines come to.
    pub(super) fn of(lines: Vec<Line>) -> Self {
        let mut memory = Self::default();
        for line in lines {
            memory.apply(line);
        }
        memory
    }

    /// One line more.
    pub(super) fn apply(&mut self, line: Line) {
        match line {
            Line::Begun { device } => self.device = Some(device),
            Line::Use { bill, at } => {
                self.uses.entry(bill).or_insert(at);
                self.in_order.push((bill, at));
                self.latest = self.latest.max(Some(at));
            }
            Line::Pass { wish, pass } => {
                self.uses.entry(pass.bill).or_insert(pass.issued_at);
                self.latest = self.latest.max(Some(pass.issued_at));
                self.passes.add(wish, pass);
            }
            Line::Batch { number, use_count, pass_count, note } => {
                self.batched_count += use_count;
                self.passes.batched_count += pass_count;
                self.batch_count = number;
                self.batches.insert(number, Hash::of(note.as_bytes()));
                self.waiting = Some((number, note));
            }
            Line::Taken { .. } => {
                self.told_count = self.batched_count;
                self.passes.told_count = self.passes.batched_count;
                self.waiting = None;
            }
            Line::Seen { at, list } => {
                self.seen = self.seen.max(Some((list, at)));
            }
            Line::Behind { batches } => {
                // What the gateway did not take under a number that it has taken is told under another.
                self.is_behind = true;
                self.batched_count = self.told_count;
                self.passes.batched_count = self.passes.told_count;
                self.batch_count = batches;
                // What the gateway has under this number is not what we wrote, and is not noticed again.
                self.batches.remove(&batches);
                self.waiting = None;
            }
        }
    }

    /// When the newest list was made that it is known to have had.
    pub(super) fn newest_list(&self) -> Option<Moment> {
        self.seen.map(|(list, _)| list)
    }

    /// No moment with a list that was made then is before this. The gateway's word is worth more than the clock of a machine: how
    /// late it has been with one list says nothing of a newer one.
    pub(super) fn latest_with(&self, list: Option<Moment>) -> Option<Moment> {
        let seen = self.seen.filter(|(seen, _)| list.is_none_or(|list| list <= *seen));
        self.latest.max(list).max(seen.map(|(_, at)| at))
    }

    /// Whether the gateway has taken batches of this device that are not these.
    pub(super) fn stands_behind(&self, told: &ToldBefore) -> bool {
        let own = self.batches.get(&told.batches);
        told.batches > self.batch_count || own.is_some_and(|own| own.to_string() != told.newest)
    }

    /// How many the gateway has not been told of.
    pub(super) fn untold_count(&self) -> usize {
        self.in_order.len() - self.told_count + self.passes.untold_count()
    }
}
