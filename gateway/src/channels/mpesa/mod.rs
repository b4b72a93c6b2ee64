//! M-PESA, as the owner of a paybill sees it through Safaricom's interface, Daraja.
//!
//! A payer can be told what to type ([`instructions`]) or be asked on the phone ([`client`]). What comes of it,
//! Safaricom tells us: [`wire`] reads what it says, and [`prompt_codes`] what the end of a prompt means and what the payer
//! reads. [`adapters`] are the ways to pay that come of it.

pub mod instructions;

pub mod client;
pub mod subscriber;

mod listed;
pub mod statement;
pub mod wire;

pub mod prompt_codes;

pub mod adapters;
mod paybill;

pub use paybill::{Paybill, PaybillTerms, attempt_text};
