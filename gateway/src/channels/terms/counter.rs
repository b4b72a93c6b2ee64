//! Counters that take cash, as they are written down.

use std::sync::Arc;

use catalog::{AgencyCode, Text};
use ledger::{Currency, Money};

use super::Fields;
use crate::channels::CollectionAccount;
use crate::payments::Provider;
use crate::payments::channels::ChannelName;

/// What a counter may have, take and lack where nothing is written.
const FLOAT_LIMIT: Money = Money::new(20_000_000, Currency::Kes);
const LIMIT_PER_PAYMENT: Money = Money::new(10_000_000, Currency::Kes);
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
    /// Up to so much may lack, or be too much, in all counts of a day together, without a second person.
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ledger::{Currency, Money};

    use crate::channels::CollectionAccount;
    use crate::channels::terms::{ChannelTerms, read};
    use crate::payments::Provider;

    fn of(lines: &str) -> Result<Vec<ChannelTerms>, Vec<String>> {
        let title = "title = { en = \"GPO\", sw = \"GPO\" }";
        let text = format!("[[channel]]\nname = \"counter.gpo\"\n{title}\n{lines}");
        let home = CollectionAccount { provider: Provider::Mpesa, number: "222222".into() };
        read(Path::new("channels.toml"), &text, &home)
            .map_err(|problems| problems.iter().map(|problem| problem.what.clone()).collect())
    }

    #[test]
    fn a_counter_has_an_agency_and_limits_in_whole_shillings() {
        let terms = of("agency = \"HUDUMA\"\nfloat_limit_shillings = 5000").unwrap();
        let [ChannelTerms::Counter(terms)] = &terms[..] else { panic!("{terms:?}") };
        assert_eq!((&*terms.agency, terms.counter()), ("HUDUMA", "gpo"));
        assert_eq!(terms.float_limit, Money::new(500_000, Currency::Kes));
        assert!(terms.difference.is_zero(), "where nothing is written, every difference has a second person");
        for (lines, wrong) in [
            ("", "agency is missing"),
            ("agency = \"HUDUMA\"\nfloat_limit_shillings = 0", "float_limit_shillings: "),
            ("agency = \"HUDUMA\"\ndifference_shillings = -1", "difference_shillings: "),
            ("agency = \"HUDUMA\"\nlimit_shillings = 1.5", "limit_shillings: "),
            ("agency = \"huduma centre\"", "agency: "),
        ] {
            let said = of(lines).unwrap_err();
            assert!(said.len() == 1 && said[0].starts_with(wrong), "{said:?}");
        }
    }
}
