//! Tiles as they fill up while leaves are added: at most one unfinished tile a level is in memory.

use crate::export::layout::{HASH_LEN, TILE_WIDTH, TileName};
use crate::hash::Hash;

/// The tiles of hashes along the right edge of the tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tiles {
    /// By level.
    edge: Vec<Tile>,
}

#[derive(Clone, Debug, Default)]
struct Tile {
    index: u64,
    hashes: Vec<Hash>,
}

impl Tiles {
    /// Adds a leaf; `full` is shown every tile that this completes.
    pub(crate) fn append<Error>(
        &mut self,
        leaf: Hash,
        full: &mut impl FnMut(TileName, Vec<u8>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut hash = leaf;
        for level in 0.. {
            if self.edge.len() == level {
                self.edge.push(Tile::default());
            }
            let tile = &mut self.edge[level];
            tile.hashes.push(hash);
            if (tile.hashes.len() as u64) < TILE_WIDTH {
                break;
            }
            hash = root_of_full(&tile.hashes);
            full(tile.name(level), tile.bytes())?;
            tile.index += 1;
            tile.hashes.clear();
        }
        Ok(())
    }

    /// The partial tiles that are left at the right edge.
    pub(crate) fn partial(&self) -> impl Iterator<Item = (TileName, Vec<u8>)> {
        let levels = self.edge.iter().enumerate().filter(|(_, tile)| !tile.hashes.is_empty());
        levels.map(|(level, tile)| (tile.name(level), tile.bytes()))
    }
}

impl Tile {
    fn name(&self, level: usize) -> TileName {
        let level = u32::try_from(level).expect("a tree of u64 leaves has eight levels of tiles");
        TileName { level: Some(level), index: self.index, width: self.hashes.len() as u64 }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.hashes.len() * HASH_LEN);
        for hash in &self.hashes {
            bytes.extend_from_slice(&hash.0);
        }
        bytes
    }
}

/// The root over a power of two of hashes.
fn root_of_full(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks_exact(2).map(|pair| Hash::of_node(&pair[0], &pair[1])).collect();
    }
    row[0]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use super::*;
    use crate::tree::Frontier;

    #[test]
    fn the_tiles_of_a_tree_hold_its_leaves_and_the_roots_below_them() {
        let size = 65_536 + 300;
        let (mut tiles, mut frontier) = (Tiles::default(), Frontier::default());
        let mut files = BTreeMap::new();
        for index in 0..size {
            let leaf = Hash::of_leaf(&u64::to_le_bytes(index));
            frontier.append(leaf, |_| {});
            let Ok(()) = tiles.append(leaf, &mut |name, bytes| {
                assert!(name.belongs_to(size));
                files.insert(name.path(), bytes);
                Ok::<_, Infallible>(())
            });
        }
        files.extend(tiles.partial().map(|(name, bytes)| {
            assert!(name.belongs_to(size));
            (name.path(), bytes)
        }));
        assert_eq!(files.len(), 257 + 1 + 3);
        assert_eq!(files["tile/0/257.p/44"].len(), 44 * 32);
        assert_eq!(files["tile/1/001.p/1"].len(), 32);
        let hash = |path: &str, at: usize| Hash(files[path][at * 32..][..32].try_into().unwrap());
        assert_eq!(hash("tile/0/003", 7), Hash::of_leaf(&u64::to_le_bytes(3 * 256 + 7)));
        // The largest complete subtree is one hash of the second level.
        assert_eq!(hash("tile/2/000.p/1", 0), frontier.peaks()[0]);
        assert_eq!(hash("tile/1/001.p/1", 0), frontier.peaks()[1]);
    }
}
