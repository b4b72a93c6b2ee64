//! A counter is offered exactly where its books would take the cash: in every order of what can happen there, and never at
//! an hour that the plan does not have.

use catalog::{FallbackWay, Hours, OpeningTimes, Text};
use jiff::civil::Weekday;
use ledger::{Currency, LedgerTime, Money};

use super::counters::{COUNTER, Number};
use super::desk::{Desk, kes};
use crate::channels::Channels;
use crate::channels::offer::{Closed, Wanted, WhyNot, offers};
use crate::channels::terms::{ChannelTerms, CounterTerms};
use crate::payments::channels::{ChannelAsk, ChannelKind, ChannelName, ChannelScope, PinTerms, PinnedTo};
use crate::payments::{Answer, Ask, PaymentNumber};

/// What the desk's cashiers may have besides the float.
const HELD_MAX: Money = Money::new(200_000, Currency::Kes);

fn name() -> ChannelName {
    format!("counter.{COUNTER}").parse().unwrap()
}

fn channels() -> Channels {
    let terms = CounterTerms {
        name: name(),
        title: Text::new("GPO, counter 3", "GPO, kaunta 3"),
        agency: "HUDUMA".into(),
        float_limit: HELD_MAX,
        limit: kes(100_000),
        difference: kes(20),
    };
    Channels::of_tests(&[ChannelTerms::Counter(terms)])
}

/// Fridays from eight until five.
fn plan() -> [FallbackWay; 1] {
    [FallbackWay {
        channel: name().to_string().into(),
        minimum: None,
        maximum: None,
        open: OpeningTimes { days: vec![Weekday::Friday], hours: Hours::new(8 * 60, 17 * 60) },
        text: Text::new("In cash", "Kwa pesa taslimu"),
    }]
}

/// What the counter is for this bill now; nothing if it can be paid there.
fn why_not(desk: &Desk, bill: Option<PaymentNumber>, now: LedgerTime) -> Option<WhyNot> {
    let readers = desk.ledger().readers();
    let offered = offers(&Wanted {
        channels: &channels(),
        board: &readers.channels(),
        counters: &readers.counters(),
        plan: &plan(),
        agency: "KWS",
        bill: bill.map(|bill| (bill, desk.see(bill).due())),
        prompt_may_live: false,
        now,
    });
    let way = offered.ways().iter().find(|way| way.channel == name()).expect("the paybill is down");
    way.how.clone().err()
}

/// A desk at which the paybill is said to be down, so that plans are looked at.
fn desk_without_paybill() -> Desk {
    let desk = Desk::open();
    let scope = ChannelScope::for_all(ChannelName::only(ChannelKind::MpesaPaybill));
    let until = now(&desk).plus_seconds(7 * 86_400);
    let terms = PinTerms { to: PinnedTo::Down, reason: Text::new("Cable cut", "Kebo imekatika"), until };
    desk.ask(Ask::Channel(ChannelAsk::Pin { scope, terms }));
    desk
}

fn now(desk: &Desk) -> LedgerTime {
    LedgerTime::from_micros(desk.clock.now_micros())
}

/// What can happen at a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happening {
    Open,
    /// Cash for a bill that is open.
    Take,
    /// Cash that was taken against a paper receipt: booked past the limit too.
    TakenOnPaper,
    Count,
    SendAll,
}

const HAPPENINGS: [Happening; 5] =
    [Happening::Open, Happening::Take, Happening::TakenOnPaper, Happening::Count, Happening::SendAll];
/// So many things happen one after the other, in every order.
const HAPPENINGS_DEEP: u32 = 6;

#[test]
fn a_counter_is_offered_exactly_where_the_books_take_the_cash() {
    let mut desk = desk_without_paybill();
    let count = u32::try_from(HAPPENINGS.len()).unwrap();
    let (mut taken, mut given_back, mut random) = (0, 0, 0);
    for number in 0..count.pow(HAPPENINGS_DEEP) {
        let order: Vec<_> = (0..HAPPENINGS_DEEP)
            .map(|place| HAPPENINGS[(number / count.pow(place) % count) as usize])
            .collect();
        // What nothing follows from leads to the same as a shorter order.
        if order[0] != Happening::Open || order.windows(2).any(|pair| pair == [Happening::Open; 2]) {
            continue;
        }
        let mut shift = 0;
        for happening in &order {
            random += 1;
            match happening {
                Happening::Open if is_open(&desk) => {}
                Happening::Open => shift = desk.shift("amina", 0),
                Happening::Take => {
                    let bill = desk.bill(900);
                    let why = why_not(&desk, Some(bill), now(&desk));
                    let answer = desk.takes("amina", shift, bill, kes(900), &Number::Ours);
                    let is_booked = matches!(answer, Answer::Booked { .. });
                    assert_eq!(why.is_none(), is_booked, "{why:?} and {answer:?} after {order:?}");
                    (taken, given_back) = (taken + u32::from(is_booked), given_back + u32::from(!is_booked));
                }
                Happening::TakenOnPaper => {
                    let number = random.to_string();
                    let nobodys = PaymentNumber::from_random(99);
                    desk.takes("amina", shift, nobodys, kes(1_500), &Number::OnPaper(&number));
                }
                Happening::Count => count_all(&desk, shift),
                Happening::SendAll => send_all(&desk, random),
            }
        }
        count_all(&desk, shift);
        send_all(&desk, random + 1_000_000);
    }
    assert!(taken > 500 && given_back > 500, "{taken} taken, {given_back} given back");
}

fn is_open(desk: &Desk) -> bool {
    desk.ledger().readers().counters().open_at(COUNTER).is_some()
}

fn count_all(desk: &Desk, shift: u64) {
    desk.counts("amina", shift, desk.held().minor() / 100, false);
}

fn send_all(desk: &Desk, random: u64) {
    desk.sends_to_bank(desk.held().minor() / 100, random);
}

#[test]
fn why_a_counter_takes_nothing_is_said_the_hour_before_the_cashier_and_the_cashier_before_the_drawer() {
    let mut desk = desk_without_paybill();
    let morning = now(&desk);
    let (bill, large) = (desk.bill(700), desk.bill(1_900));
    let evening = morning.plus_seconds(10 * 3_600);
    let unattended = Some(WhyNot::Closed(Closed::Unattended));
    let why = |desk: &Desk, bill| why_not(desk, bill, morning);
    assert_eq!(why(&desk, Some(bill)), unattended);
    assert_eq!(why(&desk, None), unattended, "before there is a bill too");
    let Some(WhyNot::Closed(Closed::Until(opens))) = why_not(&desk, Some(bill), evening) else {
        panic!("nobody is sent there at night");
    };
    // Next Friday at eight.
    assert_eq!(opens.micros() / 1_000_000, 1_795_122_000 + 7 * 86_400 + 8 * 3_600);

    let shift = desk.shift("amina", 500);
    assert_eq!((why(&desk, Some(large)), why(&desk, None)), (None, None));
    desk.takes("amina", shift, bill, kes(700), &Number::Ours);
    let full = |room| Some(WhyNot::Closed(Closed::Full { room }));
    assert_eq!((why(&desk, Some(large)), why(&desk, None)), (full(Some(kes(1_300))), None));
    desk.takes("amina", shift, PaymentNumber::from_random(99), kes(1_300), &Number::OnPaper("0077"));
    assert_eq!((why(&desk, Some(large)), why(&desk, None)), (full(None), full(None)));
    send_all(&desk, 1);
    assert_eq!(why(&desk, Some(large)), None, "it was emptied");
    count_all(&desk, shift);
    // The float is missing from what was counted: somebody else looks at that, and nobody works there.
    assert_eq!(why(&desk, Some(large)), unattended);
}
