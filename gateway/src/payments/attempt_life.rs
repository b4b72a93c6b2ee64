//! The life of an attempt to pay, as one table: from, event, to. What is not in the table does not happen.

use serde::{Deserialize, Serialize};

use AttemptEvent as Event;
use AttemptState as State;

/// What an attempt is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Recorded, and about to be sent. Nothing has left us yet, as far as we know.
    Created,
    /// The provider took the prompt; the payer's phone should show it.
    PromptSent,
    /// The provider says that it is at work on it.
    Processing,
    /// The money moved, and its receipt is known.
    Succeeded,
    /// The provider says that it failed. No money moved.
    Failed,
    /// The payer said no.
    Cancelled,
    /// The payer did not answer in time, or could not be reached.
    Expired,
    /// Asked, and no answer that could be booked. Money may have moved.
    Unknown,
}

/// What can happen to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptEvent {
    /// The provider accepted the prompt.
    Accepted,
    /// The provider refused the prompt before it reached anybody.
    Refused,
    /// The request for the prompt got no answer: it may or may not have reached the payer.
    NoAnswer,
    /// The provider says that it is still at work.
    StillProcessing,
    /// The provider says that it failed.
    SaidFailed,
    /// The payer declined.
    Declined,
    /// The prompt ran out or the phone was not reached.
    RanOut,
    /// No word for longer than a prompt can live.
    Overdue,
    /// The provider says that it was paid, without a receipt to book it by.
    SaidPaidWithoutReceipt,
    /// Money with a receipt arrived.
    MoneyArrived,
}

/// The whole life. An attempt only moves forward, and money beats every word to the contrary.
pub const ATTEMPT_LIFE: &[(State, Event, State)] = &[
    (State::Created, Event::Accepted, State::PromptSent),
    (State::Created, Event::Refused, State::Failed),
    (State::Created, Event::NoAnswer, State::Unknown),
    (State::Created, Event::Overdue, State::Unknown),
    // The provider's callback may be faster than its own answer to our request.
    (State::Created, Event::StillProcessing, State::Processing),
    (State::Created, Event::SaidPaidWithoutReceipt, State::Unknown),
    (State::Created, Event::SaidFailed, State::Failed),
    (State::Created, Event::Declined, State::Cancelled),
    (State::Created, Event::RanOut, State::Expired),
    (State::Created, Event::MoneyArrived, State::Succeeded),
    (State::PromptSent, Event::StillProcessing, State::Processing),
    (State::PromptSent, Event::SaidFailed, State::Failed),
    (State::PromptSent, Event::Declined, State::Cancelled),
    (State::PromptSent, Event::RanOut, State::Expired),
    (State::PromptSent, Event::Overdue, State::Unknown),
    (State::PromptSent, Event::SaidPaidWithoutReceipt, State::Unknown),
    (State::PromptSent, Event::MoneyArrived, State::Succeeded),
    (State::Processing, Event::SaidFailed, State::Failed),
    (State::Processing, Event::Declined, State::Cancelled),
    (State::Processing, Event::RanOut, State::Expired),
    (State::Processing, Event::Overdue, State::Unknown),
    (State::Processing, Event::SaidPaidWithoutReceipt, State::Unknown),
    (State::Processing, Event::MoneyArrived, State::Succeeded),
    (State::Unknown, Event::SaidFailed, State::Failed),
    (State::Unknown, Event::Declined, State::Cancelled),
    (State::Unknown, Event::RanOut, State::Expired),
    (State::Unknown, Event::SaidPaidWithoutReceipt, State::Unknown),
    (State::Unknown, Event::MoneyArrived, State::Succeeded),
    (State::Failed, Event::MoneyArrived, State::Succeeded),
    (State::Cancelled, Event::MoneyArrived, State::Succeeded),
    (State::Expired, Event::MoneyArrived, State::Succeeded),
];

impl AttemptState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Created,
        Self::PromptSent,
        Self::Processing,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
        Self::Unknown,
    ];

    /// What the attempt becomes; nothing if this changes nothing.
    pub fn after(self, event: AttemptEvent) -> Option<Self> {
        ATTEMPT_LIFE.iter().find(|(from, on, _)| *from == self && *on == event).map(|(_, _, to)| *to)
    }

    /// True once nothing more is expected. `Unknown` is not finished: somebody still owes an answer.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled | Self::Expired)
    }

    /// The word that the API, pages and files use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::PromptSent => "prompt_sent",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_leads_to_one_state() {
        for (index, (from, event, _)) in ATTEMPT_LIFE.iter().enumerate() {
            let again = ATTEMPT_LIFE[index + 1..].iter().any(|(other, on, _)| other == from && on == event);
            assert!(!again, "{from:?} {event:?} stands twice");
        }
    }

    #[test]
    fn money_beats_every_word_and_success_is_final() {
        for state in State::ALL {
            let expected = (state != State::Succeeded).then_some(State::Succeeded);
            assert_eq!(state.after(Event::MoneyArrived), expected, "{state:?}");
        }
        assert!(ATTEMPT_LIFE.iter().all(|(from, _, _)| *from != State::Succeeded));
        for (from, event, to) in ATTEMPT_LIFE {
            assert!(!from.is_finished() || *event == Event::MoneyArrived, "{from:?} {event:?} {to:?}");
        }
    }

    #[test]
    fn without_a_receipt_nothing_succeeds() {
        for (_, event, to) in ATTEMPT_LIFE {
            assert_eq!(*to == State::Succeeded, *event == Event::MoneyArrived);
        }
    }
}
