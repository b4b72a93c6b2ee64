//! The words of the services, service after service, before they become an index.

use std::collections::BTreeMap;

use super::posting::{Field, NAMES, PUBLISHED_NAME, Posting};
use super::words::{Token, indexed_words};
use crate::agency::Agency;
use crate::service::Service;
use crate::snapshot::ServiceIndex;
use crate::text::{Language, Text};

/// The words while they are gathered, service after service.
pub(super) struct Gathered {
    pub(super) entries: BTreeMap<String, Entry>,
    service: ServiceIndex,
}

/// A word while it is gathered.
#[derive(Default)]
pub(super) struct Entry {
    /// Sorted, without doubles.
    pub(super) postings: Vec<Posting>,
    /// How it is best written.
    pub(super) written: Option<Box<str>>,
}

impl Gathered {
    pub(super) fn new() -> Self {
        Self { entries: BTreeMap::new(), service: ServiceIndex::new(0) }
    }

    /// Adds everything but the agency, and says how many words each of its names has. Services come in the order of
    /// their positions.
    pub(super) fn add_service(&mut self, position: ServiceIndex, service: &Service) -> [u8; NAMES] {
        self.service = position;
        let mut name_word_counts = [0; NAMES];
        for (text, language) in languages_of(&service.name) {
            name_word_counts[language as usize] = self.add(text, Field::Name, Some(language));
        }
        for (text, language) in languages_of(&service.description) {
            self.add(text, Field::Description, Some(language));
        }
        if let Some(published) = &service.published_name {
            name_word_counts[PUBLISHED_NAME] = self.add(published, Field::PublishedName, Some(Language::En));
        }
        for keyword in &service.keywords {
            self.add(keyword, if is_acronym(keyword) { Field::Acronym } else { Field::Keyword }, None);
        }
        if let Some(county) = service.county {
            self.add(county.name(), Field::County, None);
        }
        name_word_counts
    }

    /// Adds the words of a text, and says how many different ones it has.
    fn add(&mut self, text: &str, field: Field, language: Option<Language>) -> u8 {
        let added =
            indexed_words(text).into_iter().filter(|token| self.add_token(token.clone(), field, language));
        u8::try_from(added.count()).unwrap_or(u8::MAX)
    }

    /// Adds one appearance in the service that was added last; false if it is known already.
    pub(super) fn add_token(&mut self, token: Token, field: Field, language: Option<Language>) -> bool {
        let posting = Posting::new(self.service, field, language);
        let entry = self.entries.entry(token.word).or_default();
        let written = if field == Field::Acronym { token.written } else { token.written.to_lowercase() };
        entry.spell(written, field == Field::Acronym);
        // What is there already of this service is at the end.
        let of_service =
            entry.postings.iter().rev().take_while(|there| there.position() == posting.position());
        let place = of_service.clone().take_while(|there| **there > posting).count();
        if of_service.clone().any(|there| *there == posting) {
            return false;
        }
        entry.postings.insert(entry.postings.len() - place, posting);
        true
    }
}

impl Entry {
    /// Keeps the best of the spellings: that of an acronym, otherwise the shortest, which is the singular.
    fn spell(&mut self, written: String, is_acronym: bool) {
        let rank = |text: &str, is_acronym: bool| (!is_acronym, text.chars().count());
        let is_better = self.written.as_deref().is_none_or(|there| {
            let there_is_acronym = there.chars().any(char::is_uppercase);
            (rank(&written, is_acronym), written.as_str()) < (rank(there, there_is_acronym), there)
        });
        if is_better {
            self.written = Some(written.into_boxed_str());
        }
    }
}

/// The words of an agency's code, name and keywords, with the language of each.
pub(super) fn words_of_agency(agency: &Agency) -> Vec<(Token, Option<Language>)> {
    let mut words: Vec<(Token, Option<Language>)> = Vec::new();
    let mut add = |text: &str, language: Option<Language>| {
        words.extend(indexed_words(text).into_iter().map(|token| (token, language)));
    };
    add(agency.code.as_str(), None);
    for (text, language) in languages_of(&agency.name) {
        add(text, Some(language));
    }
    agency.keywords.iter().for_each(|keyword| add(keyword, None));
    words
}

/// A text in each language that it is written in.
fn languages_of(text: &Text) -> impl Iterator<Item = (&str, Language)> {
    let written = Language::ALL.into_iter().filter(|language| text.language_shown(*language) == *language);
    written.map(|language| (text.in_language(language), language))
}

/// `DL`, `CR12`, `eTA`: one short word with at least two capitals.
fn is_acronym(keyword: &str) -> bool {
    let capitals = keyword.chars().filter(|character| character.is_ascii_uppercase()).count();
    capitals >= 2 && keyword.len() <= 8 && !keyword.contains(' ')
}
