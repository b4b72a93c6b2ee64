//! The outside world of the payment gateway, and the load on it.
//!
//! This crate uses none of the others: it has its own wire types, its own money and its own records, so that it cannot share their
//! mistakes. It plays Safaricom ([`sandbox`]).
//! Everything here speaks to loopback addresses only.

pub mod cli;
pub mod clock;
pub mod kes;
pub mod loopback;
pub mod sandbox;
mod synced_log;
