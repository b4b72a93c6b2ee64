//! The rows of a catalogue file, exactly as written. `FORMAT.md` explains every field.
//!
//! Scalars are plain texts here, so that one bad date is one problem among others and does not hide the rest.

use serde::{Deserialize, Serialize};

use super::fee_rows::FeeRow;
use crate::account_form::{AccountCharacters, AccountMeaning};
use crate::fee::Standing;
use crate::service::Delivery;

/// The format that this version writes and reads.
pub const FORMAT_VERSION: u32 = 1;

/// All the rows of one or several files, for importers that make rows themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogueRows {
    /// The laws that fees cite.
    pub legal_bases: Vec<BasisRow>,
    /// The convenience fee; at most one in a catalogue.
    pub convenience_fee: Option<ConvenienceRow>,
    /// Days on which nobody works.
    pub public_holidays: Vec<HolidayRow>,
    /// The agencies.
    pub agencies: Vec<AgencyRow>,
    /// The plan of every agency that has none of its own, in order.
    pub fallback: Vec<FallbackRow>,
    /// What is typed as an account number.
    pub account_forms: Vec<AccountFormRow>,
    /// Their services.
    pub services: Vec<ServiceRow>,
}

/// A text in English and possibly Kiswahili.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextRow {
    /// English.
    pub en: String,
    /// Kiswahili.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sw: Option<String>,
}

/// A legal basis under its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasisRow {
    /// The code by which fees cite it.
    pub code: String,
    /// How well it is known.
    pub standing: Standing,
    /// What it is.
    pub instrument: String,
    /// Its number, only if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The section within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force_since: Option<String>,
    /// Where this comes from.
    pub source: String,
}

/// The convenience fee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvenienceRow {
    /// What bills call it.
    pub name: TextRow,
    /// Where its money belongs.
    pub revenue_code: String,
    /// What held when.
    pub schedules: Vec<ConvenienceScheduleRow>,
}

/// The convenience fee during some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvenienceScheduleRow {
    /// Its name.
    pub version: String,
    /// First day, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Last day, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<String>,
    /// The code of its legal basis.
    pub basis: String,
    /// Its bands; none means that the fee is zero.
    pub bands: Vec<ConvenienceBandRow>,
}

/// One band of the convenience fee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvenienceBandRow {
    /// The band is for totals below this, `KES 200`; absent in the last band of a currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<String>,
    /// What is added, `KES 5`.
    pub fee: String,
}

/// A public holiday. Exactly one of `yearly`, `after_easter` and `on` says when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolidayRow {
    /// What it is called.
    pub name: TextRow,
    /// The same day of every year, `MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yearly: Option<String>,
    /// Days after Easter Sunday; negative before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_easter: Option<i8>,
    /// One day that was declared, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// First day, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Last day, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<String>,
    /// The code of its legal basis.
    pub basis: String,
}

impl HolidayRow {
    /// By what a document sorts them.
    pub(crate) fn code(&self) -> String {
        let day = self.on.clone().or_else(|| self.yearly.clone());
        let day = day.unwrap_or_else(|| self.after_easter.unwrap_or_default().to_string());
        format!("{day} {} {}", self.valid_from.as_deref().unwrap_or_default(), self.name.en)
    }
}

/// An agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencyRow {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: TextRow,
    /// Its ministry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ministry: Option<String>,
    /// Its state department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Words by which people look for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Its own system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_end: Option<BackEndRow>,
    /// How it is paid when the consolidated paybill cannot be used, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<FallbackRow>,
}

/// One way of a plan, an agency's or the national one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FallbackRow {
    /// The name of the channel, `agency_till.572572`.
    pub channel: String,
    /// The least, `KES 100`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<String>,
    /// The most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<String>,
    /// On which days: `mon` to `sun`; on every day if there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<String>,
    /// At what hours; at every hour if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<HoursRow>,
    /// What people read beside it.
    pub text: TextRow,
}

/// Hours of a day in East Africa Time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursRow {
    /// `08:00`.
    pub from: String,
    /// `17:00`; `24:00` is the end of the day.
    pub to: String,
}

/// The own system of an agency, or of one of its services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackEndRow {
    /// `https://host[:port][/base]`.
    pub address: String,
    /// The path that says whether it is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_path: Option<String>,
    /// The path that knows assessed amounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessments: Option<String>,
    /// Whether bills over amounts that it has not confirmed are refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirms_always: bool,
    /// Requests at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_flight_max: Option<u32>,
    /// The longest that a connection may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_timeout_ms: Option<u32>,
    /// The longest wait for the beginning of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_timeout_ms: Option<u32>,
    /// The longest silence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_timeout_ms: Option<u32>,
}

/// A form of account numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountFormRow {
    /// Its code.
    pub code: String,
    /// What people call it.
    pub name: TextRow,
    /// What may be made of it.
    pub means: AccountMeaning,
    /// The code of its agency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// The slug of its service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// What it begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// What follows.
    pub characters: AccountCharacters,
    /// The shortest length of what follows.
    pub length_min: u8,
    /// The longest.
    pub length_max: u8,
    /// Examples on posters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<String>,
    /// Where this comes from.
    pub source: String,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceRow {
    /// Its slug.
    pub slug: String,
    /// The code of its agency.
    pub agency: String,
    /// Its name.
    pub name: TextRow,
    /// Its name on the official list, if `name` is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_name: Option<String>,
    /// What it is.
    pub description: TextRow,
    /// What the applicant must have or bring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<TextRow>,
    /// The promise of the service charter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_working_days: Option<u16>,
    /// Where it can be had.
    pub delivery: Vec<Delivery>,
    /// The county that it is confined to, by its slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub county: Option<String>,
    /// Words by which people look for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Where its money belongs.
    pub revenue_code: String,
    /// Its fees; none if `not_billable` says why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fees: Vec<FeeRow>,
    /// Why it cannot be billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_billable: Option<TextRow>,
    /// The decision that waives the convenience fee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub convenience_fee_waiver: Option<String>,
    /// True for a generated service.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
    /// The system that it is handed on to, where it is another than its agency's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_end: Option<BackEndRow>,
}
