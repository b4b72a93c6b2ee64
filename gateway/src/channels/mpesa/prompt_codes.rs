//! How a prompt can end, by Safaricom's result code: what that means for the attempt, what the payer reads, and what
//! the payer can do next. One table.
//!
//! Safaricom publishes no complete list; the codes are those that integrators report. A code that is not here is not
//! taken for a failure: the attempt stays open until a query, a confirmation or the statement decides.
//! The Kiswahili is a draft for a speaker of it to review.

use crate::payments::{AttemptEvent, AttemptState};

/// One result code.
#[derive(Clone, Copy, Debug)]
pub struct PromptCode {
    /// As Safaricom writes it, without quotes.
    pub code: &'static str,
    /// What it means for the attempt.
    pub event: AttemptEvent,
    /// What the payer reads.
    pub advice: &'static Advice,
    /// True if M-PESA failed, or what it knows of us, and not this one payer: every prompt would end so.
    pub is_failure: bool,
}

/// What the payer reads when an attempt has not succeeded, and what can be offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// In English.
    pub en: &'static str,
    /// In Kiswahili.
    pub sw: &'static str,
    /// What can be offered, the best first.
    pub next: &'static [NextStep],
}

/// What a payer can do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Ask for another prompt.
    TryAgain {
        /// How long to wait before, in seconds.
        after_seconds: u32,
    },
    /// Follow the paybill's steps by hand.
    PaybillSteps,
    /// Dial *234# to bring the phone's M-PESA menu up to date.
    UpdateMenu,
    /// Pay in another way than M-PESA.
    AnotherWay,
    /// Look whether the payment has arrived.
    CheckPayment,
}

use NextStep::{AnotherWay, CheckPayment, PaybillSteps, TryAgain, UpdateMenu};

const TRY_AGAIN: NextStep = TryAgain { after_seconds: 0 };

/// While we do not know. It must never read as a failure.
pub static NOT_KNOWN: Advice = Advice {
    en: "We do not know yet if your payment went through. Do not pay again. Check this bill again later.",
    sw: "Bado hatujui kama malipo yamefika. Usilipe tena. Angalia bili hii tena baadaye.",
    next: &[CheckPayment],
};

static NOT_ENOUGH: Advice = Advice {
    en: "There is not enough money in your M-PESA. No money has been taken.",
    sw: "Hakuna pesa za kutosha kwenye M-PESA yako. Hakuna pesa iliyokatwa.",
    next: &[TRY_AGAIN, AnotherWay],
};

static LIMIT_REACHED: Advice = Advice {
    en: "This is outside what M-PESA lets you pay. No money has been taken.",
    sw: "Kiasi hiki hakiruhusiwi na M-PESA. Hakuna pesa iliyokatwa.",
    next: &[AnotherWay],
};

static CANCELLED: Advice = Advice {
    en: "You cancelled the request on your phone. No money has been taken.",
    sw: "Umeghairi ombi kwenye simu. Hakuna pesa iliyokatwa.",
    next: &[TRY_AGAIN],
};

static UNREACHED: Advice = Advice {
    en: "We could not reach your phone. No money has been taken.",
    sw: "Hatukuweza kufikia simu yako. Hakuna pesa iliyokatwa.",
    next: &[TRY_AGAIN, PaybillSteps, UpdateMenu],
};

static WRONG_PIN: Advice = Advice {
    en: "The M-PESA PIN was not right. No money has been taken.",
    sw: "PIN ya M-PESA haikuwa sahihi. Hakuna pesa iliyokatwa.",
    next: &[TRY_AGAIN],
};

static RAN_OUT: Advice = Advice {
    en: "The request on your phone ran out of time. No money has been taken.",
    sw: "Muda wa ombi umeisha. Hakuna pesa iliyokatwa.",
    next: &[TRY_AGAIN],
};

static OTHER_REQUEST_OPEN: Advice = Advice {
    en: "Another M-PESA request is open on your phone. Finish it, then try again in 2 minutes.",
    sw: "Kuna ombi jingine la M-PESA. Limalize, kisha ujaribu baada ya dakika 2.",
    next: &[TryAgain { after_seconds: 120 }],
};

static BUSY: Advice = Advice {
    en: "M-PESA is busy. No money has been taken.",
    sw: "M-PESA ina shughuli nyingi. Hakuna pesa iliyokatwa.",
    next: &[TryAgain { after_seconds: 30 }, PaybillSteps],
};

static NOT_TAKEN: Advice = Advice {
    en: "M-PESA could not take this payment. No money has been taken.",
    sw: "M-PESA haikuweza kupokea malipo haya. Hakuna pesa iliyokatwa.",
    next: &[TryAgain { after_seconds: 30 }, PaybillSteps, AnotherWay],
};

/// Every code that we understand.
pub static PROMPT_CODES: &[PromptCode] = {
    use AttemptEvent::{Declined, RanOut, SaidFailed, SaidPaidWithoutReceipt, StillProcessing};
    &[
        // A result with a receipt and an amount never gets here: it is money, and is booked.
        row("0", SaidPaidWithoutReceipt, &NOT_KNOWN),
        row("1", SaidFailed, &NOT_ENOUGH),
        // Below the least, above the most, above the day's sum.
        row("2", SaidFailed, &LIMIT_REACHED),
        row("3", SaidFailed, &LIMIT_REACHED),
        row("4", SaidFailed, &LIMIT_REACHED),
        // The balance of the receiving side, or the state of the payer's side.
        row("8", SaidFailed, &NOT_TAKEN),
        row("11", SaidFailed, &NOT_TAKEN),
        // The same amount from the same payer within two minutes.
        row("17", SaidFailed, &BUSY),
        row("20", SaidFailed, &NOT_TAKEN),
        row("21", SaidFailed, &NOT_TAKEN),
        failure("26", &BUSY),
        row("1001", SaidFailed, &OTHER_REQUEST_OPEN),
        row("1019", RanOut, &RAN_OUT),
        // The prompt could not be sent: each time, or we write what M-PESA does not take.
        failure("1025", &BUSY),
        failure("9999", &BUSY),
        row("1032", Declined, &CANCELLED),
        row("1037", RanOut, &UNREACHED),
        row("2001", SaidFailed, &WRONG_PIN),
        // Our short code or our product at Safaricom, or a locked credential.
        failure("2006", &NOT_TAKEN),
        failure("2028", &NOT_TAKEN),
        failure("2040", &NOT_TAKEN),
        failure("8006", &NOT_TAKEN),
        row("4999", StillProcessing, &NOT_KNOWN),
    ]
};

const fn row(code: &'static str, event: AttemptEvent, advice: &'static Advice) -> PromptCode {
    PromptCode { code, event, advice, is_failure: false }
}

const fn failure(code: &'static str, advice: &'static Advice) -> PromptCode {
    PromptCode { is_failure: true, ..row(code, AttemptEvent::SaidFailed, advice) }
}

impl PromptCode {
    /// The row of this code; none for a code that we do not understand.
    pub fn of(code: &str) -> Option<&'static Self> {
        PROMPT_CODES.iter().find(|row| row.code == code)
    }
}

impl Advice {
    /// What the payer of an attempt reads, from the attempt's state and its last result code. Nothing while all is
    /// well. The state comes first: a doubt never reads as a failure, whatever the code.
    pub fn of(state: AttemptState, code: Option<&str>) -> Option<&'static Self> {
        let by_code = || code.and_then(PromptCode::of).filter(|row| row.advice != &NOT_KNOWN);
        let by_code_or = |otherwise| by_code().map_or(otherwise, |row| row.advice);
        match state {
            AttemptState::Created
            | AttemptState::PromptSent
            | AttemptState::Processing
            | AttemptState::Succeeded => None,
            AttemptState::Unknown => Some(&NOT_KNOWN),
            AttemptState::Failed => Some(by_code_or(&NOT_TAKEN)),
            AttemptState::Cancelled => Some(by_code_or(&CANCELLED)),
            AttemptState::Expired => Some(by_code_or(&RAN_OUT)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubt_never_reads_as_a_failure_and_success_needs_no_advice() {
        let of = |state, code| Advice::of(state, code).copied();
        assert_eq!(of(AttemptState::Unknown, Some("1032")), Some(NOT_KNOWN));
        assert_eq!(of(AttemptState::Unknown, None), Some(NOT_KNOWN));
        assert_eq!(of(AttemptState::Failed, Some("1")), Some(NOT_ENOUGH));
        assert_eq!(of(AttemptState::Failed, Some("500.003.02")), Some(NOT_TAKEN));
        assert_eq!(of(AttemptState::Failed, Some("0")), Some(NOT_TAKEN), "a state that failed did fail");
        assert_eq!(of(AttemptState::Cancelled, Some("1032")), Some(CANCELLED));
        assert_eq!(of(AttemptState::Expired, Some("1037")), Some(UNREACHED));
        assert_eq!(of(AttemptState::Expired, None), Some(RAN_OUT));
        for well in [AttemptState::Created, AttemptState::PromptSent, AttemptState::Succeeded] {
            assert_eq!(of(well, Some("1")), None);
        }
    }

    #[test]
    fn each_code_has_one_row() {
        for (index, row) in PROMPT_CODES.iter().enumerate() {
            assert!(PROMPT_CODES[index + 1..].iter().all(|other| other.code != row.code), "{}", row.code);
        }
        assert!(PromptCode::of("31337").is_none());
    }

    #[test]
    fn only_what_certainly_failed_says_that_no_money_was_taken_and_offers_to_pay_again() {
        for row in PROMPT_CODES {
            let uncertain =
                matches!(row.event, AttemptEvent::SaidPaidWithoutReceipt | AttemptEvent::StillProcessing);
            assert_eq!(*row.advice == NOT_KNOWN, uncertain, "{}", row.code);
            let may_pay_again = row.advice.next.iter().any(|next| *next != CheckPayment);
            assert_eq!(may_pay_again, !uncertain, "{}", row.code);
        }
        assert!(NOT_KNOWN.en.contains("Do not pay again") && NOT_KNOWN.sw.contains("Usilipe tena"));
    }

    #[test]
    fn every_text_is_plain_and_in_both_languages() {
        for Advice { en, sw, next } in PROMPT_CODES.iter().map(|row| *row.advice) {
            assert!(!next.is_empty() && en != sw);
            for text in [en, sw] {
                // One SMS of the plain alphabet.
                assert!(text.is_ascii() && text.ends_with('.') && text.len() <= 160, "{text}");
            }
        }
    }
}
