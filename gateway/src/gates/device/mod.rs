//! What stands at a gate: a small program that needs nobody.
//!
//! [`judge`] says whether somebody is let in, from the pack, the receipt's own signature and what this device has done.
//! [`passes`] are what it gives to whoever has not paid. [`journal`] keeps that, durably and in order, and `memory` is what its lines come to;
//! [`attendant`] puts both together, one person at a time, and makes the batches; [`folder`] is where all of it lies, and [`screen`] what the guard's browser shows.

pub mod attendant;
pub mod folder;
pub mod journal;
pub mod judge;
mod memory;
mod pass_desk;
pub mod passes;
pub mod screen;
#[cfg(test)]
mod tests;

pub use attendant::{Attendant, GateError};
pub use folder::{DeviceFolder, DeviceTerms};
pub use judge::{Judged, Owed, Verdict};
pub use passes::{NoPass, PassWish, Passes};
pub use screen::Screen;
