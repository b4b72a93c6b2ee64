//! What can be had at the moment: services and agencies that people have closed for a time, and agencies' own systems that
//! do not answer. It changes by records alone, the beginning of a planned closure and its end included, so that everybody
//! sees the same at the same sequence.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::Text;
use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

/// The most closures at once. Whoever has more to close closes the agency.
pub(super) const CLOSURES_MAX: usize = 2_000;
/// The most that agencies have closed at once, all together: the rest is the operators'.
pub(super) const CLOSURES_OF_AGENCIES_MAX: usize = 1_500;
/// The most that one agency has closed at once.
pub(super) const CLOSURES_OF_ONE_AGENCY_MAX: usize = 200;

/// What a closure is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum AvailabilityScope {
    /// One service.
    Service {
        /// Its slug.
        slug: Arc<str>,
    },
    /// Every service of an agency.
    Agency {
        /// Its code.
        code: Arc<str>,
    },
}

/// Who closed something, and may therefore open it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// The agency itself.
    Agency,
    /// An operator, who may also open what an agency has closed.
    Operator,
}

/// What is said when something is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosureTerms {
    /// Why, for everybody to read.
    pub reason: Text,
    /// From when, if not at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<LedgerTime>,
    /// Until when, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<LedgerTime>,
    /// Who says so.
    pub closed_by: ClosedBy,
    /// Whose service it was then, whatever becomes of the catalogue. Absent where the scope is an agency, and from the
    /// earliest records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<Arc<str>>,
}

impl ClosureTerms {
    /// Whose closure of this scope it is. The earliest records do not say it of services.
    pub fn agency_of<'a>(&'a self, scope: &'a AvailabilityScope) -> Option<&'a str> {
        match scope {
            AvailabilityScope::Service { .. } => self.agency.as_deref(),
            AvailabilityScope::Agency { code } => Some(code),
        }
    }
}

/// How availability changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum AvailabilityChange {
    /// People close it, or say that they will. It takes the place of what was said of the same scope before; what is
    /// closed is not planned to be closed later, because that would open it.
    Closed {
        /// What they say.
        scope: AvailabilityScope,
        /// The particulars.
        terms: ClosureTerms,
    },
    /// The time of a planned closure has come.
    Began {
        /// Of what.
        scope: AvailabilityScope,
    },
    /// People open it again, or give a plan up.
    Opened {
        /// What.
        scope: AvailabilityScope,
    },
    /// The time of a closure is over.
    Ended {
        /// Of what.
        scope: AvailabilityScope,
    },
    /// An agency's own system does not answer.
    SystemDown {
        /// Whose.
        agency: Arc<str>,
        /// Its host and port.
        system: Arc<str>,
    },
    /// It answers again.
    SystemUp {
        /// Whose.
        agency: Arc<str>,
        /// Its host and port.
        system: Arc<str>,
    },
}

/// A closure, in force or planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// What was said.
    pub terms: ClosureTerms,
    /// Whether it is in force; otherwise it is planned.
    pub in_force: bool,
    /// Since when it is in force, or when it was planned.
    pub since: LedgerTime,
    /// Sequence of the record that made it what it is.
    pub sequence: u64,
}

/// A system that does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemDown {
    /// Since when it is known.
    pub since: LedgerTime,
    /// Sequence of the record that says so.
    pub sequence: u64,
}

/// Everything that is not as usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Availability {
    closures: BTreeMap<AvailabilityScope, Arc<Closure>>,
    /// By agency and system.
    systems_down: BTreeMap<(Arc<str>, Arc<str>), SystemDown>,
}

/// The same, as a snapshot has it: maps with keys that are no texts are lists there.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct AvailabilityParts {
    closures: Vec<(AvailabilityScope, Closure)>,
    systems_down: Vec<(Arc<str>, Arc<str>, SystemDown)>,
}

/// What is not as usual about one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unusual<'a> {
    /// It is closed: of the closures in force, its own and its agency's, the one that lasts longer.
    pub closed: Option<(&'a AvailabilityScope, &'a Arc<Closure>)>,
    /// It will be closed: of the planned closures the one that begins first.
    pub planned: Option<(&'a AvailabilityScope, &'a Arc<Closure>)>,
    /// The system that it is handed on to does not answer.
    pub system_down: Option<SystemDown>,
}

impl Unusual<'_> {
    /// True if there is nothing to say.
    pub fn is_nothing(&self) -> bool {
        *self == Unusual::default()
    }
}

impl Availability {
    /// True if everything is as usual: one look, which every request for a service takes.
    pub fn is_as_usual(&self) -> bool {
        self.closures.is_empty() && self.systems_down.is_empty()
    }

    /// Names everything that is not as usual: the same again has the same name, anything else another. Empty if everything
    /// is as usual.
    pub fn name(&self) -> String {
        let closures = self.closures.values().map(|closure| closure.sequence);
        let systems = self.systems_down.values().map(|down| down.sequence);
        closures.chain(systems).map(|sequence| format!("{sequence:x} ")).collect()
    }

    /// What is not as usual about a service of an agency, which is handed on to this system if there is one.
    pub fn of_service(&self, agency: &str, slug: &str, system: Option<&str>) -> Unusual<'_> {
        let both = || {
            let own = self.closure(&AvailabilityScope::Service { slug: slug.into() });
            let of_all = self.closure(&AvailabilityScope::Agency { code: agency.into() });
            own.into_iter().chain(of_all)
        };
        Unusual {
            closed: both()
                .filter(|(_, closure)| closure.in_force)
                .max_by_key(|(_, closure)| closure.terms.until.map_or(i64::MAX, LedgerTime::micros)),
            planned: both()
                .filter(|(_, closure)| !closure.in_force)
                .min_by_key(|(_, closure)| closure.terms.from),
            system_down: system.and_then(|system| self.system_down(agency, system)),
        }
    }

    /// What people have said of a scope.
    pub fn closure(&self, scope: &AvailabilityScope) -> Option<(&AvailabilityScope, &Arc<Closure>)> {
        self.closures.get_key_value(scope)
    }

    /// All closures, in force and planned.
    pub fn closures(&self) -> impl Iterator<Item = (&AvailabilityScope, &Arc<Closure>)> {
        self.closures.iter()
    }

    /// How many closures there are, in force and planned.
    pub fn closure_count(&self) -> usize {
        self.closures.len()
    }

    /// How many of them agencies have made: this one, and all together.
    pub(super) fn closure_counts_of_agencies(&self, agency: Option<&str>) -> (usize, usize) {
        let of_agencies = self.closures().filter(|(_, closure)| closure.terms.closed_by == ClosedBy::Agency);
        of_agencies.fold((0, 0), |(own, all), (scope, closure)| {
            (own + usize::from(closure.terms.agency_of(scope) == agency), all + 1)
        })
    }

    /// Since when this system of an agency is known not to answer.
    pub fn system_down(&self, agency: &str, system: &str) -> Option<SystemDown> {
        self.systems_down.get(&(agency.into(), system.into())).copied()
    }

    /// All systems that do not answer: agency, system, since when.
    pub fn systems_down(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>, SystemDown)> {
        self.systems_down.iter().map(|((agency, system), down)| (agency, system, *down))
    }

    /// What time has made due, `limit` changes at most: planned closures that begin, and those whose time is over.
    pub(super) fn due(&self, now: LedgerTime, limit: usize) -> Vec<AvailabilityChange> {
        let due = self.closures.iter().filter_map(|(scope, closure)| {
            let scope = scope.clone();
            if closure.terms.until.is_some_and(|until| until <= now) {
                Some(AvailabilityChange::Ended { scope })
            } else if !closure.in_force && closure.terms.from.is_none_or(|from| from <= now) {
                Some(AvailabilityChange::Began { scope })
            } else {
                None
            }
        });
        due.take(limit).collect()
    }

    /// Applies a change, which the record with this sequence and time tells of.
    pub(super) fn change(&mut self, change: &AvailabilityChange, since: LedgerTime, sequence: u64) {
        match change {
            AvailabilityChange::Closed { scope, terms } => {
                let in_force = terms.from.is_none_or(|from| from <= since);
                let closure = Closure { terms: terms.clone(), in_force, since, sequence };
                self.closures.insert(scope.clone(), Arc::new(closure));
            }
            AvailabilityChange::Began { scope } => {
                if let Some(closure) = self.closures.get_mut(scope) {
                    let closure = Arc::make_mut(closure);
                    (closure.in_force, closure.since, closure.sequence) = (true, since, sequence);
                }
            }
            AvailabilityChange::Opened { scope } | AvailabilityChange::Ended { scope } => {
                self.closures.remove(scope);
            }
            AvailabilityChange::SystemDown { agency, system } => {
                self.systems_down
                    .insert((Arc::clone(agency), Arc::clone(system)), SystemDown { since, sequence });
            }
            AvailabilityChange::SystemUp { agency, system } => {
                self.systems_down.remove(&(Arc::clone(agency), Arc::clone(system)));
            }
        }
    }

    pub(super) fn parts(&self) -> AvailabilityParts {
        AvailabilityParts {
            closures: self
                .closures
                .iter()
                .map(|(scope, closure)| (scope.clone(), Closure::clone(closure)))
                .collect(),
            systems_down: self
                .systems_down()
                .map(|(agency, system, down)| (Arc::clone(agency), Arc::clone(system), down))
                .collect(),
        }
    }

    pub(super) fn of_parts(parts: AvailabilityParts) -> Self {
        let closures = parts.closures.into_iter().map(|(scope, closure)| (scope, Arc::new(closure)));
        let systems = parts.systems_down.into_iter().map(|(agency, system, down)| ((agency, system), down));
        Self { closures: closures.collect(), systems_down: systems.collect() }
    }
}
