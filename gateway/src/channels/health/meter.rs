//! What is counted of one step of a channel. A confirmation costs one uncontended lock and some additions; nothing is
//! allocated unless something fails. Times are whole seconds of ledger time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Seconds that are looked at.
pub const LOOKED_AT_SECONDS: u32 = 60;
/// Minutes by which it is known how much has come of late.
const RECENT_MINUTES: usize = 30;
/// Tries that are remembered one by one.
pub const REMEMBERED_TRIES: u32 = 20;
/// A success takes away so many failures of the score by which a failure is believed: who fails every other time never
/// comes far, who fails always comes there at once.
const SUCCESS_WEIGHS: u32 = 5;
/// A failure takes away so many successes of the score by which recovery is believed: with one in twenty it stands still.
const FAILURE_WEIGHS: u32 = 19;

/// What came of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// It worked. What a payer does wrong works.
    Worked,
    /// It worked, and took too long.
    Slow,
    /// It failed, and this is why, in a word without anything of the payer.
    Failed(&'a str),
}

/// Counts of what came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// What worked, slow or not.
    pub worked: u32,
    /// What failed.
    pub failed: u32,
    /// What took too long, of what worked.
    pub slow: u32,
    /// Probes that were answered.
    pub probes_worked: u32,
    /// Probes that were not.
    pub probes_failed: u32,
}

impl Counts {
    /// What payers and providers did.
    pub const fn traffic(&self) -> u32 {
        self.worked + self.failed
    }

    fn add(&mut self, other: Self) {
        let sum = |one: &mut u32, more: u32| *one = one.saturating_add(more);
        sum(&mut self.worked, other.worked);
        sum(&mut self.failed, other.failed);
        sum(&mut self.slow, other.slow);
        sum(&mut self.probes_worked, other.probes_worked);
        sum(&mut self.probes_failed, other.probes_failed);
    }
}

/// What a meter says at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The last [`LOOKED_AT_SECONDS`].
    pub minute: Counts,
    /// Since the channel last became something else.
    pub since_change: Counts,
    /// Of the last [`REMEMBERED_TRIES`] tries, so many failed.
    pub failed_of_last: u32,
    /// True if the last try failed.
    pub has_last_failed: bool,
    /// How far it is from working to failing: each failure and each failed probe adds one.
    pub failing: u32,
    /// How far it is from failing to working: each success adds one. Probes do not count.
    pub working: u32,
    /// Successes and answered probes in a row, up to now.
    pub in_a_row: u32,
    /// When something last worked, if ever.
    pub last_worked: Option<i64>,
    /// When something last failed, if ever; probes included.
    pub last_failed: Option<i64>,
    /// What worked in the half hour before and with the last that worked.
    pub recent: u32,
    /// In so many of its minutes.
    pub recent_minutes: u32,
    /// The last failure.
    pub failure: Option<Arc<str>>,
}

/// Counts what comes of one step.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Counting>);

#[derive(Debug)]
struct Counting {
    seconds: [Slot; LOOKED_AT_SECONDS as usize],
    minutes: [Slot; RECENT_MINUTES],
    tries: u32,
    now: Reading,
}

/// What came in one second or minute; which, it says itself, so that nobody has to clear it.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    number: i64,
    counts: Counts,
}

impl Default for Counting {
    fn default() -> Self {
        Self {
            seconds: [Slot::default(); LOOKED_AT_SECONDS as usize],
            minutes: [Slot::default(); RECENT_MINUTES],
            tries: 0,
            now: Reading::default(),
        }
    }
}

impl Slot {
    /// Adds to the slot of this number in a ring of them.
    fn add(ring: &mut [Self], number: i64, counts: Counts) {
        let place =
            usize::try_from(number.rem_euclid(ring.len() as i64)).expect("a remainder is in the ring");
        let slot = &mut ring[place];
        if slot.number != number {
            *slot = Self { number, counts: Counts::default() };
        }
        slot.counts.add(counts);
    }

    /// The slots of a ring up to this number.
    fn up_to(ring: &[Self], number: i64) -> impl Iterator<Item = Counts> {
        let since = number - ring.len() as i64;
        ring.iter().filter(move |slot| slot.number > since && slot.number <= number).map(|slot| slot.counts)
    }
}

impl Meter {
    /// Notes what payers or the provider did.
    pub fn note(&self, outcome: Outcome<'_>, now: i64) {
        let mut counting = self.lock();
        let has_failed = matches!(outcome, Outcome::Failed(_));
        let counts = Counts {
            worked: u32::from(!has_failed),
            failed: u32::from(has_failed),
            slow: u32::from(outcome == Outcome::Slow),
            ..Counts::default()
        };
        counting.tries = (counting.tries << 1 | u32::from(has_failed)) & ((1 << REMEMBERED_TRIES) - 1);
        counting.now.failed_of_last = counting.tries.count_ones();
        counting.now.has_last_failed = has_failed;
        if let Outcome::Failed(why) = outcome {
            counting.now.working = counting.now.working.saturating_sub(FAILURE_WEIGHS);
            counting.failed(why, now);
        } else {
            Slot::add(&mut counting.minutes, now.div_euclid(60), counts);
            let reading = &mut counting.now;
            reading.failing = reading.failing.saturating_sub(SUCCESS_WEIGHS);
            reading.working = reading.working.saturating_add(1);
            reading.in_a_row = reading.in_a_row.saturating_add(1);
            reading.last_worked = reading.last_worked.max(Some(now));
        }
        counting.count(counts, now);
    }

    /// Notes what came of a probe. That it was answered takes nothing away from what payers met: it goes a shorter way than
    /// they do.
    pub fn note_probe(&self, outcome: Result<(), &str>, now: i64) {
        let mut counting = self.lock();
        let counts = match outcome {
            Ok(()) => {
                counting.now.in_a_row = counting.now.in_a_row.saturating_add(1);
                Counts { probes_worked: 1, ..Counts::default() }
            }
            Err(why) => {
                counting.failed(why, now);
                Counts { probes_failed: 1, ..Counts::default() }
            }
        };
        counting.count(counts, now);
    }

    /// What it says now.
    pub fn read(&self, now: i64) -> Reading {
        let counting = self.lock();
        let mut reading = counting.now.clone();
        for counts in Slot::up_to(&counting.seconds, now) {
            reading.minute.add(counts);
        }
        let last_minute = reading.last_worked.unwrap_or_default().div_euclid(60);
        for counts in Slot::up_to(&counting.minutes, last_minute).filter(|counts| counts.worked > 0) {
            reading.recent = reading.recent.saturating_add(counts.worked);
            reading.recent_minutes += 1;
        }
        reading
    }

    /// The channel is something else from now on: what led there does not lead on.
    pub fn begin_anew(&self) {
        let reading = &mut self.lock().now;
        (reading.failing, reading.working, reading.in_a_row) = (0, 0, 0);
        reading.since_change = Counts::default();
    }

    /// Payers are sent there from now on who were not before: what came until now does not say how many should come.
    pub fn begin_to_be_shown(&self) {
        self.lock().minutes = [Slot::default(); RECENT_MINUTES];
    }

    fn lock(&self) -> MutexGuard<'_, Counting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counting {
    fn failed(&mut self, why: &str, now: i64) {
        let reading = &mut self.now;
        reading.failing = reading.failing.saturating_add(1);
        reading.in_a_row = 0;
        reading.last_failed = reading.last_failed.max(Some(now));
        if reading.failure.as_deref() != Some(why) {
            reading.failure = Some(why.into());
        }
    }

    fn count(&mut self, counts: Counts, now: i64) {
        Slot::add(&mut self.seconds, now, counts);
        self.now.since_change.add(counts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_passes_and_half_an_hour_stays_until_something_else_comes() {
        let meter = Meter::default();
        for second in 0..1_200 {
            meter.note(Outcome::Worked, 6_000 + second);
        }
        assert_eq!(meter.read(7_199).minute.worked, 60);
        assert_eq!(meter.read(7_229).minute.worked, 30);
        let later = meter.read(90_000);
        assert_eq!((later.minute, later.last_worked), (Counts::default(), Some(7_199)));
        assert_eq!((later.recent, later.recent_minutes), (1_200, 20));
        meter.note(Outcome::Worked, 90_000);
        assert_eq!(meter.read(90_000).recent, 1);
    }

    #[test]
    fn one_success_takes_back_more_than_one_failure_and_a_probe_takes_nothing_back() {
        let meter = Meter::default();
        for second in 0..4 {
            meter.note(Outcome::Failed("busy"), second);
        }
        meter.note_probe(Ok(()), 4);
        assert_eq!(meter.read(4).failing, 4);
        meter.note_probe(Err("no_answer"), 5);
        let reading = meter.read(5);
        assert_eq!((reading.failing, reading.failure.as_deref()), (5, Some("no_answer")));
        assert_eq!((reading.minute.failed, reading.minute.probes_failed, reading.in_a_row), (4, 1, 0));
        meter.note(Outcome::Slow, 6);
        let reading = meter.read(6);
        assert_eq!((reading.failing, reading.working, reading.failed_of_last), (0, 1, 4));
        assert_eq!(reading.failing, 0);
        meter.begin_anew();
        let reading = meter.read(6);
        assert_eq!((reading.working, reading.in_a_row, reading.since_change), (0, 0, Counts::default()));
        assert_eq!(reading.minute.failed, 4, "what was counted stays counted");
    }

    #[test]
    fn tries_are_forgotten_one_by_one() {
        let meter = Meter::default();
        meter.note(Outcome::Failed("busy"), 0);
        for second in 1..20 {
            meter.note(Outcome::Worked, second);
        }
        assert_eq!(meter.read(19).failed_of_last, 1);
        meter.note(Outcome::Worked, 20);
        assert_eq!(meter.read(20).failed_of_last, 0);
    }
}
