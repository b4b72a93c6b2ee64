//! The gateway: the only crate that knows both what can be paid for (`catalog`) and what has been paid (`ledger`), and
//! the only one that listens, renders and speaks to the outside.
//!
//! Read it from the outside in. A connection enters through [`server`], becomes a request in [`http`], and is answered
//! by a handler of the application, which stands on [`config`] and reads the time from [`clock`] alone. What operators
//! see of all that is in [`telemetry`]. Money is decided on in [`payments`]; [`views`] are the tables that follow from it.

pub mod payments;

pub mod channels;

pub mod views;

pub mod access;

pub mod server;

pub mod http;

pub mod config;

pub mod clock;
pub mod telemetry;
