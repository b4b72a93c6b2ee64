//! Airtel Money as a merchant sees it through Airtel Africa's Open API: the payer is asked on the phone for the PIN.
//!
//! Airtel takes the name that we give an attempt, so an attempt can be asked about even when nothing was answered. It
//! never repeats the amount: it moves what was asked for, or nothing. Its callback is signed only where that was agreed; one
//! that is not, or is signed wrongly, is a hint, and what Airtel answers when it is asked decides.
//!
//! `client` makes the calls, `wire` reads and writes what is said, `codes` has what its codes mean for the attempt and
//! for the payer.

pub(crate) mod client;
mod codes;
mod wire;

use std::sync::Arc;

use catalog::Text;
use hyper::{HeaderMap, StatusCode};
use ledger::{Currency, Money};

pub(crate) use self::codes::attempt_text;

use self::client::{Airtel, AskOutcome};
use self::wire::{Callback, TransactionState};
use super::contract::{
    AskWish, Asked, AsksPayer, BillAnswer, Channel, Heard, Later, Listens, NoAnswer, Paid, Probes,
    QueryAnswer, Reply, SentTo, Unheard,
};
use super::{AmountTerms, CollectionAccount, Instructions, NotPayable};
use crate::channels::files::FileKind;
use crate::config::secret::Secret;
use crate::outbound::destination::Destination;
use crate::payments::channels::{ChannelName, Step};
use crate::payments::{AttemptEvent, AttemptId, PaymentNumber, Provider};

/// Kind of message that tells what became of an attempt.
pub const RESULT: &str = "airtel";

/// The most that Airtel Money takes in one payment, unless it is written otherwise: KES 250,000.
pub const LIMIT_PER_PAYMENT: Money = Money::new(25_000_000, Currency::Kes);
/// The least that it moves: a shilling.
const LEAST: Money = Money::new(100, Currency::Kes);

/// What it takes to ask payers by Airtel Money.
#[derive(Clone, Debug)]
pub struct AirtelTerms {
    /// Its name: `airtel_money`.
    pub name: ChannelName,
    /// What people call it.
    pub title: Text,
    /// Where the interface is.
    pub base_url: String,
    /// Name of our application.
    pub client_id: Secret,
    /// Its password.
    pub client_secret: Secret,
    /// What callbacks are signed with, where that was agreed.
    pub callback_key: Option<Secret>,
    /// Our number at Airtel, on which the money is collected.
    pub account: String,
    /// The most that it takes in one payment.
    pub limit: Money,
}

impl AirtelTerms {
    /// Where its money is collected.
    pub fn account(&self) -> CollectionAccount {
        CollectionAccount { provider: Provider::Airtel, number: self.account.as_str().into() }
    }
}

/// A prompt on the payer's phone that asks for the Airtel Money PIN.
pub struct AirtelMoney {
    name: ChannelName,
    title: Text,
    account: CollectionAccount,
    limit: Money,
    callback_key: Option<Secret>,
    airtel: Airtel,
}

impl AirtelMoney {
    /// Airtel Money by these terms, at this destination.
    pub(crate) fn new(terms: &AirtelTerms, destination: Destination) -> Self {
        Self {
            name: terms.name.clone(),
            title: terms.title.clone(),
            account: terms.account(),
            limit: terms.limit,
            callback_key: terms.callback_key.clone(),
            airtel: Airtel::new(terms, destination),
        }
    }

    fn paid(receipt: Arc<str>) -> Paid {
        Paid { receipt, money: None, moved: None }
    }
}

impl Channel for AirtelMoney {
    fn name(&self) -> &ChannelName {
        &self.name
    }

    fn title(&self) -> &Text {
        &self.title
    }

    fn account(&self) -> &CollectionAccount {
        &self.account
    }

    fn amounts(&self) -> AmountTerms {
        AmountTerms { least: LEAST, most: Some(self.limit), whole_units: true }
    }

    fn instructions(&self, _: PaymentNumber, due: Money) -> Result<Instructions, NotPayable> {
        self.amounts().check(due)?;
        Ok(Instructions::of(vec![
            Text::new(
                "Give the number of your Airtel Money phone.",
                "Andika nambari ya simu yako ya Airtel Money.",
            ),
            Text::new(
                "Enter your Airtel Money PIN when the phone asks.",
                "Weka PIN yako ya Airtel Money simu ikikuuliza.",
            ),
        ]))
    }

    fn steps(&self) -> &[Step] {
        &[Step::Start, Step::Confirm, Step::Query]
    }

    fn files(&self) -> &[FileKind] {
        &[FileKind::Merchant]
    }

    fn asks_payer(&self) -> Option<&dyn AsksPayer> {
        Some(self)
    }

    fn listens(&self) -> Option<&dyn Listens> {
        Some(self)
    }

    fn probes(&self) -> Option<&dyn Probes> {
        Some(self)
    }

    fn is_told_where_to_report<'a>(&'a self, callbacks_url: &'a str) -> Later<'a, Result<(), NoAnswer>> {
        Box::pin(self.airtel.is_told_where_to_report(callbacks_url))
    }
}

impl AsksPayer for AirtelMoney {
    fn ask<'a>(&'a self, wish: AskWish<'a>) -> Later<'a, Asked> {
        Box::pin(async move {
            let not_asked = |why: String| Asked::Refused { code: "not_sent".into(), why, is_failure: false };
            let Some(phone) = wish.phone else { return not_asked("no phone was given".to_owned()) };
            let money = wish.attempt.money;
            if let Err(reason) = self.amounts().check(money) {
                return not_asked(reason.to_string());
            }
            let shillings = money.minor() / money.currency().minor_per_major();
            let number = wish.bill.terms.number;
            match self.airtel.ask(wish.attempt.id, number, phone, shillings).await {
                AskOutcome::Accepted => Asked::Accepted { name: None, page: None },
                AskOutcome::Refused { code, why, is_failure } => Asked::Refused { code, why, is_failure },
                AskOutcome::Unknown(why) => Asked::Unknown { why },
            }
        })
    }

    fn is_failure(&self, code: &str) -> bool {
        codes::refusal(code).unwrap_or(false)
    }

    fn query<'a>(&'a self, name: &'a str) -> Later<'a, Result<QueryAnswer, NoAnswer>> {
        Box::pin(async move {
            let transaction = self.airtel.query(name).await?;
            let code = Some(transaction.code);
            Ok(match transaction.state {
                TransactionState::Succeeded(Some(receipt)) => {
                    QueryAnswer { code, news: None, paid: Some(Self::paid(receipt)) }
                }
                TransactionState::Succeeded(None) => {
                    let news = Some(AttemptEvent::SaidPaidWithoutReceipt);
                    QueryAnswer { code, news, paid: None }
                }
                TransactionState::Ended(event) => QueryAnswer { code, news: Some(event), paid: None },
                TransactionState::Open => {
                    QueryAnswer { code, news: Some(AttemptEvent::StillProcessing), paid: None }
                }
                TransactionState::Unclear => QueryAnswer { code, news: None, paid: None },
            })
        })
    }

    fn name_given(&self, attempt: AttemptId) -> Option<String> {
        Some(wire::name_of(attempt))
    }
}

impl Probes for AirtelMoney {
    fn of_steps(&self) -> &[Step] {
        &[Step::Start, Step::Query]
    }

    /// Without an access token nobody can be asked, and nothing can be asked about.
    fn probe(&self) -> Later<'_, Result<(), NoAnswer>> {
        Box::pin(self.airtel.probe())
    }
}

impl Listens for AirtelMoney {
    fn read<'a>(&self, to: SentTo<'_>, _: &HeaderMap, body: &'a [u8]) -> Result<Heard<'a>, Unheard> {
        if to.kind != RESULT {
            return Err(Unheard::NoSuchKind);
        }
        // The signature stands within the message: what cannot be read is nobody's, and is nothing to keep or to count. We ask
        // by ourselves what became of every attempt.
        let Callback { attempt, state, is_signed } = wire::read_callback(body, self.callback_key.as_ref())
            .map_err(|reason| {
                tracing::debug!(reason, "A message to Airtel's address cannot be read.");
                Unheard::NotSigned
            })?;
        Ok(match state {
            TransactionState::Succeeded(Some(receipt)) if is_signed => {
                Heard::Paid(attempt, Self::paid(receipt))
            }
            // Why it failed is known to whoever asks.
            _ => Heard::Hint(attempt),
        })
    }

    fn taken(&self, _: SentTo<'_>, _: &[u8]) -> Reply {
        Reply { status: StatusCode::OK, body: b"{}".to_vec() }
    }

    fn about_bill(&self, _: &[u8], _: &BillAnswer) -> Reply {
        Reply { status: StatusCode::OK, body: b"{}".to_vec() }
    }
}
