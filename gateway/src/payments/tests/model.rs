//! Every state that three channels and those who are asked to pay one bill can reach together, walked through breadth first
//! by the decisions that the books take: what is found out of each channel, what an operator says of it, what is asked and
//! heard, and time. In each of them what is offered is looked at, in every plan, amount and hour that makes a difference.
//!
//! There are two walks: one of the first choice and a till that stands behind it, and one of all that ask payers (M-PESA,
//! Airtel Money, the page for cards) while the paybill is down, so that each of them is offered and may be asked next.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use catalog::{FallbackWay, Hours, OpeningTimes, Text};
use jiff::civil::Weekday;
use ledger::{LedgerTime, Money};

use super::desk::{Desk, kes};
use crate::channels::Channels;
use crate::channels::mpesa::adapters::account_of_paybill;
use crate::channels::offer::{Wanted, offers};
use crate::channels::terms::{self, AgencyTillTerms, ChannelTerms};
use crate::payments::channels::{
    Board, ChannelAsk, ChannelHappening, ChannelKind, ChannelName, ChannelPlace, ChannelScope, ChannelState,
    Evidence, PinTerms, PinnedTo, Source, Step,
};
use crate::payments::decide::{change, why_nobody_is_asked};
use crate::payments::{
    Attempt, AttemptEvent, AttemptId, AttemptState, Bill, Counters, Method, PaymentNumber,
};

/// 2026-11-20, a Friday, when it begins in Nairobi. The till is open at ten and closed at six in the evening.
const FRIDAY: i64 = 1_795_122_000;
const TEN: i64 = 10 * 3_600;
const SIX_IN_THE_EVENING: i64 = 18 * 3_600;
/// Time passes in these steps: to a dwell, to the end of a prompt's life, to a rest.
const STEPS_SECONDS: [i64; 3] = [60, 90, 600];
/// With the page for cards, which lives for ten minutes, in half of its life: longer than a prompt lives and than the short
/// dwells. Shorter steps only add moments of which the other walk has every one.
const STEPS_WITH_CARDS_SECONDS: [i64; 1] = [300];
/// What is heard of an attempt.
const NEWS: [AttemptEvent; 7] = [
    AttemptEvent::Accepted,
    AttemptEvent::Refused,
    AttemptEvent::NoAnswer,
    AttemptEvent::StillProcessing,
    AttemptEvent::Declined,
    AttemptEvent::RanOut,
    AttemptEvent::SaidPaidWithoutReceipt,
];

fn till() -> ChannelName {
    "agency_till.572572".parse().unwrap()
}

/// What is walked through together.
struct World {
    /// Three channels, each with the step at which something is found out of it.
    places: [ChannelPlace; 3],
    channels: Channels,
    /// How the payer may be asked.
    methods: &'static [Method],
    plans: [Vec<FallbackWay>; 2],
    steps_seconds: &'static [i64],
    bill: Arc<Bill>,
    begins: Reached,
}

fn place(channel: ChannelName, step: Step) -> ChannelPlace {
    ChannelPlace { scope: ChannelScope::for_all(channel), step }
}

fn way(channel: &ChannelName, maximum: Option<Money>) -> FallbackWay {
    FallbackWay {
        channel: channel.to_string().into(),
        minimum: None,
        maximum,
        open: OpeningTimes { days: vec![Weekday::Friday], hours: Hours::new(8 * 60, 17 * 60) },
        text: Text::new("A way", "Njia"),
    }
}

impl World {
    /// The paybill and its prompts, and a till behind them.
    fn of_the_first_choice() -> Self {
        let (prompt, paybill) = (ChannelKind::MpesaPrompt, ChannelKind::MpesaPaybill);
        let terms = AgencyTillTerms {
            name: till(),
            title: Text::new("Till", "Till"),
            short_code: "572572".to_owned(),
        };
        Self {
            places: [
                place(ChannelName::only(prompt), Step::Start),
                place(ChannelName::only(paybill), Step::Confirm),
                place(till(), Step::Confirm),
            ],
            channels: Channels::of_tests(&[ChannelTerms::AgencyTill(terms)]),
            methods: &[Method::MpesaPrompt],
            plans: [Vec::new(), vec![way(&till(), Some(kes(70_000)))]],
            steps_seconds: &STEPS_SECONDS,
            bill: a_bill(),
            begins: Reached::default(),
        }
    }

    /// All that ask payers, while the paybill is down.
    fn of_all_who_ask() -> Self {
        let channels = terms::of_demonstration(&account_of_paybill("222222"), "http://127.0.0.1:9");
        let mut channels = channels.unwrap_or_else(|_| panic!("it is read"));
        channels.retain(|terms| terms.name().kind().asks_payer());
        assert_eq!(channels.len(), 2, "Airtel Money and cards");
        let [airtel, card] = [Method::AirtelMoney, Method::Card].map(|method| way(&method.channel(), None));
        let airtel = FallbackWay { maximum: Some(kes(70_000)), ..airtel };
        let paybill = ChannelName::only(ChannelKind::MpesaPaybill);
        let mut asks = channel_asks(&place(paybill, Step::Confirm), at(FRIDAY)).into_iter();
        let pin = asks.find(|ask| matches!(ask, ChannelAsk::Pin { .. })).expect("it can be pinned");
        Self {
            places: Method::ALL.map(|method| place(method.channel(), Step::Start)),
            channels: Channels::of_tests(&channels),
            methods: &Method::ALL,
            plans: [Vec::new(), vec![airtel, card]],
            steps_seconds: &STEPS_WITH_CARDS_SECONDS,
            bill: a_bill(),
            begins: Reached::default().asks(&pin).expect("it is pinned"),
        }
    }

    /// Whether a channel takes this amount at this hour, of an agency with this plan.
    fn takes(&self, channel: &ChannelName, plan: &[FallbackWay], due: Money, hour: i64) -> bool {
        let is_first = matches!(channel.kind(), ChannelKind::MpesaPaybill | ChannelKind::MpesaPrompt);
        let word = channel.to_string();
        let planned = plan.iter().find(|way| *way.channel == *word);
        let is_planned = planned
            .is_some_and(|way| hour == TEN && way.maximum.is_none_or(|most| due.minor() <= most.minor()));
        let known = self.channels.find(channel).expect("it is there");
        known.amounts().check(due).is_ok() && (is_first || is_planned)
    }
}

fn a_bill() -> Arc<Bill> {
    let mut desk = Desk::open();
    let number: PaymentNumber = desk.bill(100);
    desk.see(number)
}

fn at(seconds: i64) -> LedgerTime {
    LedgerTime::from_micros(seconds * 1_000_000)
}

/// A state that was reached.
#[derive(Clone, Default)]
struct Reached {
    board: Board,
    /// Seconds since the beginning.
    now: i64,
    /// Everybody who was asked to pay the bill and may still answer, and the latest of all.
    attempts: Vec<Attempt>,
}

/// How long ago, as far as anything depends on it: dwells end after 5, 60 and 600 seconds.
fn age(seconds: i64) -> u8 {
    match seconds {
        0 => 0,
        1..60 => 1,
        60..600 => 2,
        _ => 3,
    }
}

impl Reached {
    fn time(&self) -> LedgerTime {
        at(FRIDAY + self.now)
    }

    /// The same as another for everything that can happen from here on. That a pin ends by itself is tried out elsewhere.
    fn key(&self, places: &[ChannelPlace; 3]) -> Vec<(u8, i64)> {
        let mut key = Vec::with_capacity(8);
        for place in places {
            let found = self.board.standing(place).map_or((0, 0), |known| {
                let age = age((self.time().micros() - known.since.micros()) / 1_000_000);
                (1 + known.state as u8, i64::from(age))
            });
            key.push(found);
            key.push((u8::from(self.board.pin(&place.scope).is_some()), 0));
        }
        // Nothing depends on one that is finished.
        for attempt in self.attempts.iter().filter(|attempt| !attempt.state.is_finished()) {
            let seconds = (self.time().micros() - attempt.created.micros()) / 1_000_000;
            let of_method = 16 * attempt.method as u8;
            key.push((of_method + attempt.state as u8, seconds.min(attempt.method.life_seconds())));
        }
        key
    }

    fn asks(&self, ask: &ChannelAsk) -> Option<Self> {
        let event = change(&self.board, self.time(), ask).ok()??;
        let mut next = self.clone();
        next.board.apply(&event, self.time(), 1);
        Some(next)
    }

    fn later(&self, seconds: i64) -> Self {
        let mut later = Self { now: self.now + seconds, ..self.clone() };
        let now = later.time();
        // The books note what is overdue as soon as it is.
        for attempt in later.attempts.iter_mut().filter(|attempt| !attempt.can_live(now)) {
            attempt.state = attempt.state.after(AttemptEvent::Overdue).unwrap_or(attempt.state);
        }
        later.forget_who_cannot_answer();
        later
    }

    fn hears(&self, number: usize, on: AttemptEvent) -> Option<Self> {
        let to = self.attempts[number].state.after(on)?;
        let mut next = self.clone();
        next.attempts[number].state = to;
        next.forget_who_cannot_answer();
        Some(next)
    }

    fn asks_payer(&self, bill: &Bill, method: Method) -> Option<Self> {
        if why_nobody_is_asked(bill, self.attempts.last(), &self.board, method, self.time()).is_some() {
            return None;
        }
        let mut next = self.clone();
        next.attempts.push(Attempt {
            id: AttemptId::from_uuid(1),
            bill: bill.terms.number,
            agency: Arc::clone(&bill.terms.agency),
            method,
            money: bill.due(),
            state: AttemptState::Created,
            code: None,
            prompt_record: None,
            phone_record: None,
            channel_receipt: None,
            said_paid: false,
            created: self.time(),
            changed_by: 1,
        });
        next.forget_who_cannot_answer();
        Some(next)
    }

    /// Nothing depends on them any more, but for the latest.
    fn forget_who_cannot_answer(&mut self) {
        let (now, count) = (self.time(), self.attempts.len());
        let mut number = 0;
        self.attempts.retain(|attempt| {
            number += 1;
            attempt.can_live(now) || number == count
        });
    }
}

/// Everything that can be asked about a channel.
fn channel_asks(place: &ChannelPlace, now: LedgerTime) -> Vec<ChannelAsk> {
    let evidence = Evidence {
        source: Source::Traffic,
        seconds: 30,
        worked: 0,
        failed: 12,
        slow: 0,
        usual_in_1000_seconds: None,
        failure: None,
    };
    let find = |on| ChannelAsk::Find { place: place.clone(), on, evidence: evidence.clone() };
    let mut asks: Vec<_> = ChannelHappening::ALL.into_iter().map(find).collect();
    let reason = Text::new("Cable cut", "Kebo imekatika");
    let terms = PinTerms { to: PinnedTo::Down, reason, until: now.plus_seconds(86_400) };
    asks.push(ChannelAsk::Pin { scope: place.scope.clone(), terms });
    asks.push(ChannelAsk::Unpin { scope: place.scope.clone() });
    asks
}

/// What is offered in this state, in every plan, amount and hour: nothing that is down, disabled, closed or over its limit,
/// and asking exactly if the books would ask.
fn look_at(reached: &Reached, world: &World) -> u32 {
    let World { places, channels, bill, .. } = world;
    let now = reached.time();
    let live = reached.attempts.iter().filter(|attempt| attempt.can_live(now)).count();
    assert!(live <= 1, "{live} prompts live");
    let latest = reached.attempts.last();
    let mut looked = 0;
    for plan in &world.plans {
        for (due, hour) in
            [(kes(100), TEN), (kes(70_001), TEN), (kes(250_001), TEN), (kes(100), SIX_IN_THE_EVENING)]
        {
            let offered = offers(&Wanted {
                channels,
                board: &reached.board,
                counters: &Counters::default(),
                plan,
                agency: &bill.terms.agency,
                bill: Some((bill.terms.number, due)),
                prompt_may_live: live > 0,
                now: at(FRIDAY + hour),
            });
            for way in offered.payable() {
                let scope = ChannelScope::for_all(way.channel.clone());
                assert!(places.iter().any(|place| place.scope == scope), "{} is down", way.channel);
                assert_ne!(reached.board.of_scope(&scope).state, ChannelState::Down, "{}", way.channel);
                assert!(reached.board.pin(&scope).is_none(), "{} is disabled", way.channel);
                assert!(world.takes(&way.channel, plan, due, hour), "{due:?} on {}", way.channel);
            }
            for method in world.methods {
                let refused = why_nobody_is_asked(bill, latest, &reached.board, *method, now).is_some();
                let is_offered = offered.payable_on(&method.channel()).is_some();
                let takes = world.takes(&method.channel(), plan, due, hour);
                assert_eq!(is_offered, !refused && takes, "offered is what the books would send: {method:?}");
            }
            looked += 1;
        }
    }
    looked
}

/// Walks through everything, and gives how many states there are.
fn walk(world: &World) -> usize {
    let places = &world.places;
    let mut seen = HashSet::from([world.begins.key(places)]);
    let mut waiting = VecDeque::from([world.begins.clone()]);
    let (mut steps, mut looked) = (0_u64, 0_u64);
    let mut alive = [0_u64; Method::ALL.len()];
    while let Some(reached) = waiting.pop_front() {
        looked += u64::from(look_at(&reached, world));
        let now = reached.time();
        for attempt in reached.attempts.iter().filter(|attempt| attempt.can_live(now)) {
            alive[attempt.method as usize] += 1;
        }
        let asked = places.iter().flat_map(|place| channel_asks(place, now));
        let mut next: Vec<Reached> = asked.filter_map(|ask| reached.asks(&ask)).collect();
        next.extend(world.methods.iter().filter_map(|method| reached.asks_payer(&world.bill, *method)));
        let heard = (0..reached.attempts.len()).flat_map(|number| NEWS.map(|on| (number, on)));
        next.extend(heard.filter_map(|(number, on)| reached.hears(number, on)));
        next.extend(world.steps_seconds.iter().map(|seconds| reached.later(*seconds)));
        for next in next {
            steps += 1;
            if seen.insert(next.key(places)) {
                waiting.push_back(next);
            }
        }
    }
    let asked = |method: &Method| alive[*method as usize] > 0;
    assert!(world.methods.iter().all(asked), "each was asked by: {alive:?}");
    eprintln!("{} states, {steps} steps between them, {looked} looks at what is offered", seen.len());
    seen.len()
}

#[test]
fn no_state_of_the_first_choice_and_a_till_offers_what_cannot_be_used_or_has_two_live_prompts() {
    let states = walk(&World::of_the_first_choice());
    assert!(states > 20_000, "{states} states");
}

#[test]
fn no_state_of_all_who_ask_payers_offers_what_cannot_be_used_or_has_two_that_can_be_answered() {
    let states = walk(&World::of_all_who_ask());
    assert!(states > 20_000, "{states} states");
}
