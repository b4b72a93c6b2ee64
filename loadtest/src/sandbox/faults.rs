//! What goes wrong on request.
//!
//! A fault strikes a payment when a hash of the seed, the payment's receipt and the fault's name falls below
//! its rate. So a run can be explained afterwards from the record alone, and one payment may be struck by
//! several faults.

use serde::{Deserialize, Serialize};

use super::chance::chance;

/// The rates of every fault, each in payments per thousand, with the figures that belong to them.
///
/// This is the body of `GET` and `PUT /control/faults`; a field left out has its default, and a name it does
/// not know is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Chooses which payments are struck.
    pub seed: u64,
    /// The confirmation is sent only after `confirmation_late_ms`.
    pub confirmation_late_per_mille: u16,
    /// How late, in milliseconds.
    pub confirmation_late_ms: u32,
    /// The confirmation is never sent, although the money has moved.
    pub confirmation_lost_per_mille: u16,
    /// The confirmation waits until `POST /control/withheld/release`.
    pub confirmation_withheld_per_mille: u16,
    /// The confirmation is sent `confirmation_repeats` times more.
    pub confirmation_repeated_per_mille: u16,
    /// How many extra copies.
    pub confirmation_repeats: u8,
    /// The confirmation waits until that of a younger payment has been sent (at most five seconds).
    pub confirmation_out_of_order_per_mille: u16,
    /// After the true confirmation another follows with the same receipt and a shilling more.
    pub altered_repeat_per_mille: u16,
    /// The merchant is asked to validate, but its answer is taken for late: the default action applies.
    pub validation_late_per_mille: u16,
    /// The merchant is not even asked to validate: the default action applies.
    pub validation_dead_per_mille: u16,
    /// The result of a prompt is sent only after `stk_callback_late_ms`.
    pub stk_callback_late_per_mille: u16,
    /// How late, in milliseconds.
    pub stk_callback_late_ms: u32,
    /// The result of a prompt is never sent; the status query still knows it.
    pub stk_callback_lost_per_mille: u16,
    /// The result of a prompt is sent `stk_callback_repeats` times more.
    pub stk_callback_repeated_per_mille: u16,
    /// How many extra copies.
    pub stk_callback_repeats: u8,
    /// The status query answers that the system is busy.
    pub query_down_per_mille: u16,
    /// A request to ask a payer is answered that the system is busy, and nobody is asked.
    pub push_down_per_mille: u16,
    /// Pull Transactions answers that the system is busy.
    pub pull_down_per_mille: u16,
    /// Pull Transactions answers only after so many milliseconds.
    pub pull_slow_ms: u32,
    /// A payment is left out wherever Pull Transactions would list it.
    pub pull_row_missing_per_mille: u16,
    /// A payment stands twice on its page.
    pub pull_row_repeated_per_mille: u16,
    /// So many payments are on a page.
    pub pull_page_rows: u16,
}

impl Default for Faults {
    /// Nothing goes wrong.
    fn default() -> Self {
        Self {
            seed: 42,
            confirmation_late_per_mille: 0,
            confirmation_late_ms: 45_000,
            confirmation_lost_per_mille: 0,
            confirmation_withheld_per_mille: 0,
            confirmation_repeated_per_mille: 0,
            confirmation_repeats: 2,
            confirmation_out_of_order_per_mille: 0,
            altered_repeat_per_mille: 0,
            validation_late_per_mille: 0,
            validation_dead_per_mille: 0,
            stk_callback_late_per_mille: 0,
            stk_callback_late_ms: 45_000,
            stk_callback_lost_per_mille: 0,
            stk_callback_repeated_per_mille: 0,
            stk_callback_repeats: 2,
            query_down_per_mille: 0,
            push_down_per_mille: 0,
            pull_down_per_mille: 0,
            pull_slow_ms: 0,
            pull_row_missing_per_mille: 0,
            pull_row_repeated_per_mille: 0,
            pull_page_rows: 500,
        }
    }
}

/// One kind of fault. Its name in the record is its snake-case name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// See [`Faults::confirmation_late_per_mille`].
    ConfirmationLate,
    /// See [`Faults::confirmation_lost_per_mille`].
    ConfirmationLost,
    /// See [`Faults::confirmation_withheld_per_mille`].
    ConfirmationWithheld,
    /// See [`Faults::confirmation_repeated_per_mille`].
    ConfirmationRepeated,
    /// See [`Faults::confirmation_out_of_order_per_mille`].
    ConfirmationOutOfOrder,
    /// See [`Faults::altered_repeat_per_mille`].
    AlteredRepeat,
    /// See [`Faults::validation_late_per_mille`].
    ValidationLate,
    /// See [`Faults::validation_dead_per_mille`].
    ValidationDead,
    /// See [`Faults::stk_callback_late_per_mille`].
    StkCallbackLate,
    /// See [`Faults::stk_callback_lost_per_mille`].
    StkCallbackLost,
    /// See [`Faults::stk_callback_repeated_per_mille`].
    StkCallbackRepeated,
    /// See [`Faults::query_down_per_mille`].
    QueryDown,
    /// See [`Faults::push_down_per_mille`].
    PushDown,
    /// See [`Faults::pull_down_per_mille`].
    PullDown,
    /// See [`Faults::pull_row_missing_per_mille`].
    PullRowMissing,
    /// See [`Faults::pull_row_repeated_per_mille`].
    PullRowRepeated,
}

impl Fault {
    /// The name in the record and in the hash.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ConfirmationLate => "confirmation_late",
            Self::ConfirmationLost => "confirmation_lost",
            Self::ConfirmationWithheld => "confirmation_withheld",
            Self::ConfirmationRepeated => "confirmation_repeated",
            Self::ConfirmationOutOfOrder => "confirmation_out_of_order",
            Self::AlteredRepeat => "altered_repeat",
            Self::ValidationLate => "validation_late",
            Self::ValidationDead => "validation_dead",
            Self::StkCallbackLate => "stk_callback_late",
            Self::StkCallbackLost => "stk_callback_lost",
            Self::StkCallbackRepeated => "stk_callback_repeated",
            Self::QueryDown => "query_down",
            Self::PushDown => "push_down",
            Self::PullDown => "pull_down",
            Self::PullRowMissing => "pull_row_missing",
            Self::PullRowRepeated => "pull_row_repeated",
        }
    }
}

impl Faults {
    /// Whether this fault strikes this payment (or, for prompts, this checkout request).
    pub(crate) fn strikes(&self, fault: Fault, receipt: &str) -> bool {
        let rate = self.per_mille(fault);
        rate > 0 && self.chance(fault, receipt) < rate
    }

    fn per_mille(&self, fault: Fault) -> u16 {
        match fault {
            Fault::ConfirmationLate => self.confirmation_late_per_mille,
            Fault::ConfirmationLost => self.confirmation_lost_per_mille,
            Fault::ConfirmationWithheld => self.confirmation_withheld_per_mille,
            Fault::ConfirmationRepeated => self.confirmation_repeated_per_mille,
            Fault::ConfirmationOutOfOrder => self.confirmation_out_of_order_per_mille,
            Fault::AlteredRepeat => self.altered_repeat_per_mille,
            Fault::ValidationLate => self.validation_late_per_mille,
            Fault::ValidationDead => self.validation_dead_per_mille,
            Fault::StkCallbackLate => self.stk_callback_late_per_mille,
            Fault::StkCallbackLost => self.stk_callback_lost_per_mille,
            Fault::StkCallbackRepeated => self.stk_callback_repeated_per_mille,
            Fault::QueryDown => self.query_down_per_mille,
            Fault::PushDown => self.push_down_per_mille,
            Fault::PullDown => self.pull_down_per_mille,
            Fault::PullRowMissing => self.pull_row_missing_per_mille,
            Fault::PullRowRepeated => self.pull_row_repeated_per_mille,
        }
    }

    /// 0 to 999, the same for the same seed, fault and receipt on every machine.
    fn chance(&self, fault: Fault, receipt: &str) -> u16 {
        (chance(self.seed, fault.name(), receipt) % 1_000) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_strikes_about_that_many_and_always_the_same() {
        let faults = Faults { confirmation_lost_per_mille: 100, ..Faults::default() };
        let struck = |faults: &Faults| -> Vec<u32> {
            (0..10_000).filter(|n| faults.strikes(Fault::ConfirmationLost, &format!("TKL{n:07}"))).collect()
        };
        let first = struck(&faults);
        assert!((800..1_200).contains(&first.len()), "{}", first.len());
        assert_eq!(first, struck(&faults));
        assert_ne!(first, struck(&Faults { seed: 43, ..faults }));
    }

    #[test]
    fn nothing_goes_wrong_unless_asked() {
        assert!(!Faults::default().strikes(Fault::ConfirmationLost, "TKL3A7Q9ZD"));
        let all = Faults { confirmation_lost_per_mille: 1_000, ..Faults::default() };
        assert!(all.strikes(Fault::ConfirmationLost, "TKL3A7Q9ZD"));
    }

    #[test]
    fn a_misspelt_fault_is_refused() {
        assert!(serde_json::from_str::<Faults>(r#"{"confirmation_lost": 5}"#).is_err());
        let some: Faults = serde_json::from_str(r#"{"confirmation_lost_per_mille": 5}"#).unwrap();
        assert_eq!(some, Faults { confirmation_lost_per_mille: 5, ..Faults::default() });
    }
}
