//! Everything a request to the sandbox can reach.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::acquirer::Acquirer;
use super::airtel::Airtel;
use super::bank::Bank;
use super::carriers::Carriers;
use super::confirmation::Confirmation;
use super::faults::Faults;
use super::handsets::{Handsets, Message};
use super::oauth::Tokens;
use super::options::Options;
use super::persona::Pace;
use super::prompts::Prompts;
use super::record::{Delivery, History, Record};
use super::registration::Registration;
use super::terminals::Terminals;
use crate::loopback::{Answer, Client, LoopbackUrl, NoAnswer};
use crate::phone::Phone;
use crate::receipts::Receipts;

/// How many payments may be under way, those included whose confirmation is still to be sent.
const PAYMENTS_MAX: usize = 16_384;
/// How many confirmations and prompt results are posted at once, and how many validations.
const POSTS_MAX: usize = 64;
/// How many of these go out late, when they were withheld.
const RELEASES_MAX: usize = 16;
/// How long a confirmation or a prompt result waits for its answer.
pub(crate) const POST_LIMIT: Duration = Duration::from_secs(30);

/// The sandbox's state.
pub(crate) struct Safaricom {
    pub(crate) options: Options,
    pub(crate) pace: Pace,
    pub(crate) record: Record,
    pub(crate) receipts: Receipts,
    pub(crate) tokens: Tokens,
    pub(crate) prompts: Prompts,
    pub(crate) handsets: Handsets,
    pub(crate) carriers: Carriers,
    pub(crate) bank: Bank,
    pub(crate) airtel: Airtel,
    pub(crate) acquirer: Acquirer,
    pub(crate) terminals: Terminals,
    pub(crate) validation_on: AtomicBool,
    /// Whether the merchant has registered for Pull Transactions.
    pub(crate) may_pull: AtomicBool,
    /// So many times it has asked what came in.
    pub(crate) pulls: AtomicU64,
    registration: RwLock<Option<Arc<Registration>>>,
    faults: RwLock<Arc<Faults>>,
    /// Those of tills, by their short codes.
    till_faults: RwLock<HashMap<String, Arc<Faults>>>,
    /// Confirmations that wait to be released.
    withheld: Mutex<Vec<Confirmation>>,
    /// Payments under way.
    pub(crate) payments: Arc<Semaphore>,
    /// Orders payments by when their money moved.
    pub(crate) moves: AtomicU64,
    /// The youngest payment whose confirmation has left.
    pub(crate) youngest_confirmed: watch::Sender<u64>,
    pub(crate) validations: Semaphore,
    pub(crate) posts: Semaphore,
    /// Withheld confirmations that go out at once: what is paid now does not wait behind all of them.
    pub(crate) releases: Semaphore,
    pub(crate) client: Client,
    /// What goes on after a request has been answered.
    pub(crate) tasks: TaskTracker,
    /// No new work; what waits for a time or a key is given up.
    pub(crate) stopping: CancellationToken,
    /// What is under way is given up too.
    pub(crate) aborting: CancellationToken,
}

impl Safaricom {
    pub(crate) fn new(
        options: Options,
        record: Record,
        receipts: Receipts,
        history: History,
        (carriers, bank, airtel, acquirer, terminals): (Carriers, Bank, Airtel, Acquirer, Terminals),
    ) -> Self {
        Self {
            pace: Pace::new(options.fast),
            record,
            receipts,
            tokens: Tokens::default(),
            prompts: Prompts::continuing(history.finished),
            handsets: Handsets::default(),
            carriers,
            bank,
            airtel,
            acquirer,
            terminals,
            validation_on: AtomicBool::new(options.validation),
            may_pull: AtomicBool::new(false),
            pulls: AtomicU64::new(0),
            registration: RwLock::new(history.registration.map(Arc::new)),
            faults: RwLock::new(Arc::new(options.faults.clone())),
            till_faults: RwLock::default(),
            withheld: Mutex::default(),
            payments: Arc::new(Semaphore::new(PAYMENTS_MAX)),
            moves: AtomicU64::new(0),
            youngest_confirmed: watch::Sender::new(0),
            validations: Semaphore::new(POSTS_MAX),
            posts: Semaphore::new(POSTS_MAX),
            releases: Semaphore::new(RELEASES_MAX),
            client: Client::new(2 * POSTS_MAX),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            aborting: CancellationToken::new(),
            options,
        }
    }

    /// The registration in force.
    pub(crate) fn registration(&self) -> Option<Arc<Registration>> {
        self.registration.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a registration in force if the rules allow it.
    pub(crate) fn register(&self, registration: Registration) -> Result<(), super::answer::DarajaError> {
        let mut current = self.registration.write().unwrap_or_else(PoisonError::into_inner);
        registration.may_follow(current.as_deref(), self.options.allow_overwrite)?;
        *current = Some(Arc::new(registration));
        Ok(())
    }

    /// The faults in force. A payment takes them once and keeps them.
    pub(crate) fn faults(&self) -> Arc<Faults> {
        Arc::clone(&self.faults.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The faults in force for what is paid to this short code: nothing goes wrong with a till because it does with the paybill.
    pub(crate) fn faults_of(&self, short_code: &str) -> Arc<Faults> {
        if short_code == self.options.shortcode {
            return self.faults();
        }
        let tills = self.till_faults.read().unwrap_or_else(PoisonError::into_inner);
        tills.get(short_code).map(Arc::clone).unwrap_or_default()
    }

    /// Other faults of a till from here on.
    pub(crate) fn set_till_faults(&self, short_code: String, faults: Faults) {
        let mut tills = self.till_faults.write().unwrap_or_else(PoisonError::into_inner);
        tills.insert(short_code, Arc::new(faults));
    }

    /// Other faults from here on.
    pub(crate) fn set_faults(&self, faults: Faults) {
        *self.faults.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(faults);
    }

    /// Keeps a confirmation until it is released.
    pub(crate) fn withhold(&self, confirmation: Confirmation) {
        self.withheld.lock().unwrap_or_else(PoisonError::into_inner).push(confirmation);
    }

    /// The confirmations that were kept, in the order in which they were; nothing is kept any more.
    pub(crate) fn take_withheld(&self) -> Vec<Confirmation> {
        std::mem::take(&mut *self.withheld.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the merchant is asked to validate.
    pub(crate) fn asks_to_validate(&self) -> bool {
        self.validation_on.load(Ordering::Relaxed)
    }

    /// Sends a text message to a phone.
    pub(crate) fn text_message(&self, phone: &Phone, sender: &str, text: String) {
        let message = Message { at: self.options.clock.now(), sender: sender.to_owned(), text };
        self.handsets.receive(phone, message);
    }

    /// Waits, unless the sandbox is told to stop: `false` then.
    pub(crate) async fn wait(&self, duration: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(duration) => true,
            () = self.stopping.cancelled() => false,
        }
    }

    /// Posts a message to the merchant and tells how it fared.
    pub(crate) async fn post(
        &self,
        url: &LoopbackUrl,
        message: &impl Serialize,
        limit: Duration,
    ) -> (Delivery, Option<Answer>) {
        let body = serde_json::to_vec(message).expect("messages have text keys and finite values");
        let started = Instant::now();
        let result = tokio::select! {
            result = self.client.post(url, &[], Bytes::from(body), limit) => result,
            () = self.aborting.cancelled() => Err(NoAnswer::Lost("the sandbox was stopped".into())),
        };
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match result {
            Ok(answer) => {
                let status = answer.status.as_u16();
                (
                    Delivery { delivered: status == 200, http_status: Some(status), problem: None, took_ms },
                    Some(answer),
                )
            }
            Err(error) => {
                let problem = Some(error.to_string());
                (Delivery { delivered: false, http_status: None, problem, took_ms }, None)
            }
        }
    }
}
