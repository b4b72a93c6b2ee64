//! The 47 counties of Kenya, in the order and with the names of the First Schedule to the Constitution of 2010.

use std::fmt;
use std::str::FromStr;

/// Their names, by number.
const NAMES: [&str; 47] = [
    "Mombasa",
    "Kwale",
    "Kilifi",
    "Tana River",
    "Lamu",
    "Taita Taveta",
    "Garissa",
    "Wajir",
    "Mandera",
    "Marsabit",
    "Isiolo",
    "Meru",
    "Tharaka-Nithi",
    "Embu",
    "Kitui",
    "Machakos",
    "Makueni",
    "Nyandarua",
    "Nyeri",
    "Kirinyaga",
    "Murang'a",
    "Kiambu",
    "Turkana",
    "West Pokot",
    "Samburu",
    "Trans Nzoia",
    "Uasin Gishu",
    "Elgeyo-Marakwet",
    "Nandi",
    "Baringo",
    "Laikipia",
    "Nakuru",
    "Narok",
    "Kajiado",
    "Kericho",
    "Bomet",
    "Kakamega",
    "Vihiga",
    "Bungoma",
    "Busia",
    "Siaya",
    "Kisumu",
    "Homa Bay",
    "Migori",
    "Kisii",
    "Nyamira",
    "Nairobi City",
];

/// One of the 47 counties. Files and addresses write its slug: its name in small letters, hyphens for spaces, no
/// apostrophes (`homa-bay`, `muranga`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct County(u8);

/// Not one of the 47.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of the 47 counties; write its name in small letters with hyphens, as in homa-bay")]
pub struct UnknownCounty;

impl County {
    /// Every county, by number.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + Clone {
        (0..NAMES.len() as u8).map(Self)
    }

    /// Its number in the schedule, from 1.
    pub const fn number(self) -> u8 {
        self.0 + 1
    }

    /// Its official name.
    pub const fn name(self) -> &'static str {
        NAMES[self.0 as usize]
    }

    /// Its name in files and addresses.
    pub fn slug(self) -> String {
        self.name().to_lowercase().replace(' ', "-").replace('\'', "")
    }
}

impl FromStr for County {
    type Err = UnknownCounty;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::all().find(|county| county.slug() == text).ok_or(UnknownCounty)
    }
}

impl fmt::Display for County {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for County {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "County({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_county_is_found_by_its_slug_and_by_nothing_else() {
        assert_eq!(County::all().len(), 47);
        for county in County::all() {
            assert_eq!(county.slug().parse(), Ok(county));
        }
        assert_eq!("muranga".parse::<County>().unwrap().number(), 21);
        assert_eq!("nairobi-city".parse::<County>().unwrap().number(), 47);
        for text in ["", "Nairobi", "nairobi", "homa bay", "48"] {
            assert_eq!(text.parse::<County>(), Err(UnknownCounty), "{text:?}");
        }
    }
}
