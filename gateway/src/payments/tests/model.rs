//! Every state that three channels and the prompts for one bill can reach together, walked through breadth first by the
//! decisions that the books take: what is found out of each channel, what an operator says of it, what is asked and heard,
//! and time. In each of them what is offered is looked at, in every plan, amount and hour that makes a difference.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use catalog::{FallbackWay, Hours, OpeningTimes, Text};
use jiff::civil::Weekday;
use ledger::{LedgerTime, Money};

use super::desk::{Desk, kes};
use crate::channels::Channels;
use crate::channels::offer::{Wanted, offers};
use crate::channels::terms::{AgencyTillTerms, ChannelTerms};
use crate::payments::channels::{
    Board, ChannelAsk, ChannelHappening, ChannelKind, ChannelName, ChannelPlace, ChannelScope, ChannelState,
    Evidence, PinTerms, PinnedTo, Source, Step,
};
use crate::payments::decide::{change, why_nobody_is_asked};
use crate::payments::{
    Attempt, AttemptEvent, AttemptId, AttemptState, Bill, Counters, Method, PROMPT_LIFE_SECONDS,
    PaymentNumber,
};

/// 2026-11-20, a Friday, when it begins in Nairobi. The till is open at ten and closed at six in the evening.
const FRIDAY: i64 = 1_795_122_000;
const TEN: i64 = 10 * 3_600;
const SIX_IN_THE_EVENING: i64 = 18 * 3_600;
/// Time passes in these steps: to a dwell, to the end of a prompt's life, to a rest.
const STEPS_SECONDS: [i64; 3] = [60, 90, 600];
/// What is heard of a prompt.
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

/// The three channels, each with the step at which something is found out of it.
fn places() -> [ChannelPlace; 3] {
    let prompt = (ChannelName::only(ChannelKind::MpesaPrompt), Step::Start);
    let paybill = (ChannelName::only(ChannelKind::MpesaPaybill), Step::Confirm);
    [prompt, paybill, (till(), Step::Confirm)]
        .map(|(channel, step)| ChannelPlace { scope: ChannelScope::for_all(channel), step })
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
        for attempt in &self.attempts {
            let seconds = (self.time().micros() - attempt.created.micros()) / 1_000_000;
            key.push((attempt.state as u8, seconds.min(PROMPT_LIFE_SECONDS)));
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

    fn asks_payer(&self, bill: &Bill) -> Option<Self> {
        let method = Method::MpesaPrompt;
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

fn plans() -> [Vec<FallbackWay>; 2] {
    let way = FallbackWay {
        channel: till().to_string().into(),
        minimum: None,
        maximum: Some(kes(70_000)),
        open: OpeningTimes { days: vec![Weekday::Friday], hours: Hours::new(8 * 60, 17 * 60) },
        text: Text::new("The till", "Till"),
    };
    [Vec::new(), vec![way]]
}

/// What is offered in this state, in every plan, amount and hour: nothing that is down, disabled, closed or over its limit,
/// and a prompt exactly if the books would send it.
fn look_at(reached: &Reached, places: &[ChannelPlace; 3], channels: &Channels, bill: &Bill) -> u32 {
    let now = reached.time();
    let live = reached.attempts.iter().filter(|attempt| attempt.can_live(now)).count();
    assert!(live <= 1, "{live} prompts live");
    let refused =
        why_nobody_is_asked(bill, reached.attempts.last(), &reached.board, Method::MpesaPrompt, now)
            .is_some();
    let mut looked = 0;
    for plan in &plans() {
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
                assert!(places.iter().any(|place| place.scope == scope));
                assert_ne!(reached.board.of_scope(&scope).state, ChannelState::Down, "{}", way.channel);
                assert!(reached.board.pin(&scope).is_none(), "{} is disabled", way.channel);
                assert!(is_within(due, &way.channel), "{due:?} on {}", way.channel);
                assert!(way.channel != till() || (!plan.is_empty() && hour == TEN), "the till is closed");
            }
            let prompt = offered.payable_on(&ChannelName::only(ChannelKind::MpesaPrompt));
            assert_eq!(
                prompt.is_none(),
                refused || due.minor() > 25_000_000,
                "offered is what the books would send"
            );
            looked += 1;
        }
    }
    looked
}

fn is_within(due: Money, channel: &ChannelName) -> bool {
    due.minor() <= if *channel == till() { 7_000_000 } else { 25_000_000 }
}

#[test]
fn no_state_that_can_be_reached_offers_what_cannot_be_used_or_has_two_live_prompts() {
    let mut desk = Desk::open();
    let number: PaymentNumber = desk.bill(100);
    let bill = desk.see(number);
    let terms =
        AgencyTillTerms { name: till(), title: Text::new("Till", "Till"), short_code: "572572".to_owned() };
    let channels = Channels::of_tests(&[ChannelTerms::AgencyTill(terms)]);
    let places = places();
    let mut seen = HashSet::from([Reached::default().key(&places)]);
    let mut waiting = VecDeque::from([Reached::default()]);
    let (mut steps, mut looked) = (0_u64, 0_u64);
    while let Some(reached) = waiting.pop_front() {
        looked += u64::from(look_at(&reached, &places, &channels, &bill));
        let asked = places.iter().flat_map(|place| channel_asks(place, reached.time()));
        let mut next: Vec<Reached> = asked.filter_map(|ask| reached.asks(&ask)).collect();
        next.extend(reached.asks_payer(&bill));
        let heard = (0..reached.attempts.len()).flat_map(|number| NEWS.map(|on| (number, on)));
        next.extend(heard.filter_map(|(number, on)| reached.hears(number, on)));
        next.extend(STEPS_SECONDS.map(|seconds| reached.later(seconds)));
        for next in next {
            steps += 1;
            if seen.insert(next.key(&places)) {
                waiting.push_back(next);
            }
        }
    }
    eprintln!("{} states, {steps} steps between them, {looked} looks at what is offered", seen.len());
    assert!(seen.len() > 20_000, "{} states", seen.len());
}
