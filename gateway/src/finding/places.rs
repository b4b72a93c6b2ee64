//! The places of searches by phone. Each opens hundreds of sealed records, so few are made at a time; who comes meanwhile
//! waits for a moment in a short queue, in the order of arrival, and nobody fills it alone.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::client_address::{counted_as, is_a_strangers};

/// Searches at a time: they take processor time, which payments need more.
const SEARCHES_AT_ONCE: usize = 2;
/// Searches that wait for a place. What waits here is answered within [`WAIT_MAX`], found or not.
const WAITING_MAX: usize = 16;
/// Searches of one stranger's address, waiting and being made.
const OF_ONE_SOURCE_MAX: usize = 3;
/// How long a search waits for its place: several of the longest, whose cost `decisions/finding-a-payment.md` has.
const WAIT_MAX: Duration = Duration::from_secs(4);
/// What whoever is turned away is told to wait, in seconds.
pub(crate) const AGAIN_AFTER_SECONDS: u32 = 5;

/// The places.
#[derive(Debug)]
pub(crate) struct SearchPlaces {
    being_made: Arc<Semaphore>,
    wait_max: Duration,
    coming: Arc<Coming>,
}

/// Whoever has a place, or waits for one.
#[derive(Debug, Default)]
struct Coming(Mutex<HashMap<Option<IpAddr>, usize>>);

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct SearchPlace {
    _being_made: OwnedSemaphorePermit,
    _counted: Counted,
}

/// There is no place, and none becomes free soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPlace {
    /// As many searches as may wait for a place.
    #[error("as many searches as may are being made or wait")]
    Full,
    /// As many as may come from one address.
    #[error("as many searches as may come from one address")]
    OfThisSource,
    /// None became free in time.
    #[error("no place for a search became free in time")]
    TooSlow,
}

impl Default for SearchPlaces {
    fn default() -> Self {
        let being_made = Arc::new(Semaphore::new(SEARCHES_AT_ONCE));
        Self { being_made, wait_max: WAIT_MAX, coming: Arc::default() }
    }
}

impl SearchPlaces {
    /// A place for a search from this address: at once, or in its turn.
    pub(crate) async fn take(&self, client: IpAddr) -> Result<SearchPlace, NoPlace> {
        let counted = Counted::of(&self.coming, client)?;
        let place = tokio::time::timeout(self.wait_max, Arc::clone(&self.being_made).acquire_owned()).await;
        // The semaphore is never closed.
        let being_made = place.map_err(|_| NoPlace::TooSlow)?.map_err(|_| NoPlace::TooSlow)?;
        Ok(SearchPlace { _being_made: being_made, _counted: counted })
    }
}

/// One of those who have a place or wait for one.
#[derive(Debug)]
struct Counted {
    coming: Arc<Coming>,
    /// None for addresses that no stranger has: behind one of them there may be anybody.
    source: Option<IpAddr>,
}

impl Counted {
    fn of(coming: &Arc<Coming>, client: IpAddr) -> Result<Self, NoPlace> {
        let source = is_a_strangers(client).then(|| counted_as(client));
        let mut counts = coming.counts();
        if counts.values().sum::<usize>() >= SEARCHES_AT_ONCE + WAITING_MAX {
            return Err(NoPlace::Full);
        }
        let own = counts.get(&source).copied().unwrap_or(0);
        if source.is_some() && own >= OF_ONE_SOURCE_MAX {
            return Err(NoPlace::OfThisSource);
        }
        counts.insert(source, own + 1);
        Ok(Self { coming: Arc::clone(coming), source })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.coming.counts();
        match counts.get_mut(&self.source) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.source)),
        }
    }
}

impl Coming {
    fn counts(&self) -> MutexGuard<'_, HashMap<Option<IpAddr>, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn source(number: usize) -> IpAddr {
        address(&format!("41.90.0.{number}"))
    }

    #[tokio::test]
    async fn nobody_fills_the_queue_alone_and_who_waits_gets_the_next_place() {
        let places = Arc::new(SearchPlaces::default());
        let crowd = source(1);
        let mut held = vec![places.take(crowd).await.unwrap(), places.take(crowd).await.unwrap()];
        let queued = |client| {
            let places = Arc::clone(&places);
            tokio::spawn(async move { places.take(client).await })
        };
        let third = queued(crowd);
        tokio::task::yield_now().await;
        assert_eq!(places.take(crowd).await.unwrap_err(), NoPlace::OfThisSource);
        let other = queued(source(2));
        tokio::task::yield_now().await;
        assert!(!third.is_finished() && !other.is_finished());
        held.pop();
        let third = third.await.unwrap().expect("first come, first served");
        held.pop();
        other.await.unwrap().expect("another source is not turned away for the crowd");
        drop(third);
        assert!(places.coming.counts().is_empty(), "nobody is remembered");
    }

    #[tokio::test]
    async fn who_waits_too_long_or_finds_the_queue_full_is_told_so() {
        let impatient = SearchPlaces { wait_max: Duration::from_millis(1), ..SearchPlaces::default() };
        let _held = [impatient.take(source(1)).await.unwrap(), impatient.take(source(2)).await.unwrap()];
        assert_eq!(impatient.take(source(3)).await.unwrap_err(), NoPlace::TooSlow);
        assert_eq!(impatient.coming.counts().len(), 2, "who was told so does not wait any more");

        let places = Arc::new(SearchPlaces::default());
        let _held = [places.take(source(1)).await.unwrap(), places.take(source(2)).await.unwrap()];
        // Whoever hangs up leaves the queue.
        let waiting: Vec<_> = (0..WAITING_MAX)
            .map(|number| {
                let places = Arc::clone(&places);
                tokio::spawn(async move { places.take(source(10 + number)).await })
            })
            .collect();
        tokio::task::yield_now().await;
        // An office behind one address is not held to the number, and to the queue as everybody.
        assert_eq!(places.take(address("10.0.0.1")).await.unwrap_err(), NoPlace::Full);
        for task in waiting {
            task.abort();
            let _ = task.await;
        }
        assert_eq!(places.coming.counts().len(), 2);
    }

    #[tokio::test]
    async fn an_address_that_no_stranger_has_stands_for_many() {
        let places = SearchPlaces::default();
        for _ in 0..OF_ONE_SOURCE_MAX + 2 {
            drop(places.take(address("10.0.0.1")).await.unwrap());
        }
        let counted: Vec<_> = (0..OF_ONE_SOURCE_MAX + 2)
            .map(|_| Counted::of(&places.coming, address("10.0.0.1")).unwrap())
            .collect();
        assert_eq!(counted.len(), OF_ONE_SOURCE_MAX + 2);
    }
}
