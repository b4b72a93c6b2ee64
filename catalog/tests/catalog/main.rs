//! The catalogue from the outside: what things cost, what is found, and what a broken file is told.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene up should stop right there")]

mod account_forms;
mod builder;
mod content;
mod diff;
mod export;
mod impact;
mod import;
mod lookup;
mod national_fallback;
mod orders;
mod price;
mod published_fees;
mod random_prices;
mod sample;
mod scene;
mod search;
mod service_list;
mod shapes;
