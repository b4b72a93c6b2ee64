//! What somebody has to say before a service has a price: the questions that follow from its fee, one to a page.

use catalog::{
    AgeClass, Exemption, FeeRule, FeeSchedule, PayerCategory, ReferenceShape, Text, Urgency, Variant,
    VisitorFees,
};
use jiff::civil::Date;
use ledger::Currency;

/// A question, with what the fee says about its answers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question<'a> {
    /// Which of the variants.
    Variant { question: &'a Text, variants: &'a [Variant] },
    /// The day of the visit.
    Date,
    /// Who enters, and how many.
    Visitors(&'a VisitorFees),
    /// How many.
    Quantity { unit: &'a Text },
    /// How many times as much: days of a stay.
    Times { unit: &'a Text },
    /// The value that a share is taken of.
    DeclaredValue { of: &'a Text, currency: Currency },
    /// What an authority has assessed, and under which reference.
    Assessment { reference: &'a ReferenceShape, currency: Currency },
    /// An amount of the payer's choice.
    Amount { currency: Currency },
    /// Which of the urgencies, if any.
    Urgency(&'a [Urgency]),
}

impl<'a> Question<'a> {
    /// The questions of a fee, in the order in which they are asked. The day of a visit decides what is asked after it.
    pub(super) fn of(schedule: &'a FeeSchedule, date: Option<Date>) -> Vec<Self> {
        let mut questions = Vec::new();
        ask(&schedule.rule, date, &mut questions);
        if !schedule.additions.urgencies.is_empty() {
            questions.push(Self::Urgency(&schedule.additions.urgencies));
        }
        questions
    }

    /// Its name in addresses.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Variant { .. } => "variant",
            Self::Date => "date",
            Self::Visitors(_) => "visitors",
            Self::Quantity { .. } => "quantity",
            Self::Times { .. } => "times",
            Self::DeclaredValue { .. } => "declared_value",
            Self::Assessment { .. } => "assessment",
            Self::Amount { .. } => "amount",
            Self::Urgency(_) => "urgency",
        }
    }

    /// The names of its fields in a form.
    pub(super) fn names(self) -> Vec<String> {
        match self {
            Self::Date => ["date.day", "date.month", "date.year"].map(str::to_owned).to_vec(),
            Self::Assessment { .. } => ["reference", "assessed"].map(str::to_owned).to_vec(),
            Self::Visitors(fees) => cells(fees).into_iter().map(Cell::name).collect(),
            _ => vec![self.key().to_owned()],
        }
    }

    /// Whether what is answered could say who somebody is. Such answers stay out of addresses.
    pub(super) const fn is_personal(self) -> bool {
        matches!(self, Self::Assessment { .. })
    }
}

fn ask<'a>(rule: &'a FeeRule, date: Option<Date>, questions: &mut Vec<Question<'a>>) {
    match rule {
        FeeRule::Flat { .. } | FeeRule::Bundle { .. } => {}
        FeeRule::Variants { question, variants } => questions.push(Question::Variant { question, variants }),
        FeeRule::Visitors(fees) => questions.push(Question::Visitors(fees)),
        FeeRule::Quantity { unit, times, .. } => {
            questions.push(Question::Quantity { unit });
            questions.extend(times.as_ref().map(|times| Question::Times { unit: &times.unit }));
        }
        FeeRule::Percentage { of, currency, .. } => {
            questions.push(Question::DeclaredValue { of, currency: *currency });
        }
        FeeRule::Bands { unit, .. } | FeeRule::Steps { unit, .. } => {
            questions.push(Question::Quantity { unit });
        }
        FeeRule::Assessed { reference, amount_min, .. } => {
            questions.push(Question::Assessment { reference, currency: amount_min.currency() });
        }
        FeeRule::Open { amount_min, .. } => {
            questions.push(Question::Amount { currency: amount_min.currency() });
        }
        FeeRule::Seasons { seasons, otherwise } => {
            questions.push(Question::Date);
            if let Some(date) = date {
                let season = seasons.iter().find(|season| season.days.contains(date));
                ask(season.map_or(otherwise, |season| &season.rule), Some(date), questions);
            }
        }
    }
}

/// A field of the table of visitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) category: PayerCategory,
    pub(super) age_class: AgeClass,
    pub(super) person_with_disability: bool,
}

impl Cell {
    /// Its name in a form.
    pub(super) fn name(self) -> String {
        let disability = if self.person_with_disability { ".disability" } else { "" };
        format!("{}.{}{disability}", self.category, self.age_class)
    }
}

/// The visitors that a table knows: those who pay, and those whom it lets in free and who are counted all the same.
pub(super) fn cells(fees: &VisitorFees) -> Vec<Cell> {
    let mut cells = Vec::new();
    for category in PayerCategory::ALL {
        let cell = |age_class, person_with_disability| Cell { category, age_class, person_with_disability };
        let pays = |age| fees.amount(category, age).is_some();
        if !pays(AgeClass::Adult) && !pays(AgeClass::Child) {
            continue;
        }
        // Most visitors are adults.
        let ages = [AgeClass::Adult, AgeClass::Child, AgeClass::UnderFive, AgeClass::SeventyPlus];
        let ages = ages.into_iter().filter(|age| match age {
            AgeClass::Adult | AgeClass::Child => pays(*age),
            AgeClass::UnderFive | AgeClass::SeventyPlus => fees.exemption(category, *age, false).is_some(),
        });
        cells.extend(ages.map(|age| cell(age, false)));
        if fees.exemptions().contains(&Exemption::PersonWithDisability) {
            cells.push(cell(AgeClass::Adult, true));
        }
    }
    cells
}
