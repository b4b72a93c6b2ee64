//! What the day showed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use super::findings::Findings;
use super::gate::Decision;
use super::world::HeldUp;
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

/// How money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Typed to the paybill, and told of at once.
    Paybill,
    /// Typed to the paybill, and not told of until later.
    HeldUp,
    /// Asked for on a phone by M-PESA.
    Prompt,
    /// Typed to the paybill that an agency has of its own.
    Till,
    /// Paid in at a bank.
    Bank,
    /// Paid in at a branch of a bank, and told of by a slip.
    Slip,
    /// Asked for on a phone by Airtel Money.
    Airtel,
    /// By card.
    Card,
    /// By card at a terminal, and told of by its batch.
    Terminal,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Paybill,
        Self::HeldUp,
        Self::Prompt,
        Self::Till,
        Self::Bank,
        Self::Slip,
        Self::Airtel,
        Self::Card,
        Self::Terminal,
    ];

    /// What it is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Paybill => "paybill, told at once",
            Self::HeldUp => "paybill, held up",
            Self::Prompt => "M-PESA prompt",
            Self::Till => "agency's own paybill",
            Self::Bank => "bank",
            Self::Slip => "slip of a bank",
            Self::Airtel => "Airtel Money",
            Self::Card => "card",
            Self::Terminal => "card terminal",
        }
    }
}

/// A payment that moved money, as the simulated outside has written it down.
#[derive(Debug, Clone)]
pub(crate) struct Moved {
    pub(crate) second: i64,
    pub(crate) amount: Kes,
    /// Where it is collected: `mpesa 222222`.
    pub(crate) account: Arc<str>,
    pub(crate) kind: Kind,
    /// The payment number that was typed, if it is one.
    pub(crate) bill: Option<u64>,
    /// Whose bill it was for; nothing if it was for none.
    pub(crate) agency: Option<usize>,
    /// Of money that came home it is not kept.
    pub(crate) receipt: Option<Box<str>>,
}

impl Moved {
    /// Whether the gateway was told of it when it moved.
    pub(crate) fn was_told(&self) -> bool {
        !matches!(self.kind, Kind::HeldUp | Kind::Slip | Kind::Terminal)
    }
}

/// The report of an outage that agrees with what the outside has written down, unless it is said what does not.
#[derive(Debug, Clone)]
pub struct OutageJudged {
    /// Sequence of the record with which it began.
    pub id: u64,
    /// What was down.
    pub channel: String,
    /// From when until when, in seconds of the day.
    pub since: i64,
    /// See [`Self::since`].
    pub ended: Option<i64>,
    /// What was collected elsewhere while it lasted, as the outside has it.
    pub payments: u64,
    /// See [`Self::payments`].
    pub total: Kes,
    /// So many of them had moved before it began, and became known meanwhile.
    pub moved_before: u64,
    /// So many more became known after it, of money that had moved before its end, as the report has it.
    pub known_later: u64,
    /// Whom gates let in meanwhile, as the report has it.
    pub let_in: u64,
}

/// What a gate did on the day.
#[derive(Debug, Clone, Default)]
pub struct GateDay {
    /// How often it decided, and how often of them while the gateway was gone.
    pub decisions: usize,
    /// See [`Self::decisions`].
    pub in_the_dark: usize,
    /// The slowest of them, in life's own time.
    pub slowest: Duration,
    /// The slowest while the gateway was gone.
    pub slowest_in_the_dark: Duration,
    /// So many took more than a second.
    pub beyond_a_second: usize,
    /// How many people it let in, and how many visits of it are in the books.
    pub let_in: usize,
    /// See [`Self::let_in`].
    pub booked: usize,
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
    /// Payers who were asked and were never told what became of it.
    pub in_doubt: u64,
    /// What moved, by short code, and what the books have there.
    pub accounts: BTreeMap<String, (Kes, Kes)>,
    /// What moved for the bills of each agency, and what the books have for it.
    pub agencies: BTreeMap<String, (Kes, Kes)>,
    /// Payers whose bill did not say yet that it is paid when they looked, half a minute of the day later.
    pub looked_too_soon: u64,
    /// Confirmations that were held up until everything returned.
    pub(crate) held_up: HeldUp,
    /// Payments that nobody had told of, and that were told of when everything returned.
    pub delivered_late: u64,
    /// Payments that the statements of the day made known after all.
    pub found_by_statement: u64,
    /// How many payments took each way.
    pub by_kind: BTreeMap<Kind, u64>,
    /// The reports of outages.
    pub outages: Vec<OutageJudged>,
    /// The gate.
    pub gate: GateDay,
    /// From the first prompt that failed to the next way on the page of a bill: seconds of the day, and life's own time.
    pub next_way_after: Option<(i64, Duration)>,
    /// What must not be. Nothing, or the day has failed.
    pub wrong: Findings,
    /// What the plan has not judged.
    pub not_judged: Vec<&'static str>,
    /// What the checkers said.
    pub checkers: Vec<String>,
    pub(crate) moved: Vec<Moved>,
    pub(crate) decisions: Vec<Decision>,
    /// What each channel was, from when.
    pub(crate) states: Vec<(i64, String, String)>,
    pub(crate) gone: Vec<(i64, Option<i64>)>,
    /// Payments of each agency in each part of the outage of which the gateway was told.
    pub(crate) collected: BTreeMap<String, Vec<u64>>,
}

impl DrillReport {
    /// Whether nothing was wrong.
    #[must_use]
    pub fn held(&self) -> bool {
        self.wrong.is_empty()
    }

    fn write_outages(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for outage in &self.outages {
            let until = outage.ended.map_or("goes on".to_owned(), |ended| format!("to {ended:>6} s"));
            writeln!(
                formatter,
                " OUTAGE    {:<14} {:>6} s {until}: {} payments elsewhere, KES {}, moved before {}; known later {}; let in {}",
                outage.channel,
                outage.since,
                grouped(outage.payments),
                outage.total.grouped(),
                grouped(outage.moved_before),
                grouped(outage.known_later),
                outage.let_in,
            )?;
        }
        Ok(())
    }

    fn write_gate(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gate = &self.gate;
        writeln!(
            formatter,
            " GATE      {} decisions, slowest {} ms, {} beyond a second; without the gateway {}, slowest {} ms",
            gate.decisions,
            gate.slowest.as_millis(),
            gate.beyond_a_second,
            gate.in_the_dark,
            gate.slowest_in_the_dark.as_millis(),
        )?;
        writeln!(formatter, " GATE      let in {}, in the books {}", gate.let_in, gate.booked)
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
        match self.next_way_after {
            Some((seconds, took)) => writeln!(
                formatter,
                " NEXT WAY  on the page of a bill {seconds} s after the first prompt that failed ({} ms of ours)",
                took.as_millis()
            )?,
            None => writeln!(formatter, " NEXT WAY  was not seen on the page of a bill")?,
        }
        writeln!(formatter, " FALLBACK  first payment after {}", after(self.first_fallback_after))?;
        writeln!(formatter, " KILLED    answering again after {:?} s", self.gone_for)?;
        writeln!(formatter, " BACK      {:?} s after everything returned", self.back_after)?;
        writeln!(
            formatter,
            " PAYERS    {}; {} had to wait, {} went home unpaid, {} in doubt; {} looked before their bill knew",
            grouped(self.payers),
            grouped(self.waited),
            grouped(self.unpaid),
            grouped(self.in_doubt),
            grouped(self.looked_too_soon)
        )?;
        for (kind, count) in &self.by_kind {
            writeln!(formatter, " PAID BY   {:<22} {:>10}", kind.word(), grouped(*count))?;
        }
        for (agency, counts) in &self.collected {
            writeln!(formatter, " COLLECTED {agency} in each part of the outage: {counts:?}")?;
        }
        for (name, (moved, booked)) in self.accounts.iter().chain(&self.agencies) {
            writeln!(
                formatter,
                " MONEY     {name:<22} moved KES {:>18}  booked KES {:>18}",
                moved.grouped(),
                booked.grouped()
            )?;
        }
        let HeldUp { all, repeated, lost } = self.held_up;
        writeln!(
            formatter,
            " HELD UP   {} until everything returned, {} three times, {} never; {} payments told of late",
            grouped(all),
            grouped(repeated),
            grouped(lost),
            grouped(self.delivered_late)
        )?;
        writeln!(formatter, " HEALED    {} by the statements of the day", grouped(self.found_by_statement))?;
        self.write_outages(formatter)?;
        self.write_gate(formatter)?;
        for line in self.checkers.iter().flat_map(|said| said.lines()) {
            writeln!(formatter, " CHECKED   {line}")?;
        }
        for wrong in self.wrong.kept() {
            writeln!(formatter, " WRONG     {wrong}")?;
        }
        if self.wrong.more() > 0 {
            writeln!(formatter, " WRONG     and {} more", grouped(self.wrong.more()))?;
        }
        write!(formatter, " {}", if self.held() { "HELD" } else { "FAILED" })?;
        if !self.not_judged.is_empty() {
            write!(formatter, "; not judged: {}", self.not_judged.join("; "))?;
        }
        writeln!(formatter)
    }
}
