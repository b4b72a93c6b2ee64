//! Which part of what came in is asked for next: a pure function of time, of the outages that the books know, and of how far
//! lists have been read.
//!
//! Regularly, the time since the last list and an hour before it, because lists are late too. After an outage, all of it,
//! once at its end and once an hour later. In parts of a quarter of an hour, so that what fails is repeated in small.

use std::collections::BTreeMap;

use super::pulling::Listed;
use crate::payments::channels::Outage;

/// Seconds from one regular list to the next.
const EVERY_SECONDS: i64 = 600;
/// So much of what was listed before is listed again: whoever tells us late lists late.
const OVERLAP_SECONDS: i64 = 3_600;
/// An outage is found out some time after it began.
const BEFORE_OUTAGE_SECONDS: i64 = 1_800;
/// How long after its end an outage is listed again.
const AGAIN_SECONDS: i64 = 3_600;
/// The longest time that is asked for at once, and the shortest into which one is cut that has too much in it.
const PART_SECONDS_MAX: i64 = 900;
const PART_SECONDS_MIN: i64 = 1;
/// The first wait after a failure; each next one is twice as long.
const WAIT_SECONDS: i64 = 10;
const WAIT_SECONDS_MAX: i64 = 600;

/// A span of time, both ends included, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// From when.
    pub(super) from: i64,
    /// Until when.
    pub(super) until: i64,
}

/// What is to be listed, and what has been.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    look_back_seconds: i64,
    /// Everything that moved before has been listed, if it was listed in time.
    listed_until: i64,
    /// What is left of what is being listed.
    left: Option<Span>,
    /// Outages that are over, and when they were listed last.
    outages: BTreeMap<u64, i64>,
    /// When the next regular list is due.
    due_at: i64,
    /// Nothing is asked before.
    wait_until: i64,
    failures: u32,
    part_seconds: i64,
}

impl Plan {
    /// What came in before `listed_until` has been listed. Whatever came in while nobody was there to be told is listed at
    /// once.
    pub(super) fn new(look_back_seconds: i64, listed_until: i64) -> Self {
        Self {
            look_back_seconds,
            listed_until,
            left: None,
            outages: BTreeMap::new(),
            due_at: i64::MIN,
            wait_until: i64::MIN,
            failures: 0,
            part_seconds: PART_SECONDS_MAX,
        }
    }

    /// How far everything is listed.
    pub(super) const fn listed_until(&self) -> i64 {
        self.listed_until
    }

    /// What to ask for now, if anything. `ended` are outages of the channel that are over.
    pub(super) fn next<'a>(&mut self, ended: impl Iterator<Item = &'a Outage>, now: i64) -> Option<Span> {
        if now < self.wait_until {
            return None;
        }
        let outage = self.outage_to_list(ended, now);
        if let Some(since) = outage {
            let from = since - BEFORE_OUTAGE_SECONDS;
            self.left =
                Some(self.left.map_or(Span { from, until: now }, |left| Span {
                    from: from.min(left.from),
                    until: now,
                }));
        }
        if self.left.is_none() && now >= self.due_at {
            self.left = Some(Span { from: self.listed_until - OVERLAP_SECONDS, until: now });
        }
        let left = self.left.as_mut()?;
        left.from = left.from.max(now - self.look_back_seconds);
        if left.from > left.until {
            self.left = None;
            return None;
        }
        Some(Span { from: left.from, until: left.until.min(left.from + self.part_seconds) })
    }

    /// When the earliest outage began that has to be listed now. They count as listed from now on: what is left of them is
    /// not given up before it has been.
    fn outage_to_list<'a>(&mut self, ended: impl Iterator<Item = &'a Outage>, now: i64) -> Option<i64> {
        let mut earliest = None;
        for outage in ended {
            let Some((end, _)) = outage.ended else { continue };
            let (since, end) = (seconds(outage.since.micros()), seconds(end.micros()));
            if outage.is_drill || now - end > self.look_back_seconds {
                continue;
            }
            let is_due = match self.outages.get(&outage.id) {
                None => true,
                Some(listed) => *listed < end + AGAIN_SECONDS && now >= end + AGAIN_SECONDS,
            };
            if is_due {
                self.outages.insert(outage.id, now);
                earliest = Some(earliest.map_or(since, |known: i64| known.min(since)));
            }
        }
        self.outages.retain(|_, listed| now - *listed <= 2 * self.look_back_seconds);
        earliest
    }

    /// This span was listed to its end.
    pub(super) fn listed(&mut self, span: Span, listed: Listed, now: i64) {
        (self.failures, self.wait_until) = (0, i64::MIN);
        self.part_seconds = self.part_seconds.saturating_mul(2).min(PART_SECONDS_MAX);
        // What is further back than can be asked is not waited for: the statement has it.
        let is_next_to_it = span.from <= self.listed_until.max(now - self.look_back_seconds);
        if is_next_to_it && listed == Listed::Whole {
            self.listed_until = self.listed_until.max(span.until);
        }
        let Some(left) = &mut self.left else { return };
        left.from = span.until;
        if left.from >= left.until {
            self.left = None;
            self.due_at = now + EVERY_SECONDS;
        }
    }

    /// Too much is in the span: less is asked for. False if it cannot be less.
    pub(super) fn cut(&mut self) -> bool {
        let is_cut = self.part_seconds > PART_SECONDS_MIN;
        self.part_seconds = (self.part_seconds / 2).max(PART_SECONDS_MIN);
        is_cut
    }

    /// There was no answer, or what was listed could not be booked. How long nothing is asked, in seconds.
    pub(super) fn failed(&mut self, now: i64) -> i64 {
        let wait = (WAIT_SECONDS << self.failures.min(10)).min(WAIT_SECONDS_MAX);
        self.failures = self.failures.saturating_add(1);
        self.wait_until = now + wait;
        wait
    }
}

/// Whole seconds of microseconds.
pub(super) const fn seconds(micros: i64) -> i64 {
    micros.div_euclid(1_000_000)
}

#[cfg(test)]
mod tests {
    use ledger::LedgerTime;
    use proptest::prelude::*;

    use super::*;
    use crate::payments::channels::{ChannelKind, ChannelName, ChannelScope};

    const LOOK_BACK: i64 = 48 * 3_600;
    const NOW: i64 = 1_000_000;

    fn outage(id: u64, since: i64, ended: i64) -> Outage {
        let at = |seconds: i64| LedgerTime::from_micros(seconds * 1_000_000);
        Outage {
            id,
            scope: ChannelScope::for_all(ChannelName::only(ChannelKind::MpesaPaybill)),
            is_drill: false,
            since: at(since),
            ended: Some((at(ended), id + 1)),
        }
    }

    /// Lists everything that is due at this moment; what was covered.
    fn run(plan: &mut Plan, ended: &[Outage], now: i64) -> Option<Span> {
        let mut covered: Option<Span> = None;
        while let Some(span) = plan.next(ended.iter(), now) {
            assert!(span.until - span.from <= PART_SECONDS_MAX);
            if let Some(covered) = &mut covered {
                assert_eq!(covered.until, span.from, "nothing lies between two parts");
                covered.until = span.until;
            } else {
                covered = Some(span);
            }
            plan.listed(span, Listed::Whole, now);
        }
        covered
    }

    #[test]
    fn what_came_in_is_listed_regularly_with_an_hour_before_it() {
        let mut plan = Plan::new(LOOK_BACK, NOW);
        assert_eq!(run(&mut plan, &[], NOW), Some(Span { from: NOW - 3_600, until: NOW }));
        assert_eq!(run(&mut plan, &[], NOW + 599), None);
        assert_eq!(run(&mut plan, &[], NOW + 600), Some(Span { from: NOW - 3_600, until: NOW + 600 }));
        assert_eq!(plan.listed_until(), NOW + 600);
    }

    #[test]
    fn an_outage_is_listed_at_its_end_and_an_hour_later_and_no_more() {
        let mut plan = Plan::new(LOOK_BACK, NOW - 60);
        run(&mut plan, &[], NOW - 60);
        let outages = [outage(7, NOW - 32_400, NOW)];
        let all = Span { from: NOW - 32_400 - 1_800, until: NOW };
        assert_eq!(run(&mut plan, &outages, NOW), Some(all));
        assert_eq!(run(&mut plan, &outages, NOW + 30), None);
        let later = run(&mut plan, &outages, NOW + 3_600).unwrap();
        assert_eq!((later.from, later.until), (all.from, NOW + 3_600));
        assert_eq!(run(&mut plan, &outages, NOW + 3_700), None);
        // Whoever starts anew does not know that it was listed.
        let mut anew = Plan::new(LOOK_BACK, NOW + 3_700);
        assert_eq!(run(&mut anew, &outages, NOW + 3_700).unwrap().from, all.from);
        let mut drill = outage(8, NOW, NOW + 3_700);
        drill.is_drill = true;
        assert_eq!(run(&mut anew, &[drill], NOW + 3_800), None);
    }

    #[test]
    fn nothing_is_asked_for_that_is_further_back_than_can_be_asked() {
        let mut plan = Plan::new(LOOK_BACK, 0);
        let covered = run(&mut plan, &[outage(7, 5, NOW)], NOW).unwrap();
        assert_eq!(covered, Span { from: NOW - LOOK_BACK, until: NOW });
        assert_eq!(plan.listed_until(), NOW);
    }

    #[test]
    fn a_failure_is_waited_out_for_longer_each_time_and_nothing_is_left_out() {
        let mut plan = Plan::new(LOOK_BACK, NOW);
        let first = plan.next([].iter(), NOW).unwrap();
        let waits: Vec<_> = (0..8).map(|_| plan.failed(NOW)).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 600, 600]);
        assert_eq!(plan.next([].iter(), NOW + 599), None);
        assert_eq!(plan.next([].iter(), NOW + 600).unwrap().from, first.from);
        plan.listed(first, Listed::Whole, NOW + 600);
        assert_eq!(plan.failed(NOW + 600), 10);
    }

    #[test]
    fn a_span_with_rows_that_cannot_be_read_is_listed_again_until_it_is_too_far_back() {
        let mut plan = Plan::new(LOOK_BACK, NOW);
        let first = plan.next([].iter(), NOW).unwrap();
        plan.listed(first, Listed::WithUnreadable, NOW);
        run(&mut plan, &[], NOW);
        assert_eq!(plan.listed_until(), NOW, "what comes before the beginning was listed in an earlier life");
        let later = plan.next([].iter(), NOW + 600).unwrap();
        let mut span = later;
        while span.until < NOW + 600 {
            plan.listed(span, Listed::Whole, NOW + 600);
            span = plan.next([].iter(), NOW + 600).unwrap();
        }
        plan.listed(span, Listed::WithUnreadable, NOW + 600);
        assert!(plan.listed_until() < NOW + 600);
        let stands = plan.listed_until();
        assert_eq!(run(&mut plan, &[], NOW + 1_200).unwrap().from, stands - OVERLAP_SECONDS);
        assert_eq!(plan.listed_until(), NOW + 1_200);
    }

    #[test]
    fn what_is_too_much_is_cut_down_to_a_second() {
        let mut plan = Plan::new(LOOK_BACK, NOW);
        let mut cuts = 0;
        while plan.cut() {
            cuts += 1;
        }
        assert_eq!(cuts, 9);
        let span = plan.next([].iter(), NOW).unwrap();
        assert_eq!(span.until - span.from, 1);
    }

    proptest! {
        /// Whatever fails and whenever it is looked: what was listed has no gap, from the beginning to its end.
        #[test]
        fn no_second_is_left_out(steps in prop::collection::vec((0_i64..2_000, 0_u8..4), 1..200)) {
            let mut plan = Plan::new(LOOK_BACK, NOW);
            let mut now = NOW;
            let mut covered = NOW;
            for (pause, outcome) in steps {
                now += pause;
                let Some(span) = plan.next([].iter(), now) else { continue };
                // What is further back than can be asked is left to the statement.
                prop_assert!(span.from <= covered.max(now - LOOK_BACK) && span.until <= now);
                match outcome {
                    0 => { plan.failed(now); }
                    1 => { plan.cut(); }
                    _ => {
                        plan.listed(span, Listed::Whole, now);
                        covered = covered.max(span.until);
                    }
                }
                prop_assert_eq!(plan.listed_until(), covered);
            }
        }
    }
}
