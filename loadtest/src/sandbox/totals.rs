//! The sums of the record, kept as its lines are written: what `GET /control/summary` answers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::record::{How, Line, Verdict};
use crate::kes::Kes;

/// Counts and sums over the whole record, earlier lives of the sandbox included. Amounts are cents of Kenya
/// shillings.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Totals {
    pub(crate) moved: Money,
    pub(crate) moved_by_paybill: Money,
    pub(crate) moved_by_stk: Money,
    pub(crate) validations: Validations,
    pub(crate) confirmations: Confirmations,
    pub(crate) altered_repeats_sent: u64,
    pub(crate) stk: Stk,
    pub(crate) pulls: Pulls,
    /// How many payments or prompts each fault has struck.
    pub(crate) faults: BTreeMap<&'static str, u64>,
}

/// A number of payments and their sum.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Money {
    pub(crate) count: u64,
    pub(crate) amount_minor: Kes,
}

/// How the merchant was asked.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Validations {
    pub(crate) asked: u64,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) defaulted: u64,
    pub(crate) withheld_on_purpose: u64,
}

/// How the merchant was told.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Confirmations {
    /// Messages, repeats and retries included.
    pub(crate) messages_sent: u64,
    /// Messages answered with 200.
    pub(crate) messages_delivered: u64,
    /// Payments of which the merchant has taken at least one confirmation.
    pub(crate) payments_confirmed: Money,
    pub(crate) lost_on_purpose: Money,
    pub(crate) abandoned: u64,
}

/// Prompts.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Stk {
    pub(crate) prompted: u64,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) callbacks_sent: u64,
    pub(crate) callbacks_delivered: u64,
    pub(crate) callbacks_lost_on_purpose: u64,
}

/// How often the merchant asked what came in, and was told.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Pulls {
    pub(crate) answered: u64,
    pub(crate) rows: u64,
}

impl Money {
    fn add(&mut self, amount: Kes) {
        self.count += 1;
        self.amount_minor = self.amount_minor.plus(amount).expect("sums stay below 10^17 shillings");
    }
}

impl Totals {
    /// Takes one line into account.
    pub(crate) fn count(&mut self, line: &Line) {
        match line {
            Line::ValidationAsked { .. } => self.validations.asked += 1,
            Line::ValidationAnswered { verdict, .. } => match verdict {
                Verdict::Accepted => self.validations.accepted += 1,
                Verdict::Refused => self.validations.refused += 1,
                Verdict::Defaulted => self.validations.defaulted += 1,
            },
            Line::ValidationWithheld { .. } => self.validations.withheld_on_purpose += 1,
            Line::Moved { amount_minor, how, faults, .. } => {
                self.moved.add(*amount_minor);
                match how {
                    How::Paybill => self.moved_by_paybill.add(*amount_minor),
                    How::Stk => self.moved_by_stk.add(*amount_minor),
                }
                self.struck(faults);
            }
            Line::ConfirmationSent { amount_minor, first_delivery, delivery, .. } => {
                self.confirmations.messages_sent += 1;
                self.confirmations.messages_delivered += u64::from(delivery.delivered);
                if *first_delivery {
                    self.confirmations.payments_confirmed.add(*amount_minor);
                }
            }
            Line::ConfirmationLostOnPurpose { amount_minor, .. } => {
                self.confirmations.lost_on_purpose.add(*amount_minor);
            }
            Line::ConfirmationAbandoned { .. } => self.confirmations.abandoned += 1,
            Line::AlteredRepeatSent { .. } => self.altered_repeats_sent += 1,
            Line::StkPrompted { .. } => self.stk.prompted += 1,
            Line::StkFinished { result_code, faults, .. } => {
                self.stk.succeeded += u64::from(*result_code == 0);
                self.stk.failed += u64::from(*result_code != 0);
                self.struck(faults);
            }
            Line::StkCallbackSent { delivery, .. } => {
                self.stk.callbacks_sent += 1;
                self.stk.callbacks_delivered += u64::from(delivery.delivered);
            }
            Line::StkCallbackLostOnPurpose { .. } => self.stk.callbacks_lost_on_purpose += 1,
            Line::PullAnswered { rows, .. } => {
                self.pulls.answered += 1;
                self.pulls.rows += rows;
            }
            Line::Started { .. }
            | Line::UrlsRegistered { .. }
            | Line::FaultsSet { .. }
            | Line::TillFaultsSet { .. }
            | Line::PhoneOccupied { .. }
            | Line::Unknown => {}
        }
    }

    fn struck(&mut self, faults: &[super::faults::Fault]) {
        for fault in faults {
            *self.faults.entry(fault.name()).or_default() += 1;
        }
    }
}
