//! An attempt: one try to pay a bill on a channel that has to be asked, such as a prompt on a phone.

use std::sync::Arc;

use ledger::{LedgerTime, Money};
use serde::{Deserialize, Serialize};

use super::attempt_life::AttemptState;
use super::channel_receipt::Provider;
use super::channels::{ChannelKind, ChannelName};
use super::identifier::AttemptId;
use super::number::PaymentNumber;

/// Seconds for which a prompt can still be answered, at most: nobody is asked again before that.
pub const PROMPT_LIFE_SECONDS: i64 = 90;
/// Seconds for which the page of an acquirer takes a card.
pub const CARD_LIFE_SECONDS: i64 = 600;

/// An attempt and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its identifier in the API and in the path of its callback.
    pub id: AttemptId,
    /// The bill it is to pay.
    pub bill: PaymentNumber,
    /// Whose bill that is.
    pub agency: Arc<str>,
    /// How.
    pub method: Method,
    /// How much was asked for.
    pub money: Money,
    /// What it is now.
    pub state: AttemptState,
    /// The provider's result code, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Arc<str>>,
    /// Sequence of the record in which the provider's name for the prompt is sealed. M-PESA's ends in the payer's number,
    /// so it is personal data; it is needed to ask about the prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_record: Option<u64>,
    /// Sequence of the record in which the payer's number is sealed. Attempts of before this was kept have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_record: Option<u64>,
    /// The channel's receipt, once money arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_receipt: Option<Arc<str>>,
    /// True once the provider said that it was paid, without a receipt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub said_paid: bool,
    /// When it was made.
    pub created: LedgerTime,
    /// Sequence of the record that changed it last.
    pub changed_by: u64,
}

/// How an attempt asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A prompt on the payer's phone that asks for the M-PESA PIN.
    MpesaPrompt,
    /// A prompt on the payer's phone that asks for the Airtel Money PIN.
    AirtelMoney,
    /// The page of an acquirer, to which the payer's browser is sent.
    Card,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::MpesaPrompt, Self::AirtelMoney, Self::Card];

    /// The channel on which it asks.
    pub const fn channel(self) -> ChannelName {
        ChannelName::only(self.kind())
    }

    /// The kind of that channel.
    pub const fn kind(self) -> ChannelKind {
        match self {
            Self::MpesaPrompt => ChannelKind::MpesaPrompt,
            Self::AirtelMoney => ChannelKind::AirtelMoney,
            Self::Card => ChannelKind::Card,
        }
    }

    /// Who is asked to ask, and nobody else can say what became of it.
    pub const fn provider(self) -> Provider {
        match self {
            Self::MpesaPrompt => Provider::Mpesa,
            Self::AirtelMoney => Provider::Airtel,
            Self::Card => Provider::Acquirer,
        }
    }

    /// Whether it asks on a phone that the payer names.
    pub const fn asks_on_phone(self) -> bool {
        !matches!(self, Self::Card)
    }

    /// Seconds for which what it asks with can be answered, at most.
    pub const fn life_seconds(self) -> i64 {
        match self {
            Self::MpesaPrompt | Self::AirtelMoney => PROMPT_LIFE_SECONDS,
            Self::Card => CARD_LIFE_SECONDS,
        }
    }

    /// The method that asks on channels of this kind.
    pub fn of_kind(kind: ChannelKind) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.kind() == kind)
    }

    /// The word of records, the API and pages.
    pub const fn word(self) -> &'static str {
        self.kind().word()
    }
}

impl Attempt {
    /// True while the payer may still be looking at a prompt.
    pub fn can_live(&self, now: LedgerTime) -> bool {
        !self.state.is_finished() && now < self.lives_until()
    }

    /// Until when what it asks with can be answered.
    pub fn lives_until(&self) -> LedgerTime {
        self.created.plus_seconds(self.method.life_seconds())
    }

    /// True if it is this provider's to say what became of it.
    pub fn is_of(&self, provider: Provider) -> bool {
        self.method.provider() == provider
    }
}
