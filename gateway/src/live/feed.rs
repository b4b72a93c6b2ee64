//! Figures as a stream: each reader gets the newest, in the form that it asked for.

use std::sync::Arc;

use super::{Figures, Watch};
use crate::http::event_stream::{Feed, Look, Message};

/// What a reader of live figures is told.
pub(super) struct FiguresFeed<R> {
    watch: Watch,
    known: Option<Arc<Figures>>,
    render: R,
}

/// What ends a stream: the reader may not see the figures any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAllowed;

impl<R: Fn(&Figures) -> Result<String, NotAllowed> + Send + Unpin + 'static> FiguresFeed<R> {
    /// Tells of the figures that are watched, each time as `render` writes them, until it says that this reader may not see
    /// them any more.
    pub(super) fn new(watch: Watch, render: R) -> Self {
        Self { watch, known: None, render }
    }
}

impl<R: Fn(&Figures) -> Result<String, NotAllowed> + Send + Unpin + 'static> Feed for FiguresFeed<R> {
    fn look(&mut self) -> Look {
        let Some(latest) = self.watch.latest() else { return Look::Unchanged };
        if self.known.as_ref().is_some_and(|known| Arc::ptr_eq(known, &latest)) {
            return Look::Unchanged;
        }
        let id = format!("{}-{}", latest.sequence, latest.as_of.micros());
        let Ok(data) = (self.render)(&latest) else {
            return Look::Last(Message { event: "ended", id, data: String::new() });
        };
        self.known = Some(latest);
        Look::Message(Message { event: "figures", id, data })
    }
}
