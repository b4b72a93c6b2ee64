//! Live figures: what has been collected today, while it grows, and what it is compared with.
//!
//! Totals come from the books' own memory and are true at their head; what happened minute by minute and service by
//! service comes from the views, which may be some records behind and say so. However many people watch, figures of one
//! scope are made twice a second at most and shared: looking at money never slows money down.

mod curve;
mod feed;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use dashmap::DashMap;
use feed::FiguresFeed;
pub use feed::NotAllowed;
use ledger::{Currency, LedgerTime};
use tokio::sync::Mutex;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::http::event_stream::{EventStreams, StreamTerms};
use crate::http::problem::Problem;
use crate::http::request::RequestHead;
use crate::http::response::Response;
use crate::payments::{AttemptState, Total, TotalKey, Totals, minute_of_revenue_day, revenue_day};
use crate::views::{MinuteRow, QueryError, Scope, SuspenseSum, UsageRow};

pub use curve::{Curve, POINTS_PER_DAY};

/// Figures are not made again before they are so old: two updates a second are the most that anybody can read.
const FIGURES_LIVE: Duration = Duration::from_millis(500);

/// So many services are listed; all of them are in `GET /v1/usage`.
const SERVICES_LISTED: u16 = 20;
const DAYS_PER_WEEK: i32 = 7;

/// While nothing is booked, figures are made so often all the same: whoever watches must see that they are fresh.
const FIGURES_LIVE_UNCHANGED: Duration = Duration::from_secs(3);

/// Figures that are made for those who watch, by whose rows they see.
pub struct Live {
    desks: DashMap<Option<Arc<str>>, Arc<Desk>>,
    streams: EventStreams,
}

/// Where figures of one scope are made.
#[derive(Debug, Default)]
struct Desk {
    making: Mutex<Making>,
    latest: ArcSwapOption<Figures>,
    watchers: AtomicUsize,
}

/// Somebody who watches the figures of a scope: they are made anew until this is dropped.
#[derive(Debug)]
struct Watch(Arc<Desk>);

/// What is needed to make figures again.
#[derive(Debug, Default)]
struct Making {
    made: Option<Instant>,
    /// Of the same weekday last week: it does not change any more.
    last_week: Option<LastWeek>,
}

#[derive(Clone, Debug)]
struct LastWeek {
    day: i32,
    minutes: Arc<[MinuteRow]>,
}

/// What is known at one moment.
#[derive(Clone, Debug)]
pub struct Figures {
    /// When.
    pub as_of: LedgerTime,
    /// Totals are true at this sequence of the books.
    pub sequence: u64,
    /// The revenue day.
    pub day: i32,
    /// What was collected, one for each currency; shillings are always there.
    pub collected: Vec<Collected>,
    /// By whose the money is, what came most first. Nobody's is money in suspense, and the convenience fee.
    pub owners: Vec<OwnerTotal>,
    /// By channel.
    pub channels: Vec<ChannelTotal>,
    /// What the totals cannot vouch for.
    pub doubt: Doubt,
    /// What the views add to it; nothing while they do not answer.
    pub detail: Option<Detail>,
    /// How many records the views are behind.
    pub views_lag_records: u64,
}

/// What was collected in a currency today.
#[derive(Clone, Debug)]
pub struct Collected {
    /// The currency.
    pub currency: Currency,
    /// Today so far.
    pub today: Total,
    /// On the same weekday last week, the whole day, as far as days are kept.
    pub last_week: Total,
}

/// What is an owner's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerTotal {
    /// Whose.
    pub agency: Option<Arc<str>>,
    /// The currency.
    pub currency: Currency,
    /// How much.
    pub total: Total,
}

/// What came on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelTotal {
    /// The provider's word.
    pub channel: Arc<str>,
    /// The currency.
    pub currency: Currency,
    /// How much.
    pub total: Total,
}

/// What the totals cannot vouch for, of all days. An agency sees what is visibly meant for it.
#[derive(Clone, Debug, Default)]
pub struct Doubt {
    /// Money in suspense.
    pub suspense: Vec<(Currency, Total)>,
    /// For how many seconds the oldest of it has been there.
    pub suspense_oldest_age_seconds: Option<i64>,
    /// Messages that contradict a payment; only for who sees all.
    pub quarantine_count: Option<u64>,
    /// Messages that could not be read; only for who sees all.
    pub unreadable_count: Option<u64>,
    /// Attempts to pay whose outcome is not known.
    pub unknown_attempt_count: usize,
}

/// What the views add.
#[derive(Clone, Debug)]
pub struct Detail {
    /// They are true at this sequence of the books.
    pub sequence: u64,
    /// By currency, how the day has grown, and how it grew last week.
    pub curves: Vec<CurrencyCurve>,
    /// The services that brought most.
    pub services: Vec<UsageRow>,
}

/// How a day grows in a currency.
#[derive(Clone, Debug)]
pub struct CurrencyCurve {
    /// The currency.
    pub currency: Currency,
    /// Today.
    pub today: Curve,
    /// The same weekday last week.
    pub last_week: Curve,
    /// Last week up to this minute of the day.
    pub last_week_by_now: Total,
    /// In the newest minute that is over.
    pub last_minute: Total,
}

impl Live {
    /// Nobody watches. All streams end when `stop` is cancelled.
    pub fn new(stop: CancellationToken) -> Self {
        Self {
            desks: DashMap::new(),
            streams: EventStreams::new("collections", StreamTerms::default(), stop),
        }
    }

    /// The answer that goes on telling what this scope sees, as `render` writes it.
    pub async fn stream(
        &self,
        app: &App,
        head: &RequestHead,
        scope: &Scope,
        render: impl Fn(&Figures) -> Result<String, NotAllowed> + Send + Unpin + 'static,
    ) -> Result<Response, Problem> {
        // A stream begins with figures, so there must be some.
        self.figures(app, scope).await;
        self.streams.open(head, FiguresFeed::new(self.watch(scope), render))
    }

    /// What this scope sees now, or saw half a second ago.
    pub async fn figures(&self, app: &App, scope: &Scope) -> Arc<Figures> {
        self.desk(scope).figures(app, scope, FIGURES_LIVE).await
    }

    /// Has figures of this scope made until nobody watches any more.
    fn watch(&self, scope: &Scope) -> Watch {
        let desk = self.desk(scope);
        desk.watchers.fetch_add(1, Ordering::Relaxed);
        Watch(desk)
    }

    fn desk(&self, scope: &Scope) -> Arc<Desk> {
        let key = match scope {
            Scope::All => None,
            Scope::Agency(code) => Some(Arc::clone(code)),
        };
        Arc::clone(&self.desks.entry(key).or_default())
    }
}

impl Watch {
    /// The newest figures, if any were made.
    fn latest(&self) -> Option<Arc<Figures>> {
        self.0.latest.load_full()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Makes figures for all who watch, for ever.
pub async fn keep_making(app: Arc<App>) {
    let mut tick = tokio::time::interval(FIGURES_LIVE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let desks = app.live.desks.iter().map(|desk| (desk.key().clone(), Arc::clone(desk.value())));
        let watched: Vec<_> = desks.filter(|(_, desk)| desk.watchers.load(Ordering::Relaxed) > 0).collect();
        for (agency, desk) in watched {
            let has_changed = desk.latest.load().as_ref().is_none_or(|latest| {
                latest.sequence != app.books.readers().sequence() || latest.views_lag_records > 0
            });
            let live = if has_changed { FIGURES_LIVE / 2 } else { FIGURES_LIVE_UNCHANGED };
            desk.figures(&app, &agency.map_or(Scope::All, Scope::Agency), live).await;
        }
    }
}

impl Desk {
    /// Figures that are younger than `live`.
    async fn figures(&self, app: &App, scope: &Scope, live: Duration) -> Arc<Figures> {
        // Whoever comes while figures are made waits for them and gets the same.
        let mut making = self.making.lock().await;
        if let Some(made) = making.made
            && made.elapsed() < live
            && let Some(latest) = self.latest.load_full()
        {
            return latest;
        }
        let figures = Arc::new(making.make(app, scope).await);
        making.made = Some(Instant::now());
        self.latest.store(Some(Arc::clone(&figures)));
        figures
    }
}

impl Making {
    async fn make(&mut self, app: &App, scope: &Scope) -> Figures {
        let now = app.now();
        let day = revenue_day(now);
        let readers = app.books.readers();
        let unknown_attempt_count = readers
            .unfinished_attempts()
            .iter()
            .filter(|attempt| attempt.state == AttemptState::Unknown && covers(scope, Some(&attempt.agency)))
            .count();
        let (sequence, (today, last_week, mut doubt)) = readers.with_totals(|totals| {
            let doubt = match scope {
                Scope::All => doubt_of_all(totals, now),
                Scope::Agency(_) => Doubt::default(),
            };
            (of_day(totals, scope, day), of_day(totals, scope, day - DAYS_PER_WEEK), doubt)
        });
        doubt.unknown_attempt_count = unknown_attempt_count;
        let detail = self.ask_views(app, scope, now, &mut doubt).await;
        let detail = detail
            .inspect_err(
                |error| tracing::debug!(%error, "Live figures are shown without what the views know."),
            )
            .ok();
        Figures {
            as_of: now,
            sequence,
            day,
            collected: collected(&today, &last_week),
            owners: sums_by(&today, |key| key.agency.clone())
                .into_iter()
                .map(|(agency, currency, total)| OwnerTotal { agency, currency, total })
                .collect(),
            channels: sums_by(&today, |key| key.channel.clone())
                .into_iter()
                .map(|(channel, currency, total)| ChannelTotal { channel, currency, total })
                .collect(),
            doubt,
            detail,
            views_lag_records: app.views.health().lag(),
        }
    }

    async fn ask_views(
        &mut self,
        app: &App,
        scope: &Scope,
        now: LedgerTime,
        doubt: &mut Doubt,
    ) -> Result<Detail, QueryError> {
        let reader = app.views.reader();
        let (day, minute) = (revenue_day(now), minute_of_revenue_day(now));
        if let Scope::Agency(_) = scope {
            let sums = reader.suspense_sums(scope).await?.found;
            doubt.suspense = sums.iter().map(|sum| (sum.currency, sum.total)).collect();
            doubt.suspense_oldest_age_seconds = oldest_age_seconds(&sums, now);
        }
        let today = reader.minutes(scope, day).await?;
        let last_week = self.last_week(app, scope, day - DAYS_PER_WEEK).await?;
        let services = reader.earning_services(scope, day, SERVICES_LISTED).await?.found;
        let mut currencies = vec![Currency::Kes];
        for row in today.found.iter().chain(last_week.iter()) {
            if !currencies.contains(&row.currency) {
                currencies.push(row.currency);
            }
        }
        let curves = currencies.into_iter().map(|currency| CurrencyCurve {
            currency,
            today: Curve::of(&today.found, currency, minute),
            last_week: Curve::of(&last_week, currency, 1439),
            last_week_by_now: sum(&last_week, currency, |of| of < minute),
            last_minute: sum(&today.found, currency, |of| of + 1 == minute),
        });
        Ok(Detail { sequence: today.sequence, curves: curves.collect(), services })
    }

    async fn last_week(
        &mut self,
        app: &App,
        scope: &Scope,
        day: i32,
    ) -> Result<Arc<[MinuteRow]>, QueryError> {
        if let Some(known) = self.last_week.as_ref().filter(|known| known.day == day) {
            return Ok(Arc::clone(&known.minutes));
        }
        let found = app.views.reader().minutes(scope, day).await?;
        let minutes: Arc<[MinuteRow]> = found.found.into();
        // While the views are built they may not have come to that day yet.
        if app.views.health().lag() == 0 {
            self.last_week = Some(LastWeek { day, minutes: Arc::clone(&minutes) });
        }
        Ok(minutes)
    }
}

type DayTotals = std::collections::BTreeMap<TotalKey, Total>;

fn covers(scope: &Scope, agency: Option<&Arc<str>>) -> bool {
    match scope {
        Scope::All => true,
        Scope::Agency(own) => agency == Some(own),
    }
}

fn of_day(totals: &Totals, scope: &Scope, day: i32) -> DayTotals {
    let seen = totals.of_day(day).filter(|(key, _)| covers(scope, key.agency.as_ref()));
    seen.map(|(key, total)| (key.clone(), *total)).collect()
}

fn collected(today: &DayTotals, last_week: &DayTotals) -> Vec<Collected> {
    let empty = |currency| Collected { currency, today: Total::default(), last_week: Total::default() };
    let mut collected = vec![empty(Currency::Kes)];
    let mut add = |totals: &DayTotals, part: fn(&mut Collected) -> &mut Total| {
        for (key, total) in totals {
            let at = collected.iter().position(|known| known.currency == key.currency).unwrap_or_else(|| {
                collected.push(empty(key.currency));
                collected.len() - 1
            });
            part(&mut collected[at]).add(*total);
        }
    };
    add(today, |of| &mut of.today);
    add(last_week, |of| &mut of.last_week);
    collected
}

/// Sums by something and currency: shillings first, and in each currency what is most first.
fn sums_by<K: Ord + Clone>(totals: &DayTotals, by: impl Fn(&TotalKey) -> K) -> Vec<(K, Currency, Total)> {
    let mut sums = std::collections::BTreeMap::<(K, Currency), Total>::new();
    for (key, total) in totals {
        sums.entry((by(key), key.currency)).or_default().add(*total);
    }
    // What all of it has left suspense of is nobody's no more.
    sums.retain(|_, total| *total != Total::default());
    let mut sums: Vec<_> = sums.into_iter().map(|((key, currency), total)| (key, currency, total)).collect();
    sums.sort_by_key(|(_, currency, total)| {
        (*currency != Currency::Kes, *currency, std::cmp::Reverse(total.minor))
    });
    sums
}

fn sum(minutes: &[MinuteRow], currency: Currency, is_counted: impl Fn(u16) -> bool) -> Total {
    let mut sum = Total::default();
    for row in minutes.iter().filter(|row| row.currency == currency && is_counted(row.minute)) {
        sum.add(row.total);
    }
    sum
}

fn doubt_of_all(totals: &Totals, now: LedgerTime) -> Doubt {
    Doubt {
        suspense: totals.suspense_sums.iter().map(|(currency, total)| (*currency, *total)).collect(),
        suspense_oldest_age_seconds: totals.suspense_oldest().map(|since| age_seconds(since, now)),
        quarantine_count: Some(totals.quarantine_count),
        unreadable_count: Some(totals.unreadable_count),
        unknown_attempt_count: 0,
    }
}

fn oldest_age_seconds(sums: &[SuspenseSum], now: LedgerTime) -> Option<i64> {
    sums.iter().map(|sum| sum.oldest).min().map(|since| age_seconds(since, now))
}

fn age_seconds(since: LedgerTime, now: LedgerTime) -> i64 {
    (now.micros() - since.micros()).max(0) / 1_000_000
}
