//! What a run is to do.

use std::path::PathBuf;
use std::time::Duration;

use super::threshold::Threshold;
use crate::loopback::LoopbackUrl;

/// How many payments one run may make at most: what it remembers about them must fit in memory.
const PAYMENTS_MAX: u64 = 5_000_000;

/// A run, complete and consistent once [`Plan::problems`] finds nothing.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Who is spoken to, and how.
    pub target: Target,
    /// What is paid for.
    pub source: Source,
    /// When payments leave.
    pub pace: Pace,
    /// How long is measured.
    pub duration: Duration,
    /// How long payments are sent before measuring begins.
    pub warmup: Duration,
    /// Stop after so many payments.
    pub count: Option<u64>,
    /// How many payments may be under way at once. One connection carries one, so this bounds connections
    /// too.
    pub connections: usize,
    /// How long an answer is waited for.
    pub timeout: Duration,
    /// How many payments per thousand are confirmed a second time with the very same message.
    pub repeats_per_mille: u16,
    /// Chooses amounts, payers and repeats.
    pub seed: u64,
    /// The paybill that is paid to.
    pub paybill: String,
    /// Where the witness log is kept.
    pub log: PathBuf,
    /// What must hold.
    pub thresholds: Vec<Threshold>,
}

/// Who is spoken to, and how.
#[derive(Debug, Clone)]
pub enum Target {
    /// Confirmations are posted to the gateway's callback base, as Safaricom would.
    Confirm(LoopbackUrl),
    /// Validations are posted there. No money moves.
    Validate(LoopbackUrl),
    /// The sandbox is asked to pay, and the bill is watched until the gateway shows it paid.
    Pay {
        /// The sandbox's base address.
        sandbox: LoopbackUrl,
    },
}

/// What is paid for.
#[derive(Debug, Clone)]
pub enum Source {
    /// Bills that are made through the public API.
    Bills {
        /// Base address of the public API.
        public: LoopbackUrl,
        /// The agency's API key.
        key: String,
        /// The request body; `{n}` in it becomes the bill's number in this run.
        body: String,
        /// When, and how many.
        made: BillsMade,
    },
    /// Nothing: account numbers that match no bill. Such money ends in suspense.
    Nothing,
}

/// When bills are made, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillsMade {
    /// Before the first payment: so many, paid round and round; one for each payment where nothing is said.
    Beforehand(Option<u64>),
    /// A few ahead of their payments while these go, one for each; the first has this number.
    Meanwhile {
        /// What `{n}` becomes in the first of them.
        first: u64,
    },
}

/// When payments leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// At fixed times, so many a second, whatever the answers do.
    Open {
        /// Payments a second.
        rate: u32,
    },
    /// Each connection sends when its last payment is answered.
    Closed,
}

impl Plan {
    /// How many payments are made in all, where that is known beforehand.
    #[must_use]
    pub fn payments(&self) -> Option<u64> {
        let by_time = match self.pace {
            Pace::Open { rate } => {
                let millis = (self.warmup + self.duration).as_millis();
                u64::try_from(millis * u128::from(rate) / 1_000).ok()
            }
            Pace::Closed => None,
        };
        match (self.count, by_time) {
            (Some(count), Some(by_time)) => Some(count.min(by_time)),
            (count, by_time) => count.or(by_time),
        }
    }

    /// How many bills are needed, where there are any.
    pub(crate) fn bills(&self) -> Option<u64> {
        match &self.source {
            Source::Bills { made: BillsMade::Beforehand(Some(number)), .. } => Some(*number),
            Source::Bills { .. } => self.payments(),
            Source::Nothing => None,
        }
    }

    /// Every reason why this plan cannot be carried out.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if matches!(self.pace, Pace::Open { rate: 0 }) {
            problems.push("--rate: must be at least 1".into());
        }
        if self.connections == 0 || self.connections > 10_000 {
            problems.push("--connections: 1 to 10,000".into());
        }
        if self.duration.is_zero() {
            problems.push("--duration: must not be zero".into());
        }
        if self.repeats_per_mille > 1_000 {
            problems.push("--repeats-per-mille: 0 to 1,000".into());
        }
        if self.payments().is_some_and(|payments| payments == 0 || payments > PAYMENTS_MAX) {
            problems.push("--rate, --duration, --count: together 1 to 5,000,000 payments".into());
        }
        if matches!(self.source, Source::Bills { .. }) && self.bills().is_none_or(|bills| bills == 0) {
            problems
                .push("a closed loop with bills needs --count or --bills, to know how many to make".into());
        }
        if matches!((&self.target, &self.source), (Target::Pay { .. }, Source::Nothing)) {
            problems.push("pay: watches bills and so cannot run --without-bills".into());
        }
        problems
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn plan() -> Plan {
        Plan {
            target: Target::Confirm("http://127.0.0.1:9/cb/t".parse().unwrap()),
            source: Source::Nothing,
            pace: Pace::Open { rate: 500 },
            duration: Duration::from_secs(60),
            warmup: Duration::from_secs(10),
            count: None,
            connections: 64,
            timeout: Duration::from_secs(30),
            repeats_per_mille: 0,
            seed: 42,
            paybill: "222222".into(),
            log: "log.ndjson".into(),
            thresholds: Vec::new(),
        }
    }

    #[test]
    fn the_number_of_payments_follows_from_rate_and_time() {
        assert_eq!(plan().payments(), Some(35_000));
        assert_eq!(Plan { count: Some(10), ..plan() }.payments(), Some(10));
        assert_eq!(Plan { pace: Pace::Closed, ..plan() }.payments(), None);
    }

    #[test]
    fn every_problem_is_told_at_once() {
        assert_eq!(plan().problems(), Vec::<String>::new());
        let wrong = Plan { pace: Pace::Open { rate: 0 }, connections: 0, ..plan() };
        assert_eq!(wrong.problems().len(), 3, "{:?}", wrong.problems());
    }

    #[test]
    fn a_closed_loop_must_know_how_many_bills_to_make() {
        let source = Source::Bills {
            public: "http://127.0.0.1:9".parse().unwrap(),
            key: "test_1".into(),
            body: "{}".into(),
            made: BillsMade::Beforehand(None),
        };
        let endless = Plan { pace: Pace::Closed, source, ..plan() };
        assert_eq!(endless.problems().len(), 1);
        assert!(Plan { count: Some(10), ..endless }.problems().is_empty());
    }
}
