//! A socket with two courtesies hyper leaves to its caller: an end to waiting for a receiver that does not read, and
//! a last goodbye that does not destroy the answer before it.
//!
//! **Write stall.** Writing to a receiver that never reads waits for ever. Here a write that makes no progress for
//! the allowed time fails, and the connection with it.
//!
//! **Goodbye.** Closing a socket that holds unread bytes makes the system send a reset, which may throw away an answer
//! the peer has not read yet: the 413 to an upload that is still under way. So after our side is closed we read and
//! discard, for a moment and up to a bound, until the peer closes too.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use metrics::Counter;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use super::accept::Seat;

/// The longest goodbye.
const GOODBYE_MAX: Duration = Duration::from_secs(1);
/// The most that is read and discarded while saying goodbye.
const GOODBYE_BYTES_MAX: usize = 1024 * 1024;

/// A TCP stream with an end to its patience.
#[derive(Debug)]
pub(super) struct PatientStream {
    stream: TcpStream,
    write_stall_max: Duration,
    stalls: Counter,
    /// Set while a write waits for the receiver.
    stalled: Option<Pin<Box<Sleep>>>,
    goodbye: Goodbye,
    _seat: Option<Seat>,
}

#[derive(Debug)]
enum Goodbye {
    NotYet,
    /// Our side is closed; discarding what still comes.
    Waiting {
        until: Pin<Box<Sleep>>,
        bytes_left: usize,
    },
    Said,
}

impl PatientStream {
    pub(super) fn new(stream: TcpStream, write_stall_max: Duration, stalls: Counter) -> Self {
        Self { stream, write_stall_max, stalls, stalled: None, goodbye: Goodbye::NotYet, _seat: None }
    }

    /// Keeps the seat of a connection for as long as its socket is open, whatever is spoken on it.
    pub(super) fn holding(mut self, seat: Seat) -> Self {
        self._seat = Some(seat);
        self
    }

    /// Turns a wait that has lasted too long into an error.
    fn bounded<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let limit = self.write_stall_max;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        match stalled.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                self.stalls.increment(1);
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the receiver does not read")))
            }
        }
    }
}

impl AsyncRead for PatientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for PatientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.bounded(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.bounded(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.bounded(flushed, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            match &mut this.goodbye {
                Goodbye::NotYet => {
                    std::task::ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
                    this.goodbye = Goodbye::Waiting {
                        until: Box::pin(tokio::time::sleep_until(Instant::now() + GOODBYE_MAX)),
                        bytes_left: GOODBYE_BYTES_MAX,
                    };
                }
                Goodbye::Waiting { until, bytes_left } => {
                    if until.as_mut().poll(context).is_ready() {
                        this.goodbye = Goodbye::Said;
                        continue;
                    }
                    let mut discarded = [0; 4096];
                    let mut buffer = ReadBuf::new(&mut discarded);
                    match std::task::ready!(Pin::new(&mut this.stream).poll_read(context, &mut buffer)) {
                        Ok(()) if !buffer.filled().is_empty() && buffer.filled().len() < *bytes_left => {
                            *bytes_left -= buffer.filled().len();
                        }
                        // The peer has closed, broken off, or will not stop talking.
                        Ok(()) | Err(_) => this.goodbye = Goodbye::Said,
                    }
                }
                Goodbye::Said => return Poll::Ready(Ok(())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    /// Our end of a connection, closed while the peer sends this many bytes that nobody has asked for.
    async fn closed_while_the_peer_sends(bytes: usize) -> PatientStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            // Fails when our end has had enough.
            let _ = peer.write_all(&vec![b'x'; bytes]).await;
            let _ = peer.shutdown().await;
        });
        let mut patient = PatientStream::new(stream, Duration::from_secs(20), Counter::noop());
        patient.shutdown().await.unwrap();
        patient
    }

    #[tokio::test]
    async fn a_goodbye_leaves_nothing_unread_that_would_turn_it_into_a_reset() {
        let patient = closed_while_the_peer_sends(300_000).await;
        assert_eq!(patient.stream.try_read(&mut [0; 1]).unwrap(), 0, "all was read, to its end");
    }

    #[tokio::test]
    async fn a_peer_that_will_not_stop_is_left() {
        let patient = closed_while_the_peer_sends(4 * GOODBYE_BYTES_MAX).await;
        assert_ne!(patient.stream.try_read(&mut [0; 1]).ok(), Some(0), "its end was not waited for");
    }
}
