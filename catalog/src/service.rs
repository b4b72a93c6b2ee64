//! A service as the catalogue knows it: what it is, what it costs, what is promised.

use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::back_end::BackEnd;
use crate::code::{AgencyCode, RevenueCode, ServiceSlug};
use crate::county::County;
use crate::fee::FeeSchedule;
use crate::text::Text;

/// One thing that a citizen or a visitor can ask an agency for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name in addresses and records.
    pub slug: ServiceSlug,
    /// The agency that offers it.
    pub agency: AgencyCode,
    /// Its name for people.
    pub name: Text,
    /// The name on the official service list, where we chose a plainer one.
    pub published_name: Option<Arc<str>>,
    /// What it is, in a sentence or two.
    pub description: Text,
    /// What the applicant must have or bring.
    pub requirements: Vec<Text>,
    /// The service charter's promise, in working days after payment, where it is known to us.
    pub promised_working_days: Option<u16>,
    /// Where it can be had.
    pub delivery: Vec<Delivery>,
    /// The county that it is confined to, if it is.
    pub county: Option<County>,
    /// Synonyms, acronyms and everyday words by which people look for it, in either language.
    pub keywords: Vec<Arc<str>>,
    /// Where its money belongs; opaque here.
    pub revenue_code: RevenueCode,
    /// How it is charged.
    pub billing: Billing,
    /// The decision by which no convenience fee is taken on this service, if there is one.
    pub convenience_fee_waiver: Option<Arc<str>>,
    /// True for a generated service: it fills demonstrations and is never charged for in earnest.
    pub sample: bool,
    /// The system that requests about this service are handed on to, where it is another than its agency's.
    pub back_end: Option<BackEnd>,
}

/// Whether a service can be billed through the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Billing {
    /// By these schedules, in the order of their dates; no two of them hold on the same day.
    Fees(Vec<FeeSchedule>),
    /// Not at all, and why: it is free, or no fee for it is known to us.
    NotBillable(Text),
}

impl Service {
    /// True if there is at least one fee schedule, whether or not it holds today.
    pub fn is_billable(&self) -> bool {
        matches!(self.billing, Billing::Fees(_))
    }

    /// Every fee schedule, oldest first; none for a service that cannot be billed.
    pub fn fees(&self) -> &[FeeSchedule] {
        match &self.billing {
            Billing::Fees(schedules) => schedules,
            Billing::NotBillable(_) => &[],
        }
    }

    /// The schedule that holds on this day of East Africa Time.
    pub fn fee_on(&self, day: Date) -> Option<&FeeSchedule> {
        self.fees().iter().find(|schedule| schedule.validity.contains(day))
    }
}

/// Where a service can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// By the applicant alone, on the web or by telephone.
    Online,
    /// At the counter of a Huduma Centre.
    HudumaCentre,
    /// At an office of the agency.
    AgencyOffice,
    /// At the gate of a park, a reserve, a port.
    Gate,
}

impl Delivery {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Online, Self::HudumaCentre, Self::AgencyOffice, Self::Gate];

    /// Its name in files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::HudumaCentre => "huduma_centre",
            Self::AgencyOffice => "agency_office",
            Self::Gate => "gate",
        }
    }

    /// What people call it.
    pub fn text(self) -> Text {
        match self {
            Self::Online => Text::new("Online", "Mtandaoni"),
            Self::HudumaCentre => Text::new("Huduma Centre", "Kituo cha Huduma"),
            Self::AgencyOffice => Text::new("Agency office", "Ofisi ya taasisi"),
            Self::Gate => Text::new("At the gate", "Langoni"),
        }
    }
}
