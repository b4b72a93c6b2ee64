//! Counting what happened.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::kes::Kes;

/// A payment that left later than this after its appointed time was not sent in time.
pub(crate) const LATE_AFTER: Duration = Duration::from_millis(10);

/// A percentile that is reported.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Percentile {
    name: &'static str,
    quantile: f64,
    /// How many of 100,000 samples lie beyond.
    beyond: u64,
}

impl Eq for Percentile {}

/// Those that are reported, in this order.
pub(crate) const PERCENTILES: [Percentile; 6] = [
    Percentile { name: "p50", quantile: 0.5, beyond: 50_000 },
    Percentile { name: "p90", quantile: 0.9, beyond: 10_000 },
    Percentile { name: "p95", quantile: 0.95, beyond: 5_000 },
    Percentile { name: "p99", quantile: 0.99, beyond: 1_000 },
    Percentile { name: "p99.9", quantile: 0.999, beyond: 100 },
    Percentile { name: "p99.99", quantile: 0.9999, beyond: 10 },
];

impl Percentile {
    /// `p99.9`
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The value in microseconds; `None` with fewer than ten samples beyond it, when it would be chance.
    pub(crate) fn of(&self, times: &Histogram<u64>) -> Option<u64> {
        (times.len() * self.beyond >= 10 * 100_000).then(|| times.value_at_quantile(self.quantile))
    }
}

/// Times of one kind, in microseconds.
#[derive(Debug, Clone)]
pub(crate) struct Times {
    /// From the appointed time.
    pub(crate) latency: Histogram<u64>,
    /// From the actual sending.
    pub(crate) service: Histogram<u64>,
}

impl Times {
    fn new() -> Self {
        // One microsecond to one hour, three digits: 0.1 % exact at any size.
        let empty = Histogram::new_with_bounds(1, 3_600_000_000, 3).expect("the bounds are valid");
        Self { latency: empty.clone(), service: empty }
    }
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The answer was complete and what it should be.
    Right,
    /// A complete answer with another status.
    Status(u16),
    /// Status 200, but not what it should say.
    Wrong(String),
    /// No complete answer: whether it was acted on is unknown.
    Lost(String),
    /// No answer in time: unknown as well.
    TooLate,
}

/// When one exchange was due, sent and done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub(crate) due: Instant,
    pub(crate) sent: Instant,
    pub(crate) done: Instant,
}

/// A kind of error, how often it came, when first, and one example.
#[derive(Debug, Clone)]
pub(crate) struct ErrorCount {
    pub(crate) count: u64,
    /// Since the run began.
    pub(crate) first_at: Duration,
    pub(crate) example: String,
}

/// Payments and their sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) count: u64,
    pub(crate) amount: Kes,
}

impl Sum {
    pub(crate) fn add(&mut self, amount: Kes) {
        self.count += 1;
        self.amount = self.amount.plus(amount).expect("a run moves less than 10^17 shillings");
    }
}

/// The money of a whole run, warm-up included.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Money {
    /// Payments that left, each counted once.
    pub(crate) sent: Sum,
    /// Those that were acknowledged.
    pub(crate) acknowledged: Sum,
    /// Those without a complete answer.
    pub(crate) unknown: Sum,
    /// Those that the gateway shows as paid, where it was asked.
    pub(crate) shown: Sum,
    /// Second messages of the same payment.
    pub(crate) repeated: u64,
}

/// Everything that was counted.
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    pub(crate) routes: BTreeMap<&'static str, Times>,
    pub(crate) errors: BTreeMap<String, ErrorCount>,
    /// Exchanges that were measured.
    pub(crate) measured: u64,
    pub(crate) wrong: u64,
    pub(crate) late: u64,
    /// Planned, but its time never came.
    pub(crate) never_sent: u64,
    /// From the first measured sending to the last measured answer.
    pub(crate) span: Duration,
    pub(crate) money: Money,
}

/// The counts of a run that is being prepared or going on.
pub(crate) struct Tally {
    begun: OnceLock<Begun>,
    counts: Mutex<Counts>,
}

#[derive(Clone, Copy)]
struct Begun {
    at: Instant,
    measured_from: Instant,
}

impl Tally {
    /// An empty tally.
    pub(crate) fn new() -> Self {
        let counts = Counts {
            routes: BTreeMap::new(),
            errors: BTreeMap::new(),
            measured: 0,
            wrong: 0,
            late: 0,
            never_sent: 0,
            span: Duration::ZERO,
            money: Money::default(),
        };
        Self { begun: OnceLock::new(), counts: Mutex::new(counts) }
    }

    /// The run begins at `at` and is measured after `warmup`. Until then only steps and money are counted.
    /// Said once.
    pub(crate) fn begin(&self, at: Instant, warmup: Duration) {
        self.begun.get_or_init(|| Begun { at, measured_from: at + warmup });
    }

    /// How long the run has been going on.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.get().map_or(Duration::ZERO, |begun| begun.at.elapsed())
    }

    /// Counts an exchange of the scenario itself.
    pub(crate) fn exchange(&self, route: &'static str, timing: Timing, verdict: &Verdict) {
        let Some(begun) = self.begun.get().filter(|begun| timing.due >= begun.measured_from) else { return };
        let mut counts = self.lock();
        counts.measured += 1;
        counts.span = counts.span.max(timing.done.saturating_duration_since(begun.measured_from));
        if timing.sent.saturating_duration_since(timing.due) > LATE_AFTER {
            counts.late += 1;
        }
        // An answer that never came took at least as long as it was waited for: leaving it out would flatter
        // the figures. A refusal is quick and would flatter them too.
        if matches!(verdict, Verdict::Right | Verdict::TooLate) {
            counts.time(route, timing);
        }
        if let Some((kind, example)) = error_of(verdict) {
            counts.wrong += 1;
            let first_at = timing.done.saturating_duration_since(begun.at);
            let error = counts.errors.entry(kind).or_insert(ErrorCount { count: 0, first_at, example });
            error.count += 1;
        }
    }

    /// Counts a step beside the scenario's own exchanges, such as making a bill.
    pub(crate) fn step(&self, route: &'static str, timing: Timing) {
        self.lock().time(route, timing);
    }

    /// Counts money.
    pub(crate) fn money(&self, count: impl FnOnce(&mut Money)) {
        count(&mut self.lock().money);
    }

    /// Planned payments whose time never came.
    pub(crate) fn never_sent(&self, number: u64) {
        self.lock().never_sent += number;
    }

    /// A copy of the counts as they are.
    pub(crate) fn counts(&self) -> Counts {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn time(&mut self, route: &'static str, timing: Timing) {
        let times = self.routes.entry(route).or_insert_with(Times::new);
        times.latency.saturating_record(micros(timing.done.saturating_duration_since(timing.due)));
        times.service.saturating_record(micros(timing.done.saturating_duration_since(timing.sent)));
    }
}

/// At least one, because the histogram knows no zero.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX).max(1)
}

fn error_of(verdict: &Verdict) -> Option<(String, String)> {
    match verdict {
        Verdict::Right => None,
        Verdict::Status(status) => Some((status.to_string(), String::new())),
        Verdict::Wrong(what) => Some(("wrong answer".into(), what.clone())),
        Verdict::Lost(why) => Some(("transport".into(), why.clone())),
        Verdict::TooLate => Some(("no answer in time".into(), String::new())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_without_ten_samples_beyond_it_is_chance() {
        let mut times = Times::new();
        for micros in 1..=999 {
            times.latency.record(micros).unwrap();
        }
        let p99 = PERCENTILES[3];
        assert_eq!(p99.of(&times.latency), None, "999 samples leave 9.99 beyond");
        times.latency.record(1_000).unwrap();
        assert_eq!(p99.of(&times.latency), Some(990));
    }

    #[test]
    fn latency_counts_from_the_appointed_time_and_service_from_the_sending() {
        let start = Instant::now();
        let tally = Tally::new();
        tally.begin(start, Duration::ZERO);
        let timing = Timing {
            due: start,
            sent: start + Duration::from_millis(400),
            done: start + Duration::from_millis(403),
        };
        tally.exchange("confirm", timing, &Verdict::Right);
        let counts = tally.counts();
        assert_eq!(counts.routes["confirm"].latency.max() / 1_000, 403);
        assert_eq!(counts.routes["confirm"].service.max() / 1_000, 3);
        assert_eq!(counts.late, 1);
    }

    #[test]
    fn warming_up_is_not_measured_and_refusals_do_not_flatter() {
        let start = Instant::now();
        let tally = Tally::new();
        tally.begin(start, Duration::from_secs(1));
        let at = |millis| Timing {
            due: start + Duration::from_millis(millis),
            sent: start + Duration::from_millis(millis),
            done: start + Duration::from_millis(millis + 5),
        };
        tally.exchange("confirm", at(500), &Verdict::Right);
        tally.exchange("confirm", at(1_500), &Verdict::Status(503));
        let counts = tally.counts();
        assert_eq!((counts.measured, counts.wrong), (1, 1));
        assert!(counts.routes.is_empty());
        assert_eq!(counts.errors["503"].first_at, Duration::from_millis(1_505));
    }
}
