//! Stopping without failing anyone: requests in progress finish, idle connections close after a moment in which they may
//! still ask, stragglers are cut.
//!
//! Two tokens tell a connection what to do. `stop` asks: take no further request, finish this one, say
//! `Connection: close`. `cut` ends it where it stands; it comes when the drain deadline has passed.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Service;

/// How a listener ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut because they were not done at the deadline.
    pub connections_cut: usize,
    /// Whether all work that goes on without its caller was done at the deadline.
    pub work_settled: bool,
}

impl Drained {
    /// Whether everybody got their answer.
    pub fn is_clean(&self) -> bool {
        self.connections_cut == 0 && self.work_settled
    }
}

/// The connections of one listener, and how to end them.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    pub(super) open: TaskTracker,
    pub(super) stop: CancellationToken,
    pub(super) cut: CancellationToken,
}

impl Connections {
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self { open: TaskTracker::new(), stop, cut: CancellationToken::new() }
    }

    /// Waits for every connection and for the service's own work, at most this long.
    pub(super) async fn finish(self, service: &impl Service, deadline: Duration) -> Drained {
        let until = tokio::time::Instant::now() + deadline;
        self.open.close();
        let connections_cut = match tokio::time::timeout_at(until, self.open.wait()).await {
            Ok(()) => 0,
            Err(_) => {
                let left = self.open.len();
                self.cut.cancel();
                self.open.wait().await;
                left
            }
        };
        let work_settled = tokio::time::timeout_at(until, service.settled()).await.is_ok();
        Drained { connections_cut, work_settled }
    }
}

/// The system's ways to ask us to stop: SIGTERM, and Ctrl-C. From [`listen`](Self::listen) on neither is missed, and neither ends the
/// process by itself; so whoever says that they are ready listens before.
#[derive(Debug)]
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Begins to listen. Within a runtime.
    pub fn listen() -> std::io::Result<Self> {
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt })
    }

    /// Waits for one of them, also one that came before this was called.
    pub async fn received(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
