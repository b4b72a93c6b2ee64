//! Whether an agency's own system is asked at all: a pure state machine. Time and chance are brought in from outside.
//!
//! ```text
//!             half of the last asked failed            the pause is over
//!   closed ───────────────────────────────► open ───────────────────────► half open
//!      ▲                                      ▲                               │
//!      │                                      └───────────────────────────────┤ the probe failed: a longer pause
//!      └──────────────────────────────────────────────────────────────────────┘ the probe was answered
//! ```
//!
//! Closed asks everybody, open nobody, half open one. Each pause is twice as long as the one before, up to a bound, and
//! begins anew once the system has been well for a while. A failure is a system that cannot be reached, breaks off, or is
//! late; an answer of whatever status is an answer. Who asked in an earlier state than the present one is not listened to:
//! requests that hang for minutes say nothing about now.

use std::time::Duration;

/// Below so many failures nothing is concluded.
const FAILURES_MIN: u32 = 5;
/// How far back is looked, in two halves of this length.
const HALF_WINDOW: Duration = Duration::from_secs(5);
/// The first pause, and the longest.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// After so long in peace the next pause is the first again.
const CALM: Duration = Duration::from_secs(60);

/// What a breaker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BreakerState {
    /// Everybody is let through.
    Closed,
    /// One is let through, to see.
    HalfOpen,
    /// Nobody is let through.
    Open,
}

/// Who finds out whether a system is well again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Healer {
    /// The first request after the pause.
    FirstRequest,
    /// Somebody who asks the health path. Requests wait until then.
    HealthPath,
}

/// Permission to ask, to be shown with the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    round: u64,
}

/// A breaker. Moments are durations since any fixed one.
#[derive(Debug)]
pub(super) struct Breaker {
    healer: Healer,
    stage: Stage,
    /// Counts the changes of stage.
    round: u64,
    /// The pause before the present stage, or nothing.
    last_pause: Duration,
}

#[derive(Debug)]
enum Stage {
    Closed { since: Duration, window: Window },
    Open { until: Duration },
    HalfOpen,
}

impl Breaker {
    /// One that lets everybody through.
    pub(super) fn new(healer: Healer) -> Self {
        let stage = Stage::Closed { since: Duration::ZERO, window: Window::default() };
        Self { healer, stage, round: 0, last_pause: Duration::ZERO }
    }

    /// What it is doing.
    pub(super) fn state(&self) -> BreakerState {
        match self.stage {
            Stage::Closed { .. } => BreakerState::Closed,
            Stage::HalfOpen => BreakerState::HalfOpen,
            Stage::Open { .. } => BreakerState::Open,
        }
    }

    /// Whether it is known that the system fails. Where the next request finds out, nothing is known any more once the
    /// pause is over: otherwise a system whose callers stay away, as they are told to, would be down for ever.
    pub(super) fn is_down(&self, now: Duration) -> bool {
        match self.stage {
            Stage::Closed { .. } => false,
            Stage::HalfOpen => true,
            Stage::Open { until } => now < until || self.healer == Healer::HealthPath,
        }
    }

    /// A request wants to go through: a ticket, or how long it should stay away.
    pub(super) fn admit(&mut self, now: Duration) -> Result<Ticket, Duration> {
        match self.stage {
            Stage::Closed { .. } => Ok(self.ticket()),
            Stage::Open { until } if now < until => Err(until - now),
            Stage::Open { .. } if self.healer == Healer::FirstRequest => Ok(self.begin_probe()),
            Stage::Open { .. } | Stage::HalfOpen => Err(PAUSE_MIN),
        }
    }

    /// The health path could be asked: a ticket, or how long until then. `None` if there is nothing to find out.
    pub(super) fn admit_probe(&mut self, now: Duration) -> Option<Result<Ticket, Duration>> {
        match self.stage {
            Stage::Closed { .. } => None,
            Stage::Open { until } if now < until => Some(Err(until - now)),
            Stage::Open { .. } => Some(Ok(self.begin_probe())),
            Stage::HalfOpen => Some(Err(PAUSE_MIN)),
        }
    }

    /// It was answered.
    pub(super) fn succeeded(&mut self, ticket: Ticket, now: Duration) {
        if ticket.round != self.round {
            return;
        }
        match &mut self.stage {
            Stage::Closed { window, .. } => window.at(now).successes += 1,
            Stage::HalfOpen => self.go(Stage::Closed { since: now, window: Window::default() }),
            Stage::Open { .. } => {}
        }
    }

    /// It failed. `chance` is any number: it spreads the pauses of gateways that saw the same failure. True if the breaker
    /// has just opened after having been closed.
    pub(super) fn failed(&mut self, ticket: Ticket, now: Duration, chance: u32) -> bool {
        if ticket.round != self.round {
            return false;
        }
        match &mut self.stage {
            Stage::Open { .. } => false,
            Stage::HalfOpen => {
                self.open(now, chance);
                false
            }
            Stage::Closed { since, window } => {
                window.at(now).failures += 1;
                let (since, is_enough) = (*since, window.is_mostly_failures());
                if is_enough {
                    if now.saturating_sub(since) >= CALM {
                        self.last_pause = Duration::ZERO;
                    }
                    self.open(now, chance);
                }
                is_enough
            }
        }
    }

    /// Nothing was learnt: the caller left before there was an outcome. The next may probe.
    pub(super) fn learnt_nothing(&mut self, ticket: Ticket, now: Duration) {
        if ticket.round == self.round && matches!(self.stage, Stage::HalfOpen) {
            self.go(Stage::Open { until: now });
        }
    }

    fn open(&mut self, now: Duration, chance: u32) {
        self.last_pause = (self.last_pause * 2).clamp(PAUSE_MIN, PAUSE_MAX);
        // Up to a quarter longer.
        let spread = self.last_pause / 4 * (chance % 1_000) / 1_000;
        self.go(Stage::Open { until: now + self.last_pause + spread });
    }

    fn begin_probe(&mut self) -> Ticket {
        self.go(Stage::HalfOpen);
        self.ticket()
    }

    fn go(&mut self, stage: Stage) {
        self.stage = stage;
        self.round += 1;
    }

    fn ticket(&self) -> Ticket {
        Ticket { round: self.round }
    }
}

/// Outcomes of the last seconds.
#[derive(Debug, Default)]
struct Window {
    began: Duration,
    present: Counts,
    before: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    successes: u32,
    failures: u32,
}

impl Window {
    /// Where an outcome of this moment is counted.
    fn at(&mut self, now: Duration) -> &mut Counts {
        let age = now.saturating_sub(self.began);
        if age >= HALF_WINDOW {
            self.before = if age < 2 * HALF_WINDOW { self.present } else { Counts::default() };
            self.present = Counts::default();
            self.began = now;
        }
        &mut self.present
    }

    fn is_mostly_failures(&self) -> bool {
        let failures = self.present.failures + self.before.failures;
        failures >= FAILURES_MIN && failures >= self.present.successes + self.before.successes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn fails(breaker: &mut Breaker, now: Duration) -> bool {
        let ticket = breaker.admit(now).unwrap();
        breaker.failed(ticket, now, 0)
    }

    fn opened(healer: Healer, now: Duration) -> Breaker {
        let mut breaker = Breaker::new(healer);
        for _ in 1..FAILURES_MIN {
            assert!(!fails(&mut breaker, now));
        }
        assert!(fails(&mut breaker, now));
        breaker
    }

    #[test]
    fn it_opens_when_half_of_enough_have_failed_and_not_before() {
        let mut breaker = Breaker::new(Healer::FirstRequest);
        for _ in 0..20 {
            let ticket = breaker.admit(SECOND).unwrap();
            breaker.succeeded(ticket, SECOND);
        }
        for _ in 0..19 {
            assert!(!fails(&mut breaker, SECOND), "more were answered");
        }
        assert!(fails(&mut breaker, SECOND));
        assert_eq!(breaker.state(), BreakerState::Open);
        assert_eq!(breaker.admit(SECOND), Err(PAUSE_MIN));
    }

    #[test]
    fn failures_of_long_ago_are_forgotten() {
        let mut breaker = Breaker::new(Healer::FirstRequest);
        for round in 0..20 {
            assert!(!fails(&mut breaker, SECOND * 4 * round), "one in four seconds is not enough");
        }
    }

    #[test]
    fn one_request_probes_and_its_answer_lets_everybody_in() {
        let mut breaker = opened(Healer::FirstRequest, SECOND);
        let probe = breaker.admit(2 * SECOND).unwrap();
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert!(breaker.admit(2 * SECOND).is_err(), "one is enough");
        breaker.succeeded(probe, 2 * SECOND);
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert!(breaker.admit(2 * SECOND).is_ok());
    }

    #[test]
    fn each_pause_is_twice_as_long_up_to_a_bound_and_begins_anew_after_peace() {
        let mut breaker = opened(Healer::FirstRequest, SECOND);
        let mut now = SECOND;
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let pause = breaker.admit(now).unwrap_err();
            pauses.push(pause.as_secs());
            now += pause;
            assert!(!fails(&mut breaker, now));
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        now += PAUSE_MAX;
        let probe = breaker.admit(now).unwrap();
        breaker.succeeded(probe, now);
        let again = |breaker: &mut Breaker, now| {
            for _ in 0..FAILURES_MIN {
                fails(breaker, now);
            }
            breaker.admit(now).unwrap_err()
        };
        assert_eq!(again(&mut breaker, now), PAUSE_MAX, "it was not well for long");
        now += PAUSE_MAX;
        let probe = breaker.admit(now).unwrap();
        breaker.succeeded(probe, now);
        assert_eq!(again(&mut breaker, now + CALM), PAUSE_MIN);
    }

    #[test]
    fn with_a_health_path_requests_wait_for_its_answer() {
        let mut breaker = opened(Healer::HealthPath, SECOND);
        assert_eq!(breaker.admit_probe(SECOND), Some(Err(PAUSE_MIN)));
        let late = 100 * SECOND;
        assert!(breaker.admit(late).is_err());
        let probe = breaker.admit_probe(late).unwrap().unwrap();
        assert!(breaker.admit(late).is_err());
        breaker.succeeded(probe, late);
        assert!(breaker.admit(late).is_ok());
        assert_eq!(breaker.admit_probe(late), None);
    }

    #[test]
    fn after_the_pause_a_system_is_down_only_if_somebody_is_finding_out() {
        for (healer, is_down_after) in [(Healer::FirstRequest, false), (Healer::HealthPath, true)] {
            let mut breaker = opened(healer, SECOND);
            assert!(breaker.is_down(SECOND));
            assert_eq!(breaker.is_down(2 * SECOND), is_down_after);
            let probe = breaker.admit_probe(2 * SECOND).unwrap().unwrap();
            assert!(breaker.is_down(2 * SECOND), "one asks at this moment");
            breaker.failed(probe, 3 * SECOND, 0);
            assert!(breaker.is_down(4 * SECOND));
            let probe = breaker.admit_probe(5 * SECOND).unwrap().unwrap();
            breaker.succeeded(probe, 5 * SECOND);
            assert!(!breaker.is_down(5 * SECOND));
        }
    }

    #[test]
    fn a_probe_whose_caller_left_makes_room_for_another() {
        let mut breaker = opened(Healer::FirstRequest, SECOND);
        let probe = breaker.admit(2 * SECOND).unwrap();
        breaker.learnt_nothing(probe, 2 * SECOND);
        assert!(breaker.admit(2 * SECOND).is_ok());
    }

    #[test]
    fn who_asked_in_another_time_is_not_listened_to() {
        let mut breaker = Breaker::new(Healer::FirstRequest);
        let old = breaker.admit(SECOND).unwrap();
        for _ in 0..FAILURES_MIN {
            fails(&mut breaker, SECOND);
        }
        breaker.succeeded(old, SECOND);
        assert_eq!(breaker.state(), BreakerState::Open);
        let probe = breaker.admit(2 * SECOND).unwrap();
        assert!(!breaker.failed(old, 2 * SECOND, 0));
        breaker.learnt_nothing(old, 2 * SECOND);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.succeeded(probe, 2 * SECOND);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[derive(Clone, Debug)]
    enum Happening {
        Passes(u64),
        Asks,
        Ends(usize, Outcome),
    }

    #[derive(Clone, Copy, Debug)]
    enum Outcome {
        Answered,
        Failed(u32),
        Left,
    }

    fn happening() -> impl Strategy<Value = Happening> {
        let outcome = prop_oneof![
            Just(Outcome::Answered),
            any::<u32>().prop_map(Outcome::Failed),
            any::<u32>().prop_map(Outcome::Failed),
            Just(Outcome::Left)
        ];
        prop_oneof![
            (0_u64..5_000).prop_map(Happening::Passes),
            Just(Happening::Asks),
            Just(Happening::Asks),
            (any::<usize>(), outcome).prop_map(|(which, outcome)| Happening::Ends(which, outcome)),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_one_probes_at_a_time_no_pause_is_too_long_and_it_heals(
            happenings in proptest::collection::vec(happening(), 1..400)
        ) {
            let mut breaker = Breaker::new(Healer::FirstRequest);
            let mut now = Duration::ZERO;
            let mut asked: Vec<Ticket> = Vec::new();
            for happening in happenings {
                match happening {
                    Happening::Passes(millis) => now += Duration::from_millis(millis),
                    Happening::Asks => match breaker.admit(now) {
                        Ok(ticket) => asked.push(ticket),
                        Err(pause) => prop_assert!(pause <= PAUSE_MAX + PAUSE_MAX / 4),
                    },
                    Happening::Ends(which, outcome) if !asked.is_empty() => {
                        let ticket = asked.swap_remove(which % asked.len());
                        let before = breaker.state();
                        match outcome {
                            Outcome::Answered => breaker.succeeded(ticket, now),
                            Outcome::Failed(chance) => {
                                let has_opened = breaker.failed(ticket, now, chance);
                                let expected =
                                    before == BreakerState::Closed && breaker.state() == BreakerState::Open;
                                prop_assert_eq!(has_opened, expected);
                            }
                            Outcome::Left => breaker.learnt_nothing(ticket, now),
                        }
                    }
                    Happening::Ends(..) => {}
                }
                let probing = asked.iter().filter(|ticket| ticket.round == breaker.round).count();
                if breaker.state() == BreakerState::HalfOpen {
                    prop_assert_eq!(probing, 1);
                } else if breaker.state() == BreakerState::Open {
                    prop_assert_eq!(probing, 0);
                }
            }
            // Whoever is still waited for fails; then the system is well.
            for ticket in asked {
                breaker.failed(ticket, now, 999);
            }
            now += 2 * PAUSE_MAX;
            let ticket = breaker.admit(now).unwrap();
            breaker.succeeded(ticket, now);
            prop_assert_eq!(breaker.state(), BreakerState::Closed);
        }
    }
}
