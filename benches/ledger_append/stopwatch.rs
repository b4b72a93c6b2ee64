//! How long something takes, and how much of that one thread of this process is on a processor.

use std::time::{Duration, Instant};

use crate::processor_time::cpu_by_thread;

/// Runs from its start to its stop.
pub(crate) struct Stopwatch {
    thread: &'static str,
    started: Instant,
    nanos_before: u64,
}

/// What it took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) took: Duration,
    /// Of the thread that was looked at.
    pub(crate) on_processor: Duration,
}

impl Stopwatch {
    /// Looks at the thread of this name from now on.
    pub(crate) fn start(thread: &'static str) -> Self {
        Self { thread, started: Instant::now(), nanos_before: nanos_of(thread) }
    }

    pub(crate) fn stop(self) -> Run {
        let on_processor = Duration::from_nanos(nanos_of(self.thread).saturating_sub(self.nanos_before));
        Run { took: self.started.elapsed(), on_processor }
    }
}

fn nanos_of(thread: &str) -> u64 {
    cpu_by_thread(std::process::id()).get(thread).copied().unwrap_or(0)
}
