//! How each way to pay does, by what payers and providers do and by what we ask to find out. Read [`judge`] first: it is
//! pure, and says what has happened to a channel. [`meter`] counts, [`usual`] knows how much usually comes at this hour,
//! and `watch` looks once a second, tells the books, and probes; `agencies` says which of them are judged by themselves, and
//! `trial` keeps payers from a channel of which not enough is known. What a channel is, the books alone say.
//!
//! Counted is for each channel and step, and for each agency where that can differ: asking a payer. That fewer payers of one
//! agency come says nothing of a channel, so silence is judged for everybody; a till of one agency is a channel of its own.

mod agencies;
pub mod judge;
pub mod meter;
mod trial;
pub mod usual;
pub(crate) mod watch;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod simulation_of_fallbacks;

use std::sync::Arc;

use dashmap::DashMap;
use ledger::LedgerTime;

use self::meter::{Meter, Outcome, Reading};
use self::trial::Trials;
use super::registry::Channels;
use crate::payments::channels::{Board, ChannelName, ChannelPlace, ChannelScope, ChannelState, Step};

/// Agencies that are counted by themselves for each channel; what comes after is counted for everybody alone.
const AGENCIES_MAX: usize = 1_024;
/// Money that moved longer ago, by the provider's clock, tells nothing of now: it was late. Shorter times are not judged:
/// that clock is not ours.
const FRESH_SECONDS: i64 = 300;

/// What is counted of every channel.
pub struct Health {
    channels: Vec<Counted>,
    trials: Trials,
}

/// What is counted of one.
struct Counted {
    name: ChannelName,
    /// One for each of [`Step::ALL`].
    steps: [Meter; Step::ALL.len()],
    /// Asking payers of one agency.
    agencies: DashMap<Arc<str>, Arc<Meter>>,
}

impl Health {
    /// Nothing counted yet of these.
    pub fn of(channels: &Channels) -> Self {
        let counted = |name: &ChannelName| Counted {
            name: name.clone(),
            steps: Default::default(),
            agencies: DashMap::new(),
        };
        let channels = channels.iter().map(|channel| counted(channel.name())).collect();
        Self { channels, trials: Trials::default() }
    }

    /// Notes what came of something at one step.
    pub fn note(&self, channel: &ChannelName, step: Step, outcome: Outcome<'_>, now: LedgerTime) {
        if let Some(meter) = self.meter(channel, step) {
            meter.note(outcome, seconds(now));
        }
    }

    /// Notes what came of asking a payer of this agency.
    pub fn note_asked(&self, channel: &ChannelName, agency: &str, outcome: Outcome<'_>, now: LedgerTime) {
        self.note(channel, Step::Start, outcome, now);
        let Some(counted) = self.counted(channel) else { return };
        let known = counted.agencies.get(agency).map(|meter| Arc::clone(&meter));
        let meter = match known {
            Some(meter) => meter,
            None if counted.agencies.len() >= AGENCIES_MAX => return,
            None => Arc::clone(&counted.agencies.entry(agency.into()).or_default()),
        };
        meter.note(outcome, seconds(now));
    }

    /// Notes that the provider told of money, which moved at this time by its clock.
    pub fn note_money(&self, channel: &ChannelName, moved: Option<LedgerTime>, now: LedgerTime) {
        let is_late = moved.is_some_and(|moved| seconds(now) - seconds(moved) >= FRESH_SECONDS);
        if !is_late {
            self.note(channel, Step::Confirm, Outcome::Worked, now);
        }
    }

    /// Whether one more payer of this agency may be sent to a channel: as long as it is only tried, few are.
    pub fn may_be_asked(
        &self,
        channel: &ChannelName,
        agency: &Arc<str>,
        board: &Board,
        now: LedgerTime,
    ) -> bool {
        if board.of_channel(channel, agency).state != ChannelState::Probing {
            return true;
        }
        // The agency's own door first: who is turned away there takes no place from others.
        let scopes = [
            ChannelScope::for_agency(channel.clone(), Arc::clone(agency)),
            ChannelScope::for_all(channel.clone()),
        ];
        let mut places = scopes.into_iter().flat_map(|scope| {
            [Step::Start, Step::Confirm].map(|step| ChannelPlace { scope: scope.clone(), step })
        });
        places.all(|place| {
            let tried = board.standing(&place).filter(|standing| standing.state == ChannelState::Probing);
            tried.is_none_or(|standing| {
                self.reading_of(&place, now).is_none_or(|reading| {
                    self.trials.enter(&place, seconds(standing.since), &reading, seconds(now))
                })
            })
        })
    }

    fn reading_of(&self, place: &ChannelPlace, now: LedgerTime) -> Option<Reading> {
        let counted = self.counted(&place.scope.channel)?;
        match &place.scope.agency {
            Some(agency) => counted.agencies.get(agency).map(|meter| meter.read(seconds(now))),
            None => Some(counted.meter(place.step).read(seconds(now))),
        }
    }

    /// What is counted of a step of a channel, for everybody.
    fn meter(&self, channel: &ChannelName, step: Step) -> Option<&Meter> {
        self.counted(channel).map(|counted| counted.meter(step))
    }

    fn counted(&self, channel: &ChannelName) -> Option<&Counted> {
        self.channels.iter().find(|counted| counted.name == *channel)
    }
}

impl Counted {
    fn meter(&self, step: Step) -> &Meter {
        &self.steps[step as usize]
    }
}

/// Whole seconds of ledger time.
const fn seconds(time: LedgerTime) -> i64 {
    time.micros().div_euclid(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::channels::ChannelKind;

    const PAYBILL: ChannelName = ChannelName::only(ChannelKind::MpesaPaybill);

    fn at(seconds: i64) -> LedgerTime {
        LedgerTime::from_micros(seconds * 1_000_000)
    }

    fn one() -> Health {
        let counted = Counted { name: PAYBILL, steps: Default::default(), agencies: DashMap::new() };
        Health { channels: vec![counted], trials: Trials::default() }
    }

    #[test]
    fn every_step_has_a_meter_of_its_own() {
        let health = one();
        for step in Step::ALL {
            health.note(&PAYBILL, step, Outcome::Worked, at(9));
        }
        for step in Step::ALL {
            assert_eq!(health.meter(&PAYBILL, step).unwrap().read(9).minute.worked, 1, "{step:?}");
        }
        health.note(&ChannelName::only(ChannelKind::Card), Step::Start, Outcome::Worked, at(9));
    }

    #[test]
    fn money_that_comes_late_says_nothing_of_now() {
        let health = one();
        for moved in [Some(at(1_000)), None, Some(at(1_005)), Some(at(930)), Some(at(700))] {
            health.note_money(&PAYBILL, moved, at(1_000));
        }
        let minute = health.meter(&PAYBILL, Step::Confirm).unwrap().read(1_000).minute;
        assert_eq!((minute.worked, minute.slow), (4, 0));
    }

    #[test]
    fn agencies_are_counted_by_themselves_up_to_a_bound() {
        let health = one();
        for number in 0..AGENCIES_MAX + 5 {
            health.note_asked(&PAYBILL, &format!("A{number}"), Outcome::Failed("busy"), at(9));
        }
        assert_eq!(health.channels[0].agencies.len(), AGENCIES_MAX);
        let all = health.meter(&PAYBILL, Step::Start).unwrap().read(9).minute.failed;
        assert_eq!(all as usize, AGENCIES_MAX + 5);
    }
}
