//! Availability, laid over what was rendered at publication. Services that are as usual keep the body that they had then,
//! and with it its validator; for the few that are not, a body is made when somebody first asks, and kept until either the
//! catalogue or availability changes.

use std::sync::{Arc, LazyLock, Weak};

use catalog::{BackEnd, Service, Text};
use dashmap::DashMap;
use serde::Serialize;

use super::body::Rendered;
use super::live::LiveCatalogue;
use super::served::Served;
use crate::clock::format_rfc3339;
use crate::payments::{Availability, AvailabilityScope, Closure, SystemDown, Unusual};

/// What people can expect of a service whose agency's own system is down.
pub(crate) static SYSTEM_DOWN: LazyLock<Text> = LazyLock::new(|| Text::new(SYSTEM_DOWN_EN, SYSTEM_DOWN_SW));
const SYSTEM_DOWN_EN: &str = "The agency's own system does not answer at the moment, so what is done there has to wait. \
    A bill that you have can still be paid here.";
const SYSTEM_DOWN_SW: &str = "Mfumo wa taasisi haujibu kwa sasa, kwa hivyo yanayofanywa huko yanapaswa kusubiri. \
    Bili uliyo nayo bado inaweza kulipwa hapa.";

/// The bodies of services that are not as usual, of one catalogue and one availability. It names both without keeping
/// them alive.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    served: Weak<Served>,
    availability: Weak<Availability>,
    bodies: DashMap<Arc<str>, Arc<Rendered>>,
}

impl LiveCatalogue {
    /// The body of a service about which something is not as usual. Whoever asks brings the catalogue and the
    /// availability that it has taken, so that the body is of these two and no others.
    pub fn unusual_body(
        &self,
        served: &Arc<Served>,
        availability: &Arc<Availability>,
        service: &Service,
        unusual: &Unusual<'_>,
    ) -> Arc<Rendered> {
        let mut overlay = self.overlay.load_full();
        let is_of = |overlay: &Overlay| {
            overlay.served.as_ptr() == Arc::as_ptr(served)
                && overlay.availability.as_ptr() == Arc::as_ptr(availability)
        };
        if !is_of(&overlay) {
            overlay = Arc::new(Overlay {
                served: Arc::downgrade(served),
                availability: Arc::downgrade(availability),
                bodies: DashMap::new(),
            });
            self.overlay.store(Arc::clone(&overlay));
        }
        if let Some(body) = overlay.bodies.get(service.slug.as_str()) {
            return Arc::clone(&body);
        }
        let body = Arc::new(served.render_one(service, served.day(), unusual));
        // Two who make it at once make the same.
        overlay.bodies.insert(service.slug.as_str().into(), Arc::clone(&body));
        body
    }
}

/// What the books call an agency's own system: its host, and its port where that is named.
pub fn system_of(back_end: &BackEnd) -> Option<&str> {
    let (_, rest) = back_end.address.split_once("://")?;
    rest.split('/').next()
}

/// What a service's answer says of availability.
#[derive(Serialize)]
pub(super) struct AvailabilityBody<'a> {
    state: &'static str,
    /// Whether a bill can be made now. Bills that exist can always be paid.
    can_be_billed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<ClosureBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    planned: Option<ClosureBody<'a>>,
    /// Only of services that are handed on to a system of their agency.
    #[serde(skip_serializing_if = "Option::is_none")]
    own_system: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    own_system_down: Option<SystemDownBody>,
}

/// A closure as it is shown.
#[derive(Serialize)]
pub(super) struct ClosureBody<'a> {
    /// Whether the service itself was closed, or its whole agency.
    of: &'static str,
    reason: &'a Text,
    /// Of one in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// Of a planned one.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// Of the record that says so.
    sequence: u64,
}

/// A system that does not answer, as it is shown.
#[derive(Serialize)]
pub(super) struct SystemDownBody {
    since: String,
    expect: &'static Text,
    sequence: u64,
}

impl<'a> AvailabilityBody<'a> {
    pub(super) fn of(unusual: &Unusual<'a>, is_billable: bool, has_own_system: bool) -> Self {
        let closure =
            |(scope, closure): (&AvailabilityScope, &'a Arc<Closure>)| ClosureBody::of(scope, closure);
        Self {
            state: if unusual.closed.is_some() { "closed" } else { "open" },
            can_be_billed: is_billable && unusual.closed.is_none(),
            closed: unusual.closed.map(closure),
            planned: unusual.planned.map(closure),
            own_system: has_own_system.then_some(if unusual.system_down.is_some() { "down" } else { "up" }),
            own_system_down: unusual.system_down.map(SystemDownBody::of),
        }
    }
}

impl<'a> ClosureBody<'a> {
    /// This closure of this scope.
    pub(super) fn of(scope: &AvailabilityScope, closure: &'a Closure) -> Self {
        let moment = |time: ledger::LedgerTime| format_rfc3339(time.micros());
        Self {
            of: match scope {
                AvailabilityScope::Service { .. } => "service",
                AvailabilityScope::Agency { .. } => "agency",
            },
            reason: &closure.terms.reason,
            since: closure.in_force.then(|| moment(closure.since)),
            from: closure.terms.from.filter(|_| !closure.in_force).map(moment),
            until: closure.terms.until.map(moment),
            sequence: closure.sequence,
        }
    }
}

impl SystemDownBody {
    /// A system that has been down since then.
    pub(super) fn of(down: SystemDown) -> Self {
        Self { since: format_rfc3339(down.since.micros()), expect: &SYSTEM_DOWN, sequence: down.sequence }
    }
}
