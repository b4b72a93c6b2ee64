//! The ledger as its callers see it: opened on a disk that fails, closed, cut, damaged and opened again, exported,
//! checked, and read from what earlier versions wrote.

#![expect(clippy::unwrap_used, reason = "tests may unwrap, in their harness too")]

mod damage;
mod export;
mod formats;
mod harness;
mod power;
mod room;
mod snapshots;
mod trail;
mod verify;
