//! The books: double-entry, append-only, durable before acknowledged, provable to a stranger.

mod account;
mod entry;
mod hash;
mod money;
mod record;
pub mod tree;

pub use account::{ACCOUNT_CODE_LEN_MAX, AccountCode, AccountKind, NotAnAccountCode};
pub use entry::{Entry, EntryError, POSTING_COUNT_MAX, Phase, Posting, Side, TEXT_LEN_MAX};
pub use hash::Hash;
pub use money::{Currency, Money, MoneyError};
pub use record::*;
