//! What each publication changed, told once it was worked out: a difference between two catalogues of 22,000 services
//! takes half a second, and strangers may ask for it as often as they like.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::Catalogue;
use tokio::sync::Mutex;

use super::live::{CatalogueError, LiveCatalogue};
use crate::payments::{Catalogues, Publication};

/// So many publications are kept in memory; older ones are worked out again when somebody asks for them.
const TOLD_MAX: usize = 500;

/// The publications that were told of, by number, as they are sent.
#[derive(Debug, Default)]
pub(super) struct Feed {
    told: Mutex<BTreeMap<u64, Arc<str>>>,
}

impl LiveCatalogue {
    /// What a publication changed, as `write` puts it: from the one before it, of which there is none for the first, to
    /// itself. One is worked out at a time.
    pub async fn told(
        &self,
        catalogues: &Catalogues,
        publication: &Publication,
        write: impl FnOnce(Option<&Catalogue>, &Catalogue) -> String + Send + 'static,
    ) -> Result<Arc<str>, CatalogueError> {
        let number = publication.version.number;
        let mut told = self.feed.told.lock().await;
        if let Some(text) = told.get(&number) {
            return Ok(Arc::clone(text));
        }
        let before = match number.checked_sub(1).and_then(|before| catalogues.publication(before)) {
            Some(before) => Some(self.with_hash(&before.version.hash).await?),
            None => None,
        };
        let catalogue = self.with_hash(&publication.version.hash).await?;
        let text = tokio::task::spawn_blocking(move || write(before.as_deref(), &catalogue)).await;
        let text: Arc<str> = text.map_err(|error| CatalogueError::Unbuilt(error.to_string()))?.into();
        told.insert(number, Arc::clone(&text));
        if told.len() > TOLD_MAX {
            told.pop_first();
        }
        Ok(text)
    }
}
