//! How an invented fee is made up: a shape, and between which bounds the dice may set its amounts.

use ledger::Currency;

use crate::fee::{Exemption, ReferenceCharacters, Rounding};
use crate::source::{
    AssessedReferenceRow, BandRow, FixedPartRow, RuleRow, VariantRow, VisitorAgesRow, VisitorAmountsRow,
};

use super::dice::Dice;
use super::offer::Said;

/// Whole shillings or dollars, from and to.
#[derive(Clone, Copy)]
pub(super) struct Span {
    currency: Currency,
    from: u32,
    to: u32,
}

/// From so many shillings to so many.
pub(super) const fn kes(from: u32, to: u32) -> Span {
    Span { currency: Currency::Kes, from, to }
}

/// From so many dollars to so many.
pub(super) const fn usd(from: u32, to: u32) -> Span {
    Span { currency: Currency::Usd, from, to }
}

/// One choice among variants.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    code: &'static str,
    text: Said,
    /// What it costs, in percent of the amount that was drawn.
    percent: u32,
}

/// A choice that costs this many percent of what is drawn for the service.
pub(super) const fn choice(code: &'static str, text: Said, percent: u32) -> Choice {
    Choice { code, text, percent }
}

/// The shape of a fee; every kind of rule is among them.
#[derive(Clone, Copy)]
pub(super) enum Charge {
    /// Nothing is charged.
    Free,
    Flat(Span),
    Variants {
        question: Said,
        choices: &'static [Choice],
        amount: Span,
    },
    /// East Africans pay an amount in shillings, residents a third more; visitors from abroad pay in dollars.
    Visitors {
        at_home: Span,
        from_abroad: Span,
    },
    Quantity {
        unit: Said,
        each: Span,
        most: u32,
        fixed: Option<(Said, Span)>,
    },
    Percentage {
        of: Said,
        rates: &'static [&'static str],
        least: Span,
        most: Span,
    },
    /// The first band costs `first`, each further one `rise` more.
    Bands {
        unit: Said,
        up_to: &'static [u32],
        first: Span,
        rise: Span,
    },
    Steps {
        unit: Said,
        included: u32,
        base: Span,
        step: u32,
        per_step: Span,
        most: u32,
    },
    Assessed {
        reference: Said,
        length: u8,
    },
    Open {
        least: u32,
        most: u32,
    },
}

/// The largest value that a share may be taken of, and the largest assessment: a billion shillings.
const VALUE_MAX: &str = "KES 1000000000";

impl Charge {
    /// The rule, with amounts as the dice fall; none for what is free.
    pub(super) fn rule(&self, dice: &mut Dice) -> Option<RuleRow> {
        Some(match *self {
            Self::Free => return None,
            Self::Flat(span) => RuleRow::Flat { amount: span.drawn(dice) },
            Self::Variants { question, choices, amount } => variants(question, choices, amount, dice),
            Self::Visitors { at_home, from_abroad } => visitors(at_home, from_abroad, dice),
            Self::Quantity { unit, each, most, fixed } => RuleRow::Quantity {
                unit: unit.row(),
                amount: each.drawn(dice),
                quantity_max: most,
                times: None,
                fixed: fixed.map(|(text, span)| FixedPartRow { text: text.row(), amount: span.drawn(dice) }),
            },
            Self::Percentage { of, rates, least, most } => RuleRow::Percentage {
                of: of.row(),
                rate_percent: dice.one_of(rates).to_owned(),
                rounding: dice.one_of(&[Rounding::Down, Rounding::HalfUp, Rounding::Up]),
                value_max: VALUE_MAX.to_owned(),
                amount_min: Some(least.drawn(dice)),
                amount_max: Some(most.drawn(dice)),
                fixed: None,
            },
            Self::Bands { unit, up_to, first, rise } => bands(unit, up_to, first, rise, dice),
            Self::Steps { unit, included, base, step, per_step, most } => RuleRow::Steps {
                unit: unit.row(),
                included,
                base: base.drawn(dice),
                step,
                per_step: per_step.drawn(dice),
                quantity_max: most,
            },
            Self::Assessed { reference, length } => RuleRow::Assessed {
                reference: AssessedReferenceRow {
                    name: reference.row(),
                    characters: dice
                        .one_of(&[ReferenceCharacters::Digits, ReferenceCharacters::LettersAndDigits]),
                    length_min: length - 2,
                    length_max: length,
                },
                amount_min: "KES 1".to_owned(),
                amount_max: VALUE_MAX.to_owned(),
            },
            Self::Open { least, most } => {
                RuleRow::Open { amount_min: format!("KES {least}"), amount_max: format!("KES {most}") }
            }
        })
    }
}

fn variants(question: Said, choices: &[Choice], amount: Span, dice: &mut Dice) -> RuleRow {
    let whole = amount.number(dice);
    let variant = |choice: &Choice| VariantRow {
        code: choice.code.to_owned(),
        text: choice.text.row(),
        amount: amount.written(whole * choice.percent / 100),
    };
    RuleRow::Variants { question: question.row(), variants: choices.iter().map(variant).collect() }
}

fn visitors(at_home: Span, from_abroad: Span, dice: &mut Dice) -> RuleRow {
    let shillings = at_home.number(dice);
    let dollars = from_abroad.number(dice);
    let ages = |span: Span, adult: u32| {
        Some(VisitorAgesRow { adult: Some(span.written(adult)), child: Some(span.written(adult / 2)) })
    };
    RuleRow::Visitors {
        amounts: VisitorAmountsRow {
            east_african_citizen: ages(at_home, shillings),
            kenya_resident: ages(at_home, shillings * 4 / 3),
            african_citizen: ages(from_abroad, dollars * 2 / 3),
            non_resident: ages(from_abroad, dollars),
        },
        free: vec![Exemption::UnderFive, Exemption::PersonWithDisability, Exemption::CitizenSeventyPlus],
    }
}

fn bands(unit: Said, up_to: &[u32], first: Span, rise: Span, dice: &mut Dice) -> RuleRow {
    let mut amount = first.number(dice);
    let rise = rise.number(dice);
    let mut bands = Vec::with_capacity(up_to.len());
    for up_to in up_to {
        bands.push(BandRow { up_to: *up_to, amount: first.written(amount) });
        amount += rise;
    }
    RuleRow::Bands { unit: unit.row(), bands }
}

impl Span {
    /// An amount as files write it.
    fn drawn(self, dice: &mut Dice) -> String {
        let number = self.number(dice);
        self.written(number)
    }

    /// An amount within the bounds, as round as fees are: with one or two digits and noughts.
    fn number(self, dice: &mut Dice) -> u32 {
        let grid = match self.to {
            0..=50 => 1,
            51..=500 => 10,
            501..=5_000 => 50,
            5_001..=50_000 => 500,
            _ => 5_000,
        };
        self.from + grid * dice.below((self.to - self.from) / grid + 1)
    }

    /// A fee is more than nothing: what is a share of a very small amount is rounded up to one.
    fn written(self, number: u32) -> String {
        format!("{} {}", self.currency, number.max(1))
    }
}
