//! Two connections that go on in a protocol of their own, such as WebSocket: bytes are handed on in both directions until
//! one side ends it, nothing has moved for too long, or the gateway stops. Once one side has said its last, the other has a
//! moment to do so. The tunnel holds the place of its request.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::line::InFlight;

/// What is read at a time, in each direction.
const BUFFER_BYTES: usize = 16 * 1024;
/// How long one side may go on after the other has ended.
const LAST_WORDS_MAX: Duration = Duration::from_secs(2);
/// How long both sides may take to change over.
const CHANGE_OVER_MAX: Duration = Duration::from_secs(10);

/// The two ends, before they have changed over.
pub(super) struct Ends {
    pub(super) caller: OnUpgrade,
    pub(super) back_end: OnUpgrade,
}

/// Hands bytes on until it is over.
pub(super) async fn run(ends: Ends, in_flight: InFlight, stop: CancellationToken) {
    let idle_max = in_flight.line.back_end.idle_timeout;
    let agency = in_flight.line.agency.clone();
    let changed_over = timeout(CHANGE_OVER_MAX, async { tokio::try_join!(ends.caller, ends.back_end) }).await;
    let Ok(Ok((caller, back_end))) = changed_over else {
        tracing::debug!(%agency, "a connection did not change over");
        return;
    };
    let Some(ended) = stop.run_until_cancelled(hand_on(caller, back_end, idle_max)).await else { return };
    // How a conversation ends is the business of those who have it.
    tracing::debug!(%agency, ?ended, "a tunnel ended");
    drop(in_flight);
}

async fn hand_on(caller: Upgraded, back_end: Upgraded, idle_max: Duration) -> io::Result<()> {
    let activity = Activity::new();
    let (from_caller, to_caller) = split(TokioIo::new(caller));
    let (from_back_end, to_back_end) = split(TokioIo::new(back_end));
    let mut inward = std::pin::pin!(copy(from_caller, to_back_end, &activity));
    let mut outward = std::pin::pin!(copy(from_back_end, to_caller, &activity));
    tokio::select! {
        ended = &mut inward => {
            ended?;
            timeout(LAST_WORDS_MAX, outward).await?
        }
        ended = &mut outward => {
            ended?;
            timeout(LAST_WORDS_MAX, inward).await?
        }
        () = activity.none_for(idle_max) => {
            Err(io::Error::new(io::ErrorKind::TimedOut, "nothing has moved for too long"))
        }
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    activity: &Activity,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let length = from.read(&mut buffer).await?;
        activity.note();
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..length]).await?;
        to.flush().await?;
        activity.note();
    }
}

/// When something last moved.
struct Activity {
    began: Instant,
    last_ms: AtomicU64,
}

impl Activity {
    fn new() -> Self {
        Self { began: Instant::now(), last_ms: AtomicU64::new(0) }
    }

    fn note(&self) {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(ms, Ordering::Relaxed);
    }

    async fn none_for(&self, idle_max: Duration) {
        loop {
            let until = self.began + Duration::from_millis(self.last_ms.load(Ordering::Relaxed)) + idle_max;
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }
}
