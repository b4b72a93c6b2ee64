//! The gateway: the only crate that knows both what can be paid for (`catalog`) and what has been paid (`ledger`), and
//! the only one that listens, renders and speaks to the outside.
//!
//! Read it from the inside out. [`payments`] is the life of bills, attempts and money, as a pure state machine; [`books`]
//! runs it on the ledger. `accounts` reads what payers type, `billing` makes bills, `applications` are what follows them
//! at agencies; [`channels`] speak to those who move money,
//! `receiving` takes what they tell of, `healing` finds what they did not tell of, and `prompts` follows what they were asked;
//! [`bulletin`] says how to pay when nothing here answers;
//! [`messages`] tell payers what became of their money;
//! [`catalogue`] is what can be paid for, as it is sent and as it changes; [`routing`] hands on to agencies what is theirs, and whoever else is called, besides
//! Safaricom by its own client, is called in [`outbound`];
//! [`notices`] are what agencies are told; [`receipts`] are what payers keep, [`personal`] is what nobody else may read,
//! [`gates`] are packs and devices for when a gate has nobody to ask,
//! [`views`] is what the books look like in SQL, [`live`] what is watched while it grows. From the outside, a connection
//! enters through [`server`], becomes a request in [`http`], and is answered by
//! a handler in [`api`] or [`pages`], who reach everything through [`app`]. [`process`] starts and ends all of it as
//! [`config`] says; [`cli`] is the command line. Time is read in [`clock`] alone, and what blocks is done `away`.

pub mod payments;

pub mod books;

mod accounts;
mod applications;
mod billing;
pub mod bulletin;
mod cash;
pub mod channels;
pub mod exchange;
mod finding;
mod healing;
mod offering;
mod prompts;
mod receiving;

pub mod messages;

pub mod catalogue;

pub mod notices;

pub mod personal;
pub mod receipts;

pub mod views;

pub mod gate;
pub mod gates;
pub mod live;

pub mod access;
pub mod idempotency;
pub mod limits;
pub mod staff;

pub mod outbound;
pub mod routing;

pub mod app;
mod away;

pub mod api;
pub mod pages;

pub mod http;
pub mod server;

pub mod process;

pub mod cli;
pub mod config;

pub mod clock;
pub mod telemetry;
