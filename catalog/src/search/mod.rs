//! From a few words to the services that are meant, ranked, each with the reason why it is there.
//!
//! Everything is in memory and built with the snapshot. `words` makes text comparable, `gather` collects the words of
//! the services and `index` finds the services that hold a word, `posting` by `posting`. `reading` makes of a query
//! what may be meant by it, with the help of `spelling` and `synonyms`; `matching` finds the services that hold it,
//! `rank` orders them, `facets` counts them, `explain` shows why.

mod explain;
mod facets;
mod gather;
mod index;
mod matching;
mod posting;
mod rank;
mod reading;
mod spelling;
mod synonym_table;
mod synonyms;
mod words;

pub use explain::{Contribution, Explanation, HitExplanation, WordExplanation, WordReading};
pub use facets::{FACET_COUNTS_MAX, FacetCount, Facets, Filters};
pub use rank::{MatchReason, ScoreParts};
pub use reading::WordRole;
pub use words::folded_text;

pub(crate) use index::SearchIndex;

use facets::{Gate, Tally};
use matching::{Best, Matches, TermMatches};
use rank::{Threshold, Top};
use reading::Reading;

use crate::snapshot::{Catalogue, ServiceIndex};
use crate::text::Language;

/// The place of a word among the words of an index.
type WordId = u32;

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hits {
    /// The best of them, best first, as many as were asked for.
    pub hits: Vec<Hit>,
    /// How many services there are in all.
    pub total_count: usize,
    /// How all of them are spread over agencies and counties.
    pub facets: Facets,
    /// The query as it was probably meant, if what was found is nothing or weak and other words find something.
    pub did_you_mean: Option<String>,
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
    /// those in the reader's own count a little more. Case, accents and apostrophes do not matter, the beginning of a
    /// word is enough, other words for the same thing are understood, and so are slips in words that are not known. A
    /// county that is named puts its services first. A query without words lists what the filters let through, by slug.
    ///
    /// Only the first 200 characters and 12 words of the query are looked at.
    pub fn search(&self, query: &str, language: Language, filters: &Filters, limit: usize) -> Hits {
        self.answer(query, language, filters, limit, |_, _, _| ()).0
    }

    /// What [`Catalogue::search`] answers, and why: how each word was read, and what each hit's score is made of. It is
    /// the same search, looked at while it runs, so the two cannot disagree.
    pub fn explain(&self, query: &str, language: Language, filters: &Filters, limit: usize) -> Explanation {
        let mut terms: Vec<TermMatches> = Vec::new();
        let (hits, scored) = self.answer(query, language, filters, limit, |rarity, holders, best| {
            let mut best: Vec<(u32, Best)> =
                holders.iter().map(|position| (*position, best[*position as usize])).collect();
            best.sort_unstable_by_key(|(position, _)| *position);
            terms.push(TermMatches { rarity, best });
        });
        Explanation::of(self, query, hits, &scored, &terms)
    }

    /// What the search index takes of memory, in bytes, to within the bookkeeping of the allocator.
    pub fn search_index_size_bytes(&self) -> usize {
        self.search_index().size_bytes()
    }

    fn answer(
        &self,
        query: &str,
        language: Language,
        filters: &Filters,
        limit: usize,
        observe: impl FnMut(u32, &[u32], &[Best]),
    ) -> (Hits, Scored) {
        let index = self.search_index();
        let gate = Gate::of(filters, self, index);
        let reading = Reading::of(words::query_words(query), index);
        let (mut hits, scored) = if reading.terms.is_empty() {
            listed(index, &gate, reading, limit)
        } else {
            found(index, &gate, reading, language, limit, observe)
        };
        if scored.is_weak(&hits)
            && let Some(corrected) = scored.reading.corrected_query()
        {
            let again = Reading::of(words::query_words(&corrected), index);
            let leads_somewhere = found(index, &gate, again, language, 0, |_, _, _| ()).0.total_count > 0;
            hits.did_you_mean = leads_somewhere.then_some(corrected);
        }
        (hits, scored)
    }
}

/// What an explanation needs to know of a search.
struct Scored {
    reading: Reading,
    /// The parts of each hit's score.
    parts: Vec<ScoreParts>,
}

impl Scored {
    /// True if nothing was found, or nothing that has every required word as it stands.
    fn is_weak(&self, hits: &Hits) -> bool {
        hits.total_count == 0
            || hits
                .hits
                .first()
                .is_some_and(|best| matches!(best.reason, MatchReason::SomeWords | MatchReason::Spelling))
    }
}

/// The answer to a query without words: everything, by slug.
fn listed(index: &SearchIndex, gate: &Gate, reading: Reading, limit: usize) -> (Hits, Scored) {
    let mut tally = Tally::new(index);
    let mut hits = Vec::new();
    for (position, facts) in index.facts().iter().enumerate().filter(|(_, facts)| gate.lets_through(facts)) {
        tally.count(facts);
        if hits.len() < limit {
            hits.push(Hit { service: ServiceIndex::new(position), reason: MatchReason::Listed, score: 0 });
        }
    }
    let parts = vec![ScoreParts::default(); hits.len()];
    (answer_of(hits, &tally, index), Scored { reading, parts })
}

/// The answer to a query with words.
fn found(
    index: &SearchIndex,
    gate: &Gate,
    reading: Reading,
    language: Language,
    limit: usize,
    observe: impl FnMut(u32, &[u32], &[Best]),
) -> (Hits, Scored) {
    let facts = index.facts();
    let Matches { candidates, mut touched } = matching::matches(index, &reading, language, observe);
    touched.retain(|position| gate.lets_through(&facts[*position as usize]));
    let of = |position: u32| (&candidates[position as usize], &facts[position as usize]);
    let threshold = Threshold::of(&reading, touched.iter().map(|position| of(*position).0));
    let mut tally = Tally::new(index);
    let mut top = Top::new(limit);
    for position in touched {
        let (candidate, facts) = of(position);
        if threshold.is_reached_by(candidate) {
            tally.count(facts);
            top.offer(ScoreParts::of(candidate, facts, &reading).total(), facts.is_sample, position);
        }
    }
    let ranked = top.into_ranked().map(|(score, position)| {
        let (candidate, facts) = of(position);
        let parts = ScoreParts::of(candidate, facts, &reading);
        let reason = rank::reason(candidate, &parts, threshold.is_complete());
        (Hit { service: ServiceIndex::new(position as usize), reason, score }, parts)
    });
    let (hits, parts) = ranked.unzip();
    (answer_of(hits, &tally, index), Scored { reading, parts })
}

fn answer_of(hits: Vec<Hit>, tally: &Tally, index: &SearchIndex) -> Hits {
    Hits { hits, total_count: tally.total_count, facets: tally.facets(index), did_you_mean: None }
}
