//! The views over a real ledger in a temporary directory: what the books decide is what the tables show.

mod applications;
mod failures;
mod fallback;
mod following;
mod minutes;
mod passes;
mod questions;
mod scopes;
mod tables;
mod transactions;
mod usage;
mod visits;
mod world;
