//! Sockets that somebody else has bound: systemd, which holds them while no gateway runs, or the gateway that this one takes
//! over from. Whoever connects meanwhile waits in the system's queue, and is answered by us.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::net::{SocketAddr, TcpListener};

/// Listening sockets by the names of our listeners.
#[derive(Debug, Default)]
pub struct HandedSockets(BTreeMap<String, TcpListener>);

impl HandedSockets {
    /// Those that systemd holds for us, named by `FileDescriptorName=` of their units; none where it holds none
    /// (`sd_listen_fds(3)`).
    pub fn of_systemd() -> io::Result<Self> {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut held = listenfd::ListenFd::from_env();
        let mut sockets = Self::default();
        for index in 0..held.len() {
            let name = names.next().unwrap_or_default();
            if let Some(socket) = held.take_tcp_listener(index)? {
                sockets.add(name, socket)?;
            }
        }
        Ok(sockets)
    }

    /// Adds one; an error if there is one of this name.
    pub fn add(&mut self, name: &str, socket: TcpListener) -> io::Result<()> {
        match self.0.entry(name.to_owned()) {
            Entry::Vacant(place) => {
                place.insert(socket);
                Ok(())
            }
            Entry::Occupied(_) => Err(invalid(format!("two sockets named {name:?} were handed over"))),
        }
    }

    /// The socket of the listener of this name, if one was handed over. It has to be bound to what is configured: another
    /// address would be served without anybody having said so.
    pub fn take(&mut self, name: &str, configured: SocketAddr) -> io::Result<Option<TcpListener>> {
        self.fit(name, configured)?;
        Ok(self.0.remove(name))
    }

    /// An error if the listener of this name could not [`take`](Self::take) its socket.
    pub fn fit(&self, name: &str, configured: SocketAddr) -> io::Result<()> {
        let Some(socket) = self.0.get(name) else { return Ok(()) };
        let bound = socket.local_addr()?;
        let is_any_port = configured.port() == 0;
        if bound.ip() != configured.ip() || (bound.port() != configured.port() && !is_any_port) {
            return Err(invalid(format!("the socket that was handed over is bound to {bound}")));
        }
        Ok(())
    }

    /// An error if one is left that no listener has taken: whoever handed it over expects it to be served.
    pub fn all_taken(&self) -> io::Result<()> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => {
                let expected = "expected public, callback or admin (FileDescriptorName=)";
                Err(invalid(format!("a socket named {name:?} was handed over: {expected}")))
            }
        }
    }
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_socket_serves_the_address_that_is_configured_and_no_other() {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let bind = || TcpListener::bind(any).unwrap();
        let mut sockets = HandedSockets::default();
        let socket = bind();
        let address = socket.local_addr().unwrap();
        sockets.add("public", socket).unwrap();
        assert!(sockets.add("public", bind()).unwrap_err().to_string().contains("two sockets named"));
        assert!(sockets.take("admin", any).unwrap().is_none());
        let other = SocketAddr::from((Ipv4Addr::LOCALHOST, address.port() ^ 1));
        assert!(sockets.take("public", other).unwrap_err().to_string().contains("is bound to"));
        assert!(sockets.fit("public", other).is_err() && sockets.fit("public", address).is_ok());
        assert_eq!(sockets.take("public", address).unwrap().unwrap().local_addr().unwrap(), address);
        sockets.all_taken().unwrap();
        sockets.add("publik", bind()).unwrap();
        assert!(sockets.all_taken().unwrap_err().to_string().contains("expected public, callback or admin"));
    }
}
