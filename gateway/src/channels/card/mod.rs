//! Cards, by redirect: the payer's browser is sent to a page of the acquirer, which takes the card. No card data is ever here.
//!
//! A session at the acquirer has the name that we give the attempt, as its reference and as the key under which it is made
//! once. What comes back with the browser proves nothing; what the acquirer says under its signature does, and what it
//! answers when it is asked.
//!
//! `client` makes the calls, `wire` reads and writes what is said and judges signatures and addresses of pages.

pub(crate) mod client;
mod wire;
mod words;

use std::sync::Arc;

use catalog::Text;
use hyper::{HeaderMap, StatusCode};
use ledger::{Currency, Money};

pub(crate) use self::words::attempt_text;

use self::client::{Acquirer, MakeOutcome};
use self::wire::{Session, SessionState};
use super::contract::{
    AskWish, Asked, AsksPayer, BillAnswer, Channel, Heard, Later, Listens, NoAnswer, Probes, QueryAnswer,
    Reply, SentTo, Unheard,
};
use super::{AmountTerms, AttemptTold, CollectionAccount, Instructions, NotPayable};
use crate::channels::files::FileKind;
use crate::clock::Clock;
use crate::config::secret::Secret;
use crate::outbound::destination::Destination;
use crate::payments::channels::{ChannelName, Step};
use crate::payments::{AttemptEvent, AttemptId, PaymentNumber, Provider, ToldBy};

/// Kind of message that tells what became of a session.
pub const RESULT: &str = "card";

/// The most that is taken by card in one payment, unless it is written otherwise: KES 1,000,000.
pub const LIMIT_PER_PAYMENT: Money = Money::new(100_000_000, Currency::Kes);
const LEAST: Money = Money::new(100, Currency::Kes);

/// What it takes to send payers to an acquirer.
#[derive(Clone, Debug)]
pub struct CardTerms {
    /// Its name: `card`.
    pub name: ChannelName,
    /// What people call it.
    pub title: Text,
    /// Where the interface is.
    pub base_url: String,
    /// What its pages begin with: browsers are sent nowhere else.
    pub pages_url: String,
    /// What we show.
    pub api_key: Secret,
    /// What its messages are signed with.
    pub webhook_key: Secret,
    /// Our number at the acquirer, on which the money is collected.
    pub account: String,
    /// The most that it takes in one payment.
    pub limit: Money,
}

impl CardTerms {
    /// Where its money is collected.
    pub fn account(&self) -> CollectionAccount {
        CollectionAccount { provider: Provider::Acquirer, number: self.account.as_str().into() }
    }
}

/// The page of an acquirer.
pub struct CardPage {
    name: ChannelName,
    title: Text,
    account: CollectionAccount,
    limit: Money,
    webhook_key: Secret,
    pages_url: String,
    acquirer: Acquirer,
    clock: Clock,
}

impl CardPage {
    /// Cards by these terms, at this destination.
    pub(crate) fn new(terms: &CardTerms, destination: Destination, clock: Clock) -> Self {
        Self {
            name: terms.name.clone(),
            title: terms.title.clone(),
            account: terms.account(),
            limit: terms.limit,
            webhook_key: terms.webhook_key.clone(),
            pages_url: terms.pages_url.clone(),
            acquirer: Acquirer::new(&terms.api_key, &terms.pages_url, destination),
            clock,
        }
    }
}

impl Channel for CardPage {
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
        AmountTerms { least: LEAST, most: Some(self.limit), whole_units: false }
    }

    fn instructions(&self, _: PaymentNumber, due: Money) -> Result<Instructions, NotPayable> {
        self.amounts().check(due)?;
        Ok(Instructions::of(vec![
            Text::new(
                "Go on to the page of the card company and pay there.",
                "Endelea hadi ukurasa wa kampuni ya kadi na ulipe huko.",
            ),
            Text::new("It brings you back to this bill.", "Utarudishwa kwenye bili hii."),
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
        Box::pin(self.acquirer.is_told_where_to_report(callbacks_url))
    }
}

impl AsksPayer for CardPage {
    fn ask<'a>(&'a self, wish: AskWish<'a>) -> Later<'a, Asked> {
        Box::pin(async move {
            match self.acquirer.make(wish.attempt, wish.return_url).await {
                MakeOutcome::Made { page } => Asked::Accepted { name: None, page: Some(page) },
                MakeOutcome::Refused { code, why } => Asked::Refused { code, why, is_failure: true },
                MakeOutcome::Unknown(why) => Asked::Unknown { why },
            }
        })
    }

    fn query<'a>(&'a self, name: &'a str) -> Later<'a, Result<QueryAnswer, NoAnswer>> {
        Box::pin(async move {
            let Some((Session { state, .. }, _)) = self.acquirer.find(name).await? else {
                // It may still be on its way: that the acquirer does not know it proves nothing.
                return Ok(QueryAnswer { code: Some("no_session".into()), news: None, paid: None });
            };
            let (code, news, paid) = match state {
                SessionState::Paid(paid) => (None, None, Some(paid)),
                SessionState::Ended { on, code } => (Some(code.into()), Some(on), None),
                SessionState::Open => (None, Some(AttemptEvent::StillProcessing), None),
            };
            Ok(QueryAnswer { code, news, paid })
        })
    }

    fn name_given(&self, attempt: AttemptId) -> Option<String> {
        Some(attempt.to_string())
    }

    fn pages(&self) -> Option<&str> {
        Some(&self.pages_url)
    }

    fn page_of<'a>(&'a self, name: &'a str) -> Later<'a, Result<Option<Arc<str>>, NoAnswer>> {
        Box::pin(async move { Ok(self.acquirer.find(name).await?.and_then(|(_, page)| page)) })
    }
}

impl Probes for CardPage {
    fn of_steps(&self) -> &[Step] {
        &[Step::Start, Step::Query]
    }

    fn probe(&self) -> Later<'_, Result<(), NoAnswer>> {
        Box::pin(self.acquirer.probe())
    }
}

impl Listens for CardPage {
    fn read<'a>(&self, to: SentTo<'_>, headers: &HeaderMap, body: &'a [u8]) -> Result<Heard<'a>, Unheard> {
        if to.kind != RESULT {
            return Err(Unheard::NoSuchKind);
        }
        let is_signed =
            wire::is_signed(headers, body, &self.webhook_key, self.clock.now_micros() / 1_000_000);
        // Anybody may have sent what nobody signed: it can make us ask, and is nothing to keep or to count.
        let Session { attempt, state } = wire::read_session(body).map_err(|reason| {
            if !is_signed {
                return Unheard::NotSigned;
            }
            Unheard::Unreadable { reason: reason.to_owned(), told_by: ToldBy::Notification }
        })?;
        if !is_signed {
            return Ok(Heard::Hint(attempt));
        }
        Ok(match state {
            SessionState::Paid(paid) => Heard::Paid(attempt, paid),
            SessionState::Ended { on, code } => {
                Heard::News(AttemptTold { attempt, on, code: Some(code.into()) })
            }
            SessionState::Open => Heard::Nothing,
        })
    }

    fn taken(&self, _: SentTo<'_>, _: &[u8]) -> Reply {
        Reply { status: StatusCode::OK, body: b"{}".to_vec() }
    }

    fn about_bill(&self, _: &[u8], _: &BillAnswer) -> Reply {
        Reply { status: StatusCode::OK, body: b"{}".to_vec() }
    }
}
