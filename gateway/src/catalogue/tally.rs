//! How often services are found and looked at. Counting is one addition at the service's position in the snapshot, so that
//! the answer to a look-up hardly costs more for it; nobody who asks is noted. Counts are taken from here every few minutes
//! and become records.
//!
//! *Searched*: it was among the first [`RESULTS_COUNTED_MAX`] that a search with words answered with. *Viewed*: its own
//! answer was asked for, answered in full or with "not modified". Programs that read the whole catalogue one service at a
//! time are counted like people: nothing tells them apart that would not mean noting who asks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError};

use catalog::{Catalogue, ServiceIndex};

use super::live::LiveCatalogue;
use crate::payments::ServiceUse;

/// So many results of a search count as shown: what is further down is hardly looked at.
pub const RESULTS_COUNTED_MAX: usize = 10;

/// Counts of one snapshot, by the position of the service. They are taken every few minutes, and two to the 32nd requests
/// do not fit into these.
#[derive(Debug)]
pub struct Tally {
    catalogue: Arc<Catalogue>,
    searched: Box<[AtomicU32]>,
    viewed: Box<[AtomicU32]>,
}

impl Tally {
    /// Nothing was counted yet.
    pub(super) fn new(catalogue: Arc<Catalogue>) -> Self {
        let zeros = || catalogue.services().iter().map(|_| AtomicU32::new(0)).collect();
        Self { searched: zeros(), viewed: zeros(), catalogue }
    }

    /// The service was shown among the first results of a search.
    pub fn searched(&self, service: ServiceIndex) {
        self.searched[service.position()].fetch_add(1, Ordering::Relaxed);
    }

    /// The service's own answer was asked for.
    pub fn viewed(&self, service: ServiceIndex) {
        self.viewed[service.position()].fetch_add(1, Ordering::Relaxed);
    }

    /// Takes what was counted.
    fn take_into(&self, uses: &mut BTreeMap<Arc<str>, ServiceUse>) {
        for (position, service) in self.catalogue.services().iter().enumerate() {
            let take = |count: &AtomicU32| match count.load(Ordering::Relaxed) {
                0 => 0,
                _ => u64::from(count.swap(0, Ordering::Relaxed)),
            };
            let (searched, viewed) = (take(&self.searched[position]), take(&self.viewed[position]));
            if searched + viewed > 0 {
                let slug: Arc<str> = service.slug.as_str().into();
                let counted = uses.entry(Arc::clone(&slug)).or_insert_with(|| ServiceUse {
                    agency: service.agency.as_str().into(),
                    service: slug,
                    searched: 0,
                    viewed: 0,
                });
                counted.searched += searched;
                counted.viewed += viewed;
            }
        }
    }
}

impl LiveCatalogue {
    /// Takes what was counted since it was last taken, of this catalogue and of those that were served meanwhile, by slug.
    pub fn take_usage(&self) -> Vec<ServiceUse> {
        let mut uses = BTreeMap::new();
        let mut retired = self.retired_tallies.lock().unwrap_or_else(PoisonError::into_inner);
        retired.retain(|tally| {
            // Asked first: whoever still has it may count once more after it was taken, and is heard next time.
            let is_still_used = Arc::strong_count(tally) > 1;
            tally.take_into(&mut uses);
            is_still_used
        });
        self.current().tally().take_into(&mut uses);
        uses.into_values().collect()
    }

    /// Gives back what was taken and could not be kept, for the next time.
    pub fn give_usage_back(&self, uses: &[ServiceUse]) {
        let current = self.current();
        let add = |count: &AtomicU32, more: u64| {
            count.fetch_add(u32::try_from(more).unwrap_or(u32::MAX), Ordering::Relaxed);
        };
        for one in uses {
            if let Some(index) = current.catalogue().service_index(&one.service) {
                add(&current.tally().searched[index.position()], one.searched);
                add(&current.tally().viewed[index.position()], one.viewed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Served;
    use crate::payments::CatalogueVersion;

    fn live() -> LiveCatalogue {
        let version = CatalogueVersion { number: 1, hash: "00".into() };
        let served =
            Served::render(version, Arc::new(Catalogue::embedded()), jiff::civil::date(2026, 11, 22), None);
        LiveCatalogue::new(served, std::path::PathBuf::new())
    }

    #[test]
    fn what_is_counted_is_taken_once_and_can_be_given_back() {
        let live = live();
        let served = live.current();
        let index = served.catalogue().service_index("kws-hells-gate-entry").unwrap();
        served.tally().viewed(index);
        served.tally().viewed(index);
        served.tally().searched(index);
        let taken = live.take_usage();
        let expected = ServiceUse {
            agency: "KWS".into(),
            service: "kws-hells-gate-entry".into(),
            searched: 1,
            viewed: 2,
        };
        assert_eq!(taken, [expected]);
        assert_eq!(live.take_usage(), []);
        live.give_usage_back(&taken);
        assert_eq!(live.take_usage(), taken);
    }

    #[tokio::test]
    async fn who_counts_on_an_earlier_snapshot_is_heard_as_long_as_it_lives() {
        let live = live();
        let earlier = live.current();
        let index = earlier.catalogue().service_index("kws-hells-gate-entry").unwrap();
        earlier.tally().viewed(index);
        live.begin_day(jiff::civil::date(2026, 11, 23)).await.unwrap();
        live.current().tally().viewed(index);
        assert_eq!(live.take_usage()[0].viewed, 2);
        earlier.tally().viewed(index);
        drop(earlier);
        assert_eq!(live.take_usage()[0].viewed, 1);
        assert_eq!(live.take_usage(), []);
    }
}
