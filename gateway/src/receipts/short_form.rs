//! The short form of a receipt: few enough letters for a QR code, signed on its own.
//!
//! `MLP1:` then base64url of the text, a full stop, and base64url of its Ed25519 signature. The text has one value a line:
//! receipt number, payment number, agency, service, currency and amount, booked at (RFC 3339, UTC), outcome, channel with
//! short code and receipt, sequence.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::{SigningKey, VerifyingKey};

use super::Receipt;

const PREFIX: &str = "MLP1:";
const LINE_COUNT: usize = 9;

/// What a short form says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortForm {
    /// Receipt number.
    pub receipt_number: String,
    /// Payment number.
    pub payment_number: String,
    /// Agency.
    pub agency: String,
    /// Service.
    pub service: String,
    /// Currency and amount, `KES 7550.00`.
    pub paid: String,
    /// When it was booked.
    pub booked_at: String,
    /// What became of the money.
    pub outcome: String,
    /// Channel, short code and the channel's receipt.
    pub channel: String,
    /// Sequence of the record.
    pub sequence: String,
}

/// Why a text is no short form that can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShortFormError {
    /// It does not have the form of one.
    #[error("this is not the short form of a receipt: {0}")]
    Form(&'static str),
    /// The signature is not by any of the keys.
    #[error(
        "the signature of the short form does not fit its text: one of them was altered, or another key signed it"
    )]
    Signature,
}

impl ShortForm {
    /// The short form of a receipt.
    pub fn of(receipt: &Receipt) -> Self {
        Self {
            receipt_number: receipt.receipt_number.clone(),
            payment_number: receipt.payment_number.clone(),
            agency: receipt.agency.clone(),
            service: receipt.service.clone(),
            paid: format!("{} {}", receipt.paid.currency(), receipt.paid.to_decimal()),
            booked_at: receipt.booked_at.clone(),
            outcome: receipt.outcome.clone(),
            channel: format!("{} {} {}", receipt.channel, receipt.short_code, receipt.channel_receipt),
            sequence: receipt.sequence.to_string(),
        }
    }

    /// Its values by name, in the order of the text.
    pub fn values(&self) -> [(&'static str, &str); LINE_COUNT] {
        [
            ("receipt_number", &self.receipt_number),
            ("payment_number", &self.payment_number),
            ("agency", &self.agency),
            ("service", &self.service),
            ("paid", &self.paid),
            ("booked_at", &self.booked_at),
            ("outcome", &self.outcome),
            ("channel", &self.channel),
            ("sequence", &self.sequence),
        ]
    }

    /// The signed text.
    pub fn sign(&self, key: &SigningKey) -> String {
        let text = self.text();
        let signature = key.sign(text.as_bytes());
        format!("{PREFIX}{}.{}", URL_SAFE_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(signature))
    }

    /// Reads a signed text, having checked the signature by one of `keys`.
    pub fn open(text: &str, keys: &[VerifyingKey]) -> Result<Self, ShortFormError> {
        let encoded =
            text.trim().strip_prefix(PREFIX).ok_or(ShortFormError::Form("it does not begin with MLP1:"))?;
        let (text, signature) = encoded
            .split_once('.')
            .ok_or(ShortFormError::Form("there is no full stop before the signature"))?;
        let text =
            URL_SAFE_NO_PAD.decode(text).map_err(|_| ShortFormError::Form("its text is not base64url"))?;
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| ShortFormError::Form("its signature is not base64url"))?;
        if !keys.iter().any(|key| key.verifies(&text, &signature)) {
            return Err(ShortFormError::Signature);
        }
        let text = String::from_utf8(text).map_err(|_| ShortFormError::Form("its text is not UTF-8"))?;
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let lines: [String; LINE_COUNT] =
            lines.try_into().map_err(|_| ShortFormError::Form("it does not have nine lines"))?;
        let [receipt_number, payment_number, agency, service, paid, booked_at, outcome, channel, sequence] =
            lines;
        Ok(Self {
            receipt_number,
            payment_number,
            agency,
            service,
            paid,
            booked_at,
            outcome,
            channel,
            sequence,
        })
    }

    fn text(&self) -> String {
        self.values().map(|(_, value)| value).join("\n")
    }
}
