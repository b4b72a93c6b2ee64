//! From a few words to the services that are meant, ranked, each with the reason why it is there.
//!
//! Everything is in memory and built with the snapshot. `words` makes text comparable, `index` finds the services that
//! hold a word, `rank` orders them.

mod index;
mod rank;
mod words;

pub use rank::MatchReason;

pub(crate) use index::SearchIndex;

use std::sync::Arc;

use crate::code::AgencyCode;
use crate::service::Service;
use crate::snapshot::{Catalogue, ServiceIndex};
use crate::text::Language;

/// Which services may be found at all. The default lets every service through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Only those of this agency.
    pub agency: Option<AgencyCode>,
    /// Only those of this ministry, by its official English name.
    pub ministry: Option<Arc<str>>,
    /// Only those that can be billed.
    pub billable_only: bool,
}

impl Filters {
    fn let_through(&self, catalogue: &Catalogue, service: &Service) -> bool {
        let ministry_fits = || {
            self.ministry.is_none()
                || catalogue.agency_of(service).ministry.as_deref() == self.ministry.as_deref()
        };
        self.agency.as_ref().is_none_or(|agency| *agency == service.agency)
            && (!self.billable_only || service.is_billable())
            && ministry_fits()
    }
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hits {
    /// The best of them, best first, as many as were asked for.
    pub hits: Vec<Hit>,
    /// How many services there are in all.
    pub total_count: usize,
}

/// One service that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which one.
    pub service: ServiceIndex,
    /// Why.
    pub reason: MatchReason,
    /// How good the match is; comparable within one search only.
    pub score: u32,
}

impl Catalogue {
    /// The services that `query` means, in the eyes of a reader of `language`: words in either language are found,
    /// those in the reader's own count a little more. Case, accents and apostrophes do not matter, and the beginning
    /// of a word is enough. A query without words lists what the filters let through, by slug.
    ///
    /// Only the first 200 characters and 12 words of the query are looked at.
    pub fn search(&self, query: &str, language: Language, filters: &Filters, limit: usize) -> Hits {
        let words = words::query_words(query);
        let let_through = |index: &ServiceIndex| filters.let_through(self, self.service_at(*index));
        if words.is_empty() {
            let all = (0..self.services().len()).map(ServiceIndex::new).filter(let_through);
            let hits: Vec<_> =
                all.map(|service| Hit { service, reason: MatchReason::Listed, score: 0 }).collect();
            return first_of(hits, limit);
        }
        let index = self.search_index();
        let mut found = rank::matches(index, &words, language);
        found.retain(|candidate| let_through(&candidate.service));
        first_of(rank::ranked(index, &words, found), limit)
    }
}

fn first_of(mut hits: Vec<Hit>, limit: usize) -> Hits {
    let total_count = hits.len();
    hits.truncate(limit);
    Hits { hits, total_count }
}
