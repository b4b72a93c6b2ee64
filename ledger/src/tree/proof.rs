//! Proofs over the tree: made from stored hashes, checked from nothing but the proof itself (RFC 6962 section 2.1,
//! verification as in RFC 9162 sections 2.1.3.2 and 2.1.4.2).

use crate::hash::Hash;
use crate::tree::stored_index;

/// Why a proof does not prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf or the older tree lies outside the tree.
    #[error("{index} lies outside a tree of {size} leaves")]
    OutsideTree {
        /// The leaf's index or the older size.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// Too few or too many hashes for these positions.
    #[error("the proof has {count} hashes, which is not the number that these positions need")]
    WrongLength {
        /// How many hashes the proof has.
        count: usize,
    },
    /// The hashes lead elsewhere.
    #[error("the proof leads to another root than the one given")]
    OtherRoot,
}

/// The hashes beside the path from leaf `index` to the root of the tree of the first `size` leaves, leaf side first.
/// `read` gets the index of a stored hash.
pub fn inclusion_proof<Error>(
    index: u64,
    size: u64,
    mut read: impl FnMut(u64) -> Result<Hash, Error>,
) -> Result<Vec<Hash>, Error> {
    assert!(index < size, "a proof is asked for a leaf that the tree has");
    let mut proof = Vec::new();
    path(index, 0, size, &mut read, &mut proof)?;
    Ok(proof)
}

fn path<Error>(
    index: u64,
    start: u64,
    end: u64,
    read: &mut impl FnMut(u64) -> Result<Hash, Error>,
    proof: &mut Vec<Hash>,
) -> Result<(), Error> {
    if end - start == 1 {
        return Ok(());
    }
    let middle = start + split(end - start);
    if index < middle {
        path(index, start, middle, read, proof)?;
        proof.push(subtree_root(middle, end, read)?);
    } else {
        path(index, middle, end, read, proof)?;
        proof.push(subtree_root(start, middle, read)?);
    }
    Ok(())
}

/// The hashes that show a tree of `old_size` leaves to be the beginning of the tree of `size` leaves.
pub fn consistency_proof<Error>(
    old_size: u64,
    size: u64,
    mut read: impl FnMut(u64) -> Result<Hash, Error>,
) -> Result<Vec<Hash>, Error> {
    assert!(0 < old_size && old_size <= size, "a proof is asked for a tree that the newer one can contain");
    let mut proof = Vec::new();
    subproof(old_size, 0, size, true, &mut read, &mut proof)?;
    Ok(proof)
}

fn subproof<Error>(
    old_end: u64,
    start: u64,
    end: u64,
    is_whole: bool,
    read: &mut impl FnMut(u64) -> Result<Hash, Error>,
    proof: &mut Vec<Hash>,
) -> Result<(), Error> {
    if old_end == end {
        if !is_whole {
            proof.push(subtree_root(start, end, read)?);
        }
        return Ok(());
    }
    let middle = start + split(end - start);
    if old_end <= middle {
        subproof(old_end, start, middle, is_whole, read, proof)?;
        proof.push(subtree_root(middle, end, read)?);
    } else {
        subproof(old_end, middle, end, false, read, proof)?;
        proof.push(subtree_root(start, middle, read)?);
    }
    Ok(())
}

/// The root over leaves `start..end`, where `start` is a multiple of the largest power of two in the range, as it
/// is for every range that a proof asks for.
fn subtree_root<Error>(
    start: u64,
    end: u64,
    read: &mut impl FnMut(u64) -> Result<Hash, Error>,
) -> Result<Hash, Error> {
    let count = end - start;
    if count.is_power_of_two() {
        let level = count.trailing_zeros();
        return read(stored_index(level, start >> level));
    }
    let middle = start + split(count);
    let left = subtree_root(start, middle, read)?;
    let right = subtree_root(middle, end, read)?;
    Ok(Hash::of_node(&left, &right))
}

/// The largest power of two below `count`.
fn split(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}

/// Checks that `leaf` is number `index` in the tree of `size` leaves with this root.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::OutsideTree { index, size });
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::WrongLength { count: proof.len() });
        }
        if node % 2 == 1 || node == last {
            hash = Hash::of_node(sibling, &hash);
            while node % 2 == 0 && node != 0 {
                node /= 2;
                last /= 2;
            }
        } else {
            hash = Hash::of_node(&hash, sibling);
        }
        node /= 2;
        last /= 2;
    }
    if last != 0 {
        return Err(ProofError::WrongLength { count: proof.len() });
    }
    if hash == *root { Ok(()) } else { Err(ProofError::OtherRoot) }
}

/// Checks that the tree with `old_root` is the beginning of the tree with `root`.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old_size > size {
        return Err(ProofError::OutsideTree { index: old_size, size });
    }
    if old_size == size || old_size == 0 {
        if !proof.is_empty() {
            return Err(ProofError::WrongLength { count: proof.len() });
        }
        let agrees = old_size == 0 || old_root == root;
        return if agrees { Ok(()) } else { Err(ProofError::OtherRoot) };
    }
    let wrong_length = ProofError::WrongLength { count: proof.len() };
    let (mut node, mut last) = (old_size - 1, size - 1);
    while node % 2 == 1 {
        node /= 2;
        last /= 2;
    }
    let mut hashes = proof.iter();
    let first = if old_size.is_power_of_two() { old_root } else { hashes.next().ok_or(wrong_length)? };
    let (mut old_hash, mut hash) = (*first, *first);
    for sibling in hashes {
        if last == 0 {
            return Err(wrong_length);
        }
        if node % 2 == 1 || node == last {
            old_hash = Hash::of_node(sibling, &old_hash);
            hash = Hash::of_node(sibling, &hash);
            while node % 2 == 0 && node != 0 {
                node /= 2;
                last /= 2;
            }
        } else {
            hash = Hash::of_node(&hash, sibling);
        }
        node /= 2;
        last /= 2;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if old_hash == *old_root && hash == *root { Ok(()) } else { Err(ProofError::OtherRoot) }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::tree::Frontier;

    /// RFC 6962 section 2.1, word for word and slow.
    fn root_by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::of(&[]),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
                Hash::of_node(&root_by_definition(left), &root_by_definition(right))
            }
        }
    }

    struct Grown {
        leaves: Vec<Hash>,
        stored: Vec<Hash>,
        roots: Vec<Hash>,
    }

    fn grow(count: u64) -> Grown {
        let mut frontier = Frontier::default();
        let mut grown = Grown { leaves: vec![], stored: vec![], roots: vec![frontier.root()] };
        for index in 0..count {
            let leaf = Hash::of_leaf(&index.to_le_bytes());
            grown.leaves.push(leaf);
            frontier.append(leaf, |hash| grown.stored.push(hash));
            grown.roots.push(frontier.root());
        }
        grown
    }

    #[test]
    fn the_vectors_of_rfc_6962_implementations_hold() {
        // The seven-leaf test tree that Certificate Transparency implementations share.
        let leaves: [&[u8]; 7] = [
            b"",
            &[0],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        ];
        let mut frontier = Frontier::default();
        assert_eq!(
            frontier.root().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        ];
        for (leaf, root) in leaves.into_iter().zip(roots) {
            frontier.append(Hash::of_leaf(leaf), |_| {});
            assert_eq!(frontier.root().to_string(), root);
        }
    }

    #[test]
    fn every_leaf_of_every_tree_up_to_300_is_proved_and_nothing_else() {
        let grown = grow(300);
        let read = |index: u64| Ok::<_, Infallible>(grown.stored[index as usize]);
        for size in 1..=300_u64 {
            let root = grown.roots[size as usize];
            assert_eq!(root, root_by_definition(&grown.leaves[..size as usize]));
            for index in 0..size {
                let Ok(proof) = inclusion_proof(index, size, read);
                let leaf = &grown.leaves[index as usize];
                assert_eq!(verify_inclusion(leaf, index, size, &proof, &root), Ok(()));
                let neighbour = Hash::of(&leaf.0);
                assert!(verify_inclusion(&neighbour, index, size, &proof, &root).is_err());
                if index > 0 {
                    assert!(verify_inclusion(leaf, index - 1, size, &proof, &root).is_err());
                }
            }
        }
    }

    #[test]
    fn every_pair_of_sizes_up_to_130_is_consistent_and_other_histories_are_not() {
        let grown = grow(130);
        let read = |index: u64| Ok::<_, Infallible>(grown.stored[index as usize]);
        for size in 1..=130_u64 {
            for old_size in 1..=size {
                let Ok(proof) = consistency_proof(old_size, size, read);
                let (old_root, root) = (&grown.roots[old_size as usize], &grown.roots[size as usize]);
                assert_eq!(verify_consistency(old_size, old_root, size, root, &proof), Ok(()));
                let other = Hash::of(&old_root.0);
                assert!(verify_consistency(old_size, &other, size, root, &proof).is_err());
                assert!(verify_consistency(old_size, old_root, size, &other, &proof).is_err());
            }
        }
    }
}
