//! The ways that money comes in. Each channel is an adapter: it reads and writes what its provider speaks, and says
//! what happened in the words of [`payments`](crate::payments). Nothing here books, and nothing here decides what a
//! bill becomes.

pub mod mpesa;
