//! Sweeps: fallback money on its way to the consolidated paybill. One person sends, another says that it arrived or came back.
//! What M-PESA itself tells of under a sweep's reference is its arrival, and no new revenue.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use ledger::{AccountCode, LedgerTime, Money};
use serde::{Deserialize, Serialize};

use super::channel_receipt::{ChannelReceipt, Provider};
use super::chart;
use super::command::Idempotency;
use super::number::has_check_digit;

/// So many sweeps may be on their way at once.
pub(super) const SWEEPS_IN_TRANSIT_MAX: usize = 1_000;
/// So many that have ended are kept in memory; all of them are in the journal.
const ENDED_KEPT: usize = 5_000;

const PREFIX: &str = "SWP";
const DIGIT_COUNT: usize = 9;
const PAYLOAD_COUNT: u64 = 100_000_000;

/// What a transfer is called at the bank and at M-PESA: `SWP` and nine digits, the last a check digit. No payment number and no
/// reference of an agency has this form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SweepReference(u64);

/// A text that is no reference of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sweep's reference is {PREFIX} and {DIGIT_COUNT} digits, of which the last has to fit the others")]
pub struct NotASweepReference;

impl SweepReference {
    /// The reference that a random word stands for.
    pub fn from_random(random: u64) -> Self {
        let payload = random % PAYLOAD_COUNT * 10;
        let fits = |digit: &u64| has_check_digit(&format!("{:09}", payload + digit));
        Self(payload + (0..10).find(fits).expect("one digit of ten fits"))
    }
}

impl fmt::Display for SweepReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{:09}", self.0)
    }
}

impl FromStr for SweepReference {
    type Err = NotASweepReference;

    fn from_str(text: &str) -> Result<Self, NotASweepReference> {
        let digits = text.strip_prefix(PREFIX).ok_or(NotASweepReference)?;
        let is_one = digits.len() == DIGIT_COUNT && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_one || !has_check_digit(digits) {
            return Err(NotASweepReference);
        }
        digits.parse().map(Self).map_err(|_| NotASweepReference)
    }
}

impl Serialize for SweepReference {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SweepReference {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An account on which we collect, as records name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CollectedOn {
    /// Who keeps it.
    pub provider: Provider,
    /// Its number there.
    pub short_code: Arc<str>,
}

impl CollectedOn {
    /// What is on it, in the books.
    pub fn in_books(&self) -> AccountCode {
        chart::collection_account(self)
    }

    /// What has left it and has not arrived, in the books.
    pub fn in_transit(&self) -> AccountCode {
        chart::in_transit(self)
    }
}

/// What happens to sweeps, as the journal keeps it. A sweep is named by the sequence of the record that it began with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sweep_event", rename_all = "snake_case")]
pub enum SweepEvent {
    /// Money left a fallback account.
    Sent {
        /// Which.
        account: CollectedOn,
        /// How much.
        money: Money,
        /// What the transfer is called.
        reference: SweepReference,
    },
    /// It arrived on the consolidated paybill.
    Confirmed {
        /// Which sweep.
        sweep: u64,
        /// M-PESA's receipt for it, where that told us.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<ChannelReceipt>,
    },
    /// M-PESA told of one that somebody had confirmed before: nothing is posted again.
    Told {
        /// Which sweep.
        sweep: u64,
        /// M-PESA's receipt for it.
        receipt: ChannelReceipt,
    },
    /// It came back to the account that it had left.
    Returned {
        /// Which sweep.
        sweep: u64,
    },
}

/// What is asked of sweeps.
#[derive(Clone, Debug)]
pub enum SweepAsk {
    /// Record that money was sent.
    Send {
        /// From where.
        account: CollectedOn,
        /// How much.
        money: Money,
        /// What the transfer is called.
        reference: SweepReference,
        /// The caller's key for this request.
        idempotency: Option<Idempotency>,
    },
    /// Record how it ended.
    End {
        /// Which.
        sweep: u64,
        /// The consolidated paybill, on which it arrived; nothing if it came back.
        arrived_on: Option<CollectedOn>,
        /// The caller's key for this request.
        idempotency: Option<Idempotency>,
    },
}

/// Why a sweep cannot be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SweepRefusal {
    /// There is less on the account.
    #[error("the account has less than that")]
    MoreThanIsThere,
    /// A sweep has the reference, or money came under it already.
    #[error("the reference was used before")]
    ReferenceUsed,
    /// There is no such sweep.
    #[error("there is no such sweep")]
    NoSuchSweep,
    /// It has ended.
    #[error("the sweep is {}", .0.word())]
    Is(SweepState),
    /// Who sent it cannot say how it ended.
    #[error("who sent it cannot say how it ended")]
    SamePrincipal,
    /// As many as may be are on their way.
    #[error("as many sweeps as may be are on their way")]
    TooMany,
}

/// What a sweep is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SweepState {
    /// On its way.
    InTransit,
    /// On the consolidated paybill.
    Confirmed,
    /// Back where it came from.
    Returned,
}

impl SweepState {
    /// The word that the API uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InTransit => "in_transit",
            Self::Confirmed => "confirmed",
            Self::Returned => "returned",
        }
    }
}

/// A sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// Sequence of the record that it began with: its name.
    pub id: u64,
    /// From where.
    pub account: CollectedOn,
    /// How much.
    pub money: Money,
    /// What the transfer is called.
    pub reference: SweepReference,
    /// What it is.
    pub state: SweepState,
    /// Who sent it.
    pub sent_by: Arc<str>,
    /// When.
    pub sent: LedgerTime,
    /// Who said how it ended, and when.
    pub ended: Option<(Arc<str>, LedgerTime)>,
    /// M-PESA's receipt, if it told of it.
    pub receipt: Option<Arc<str>>,
}

/// All sweeps that are on their way, and the latest of those that have ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweeps {
    all: BTreeMap<u64, Sweep>,
}

impl Sweeps {
    /// The one of this name.
    pub fn get(&self, id: u64) -> Option<&Sweep> {
        self.all.get(&id)
    }

    /// All of them, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Sweep> {
        self.all.values()
    }

    /// The one with this reference.
    pub fn of_reference(&self, reference: SweepReference) -> Option<&Sweep> {
        self.all.values().rev().find(|sweep| sweep.reference == reference)
    }

    /// How many are on their way.
    pub fn in_transit_count(&self) -> usize {
        self.all.values().filter(|sweep| sweep.state == SweepState::InTransit).count()
    }

    /// What a record makes of them.
    pub(super) fn apply(&mut self, event: &SweepEvent, principal: &Arc<str>, at: LedgerTime, sequence: u64) {
        match event {
            SweepEvent::Sent { account, money, reference } => {
                let sweep = Sweep {
                    id: sequence,
                    account: account.clone(),
                    money: *money,
                    reference: *reference,
                    state: SweepState::InTransit,
                    sent_by: Arc::clone(principal),
                    sent: at,
                    ended: None,
                    receipt: None,
                };
                self.all.insert(sequence, sweep);
                self.forget_the_oldest();
            }
            SweepEvent::Confirmed { sweep, receipt } => {
                self.end(*sweep, SweepState::Confirmed, principal, at);
                if let Some(receipt) = receipt {
                    self.note_receipt(*sweep, receipt);
                }
            }
            SweepEvent::Told { sweep, receipt } => self.note_receipt(*sweep, receipt),
            SweepEvent::Returned { sweep } => self.end(*sweep, SweepState::Returned, principal, at),
        }
    }

    fn end(&mut self, id: u64, state: SweepState, principal: &Arc<str>, at: LedgerTime) {
        if let Some(sweep) = self.all.get_mut(&id) {
            (sweep.state, sweep.ended) = (state, Some((Arc::clone(principal), at)));
        }
    }

    fn note_receipt(&mut self, id: u64, receipt: &ChannelReceipt) {
        if let Some(sweep) = self.all.get_mut(&id) {
            sweep.receipt = Some(Arc::clone(&receipt.number));
        }
    }

    fn forget_the_oldest(&mut self) {
        let ended = |sweep: &&Sweep| sweep.state != SweepState::InTransit;
        if self.all.len() > ENDED_KEPT + SWEEPS_IN_TRANSIT_MAX
            && let Some(oldest) = self.all.values().find(ended).map(|sweep| sweep.id)
        {
            self.all.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_single_slip_in_a_reference_is_caught() {
        for random in 0..200_u64 {
            let text = SweepReference::from_random(random.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_string();
            assert_eq!(text.parse::<SweepReference>().map(|read| read.to_string()), Ok(text.clone()));
            for at in PREFIX.len()..text.len() {
                for digit in b'0'..=b'9' {
                    let mut slipped = text.clone().into_bytes();
                    if slipped[at] != digit {
                        slipped[at] = digit;
                        let slipped = String::from_utf8(slipped).unwrap();
                        assert_eq!(
                            slipped.parse::<SweepReference>(),
                            Err(NotASweepReference),
                            "{text} {slipped}"
                        );
                    }
                }
            }
        }
        for text in ["", "SWP", "SWP12345678", "407155201831", "SWQ000000000", "swp000000000"] {
            assert_eq!(text.parse::<SweepReference>(), Err(NotASweepReference), "{text}");
        }
    }
}
