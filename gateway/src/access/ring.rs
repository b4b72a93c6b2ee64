//! All keys in force, found by the hash of the secret.

use std::collections::HashMap;
use std::sync::Arc;

use ledger::{Hash, LedgerTime};

use super::key::{ApiKey, KeySecret};

/// All keys in force. Immutable: a change publishes another ring, so a revoked key ends with the batch that revokes it.
#[derive(Debug, Default)]
pub struct KeyRing {
    by_hash: HashMap<Arc<str>, Arc<ApiKey>>,
}

impl KeyRing {
    /// A ring of these keys.
    pub fn new(keys: impl IntoIterator<Item = Arc<ApiKey>>) -> Self {
        Self { by_hash: keys.into_iter().map(|key| (key.secret_hash.clone(), key)).collect() }
    }

    /// The key that this secret belongs to, if it is in force at `now`. The look-up is by hash: how long it takes says
    /// nothing about any key.
    pub fn find(&self, secret: &KeySecret, now: LedgerTime) -> Option<Arc<ApiKey>> {
        let Hash(hash) = secret.hash();
        let key = self.by_hash.get(hex::encode(hash).as_str())?;
        let is_in_force = key.expires.is_none_or(|expires| now < expires);
        is_in_force.then(|| key.clone())
    }

    /// Whether the key of this name is in force at `now`.
    pub fn has(&self, id: &str, now: LedgerTime) -> bool {
        self.by_hash.values().any(|key| &*key.id == id && key.expires.is_none_or(|expires| now < expires))
    }

    /// Every key, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<ApiKey>> {
        self.by_hash.values()
    }
}
