//! Who may do what: keys of the API, accounts of staff, their roles, and the agency that either is scoped to.

mod key;
mod ring;
mod role;
mod staff;

pub use key::{ApiKey, KeyMode, KeySecret, NotAKey};
pub use ring::KeyRing;
pub use role::{Role, UnknownRole};
pub use staff::{STAFF_ROLES, StaffAccount};
