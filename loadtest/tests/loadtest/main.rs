//! The sandbox and the load generator from outside: real listeners, a made-up merchant, and the files they
//! leave.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it stands")]

mod caller;
mod carriers;
mod command;
mod faults;
mod load;
mod merchant;
mod paybill;
mod prompts;
mod restart;
mod slips;
mod terminals;
mod world;
