//! What people type as an account number besides our own payment numbers: one row for each form, and what it means.
//!
//! Payers copy account numbers from slips, posters and old habits. A form says how such a text looks, so that it can be
//! told from others, and what may be made of it. No two forms read the same text, and none reads a payment number: "a typed
//! number can never be read two ways" is checked when a catalogue is built.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::code::{AccountFormCode, AgencyCode, ServiceSlug};
use crate::text::Text;

/// How account numbers of one kind look: a prefix that may be empty, and characters behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountForm {
    /// Its name in the catalogue.
    pub code: AccountFormCode,
    /// What people call it.
    pub name: Text,
    /// What may be made of it.
    pub means: AccountMeaning,
    /// Whose it is, if it is one agency's.
    pub agency: Option<AgencyCode>,
    /// What it pays for, if it is one service's.
    pub service: Option<ServiceSlug>,
    /// What it begins with: capital letters and digits, or nothing.
    pub prefix: Arc<str>,
    /// What follows the prefix.
    pub characters: AccountCharacters,
    /// The shortest length of what follows the prefix.
    pub length_min: u8,
    /// The longest.
    pub length_max: u8,
    /// Examples that stand on posters, as they would be typed: whoever types one has copied the poster.
    pub samples: Vec<Arc<str>>,
    /// Where this is known from.
    pub source_note: Arc<str>,
}

/// What may be made of an account number of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountMeaning {
    /// It is the reference of a bill: that of an assessment, or the agency's own.
    BillReference,
    /// It names a person within an agency: only the agency knows what is owed.
    Member,
    /// It may be several things: nobody can say for whom it is.
    Unclear,
}

/// What stands behind the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountCharacters {
    /// `0` to `9`.
    Digits,
    /// `A` to `Z`.
    Letters,
    /// `A` to `Z` and `0` to `9`, at least one of them a letter.
    LettersAndDigits,
}

/// O is written for 0, and I or L for 1, so often that they count as one character each.
pub fn without_look_alikes(text: &str) -> String {
    let same = |letter| match letter {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    text.chars().map(same).collect()
}

impl AccountCharacters {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Digits => byte.is_ascii_digit(),
            Self::Letters => byte.is_ascii_uppercase(),
            Self::LettersAndDigits => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
        }
    }

    fn fits(self, text: &str) -> bool {
        text.bytes().all(|byte| self.has(byte))
            && (self != Self::LettersAndDigits || text.bytes().any(|byte| byte.is_ascii_uppercase()))
    }

    /// What could stand at a place, with look-alikes as one.
    fn alphabet(self) -> &'static [u8] {
        match self {
            Self::Digits => b"0123456789",
            Self::Letters => b"01ABCDEFGHJKMNPQRSTUVWXYZ",
            Self::LettersAndDigits => b"0123456789ABCDEFGHJKMNPQRSTUVWXYZ",
        }
    }
}

impl AccountForm {
    /// The most characters of a typed account number that the wire carries.
    pub const LENGTH_MAX: usize = 20;

    /// True if the text, in capitals and without marks, is of this form exactly as the form is written.
    pub fn reads(&self, text: &str) -> bool {
        text.strip_prefix(&*self.prefix)
            .is_some_and(|rest| self.allows_length(rest.len()) && self.characters.fits(rest))
    }

    /// True if it is, or would be if letters that look like digits, and digits that look like letters, were the others.
    pub fn reads_with_look_alikes(&self, text: &str) -> bool {
        let Some(rest) = text.get(self.prefix.len()..).filter(|rest| self.allows_length(rest.len())) else {
            return false;
        };
        let (begin, folded) = (&text[..self.prefix.len()], without_look_alikes(rest));
        without_look_alikes(begin) == without_look_alikes(&self.prefix)
            && match self.characters {
                AccountCharacters::Digits => self.characters.fits(&folded),
                // A word of letters may hold 0 and 1, and no other digit.
                AccountCharacters::Letters => {
                    folded.bytes().all(|byte| matches!(byte, b'0' | b'1' | b'A'..=b'Z'))
                }
                AccountCharacters::LettersAndDigits => self.characters.fits(rest),
            }
    }

    /// True if what people copy from a poster is this.
    pub fn is_sample(&self, text: &str) -> bool {
        let text = without_look_alikes(text);
        self.samples.iter().any(|sample| without_look_alikes(sample) == text)
    }

    /// Every text one slip away from `text`, which has no look-alikes: one character wrong, one missing, one too many, or two
    /// neighbours swapped, behind the prefix. Look-alikes count as one character. A payer who meant any of these may have
    /// typed `text`.
    pub fn one_slip_from(&self, text: &str) -> Vec<String> {
        let Some((prefix, body)) = text.split_at_checked(self.prefix.len()) else { return Vec::new() };
        let body = body.as_bytes();
        let alphabet = self.characters.alphabet();
        let mut slips = Vec::with_capacity((alphabet.len() + 2) * (body.len() + 1));
        let mut add = |slipped: &[u8]| {
            if slipped != body {
                slips.push(format!("{prefix}{}", String::from_utf8_lossy(slipped)));
            }
        };
        for at in 0..=body.len() {
            let (before, after) = body.split_at(at);
            for letter in alphabet {
                add(&[before, &[*letter], after].concat());
                if let Some(rest) = after.get(1..) {
                    add(&[before, &[*letter], rest].concat());
                }
            }
            if let Some(rest) = after.get(1..) {
                add(&[before, rest].concat());
            }
            if let [first, second, rest @ ..] = after {
                add(&[before, &[*second, *first], rest].concat());
            }
        }
        slips.sort_unstable();
        slips.dedup();
        slips
    }

    fn allows_length(&self, length: usize) -> bool {
        (usize::from(self.length_min)..=usize::from(self.length_max)).contains(&length)
    }

    /// True if some text is of both forms.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let (short, long) =
            if self.prefix.len() <= other.prefix.len() { (self, other) } else { (other, self) };
        let Some(extra) = long.prefix.strip_prefix(&*short.prefix) else { return false };
        if !extra.bytes().all(|byte| short.characters.has(byte)) {
            return false;
        }
        let within = |form: &Self, length: usize| form.allows_length(length);
        let lengths_meet = (usize::from(long.length_min)..=usize::from(long.length_max))
            .any(|length| within(short, length + extra.len()));
        let has_letter = extra.bytes().any(|byte| byte.is_ascii_uppercase());
        use AccountCharacters::{Digits, Letters, LettersAndDigits};
        let characters_meet = match (short.characters, long.characters) {
            (Digits, Digits) | (Letters | LettersAndDigits, Letters | LettersAndDigits) => true,
            (LettersAndDigits, Digits) => has_letter,
            (Digits, Letters | LettersAndDigits) | (Letters, Digits) => false,
        };
        lengths_meet && characters_meet
    }

    /// True if one slip in the prefix makes a text of the other form of a text of this one. Slips behind the prefix are looked
    /// for when money comes; those in the prefix must not lead from one bill to another at all.
    pub(crate) fn is_one_prefix_slip_from(&self, other: &Self) -> bool {
        let [one, another] = [self, other].map(|form| without_look_alikes(&form.prefix));
        let lengths = |form: &Self| {
            let prefix = form.prefix.len();
            prefix + usize::from(form.length_min)..=prefix + usize::from(form.length_max) + 1
        };
        let (here, there) = (lengths(self), lengths(other));
        use AccountCharacters::{Digits, Letters};
        self.means == AccountMeaning::BillReference
            && other.means == AccountMeaning::BillReference
            && self.prefix != other.prefix
            && strsim::osa_distance(&one, &another) <= 1
            && here.start() <= there.end()
            && there.start() <= here.end()
            && !matches!((self.characters, other.characters), (Digits, Letters) | (Letters, Digits))
    }

    /// True if some text of this form has the twelve digits of a payment number.
    pub(crate) fn meets_payment_numbers(&self) -> bool {
        const PAYMENT_NUMBER_LENGTH: usize = 12;
        self.characters == AccountCharacters::Digits
            && without_look_alikes(&self.prefix).bytes().all(|byte| byte.is_ascii_digit())
            && PAYMENT_NUMBER_LENGTH
                .checked_sub(self.prefix.len())
                .is_some_and(|rest| self.allows_length(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(prefix: &str, characters: AccountCharacters, length_min: u8, length_max: u8) -> AccountForm {
        AccountForm {
            code: "test".parse().unwrap(),
            name: Text::english("Test"),
            means: AccountMeaning::BillReference,
            agency: None,
            service: None,
            prefix: prefix.into(),
            characters,
            length_min,
            length_max,
            samples: vec!["NHIFM12345678".into()],
            source_note: "invented".into(),
        }
    }

    use AccountCharacters::{Digits, Letters, LettersAndDigits};

    #[test]
    fn a_form_reads_what_it_says_and_look_alikes_only_where_they_can_be_one_thing() {
        let prn = form("", Digits, 13, 20);
        assert!(prn.reads("2027000123456") && !prn.reads("2O27OOO123456") && !prn.reads("202700012345"));
        assert!(prn.reads_with_look_alikes("2O27OOOI23456") && !prn.reads_with_look_alikes("2O27OOOX23456"));
        let member = form("NHIFM", Digits, 6, 9);
        assert!(member.reads("NHIFM12345678") && !member.reads("NHIFP12345678") && !member.reads("NHIFM"));
        assert!(member.reads_with_look_alikes("NH1FM1234567O") && member.is_sample("NHLFM12345678"));
        let mixed = form("", LettersAndDigits, 6, 8);
        assert!(mixed.reads("X8VJM3") && !mixed.reads("123456") && !mixed.reads_with_look_alikes("123456"));
        assert!(form("", Letters, 6, 8).reads_with_look_alikes("WQ0GPW1R"));
        // A text that is cut within a character is no panic.
        assert!(!member.reads_with_look_alikes("NHIFÄ2345678"));
    }

    /// Two forms overlap exactly if some short text is of both: held against all texts of up to four of these characters.
    #[test]
    fn overlaps_are_found_and_nothing_else() {
        let mut texts = vec![String::new()];
        for length in 0..4 {
            let longer: Vec<_> = texts
                .iter()
                .filter(|text| text.len() == length)
                .flat_map(|text| "ANX17".chars().map(move |letter| format!("{text}{letter}")))
                .collect();
            texts.extend(longer);
        }
        let mut forms = Vec::new();
        for prefix in ["", "A", "AN", "A1", "1", "17", "X"] {
            for characters in [Digits, Letters, LettersAndDigits] {
                for (min, max) in [(1, 1), (1, 2), (2, 2), (2, 3), (3, 4)] {
                    if prefix.len() + usize::from(max) <= 4 {
                        forms.push(form(prefix, characters, min, max));
                    }
                }
            }
        }
        for one in &forms {
            for other in &forms {
                let both = texts.iter().find(|text| one.reads(text) && other.reads(text));
                assert_eq!(one.overlaps(other), both.is_some(), "{one:?} {other:?} {both:?}");
            }
        }
    }

    #[test]
    fn a_slip_goes_both_ways() {
        for (form, text) in [
            (form("", Digits, 5, 6), "10221"),
            (form("N1", Digits, 5, 6), "N110221"),
            (form("", LettersAndDigits, 4, 8), "X8VJM"),
        ] {
            let slips = form.one_slip_from(text);
            assert!(!slips.iter().any(|slip| slip == text));
            for slip in &slips {
                assert!(form.one_slip_from(slip).iter().any(|back| back == text), "{slip} and {text}");
            }
        }
        // Eight other digits and itself at each of five places, six places for one more, five to leave one out, two swaps
        // that are no wrong digit and change something; each once.
        let slips = form("", Digits, 5, 6).one_slip_from("10221");
        for slip in ["1022", "1221", "01221", "12021", "10212", "10220", "102221", "910221"] {
            assert!(slips.iter().any(|known| known == slip), "{slip}");
        }
        assert_eq!(slips.len(), 45 + (6 * 10 - 5) + 4 + 3);
    }

    #[test]
    fn no_form_has_the_twelve_digits_of_a_payment_number() {
        assert!(form("", Digits, 10, 20).meets_payment_numbers());
        assert!(form("99", Digits, 10, 10).meets_payment_numbers());
        assert!(form("10", Digits, 8, 11).meets_payment_numbers());
        assert!(!form("", Digits, 13, 20).meets_payment_numbers());
        assert!(!form("NHIFM", Digits, 6, 9).meets_payment_numbers());
    }
}
