//! How the words of a query are read: as they stand, as the beginning of longer words, and, where that does not say
//! enough, as something that was meant instead.

use std::ops::Range;

use super::WordId;
use super::index::SearchIndex;
use super::spelling::Tolerance;
use super::words::{QueryWords, Token, is_helping_word};
use crate::county::County;

/// A query, read against one catalogue.
#[derive(Debug)]
pub(super) struct Reading {
    /// What is looked for; at most a dozen.
    pub(super) terms: Vec<Term>,
    /// What is not looked for, as it was written.
    pub(super) ignored: Vec<String>,
    /// The counties that are named.
    pub(super) counties: Vec<County>,
    /// A bit for each term that is required, and for each that names a place.
    pub(super) required: u16,
    pub(super) places: u16,
    /// A bit for each term of a county's name, whatever its role.
    pub(super) county_words: u16,
}

/// One word of a query.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) written: String,
    word: String,
    pub(super) role: WordRole,
    /// True if it stands, as it is, where somebody put it so that a service is found by it.
    is_known: bool,
    /// The most literal first.
    pub(super) ways: Vec<Way>,
    /// What to offer instead, if the word is likely to be misspelt.
    pub(super) correction: Option<String>,
}

/// What a word does in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WordRole {
    /// A service must hold it, as long as there is one that holds all of them.
    Required,
    /// It names a place: services of that place come first, and those of the whole country are found as well.
    Place,
    /// It says what is to be done, such as *pay*: services that hold it come a little sooner.
    Helping,
}

/// One way to read a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) how: How,
    /// What a word that is found in this way is worth, against one that is found as it stands.
    pub(super) percent: u32,
    pub(super) found_as: FoundAs,
}

/// How a word of a query became a word of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    WholeWord,
    Beginning,
    /// Together with the next or the last word.
    Joined,
    Synonym,
    Misspelt {
        slips: usize,
    },
    /// As two words that were written as one.
    Split,
}

impl How {
    /// True if it supposes that the word is not as it was meant to be written.
    pub(super) const fn is_correction(self) -> bool {
        matches!(self, Self::Misspelt { .. } | Self::Split)
    }
}

/// The words that a service must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FoundAs {
    /// Any of these.
    AnyOf(Range<WordId>),
    /// All of these, of which there are two or more.
    Phrase(Box<[WordId]>),
}

/// The most ways to read one word: more than a word ever has, and few enough to be numbered by a byte.
pub(super) const WAYS_MAX: usize = 250;
/// The most words that are taken for what a misspelt word was meant to be.
const CORRECTIONS_MAX: usize = 6;
/// The most postings of a word that may itself be a slip of the pen.
const DOUBTFUL_POSTINGS_MAX: usize = 12;
/// Words of fewer letters than this are not taken apart, and no part has fewer than half of it.
const SPLIT_LETTERS_MIN: usize = 6;

const WHOLE_WORD_PERCENT: u32 = 100;
const JOINED_PERCENT: u32 = 90;
const SPLIT_PERCENT: u32 = 80;
const BEGINNING_PERCENT: u32 = 60;
const SYNONYM_PERCENT: u32 = 55;
const ONE_SLIP_PERCENT: u32 = 45;
/// A synonym of a misspelt word.
const MISSPELT_SYNONYM_PERCENT: u32 = 35;
const MORE_SLIPS_PERCENT: u32 = 30;
/// A slip in a word that is known as it stands: below anything that the word itself can be worth.
const UNLIKELY_SLIP_PERCENT: u32 = 10;

impl Reading {
    pub(super) fn of(query: QueryWords, index: &SearchIndex) -> Self {
        let mut terms: Vec<Term> =
            query.meant.into_iter().map(|token| Term::as_it_stands(token, index)).collect();
        read_joined(&mut terms, index);
        let spelled: Vec<Option<WordId>> = terms.iter_mut().map(|term| term.corrected(index)).collect();
        read_synonyms(&mut terms, &spelled, index);
        terms.iter_mut().filter(|term| term.ways.is_empty()).for_each(|term| term.read_apart(index));
        let mut reading = Self {
            terms,
            ignored: query.ignored,
            counties: Vec::new(),
            required: 0,
            places: 0,
            county_words: 0,
        };
        reading.name_counties(&spelled, index);
        reading.require_something();
        reading.required = reading.terms_of(WordRole::Required);
        reading.places = reading.terms_of(WordRole::Place);
        for term in &mut reading.terms {
            term.ways.sort_by_key(|way| way.how);
            term.ways.truncate(WAYS_MAX);
        }
        reading
    }

    /// Finds the counties that are named; a misspelt name counts.
    fn name_counties(&mut self, spelled: &[Option<WordId>], index: &SearchIndex) {
        for (words, county) in index.counties() {
            for start in 0..self.terms.len() {
                let mut named = self.terms[start..].iter().zip(&spelled[start..]);
                let is_named = words.iter().all(|word| {
                    named.next().is_some_and(|(term, spelled)| {
                        *term.word == **word || spelled.is_some_and(|id| index.word(id) == &**word)
                    })
                });
                if is_named {
                    let named = &mut self.terms[start..start + words.len()];
                    named.iter_mut().for_each(|term| term.role = WordRole::Place);
                    self.county_words |=
                        (start..start + words.len()).fold(0, |bits, place| bits | 1 << place);
                    if !self.counties.contains(county) {
                        self.counties.push(*county);
                    }
                }
            }
        }
    }

    /// Something must be required: if it is not a thing, then the place, and otherwise what is to be done.
    fn require_something(&mut self) {
        for role in [WordRole::Place, WordRole::Helping] {
            if self.terms.iter().any(|term| term.role == WordRole::Required) {
                return;
            }
            for term in self.terms.iter_mut().filter(|term| term.role == role) {
                term.role = WordRole::Required;
            }
        }
    }

    /// A bit for each term of this role.
    fn terms_of(&self, role: WordRole) -> u16 {
        let terms = self.terms.iter().enumerate().filter(|(_, term)| term.role == role);
        terms.fold(0, |bits, (place, _)| bits | 1 << place)
    }

    /// The query in known words, if any of its words should have been written in another way. Words that mean nothing
    /// here are left off.
    pub(super) fn corrected_query(&self) -> Option<String> {
        let is_corrected = self.terms.iter().any(|term| term.correction.is_some());
        let words = self.terms.iter().filter_map(|term| match &term.correction {
            Some(correction) => Some(correction.as_str()),
            None if term.ways.is_empty() => None,
            None => Some(term.written.as_str()),
        });
        is_corrected.then(|| words.collect::<Vec<_>>().join(" "))
    }
}

impl Term {
    /// The word itself, and the beginnings of longer words.
    fn as_it_stands(token: Token, index: &SearchIndex) -> Self {
        let Token { word, written } = token;
        let mut ways = Vec::new();
        let mut is_known = false;
        if let Some(id) = held(&word, index) {
            is_known = index.postings_of(id).iter().any(|posting| posting.field().is_strong());
            ways.push(Way::new(How::WholeWord, WHOLE_WORD_PERCENT, &[id]));
        }
        let continuing = index.continuing(&word);
        // The beginnings of one letter are everywhere and mean nothing.
        if word.chars().count() >= 2 && !index.postings(continuing.clone()).is_empty() {
            let found_as = FoundAs::AnyOf(continuing);
            ways.push(Way { how: How::Beginning, percent: BEGINNING_PERCENT, found_as });
        }
        let role = if is_helping_word(&word) { WordRole::Helping } else { WordRole::Required };
        Self { written, word, role, is_known, ways, correction: None }
    }

    /// True if this way takes a known word for something else that is written alike: *park* for *parking*. A synonym is
    /// no such thing, it is the same in other words.
    pub(super) const fn is_second_best(&self, how: How) -> bool {
        self.is_known && matches!(how, How::Beginning | How::Misspelt { .. })
    }

    /// Reads the word as misspelt, if it is unknown or doubtful. Answers the known word that it most likely is.
    fn corrected(&mut self, index: &SearchIndex) -> Option<WordId> {
        let known = index.id_of(&self.word);
        let is_sure = if self.ways.is_empty() { known.is_some() } else { !self.is_doubtful(index) };
        if is_sure {
            return known;
        }
        let likeliest = likeliest(&self.word, Tolerance::Search, index);
        let first = likeliest.first().copied();
        let is_unknown = self.ways.is_empty();
        for (word, slips) in likeliest.into_iter().filter(|(word, _)| !index.postings_of(*word).is_empty()) {
            let percent = match slips {
                _ if !is_unknown => UNLIKELY_SLIP_PERCENT,
                1 => ONE_SLIP_PERCENT,
                _ => MORE_SLIPS_PERCENT,
            };
            self.ways.push(Way::new(How::Misspelt { slips }, percent, &[word]));
        }
        self.correction = first.map(|(word, _)| index.written(word).to_owned());
        known.or(first.map(|(word, _)| word))
    }

    /// True if the word, or what begins with it, stands in few places and in none where somebody put it on purpose.
    fn is_doubtful(&self, index: &SearchIndex) -> bool {
        self.ways.iter().all(|way| match &way.found_as {
            FoundAs::AnyOf(words) => {
                let postings = index.postings(words.clone());
                postings.len() <= DOUBTFUL_POSTINGS_MAX
                    && !postings.iter().any(|posting| posting.field().is_strong())
            }
            FoundAs::Phrase(_) => false,
        })
    }

    /// Reads the word as two that were written as one, and failing that makes an offer.
    fn read_apart(&mut self, index: &SearchIndex) {
        let letters = self.word.chars().count();
        let part_min = SPLIT_LETTERS_MIN / 2;
        let places = self.word.char_indices().map(|(place, _)| place);
        let inner = places.skip(part_min).take((letters + 1).saturating_sub(2 * part_min));
        let apart = inner.into_iter().find_map(|place| {
            let (left, right) = self.word.split_at(place);
            held(left, index).zip(held(right, index))
        });
        if let Some((left, right)) = apart {
            self.ways.push(Way::new(How::Split, SPLIT_PERCENT, &[left, right]));
            self.correction = Some(format!("{} {}", index.written(left), index.written(right)));
        } else if self.correction.is_none() {
            let offer = likeliest(&self.word, Tolerance::Offer, index).first().copied();
            self.correction = offer.map(|(word, _)| index.written(word).to_owned());
        }
    }
}

impl Way {
    fn new(how: How, percent: u32, words: &[WordId]) -> Self {
        let found_as = match words {
            [word] => FoundAs::AnyOf(*word..*word + 1),
            words => FoundAs::Phrase(words.into()),
        };
        Self { how, percent, found_as }
    }
}

/// The word, if a service holds it.
fn held(word: &str, index: &SearchIndex) -> Option<WordId> {
    index.id_of(word).filter(|id| !index.postings_of(*id).is_empty())
}

/// The words that this one was most likely meant to be, the likeliest first: people seldom get the first letter wrong,
/// and more often mean a common word.
fn likeliest(word: &str, tolerance: Tolerance, index: &SearchIndex) -> Vec<(WordId, usize)> {
    let mut neighbours: Vec<(WordId, usize)> = index.nearest(word, tolerance);
    let first_letter = word.chars().next();
    neighbours.sort_by_key(|(known, _)| {
        let other_first_letter = index.word(*known).chars().next() != first_letter;
        (other_first_letter, std::cmp::Reverse(index.postings_of(*known).len()), *known)
    });
    neighbours.truncate(CORRECTIONS_MAX);
    neighbours
}

/// Reads `cr 12` as `cr12`, and `log book` as `logbook`.
fn read_joined(terms: &mut [Term], index: &SearchIndex) {
    for place in 1..terms.len() {
        let joined = format!("{}{}", terms[place - 1].word, terms[place].word);
        if let Some(id) = held(&joined, index) {
            for term in &mut terms[place - 1..=place] {
                term.ways.push(Way::new(How::Joined, JOINED_PERCENT, &[id]));
            }
        }
    }
}

/// Reads each phrase that has another meaning as that meaning as well: every word of the phrase counts as found in a
/// service that holds the whole of the meaning.
fn read_synonyms(terms: &mut [Term], spelled: &[Option<WordId>], index: &SearchIndex) {
    for start in 0..terms.len() {
        for (count, meaning) in index.synonyms.beginning(&spelled[start..]) {
            let phrase = &mut terms[start..start + count];
            let is_misspelt = phrase.iter().any(|term| term.correction.is_some());
            let percent = if is_misspelt { MISSPELT_SYNONYM_PERCENT } else { SYNONYM_PERCENT };
            let way = Way::new(How::Synonym, percent, meaning);
            let is_place = index.counties().iter().any(|(words, _)| {
                words.iter().map(|word| &**word).eq(meaning.iter().map(|id| index.word(*id)))
            });
            for term in phrase {
                if is_place {
                    term.role = WordRole::Place;
                }
                if !term.ways.iter().any(|there| there.found_as == way.found_as) {
                    term.ways.push(way.clone());
                }
            }
        }
    }
}
