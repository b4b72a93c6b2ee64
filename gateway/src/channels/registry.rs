//! The ways to pay that this gateway has.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::account::CollectionAccount;
use super::airtel::AirtelMoney;
use super::airtel::client::CONNECT_WITHIN;
use super::bank::adapters::{BankAccount, BankSlip, CardTerminal};
use super::card::CardPage;
use super::contract::Channel;
use super::counter::CashCounter;
use super::mpesa::Paybill;
use super::mpesa::adapters::{PromptOnPhone, TypedPaybill, account_of_paybill};
#[cfg(test)]
use super::mpesa::{PaybillTerms, instructions::LIMIT_PER_PAYMENT};
use super::terms::{self, ChannelTerms};
#[cfg(test)]
use crate::clock::Clock;
use crate::config::problems::Problems;
use crate::config::{Config, Mode};
use crate::outbound::Outbound;
use crate::payments::channels::{ChannelKind, ChannelName};
use crate::payments::{ChannelReceipt, Provider};

/// All of them, the home of all money first.
pub struct Channels {
    all: Vec<Arc<dyn Channel>>,
}

/// Two ways to pay have one name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are two channels of the name {0}")]
pub struct NamedTwice(pub ChannelName);

impl Channels {
    /// These ways to pay. `home` is the consolidated paybill, to which all money comes in the end.
    pub fn of(home: Arc<dyn Channel>, others: Vec<Arc<dyn Channel>>) -> Result<Self, NamedTwice> {
        let mut all = vec![home];
        all.extend(others);
        for (index, channel) in all.iter().enumerate() {
            if all[..index].iter().any(|earlier| earlier.name() == channel.name()) {
                return Err(NamedTwice(channel.name().clone()));
            }
        }
        Ok(Self { all })
    }

    /// The consolidated paybill with its prompts, and what the configuration says of others. `sandbox_url` is where those
    /// of a demonstration are simulated.
    pub fn of_config(
        config: &Config,
        paybill: &Arc<Paybill>,
        outbound: &Outbound,
        sandbox_url: Option<&str>,
    ) -> Result<Self, Problems> {
        let home = account_of_paybill(paybill.short_code());
        let others = match (&config.channels.file, config.mode, sandbox_url) {
            (Some(path), ..) => terms::read_file(path, &home)?,
            (None, Mode::Demo, Some(sandbox_url)) => terms::of_demonstration(&home, sandbox_url)?,
            (None, Mode::Demo, None) | (None, Mode::Serve, _) => Vec::new(),
        };
        let is_simulated = config.channels.file.is_none();
        Ok(Self::of_paybill(paybill, &others, outbound, is_simulated)
            .expect("no two terms that were read have one name"))
    }

    /// The consolidated paybill with its prompts, and these beside it.
    pub fn of_paybill(
        paybill: &Arc<Paybill>,
        others: &[ChannelTerms],
        outbound: &Outbound,
        is_simulated: bool,
    ) -> Result<Self, NamedTwice> {
        let at = |address: &str| {
            outbound
                .destination(address, CONNECT_WITHIN, is_simulated)
                .expect("addresses were judged when they were read")
        };
        let home = Arc::new(TypedPaybill::consolidated(paybill));
        let mut all: Vec<Arc<dyn Channel>> = vec![Arc::new(PromptOnPhone::new(Arc::clone(paybill)))];
        for terms in others {
            all.push(match terms {
                ChannelTerms::AgencyTill(till) => Arc::new(TypedPaybill::of_agency(
                    till.name.clone(),
                    till.title.clone(),
                    &till.short_code,
                    paybill,
                )),
                ChannelTerms::Bank(terms) => Arc::new(BankAccount::new(terms.clone())),
                ChannelTerms::BankSlip(terms) => Arc::new(BankSlip::new(terms.clone())),
                ChannelTerms::CardTerminal(terms) => Arc::new(CardTerminal::new(terms.clone())),
                ChannelTerms::Counter(terms) => Arc::new(CashCounter::new(terms.clone())),
                ChannelTerms::AirtelMoney(terms) => Arc::new(AirtelMoney::new(terms, at(&terms.base_url))),
                ChannelTerms::Card(terms) => {
                    Arc::new(CardPage::new(terms, at(&terms.base_url), paybill.clock().clone()))
                }
            });
        }
        Self::of(home, all)
    }

    /// A consolidated paybill, its prompts, and these: of nobody who answers.
    #[cfg(test)]
    pub(crate) fn of_tests(others: &[ChannelTerms]) -> Self {
        let terms = PaybillTerms::of_demonstration(
            &"http://127.0.0.1:9".parse().unwrap(),
            "222222",
            "http://127.0.0.1:9",
            "token",
            LIMIT_PER_PAYMENT,
        );
        let paybill = Paybill::new(terms, Clock::system()).unwrap_or_else(|error| panic!("{error}"));
        Self::of_paybill(&Arc::new(paybill), others, &Outbound::of_tests(), true).unwrap()
    }

    /// The consolidated paybill.
    pub fn home(&self) -> &dyn Channel {
        &*self.all[0]
    }

    /// Prompts for the consolidated paybill, if there are any.
    pub fn prompt(&self) -> Option<&dyn Channel> {
        self.find(&ChannelName::only(ChannelKind::MpesaPrompt)).map(AsRef::as_ref)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Channel>> {
        self.all.iter()
    }

    /// The one of this name.
    pub fn find(&self, name: &ChannelName) -> Option<&Arc<dyn Channel>> {
        self.all.iter().find(|channel| channel.name() == name)
    }

    /// Every account on which a provider collects for us, each once, the home of all money first.
    pub fn accounts_at(&self, provider: Provider) -> impl Iterator<Item = &CollectionAccount> {
        let accounts = self.all.iter().map(|channel| channel.account());
        let accounts: BTreeSet<_> = accounts.filter(|account| account.provider == provider).collect();
        let home = self.home().account();
        let is_at_home = accounts.contains(home);
        is_at_home.then_some(home).into_iter().chain(accounts.into_iter().filter(move |other| *other != home))
    }

    /// The one that this money came over, told of as that of a channel: its own, unless it came to the account of another.
    pub fn of_money<'a>(&'a self, told_as: &'a ChannelName, receipt: &ChannelReceipt) -> &'a ChannelName {
        let is_its_own = self.find(told_as).is_some_and(|channel| is_home_of(&**channel, receipt));
        let home = self.all.iter().find(|channel| !is_its_own && is_home_of(&***channel, receipt));
        home.map_or(told_as, |channel| channel.name())
    }

    /// True if this account is one of ours.
    pub fn collects_on(&self, account: &CollectionAccount) -> bool {
        self.all.iter().any(|channel| channel.account() == account)
    }

    /// True if the account that a receipt names is one of ours.
    pub fn collects(&self, receipt: &ChannelReceipt) -> bool {
        self.all.iter().any(|channel| is_home_of(&**channel, receipt))
    }
}

/// True if the money of this receipt is collected on the account of this channel.
fn is_home_of(channel: &dyn Channel, receipt: &ChannelReceipt) -> bool {
    let account = channel.account();
    account.provider == receipt.provider && account.number == receipt.short_code
}
