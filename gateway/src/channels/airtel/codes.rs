//! What Airtel's response codes mean: for a call that asks a payer, for an attempt, and for whoever reads what became of it.
//!
//! Airtel publishes them with the interface; a code that is not here leaves everything open, as do the ones for what is
//! ambiguous, still processed, or not found.
//! The Kiswahili is a draft for a speaker of it to review.

use catalog::Text;

use crate::payments::{Attempt, AttemptEvent, AttemptState};

/// It knows no transaction of this name: it was never asked, or has not noticed yet.
pub(super) const NOT_FOUND: &str = "DP00800001025";

/// A code after which no money moves any more for this transaction.
struct EndCode {
    code: &'static str,
    event: AttemptEvent,
    advice: Advice,
    /// True if the channel failed, and not this one wish.
    is_failure: bool,
}

/// What a payer reads: English, Kiswahili.
type Advice = (&'static str, &'static str);

const NOT_KNOWN: Advice = (
    "We do not know yet if your payment went through. Do not pay again. Check this bill again later.",
    "Bado hatujui kama malipo yamefika. Usilipe tena. Angalia bili hii tena baadaye.",
);
const WRONG_PIN: Advice = (
    "The Airtel Money PIN was not right. No money has been taken.",
    "PIN ya Airtel Money haikuwa sahihi. Hakuna pesa iliyokatwa.",
);
const OUTSIDE_LIMITS: Advice = (
    "This is outside what Airtel Money lets you pay. No money has been taken.",
    "Kiasi hiki hakiruhusiwi na Airtel Money. Hakuna pesa iliyokatwa.",
);
const NOT_ENOUGH: Advice = (
    "There is not enough money in your Airtel Money. No money has been taken.",
    "Hakuna pesa za kutosha kwenye Airtel Money yako. Hakuna pesa iliyokatwa.",
);
const RAN_OUT: Advice = (
    "The request on your phone ran out of time. No money has been taken.",
    "Muda wa ombi umeisha. Hakuna pesa iliyokatwa.",
);
const CANCELLED: Advice = (
    "You cancelled the request on your phone. No money has been taken.",
    "Umeghairi ombi kwenye simu. Hakuna pesa iliyokatwa.",
);
const NOT_TAKEN: Advice = (
    "Airtel Money could not take this payment. No money has been taken.",
    "Airtel Money haikuweza kupokea malipo haya. Hakuna pesa iliyokatwa.",
);
const ASKED: Advice = (
    "Check your phone and enter your Airtel Money PIN. This can take up to 60 seconds.",
    "Angalia simu yako na uweke PIN yako ya Airtel Money. Hii inaweza kuchukua hadi sekunde 60.",
);
const RECEIVED: Advice = ("We have received your payment.", "Tumepokea malipo yako.");

const END_CODES: [EndCode; 9] = [
    of("DP00800001002", AttemptEvent::SaidFailed, WRONG_PIN, false),
    of("DP00800001003", AttemptEvent::SaidFailed, OUTSIDE_LIMITS, false),
    of("DP00800001004", AttemptEvent::SaidFailed, OUTSIDE_LIMITS, false),
    // The payer did not enter the PIN.
    of("DP00800001005", AttemptEvent::RanOut, RAN_OUT, false),
    of("DP00800001007", AttemptEvent::SaidFailed, NOT_ENOUGH, false),
    of("DP00800001008", AttemptEvent::SaidFailed, NOT_TAKEN, false),
    of("DP00800001010", AttemptEvent::SaidFailed, NOT_TAKEN, true),
    of("DP00800001026", AttemptEvent::SaidFailed, NOT_TAKEN, true),
    of("DP00800001029", AttemptEvent::RanOut, RAN_OUT, false),
];

const fn of(code: &'static str, event: AttemptEvent, advice: Advice, is_failure: bool) -> EndCode {
    EndCode { code, event, advice, is_failure }
}

fn find(code: &str) -> Option<&'static EndCode> {
    END_CODES.iter().find(|known| known.code == code)
}

/// What a transaction that failed with this code tells the attempt. That it failed is certain whatever the code.
pub(super) fn end(code: &str) -> AttemptEvent {
    find(code).map_or(AttemptEvent::SaidFailed, |known| known.event)
}

/// Whether a call that is answered with this code has asked nobody, and whether the channel failed then.
pub(super) fn refusal(code: &str) -> Option<bool> {
    find(code).map(|known| known.is_failure)
}

/// What a payer reads about an attempt by Airtel Money.
pub(crate) fn attempt_text(attempt: &Attempt) -> Text {
    let by_code = || attempt.code.as_deref().and_then(find).map(|known| known.advice);
    let (en, sw) = match attempt.state {
        AttemptState::Created | AttemptState::PromptSent | AttemptState::Processing => ASKED,
        AttemptState::Succeeded => RECEIVED,
        AttemptState::Unknown => NOT_KNOWN,
        AttemptState::Cancelled => CANCELLED,
        AttemptState::Expired => by_code().unwrap_or(RAN_OUT),
        AttemptState::Failed => by_code().unwrap_or(NOT_TAKEN),
    };
    Text::new(en, sw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ambiguous_processed_or_unheard_of_ends_nothing() {
        for open in ["DP00800001000", "DP00800001001", "DP00800001006", "DP00800001024", "DP00800001025", ""]
        {
            assert_eq!(refusal(open), None, "{open}");
        }
        assert_eq!(refusal("DP00800001007"), Some(false));
        assert_eq!((end("DP00800001005"), end("?")), (AttemptEvent::RanOut, AttemptEvent::SaidFailed));
    }
}
