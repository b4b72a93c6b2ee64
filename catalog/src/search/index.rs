//! Which services hold which word, and where: a sorted list of words, each with its postings.
//!
//! Words are sorted so that all words with one beginning lie next to each other; a prefix is then a range, and so are
//! its postings. With 22,000 services there are some 20,000 words and a million postings of four bytes.

use std::collections::BTreeMap;
use std::ops::Range;

use super::WordId;
use super::gather::{Gathered, words_of_agency};
use super::posting::{Field, NAMES, Posting};
use super::spelling::{Spelling, Tolerance};
use super::synonyms::{Meaning, Synonyms, meanings};
use super::words::{Token, indexed_words};
use crate::agency::Agency;
use crate::code::AgencyCode;
use crate::county::County;
use crate::service::Service;
use crate::snapshot::ServiceIndex;
use crate::text::Language;

/// What is asked of every service that holds a word, kept close together.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServiceFacts {
    /// The place of its agency among [`SearchIndex::agencies`].
    pub(super) agency: u16,
    pub(super) county: Option<County>,
    pub(super) is_billable: bool,
    pub(super) is_sample: bool,
    /// How many different words each of its names has; none where there is no such name.
    pub(super) name_word_counts: [u8; NAMES],
}

/// The words of one catalogue.
#[derive(Debug)]
pub(crate) struct SearchIndex {
    words: Vec<Box<str>>,
    /// `postings[starts[i]..starts[i + 1]]` are those of `words[i]`. A word that no service holds is there because
    /// [`Synonyms`] know it.
    starts: Vec<u32>,
    postings: Vec<Posting>,
    /// How a word is written, where that is not how it is compared: `muranga`, `Murang'a`.
    spellings: BTreeMap<WordId, Box<str>>,
    facts: Vec<ServiceFacts>,
    /// Every agency that offers a service, by code.
    agencies: Vec<AgencyCode>,
    pub(super) synonyms: Synonyms,
    spelling: Spelling,
    /// Every county with the words by which it is named.
    counties: Vec<(Vec<Box<str>>, County)>,
}

impl SearchIndex {
    /// Indexes these services, whose positions are their places in the slice.
    pub(crate) fn of<'a>(services: &'a [Service], agency_of: impl Fn(&AgencyCode) -> &'a Agency) -> Self {
        let mut gathered = Gathered::new();
        let mut agency_words: BTreeMap<AgencyCode, Vec<(Token, Option<Language>)>> = BTreeMap::new();
        for service in services {
            let words_of = || words_of_agency(agency_of(&service.agency));
            agency_words.entry(service.agency.clone()).or_insert_with(words_of);
        }
        let agencies: Vec<AgencyCode> = agency_words.keys().cloned().collect();
        let mut facts = Vec::with_capacity(services.len());
        for (position, service) in services.iter().enumerate() {
            let name_word_counts = gathered.add_service(ServiceIndex::new(position), service);
            for (token, language) in &agency_words[&service.agency] {
                gathered.add_token(token.clone(), Field::Agency, *language);
            }
            let agency = agencies.binary_search(&service.agency).expect("all of them were gathered");
            facts.push(ServiceFacts {
                agency: u16::try_from(agency).expect("a state has fewer than 65,536 agencies"),
                county: service.county,
                is_billable: service.is_billable(),
                is_sample: service.sample,
                name_word_counts,
            });
        }
        Self::from_gathered(gathered, facts, agencies)
    }

    fn from_gathered(mut gathered: Gathered, facts: Vec<ServiceFacts>, agencies: Vec<AgencyCode>) -> Self {
        let meanings = meanings(|word| gathered.entries.contains_key(word));
        for word in meanings.iter().flat_map(Meaning::words) {
            gathered.entries.entry(word.to_owned()).or_default();
        }
        let mut words = Vec::with_capacity(gathered.entries.len());
        let mut starts = Vec::with_capacity(gathered.entries.len() + 1);
        let mut postings = Vec::with_capacity(gathered.entries.values().map(|of| of.postings.len()).sum());
        let mut spellings = BTreeMap::new();
        for (word, mut entry) in gathered.entries {
            if let Some(written) = entry.written.filter(|written| **written != *word) {
                spellings.insert(word_id(words.len()), written);
            }
            words.push(word.into_boxed_str());
            starts.push(word_id(postings.len()));
            postings.append(&mut entry.postings);
        }
        starts.push(word_id(postings.len()));
        let id_of = |word: &str| {
            word_id(words.binary_search_by(|known| (**known).cmp(word)).expect("it was added above"))
        };
        let synonyms = Synonyms::of(&meanings, id_of);
        let spelling = Spelling::of(words.iter().map(|word| &**word));
        Self { synonyms, spelling, words, starts, postings, spellings, facts, agencies, counties: counties() }
    }

    /// The word that is written like this, if it is known.
    pub(super) fn id_of(&self, word: &str) -> Option<WordId> {
        self.words.binary_search_by(|known| (**known).cmp(word)).ok().map(word_id)
    }

    /// The words that begin like this and go on.
    pub(super) fn continuing(&self, beginning: &str) -> Range<WordId> {
        let first = self.words.partition_point(|word| **word <= *beginning);
        let count = self.words[first..].partition_point(|word| word.starts_with(beginning));
        word_id(first)..word_id(first + count)
    }

    /// The postings of these words, in the order of the words; for one word, in the order of services.
    pub(super) fn postings(&self, words: Range<WordId>) -> &[Posting] {
        &self.postings[self.starts[words.start as usize] as usize..self.starts[words.end as usize] as usize]
    }

    /// The postings of one word.
    pub(super) fn postings_of(&self, word: WordId) -> &[Posting] {
        self.postings(word..word + 1)
    }

    /// The known words that are written most nearly like this one, with their slips; see [`Spelling::nearest`].
    pub(super) fn nearest(&self, word: &str, tolerance: Tolerance) -> Vec<(WordId, usize)> {
        let neighbours = self.spelling.nearest(word, tolerance, |known| &self.words[known]);
        neighbours.into_iter().map(|neighbour| (word_id(neighbour.word), neighbour.slips)).collect()
    }

    /// A word as it is compared.
    pub(super) fn word(&self, word: WordId) -> &str {
        &self.words[word as usize]
    }

    /// A word as people write it.
    pub(super) fn written(&self, word: WordId) -> &str {
        self.spellings.get(&word).map_or(self.word(word), |written| written)
    }

    /// What there is to know about each service, by position.
    pub(super) fn facts(&self) -> &[ServiceFacts] {
        &self.facts
    }

    /// Every agency that offers a service, by code.
    pub(super) fn agencies(&self) -> &[AgencyCode] {
        &self.agencies
    }

    /// Every county with the words by which it is named.
    pub(super) fn counties(&self) -> &[(Vec<Box<str>>, County)] {
        &self.counties
    }

    /// What the index takes of memory, to within the bookkeeping of the allocator.
    pub(crate) fn size_bytes(&self) -> usize {
        let words: usize = self.words.iter().map(|word| size_of::<Box<str>>() + word.len()).sum();
        let spellings: usize =
            self.spellings.values().map(|word| size_of::<(WordId, Box<str>)>() + word.len()).sum();
        words
            + spellings
            + self.starts.capacity() * size_of::<u32>()
            + self.postings.capacity() * size_of::<Posting>()
            + self.facts.capacity() * size_of::<ServiceFacts>()
            + self.synonyms.size_bytes()
            + self.spelling.size_bytes()
    }
}

fn word_id(place: usize) -> WordId {
    u32::try_from(place).expect("the builder bounds the number of services and the length of their texts")
}

/// What people call some counties, beside their official names.
const COUNTY_SHORT_NAMES: [(&str, &str); 6] = [
    ("Nairobi", "nairobi-city"),
    ("Homabay", "homa-bay"),
    ("Tharaka", "tharaka-nithi"),
    ("Elgeyo", "elgeyo-marakwet"),
    ("Marakwet", "elgeyo-marakwet"),
    ("Pokot", "west-pokot"),
];

fn counties() -> Vec<(Vec<Box<str>>, County)> {
    let short = COUNTY_SHORT_NAMES.map(|(name, slug)| (name, slug.parse().expect("the slug of a county")));
    let names = County::all().map(|county| (county.name(), county)).chain(short);
    let words = |name| indexed_words(name).into_iter().map(|token| token.word.into_boxed_str()).collect();
    names.map(|(name, county)| (words(name), county)).collect()
}
