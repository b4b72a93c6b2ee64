//! The catalogue that is in force now: the only thing here that changes, and the only one that is shared.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::snapshot::Catalogue;

/// One pointer to the current catalogue. Readers never wait, not even while a new one is published, and whoever took
/// one keeps it for as long as it is needed.
#[derive(Debug)]
pub struct LiveCatalogue {
    current: ArcSwap<Catalogue>,
}

impl LiveCatalogue {
    /// Starts with this catalogue.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { current: ArcSwap::new(catalogue) }
    }

    /// The catalogue of this moment. Take it once per request and use it to the end.
    pub fn current(&self) -> Arc<Catalogue> {
        self.current.load_full()
    }

    /// Puts another catalogue in force and returns the one that it replaces.
    pub fn publish(&self, catalogue: Arc<Catalogue>) -> Arc<Catalogue> {
        self.current.swap(catalogue)
    }
}
