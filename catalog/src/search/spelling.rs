//! Which known words are like one that is not known: slips of the finger and words written by ear.
//!
//! Every known word is looked at, but only through two numbers: its length and the set of its letters. One slip adds at
//! most one letter to the set and takes at most one away, so nearly all words are out after a few machine instructions,
//! and only the handful that is left is compared letter by letter. A scan of 25,000 words takes some tens of
//! microseconds and 5 bytes a word; an index of deletions would be faster still, at a hundred times the memory.

/// How much may be wrong with a word.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tolerance {
    /// To find services by it. In a word of three letters a slip makes another word, not a wrong one.
    Search,
    /// To offer another word where nothing is found by it.
    Offer,
}

impl Tolerance {
    const fn slips_max(self, letters: usize) -> usize {
        match (self, letters) {
            (_, ..4) => 0,
            (Self::Search, ..8) | (Self::Offer, ..6) => 1,
            (Self::Search, _) | (Self::Offer, ..12) => 2,
            (Self::Offer, _) => 3,
        }
    }
}

/// No word is longer than this; a longer text is noise and has no neighbours.
const LETTERS_MAX: usize = 40;

/// The length and the letters of every known word, in the order of the words.
#[derive(Debug)]
pub(super) struct Spelling {
    outlines: Vec<Outline>,
}

/// What is looked at before a word is.
#[derive(Clone, Copy, Debug)]
struct Outline {
    /// A bit for each of the letters a to z that is in the word, and one for all others.
    letters: u32,
    /// 0 if the word is not to be found by slips: it has a digit, or too many letters.
    length: u8,
}

/// A known word that is near.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Neighbour {
    /// Its place among the known words.
    pub(super) word: usize,
    /// How many slips away: letters that are wrong, missing, too many, or swapped with their neighbour.
    pub(super) slips: usize,
}

impl Spelling {
    pub(super) fn of<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        Self { outlines: words.map(Outline::of).collect() }
    }

    /// The other known words with the fewest slips between them and `word`, if no more than the tolerance allows
    /// for its length.
    /// Numbers, and names with a number in them, have no neighbours: `CR12` is not a misspelt `CR13`.
    pub(super) fn nearest<'a>(
        &self,
        word: &str,
        tolerance: Tolerance,
        word_at: impl Fn(usize) -> &'a str,
    ) -> Vec<Neighbour> {
        let outline = Outline::of(word);
        let mut slips_max = tolerance.slips_max(usize::from(outline.length));
        if slips_max == 0 {
            return Vec::new();
        }
        let mut nearest: Vec<Neighbour> = Vec::new();
        for (known, known_outline) in self.outlines.iter().enumerate() {
            if !outline.may_be_near(*known_outline, slips_max) {
                continue;
            }
            let slips = strsim::osa_distance(word, word_at(known));
            if slips == 0 {
                continue; // The word itself.
            }
            if slips < slips_max {
                nearest.clear();
                slips_max = slips;
            }
            if slips == slips_max {
                nearest.push(Neighbour { word: known, slips });
            }
        }
        nearest
    }

    /// What it takes of memory.
    pub(super) fn size_bytes(&self) -> usize {
        self.outlines.capacity() * size_of::<Outline>()
    }
}

impl Outline {
    fn of(word: &str) -> Self {
        let mut letters = 0;
        let mut length = 0;
        for character in word.chars() {
            if character.is_numeric() || length == LETTERS_MAX {
                return Self { letters: 0, length: 0 };
            }
            length += 1;
            letters |= match character {
                'a'..='z' => 1 << (character as u32 - 'a' as u32),
                _ => 1 << 26,
            };
        }
        Self { letters, length: u8::try_from(length).expect("at most 40") }
    }

    const fn may_be_near(self, known: Self, slips_max: usize) -> bool {
        let slips_max = slips_max as u32;
        known.length > 0
            && self.length.abs_diff(known.length) as u32 <= slips_max
            && (self.letters & !known.letters).count_ones() <= slips_max
            && (known.letters & !self.letters).count_ones() <= slips_max
    }
}

#[cfg(test)]
mod tests {
    use super::Tolerance::{Offer, Search};
    use super::*;

    const KNOWN: [&str; 9] =
        ["birth", "certificate", "cr12", "kora", "kra", "licence", "license", "passport", "port"];

    fn nearest(word: &str, tolerance: Tolerance) -> Vec<(&'static str, usize)> {
        let spelling = Spelling::of(KNOWN.into_iter());
        let found = spelling.nearest(word, tolerance, |known| KNOWN[known]);
        found.into_iter().map(|neighbour| (KNOWN[neighbour.word], neighbour.slips)).collect()
    }

    #[test]
    fn one_slip_of_every_kind_is_forgiven() {
        for slip in ["brith", "bith", "birtth", "girth", "irth"] {
            assert_eq!(nearest(slip, Search).first().map(|found| found.0), Some("birth"), "{slip}");
        }
        assert_eq!(nearest("lisense", Search), [("license", 1)]);
        assert_eq!(nearest("license", Search), [("licence", 1)]);
        assert_eq!(nearest("licenze", Search), [("licence", 1), ("license", 1)]);
        assert_eq!(nearest("licen\u{df}e", Search), [("licence", 1), ("license", 1)]);
    }

    #[test]
    fn two_slips_are_forgiven_in_long_words_only() {
        assert_eq!(nearest("sertifacate", Search), [("certificate", 2)]);
        assert_eq!(nearest("pasprt", Search), []);
        assert_eq!(nearest("pasprt", Offer), [("passport", 2)]);
        assert_eq!(nearest("bxrtx", Offer), [], "five letters do not bear two slips");
        assert_eq!(nearest("sertefacat", Offer), [], "nor do ten bear four");
        assert_eq!(nearest("sertefacates", Offer), [], "nor do twelve");
        assert_eq!(nearest("xertefacate", Search), []);
    }

    #[test]
    fn short_words_and_numbers_are_taken_as_they_are() {
        assert_eq!(nearest("kr", Search), []);
        assert_eq!(nearest("cra", Search), []);
        assert_eq!(nearest("cr13", Search), []);
        assert_eq!(nearest(&"a".repeat(500), Search), []);
    }

    /// The outline must never rule a near word out.
    #[test]
    fn the_outline_agrees_with_the_letters() {
        let alphabet = ['a', 'b', 'é'];
        let words: Vec<String> = (0..3_usize.pow(5))
            .map(|number| (0..5).map(|place| alphabet[number / 3_usize.pow(place) % 3]).collect())
            .collect();
        let spelling = Spelling::of(words.iter().map(String::as_str));
        for word in words.iter().step_by(7) {
            let near = word.replacen('a', "", 1);
            if near.chars().count() < 4 {
                continue;
            }
            let found = spelling.nearest(&near, Search, |known| &words[known]);
            let slips = |known: &usize| strsim::osa_distance(&near, &words[*known]);
            let least = (0..words.len()).map(|known| slips(&known)).filter(|slips| *slips > 0).min();
            let expected: Vec<usize> =
                (0..words.len()).filter(|known| Some(slips(known)) == least && least == Some(1)).collect();
            assert_eq!(
                found.into_iter().map(|neighbour| neighbour.word).collect::<Vec<_>>(),
                expected,
                "{near}"
            );
        }
    }
}
