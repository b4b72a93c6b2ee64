//! What goes wrong at the bank on request.

use serde::{Deserialize, Serialize};

use crate::sandbox::chance::{chance, strikes};

/// What goes wrong, in payments per thousand. The body of `PUT /control/banks/{name}/faults`; a field left out has its default, and
/// a name it does not know is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BankFaults {
    /// Chooses which payments are struck.
    pub(crate) seed: u64,
    /// Nothing is told of the payment.
    pub(crate) silent_per_mille: u16,
    /// It is told of so late, in milliseconds.
    pub(crate) slow_ms: u32,
    /// It is told of `repeats` times more.
    pub(crate) repeated_per_mille: u16,
    /// How many extra copies.
    pub(crate) repeats: u8,
    /// Some payments wait up to so many milliseconds, so that others overtake them.
    pub(crate) shuffled_ms: u32,
    /// The signature is that of another message.
    pub(crate) wrong_signature_per_mille: u16,
    /// The merchant is not asked about the bill.
    pub(crate) unasked_per_mille: u16,
}

impl Default for BankFaults {
    /// Nothing goes wrong.
    fn default() -> Self {
        Self {
            seed: 42,
            silent_per_mille: 0,
            slow_ms: 0,
            repeated_per_mille: 0,
            repeats: 2,
            shuffled_ms: 0,
            wrong_signature_per_mille: 0,
            unasked_per_mille: 0,
        }
    }
}

impl BankFaults {
    /// Whether a fault of this name and rate strikes this payment.
    pub(crate) fn strikes(&self, fault: &str, per_mille: u16, reference: &str) -> bool {
        strikes(self.seed, fault, per_mille, reference)
    }

    /// How long this payment is held back.
    pub(crate) fn wait_ms(&self, reference: &str) -> u64 {
        let shuffled = chance(self.seed, "shuffled", reference) % (u64::from(self.shuffled_ms) + 1);
        u64::from(self.slow_ms) + shuffled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_strikes_about_that_many_and_a_misspelt_fault_is_refused() {
        let faults = BankFaults { silent_per_mille: 100, ..BankFaults::default() };
        let struck = (0..10_000).filter(|n| faults.strikes("silent", 100, &format!("FT{n}"))).count();
        assert!((800..1_200).contains(&struck), "{struck}");
        assert!(serde_json::from_str::<BankFaults>(r#"{"silent": 5}"#).is_err());
    }
}
