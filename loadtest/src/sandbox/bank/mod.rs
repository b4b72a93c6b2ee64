//! A bank with the merchant's collection account, in the shape of KCB's Buni: it asks about a bill before it takes money, tells
//! of what came in, and signs both. What it took is on disk in `sandbox-bank.ndjson` before the merchant hears of it. The
//! merchant's addresses stand beside those that Safaricom was given: a bank is told them by letter. Of what is paid in at a
//! branch it tells nobody: payers bring the slip, and an officer types it, as officers do (see `slips`).
//!
//! The key with which it signs is in this repository and known to everybody: nobody but a demonstration believes it.

mod faults;
mod record;
mod slips;
mod taking;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(crate) use self::faults::BankFaults;
use self::record::{BankLine, Deposit};
use self::slips::Slips;
pub(crate) use self::slips::{collect, pay_in, set_slip_faults};
pub(crate) use self::taking::{deposit, set_faults, statement, summary};
use crate::clock::Clock;
use crate::sandbox::dated_log::DatedLog;
use crate::synced_log::LogFailure;

/// What the bank is called in paths.
pub(crate) const NAME: &str = "kcb";
/// The merchant's account, and what the bank calls the merchant.
pub(crate) const ACCOUNT: &str = "1100220033";
pub(crate) const ORGANISATION: &str = "522522";

const KEY: &str = include_str!("sandbox-key.pem");

/// The bank.
pub(crate) struct Bank {
    record: DatedLog<BankLine>,
    key: RsaKeyPair,
    faults: Mutex<Arc<BankFaults>>,
    deposits: Mutex<Vec<Deposit>>,
    /// Held while a slip is stamped or typed.
    slips: tokio::sync::Mutex<Slips>,
    next: AtomicU64,
    /// Tells references of one sandbox from those of another.
    seed: u32,
}

impl Bank {
    /// Opens the record of a data directory.
    pub(crate) fn open(folder: &Path, clock: &Clock) -> Result<Self, LogFailure> {
        let (mut deposits, mut slips) = (Vec::new(), Slips::default());
        let record = DatedLog::open(folder, clock, |_, line| {
            slips.take(&line);
            if let BankLine::Deposited(deposit) = line {
                deposits.push(deposit);
            }
        })?;
        let base64: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(base64).expect("the key of the sandbox is base64");
        let key = RsaKeyPair::from_pkcs8(&der).expect("the key of the sandbox is a key");
        Ok(Self {
            record,
            key,
            faults: Mutex::default(),
            deposits: Mutex::new(deposits),
            slips: tokio::sync::Mutex::new(slips),
            next: AtomicU64::new(0),
            seed: rand::random(),
        })
    }

    /// Returns once everything noted so far is on disk.
    pub(crate) async fn flush(&self) -> Result<(), LogFailure> {
        self.record.flush().await
    }

    fn faults(&self) -> Arc<BankFaults> {
        Arc::clone(&self.faults.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn with_deposits<T>(&self, look: impl FnOnce(&mut Vec<Deposit>) -> T) -> T {
        look(&mut self.deposits.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A reference that no other payment has.
    fn next_reference(&self) -> String {
        format!("FT{:08X}{:06}", self.seed, self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// The signature over a message, as it stands in the header.
    fn sign(&self, body: &[u8]) -> String {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), body, &mut signature)
            .expect("the key of the sandbox signs");
        STANDARD.encode(signature)
    }
}
