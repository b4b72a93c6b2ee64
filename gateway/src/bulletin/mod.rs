//! The bulletin: how to pay each agency now, as a few small files that any web server can hand out when this gateway is gone.
//! They are written regularly and at each change ([`export`]); a signed note names them with their hashes ([`note`]).
//!
//! It says of every way how it is, and also names those that are not offered now: whoever reads it may have nobody to ask
//! whether the paybill works again. What needs this gateway to ask the payer is not in it.

pub mod export;
pub mod note;

use catalog::{FallbackWay, Text};
use jiff::civil::Weekday;
use ledger::{LedgerTime, Money};
use serde::{Serialize, Serializer};

use crate::app::App;
use crate::channels::contract::Channel;
use crate::clock::format_rfc3339;
use crate::offering;
use crate::payments::channels::{ChannelKind, ChannelName, ChannelScope, ChannelState};

/// How to pay everybody now, as `bulletin.json` has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bulletin {
    /// When this was so, RFC 3339 in UTC.
    pub as_of: String,
    /// Where the gateway is when it is there.
    pub gateway: String,
    /// The way that every agency is paid in.
    pub first_choice: Way,
    /// The agencies that are paid in other ways than all others when that cannot be used, and those for which it is not what it
    /// is for everybody, by their codes.
    pub agencies: Vec<Plan>,
    /// How every other agency is paid then.
    #[serde(skip_serializing_if = "Others::have_no_way")]
    pub others: Others,
    /// Whether agencies that are not named can be paid, in the first choice or in one of those ways.
    pub others_can_be_paid: bool,
    /// The moment.
    #[serde(skip)]
    pub at: LedgerTime,
}

/// The other ways of one agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Its code.
    pub agency: String,
    /// Its name.
    pub name: Text,
    /// How the first choice is for this agency, which may be worse than for everybody.
    pub first_choice: ChannelState,
    /// The other ways, the best first.
    pub ways: Vec<Way>,
}

/// The other ways of every agency that is not named: those of the national plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Others {
    /// The other ways, the best first.
    pub ways: Vec<Way>,
}

/// One way to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Way {
    /// Its name in the API.
    pub channel: ChannelName,
    /// What people call it.
    pub title: Text,
    /// How it is.
    pub state: ChannelState,
    /// True of a counter at which nobody takes cash now, whether it works or not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_unattended: bool,
    /// The number to pay to, where one is typed or written: a paybill, an account. What is typed as the account number, or
    /// written as the reference, is the payment number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_to: Option<String>,
    /// The least in one payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least: Option<Money>,
    /// The most in one payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<Money>,
    /// At which hours somebody is there, East Africa Time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// On which days, if not on all: `monday`.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_words")]
    pub days: Vec<Weekday>,
    /// What the agency says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

impl Bulletin {
    /// How to pay everybody at this moment.
    pub fn now(app: &App) -> Self {
        let (at, board, served) = (app.now(), app.books.readers().channels(), app.catalogue.current());
        let way = |channel: &dyn Channel, agency: Option<&str>, planned: Option<&FallbackWay>| {
            let known = match agency {
                Some(agency) => board.of_channel(channel.name(), agency),
                None => board.of_scope(&ChannelScope::for_all(channel.name().clone())),
            };
            Way {
                is_unattended: offering::is_unattended(app, channel),
                ..Way::of(channel, known.state, planned)
            }
        };
        let home = app.channels.home();
        let first_choice = way(home, None, None);
        let ways = |plan: &[FallbackWay], agency: Option<&str>| {
            let ways = plan.iter().filter_map(|planned| {
                let channel = app.channels.find(&planned.channel.parse().ok()?)?;
                let needs_us = channel.name().kind().asks_payer();
                (!needs_us).then(|| way(&**channel, agency, Some(planned)))
            });
            ways.collect::<Vec<_>>()
        };
        let catalogue = served.catalogue();
        let others = Others { ways: ways(catalogue.national_fallback(), None) };
        let plans = offering::told_apart(&board, catalogue).filter_map(|agency| {
            let code = agency.code.as_str();
            let ways = ways(catalogue.fallback_of(code), Some(code));
            let state = board.of_channel(home.name(), code).state;
            let is_as_others = state == first_choice.state && ways == others.ways;
            let (agency, name) = (code.to_owned(), agency.name.clone());
            (!is_as_others).then_some(Plan { agency, name, first_choice: state, ways })
        });
        let agencies = plans.collect();
        let others_can_be_paid = can_be_paid(first_choice.state, &others.ways);
        let (as_of, gateway) = (format_rfc3339(at.micros()), app.public_url.clone());
        Self { as_of, gateway, first_choice, agencies, others, others_can_be_paid, at }
    }

    /// Whether both say the same of how to pay, whenever they say it.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let told = |bulletin: &Self| {
            (bulletin.first_choice.clone(), bulletin.agencies.clone(), bulletin.others.clone())
        };
        told(self) == told(other)
    }
}

impl Plan {
    /// Whether it can be paid in any way that does not need this gateway.
    pub fn can_be_paid(&self) -> bool {
        can_be_paid(self.first_choice, &self.ways)
    }
}

impl Others {
    const fn have_no_way(&self) -> bool {
        self.ways.is_empty()
    }
}

fn can_be_paid(first_choice: ChannelState, ways: &[Way]) -> bool {
    first_choice != ChannelState::Down || ways.iter().any(|way| way.state != ChannelState::Down)
}

impl Way {
    fn of(channel: &dyn Channel, state: ChannelState, planned: Option<&FallbackWay>) -> Self {
        let (amounts, kind) = (channel.amounts(), channel.name().kind());
        let least = planned.and_then(|planned| planned.minimum);
        // The agency's limit, or that of the channel, whichever is reached first.
        let most = [planned.and_then(|planned| planned.maximum), amounts.most];
        let most = most.into_iter().flatten().min_by_key(|most| most.minor());
        Self {
            channel: channel.name().clone(),
            title: channel.title().clone(),
            state,
            is_unattended: false,
            pay_to: is_paid_to_a_number(kind).then(|| channel.pay_to().to_owned()),
            least,
            most,
            hours: planned.and_then(|planned| planned.open.hours).map(|hours| hours.to_string()),
            days: planned.map_or_else(Vec::new, |planned| planned.open.days.clone()),
            note: planned.map(|planned| planned.text.clone()),
        }
    }
}

/// Whether a payer types or writes where the money goes. At a counter and at a terminal somebody else does, and where this
/// gateway asks the payer nobody does.
pub(crate) const fn is_paid_to_a_number(kind: ChannelKind) -> bool {
    match kind {
        ChannelKind::MpesaPaybill | ChannelKind::AgencyTill | ChannelKind::Bank | ChannelKind::BankSlip => {
            true
        }
        ChannelKind::MpesaPrompt
        | ChannelKind::AirtelMoney
        | ChannelKind::Card
        | ChannelKind::CardTerminal
        | ChannelKind::Counter
        | ChannelKind::GatePass => false,
    }
}

fn as_words<S: Serializer>(days: &[Weekday], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(days.iter().map(|day| match day {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody can pay by hand where this gateway asks: no paper and no bulletin names such a way with a number.
    #[test]
    fn what_is_paid_to_a_number_is_nothing_that_this_gateway_asks_for() {
        for kind in ChannelKind::ALL {
            assert!(!(is_paid_to_a_number(kind) && kind.asks_payer()), "{}", kind.word());
        }
        assert!(is_paid_to_a_number(ChannelKind::MpesaPaybill) && is_paid_to_a_number(ChannelKind::BankSlip));
    }
}
