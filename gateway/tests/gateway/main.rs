//! Tests of the gateway from the outside of its modules: real sockets on loopback, a small application behind them.

mod serving;
