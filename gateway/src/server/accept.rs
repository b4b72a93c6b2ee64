//! The accept loop: who gets a connection.
//!
//! A permit is taken before a connection is accepted, so that at the limit new ones wait in the system's queue and
//! cost us nothing. One address holds at most its share of the permits. When the system itself has nothing left
//! (descriptors, memory), the loop waits and tries again: it never ends but by being asked to.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use metrics::{Counter, Gauge, counter, gauge};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection::Speaking;
use super::drain::Connections;
use super::{Limits, Listener, Service};
use crate::http::client_address::{AddressRange, counted_as};
use crate::telemetry::metrics::{ACCEPT_ERRORS_TOTAL, CONNECTIONS_OPEN, CONNECTIONS_REFUSED_TOTAL};

/// The first wait after the system had nothing left for us, doubled each time up to the second.
const BACK_OFF_MIN: Duration = Duration::from_millis(5);
const BACK_OFF_MAX: Duration = Duration::from_secs(1);

/// Accepts connections until the listener is asked to stop. The socket is closed on return.
pub(super) async fn until_stopped<S: Service>(
    listener: Listener,
    service: Arc<S>,
    limits: &Limits,
    connections: &Connections,
) -> io::Result<()> {
    let socket = TcpListener::from_std(listener.socket)?;
    let seats = Seats::new(listener.name, limits);
    let errors = counter!(ACCEPT_ERRORS_TOTAL.name, "listener" => listener.name);
    let speaking = Arc::new(Speaking::new(listener.name, listener.tls, service, limits, connections));
    let mut back_off = BackOff::default();
    loop {
        let permit = tokio::select! {
            biased;
            () = connections.stop.cancelled() => break,
            permit = seats.permit() => permit,
        };
        let accepted = tokio::select! {
            biased;
            () = connections.stop.cancelled() => break,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                back_off = BackOff::default();
                if let Some(seat) = seats.take(permit, address) {
                    connections.open.spawn(Arc::clone(&speaking).run(prepared(stream), address, seat));
                }
            }
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                errors.increment(1);
                back_off.wait(listener.name, &error).await;
            }
        }
    }
    Ok(())
}

/// Small answers leave at once instead of waiting for more to send.
fn prepared(stream: TcpStream) -> TcpStream {
    // Fails only for a connection that has already gone; the next read says so.
    let _ = stream.set_nodelay(true);
    stream
}

/// Whether an accept error tells of a connection that went away in the queue, rather than of us.
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted, PermissionDenied,
    };
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted | PermissionDenied
    )
}

/// Waits that grow while the system has nothing left for us.
#[derive(Default)]
struct BackOff {
    last: Option<Duration>,
}

impl BackOff {
    async fn wait(&mut self, listener: &'static str, error: &io::Error) {
        if self.last.is_none() {
            // Once per shortage: the metric counts the rest.
            tracing::error!(listener, %error, "cannot accept connections; trying again");
        }
        let next = self.last.map_or(BACK_OFF_MIN, |last| (last * 2).min(BACK_OFF_MAX));
        self.last = Some(next);
        tokio::time::sleep(next).await;
    }
}

/// Connections per address. Never more entries than there are permits.
type Taken = Arc<Mutex<HashMap<IpAddr, u32>>>;

/// The connections a listener grants, as a whole and per address.
struct Seats {
    permits: Arc<Semaphore>,
    per_address_max: Option<u32>,
    without_limit: Vec<AddressRange>,
    taken: Taken,
    open: Gauge,
    refused: Counter,
}

/// One connection's share, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    _permit: OwnedSemaphorePermit,
    counted: Option<(IpAddr, Taken)>,
    open: Gauge,
}

impl Seats {
    fn new(listener: &'static str, limits: &Limits) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(limits.connections_max)),
            per_address_max: limits.connections_per_address_max,
            without_limit: limits.without_address_limit.clone(),
            taken: Arc::default(),
            open: gauge!(CONNECTIONS_OPEN.name, "listener" => listener),
            refused: counter!(CONNECTIONS_REFUSED_TOTAL.name, "listener" => listener, "reason" => "per_address"),
        }
    }

    async fn permit(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.permits).acquire_owned().await.expect("the semaphore is never closed")
    }

    /// A seat for this address, unless it has its share already.
    fn take(&self, permit: OwnedSemaphorePermit, address: SocketAddr) -> Option<Seat> {
        let has_no_limit = self.without_limit.iter().any(|range| range.contains(address.ip()));
        let counted = match self.per_address_max.filter(|_| !has_no_limit) {
            None => None,
            Some(max) => {
                let key = counted_as(address.ip());
                let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
                let count = taken.entry(key).or_insert(0);
                if *count >= max {
                    self.refused.increment(1);
                    return None;
                }
                *count += 1;
                Some((key, Arc::clone(&self.taken)))
            }
        };
        self.open.increment(1);
        Some(Seat { _permit: permit, counted, open: self.open.clone() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.open.decrement(1);
        if let Some((address, taken)) = &self.counted {
            let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = taken.get_mut(address) {
                *count -= 1;
                if *count == 0 {
                    taken.remove(address);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_address_takes_its_share_and_gives_it_back() {
        let limits = Limits { connections_per_address_max: Some(2), ..Limits::default() };
        let seats = Seats::new("test", &limits);
        let from = |text: &str| SocketAddr::new(text.parse().unwrap(), 40_000);
        let first = seats.take(seats.permit().await, from("203.0.113.9")).unwrap();
        let _second = seats.take(seats.permit().await, from("203.0.113.9")).unwrap();
        assert!(seats.take(seats.permit().await, from("203.0.113.9")).is_none());
        assert!(
            seats.take(seats.permit().await, from("203.0.113.10")).is_some(),
            "others have their own share"
        );
        drop(first);
        assert!(seats.take(seats.permit().await, from("203.0.113.9")).is_some());
        drop(_second);
        assert!(seats.taken.lock().unwrap().is_empty(), "addresses without connections are forgotten");
    }

    #[tokio::test]
    async fn whom_we_wait_for_has_no_share() {
        let limits = Limits {
            connections_per_address_max: Some(1),
            without_address_limit: vec!["196.201.214.0/24".parse().unwrap()],
            ..Limits::default()
        };
        let seats = Seats::new("test", &limits);
        let from = |text: &str| SocketAddr::new(text.parse().unwrap(), 40_000);
        let mut held = Vec::new();
        for _ in 0..5 {
            held.push(seats.take(seats.permit().await, from("196.201.214.200")).unwrap());
        }
        held.push(seats.take(seats.permit().await, from("196.201.215.1")).unwrap());
        assert!(seats.take(seats.permit().await, from("196.201.215.1")).is_none());
    }

    #[test]
    fn an_error_of_one_connection_is_told_from_a_shortage() {
        assert!(concerns_one_connection(&io::ErrorKind::ConnectionAborted.into()));
        let too_many_open_files = io::Error::from_raw_os_error(24);
        assert!(!concerns_one_connection(&too_many_open_files));
    }
}
