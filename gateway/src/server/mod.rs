//! Listening: from a bound socket to requests, with a limit on everything a stranger can take up.
//!
//! [`serve`] takes a [`Listener`], a [`Service`] that answers, [`Limits`], and a token that means stop. In the order
//! a connection meets them:
//!
//! 1. `accept`: permits, the cap per address, and what happens when the system has no descriptor left;
//! 2. [`tls`]: the handshake, and certificates that are replaced while connections stay open;
//! 3. `connection`: HTTP/1 by hyper, with its timer and its limits;
//! 4. `patient_stream`: a receiver that does not read, and the last goodbye;
//! 5. [`drain`]: stopping without failing anyone.
//!
//! A socket is bound here, or was [handed] over. [`own_thread`] runs a listener on a thread of its own, so that callbacks are served however busy the rest is.

mod accept;
mod connection;
pub mod drain;
pub mod handed;
pub mod own_thread;
mod patient_stream;
pub mod tls;
mod tls_validity;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use socket2::{Domain, Socket, Type};
use tokio_util::sync::CancellationToken;

use self::drain::Drained;
use self::tls::TlsTerms;
use crate::http::client_address::AddressRange;
use crate::http::response::Response;

/// Connections that may wait in the system's queue. The standard library asks for 128; after an outage thousands come
/// back within a second, and one that finds the queue full tries again only after a second or three.
const QUEUE_MAX: i32 = 4_096;

/// Something that answers requests.
pub trait Service: Send + Sync + 'static {
    /// Answers one request. Dropped when the caller hangs up before the answer is ready.
    fn answer(&self, request: hyper::Request<Incoming>, peer: Peer) -> impl Future<Output = Response> + Send;

    /// Waits for work that goes on without its caller. Asked when the last connection has closed.
    fn settled(&self) -> impl Future<Output = ()> + Send;
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Where the connection comes from: a client, or the proxy in front of us.
    pub address: SocketAddr,
    /// Whether we ended TLS on this connection.
    pub over_tls: bool,
}

/// A bound socket, and how to speak on it.
#[derive(Debug)]
pub struct Listener {
    name: &'static str,
    socket: std::net::TcpListener,
    address: SocketAddr,
    tls: Option<TlsTerms>,
}

impl Listener {
    /// Binds a socket. Port 0 lets the system choose: see [`address`](Self::address). `name` is the listener's label
    /// in metrics and logs. Needs no runtime, so that every socket is bound before anything starts; connections wait
    /// in the system's queue until [`serve`] takes them.
    pub fn bind(name: &'static str, address: SocketAddr, tls: Option<TlsTerms>) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        // A restart need not wait until the system has forgotten the connections of the process before it.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(QUEUE_MAX)?;
        Self::adopt(name, socket.into(), tls)
    }

    /// Takes a socket that listens already. What has connected to it waits, as with one of our own.
    pub fn adopt(
        name: &'static str,
        socket: std::net::TcpListener,
        tls: Option<TlsTerms>,
    ) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Self { name, socket, address, tls })
    }

    /// Another handle of the same socket, for whoever takes over. While one is open, whoever connects is not turned away.
    pub fn share(&self) -> io::Result<std::net::TcpListener> {
        self.socket.try_clone()
    }

    /// The address it is bound to, with the port that was chosen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The label in metrics and logs.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it speaks TLS.
    pub fn over_tls(&self) -> bool {
        self.tls.is_some()
    }
}

/// What one listener grants strangers. Every wait and every size has an end here.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections open at a time. Further ones wait in the system's own queue.
    pub connections_max: usize,
    /// Connections open at a time from one address (for IPv6, one /64). `None` behind a proxy, where all come from one.
    pub connections_per_address_max: Option<u32>,
    /// Who may have more: the provider, and proxies of ours.
    pub without_address_limit: Vec<AddressRange>,
    /// The longest a TLS handshake may take.
    pub handshake_deadline: Duration,
    /// The longest a request's head may take to arrive, and the longest a connection may be idle between requests.
    pub head_deadline: Duration,
    /// The longest a receiver may take nothing of what we send.
    pub write_stall_max: Duration,
    /// The most hyper buffers per connection and direction, which bounds a request's head. At least 8 KiB.
    pub buffer_bytes_max: usize,
    /// Header lines in one request.
    pub headers_max: usize,
    /// The longest requests in progress may take once the gateway stops.
    pub drain_deadline: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            connections_per_address_max: None,
            without_address_limit: Vec::new(),
            handshake_deadline: Duration::from_secs(5),
            head_deadline: Duration::from_secs(10),
            write_stall_max: Duration::from_secs(20),
            buffer_bytes_max: 32 * 1024,
            headers_max: 64,
            drain_deadline: Duration::from_secs(20),
        }
    }
}

/// Serves until `stop` is cancelled, then drains: no new connections, requests in progress finish with
/// `Connection: close`, the rest is cut at the drain deadline.
///
/// Fails only when the socket cannot take connections.
pub async fn serve<S: Service>(
    listener: Listener,
    service: Arc<S>,
    limits: Limits,
    stop: CancellationToken,
) -> io::Result<Drained> {
    let connections = drain::Connections::new(stop.clone());
    accept::until_stopped(listener, Arc::clone(&service), &limits, &connections).await?;
    Ok(connections.finish(service.as_ref(), limits.drain_deadline).await)
}
