//! What the follower's thread, the readers and the operator's door share: who answers now, how far the views are, and
//! what has been asked for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use ledger::journal::file::Trail;
use sqlx::SqlitePool;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use super::error::ViewsError;

/// Questions that are being answered or wait for a connection. More are turned away at once.
pub(super) const QUESTIONS_MAX: usize = 64;

/// What the views are doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewsState {
    /// The file is being opened.
    Starting,
    /// A file is being built from the first record on. An older one answers meanwhile, if there is one.
    Building,
    /// The views follow the journal.
    Following,
    /// Something is in the way; it is tried again, with growing pauses.
    Failing,
}

/// How the views are. The books do not depend on any of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewsHealth {
    /// What they are doing.
    pub state: ViewsState,
    /// The first record that is not in the file being written.
    pub next_sequence: u64,
    /// How many durable records the journal has.
    pub head: u64,
    /// The sequence that answers are true at; nothing while nobody is answered.
    pub answers_at: Option<u64>,
    /// How often a file was begun from the first record since the start.
    pub builds_begun: u64,
    /// What is in the way, in words; nothing while all is well.
    pub last_error: Option<String>,
}

impl ViewsHealth {
    /// How many records the journal is ahead.
    pub fn lag(&self) -> u64 {
        self.head.saturating_sub(self.next_sequence)
    }
}

/// The file that answers.
#[derive(Debug)]
pub(super) struct Serving {
    pub(super) number: u64,
    pub(super) pool: SqlitePool,
}

#[derive(Debug)]
pub(super) struct Shared {
    /// Asked for the head of the journal only.
    trail: Trail,
    known: Mutex<Known>,
    pub(super) serving: ArcSwapOption<Serving>,
    pub(super) questions: Arc<Semaphore>,
    pub(super) stop: CancellationToken,
    is_build_asked: AtomicBool,
    asked: Notify,
}

#[derive(Debug)]
struct Known {
    state: ViewsState,
    next_sequence: u64,
    answers_at: Option<u64>,
    builds_begun: u64,
    last_error: Option<String>,
}

impl Shared {
    pub(super) fn new(trail: Trail) -> Self {
        let known = Known {
            state: ViewsState::Starting,
            next_sequence: 0,
            answers_at: None,
            builds_begun: 0,
            last_error: None,
        };
        Self {
            trail,
            known: Mutex::new(known),
            serving: ArcSwapOption::empty(),
            questions: Arc::new(Semaphore::new(QUESTIONS_MAX)),
            stop: CancellationToken::new(),
            is_build_asked: AtomicBool::new(false),
            asked: Notify::new(),
        }
    }

    pub(super) fn health(&self) -> ViewsHealth {
        let known = self.known();
        ViewsHealth {
            state: known.state,
            next_sequence: known.next_sequence,
            head: self.trail.record_count(),
            answers_at: known.answers_at,
            builds_begun: known.builds_begun,
            last_error: known.last_error.clone(),
        }
    }

    /// Notes how far the file being written is, and that all is well.
    pub(super) fn note_progress(&self, next_sequence: u64, is_complete: bool) {
        let mut known = self.known();
        known.state = if is_complete { ViewsState::Following } else { ViewsState::Building };
        known.next_sequence = next_sequence;
        known.last_error = None;
        if is_complete {
            known.answers_at = Some(next_sequence);
        }
    }

    /// Notes that a file is begun from the first record on.
    pub(super) fn note_build(&self) {
        let mut known = self.known();
        known.state = ViewsState::Building;
        known.next_sequence = 0;
        known.builds_begun += 1;
        known.last_error = None;
    }

    /// Notes that an older file answers.
    pub(super) fn note_older_answers(&self, next_sequence: u64) {
        self.known().answers_at = Some(next_sequence);
    }

    pub(super) fn note_failure(&self, error: &ViewsError) {
        let mut known = self.known();
        known.state = ViewsState::Failing;
        known.last_error = Some(error.to_string());
    }

    pub(super) fn note_end(&self) {
        self.known().answers_at = None;
    }

    /// Asks for the views to be built again.
    pub(super) fn ask_for_build(&self) {
        self.is_build_asked.store(true, Ordering::Release);
        self.asked.notify_one();
    }

    /// True once for each time, or several, that a build was asked for.
    pub(super) fn take_asked_build(&self) -> bool {
        self.is_build_asked.swap(false, Ordering::AcqRel)
    }

    /// Waits, unless something is asked for earlier.
    pub(super) async fn pause(&self, length: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.asked.notified() => {}
            () = tokio::time::sleep(length) => {}
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
