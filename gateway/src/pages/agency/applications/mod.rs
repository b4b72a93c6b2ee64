//! The room for applications: a list by a filter in the address, the life of each, reports one by one, together and by the
//! file, and what waits. Whoever may see an agency's rows may look; only its officers report.

mod done;
mod figures;
mod list;
mod one;
mod together;

pub(in crate::pages) use figures::{
    promises, promises_csv, promises_xlsx, uncollected, uncollected_csv, uncollected_xlsx,
};
pub(in crate::pages) use list::show as list;
pub(in crate::pages) use one::{report, show as one};
pub(in crate::pages) use together::{ready, upload};

use crate::access::Role;
use crate::staff::Session;

/// Whether this person reports what becomes of applications.
fn may_report(session: &Session) -> bool {
    session.account().role == Role::AgencyOfficer
}
