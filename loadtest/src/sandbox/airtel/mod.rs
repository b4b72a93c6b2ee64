//! Airtel Money in the shape of Airtel Africa's Open API, with its own record of everything that it was asked and that moved.
//!
//! What is to move is on disk in `sandbox-airtel.ndjson` before it has moved for anybody who asks; what a merchant says to
//! have received can so be compared with it. How a payer answers is told by the number, as with the handsets of Safaricom:
//!
//! | number | what happens |
//! |---|---|
//! | 0733 000 002 | not enough money |
//! | 0733 000 003 | the payer refuses |
//! | 0733 000 004 | nobody enters the PIN |
//! | 0733 000 005 | the payer takes long, and pays |
//! | 0733 000 006 | pays; the callback never comes |
//! | 0733 000 007 | pays; the callback comes twice |
//! | 0733 000 008 | the request itself is refused |
//! | 0733 000 009 | the request is taken and not answered; the payer pays |
//! | any other | pays |

mod calls;
mod faults;
mod life;
mod record;

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

pub(crate) use self::calls::{answer, seen_by_payer, set_faults, statement};
use self::faults::AirtelFaults;
use self::record::AirtelLine;
use crate::clock::Clock;
use crate::loopback::LoopbackUrl;
use crate::phone::Phone;
use crate::sandbox::dated_log::DatedLog;
use crate::sandbox::merchant_statement::Taking;
use crate::sandbox::numbers::Numbers;
use crate::synced_log::LogFailure;

/// Name, password and key of every merchant.
const CLIENT_ID: &str = "demo-airtel-client";
const CLIENT_SECRET: &str = "demo-airtel-secret";
const CALLBACK_KEY: &[u8] = b"demo-airtel-callback-key";
/// Tokens that are good at once; the oldest makes room.
const TOKENS_MAX: usize = 100;

/// The simulated Airtel.
pub(crate) struct Airtel {
    record: DatedLog<AirtelLine>,
    receipts: Numbers,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    faults: Arc<AirtelFaults>,
    callback: Option<LoopbackUrl>,
    tokens: VecDeque<String>,
    /// By the merchant's name for them.
    transactions: HashMap<String, Transaction>,
    /// What came in, in order.
    takings: Vec<Taking>,
}

/// What became of a transaction.
#[derive(Debug, Clone)]
enum Transaction {
    /// The payer has not answered.
    Open,
    /// Money moved, with this receipt.
    Paid(String),
    /// None did, and none will.
    Failed(&'static str),
}

/// What the owner of a number does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Payer {
    Pays,
    HasNoMoney,
    Refuses,
    IsSilent,
    IsSlow,
    NewsNeverComes,
    NewsComesTwice,
    IsRefused,
    AnswerNeverComes,
}

impl Payer {
    fn of(phone: &Phone) -> Self {
        match phone.national() {
            "733000002" => Self::HasNoMoney,
            "733000003" => Self::Refuses,
            "733000004" => Self::IsSilent,
            "733000005" => Self::IsSlow,
            "733000006" => Self::NewsNeverComes,
            "733000007" => Self::NewsComesTwice,
            "733000008" => Self::IsRefused,
            "733000009" => Self::AnswerNeverComes,
            _ => Self::Pays,
        }
    }
}

impl Airtel {
    /// Opens the record of a data directory. What moved before is known; what was open then has failed.
    pub(crate) fn open(folder: &Path, clock: &Clock) -> Result<Self, LogFailure> {
        let mut known = Known::default();
        let record = DatedLog::open(folder, clock, |at, line| match line {
            AirtelLine::Asked { id, .. } => {
                known.transactions.insert(id, Transaction::Failed("DP00800001029"));
            }
            AirtelLine::Moved { id, airtel_money_id, amount_minor } => {
                known.takings.push(Taking {
                    at,
                    receipt: airtel_money_id.clone(),
                    reference: id.clone(),
                    amount: amount_minor,
                });
                known.transactions.insert(id, Transaction::Paid(airtel_money_id));
            }
            AirtelLine::CallbackSet { callback } => known.callback = callback.parse().ok(),
            _ => {}
        })?;
        Ok(Self { record, receipts: Numbers::from_anywhere(), known: Mutex::new(known) })
    }

    /// Returns once everything noted so far is on disk.
    pub(crate) async fn flush(&self) -> Result<(), LogFailure> {
        self.record.flush().await
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> Arc<AirtelFaults> {
        Arc::clone(&self.known().faults)
    }
}

/// HMAC-SHA256 of a message.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_signed_as_the_standard_says() {
        // RFC 4231, test case 2.
        let tag = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex::encode(tag), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
