//! The order of hits. All of it is integer arithmetic on small weights, so that the same query gives the same order on
//! every machine.

use std::collections::HashMap;

use super::Hit;
use super::index::{Field, Posting, SearchIndex};
use crate::snapshot::ServiceIndex;
use crate::text::Language;

/// Why a service was found, by what matched best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchReason {
    /// The query is the name.
    ExactName,
    /// A short form of the service.
    Acronym,
    /// Words of the name.
    Name,
    /// Another word for the service.
    Keyword,
    /// Words of the name on the official list.
    PublishedName,
    /// The agency.
    Agency,
    /// Words of the description.
    Description,
    /// Only some of the words were found; there is no better match.
    SomeWords,
    /// There were no words: the list was asked for.
    Listed,
}

/// A service that holds at least one of the words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) service: ServiceIndex,
    /// How many words of the query it holds.
    word_count: usize,
    score: u32,
    /// The strongest field that held a word.
    field: Field,
}

/// The services that hold one of the words or more, in no order.
pub(super) fn matches(index: &SearchIndex, words: &[String], language: Language) -> Vec<Candidate> {
    let mut candidates: HashMap<ServiceIndex, Candidate> = HashMap::new();
    for word in words {
        let best = best_of_word(index, word, language);
        let rarity = rarity(index.service_count(), best.len());
        for (service, (weight, field)) in best {
            let candidate =
                candidates.entry(service).or_insert(Candidate { service, word_count: 0, score: 0, field });
            candidate.word_count += 1;
            candidate.score += weight * rarity;
            candidate.field = candidate.field.min(field);
        }
    }
    candidates.into_values().collect()
}

/// The candidates that hold every word, best first. If there are none, those that hold at least half of them.
pub(super) fn ranked(index: &SearchIndex, words: &[String], mut candidates: Vec<Candidate>) -> Vec<Hit> {
    let complete = candidates.iter().any(|candidate| candidate.word_count == words.len());
    let word_count_min = if complete { words.len() } else { words.len().div_ceil(2) };
    candidates.retain(|candidate| candidate.word_count >= word_count_min);
    let mut hits: Vec<Hit> = candidates
        .into_iter()
        .map(|candidate| {
            let coverage = Language::ALL
                .map(|language| name_coverage(words, index.name_words(candidate.service, language)))
                .into_iter()
                .max()
                .unwrap_or(0);
            let reason = match candidate.field {
                _ if !complete => MatchReason::SomeWords,
                _ if coverage == EXACT_NAME => MatchReason::ExactName,
                Field::Acronym => MatchReason::Acronym,
                Field::Name => MatchReason::Name,
                Field::Keyword => MatchReason::Keyword,
                Field::PublishedName => MatchReason::PublishedName,
                Field::Agency => MatchReason::Agency,
                Field::Description => MatchReason::Description,
            };
            let words_held = u32::try_from(candidate.word_count).expect("a query has a dozen words");
            // More words beat better words: 10,000 is above what the weights of one word can reach.
            let score = candidate.score + coverage + words_held * 10_000;
            Hit { service: candidate.service, reason, score }
        })
        .collect();
    hits.sort_by_key(|hit| (std::cmp::Reverse(hit.score), hit.service));
    hits
}

/// What covering a name wholly is worth.
const EXACT_NAME: u32 = 5_000;

/// How much of a name the query covers: everything is worth most, otherwise up to 500 by the share of its words.
fn name_coverage(words: &[String], name: &[String]) -> u32 {
    let covered = name.iter().filter(|name_word| words.contains(name_word)).count();
    if name.is_empty() {
        return 0;
    }
    if covered == name.len() && words.iter().all(|word| name.contains(word)) {
        return EXACT_NAME;
    }
    u32::try_from(500 * covered / name.len()).expect("at most 500")
}

/// For one word: the weight and the field of its best appearance in each service that holds it.
fn best_of_word(index: &SearchIndex, word: &str, language: Language) -> HashMap<ServiceIndex, (u32, Field)> {
    // The beginnings of one letter are everywhere and mean nothing.
    let only_whole_words = word.chars().count() < 2;
    let mut best: HashMap<ServiceIndex, (u32, Field)> = HashMap::new();
    for (is_whole_word, postings) in index.beginning_with(word) {
        if only_whole_words && !is_whole_word {
            continue;
        }
        for posting in postings {
            let weight = weight(posting, is_whole_word, language);
            let entry = best.entry(posting.service).or_insert((weight, posting.field));
            if weight > entry.0 {
                *entry = (weight, posting.field);
            }
        }
    }
    best
}

/// What one appearance is worth: at most 110.
fn weight(posting: &Posting, is_whole_word: bool, language: Language) -> u32 {
    let of_field = match posting.field {
        Field::Acronym => 100,
        Field::Name => 80,
        Field::Keyword => 60,
        Field::PublishedName => 50,
        Field::Agency => 30,
        Field::Description => 12,
    };
    let of_word = if is_whole_word { of_field } else { of_field * 6 / 10 };
    let of_language =
        if posting.language.is_none_or(|written| written == language) { of_word / 10 } else { 0 };
    of_word + of_language
}

/// How much a word says: 1 if every service holds it, one more each time that half as many do, at most 16.
fn rarity(service_count: usize, holder_count: usize) -> u32 {
    let ratio = service_count / holder_count.max(1);
    (1 + ratio.max(1).ilog2()).min(16)
}
