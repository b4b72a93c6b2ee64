//! The catalogue of one moment: immutable, with an index for every question that a request asks.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::account_form::AccountForm;
use crate::agency::Agency;
use crate::back_end::BackEnd;
use crate::builder::CatalogueBuilder;
use crate::code::{AgencyCode, ServiceSlug};
use crate::fallback::FallbackWay;
use crate::fee::ConvenienceFee;
use crate::holiday::Holidays;
use crate::search::SearchIndex;
use crate::service::Service;
use crate::source::Problems;

/// The position of a service in its catalogue. Positions are dense and follow the order of slugs; they mean nothing in
/// another catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceIndex(u32);

impl ServiceIndex {
    pub(crate) fn new(position: usize) -> Self {
        Self(u32::try_from(position).expect("the builder bounds the number of services"))
    }

    /// The position, from 0.
    pub const fn position(self) -> usize {
        self.0 as usize
    }
}

/// Everything that is offered, as it stood when this catalogue was built. Shared by `Arc` and never changed: a request
/// takes one and uses it to its end.
///
/// Its truth is a document: the bytes of one JSON file, named by their SHA-256. A catalogue always knows the exact
/// bytes that it was built from, so its hash and its document cannot drift apart.
pub struct Catalogue {
    services: Vec<Service>,
    agencies: Vec<Agency>,
    national_fallback: Vec<FallbackWay>,
    account_forms: Vec<AccountForm>,
    convenience_fee: Option<ConvenienceFee>,
    holidays: Holidays,
    service_by_slug: HashMap<ServiceSlug, ServiceIndex>,
    agency_by_code: HashMap<AgencyCode, usize>,
    services_by_agency: Vec<Vec<ServiceIndex>>,
    search: SearchIndex,
    document: Arc<[u8]>,
    hash: CatalogueHash,
}

/// The SHA-256 of a catalogue's document: the name of the file and of the snapshot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CatalogueHash([u8; 32]);

impl CatalogueHash {
    /// The hash of these bytes.
    pub fn of(document: &[u8]) -> Self {
        Self(Sha256::digest(document).into())
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// 64 small hexadecimal digits.
impl fmt::Display for CatalogueHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(self.0))
    }
}

impl fmt::Debug for CatalogueHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CatalogueHash({self})")
    }
}

impl Catalogue {
    /// Reads a document, as [`Catalogue::to_json`] wrote it or an editor did.
    ///
    /// # Errors
    /// Every problem of the document, each with its line.
    pub fn from_json(document: &[u8]) -> Result<Self, Problems> {
        let mut builder = CatalogueBuilder::new();
        builder.add_document("catalogue.json", document);
        builder.build()
    }

    /// Reads a document that was in use before, as [`Catalogue::from_json`] does, but for the rules that came later: bills rest on
    /// it, and a gateway must start with it. A part of a bundle that names an agency without its revenue code is booked under the
    /// service's own; a text that two forms of account numbers read is unclear.
    ///
    /// # Errors
    /// Every problem of the document, each with its line.
    pub fn from_kept_json(document: &[u8]) -> Result<Self, Problems> {
        let mut builder = CatalogueBuilder::of_kept();
        builder.add_document("catalogue.json", document);
        builder.build()
    }

    /// Puts checked parts together. `services`, `agencies` and `account_forms` are sorted by slug and code, without doubles,
    /// every service's agency is there, and no text is of two forms unless the document is kept from before.
    pub(crate) fn new(
        services: Vec<Service>,
        agencies: Vec<Agency>,
        national_fallback: Vec<FallbackWay>,
        account_forms: Vec<AccountForm>,
        convenience_fee: Option<ConvenienceFee>,
        holidays: Holidays,
        document: Arc<[u8]>,
    ) -> Self {
        let agency_by_code: HashMap<_, _> =
            agencies.iter().enumerate().map(|(position, agency)| (agency.code.clone(), position)).collect();
        let mut services_by_agency = vec![Vec::new(); agencies.len()];
        let mut service_by_slug = HashMap::with_capacity(services.len());
        for (position, service) in services.iter().enumerate() {
            let index = ServiceIndex::new(position);
            service_by_slug.insert(service.slug.clone(), index);
            services_by_agency[agency_by_code[&service.agency]].push(index);
        }
        assert_eq!(service_by_slug.len(), services.len(), "slugs are unique");
        let search = SearchIndex::of(&services, |code| &agencies[agency_by_code[code]]);
        let hash = CatalogueHash::of(&document);
        Self {
            services,
            agencies,
            national_fallback,
            account_forms,
            convenience_fee,
            holidays,
            service_by_slug,
            agency_by_code,
            services_by_agency,
            search,
            document,
            hash,
        }
    }

    /// The service with this slug.
    pub fn service(&self, slug: &str) -> Option<&Service> {
        self.service_index(slug).map(|index| self.service_at(index))
    }

    /// The position of the service with this slug.
    pub fn service_index(&self, slug: &str) -> Option<ServiceIndex> {
        self.service_by_slug.get(slug).copied()
    }

    /// The service at a position of this catalogue.
    ///
    /// # Panics
    /// If the position is that of another catalogue and beyond the end of this one.
    pub fn service_at(&self, index: ServiceIndex) -> &Service {
        &self.services[index.position()]
    }

    /// Every service, by slug.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The agency with this code.
    pub fn agency(&self, code: &str) -> Option<&Agency> {
        self.agency_by_code.get(code).map(|position| &self.agencies[*position])
    }

    /// The agency that offers a service of this catalogue.
    ///
    /// # Panics
    /// If the service is of another catalogue, in which its agency is another.
    pub fn agency_of(&self, service: &Service) -> &Agency {
        self.agency(service.agency.as_str()).expect("every service's agency is in its catalogue")
    }

    /// The system that requests about a service are handed on to: its own, or its agency's, or none.
    ///
    /// # Panics
    /// If the service is of another catalogue, in which its agency is another.
    pub fn back_end_of<'a>(&'a self, service: &'a Service) -> Option<&'a BackEnd> {
        service.back_end.as_ref().or_else(|| self.agency_of(service).back_end.as_ref())
    }

    /// An agency with a system that requests are handed on to, if there is any.
    pub fn agency_with_back_end(&self) -> Option<&Agency> {
        let service = self.services.iter().find(|service| self.back_end_of(service).is_some())?;
        Some(self.agency_of(service))
    }

    /// Every agency, by code.
    pub fn agencies(&self) -> &[Agency] {
        &self.agencies
    }

    /// What an agency offers, by slug; nothing for an unknown agency.
    pub fn services_of(&self, code: &str) -> impl ExactSizeIterator<Item = &Service> {
        let indexes =
            self.agency_by_code.get(code).map_or(&[][..], |position| &self.services_by_agency[*position]);
        indexes.iter().map(|index| self.service_at(*index))
    }

    /// How an agency is paid when the consolidated paybill cannot be used, in order: by its own plan if it has one, which
    /// replaces the national one wholly, otherwise by that, as is one that is not in this catalogue any more.
    pub fn fallback_of(&self, code: &str) -> &[FallbackWay] {
        let own = self.agency(code).map(|agency| &*agency.fallback);
        own.filter(|plan| !plan.is_empty()).unwrap_or(&self.national_fallback)
    }

    /// How every agency without a plan of its own is paid then.
    pub fn national_fallback(&self) -> &[FallbackWay] {
        &self.national_fallback
    }

    /// What is typed as an account number besides payment numbers, by code. No text is of two of them.
    pub fn account_forms(&self) -> &[AccountForm] {
        &self.account_forms
    }

    /// The convenience fee through time, if this catalogue has one.
    pub fn convenience_fee(&self) -> Option<&ConvenienceFee> {
        self.convenience_fee.as_ref()
    }

    /// The public holidays that this catalogue knows; without any, every day from Monday to Friday is a working day.
    pub fn holidays(&self) -> &Holidays {
        &self.holidays
    }

    /// The document: one JSON text whose SHA-256 is [`Catalogue::hash`].
    pub fn to_json(&self) -> Arc<[u8]> {
        Arc::clone(&self.document)
    }

    /// The SHA-256 of the document.
    pub fn hash(&self) -> CatalogueHash {
        self.hash
    }

    pub(crate) fn search_index(&self) -> &SearchIndex {
        &self.search
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalogue")
            .field("hash", &self.hash)
            .field("service_count", &self.services.len())
            .field("agency_count", &self.agencies.len())
            .finish_non_exhaustive()
    }
}
