//! What is added to the lines of a rule, or taken off them: the payer's urgency and channel, the officer's penalties and
//! waiver.

use std::collections::BTreeSet;
use std::sync::Arc;

use ledger::Money;

use super::error::{AnswerFault, AnswerProblem};
use super::order::{Order, PenaltyAnswer};
use super::rules::{Refused, amount_within, missing};
use crate::code::VariantCode;
use crate::fee::{Additions, LegalBasis, Penalty, PenaltyAmount, Rounding, Surcharge, Urgency, Waiver};

/// The channels that orders may name beside those that a fee has surcharges for.
const CHANNELS: [&str; 7] = ["airtel", "bank", "card", "gate-pass", "mpesa", "terminal", "till"];

/// Those of a fee's additions that an order asks for.
#[derive(Debug, Default)]
pub(super) struct Chosen<'a> {
    pub(super) urgency: Option<&'a Urgency>,
    /// Each with its amount.
    pub(super) penalties: Vec<(&'a Penalty, Money)>,
    pub(super) waiver: Option<&'a Waiver>,
    pub(super) surcharge: Option<&'a Surcharge>,
}

impl<'a> Chosen<'a> {
    /// Finds what the order names among what the fee has.
    pub(super) fn of(additions: &'a Additions, order: &Order) -> Result<Self, Refused> {
        let mut problems = Vec::new();
        let urgency =
            named(&additions.urgencies, |urgency| &urgency.code, "urgency", order.urgency.as_deref());
        let waiver = named(&additions.waivers, |waiver| &waiver.code, "waiver", order.waiver.as_deref());
        let chosen = Self {
            urgency: urgency.unwrap_or_else(|problem| {
                problems.push(problem);
                None
            }),
            penalties: penalties(&additions.penalties, &order.penalties, &mut problems),
            waiver: waiver.unwrap_or_else(|problem| {
                problems.push(problem);
                None
            }),
            surcharge: surcharge(&additions.surcharges, order.channel.as_deref(), &mut problems),
        };
        if problems.is_empty() { Ok(chosen) } else { Err(problems) }
    }

    /// Every law that what was chosen rests on, beside the fee's own.
    pub(super) fn bases(&self) -> impl Iterator<Item = &'a Arc<LegalBasis>> {
        let penalties = self.penalties.iter().map(|(penalty, _)| &penalty.basis);
        penalties.chain(self.waiver.map(|waiver| &waiver.basis)).chain(self.surcharge.map(|own| &own.basis))
    }
}

/// The one of this code, if a code is given.
fn named<'a, One>(
    all: &'a [One],
    code_of: impl Fn(&One) -> &VariantCode,
    path: &str,
    code: Option<&str>,
) -> Result<Option<&'a One>, AnswerProblem> {
    let Some(code) = code else { return Ok(None) };
    if all.is_empty() {
        return Err(AnswerProblem::new(path, AnswerFault::NotAskedFor));
    }
    let found = all.iter().find(|one| code_of(one).as_str() == code);
    found.map(Some).ok_or_else(|| {
        let known = all.iter().map(|one| code_of(one).to_string()).collect();
        AnswerProblem::new(path, AnswerFault::UnknownCode { known })
    })
}

fn penalties<'a>(
    all: &'a [Penalty],
    answers: &[PenaltyAnswer],
    problems: &mut Refused,
) -> Vec<(&'a Penalty, Money)> {
    let mut chosen: Vec<(&Penalty, Money)> = Vec::new();
    for (index, answer) in answers.iter().enumerate() {
        let path = format!("penalties[{index}]");
        let penalty = match named(all, |penalty| &penalty.code, &format!("{path}.code"), Some(&answer.code)) {
            Ok(penalty) => penalty.expect("a code was given"),
            Err(problem) => {
                problems.push(problem);
                if all.is_empty() {
                    return chosen;
                }
                continue;
            }
        };
        if chosen.iter().any(|(earlier, _)| earlier.code == penalty.code) {
            problems.push(AnswerProblem::new(format!("{path}.code"), AnswerFault::Twice));
            continue;
        }
        match penalty_amount(penalty.amount, answer.amount, &format!("{path}.amount")) {
            Ok(amount) => chosen.push((penalty, amount)),
            Err(more) => problems.extend(more),
        }
    }
    chosen
}

fn penalty_amount(amount: PenaltyAmount, answer: Option<Money>, path: &str) -> Result<Money, Refused> {
    match (amount, answer) {
        (PenaltyAmount::Fixed(amount), None) => Ok(amount),
        (PenaltyAmount::Fixed(_), Some(_)) => Err(vec![AnswerProblem::new(path, AnswerFault::NotAskedFor)]),
        (PenaltyAmount::Assessed { .. }, None) => Err(missing(path)),
        (PenaltyAmount::Assessed { min, max }, Some(amount)) => {
            amount_within(path, amount, min, max)?;
            Ok(amount)
        }
    }
}

/// What the channel costs. A channel that there is and that has no surcharge costs nothing.
fn surcharge<'a>(
    all: &'a [Surcharge],
    channel: Option<&str>,
    problems: &mut Refused,
) -> Option<&'a Surcharge> {
    let channel = channel?;
    if all.is_empty() {
        problems.push(AnswerProblem::new("channel", AnswerFault::NotAskedFor));
        return None;
    }
    let found = all.iter().find(|surcharge| surcharge.channel.as_str() == channel);
    if found.is_none() && !CHANNELS.contains(&channel) {
        let mut known: BTreeSet<_> = CHANNELS.iter().map(|channel| (*channel).to_owned()).collect();
        known.extend(all.iter().map(|surcharge| surcharge.channel.to_string()));
        let fault = AnswerFault::UnknownCode { known: known.into_iter().collect() };
        problems.push(AnswerProblem::new("channel", fault));
    }
    found
}

/// What is still asked for of an amount, in whole shillings or dollars, rounded in favour of the payer.
pub(super) fn waived(amount: Money, waiver: &Waiver) -> Money {
    let zero = Money::zero(amount.currency());
    let rest = waiver.share.rest();
    rest.map_or(zero, |rest| {
        rest.of(amount, Rounding::Down).expect("a share of an amount fits like the amount")
    })
}
