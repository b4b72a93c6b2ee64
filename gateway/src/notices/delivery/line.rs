//! The line to one endpoint: what it has to tell, what is on its way, and what is tried again. It holds a window and no
//! more; where it stands in the journal is its place.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ledger::LedgerTime;
use metrics::counter;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::attempt::{Attempted, Came, Post, attempt};
use super::recorder::Outcome;
use super::secrets::Secrets;
use crate::away::away;
use crate::notices::feed::{self, FeedFilter, FeedPlace};
use crate::notices::schedule::wait_micros;
use crate::outbound::posting::PostLine;
use crate::payments::{
    Ask, Command, DeliveryOutcome, DisabledReason, Endpoint, NoticeAsk, NoticeId, OPEN_DELIVERIES_MAX,
    OpenDelivery, Then, Tried,
};
use crate::telemetry::metrics::WEBHOOK_DELIVERIES_TOTAL;

/// Attempts of one endpoint at a time, while it takes what it is sent.
const PLACES: usize = 8;
/// The same while it does not: whoever is down is asked one thing at a time.
const PLACES_WHILE_FAILING: usize = 1;
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often it is looked whether something is due, as long as something waits: the clock may run faster than life.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// A line that goes on without anything to tell has its place recorded when it has come so far: that much is read again
/// after a restart.
const RECORDS_UNRECORDED_MAX: u64 = 50_000;
/// The pause after the journal could not be read.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// After so long it is tried again to open a secret that did not open.
const OPEN_AGAIN_AFTER: Duration = Duration::from_secs(60);
const MICROS: i64 = 1_000_000;
/// When something is tried again by an endpoint that has been given up for now.
const AGAIN_WHEN_ENABLED_SECONDS: i64 = 86_400;

/// The line to one endpoint.
pub(super) struct Line {
    shared: Arc<Shared>,
    /// As the books have it.
    news: watch::Receiver<Arc<Endpoint>>,
    endpoint: Arc<Endpoint>,
    post: Option<Arc<PostLine>>,
    /// What signs, and when it was opened.
    secrets: Option<(Arc<Secrets>, Instant)>,
    /// Secrets that do not open, for whoever measures.
    lost_count: Arc<AtomicUsize>,
    /// Where in the journal it goes on looking.
    place: FeedPlace,
    /// The place that was recorded last.
    recorded: u64,
    /// Found, and not begun.
    found: VecDeque<NoticeId>,
    /// Tried for the first time at this moment.
    first_tries: BTreeSet<NoticeId>,
    open: BTreeMap<NoticeId, Open>,
    /// What was open and is over: the books may not know yet.
    over: BTreeMap<NoticeId, LedgerTime>,
    on_their_way: JoinSet<Attempted>,
    /// What each task tries, for one that panics.
    tasks: BTreeMap<Id, NoticeId>,
    last_taken: Option<LedgerTime>,
    is_failing: bool,
    /// It answered 410, or nothing for as long as one notice is tried: nothing is begun any more.
    is_ending: bool,
}

/// What is tried again.
struct Open {
    since: LedgerTime,
    due: LedgerTime,
    failures: u16,
    is_on_its_way: bool,
    /// When it would be its turn, if it was brought forward because the endpoint takes something again. That is done once
    /// between two turns, and does not count: one notice that an endpoint can never take is not tried ten times in a
    /// minute because it takes all others.
    brought_forward_from: Option<LedgerTime>,
}

impl Open {
    fn of_books(open: &OpenDelivery) -> Self {
        let OpenDelivery { since, due, failures, .. } = *open;
        Self { since, due, failures, is_on_its_way: false, brought_forward_from: None }
    }
}

impl Line {
    pub(super) fn new(
        shared: Arc<Shared>,
        mut news: watch::Receiver<Arc<Endpoint>>,
        lost_count: Arc<AtomicUsize>,
    ) -> Self {
        let endpoint = Arc::clone(&news.borrow_and_update());
        let mut line = Self {
            shared,
            news,
            post: None,
            secrets: None,
            lost_count,
            place: FeedPlace::before_record(endpoint.from),
            recorded: endpoint.from,
            found: VecDeque::new(),
            first_tries: BTreeSet::new(),
            open: BTreeMap::new(),
            over: BTreeMap::new(),
            on_their_way: JoinSet::new(),
            tasks: BTreeMap::new(),
            last_taken: endpoint.last_taken,
            is_failing: false,
            is_ending: false,
            endpoint,
        };
        line.take_over_open();
        line
    }

    /// Tells until it is told to stop. What is on its way then is tried again by the next line to this endpoint.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut recent = self.shared.recent.watch();
        loop {
            self.open_secrets().await;
            let has_more = self.begin().await;
            let waits = !self.open.is_empty() && !self.is_ending;
            tokio::select! {
                () = stop.cancelled() => return,
                changed = self.news.changed() => match changed {
                    Ok(()) => self.take_news(),
                    Err(_) => return,
                },
                Some(ended) = self.on_their_way.join_next_with_id() => self.note(ended).await,
                changed = recent.changed(), if !has_more => if changed.is_err() { return },
                () = sleep(LOOK_AGAIN_AFTER), if waits || has_more => {}
            }
        }
    }

    /// Whether this is still where, and how signed, its agency wants to be told: what happened after that was changed is told as it
    /// was changed, and not at all where the endpoint is gone.
    fn is_as_the_books_have_it(&self) -> bool {
        let notices = self.shared.app.books.readers().notices();
        notices.endpoint(self.endpoint.terms.id).is_some_and(|now| {
            now.disabled.is_none() && now.terms == self.endpoint.terms && now.secrets == self.endpoint.secrets
        })
    }

    fn now(&self) -> LedgerTime {
        self.shared.app.now()
    }

    /// Begins as much as there is room for. True if there is more to read that could not be read now.
    async fn begin(&mut self) -> bool {
        let places = if self.is_failing { PLACES_WHILE_FAILING } else { PLACES };
        while self.on_their_way.len() < places && !self.is_ending {
            if !self.is_as_the_books_have_it() {
                // News of it is on its way here.
                return false;
            }
            let now = self.now();
            let due = self.open.iter().filter(|(_, open)| !open.is_on_its_way && open.due <= now);
            if let Some(notice) = due.min_by_key(|(_, open)| open.due).map(|(notice, _)| *notice) {
                if let Some(open) = self.open.get_mut(&notice) {
                    open.is_on_its_way = true;
                }
                self.send(notice);
            } else if self.open.len() + self.first_tries.len() >= OPEN_DELIVERIES_MAX {
                return false;
            } else if let Some(notice) = self.found.pop_front() {
                self.first_tries.insert(notice);
                self.send(notice);
            } else if !self.look().await {
                return false;
            } else if self.found.is_empty() {
                // It has come forward, and there was nothing for it.
                self.record_place().await;
            }
        }
        self.found.is_empty() && self.place.sequence() < *self.shared.recent.watch().borrow()
    }

    /// Looks for more to tell. False if there is nothing new.
    async fn look(&mut self) -> bool {
        let before = self.place;
        let recent = self.shared.recent.take(before, &self.endpoint.terms, OPEN_DELIVERIES_MAX);
        let (found, next) = match recent {
            Some(found) => found,
            None => match self.look_back().await {
                Some(found) => found,
                None => {
                    sleep(PAUSE_AFTER_FAILURE).await;
                    return false;
                }
            },
        };
        self.found.extend(found);
        self.place = next;
        next > before
    }

    /// Looks into the journal itself.
    async fn look_back(&self) -> Option<(Vec<NoticeId>, FeedPlace)> {
        let _place = self.shared.catching_up.acquire().await.ok()?;
        let (app, from) = (Arc::clone(&self.shared.app), self.place);
        let terms = &self.endpoint.terms;
        let filter = FeedFilter { agency: Some(Arc::clone(&terms.agency)), kinds: terms.kinds.clone() };
        let read = move || feed::page(&app.books, from, &filter, OPEN_DELIVERIES_MAX);
        match away(read).await {
            Ok(Ok(page)) => {
                Some((page.happenings.into_iter().map(|happening| happening.id).collect(), page.next))
            }
            Ok(Err(error)) => {
                tracing::error!(%error, endpoint = %terms.id, "What happened cannot be read; it is tried again.");
                None
            }
            Err(error) => {
                tracing::error!(%error, endpoint = %terms.id, "What reads what happened panicked.");
                None
            }
        }
    }

    /// Opens what signs, if that is not done, or if something of it did not open a while ago.
    async fn open_secrets(&mut self) {
        let is_due = self
            .secrets
            .as_ref()
            .is_none_or(|(secrets, opened)| !secrets.is_whole && opened.elapsed() >= OPEN_AGAIN_AFTER);
        if !is_due {
            return;
        }
        let Ok(_place) = self.shared.opening_secrets.acquire().await else { return };
        let (app, endpoint) = (Arc::clone(&self.shared.app), Arc::clone(&self.endpoint));
        let opened = away(move || Secrets::open(&app, &endpoint)).await;
        let secrets = opened.unwrap_or_else(|error| {
            tracing::error!(%error, endpoint = %self.endpoint.terms.id, "What opens secrets panicked.");
            Secrets::default()
        });
        self.lost_count.store(secrets.lost_count, Ordering::Relaxed);
        self.secrets = Some((Arc::new(secrets), Instant::now()));
    }

    fn send(&mut self, notice: NoticeId) {
        let terms = &self.endpoint.terms;
        let app = &self.shared.app;
        if self.post.is_none() {
            self.post = app.outbound.post_line(&terms.url, PLACES, CONNECT_TIMEOUT).map(Arc::new);
        }
        let secrets = self.secrets.as_ref().map(|(secrets, _)| Arc::clone(secrets));
        let line = self.post.clone().zip(secrets);
        let post = line.map(|(line, secrets)| Post { line, secrets, stamps: self.shared.stamps.clone() });
        let handle = self.on_their_way.spawn(attempt(Arc::clone(app), post, notice));
        self.tasks.insert(handle.id(), notice);
    }

    /// Notes how an attempt ended, and says so to the recorder.
    async fn note(&mut self, ended: Result<(Id, Attempted), JoinError>) {
        let (task, came, attempt) = match ended {
            Ok((task, Attempted { came, attempt })) => (task, came, attempt),
            Err(error) => {
                tracing::error!(%error, endpoint = %self.endpoint.terms.id, "An attempt to tell an agency panicked.");
                (
                    error.id(),
                    Came::Failed { retry_after_seconds: None },
                    Attempted::broken(self.now()).attempt,
                )
            }
        };
        let Some(notice) = self.tasks.remove(&task) else { return };
        let is_first = self.first_tries.remove(&notice);
        let known = self.open.remove(&notice);
        let then = match came {
            Came::Taken => self.note_taken(attempt.at),
            Came::Unsayable => Then::GivenUp,
            Came::Failed { retry_after_seconds } => {
                self.is_failing = true;
                self.note_failed(notice, known, retry_after_seconds, attempt.at)
            }
        };
        if !matches!(then, Then::Again { .. }) && !is_first {
            self.over.insert(notice, attempt.at);
        }
        let word = match then {
            Then::Done => "taken",
            Then::Again { .. } => "failed",
            Then::GivenUp => "given_up",
        };
        counter!(WEBHOOK_DELIVERIES_TOTAL.name, "outcome" => word).increment(1);
        if then == Then::GivenUp {
            tracing::error!(endpoint = %self.endpoint.terms.id, event = %notice, "An event was not taken in three days and is given up.");
        }
        self.record(Some(Tried { notice, attempt, then })).await;
        if attempt.outcome == DeliveryOutcome::Status(410) {
            self.end(DisabledReason::Gone).await;
        } else if self.is_ending {
            self.end(DisabledReason::Silent).await;
        }
    }

    /// It takes what it is sent: whatever waits is tried at once.
    fn note_taken(&mut self, at: LedgerTime) -> Then {
        self.last_taken = self.last_taken.max(Some(at));
        if self.is_failing {
            self.is_failing = false;
            let may_come = |open: &&mut Open| !open.is_on_its_way && open.brought_forward_from.is_none();
            for open in self.open.values_mut().filter(may_come) {
                open.brought_forward_from = Some(open.due);
                open.due = open.due.min(at);
            }
        }
        Then::Done
    }

    fn note_failed(
        &mut self,
        notice: NoticeId,
        known: Option<Open>,
        asked_seconds: Option<u64>,
        at: LedgerTime,
    ) -> Then {
        let (since, failures) = known.as_ref().map_or((at, 0), |open| (open.since, open.failures));
        let turn = known.as_ref().and_then(|open| open.brought_forward_from).filter(|turn| *turn > at);
        let (due, failures) = match turn {
            Some(turn) => (turn, failures),
            None => {
                let failures = failures.saturating_add(1);
                match wait_micros(failures, rand::random(), asked_seconds) {
                    Some(wait) => (LedgerTime::from_micros(at.micros().saturating_add(wait)), failures),
                    None if self.last_taken.is_some_and(|taken| taken >= since) => return Then::GivenUp,
                    // It has taken nothing at all since then: what waits, waits until somebody has seen to it.
                    None => {
                        self.is_ending = true;
                        (at.plus_seconds(AGAIN_WHEN_ENABLED_SECONDS), failures)
                    }
                }
            }
        };
        let open = Open { since, due, failures, is_on_its_way: false, brought_forward_from: turn };
        self.open.insert(notice, open);
        Then::Again { due, failures }
    }

    /// Asks the books to send nothing here any more. If they cannot be asked now, the next failure asks again.
    async fn end(&mut self, reason: DisabledReason) {
        let endpoint = self.endpoint.terms.id;
        tracing::error!(%endpoint, agency = %self.endpoint.terms.agency, ?reason, "An endpoint is disabled: nothing is sent to it until its agency enables it.");
        let ask = Ask::Notice(NoticeAsk::DisableEndpoint { endpoint, reason });
        let command = Command { principal: "system".into(), cause: "deliveries".into(), ask };
        self.is_ending = match self.shared.app.books.ask_patiently(command).await {
            Ok(_) => true,
            Err(error) => {
                tracing::warn!(%error, %endpoint, "The books could not be told that an endpoint is disabled.");
                false
            }
        };
    }

    /// Sequence of the first record of which something may still have to be tried for the first time.
    fn from(&self) -> u64 {
        let begun = self.first_tries.first().map(|notice| notice.sequence());
        let found = self.found.front().map(|notice| notice.sequence());
        [begun, found].into_iter().flatten().fold(self.place.sequence(), u64::min)
    }

    async fn record_place(&mut self) {
        if self.from() >= self.recorded + RECORDS_UNRECORDED_MAX {
            self.record(None).await;
        }
    }

    async fn record(&mut self, tried: Option<Tried>) {
        self.recorded = self.from();
        let (endpoint, kinds_since) = (self.endpoint.terms.id, self.endpoint.kinds_since);
        let outcome = Outcome { endpoint, from: self.recorded, kinds_since, tried };
        // Fails only when everything ends.
        let _ = self.shared.outcomes.send(outcome).await;
    }

    /// The books have something new about this endpoint.
    fn take_news(&mut self) {
        let before = std::mem::replace(&mut self.endpoint, Arc::clone(&self.news.borrow_and_update()));
        if before.terms.url != self.endpoint.terms.url {
            self.post = None;
        }
        if before.secrets != self.endpoint.secrets {
            self.secrets = None;
        }
        if before.kinds_since != self.endpoint.kinds_since {
            // What happened since the change was looked at by the old list.
            let changed = self.endpoint.kinds_since;
            self.found.retain(|notice| notice.sequence() < changed);
            self.place = self.place.min(FeedPlace::before_record(changed));
        }
        self.take_over_open();
    }

    /// Takes over what the books have as open and this line does not know: what was open when it began, and what somebody
    /// asked to be sent again.
    fn take_over_open(&mut self) {
        let known = std::mem::take(&mut self.over);
        for (notice, open) in &self.endpoint.open {
            let is_over = known.get(notice).is_some_and(|over| *over >= open.since);
            if is_over {
                self.over.insert(*notice, known[notice]);
            } else if !self.first_tries.contains(notice) {
                let mine = self.open.entry(*notice).or_insert_with(|| Open::of_books(open));
                // Somebody asks for it although it waits: at once, then.
                if open.since > mine.since {
                    *mine = Open { is_on_its_way: mine.is_on_its_way, ..Open::of_books(open) };
                }
            }
        }
        let newest_known = |over: &LedgerTime| over.micros() + MICROS * 60 > self.now().micros();
        let unknown = known.iter().filter(|(notice, _)| !self.endpoint.open.contains_key(notice));
        let kept: Vec<_> =
            unknown.filter(|(_, over)| newest_known(over)).map(|(notice, over)| (*notice, *over)).collect();
        self.over.extend(kept);
    }
}
