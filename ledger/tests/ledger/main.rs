//! The ledger as its callers see it: opened on a disk that fails, closed, cut, damaged and opened again.

mod damage;
mod harness;
mod power;
mod room;
mod snapshots;
