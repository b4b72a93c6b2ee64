//! The ways to pay that this gateway has.

use std::sync::Arc;

use super::account::CollectionAccount;
use super::contract::Channel;
use crate::payments::ChannelReceipt;
use crate::payments::channels::ChannelName;

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

    /// The consolidated paybill.
    pub fn home(&self) -> &dyn Channel {
        &*self.all[0]
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Channel>> {
        self.all.iter()
    }

    /// The one of this name.
    pub fn find(&self, name: &ChannelName) -> Option<&Arc<dyn Channel>> {
        self.all.iter().find(|channel| channel.name() == name)
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
