//! What each publication changed, told once it was worked out: a difference between two catalogues of 22,000 services
//! takes half a second, and strangers may ask for it as often as they like.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::Catalogue;
use tokio::sync::Mutex;
use tokio::time::{Duration, Instant};

use super::live::{CatalogueError, LiveCatalogue};
use crate::away::away;
use crate::payments::{Catalogues, Publication};

/// So many publications are kept in memory; older ones are worked out again when somebody asks for them.
const TOLD_MAX: usize = 500;

/// What was told of a publication whose document is lost holds for so long: somebody may put the file back.
const LOST_KEPT: Duration = Duration::from_secs(60);

/// The publications that were told of, by number, as they are sent.
#[derive(Debug, Default)]
pub(super) struct Feed {
    told: Mutex<BTreeMap<u64, Told>>,
}

#[derive(Debug)]
struct Told {
    text: Arc<str>,
    /// Until when it holds, if not for good.
    until: Option<Instant>,
}

/// The two catalogues that a publication changed from and to, or what is missing to say so.
pub enum Documents<'a> {
    /// From the one before it, of which there is none for the first, to itself.
    Both(Option<&'a Catalogue>, &'a Catalogue),
    /// The hashes of those whose documents are lost or damaged.
    Lost(&'a [Arc<str>]),
}

impl LiveCatalogue {
    /// What a publication changed, as `write` puts it. One is worked out at a time. A document that is lost does not keep
    /// anybody from being told of the others.
    pub async fn told(
        &self,
        catalogues: &Catalogues,
        publication: &Publication,
        write: impl FnOnce(Documents<'_>) -> String + Send + 'static,
    ) -> Result<Arc<str>, CatalogueError> {
        let number = publication.version.number;
        let mut told = self.feed.told.lock().await;
        if let Some(Told { text, until }) = told.get(&number)
            && until.is_none_or(|until| Instant::now() < until)
        {
            return Ok(Arc::clone(text));
        }
        let mut lost = Vec::new();
        let before = match number.checked_sub(1).and_then(|before| catalogues.publication(before)) {
            Some(before) => self.unless_lost(&before.version.hash, &mut lost).await?,
            None => None,
        };
        let catalogue = self.unless_lost(&publication.version.hash, &mut lost).await?;
        let until = (!lost.is_empty()).then(|| Instant::now() + LOST_KEPT);
        let write = move || match &catalogue {
            Some(catalogue) if lost.is_empty() => write(Documents::Both(before.as_deref(), catalogue)),
            _ => write(Documents::Lost(&lost)),
        };
        let text = away(write).await;
        let text: Arc<str> = text.map_err(|error| CatalogueError::Unbuilt(error.to_string()))?.into();
        told.insert(number, Told { text: Arc::clone(&text), until });
        if told.len() > TOLD_MAX {
            told.pop_first();
        }
        Ok(text)
    }

    /// The catalogue with this hash. One whose file is lost or damaged is noted, and an alarm for the operator.
    async fn unless_lost(
        &self,
        hash: &Arc<str>,
        lost: &mut Vec<Arc<str>>,
    ) -> Result<Option<Arc<Catalogue>>, CatalogueError> {
        match self.with_hash(hash).await {
            Ok(catalogue) => Ok(Some(catalogue)),
            Err(CatalogueError::File(error)) => {
                tracing::error!(%error, %hash, "The document of a catalogue is lost: put its file back, or draft it again from a copy.");
                lost.push(Arc::clone(hash));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
