//! A crowd of a fixed size: so many are under way at a time, and each that comes back makes room for another.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Thread;

/// Counts what is under way. Only the thread that made it may enter; any thread may leave.
#[derive(Clone)]
pub(crate) struct InFlight {
    count: Arc<AtomicUsize>,
    count_max: usize,
    sender: Thread,
}

impl InFlight {
    /// At most `count_max` at a time, entered from this thread.
    pub(crate) fn at_most(count_max: usize) -> Self {
        Self { count: Arc::default(), count_max, sender: std::thread::current() }
    }

    /// Waits for room and takes it.
    pub(crate) fn enter(&self) {
        while self.count.load(Ordering::Acquire) >= self.count_max {
            std::thread::park();
        }
        self.count.fetch_add(1, Ordering::AcqRel);
    }

    /// Gives room back. The sender is woken once half of the crowd is back, not by each: a thousand wake-ups would be
    /// what is measured.
    pub(crate) fn leave(&self) {
        let left = self.count.fetch_sub(1, Ordering::AcqRel) - 1;
        if left == self.count_max / 2 || left == 0 {
            self.sender.unpark();
        }
    }

    /// Waits until nothing is under way.
    pub(crate) fn wait_for_all(&self) {
        while self.count.load(Ordering::Acquire) > 0 {
            std::thread::park();
        }
    }
}
