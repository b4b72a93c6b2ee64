//! Everything that is known of channels, as the books have it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use catalog::Text;
use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

use super::event::{ChannelEvent, ChannelPlace, PinTerms, PinnedTo, WindowTerms};
use super::life::ChannelState;
use super::name::{ChannelName, Step};
use super::outage::{ENDED_OUTAGES_KEPT, Outage};

/// The most things that are found out and not as usual, at once.
pub(in crate::payments) const STANDINGS_MAX: usize = 4_096;
/// The most things that operators say at once.
pub(in crate::payments) const PINS_MAX: usize = 1_024;
/// The most plans at once.
pub(in crate::payments) const WINDOWS_MAX: usize = 512;
/// What an operator says holds so many days at most, unless it is said again: no outage is forgotten.
pub(in crate::payments) const PIN_DAYS_MAX: i64 = 7;
/// Planned work ends so many days from now at the latest.
pub(in crate::payments) const WINDOW_DAYS_MAX: i64 = 366;

/// A channel, for everybody or for one agency.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChannelScope {
    /// Which channel.
    pub channel: ChannelName,
    /// For which agency only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<Arc<str>>,
}

impl ChannelScope {
    /// A channel, for everybody.
    pub const fn for_all(channel: ChannelName) -> Self {
        Self { channel, agency: None }
    }

    /// A channel, for one agency.
    pub const fn for_agency(channel: ChannelName, agency: Arc<str>) -> Self {
        Self { channel, agency: Some(agency) }
    }
}

/// What was found out about one step of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What it is.
    pub state: ChannelState,
    /// Since when.
    pub since: LedgerTime,
    /// Sequence of the record that says so.
    pub sequence: u64,
}

/// What an operator says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// What.
    pub terms: Arc<PinTerms>,
    /// Since when.
    pub since: LedgerTime,
    /// Sequence of the record.
    pub sequence: u64,
}

/// Planned work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// What.
    pub terms: Arc<WindowTerms>,
    /// True once it has begun.
    pub in_force: bool,
    /// Sequence of the record that changed it last.
    pub sequence: u64,
}

/// Why a channel is not up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyDown {
    /// It was found out.
    Found {
        /// At which step.
        step: Step,
    },
    /// An operator says so.
    Said {
        /// Why.
        reason: Text,
        /// Until when.
        until: LedgerTime,
    },
    /// Work is done.
    Work {
        /// Why.
        reason: Text,
        /// Until when.
        until: LedgerTime,
    },
}

/// What a channel is for somebody, all things considered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// What it is.
    pub state: ChannelState,
    /// Since when; nothing if it is up and nobody ever said otherwise.
    pub since: Option<LedgerTime>,
    /// Why it is not up.
    pub why: Option<WhyDown>,
    /// True if the other ways are rehearsed.
    pub is_drill: bool,
}

impl Effective {
    const UP: Self = Self { state: ChannelState::Up, since: None, why: None, is_drill: false };
}

/// Everything that is known of channels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Board {
    standings: BTreeMap<ChannelPlace, Standing>,
    pins: BTreeMap<ChannelScope, Pin>,
    windows: BTreeMap<u64, Window>,
    open: BTreeMap<ChannelScope, Outage>,
    ended: VecDeque<Outage>,
}

/// The same, as a snapshot has it: maps with keys that are no texts are lists there.
#[derive(Default, Serialize, Deserialize)]
pub(in crate::payments) struct BoardParts {
    standings: Vec<(ChannelPlace, Standing)>,
    pins: Vec<(ChannelScope, Pin)>,
    windows: Vec<(u64, Window)>,
    open: Vec<Outage>,
    ended: VecDeque<Outage>,
}

impl Board {
    /// What a channel is for an agency, all things considered: the worse of what it is for everybody and of what it is
    /// for this agency. What an operator says of either goes before what is found of it.
    pub fn of_channel(&self, channel: &ChannelName, agency: &str) -> Effective {
        let for_all = self.of_scope(&ChannelScope::for_all(channel.clone()));
        let for_agency = self.of_scope(&ChannelScope::for_agency(channel.clone(), agency.into()));
        let is_drill = for_all.is_drill || for_agency.is_drill;
        let worse = if for_agency.state > for_all.state { for_agency } else { for_all };
        Effective { is_drill, ..worse }
    }

    /// What a channel is for exactly this scope.
    pub fn of_scope(&self, scope: &ChannelScope) -> Effective {
        let pin = self.pins.get(scope);
        if let Some(pin) = pin.filter(|pin| pin.terms.to != PinnedTo::Drill) {
            let (state, why) = match pin.terms.to {
                PinnedTo::Down => {
                    let (reason, until) = (pin.terms.reason.clone(), pin.terms.until);
                    (ChannelState::Down, Some(WhyDown::Said { reason, until }))
                }
                PinnedTo::Up | PinnedTo::Drill => (ChannelState::Up, None),
            };
            return Effective { state, since: Some(pin.since), why, is_drill: false };
        }
        let is_drill = pin.is_some();
        let work = self.windows.values().find(|window| window.in_force && window.terms.scope == *scope);
        if let Some(window) = work {
            let why = WhyDown::Work { reason: window.terms.reason.clone(), until: window.terms.until };
            let since = Some(window.terms.from);
            return Effective { state: ChannelState::Down, since, why: Some(why), is_drill };
        }
        // A step that nobody needs to pay is never worse than degraded for the whole.
        let weight = |step: Step, state: ChannelState| match state {
            ChannelState::Up => ChannelState::Up,
            _ if !step.is_needed() => ChannelState::Degraded,
            other => other,
        };
        let worst = Step::ALL
            .into_iter()
            .filter_map(|step| Some((step, self.standing(&ChannelPlace { scope: scope.clone(), step })?)))
            .max_by_key(|(step, standing)| (weight(*step, standing.state), standing.sequence));
        match worst {
            None => Effective { is_drill, ..Effective::UP },
            Some((step, standing)) => {
                let state = weight(step, standing.state);
                let why = (state != ChannelState::Up).then_some(WhyDown::Found { step });
                Effective { state, since: Some(standing.since), why, is_drill }
            }
        }
    }

    /// The channels that are something else for single agencies than up, or rehearsed, in order.
    pub fn unusual_of_agencies(&self) -> Vec<ChannelScope> {
        let found = self.standings.keys().map(|place| &place.scope);
        let planned = self.windows.values().map(|window| &window.terms.scope);
        let scopes: BTreeSet<&ChannelScope> = found.chain(self.pins.keys()).chain(planned).collect();
        let is_unusual = |scope: &&ChannelScope| {
            let now = self.of_scope(scope);
            scope.agency.is_some() && (now.state != ChannelState::Up || now.is_drill)
        };
        scopes.into_iter().filter(is_unusual).cloned().collect()
    }

    /// What was found out about one step, if anything ever was.
    pub fn standing(&self, place: &ChannelPlace) -> Option<Standing> {
        self.standings.get(place).copied()
    }

    /// All that was found out.
    pub fn standings(&self) -> impl Iterator<Item = (&ChannelPlace, &Standing)> {
        self.standings.iter()
    }

    /// All that operators say.
    pub fn pins(&self) -> impl Iterator<Item = (&ChannelScope, &Pin)> {
        self.pins.iter()
    }

    /// What an operator says of exactly this scope.
    pub fn pin(&self, scope: &ChannelScope) -> Option<&Pin> {
        self.pins.get(scope)
    }

    /// All planned work, with the sequence of the record that planned it.
    pub fn windows(&self) -> impl Iterator<Item = (u64, &Window)> {
        self.windows.iter().map(|(id, window)| (*id, window))
    }

    /// Planned work, by the sequence of the record that planned it.
    pub fn window(&self, id: u64) -> Option<&Window> {
        self.windows.get(&id)
    }

    /// Outages that go on, drills among them.
    pub fn open_outages(&self) -> impl Iterator<Item = &Outage> {
        self.open.values()
    }

    /// Outages that are over, the newest last; the latest [`ENDED_OUTAGES_KEPT`].
    pub fn ended_outages(&self) -> impl Iterator<Item = &Outage> {
        self.ended.iter()
    }

    /// Outages that are over, the newest first: of those that `concerns` admits, the latest `of_each` of every channel. One that comes
    /// and goes all day hides no other.
    pub fn latest_ended(&self, of_each: usize, concerns: impl Fn(&Outage) -> bool) -> Vec<&Outage> {
        let mut counts: BTreeMap<&ChannelName, usize> = BTreeMap::new();
        let newest_first = self.ended.iter().rev().filter(|outage| concerns(outage));
        let mut latest = Vec::new();
        for outage in newest_first {
            let count = counts.entry(&outage.scope.channel).or_default();
            *count += 1;
            if *count <= of_each {
                latest.push(outage);
            }
        }
        latest
    }

    /// How many things are found out, said and planned.
    pub(in crate::payments) fn counts(&self) -> (usize, usize, usize) {
        (self.standings.len(), self.pins.len(), self.windows.len())
    }

    /// What time has made due, `limit` changes at most.
    pub(in crate::payments) fn due(&self, now: LedgerTime, limit: usize) -> Vec<ChannelEvent> {
        let pins = self.pins.iter().filter(|(_, pin)| pin.terms.until <= now);
        let pins = pins.map(|(scope, _)| ChannelEvent::Unpinned { scope: scope.clone() });
        let windows = self.windows.iter().filter_map(|(id, window)| {
            if window.terms.until <= now {
                Some(ChannelEvent::WindowEnded { window: *id })
            } else if !window.in_force && window.terms.from <= now {
                Some(ChannelEvent::WindowBegan { window: *id })
            } else {
                None
            }
        });
        pins.chain(windows).take(limit).collect()
    }

    /// Applies what the record with this sequence and time tells of.
    pub(in crate::payments) fn apply(&mut self, event: &ChannelEvent, time: LedgerTime, sequence: u64) {
        let scope = match event {
            ChannelEvent::Found { place, to, .. } => {
                // What is up is as it was before anybody looked: nothing is kept of it.
                if *to == ChannelState::Up {
                    self.standings.remove(place);
                } else {
                    let standing = Standing { state: *to, since: time, sequence };
                    self.standings.insert(place.clone(), standing);
                }
                Some(place.scope.clone())
            }
            ChannelEvent::Pinned { scope, terms } => {
                let pin = Pin { terms: Arc::new(terms.clone()), since: time, sequence };
                self.pins.insert(scope.clone(), pin);
                Some(scope.clone())
            }
            ChannelEvent::Unpinned { scope } => {
                self.pins.remove(scope);
                Some(scope.clone())
            }
            ChannelEvent::WindowPlanned { terms } => {
                let window = Window { terms: Arc::new(terms.clone()), in_force: false, sequence };
                self.windows.insert(sequence, window);
                None
            }
            ChannelEvent::WindowBegan { window } => self.windows.get_mut(window).map(|window| {
                (window.in_force, window.sequence) = (true, sequence);
                window.terms.scope.clone()
            }),
            ChannelEvent::WindowEnded { window } => {
                self.windows.remove(window).map(|window| window.terms.scope.clone())
            }
        };
        if let Some(scope) = scope {
            self.judge_outage(scope, time, sequence);
        }
    }

    /// Begins or ends the outage of a scope, as its state now says.
    fn judge_outage(&mut self, scope: ChannelScope, time: LedgerTime, sequence: u64) {
        let now = self.of_scope(&scope);
        let is_down = now.state == ChannelState::Down;
        let goes_on = is_down || now.is_drill;
        let standing = self.open.get(&scope).map(|outage| outage.is_drill);
        // A drill in which the channel really fails is over, and the real thing begins.
        if standing.is_some_and(|is_drill| !goes_on || is_drill == is_down)
            && let Some(mut outage) = self.open.remove(&scope)
        {
            outage.ended = Some((time, sequence));
            self.ended.push_back(outage);
            while self.ended.len() > ENDED_OUTAGES_KEPT {
                self.ended.pop_front();
            }
        }
        if goes_on && !self.open.contains_key(&scope) {
            let is_drill = !is_down;
            let outage = Outage { id: sequence, scope: scope.clone(), is_drill, since: time, ended: None };
            self.open.insert(scope, outage);
        }
    }

    pub(in crate::payments) fn parts(&self) -> BoardParts {
        BoardParts {
            standings: self.standings.iter().map(|(place, standing)| (place.clone(), *standing)).collect(),
            pins: self.pins.iter().map(|(scope, pin)| (scope.clone(), pin.clone())).collect(),
            windows: self.windows.iter().map(|(id, window)| (*id, window.clone())).collect(),
            open: self.open.values().cloned().collect(),
            ended: self.ended.clone(),
        }
    }

    pub(in crate::payments) fn of_parts(parts: BoardParts) -> Self {
        Self {
            standings: parts.standings.into_iter().collect(),
            pins: parts.pins.into_iter().collect(),
            windows: parts.windows.into_iter().collect(),
            open: parts.open.into_iter().map(|outage| (outage.scope.clone(), outage)).collect(),
            ended: parts.ended,
        }
    }
}
