//! What was looked for and looked at, as the journal keeps it: sums of a few minutes, by service. Nobody who asked is in
//! here. The state of bills does not change by it; views add it up.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The most services that one record tells of: with the longest names, they fill most of a record.
pub const SERVICES_PER_USAGE_RECORD_MAX: usize = 300;

/// Counts of some minutes of a revenue day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageCounts {
    /// The day, East Africa Time, as days since 1 January 1970.
    pub day: i32,
    /// Services that were searched or viewed, [`SERVICES_PER_USAGE_RECORD_MAX`] at most.
    pub services: Vec<ServiceUse>,
}

/// How often a service was found and looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceUse {
    /// Whose it was in the catalogue that was served.
    pub agency: Arc<str>,
    /// Its slug.
    pub service: Arc<str>,
    /// How often it was among the first results of a search.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub searched: u64,
    /// How often its own answer was asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub viewed: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::Event;

    #[test]
    fn the_longest_record_fits() {
        let longest = ServiceUse {
            agency: "X".repeat(20).into(),
            service: "x".repeat(80).into(),
            searched: u64::from(u32::MAX),
            viewed: u64::from(u32::MAX),
        };
        let counts = UsageCounts { day: 99_999, services: vec![longest; SERVICES_PER_USAGE_RECORD_MAX] };
        let bytes = serde_json::to_vec(&Event::UsageCounted(counts)).unwrap();
        assert!(bytes.len() < 60_000, "{} of the 65,535 that a record has room for", bytes.len());
    }
}
