//! The books: double-entry, append-only, durable before acknowledged, provable to a stranger.

mod money;

pub use money::{Currency, Money, MoneyError};
