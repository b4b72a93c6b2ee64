//! What happens regularly: time is told to the books, attempts are followed up, callbacks are registered.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::kept_checkpoint;
use crate::app::{App, SharedApp, month_of};
use crate::channels::mpesa::client::Registered;
use crate::payments::{Ask, Command, revenue_day};
use crate::prompts;

const TICK: Duration = Duration::from_secs(1);
/// A clock that moves this much further between two ticks than time did is not believed for now. A demonstration's clock
/// that runs faster makes every delay of ours look longer by as much.
const JUMP_MICROS_MAX: u64 = 60_000_000;
/// So many ticks without a jump make a clock believable again.
const EVEN_TICKS_WANTED: u32 = 60;
/// First wait before callbacks are registered again after a failure; each next one is twice as long.
const REGISTER_AGAIN_AFTER: Duration = Duration::from_secs(2);
const REGISTER_AGAIN_AFTER_MAX: Duration = Duration::from_secs(300);

/// Once a second: expiry, overdue attempts, the end of the day, the month of keys, and who has to be asked what. A clock
/// that has jumped is not acted upon until it has gone on evenly for a while: nobody's bill expires by a mistake.
pub(super) async fn keep_time(app: SharedApp, root: PathBuf) {
    let mut kept_size = 0;
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // Whatever fell due while nobody was there to ask is asked about first.
    let mut last_asked = i64::MIN;
    let mut asking: Option<tokio::task::JoinHandle<()>> = None;
    let mut last_tick = (tokio::time::Instant::now(), app.clock.now_micros());
    let mut even_tick_count = EVEN_TICKS_WANTED;
    loop {
        let instant = ticks.tick().await;
        let now = app.clock.now_micros();
        let passed = i64::try_from(instant.duration_since(last_tick.0).as_micros()).unwrap_or(i64::MAX);
        if has_jumped(passed, now - last_tick.1, app.clock.speed()) {
            tracing::error!(
                "The clock has jumped: nothing expires until it has gone on evenly for a minute."
            );
            even_tick_count = 0;
        } else {
            even_tick_count = (even_tick_count + 1).min(EVEN_TICKS_WANTED);
        }
        last_tick = (instant, now);
        keep_checkpoint(&app, &root, &mut kept_size);
        if even_tick_count < EVEN_TICKS_WANTED {
            continue;
        }
        if let Err(error) = app.vault.begin_month(month_of(now)) {
            tracing::error!(%error, "The keys of the new month cannot be made; those of the old one go on.");
        }
        let today = revenue_day(app.now());
        let command = Command { principal: "system".into(), cause: "tick".into(), ask: Ask::Tick { today } };
        if let Err(error) = app.books.ask(command).await {
            tracing::warn!(%error, "The books did not take a tick.");
        }
        // Asking takes as long as the provider takes; time goes on meanwhile.
        if asking.as_ref().is_none_or(tokio::task::JoinHandle::is_finished) {
            asking = Some(tokio::spawn(prompts::follow_up(app.clone(), last_asked, now)));
            last_asked = now;
        }
    }
}

fn keep_checkpoint(app: &App, root: &Path, kept_size: &mut u64) {
    if app.books.head().size == *kept_size {
        return;
    }
    let (head, note) = app.books.checkpoint();
    match kept_checkpoint::keep(root, &note) {
        Ok(()) => *kept_size = head.size,
        Err(error) => tracing::warn!(%error, "The newest checkpoint cannot be kept."),
    }
}

/// Whether a clock of this speed moved otherwise than time did, both in microseconds.
fn has_jumped(passed: i64, clock_moved: i64, speed: u32) -> bool {
    let expected = passed.saturating_mul(i64::from(speed));
    clock_moved.abs_diff(expected) > JUMP_MICROS_MAX.saturating_mul(u64::from(speed))
}

/// Tells Safaricom where to validate and confirm, until it knows.
pub(super) async fn register_callbacks(app: SharedApp) {
    let mut wait = REGISTER_AGAIN_AFTER;
    loop {
        match app.paybill.register().await {
            Ok(Registered::Now { version }) => {
                tracing::info!(version, "Safaricom knows where to validate and confirm.");
                return;
            }
            Ok(Registered::Before) => {
                tracing::info!(
                    "Addresses are registered with Safaricom already; to change them, use its portal."
                );
                return;
            }
            Err(error) => {
                tracing::warn!(%error, again_in_seconds = wait.as_secs(), "Callbacks could not be registered.");
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(REGISTER_AGAIN_AFTER_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_clock_that_is_set_has_jumped_and_a_slow_machine_has_not() {
        assert!(!has_jumped(SECOND, SECOND + 59 * SECOND, 1));
        assert!(has_jumped(SECOND, SECOND + 61 * SECOND, 1));
        assert!(has_jumped(SECOND, -3600 * SECOND, 1));
        // An hour a second, read a fifth of a second after the tick: twelve minutes of that clock.
        assert!(!has_jumped(SECOND, 3600 * SECOND + 720 * SECOND, 3600));
        assert!(has_jumped(SECOND, 86_400 * 365 * SECOND, 3600));
    }
}
