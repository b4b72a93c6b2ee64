//! Which services hold the words of a query, and what each word is worth in each of them.
//!
//! One pass over the postings of each way to read each word, into a table with a row for every service: the weights
//! then lie side by side, nothing is hashed, and what a query costs is known beforehand. Two tables of 22,000 rows are
//! less than half a megabyte.

use super::index::SearchIndex;
use super::posting::{Field, NAMES, PUBLISHED_NAME, Posting, Weights};
use super::reading::{FoundAs, How, Reading, WAYS_MAX, Way, WordRole};
use crate::text::Language;

/// What is known of one service while a query is answered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Candidate {
    /// A bit for each word of the query that it holds.
    pub(super) held: u16,
    /// A bit for each of those that stands where somebody put it so that the service is found.
    pub(super) held_strongly: u16,
    /// What they are worth together.
    pub(super) points: u32,
    /// How many words of each of its names are words of the query as they stand.
    pub(super) name_words: [u8; NAMES],
    /// The rank of the strongest field that held a word.
    pub(super) field: u8,
    /// How many required words it holds as something else, although they are known words.
    pub(super) second_best: u8,
    /// True if a word was taken as misspelt, or for a synonym, to be held.
    pub(super) is_corrected: bool,
    pub(super) is_synonym: bool,
}

/// The services that hold at least one word.
pub(super) struct Matches {
    /// One for every service of the catalogue.
    pub(super) candidates: Vec<Candidate>,
    /// The positions of those that hold a word, in the order in which they were come upon.
    pub(super) touched: Vec<u32>,
}

/// The best appearance of one word in one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Best(u32);

/// What was found for one word.
#[derive(Debug)]
pub(super) struct TermMatches {
    /// How much the word says, from 1 to 16.
    pub(super) rarity: u32,
    /// The position of each service that holds it, and its best appearance there; sorted.
    pub(super) best: Vec<(u32, Best)>,
}

impl Best {
    const NONE: Self = Self(0);

    /// The greater weight is better; among equal weights the stronger field, then the more literal way.
    fn new(weight: u32, field: Field, way: usize) -> Self {
        assert!(way < WAYS_MAX && (1..=Weights::MAX).contains(&weight));
        Self(weight << 16 | (0xFF - field as u32) << 8 | (0xFF - way as u32))
    }

    pub(super) const fn weight(self) -> u32 {
        self.0 >> 16
    }

    pub(super) fn field(self) -> Field {
        Field::at(usize::from(0xFF - self.0.to_be_bytes()[2]))
    }

    /// The place of the way among those of its word.
    pub(super) const fn way(self) -> usize {
        (0xFF - self.0.to_be_bytes()[3]) as usize
    }
}

/// Looks every word up. `observe` is shown what was found for each, in their order.
pub(super) fn matches(
    index: &SearchIndex,
    reading: &Reading,
    reader: Language,
    mut observe: impl FnMut(u32, &[u32], &[Best]),
) -> Matches {
    let service_count = index.facts().len();
    let mut candidates = vec![Candidate::default(); service_count];
    let mut touched = Vec::new();
    let mut best = vec![Best::NONE; service_count];
    let mut holders: Vec<u32> = Vec::new();
    for (place, term) in reading.terms.iter().enumerate() {
        for (number, way) in term.ways.iter().enumerate() {
            look_up(index, way, number, reader, |position: usize, found: Best| {
                let there = &mut best[position];
                if *there == Best::NONE {
                    holders.push(u32::try_from(position).expect("a position is 32 bits"));
                }
                *there = (*there).max(found);
            });
            if way.how == How::WholeWord {
                count_name_words(index, way, &mut candidates);
            }
        }
        let rarity = rarity(service_count, holders.len(), term.role);
        observe(rarity, &holders, &best);
        for position in holders.drain(..) {
            let best = std::mem::replace(&mut best[position as usize], Best::NONE);
            let candidate = &mut candidates[position as usize];
            let field = best.field();
            if candidate.held == 0 {
                touched.push(position);
                candidate.field = field as u8;
            }
            let how = term.ways[best.way()].how;
            candidate.held |= 1 << place;
            candidate.held_strongly |= u16::from(field.is_strong()) << place;
            candidate.points += best.weight() * rarity;
            candidate.field = candidate.field.min(field as u8);
            candidate.second_best += u8::from(term.role == WordRole::Required && term.is_second_best(how));
            candidate.is_corrected |= how.is_correction();
            candidate.is_synonym |= how == How::Synonym;
        }
    }
    Matches { candidates, touched }
}

/// Calls `found` with the position and the worth of every appearance of what the way, the `number`th of its word,
/// stands for.
fn look_up(
    index: &SearchIndex,
    way: &Way,
    number: usize,
    reader: Language,
    mut found: impl FnMut(usize, Best),
) {
    let weights = Weights::new(way.percent, reader);
    match &way.found_as {
        FoundAs::AnyOf(words) => {
            let best = weights.map(|weight, field| Best::new(weight, field, number));
            for posting in index.postings(words.clone()) {
                found(posting.position(), best[posting.place()]);
            }
        }
        FoundAs::Phrase(words) => {
            let mut holders: Option<Vec<Holder>> = None;
            for word in words {
                let of_word = holders_of(index.postings_of(*word), &weights);
                holders = Some(match holders {
                    None => of_word.collect(),
                    Some(earlier) => holders_of_both(&earlier, of_word),
                });
            }
            let count = u32::try_from(words.len()).expect("a phrase has a few words");
            for holder in holders.into_iter().flatten() {
                // The mean of the words: a phrase is worth what a word is.
                let weight = (holder.weight / count).max(1);
                found(holder.position, Best::new(weight, holder.field, number));
            }
        }
    }
}

/// A service that holds a part of a phrase.
struct Holder {
    position: usize,
    /// The sum over the words so far.
    weight: u32,
    /// The weakest of the fields that hold them: a phrase is found where its last word is.
    field: Field,
}

/// Each service among the postings of one word, once, with the best appearance in it.
fn holders_of(postings: &[Posting], weights: &Weights) -> impl Iterator<Item = Holder> {
    postings.chunk_by(|left, right| left.position() == right.position()).map(|of_service| {
        let best =
            of_service.iter().max_by_key(|posting| (weights.of(**posting), std::cmp::Reverse(**posting)));
        let best = best.expect("a chunk is not empty");
        Holder { position: best.position(), weight: weights.of(*best), field: best.field() }
    })
}

/// Both are in the order of services.
fn holders_of_both(earlier: &[Holder], of_word: impl Iterator<Item = Holder>) -> Vec<Holder> {
    let mut both = Vec::new();
    let mut rest = earlier.iter().peekable();
    for holder in of_word {
        while rest.next_if(|there| there.position < holder.position).is_some() {}
        if let Some(there) = rest.next_if(|there| there.position == holder.position) {
            let field = there.field.max(holder.field);
            both.push(Holder { weight: there.weight + holder.weight, field, ..holder });
        }
    }
    both
}

fn count_name_words(index: &SearchIndex, way: &Way, candidates: &mut [Candidate]) {
    let FoundAs::AnyOf(words) = &way.found_as else { return };
    for posting in index.postings(words.clone()) {
        let name = match (posting.field(), posting.language()) {
            (Field::Name, Some(language)) => language as usize,
            (Field::PublishedName, _) => PUBLISHED_NAME,
            _ => continue,
        };
        candidates[posting.position()].name_words[name] += 1;
    }
}

/// How much a word says: 1 if every service holds it, one more each time that half as many do, at most 16. A word that
/// only helps never says much.
fn rarity(service_count: usize, holder_count: usize, role: WordRole) -> u32 {
    let ratio = service_count / holder_count.max(1);
    let rarity_max = if role == WordRole::Helping { 2 } else { 16 };
    (1 + ratio.max(1).ilog2()).min(rarity_max)
}
