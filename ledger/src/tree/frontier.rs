//! The right edge of the tree: what is needed to add a leaf and to know the root, and no more.

use crate::hash::Hash;

/// The roots of the complete subtrees that the leaves so far make up, largest first: at most one for each bit of
/// the leaf count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    leaf_count: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier that was written as these parts; `None` if the number of peaks does not fit the leaf count.
    pub fn from_parts(leaf_count: u64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() == leaf_count.count_ones() as usize).then_some(Self { leaf_count, peaks })
    }

    /// How many leaves the tree has.
    pub fn leaf_count(&self) -> u64 {
        self.leaf_count
    }

    /// The roots of the complete subtrees, largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Adds a leaf; `stored` sees it and then every node that it completes.
    pub fn append(&mut self, leaf: Hash, mut stored: impl FnMut(Hash)) {
        stored(leaf);
        let mut node = leaf;
        for _ in 0..(!self.leaf_count).trailing_zeros() {
            let left = self.peaks.pop().expect("there is a peak for each bit of the leaf count");
            node = Hash::of_node(&left, &node);
            stored(node);
        }
        self.peaks.push(node);
        self.leaf_count += 1;
    }

    /// The root; of no leaves, the hash of nothing (RFC 6962).
    pub fn root(&self) -> Hash {
        let smallest_first = self.peaks.iter().rev();
        smallest_first
            .copied()
            .reduce(|right, left| Hash::of_node(&left, &right))
            .unwrap_or_else(|| Hash::of(&[]))
    }
}
