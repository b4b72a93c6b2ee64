//! Safaricom as a paybill owner sees it, on a listener of its own, with its own record of every shilling.
//!
//! The sandbox plays the *outside*: it gives out tokens, registers addresses, shows prompts on handsets, asks
//! the merchant to validate, moves money, and tells the merchant, in the exact shapes of the real interface
//! and with its oddities. What it knows to have moved is in `sandbox-ledger.ndjson` before the merchant hears
//! of it (see [`record`]), so the merchant's books can be compared with a witness that shares no code with
//! them. It speaks to loopback addresses only.
//!
//! # Safaricom's calls
//!
//! | call | what it does |
//! |---|---|
//! | `GET /oauth/v1/generate?grant_type=client_credentials` | Basic authentication; a token for an hour, whose `expires_in` is text |
//! | `POST /mpesa/c2b/v1/registerurl`, `/v2/` | where to validate and confirm, and the default action |
//! | `POST /mpesa/c2b/v1/simulate`, `/v2/` | a paybill payment by `Msisdn` |
//! | `POST /mpesa/stkpush/v1/processrequest` | a prompt on a handset |
//! | `POST /mpesa/stkpushquery/v1/query` | the result of a prompt, or 500 while it is being processed |
//! | `POST /pulltransactions/v1/register` | the merchant will ask what came in; forgotten when the sandbox stops |
//! | `POST /pulltransactions/v1/query` | a page of what came in between two moments of the last 48 hours |
//!
//! Errors have the shape `{"requestId", "errorCode", "errorMessage"}`; the first three digits of the code are
//! the HTTP status.
//!
//! # Calls to carriers of text messages
//!
//! There are two, `first` and `second`, in the shape of Africa's Talking; each has faults of its own. See `carriers`.
//!
//! | call | what it does |
//! |---|---|
//! | `POST /carriers/{name}/version1/messaging` | a form with `username` (`demo`), `to`, `message`, `from`, under the header `apiKey` (`demo-api-key`); 201 with a code for each recipient, then reports |
//! | `POST /carriers/{name}/dashboard` | `{"report", "incoming"}`: where reports and texts of subscribers go, as one types it into the provider's pages |
//!
//! # Calls to Airtel
//!
//! | call | what it does |
//! |---|---|
//! | `POST /airtel/auth/oauth2/token` | `{"client_id", "client_secret", "grant_type"}`; a token for three minutes |
//! | `POST /airtel/merchant/v1/payments/` | asks a payer, by a name that the merchant gives |
//! | `GET /airtel/standard/v1/payments/{id}` | what became of it: `TS`, `TF`, `TIP` |
//! | `POST /airtel/portal` | `{"callback"}`: where to report, as one types it into the portal |
//!
//! What each number does, and the record of it, is in `airtel`. The acquirer of cards is below `/acquirer`; see there.
//!
//! # Ways to pay that call nobody
//!
//! Slips of the bank's branches and card terminals (PDQ) have control calls alone: they tell by files that people send. The till of
//! an agency is Safaricom with another `short_code`, in `pay` and in `statement`. Cash at a counter has no far side to simulate: what
//! its cashier types is all there is of it.
//!
//! # Control calls
//!
//! | call | body | answer |
//! |---|---|---|
//! | `GET /control/handset/{phone}` | | `{"phone", "prompt": null or {"checkout_request_id", "text", "amount", "account", "expires_at", "seconds_left"}, "messages": [{"at", "sender", "text"}]}` |
//! | `POST /control/handset/{phone}/pin` | `{"pin": "1234"}` | 202, or 409 `no_prompt` |
//! | `POST /control/handset/{phone}/cancel` | | 202, or 409 `no_prompt` |
//! | `POST /control/handset/{phone}/pay` | `{"account": "…", "amount": "7550.00" or 7550}` in shillings, and `"short_code"` if to another paybill | 200 after validation: `{"status": "paid", "receipt", "amount"}` or `{"status": "refused", "code", "result_code", "message"}` with code `refused_by_merchant`, `merchant_unreachable`, `no_money`, `amount_out_of_range` or `busy` |
//! | `POST /control/handset/{phone}/sms` | `{"sender", "text"}` | 202; any program may play the carrier |
//! | `GET /control/summary` | | counts and sums of the record, and `tasks_under_way` |
//! | `GET /control/ledger` | | the record, streamed as NDJSON |
//! | `GET /control/statement?date=2026-11-20&short_code=600000` | | the organisation's statement as CSV, of one day or of all: how lost confirmations are found |
//! | `GET`, `PUT /control/faults` | [`Faults`] | what goes wrong with the paybill on purpose |
//! | `PUT /control/tills/{short_code}/faults` | [`Faults`] | what goes wrong with what is paid to a till |
//! | `POST /control/withheld/release` | [`Faults`] | confirmations that were withheld go out, struck by these: `{"released", "lost", "repeated"}` |
//! | `PUT /control/validation` | `{"on": true}` | whether the merchant is asked to validate |
//! | `PUT /control/carriers/{name}/faults` | `CarrierFaults` | what goes wrong at a carrier on purpose |
//! | `PUT /control/acquirer/faults` | `AcquirerFaults` | what goes wrong at the acquirer on purpose |
//! | `PUT /control/airtel/faults` | `AirtelFaults` | what goes wrong at Airtel on purpose |
//! | `GET /control/acquirer/statement`, `GET /control/airtel/statement` | | what came in there, in shillings, as CSV with its charges and its sum |
//! | `GET /control/airtel/transactions/{id}` | | what the payer sees of a request: `{"status"}`, `never_asked`, `asked`, `paid` or `failed` |
//! | `POST /control/carriers/{name}/incoming` | `{"phone", "text"}` | a subscriber sends a text, which is handed on: `{"http_status"}` |
//! | `POST /control/banks/kcb/deposit` | `{"reference", "amount"}` in shillings | somebody pays through the bank: `{"status": "paid", "reference"}` or `{"status": "refused", "status_code"}` |
//! | `PUT /control/banks/kcb/faults` | `BankFaults` | what goes wrong at the bank on purpose |
//! | `GET /control/banks/kcb/statement`, `/summary` | | what came in there, as CSV, and its count and sum |
//! | `POST /control/banks/kcb/slips` | `{"reference", "amount"}` in shillings | somebody pays in at a branch, which tells nobody: `{"status": "paid", "reference", "amount"}`, what is on the slip |
//! | `POST /control/banks/kcb/slips/collect` | | the slips that an officer has typed by now: `{"files": [{"name", "what", "text"}]}` |
//! | `PUT /control/banks/kcb/slips/faults` | `SlipFaults` | what goes wrong with slips on purpose |
//! | `POST /control/terminals/kws/sale`, `/close` | see `terminals` | a card is charged at a terminal; batches are closed, and their files handed over |
//! | `GET /control/terminals/kws/settlement`, `/summary` | | what the acquirer settled, as CSV, and its count and sum |
//! | `PUT /control/terminals/kws/faults` | `TerminalFaults` | what goes wrong at card terminals on purpose |
//! | `GET /control/messages` | | the newest messages on all phones |
//! | `GET /livez` | | 200 |
//!
//! `{phone}` is `254700000001` or `0700000001`; the test numbers are in [`persona`]. Amounts in answers are
//! `{"amount": cents, "currency": "KES"}`; errors are `{"code", "message"}`.
//!
//! # Order of things
//!
//! A payment is validated, moves, and is confirmed, in this order; a prompt's result is called back beside
//! the confirmation, in no order, with the same receipt. Confirmations are posted once unless
//! [`Options::retry_confirmations`] says otherwise.

mod acquirer;
mod airtel;
mod answer;
mod bank;
mod carriers;
mod chance;
mod confirmation;
mod control;
mod dated_log;
mod faults;
mod fields;
mod handsets;
mod keyed;
mod merchant_statement;
mod numbers;
mod oauth;
mod options;
mod payment;
pub mod persona;
mod prompts;
mod pull;
pub mod record;
mod registration;
mod safaricom;
mod server;
mod statement;
mod stk;
mod terminals;
mod totals;

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::acquirer::Acquirer;
use self::airtel::Airtel;
use self::bank::Bank;
use self::carriers::Carriers;
pub use self::faults::{Fault, Faults};
pub use self::options::Options;
use self::record::Record;
use self::safaricom::Safaricom;
use self::terminals::Terminals;
use crate::loopback::LoopbackUrl;
pub use crate::synced_log::LogFailure;
use crate::synced_log::create_folder;

/// How long requests and messages under way may take to finish once the sandbox is told to stop.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);

/// The entrance: [`Sandbox::start`].
#[derive(Debug)]
pub struct Sandbox;

/// A sandbox that is listening. Dropping it leaves it running until its shutdown future resolves.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    record: PathBuf,
    finished: JoinHandle<Result<(), LogFailure>>,
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The options cannot be meant; every problem, one a line.
    #[error("the sandbox's options are wrong:\n  {}", .0.join("\n  "))]
    Options(Vec<String>),
    /// The address is taken or not ours.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// No folder for the record.
    #[error("cannot make a folder for the record: {0}")]
    Folder(std::io::Error),
    /// The record cannot be read or kept.
    #[error("cannot keep the record: {0}")]
    Record(#[from] LogFailure),
}

impl Sandbox {
    /// Starts a sandbox on the current tokio runtime. It is ready for requests when this returns, and stops
    /// when `shutdown` resolves.
    ///
    /// # Errors
    ///
    /// When the options are wrong, the address cannot be listened on, or the record cannot be opened.
    pub async fn start(
        options: Options,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Running, StartError> {
        let problems = options.problems();
        if !problems.is_empty() {
            return Err(StartError::Options(problems));
        }
        let (folder, ephemeral) = match &options.data {
            Some(folder) => {
                create_folder(folder)?;
                (folder.clone(), None)
            }
            None => {
                let folder =
                    tempfile::Builder::new().prefix("sandbox-").tempdir().map_err(StartError::Folder)?;
                (folder.path().to_path_buf(), Some(folder))
            }
        };
        let listener = TcpListener::bind(options.listen)
            .await
            .map_err(|error| StartError::Listen(options.listen, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(options.listen, error))?;
        let (record, receipts, history) =
            Record::open(&folder, &options.clock, &options.shortcode, options.fast).await?;
        let carriers = Carriers::open(&folder, &options.clock)?;
        let bank = Bank::open(&folder, &options.clock)?;
        let airtel = Airtel::open(&folder, &options.clock)?;
        let acquirer = Acquirer::open(&folder, &options.clock)?;
        let terminals = Terminals::open(&folder, &options.clock)?;
        let record_path = record.path().to_path_buf();
        let beside = (carriers, bank, airtel, acquirer, terminals);
        let safaricom = Arc::new(Safaricom::new(options, record, receipts, history, beside));
        let finished = tokio::spawn(async move {
            let stopping = safaricom.stopping.clone();
            let serving = tokio::spawn(server::serve(listener, Arc::clone(&safaricom)));
            shutdown.await;
            stopping.cancel();
            safaricom.tasks.close();
            drain(&safaricom, serving).await;
            let kept = safaricom.record.flush().await.and(safaricom.carriers.flush().await);
            let kept = kept.and(safaricom.bank.flush().await);
            let kept = kept.and(safaricom.airtel.flush().await).and(safaricom.acquirer.flush().await);
            let kept = kept.and(safaricom.terminals.flush().await);
            drop(safaricom);
            drop(ephemeral);
            kept
        });
        Ok(Running { address, record: record_path, finished })
    }
}

/// Lets what is under way finish, for a while.
async fn drain(safaricom: &Safaricom, serving: JoinHandle<()>) {
    let drained = async {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the sandbox's listener failed");
        }
        safaricom.tasks.wait().await;
    };
    tokio::pin!(drained);
    if tokio::time::timeout(DRAIN_WITHIN, &mut drained).await.is_err() {
        tracing::warn!("the sandbox gives up what is still under way");
        safaricom.aborting.cancel();
        drained.await;
    }
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base address, such as `http://127.0.0.1:8090`.
    #[must_use]
    pub fn url(&self) -> LoopbackUrl {
        LoopbackUrl::from(self.address)
    }

    /// The file with its record.
    #[must_use]
    pub fn record(&self) -> &Path {
        &self.record
    }

    /// Returns when the sandbox has stopped and its record is on disk.
    ///
    /// # Errors
    ///
    /// When the record could not be kept to the end.
    pub async fn finished(self) -> Result<(), LogFailure> {
        self.finished.await.unwrap_or_else(|error| {
            std::panic::resume_unwind(
                error.try_into_panic().unwrap_or_else(|_| Box::new("the sandbox was cancelled")),
            )
        })
    }
}
