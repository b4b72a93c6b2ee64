//! A counter at which somebody takes cash. It has no far side: what it tells of is what its cashier types.

use catalog::Text;
use ledger::{Currency, Money};

use super::contract::Channel;
use super::terms::CounterTerms;
use super::{AmountTerms, CollectionAccount, Instructions, NotPayable};
use crate::payments::PaymentNumber;
use crate::payments::channels::{ChannelName, Step};

/// The smallest coin.
const LEAST: Money = Money::new(100, Currency::Kes);

/// A counter that takes cash.
pub(super) struct CashCounter {
    terms: CounterTerms,
    account: CollectionAccount,
}

impl CashCounter {
    /// On these terms.
    pub(super) fn new(terms: CounterTerms) -> Self {
        Self { account: terms.account(), terms }
    }
}

impl Channel for CashCounter {
    fn name(&self) -> &ChannelName {
        &self.terms.name
    }

    fn title(&self) -> &Text {
        &self.terms.title
    }

    fn account(&self) -> &CollectionAccount {
        &self.account
    }

    /// There are no cents in a drawer.
    fn amounts(&self) -> AmountTerms {
        AmountTerms { least: LEAST, most: Some(self.terms.limit), whole_units: true }
    }

    fn instructions(&self, number: PaymentNumber, due: Money) -> Result<Instructions, NotPayable> {
        self.amounts().check(due)?;
        let title = &self.terms.title;
        let (grouped, amount) = (number.grouped(), due.to_decimal());
        Ok(Instructions::of(vec![
            Text::new(
                format!("Pay in cash at {}", title.en()),
                format!("Lipa kwa pesa taslimu katika {}", title.sw()),
            ),
            Text::new(
                format!("Say the payment number: {grouped}"),
                format!("Taja nambari ya malipo: {grouped}"),
            ),
            Text::new(format!("Amount: {amount}"), format!("Kiasi: {amount}")),
            Text::new("Ask for the receipt", "Omba risiti"),
        ]))
    }

    fn steps(&self) -> &[Step] {
        &[Step::Confirm]
    }

    fn counter(&self) -> Option<&CounterTerms> {
        Some(&self.terms)
    }
}
