//! The paybill: everything that the rest of the gateway asks of M-PESA, in its own words.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use catalog::Text;
use hyper::Uri;
use ledger::Money;

use super::client::{
    CallError, Daraja, DarajaSettings, DefaultAction, NotUsable, PromptOutcome, PromptRequest, PromptStatus,
    Refusal, Registered, Registration,
};
use super::instructions::WholeShillings;
use super::prompt_codes::Advice;
use super::subscriber::Subscriber;
use crate::channels::contract::{ListPage, ListWanted};
use crate::channels::sources::{CallbackSources, Caller};
use crate::channels::{CollectionAccount, NotPayable};
use crate::clock::Clock;
use crate::config::secret::Secret;
use crate::config::sections::PaybillConfig;
use crate::http::client_address::AddressRange;
use crate::payments::{Attempt, Bill};

/// What it takes to run a paybill.
#[derive(Clone, Debug)]
pub struct PaybillTerms {
    /// Speaking to Safaricom.
    pub daraja: DarajaSettings,
    /// How Safaricom reaches the callback listener, without a slash at the end.
    pub callback_base_url: String,
    /// The part of the callback path that nobody can guess.
    pub token: Secret,
    /// Where callbacks are expected from.
    pub expected_sources: Vec<AddressRange>,
    /// Whether a callback with the token and from elsewhere is taken all the same.
    pub takes_unlisted_sources: bool,
    /// What M-PESA takes in one payment.
    pub limit_per_payment: Money,
    /// The phone that was nominated to Safaricom for Pull Transactions: twelve digits. Without one nothing is pulled.
    pub pull_number: Option<u64>,
}

/// The phone that a demonstration nominates.
const DEMONSTRATION_PULL_NUMBER: u64 = 254_700_000_000;
/// The secrets of the simulated Safaricom: no secrets at all.
const DEMONSTRATION_CONSUMER_KEY: &str = "demo-consumer-key";
const DEMONSTRATION_CONSUMER_SECRET: &str = "demo-consumer-secret";
const DEMONSTRATION_PASSKEY: &str = "demo-passkey";

impl PaybillTerms {
    /// Those of a configuration.
    pub fn of_config(paybill: &PaybillConfig) -> Self {
        Self {
            daraja: DarajaSettings::of(paybill),
            callback_base_url: paybill.callback_base_url.as_str().trim_end_matches('/').to_owned(),
            token: paybill.callback_token.clone(),
            expected_sources: paybill.source_addresses.clone(),
            takes_unlisted_sources: paybill.takes_unlisted_sources,
            limit_per_payment: paybill.limit_per_payment,
            pull_number: paybill.pull_number,
        }
    }

    /// Those of a demonstration beside a simulated Safaricom.
    pub fn of_demonstration(
        sandbox_url: &Uri,
        short_code: &str,
        callback_base_url: &str,
        token: &str,
        limit_per_payment: Money,
    ) -> Self {
        let secret = |text: &str| Secret::new(text.to_owned());
        let loopback = ["127.0.0.0/8", "::1"].map(|range| range.parse().expect("these are ranges"));
        Self {
            daraja: DarajaSettings {
                base_url: sandbox_url.clone(),
                short_code: short_code.to_owned(),
                consumer_key: secret(DEMONSTRATION_CONSUMER_KEY),
                consumer_secret: secret(DEMONSTRATION_CONSUMER_SECRET),
                passkey: secret(DEMONSTRATION_PASSKEY),
                deadline: super::client::DEADLINE,
            },
            callback_base_url: callback_base_url.to_owned(),
            token: secret(token),
            expected_sources: loopback.to_vec(),
            takes_unlisted_sources: false,
            limit_per_payment,
            pull_number: Some(DEMONSTRATION_PULL_NUMBER),
        }
    }
}

/// The paybill.
pub struct Paybill {
    daraja: Daraja,
    sources: CallbackSources,
    clock: Clock,
    short_code: String,
    callbacks_url: String,
    takes_unlisted_sources: bool,
    limit_per_payment: Money,
    pull_number: Option<u64>,
    /// Whether Safaricom was told that we shall ask, since it last did not answer.
    has_registered_pull: AtomicBool,
}

impl Paybill {
    /// A paybill on these terms. Nothing is sent before the first call.
    pub fn new(terms: PaybillTerms, clock: Clock) -> Result<Self, NotUsable> {
        let callbacks_url = format!("{}/cb/{}", terms.callback_base_url, terms.token.expose());
        Ok(Self {
            short_code: terms.daraja.short_code.clone(),
            daraja: Daraja::new(terms.daraja, clock.clone())?,
            clock,
            sources: CallbackSources::new(terms.token, terms.expected_sources),
            callbacks_url,
            takes_unlisted_sources: terms.takes_unlisted_sources,
            limit_per_payment: terms.limit_per_payment,
            pull_number: terms.pull_number,
            has_registered_pull: AtomicBool::new(false),
        })
    }

    /// The time, as everything that speaks to providers has it.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The short code: what payers type as the business number.
    pub fn short_code(&self) -> &str {
        &self.short_code
    }

    /// Where Safaricom's callbacks begin, token included: a secret.
    pub fn callbacks_url(&self) -> &str {
        &self.callbacks_url
    }

    /// Who is calling, and whether to listen.
    pub fn judge_caller(&self, token: &str, address: IpAddr) -> (Caller, bool) {
        let caller = self.sources.judge(token, address);
        let is_taken = match caller {
            Caller::Expected => true,
            Caller::FromElsewhere => self.takes_unlisted_sources,
            Caller::Stranger => false,
        };
        (caller, is_taken)
    }

    /// An amount that M-PESA can take in one payment.
    pub fn payable(&self, money: Money) -> Result<WholeShillings, NotPayable> {
        WholeShillings::of(money, self.limit_per_payment)
    }

    /// What M-PESA takes in one payment.
    pub const fn limit_per_payment(&self) -> Money {
        self.limit_per_payment
    }

    /// Asks a payer on the phone. The attempt must be in the books already.
    pub async fn prompt(
        &self,
        attempt: &Attempt,
        bill: &Bill,
        subscriber: Subscriber,
        amount: WholeShillings,
    ) -> PromptOutcome {
        let callback_url = format!("{}/stk/{}", self.callbacks_url, attempt.id);
        let request = PromptRequest {
            subscriber,
            amount,
            number: attempt.bill,
            description: bill.terms.service_name.en(),
            callback_url: &callback_url,
        };
        self.daraja.prompt(&request).await
    }

    /// Asks what became of a prompt.
    pub async fn query(&self, prompt_name: &str) -> Result<PromptStatus, CallError> {
        self.daraja.query(prompt_name).await
    }

    /// Asks whether Safaricom is there, for nothing but a new access token.
    pub async fn probe(&self) -> Result<(), Refusal> {
        self.daraja.probe().await
    }

    /// Whether Safaricom can be asked what came in.
    pub const fn may_pull(&self) -> bool {
        self.pull_number.is_some()
    }

    /// Asks for a page of what came in.
    pub async fn pull(&self, account: &CollectionAccount, wanted: ListWanted) -> Result<ListPage, CallError> {
        if let Some(number) = self.pull_number.filter(|_| !self.has_registered_pull.load(Ordering::Relaxed)) {
            // Safaricom calls nobody there in answer to what we ask; the address is part of the form.
            let callback_url = format!("{}/c2b/confirm", self.callbacks_url);
            if let Err(error) = self.daraja.register_pull(number, &callback_url).await {
                tracing::info!(%error, "Safaricom was told that we ask what came in.");
            }
        }
        let page = self.daraja.pull(account, wanted).await;
        self.has_registered_pull.store(page.is_ok(), Ordering::Relaxed);
        page
    }

    /// Tells Safaricom where to validate and confirm. When we are down, money moves unvalidated: it lands in suspense and
    /// can be found, while a payer who is refused stands at a gate.
    pub async fn register(&self) -> Result<Registered, CallError> {
        let registration = Registration {
            validation_url: &format!("{}/c2b/validate", self.callbacks_url),
            confirmation_url: &format!("{}/c2b/confirm", self.callbacks_url),
            default_action: DefaultAction::Completed,
        };
        self.daraja.register(&registration).await
    }
}

/// What a payer reads about an attempt.
pub fn attempt_text(attempt: &Attempt) -> Text {
    use crate::payments::AttemptState as State;
    if let Some(advice) = Advice::of(attempt.state, attempt.code.as_deref()) {
        return Text::new(advice.en, advice.sw);
    }
    match attempt.state {
        State::Succeeded => Text::new("We have received your payment.", "Tumepokea malipo yako."),
        _ => Text::new(
            "Check your phone and enter your M-PESA PIN. This can take up to 60 seconds.",
            "Angalia simu yako na uweke PIN yako ya M-PESA. Hii inaweza kuchukua hadi sekunde 60.",
        ),
    }
}
