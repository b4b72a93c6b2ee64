//! What else a phrase of a query may mean: the table of `synonym_table`, in the words of one catalogue.
//!
//! The table is read once, when the catalogue is built. What no service of this catalogue holds is left out, so that a
//! query never waits for, and nobody is ever offered, a word that leads nowhere. Meanings are not chained: if one word
//! means a second and the second a third, the first does not mean the third unless a line says so.

use std::collections::{BTreeMap, HashMap};

use super::WordId;
use super::synonym_table::{MEANS, SAME};
use super::words::indexed_words;

/// A phrase and what else it means, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    from: Vec<String>,
    to: Vec<String>,
}

/// The meanings that lead to words for which `is_held` says yes, in the order of the table.
pub(super) fn meanings(is_held: impl Fn(&str) -> bool) -> Vec<Meaning> {
    let mut meanings = Vec::new();
    let mut add = |from: &str, to: &str| {
        let (from, to) = (phrase(from), phrase(to));
        if from != to && to.iter().all(|word| is_held(word)) {
            meanings.push(Meaning { from, to });
        }
    };
    for group in SAME {
        for from in *group {
            group.iter().for_each(|to| add(from, to));
        }
    }
    for (phrases, to) in MEANS {
        phrases.iter().for_each(|from| add(from, to));
    }
    meanings
}

fn phrase(text: &str) -> Vec<String> {
    indexed_words(text).into_iter().map(|token| token.word).collect()
}

impl Meaning {
    /// Every word of the phrase: known words from now on, even where no service holds them.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.from.iter().map(String::as_str)
    }
}

/// The phrases of one catalogue.
#[derive(Debug)]
pub(super) struct Synonyms {
    /// By the first word of the phrase.
    by_first_word: HashMap<WordId, Vec<Phrase>>,
}

/// A phrase that means something else too.
#[derive(Debug)]
struct Phrase {
    words: Box<[WordId]>,
    meanings: Vec<Box<[WordId]>>,
}

impl Synonyms {
    /// `id_of` knows every word of these meanings.
    pub(super) fn of(meanings: &[Meaning], id_of: impl Fn(&str) -> WordId) -> Self {
        let ids = |words: &[String]| words.iter().map(|word| id_of(word)).collect::<Box<[_]>>();
        let mut by_phrase: BTreeMap<Box<[WordId]>, Vec<Box<[WordId]>>> = BTreeMap::new();
        for meaning in meanings {
            let known = by_phrase.entry(ids(&meaning.from)).or_default();
            let to = ids(&meaning.to);
            if !known.contains(&to) {
                known.push(to);
            }
        }
        let mut by_first_word: HashMap<WordId, Vec<Phrase>> = HashMap::new();
        for (words, meanings) in by_phrase {
            by_first_word.entry(words[0]).or_default().push(Phrase { words, meanings });
        }
        Self { by_first_word }
    }

    /// What the phrases that begin here mean: how many words each has, and the words of one of its meanings.
    pub(super) fn beginning<'a>(
        &'a self,
        spelled: &'a [Option<WordId>],
    ) -> impl Iterator<Item = (usize, &'a [WordId])> {
        let first = spelled.first().copied().flatten();
        let phrases = first.and_then(|word| self.by_first_word.get(&word)).map_or(&[][..], Vec::as_slice);
        let here = phrases.iter().filter(move |phrase| {
            phrase.words.len() <= spelled.len()
                && phrase.words.iter().zip(spelled).all(|(word, spelled)| Some(*word) == *spelled)
        });
        here.flat_map(|phrase| phrase.meanings.iter().map(|meaning| (phrase.words.len(), &**meaning)))
    }

    /// What they take of memory, without what the map itself needs.
    pub(super) fn size_bytes(&self) -> usize {
        let phrases = self.by_first_word.values().flatten();
        phrases
            .map(|phrase| {
                let words: usize = phrase.meanings.iter().map(|meaning| meaning.len()).sum();
                size_of::<Phrase>() + (phrase.words.len() + words) * size_of::<WordId>()
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_phrase_of_the_table_has_words_and_no_line_says_a_thing_twice() {
        let means = MEANS.iter().map(|(from, to)| from.iter().copied().chain([*to]).collect::<Vec<_>>());
        for line in SAME.iter().map(|line| line.to_vec()).chain(means) {
            let phrases: BTreeSet<_> = line.iter().map(|text| phrase(text)).collect();
            assert_eq!(phrases.len(), line.len(), "{line:?}");
            assert!(line.len() > 1, "{line:?}");
            assert!(phrases.iter().all(|words| (1..=4).contains(&words.len())), "{line:?}");
        }
        let lines: BTreeSet<_> = SAME.iter().collect();
        assert_eq!(lines.len(), SAME.len());
    }

    #[test]
    fn a_meaning_that_no_service_holds_is_left_out_and_none_is_chained() {
        let held = ["sha", "marriage"];
        let meanings = meanings(|word| held.contains(&word));
        let means = |from: &str, to: &str| {
            meanings.contains(&Meaning { from: vec![from.into()], to: vec![to.into()] })
        };
        assert!(means("nhif", "sha") && means("shif", "sha") && !means("sha", "sha"));
        assert!(meanings.iter().all(|meaning| meaning.to == ["sha"] || meaning.to == ["marriage"]));
        assert!(means("wedding", "marriage") && means("ndoa", "marriage"));
        assert!(
            !means("harusi", "marriage"),
            "harusi means ndoa, ndoa means marriage, no line says the rest"
        );
    }
}
