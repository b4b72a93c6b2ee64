//! The outside world of the payment gateway, and the load on it.
//!
//! This crate uses none of the others: it has its own wire types, its own money and its own records, so that
//! it cannot share their mistakes. It plays Safaricom ([`sandbox`]), and it sends measured load and keeps a
//! witness of what was sent and acknowledged ([`load`]). Everything here speaks to loopback addresses only.

pub mod sandbox;

pub mod load;

pub mod drill;

pub mod cli;

pub mod clock;
pub mod kes;
pub mod loopback;

mod c2b;
mod phone;
mod receipts;
mod synced_log;
