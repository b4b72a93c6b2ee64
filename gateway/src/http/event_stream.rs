//! Server-sent events: one answer that goes on, and tells a page or a program what has become of something.
//!
//! A stream tells of a state and never of single changes. Its [`Feed`] is looked at at most twice a second, and what it says
//! is the whole of what there is to know at that moment: whoever reads slowly, or comes back after a break, misses steps and
//! never the outcome. The first message is therefore the whole state too. A client that comes back with `Last-Event-ID` is
//! spared the one message that it has already.
//!
//! Nothing else in the gateway waits for these readers. A stream takes no place of the pipeline; it has one of its own, of
//! which there are so many for all and so many for one address, and whoever gets none has the same figures by a plain
//! `GET`. A silent stream sends a comment now and then, so that a peer that is gone is noticed; after a while each ends, and
//! the browser opens it again by itself. When the gateway stops, all end at once: nobody's drain waits for a page that is
//! open on a desk.
//!
//! The format is that of the HTML standard, "Server-sent events".

use std::fmt::Write as _;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use dashmap::DashMap;
use hyper::StatusCode;
use hyper::body::{Body, Frame};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use metrics::{Gauge, counter, gauge};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::client_address::{counted_as, is_a_strangers};
use super::problem::Problem;
use super::problem_codes::Code;
use super::request::RequestHead;
use super::response::{Response, ResponseBody, StreamError};
use crate::telemetry::metrics::{EVENT_STREAMS_OPEN, EVENT_STREAMS_REFUSED_TOTAL};

/// What a stream tells of.
///
/// Looked at on the thread that serves the connection, twice a second for each reader: it reads what is published in
/// memory, and does not block. What is costly to make is made once for all readers, elsewhere.
pub trait Feed: Send + Unpin + 'static {
    /// The state now. The first look must not be [`Look::Unchanged`]: a stream begins with the whole state.
    fn look(&mut self) -> Look;
}

/// What a look came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing that the reader does not know.
    Unchanged,
    /// The state as it is now.
    Message(Message),
    /// The state as it will stay: the stream ends after it. A browser would open it again; what it gets then is for the
    /// handler to decide, and 204 tells it to let be.
    Last(Message),
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What kind of message it is, for the listeners of a page.
    pub event: &'static str,
    /// Names this state: the same name, the same state. A sequence of the books is a good one. Without line ends.
    pub id: String,
    /// The state, usually JSON.
    pub data: String,
}

/// What the streams of one kind are granted.
#[derive(Clone, Debug)]
pub struct StreamTerms {
    /// Open at a time.
    pub streams_max: usize,
    /// Open at a time for one address that strangers have (for IPv6, one /64).
    pub per_address_max: usize,
    /// How long after a look the next one comes: messages are never closer.
    pub look_interval: Duration,
    /// After how long a silence a comment is sent.
    pub heartbeat: Duration,
    /// How long one lives before its reader has to open it again.
    pub life_max: Duration,
    /// How long a browser waits before it opens a stream again that ended.
    pub retry: Duration,
}

impl Default for StreamTerms {
    fn default() -> Self {
        Self {
            streams_max: 2_000,
            per_address_max: 200,
            look_interval: Duration::from_millis(500),
            heartbeat: Duration::from_secs(15),
            life_max: Duration::from_secs(15 * 60),
            retry: Duration::from_secs(3),
        }
    }
}

/// The open streams of one kind.
pub struct EventStreams {
    name: &'static str,
    terms: StreamTerms,
    free: Arc<Semaphore>,
    by_address: Arc<DashMap<IpAddr, usize>>,
    stop: CancellationToken,
}

impl EventStreams {
    /// None is open. `name` is the kind in metrics; all end when `stop` is cancelled.
    pub fn new(name: &'static str, terms: StreamTerms, stop: CancellationToken) -> Self {
        let free = Arc::new(Semaphore::new(terms.streams_max));
        Self { name, terms, free, by_address: Arc::default(), stop }
    }

    /// The answer that tells this caller of the feed for as long as both want; 503 where there are too many.
    pub fn open(&self, head: &RequestHead, feed: impl Feed) -> Result<Response, Problem> {
        let seat = self.seat(head.client()).ok_or_else(|| {
            counter!(EVENT_STREAMS_REFUSED_TOTAL.name, "stream" => self.name).increment(1);
            Problem::new(Code::Overloaded, "Too many streams are open. Ask with a plain GET meanwhile.")
                .retry_after_seconds(30)
        })?;
        let now = Instant::now();
        let stream = EventStream {
            feed,
            known: head.header("last-event-id").map(str::to_owned),
            has_begun: false,
            is_over: false,
            next_look: Box::pin(tokio::time::sleep_until(now)),
            last_said: now,
            ends: now + self.terms.life_max,
            terms: self.terms.clone(),
            stopped: Box::pin(self.stop.clone().cancelled_owned()),
            _seat: seat,
        };
        let mut response = Response::new(ResponseBody::streamed(stream));
        *response.status_mut() = StatusCode::OK;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // nginx would gather messages until a buffer is full.
        headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
        Ok(response)
    }

    fn seat(&self, client: IpAddr) -> Option<Seat> {
        let place = Arc::clone(&self.free).try_acquire_owned().ok()?;
        let counted = is_a_strangers(client).then(|| counted_as(client));
        if let Some(address) = counted {
            let mut open = self.by_address.entry(address).or_insert(0);
            if *open >= self.terms.per_address_max {
                return None;
            }
            *open += 1;
        }
        let open = gauge!(EVENT_STREAMS_OPEN.name, "stream" => self.name);
        open.increment(1.0);
        Some(Seat { counted, by_address: Arc::clone(&self.by_address), open, _place: place })
    }
}

/// A stream's place among all, and among those of its address. Given back when the connection is done with it.
struct Seat {
    counted: Option<IpAddr>,
    by_address: Arc<DashMap<IpAddr, usize>>,
    open: Gauge,
    _place: OwnedSemaphorePermit,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.open.decrement(1.0);
        if let Some(address) = self.counted {
            self.by_address.remove_if_mut(&address, |_, open| {
                *open = open.saturating_sub(1);
                *open == 0
            });
        }
    }
}

/// The body of such an answer.
struct EventStream<F> {
    feed: F,
    /// The state that the reader has from an earlier stream.
    known: Option<String>,
    has_begun: bool,
    is_over: bool,
    next_look: Pin<Box<Sleep>>,
    last_said: Instant,
    ends: Instant,
    terms: StreamTerms,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
    _seat: Seat,
}

impl<F: Feed> EventStream<F> {
    /// What there is to say now, if anything.
    fn say(&mut self, now: Instant) -> Option<String> {
        let mut text = String::new();
        if !self.has_begun {
            self.has_begun = true;
            let _ = writeln!(text, "retry: {}", self.terms.retry.as_millis());
        }
        let message = match self.feed.look() {
            Look::Unchanged => None,
            Look::Message(message) => Some(message),
            Look::Last(message) => {
                self.is_over = true;
                Some(message)
            }
        };
        match message.filter(|message| self.known.take().is_none_or(|known| known != message.id)) {
            Some(message) => message.write(&mut text),
            None if !text.is_empty() || now.duration_since(self.last_said) >= self.terms.heartbeat => {
                text.push_str(":\n\n");
            }
            None => return None,
        }
        self.last_said = now;
        Some(text)
    }
}

impl Message {
    fn write(&self, text: &mut String) {
        debug_assert!(!self.id.contains(['\n', '\r', '\0']), "the id of a message is one line");
        // Writing to a String cannot fail.
        let _ = write!(text, "id: {}\nevent: {}\n", self.id, self.event);
        for line in self.data.lines() {
            let _ = writeln!(text, "data: {line}");
        }
        text.push('\n');
    }
}

impl<F: Feed> Body for EventStream<F> {
    type Data = Bytes;
    type Error = StreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamError>>> {
        let this = &mut *self;
        if this.is_over || this.stopped.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        loop {
            ready!(this.next_look.as_mut().poll(context));
            let now = Instant::now();
            if now >= this.ends {
                return Poll::Ready(None);
            }
            this.next_look.as_mut().reset(now + this.terms.look_interval);
            if let Some(text) = this.say(now) {
                return Poll::Ready(Some(Ok(Frame::data(Bytes::from(text)))));
            }
        }
    }
}
