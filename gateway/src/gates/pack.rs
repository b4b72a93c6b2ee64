//! What a gate must know to decide on its own, in one signed file. Nothing in it is personal data.

use ledger::VerifyingKey;
use serde::{Deserialize, Serialize};

use super::pass_ways::PassWay;
use super::price_list::{Operator, PassLimits, PriceList};
use super::signed::{self, Moment, Untrusted};
use crate::payments::{PaymentNumber, ReceiptNumber};

/// The first line of the note.
pub const TITLE: &str = "malipo gate pack";

/// Everything that a site has to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Of this form.
    pub version: u8,
    /// The site.
    pub site: String,
    /// Whose.
    pub agency: String,
    /// What made it.
    pub gateway: String,
    /// When.
    pub made_at: Moment,
    /// From when on nobody is let in by it.
    pub valid_until: Moment,
    /// What verifies receipts, as `NAME+HASH+KEY`.
    pub receipt_keys: Vec<String>,
    /// The services that are had at gates, and which bills for them are listed.
    pub listed: Vec<ListedServices>,
    /// What was paid from this record on is not listed.
    pub listed_before: u64,
    /// The services of the agency that are not had at gates: whoever has paid for one is not let in by that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<String>,
    /// Bills that are paid and not used, for the day on which this was made, a later one or any.
    pub prepaid: Vec<Prepaid>,
    /// Bills that somebody was let in for.
    pub used: Vec<UsedBefore>,
    /// Bills that were given back.
    pub given_back: Vec<PaymentNumber>,
    /// Devices of the site that are trusted no more.
    pub revoked_devices: Vec<String>,
    /// What devices of the site have told. One that knows of less has lost what it did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<ToldBefore>,
    /// For what provisional passes are written. A pack without it lets nobody write any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_list: Option<PriceList>,
    /// Within which limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<PassLimits>,
    /// Who may be billed for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<Operator>,
    /// How they can be paid, the first choice first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<PassWay>,
}

/// Services, and from which record on what was paid for them is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedServices {
    /// As receipts name them.
    pub services: Vec<String>,
    /// A bill for one of them is listed if it is paid and not used, and its newest payment has a record from here on: 0 if all are. Of
    /// others the pack says nothing.
    pub from: u64,
}

/// How far a device has told what it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldBefore {
    /// Which.
    pub device: String,
    /// Number of its newest batch that the gateway has taken.
    pub batches: u64,
    /// SHA-256 of the text of that batch, in hex.
    pub newest: String,
}

/// A bill that is paid and not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prepaid {
    /// Its number.
    pub bill: PaymentNumber,
    /// Our receipts for it, as people see them.
    pub receipts: Vec<String>,
    /// The day that it is for; any, if it names none.
    pub day: Option<jiff::civil::Date>,
    /// What the service is called.
    pub service: Words,
    /// Who and how many.
    pub lines: Vec<PrepaidLine>,
}

/// A line of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrepaidLine {
    /// How many.
    pub quantity: u32,
    /// Of what.
    pub text: Words,
}

/// The same in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// English.
    pub en: String,
    /// Swahili.
    pub sw: String,
}

/// A bill that somebody was let in for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsedBefore {
    /// Which.
    pub bill: PaymentNumber,
    /// Our receipts for it, as people see them.
    pub receipts: Vec<String>,
    /// Where.
    pub gate: String,
    /// When, by the clock of that gate.
    pub at: Moment,
    /// Whether the bill is paid in full: whoever was let in on a provisional pass may have paid since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_paid: bool,
}

impl Pack {
    /// Reads one, having checked that one of these keys has signed it.
    pub fn open(note: &str, keys: &[VerifyingKey]) -> Result<Self, Untrusted> {
        signed::open(TITLE, note, keys)
    }

    /// The bill of this number, if it is paid and not used as far as the pack knows.
    pub fn prepaid(&self, bill: PaymentNumber) -> Option<&Prepaid> {
        self.prepaid.iter().find(|prepaid| prepaid.bill == bill)
    }

    /// From which record on what was paid for this service is listed. Of a service that the pack does not know, because the
    /// catalogue has it no more, nothing is.
    pub fn listed_from(&self, service: &str) -> u64 {
        let listed = self.listed.iter().find(|listed| listed.services.iter().any(|known| known == service));
        listed.map_or(u64::MAX, |listed| listed.from)
    }

    /// The bill of this receipt, used or not, as far as the pack knows it.
    pub fn bill_of_receipt(&self, receipt: ReceiptNumber) -> Option<PaymentNumber> {
        let receipt = receipt.grouped();
        let prepaid = self.prepaid.iter().map(|known| (known.bill, &known.receipts));
        let mut known = prepaid.chain(self.used.iter().map(|known| (known.bill, &known.receipts)));
        known.find(|(_, receipts)| receipts.contains(&receipt)).map(|(bill, _)| bill)
    }
}
