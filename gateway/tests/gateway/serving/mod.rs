//! The serving half: what strangers can do to a listener, and what an honest caller gets.

mod harness;

mod bodies;
mod drain;
mod framing;
mod life_of_a_request;
mod measures;
mod overload;
mod slow_clients;
mod streams;
mod tls;
