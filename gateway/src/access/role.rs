//! Roles: what a principal is there for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a principal is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// An agency's system: makes bills, asks for payment, reads what is the agency's.
    AgencyIntegrator,
    /// An agency's people: read what is the agency's.
    AgencyViewer,
    /// An agency's people at a gate: look one payment up and let it be used once. See no totals and no lists.
    AgencyGate,
    /// An agency's people who work on applications and provisional passes: report what becomes of the ones, put money to the others
    /// and invoice tour operators. See both, with what each pass owes, and no totals.
    AgencyOfficer,
    /// Takes cash at a counter of an agency, for bills of all of them. Sees what is due on a bill, and no lists.
    Cashier,
    /// Agrees to what lacks at an agency's counters, and ends shifts of people who are not there.
    CounterSupervisor,
    /// Proposes what needs two people.
    Maker,
    /// Approves what a maker proposed.
    Checker,
    /// The National Treasury: reads the collections of all.
    Treasury,
    /// The Auditor: reads everything, changes nothing.
    Auditor,
    /// Runs the gateway: keys, health, catalogues. Reads no bill.
    Operator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 11] = [
        Self::AgencyIntegrator,
        Self::AgencyViewer,
        Self::AgencyGate,
        Self::AgencyOfficer,
        Self::Cashier,
        Self::CounterSupervisor,
        Self::Maker,
        Self::Checker,
        Self::Treasury,
        Self::Auditor,
        Self::Operator,
    ];

    /// The word in keys, commands and configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AgencyIntegrator => "agency_integrator",
            Self::AgencyViewer => "agency_viewer",
            Self::AgencyGate => "agency_gate",
            Self::AgencyOfficer => "agency_officer",
            Self::Cashier => "cashier",
            Self::CounterSupervisor => "counter_supervisor",
            Self::Maker => "maker",
            Self::Checker => "checker",
            Self::Treasury => "treasury",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }

    /// True for roles that exist within one agency only.
    pub const fn belongs_to_an_agency(self) -> bool {
        matches!(
            self,
            Self::AgencyIntegrator
                | Self::AgencyViewer
                | Self::AgencyGate
                | Self::AgencyOfficer
                | Self::Cashier
                | Self::CounterSupervisor
        )
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// The text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the role is one of agency_integrator, agency_viewer, agency_gate, agency_officer, cashier, counter_supervisor, maker, checker, treasury, auditor, operator"
)]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.word() == text.replace('-', "_")).ok_or(UnknownRole)
    }
}
