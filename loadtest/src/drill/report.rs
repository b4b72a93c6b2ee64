//! What the day showed.

use std::collections::BTreeMap;
use std::fmt;

use crate::kes::{Kes, grouped};

/// Something that happened, and when: seconds of the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// Seconds since 05:00.
    pub second: i64,
    /// The time of day that it stands for.
    pub said: String,
    /// What.
    pub what: String,
    /// It is what a way to pay was said to be from then on; otherwise something was done.
    pub is_change: bool,
}

/// A payment that moved money, as the simulated Safaricom has it.
#[derive(Debug, Clone)]
pub(crate) struct Moved {
    pub(crate) second: i64,
    pub(crate) amount: Kes,
    pub(crate) short_code: String,
    pub(crate) by_prompt: bool,
    /// The gateway was told of it when it moved.
    pub(crate) was_told: bool,
    /// Whose bill it was for; nothing if it was for none.
    pub(crate) agency: Option<usize>,
}

/// The day, played and judged.
#[derive(Debug, Default)]
pub struct DrillReport {
    /// In the order of time.
    pub timeline: Vec<Happened>,
    /// From the silence to the moment at which everybody is told that the paybill is down, in seconds of the day.
    pub silence_found_after: Option<i64>,
    /// From the silence to the first payment in a way of a plan.
    pub first_fallback_after: Option<i64>,
    /// From each kill to the moment at which the gateway answers again; from its start it is in [`Self::timeline`].
    pub gone_for: Vec<i64>,
    /// From the return of everything to the moment at which each channel is up again.
    pub back_after: BTreeMap<String, i64>,
    /// Payers who set out, those who had to wait for a way to pay or for the gateway, and those who went home unpaid.
    pub payers: u64,
    /// See [`Self::payers`].
    pub waited: u64,
    /// See [`Self::payers`].
    pub unpaid: u64,
    /// What moved, by short code, and what the books have there.
    pub accounts: BTreeMap<String, (Kes, Kes)>,
    /// What moved for the bills of each agency, and what the books have for it.
    pub agencies: BTreeMap<String, (Kes, Kes)>,
    /// Payments that the statements of the day made known after all.
    pub found_by_statement: u64,
    /// What must not be. Nothing, or the day has failed.
    pub wrong: Vec<String>,
    /// What the checkers said.
    pub checkers: Vec<String>,
    pub(crate) moved: Vec<Moved>,
    /// What each channel was, from when.
    pub(crate) states: Vec<(i64, String, String)>,
    pub(crate) gone: Vec<(i64, Option<i64>)>,
    /// Payments of each agency with a plan in each part of the outage of which the gateway was told.
    pub(crate) collected: BTreeMap<String, Vec<u64>>,
}

impl DrillReport {
    /// Whether nothing was wrong.
    #[must_use]
    pub fn held(&self) -> bool {
        self.wrong.is_empty()
    }
}

impl fmt::Display for DrillReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, " TIMELINE (time of day that it stands for; seconds of the day)")?;
        for Happened { second, said, what, .. } in &self.timeline {
            writeln!(formatter, "   {said}  {second:>6} s  {what}")?;
        }
        let after =
            |seconds: Option<i64>| seconds.map_or("never".to_owned(), |seconds| format!("{seconds} s"));
        writeln!(formatter, " SILENCE   found after {}", after(self.silence_found_after))?;
        writeln!(formatter, " FALLBACK  first payment after {}", after(self.first_fallback_after))?;
        writeln!(formatter, " KILLED    answering again after {:?} s", self.gone_for)?;
        writeln!(formatter, " BACK      {:?} s after everything returned", self.back_after)?;
        writeln!(
            formatter,
            " PAYERS    {}; {} had to wait, {} went home unpaid",
            grouped(self.payers),
            grouped(self.waited),
            grouped(self.unpaid)
        )?;
        for (agency, counts) in &self.collected {
            writeln!(formatter, " COLLECTED {agency} in each part of the outage: {counts:?}")?;
        }
        for (name, (moved, booked)) in self.accounts.iter().chain(&self.agencies) {
            writeln!(
                formatter,
                " MONEY     {name:<8} moved KES {:>18}  booked KES {:>18}",
                moved.grouped(),
                booked.grouped()
            )?;
        }
        writeln!(formatter, " HEALED    {} by the statements of the day", grouped(self.found_by_statement))?;
        for line in self.checkers.iter().flat_map(|said| said.lines()) {
            writeln!(formatter, " CHECKED   {line}")?;
        }
        for wrong in &self.wrong {
            writeln!(formatter, " WRONG     {wrong}")?;
        }
        writeln!(formatter, " {}", if self.held() { "HELD" } else { "FAILED" })
    }
}
