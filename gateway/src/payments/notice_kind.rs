//! Of what agencies are told: one table of words and numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! notice_kinds {
    ($( $(#[doc = $about:literal])+ $name:ident = $number:literal $word:literal )+) => {
        /// What a notice tells of. Numbers are in identifiers that agencies keep: they are never given twice.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[repr(u8)]
        pub enum NoticeKind {
            $( $(#[doc = $about])+ $name = $number, )+
        }

        impl NoticeKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word in the API.
            pub const fn word(self) -> &'static str {
                match self {
                    $( Self::$name => $word, )+
                }
            }
        }
    };
}

notice_kinds! {
    /// A bill was made.
    BillCreated = 1 "bill.created"
    /// Part of a bill was paid, and is held until the rest arrives.
    BillPartPaid = 2 "bill.part_paid"
    /// A bill was paid: what it is for can be given.
    BillPaid = 3 "bill.paid"
    /// A bill was paid, and more than it asks for has arrived.
    BillOverpaid = 4 "bill.overpaid"
    /// The time to pay a bill ran out.
    BillExpired = 5 "bill.expired"
    /// A bill was withdrawn.
    BillCancelled = 6 "bill.cancelled"
    /// Money was booked for a bill, whatever the bill became by it.
    PaymentSucceeded = 7 "payment.succeeded"
    /// An attempt to have a bill paid ended, and no money moved.
    PaymentFailed = 8 "payment.failed"
    /// An attempt to have a bill paid has no outcome: money may have moved.
    PaymentUnknown = 9 "payment.unknown"
    /// Money matched no bill, and seems to be meant for the agency.
    SuspenseOpened = 10 "suspense.opened"
    /// The agency reported what became of an application.
    ApplicationUpdated = 11 "application.updated"
    /// A gate that was cut off let somebody in whom another had let in before, or made two passes under one number.
    GateUsedTwice = 12 "gate.used_twice"
}

/// The word is no kind of notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no type of event")]
pub struct NotANoticeKind;

impl NoticeKind {
    /// The kind with this number.
    pub fn of_number(number: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| u32::from(*kind as u8) == number)
    }
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for NoticeKind {
    type Err = NotANoticeKind;

    fn from_str(text: &str) -> Result<Self, NotANoticeKind> {
        Self::ALL.iter().copied().find(|kind| kind.word() == text).ok_or(NotANoticeKind)
    }
}

impl TryFrom<String> for NoticeKind {
    type Error = NotANoticeKind;

    fn try_from(text: String) -> Result<Self, NotANoticeKind> {
        text.parse()
    }
}

impl From<NoticeKind> for String {
    fn from(kind: NoticeKind) -> Self {
        kind.word().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_are_given_once() {
        for (index, kind) in NoticeKind::ALL.iter().enumerate() {
            assert_eq!(kind.word().parse(), Ok(*kind));
            assert_eq!(NoticeKind::of_number(u32::from(*kind as u8)), Some(*kind));
            let rest = &NoticeKind::ALL[index + 1..];
            assert!(rest.iter().all(|other| other.word() != kind.word()), "{kind}");
        }
        assert_eq!(NoticeKind::of_number(0), None);
        assert_eq!("bill".parse::<NoticeKind>(), Err(NotANoticeKind));
    }
}
