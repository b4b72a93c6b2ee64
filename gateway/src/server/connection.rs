//! One connection, from its handshake to its last answer.
//!
//! hyper's own defaults are for friends: its head timeout is silently off until a timer is installed, and its
//! buffers grow to 400 KiB per connection. Both are set here, in one place, for every listener.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics::{Counter, counter};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::accept::Seat;
use super::drain::Connections;
use super::patient_stream::PatientStream;
use super::tls::TlsTerms;
use super::{Limits, Peer, Service};
use crate::telemetry::metrics::CONNECTIONS_REFUSED_TOTAL;

/// How long a connection on which nothing is under way may still ask for something once the gateway stops.
const LAST_REQUEST_WITHIN: Duration = Duration::from_millis(500);

/// All that the connections of one listener share.
pub(super) struct Speaking<S> {
    tls: Option<TlsTerms>,
    service: Arc<S>,
    http: http1::Builder,
    handshake_deadline: Duration,
    write_stall_max: Duration,
    connections: Connections,
    handshakes_failed: Counter,
    writes_stalled: Counter,
    cut: Counter,
}

impl<S: Service> Speaking<S> {
    pub(super) fn new(
        listener: &'static str,
        tls: Option<TlsTerms>,
        service: Arc<S>,
        limits: &Limits,
        connections: &Connections,
    ) -> Self {
        let refused = |reason: &'static str| counter!(CONNECTIONS_REFUSED_TOTAL.name, "listener" => listener, "reason" => reason);
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.head_deadline)
            .max_buf_size(limits.buffer_bytes_max)
            .max_headers(limits.headers_max)
            .half_close(false)
            .keep_alive(true);
        Self {
            tls,
            service,
            http,
            handshake_deadline: limits.handshake_deadline,
            write_stall_max: limits.write_stall_max,
            connections: connections.clone(),
            handshakes_failed: refused("handshake"),
            writes_stalled: refused("write_stall"),
            cut: refused("drain_deadline"),
        }
    }

    /// Speaks HTTP with one peer until either side is done, or both go on in another protocol. The seat is the socket's, and
    /// given back when that is closed.
    pub(super) async fn run(self: Arc<Self>, stream: TcpStream, address: SocketAddr, seat: Seat) {
        let stream =
            PatientStream::new(stream, self.write_stall_max, self.writes_stalled.clone()).holding(seat);
        match &self.tls {
            None => self.speak_http(stream, Peer { address, over_tls: false }).await,
            Some(terms) => {
                let handshake = terms.acceptor().accept(stream);
                match tokio::time::timeout(self.handshake_deadline, handshake).await {
                    Ok(Ok(stream)) => self.speak_http(stream, Peer { address, over_tls: true }).await,
                    // Scanners and broken clients; the count tells when there are too many.
                    Ok(Err(_)) | Err(_) => self.handshakes_failed.increment(1),
                }
            }
        }
    }

    async fn speak_http(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: Peer) {
        // Borrowed: a count of its users that every request of every connection moves is passed from processor to processor.
        let service = &*self.service;
        let turn = &Turn::default();
        let answer = service_fn(move |request| async move {
            turn.begins();
            let response = service.answer(request, peer).await;
            turn.ends();
            Ok::<_, Infallible>(response)
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), answer).with_upgrades();
        let mut connection = std::pin::pin!(connection);
        // How a connection ends is the peer's business: it closed, it broke off, it sent what is not HTTP (and was
        // told so). Requests are logged by their pipeline.
        tokio::select! {
            biased;
            _ended = connection.as_mut() => return,
            () = self.connections.stop.cancelled() => {}
        }
        // Whoever has just connected is about to ask, and so may be whoever was answered before: a connection that is closed
        // at that moment is a request that nobody answers.
        tokio::select! {
            biased;
            _ended = connection.as_mut() => return,
            () = turn.is_under_way() => {}
            () = tokio::time::sleep(LAST_REQUEST_WITHIN) => {}
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            biased;
            _ended = connection => {}
            () = self.connections.cut.cancelled() => self.cut.increment(1),
        }
    }
}

/// Whether a request is being answered on a connection, where requests take turns.
#[derive(Default)]
struct Turn {
    is_under_way: AtomicBool,
    has_begun: Notify,
}

impl Turn {
    fn begins(&self) {
        self.is_under_way.store(true, Ordering::Relaxed);
        self.has_begun.notify_waiters();
    }

    fn ends(&self) {
        self.is_under_way.store(false, Ordering::Relaxed);
    }

    /// Waits until one is.
    async fn is_under_way(&self) {
        let begins = self.has_begun.notified();
        if !self.is_under_way.load(Ordering::Relaxed) {
            begins.await;
        }
    }
}
