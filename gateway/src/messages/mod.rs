//! Text messages to people whose money has moved, or may have: an outbox that follows from the journal.
//!
//! 1. `letter`: which record gets a message, what it says, whom it goes to;
//! 2. `texts`, [`gsm`]: the words, in both languages, in one message each;
//! 3. `outbox`: what is settled before a provider is asked, and what it answers;
//! 4. `provider`, `wire`, `health`: one call, its shapes, and whether a provider is asked at all;
//! 5. `inbox`, `incoming`: what providers report and subscribers answer;
//! 6. `holders`: who is told of an outage;
//! 7. `phones`, `opt_outs`: who wants none, for how long, and how many each has had.
//!
//! What is known of a message is in the books (`payments::Message`); a phone number is nowhere but in this memory, while a message
//! is written. Money never waits for any of it. Why it is so: `decisions/messages.md`.

pub mod gsm;
mod health;
pub(crate) mod holders;
mod inbox;
mod incoming;
mod letter;
mod opt_outs;
mod outbox;
mod phones;
mod provider;
mod texts;
mod wire;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use self::inbox::{ARRIVED_MAX, Arrived, What};
use self::phones::Phones;
use self::provider::{CONNECT_WITHIN, Provider};
use self::texts::Surroundings;
use crate::app::{App, SharedApp};
use crate::books::BooksError;
use crate::channels::sources::{CallbackSources, Caller};
use crate::config::secret::Secret;
use crate::config::sections::MessagesConfig;
use crate::http::body::Fields;
use crate::http::client_address::AddressRange;
use crate::outbound::Outbound;
use crate::payments::MessageId;

pub use self::provider::ProviderTerms;

/// What it takes to send messages.
#[derive(Clone, Debug)]
pub struct MessageTerms {
    /// Providers, the preferred one first. None: nobody is sent anything, and nothing says that they will be.
    pub providers: Vec<ProviderTerms>,
    /// The part of the callback path that nobody can guess, where providers report.
    pub token: Secret,
    /// Where reports are expected from: everybody, if nothing is named.
    pub sources: Vec<AddressRange>,
    /// The number that subscribers answer to, if answers are read.
    pub replies_to: Option<String>,
    /// The help desk's number, to be mentioned.
    pub help: Option<String>,
    /// So many messages a day to one phone, of those that tell of no money.
    pub per_phone_per_day: u32,
    /// Where the simulated carriers of a demonstration reach us, token included; nothing of real ones, who are told by hand.
    pub simulated_report_to: Option<String>,
}

/// Messages, as the rest of the gateway knows them.
pub struct Messenger {
    providers: Vec<Provider>,
    sources: CallbackSources,
    around: Surroundings,
    per_phone_per_day: u32,
    simulated_report_to: Option<String>,
    phones: Phones,
    inbox: mpsc::Sender<Arrived>,
    /// Until somebody runs it.
    arrived: tokio::sync::Mutex<mpsc::Receiver<Arrived>>,
}

/// Something that a provider told us was not taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotTakenIn {
    /// There is no such provider.
    #[error("there is no such provider")]
    NoSuchProvider,
    /// It says nothing that we understand.
    #[error("it cannot be read")]
    Unreadable,
    /// Too much waits already, or the books gave no answer.
    #[error(transparent)]
    Books(#[from] BooksError),
}

/// The simulated carriers of a demonstration, and the username and key that mean nothing.
const DEMONSTRATION_REPLIES_TO: &str = "22123";
/// The names of the places that a configuration has for providers.
pub const PROVIDER_NAMES: [&str; 2] = ["first", "second"];

impl MessageTerms {
    /// Those of a configuration.
    pub fn of_config(messages: &MessagesConfig) -> Self {
        Self {
            providers: messages.providers.clone(),
            token: messages.callback_token.clone().unwrap_or_else(|| Secret::new(String::new())),
            sources: messages.source_addresses.clone(),
            replies_to: messages.replies_to.clone(),
            help: messages.help.clone(),
            per_phone_per_day: messages.per_phone_per_day,
            simulated_report_to: None,
        }
    }

    /// Those of a demonstration, whose carriers are beside the simulated Safaricom.
    pub fn of_demonstration(
        sandbox_url: &str,
        callback_url: &str,
        token: Secret,
        messages: &MessagesConfig,
    ) -> Self {
        let providers = PROVIDER_NAMES.map(|name| ProviderTerms {
            name,
            base_url: format!("{}/carriers/{name}", sandbox_url.trim_end_matches('/')),
            username: "demo".to_owned(),
            api_key: Secret::new("demo-api-key".to_owned()),
            sender: Some("MALIPO".to_owned()),
        });
        Self {
            providers: providers.to_vec(),
            simulated_report_to: Some(format!("{callback_url}/cb/{}/sms", token.expose())),
            token,
            sources: Vec::new(),
            replies_to: Some(DEMONSTRATION_REPLIES_TO.to_owned()),
            help: messages.help.clone(),
            per_phone_per_day: messages.per_phone_per_day,
        }
    }
}

impl Messenger {
    /// On these terms. Nothing is sent before `run`.
    pub fn new(terms: MessageTerms, outbound: &Outbound, public_url: &str) -> Self {
        let providers = terms.providers.into_iter().filter_map(|provider| {
            let destination = outbound.destination(
                &provider.base_url,
                CONNECT_WITHIN,
                terms.simulated_report_to.is_some(),
            )?;
            Some(Provider::new(provider, destination))
        });
        let address = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
        let everybody =
            || ["0.0.0.0/0", "::/0"].map(|range| range.parse().expect("these are ranges")).to_vec();
        let sources = if terms.sources.is_empty() { everybody() } else { terms.sources };
        let (inbox, arrived) = mpsc::channel(ARRIVED_MAX);
        Self {
            providers: providers.collect(),
            sources: CallbackSources::new(terms.token, sources),
            around: Surroundings {
                address: address.trim_end_matches('/').to_owned(),
                help: terms.help,
                replies_to: terms.replies_to,
            },
            per_phone_per_day: terms.per_phone_per_day,
            simulated_report_to: terms.simulated_report_to,
            phones: Phones::new(),
            inbox,
            arrived: tokio::sync::Mutex::new(arrived),
        }
    }

    /// Whether anybody is sent anything.
    pub fn is_there(&self) -> bool {
        !self.providers.is_empty()
    }

    /// Who tells us of messages, by the token in the path and the address. Where there are no providers, nobody is expected.
    pub(crate) fn judge_caller(&self, token: &str, address: IpAddr) -> Caller {
        if self.is_there() { self.sources.judge(token, address) } else { Caller::Stranger }
    }

    /// Takes in a delivery report.
    pub(crate) async fn report(&self, provider: &str, fields: &Fields) -> Result<(), NotTakenIn> {
        let report = wire::read_report(fields).ok_or(NotTakenIn::Unreadable)?;
        self.take_in(provider, What::Report(report)).await
    }

    /// Takes in what a subscriber has sent.
    pub(crate) async fn text(&self, provider: &str, fields: &Fields) -> Result<(), NotTakenIn> {
        let text = wire::read_text(fields).ok_or(NotTakenIn::Unreadable)?;
        self.take_in(provider, What::Text(text)).await
    }

    async fn take_in(&self, provider: &str, what: What) -> Result<(), NotTakenIn> {
        let known = self.providers.iter().find(|known| *known.name == *provider);
        let provider = Arc::clone(&known.ok_or(NotTakenIn::NoSuchProvider)?.name);
        let (done, is_done) = oneshot::channel();
        let arrived = Arrived { provider, what, done };
        self.inbox.try_send(arrived).map_err(|_| BooksError::Crowded)?;
        Ok(is_done.await.unwrap_or(Err(BooksError::Stopped))?)
    }
}

/// The phone that a message went to, as lists show it: `0712 *** 678`. Nothing if nobody can know it any more.
pub(crate) fn masked_phone(app: &App, message: MessageId) -> Option<String> {
    let phone = letter::receiver(app, message)
        .inspect_err(|error| tracing::warn!(%error, "The phone of a message cannot be read."))
        .ok()??;
    let digits = phone.digits();
    Some(format!("0{} *** {}", &digits[3..6], &digits[9..]))
}

/// Sends messages and takes in what is said of them, on the calling thread, until it is told to stop. Nothing to do where no
/// provider is configured.
pub(crate) fn run(app: SharedApp, stop: &CancellationToken) -> io::Result<()> {
    if !app.messages.is_there() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        if let Some(address) = &app.messages.simulated_report_to {
            for provider in &app.messages.providers {
                stop.run_until_cancelled(provider.is_told_where_to_report(address)).await;
            }
        }
        // In one task: if either panics, both end, what has arrived stays in its queue, and both are begun again.
        let mut arrived = app.messages.arrived.lock().await;
        let inbox = inbox::run(Arc::clone(&app), &mut arrived, stop.clone());
        tokio::join!(inbox, outbox::run(Arc::clone(&app), stop.clone()));
    });
    Ok(())
}
