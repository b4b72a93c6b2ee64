//! Who may do what: keys of the API, their roles, and the agency that a key is scoped to.

mod key;
mod ring;
mod role;

pub use key::{ApiKey, KeyMode, KeySecret, NotAKey};
pub use ring::KeyRing;
pub use role::{Role, UnknownRole};
