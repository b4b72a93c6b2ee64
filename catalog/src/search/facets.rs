//! What may be found at all, and how what was found is spread over agencies and counties.

use std::cmp::Reverse;
use std::sync::Arc;

use super::index::{SearchIndex, ServiceFacts};
use crate::code::AgencyCode;
use crate::county::County;
use crate::snapshot::Catalogue;

/// Which services may be found at all. The default lets every service through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Only those of this agency.
    pub agency: Option<AgencyCode>,
    /// Only those of this ministry, by its official English name.
    pub ministry: Option<Arc<str>>,
    /// Only those that are confined to this county; those of the whole country are not among them.
    pub county: Option<County>,
    /// Only those that can be billed.
    pub billable_only: bool,
}

/// Filters, made ready to be asked about thousands of services.
pub(super) struct Gate {
    /// For each agency whether its services pass.
    agencies: Vec<bool>,
    county: Option<County>,
    billable_only: bool,
}

impl Gate {
    pub(super) fn of(filters: &Filters, catalogue: &Catalogue, index: &SearchIndex) -> Self {
        let ministry_fits = |code: &AgencyCode| {
            filters.ministry.is_none()
                || catalogue.agency(code.as_str()).and_then(|agency| agency.ministry.as_deref())
                    == filters.ministry.as_deref()
        };
        let passes = |code: &AgencyCode| {
            filters.agency.as_ref().is_none_or(|only| only == code) && ministry_fits(code)
        };
        Self {
            agencies: index.agencies().iter().map(passes).collect(),
            county: filters.county,
            billable_only: filters.billable_only,
        }
    }

    pub(super) fn lets_through(&self, facts: &ServiceFacts) -> bool {
        self.agencies[usize::from(facts.agency)]
            && (self.county.is_none() || facts.county == self.county)
            && (!self.billable_only || facts.is_billable)
    }
}

/// How many of the services that were found are of each agency and of each county, the largest first, at most
/// [`FACET_COUNTS_MAX`] of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// By agency. They add up to the number of services that were found, if there are not too many to be listed.
    pub agencies: Vec<FacetCount<AgencyCode>>,
    /// By county, without the services of the whole country.
    pub counties: Vec<FacetCount<County>>,
}

/// One line of [`Facets`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetCount<Value> {
    /// What the services have in common: filter by it to see them.
    pub value: Value,
    /// How many there are.
    pub count: usize,
}

/// The most agencies, and the most counties, that are counted out; every county is.
pub const FACET_COUNTS_MAX: usize = 50;

/// Counts while services are found.
pub(super) struct Tally {
    agencies: Vec<usize>,
    counties: Vec<usize>,
    pub(super) total_count: usize,
}

impl Tally {
    pub(super) fn new(index: &SearchIndex) -> Self {
        let agencies = vec![0; index.agencies().len()];
        Self { agencies, counties: vec![0; County::all().len()], total_count: 0 }
    }

    pub(super) fn count(&mut self, facts: &ServiceFacts) {
        self.total_count += 1;
        self.agencies[usize::from(facts.agency)] += 1;
        if let Some(county) = facts.county {
            self.counties[usize::from(county.number()) - 1] += 1;
        }
    }

    pub(super) fn facets(&self, index: &SearchIndex) -> Facets {
        Facets {
            agencies: largest(index.agencies().iter().cloned().zip(self.agencies.iter().copied())),
            counties: largest(County::all().zip(self.counties.iter().copied())),
        }
    }
}

/// Those that are there at all, the largest first; among equals in the order in which they come.
fn largest<Value>(counts: impl Iterator<Item = (Value, usize)>) -> Vec<FacetCount<Value>> {
    let there = counts.filter(|(_, count)| *count > 0);
    let mut largest: Vec<_> = there.map(|(value, count)| FacetCount { value, count }).collect();
    largest.sort_by_key(|facet| Reverse(facet.count));
    largest.truncate(FACET_COUNTS_MAX);
    largest
}
