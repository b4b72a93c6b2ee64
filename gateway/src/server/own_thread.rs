//! A listener on a thread of its own.
//!
//! Callbacks say that money has moved. However busy catalogue, pages and exports keep the shared runtime, the thread
//! that takes callbacks has nothing else to do. One thread is enough: it only reads a request and hands it to the
//! sequencer, which is one thread too.

use std::io;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::drain::Drained;
use super::{Limits, Listener, Service, serve};

/// A running thread that serves one listener.
#[derive(Debug)]
pub struct OwnThread {
    name: String,
    ended: oneshot::Receiver<io::Result<Drained>>,
}

impl OwnThread {
    /// Starts a thread called `malipo-{listener}` that serves this listener until `stop` is cancelled.
    pub fn start<S: Service>(
        listener: Listener,
        service: Arc<S>,
        limits: Limits,
        stop: CancellationToken,
    ) -> io::Result<Self> {
        let name = format!("malipo-{}", listener.name);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (ends, ended) = oneshot::channel();
        std::thread::Builder::new().name(name.clone()).spawn(move || {
            let drained = runtime.block_on(serve(listener, service, limits, stop));
            // Work that outlived the deadline is left where it stands: the journal decides what happened.
            runtime.shutdown_background();
            // Nobody may be waiting any more, which is fine: there is nothing to do about the answer then.
            let _ = ends.send(drained);
        })?;
        Ok(Self { name, ended })
    }

    /// Waits for the thread to end. An error means that it never served, or that it panicked.
    pub async fn drained(self) -> io::Result<Drained> {
        self.ended
            .await
            .unwrap_or_else(|_| Err(io::Error::other(format!("thread {} ended without a word", self.name))))
    }
}
