//! Counters that take cash, as they are written down.

use std::sync::Arc;

use catalog::{AgencyCode, Text};
use ledger::{Currency, Money};

use super::Fields;
use crate::channels::CollectionAccount;
use crate::payments::Provider;
use crate::payments::channels::ChannelName;

/// What a counter may have, take and lack where nothing is written.
const FLOAT_LIMIT: Money = Money::new(200_000_00, Currency::Kes);
const LIMIT_PER_PAYMENT: Money = Money::new(100_000_00, Currency::Kes);
const DIFFERENCE: Money = Money::new(0, Currency::Kes);

/// A counter that takes cash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterTerms {
    /// Its name: `counter.huduma-gpo-3`.
    pub name: ChannelName,
    /// What people call it: the centre and the counter.
    pub title: Text,
    /// Whose people take cash there.
    pub agency: Arc<str>,
    /// The most that may lie there besides its float.
    pub float_limit: Money,
    /// The most that it takes in one payment.
    pub limit: Money,
    /// Up to so much may lack, or be too much, without a second person.
    pub difference: Money,
}

impl CounterTerms {
    /// Its name without the kind, by which its collection account and its address in the API go.
    pub fn counter(&self) -> &str {
        self.name.which().unwrap_or_default()
    }

    /// Where its money is collected.
    pub fn account(&self) -> CollectionAccount {
        CollectionAccount { provider: Provider::Counter, number: self.counter().into() }
    }
}

impl Fields<'_, '_, '_> {
    pub(super) fn counter(&mut self, name: ChannelName) -> Option<CounterTerms> {
        if name.which().is_none() {
            self.wrong("name", "which one is it?", "write counter, a dot and a name");
        }
        let title = self.title();
        let agency = self.text("agency").and_then(|code| self.parsed::<AgencyCode>("agency", &code));
        let float_limit = self.shillings("float_limit_shillings", FLOAT_LIMIT, 1);
        let limit = self.limit(LIMIT_PER_PAYMENT);
        let difference = self.shillings("difference_shillings", DIFFERENCE, 0);
        Some(CounterTerms {
            name,
            title: title?,
            agency: agency?.as_str().into(),
            float_limit: float_limit?,
            limit: limit?,
            difference: difference?,
        })
    }
}
