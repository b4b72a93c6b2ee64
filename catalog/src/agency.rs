//! Who owns a service.

use std::sync::Arc;

use crate::back_end::BackEnd;
use crate::code::AgencyCode;
use crate::fallback::FallbackWay;
use crate::text::Text;

/// A body of the state that offers services and is owed what they bring in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agency {
    /// Its short name; never changes.
    pub code: AgencyCode,
    /// Its name for people.
    pub name: Text,
    /// The ministry it belongs to, by its official English name.
    pub ministry: Option<Arc<str>>,
    /// The state department within the ministry, by its official English name.
    pub department: Option<Arc<str>>,
    /// Other words by which people look for it, in either language.
    pub keywords: Vec<Arc<str>>,
    /// Its own system, to which requests about its services are handed on, if there is one.
    pub back_end: Option<BackEnd>,
    /// Its own plan for when the consolidated paybill cannot be used, in order. Without one it is paid by the national one:
    /// ask [`Catalogue::fallback_of`](crate::Catalogue::fallback_of).
    pub fallback: Vec<FallbackWay>,
}
