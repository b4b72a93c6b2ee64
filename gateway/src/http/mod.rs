//! HTTP as the rest of the gateway sees it: requests that are bounded and matched, answers, and problems.
//!
//! Read [`pipeline`] first: it is the life of a request. The other files hold what it calls, in the order it calls
//! them. Nothing here knows a bill, a channel or a service; the application behind it is [`application::Application`].

pub mod pipeline;

pub mod client_address;
pub mod hosts;
pub(crate) mod origin;
pub mod request_id;

mod route_metrics;
pub mod router;

pub mod admission;
pub mod application;

pub mod body;
pub mod request;
pub mod strict_json;

pub mod event_stream;
pub mod problem;
pub mod problem_codes;
pub mod response;
