//! The order of hits. All of it is integer arithmetic on small weights, so that the same query gives the same order on
//! every machine.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::index::ServiceFacts;
use super::matching::Candidate;
use super::posting::Field;
use super::reading::Reading;

/// Why a service was found, by what matched best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchReason {
    /// The query is the name, or the name on the official list.
    ExactName,
    /// A short form of the service.
    Acronym,
    /// Words of the name.
    Name,
    /// The county that it is confined to.
    County,
    /// Another word for the service.
    Keyword,
    /// Words of the name on the official list.
    PublishedName,
    /// The agency.
    Agency,
    /// Words of the description.
    Description,
    /// A word that means what was asked for.
    Synonym,
    /// A word that is written much like one of the query.
    Spelling,
    /// Only some of the words were found; there is no better match.
    SomeWords,
    /// There were no words: the list was asked for.
    Listed,
}

impl From<Field> for MatchReason {
    fn from(field: Field) -> Self {
        match field {
            Field::Acronym => Self::Acronym,
            Field::Name => Self::Name,
            Field::County => Self::County,
            Field::Keyword => Self::Keyword,
            Field::PublishedName => Self::PublishedName,
            Field::Agency => Self::Agency,
            Field::Description => Self::Description,
        }
    }
}

/// Why a hit stands where it stands: the parts of its score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScoreParts {
    /// For holding words at all, so that more words beat better words.
    pub words_held: u32,
    /// What the words are worth where they stand: for each its weight times its rarity.
    pub words: u32,
    /// For how much of the name the query covers.
    pub name: u32,
    /// For being of a county that is named, or of the whole country when one is.
    pub county: u32,
    /// For being written by hand and not generated: a real service is shown before a sample that matches as well.
    pub authored: u32,
}

/// For each word of the query that must be there: above what the weights of one word can reach.
const HELD_REQUIRED: u32 = 10_000;
/// What is taken from that if the word is known, and this service holds another that is written alike. It outweighs the
/// field: a car that is only in the description is a car, and a card in a name is none.
const SECOND_BEST: u32 = 3_000;
/// For each word that names a place.
const HELD_PLACE: u32 = 2_000;
/// What covering a name wholly is worth.
const EXACT_NAME: u32 = 5_000;
/// What covering a part of a name can be worth.
const NAME_SHARE_MAX: u32 = 500;
/// For being of a county that is named, or naming it, as the park at Nakuru does; and for being of the whole country.
const NAMED_COUNTY: u32 = 4_000;
const WHOLE_COUNTRY: u32 = 2_000;
/// As much as all the words of a name and some more.
const AUTHORED: u32 = 500;

impl ScoreParts {
    pub(super) fn of(candidate: &Candidate, facts: &ServiceFacts, reading: &Reading) -> Self {
        let held = |terms: u16| (candidate.held & terms).count_ones();
        let county = match facts.county {
            _ if reading.counties.is_empty() => 0,
            Some(county) if reading.counties.contains(&county) => NAMED_COUNTY,
            Some(_) => 0,
            None if candidate.held_strongly & reading.county_words == reading.county_words => NAMED_COUNTY,
            None => WHOLE_COUNTRY,
        };
        Self {
            words_held: held(reading.required) * HELD_REQUIRED + held(reading.places) * HELD_PLACE
                - u32::from(candidate.second_best) * SECOND_BEST,
            words: candidate.points,
            name: name_coverage(candidate, facts, reading.terms.len()),
            county,
            authored: if facts.is_sample { 0 } else { AUTHORED },
        }
    }

    /// The score: their sum.
    pub const fn total(&self) -> u32 {
        self.words_held + self.words + self.name + self.county + self.authored
    }
}

/// How much of one of the names the query covers: everything is worth most, otherwise a share by the share of its words.
fn name_coverage(candidate: &Candidate, facts: &ServiceFacts, term_count: usize) -> u32 {
    let coverage = |(covered, count): (&u8, &u8)| {
        if *count == 0 {
            0
        } else if covered == count && usize::from(*covered) == term_count {
            EXACT_NAME
        } else {
            NAME_SHARE_MAX * u32::from(*covered) / u32::from(*count)
        }
    };
    candidate.name_words.iter().zip(&facts.name_word_counts).map(coverage).max().unwrap_or(0)
}

/// Why this candidate is a hit.
pub(super) fn reason(candidate: &Candidate, parts: &ScoreParts, is_complete: bool) -> MatchReason {
    match Field::at(usize::from(candidate.field)) {
        _ if !is_complete => MatchReason::SomeWords,
        _ if parts.name == EXACT_NAME => MatchReason::ExactName,
        _ if candidate.is_corrected => MatchReason::Spelling,
        _ if candidate.is_synonym => MatchReason::Synonym,
        field => field.into(),
    }
}

/// Which candidates are hits: those that hold every required word, or if there are none, those that hold at least half
/// of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threshold {
    required: u16,
    held_min: u32,
}

impl Threshold {
    /// The threshold for these candidates.
    pub(super) fn of<'a>(reading: &Reading, mut candidates: impl Iterator<Item = &'a Candidate>) -> Self {
        let required = reading.required;
        let all = u16::count_ones(required);
        let is_complete = candidates.any(|candidate| candidate.held & required == required);
        Self { required, held_min: if is_complete { all } else { all.div_ceil(2) } }
    }

    pub(super) const fn is_reached_by(&self, candidate: &Candidate) -> bool {
        (candidate.held & self.required).count_ones() >= self.held_min
    }

    /// True if nothing less than every required word is enough.
    pub(super) const fn is_complete(&self) -> bool {
        self.held_min == self.required.count_ones()
    }
}

/// The best of many, without sorting the others.
pub(super) struct Top {
    limit: usize,
    /// The worst on top. The order is the score's, then the real ones before the samples, then that of slugs.
    heap: BinaryHeap<Reverse<(u32, bool, Reverse<u32>)>>,
}

impl Top {
    pub(super) const fn new(limit: usize) -> Self {
        Self { limit, heap: BinaryHeap::new() }
    }

    pub(super) fn offer(&mut self, score: u32, is_sample: bool, position: u32) {
        let offered = Reverse((score, !is_sample, Reverse(position)));
        if self.heap.len() < self.limit {
            self.heap.push(offered);
        } else if self.heap.peek().is_some_and(|worst| offered < *worst) {
            self.heap.pop();
            self.heap.push(offered);
        }
    }

    /// Score and position of each, the best first.
    pub(super) fn into_ranked(self) -> impl Iterator<Item = (u32, u32)> {
        let ranked = self.heap.into_sorted_vec().into_iter();
        ranked.map(|Reverse((score, _, Reverse(position)))| (score, position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_is_what_sorting_everything_gives() {
        let offers: Vec<(u32, bool, u32)> =
            (0..1_000_u32).map(|number| (number * 7_919 % 40, number % 3 == 0, number)).collect();
        let mut sorted = offers.clone();
        sorted.sort_by_key(|(score, is_sample, position)| (Reverse(*score), *is_sample, *position));
        for limit in [0, 1, 7, 1_000, usize::MAX] {
            let mut top = Top::new(limit);
            offers.iter().for_each(|(score, is_sample, position)| top.offer(*score, *is_sample, *position));
            let expected: Vec<_> =
                sorted.iter().take(limit).map(|(score, _, position)| (*score, *position)).collect();
            assert_eq!(top.into_ranked().collect::<Vec<_>>(), expected);
        }
    }
}
