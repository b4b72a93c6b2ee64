//! What the day has to reach in numbers: how fast a gate decides, and how many confirmations came late. Without the first
//! nobody is helped at a gate; without the second the return of everything was no return.

use std::time::Duration;

use super::DrillPlan;
use super::report::{DrillReport, Kind};
use super::world::HeldUp;

/// How fast a gate has to decide, in life's own time: always while the gateway is gone, and otherwise but for one time in so many.
pub(crate) const DECIDES_WITHIN: Duration = Duration::from_secs(1);
const SLOW_ONE_IN: usize = 100;
/// So many confirmations are held up on a whole day of ten times the national rate.
const HELD_UP_MIN: u64 = 30_000;
const HELD_UP_RATE_TIMES: u64 = 10;

impl DrillPlan {
    /// So many confirmations have to be held up on this day.
    pub(crate) fn held_up_min(&self) -> u64 {
        HELD_UP_MIN * u64::from(self.rate_times) / HELD_UP_RATE_TIMES / u64::from(self.scale.max(1))
    }
}

/// Holds the day against its bars. How long a gate takes is held against its own only where the plan says so: a machine that
/// builds beside it says nothing of a gate.
pub(crate) fn judge(plan: &DrillPlan, report: &mut DrillReport) {
    let (held_up_min, HeldUp { all, repeated, lost }) = (plan.held_up_min(), report.held_up);
    // Of prompts that were answered their own result told; these are payments that nobody knew of.
    let unknown = report.by_kind.get(&Kind::HeldUp).copied().unwrap_or(0);
    if unknown < held_up_min || all < unknown {
        report.wrong.push(format!(
            "{unknown} payments were held up with {all} confirmations, and there have to be {held_up_min} for what returns to be a crowd"
        ));
    }
    if repeated == 0 || lost == 0 || report.delivered_late < unknown / 2 {
        report.wrong.push(format!(
            "of {all} confirmations that were held up {repeated} came three times and {lost} never, and {} of {unknown} payments were told of late",
            report.delivered_late
        ));
    }
    let gate = &report.gate;
    let is_slow =
        gate.slowest_in_the_dark > DECIDES_WITHIN || gate.beyond_a_second * SLOW_ONE_IN > gate.decisions;
    if plan.judges_time && is_slow {
        report.wrong.push(format!(
            "the gate took more than {} ms for {} of {} decisions, {} ms for one, and {} ms for one without the gateway",
            DECIDES_WITHIN.as_millis(),
            gate.beyond_a_second,
            gate.decisions,
            gate.slowest.as_millis(),
            gate.slowest_in_the_dark.as_millis(),
        ));
    }
    let not_judged = [
        (plan.expect_healing, "what is in the books against what moved"),
        (plan.check_books.is_some(), "each receipt, by a checker of its own"),
        (plan.judges_time, "how long the gate takes"),
    ];
    report.not_judged =
        not_judged.into_iter().filter(|(is_judged, _)| !is_judged).map(|(_, what)| what).collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::report::GateDay;
    use crate::drill::world::World;

    fn plan(scale: u32, judges_time: bool) -> DrillPlan {
        DrillPlan { scale, judges_time, ..World::nowhere().plan }
    }

    fn wrong_with(plan: &DrillPlan, held_up: u64, slowest_ms: u64) -> u64 {
        let slowest_in_the_dark = Duration::from_millis(slowest_ms);
        let gate = GateDay { decisions: 9, slowest_in_the_dark, ..GateDay::default() };
        let counts = HeldUp { all: held_up, repeated: 1, lost: 1 };
        let by_kind = [(Kind::HeldUp, held_up)].into();
        let mut report =
            DrillReport { held_up: counts, by_kind, delivered_late: held_up, gate, ..DrillReport::default() };
        judge(plan, &mut report);
        assert_eq!(report.held(), report.wrong.count() == 0);
        report.wrong.count()
    }

    #[test]
    fn a_day_without_a_crowd_that_was_held_up_has_failed_at_its_own_scale() {
        assert_eq!([1, 100, 400].map(|scale| plan(scale, false).held_up_min()), [30_000, 300, 75]);
        assert_eq!(wrong_with(&plan(1, false), 30_000, 5), 0);
        assert_eq!(wrong_with(&plan(1, false), 29_999, 5), 1);
        assert_eq!(wrong_with(&plan(400, false), 75, 5), 0);
        assert_eq!(wrong_with(&plan(400, false), 74, 5), 1);
    }

    #[test]
    fn a_day_on_which_nothing_came_twice_nothing_was_lost_or_little_came_late_has_failed() {
        let wrong_with = |repeated, lost, delivered_late| {
            let held_up = HeldUp { all: 40_000, repeated, lost };
            let by_kind = [(Kind::HeldUp, 30_000)].into();
            let mut report = DrillReport { held_up, by_kind, delivered_late, ..DrillReport::default() };
            judge(&plan(1, false), &mut report);
            report.wrong.count()
        };
        assert_eq!(wrong_with(1, 1, 15_000), 0);
        assert_eq!([wrong_with(0, 1, 15_000), wrong_with(1, 0, 15_000), wrong_with(1, 1, 14_999)], [1, 1, 1]);
    }

    #[test]
    fn a_gate_that_takes_longer_than_a_second_has_failed_where_time_is_judged() {
        assert_eq!(wrong_with(&plan(100, true), 300, 1_000), 0);
        assert_eq!(wrong_with(&plan(100, true), 300, 1_001), 1);
        assert_eq!(wrong_with(&plan(100, false), 300, 1_001), 0, "it is told");
        let slow_times = |beyond_a_second| {
            let gate = GateDay { decisions: 1_000, beyond_a_second, ..GateDay::default() };
            let held_up = HeldUp { all: 300, repeated: 1, lost: 1 };
            let by_kind = [(Kind::HeldUp, 300)].into();
            let mut report =
                DrillReport { held_up, by_kind, delivered_late: 300, gate, ..DrillReport::default() };
            judge(&plan(100, true), &mut report);
            assert_eq!(report.not_judged, ["each receipt, by a checker of its own"]);
            report.wrong.count()
        };
        assert_eq!([slow_times(10), slow_times(11)], [0, 1]);
    }
}
