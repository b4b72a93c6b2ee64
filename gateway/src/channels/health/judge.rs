//! What has happened to a channel, by what was counted of it: a pure function from values to a value. The table of the life
//! of a channel ([`CHANNEL_LIFE`](crate::payments::channels::CHANNEL_LIFE)) and its dwells are the books'; here is what it
//! takes to say that something happened, and the hysteresis lies in that it takes more to say so again.
//!
//! *It fails* when failures come in a row, as a score in which a success takes five of them away: five from a channel that
//! worked, thirty from one that is known to fail often. With one in two failing, thirty come together once in a thousand
//! million tries; with all failing they come at once. *It is weak* when a fifth of a minute fails, and five at least, or half
//! of it is slow, or a quarter of the last twenty tries where fewer than ten come in a minute. *It fell silent* when by what usually comes
//! twenty should have come, and nothing did for a minute: in a Poisson stream that happens once in 500 million gaps. Where
//! nobody is sent nothing is silent, and while a channel stands behind what works a tenth of the usual is expected.

use super::meter::{Counts, LOOKED_AT_SECONDS, Reading};
use super::usual::Profile;
use crate::payments::channels::{ChannelHappening, ChannelState, Evidence, Source};

/// What it takes to believe that a channel fails that worked until now.
pub const FAILING_OF_UP: u32 = 5;
/// The same of one that is being tried, of which nothing has come through yet.
const FAILING_OF_TRIED: u32 = 4;
/// The same of one that is known to fail often.
const FAILING_OF_WEAK: u32 = 30;
/// Below so many in a minute its shares say little.
const MINUTE_MIN: u32 = 10;
/// So many that fail, of a minute or of the last tries, are too many. Two of ten happen somewhere every week.
const FAILED_OF_LAST: u32 = 5;
/// So many in a row come through before a channel that was down is tried.
const THROUGH_IN_A_ROW: u32 = 3;
/// What it takes to believe that a channel works again that was down, and one that was weak.
const WORKING_OF_TRIED: u32 = 10;
const WORKING_OF_WEAK: u32 = 20;
/// Probes alone prove recovery if there are so many and no payer met a failure: half an hour of them.
const PROBES_PROVE: u32 = 180;
/// A channel of which nothing was heard for so long is given a try, and one that failed within the last ten minutes is not.
const REST_SECONDS: i64 = 6 * 3600;
/// The same of the step at which we are told of money, where nobody goes unless we send them.
const REST_UNTOLD_SECONDS: i64 = 600;
/// Where people are shown a way and pay by hand, a try in vain costs more: each time the rest is twice as long, up to 80
/// minutes.
const REST_DOUBLINGS_MAX: u32 = 3;
const REST_WITHOUT_FAILURE_SECONDS: i64 = 600;
/// A channel that is down is tried after a minute; each time that the try fails after twice as long, up to eight minutes.
const PAUSE_SECONDS: i64 = 60;
const PAUSE_DOUBLINGS_MAX: u32 = 3;
/// So many payments that should have come and did not are silence, in thousandths.
const SILENT_MILLI: u64 = 20_000;
/// The same where only the last half hour says what is usual: by evening it says four times too much.
const SILENT_MILLI_BY_RECENT: u64 = 4 * SILENT_MILLI;
/// Nothing is silent that was heard so short a time ago, however much usually comes: providers pause.
const SILENT_SECONDS_MIN: i64 = 60;
/// The last half hour says what is usual if so many came, in so many of its minutes.
const RECENT_MIN: u32 = 20;
const RECENT_MINUTES_MIN: u32 = 10;
const RECENT_SECONDS: u64 = 1_800;
/// One in so many of those who usually come is expected on a channel that stands behind what works.
const BEHIND_ONE_IN: u64 = 10;

/// What it takes to believe that a channel fails that is being tried.
pub(super) const fn failing_of_tried(reading: &Reading) -> u32 {
    if reading.since_change.worked > 0 { FAILING_OF_WEAK } else { FAILING_OF_TRIED }
}

/// Who comes to a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comes {
    /// To the first choice some come whatever they are told.
    Anyway,
    /// Those whom we ask, and nobody else.
    WhenAsked,
    /// Those to whom a plan shows it, while it does. How many those are, hours in which nobody was shown it do not say.
    WhenShown,
}

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// What the channel is.
    pub state: ChannelState,
    /// Since when, in seconds.
    pub since: i64,
    /// Since when anybody looks.
    pub looked_since: i64,
    /// How often it was tried in vain since it last worked for long.
    pub relapses: u32,
    /// What was counted.
    pub reading: &'a Reading,
    /// True if money is told of at this step, so that silence means something.
    pub tells_of_money: bool,
    /// Since when payers are sent there; nothing if they are not.
    pub sent_since: Option<i64>,
    /// True while the channel stands behind what works, because it is tried.
    pub is_behind: bool,
    /// Who comes.
    pub comes: Comes,
    /// What usually comes to a first choice, if that is known.
    pub usual: Option<&'a Profile>,
}

impl Case<'_> {
    /// What has happened, and what that rests on.
    pub fn judge(&self, now: i64) -> Option<(ChannelHappening, Evidence)> {
        match self.state {
            ChannelState::Up => {
                self.failed(FAILING_OF_UP).or_else(|| self.fell_silent(now)).or_else(|| self.weakened())
            }
            ChannelState::Degraded => self
                .failed(FAILING_OF_WEAK)
                .or_else(|| self.fell_silent(now))
                .or_else(|| self.recovered(WORKING_OF_WEAK, now)),
            ChannelState::Probing => self
                .failed(failing_of_tried(self.reading))
                .or_else(|| self.fell_silent(now))
                .or_else(|| self.recovered(WORKING_OF_TRIED, now)),
            ChannelState::Down => self.came_through(now).or_else(|| self.rested(now)),
        }
    }

    fn failed(&self, enough: u32) -> Option<(ChannelHappening, Evidence)> {
        (self.reading.failing >= enough).then(|| (ChannelHappening::Failed, self.evidence()))
    }

    fn weakened(&self) -> Option<(ChannelHappening, Evidence)> {
        let minute = self.reading.minute;
        // While one after the other fails it is not weak: it fails, or the next success shows that it does not.
        if self.reading.has_last_failed {
            return None;
        }
        let is_weak = if minute.traffic() >= MINUTE_MIN {
            let is_failing = minute.failed >= FAILED_OF_LAST && minute.failed * 5 >= minute.traffic();
            is_failing || minute.slow * 2 >= minute.traffic()
        } else {
            self.reading.failed_of_last >= FAILED_OF_LAST && minute.failed > 0
        };
        is_weak.then(|| (ChannelHappening::Weakened, self.evidence()))
    }

    fn recovered(&self, enough: u32, now: i64) -> Option<(ChannelHappening, Evidence)> {
        let Reading { minute, since_change, working, .. } = self.reading;
        let is_well = minute.failed * 20 <= minute.traffic() && minute.slow * 4 <= minute.traffic();
        let by_traffic = *working >= enough && is_well;
        let by_probes = since_change.probes_worked >= PROBES_PROVE && since_change.failed == 0;
        let is_proved =
            by_traffic || (by_probes && since_change.probes_failed * 20 <= since_change.probes_worked);
        is_proved.then(|| (ChannelHappening::Recovered, self.evidence_since_change(now)))
    }

    fn came_through(&self, now: i64) -> Option<(ChannelHappening, Evidence)> {
        let pause = PAUSE_SECONDS << self.relapses.min(PAUSE_DOUBLINGS_MAX);
        let is_through = self.reading.in_a_row >= THROUGH_IN_A_ROW && now - self.since >= pause;
        is_through.then(|| (ChannelHappening::CameThrough, self.evidence_since_change(now)))
    }

    fn rested(&self, now: i64) -> Option<(ChannelHappening, Evidence)> {
        let is_quiet =
            self.reading.last_failed.is_none_or(|failed| now - failed >= REST_WITHOUT_FAILURE_SECONDS);
        let rest = self.rest_seconds()?;
        (is_quiet && now - self.since >= rest).then(|| {
            let evidence = Evidence { source: Source::Time, ..self.evidence() };
            (ChannelHappening::Rested, evidence)
        })
    }

    /// After so long without news it is given a try; nothing if time alone says nothing, because people go there anyway.
    fn rest_seconds(&self) -> Option<i64> {
        match self.comes {
            _ if !self.tells_of_money => Some(REST_SECONDS),
            Comes::Anyway => None,
            Comes::WhenAsked => Some(REST_UNTOLD_SECONDS),
            Comes::WhenShown => Some(REST_UNTOLD_SECONDS << self.relapses.min(REST_DOUBLINGS_MAX)),
        }
    }

    fn fell_silent(&self, now: i64) -> Option<(ChannelHappening, Evidence)> {
        if !self.tells_of_money {
            return None;
        }
        let begun = self.since.max(self.sent_since?);
        let last = self.reading.last_worked.unwrap_or(self.looked_since).max(begun);
        let silent = now - last;
        if silent < SILENT_SECONDS_MIN {
            return None;
        }
        let usual = self.usual.filter(|_| self.comes == Comes::Anyway);
        let by_usual = usual.and_then(|usual| usual.expected_milli(last, now));
        let by_recent = self.expected_by_recent(silent);
        // The less that should have come of the two: a quiet day is no outage, and neither is an evening.
        let (expected, enough) = match (by_usual, by_recent) {
            (Some(usual), Some(recent)) => (usual.min(recent), SILENT_MILLI),
            (Some(usual), None) => (usual, SILENT_MILLI),
            // A try that is given up too soon is made again; one that nobody gives up sends payers to a silent way.
            (None, Some(recent)) if self.is_behind && self.comes == Comes::WhenShown => {
                (recent, SILENT_MILLI)
            }
            (None, Some(recent)) => (recent, SILENT_MILLI_BY_RECENT),
            (None, None) => return None,
        };
        let expected = if self.is_behind { expected / BEHIND_ONE_IN } else { expected };
        (expected >= enough).then(|| {
            let in_1000_seconds = expected / u64::try_from(silent).unwrap_or(1).max(1);
            let evidence = Evidence {
                source: Source::Time,
                seconds: u32::try_from(silent).unwrap_or(u32::MAX),
                worked: 0,
                failed: 0,
                slow: 0,
                usual_in_1000_seconds: Some(u32::try_from(in_1000_seconds).unwrap_or(u32::MAX)),
                failure: None,
            };
            (ChannelHappening::FellSilent, evidence)
        })
    }

    /// What should have come by the half hour before the silence, in thousandths, if that had enough to go by.
    fn expected_by_recent(&self, silent: i64) -> Option<u64> {
        let Reading { recent, recent_minutes, .. } = *self.reading;
        let is_known = recent >= RECENT_MIN && recent_minutes >= RECENT_MINUTES_MIN;
        let silent = u64::try_from(silent).unwrap_or(0);
        is_known.then(|| u64::from(recent).saturating_mul(1_000).saturating_mul(silent) / RECENT_SECONDS)
    }

    fn evidence(&self) -> Evidence {
        self.evidence_of(&self.reading.minute, LOOKED_AT_SECONDS)
    }

    fn evidence_since_change(&self, now: i64) -> Evidence {
        let since = self.since.max(self.looked_since);
        self.evidence_of(&self.reading.since_change, u32::try_from(now - since).unwrap_or(0))
    }

    fn evidence_of(&self, counts: &Counts, seconds: u32) -> Evidence {
        let is_of_traffic = counts.traffic() > 0;
        Evidence {
            source: if is_of_traffic { Source::Traffic } else { Source::Probe },
            seconds,
            worked: counts.worked.saturating_add(counts.probes_worked),
            failed: counts.failed.saturating_add(counts.probes_failed),
            slow: counts.slow,
            usual_in_1000_seconds: None,
            failure: self.reading.failure.clone(),
        }
    }
}

/// Whether a channel that was tried has failed the try.
pub fn is_relapse(state: ChannelState, on: ChannelHappening) -> bool {
    state == ChannelState::Probing && on != ChannelHappening::Recovered
}

/// Whether to ask now, to find out: at once and every second after a failure, regularly where nothing is heard, and as long
/// as a channel is down. In seconds.
pub fn is_probe_due(
    state: ChannelState,
    reading: &Reading,
    last_probe: Option<i64>,
    began: i64,
    now: i64,
) -> bool {
    let every = match state {
        ChannelState::Down | ChannelState::Probing => 10,
        ChannelState::Up | ChannelState::Degraded => {
            let is_in_doubt =
                reading.failing > 0 && reading.last_failed.is_some_and(|failed| now - failed <= 30);
            if is_in_doubt {
                1
            } else if reading.minute == Counts::default() {
                60
            } else {
                return false;
            }
        }
    };
    now - last_probe.unwrap_or(began) >= every
}
