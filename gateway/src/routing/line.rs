//! The line to one back end: its connections, its places, its breaker.
//!
//! Each line has places of its own, so that an agency that is slow fills its own line and nobody else's; all lines together
//! have places too, which bound what we hold. Nobody waits for a place: who finds none is told so at once.
//!
//! A line has two gates. Whatever strangers send through the one, questions of ours about what is owed go through the
//! other, with places and a breaker of their own: nobody can keep us from asking by filling the agency's places, or by
//! finding an address of the agency's that never answers.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use catalog::{AgencyCode, BackEnd};
use hyper_util::client::legacy::Client;
use metrics::{Counter, Histogram, counter, histogram};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::body::OutboundBody;
use super::breaker::{Breaker, BreakerState, Healer, Ticket};
use super::probe;
use crate::outbound::base::Base;
use crate::outbound::connections;
use crate::outbound::connector::Connector;
use crate::telemetry::metrics::{BACK_END_HEAD_DURATION_SECONDS, BACK_END_REQUESTS_TOTAL};

/// Questions about what is owed that one agency is asked at a time, beside the requests that are handed on to it.
const QUESTION_PLACES: usize = 16;

/// The line to one back end.
pub(super) struct Line {
    /// Whose it is.
    pub(super) agency: AgencyCode,
    /// As the catalogue has it.
    pub(super) back_end: BackEnd,
    /// Its address.
    pub(super) base: Base,
    /// Its connections.
    pub(super) client: Client<Connector, OutboundBody>,
    requests: Gate,
    questions: Gate,
    began: Instant,
    /// Cancelled when the gateway stops.
    stop: CancellationToken,
    pub(super) head_duration: Histogram,
    /// How requests ended, once one has ended so: finding a metric by its labels costs more than counting.
    ended: [OnceLock<Counter>; Outcome::COUNT],
}

/// What a place is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A request of somebody's, handed on.
    Request,
    /// A question of ours about what is owed.
    Question,
}

/// Places, and the breaker of those who had them.
struct Gate {
    places: usize,
    free: Arc<Semaphore>,
    breaker: Mutex<Breaker>,
}

/// How a request for a back end ended, as metrics call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was answered, whatever the answer.
    Answered,
    /// It was answered with another protocol.
    Switched,
    /// The back end cannot be reached, broke off, or spoke no HTTP.
    Failed,
    /// It did not connect or answer in time.
    TimedOut,
    /// It ended in the middle of its answer.
    CutShort,
    /// The caller's body ended early.
    CallerFailed,
    /// Every place was taken.
    Busy,
    /// The breaker is open.
    Paused,
}

impl Outcome {
    const COUNT: usize = Self::Paused as usize + 1;

    const fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Switched => "switched",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::CutShort => "cut_short",
            Self::CallerFailed => "caller_failed",
            Self::Busy => "busy",
            Self::Paused => "paused",
        }
    }
}

/// Why a request is not let through. Comes with how long to stay away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// Every place of the line, or of all lines, is taken.
    Busy,
    /// The breaker is open.
    Paused(Duration),
}

/// The place of one request, held until the last byte of its answer.
pub(super) struct InFlight {
    pub(super) line: Arc<Line>,
    purpose: Purpose,
    ticket: Ticket,
    is_reported: bool,
    _places: [OwnedSemaphorePermit; 2],
}

impl Line {
    pub(super) fn new(
        agency: AgencyCode,
        back_end: BackEnd,
        base: Base,
        connector: Connector,
        stop: CancellationToken,
    ) -> Self {
        let places = usize::try_from(back_end.in_flight_max).unwrap_or(usize::MAX);
        let client = connections::kept(connector, places.saturating_add(QUESTION_PLACES));
        let healer = match back_end.health_path {
            Some(_) => Healer::HealthPath,
            None => Healer::FirstRequest,
        };
        let head_duration =
            histogram!(BACK_END_HEAD_DURATION_SECONDS.name, "agency" => agency.as_str().to_owned());
        Self {
            base,
            client,
            requests: Gate::new(places, healer),
            questions: Gate::new(QUESTION_PLACES, Healer::FirstRequest),
            began: Instant::now(),
            stop,
            head_duration,
            ended: Default::default(),
            agency,
            back_end,
        }
    }

    /// A place for one request, at once or not at all. `all_lines` are the places of all lines together for this purpose.
    pub(super) fn admit(
        self: &Arc<Self>,
        purpose: Purpose,
        all_lines: &Arc<Semaphore>,
    ) -> Result<InFlight, NoPlace> {
        let place = |free: &Arc<Semaphore>| Arc::clone(free).try_acquire_owned();
        // The breaker is asked last: a ticket that is not used would be a probe that nobody makes.
        let places =
            place(&self.gate(purpose).free).and_then(|own| Ok([own, place(all_lines)?])).map_err(|_| {
                self.count(Outcome::Busy);
                NoPlace::Busy
            })?;
        let ticket = self.with_breaker(purpose, Breaker::admit).map_err(|pause| {
            self.count(Outcome::Paused);
            NoPlace::Paused(pause)
        })?;
        Ok(InFlight { line: Arc::clone(self), purpose, ticket, is_reported: false, _places: places })
    }

    /// What its breakers are doing: the worse of the two.
    pub(super) fn breaker_state(&self) -> BreakerState {
        let state = |purpose| self.with_breaker(purpose, |breaker, _| breaker.state());
        state(Purpose::Request).max(state(Purpose::Question))
    }

    /// Whether requests that are handed on are known to fail. Our own questions about what is owed do not count: a system
    /// that answers people and not us is up for people.
    pub(super) fn is_down(&self) -> bool {
        self.with_breaker(Purpose::Request, |breaker, now| breaker.is_down(now))
    }

    /// Requests and questions that it has now.
    pub(super) fn in_flight_count(&self) -> usize {
        let taken = |gate: &Gate| gate.places.saturating_sub(gate.free.available_permits());
        taken(&self.requests) + taken(&self.questions)
    }

    /// Whether the health path may be asked.
    pub(super) fn admit_probe(&self) -> Option<Result<Ticket, Duration>> {
        self.with_breaker(Purpose::Request, Breaker::admit_probe)
    }

    /// The back end answered.
    pub(super) fn succeeded(&self, purpose: Purpose, ticket: Ticket) {
        let healed = self.with_breaker(purpose, |breaker, now| {
            let before = breaker.state();
            breaker.succeeded(ticket, now);
            before != BreakerState::Closed && breaker.state() == BreakerState::Closed
        });
        if healed {
            tracing::info!(agency = %self.agency, ?purpose, "The agency's own system answers again.");
        }
    }

    /// The back end failed.
    pub(super) fn failed(self: &Arc<Self>, purpose: Purpose, ticket: Ticket) {
        let chance = rand::random();
        if self.with_breaker(purpose, |breaker, now| breaker.failed(ticket, now, chance)) {
            tracing::error!(
                agency = %self.agency,
                address = %self.back_end.address,
                ?purpose,
                "The agency's own system fails again and again; it is left in peace for a while."
            );
            if purpose == Purpose::Request && self.back_end.health_path.is_some() {
                tokio::spawn(
                    self.stop.clone().run_until_cancelled_owned(probe::until_well(Arc::clone(self))),
                );
            }
        }
    }

    /// Counts how a request ended.
    pub(super) fn count(&self, outcome: Outcome) {
        let counter = || {
            let agency = self.agency.as_str().to_owned();
            counter!(BACK_END_REQUESTS_TOTAL.name, "agency" => agency, "outcome" => outcome.word())
        };
        self.ended[outcome as usize].get_or_init(counter).increment(1);
    }

    fn gate(&self, purpose: Purpose) -> &Gate {
        match purpose {
            Purpose::Request => &self.requests,
            Purpose::Question => &self.questions,
        }
    }

    fn with_breaker<T>(&self, purpose: Purpose, act: impl FnOnce(&mut Breaker, Duration) -> T) -> T {
        let mut breaker = self.gate(purpose).breaker.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut breaker, self.began.elapsed())
    }
}

impl Gate {
    fn new(places: usize, healer: Healer) -> Self {
        Self { places, free: Arc::new(Semaphore::new(places)), breaker: Mutex::new(Breaker::new(healer)) }
    }
}

impl InFlight {
    /// Tells the breaker and the metrics how it went, up to the head of the answer.
    pub(super) fn report(&mut self, outcome: Outcome) {
        self.is_reported = true;
        self.line.count(outcome);
        match outcome {
            Outcome::Answered | Outcome::Switched => self.line.succeeded(self.purpose, self.ticket),
            Outcome::Failed | Outcome::TimedOut | Outcome::CutShort => {
                self.line.failed(self.purpose, self.ticket);
            }
            Outcome::CallerFailed | Outcome::Busy | Outcome::Paused => self.is_reported = false,
        }
    }

    /// The answer ended in the middle.
    pub(super) fn was_cut_short(&self, error: &crate::http::response::StreamError) {
        self.line.count(Outcome::CutShort);
        self.line.failed(self.purpose, self.ticket);
        tracing::warn!(agency = %self.line.agency, %error, "An answer of the agency's own system ended in the middle.");
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.is_reported {
            self.line.with_breaker(self.purpose, |breaker, now| breaker.learnt_nothing(self.ticket, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::addresses::AddressPolicy;
    use crate::outbound::connector::tls_config;

    fn line() -> Arc<Line> {
        let patience = Duration::from_secs(1);
        let back_end = BackEnd {
            address: "http://kra.example".into(),
            health_path: None,
            assessments: Some("/assessments".into()),
            confirms_always: false,
            in_flight_max: 1,
            connect_timeout: patience,
            head_timeout: patience,
            idle_timeout: patience,
        };
        let base = Base::of(&back_end.address).unwrap();
        let policy = Arc::new(AddressPolicy::demonstration(Vec::new()));
        let connector = Connector::new(base.clone(), policy, tls_config(None).unwrap(), patience);
        Arc::new(Line::new("KRA".parse().unwrap(), back_end, base, connector, CancellationToken::new()))
    }

    #[tokio::test]
    async fn a_system_that_answers_no_questions_of_ours_is_up_for_those_who_are_handed_on() {
        let (line, all_lines) = (line(), Arc::new(Semaphore::new(1)));
        for (purpose, is_down) in [(Purpose::Question, false), (Purpose::Request, true)] {
            while let Ok(mut place) = line.admit(purpose, &all_lines) {
                place.report(Outcome::Failed);
            }
            assert_eq!(line.breaker_state(), BreakerState::Open);
            assert_eq!(line.is_down(), is_down, "{purpose:?}");
        }
    }
}
