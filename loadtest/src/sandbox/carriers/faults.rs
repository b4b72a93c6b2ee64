//! What goes wrong at a carrier on request.

use serde::{Deserialize, Serialize};

use crate::sandbox::chance::strikes;

/// What goes wrong, in messages per thousand where it does not befall all. The body of `PUT /control/carriers/{name}/faults`;
/// a field left out has its default, and a name it does not know is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CarrierFaults {
    /// Chooses which messages are struck.
    pub(crate) seed: u64,
    /// Everything is answered 503, and nothing is taken.
    pub(crate) down: bool,
    /// Answers come so late, in milliseconds; what is taken is taken at once.
    pub(crate) answer_late_ms: u32,
    /// The message is taken, and the connection ends in the middle of the answer.
    pub(crate) answer_cut_per_mille: u16,
    /// The request is cut off in the same way, and the message is not taken.
    pub(crate) lost_per_mille: u16,
    /// The message is delivered twice, and reported twice.
    pub(crate) twice_per_mille: u16,
    /// Every recipient gets this code; above 102 the message is not taken.
    pub(crate) status_code: u16,
    /// The last report says that the message failed, and it is not delivered.
    pub(crate) failed_per_mille: u16,
    /// The reason that such a report gives.
    pub(crate) failure_reason: String,
    /// No report is sent.
    pub(crate) report_lost_per_mille: u16,
    /// Reports are sent so late, in milliseconds.
    pub(crate) report_late_ms: u32,
}

impl Default for CarrierFaults {
    /// Nothing goes wrong.
    fn default() -> Self {
        Self {
            seed: 42,
            down: false,
            answer_late_ms: 0,
            answer_cut_per_mille: 0,
            lost_per_mille: 0,
            twice_per_mille: 0,
            status_code: 101,
            failed_per_mille: 0,
            failure_reason: "DeliveryFailure".into(),
            report_lost_per_mille: 0,
            report_late_ms: 0,
        }
    }
}

impl CarrierFaults {
    /// Whether a fault of this name and rate strikes this message.
    pub(crate) fn strikes(&self, fault: &str, per_mille: u16, message_id: &str) -> bool {
        strikes(self.seed, fault, per_mille, message_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_strikes_about_that_many_and_always_the_same() {
        let faults = CarrierFaults::default();
        let struck =
            |name: &str| (0..10_000).filter(|n| faults.strikes(name, 100, &format!("ATXid_{n}"))).count();
        assert!((800..1_200).contains(&struck("twice")), "{}", struck("twice"));
        assert_eq!(struck("twice"), struck("twice"));
        assert!(!faults.strikes("twice", 0, "ATXid_1") && faults.strikes("twice", 1_000, "ATXid_1"));
    }

    #[test]
    fn a_misspelt_fault_is_refused() {
        assert!(serde_json::from_str::<CarrierFaults>(r#"{"dwon": true}"#).is_err());
        let some: CarrierFaults = serde_json::from_str(r#"{"down": true}"#).unwrap();
        assert_eq!(some, CarrierFaults { down: true, ..CarrierFaults::default() });
    }
}
