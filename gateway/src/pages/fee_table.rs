//! What a service costs, as a table that people read before they begin: every line that its rule can charge.

use catalog::{
    Additions, AgeClass, Band, BundlePart, Exemption, FeeRule, FeeSchedule, FixedPart, Language,
    PayerCategory, SeasonDays, VisitorFees,
};
use jiff::civil::Date;
use ledger::Money;

use super::frame::{Frame, Shown};
use super::leaves::Leaves;
use super::moment::{day_spoken, month_and_day_spoken};
use super::words::{FEES, FeeWords, first_upper};

/// The fee of one version.
pub(super) struct FeeTable {
    pub(super) words: &'static FeeWords,
    pub(super) groups: Vec<FeeGroup>,
    /// What may come on top, or be chosen.
    pub(super) extras: Vec<FeeRow>,
    /// The law it rests on.
    pub(super) basis: Shown,
    pub(super) in_force_since: Option<String>,
    pub(super) valid_to: Option<String>,
    /// True if only a demonstration charges it.
    pub(super) is_unsupported: bool,
}

/// Rows that hold together: those of a season, of a kind of visitor.
pub(super) struct FeeGroup {
    pub(super) heading: Option<Shown>,
    pub(super) rows: Vec<FeeRow>,
}

/// A line of the table.
pub(super) struct FeeRow {
    pub(super) text: Shown,
    pub(super) amount: String,
}

impl FeeTable {
    /// The table of a fee that holds on this day.
    pub(super) fn of(frame: &Frame, schedule: &FeeSchedule, day: Date) -> Self {
        let words = FEES.of(frame.language);
        let writer = Writer { frame, words };
        let mut groups = Vec::new();
        writer.rule(None, &schedule.rule, &mut groups);
        Self {
            words,
            groups,
            extras: writer.extras(&schedule.additions),
            basis: frame.english(&schedule.basis.citation()),
            // Where the day is known of the law, its citation says it.
            in_force_since: match schedule.basis.in_force_since {
                Some(_) => None,
                None => schedule.validity.from().map(|day| day_spoken(day, frame.language)),
            },
            valid_to: schedule.validity.to().map(|day| day_spoken(day, frame.language)),
            is_unsupported: !schedule.basis.supports_charging_on(day),
        }
    }

    /// What of it stands on a page; nothing if all of it stands on others. The law stands wherever there is a row.
    pub(super) fn on(mut self, leaves: &mut Leaves) -> Option<Self> {
        let mut around = self.basis.text.clone();
        let mut hold = |heading: &str, row: &FeeRow| {
            leaves.hold(&[&std::mem::take(&mut around), heading, &row.text.text, &row.amount])
        };
        for group in &mut self.groups {
            let heading = group.heading.as_ref().map_or("", |heading| &heading.text);
            group.rows.retain(|row| hold(heading, row));
        }
        self.groups.retain(|group| !group.rows.is_empty());
        self.extras.retain(|row| hold("", row));
        (!self.groups.is_empty() || !self.extras.is_empty()).then_some(self)
    }
}

/// The fee in one phrase, for a row of a list: `KES 3,000.00`, `From KES 100.00`.
pub(super) fn fee_in_short(frame: &Frame, schedule: &FeeSchedule) -> String {
    let words = FEES.of(frame.language);
    let mut groups = Vec::new();
    let mut least: Option<Money> = None;
    let mut is_one = true;
    collect_amounts(&schedule.rule, &mut groups);
    for amount in groups {
        match least {
            None => least = Some(amount),
            Some(least) if least == amount => {}
            Some(known) => {
                is_one = false;
                // Amounts in other currencies are not compared: the first that is named stands.
                if known.currency() == amount.currency() && amount.minor() < known.minor() {
                    least = Some(amount);
                }
            }
        }
    }
    match (&schedule.rule, least) {
        (FeeRule::Assessed { .. }, _) => words.as_assessed.to_owned(),
        (FeeRule::Percentage { rate, of, .. }, _) => {
            format!("{rate} % {} {}", words.of, of.in_language(frame.language))
        }
        (FeeRule::Open { .. }, Some(least)) => (words.from)(least),
        (_, Some(least)) if is_one => least.to_string(),
        (_, Some(least)) => (words.from)(least),
        (_, None) => words.free.to_owned(),
    }
}

/// Every amount that stands for a whole fee in a rule.
fn collect_amounts(rule: &FeeRule, amounts: &mut Vec<Money>) {
    match rule {
        FeeRule::Flat { amount } | FeeRule::Quantity { amount, .. } => amounts.push(*amount),
        FeeRule::Variants { variants, .. } => amounts.extend(variants.iter().map(|variant| variant.amount)),
        FeeRule::Visitors(fees) => amounts.extend(fees.amounts()),
        FeeRule::Bands { bands, .. } => amounts.extend(bands.iter().map(|band| band.amount)),
        FeeRule::Steps { base, .. } => amounts.push(*base),
        FeeRule::Open { amount_min, .. } => amounts.push(*amount_min),
        FeeRule::Bundle { parts } => {
            let first = parts.first().map(|part| part.amount);
            let sum = first
                .and_then(|first| Money::sum(first.currency(), parts.iter().map(|part| part.amount)).ok());
            amounts.extend(sum);
        }
        FeeRule::Seasons { seasons, otherwise } => {
            collect_amounts(otherwise, amounts);
            seasons.iter().for_each(|season| collect_amounts(&season.rule, amounts));
        }
        FeeRule::Percentage { .. } | FeeRule::Assessed { .. } => {}
    }
}

struct Writer<'a> {
    frame: &'a Frame,
    words: &'static FeeWords,
}

impl Writer<'_> {
    fn rule(&self, heading: Option<Shown>, rule: &FeeRule, groups: &mut Vec<FeeGroup>) {
        let language = self.frame.language;
        let rows = match rule {
            FeeRule::Flat { amount } => vec![self.row(self.words.fee, *amount)],
            FeeRule::Variants { variants, .. } => variants
                .iter()
                .map(|variant| FeeRow {
                    text: self.frame.shown(&variant.text).in_a_row(),
                    amount: variant.amount.to_string(),
                })
                .collect(),
            FeeRule::Visitors(fees) => return self.visitors(heading.as_ref(), fees, groups),
            FeeRule::Quantity { unit, amount, times, fixed, .. } => {
                let unit = unit.in_language(language);
                let text = match times {
                    None => (self.words.for_each)(unit),
                    Some(times) => (self.words.for_each_and)(unit, times.unit.in_language(language)),
                };
                let mut rows = vec![FeeRow { text: self.plain(text), amount: amount.to_string() }];
                rows.extend(fixed.as_ref().map(|fixed| self.fixed(fixed)));
                rows
            }
            FeeRule::Percentage { of, rate, amount_min, amount_max, fixed, .. } => {
                let share = format!("{rate} % {} {}", self.words.of, of.in_language(language));
                let amount = match (amount_min, amount_max) {
                    (None, None) => format!("{rate} %"),
                    (Some(least), None) => (self.words.at_least)(*least),
                    (None, Some(most)) => (self.words.at_most)(*most),
                    (Some(least), Some(most)) => (self.words.between)(*least, *most),
                };
                let mut rows = vec![FeeRow { text: self.plain(share), amount }];
                rows.extend(fixed.as_ref().map(|fixed| self.fixed(fixed)));
                rows
            }
            FeeRule::Bands { unit, bands } => {
                let unit = unit.in_language(language);
                let band = |band: &Band| FeeRow {
                    text: self.plain((self.words.up_to)(band.up_to, unit)),
                    amount: band.amount.to_string(),
                };
                bands.iter().map(band).collect()
            }
            FeeRule::Steps { unit, included, base, step, per_step, .. } => {
                let unit = unit.in_language(language);
                vec![
                    FeeRow {
                        text: self.plain((self.words.up_to)(*included, unit)),
                        amount: base.to_string(),
                    },
                    FeeRow {
                        text: self.plain((self.words.each_further)(*step, unit)),
                        amount: per_step.to_string(),
                    },
                ]
            }
            FeeRule::Assessed { reference, .. } => vec![FeeRow {
                text: self.plain((self.words.on_the_slip)(reference.name.in_language(language))),
                amount: self.words.as_assessed.to_owned(),
            }],
            FeeRule::Open { amount_min, amount_max } => vec![FeeRow {
                text: self.plain(self.words.you_choose.to_owned()),
                amount: (self.words.between)(*amount_min, *amount_max),
            }],
            FeeRule::Bundle { parts } => parts.iter().map(|part| self.part(part)).collect(),
            FeeRule::Seasons { seasons, otherwise } => {
                for season in seasons {
                    let name = season.text.in_language(language);
                    let heading = format!("{} ({})", first_upper(name), days(season.days, language));
                    self.rule(Some(self.plain(heading)), &season.rule, groups);
                }
                let rest = self.plain(self.words.all_other_days.to_owned());
                return self.rule(Some(rest), otherwise, groups);
            }
        };
        groups.push(FeeGroup { heading, rows });
    }

    /// One group for each kind of visitor that has an amount, and one for those who enter free.
    fn visitors(&self, heading: Option<&Shown>, fees: &VisitorFees, groups: &mut Vec<FeeGroup>) {
        let language = self.frame.language;
        for category in PayerCategory::ALL {
            let ages = [AgeClass::Adult, AgeClass::Child];
            let rows = ages.into_iter().filter_map(|age| {
                let amount = fees.amount(category, age)?;
                let text = self.plain(first_upper(age.text().in_language(language)));
                Some(FeeRow { text, amount: amount.to_string() })
            });
            let rows: Vec<FeeRow> = rows.collect();
            if !rows.is_empty() {
                let who = first_upper(category.text().in_language(language));
                let who = heading.map_or_else(|| who.clone(), |heading| format!("{}: {who}", heading.text));
                groups.push(FeeGroup { heading: Some(self.plain(who)), rows });
            }
        }
        let free = fees.exemptions().iter().map(|exemption| FeeRow {
            text: self.plain(self.exempt(*exemption)),
            amount: self.words.free.to_owned(),
        });
        let rows: Vec<FeeRow> = free.collect();
        if !rows.is_empty() {
            let heading = self.plain(self.words.free.to_owned());
            groups.push(FeeGroup { heading: Some(heading), rows });
        }
    }

    fn exempt(&self, exemption: Exemption) -> String {
        match exemption {
            Exemption::UnderFive => first_upper(AgeClass::UnderFive.text().in_language(self.frame.language)),
            Exemption::PersonWithDisability => self.words.with_disability.to_owned(),
            Exemption::CitizenSeventyPlus => self.words.citizen_of_seventy.to_owned(),
        }
    }

    fn extras(&self, additions: &Additions) -> Vec<FeeRow> {
        let frame = self.frame;
        let urgencies = additions.urgencies.iter().map(|urgency| FeeRow {
            text: frame.shown(&urgency.text).in_a_row(),
            amount: format!("+ {}", urgency.amount),
        });
        let surcharges = additions.surcharges.iter().map(|surcharge| FeeRow {
            text: frame.shown(&surcharge.text).in_a_row(),
            amount: format!("+ {} %", surcharge.rate),
        });
        urgencies.chain(surcharges).collect()
    }

    fn part(&self, part: &BundlePart) -> FeeRow {
        FeeRow { text: self.frame.shown(&part.text).in_a_row(), amount: part.amount.to_string() }
    }

    fn fixed(&self, fixed: &FixedPart) -> FeeRow {
        FeeRow { text: self.frame.shown(&fixed.text).in_a_row(), amount: fixed.amount.to_string() }
    }

    fn row(&self, text: &'static str, amount: Money) -> FeeRow {
        FeeRow { text: self.plain(text.to_owned()), amount: amount.to_string() }
    }

    /// A text of our own in the language of the page.
    fn plain(&self, text: String) -> Shown {
        Shown { text, lang: None }
    }
}

fn days(days: SeasonDays, language: Language) -> String {
    let [from, to] = days.ends().map(|end| month_and_day_spoken(end, language));
    format!("{from} – {to}")
}
