//! The short names that the catalogue hands out: parsed once where they enter, then cheap to clone.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Why a text is not one of the catalogue's codes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {what}: {shape}")]
pub struct CodeError {
    /// The text as it came, shortened: a stranger may have sent a long one.
    pub text: String,
    /// What it should have been, with its article: `a service slug`.
    pub what: &'static str,
    /// The shape that is wanted, in words.
    pub shape: &'static str,
}

/// What a kind of code may look like. Codes are ASCII, so a length in bytes is a length in characters.
struct Shape {
    what: &'static str,
    words: &'static str,
    length_min: usize,
    length_max: usize,
    allows: fn(u8) -> bool,
    joints: &'static [u8],
}

impl Shape {
    /// Checks the length and the characters, and that a joint (a hyphen, a slash) always stands between two
    /// other characters: `a--b` and `a-` look too much like `a-b` and `a` when they are read aloud.
    fn check(&self, text: &str) -> Result<(), CodeError> {
        let is_joint = |byte: &u8| self.joints.contains(byte);
        let bytes = text.as_bytes();
        let length_fits = (self.length_min..=self.length_max).contains(&bytes.len());
        let characters_fit = bytes.iter().all(|byte| (self.allows)(*byte) || is_joint(byte));
        let joints_fit = !bytes.first().is_some_and(is_joint)
            && !bytes.last().is_some_and(is_joint)
            && !bytes.windows(2).any(|pair| pair.iter().all(is_joint));
        if length_fits && characters_fit && joints_fit {
            return Ok(());
        }
        Err(CodeError { text: text.chars().take(40).collect(), what: self.what, shape: self.words })
    }
}

const fn lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

const fn upper_or_digit(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

macro_rules! code_type {
    ($(#[$documentation:meta])* $name:ident, $shape:expr) => {
        $(#[$documentation])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            const SHAPE: Shape = $shape;

            /// The code as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = CodeError;

            fn from_str(text: &str) -> Result<Self, CodeError> {
                Self::SHAPE.check(text)?;
                Ok(Self(Arc::from(text)))
            }
        }

        impl TryFrom<String> for $name {
            type Error = CodeError;

            fn try_from(text: String) -> Result<Self, CodeError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.as_str().to_owned()
            }
        }

        /// Lets a map that is keyed by the code be asked with a text, without building a code first.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

code_type!(
    /// The short name of an agency, `KWS`. It is on statements and settlement lines, so it never changes.
    AgencyCode,
    Shape {
        what: "an agency code",
        words: "2 to 16 capital letters and digits, with single hyphens between them",
        length_min: 2,
        length_max: 16,
        allows: upper_or_digit,
        joints: b"-",
    }
);

code_type!(
    /// The name of a service in addresses and records, `kws-amboseli-entry`. It stays when the title changes.
    ServiceSlug,
    Shape {
        what: "a service slug",
        words: "3 to 80 small letters and digits, with single hyphens between them",
        length_min: 3,
        length_max: 80,
        allows: lower_or_digit,
        joints: b"-",
    }
);

code_type!(
    /// Which version of a service's fee priced a bill, `2025-10-01`. Unique within its service (or within the
    /// convenience fee), and on every revenue posting.
    FeeVersion,
    Shape {
        what: "a fee version",
        words: "1 to 40 small letters and digits, with single hyphens or points between them",
        length_min: 1,
        length_max: 40,
        allows: lower_or_digit,
        joints: b"-.",
    }
);

code_type!(
    /// The agency's own name for the revenue line that a service feeds. Opaque here: only the books give it a
    /// meaning.
    RevenueCode,
    Shape {
        what: "a revenue code",
        words: "2 to 40 capital letters and digits, with single hyphens, points or slashes between them",
        length_min: 2,
        length_max: 40,
        allows: upper_or_digit,
        joints: b"-./",
    }
);

code_type!(
    /// One choice among the variants of a fee, `34-pages`.
    VariantCode,
    Shape {
        what: "a variant code",
        words: "1 to 40 small letters and digits, with single hyphens between them",
        length_min: 1,
        length_max: 40,
        allows: lower_or_digit,
        joints: b"-",
    }
);

code_type!(
    /// The name of a form of account numbers in its catalogue, `kra-prn`.
    AccountFormCode,
    Shape {
        what: "the code of a form of account numbers",
        words: "3 to 40 small letters and digits, with single hyphens between them",
        length_min: 3,
        length_max: 40,
        allows: lower_or_digit,
        joints: b"-",
    }
);

code_type!(
    /// The name under which fees of one catalogue cite a legal basis, `kws-ln-160-2025`.
    BasisCode,
    Shape {
        what: "the code of a legal basis",
        words: "3 to 60 small letters and digits, with single hyphens between them",
        length_min: 3,
        length_max: 60,
        allows: lower_or_digit,
        joints: b"-",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_in_its_one_shape_or_refused() {
        for good in ["kws-amboseli-entry", "abc", "cr12"] {
            assert_eq!(good.parse::<ServiceSlug>().unwrap().as_str(), good);
        }
        let long = "a".repeat(81);
        for bad in ["", "ab", "-abc", "abc-", "a--b", "Abc", "a b", "a_b", "ä-bc", "a/b", long.as_str()] {
            assert!(bad.parse::<ServiceSlug>().is_err(), "{bad:?} was read");
        }
        assert!("KRA/PRN-1".parse::<RevenueCode>().is_ok());
        assert!("KWS".parse::<AgencyCode>().is_ok());
        assert!("kws".parse::<AgencyCode>().is_err());
    }

    #[test]
    fn the_refusal_says_what_was_wanted_and_repeats_only_the_beginning() {
        let refusal = "X".repeat(1000).parse::<ServiceSlug>().unwrap_err();
        assert_eq!(refusal.text.len(), 40);
        assert!(refusal.to_string().ends_with(
            "is not a service slug: 3 to 80 small letters and digits, with single hyphens between them"
        ));
    }
}
