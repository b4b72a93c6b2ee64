//! Money that comes in where the consolidated paybill is not: banks tell of it and files do, in any order and as often as they
//! like, and each payment is booked once.

mod bank;
mod cash;
mod files;
mod report;
mod sweeps;
mod uploads;
mod waiting;
