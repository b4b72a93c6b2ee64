//! Where money is collected.

use std::fmt;
use std::sync::Arc;

use crate::payments::{ChannelReceipt, Provider};

/// An account of ours at a provider, on which money comes in. A receipt of the provider posts once for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CollectionAccount {
    /// Who keeps it.
    pub provider: Provider,
    /// Its number there: a paybill, a till, a bank account with the bank before it.
    pub number: Arc<str>,
}

impl CollectionAccount {
    /// The provider's receipt for money that came in on it.
    pub fn receipt(&self, number: &str) -> ChannelReceipt {
        ChannelReceipt {
            provider: self.provider,
            short_code: Arc::clone(&self.number),
            number: number.into(),
        }
    }
}

impl fmt::Display for CollectionAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.provider.word(), self.number)
    }
}
