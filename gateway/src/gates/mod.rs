//! Gates that decide when nobody answers.
//!
//! The gateway writes a [`pack`] for a site: the keys that verify receipts, the bills that are paid and not used, those that
//! are used. It certifies a [`device`] that stands at a gate ([`certificate`]), which judges what is shown by the pack and
//! by its own journal, and keeps every use durably before it opens. Connected again, it sends what it has done in signed,
//! numbered [`batch`]es. All three are notes that anybody can check ([`signed`]).
//!
//! Whoever has not paid is given a provisional [`pass`], whose every byte is explained in
//! `PASS_FORMAT.md`: priced by the [`price_list`] in the pack, under one of the payment [`numbers`] that
//! are kept for the device.

pub mod batch;
pub mod certificate;
pub mod device;
mod make;
mod make_prices;
pub mod numbers;
pub mod pack;
pub mod pass;
#[cfg(test)]
mod pass_format;
pub mod pass_ways;
pub mod price_list;
pub mod signed;
pub mod site;

pub(crate) use make::{PackError, make};
pub(crate) use make_prices::order_of;

use ledger::VerifyingKey;

use self::certificate::Certificate;
use self::numbers::Numbers;
use self::pack::Pack;
use self::pass::{DeviceCard, Pass};
use self::signed::{Moment, Untrusted};
use crate::clock::format_rfc3339;

/// What every text of a gate begins with.
pub const MARK: &str = "malipo gate ";

/// A text of a gate that one of the keys has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genuine {
    /// What it says, in a line.
    pub says: String,
    /// Until when it is good for anything, where it says so.
    pub valid_until: Option<Moment>,
}

/// What a text of a gate says, having checked that one of these keys has signed it. Whether it is over is another question.
pub fn verify(text: &str, keys: &[VerifyingKey]) -> Result<Genuine, Untrusted> {
    if text.starts_with(certificate::TITLE) {
        let Certificate { device, gate, site, agency, until, .. } = Certificate::open(text, keys)?;
        let says = format!("the certificate of {device} for {gate} at {site} of {agency}");
        return Ok(Genuine { says, valid_until: Some(until) });
    }
    if text.starts_with(pass::PREFIX) {
        return verify_pass(text, keys);
    }
    if text.starts_with(numbers::TITLE) {
        let Numbers { device, numbers, .. } = Numbers::open(text, keys)?;
        let says = format!("{} payment numbers that are kept for {device}", numbers.len());
        return Ok(Genuine { says, valid_until: None });
    }
    let Pack { site, agency, valid_until, prepaid, used, price_list, .. } = Pack::open(text, keys)?;
    let (prepaid, used) = (prepaid.len(), used.len());
    let left_out = price_list.map(|prices| prices.left_out).filter(|names| !names.is_empty());
    let without = left_out.map_or_else(String::new, |names| {
        format!("; {} services had no room on its price list: {}", names.len(), names.join(", "))
    });
    let says = format!(
        "the pack of {site} of {agency}: {prepaid} bills are paid and not used, {used} are used{without}"
    );
    Ok(Genuine { says, valid_until: Some(valid_until) })
}

/// What a provisional pass says. Whether its device was revoked or it was paid is not written on it.
fn verify_pass(text: &str, keys: &[VerifyingKey]) -> Result<Genuine, Untrusted> {
    let (pass, card) = Pass::open(text, keys).map_err(|error| Untrusted::Pass(error.to_string()))?;
    let Pass { number, bill, price, .. } = &pass;
    let (from, until) = (format_rfc3339(pass.issued_at.0), format_rfc3339(pass.valid_until.0));
    let DeviceCard { device, agency, site, gate, .. } = card;
    let says = format!(
        "provisional pass {number} of {device}, {gate} at {site} of {agency}, from {from} until {until}, of {price} to be paid \
         under {}; whether it was paid it cannot say",
        bill.grouped()
    );
    Ok(Genuine { says, valid_until: Some(pass.valid_until) })
}
