//! The Merkle tree over all records, as RFC 6962 section 2.1 defines it. A checkpoint signs its root; an inclusion
//! proof ties one receipt to a checkpoint; a consistency proof ties two checkpoints to each other.

mod frontier;
mod proof;
pub(crate) mod store;

pub use frontier::Frontier;
pub use proof::{ProofError, consistency_proof, inclusion_proof, verify_consistency, verify_inclusion};
pub use store::{HashStore, HashStoreError};

/// Index, in the file of stored hashes, of node `position` of `level` (leaves are level 0). Hashes are stored in the
/// order in which they become known while leaves are appended: a leaf, then every node that it completes.
pub(crate) fn stored_index(level: u32, position: u64) -> u64 {
    // The node becomes known right after its rightmost leaf; below it on that path lie `level` hashes more.
    let leaf = ((position + 1) << level) - 1;
    stored_count(leaf) + u64::from(level)
}

/// How many hashes are stored once a tree has `leaf_count` leaves.
pub(crate) fn stored_count(leaf_count: u64) -> u64 {
    // A complete binary forest over n leaves has 2n - popcount(n) nodes.
    2 * leaf_count - u64::from(leaf_count.count_ones())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_numbered_in_the_order_they_become_known() {
        let mut expected = 0;
        for leaf in 0..1000_u64 {
            assert_eq!(stored_index(0, leaf), expected);
            let completed = (leaf + 1).trailing_zeros();
            for level in 0..=completed {
                assert_eq!(stored_index(level, ((leaf + 1) >> level) - 1), expected);
                expected += 1;
            }
            assert_eq!(stored_count(leaf + 1), expected);
        }
    }
}
