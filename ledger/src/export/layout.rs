//! Where each file of an export stands: paths and lengths as C2SP tlog-tiles defines them (c2sp.org/tlog-tiles).

/// How many hashes a full tile has, and how many records a full bundle.
pub(crate) const TILE_WIDTH: u64 = 256;
/// Length of a hash in a tile, in bytes.
pub(crate) const HASH_LEN: usize = 32;

/// The signed tree head.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// Verifier keys, one a line.
pub(crate) const KEYS: &str = "keys.txt";
/// What the export is of.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The records for reading.
pub(crate) const RECORDS: &str = "records.ndjson";
/// Hashes of the files that the tree does not cover, as `sha256sum` writes them.
pub(crate) const SUMS: &str = "SHA256SUMS";

/// Which tile: of hashes at a level, or of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TileName {
    /// The level of a tile of hashes; nothing for a bundle of entries.
    pub(crate) level: Option<u32>,
    /// Position within the level.
    pub(crate) index: u64,
    /// How many hashes or entries it has, 1 to 256.
    pub(crate) width: u64,
}

impl TileName {
    /// The path under the export's folder.
    pub(crate) fn path(&self) -> String {
        let mut index = self.index;
        let mut elements = format!("{:03}", index % 1000);
        while index >= 1000 {
            index /= 1000;
            elements = format!("x{:03}/{elements}", index % 1000);
        }
        let suffix = if self.width < TILE_WIDTH { format!(".p/{}", self.width) } else { String::new() };
        match self.level {
            Some(level) => format!("tile/{level}/{elements}{suffix}"),
            None => format!("tile/entries/{elements}{suffix}"),
        }
    }

    /// The tile of this path, if it is the path of one.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let level = if level == "entries" { None } else { Some(level.parse().ok()?) };
        let (elements, width) = match rest.split_once(".p/") {
            Some((elements, width)) => (elements, width.parse().ok()?),
            None => (rest, TILE_WIDTH),
        };
        let mut index = 0_u64;
        for element in elements.split('/') {
            let digits: u64 = element.strip_prefix('x').unwrap_or(element).parse().ok()?;
            index = index.checked_mul(1000)?.checked_add(digits)?;
        }
        let name = Self { level, index, width };
        // Whatever else is wrong with a path shows in its not being the one that this name has.
        (name.path() == path).then_some(name)
    }

    /// True if a tree of `size` leaves has exactly this tile.
    pub(crate) fn belongs_to(&self, size: u64) -> bool {
        let level = self.level.unwrap_or(0);
        let count = 8_u32.checked_mul(level).and_then(|shift| size.checked_shr(shift)).unwrap_or(0);
        let start = self.index.saturating_mul(TILE_WIDTH);
        start < count && self.width == (count - start).min(TILE_WIDTH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let tile = TileName { level: Some(0), index: 1_234_067, width: 256 };
        assert_eq!(tile.path(), "tile/0/x001/x234/067");
        let partial = TileName { level: None, index: 273, width: 112 };
        assert_eq!(partial.path(), "tile/entries/273.p/112");
        for path in ["tile/0/x001/x234/067", "tile/entries/273.p/112", "tile/2/000.p/1", "tile/1/x001/000"] {
            assert_eq!(TileName::parse(path).unwrap().path(), path);
        }
        for path in ["tile/0/1", "tile/00/001", "tile/0/000.p/256", "tile/0/x000/001", "tile/0/001.p/01", "x"]
        {
            assert_eq!(TileName::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_tree_of_70000_has_the_tiles_that_the_specification_counts() {
        let tile = |level, index, width| TileName { level: Some(level), index, width };
        assert!(tile(0, 272, 256).belongs_to(70_000));
        assert!(tile(0, 273, 112).belongs_to(70_000));
        assert!(!tile(0, 273, 111).belongs_to(70_000));
        assert!(!tile(0, 274, 1).belongs_to(70_000));
        assert!(tile(1, 0, 256).belongs_to(70_000));
        assert!(tile(1, 1, 17).belongs_to(70_000));
        assert!(tile(2, 0, 1).belongs_to(70_000));
        assert!(!tile(3, 0, 1).belongs_to(70_000));
        assert!(!tile(8, 0, 1).belongs_to(u64::MAX));
    }
}
