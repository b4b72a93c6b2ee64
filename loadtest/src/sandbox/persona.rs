//! Whose phone it is: the test numbers behave by themselves, all others wait for a person.
//!
//! | number | what its owner does | STK result | usual wait | with `fast` |
//! |---|---|---|---|---|
//! | 0700 000 001 | enters the PIN | 0 | 2 s | 0.5 s |
//! | 0700 000 002 | enters the PIN, has no money (by paybill neither) | 1 | 2 s | 0.5 s |
//! | 0700 000 003 | cancels | 1032 | 2 s | 0.5 s |
//! | 0700 000 004 | has switched the phone off | 1037 | 60 s | 2 s |
//! | 0700 000 005 | enters a wrong PIN | 2001 | 2 s | 0.5 s |
//! | 0700 000 006 | enters the PIN; callback, confirmation and status query know it only much later | 0 | 2 s and 45 s | 0.5 s and 3 s |
//! | 0700 000 007 | enters the PIN; the callback is sent three times | 0 | 2 s | 0.5 s |
//! | 0700 000 008 | enters the PIN; neither callback nor confirmation is ever sent, only the status query answers | 0 | 2 s | 0.5 s |
//! | 0700 000 009 | cancels, then pays KES 50 less by paybill | 1032 | 2 s each | 0.5 s each |
//! | 0700 000 010 | cancels, then pays by paybill with two digits of the account swapped; validation is not waited for, so the default action applies | 1032 | 2 s each | 0.5 s each |
//! | 0700 000 011 | nothing: Safaricom is busy | 26 | 2 s | 0.5 s |
//! | any other | whatever the person at the handset does within the prompt's life; the PIN is 1234 | 0, 1032, 2001, 1037 | | |

use std::time::Duration;

use crate::phone::Phone;

/// The PIN of every handset.
pub const PIN: &str = "1234";

/// How the owner of a number behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Persona {
    /// Waits for somebody to press keys.
    Person,
    Pays,
    HasNoMoney,
    Cancels,
    PhoneOff,
    WrongPin,
    NewsIsLate,
    NewsComesThrice,
    NewsNeverComes,
    PaysShort,
    MistypesAccount,
    SystemBusy,
}

/// How a prompt ends on the handset's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The right PIN: the payment is tried.
    Confirmed,
    /// No payment, with this result code.
    Failed(u32),
}

/// How long things take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// A test number reads its prompt and presses keys.
    pub(crate) keys: Duration,
    /// Until an unreachable phone is given up.
    pub(crate) phone_off: Duration,
    /// How late the late news is.
    pub(crate) late_news: Duration,
}

impl Pace {
    /// The waits of a demo at life's own speed, or fast.
    pub(crate) fn new(fast: bool) -> Self {
        if fast {
            Self {
                keys: Duration::from_millis(500),
                phone_off: Duration::from_secs(2),
                late_news: Duration::from_secs(3),
            }
        } else {
            Self {
                keys: Duration::from_secs(2),
                phone_off: Duration::from_secs(60),
                late_news: Duration::from_secs(45),
            }
        }
    }
}

impl Persona {
    /// Whose phone this is.
    pub(crate) fn of(phone: &Phone) -> Self {
        match phone.national() {
            "700000001" => Self::Pays,
            "700000002" => Self::HasNoMoney,
            "700000003" => Self::Cancels,
            "700000004" => Self::PhoneOff,
            "700000005" => Self::WrongPin,
            "700000006" => Self::NewsIsLate,
            "700000007" => Self::NewsComesThrice,
            "700000008" => Self::NewsNeverComes,
            "700000009" => Self::PaysShort,
            "700000010" => Self::MistypesAccount,
            "700000011" => Self::SystemBusy,
            _ => Self::Person,
        }
    }

    /// When and how a test number ends its prompt; `None` for a person.
    pub(crate) fn script(self, pace: Pace) -> Option<(Duration, Ending)> {
        match self {
            Self::Person => None,
            Self::Pays | Self::NewsIsLate | Self::NewsComesThrice | Self::NewsNeverComes => {
                Some((pace.keys, Ending::Confirmed))
            }
            Self::HasNoMoney => Some((pace.keys, Ending::Failed(1))),
            Self::Cancels | Self::PaysShort | Self::MistypesAccount => {
                Some((pace.keys, Ending::Failed(1032)))
            }
            Self::PhoneOff => Some((pace.phone_off, Ending::Failed(1037))),
            Self::WrongPin => Some((pace.keys, Ending::Failed(2001))),
            Self::SystemBusy => Some((pace.keys, Ending::Failed(26))),
        }
    }

    /// Whether the prompt reaches the handset at all.
    pub(crate) fn shows_prompt(self) -> bool {
        !matches!(self, Self::PhoneOff | Self::SystemBusy)
    }
}

/// The account as a hurried payer types it: the last two different neighbours swapped, or the last character
/// changed.
pub(crate) fn mistyped(account: &str) -> String {
    let mut characters: Vec<char> = account.chars().collect();
    let swap = (1..characters.len()).rev().find(|index| characters[index - 1] != characters[*index]);
    match (swap, characters.last_mut()) {
        (Some(index), _) => characters.swap(index - 1, index),
        (None, Some(last)) => *last = if *last == '0' { '1' } else { '0' },
        (None, None) => characters.push('0'),
    }
    characters.into_iter().collect()
}

/// What a result code means, in words of the kind Safaricom sends along.
pub(crate) fn result_description(code: u32) -> &'static str {
    match code {
        0 => "The service request is processed successfully.",
        1 => "The balance is insufficient for the transaction.",
        3 => "The amount is above the maximum for one transaction.",
        17 => "The receiving organization does not accept this transaction.",
        26 => "The system is busy. Try again later.",
        1032 => "Request cancelled by user.",
        1037 => "No response from the user, or the phone cannot be reached.",
        2001 => "The initiator information is invalid.",
        _ => "The transaction failed.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_numbers_end_their_prompts_as_published() {
        let ending = |national: &str| {
            let persona = Persona::of(&Phone::parse(&format!("254{national}")).unwrap());
            persona.script(Pace::new(true)).map(|(_, ending)| ending)
        };
        let expected = [
            (1, Ending::Confirmed),
            (2, Ending::Failed(1)),
            (3, Ending::Failed(1032)),
            (4, Ending::Failed(1037)),
            (5, Ending::Failed(2001)),
            (6, Ending::Confirmed),
            (7, Ending::Confirmed),
            (8, Ending::Confirmed),
            (9, Ending::Failed(1032)),
            (10, Ending::Failed(1032)),
            (11, Ending::Failed(26)),
        ];
        for (number, expected) in expected {
            assert_eq!(ending(&format!("7000000{number:02}")), Some(expected), "{number}");
        }
        assert_eq!(ending("712345678"), None);
    }

    #[test]
    fn a_mistyped_account_is_another_account() {
        assert_eq!(mistyped("123456789012"), "123456789021");
        assert_eq!(mistyped("123456789011"), "123456789101");
        assert_eq!(mistyped("000"), "001");
    }
}
