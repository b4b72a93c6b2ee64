//! M-PESA, as the owner of a paybill sees it through Safaricom's interface, Daraja.
//!
//! [`wire`] is what Safaricom sends to us and answers us. [`prompt_codes`] says what the end of a prompt means and what
//! the payer reads.

pub mod wire;

pub mod prompt_codes;
