//! What citizens type and what they mean by it: the list that the catalogue's own tests hold the search to.

use catalog::Language;

/// Query, language, class, slugs, separated by tabs; any of the slugs is right.
const QUERIES: &str = include_str!("../../catalog/tests/catalog/golden/queries.tsv");

/// One line of it.
pub(crate) struct Query {
    pub(crate) text: &'static str,
    pub(crate) language: Language,
    pub(crate) class: &'static str,
    slugs: Vec<&'static str>,
}

impl Query {
    /// Whether one of the services that are meant is among these.
    pub(crate) fn is_answered_by<'s>(&self, mut shown: impl Iterator<Item = &'s str>) -> bool {
        shown.any(|slug| self.slugs.contains(&slug))
    }
}

/// The list.
pub(crate) fn queries() -> Vec<Query> {
    let lines = QUERIES.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let parts: Vec<_> = line.split('\t').collect();
            let [text, language, class, slugs] = parts.try_into().expect("a line has four parts");
            let language = language.parse().expect("a language is one of two");
            Query { text, language, class, slugs: slugs.split(' ').collect() }
        })
        .collect()
}
