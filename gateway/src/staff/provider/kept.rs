//! A document of the provider that is kept for a time. Who needs it waits for the one who fetches it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::ProviderError;

/// How long a document is believed. A key that the provider has taken back is believed for as long at most.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// Until a document that could not be fetched is fetched again: a provider that is down is asked at this pace, however
/// many want to sign in.
const FETCHED_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Until a document is fetched again before its time, because something is not in it: strangers cannot make us ask faster.
const RENEWED_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// A document of the provider.
pub(super) struct Kept<T>(Mutex<Slot<T>>);

struct Slot<T> {
    read: Option<(Instant, Arc<T>)>,
    /// When it last turned out that it cannot be fetched. Whoever came before that has waited for it, and shares it: those
    /// who wait for a silent provider do not wait one after the other.
    failed: Option<Instant>,
    renewed: Option<Instant>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(Slot { read: None, failed: None, renewed: None }))
    }
}

impl<T> Kept<T> {
    /// The document for somebody who came at `now`, fetched if it is not there or too old.
    pub(super) async fn get<F>(
        &self,
        now: Instant,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>, ProviderError>
    where
        F: Future<Output = Result<T, ProviderError>>,
    {
        let mut slot = self.0.lock().await;
        match &slot.read {
            Some((since, document)) if is_within(*since, now, KEPT) => Ok(Arc::clone(document)),
            _ if slot.failed.is_some_and(|since| is_within(since, now, FETCHED_AGAIN_AFTER)) => {
                Err(ProviderError::Trouble("it failed a moment ago".to_owned()))
            }
            _ => slot.fetch(now, fetch).await,
        }
    }

    /// The document as it is now, because something is not in `seen`. As it was, if somebody has just asked that.
    pub(super) async fn renewed<F>(
        &self,
        seen: &Arc<T>,
        now: Instant,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>, ProviderError>
    where
        F: Future<Output = Result<T, ProviderError>>,
    {
        let mut slot = self.0.lock().await;
        if let Some((_, newer)) = slot.read.as_ref().filter(|(_, document)| !Arc::ptr_eq(document, seen)) {
            return Ok(Arc::clone(newer));
        }
        if slot.renewed.is_some_and(|since| is_within(since, now, RENEWED_AGAIN_AFTER)) {
            return Ok(Arc::clone(seen));
        }
        slot.renewed = Some(now);
        slot.fetch(now, fetch).await
    }
}

fn is_within(since: Instant, now: Instant, time: Duration) -> bool {
    now.saturating_duration_since(since) < time
}

impl<T> Slot<T> {
    async fn fetch<F>(&mut self, now: Instant, fetch: impl FnOnce() -> F) -> Result<Arc<T>, ProviderError>
    where
        F: Future<Output = Result<T, ProviderError>>,
    {
        match fetch().await {
            Ok(document) => {
                let document = Arc::new(document);
                self.read = Some((now, Arc::clone(&document)));
                Ok(document)
            }
            Err(error) => {
                self.failed = Some(Instant::now());
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_document_is_fetched_when_it_is_needed_and_no_faster_than_that() {
        let (kept, fetched, now) = (Kept::default(), Cell::new(0), Instant::now());
        let fetch = || async {
            fetched.set(fetched.get() + 1);
            Ok(fetched.get())
        };
        let first = kept.get(now, fetch).await.unwrap();
        assert_eq!((*first, *kept.get(now, fetch).await.unwrap()), (1, 1));
        let second = kept.renewed(&first, now, fetch).await.unwrap();
        assert_eq!(*second, 2);
        assert_eq!(*kept.renewed(&first, now, fetch).await.unwrap(), 2, "somebody else has asked");
        assert_eq!(*kept.renewed(&second, now, fetch).await.unwrap(), 2, "not again so soon");
        let later = now + RENEWED_AGAIN_AFTER;
        assert_eq!(*kept.renewed(&second, later, fetch).await.unwrap(), 3);
        assert_eq!(*kept.get(later + KEPT, fetch).await.unwrap(), 4);
    }

    #[tokio::test]
    async fn a_provider_that_fails_is_left_in_peace_for_a_moment() {
        let (kept, asked, now) = (Kept::<u32>::default(), Cell::new(0), Instant::now());
        let fails = || async {
            asked.set(asked.get() + 1);
            Err(ProviderError::Trouble("down".to_owned()))
        };
        for _ in 0..5 {
            assert!(kept.get(now, fails).await.is_err());
        }
        assert_eq!(asked.get(), 1);
        let later = Instant::now() + FETCHED_AGAIN_AFTER;
        assert_eq!(*kept.get(later, || async { Ok(7) }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn those_who_wait_for_a_silent_provider_share_its_failure() {
        const SILENT_FOR: Duration = Duration::from_millis(2_700);
        const CALLERS: u32 = 10;
        let (kept, asked) = (Arc::new(Kept::<u32>::default()), Arc::new(AtomicU32::new(0)));
        let callers = (0..CALLERS).map(|caller| {
            let (kept, asked) = (Arc::clone(&kept), Arc::clone(&asked));
            tokio::spawn(async move {
                // The last of them comes while the first still waits, longer after it than failures are remembered.
                tokio::time::sleep(SILENT_FOR / CALLERS * caller).await;
                let fails = || async {
                    asked.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(SILENT_FOR).await;
                    Err(ProviderError::Trouble("silent".to_owned()))
                };
                kept.get(Instant::now(), fails).await.is_err()
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            assert!(caller.await.unwrap());
        }
        let asked = asked.load(Ordering::Relaxed);
        assert!(asked <= 2, "it was asked {asked} times");
    }
}
