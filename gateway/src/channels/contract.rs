//! What every way to pay can do, in the same words for all. What an adapter cannot do it says it cannot, and nobody asks it
//! to.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

use catalog::Text;
use hyper::{HeaderMap, StatusCode};
use ledger::{LedgerTime, Money};

use super::account::CollectionAccount;
use super::files::FileKind;
use super::instructions::Instructions;
use super::mpesa::subscriber::Subscriber;
use super::not_payable::{AmountTerms, NotPayable};
use super::terms::CounterTerms;
use super::told::{AttemptTold, Told};
use crate::payments::channels::{ChannelName, Step};
use crate::payments::{Attempt, AttemptEvent, AttemptId, Bill, PaymentNumber, ToldBy};

/// Something that is known later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A way to pay. It reads and writes what its provider speaks; it books nothing, and it does not know what a bill becomes.
pub trait Channel: Send + Sync {
    /// What it is called in records, configuration and the API.
    fn name(&self) -> &ChannelName;

    /// What people call it.
    fn title(&self) -> &Text;

    /// Where its money is collected.
    fn account(&self) -> &CollectionAccount;

    /// The number to which payers pay.
    fn pay_to(&self) -> &str {
        &self.account().number
    }

    /// What it takes in one payment.
    fn amounts(&self) -> AmountTerms;

    /// How to pay this amount for this bill.
    fn instructions(&self, number: PaymentNumber, due: Money) -> Result<Instructions, NotPayable>;

    /// The steps that can fail, each by itself.
    fn steps(&self) -> &[Step];

    /// Asking the payer, if it does that.
    fn asks_payer(&self) -> Option<&dyn AsksPayer> {
        None
    }

    /// Listening to the provider, if it tells us anything by itself.
    fn listens(&self) -> Option<&dyn Listens> {
        None
    }

    /// Asking its provider what came in, if it lists that.
    fn lists(&self) -> Option<&dyn Lists> {
        None
    }

    /// Which files tell of its money.
    fn files(&self) -> &[FileKind] {
        &[]
    }

    /// The terminals that it has, by which their files are known.
    fn terminals(&self) -> &[String] {
        &[]
    }

    /// On which terms it takes cash, if it is a counter.
    fn counter(&self) -> Option<&CounterTerms> {
        None
    }

    /// Asking its provider whether it is there, if that can be asked without asking anybody for money.
    fn probes(&self) -> Option<&dyn Probes> {
        None
    }

    /// Types into the pages of a simulated provider where it is to report to. Real ones are told by people.
    fn is_told_where_to_report<'a>(&'a self, _callbacks_url: &'a str) -> Later<'a, Result<(), NoAnswer>> {
        Box::pin(async { Ok(()) })
    }
}

/// A channel on which the payer is asked: a prompt on a phone, a page of an acquirer.
pub trait AsksPayer: Send + Sync {
    /// Asks, once. The attempt is in the books already.
    fn ask<'a>(&'a self, wish: AskWish<'a>) -> Later<'a, Asked>;

    /// Asks what became of it, by the provider's name for it.
    fn query<'a>(&'a self, name: &'a str) -> Later<'a, Result<QueryAnswer, NoAnswer>>;

    /// Whether an attempt that ended with this code did so because the channel fails, and not because of its payer.
    fn is_failure(&self, _code: &str) -> bool {
        false
    }

    /// What the provider calls an attempt from the beginning, where we give the name. Such an attempt can be asked about
    /// even if the provider never answered; where there is none, the provider's answer has it.
    fn name_given(&self, _: AttemptId) -> Option<String> {
        None
    }

    /// What the addresses of its pages begin with, if the payer is asked on one: browsers are sent nowhere else.
    fn pages(&self) -> Option<&str> {
        None
    }

    /// The page on which the payer is asked already, by the provider's name for the attempt; nothing once it has ended. Nobody
    /// is asked by this.
    fn page_of<'a>(&'a self, _name: &'a str) -> Later<'a, Result<Option<Arc<str>>, NoAnswer>> {
        Box::pin(async { Ok(None) })
    }
}

/// Whom to ask for what.
#[derive(Clone, Copy)]
pub struct AskWish<'a> {
    /// The attempt that is in the books.
    pub attempt: &'a Attempt,
    /// Its bill.
    pub bill: &'a Bill,
    /// Whose phone, where a phone is asked.
    pub phone: Option<Subscriber>,
    /// Where a browser that is sent away is to come back to.
    pub return_url: &'a str,
}

/// What came of asking. Accepted is not paid.
#[must_use = "an outcome that nobody looks at is a payer who is asked twice"]
pub enum Asked {
    /// The payer is asked now.
    Accepted {
        /// The provider's name for it, needed to ask about it. It may be personal data.
        name: Option<Arc<str>>,
        /// Where the payer's browser is to go, if the payer is asked on a page.
        page: Option<Arc<str>>,
    },
    /// Nobody was asked and nobody will be. Asking again is safe.
    Refused {
        /// The provider's code.
        code: Arc<str>,
        /// Why, for the log; nothing of the payer.
        why: String,
        /// True if the channel failed, and not this one wish.
        is_failure: bool,
    },
    /// It left us, and the payer may be looking at it. Never ask again on this.
    Unknown {
        /// Why, for the log; nothing of the payer.
        why: String,
    },
}

impl Asked {
    /// What to tell the attempt.
    pub const fn news(&self) -> AttemptEvent {
        match self {
            Self::Accepted { .. } => AttemptEvent::Accepted,
            Self::Refused { .. } => AttemptEvent::Refused,
            Self::Unknown { .. } => AttemptEvent::NoAnswer,
        }
    }
}

/// What the provider says of an attempt when it is asked.
pub struct QueryAnswer {
    /// Its code.
    pub code: Option<Arc<str>>,
    /// What to tell the attempt; nothing for a code that is not understood.
    pub news: Option<AttemptEvent>,
    /// The money, where the provider tells its receipt.
    pub paid: Option<Paid>,
}

/// An attempt was paid, as its provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// The provider's receipt.
    pub receipt: Arc<str>,
    /// How much; nothing where the provider does not repeat it, which moves what was asked for or nothing.
    pub money: Option<Money>,
    /// When, by the provider's clock.
    pub moved: Option<LedgerTime>,
}

/// The provider could not be asked, or did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(pub String);

/// A channel whose provider can be asked whether it is there. Nobody is asked for money, and no money moves.
pub trait Probes: Send + Sync {
    /// The steps that cannot work while it is not answered.
    fn of_steps(&self) -> &[Step];

    /// Asks.
    fn probe(&self) -> Later<'_, Result<(), NoAnswer>>;
}

/// A channel whose provider lists what came in when it is asked. That is how money is found of which it did not tell.
pub trait Lists: Send + Sync {
    /// How far back it can be asked, in seconds.
    fn look_back_seconds(&self) -> i64;

    /// Asks for a page.
    fn list(&self, wanted: ListWanted) -> Later<'_, Result<ListPage, NoList>>;
}

/// Which page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListWanted {
    /// From when, to the second.
    pub from: LedgerTime,
    /// Until when, included, to the second.
    pub until: LedgerTime,
    /// So many rows come before it.
    pub offset: usize,
}

/// A page of a list. One without rows is the last.
pub struct ListPage {
    /// In the order of the provider.
    pub rows: Vec<ListRow>,
}

/// A row of a list.
pub enum ListRow {
    /// Money came in.
    Money(Box<Told<'static>>),
    /// Something else happened, such as a charge.
    Other {
        /// What tells it from other rows of the list.
        name: Arc<str>,
    },
    /// It cannot be read.
    Unreadable {
        /// What tells it from other rows of the list: a hash of it.
        name: Arc<str>,
        /// What could not be read, without what was there.
        reason: String,
    },
}

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoList {
    /// It is longer than a page may be: less has to be asked for.
    #[error("the page is too long")]
    TooLong,
    /// The provider could not be asked, or did not answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
}

/// A channel whose provider tells us by itself.
pub trait Listens: Send + Sync {
    /// Reads a message.
    fn read<'a>(&self, to: SentTo<'_>, headers: &HeaderMap, body: &'a [u8]) -> Result<Heard<'a>, Unheard>;

    /// The provider's name for the prompt of which a message tells the result, where messages name it. Nothing else ties a message
    /// that nobody signed to what was sent.
    fn prompt_named<'a>(&self, _body: &'a [u8]) -> Option<Cow<'a, str>> {
        None
    }

    /// What the provider wants to hear when a message has been taken.
    fn taken(&self, to: SentTo<'_>, body: &[u8]) -> Reply;

    /// What the provider wants to hear about a bill that it asked about.
    fn about_bill(&self, body: &[u8], answer: &BillAnswer) -> Reply;
}

/// Where a message was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentTo<'a> {
    /// What kind of message it is, by its address.
    pub kind: &'a str,
    /// The attempt that its address names.
    pub attempt: Option<AttemptId>,
}

/// What a provider said.
pub enum Heard<'a> {
    /// Money moved.
    Money(Told<'a>),
    /// An attempt was paid, and the message proves whose it is.
    Paid(AttemptId, Paid),
    /// News of an attempt.
    News(AttemptTold),
    /// Something became of an attempt. Anybody could have said so: the provider is asked.
    Hint(AttemptId),
    /// It asks about a bill before money moves, by what the payer typed.
    Question {
        /// On which account the payer would pay.
        account: CollectionAccount,
        /// What the payer typed, exactly.
        typed: Cow<'a, str>,
        /// How much the payer wants to pay, if that is said.
        money: Option<Money>,
    },
    /// Nothing that concerns us.
    Nothing,
}

/// Why a message is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unheard {
    /// There is no such kind of message.
    NoSuchKind,
    /// Whose message it would be did not sign it.
    NotSigned,
    /// It tells of money, and cannot be read: it is kept for people to read.
    Unreadable {
        /// What could not be read, without what was there.
        reason: String,
        /// Which kind of message.
        told_by: ToldBy,
    },
    /// It asks about a bill, and cannot be read.
    UnreadableQuestion {
        /// What could not be read, without what was there.
        reason: String,
    },
}

/// What is known about a bill that a provider asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BillAnswer {
    /// It can be paid.
    Open {
        /// Its number.
        number: PaymentNumber,
        /// What is due.
        due: Money,
        /// True if another amount will do.
        takes_parts: bool,
        /// What it is for.
        service: Text,
    },
    /// It can be paid, but not with the amount that was named.
    OtherAmount,
    /// The account is not ours.
    OtherAccount,
    /// It cannot be paid any more, or not yet.
    NotOpen,
    /// Nobody knows such a bill.
    Unknown,
    /// It cannot be looked up now.
    InDoubt,
}

/// What is answered to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// JSON.
    pub body: Vec<u8>,
}
