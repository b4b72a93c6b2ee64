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

impl<R: Fn(&Figures) -> Option<String> + Send + Unpin + 'static> FiguresFeed<R> {
    /// Tells of the figures that are watched, each time as `render` writes them; what cannot be written is left out.
    pub(super) fn new(watch: Watch, render: R) -> Self {
        Self { watch, known: None, render }
    }
}

impl<R: Fn(&Figures) -> Option<String> + Send + Unpin + 'static> Feed for FiguresFeed<R> {
    fn look(&mut self) -> Look {
        let Some(latest) = self.watch.latest() else { return Look::Unchanged };
        if self.known.as_ref().is_some_and(|known| Arc::ptr_eq(known, &latest)) {
            return Look::Unchanged;
        }
        let Some(data) = (self.render)(&latest) else { return Look::Unchanged };
        let id = format!("{}-{}", latest.sequence, latest.as_of.micros());
        self.known = Some(latest);
        Look::Message(Message { event: "figures", id, data })
    }
}
