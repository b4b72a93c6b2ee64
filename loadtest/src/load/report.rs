//! What a run found: thresholds first, both clocks, nothing hidden.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::plan::{Pace, Plan, Target};
use super::tally::{Counts, PERCENTILES, Sum};
use super::threshold::{Figure, Threshold};
use crate::kes::{Kes, grouped};

/// The report of a run. Displays as text for people and serializes for programs; times are in microseconds,
/// money in cents.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The run was stopped before its end.
    pub interrupted: bool,
    scenario: &'static str,
    thresholds: Vec<Checked>,
    target: Asked,
    /// Exchanges a second that were answered, in tenths.
    achieved_tenths_per_second: u64,
    /// Exchanges that were measured.
    measured: u64,
    /// Those that left more than ten milliseconds after their time.
    late: u64,
    /// Those whose time never came.
    never_sent: u64,
    routes: BTreeMap<&'static str, Route>,
    errors: Vec<ErrorLine>,
    /// Exchanges without a right answer.
    wrong: u64,
    money: Option<MoneyLine>,
    cores: usize,
}

#[derive(Debug, Clone, Serialize)]
struct Checked {
    text: String,
    held: bool,
    actual: String,
}

#[derive(Debug, Clone, Serialize)]
struct Asked {
    /// Payments a second; absent in a closed loop.
    rate: Option<u32>,
    connections: usize,
    duration_s: u64,
    warmup_s: u64,
}

#[derive(Debug, Clone, Serialize)]
struct Route {
    n: u64,
    latency: Times,
    service: Times,
}

/// Microseconds; a percentile with fewer than ten samples beyond it is absent.
#[derive(Debug, Clone, Serialize)]
struct Times {
    percentiles: BTreeMap<&'static str, u64>,
    max: u64,
}

#[derive(Debug, Clone, Serialize)]
struct ErrorLine {
    kind: String,
    count: u64,
    first_at_ms: u64,
    example: String,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct MoneyLine {
    sent: Amount,
    acknowledged: Amount,
    unknown: Amount,
    /// Bills that the gateway shows as paid; absent where it was not asked.
    shown: Option<Amount>,
    difference_minor: Kes,
    /// Second messages of a payment, sent on purpose.
    duplicates_sent: u64,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Amount {
    count: u64,
    amount_minor: Kes,
}

impl From<Sum> for Amount {
    fn from(sum: Sum) -> Self {
        Self { count: sum.count, amount_minor: sum.amount }
    }
}

impl Report {
    pub(crate) fn new(plan: &Plan, counts: &Counts, interrupted: bool) -> Self {
        let scenario = match plan.target {
            Target::Confirm(_) => "confirm",
            Target::Validate(_) => "validate",
            Target::Pay { .. } => "journey",
        };
        let main = counts.routes.get(scenario);
        let errors = counts.errors.iter().map(|(kind, error)| ErrorLine {
            kind: kind.clone(),
            count: error.count,
            first_at_ms: u64::try_from(error.first_at.as_millis()).unwrap_or(u64::MAX),
            example: error.example.clone(),
        });
        let routes = counts.routes.iter().map(|(name, times)| {
            let route = Route {
                n: times.latency.len(),
                latency: (&times.latency).into(),
                service: (&times.service).into(),
            };
            (*name, route)
        });
        Self {
            interrupted,
            scenario,
            thresholds: plan
                .thresholds
                .iter()
                .map(|threshold| check(threshold, counts, main.map(|times| &times.latency)))
                .collect(),
            target: Asked {
                rate: match plan.pace {
                    Pace::Open { rate } => Some(rate),
                    Pace::Closed => None,
                },
                connections: plan.connections,
                duration_s: plan.duration.as_secs(),
                warmup_s: plan.warmup.as_secs(),
            },
            achieved_tenths_per_second: tenths_per_second(counts.measured, counts.span),
            measured: counts.measured,
            late: counts.late,
            never_sent: counts.never_sent,
            routes: routes.collect(),
            errors: errors.collect(),
            wrong: counts.wrong,
            money: money(plan, counts),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    /// Whether every threshold held.
    #[must_use]
    pub fn thresholds_held(&self) -> bool {
        self.thresholds.iter().all(|threshold| threshold.held)
    }
}

fn money(plan: &Plan, counts: &Counts) -> Option<MoneyLine> {
    let money = counts.money;
    let shown = match plan.target {
        Target::Confirm(_) => None,
        Target::Validate(_) => return None,
        Target::Pay { .. } => Some(money.shown),
    };
    let arrived = shown.unwrap_or(money.acknowledged);
    Some(MoneyLine {
        sent: money.sent.into(),
        acknowledged: money.acknowledged.into(),
        unknown: money.unknown.into(),
        shown: shown.map(Into::into),
        difference_minor: money.sent.amount.minus(arrived.amount).unwrap_or(Kes::ZERO),
        duplicates_sent: money.repeated,
    })
}

fn check(threshold: &Threshold, counts: &Counts, latency: Option<&Histogram<u64>>) -> Checked {
    let time = |name: &str, value: Option<u64>, limit: u64| match value {
        Some(micros) => (micros < limit, format!("{name}={}ms", millis(micros))),
        // What cannot be known has not been kept.
        None => (false, format!("{name}=n/a, too few samples")),
    };
    let (held, actual) = match threshold.figure {
        Figure::Latency(percentile, limit) => {
            time(percentile.name(), latency.and_then(|times| percentile.of(times)), limit)
        }
        Figure::Longest(limit) => {
            time("max", latency.filter(|times| !times.is_empty()).map(Histogram::max), limit)
        }
        Figure::Errors(limit) => {
            (limit.exceeds(counts.wrong, counts.measured), share(counts.wrong, counts.measured))
        }
        Figure::Late(limit) => {
            let late = counts.late + counts.never_sent;
            (limit.exceeds(late, counts.measured), share(late, counts.measured))
        }
    };
    Checked { text: threshold.text().to_owned(), held, actual }
}

impl From<&Histogram<u64>> for Times {
    fn from(times: &Histogram<u64>) -> Self {
        let percentiles = PERCENTILES
            .iter()
            .filter_map(|percentile| percentile.of(times).map(|micros| (percentile.name(), micros)))
            .collect();
        Self { percentiles, max: times.max() }
    }
}

impl Times {
    fn line(&self, names: &[&str]) -> String {
        let mut line = String::new();
        for name in names {
            let value = self.percentiles.get(name).map_or_else(|| "n/a".into(), |micros| millis(*micros));
            // Writing to a string cannot fail.
            let _ = write!(line, "{name} {value}  ");
        }
        let _ = write!(line, "max {} ms", millis(self.max));
        line
    }
}

/// Milliseconds with one decimal below a hundred, whole above.
pub(crate) fn millis(micros: u64) -> String {
    if micros < 99_950 {
        let tenths = (micros + 50) / 100;
        format!("{}.{}", tenths / 10, tenths % 10)
    } else {
        grouped((micros + 500) / 1_000)
    }
}

/// `3 of 29,994 (0.010%)`
fn share(part: u64, whole: u64) -> String {
    let thousandths_of_percent = (u128::from(part) * 100_000).checked_div(u128::from(whole)).unwrap_or(0);
    format!(
        "{} of {} ({}.{:03}%)",
        grouped(part),
        grouped(whole),
        thousandths_of_percent / 1_000,
        thousandths_of_percent % 1_000
    )
}

fn tenths_per_second(number: u64, span: Duration) -> u64 {
    let tenths = (u128::from(number) * 10_000).checked_div(span.as_millis()).unwrap_or(0);
    u64::try_from(tenths).unwrap_or(u64::MAX)
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.interrupted {
            writeln!(
                out,
                " INTERRUPTED before the planned end; the figures are of what was sent until then"
            )?;
        }
        if !self.thresholds.is_empty() {
            writeln!(out, " THRESHOLDS")?;
            for threshold in &self.thresholds {
                let mark = if threshold.held { '✓' } else { '✗' };
                writeln!(out, "   {mark} {:<20} {}", threshold.text, threshold.actual)?;
            }
        }
        let asked = &self.target;
        let how = asked.rate.map_or_else(
            || format!("closed loop on {} connections", asked.connections),
            |rate| format!("{rate}.0/s open loop"),
        );
        writeln!(
            out,
            " TARGET    {how} for {} s after {} s warm-up   ACHIEVED {}.{}/s   n={}   not sent in time {}{}",
            asked.duration_s,
            asked.warmup_s,
            grouped(self.achieved_tenths_per_second / 10),
            self.achieved_tenths_per_second % 10,
            grouped(self.measured),
            grouped(self.late),
            if self.never_sent > 0 {
                format!(", never sent {}", grouped(self.never_sent))
            } else {
                String::new()
            },
        )?;
        self.write_times(out)?;
        self.write_routes(out)?;
        self.write_errors(out)?;
        self.write_money(out)?;
        writeln!(out, " MACHINE   {} cores, client and server on the same machine", self.cores)
    }
}

impl Report {
    fn write_times(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(main) = self.routes.get(self.scenario) else {
            return writeln!(out, " LATENCY   nothing was answered rightly");
        };
        let clock = if self.target.rate.is_some() {
            "from the appointed time (no coordinated omission)"
        } else {
            "closed loop: from sending; not what payers would see at this rate"
        };
        let names: Vec<&str> = PERCENTILES.iter().map(super::tally::Percentile::name).collect();
        writeln!(out, " LATENCY   {clock}")?;
        writeln!(out, "           {}   n={}", main.latency.line(&names), grouped(main.n))?;
        writeln!(out, " SERVICE   from the actual sending   {}", main.service.line(&["p50", "p99"]))
    }

    fn write_routes(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self
            .routes
            .iter()
            .map(|(name, route)| {
                format!("{name} n={} {}", grouped(route.n), route.latency.line(&["p50", "p99"]))
            })
            .collect();
        if lines.len() > 1 { writeln!(out, " BY ROUTE  {}", lines.join("  |  ")) } else { Ok(()) }
    }

    fn write_errors(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.errors.is_empty() {
            return writeln!(out, " ERRORS    none");
        }
        writeln!(out, " ERRORS    {}", share(self.wrong, self.measured))?;
        for error in &self.errors {
            let first = Duration::from_millis(error.first_at_ms);
            writeln!(
                out,
                "           {} × {} (first at {:02}:{:02}.{})  {}",
                error.kind,
                grouped(error.count),
                first.as_secs() / 60,
                first.as_secs() % 60,
                first.subsec_millis() / 100,
                error.example,
            )?;
        }
        Ok(())
    }

    fn write_money(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(money) = &self.money else {
            return writeln!(out, " MONEY     none moves in a validation");
        };
        write!(
            out,
            " MONEY     sent KES {}  acknowledged KES {}",
            money.sent.amount_minor.grouped(),
            money.acknowledged.amount_minor.grouped()
        )?;
        if let Some(shown) = &money.shown {
            write!(out, "  shown paid KES {}", shown.amount_minor.grouped())?;
        }
        write!(out, "  difference {}", money.difference_minor.grouped())?;
        if money.unknown.count > 0 {
            write!(
                out,
                "  unknown KES {} in {} payments",
                money.unknown.amount_minor.grouped(),
                grouped(money.unknown.count)
            )?;
        }
        writeln!(out, "   duplicates sent {}", grouped(money.duplicates_sent))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::plan::tests::plan;
    use super::super::tally::{Tally, Timing, Verdict};
    use super::*;

    /// A run of 2,000 confirmations of KES 50, each answered after 3 ms, but for two that were refused.
    fn report(thresholds: &[&str]) -> Report {
        let plan = Plan {
            thresholds: thresholds.iter().map(|text| text.parse().unwrap()).collect(),
            duration: Duration::from_secs(4),
            warmup: Duration::ZERO,
            ..plan()
        };
        let tally = Tally::new();
        let start = Instant::now();
        tally.begin(start, Duration::ZERO);
        for number in 0..2_000 {
            let due = start + Duration::from_millis(2) * number;
            let timing = Timing { due, sent: due, done: due + Duration::from_millis(3) };
            let amount = Kes::from_shillings(50);
            tally.money(|money| money.sent.add(amount));
            if number < 2 {
                tally.exchange("confirm", timing, &Verdict::Status(503));
            } else {
                tally.exchange("confirm", timing, &Verdict::Right);
                tally.money(|money| money.acknowledged.add(amount));
            }
        }
        Report::new(&plan, &tally.counts(), false)
    }

    #[test]
    fn the_text_hides_nothing() {
        let text = report(&["p99<250ms", "errors<0.01%", "p99.99<1s"]).to_string();
        for line in [
            "✓ p99<250ms            p99=3.0ms",
            "✗ errors<0.01%         2 of 2,000 (0.100%)",
            "✗ p99.99<1s            p99.99=n/a, too few samples",
            "TARGET    500.0/s open loop for 4 s after 0 s warm-up   ACHIEVED 499.8/s   n=2,000   not sent in time 0",
            "p50 3.0  p90 3.0  p95 3.0  p99 3.0  p99.9 n/a  p99.99 n/a  max 3.0 ms   n=1,998",
            "SERVICE   from the actual sending   p50 3.0",
            "503 × 2 (first at 00:00.0)",
            "MONEY     sent KES 100,000.00  acknowledged KES 99,900.00  difference 100.00   duplicates sent 0",
            "client and server on the same machine",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
    }

    #[test]
    fn one_crossed_threshold_is_enough() {
        assert!(report(&[]).thresholds_held());
        assert!(report(&["p99<3.1ms", "late<1", "errors<0.2%"]).thresholds_held());
        assert!(!report(&["p99<3.1ms", "max<3ms"]).thresholds_held());
    }

    #[test]
    fn programs_read_the_same_figures() {
        let value = serde_json::to_value(report(&["p99<250ms"])).unwrap();
        assert_eq!(value["routes"]["confirm"]["latency"]["percentiles"]["p99"], 3_001);
        assert_eq!(value["money"]["difference_minor"], 10_000);
        assert_eq!(value["thresholds"][0]["held"], true);
        assert!(value["routes"]["confirm"]["latency"]["percentiles"].get("p99.9").is_none());
    }

    #[test]
    fn times_are_rounded_for_people() {
        assert_eq!(
            [millis(49), millis(18_449), millis(99_949), millis(99_951)],
            ["0.0", "18.4", "99.9", "100"]
        );
        assert_eq!(millis(1_234_567), "1,235");
    }
}
