//! In which ways a bill can be paid now, the best first. Pure: everything that it depends on is given, so that all of it can
//! be tried out (see the tests of `payments::tests::offers`).
//!
//! The consolidated paybill and its prompts are the first choice of everybody. While the paybill works, nothing else is
//! shown: money belongs there. When it does not, or not for this amount, the ways of the plan, the agency's or the national one, stand behind what is
//! left of the first choice, in the order of the plan. A way that cannot be used now is never among those that can; that
//! it is there, and why it cannot be used, is told beside them, because people look for the way that they know.
//!
//! Whether a prompt may be sent is decided in the books. What is offered here follows the same board, so that nobody is
//! invited to what the books would refuse.

use catalog::{FallbackWay, Text};
use ledger::{LedgerTime, Money, ShortKey};

use super::contract::Channel;
use super::instructions::Instructions;
use super::not_payable::NotPayable;
use super::registry::Channels;
use super::terms::CounterTerms;
use crate::clock::east_africa_time;
use crate::payments::channels::{Board, ChannelName, ChannelState, WhyDown};
use crate::payments::{Counters, PaymentNumber};

/// The time zone is a whole number of minutes from that of the ledger.
const MINUTE_MICROS: i64 = 60_000_000;

/// What is to be paid, and all that is known of how.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The ways that this gateway has.
    pub channels: &'a Channels,
    /// How they are.
    pub board: &'a Board,
    /// Who works at counters, and what lies there.
    pub counters: &'a Counters,
    /// The plan by which the agency is paid when the first choice cannot be used, its own or the national one.
    pub plan: &'a [FallbackWay],
    /// Whose bill it is.
    pub agency: &'a str,
    /// What payers type as the account number, and what is due; nothing before there is a bill: then no way says what to
    /// do, and none is left out because of the amount.
    pub bill: Option<(PaymentNumber, Money)>,
    /// True while an earlier prompt for the bill may still be answered.
    pub prompt_may_live: bool,
    /// The moment.
    pub now: LedgerTime,
}

/// The ways in which a bill can be paid, and those in which it cannot be paid now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offers {
    ways: Vec<Way>,
    /// True if the first choice works and the others are shown to see that they work too.
    pub is_drill: bool,
}

/// One way to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Which channel.
    pub channel: ChannelName,
    /// What people call it.
    pub title: Text,
    /// What it is for this agency.
    pub state: ChannelState,
    /// What to do, or why it cannot be used now.
    pub how: Result<Instructions, WhyNot>,
    /// What the agency says of it.
    pub note: Option<Text>,
}

/// Why a way cannot be used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// It does not work.
    Down {
        /// Since when.
        since: Option<LedgerTime>,
        /// Why.
        why: Option<WhyDown>,
    },
    /// It does not take the amount.
    Amount(NotPayable),
    /// Nobody takes money there now.
    Closed(Closed),
    /// A prompt was sent and may still be answered.
    PromptMayLive,
}

/// Why nobody takes money there now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It is not the hour of the plan, which comes then.
    Until(LedgerTime),
    /// It may be the hour; no cashier works at the counter.
    Unattended,
    /// So much cash lies at the counter that this does not fit before some of it has gone to the bank.
    Full {
        /// What still fits, if anything does.
        room: Option<Money>,
    },
}

/// In which ways this can be paid now.
pub fn offers(wanted: &Wanted<'_>) -> Offers {
    let home = wanted.channels.home();
    let firsts = wanted.channels.prompt().into_iter().chain([home]);
    let mut ways: Vec<Way> = firsts.map(|channel| way(wanted, channel, None)).collect();
    let home_works = ways.last().is_some_and(|home| home.state == ChannelState::Up && home.how.is_ok());
    let is_drill = home_works && wanted.board.of_channel(home.name(), wanted.agency).is_drill;
    if !home_works || is_drill {
        let planned = wanted.plan.iter().filter_map(|planned| {
            // A channel that this gateway does not have is no way to pay; whoever runs it is told at the start.
            let channel = wanted.channels.find(&planned.channel.parse().ok()?)?;
            Some(way(wanted, &**channel, Some(planned)))
        });
        ways.extend(planned);
    }
    ways.sort_by_key(|way| match (&way.how, way.state) {
        (Err(_), _) => 2,
        (Ok(_), ChannelState::Probing) => 1,
        (Ok(_), _) => 0,
    });
    Offers { ways, is_drill }
}

fn way(wanted: &Wanted<'_>, channel: &dyn Channel, planned: Option<&FallbackWay>) -> Way {
    let known = wanted.board.of_channel(channel.name(), wanted.agency);
    let state = known.state;
    let how = if state == ChannelState::Down {
        Err(WhyNot::Down { since: known.since, why: known.why })
    } else if channel.name().kind().asks_payer() && wanted.prompt_may_live {
        Err(WhyNot::PromptMayLive)
    } else {
        how_to_pay(wanted, channel, planned)
    };
    let note = planned.map(|planned| planned.text.clone());
    Way { channel: channel.name().clone(), title: channel.title().clone(), state, how, note }
}

/// What to do, on a channel that works.
fn how_to_pay(
    wanted: &Wanted<'_>,
    channel: &dyn Channel,
    planned: Option<&FallbackWay>,
) -> Result<Instructions, WhyNot> {
    if let Some(planned) = planned {
        is_open(planned, wanted.now)?;
    }
    let steps = match wanted.bill {
        None => Instructions::of(Vec::new()),
        Some((number, due)) => {
            if let Some(planned) = planned {
                is_within(planned, due).map_err(WhyNot::Amount)?;
            }
            channel.instructions(number, due).map_err(WhyNot::Amount)?
        }
    };
    if let Some(terms) = channel.counter() {
        let cash = wanted.bill.map_or(channel.amounts().least, |(_, due)| due);
        takes_cash(wanted.counters, terms, cash).map_err(WhyNot::Closed)?;
    }
    Ok(steps)
}

/// Whether a counter takes so much cash now: what the books ask before they take it.
fn takes_cash(counters: &Counters, terms: &CounterTerms, cash: Money) -> Result<(), Closed> {
    if counters.open_at(terms.counter()).is_none() {
        return Err(Closed::Unattended);
    }
    let room = terms.float_limit.checked_sub(counters.held_at(terms.counter())).ok();
    if room.is_some_and(|room| cash.minor() <= room.minor()) {
        return Ok(());
    }
    Err(Closed::Full { room: room.filter(|room| room.is_positive()) })
}

/// Whether somebody is there now.
fn is_open(planned: &FallbackWay, now: LedgerTime) -> Result<(), WhyNot> {
    let moment = east_africa_time(now.micros());
    let minute = u16::from(moment.hour().unsigned_abs()) * 60 + u16::from(moment.minute().unsigned_abs());
    let Some(minutes) = planned.open.opens_in_minutes(moment.date().weekday(), minute) else { return Ok(()) };
    let this_minute = LedgerTime::from_micros(now.micros() - now.micros().rem_euclid(MINUTE_MICROS));
    Err(WhyNot::Closed(Closed::Until(this_minute.plus_seconds(i64::from(minutes) * 60))))
}

/// Whether the agency takes this amount on a way.
fn is_within(planned: &FallbackWay, due: Money) -> Result<(), NotPayable> {
    let limit = planned.minimum.or(planned.maximum);
    if let Some(other) = limit.filter(|limit| limit.currency() != due.currency()) {
        return Err(NotPayable::OtherCurrency { takes: other.currency(), given: due.currency() });
    }
    if let Some(limit) = planned.maximum.filter(|most| due.minor() > most.minor()) {
        return Err(NotPayable::AboveLimit { limit });
    }
    if let Some(least) = planned.minimum.filter(|least| due.minor() < least.minor()) {
        return Err(NotPayable::BelowLimit { least });
    }
    Ok(())
}

impl Offers {
    /// The ways in which it can be paid now, the best first.
    pub fn payable(&self) -> impl Iterator<Item = &Way> {
        self.ways.iter().filter(|way| way.how.is_ok())
    }

    /// The ways in which it cannot be paid now, with the reason.
    pub fn not_now(&self) -> impl Iterator<Item = (&Way, &WhyNot)> {
        self.ways.iter().filter_map(|way| Some((way, way.how.as_ref().err()?)))
    }

    /// All of them, those in which it can be paid first.
    pub fn ways(&self) -> &[Way] {
        &self.ways
    }

    /// The way of this name, if it can be used now.
    pub fn payable_on(&self, channel: &ChannelName) -> Option<&Way> {
        self.payable().find(|way| way.channel == *channel)
    }

    /// Names what is offered: the same name, the same offers. For pages that tell when they are no longer right.
    pub fn name(&self) -> String {
        let ShortKey(key) = ShortKey::of(&format!("{self:?}"));
        hex::encode(&key[..6])
    }
}

impl Way {
    /// True if the payer is asked by us.
    pub const fn asks_payer(&self) -> bool {
        self.channel.kind().asks_payer()
    }
}

/// What plans name and this gateway does not have: the agency, or none for the national plan, and the channel.
pub fn missing_ways<'a>(
    catalogue: &'a catalog::Catalogue,
    channels: &'a Channels,
) -> impl Iterator<Item = (Option<&'a catalog::AgencyCode>, &'a str)> {
    let is_there = |name: &str| name.parse().is_ok_and(|name: ChannelName| channels.find(&name).is_some());
    let own = catalogue.agencies().iter().map(|agency| (Some(&agency.code), &*agency.fallback));
    own.chain([(None, catalogue.national_fallback())]).flat_map(move |(agency, plan)| {
        let missing = plan.iter().filter(move |way| !is_there(&way.channel));
        missing.map(move |way| (agency, &*way.channel))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::channels::ChannelKind;

    /// The catalogue knows no channel; it knows the words for their kinds.
    #[test]
    fn plans_name_every_kind_but_the_first_choice_and_what_is_paid_later() {
        let not_planned = [ChannelKind::MpesaPaybill, ChannelKind::MpesaPrompt, ChannelKind::GatePass];
        let planned = ChannelKind::ALL.into_iter().filter(|kind| !not_planned.contains(kind));
        assert_eq!(planned.map(ChannelKind::word).collect::<Vec<_>>(), FallbackWay::KINDS);
    }
}
