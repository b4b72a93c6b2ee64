//! What a provider says, in words that are the same for all.

use std::borrow::Cow;
use std::sync::Arc;

use ledger::{Evidence, LedgerTime, Money};

use crate::payments::{AttemptEvent, AttemptId, ChannelReceipt, ToldBy};

/// Money that moved, as somebody tells it. Not printed: there is personal data in it.
pub struct Told<'a> {
    /// The provider's receipt, by which it is booked once, whoever tells of it and how often.
    pub receipt: ChannelReceipt,
    /// How much.
    pub money: Money,
    /// What for.
    pub said_for: SaidFor<'a>,
    /// Which kind of message tells of it.
    pub told_by: ToldBy,
    /// How well it is established.
    pub evidence: Evidence,
    /// When it moved, by the provider's clock.
    pub moved: Option<LedgerTime>,
    /// The payer's number as the provider tells it: digits, masked, or hashed.
    pub phone: Option<Cow<'a, str>>,
    /// The payer's name as the provider tells it.
    pub name: Option<Cow<'a, str>>,
}

impl Told<'_> {
    /// The same, borrowing from nothing.
    pub fn into_owned(self) -> Told<'static> {
        let owned = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        Told {
            receipt: self.receipt,
            money: self.money,
            said_for: match self.said_for {
                SaidFor::Typed(typed) => SaidFor::Typed(Cow::Owned(typed.into_owned())),
                SaidFor::Around(text) => SaidFor::Around(Cow::Owned(text.into_owned())),
                SaidFor::Attempt(attempt) => SaidFor::Attempt(attempt),
            },
            told_by: self.told_by,
            evidence: self.evidence,
            moved: self.moved,
            phone: owned(self.phone),
            name: owned(self.name),
        }
    }
}

/// What money was sent for, as the provider tells it.
#[derive(Clone)]
pub enum SaidFor<'a> {
    /// What the payer typed, exactly; empty if nothing.
    Typed(Cow<'a, str>),
    /// A text that a bank wrote around it. Whoever says exactly what it is for knows better, so it contradicts nobody.
    Around(Cow<'a, str>),
    /// The answer to this attempt.
    Attempt(AttemptId),
}

/// News of an attempt that is not money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptTold {
    /// Which.
    pub attempt: AttemptId,
    /// What happened.
    pub on: AttemptEvent,
    /// The provider's code for it.
    pub code: Option<Arc<str>>,
}
