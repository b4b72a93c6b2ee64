//! What becomes of money, on real books in memory with a clock that a test holds.

mod account_numbers;
mod applications;
mod availability;
mod catalogues;
mod channels;
mod contract;
mod counters;
mod desk;
mod expiry;
mod files;
mod gates;
mod healing;
mod landing;
mod listed;
mod messages;
mod model;
mod notices;
mod offered_counters;
mod offers;
mod operators;
mod owners;
mod passes;
mod prompts;
mod random;
mod references;
mod visits;
