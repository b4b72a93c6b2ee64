//! One appearance of a word in a service, in four bytes.

use crate::snapshot::ServiceIndex;
use crate::text::Language;

/// Where in a service a word stands. The strongest come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    /// A short form by which the service is known: `CR12`, `DL`.
    Acronym,
    /// Its name.
    Name,
    /// The county that it is confined to.
    County,
    /// A keyword.
    Keyword,
    /// Its name on the official list.
    PublishedName,
    /// The agency's code, name and keywords.
    Agency,
    /// Its description.
    Description,
}

impl Field {
    /// Every field, the strongest first.
    const ALL: [Self; 7] = [
        Self::Acronym,
        Self::Name,
        Self::County,
        Self::Keyword,
        Self::PublishedName,
        Self::Agency,
        Self::Description,
    ];

    /// The field at this place of the order of strength, counted from 0.
    pub(super) fn at(rank: usize) -> Self {
        Self::ALL[rank]
    }

    /// What a whole word is worth here: at most 100.
    const fn weight(self) -> u32 {
        match self {
            Self::Acronym => 100,
            Self::Name => 80,
            Self::County => 70,
            Self::Keyword => 60,
            Self::PublishedName => 50,
            Self::Agency => 30,
            Self::Description => 12,
        }
    }

    /// True for the fields that were written so that the service is found by them. A word that stands only in the
    /// others may well be a slip of the pen.
    pub(super) const fn is_strong(self) -> bool {
        matches!(self, Self::Acronym | Self::Name | Self::County | Self::Keyword)
    }
}

/// One appearance: the service, the field, and the language of the text, none for keywords, which are of either. The
/// service is in the high bits, so that the postings of a word sort by it; the other two, which decide what the
/// appearance is worth, are its *place*, in the low five.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Posting(u32);

const PLACE_BITS: u32 = 5;
const LANGUAGE_BITS: u32 = 2;

impl Posting {
    /// How many places there can be.
    const PLACES: usize = 1 << PLACE_BITS;

    /// # Panics
    /// If the service is beyond the 134 millionth.
    pub(super) fn new(service: ServiceIndex, field: Field, language: Option<Language>) -> Self {
        let position = u32::try_from(service.position()).expect("a position is 32 bits");
        assert!(position >> (u32::BITS - PLACE_BITS) == 0, "the builder bounds the number of services");
        let language = match language {
            None => 0,
            Some(Language::En) => 1,
            Some(Language::Sw) => 2,
        };
        Self(position << PLACE_BITS | (field as u32) << LANGUAGE_BITS | language)
    }

    /// The position of the service.
    pub(super) const fn position(self) -> usize {
        (self.0 >> PLACE_BITS) as usize
    }

    /// Field and language together, to look a weight up.
    pub(super) const fn place(self) -> usize {
        self.0 as usize & (Self::PLACES - 1)
    }

    pub(super) fn field(self) -> Field {
        field_of(self.place())
    }

    pub(super) fn language(self) -> Option<Language> {
        language_of(self.place())
    }
}

/// The names of a service: in each language, and on the official list.
pub(super) const NAMES: usize = Language::ALL.len() + 1;
/// Where the name on the official list stands among them.
pub(super) const PUBLISHED_NAME: usize = Language::ALL.len();

fn field_of(place: usize) -> Field {
    Field::at(place >> LANGUAGE_BITS)
}

fn language_of(place: usize) -> Option<Language> {
    match place & ((1 << LANGUAGE_BITS) - 1) {
        1 => Some(Language::En),
        2 => Some(Language::Sw),
        _ => None,
    }
}

/// What an appearance in each place is worth, for one reader and one way to read a word.
pub(super) struct Weights([u32; Posting::PLACES]);

impl Weights {
    /// The greatest weight: an acronym in the reader's language.
    pub(super) const MAX: u32 = 110;

    /// `percent` of the weight of the field, and a tenth more in the reader's own language; never nothing.
    pub(super) fn new(percent: u32, reader: Language) -> Self {
        let mut weights = [0; Posting::PLACES];
        for field in Field::ALL {
            for language in [None, Some(Language::En), Some(Language::Sw)] {
                let of_field = field.weight() * percent / 100;
                let of_language =
                    if language.is_none_or(|written| written == reader) { of_field / 10 } else { 0 };
                let place = Posting::new(ServiceIndex::new(0), field, language).place();
                weights[place] = (of_field + of_language).max(1);
            }
        }
        Self(weights)
    }

    pub(super) const fn of(&self, posting: Posting) -> u32 {
        self.0[posting.place()]
    }

    /// What becomes of the weight and the field of each place. Places that no posting can have count as the weakest.
    pub(super) fn map<Value>(&self, value: impl Fn(u32, Field) -> Value) -> [Value; Posting::PLACES] {
        let field = |place| {
            if place >> LANGUAGE_BITS < Field::ALL.len() { field_of(place) } else { Field::Description }
        };
        std::array::from_fn(|place| value(self.0[place].max(1), field(place)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posting_holds_what_was_put_into_it_and_sorts_by_service() {
        let mut postings = Vec::new();
        for position in [0, 1, 199_999, (1 << 27) - 1] {
            for field in Field::ALL {
                for language in [None, Some(Language::En), Some(Language::Sw)] {
                    let posting = Posting::new(ServiceIndex::new(position), field, language);
                    assert_eq!(
                        (posting.position(), posting.field(), posting.language()),
                        (position, field, language)
                    );
                    postings.push(posting);
                }
            }
        }
        assert!(postings.is_sorted());
    }

    #[test]
    fn a_weight_is_more_than_nothing_and_at_most_what_it_may_be() {
        let acronym = Posting::new(ServiceIndex::new(3), Field::Acronym, None);
        let foreign = Posting::new(ServiceIndex::new(3), Field::Description, Some(Language::Sw));
        assert_eq!(Weights::new(100, Language::En).of(acronym), Weights::MAX);
        assert_eq!(Weights::new(100, Language::En).of(foreign), 12);
        assert_eq!(Weights::new(5, Language::En).of(foreign), 1);
    }
}
