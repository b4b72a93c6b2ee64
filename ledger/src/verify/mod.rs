//! Checking books without trusting whoever keeps them: a data directory from its first byte to its last, a static
//! export against a key, one leaf against a checkpoint.
//!
//! Checking goes on after a finding as far as that makes sense, so that one report shows the whole extent. Nothing
//! is changed, no bytes make it panic, and what it says is about the ledger alone: what a bill is, it does not know.

mod claims;
mod data;
mod export;
mod finding;
mod inclusion;
mod reading;
mod rules;

pub use data::{DataReport, data_directory};
pub use export::{ExportVerdict, export_directory};

pub use finding::{Finding, Findings, Gravity, KEPT_PER_GRAVITY_MAX};
pub use inclusion::{InclusionError, Proved, inclusion};
