//! What operators see of a running gateway: log lines and metrics.
//!
//! * [`metrics`]: every metric the gateway has, once, with its unit and meaning.
//! * [`logs`]: where log lines go and what a line looks like.

pub mod logs;
pub mod metrics;
