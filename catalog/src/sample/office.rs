//! The offices that offer samples: one county government per county, and hospitals, schools, courts and others that
//! become more as more samples are asked for.

use crate::county::County;
use crate::service::Delivery;
use crate::source::{AgencyRow, BasisRow};

use super::offer::{Offer, Said, said, text_row};
use super::offers;

/// How the name of an office stands around the name of its place.
#[derive(Clone, Copy)]
struct Around {
    en_before: &'static str,
    en_after: &'static str,
    sw_before: &'static str,
}

const fn around(en_before: &'static str, en_after: &'static str, sw_before: &'static str) -> Around {
    Around { en_before, en_after, sw_before }
}

/// A kind of office and what each of them offers.
pub(super) struct OfficeKind {
    /// Its part of slugs; in capitals, of agency codes.
    key: &'static str,
    /// Its name as an agency.
    agency: Around,
    /// Its name within the names of services.
    short: Around,
    ministry: &'static str,
    keywords: &'static [&'static str],
    pub(super) delivery: &'static [Delivery],
    /// What it offers, in one or several tables.
    offers: &'static [&'static [Offer]],
    /// There is one more in each county every so many rounds; none if there is only ever one.
    every: Option<usize>,
}

const AT_ITS_OFFICE: &[Delivery] = &[Delivery::Online, Delivery::AgencyOffice];
const ALSO_AT_HUDUMA: &[Delivery] = &[Delivery::Online, Delivery::HudumaCentre, Delivery::AgencyOffice];

/// A kind whose offices are called the same everywhere.
const fn kind(
    key: &'static str,
    name: Around,
    ministry: &'static str,
    keywords: &'static [&'static str],
    offers: &'static [&'static [Offer]],
    every: usize,
) -> OfficeKind {
    OfficeKind {
        key,
        agency: name,
        short: name,
        ministry,
        keywords,
        delivery: AT_ITS_OFFICE,
        offers,
        every: Some(every),
    }
}

const HEALTH: &str = "Ministry of Health (sample)";
const EDUCATION: &str = "Ministry of Education (sample)";
const CULTURE: &str = "Ministry of Culture and Sports (sample)";
const INTERIOR: &str = "Ministry of Interior (sample)";

/// Every kind. The institutes come first: theirs are the services of one name, which small catalogues should have too.
pub(super) const KINDS: &[OfficeKind] = &[
    kind(
        "technical",
        around("", " Technical Institute", "Chuo cha Ufundi cha "),
        EDUCATION,
        &["college", "chuo", "tvet"],
        offers::INSTITUTE,
        2,
    ),
    OfficeKind {
        key: "county",
        agency: around("County Government of ", "", "Serikali ya Kaunti ya "),
        short: around("", " County", "Kaunti ya "),
        ministry: "County Governments (sample)",
        keywords: &["county government", "serikali ya kaunti"],
        delivery: ALSO_AT_HUDUMA,
        offers: offers::COUNTY,
        every: None,
    },
    kind(
        "hospital",
        around("", " Hospital", "Hospitali ya "),
        HEALTH,
        &["hospital", "hospitali", "health", "afya"],
        offers::HOSPITAL,
        1,
    ),
    kind(
        "school",
        around("", " Secondary School", "Shule ya Upili ya "),
        EDUCATION,
        &["school", "shule"],
        offers::SCHOOL,
        1,
    ),
    kind(
        "court",
        around("", " Law Courts", "Mahakama ya "),
        "Judiciary (sample)",
        &["court", "mahakama", "korti"],
        offers::COURT,
        3,
    ),
    kind(
        "chief",
        around("", " Chief's Office", "Ofisi ya Chifu ya "),
        INTERIOR,
        &["chief", "chifu"],
        offers::CHIEF,
        1,
    ),
    kind(
        "market",
        around("", " Market", "Soko la "),
        "County Governments (sample)",
        &["market", "soko"],
        offers::MARKET,
        1,
    ),
    kind(
        "registry",
        around("", " Land Registry", "Sajili ya Ardhi ya "),
        "Ministry of Lands (sample)",
        &["land", "ardhi"],
        offers::REGISTRY,
        3,
    ),
    kind(
        "park",
        around("", " County Park", "Hifadhi ya Kaunti ya "),
        CULTURE,
        &["park", "hifadhi"],
        offers::PARK,
        2,
    ),
    kind(
        "museum",
        around("", " Museum", "Makumbusho ya "),
        CULTURE,
        &["museum", "makumbusho"],
        offers::MUSEUM,
        2,
    ),
    kind(
        "ground",
        around("", " Sports Ground", "Uwanja wa Michezo wa "),
        CULTURE,
        &["sports", "michezo"],
        offers::GROUND,
        2,
    ),
    kind(
        "library",
        around("", " Public Library", "Maktaba ya Umma ya "),
        CULTURE,
        &["library", "maktaba"],
        offers::LIBRARY,
        3,
    ),
];

/// Parts of a county that every county has, so that no office bears the name of a real one on purpose.
const QUARTERS: [(&str, Said); 10] = [
    ("central", said("Central", "Kati")),
    ("east", said("East", "Mashariki")),
    ("west", said("West", "Magharibi")),
    ("north", said("North", "Kaskazini")),
    ("south", said("South", "Kusini")),
    ("township", said("Township", "Mjini")),
    ("hill", said("Hill", "Mlimani")),
    ("valley", said("Valley", "Bondeni")),
    ("riverside", said("Riverside", "Mtoni")),
    ("junction", said("Junction", "Njiapanda")),
];

impl OfficeKind {
    /// Which one of its kind opens in each county in this round, if one does.
    pub(super) fn ordinal_in(&self, round: usize) -> Option<usize> {
        match self.every {
            Some(every) => round.is_multiple_of(every).then_some(round / every),
            None => (round == 0).then_some(0),
        }
    }

    /// What it offers. The first thing of each offer comes before the second of any, so that a few services are of
    /// many sorts; `None` stands for an offer that is for nothing in particular.
    pub(super) fn services(&self) -> Vec<(&'static Offer, Option<usize>)> {
        let offers = || self.offers.iter().copied().flatten();
        let longest = offers().map(Offer::service_count).max().unwrap_or(0);
        (0..longest)
            .flat_map(|turn| {
                offers()
                    .filter(move |offer| turn < offer.service_count())
                    .map(move |offer| (offer, (!offer.things.is_empty()).then_some(turn)))
            })
            .collect()
    }

    /// The code of the basis that all fees of this kind of office cite.
    pub(super) fn basis_code(&self) -> String {
        format!("sample-{}", self.key)
    }

    pub(super) fn basis(&self) -> BasisRow {
        super::sample_basis(self.basis_code(), &self.key.to_uppercase())
    }
}

/// A county with its slug, which is needed often.
pub(super) struct Place {
    pub(super) slug: String,
    name: &'static str,
    number: u8,
}

impl Place {
    pub(super) fn all() -> Vec<Self> {
        County::all()
            .map(|county| Self { slug: county.slug(), name: county.name(), number: county.number() })
            .collect()
    }
}

/// One office: a kind, where, and which of its kind there.
pub(super) struct Office {
    pub(super) code: String,
    /// How the slugs of its services begin.
    pub(super) slug: String,
    /// Its name within the names of services.
    pub(super) short: (String, String),
    agency: (String, String),
}

impl Office {
    pub(super) fn new(kind: &OfficeKind, place: &Place, ordinal: usize) -> Self {
        let (quarter_slug, en, sw) = match ordinal.checked_sub(1) {
            None => (String::new(), place.name.to_owned(), place.name.to_owned()),
            Some(further) => {
                let (slug, quarter) = QUARTERS[further % QUARTERS.len()];
                let number = match further / QUARTERS.len() {
                    0 => String::new(),
                    lap => format!(" {}", lap + 1),
                };
                (
                    format!("-{slug}{}", number.replace(' ', "-")),
                    format!("{} {}{number}", place.name, quarter.en),
                    format!("{} {}{number}", place.name, quarter.sw),
                )
            }
        };
        let named = |around: Around| {
            (format!("{}{en}{}", around.en_before, around.en_after), format!("{}{sw}", around.sw_before))
        };
        let code = match kind.every {
            Some(_) => format!("{}-{:02}-{}", kind.key.to_uppercase(), place.number, ordinal + 1),
            None => county_government_code(&place.slug),
        };
        Self {
            code,
            slug: format!("sample-{}{quarter_slug}-{}", place.slug, kind.key),
            short: named(kind.short),
            agency: named(kind.agency),
        }
    }

    pub(super) fn agency(&self, kind: &OfficeKind) -> AgencyRow {
        AgencyRow {
            code: self.code.clone(),
            name: text_row(self.agency.0.as_str(), self.agency.1.as_str()),
            ministry: Some(kind.ministry.to_owned()),
            department: None,
            keywords: kind.keywords.iter().map(|keyword| (*keyword).to_owned()).collect(),
            back_end: None,
            fallback: Vec::new(),
        }
    }
}

/// `CG-KISUMU`. Codes have at most 16 characters, so the one county whose name is longer goes by its first word.
fn county_government_code(slug: &str) -> String {
    const NAME_CHARACTERS_MAX: usize = 13;
    let first_word = slug.split('-').next().unwrap_or(slug);
    let name = if slug.len() <= NAME_CHARACTERS_MAX { slug } else { first_word };
    format!("CG-{}", name.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::collections::BTreeSet;

    #[test]
    fn each_county_government_has_a_code_of_its_own() {
        let codes: BTreeSet<_> =
            Place::all().iter().map(|place| county_government_code(&place.slug)).collect();
        assert_eq!(codes.len(), 47);
        assert!(codes.contains("CG-KISUMU") && codes.contains("CG-ELGEYO") && codes.contains("CG-MURANGA"));
        for code in codes {
            assert!(code.parse::<crate::AgencyCode>().is_ok(), "{code}");
        }
    }

    #[test]
    fn offices_after_the_first_are_told_apart_by_a_quarter_and_then_by_a_number() {
        let places = Place::all();
        let muranga = places.iter().find(|place| place.slug == "muranga").unwrap();
        let hospitals = KINDS.iter().find(|kind| kind.key == "hospital").unwrap();
        let names = |ordinal| {
            let office = Office::new(hospitals, muranga, ordinal);
            (office.code, office.slug, office.short.0, office.short.1)
        };
        let expected = [
            (0, "HOSPITAL-21-1", "sample-muranga-hospital", "Murang'a Hospital", "Hospitali ya Murang'a"),
            (
                2,
                "HOSPITAL-21-3",
                "sample-muranga-east-hospital",
                "Murang'a East Hospital",
                "Hospitali ya Murang'a Mashariki",
            ),
            (
                12,
                "HOSPITAL-21-13",
                "sample-muranga-east-2-hospital",
                "Murang'a East 2 Hospital",
                "Hospitali ya Murang'a Mashariki 2",
            ),
        ];
        for (ordinal, code, slug, en, sw) in expected {
            let strings = (code.to_owned(), slug.to_owned(), en.to_owned(), sw.to_owned());
            assert_eq!(names(ordinal), strings);
        }
    }

    /// The longest slug and revenue code that the tables can make stay within their shapes, so that no count and no
    /// seed makes a row that the builder refuses.
    #[test]
    fn the_tables_fit_the_shapes_of_codes() {
        for kind in KINDS {
            let mut slugs = BTreeSet::new();
            let services = kind.services();
            for place in Place::all() {
                // The riverside of the hundredth lap: far more rounds than the most services need.
                let office = Office::new(kind, &place, 999);
                for (offer, thing) in &services {
                    let slug = crate::sample::service_slug(&office, offer, *thing);
                    assert!(slug.parse::<crate::ServiceSlug>().is_ok(), "{slug}");
                    let revenue_code = crate::sample::revenue_code(&office, offer);
                    assert!(revenue_code.parse::<crate::RevenueCode>().is_ok(), "{revenue_code}");
                    assert!(slugs.insert(slug.clone()), "{slug} is there twice");
                }
            }
        }
    }
}
