//! Black-box tests: the real executable is started, the outside is played, and what came of it is looked at through
//! sockets and files only. Each module is a story; the labour is in `harness`. How to write one: `tests/README.md`.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on stops where it stands")]

mod harness;

// A bill is paid.
mod account_numbers;
mod airtel;
mod amboseli;
mod applications;
mod asking;
mod card;
mod live;
mod missing_payments;
mod money_lands;
mod one_confirmation;
mod pages;
mod pay_once;
mod prompts;
mod receipt_on_paper;
mod several_owners;
mod waiting;

// Payers are told.
mod messages;

// What can be paid for.
mod availability;
mod broken_rows;
mod browsers;
mod bulletin;
mod caches;
mod catalogue;
mod change_control;
mod mutated_catalogues;
mod mutations;
mod published_list;
mod reloads;
mod usage;

// An agency's own system is asked.
mod routing;

// Agencies are told.
mod notices;
mod officers;

// Something goes wrong.
mod clock;
mod crash;
mod crowds;
mod degraded;
mod drill;
mod fallback;
mod fallback_money;
mod faults;
mod healing;
mod offline_gates;
mod outages;
mod storage;

// Who may do and see what.
mod access;
mod console;
mod gates;
mod privacy;
mod staff;
mod staff_provider;

// Running it.
mod command_line;
mod configuration;
mod tls;
mod views;

// What is said about the code.
mod architecture;
mod take_over;
mod tidy;
