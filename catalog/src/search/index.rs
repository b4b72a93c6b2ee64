//! Which services hold which word, and where: a sorted list of words, each with its postings.
//!
//! Words are sorted so that all words with one beginning lie next to each other; a prefix is then a range. With 22,000
//! services there are some 20,000 words and half a million postings of eight bytes.

use std::collections::BTreeMap;

use super::words::indexed_words;
use crate::agency::Agency;
use crate::code::AgencyCode;
use crate::service::Service;
use crate::snapshot::ServiceIndex;
use crate::text::{Language, Text};

/// Where in a service a word stands. The strongest come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    /// A short form by which the service is known: `CR12`, `DL`.
    Acronym,
    /// Its name.
    Name,
    /// A keyword.
    Keyword,
    /// Its name on the official list.
    PublishedName,
    /// The agency's code, name and keywords.
    Agency,
    /// Its description.
    Description,
}

/// One appearance of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Posting {
    pub(super) service: ServiceIndex,
    pub(super) field: Field,
    /// The language of the text; none for keywords, which are of either.
    pub(super) language: Option<Language>,
}

/// The words of one catalogue.
#[derive(Debug)]
pub(crate) struct SearchIndex {
    words: Vec<Box<str>>,
    /// `postings[starts[i]..starts[i + 1]]` are those of `words[i]`.
    starts: Vec<usize>,
    postings: Vec<Posting>,
    /// The words of each service's names, to see how much of a name a query covers.
    names: Vec<[Vec<String>; Language::ALL.len()]>,
}

impl SearchIndex {
    /// Indexes these services, whose positions are their places in the slice.
    pub(crate) fn of<'a>(services: &'a [Service], agency_of: impl Fn(&AgencyCode) -> &'a Agency) -> Self {
        let mut postings_by_word: BTreeMap<String, Vec<Posting>> = BTreeMap::new();
        let mut names = Vec::with_capacity(services.len());
        for (position, service) in services.iter().enumerate() {
            let service_index = ServiceIndex::new(position);
            let mut add = |text: &str, field, language| {
                for word in indexed_words(text) {
                    let posting = Posting { service: service_index, field, language };
                    postings_by_word.entry(word).or_default().push(posting);
                }
            };
            add_text(&mut add, &service.name, Field::Name);
            add_text(&mut add, &service.description, Field::Description);
            if let Some(published) = &service.published_name {
                add(published, Field::PublishedName, Some(Language::En));
            }
            for keyword in &service.keywords {
                add(keyword, if is_acronym(keyword) { Field::Acronym } else { Field::Keyword }, None);
            }
            let agency = agency_of(&service.agency);
            add(agency.code.as_str(), Field::Agency, None);
            add_text(&mut add, &agency.name, Field::Agency);
            for keyword in &agency.keywords {
                add(keyword, Field::Agency, None);
            }
            names.push(Language::ALL.map(|language| indexed_words(service.name.in_language(language))));
        }
        Self::from_sorted(postings_by_word, names)
    }

    fn from_sorted(
        postings_by_word: BTreeMap<String, Vec<Posting>>,
        names: Vec<[Vec<String>; Language::ALL.len()]>,
    ) -> Self {
        let mut words = Vec::with_capacity(postings_by_word.len());
        let mut starts = Vec::with_capacity(postings_by_word.len() + 1);
        let mut postings = Vec::new();
        for (word, mut of_word) in postings_by_word {
            of_word.sort_unstable();
            of_word.dedup();
            words.push(word.into_boxed_str());
            starts.push(postings.len());
            postings.extend(of_word);
        }
        starts.push(postings.len());
        Self { words, starts, postings, names }
    }

    /// The postings of every word that begins like this, each with whether it is the very word.
    pub(super) fn beginning_with<'a>(
        &'a self,
        beginning: &'a str,
    ) -> impl Iterator<Item = (bool, &'a [Posting])> {
        let first = self.words.partition_point(|word| **word < *beginning);
        self.words[first..].iter().take_while(move |word| word.starts_with(beginning)).enumerate().map(
            move |(offset, word)| {
                let range = self.starts[first + offset]..self.starts[first + offset + 1];
                (**word == *beginning, &self.postings[range])
            },
        )
    }

    /// The words of a service's name.
    pub(super) fn name_words(&self, service: ServiceIndex, language: Language) -> &[String] {
        &self.names[service.position()][language as usize]
    }

    /// How many services there are.
    pub(super) fn service_count(&self) -> usize {
        self.names.len()
    }
}

fn add_text(add: &mut impl FnMut(&str, Field, Option<Language>), text: &Text, field: Field) {
    add(text.en(), field, Some(Language::En));
    if text.is_translated() {
        add(text.sw(), field, Some(Language::Sw));
    }
}

/// `DL`, `CR12`, `eTA`: one short word with at least two capitals.
fn is_acronym(keyword: &str) -> bool {
    let capitals = keyword.chars().filter(|character| character.is_ascii_uppercase()).count();
    capitals >= 2 && keyword.len() <= 8 && !keyword.contains(' ')
}
