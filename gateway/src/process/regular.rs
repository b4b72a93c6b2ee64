//! What happens regularly: time is told to the books, attempts are followed up, callbacks are registered.

use std::path::{Path, PathBuf};
use std::time::Duration;

use metrics::gauge;

use super::kept_checkpoint;
use super::plans::PlanWatch;
use crate::app::{App, SharedApp, month_of};
use crate::books::BooksError;
use crate::channels::mpesa::client::Registered;
use crate::payments::{
    Answer, Ask, Command, SERVICES_PER_USAGE_RECORD_MAX, ServiceUse, UsageCounts, revenue_day,
};
use crate::prompts;
use crate::routing::watch::Watch;
use crate::telemetry::metrics::CLOCK_DISBELIEF_SECONDS;

const TICK: Duration = Duration::from_secs(1);
/// How often somebody is told that the system's clock is not believed.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);
/// How often those who have not asked for long are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);
/// How often it is kept how services are used, in microseconds of the clock: a crash loses no more than this.
const KEEP_USAGE_EVERY_MICROS: i64 = 5 * 60 * 1_000_000;
/// First wait before callbacks are registered again after a failure; each next one is twice as long.
const REGISTER_AGAIN_AFTER: Duration = Duration::from_secs(2);
const REGISTER_AGAIN_AFTER_MAX: Duration = Duration::from_secs(300);

/// Once a second: expiry, overdue attempts, the end of the day, the month of keys, and who has to be asked what.
pub(super) async fn keep_time(app: SharedApp, root: PathBuf) {
    let mut kept_size = 0;
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // Whatever fell due while nobody was there to ask is asked about first.
    let (mut last_asked, began_micros) = (i64::MIN, app.clock.now_micros());
    let mut asking: Option<tokio::task::JoinHandle<()>> = None;
    let mut complaints = Complaints::default();
    let mut plans = PlanWatch::default();
    let began = tokio::time::Instant::now();
    let mut last_forgotten = began;
    let mut watch = Watch::default();
    let mut usage_kept = (app.clock.now_micros(), revenue_day(app.now()));
    loop {
        let instant = ticks.tick().await;
        let now = app.clock.now_micros();
        complaints.about_clock(app.clock.disbelief_micros(), instant);
        keep_checkpoint(&app, &root, &mut kept_size);
        if instant.duration_since(last_forgotten) >= FORGET_EVERY {
            app.limits.forget();
            app.staff.forget(&app.books.readers().staff());
            last_forgotten = instant;
        }
        if let Err(error) = app.vault.begin_month(month_of(now)) {
            tracing::error!(%error, "The keys of the new month cannot be made; those of the old one go on.");
        }
        if let Err(error) = app.catalogue.begin_day(app.clock.today()).await {
            tracing::error!(%error, "The catalogue could not be rendered for a new day.");
        }
        plans.tell(&app);
        let today = revenue_day(app.now());
        let command = Command { principal: "system".into(), cause: "tick".into(), ask: Ask::Tick { today } };
        if let Err(error) = app.books.ask(command).await {
            tracing::warn!(%error, "The books did not take a tick.");
        }
        if now - usage_kept.0 >= KEEP_USAGE_EVERY_MICROS || usage_kept.1 != today {
            keep_usage(&app, usage_kept.1).await;
            usage_kept = (now, today);
        }
        tell_of_systems(&app, &mut watch, instant.duration_since(began)).await;
        // Asking takes as long as the provider takes; time goes on meanwhile.
        if asking.as_ref().is_none_or(tokio::task::JoinHandle::is_finished) {
            asking = Some(tokio::spawn(prompts::follow_up(app.clone(), (last_asked, now), began_micros)));
            last_asked = now;
        }
    }
}

/// Tells the simulated providers of a demonstration where to report, each until it knows.
pub(super) async fn tell_simulated(app: SharedApp, callbacks_url: String) {
    for channel in app.channels.iter() {
        while let Err(error) = channel.is_told_where_to_report(&callbacks_url).await {
            tracing::debug!(channel = %channel.name(), %error, "A simulated provider is not there yet.");
            tokio::time::sleep(TICK).await;
        }
    }
}

/// Makes records of how services were used on this revenue day since that was last done. What the books have no room for
/// now is counted again the next time: counts never keep time waiting.
pub(super) async fn keep_usage(app: &App, day: i32) {
    let uses = app.catalogue.take_usage();
    let keep = |services| {
        let ask = Ask::CountUsage(UsageCounts { day, services });
        app.books.ask(Command { principal: "system".into(), cause: "usage".into(), ask })
    };
    app.catalogue.give_usage_back(keep_in_chunks(&uses, keep).await);
}

/// Keeps one chunk after the other, up to the first that there is no room for. What is left.
async fn keep_in_chunks<F: Future<Output = Result<Answer, BooksError>>>(
    uses: &[ServiceUse],
    keep: impl Fn(Vec<ServiceUse>) -> F,
) -> &[ServiceUse] {
    let mut left = uses;
    while !left.is_empty() {
        let (services, rest) = left.split_at(left.len().min(SERVICES_PER_USAGE_RECORD_MAX));
        match keep(services.to_vec()).await {
            Ok(_) => {}
            Err(BooksError::Crowded | BooksError::NoRoom) => return left,
            Err(error) => tracing::warn!(%error, "How services were used in the last minutes is not kept."),
        }
        left = rest;
    }
    left
}

/// Tells the books of agencies' systems that are down, or up again.
async fn tell_of_systems(app: &App, watch: &mut Watch, since_start: Duration) {
    let availability = app.books.readers().availability();
    let told_down = availability.systems_down().map(|(agency, system, _)| (agency.clone(), system.clone()));
    for ((agency, system), is_down) in watch.look(since_start, &app.routing.systems(), &told_down.collect()) {
        let ask = Ask::NoteSystem { agency, system, is_down };
        let command = Command { principal: "system".into(), cause: "back end".into(), ask };
        if let Err(error) = app.books.ask(command).await {
            tracing::warn!(%error, "The books were not told of an agency's system; they are told again.");
        }
    }
}

/// Says so, at once and then regularly, while the system's clock is not believed.
#[derive(Default)]
struct Complaints {
    last: Option<tokio::time::Instant>,
}

impl Complaints {
    fn about_clock(&mut self, system_ahead_micros: Option<i64>, instant: tokio::time::Instant) {
        gauge!(CLOCK_DISBELIEF_SECONDS.name).set((system_ahead_micros.unwrap_or(0) / 1_000_000) as f64);
        let Some(micros) = system_ahead_micros else {
            if self.last.take().is_some() {
                tracing::info!("The system's clock is right again and is believed.");
            }
            return;
        };
        if self.last.is_some_and(|last| instant.duration_since(last) < COMPLAIN_EVERY) {
            return;
        }
        self.last = Some(instant);
        let system_ahead_seconds = micros / 1_000_000;
        if micros > 0 {
            tracing::error!(
                system_ahead_seconds,
                "The system's clock has leapt ahead, or the newest record is old. Time goes on from where it was: nothing \
                 expires by a mistake. Set the system's clock right; or, if it is right, start again with --trust-clock."
            );
        } else {
            tracing::error!(
                system_ahead_seconds,
                "The system's clock is behind the time of the books, which never goes back: it goes on from the newest \
                 record. Set the system's clock right; if it is right, the books were written with one that was ahead."
            );
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
    use std::cell::RefCell;
    use std::future::ready;

    use super::*;

    #[tokio::test]
    async fn counts_that_there_is_no_room_for_are_given_back_at_once_with_all_that_follow() {
        let one = ServiceUse { agency: "KWS".into(), service: "park".into(), searched: 0, viewed: 1 };
        let uses = vec![one; 3 * SERVICES_PER_USAGE_RECORD_MAX + 1];
        let answers =
            RefCell::new(vec![Err(BooksError::Crowded), Err(BooksError::TooLarge), Ok(Answer::Nothing)]);
        let keep = |_| ready(answers.borrow_mut().pop().expect("nobody is asked after a refusal"));
        let left = keep_in_chunks(&uses, keep).await;
        assert_eq!(left.len(), SERVICES_PER_USAGE_RECORD_MAX + 1);
        assert!(answers.borrow().is_empty());
        let left = keep_in_chunks(&uses, |_| ready(Ok(Answer::Nothing))).await;
        assert_eq!(left, []);
    }
}
