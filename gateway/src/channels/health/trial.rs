//! How many payers a channel meets while it is being tried. The books say that it is tried, and the watch looks once a
//! second; a nation's payers come faster than that. So there is a door: few go in before something has come through, more
//! as more comes through, and nobody once enough have failed to believe it. Who is not let in is shown the other ways.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::judge::failing_of_tried;
use super::meter::Reading;
use crate::payments::channels::ChannelPlace;

/// So many go in before anything is known.
const FIRST: u32 = 4;
/// Each that came through lets so many more in.
const MORE_BY_EACH: u32 = 2;
/// One more goes in after so many seconds, whatever became of those before: some answers never come.
const ONE_MORE_AFTER_SECONDS: i64 = 15;
/// Trials that are remembered. There is one of each channel and agency at most; what comes after them waits outside.
const TRIALS_MAX: usize = 4_096;

/// The doors of everything that is being tried.
#[derive(Debug, Default)]
pub(super) struct Trials(Mutex<HashMap<ChannelPlace, Trial>>);

#[derive(Clone, Copy, Debug)]
struct Trial {
    /// Since when, in seconds: another time is another trial.
    since: i64,
    let_in: u32,
}

impl Trials {
    /// Lets one more payer in, if there is room. What is being tried, since when, and what is counted of it.
    pub(super) fn enter(&self, place: &ChannelPlace, since: i64, reading: &Reading, now: i64) -> bool {
        if reading.failing >= failing_of_tried(reading) {
            return false;
        }
        let mut trials = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if trials.len() >= TRIALS_MAX && !trials.contains_key(place) {
            trials.retain(|_, trial| now - trial.since < 3_600);
            if trials.len() >= TRIALS_MAX {
                return false;
            }
        }
        let trial = trials.entry(place.clone()).or_insert(Trial { since, let_in: 0 });
        if trial.since != since {
            *trial = Trial { since, let_in: 0 };
        }
        let by_time = u32::try_from((now - since).max(0) / ONE_MORE_AFTER_SECONDS).unwrap_or(u32::MAX);
        // Places that nobody took while few came are not kept for a crowd.
        trial.let_in = trial.let_in.max(by_time);
        let by_success = reading.since_change.worked.saturating_mul(MORE_BY_EACH);
        let has_room = trial.let_in < FIRST.saturating_add(by_success).saturating_add(by_time);
        if has_room {
            trial.let_in += 1;
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::health::meter::{Meter, Outcome};
    use crate::payments::channels::{ChannelKind, ChannelName, ChannelScope, Step};

    fn prompts() -> ChannelPlace {
        let scope = ChannelScope::for_all(ChannelName::only(ChannelKind::MpesaPrompt));
        ChannelPlace { scope, step: Step::Start }
    }

    fn let_in(trials: &Trials, since: i64, meter: &Meter, now: i64) -> usize {
        (0..1_000).filter(|_| trials.enter(&prompts(), since, &meter.read(now), now)).count()
    }

    #[test]
    fn however_many_come_four_meet_what_is_not_known_to_work() {
        let (trials, meter) = (Trials::default(), Meter::default());
        assert_eq!(let_in(&trials, 100, &meter, 101), 4);
        for _ in 0..3 {
            meter.note(Outcome::Failed("busy"), 102);
        }
        assert_eq!(let_in(&trials, 100, &meter, 103), 0);
        assert_eq!(let_in(&trials, 100, &meter, 130), 2, "one more each fifteen seconds");
        meter.note(Outcome::Failed("busy"), 131);
        assert_eq!(
            let_in(&trials, 100, &meter, 190),
            0,
            "four have failed: it is down, and the books will say so"
        );
    }

    #[test]
    fn who_comes_through_lets_more_in() {
        let (trials, meter) = (Trials::default(), Meter::default());
        assert_eq!(let_in(&trials, 100, &meter, 101), 4);
        for _ in 0..4 {
            meter.note(Outcome::Worked, 101);
        }
        assert_eq!(let_in(&trials, 100, &meter, 102), 8);
    }

    #[test]
    fn a_night_without_payers_does_not_let_a_crowd_in_in_the_morning() {
        let (trials, meter) = (Trials::default(), Meter::default());
        assert_eq!(let_in(&trials, 100, &meter, 30_000), 4);
        assert_eq!(let_in(&trials, 100, &meter, 30_030), 2);
    }

    #[test]
    fn another_trial_begins_at_nothing() {
        let (trials, meter) = (Trials::default(), Meter::default());
        assert_eq!(let_in(&trials, 100, &meter, 101), 4);
        assert_eq!(let_in(&trials, 200, &meter, 201), 4);
    }
}
