//! A provisional pass: what a gate that has nobody to ask gives to somebody who has not paid. It names the payment number
//! under which it is paid later. The device signs it, and carries the word of the gateway that the device is one.
//!
//! `MPP1:` then four parts in base64url with full stops between them: text of the pass, its Ed25519 signature by the device,
//! text of the device's card ([`DeviceCard`]), its signature by the key of receipts. Texts have one value a line, the first says what
//! the text is, so that no text of one kind passes for another.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::{Currency, Money, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::signed::Moment;
use crate::clock::{format_rfc3339, parse_rfc3339};
use crate::payments::PaymentNumber;

/// What a pass begins with.
pub const PREFIX: &str = "MPP1:";
const PASS_TITLE: &str = "malipo gate pass 1";
const CARD_TITLE: &str = "malipo gate device 1";
/// No pass is longer: what is longer is not read.
const SHOWN_LEN_MAX: usize = 8_192;
/// How long a pass holds.
pub const PASS_HOLDS_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// A provisional pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pass {
    /// The device that made it.
    pub device: String,
    /// From 1, none left out: the passes of one device.
    pub number: u64,
    /// The payment number that it is paid under.
    pub bill: PaymentNumber,
    /// When it was made, by the clock of the device.
    pub issued_at: Moment,
    /// From when on it lets nobody in.
    pub valid_until: Moment,
    /// The service.
    pub service: String,
    /// Of what and how many.
    pub lines: Vec<PassLine>,
    /// What is owed.
    pub price: Money,
    /// How it is to be paid.
    pub settlement: Settlement,
    /// Number of the catalogue that priced it.
    pub catalogue: u64,
}

/// A line of a pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassLine {
    /// The item of the price list.
    pub item: String,
    /// How many.
    pub quantity: u32,
}

/// How a pass is to be paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// By the payer, on any channel, under its payment number.
    Later,
    /// Before the visitor leaves.
    Exit,
    /// By the tour operator of this code.
    Operator(String),
}

/// What the gateway says of a device, in few enough letters for a QR code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCard {
    /// Which.
    pub device: String,
    /// Whose.
    pub agency: String,
    /// The site.
    pub site: String,
    /// Which gate of the site.
    pub gate: String,
    /// What verifies its signatures, as `NAME+HASH+KEY`.
    pub key: String,
    /// Since when.
    pub since: Moment,
    /// Until when.
    pub until: Moment,
}

/// Why a text is no pass that can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassError {
    /// It does not have the form of one.
    #[error("this is no provisional pass: {0}")]
    Form(&'static str),
    /// The card of the device is by none of the keys.
    #[error("the gateway has not signed for the device that made this pass, or its card was altered")]
    Card,
    /// The pass is not by its device.
    #[error("the pass was altered, or another device signed it")]
    Signature,
    /// The device's time was over, or had not come, when it made the pass.
    #[error("the device was not certified when it made this pass")]
    OutsideCertificate,
}

impl Pass {
    /// The signed text that is printed.
    pub fn sign(&self, key: &SigningKey, card: &SignedCard) -> String {
        let text = self.text();
        let signature = key.sign(text.as_bytes());
        let (text, signature) = (URL_SAFE_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(signature));
        format!("{PREFIX}{text}.{signature}.{}", card.as_text())
    }

    /// Reads what is printed, having checked that one of `keys` signed for the device, and the device for the pass: steps 1 to 7 of
    /// `PASS_FORMAT.md`, in their order. What the clock, the site and revocations say is for whoever asks.
    pub fn open(shown: &str, keys: &[VerifyingKey]) -> Result<(Self, DeviceCard), PassError> {
        let shown = shown.trim();
        if shown.len() > SHOWN_LEN_MAX {
            return Err(PassError::Form("it is longer than any pass"));
        }
        let parts = shown.strip_prefix(PREFIX).ok_or(PassError::Form("it does not begin with MPP1:"))?;
        let parts: Vec<_> = parts.split('.').collect();
        let [text, signature, card, card_signature] = parts[..] else {
            return Err(PassError::Form("it does not have four parts"));
        };
        let (signature, card_signature) = (decoded(signature)?, decoded(card_signature)?);
        let (text, card) = (decoded_text(text)?, decoded_text(card)?);
        let card = DeviceCard::open(&card, &card_signature, keys)?;
        let key = VerifyingKey::parse(&card.key).map_err(|_| PassError::Form("the key cannot be read"))?;
        if !key.verifies(text.as_bytes(), &signature) {
            return Err(PassError::Signature);
        }
        let pass = Self::read(&text).filter(|pass| pass.text() == text);
        let pass = pass.ok_or(PassError::Form("it is signed, and not written as passes are"))?;
        if pass.device != card.device {
            return Err(PassError::Signature);
        }
        if pass.issued_at < card.since || card.until <= pass.issued_at {
            return Err(PassError::OutsideCertificate);
        }
        Ok((pass, card))
    }

    fn text(&self) -> String {
        let Self {
            device,
            number,
            bill,
            issued_at,
            valid_until,
            service,
            lines,
            price,
            settlement,
            catalogue,
        } = self;
        let (issued_at, valid_until) = (format_rfc3339(issued_at.0), format_rfc3339(valid_until.0));
        let lines: Vec<_> = lines.iter().map(|line| format!("{}:{}", line.item, line.quantity)).collect();
        let lines = lines.join(",");
        let price = format!("{} {}", price.currency(), price.to_decimal());
        let settlement = settlement.written();
        format!(
            "{PASS_TITLE}\n{device}\n{number}\n{bill}\n{issued_at}\n{valid_until}\n{service}\n{lines}\n{price}\n{settlement}\n{catalogue}"
        )
    }

    fn read(text: &str) -> Option<Self> {
        let lines: Vec<_> = text.split('\n').collect();
        let [
            title,
            device,
            number,
            bill,
            issued_at,
            valid_until,
            service,
            items,
            price,
            settlement,
            catalogue,
        ] = lines.try_into().ok()?;
        let (currency, amount) = price.split_once(' ')?;
        let currency: Currency = currency.parse().ok()?;
        (title == PASS_TITLE).then_some(())?;
        let number = number.parse().ok().filter(|number| *number >= 1)?;
        let (issued_at, valid_until) = (moment(issued_at)?, moment(valid_until)?);
        (issued_at.0.checked_add(PASS_HOLDS_MICROS)? == valid_until.0).then_some(())?;
        Some(Self {
            device: device.to_owned(),
            number,
            bill: bill.parse().ok()?,
            issued_at,
            valid_until,
            service: service.to_owned(),
            lines: items.split(',').map(PassLine::read).collect::<Option<_>>()?,
            price: Money::parse_decimal(amount, currency).ok()?,
            settlement: Settlement::read(settlement)?,
            catalogue: catalogue.parse().ok()?,
        })
    }
}

impl PassLine {
    fn read(text: &str) -> Option<Self> {
        let (item, quantity) = text.rsplit_once(':').filter(|(item, _)| !item.is_empty())?;
        let quantity = quantity.parse().ok().filter(|quantity| *quantity >= 1)?;
        Some(Self { item: item.to_owned(), quantity })
    }
}

impl Settlement {
    fn written(&self) -> String {
        match self {
            Self::Later => "later".to_owned(),
            Self::Exit => "exit".to_owned(),
            Self::Operator(code) => format!("operator {code}"),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text {
            "later" => Some(Self::Later),
            "exit" => Some(Self::Exit),
            other => {
                let code = other.strip_prefix("operator ").filter(|code| !code.is_empty())?;
                Some(Self::Operator(code.to_owned()))
            }
        }
    }
}

impl DeviceCard {
    /// The card, signed by the key of receipts.
    pub fn sign(&self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> SignedCard {
        let text = self.text();
        let signature = sign(text.as_bytes());
        SignedCard(format!("{}.{}", URL_SAFE_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Reads one that is written with a signature beside it, having checked that one of these keys has signed it.
    fn open(text: &str, signature: &[u8], keys: &[VerifyingKey]) -> Result<Self, PassError> {
        if !keys.iter().any(|key| key.verifies(text.as_bytes(), signature)) {
            return Err(PassError::Card);
        }
        let card = Self::read(text).filter(|card| card.text() == text);
        card.ok_or(PassError::Form("the card of its device is signed, and not written as cards are"))
    }

    fn text(&self) -> String {
        let Self { device, agency, site, gate, key, since, until } = self;
        let (since, until) = (format_rfc3339(since.0), format_rfc3339(until.0));
        format!("{CARD_TITLE}\n{device}\n{agency}\n{site}\n{gate}\n{key}\n{since}\n{until}")
    }

    fn read(text: &str) -> Option<Self> {
        let lines: Vec<_> = text.split('\n').map(str::to_owned).collect();
        let [title, device, agency, site, gate, key, since, until] = lines.try_into().ok()?;
        (title == CARD_TITLE).then_some(())?;
        let (since, until) = (moment(&since)?, moment(&until)?);
        Some(Self { device, agency, site, gate, key, since, until })
    }
}

/// The card of a device as every pass of it ends: text and signature in base64url with a full stop between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignedCard(String);

impl SignedCard {
    /// As passes end.
    pub fn as_text(&self) -> &str {
        &self.0
    }

    /// One that is kept as text, with what it says, having checked that one of these keys has signed it.
    pub fn read(written: &str, keys: &[VerifyingKey]) -> Result<(Self, DeviceCard), PassError> {
        let card = Self::open(written, keys)?;
        Ok((Self(written.to_owned()), card))
    }

    /// Reads one, having checked that one of these keys has signed it.
    pub fn open(written: &str, keys: &[VerifyingKey]) -> Result<DeviceCard, PassError> {
        let (text, signature) =
            written.split_once('.').ok_or(PassError::Form("there is no full stop before a signature"))?;
        let (text, signature) = (decoded_text(text)?, decoded(signature)?);
        DeviceCard::open(&text, &signature, keys)
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, PassError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| PassError::Form("a part is not base64url"))
}

fn decoded_text(part: &str) -> Result<String, PassError> {
    String::from_utf8(decoded(part)?).map_err(|_| PassError::Form("a text is not UTF-8"))
}

fn moment(text: &str) -> Option<Moment> {
    parse_rfc3339(text).ok().map(Moment)
}
