//! Dollars into shillings: a rate that was published is offered in a quote, and kept for as long as the quote says.

use std::sync::Arc;

use ledger::{Currency, LedgerTime, Money, MoneyError};

use crate::config::{Config, Mode};
use crate::payments::Quote;

/// A published rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeRate {
    /// Names the rate at its source.
    pub id: Arc<str>,
    /// Cents of Kenya shillings for one dollar.
    pub kes_cents_per_usd: i64,
    /// How long a quote holds, in seconds.
    pub quote_seconds: i64,
}

/// The rate of a demonstration that has none configured, and its name.
const SAMPLE_KES_CENTS_PER_USD: i64 = 12_925;
const SAMPLE_RATE_ID: &str = "SAMPLE/demonstration";

impl ExchangeRate {
    /// The rate that the configuration names; in a demonstration a sample one.
    pub fn of_config(config: &Config) -> Option<Self> {
        let sample = || (Money::new(SAMPLE_KES_CENTS_PER_USD, Currency::Kes), SAMPLE_RATE_ID.to_owned());
        let configured = config.exchange.rate.clone();
        let (rate, id) = configured.or_else(|| (config.mode == Mode::Demo).then(sample))?;
        let quote_seconds = config.exchange.quote_seconds;
        Some(Self { id: id.into(), kes_cents_per_usd: rate.minor(), quote_seconds })
    }

    /// What a total in dollars comes to in shillings. Whole shillings, because that is what wallets pay; the half
    /// shilling at most that rounding makes is in the position account, not in anybody's fee.
    pub fn quote(&self, total: Money, now: LedgerTime) -> Result<(Money, Quote), MoneyError> {
        assert_eq!(total.currency(), Currency::Usd, "only dollars are quoted");
        let payable = in_whole_shillings(total, self.kes_per_usd())?;
        let rate = self.kes_per_usd().to_decimal();
        let quote = Quote {
            rate_id: self.id.clone(),
            rate: rate.into(),
            expires: now.plus_seconds(self.quote_seconds),
        };
        Ok((payable, quote))
    }

    /// What one dollar is worth.
    pub const fn kes_per_usd(&self) -> Money {
        Money::new(self.kes_cents_per_usd, Currency::Kes)
    }
}

/// Dollars in shillings at so much for one, to the nearest whole shilling.
pub(crate) fn in_whole_shillings(dollars: Money, kes_per_usd: Money) -> Result<Money, MoneyError> {
    // Cents of dollars times cents of shillings for a dollar is hundredths of cents of shillings.
    let hundredths = i128::from(dollars.minor()) * i128::from(kes_per_usd.minor());
    let shillings = (hundredths + 5_000) / 10_000;
    let minor = i64::try_from(shillings * 100).map_err(|_| MoneyError::TooLarge)?;
    Ok(Money::new(minor, Currency::Kes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_in_whole_shillings_to_the_nearest() {
        let rate = ExchangeRate { id: "test".into(), kes_cents_per_usd: 12_949, quote_seconds: 3600 };
        let kes =
            |usd_cents| rate.quote(Money::new(usd_cents, Currency::Usd), LedgerTime::default()).unwrap().0;
        // 225.00 × 129.49 = 29,135.25
        assert_eq!(kes(22_500), Money::new(2_913_500, Currency::Kes));
        // 30.00 × 129.49 = 3,884.70
        assert_eq!(kes(3_000), Money::new(388_500, Currency::Kes));
        let (_, quote) = rate.quote(Money::new(100, Currency::Usd), LedgerTime::default()).unwrap();
        assert_eq!((&*quote.rate, quote.expires.micros()), ("129.49", 3_600_000_000));
        assert!(rate.quote(Money::new(i64::MAX, Currency::Usd), LedgerTime::default()).is_err());
    }
}
