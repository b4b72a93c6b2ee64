//! Fees by who the visitor is, as the parks have them: category of payer by class of age, the currency following
//! from the category.

use std::collections::BTreeMap;
use std::fmt;

use ledger::Money;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize};

use crate::text::Text;

/// Who pays, by nationality and residence (Legal Notice 160 of 2025 has these four).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayerCategory {
    /// A citizen of a state of the East African Community, Kenya among them.
    EastAfricanCitizen,
    /// A foreigner who lives in Kenya.
    KenyaResident,
    /// A citizen of another African state.
    AfricanCitizen,
    /// Everybody else.
    NonResident,
}

impl PayerCategory {
    /// Every category, in the order of the published tables.
    pub const ALL: [Self; 4] =
        [Self::EastAfricanCitizen, Self::KenyaResident, Self::AfricanCitizen, Self::NonResident];

    /// What forms and bills call it.
    pub fn text(self) -> Text {
        match self {
            Self::EastAfricanCitizen => Text::new("East African citizen", "raia wa Afrika Mashariki"),
            Self::KenyaResident => Text::new("Kenya resident", "mkaazi wa Kenya"),
            Self::AfricanCitizen => Text::new("African citizen", "raia wa Afrika"),
            Self::NonResident => Text::new("non-resident", "asiye mkaazi"),
        }
    }

    /// Its name in JSON and in the codes of price lines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::EastAfricanCitizen => "east_african_citizen",
            Self::KenyaResident => "kenya_resident",
            Self::AfricanCitizen => "african_citizen",
            Self::NonResident => "non_resident",
        }
    }
}

impl fmt::Display for PayerCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// How old the visitor is, as far as fees ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgeClass {
    /// Under five years.
    UnderFive,
    /// A child or student of 5 to 17 years.
    Child,
    /// 18 years or more.
    Adult,
    /// 70 years or more. Pays as an adult wherever age brings no exemption.
    SeventyPlus,
}

impl AgeClass {
    /// Every class, youngest first.
    pub const ALL: [Self; 4] = [Self::UnderFive, Self::Child, Self::Adult, Self::SeventyPlus];

    /// What forms and bills call it.
    pub fn text(self) -> Text {
        match self {
            Self::UnderFive => Text::new("under 5 years", "chini ya miaka 5"),
            Self::Child => {
                Text::new("child or student, 5 to 17 years", "mtoto au mwanafunzi, miaka 5 hadi 17")
            }
            Self::Adult => Text::new("adult", "mtu mzima"),
            Self::SeventyPlus => Text::new("70 years or older", "miaka 70 au zaidi"),
        }
    }

    /// Its name in JSON and in the codes of price lines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnderFive => "under_five",
            Self::Child => "child",
            Self::Adult => "adult",
            Self::SeventyPlus => "seventy_plus",
        }
    }
}

impl fmt::Display for AgeClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// Who enters free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exemption {
    /// Children under five.
    UnderFive,
    /// Persons with disabilities.
    PersonWithDisability,
    /// Citizens of 70 years or more.
    CitizenSeventyPlus,
}

impl Exemption {
    /// What bills and tickets call it.
    pub fn text(self) -> Text {
        match self {
            Self::UnderFive => Text::new("under 5 years, free", "chini ya miaka 5, bila malipo"),
            Self::PersonWithDisability => {
                Text::new("person with disability, free", "mtu mwenye ulemavu, bila malipo")
            }
            Self::CitizenSeventyPlus => {
                Text::new("citizen of 70 years or older, free", "raia wa miaka 70 au zaidi, bila malipo")
            }
        }
    }

    /// Its name in catalogue files and in the codes of price lines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnderFive => "under_five",
            Self::PersonWithDisability => "person_with_disability",
            Self::CitizenSeventyPlus => "citizen_seventy_plus",
        }
    }
}

/// The table of one park: an amount for each category and paying age, where it is known, and who enters free.
/// A cell that no source gives stays empty, and an order that needs it is refused: nobody is charged a guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitorFees {
    adult: [Option<Money>; PayerCategory::ALL.len()],
    child: [Option<Money>; PayerCategory::ALL.len()],
    exemptions: Vec<Exemption>,
}

/// The cells that are known, as the API shows them: `amounts.non_resident.adult`.
impl Serialize for VisitorFees {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        type Ages = BTreeMap<&'static str, Money>;
        let ages = |category: PayerCategory| -> Ages {
            let known = [AgeClass::Adult, AgeClass::Child].into_iter();
            known.filter_map(|age| Some((age.code(), self.amount(category, age)?))).collect()
        };
        let known = PayerCategory::ALL.into_iter().map(|category| (category.code(), ages(category)));
        let amounts: BTreeMap<_, _> = known.filter(|(_, ages)| !ages.is_empty()).collect();
        let mut fields = serializer.serialize_map(Some(2))?;
        fields.serialize_entry("amounts", &amounts)?;
        fields.serialize_entry("free", &self.exemptions)?;
        fields.end()
    }
}

impl VisitorFees {
    /// A table with these cells, in the order of [`PayerCategory::ALL`].
    pub(crate) fn new(
        adult: [Option<Money>; PayerCategory::ALL.len()],
        child: [Option<Money>; PayerCategory::ALL.len()],
        exemptions: Vec<Exemption>,
    ) -> Self {
        Self { adult, child, exemptions }
    }

    /// What one visitor of this category and age pays if nothing exempts them; `None` where the amount is not
    /// known.
    pub fn amount(&self, category: PayerCategory, age_class: AgeClass) -> Option<Money> {
        let column = match age_class {
            AgeClass::UnderFive | AgeClass::Child => &self.child,
            AgeClass::Adult | AgeClass::SeventyPlus => &self.adult,
        };
        column[category as usize]
    }

    /// Why such a visitor enters free, if they do.
    pub fn exemption(
        &self,
        category: PayerCategory,
        age_class: AgeClass,
        person_with_disability: bool,
    ) -> Option<Exemption> {
        self.exemptions.iter().copied().find(|exemption| match exemption {
            Exemption::UnderFive => age_class == AgeClass::UnderFive,
            Exemption::PersonWithDisability => person_with_disability,
            // The notice frees citizens of Kenya, whom the table has among the East Africans.
            Exemption::CitizenSeventyPlus => {
                category == PayerCategory::EastAfricanCitizen && age_class == AgeClass::SeventyPlus
            }
        })
    }

    /// Every amount of the table.
    pub fn amounts(&self) -> impl Iterator<Item = Money> {
        self.adult.iter().chain(&self.child).copied().flatten()
    }

    /// Who enters free, in the order of the file.
    pub fn exemptions(&self) -> &[Exemption] {
        &self.exemptions
    }
}
