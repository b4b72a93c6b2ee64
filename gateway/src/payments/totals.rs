//! Running totals: what has been collected by day, agency, channel and currency, and what is in doubt. They change in
//! the same batch as the books do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::{Date, date};
use ledger::{Currency, LedgerTime, Money};
use serde::{Deserialize, Serialize};

/// So many days are kept in memory; older ones are in the views.
pub const DAYS_KEPT: i32 = 15;

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// East Africa Time is three hours ahead of UTC, all year.
const EAST_AFRICA_MICROS: i64 = 3 * 3_600_000_000;

/// The revenue day of a moment: the civil day in East Africa Time, as days since 1 January 1970.
pub fn revenue_day(time: LedgerTime) -> i32 {
    let day = (time.micros() + EAST_AFRICA_MICROS).div_euclid(MICROS_PER_DAY);
    i32::try_from(day).expect("a journal does not outlast five million years")
}

/// A civil day, as days since 1 January 1970.
pub fn day_number(day: Date) -> i32 {
    i32::try_from(day.duration_since(date(1970, 1, 1)).as_hours() / 24)
        .expect("a calendar has few million days")
}

/// The moment at which the revenue day of another began.
pub fn start_of_revenue_day(time: LedgerTime) -> LedgerTime {
    let since = (time.micros() + EAST_AFRICA_MICROS).rem_euclid(MICROS_PER_DAY);
    LedgerTime::from_micros(time.micros() - since)
}

/// The minute of its revenue day that a moment is in, from 0 to 1439.
pub fn minute_of_revenue_day(time: LedgerTime) -> u16 {
    let minute = (time.micros() + EAST_AFRICA_MICROS).rem_euclid(MICROS_PER_DAY) / 60_000_000;
    u16::try_from(minute).expect("a day has 1,440 minutes")
}

/// What a total is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TotalKey {
    /// The revenue day, as days since 1 January 1970.
    pub day: i32,
    /// Whose the money is, once its bill is paid; nobody's for money in suspense and for the convenience fee.
    pub agency: Option<Arc<str>>,
    /// The provider's word.
    pub channel: Arc<str>,
    /// The currency.
    pub currency: Currency,
}

/// How many payments, and how much in minor units. A sum of amounts is wider than any one of them, so adding never
/// fails, however long the books are. What is nobody's may be less than nothing on a day on which more left suspense than
/// came into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Payments. One that several agencies have a part in counts once for each of them.
    pub count: i64,
    /// Minor units.
    pub minor: i128,
}

impl Total {
    /// Counts one more payment.
    pub fn count(&mut self, money: Money) {
        self.add(Self { count: 1, minor: i128::from(money.minor()) });
    }

    /// How many payments, where less than nothing of them cannot be said.
    pub fn payments(&self) -> u64 {
        u64::try_from(self.count).unwrap_or(0)
    }

    /// Takes a payment out that was counted before.
    pub fn take_out(&mut self, money: Money) {
        self.add(Self { count: -1, minor: -i128::from(money.minor()) });
    }

    /// Adds another total of the same currency.
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.minor += other.minor;
    }
}

/// Money in suspense that nobody has resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSuspense {
    /// How much.
    pub money: Money,
    /// Since when.
    pub since: LedgerTime,
}

/// All totals at one sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "TotalsParts", from = "TotalsParts")]
pub struct Totals {
    /// Collections.
    pub collected: BTreeMap<TotalKey, Total>,
    /// Of changes alone: sequences of what was in suspense and was put to a bill.
    pub left_suspense: BTreeSet<u64>,
    /// Suspense by the sequence of its record.
    pub suspense: BTreeMap<u64, OpenSuspense>,
    /// All of it, by currency, so that nobody who looks has to go through it while payments wait.
    pub suspense_sums: BTreeMap<Currency, Total>,
    /// Messages in quarantine.
    pub quarantine_count: u64,
    /// Messages that could not be read.
    pub unreadable_count: u64,
}

/// Totals as JSON has them: its maps have text keys only.
#[derive(Clone, Serialize, Deserialize)]
struct TotalsParts {
    collected: Vec<(TotalKey, Total)>,
    suspense: Vec<(u64, OpenSuspense)>,
    quarantine_count: u64,
    unreadable_count: u64,
}

impl From<Totals> for TotalsParts {
    fn from(totals: Totals) -> Self {
        Self {
            collected: totals.collected.into_iter().collect(),
            suspense: totals.suspense.into_iter().collect(),
            quarantine_count: totals.quarantine_count,
            unreadable_count: totals.unreadable_count,
        }
    }
}

impl From<TotalsParts> for Totals {
    fn from(parts: TotalsParts) -> Self {
        let suspense: BTreeMap<_, _> = parts.suspense.into_iter().collect();
        Self {
            collected: parts.collected.into_iter().collect(),
            suspense_sums: sums_of(&suspense),
            left_suspense: BTreeSet::new(),
            suspense,
            quarantine_count: parts.quarantine_count,
            unreadable_count: parts.unreadable_count,
        }
    }
}

impl Totals {
    /// Adds changes, and lets go of days that are older than is kept.
    pub fn add(&mut self, changes: &Self) {
        for (key, change) in &changes.collected {
            self.collected.entry(key.clone()).or_default().add(*change);
        }
        for (sequence, open) in &changes.suspense {
            if self.suspense.insert(*sequence, *open).is_none() {
                self.suspense_sums.entry(open.money.currency()).or_default().count(open.money);
            }
        }
        for sequence in &changes.left_suspense {
            if let Some(open) = self.suspense.remove(sequence) {
                let sum = self.suspense_sums.entry(open.money.currency()).or_default();
                sum.take_out(open.money);
                if *sum == Total::default() {
                    self.suspense_sums.remove(&open.money.currency());
                }
            }
        }
        self.quarantine_count += changes.quarantine_count;
        self.unreadable_count += changes.unreadable_count;
        if let Some(newest) = changes.collected.keys().map(|key| key.day).max() {
            let is_old = |key: &TotalKey| key.day <= newest - DAYS_KEPT;
            while self.collected.first_key_value().is_some_and(|(key, _)| is_old(key)) {
                self.collected.pop_first();
            }
        }
    }

    /// What was collected on a day.
    pub fn of_day(&self, day: i32) -> impl Iterator<Item = (&TotalKey, &Total)> {
        let first = |day| TotalKey { day, agency: None, channel: "".into(), currency: Currency::Kes };
        self.collected.range(first(day)..first(day + 1))
    }

    /// Since when the oldest suspense is there: records follow each other in time.
    pub fn suspense_oldest(&self) -> Option<LedgerTime> {
        self.suspense.first_key_value().map(|(_, open)| open.since)
    }

    /// Notes that a payment has left suspense. It came in once: what its owner has more of from now on is no more nobody's.
    pub fn leave_suspense(&mut self, sequence: u64, nobodys: TotalKey, money: Money) {
        self.left_suspense.insert(sequence);
        self.collected.entry(nobodys).or_default().take_out(money);
    }

    /// Counts a payment.
    pub fn count(&mut self, key: TotalKey, money: Money) {
        self.collected.entry(key).or_default().count(money);
    }
}

fn sums_of(suspense: &BTreeMap<u64, OpenSuspense>) -> BTreeMap<Currency, Total> {
    let mut sums = BTreeMap::<Currency, Total>::new();
    for open in suspense.values() {
        sums.entry(open.money.currency()).or_default().count(open.money);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revenue_day_ends_at_midnight_in_nairobi() {
        // 2026-11-20T20:59:59Z is 23:59:59 in Nairobi.
        let last_second = LedgerTime::from_micros(1_795_208_399_000_000);
        let day = revenue_day(last_second);
        assert_eq!(revenue_day(last_second.plus_seconds(1)), day + 1);
        assert_eq!(revenue_day(LedgerTime::from_micros(0)), 0);
        assert_eq!(minute_of_revenue_day(last_second), 1439);
        assert_eq!(minute_of_revenue_day(last_second.plus_seconds(1)), 0);
    }

    #[test]
    fn more_money_than_one_amount_can_say_is_counted_and_kept() {
        let key = TotalKey { day: 0, agency: None, channel: "mpesa".into(), currency: Currency::Kes };
        let mut totals = Totals::default();
        for _ in 0..3 {
            let mut change = Totals::default();
            change.count(key.clone(), Money::new(i64::MAX, Currency::Kes));
            totals.add(&change);
        }
        assert_eq!(totals.collected[&key], Total { count: 3, minor: i128::from(i64::MAX) * 3 });
        let kept = serde_json::to_vec(&totals).unwrap();
        assert_eq!(serde_json::from_slice::<Totals>(&kept).unwrap(), totals);
    }

    #[test]
    fn sums_of_suspense_and_days_are_those_of_what_they_are_of() {
        let mut totals = Totals::default();
        for sequence in 1..=3 {
            let since = LedgerTime::from_micros(i64::try_from(sequence).unwrap());
            let open = OpenSuspense { money: Money::new(100, Currency::Kes), since };
            let mut change = Totals::default();
            change.suspense.insert(sequence, open);
            let key = TotalKey { day: 5, agency: None, channel: "mpesa".into(), currency: Currency::Usd };
            change.count(key, open.money);
            totals.add(&change);
        }
        assert_eq!(totals.suspense_sums[&Currency::Kes], Total { count: 3, minor: 300 });
        assert_eq!(totals.suspense_oldest(), Some(LedgerTime::from_micros(1)));
        assert_eq!([4, 5, 6].map(|day| totals.of_day(day).count()), [0, 1, 0]);
        let kept = serde_json::to_vec(&totals).unwrap();
        assert_eq!(serde_json::from_slice::<Totals>(&kept).unwrap(), totals);
    }

    #[test]
    fn what_leaves_suspense_is_counted_for_its_owner_and_once_in_all() {
        let key = |agency: Option<&str>| TotalKey {
            day: 7,
            agency: agency.map(Into::into),
            channel: "mpesa".into(),
            currency: Currency::Kes,
        };
        let money = Money::new(100, Currency::Kes);
        let mut totals = Totals::default();
        let mut came = Totals::default();
        came.suspense.insert(3, OpenSuspense { money, since: LedgerTime::from_micros(1) });
        came.count(key(None), money);
        totals.add(&came);
        let mut applied = Totals::default();
        applied.count(key(Some("KWS")), money);
        applied.leave_suspense(3, key(None), money);
        totals.add(&applied);
        assert!(totals.suspense.is_empty());
        assert!(totals.suspense_sums.is_empty());
        assert_eq!(totals.collected[&key(Some("KWS"))], Total { count: 1, minor: 100 });
        assert_eq!(totals.collected[&key(None)], Total::default(), "it is nobody's no more");
        let kept = serde_json::to_vec(&totals).unwrap();
        let read: Totals = serde_json::from_slice(&kept).unwrap();
        assert_eq!(read.collected, totals.collected);
    }

    #[test]
    fn days_that_are_too_old_are_let_go() {
        let mut totals = Totals::default();
        for day in 0..40 {
            let mut change = Totals::default();
            let key = TotalKey { day, agency: None, channel: "mpesa".into(), currency: Currency::Kes };
            change.count(key, Money::new(100, Currency::Kes));
            totals.add(&change);
        }
        let days: Vec<_> = totals.collected.keys().map(|key| key.day).collect();
        assert_eq!(days, (40 - DAYS_KEPT..40).collect::<Vec<_>>());
    }
}
