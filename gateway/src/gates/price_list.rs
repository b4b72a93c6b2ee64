//! What a gate may write provisional passes for, and within which limits: a part of the pack.
//!
//! Only services are listed whose price is a sum of unit prices times quantities. Their items are the lines of a bill, under
//! the codes that the catalogue gives these: `non_resident.adult`, `each`, and in a season `high.non_resident.adult`. So whoever
//! has the catalogue of that number finds the same price: `make_prices::order_of` makes the order that these lines
//! are of.

use jiff::civil::Date;
use ledger::{Currency, Money, MoneyError};
use serde::{Deserialize, Serialize};

use super::pack::Words;
use super::pass::PassLine;
use crate::exchange::in_whole_shillings;

/// Prices of what an agency has at its gates, whichever site they are of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// Number of the catalogue that they are of.
    pub catalogue: u64,
    /// The short code that passes are paid to.
    pub paybill: String,
    /// What a dollar is worth, where there is a rate. The gateway asks for shillings by its own rate of the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kes_per_usd: Option<Money>,
    /// The services. One whose price changes while the pack is valid is listed for each price.
    pub services: Vec<PricedService>,
    /// Services at gates of the agency for which there was no room, as the API names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// A service with its price on some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PricedService {
    /// As the API names it.
    pub id: String,
    /// What it is called.
    pub name: Words,
    /// The first day of East Africa Time on which it costs this.
    pub first_day: Date,
    /// The last of which the pack knows.
    pub last_day: Date,
    /// The most that one pass may have of all items together.
    pub quantity_max: u32,
    /// What there is.
    pub items: Vec<PricedItem>,
}

/// Something with a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PricedItem {
    /// Its code in the lines of a bill.
    pub item: String,
    /// What the line says.
    pub text: Words,
    /// What one costs.
    pub unit: Money,
}

/// Within which limits a device issues passes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassLimits {
    /// At most so many that the gateway has not been told of.
    pub pass_count_max: u64,
    /// At most so much each.
    pub pass_value_max: Money,
    /// At most so much altogether that the gateway has not been told of.
    pub pass_total_max: Money,
}

/// Who pays for visitors that come with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// The code in passes.
    pub code: String,
    /// What they are called.
    pub name: String,
}

/// Why these lines have no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPrice {
    /// There are none.
    #[error("nobody is counted")]
    Nobody,
    /// One is of nothing.
    #[error("{0} is counted as none")]
    Zero(String),
    /// One is of something that the service does not have.
    #[error("the service has no {0}")]
    NoSuchItem(String),
    /// One comes twice.
    #[error("{0} is there twice")]
    Twice(String),
    /// There are too many.
    #[error("at most {0} on one pass")]
    TooMany(u32),
    /// They are paid in different currencies.
    #[error("one is in shillings and another in dollars")]
    TwoCurrencies,
    /// More than can be counted.
    #[error(transparent)]
    Amount(#[from] MoneyError),
    /// It is in dollars and there is no rate.
    #[error("there is no rate for dollars")]
    NoRate,
}

impl PriceList {
    /// The service of this name as it is priced on this day.
    pub fn service(&self, id: &str, day: Date) -> Option<&PricedService> {
        self.on(day).find(|service| service.id == id)
    }

    /// What is priced on this day.
    pub fn on(&self, day: Date) -> impl Iterator<Item = &PricedService> {
        self.services.iter().filter(move |service| (service.first_day..=service.last_day).contains(&day))
    }

    /// What this comes to in shillings, as the gateway's quotes are rounded.
    pub fn in_shillings(&self, price: Money) -> Result<Money, NoPrice> {
        match (price.currency(), self.kes_per_usd) {
            (Currency::Kes, _) => Ok(price),
            (Currency::Usd, Some(rate)) => Ok(in_whole_shillings(price, rate)?),
            (Currency::Usd, None) => Err(NoPrice::NoRate),
        }
    }
}

impl PricedService {
    /// The item of this code.
    pub fn item(&self, code: &str) -> Option<&PricedItem> {
        self.items.iter().find(|known| known.item == code)
    }

    /// What these lines cost together.
    pub fn price(&self, lines: &[PassLine]) -> Result<Money, NoPrice> {
        let (mut price, mut quantity): (Option<Money>, u32) = (None, 0);
        for (at, line) in lines.iter().enumerate() {
            let item = self.item(&line.item).ok_or_else(|| NoPrice::NoSuchItem(line.item.clone()))?;
            if line.quantity == 0 {
                return Err(NoPrice::Zero(line.item.clone()));
            }
            if lines[..at].iter().any(|before| before.item == line.item) {
                return Err(NoPrice::Twice(line.item.clone()));
            }
            quantity = quantity.saturating_add(line.quantity);
            let amount = item.unit.checked_mul(i64::from(line.quantity))?;
            let before = price.unwrap_or(Money::zero(amount.currency()));
            if before.currency() != amount.currency() {
                return Err(NoPrice::TwoCurrencies);
            }
            price = Some(before.checked_add(amount)?);
        }
        if quantity > self.quantity_max {
            return Err(NoPrice::TooMany(self.quantity_max));
        }
        price.ok_or(NoPrice::Nobody)
    }
}
