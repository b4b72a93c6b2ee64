//! Waiting, always bounded, and doing things at once.

use std::sync::Barrier;
use std::time::{Duration, Instant};

/// A test that waits this long has failed. No test says how long something should take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// What becomes less has stopped when it has not for so long: whoever was off for long is tried again after minutes.
const STALLED_AFTER: Duration = Duration::from_secs(180);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// Looks until something is there.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(started.elapsed() < PATIENCE, "it did not happen: {what}");
        std::thread::sleep(LOOK_AGAIN_AFTER);
    }
}

/// Looks until nothing is missing any more, for as long as it becomes less.
#[track_caller]
pub(crate) fn made_up_for(what: &str, mut missing: impl FnMut() -> usize) {
    let (mut least, mut since) = (usize::MAX, Instant::now());
    loop {
        let left = missing();
        if left == 0 {
            return;
        }
        if left < least {
            (least, since) = (left, Instant::now());
        }
        assert!(since.elapsed() < STALLED_AFTER, "{what}: {left} are missing and no more come");
        std::thread::sleep(5 * LOOK_AGAIN_AFTER);
    }
}

/// Does the same so many times at once: all begin when the last is ready.
pub(crate) fn together<T: Send>(count: usize, act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let all_ready = Barrier::new(count);
    std::thread::scope(|scope| {
        let (act, all_ready) = (&act, &all_ready);
        let begun: Vec<_> = (0..count)
            .map(|number| {
                scope.spawn(move || {
                    all_ready.wait();
                    act(number)
                })
            })
            .collect();
        begun.into_iter().map(|thread| thread.join().expect("one of them panicked")).collect()
    })
}
