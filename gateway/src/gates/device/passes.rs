//! The provisional passes of a device: which it has issued, and whether it may issue another. Deciding changes nothing: a pass
//! exists once its line is in the journal.

use std::collections::HashMap;

use ledger::{Currency, Money, MoneyError};

use crate::clock::east_africa_date;
use crate::gates::pack::Pack;
use crate::gates::pass::{DeviceCard, PASS_HOLDS_MICROS, Pass, PassLine, Settlement};
use crate::gates::price_list::{NoPrice, PassLimits, PriceList};
use crate::gates::signed::Moment;
use crate::payments::PaymentNumber;

/// What somebody at a gate wishes to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassWish {
    /// One form is one wish, however often it is sent.
    pub id: String,
    /// The service.
    pub service: String,
    /// Of what and how many.
    pub lines: Vec<PassLine>,
    /// How it is to be paid.
    pub settlement: Settlement,
    /// The price that was shown before, if one was.
    pub agreed: Option<Money>,
}

/// Why no pass is issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPass {
    /// There is no pack.
    #[error("there is no list yet")]
    NoPack,
    /// The pack is too old.
    #[error("the list is too old")]
    PackTooOld,
    /// The pack says nothing of passes.
    #[error("the list says nothing of passes")]
    NoPrices,
    /// This device is trusted no more.
    #[error("this device is trusted no more")]
    DeviceRevoked,
    /// The gateway knows of more that this device did than the device itself.
    #[error("this device has lost a part of what it did: make a new device in another folder")]
    DeviceBehind,
    /// This device was enrolled before there were passes.
    #[error("this device was enrolled before there were passes: make a new device in another folder")]
    NoCard,
    /// The gateway's word for this device does not hold now.
    #[error("this device is not certified at this time: make a new device in another folder")]
    NotCertifiedNow,
    /// The site has no such service today.
    #[error("there is no such service today")]
    NoSuchService,
    /// What is wished for has no price.
    #[error(transparent)]
    Price(#[from] NoPrice),
    /// The list has no such tour operator.
    #[error("there is no such tour operator")]
    NoSuchOperator,
    /// One pass may not be worth so much.
    #[error("one pass is worth {0} at most")]
    TooDear(Money),
    /// There are too many of which the gateway has not heard.
    #[error("{0} passes are not yet told to the gateway, and that is the most")]
    TooMany(u64),
    /// They are worth too much.
    #[error("passes not yet told to the gateway are worth {0} together at most")]
    TooMuch(Money),
    /// No payment number is left.
    #[error("no payment number is left")]
    NoNumbers,
    /// It does not cost what was shown before.
    #[error("the price has changed")]
    PriceChanged,
    /// The form has led to another pass.
    #[error("this form has issued a pass for something else")]
    OtherWish,
}

/// The passes of a device, in order.
#[derive(Debug, Default)]
pub struct Passes {
    issued: Vec<Pass>,
    /// Where the pass of a wish is.
    by_wish: HashMap<String, usize>,
    /// Where the pass of a payment number is.
    by_bill: HashMap<PaymentNumber, usize>,
    /// How many of them are in batches.
    pub(super) batched_count: usize,
    /// How many of them are in batches that the gateway has taken.
    pub(super) told_count: usize,
}

impl Passes {
    /// All of them.
    pub fn all(&self) -> &[Pass] {
        &self.issued
    }

    /// The one of this number.
    pub fn numbered(&self, number: u64) -> Option<&Pass> {
        let at = usize::try_from(number.checked_sub(1)?).ok()?;
        self.issued.get(at)
    }

    /// The one that is paid under this number.
    pub fn of_bill(&self, bill: PaymentNumber) -> Option<&Pass> {
        self.issued.get(*self.by_bill.get(&bill)?)
    }

    /// Those that are in no batch yet.
    pub(super) fn not_batched(&self) -> &[Pass] {
        &self.issued[self.batched_count..]
    }

    /// How many the gateway has not been told of.
    pub fn untold_count(&self) -> usize {
        self.issued.len() - self.told_count
    }

    /// Whether this number was handed out.
    pub fn has_used(&self, number: PaymentNumber) -> bool {
        self.by_bill.contains_key(&number)
    }

    pub(super) fn add(&mut self, wish: String, pass: Pass) {
        self.by_bill.insert(pass.bill, self.issued.len());
        self.by_wish.insert(wish, self.issued.len());
        self.issued.push(pass);
    }

    /// The pass that this wish led to before.
    pub fn of_wish(&self, wish: &PassWish) -> Option<Result<&Pass, NoPass>> {
        let pass = self.issued.get(*self.by_wish.get(&wish.id)?)?;
        let is_same =
            (&pass.service, &pass.lines, &pass.settlement) == (&wish.service, &wish.lines, &wish.settlement);
        Some(if is_same { Ok(pass) } else { Err(NoPass::OtherWish) })
    }

    /// What those that the gateway has not heard of are worth, in shillings. Where the newest pack has no rate any more, one in
    /// dollars counts as the most that a pass may be worth: passes in shillings are issued all the same, within the limits.
    fn untold_worth(&self, prices: &PriceList, most_each: Money) -> Result<Money, MoneyError> {
        self.issued[self.told_count..].iter().try_fold(Money::zero(Currency::Kes), |worth, pass| {
            worth.checked_add(prices.in_shillings(pass.price).unwrap_or(most_each))
        })
    }
}

/// What a device has to decide by.
#[derive(Debug)]
pub struct Desk<'a> {
    /// The name of the device.
    pub device: &'a str,
    /// Whether the gateway knows of more that it did than it does itself.
    pub is_behind: bool,
    /// What the gateway says of it.
    pub card: Option<&'a DeviceCard>,
    /// What it knows.
    pub pack: Option<&'a Pack>,
    /// The payment numbers that are kept for it.
    pub numbers: &'a [PaymentNumber],
    /// What it has issued.
    pub passes: &'a Passes,
}

impl Desk<'_> {
    /// The price list, if passes are issued at this moment.
    pub fn prices(&self, now: Moment) -> Result<(&Pack, &PriceList, &PassLimits), NoPass> {
        if self.is_behind {
            return Err(NoPass::DeviceBehind);
        }
        let pack = self.pack.ok_or(NoPass::NoPack)?;
        if pack.revoked_devices.iter().any(|revoked| revoked == self.device) {
            return Err(NoPass::DeviceRevoked);
        }
        if now >= pack.valid_until {
            return Err(NoPass::PackTooOld);
        }
        let card = self.card.ok_or(NoPass::NoCard)?;
        if now < card.since || card.until <= now {
            return Err(NoPass::NotCertifiedNow);
        }
        let (prices, limits) = pack.price_list.as_ref().zip(pack.limits.as_ref()).ok_or(NoPass::NoPrices)?;
        Ok((pack, prices, limits))
    }

    /// The pass that is wished for, with its price. It is issued when it is in the journal.
    pub fn write(&self, wish: &PassWish, now: Moment) -> Result<Pass, NoPass> {
        let (pack, prices, limits) = self.prices(now)?;
        let service = prices.service(&wish.service, east_africa_date(now.0)).ok_or(NoPass::NoSuchService)?;
        let price = service.price(&wish.lines)?;
        if wish.agreed.is_some_and(|agreed| agreed != price) {
            return Err(NoPass::PriceChanged);
        }
        if let Settlement::Operator(code) = &wish.settlement
            && !pack.operators.iter().any(|operator| operator.code == *code)
        {
            return Err(NoPass::NoSuchOperator);
        }
        self.is_within(limits, prices, price)?;
        let bill = self.unused_numbers().next().ok_or(NoPass::NoNumbers)?;
        let issued_count = u64::try_from(self.passes.issued.len()).unwrap_or(u64::MAX);
        Ok(Pass {
            device: self.device.to_owned(),
            number: issued_count.saturating_add(1),
            bill,
            issued_at: now,
            valid_until: Moment(now.0.saturating_add(PASS_HOLDS_MICROS)),
            service: wish.service.clone(),
            lines: wish.lines.clone(),
            price,
            settlement: wish.settlement.clone(),
            catalogue: prices.catalogue,
        })
    }

    fn is_within(&self, limits: &PassLimits, prices: &PriceList, price: Money) -> Result<(), NoPass> {
        let worth = prices.in_shillings(price)?;
        if worth.minor() > limits.pass_value_max.minor() {
            return Err(NoPass::TooDear(limits.pass_value_max));
        }
        if u64::try_from(self.passes.untold_count()).unwrap_or(u64::MAX) >= limits.pass_count_max {
            return Err(NoPass::TooMany(limits.pass_count_max));
        }
        let untold = self.passes.untold_worth(prices, limits.pass_value_max);
        let together = untold.and_then(|untold| untold.checked_add(worth)).map_err(NoPrice::Amount)?;
        if together.minor() > limits.pass_total_max.minor() {
            return Err(NoPass::TooMuch(limits.pass_total_max));
        }
        Ok(())
    }

    /// Payment numbers that no pass has.
    pub fn unused_numbers(&self) -> impl Iterator<Item = PaymentNumber> {
        self.numbers.iter().copied().filter(|number| !self.passes.has_used(*number))
    }
}
