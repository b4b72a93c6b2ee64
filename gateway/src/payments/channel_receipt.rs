//! The channel's own receipt: the one key by which money that moved is known for ever, whichever message tells of it.

use std::sync::Arc;

use ledger::{ClaimDetail, Currency, Money};
use serde::{Deserialize, Serialize};

use super::event::Difference;
use super::number::PaymentNumber;

/// Who moved the money. M-PESA is one provider whether it speaks by confirmation, by the result of a prompt, by query,
/// by pull or by statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Safaricom's M-PESA.
    Mpesa,
    /// Airtel Money.
    Airtel,
    /// An acquirer of card payments.
    Acquirer,
    /// A bank at which we have a collection account.
    Bank,
    /// The acquirer of card terminals, by terminal.
    Terminal,
    /// A counter that takes cash.
    Counter,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 6] =
        [Self::Mpesa, Self::Airtel, Self::Acquirer, Self::Bank, Self::Terminal, Self::Counter];

    /// How records name it where it tells us something.
    pub const fn principal(self) -> &'static str {
        match self {
            Self::Mpesa => "safaricom",
            other => other.word(),
        }
    }

    /// The word in keys and account codes.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mpesa => "mpesa",
            Self::Airtel => "airtel",
            Self::Acquirer => "acquirer",
            Self::Bank => "bank",
            Self::Terminal => "terminal",
            Self::Counter => "counter",
        }
    }
}

/// A receipt of a provider, for money that came to one of our short codes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChannelReceipt {
    /// Who.
    pub provider: Provider,
    /// Which of our collection accounts.
    pub short_code: Arc<str>,
    /// The provider's number for it.
    pub number: Arc<str>,
}

/// The longest receipt number that is read, in bytes; M-PESA's have ten.
pub const RECEIPT_LEN_MAX: usize = 32;

impl ChannelReceipt {
    /// The key that the payment claims in the ledger.
    pub fn credit_key(&self) -> String {
        format!("receipt {} {} {} credit", self.provider.word(), self.short_code, self.number)
    }

    /// The key under which a message that contradicts the payment is kept, so that it is kept once.
    pub fn quarantine_key(&self, facts: &PaymentFacts) -> String {
        format!(
            "quarantine {} {} {} {} {}",
            self.provider.word(),
            self.short_code,
            self.number,
            facts.money.currency(),
            hex::encode(facts.to_detail())
        )
    }
}

/// What a message says of a payment besides its receipt, as far as two messages can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentFacts {
    /// How much.
    pub money: Money,
    /// For whom.
    pub account: AccountFact,
}

/// What a message says of the account, in a form that is no personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountFact {
    /// Nothing: the result of a prompt does not repeat it.
    Unsaid,
    /// A payment number of ours.
    Number(PaymentNumber),
    /// Something else, as a keyed hash. Hashes of different epochs cannot be compared.
    Hashed {
        /// Which key.
        epoch: u32,
        /// The first eight bytes.
        hash: [u8; 8],
    },
    /// A text that a bank wrote around it, as a keyed hash: kept to be compared with, and nothing that contradicts anybody.
    Around {
        /// Which key.
        epoch: u32,
        /// The first eight bytes.
        hash: [u8; 8],
    },
}

const UNSAID: u8 = 0;
const NUMBER: u8 = 1;
const HASHED: u8 = 2;

impl PaymentFacts {
    /// The facts as the ledger keeps them beside the key: amount (8 bytes), currency (2), kind of account (1), nothing
    /// (1), epoch (4), number or hash (8); little-endian.
    pub fn to_detail(self) -> ClaimDetail {
        let mut detail = [0; 24];
        detail[..8].copy_from_slice(&self.money.minor().to_le_bytes());
        detail[8..10].copy_from_slice(&self.money.currency().number().to_le_bytes());
        match self.account {
            AccountFact::Unsaid => detail[10] = UNSAID,
            AccountFact::Number(number) => {
                detail[10] = NUMBER;
                detail[16..].copy_from_slice(&number.get().to_le_bytes());
            }
            AccountFact::Hashed { epoch, hash } | AccountFact::Around { epoch, hash } => {
                detail[10] = HASHED;
                detail[12..16].copy_from_slice(&epoch.to_le_bytes());
                detail[16..].copy_from_slice(&hash);
            }
        }
        detail
    }

    /// True if both name a payment number, and not the same.
    pub fn contradicts_number(self, standing: &ClaimDetail) -> bool {
        let mine = self.to_detail();
        mine[10] == NUMBER && standing[10] == NUMBER && mine[16..] != standing[16..]
    }

    /// The payment number that standing facts name, if they name one.
    pub fn number_in(standing: &ClaimDetail) -> Option<PaymentNumber> {
        let number = u64::from_le_bytes(standing[16..].try_into().expect("eight bytes"));
        PaymentNumber::try_from(number).ok().filter(|_| standing[10] == NUMBER)
    }

    /// True if standing facts say nothing of the account.
    pub const fn names_no_account(standing: &ClaimDetail) -> bool {
        standing[10] == UNSAID
    }

    /// What differs between these facts and those that stand, if anything that both say does. A field that one message
    /// lacks is no difference.
    pub fn difference(self, standing: &ClaimDetail) -> Option<Difference> {
        let standing_currency = Currency::from_number(u16::from_le_bytes([standing[8], standing[9]]));
        let standing_minor = i64::from_le_bytes(standing[..8].try_into().expect("eight bytes"));
        if standing_currency != Some(self.money.currency()) {
            return Some(Difference::Currency);
        }
        if standing_minor != self.money.minor() {
            return Some(Difference::Amount);
        }
        let mine = self.to_detail();
        let is_text = matches!(self.account, AccountFact::Around { .. });
        let both_say = !is_text && mine[10] != UNSAID && standing[10] != UNSAID;
        let comparable = mine[10] != HASHED || standing[10] != HASHED || mine[12..16] == standing[12..16];
        let same = mine[10] == standing[10] && mine[16..] == standing[16..];
        (both_say && comparable && !same).then_some(Difference::Account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(minor: i64, account: AccountFact) -> PaymentFacts {
        PaymentFacts { money: Money::new(minor, Currency::Kes), account }
    }

    #[test]
    fn what_one_message_lacks_is_no_difference_and_what_both_say_is_compared() {
        let number = AccountFact::Number(PaymentNumber::from_random(1));
        let other = AccountFact::Number(PaymentNumber::from_random(2));
        let hashed = |epoch, byte| AccountFact::Hashed { epoch, hash: [byte; 8] };
        let around = AccountFact::Around { epoch: 1, hash: [2; 8] };
        let cases = [
            (facts(100, number), facts(100, number), None),
            (facts(100, AccountFact::Unsaid), facts(100, number), None),
            (facts(100, number), facts(100, AccountFact::Unsaid), None),
            (facts(101, AccountFact::Unsaid), facts(100, number), Some(Difference::Amount)),
            (facts(100, other), facts(100, number), Some(Difference::Account)),
            (facts(100, hashed(1, 1)), facts(100, number), Some(Difference::Account)),
            (facts(100, hashed(1, 1)), facts(100, hashed(1, 1)), None),
            (facts(100, hashed(1, 1)), facts(100, hashed(1, 2)), Some(Difference::Account)),
            (facts(100, hashed(2, 2)), facts(100, hashed(1, 1)), None),
            (facts(100, around), facts(100, number), None),
            (facts(100, around), facts(100, hashed(1, 1)), None),
            (facts(101, around), facts(100, number), Some(Difference::Amount)),
            (facts(100, hashed(1, 1)), facts(100, around), Some(Difference::Account)),
            (facts(100, hashed(1, 2)), facts(100, around), None),
            (facts(100, number), facts(100, around), Some(Difference::Account)),
        ];
        for (told, standing, expected) in cases {
            assert_eq!(told.difference(&standing.to_detail()), expected, "{told:?} against {standing:?}");
        }
        let dollars = PaymentFacts { money: Money::new(100, Currency::Usd), account: number };
        assert_eq!(dollars.difference(&facts(100, number).to_detail()), Some(Difference::Currency));
    }
}
