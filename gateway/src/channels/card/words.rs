//! What a payer reads about an attempt by card. The Kiswahili is a draft for a speaker of it to review.

use catalog::Text;

use crate::payments::{Attempt, AttemptState};

/// What a payer reads about an attempt by card.
pub(crate) fn attempt_text(attempt: &Attempt) -> Text {
    let (en, sw) = match attempt.state {
        AttemptState::Created | AttemptState::PromptSent | AttemptState::Processing => (
            "We are waiting for the card company. Pay on its page, or cancel there to pay in another way. What is left open \
             there ends by itself after ten minutes.",
            "Tunasubiri kampuni ya kadi. Lipa kwenye ukurasa wake, au ghairi huko ili ulipe kwa njia nyingine. Usipofanya \
             hivyo, ombi litaisha lenyewe baada ya dakika kumi.",
        ),
        AttemptState::Succeeded => ("We have received your payment.", "Tumepokea malipo yako."),
        AttemptState::Unknown => (
            "We do not know yet if your payment went through. Do not pay again. Check this bill again later.",
            "Bado hatujui kama malipo yamefika. Usilipe tena. Angalia bili hii tena baadaye.",
        ),
        AttemptState::Cancelled => (
            "You did not pay by card. No money has been taken.",
            "Hukulipa kwa kadi. Hakuna pesa iliyokatwa.",
        ),
        AttemptState::Expired => (
            "The time to pay by card has run out. No money has been taken.",
            "Muda wa kulipa kwa kadi umeisha. Hakuna pesa iliyokatwa.",
        ),
        AttemptState::Failed => (
            "The card was not accepted. No money has been taken.",
            "Kadi haikukubaliwa. Hakuna pesa iliyokatwa.",
        ),
    };
    Text::new(en, sw)
}
