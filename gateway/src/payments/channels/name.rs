//! What ways to pay there are, and what each is called.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A kind of way to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChannelKind {
    /// The payer types paybill and payment number into M-PESA (C2B).
    MpesaPaybill,
    /// The payer is asked on the phone and enters the M-PESA PIN (STK push).
    MpesaPrompt,
    /// The payer is asked on the phone and enters the Airtel Money PIN.
    AirtelMoney,
    /// The payer is sent to the page of an acquirer, which takes the card.
    Card,
    /// The payer pays at or through a bank, which asks us about the bill and tells us of the money.
    Bank,
    /// The payer pays in at a bank and brings the stamped slip.
    BankSlip,
    /// The payer's card is taken by a terminal that stands at the counter or the gate.
    CardTerminal,
    /// The payer types the paybill or till of one agency into M-PESA.
    AgencyTill,
    /// The payer pays cash at a counter.
    Counter,
    /// The payer is let in on a provisional pass and pays later.
    GatePass,
}

impl ChannelKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::MpesaPaybill,
        Self::MpesaPrompt,
        Self::AirtelMoney,
        Self::Card,
        Self::Bank,
        Self::BankSlip,
        Self::CardTerminal,
        Self::AgencyTill,
        Self::Counter,
        Self::GatePass,
    ];

    /// The word that records, the API, configuration and files use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::MpesaPaybill => "mpesa_paybill",
            Self::MpesaPrompt => "mpesa_prompt",
            Self::AirtelMoney => "airtel_money",
            Self::Card => "card",
            Self::Bank => "bank",
            Self::BankSlip => "bank_slip",
            Self::CardTerminal => "card_terminal",
            Self::AgencyTill => "agency_till",
            Self::Counter => "counter",
            Self::GatePass => "gate_pass",
        }
    }

    /// True if the payer is asked by us, so that there is an attempt.
    pub const fn asks_payer(self) -> bool {
        matches!(self, Self::MpesaPrompt | Self::AirtelMoney | Self::Card)
    }
}

/// The longest name within a kind, in bytes.
const NAME_LEN_MAX: usize = 24;

/// A way to pay: its kind, and where there are several of the kind, which: `mpesa_paybill`, `bank.kcb`,
/// `agency_till.572572`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelName {
    kind: ChannelKind,
    which: Option<Arc<str>>,
}

/// A text that names no channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAChannel {
    /// Before the dot stands no kind.
    #[error(
        "a channel is one of {}, or one of them with a dot and a name",
        ChannelKind::ALL.map(ChannelKind::word).join(", ")
    )]
    Kind,
    /// After the dot stands no name.
    #[error("after the dot stand 1 to {NAME_LEN_MAX} small letters, digits or -")]
    Which,
}

impl ChannelName {
    /// The only channel of its kind.
    pub const fn only(kind: ChannelKind) -> Self {
        Self { kind, which: None }
    }

    /// One of several of a kind.
    pub fn one_of(kind: ChannelKind, which: &str) -> Result<Self, NotAChannel> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_name = (1..=NAME_LEN_MAX).contains(&which.len()) && which.bytes().all(is_plain);
        if is_name { Ok(Self { kind, which: Some(which.into()) }) } else { Err(NotAChannel::Which) }
    }

    /// Its kind.
    pub const fn kind(&self) -> ChannelKind {
        self.kind
    }

    /// Its name within the kind, where there are several.
    pub fn which(&self) -> Option<&str> {
        self.which.as_deref()
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.which {
            None => formatter.write_str(self.kind.word()),
            Some(which) => write!(formatter, "{}.{which}", self.kind.word()),
        }
    }
}

impl FromStr for ChannelName {
    type Err = NotAChannel;

    fn from_str(text: &str) -> Result<Self, NotAChannel> {
        let (word, which) = match text.split_once('.') {
            None => (text, None),
            Some((word, which)) => (word, Some(which)),
        };
        let kind = ChannelKind::ALL.into_iter().find(|kind| kind.word() == word).ok_or(NotAChannel::Kind)?;
        which.map_or(Ok(Self::only(kind)), |which| Self::one_of(kind, which))
    }
}

impl Serialize for ChannelName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChannelName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A part of paying on a channel, which can fail while the others work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The provider asks us before money moves. If it does not, or we are late, money moves all the same.
    Validate,
    /// We ask the provider to ask the payer.
    Start,
    /// The provider tells us that money moved.
    Confirm,
    /// We ask the provider what became of something.
    Query,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 4] = [Self::Validate, Self::Start, Self::Confirm, Self::Query];

    /// The word that records, the API and pages use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Start => "start",
            Self::Confirm => "confirm",
            Self::Query => "query",
        }
    }

    /// True if nobody can pay while it fails. Money moves without validation, and without anybody asking about it.
    pub const fn is_needed(self) -> bool {
        matches!(self, Self::Start | Self::Confirm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_as_it_is_read_and_nothing_else_is_read() {
        for kind in ChannelKind::ALL {
            assert_eq!(kind.word().parse(), Ok(ChannelName::only(kind)));
        }
        let kcb: ChannelName = "bank.kcb".parse().unwrap();
        assert_eq!(
            (kcb.kind(), kcb.which(), kcb.to_string()),
            (ChannelKind::Bank, Some("kcb"), "bank.kcb".to_owned())
        );
        for (text, error) in [
            ("", NotAChannel::Kind),
            ("Bank", NotAChannel::Kind),
            ("paypal", NotAChannel::Kind),
            ("bank.", NotAChannel::Which),
            ("bank.K", NotAChannel::Which),
            ("bank.a.b", NotAChannel::Which),
            ("bank.0123456789012345678901234", NotAChannel::Which),
        ] {
            assert_eq!(text.parse::<ChannelName>(), Err(error), "{text:?}");
        }
    }
}
