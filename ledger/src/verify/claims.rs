//! Every claimed key of a journal, to see that each was claimed once. Thirty-two bytes a key: sorted chunks of a
//! million, merged at the end, so that nothing ever has to grow by copying itself.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::hash::Hash;
use crate::record::{Claim, ClaimDetail, ShortKey};

const CHUNK_LEN: usize = 1 << 20;

/// A claim in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ShortClaim {
    pub(crate) key: ShortKey,
    /// The record that claims the key.
    pub(crate) sequence: u64,
    /// Eight bytes that stand for the claim's detail.
    pub(crate) detail: [u8; 8],
}

impl ShortClaim {
    pub(crate) fn new(key: ShortKey, sequence: u64, detail: &ClaimDetail) -> Self {
        let Hash(hash) = Hash::of(detail);
        let mut short = [0; 8];
        short.copy_from_slice(&hash[..8]);
        Self { key, sequence, detail: short }
    }
}

/// All claims so far.
#[derive(Debug, Default)]
pub(crate) struct ClaimLog {
    sorted: Vec<Vec<ShortClaim>>,
    latest: Vec<ShortClaim>,
    count: u64,
}

impl ClaimLog {
    pub(crate) fn note(&mut self, claim: &Claim, sequence: u64) {
        self.latest.push(ShortClaim::new(ShortKey::of(&claim.key), sequence, &claim.detail));
        self.count += 1;
        if self.latest.len() == CHUNK_LEN {
            self.end_chunk();
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    fn end_chunk(&mut self) {
        let mut chunk = std::mem::take(&mut self.latest);
        chunk.sort_unstable();
        self.sorted.push(chunk);
    }

    /// All claims by key; those of one key by sequence.
    pub(crate) fn by_key(&mut self) -> impl Iterator<Item = ShortClaim> {
        if !self.latest.is_empty() {
            self.end_chunk();
        }
        let mut cursors: Vec<_> = self.sorted.iter().map(|chunk| chunk.iter().copied()).collect();
        let mut heap: BinaryHeap<_> = cursors
            .iter_mut()
            .enumerate()
            .filter_map(|(chunk, cursor)| cursor.next().map(|claim| Reverse((claim, chunk))))
            .collect();
        std::iter::from_fn(move || {
            let Reverse((claim, chunk)) = heap.pop()?;
            heap.extend(cursors[chunk].next().map(|claim| Reverse((claim, chunk))));
            Some(claim)
        })
    }

    /// Calls `twice` with the sequences of two records that claim one key, for each claim that is not the first.
    pub(crate) fn find_repeats(&mut self, mut twice: impl FnMut(u64, u64)) {
        let mut previous: Option<ShortClaim> = None;
        for claim in self.by_key() {
            if let Some(first) = previous.filter(|previous| previous.key == claim.key) {
                twice(first.sequence, claim.sequence);
            } else {
                previous = Some(claim);
            }
        }
    }
}
