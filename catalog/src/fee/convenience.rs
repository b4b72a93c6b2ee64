//! The convenience fee of the platform: its own line, its own law, once per bill, and zero when the law says so.

use std::sync::Arc;

use jiff::civil::Date;
use ledger::Money;

use super::basis::LegalBasis;
use super::validity::Validity;
use crate::code::{FeeVersion, RevenueCode};
use crate::text::Text;

/// The convenience fee through time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvenienceFee {
    /// What bills call it.
    pub name: Text,
    /// Where its money belongs; opaque here, and not the agency's.
    pub revenue_code: RevenueCode,
    /// What held when, oldest first; no two hold on the same day.
    pub schedules: Vec<ConvenienceSchedule>,
}

impl ConvenienceFee {
    /// What holds on this day of East Africa Time.
    pub fn schedule_on(&self, day: Date) -> Option<&ConvenienceSchedule> {
        self.schedules.iter().find(|schedule| schedule.validity.contains(day))
    }
}

/// What the convenience fee was during some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvenienceSchedule {
    /// Its name.
    pub version: FeeVersion,
    /// The days on which it holds.
    pub validity: Validity,
    /// The law it rests on; for a fee of zero, the law that forbids it.
    pub basis: Arc<LegalBasis>,
    /// The bands of all currencies, those of one currency by rising limit. A currency without bands has no
    /// convenience fee.
    pub bands: Vec<ConvenienceBand>,
}

/// One band of the convenience fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvenienceBand {
    /// The band holds for totals below this; the last band of a currency has no limit.
    pub below: Option<Money>,
    /// What is added to the bill; its currency is that of the totals it holds for.
    pub fee: Money,
}

impl ConvenienceSchedule {
    /// What is added to a bill of `total`. A bill of nothing has nothing added.
    pub fn fee_for(&self, total: Money) -> Money {
        let zero = Money::zero(total.currency());
        if !total.is_positive() {
            return zero;
        }
        self.bands
            .iter()
            .filter(|band| band.fee.currency() == total.currency())
            .find(|band| band.below.is_none_or(|limit| total.minor() < limit.minor()))
            .map_or(zero, |band| band.fee)
    }
}
