//! Tests of the gateway from the outside of its modules: real sockets on loopback, a small application behind them.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod serving;
