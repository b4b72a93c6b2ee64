//! How a provisional pass can be paid, for the paper that is printed at a gate: the ways of the agency in their order, as the
//! pack knows them. Which of them is the first that can be used is decided when a pass is issued, by the clock of the device and
//! by what the gateway last said of each way.

use catalog::{FallbackWay, Hours, OpeningTimes};
use jiff::civil::Weekday;
use ledger::Money;
use serde::{Deserialize, Serialize};

use super::pack::Words;
use super::signed::Moment;
use crate::app::App;
use crate::bulletin::is_paid_to_a_number;
use crate::channels::contract::Channel;
use crate::clock::east_africa_time;
use crate::payments::channels::{ChannelKind, ChannelName, ChannelState};

/// One way to pay: the consolidated paybill, or one of the plan by which the agency is paid otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassWay {
    /// Its name in the API.
    pub channel: ChannelName,
    /// What people call it.
    pub title: Words,
    /// How it was when the pack was made.
    pub state: ChannelState,
    /// Where the money is paid to: a paybill, a till, an account.
    pub pay_to: String,
    /// The least in one payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<Money>,
    /// The most in one payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<Money>,
    /// On which days somebody is there, 1 for Monday; on all if there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<i8>,
    /// From which minute of the day until before which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<(u16, u16)>,
}

/// The ways of an agency that a payer needs nobody's help for, the first choice of everybody before the plan.
pub(super) fn of(app: &App, agency: &str) -> Vec<PassWay> {
    let (served, board) = (app.catalogue.current(), app.books.readers().channels());
    let plan = served.catalogue().fallback_of(agency);
    let way = |channel: &dyn Channel, planned: Option<&FallbackWay>| {
        PassWay::of(channel, board.of_channel(channel.name(), agency).state, planned)
    };
    let planned = plan.iter().filter_map(|planned| {
        let channel = app.channels.find(&planned.channel.parse().ok()?)?;
        is_paid_to_a_number(channel.name().kind()).then(|| way(&**channel, Some(planned)))
    });
    [way(app.channels.home(), None)].into_iter().chain(planned).collect()
}

/// The first way that can be used at this moment for this much, in shillings; what is tried again after it was down stands
/// behind what works.
pub fn first_payable(ways: &[PassWay], at: Moment, due: Option<Money>) -> Option<&PassWay> {
    // A pack may be of a gateway that named other ways too: nobody pays by hand what a gateway asks for.
    let by_hand = ways.iter().filter(|way| is_paid_to_a_number(way.channel.kind()));
    let payable = by_hand.filter(|way| way.is_payable(at, due));
    payable.min_by_key(|way| way.state == ChannelState::Probing)
}

impl PassWay {
    fn of(channel: &dyn Channel, state: ChannelState, planned: Option<&FallbackWay>) -> Self {
        let amounts = channel.amounts();
        // The agency's limit, or that of the channel, whichever is reached first.
        let most = [planned.and_then(|planned| planned.maximum), amounts.most].into_iter().flatten();
        let open = planned.map(|planned| &planned.open);
        Self {
            channel: channel.name().clone(),
            title: Words { en: channel.title().en().to_owned(), sw: channel.title().sw().to_owned() },
            state,
            pay_to: channel.pay_to().to_owned(),
            least: planned.and_then(|planned| planned.minimum),
            most: most.min_by_key(|most| most.minor()),
            days: open.map_or_else(Vec::new, |open| {
                open.days.iter().map(|day| day.to_monday_one_offset()).collect()
            }),
            minutes: open.and_then(|open| open.hours).map(|hours| (hours.from(), hours.to())),
        }
    }

    /// Whether the number is typed into M-PESA's own menu.
    pub fn is_typed_into_mpesa(&self) -> bool {
        matches!(self.channel.kind(), ChannelKind::MpesaPaybill | ChannelKind::AgencyTill)
    }

    fn is_payable(&self, at: Moment, due: Option<Money>) -> bool {
        let moment = east_africa_time(at.0);
        let minute = u16::from(moment.hour().unsigned_abs()) * 60 + u16::from(moment.minute().unsigned_abs());
        let is_open = self.open().opens_in_minutes(moment.date().weekday(), minute).is_none();
        let fits = due.is_none_or(|due| {
            let is_enough = self.least.is_none_or(|least| due.minor() >= least.minor());
            is_enough && self.most.is_none_or(|most| due.minor() <= most.minor())
        });
        self.state != ChannelState::Down && is_open && fits
    }

    fn open(&self) -> OpeningTimes {
        let days = self.days.iter().filter_map(|day| Weekday::from_monday_one_offset(*day).ok()).collect();
        OpeningTimes { days, hours: self.minutes.and_then(|(from, to)| Hours::new(from, to)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::Currency;

    fn way(channel: &str, state: ChannelState) -> PassWay {
        PassWay {
            channel: channel.parse().unwrap(),
            title: Words { en: channel.to_owned(), sw: channel.to_owned() },
            state,
            pay_to: "1".to_owned(),
            least: None,
            most: None,
            days: Vec::new(),
            minutes: None,
        }
    }

    /// A moment of Saturday 21 November 2026 in East Africa Time.
    fn at(hour: i8) -> Moment {
        let moment = jiff::civil::date(2026, 11, 21).at(hour, 30, 0, 0).in_tz("Africa/Nairobi").unwrap();
        Moment(moment.timestamp().as_microsecond())
    }

    fn first(ways: &[PassWay], hour: i8, shillings: i64) -> Option<String> {
        let due = Money::new(shillings * 100, Currency::Kes);
        first_payable(ways, at(hour), Some(due)).map(|way| way.channel.to_string())
    }

    #[test]
    fn the_paybill_is_named_while_it_works_and_the_next_of_the_plan_when_it_does_not() {
        use ChannelState::{Degraded, Down, Probing, Up};
        let mut ways = ["mpesa_paybill", "bank_slip.kcb", "bank.kcb"].map(|channel| way(channel, Up));
        assert_eq!(first(&ways, 12, 500).unwrap(), "mpesa_paybill");
        ways[0].state = Down;
        assert_eq!(first(&ways, 12, 500).unwrap(), "bank_slip.kcb");
        ways[0].state = Probing;
        assert_eq!(first(&ways, 12, 500).unwrap(), "bank_slip.kcb", "what works stands before what is tried");
        ways[1].state = Down;
        ways[2].state = Degraded;
        assert_eq!(first(&ways, 12, 500).unwrap(), "bank.kcb");
        ways[2].state = Down;
        assert_eq!(first(&ways, 12, 500).unwrap(), "mpesa_paybill");
        ways[0].state = Down;
        assert_eq!(first(&ways, 12, 500), None);
    }

    #[test]
    fn a_way_that_is_closed_or_does_not_take_so_much_is_not_named() {
        let mut ways = [way("bank.kcb", ChannelState::Up), way("bank_slip.kcb", ChannelState::Up)];
        ways[0].minutes = Some((8 * 60, 16 * 60));
        ways[0].most = Some(Money::new(100_000, Currency::Kes));
        ways[1].least = Some(Money::new(1_000, Currency::Kes));
        assert_eq!(first(&ways, 9, 1_000).unwrap(), "bank.kcb");
        assert_eq!(first(&ways, 7, 1_000).unwrap(), "bank_slip.kcb");
        assert_eq!(first(&ways, 16, 1_000).unwrap(), "bank_slip.kcb");
        assert_eq!(first(&ways, 9, 1_001).unwrap(), "bank_slip.kcb");
        ways[0].days = vec![7];
        assert_eq!(first(&ways, 9, 500).unwrap(), "bank_slip.kcb", "it is Saturday");
        assert_eq!(first(&ways, 9, 9), None);
    }

    #[test]
    fn what_a_gateway_would_have_to_ask_for_is_never_on_paper() {
        let mut ways =
            ["mpesa_paybill", "airtel_money", "card", "bank.kcb"].map(|name| way(name, ChannelState::Up));
        ways[0].state = ChannelState::Down;
        assert_eq!(first(&ways, 12, 500).unwrap(), "bank.kcb");
        ways[3].state = ChannelState::Down;
        assert_eq!(first(&ways, 12, 500), None);
    }
}
