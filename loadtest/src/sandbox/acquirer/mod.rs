//! An acquirer of cards with a hosted page: sessions, a page with three buttons, a signed message of what became of it, and
//! its own record of what moved.
//!
//! | call | what it does |
//! |---|---|
//! | `POST /acquirer/v1/sessions` | one session for an `Idempotency-Key`, with the address of its page |
//! | `GET /acquirer/v1/sessions?reference=` | what became of it, and the address of its page |
//! | `GET /acquirer/v1/ping` | whether the key is taken |
//! | `POST /acquirer/dashboard` | `{"webhook"}`: where to report, as one types it into its pages |
//! | `GET`, `POST /acquirer/pay/{session}` | the page, and its buttons: `pay`, `decline`, `abandon` |

mod calls;
mod page;
mod record;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use self::calls::{answer, set_faults, statement};
use self::record::AcquirerLine;
use crate::clock::Clock;
use crate::kes::Kes;
use crate::loopback::LoopbackUrl;
use crate::sandbox::dated_log::DatedLog;
use crate::sandbox::merchant_statement::Taking;
use crate::sandbox::numbers::Numbers;
use crate::synced_log::LogFailure;

/// The key of every merchant, and what its messages are signed with.
const API_KEY: &str = "demo-acquirer-key";
const WEBHOOK_KEY: &[u8] = b"demo-acquirer-webhook-key";

/// The simulated acquirer.
pub(crate) struct Acquirer {
    record: DatedLog<AcquirerLine>,
    receipts: Numbers,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    faults: Arc<AcquirerFaults>,
    webhook: Option<LoopbackUrl>,
    /// By the merchant's reference.
    sessions: HashMap<String, Session>,
    /// References by session, for whoever opens a page.
    references: HashMap<String, String>,
    /// Sessions whose payer has pressed a button that is being written down.
    deciding: HashSet<String>,
    /// What came in in shillings, in order.
    takings: Vec<Taking>,
}

impl Known {
    fn keep(&mut self, session: Session) {
        self.references.insert(session.session_id.clone(), session.reference.clone());
        self.sessions.insert(session.reference.clone(), session);
    }

    /// The open session, for the first who presses a button on its page. Whoever presses while that is written down has not decided.
    fn begin(&mut self, id: &str, now: Timestamp) -> Option<Session> {
        let session = self.sessions.get(self.references.get(id)?)?;
        let is_first = session.is_open(&self.faults, now) && !self.deciding.contains(id);
        is_first.then(|| {
            self.deciding.insert(id.to_owned());
            session.clone()
        })
    }

    /// A payer has decided, at this time.
    fn end(&mut self, at: Timestamp, session: Session) {
        if let State::Paid(receipt) = &session.state
            && session.currency == "KES"
        {
            self.takings.push(Taking {
                at,
                receipt: receipt.clone(),
                reference: session.reference.clone(),
                amount: Kes::from_minor(session.amount),
            });
        }
        self.keep(session);
    }
}

/// A session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    session_id: String,
    reference: String,
    amount: u64,
    currency: String,
    return_url: String,
    expires_at: Timestamp,
    state: State,
}

/// What became of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Open,
    /// Under this receipt.
    Paid(String),
    Declined,
    Abandoned,
}

/// What goes wrong on purpose: the body of `PUT /control/acquirer/faults`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AcquirerFaults {
    /// Everything but the page is answered 503.
    down: bool,
    /// Messages are not sent.
    webhooks_lost: bool,
    /// Messages are sent twice.
    webhooks_twice: bool,
    /// Messages have a signature that is wrong.
    webhooks_forged: bool,
    /// The page of a session is said to be elsewhere.
    page_elsewhere: bool,
    /// The time of every session is over.
    sessions_run_out: bool,
    /// Sessions are made, and the merchant gets no answer that says so.
    answers_lost: bool,
}

impl Session {
    /// Whether it can be paid, at this time.
    fn is_open(&self, faults: &AcquirerFaults, now: Timestamp) -> bool {
        self.state == State::Open && now < self.expires_at && !faults.sessions_run_out
    }

    /// What is said of it, at this time.
    fn told(&self, faults: &AcquirerFaults, now: Timestamp) -> Value {
        let (status, receipt) = match &self.state {
            State::Open if self.is_open(faults, now) => ("open", None),
            State::Open => ("expired", None),
            State::Paid(receipt) => ("paid", Some(receipt)),
            State::Declined => ("declined", None),
            State::Abandoned => ("abandoned", None),
        };
        json!({"session_id": self.session_id, "reference": self.reference, "status": status,
               "amount": self.amount, "currency": self.currency, "receipt": receipt})
    }
}

impl Acquirer {
    /// Opens the record of a data directory.
    pub(crate) fn open(folder: &Path, clock: &Clock) -> Result<Self, LogFailure> {
        let mut known = Known::default();
        let record = DatedLog::open(folder, clock, |at, line| match line {
            AcquirerLine::SessionMade { session } => known.keep(session),
            AcquirerLine::SessionEnded { session } => known.end(at, session),
            AcquirerLine::WebhookSet { webhook } => known.webhook = webhook.parse().ok(),
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

    fn faults(&self) -> Arc<AcquirerFaults> {
        Arc::clone(&self.known().faults)
    }

    fn session(&self, id: &str) -> Option<Session> {
        let known = self.known();
        known.sessions.get(known.references.get(id)?).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_pressed_twice_at_once_takes_one_decision() {
        let now = Timestamp::from_second(1_000).unwrap();
        let session = Session {
            session_id: "ses_1".to_owned(),
            reference: "att_1".to_owned(),
            amount: 500,
            currency: "KES".to_owned(),
            return_url: String::new(),
            expires_at: Timestamp::from_second(2_000).unwrap(),
            state: State::Open,
        };
        let mut known = Known::default();
        known.keep(session);
        let open = known.begin("ses_1", now).expect("it is the first");
        assert!(known.begin("ses_1", now).is_none(), "the first is being written down");
        known.deciding.remove("ses_1");
        assert!(known.begin("ses_1", now).is_some(), "nothing came of the first");
        known.deciding.remove("ses_1");
        known.end(now, Session { state: State::Paid("AQ1".to_owned()), ..open });
        assert!(known.begin("ses_1", now).is_none(), "it is over");
        assert_eq!(known.takings.len(), 1);
    }
}
