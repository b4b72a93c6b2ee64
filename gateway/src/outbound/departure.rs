//! A request's body that knows whether it has begun to leave us.
//!
//! When a call fails, everything depends on whether the other side may have had the request. An error's kind does not
//! tell: a deadline may pass while a connection is still being made. So the body itself decides. It is handed to the
//! connection at most once, and before that it can be withdrawn; exactly one of the two happens. A request that was
//! announced with a body and withdrawn without it cannot have been carried out.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

const WAITING: u8 = 0;
const LEFT: u8 = 1;
const WITHDRAWN: u8 = 2;

/// The sender's end: can withdraw the body while it waits.
pub(crate) struct Departure(Arc<AtomicU8>);

/// The connection's end: gives the bytes once, unless they were withdrawn.
pub(crate) struct DepartingBody {
    bytes: Option<Bytes>,
    state: Arc<AtomicU8>,
}

impl DepartingBody {
    /// A body and the handle to withdraw it. An empty body is never asked for, so its leaving would go unnoticed: it
    /// counts as left from the start.
    pub(crate) fn new(bytes: Bytes) -> (Self, Departure) {
        let state = Arc::new(AtomicU8::new(if bytes.is_empty() { LEFT } else { WAITING }));
        (Self { bytes: Some(bytes), state: Arc::clone(&state) }, Departure(state))
    }
}

impl Departure {
    /// Withdraws the body. True if none of it has left, and now none ever will.
    pub(crate) fn withdraw(&self) -> bool {
        let changed = self.0.compare_exchange(WAITING, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire);
        changed.is_ok()
    }
}

/// The body was withdrawn; the connection that asked for it ends here.
#[derive(Debug, thiserror::Error)]
#[error("the request was withdrawn before it left")]
pub(crate) struct Withdrawn;

impl Body for DepartingBody {
    type Data = Bytes;
    type Error = Withdrawn;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Withdrawn>>> {
        let Some(bytes) = self.bytes.take() else { return Poll::Ready(None) };
        match self.state.compare_exchange(WAITING, LEFT, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Err(_) => Poll::Ready(Some(Err(Withdrawn))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    #[tokio::test]
    async fn what_has_left_cannot_be_withdrawn_and_what_is_withdrawn_does_not_leave() {
        let (body, departure) = DepartingBody::new(Bytes::from_static(b"{}"));
        assert_eq!(body.size_hint().exact(), Some(2));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "{}");
        assert!(!departure.withdraw());

        let (body, departure) = DepartingBody::new(Bytes::from_static(b"{}"));
        assert!(departure.withdraw() && !departure.withdraw());
        assert!(body.collect().await.is_err());

        let (body, departure) = DepartingBody::new(Bytes::from_static(b"{}"));
        drop(body);
        assert!(departure.withdraw(), "dropped unsent");

        let (_body, departure) = DepartingBody::new(Bytes::new());
        assert!(!departure.withdraw(), "nobody can tell");
    }
}
