//! Accounts of staff, as the books know them: what somebody may do and whose rows they see. Names, passwords and the
//! secrets of authenticator apps are not here and in no record; they lie among the keys ([`crate::staff`]).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::role::Role;

/// The roles that have pages to sign in to.
pub const STAFF_ROLES: [Role; 7] = [
    Role::AgencyViewer,
    Role::AgencyGate,
    Role::AgencyOfficer,
    Role::Cashier,
    Role::CounterSupervisor,
    Role::Treasury,
    Role::Auditor,
];

/// Somebody who signs in to pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffAccount {
    /// Names the account in records and logs, `stf_…`, and says nothing about the person.
    pub id: Arc<str>,
    /// What they may do.
    pub role: Role,
    /// The agency whose rows they see, for roles that belong to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<Arc<str>>,
    /// The one counter at which they take cash, for a cashier who is bound to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<Arc<str>>,
}
