//! What a payer reads about an attempt, by the way that asks.

use catalog::Text;

use super::{airtel, card, mpesa};
use crate::payments::{Attempt, Method};

/// What a payer reads about an attempt.
pub(crate) fn attempt_text(attempt: &Attempt) -> Text {
    match attempt.method {
        Method::MpesaPrompt => mpesa::attempt_text(attempt),
        Method::AirtelMoney => airtel::attempt_text(attempt),
        Method::Card => card::attempt_text(attempt),
    }
}
