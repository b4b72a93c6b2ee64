//! Connections that are kept for the next request, to somebody who is asked often.

use std::time::Duration;

use bytes::Bytes;
use hyper::body::Body;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connector::Connector;

/// A connection that has been silent for so long is given up, before the other side does so.
const IDLE_CONNECTION_MAX: Duration = Duration::from_secs(15);
/// The most that is buffered of an answer, which bounds its head.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// Header lines in one answer.
const HEADERS_MAX: usize = 100;

/// Connections to one place, of which so many may be idle.
pub(crate) fn kept<B>(connector: Connector, idle_max: usize) -> Client<Connector, B>
where
    B: Body<Data = Bytes> + Send,
{
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_CONNECTION_MAX)
        .pool_max_idle_per_host(idle_max)
        .http1_max_buf_size(BUFFER_BYTES_MAX)
        .http1_max_headers(HEADERS_MAX)
        // A request that met a closed connection is sent on another only if the first handed it back unsent.
        .retry_canceled_requests(true)
        .set_host(false)
        .build(connector)
}
