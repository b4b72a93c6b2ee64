//! Looks at all meters once a second of its clock, tells the books what has happened, and asks providers that do not speak by themselves
//! whether they are there. It decides nothing: [`judge`](super::judge) does, and the books believe it or do not.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use catalog::FallbackWay;
use ledger::LedgerTime;
use metrics::{counter, gauge};
use tokio::task::JoinHandle;

use super::agencies::judged_by;
use super::judge::{Case, Comes, is_probe_due, is_relapse};
use super::meter::{Meter, Reading};
use super::usual::Profile;
use super::{AGENCIES_MAX, Counted, seconds};
use crate::app::{App, SharedApp};
use crate::channels::contract::Channel;
use crate::channels::offer::WhyNot;
use crate::offering;
use crate::payments::channels::{
    Board, ChannelAsk, ChannelHappening, ChannelKind, ChannelName, ChannelPlace, ChannelScope, ChannelState,
    Evidence, Step,
};
use crate::payments::{Answer, Ask, Command};
use crate::telemetry::metrics::{CHANNEL_PROBES_TOTAL, CHANNEL_STATE, OUTAGES_OPEN};
use crate::views::{Scope, TimeRange};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// However fast a clock runs, it is looked at no more often.
const LOOK_EVERY_MIN: Duration = Duration::from_millis(50);
const HOUR_SECONDS: i64 = 3_600;
/// So many hours are learned from: four weeks.
const HOURS_LEARNED: i64 = 4 * 168;
/// So many hours are asked for at once.
const HOURS_AT_ONCE: i64 = 24;
/// What the views have not followed yet is no older than the minute that is left to them, if it is so little.
const VIEWS_LAG_MAX: u64 = 1_000;
/// Tries in vain are forgotten when a channel has worked for so long.
const FORGIVEN_AFTER_SECONDS: i64 = 1_800;

/// What is remembered from one look to the next. Nothing of it has to outlive the process.
struct Watch {
    began: i64,
    relapses: HashMap<ChannelPlace, u32>,
    probed: HashMap<ChannelName, i64>,
    probing: HashMap<ChannelName, JoinHandle<()>>,
    /// What usually comes to the paybill; nothing before its first payment is learned. Others are shown to nobody in most
    /// hours, which say nothing of those in which they are.
    usual: Option<Profile>,
    /// The first hour that is not learned yet; nothing while the first payment is not known.
    learned_until: Option<i64>,
    learned_at: Option<i64>,
    /// The channels that payers are to be sent to, and since when they are; nothing while a channel itself is down.
    sent_since: HashMap<ChannelName, Option<i64>>,
}

/// Watches until it is stopped.
pub(crate) async fn keep_watching(app: SharedApp) {
    let mut watch = Watch {
        began: seconds(app.now()),
        relapses: HashMap::new(),
        probed: HashMap::new(),
        probing: HashMap::new(),
        usual: None,
        learned_until: None,
        learned_at: None,
        sent_since: HashMap::new(),
    };
    let every = (LOOK_EVERY / app.clock.factor().max(1)).max(LOOK_EVERY_MIN);
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        watch.learn(&app).await;
        watch.look(&app).await;
    }
}

impl Watch {
    async fn look(&mut self, app: &SharedApp) {
        let board = app.books.readers().channels();
        let now = seconds(app.now());
        for counted in &app.health.channels {
            let Some(channel) = app.channels.find(&counted.name) else { continue };
            self.note_sent(app, &board, counted, now);
            for step in channel.steps() {
                let scope = ChannelScope::for_all(counted.name.clone());
                let place = ChannelPlace { scope, step: *step };
                let meter = counted.meter(*step);
                let has_changed = self.look_at(app, &board, place, meter, meter.read(now), now).await;
                if has_changed && *step == Step::Start {
                    // What failed for everybody says nothing of an agency once it does not any more.
                    counted.agencies.iter().for_each(|entry| entry.value().begin_anew());
                }
            }
            self.look_at_agencies(app, &board, counted, now).await;
            self.probe(app, &board, counted, now);
        }
        show(&app.books.readers().channels(), app);
    }

    /// Notes since when payers are sent to a channel.
    fn note_sent(&mut self, app: &App, board: &Board, counted: &Counted, now: i64) {
        match sending(app, board, &counted.name) {
            Sending::Nobody => {
                self.sent_since.remove(&counted.name);
            }
            // How many should come is known from before, for when it is tried.
            Sending::NobodyWhileDown => {
                if let Some(since) = self.sent_since.get_mut(&counted.name) {
                    *since = None;
                }
            }
            Sending::Payers => match self.sent_since.get_mut(&counted.name) {
                Some(since) => *since = since.or(Some(now)),
                None => {
                    counted.meter(Step::Confirm).begin_to_be_shown();
                    self.sent_since.insert(counted.name.clone(), Some(now));
                }
            },
        }
    }

    /// Looks at one step of a channel, and tells the books what has happened there. True if it is something else now.
    async fn look_at(
        &mut self,
        app: &App,
        board: &Board,
        place: ChannelPlace,
        meter: &Meter,
        reading: Reading,
        now: i64,
    ) -> bool {
        let standing = board.standing(&place);
        let state = standing.map_or(ChannelState::Up, |standing| standing.state);
        let since = standing.map_or(self.began, |standing| seconds(standing.since));
        if state == ChannelState::Up && now - since >= FORGIVEN_AFTER_SECONDS {
            self.relapses.remove(&place);
        }
        let is_for_all = place.scope.agency.is_none();
        let comes = comes(app, &place.scope.channel);
        let is_told = place.step == Step::Confirm && is_for_all && tells_at_once(place.scope.channel.kind());
        let case = Case {
            state,
            since,
            looked_since: self.began,
            relapses: self.relapses.get(&place).copied().unwrap_or(0),
            reading: &reading,
            tells_of_money: is_told,
            sent_since: self.sent_since.get(&place.scope.channel).copied().flatten(),
            is_behind: board.of_scope(&place.scope).state == ChannelState::Probing,
            comes,
            usual: self.usual.as_ref().filter(|_| is_for_all),
        };
        let Some((on, evidence)) = case.judge(now) else { return false };
        let is_believed = tell(app, &place, on, &evidence).await;
        if is_believed {
            meter.begin_anew();
            if is_relapse(state, on) {
                *self.relapses.entry(place).or_insert(0) += 1;
            }
        }
        is_believed
    }

    /// Looks at asking payers of single agencies.
    async fn look_at_agencies(&mut self, app: &App, board: &Board, counted: &Counted, now: i64) {
        let all = counted.meter(Step::Start).read(now);
        let mut in_doubt = Vec::with_capacity(counted.agencies.len().min(AGENCIES_MAX));
        for entry in &counted.agencies {
            let place = ChannelPlace {
                scope: ChannelScope::for_agency(counted.name.clone(), Arc::clone(entry.key())),
                step: Step::Start,
            };
            let reading = entry.value().read(now);
            if reading.failing > 0 || board.standing(&place).is_some() {
                in_doubt.push((place, Arc::clone(entry.value()), reading));
            }
        }
        for (place, meter, reading) in in_doubt {
            let state = board.standing(&place).map_or(ChannelState::Up, |standing| standing.state);
            if let Some(reading) = judged_by(state, reading, &all) {
                self.look_at(app, board, place, &meter, reading, now).await;
            }
        }
    }

    /// Asks a provider whether it is there, if that is due and not under way.
    fn probe(&mut self, app: &SharedApp, board: &Board, counted: &Counted, now: i64) {
        let Some(steps) = app.channels.find(&counted.name).and_then(|channel| channel.probes()) else {
            return;
        };
        let is_due = steps.of_steps().iter().any(|step| {
            let place = ChannelPlace { scope: ChannelScope::for_all(counted.name.clone()), step: *step };
            let state = board.standing(&place).map_or(ChannelState::Up, |standing| standing.state);
            let last = self.probed.get(&counted.name).copied();
            is_probe_due(state, &counted.meter(*step).read(now), last, self.began, now)
        });
        let is_under_way = self.probing.get(&counted.name).is_some_and(|probing| !probing.is_finished());
        if is_due && !is_under_way {
            self.probed.insert(counted.name.clone(), now);
            let probing = tokio::spawn(probe(Arc::clone(app), counted.name.clone()));
            self.probing.insert(counted.name.clone(), probing);
        }
    }

    /// Learns what came in hours that are over, a day of them at a time, until all are known.
    async fn learn(&mut self, app: &App) {
        let now = seconds(app.now());
        let hour = now.div_euclid(HOUR_SECONDS);
        let from = self.learned_until.unwrap_or(hour - HOURS_LEARNED);
        // The views may be some seconds behind; an hour is learned when it is well over.
        let until = (from + HOURS_AT_ONCE).min((now - 60).div_euclid(HOUR_SECONDS));
        let is_tried = self.learned_at.is_some_and(|tried| now - tried < 5);
        if from >= until || is_tried || app.views.health().lag() > VIEWS_LAG_MAX {
            return;
        }
        self.learned_at = Some(now);
        let range = TimeRange { from: Some(start_of(from)), before: Some(start_of(until)) };
        let arrivals = match app.views.reader().arrivals(&Scope::All, range).await {
            Ok(found) => found.found,
            Err(error) => {
                tracing::debug!(%error, "What usually comes is learned later.");
                return;
            }
        };
        self.learned_until = Some(until);
        self.learned_at = None;
        let account = app.channels.home().account();
        let of_account = arrivals
            .iter()
            .filter(|row| row.provider == account.provider && row.short_code == account.number);
        let counts: HashMap<i64, u64> = of_account.map(|row| (row.hour, row.count)).collect();
        // It is known from the hour after its first payment.
        let first =
            if self.usual.is_some() { Some(from) } else { counts.keys().min().map(|first| first + 1) };
        let Some(first) = first else { return };
        let usual = self.usual.get_or_insert_default();
        for hour in first..until {
            usual.note(hour, counts.get(&hour).copied().unwrap_or(0));
        }
    }
}

/// Whether somebody far away tells of money when it comes. Of slips and terminals files tell, hours later, and at a counter a
/// cashier may have a pause.
const fn tells_at_once(kind: ChannelKind) -> bool {
    !matches!(kind, ChannelKind::BankSlip | ChannelKind::CardTerminal | ChannelKind::Counter)
}

/// Who comes to a channel.
fn comes(app: &App, name: &ChannelName) -> Comes {
    if name == app.channels.home().name() {
        Comes::Anyway
    } else if name.kind().asks_payer() {
        Comes::WhenAsked
    } else {
        Comes::WhenShown
    }
}

/// Who is sent to a channel.
enum Sending {
    /// Nobody has to be.
    Nobody,
    /// Somebody would be if it were not down itself.
    NobodyWhileDown,
    /// Payers are.
    Payers,
}

/// Who is sent to a channel now: to the first choice everybody while it is not down, to others whoever has a bill of an
/// agency whose plan, its own or the national one, offers them now.
fn sending(app: &App, board: &Board, name: &ChannelName) -> Sending {
    let firsts = app.channels.prompt().into_iter().chain([app.channels.home()]);
    if firsts.map(Channel::name).any(|first| first == name) {
        let is_down = board.of_scope(&ChannelScope::for_all(name.clone())).state == ChannelState::Down;
        return if is_down { Sending::NobodyWhileDown } else { Sending::Payers };
    }
    let served = app.catalogue.current();
    let (catalogue, word) = (served.catalogue(), name.to_string());
    let names_it = |plan: &[FallbackWay]| plan.iter().any(|way| *way.channel == *word);
    // Whoever is not told apart is offered what all the others are: they are looked at once.
    let others = names_it(catalogue.national_fallback()).then(|| offering::of_others(app, catalogue));
    let apart = offering::told_apart(board, catalogue);
    let apart = apart.filter(|agency| names_it(catalogue.fallback_of(agency.code.as_str())));
    let mut is_down = false;
    let apart = apart.map(|agency| offering::of_agency(app, catalogue, agency));
    for offers in others.into_iter().chain(apart) {
        match offers.ways().iter().find(|way| way.channel == *name).map(|way| &way.how) {
            Some(Ok(_)) => return Sending::Payers,
            Some(Err(WhyNot::Down { .. })) => is_down = true,
            Some(Err(_)) | None => {}
        }
    }
    if is_down { Sending::NobodyWhileDown } else { Sending::Nobody }
}

const fn start_of(hour: i64) -> LedgerTime {
    LedgerTime::from_micros(hour * HOUR_SECONDS * 1_000_000)
}

async fn probe(app: SharedApp, name: ChannelName) {
    let Some(probes) = app.channels.find(&name).and_then(|channel| channel.probes()) else { return };
    let answered = probes.probe().await;
    let outcome = if answered.is_ok() { "answered" } else { "failed" };
    counter!(CHANNEL_PROBES_TOTAL.name, "channel" => name.to_string(), "outcome" => outcome).increment(1);
    if let Err(error) = &answered {
        tracing::warn!(channel = %name, %error, "A provider was asked whether it is there and does not answer.");
    }
    let now = seconds(app.now());
    for step in probes.of_steps() {
        if let Some(meter) = app.health.meter(&name, *step) {
            meter.note_probe(answered.clone().map_err(|_| "no_answer"), now);
        }
    }
}

/// Tells the books. True if they believe it.
async fn tell(app: &App, place: &ChannelPlace, on: ChannelHappening, evidence: &Evidence) -> bool {
    let ask = ChannelAsk::Find { place: place.clone(), on, evidence: evidence.clone() };
    let command = Command { principal: "system".into(), cause: "health".into(), ask: Ask::Channel(ask) };
    let ChannelPlace { scope, step } = place;
    match app.books.ask(command).await {
        Ok(Answer::Done { sequence }) => {
            let (channel, agency, step) = (&scope.channel, scope.agency.as_deref(), step.word());
            let Evidence { source, seconds, worked, failed, slow, .. } = evidence;
            let failure = evidence.failure.as_deref();
            tracing::warn!(
                %channel, agency, step, ?on, ?source, seconds, worked, failed, slow, failure, sequence,
                "A way to pay is something else now."
            );
            true
        }
        Ok(_) => false,
        Err(error) => {
            tracing::warn!(%error, channel = %scope.channel, "The books were not told how a channel is; they are told again.");
            false
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a metric; outages are few")]
fn show(board: &Board, app: &App) {
    for channel in app.channels.iter() {
        let name = channel.name();
        let state = board.of_scope(&ChannelScope::for_all(name.clone())).state;
        let number = ChannelState::ALL.iter().position(|known| *known == state).unwrap_or(0);
        gauge!(CHANNEL_STATE.name, "channel" => name.to_string()).set(number as f64);
    }
    let open = board.open_outages().filter(|outage| !outage.is_drill).count();
    gauge!(OUTAGES_OPEN.name).set(open as f64);
}
