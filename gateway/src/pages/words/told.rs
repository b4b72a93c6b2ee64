//! What the page of a bill's life says of whom its events were sent to.

use super::Both;
use crate::payments::DeliveryOutcome;

pub(in crate::pages) struct ToldWords {
    pub(in crate::pages) heading: &'static str,
    /// What is kept, and where the rest is found.
    pub(in crate::pages) about: &'static str,
    pub(in crate::pages) waiting: &'static str,
    pub(in crate::pages) delivered: &'static str,
    pub(in crate::pages) given_up: &'static str,
    pub(in crate::pages) attempts: fn(count: usize) -> String,
    pub(in crate::pages) outcome: fn(DeliveryOutcome) -> String,
    pub(in crate::pages) next_try: fn(moment: &str) -> String,
    pub(in crate::pages) is_disabled: &'static str,
}

pub(in crate::pages) static TOLD: Both<ToldWords> = Both {
    en: ToldWords {
        heading: "Who was told",
        about: "What waits, and of what is over the last 50 of each webhook endpoint. The feed of events has everything.",
        waiting: "waiting",
        delivered: "delivered",
        given_up: "given up",
        attempts: |count| {
            if count == 1 { "1 attempt".to_owned() } else { format!("latest {count} attempts") }
        },
        outcome: |outcome| match outcome {
            DeliveryOutcome::Status(status) => format!("answered {status}"),
            DeliveryOutcome::NoConnection => "no connection".to_owned(),
            DeliveryOutcome::TimedOut => "no answer in time".to_owned(),
            DeliveryOutcome::Broke => "the connection broke".to_owned(),
        },
        next_try: |moment| format!("next try {moment}"),
        is_disabled: "the endpoint is disabled: nothing is sent until it is enabled",
    },
    sw: ToldWords {
        heading: "Walioarifiwa",
        about: "Yanayosubiri, na kati ya yaliyokwisha 50 ya mwisho ya kila anwani ya webhook. Mlisho wa matukio una yote.",
        waiting: "inasubiri",
        delivered: "imefikishwa",
        given_up: "imeachwa",
        attempts: |count| {
            if count == 1 { "jaribio 1".to_owned() } else { format!("majaribio {count} ya mwisho") }
        },
        outcome: |outcome| match outcome {
            DeliveryOutcome::Status(status) => format!("ilijibiwa {status}"),
            DeliveryOutcome::NoConnection => "hakuna muunganisho".to_owned(),
            DeliveryOutcome::TimedOut => "hakukuwa na jibu kwa wakati".to_owned(),
            DeliveryOutcome::Broke => "muunganisho ulikatika".to_owned(),
        },
        next_try: |moment| format!("jaribio lijalo {moment}"),
        is_disabled: "anwani imezimwa: hakuna kinachotumwa hadi iwashwe",
    },
};
