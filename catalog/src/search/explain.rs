//! Why a search answered what it answered, for people at a terminal.

use std::fmt;

use super::index::SearchIndex;
use super::matching::TermMatches;
use super::rank::{MatchReason, ScoreParts};
use super::reading::{FoundAs, How, Term, Way, WordRole};
use super::{Hits, Scored};
use crate::code::ServiceSlug;
use crate::snapshot::Catalogue;

/// A search with its reasons. Shown, it is a few lines for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The query as it came.
    pub query: String,
    /// The answer itself.
    pub answer: Hits,
    /// How each word was read, in the order of the query.
    pub words: Vec<WordExplanation>,
    /// The words that were not looked for: they say nothing, are there twice, or are too many.
    pub ignored: Vec<String>,
    /// Why each hit of the answer is where it is, in their order.
    pub hits: Vec<HitExplanation>,
}

/// How one word of the query was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordExplanation {
    /// As it was written.
    pub written: String,
    /// What it does in the query.
    pub role: WordRole,
    /// Every way in which it was read, the most literal first; none for a word that means nothing here.
    pub readings: Vec<WordReading>,
    /// How many services hold it in one of these ways, before any filter.
    pub holder_count: usize,
    /// How much it says, from 1 to 16.
    pub rarity: u32,
}

/// One way in which a word was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WordReading {
    /// As it stands.
    WholeWord,
    /// As the beginning of this many other words.
    Beginning {
        /// How many.
        word_count: usize,
    },
    /// As a part of this word, with its neighbour.
    Joined(String),
    /// As another word, or words, for this.
    Synonym(String),
    /// As this word, misspelt.
    Misspelt {
        /// The word that was meant.
        meant: String,
        /// How many letters are wrong, missing, too many or swapped.
        slips: usize,
    },
    /// As these words, written as one.
    Split(String),
}

/// Why a hit is where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HitExplanation {
    /// The service.
    pub slug: ServiceSlug,
    /// What matched best.
    pub reason: MatchReason,
    /// What each word of the query that it holds brings in.
    pub contributions: Vec<Contribution>,
    /// The parts of its score; their sum is the hit's.
    pub parts: ScoreParts,
}

/// What one word of the query brings in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// The word, as it was written.
    pub written: String,
    /// The way of reading it that is worth most here.
    pub reading: WordReading,
    /// Where in the service it stands; never one of the reasons that concern a service as a whole.
    pub field: MatchReason,
    /// What a word is worth there, read in this way.
    pub weight: u32,
    /// How much the word says.
    pub rarity: u32,
}

impl Contribution {
    /// Weight times rarity.
    pub const fn points(&self) -> u32 {
        self.weight * self.rarity
    }
}

impl Explanation {
    pub(super) fn of(
        catalogue: &Catalogue,
        query: &str,
        answer: Hits,
        scored: &Scored,
        found: &[TermMatches],
    ) -> Self {
        let index = catalogue.search_index();
        let terms = || scored.reading.terms.iter().zip(found);
        let words = terms().map(|(term, found)| WordExplanation {
            written: term.written.clone(),
            role: term.role,
            readings: term.ways.iter().map(|way| WordReading::of(way, index)).collect(),
            holder_count: found.best.len(),
            rarity: found.rarity,
        });
        let hits = answer.hits.iter().zip(&scored.parts).map(|(hit, parts)| {
            let position = u32::try_from(hit.service.position()).expect("a position is 32 bits");
            let contributions =
                terms().filter_map(|(term, found)| contribution(term, found, position, index));
            HitExplanation {
                slug: catalogue.service_at(hit.service).slug.clone(),
                reason: hit.reason,
                contributions: contributions.collect(),
                parts: *parts,
            }
        });
        let (words, hits) = (words.collect(), hits.collect());
        let ignored = scored.reading.ignored.clone();
        Self { query: query.to_owned(), answer, words, ignored, hits }
    }
}

fn contribution(
    term: &Term,
    found: &TermMatches,
    position: u32,
    index: &SearchIndex,
) -> Option<Contribution> {
    let place = found.best.binary_search_by_key(&position, |(position, _)| *position).ok()?;
    let best = found.best[place].1;
    Some(Contribution {
        written: term.written.clone(),
        reading: WordReading::of(&term.ways[best.way()], index),
        field: best.field().into(),
        weight: best.weight(),
        rarity: found.rarity,
    })
}

impl WordReading {
    fn of(way: &Way, index: &SearchIndex) -> Self {
        let words = || match &way.found_as {
            FoundAs::AnyOf(words) => index.written(words.start).to_owned(),
            FoundAs::Phrase(words) => {
                words.iter().map(|word| index.written(*word)).collect::<Vec<_>>().join(" ")
            }
        };
        match (way.how, &way.found_as) {
            (How::WholeWord, _) => Self::WholeWord,
            (How::Beginning, FoundAs::AnyOf(words)) => Self::Beginning { word_count: words.len() },
            (How::Beginning, FoundAs::Phrase(words)) => Self::Beginning { word_count: words.len() },
            (How::Joined, _) => Self::Joined(words()),
            (How::Synonym, _) => Self::Synonym(words()),
            (How::Misspelt { slips }, _) => Self::Misspelt { meant: words(), slips },
            (How::Split, _) => Self::Split(words()),
        }
    }
}

impl fmt::Display for WordReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WholeWord => write!(f, "as it stands"),
            Self::Beginning { word_count: 1 } => write!(f, "beginning of 1 word"),
            Self::Beginning { word_count } => write!(f, "beginning of {word_count} words"),
            Self::Joined(word) => write!(f, "part of {word:?}"),
            Self::Synonym(words) => write!(f, "synonym of {words:?}"),
            Self::Misspelt { meant, slips: 1 } => write!(f, "typo of {meant:?}"),
            Self::Misspelt { meant, slips } => write!(f, "typo of {meant:?}, {slips} slips"),
            Self::Split(words) => write!(f, "{words:?} in one word"),
        }
    }
}

/// What it does in a query, in a word or two.
impl fmt::Display for WordRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Required => "required",
            Self::Place => "place",
            Self::Helping => "helping",
        })
    }
}

/// Where it stands or what it is, in a word or two.
impl fmt::Display for MatchReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ExactName => "exact name",
            Self::Acronym => "acronym",
            Self::Name => "name",
            Self::County => "county",
            Self::Keyword => "keyword",
            Self::PublishedName => "official name",
            Self::Agency => "agency",
            Self::Description => "description",
            Self::Synonym => "synonym",
            Self::Spelling => "spelling",
            Self::SomeWords => "some words",
            Self::Listed => "listed",
        })
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.hits.len();
        writeln!(f, "{:?}: {shown} of {} services", self.query, self.answer.total_count)?;
        self.words.iter().try_for_each(|word| write!(f, "{word}"))?;
        if !self.ignored.is_empty() {
            writeln!(f, "  ignored: {}", self.ignored.join(" "))?;
        }
        if let Some(query) = &self.answer.did_you_mean {
            writeln!(f, "  did you mean: {query}")?;
        }
        for (place, hit) in self.hits.iter().enumerate() {
            write!(f, "{:>3}. {hit}", place + 1)?;
        }
        Ok(())
    }
}

impl fmt::Display for WordExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { written, role, holder_count, rarity, .. } = self;
        writeln!(f, "  {written:<20} {role:<10} held by {holder_count}, rarity {rarity}")?;
        for reading in &self.readings {
            writeln!(f, "  {:<20} {reading}", "")?;
        }
        if self.readings.is_empty() {
            writeln!(f, "  {:<20} unknown", "")?;
        }
        Ok(())
    }
}

impl fmt::Display for HitExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}  {} ({})", self.slug, self.parts.total(), self.reason)?;
        for word in &self.contributions {
            let Contribution { written, reading, field, weight, rarity } = word;
            let points = word.points();
            writeln!(f, "  {points:>8}  {written}: {field}, weight {weight} x rarity {rarity}, {reading}")?;
        }
        let parts = &self.parts;
        for (points, what) in [
            (parts.words_held, "words held"),
            (parts.name, "share of the name"),
            (parts.county, "county"),
            (parts.authored, "written by hand"),
        ] {
            if points > 0 {
                writeln!(f, "  {points:>8}  {what}")?;
            }
        }
        Ok(())
    }
}
