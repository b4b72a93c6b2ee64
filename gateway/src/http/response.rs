//! Answers: a body that is either whole or streamed, and the few shapes of response handlers build.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::StatusCode;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION};
use serde::Serialize;

/// What a handler answers with.
pub type Response = hyper::Response<ResponseBody>;

/// Why a streamed body ended early. The connection is closed without its proper end, so the receiver knows.
pub type StreamError = Box<dyn std::error::Error + Send + Sync>;

/// The body of an answer. Whole bodies (nearly all) cost no allocation beyond their bytes.
pub struct ResponseBody(Content);

enum Content {
    /// Bytes still to be sent; `None` once they are, or when there are none.
    Whole(Option<Bytes>),
    /// Frames as they come: live totals, a statement export, an agency's back end.
    Streamed(Pin<Box<dyn Body<Data = Bytes, Error = StreamError> + Send>>),
}

impl ResponseBody {
    /// No bytes at all.
    pub const fn empty() -> Self {
        Self(Content::Whole(None))
    }

    /// These bytes, with an exact length. Sharing the bytes with a cache costs a reference count.
    pub fn whole(bytes: Bytes) -> Self {
        Self(Content::Whole((!bytes.is_empty()).then_some(bytes)))
    }

    /// Frames that come over time. The receiver's pace holds the stream back.
    pub fn streamed(body: impl Body<Data = Bytes, Error = StreamError> + Send + 'static) -> Self {
        Self(Content::Streamed(Box::pin(body)))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = StreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamError>>> {
        match &mut self.0 {
            Content::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Content::Streamed(body) => body.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Whole(bytes) => bytes.is_none(),
            Content::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Content::Streamed(body) => body.size_hint(),
        }
    }
}

/// An answer with these bytes.
pub fn bytes(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(ResponseBody::whole(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An answer in JSON. The value must be one that JSON can express: maps have text keys.
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).expect("our own wire types can be written as JSON");
    bytes(status, "application/json", body)
}

/// A page.
pub fn html(status: StatusCode, page: impl Into<Bytes>) -> Response {
    bytes(status, "text/html; charset=utf-8", page)
}

/// Plain text, for probes and metrics.
pub fn text(status: StatusCode, body: impl Into<Bytes>) -> Response {
    bytes(status, "text/plain; charset=utf-8", body)
}

/// The answer, which nobody keeps: it is of this moment, or for this caller alone.
pub fn not_stored(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Done, and nothing to say.
pub fn no_content() -> Response {
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// After a form: look over there, with a GET.
pub fn see_other(location: HeaderValue) -> Response {
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, location);
    response
}
