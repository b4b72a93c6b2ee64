//! The ways that money comes in. Each channel is an adapter: it reads and writes what its provider speaks, and says
//! what happened in the words of [`payments`](crate::payments). Nothing here books, and nothing here decides what a
//! bill becomes. [`contract`] says what every channel can do, [`terms`] how an operator writes them down,
//! [`Channels`] which there are, [`files`] tell of what no provider tells by itself, [`offer`] in which of them a bill can be paid now.

mod account;
pub mod contract;
pub mod files;
pub mod health;
mod instructions;
mod not_payable;
pub mod offer;
mod registry;
pub mod sources;
pub mod terms;
mod told;
mod written;

pub mod airtel;
pub mod bank;
pub mod card;
pub mod mpesa;

mod attempt_text;
mod counter;

pub use account::CollectionAccount;
pub(crate) use attempt_text::attempt_text;
pub use instructions::Instructions;
pub use not_payable::{AmountTerms, NotPayable};
pub use registry::{Channels, NamedTwice};
pub use told::{AttemptTold, SaidFor, Told};
