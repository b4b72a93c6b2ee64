//! Tables that grow for ever in bounded memory: what was put lately is in memory, by generation of the journal;
//! what a snapshot covers is in immutable sorted runs on disk, behind filters of about nine bits a key.
//!
//! A table is derived data. It is written only by whoever applies records, in their order; any number of readers
//! may look things up meanwhile.

mod run;

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError, RwLock};

pub use run::{Run, RunError, RunName};
pub(crate) use run::{merge_runs, merged_entries, write_run};

use crate::record::ShortKey;

/// What a table holds under a key.
pub trait Value: Clone + Debug + Send + Sync + 'static {
    /// Writes the value at the end of `bytes`.
    fn encode(&self, bytes: &mut Vec<u8>);

    /// Reads it back; `None` if the bytes are none.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

impl Value for Arc<[u8]> {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self);
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self::from(bytes))
    }
}

/// Short keys are hashes already, or spread as well as one: their first bytes serve.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }
}

pub(crate) type KeyMap<V> = HashMap<ShortKey, V, BuildHasherDefault<KeyHasher>>;

/// What was put while one segment of the journal was written.
#[derive(Debug)]
struct Generation<V> {
    /// The first record that may have put something here.
    first_sequence: u64,
    map: RwLock<KeyMap<V>>,
}

#[derive(Clone, Debug)]
struct Layers<V> {
    /// Oldest first; the last one is being written.
    generations: Vec<Arc<Generation<V>>>,
    /// Oldest first.
    runs: Vec<Arc<Run>>,
}

/// The writer's end of a table.
#[derive(Debug)]
pub struct Table<V> {
    layers: Layers<V>,
    reader: TableReader<V>,
}

/// A reader's end of a table: cheap to clone, sees what the writer has put.
#[derive(Clone, Debug)]
pub struct TableReader<V> {
    published: Arc<RwLock<Arc<Layers<V>>>>,
}

impl<V: Value> Table<V> {
    /// A table that consists of these runs and of what will be put from record `first_sequence` on.
    pub fn new(runs: Vec<Arc<Run>>, first_sequence: u64) -> Self {
        let layers = Layers { generations: vec![Arc::new(Generation::new(first_sequence))], runs };
        let published = Arc::new(RwLock::new(Arc::new(layers.clone())));
        Self { layers, reader: TableReader { published } }
    }

    /// A reader of this table.
    pub fn reader(&self) -> TableReader<V> {
        self.reader.clone()
    }

    /// What stands under `key`, if anything does.
    pub fn get(&self, key: &ShortKey) -> Result<Option<V>, RunError> {
        self.layers.get(key)
    }

    /// Puts values under keys, over older ones.
    pub(crate) fn put_all(&mut self, values: impl IntoIterator<Item = (ShortKey, V)>) {
        let generation = self.layers.generations.last().expect("a table always has a generation");
        generation.map.write().unwrap_or_else(PoisonError::into_inner).extend(values);
    }

    /// Begins a generation: what is put from record `first_sequence` on belongs to a new segment.
    pub(crate) fn begin_generation(&mut self, first_sequence: u64) {
        self.layers.generations.push(Arc::new(Generation::new(first_sequence)));
        self.publish();
    }

    /// Takes over the runs of a snapshot that covers everything before `sequence`, and lets go of the generations that
    /// they stand for.
    pub(crate) fn adopt(&mut self, runs: Vec<Arc<Run>>, sequence: u64) {
        self.layers.runs = runs;
        let begun_by_then = |generation: &Arc<Generation<V>>| generation.first_sequence < sequence;
        self.layers.generations.retain(|generation| !begun_by_then(generation));
        assert!(!self.layers.generations.is_empty(), "a snapshot covers sealed segments only");
        self.publish();
    }

    /// How many values are in memory.
    pub fn count_in_memory(&self) -> usize {
        let count = |generation: &Arc<Generation<V>>| generation.read().len();
        self.layers.generations.iter().map(count).sum()
    }

    /// The runs, oldest first.
    pub(crate) fn runs(&self) -> &[Arc<Run>] {
        &self.layers.runs
    }

    /// Everything in memory, sorted by key, the newest value of each.
    pub(crate) fn sorted_from_memory(&self) -> Vec<(ShortKey, V)> {
        let mut newest = KeyMap::default();
        for generation in &self.layers.generations {
            newest.extend(generation.read().iter().map(|(key, value)| (*key, value.clone())));
        }
        let mut sorted: Vec<_> = newest.into_iter().collect();
        sorted.sort_unstable_by_key(|(key, _)| *key);
        sorted
    }

    fn publish(&self) {
        let layers = Arc::new(self.layers.clone());
        *self.reader.published.write().unwrap_or_else(PoisonError::into_inner) = layers;
    }
}

impl<V: Value> TableReader<V> {
    /// What stands under `key`, if anything does. May read a block from the disk.
    pub fn get(&self, key: &ShortKey) -> Result<Option<V>, RunError> {
        let layers = Arc::clone(&self.published.read().unwrap_or_else(PoisonError::into_inner));
        layers.get(key)
    }
}

impl<V> Generation<V> {
    fn new(first_sequence: u64) -> Self {
        Self { first_sequence, map: RwLock::default() }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, KeyMap<V>> {
        self.map.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Value> Layers<V> {
    fn get(&self, key: &ShortKey) -> Result<Option<V>, RunError> {
        for generation in self.generations.iter().rev() {
            if let Some(value) = generation.read().get(key) {
                return Ok(Some(value.clone()));
            }
        }
        for run in self.runs.iter().rev() {
            if let Some(bytes) = run.get(key)? {
                return V::decode(&bytes).map(Some).ok_or_else(|| run.value_error(key));
            }
        }
        Ok(None)
    }
}
