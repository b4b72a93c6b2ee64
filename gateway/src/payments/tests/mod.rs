//! What becomes of money, on real books in memory with a clock that a test holds.

mod availability;
mod desk;
mod expiry;
mod landing;
mod prompts;
mod random;
