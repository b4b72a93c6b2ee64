//! A bank at which we have a collection account. It asks about a bill before it takes money ([`wire`]), tells us of what came
//! in, and signs both ([`signature`]); who pays in at its counter brings a slip. [`adapters`] are the ways to pay that come of
//! it, and the card terminal of an acquirer, which like a slip is told of by files alone.

pub mod adapters;
pub mod signature;
pub mod wire;
