//! Bodies on their way through: each frame is handed on as it comes, and only when the other side has room for it. A body
//! that falls silent ends with an error, so that whoever receives it knows that something is missing.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::line::InFlight;
use crate::http::response::StreamError;

/// Somebody said nothing for too long.
#[derive(Debug, thiserror::Error)]
#[error("nothing came for {0:?}")]
pub(super) struct Silence(Duration);

/// The frames of a body, with an end to waiting for the next.
struct Frames {
    incoming: Incoming,
    idle_max: Duration,
    /// Since when a frame is waited for.
    since: Option<Instant>,
    /// Set once a frame was waited for, and left as it is by those that come: setting it anew for each would cost more
    /// than handing the frame on.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Frames {
    fn new(incoming: Incoming, idle_max: Duration) -> Self {
        Self { incoming, idle_max, since: None, alarm: None }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StreamError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(context) {
            self.since = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let until = *self.since.get_or_insert_with(Instant::now) + self.idle_max;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(until)));
        while alarm.as_mut().poll(context).is_ready() {
            if alarm.deadline() >= until {
                return Poll::Ready(Some(Err(Silence(self.idle_max).into())));
            }
            // It was set for an earlier frame.
            alarm.as_mut().reset(until);
        }
        Poll::Pending
    }
}

/// What is known about a request that is being sent, while its body is in other hands.
#[derive(Debug)]
pub(super) struct Progress {
    began: Instant,
    /// Milliseconds from the beginning to when a frame was last handed on.
    last_ms: AtomicU64,
    waits_for_caller: AtomicBool,
    caller_failed: AtomicBool,
}

impl Progress {
    /// Of a request that begins now.
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            last_ms: AtomicU64::new(0),
            waits_for_caller: AtomicBool::new(false),
            caller_failed: AtomicBool::new(false),
        }
    }

    /// Something was handed on.
    pub(super) fn note(&self) {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(ms, Ordering::Relaxed);
    }

    /// When something was last handed on.
    pub(super) fn last(&self) -> Instant {
        self.began + Duration::from_millis(self.last_ms.load(Ordering::Relaxed))
    }

    /// Whether it is the caller who keeps us waiting.
    pub(super) fn waits_for_caller(&self) -> bool {
        self.waits_for_caller.load(Ordering::Relaxed)
    }

    /// Whether the caller's body ended early.
    pub(super) fn caller_failed(&self) -> bool {
        self.caller_failed.load(Ordering::Relaxed)
    }
}

/// A body for a back end.
pub(super) struct OutboundBody(Outbound);

enum Outbound {
    Empty,
    Whole(Option<Bytes>),
    Caller { frames: Frames, progress: Arc<Progress> },
}

impl OutboundBody {
    /// No bytes at all.
    pub(super) fn empty() -> Self {
        Self(Outbound::Empty)
    }

    /// These bytes.
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self(Outbound::Whole(Some(bytes)))
    }

    /// What a caller sends, as it comes.
    pub(super) fn of_caller(body: Incoming, idle_max: Duration, progress: Arc<Progress>) -> Self {
        Self(Outbound::Caller { frames: Frames::new(body, idle_max), progress })
    }
}

impl Body for OutboundBody {
    type Data = Bytes;
    type Error = StreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamError>>> {
        match &mut self.0 {
            Outbound::Empty => Poll::Ready(None),
            Outbound::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Outbound::Caller { frames, progress } => {
                let polled = frames.poll(context);
                progress.waits_for_caller.store(polled.is_pending(), Ordering::Relaxed);
                match &polled {
                    Poll::Ready(Some(Err(_))) => progress.caller_failed.store(true, Ordering::Relaxed),
                    Poll::Ready(_) => progress.note(),
                    Poll::Pending => {}
                }
                polled
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Outbound::Empty | Outbound::Whole(None) => true,
            Outbound::Whole(Some(_)) => false,
            Outbound::Caller { frames, .. } => frames.incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Outbound::Empty | Outbound::Whole(None) => SizeHint::with_exact(0),
            Outbound::Whole(Some(bytes)) => SizeHint::with_exact(bytes.len() as u64),
            Outbound::Caller { frames, .. } => frames.incoming.size_hint(),
        }
    }
}

/// The body of a back end's answer, which holds its place until the last byte.
pub(super) struct AnswerBody {
    frames: Frames,
    in_flight: InFlight,
}

impl AnswerBody {
    pub(super) fn new(body: Incoming, idle_max: Duration, in_flight: InFlight) -> Self {
        Self { frames: Frames::new(body, idle_max), in_flight }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = StreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamError>>> {
        let polled = self.frames.poll(context);
        if let Poll::Ready(Some(Err(error))) = &polled {
            self.in_flight.was_cut_short(error);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.frames.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.frames.incoming.size_hint()
    }
}
