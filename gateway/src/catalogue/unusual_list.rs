//! Everything that is not as usual, in one list: made when somebody first asks, and kept until availability changes, so
//! that strangers who ask again and again cost next to nothing.

use std::sync::{Arc, Weak};

use serde::Serialize;

use super::body::Rendered;
use super::live::LiveCatalogue;
use super::overlay::{ClosureBody, SystemDownBody};
use crate::payments::{Availability, AvailabilityScope};

/// The list of one availability, which it names without keeping it alive.
#[derive(Debug)]
pub(super) struct UnusualList {
    availability: Weak<Availability>,
    body: Arc<Rendered>,
}

impl LiveCatalogue {
    /// The list of everything that is not as usual.
    pub fn unusual_list(&self, availability: &Arc<Availability>) -> Result<Arc<Rendered>, serde_json::Error> {
        let kept = self.unusual_list.load_full();
        if let Some(kept) = kept.filter(|kept| kept.availability.as_ptr() == Arc::as_ptr(availability)) {
            return Ok(Arc::clone(&kept.body));
        }
        let list = serde_json::to_vec(&AvailabilityList::of(availability))?;
        let body = Arc::new(Rendered::new("application/json", list));
        // Two who make it at once make the same.
        let list = UnusualList { availability: Arc::downgrade(availability), body: Arc::clone(&body) };
        self.unusual_list.store(Some(Arc::new(list)));
        Ok(body)
    }
}

#[derive(Serialize)]
struct AvailabilityList<'a> {
    /// In force, and planned.
    closures: Vec<ScopeBody<'a>>,
    systems_down: Vec<AgencySystemBody<'a>>,
}

#[derive(Serialize)]
struct AgencySystemBody<'a> {
    agency: &'a str,
    #[serde(flatten)]
    down: SystemDownBody,
}

/// What is in force for a service or an agency now.
#[derive(Serialize)]
pub(crate) struct ScopeBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<&'a str>,
    state: &'static str,
    #[serde(flatten)]
    closure: Option<ClosureBody<'a>>,
}

impl<'a> AvailabilityList<'a> {
    fn of(availability: &'a Availability) -> Self {
        let closures = availability.closures().map(|(scope, _)| ScopeBody::of(scope, availability));
        let down = availability.systems_down();
        let down = down.map(|(agency, _, down)| AgencySystemBody { agency, down: SystemDownBody::of(down) });
        Self { closures: closures.collect(), systems_down: down.collect() }
    }
}

impl<'a> ScopeBody<'a> {
    /// What is in force for this scope.
    pub(crate) fn of(scope: &'a AvailabilityScope, availability: &'a Availability) -> Self {
        let closure = availability.closure(scope).map(|(_, closure)| closure);
        let (service, agency) = match scope {
            AvailabilityScope::Service { slug } => (Some(&**slug), None),
            AvailabilityScope::Agency { code } => (None, Some(&**code)),
        };
        let state = match closure {
            None => "open",
            Some(closure) if closure.in_force => "closed",
            Some(_) => "planned",
        };
        Self { service, agency, state, closure: closure.map(|closure| ClosureBody::of(scope, closure)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Served;
    use crate::payments::CatalogueVersion;

    #[test]
    fn the_list_is_made_once_for_each_availability() {
        let version = CatalogueVersion { number: 1, hash: "00".into() };
        let catalogue = Arc::new(catalog::Catalogue::embedded());
        let served = Served::render(version, catalogue, jiff::civil::date(2026, 11, 22), None);
        let live = LiveCatalogue::new(served, std::path::PathBuf::new());
        let (one, other) = (Arc::new(Availability::default()), Arc::new(Availability::default()));
        let list = |availability| live.unusual_list(availability).unwrap();
        let first = list(&one);
        assert!(Arc::ptr_eq(&first, &list(&one)), "the same look costs nothing");
        assert!(!Arc::ptr_eq(&first, &list(&other)), "another availability has another list");
    }
}
