//! Measured load on the gateway, with a witness of every shilling that was sent and acknowledged.
//!
//! A run goes through these stages: bills are made ahead through the public API (`bills`); payments are made
//! up and written to the witness log before they may leave (`payment`, `witness`); they leave at their
//! appointed times, or as fast as answers come (`pacing`); each is one exchange with the gateway or the
//! sandbox (`exchange`); everything is counted (`tally`) and reported (`report`).
//!
//! In an **open loop** the times of sending are fixed beforehand and do not wait for answers, as payers do
//! not. Latency counts from the appointed time, so a pause of the gateway is felt by every payment that
//! should have left during it, not only by the one that was under way (no coordinated omission). In a
//! **closed loop** each connection sends its next payment when the last one is answered; that measures
//! capacity, and its latencies must not be read as what payers see.

mod bills;
mod exchange;
mod pacing;
mod payment;
mod plan;
mod ready_file;
mod report;
mod resend;
mod run;
mod tally;
mod threshold;
mod witness;

pub use self::plan::{BillsMade, Pace, Plan, Source, Target};
pub use self::ready_file::ReadyFile;
pub use self::report::Report;
pub use self::resend::{ResendPlan, Resent, resend};
pub use self::run::{LoadError, run};
pub use self::threshold::Threshold;
