//! One snapshot with everything that was rendered from it.

use std::sync::Arc;

use catalog::{AgencyCode, Billing, Catalogue, FeeSchedule, Service, ServiceIndex, Text};
use jiff::civil::Date;
use serde::Serialize;

use super::body::Rendered;
use super::overlay::{AvailabilityBody, system_of};
use super::tally::Tally;
use crate::payments::{Availability, CatalogueVersion, Unusual};

/// A catalogue that is in force, as it is sent. What is in force changes at midnight without a new catalogue, so the day
/// belongs to it.
#[derive(Debug)]
pub struct Served {
    version: CatalogueVersion,
    catalogue: Arc<Catalogue>,
    day: Date,
    /// How systems of agencies are reached through us, without a slash at the end.
    agencies_url: Option<Arc<str>>,
    bodies: Vec<Rendered>,
    tally: Arc<Tally>,
}

/// A catalogue names a system of an agency, and nothing is configured under which it is reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the catalogue has requests handed on to a system of {agency}, and routing.base_url is not set: name an address with another \
     host name than that of public.base_url, so that pages of agencies share no origin with ours"
)]
pub struct NoHostForAgencies {
    /// An agency with such a system.
    pub agency: AgencyCode,
}

/// Refuses a catalogue whose systems of agencies could only be reached beside our own pages.
pub fn can_be_reached(catalogue: &Catalogue, agencies_url: Option<&str>) -> Result<(), NoHostForAgencies> {
    match (agencies_url, catalogue.agency_with_back_end()) {
        (None, Some(agency)) => Err(NoHostForAgencies { agency: agency.code.clone() }),
        _ => Ok(()),
    }
}

impl Served {
    /// Renders everything as it is on `day`. Takes a tenth of a second for 22,000 services.
    pub fn render(
        version: CatalogueVersion,
        catalogue: Arc<Catalogue>,
        day: Date,
        agencies_url: Option<Arc<str>>,
    ) -> Self {
        let tally = Arc::new(Tally::new(Arc::clone(&catalogue)));
        let mut served = Self { version, catalogue, day, agencies_url, bodies: Vec::new(), tally };
        let services = served.catalogue.services().iter();
        served.bodies =
            services.map(|service| served.render_one(service, day, &Unusual::default())).collect();
        served
    }

    /// Its number and hash.
    pub fn version(&self) -> &CatalogueVersion {
        &self.version
    }

    /// The snapshot.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// The day that its bodies are true on.
    pub fn day(&self) -> Date {
        self.day
    }

    /// The body of a service.
    pub fn body(&self, service: ServiceIndex) -> &Rendered {
        &self.bodies[service.position()]
    }

    /// The body of a service on another day than this one's, or with something that is not as usual.
    pub fn render_one(&self, service: &Service, day: Date, unusual: &Unusual<'_>) -> Rendered {
        let agency = self.catalogue.agency_of(service);
        let back_end = self.catalogue.back_end_of(service);
        let body = ServiceBody {
            slug: service.slug.as_str(),
            name: &service.name,
            published_name: service.published_name.as_deref(),
            description: &service.description,
            agency: AgencyBody { code: agency.code.as_str(), name: &agency.name },
            county: service.county.map(catalog::County::name),
            requirements: &service.requirements,
            own_system: self.own_system(service),
            delivery: &service.delivery,
            promised_working_days: service.promised_working_days,
            sample: service.sample,
            billable: service.is_billable(),
            not_billable_because: match &service.billing {
                Billing::NotBillable(reason) => Some(reason),
                Billing::Fees(_) => None,
            },
            availability: AvailabilityBody::of(unusual, service.is_billable(), back_end.is_some()),
            fees: service.fees().iter().map(|schedule| FeeBody::of(schedule, day)).collect(),
            catalogue: &self.version,
        };
        let bytes = serde_json::to_vec(&body).expect("a service can be written as JSON");
        Rendered::new("application/json", bytes)
    }

    /// How systems of agencies are reached through us, without a slash at the end. None where nothing is handed on.
    pub fn agencies_url(&self) -> Option<&Arc<str>> {
        self.agencies_url.as_ref()
    }

    /// How the system of an agency behind a service is reached through us, if it has one.
    pub fn own_system(&self, service: &Service) -> Option<String> {
        let agencies_url =
            self.agencies_url.as_ref().filter(|_| self.catalogue.back_end_of(service).is_some())?;
        Some(format!("{agencies_url}/s/{}", service.slug))
    }

    /// What is not as usual about a service.
    pub fn unusual<'a>(&self, service: &Service, availability: &'a Availability) -> Unusual<'a> {
        if availability.is_as_usual() {
            return Unusual::default();
        }
        let system = self.catalogue.back_end_of(service).and_then(system_of);
        availability.of_service(service.agency.as_str(), service.slug.as_str(), system)
    }

    /// Where it is counted how often its services are asked for.
    pub fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    /// Every service's body, by slug.
    pub fn bodies(&self) -> &[Rendered] {
        &self.bodies
    }
}

#[derive(Serialize)]
struct ServiceBody<'a> {
    slug: &'a str,
    name: &'a Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_name: Option<&'a str>,
    description: &'a Text,
    agency: AgencyBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    county: Option<&'static str>,
    requirements: &'a [Text],
    /// Where requests are handed on to the agency's own system.
    #[serde(skip_serializing_if = "Option::is_none")]
    own_system: Option<String>,
    delivery: &'a [catalog::Delivery],
    #[serde(skip_serializing_if = "Option::is_none")]
    promised_working_days: Option<u16>,
    sample: bool,
    billable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_billable_because: Option<&'a Text>,
    availability: AvailabilityBody<'a>,
    fees: Vec<FeeBody<'a>>,
    catalogue: &'a CatalogueVersion,
}

#[derive(Serialize)]
struct AgencyBody<'a> {
    code: &'a str,
    name: &'a Text,
}

/// A version of a fee.
#[derive(Serialize)]
pub(crate) struct FeeBody<'a> {
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<Date>,
    legal_basis: String,
    in_force: bool,
    part_payment: catalog::PartPayment,
    rule: &'a catalog::FeeRule,
    #[serde(flatten)]
    additions: &'a catalog::Additions,
}

impl<'a> FeeBody<'a> {
    /// This version, as it is on a day.
    pub(crate) fn of(schedule: &'a FeeSchedule, day: Date) -> Self {
        Self {
            version: schedule.version.as_str(),
            valid_from: schedule.validity.from(),
            valid_to: schedule.validity.to(),
            legal_basis: schedule.basis.citation(),
            in_force: schedule.validity.contains(day),
            part_payment: schedule.part_payment,
            rule: &schedule.rule,
            additions: &schedule.additions,
        }
    }
}
