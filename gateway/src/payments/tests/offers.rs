//! What is offered, tried out in every state that can be reached in a small scope: three channels, of which each is found
//! out, pinned and worked on in every order, with every limit, hour and amount that makes a difference; and prompts, which
//! live for a time. The third is each way to pay by hand in turn: a till, a bank, its slips, a card terminal, a counter. Those that
//! ask payers are held to more by `tests/e2e/asking.rs`.
//!
//! The states of three channels together are too many to walk through one by one. They are walked through in steps, each
//! complete: every state of one channel for one scope, by the decisions that the books take; every pair of states for
//! everybody and for one agency; every triple of channels. That channels do not disturb each other, so that the steps may
//! be put together, is checked where they are.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::LazyLock;

use catalog::{FallbackWay, Hours, OpeningTimes, Text};
use jiff::civil::Weekday;
use ledger::{Currency, LedgerTime, Money};

use super::desk::{Desk, kes};
use crate::channels::mpesa::adapters::account_of_paybill;
use crate::channels::offer::{Closed, Offers, Wanted, WhyNot, offers};
use crate::channels::terms::{self, ChannelTerms};
use crate::channels::{Channels, NotPayable};
use crate::payments::channels::{
    Board, ChannelAsk, ChannelEvent, ChannelHappening, ChannelKind, ChannelName, ChannelPlace, ChannelScope,
    ChannelState, Effective, Evidence, PinTerms, PinnedTo, Source, Step, WhyDown, WindowTerms,
};
use crate::payments::decide::change;
use crate::payments::{Answer, Ask, AttemptEvent, Counters, PaymentNumber, Refusal};

const PROMPT: ChannelName = ChannelName::only(ChannelKind::MpesaPrompt);
const PAYBILL: ChannelName = ChannelName::only(ChannelKind::MpesaPaybill);

/// The most that the third channel takes in one payment, where that can be said of it: less than the plan allows.
const THIRD_TAKES: Money = Money::new(6_000_000, Currency::Kes);

/// The paybill, its prompts, and a third beside them: that of this name in a demonstration.
fn channels_with(third: &ChannelName) -> Channels {
    let others = terms::of_demonstration(&account_of_paybill("222222"), "http://127.0.0.1:9");
    let mut others = others.unwrap_or_else(|_| panic!("it is read"));
    others.retain(|terms| terms.name() == third);
    for terms in &mut others {
        match terms {
            ChannelTerms::Bank(bank) => bank.most = Some(THIRD_TAKES),
            ChannelTerms::BankSlip(slip) => slip.most = Some(THIRD_TAKES),
            ChannelTerms::CardTerminal(terminal) => terminal.most = Some(THIRD_TAKES),
            ChannelTerms::Counter(counter) => counter.limit = THIRD_TAKES,
            // A till takes what M-PESA does.
            ChannelTerms::AgencyTill(_) => {}
            ChannelTerms::AirtelMoney(_) | ChannelTerms::Card(_) => panic!("it is not paid by hand"),
        }
    }
    assert_eq!(others.len(), 1, "{third}");
    Channels::of_tests(&others)
}

/// A state of a board that was reached, and how.
#[derive(Clone, Default)]
struct Reached {
    board: Board,
    now: i64,
    path: Vec<(i64, ChannelEvent)>,
}

impl Reached {
    /// What the books make of it.
    fn after(&self, ask: &ChannelAsk) -> Option<Self> {
        let event = change(&self.board, at(self.now), ask).ok()??;
        Some(self.clone().with(event))
    }

    /// What time alone makes of it: the books are told every second, and at the moment itself.
    fn later(&self, seconds: i64) -> Self {
        let mut later = Self { now: self.now + seconds, ..self.clone() };
        for event in later.board.due(at(later.now), usize::MAX) {
            later = later.with(event);
        }
        later
    }

    fn with(mut self, event: ChannelEvent) -> Self {
        self.board.apply(&event, at(self.now), self.path.len() as u64 + 1);
        self.path.push((self.now, event));
        self
    }

    /// The same as another for everything that can happen from here on: how long something has lasted counts only as far
    /// as a dwell looks at it.
    fn key(&self) -> String {
        let age = |since: LedgerTime| match self.now - since.micros() / 1_000_000 {
            0 => 0,
            1..600 => 1,
            _ => 2,
        };
        let left = |time: LedgerTime| time.micros() / 1_000_000 - self.now;
        let standings: Vec<_> = self
            .board
            .standings()
            .map(|(place, known)| (place.step, known.state, age(known.since)))
            .collect();
        let pins: Vec<_> = self.board.pins().map(|(_, pin)| (pin.terms.to, left(pin.terms.until))).collect();
        let windows: Vec<_> = self
            .board
            .windows()
            .map(|(_, window)| (window.in_force, left(window.terms.from), left(window.terms.until)))
            .collect();
        format!("{standings:?}{pins:?}{windows:?}")
    }
}

fn at(seconds: i64) -> LedgerTime {
    LedgerTime::from_micros(seconds * 1_000_000)
}

/// Everything that can be asked about one scope.
fn asks(scope: &ChannelScope, reached: &Reached) -> Vec<ChannelAsk> {
    let reason = || Text::new("Cable cut", "Kebo imekatika");
    let evidence = Evidence {
        source: Source::Traffic,
        seconds: 30,
        worked: 0,
        failed: 12,
        slow: 0,
        usual_in_1000_seconds: None,
        failure: None,
    };
    let mut asks = Vec::new();
    for (step, on) in [Step::Validate, Step::Confirm]
        .into_iter()
        .flat_map(|step| ChannelHappening::ALL.map(|on| (step, on)))
    {
        let place = ChannelPlace { scope: scope.clone(), step };
        asks.push(ChannelAsk::Find { place, on, evidence: evidence.clone() });
    }
    for to in [PinnedTo::Up, PinnedTo::Down, PinnedTo::Drill] {
        let terms = PinTerms { to, reason: reason(), until: at(reached.now + 60) };
        asks.push(ChannelAsk::Pin { scope: scope.clone(), terms });
    }
    asks.push(ChannelAsk::Unpin { scope: scope.clone() });
    let planned: Vec<_> = reached.board.windows().map(|(id, _)| id).collect();
    if planned.is_empty() {
        let (from, until) = (at(reached.now + 60), at(reached.now + 120));
        let terms = WindowTerms { scope: scope.clone(), reason: reason(), from, until };
        asks.push(ChannelAsk::PlanWindow(terms));
    }
    asks.extend(planned.into_iter().map(|window| ChannelAsk::EndWindow { window }));
    asks
}

/// What it is, without when and in which words.
fn class(known: &Effective) -> (ChannelState, bool, &'static str) {
    let why = match known.why {
        None => "",
        Some(WhyDown::Found { .. }) => "found",
        Some(WhyDown::Said { .. }) => "said",
        Some(WhyDown::Work { .. }) => "work",
    };
    (known.state, known.is_drill, why)
}

/// One way to each kind of state that a scope can be in; every state on the way holds to what is said of it.
fn every_state_of(scope: &ChannelScope) -> BTreeMap<(ChannelState, bool, &'static str), Reached> {
    let mut found = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut waiting = VecDeque::from([Reached::default()]);
    seen.insert(Reached::default().key());
    while let Some(reached) = waiting.pop_front() {
        holds_to_its_words(&reached.board, scope);
        found.entry(class(&reached.board.of_scope(scope))).or_insert_with(|| reached.clone());
        let asked = asks(scope, &reached);
        let next = asked.iter().filter_map(|ask| reached.after(ask));
        for next in next.chain([60, 600].map(|seconds| reached.later(seconds))) {
            if seen.insert(next.key()) {
                waiting.push_back(next);
            }
        }
    }
    assert!(seen.len() > 500, "{} states", seen.len());
    found
}

/// What an operator says goes before work, and that before what is found; and an outage goes on exactly while it is down.
fn holds_to_its_words(board: &Board, scope: &ChannelScope) {
    let said = board.pin(scope).map(|pin| pin.terms.to);
    let has_work = board.windows().any(|(_, window)| window.in_force);
    let found = |step| board.standing(&ChannelPlace { scope: scope.clone(), step }).map(|known| known.state);
    let known = board.of_scope(scope);
    let expected = match (said, has_work) {
        (Some(PinnedTo::Up), _) => ChannelState::Up,
        (Some(PinnedTo::Down), _) | (_, true) => ChannelState::Down,
        _ => {
            let needed = found(Step::Confirm).unwrap_or_default();
            let is_blind = found(Step::Validate).is_some_and(|state| state != ChannelState::Up);
            if is_blind { needed.max(ChannelState::Degraded) } else { needed }
        }
    };
    assert_eq!(known.state, expected, "{board:?}");
    let goes_on = board.open_outages().any(|outage| !outage.is_drill);
    assert_eq!(goes_on, expected == ChannelState::Down, "{board:?}");
}

/// One board with what happened on several ways to pay and in several scopes, each in its own time.
fn together<'a>(parts: impl IntoIterator<Item = &'a Reached>) -> Board {
    let mut events = Vec::new();
    for (part, reached) in parts.into_iter().enumerate() {
        let of_part = reached.path.iter().enumerate();
        events.extend(of_part.map(|(index, (time, event))| (*time, (part, index as u64 + 1), event.clone())));
    }
    events.sort_by_key(|(time, name, _)| (*time, *name));
    let mut board = Board::default();
    // A window is named by the record that planned it, which has another number here.
    let mut windows = BTreeMap::new();
    for (sequence, (time, (part, index), event)) in (1..).zip(events) {
        let event = match event {
            ChannelEvent::WindowBegan { window } => {
                ChannelEvent::WindowBegan { window: windows[&(part, window)] }
            }
            ChannelEvent::WindowEnded { window } => {
                ChannelEvent::WindowEnded { window: windows[&(part, window)] }
            }
            other => other,
        };
        if let ChannelEvent::WindowPlanned { .. } = event {
            windows.insert((part, index), sequence);
        }
        board.apply(&event, at(time), sequence);
    }
    board
}

/// A way to each kind of state that a channel can be in for KRA, by every pair of states for everybody and for KRA.
fn every_state_of_channel(channel: &ChannelName) -> Vec<[Reached; 2]> {
    let for_all = ChannelScope::for_all(channel.clone());
    let for_kra = ChannelScope::for_agency(channel.clone(), "KRA".into());
    let (all, kra) = (every_state_of(&for_all), every_state_of(&for_kra));
    let mut found = BTreeMap::new();
    for (in_general, for_agency) in all.values().flat_map(|one| kra.values().map(move |other| (one, other))) {
        let board = together([in_general, for_agency]);
        let (one, other) = (in_general.board.of_scope(&for_all), for_agency.board.of_scope(&for_kra));
        assert_eq!(class(&board.of_scope(&for_all)), class(&one), "one scope does not disturb the other");
        assert_eq!(class(&board.of_scope(&for_kra)), class(&other));
        let known = board.of_channel(channel, "KRA");
        assert_eq!(known.state, one.state.max(other.state), "the worse of the two holds");
        assert_eq!(known.is_drill, one.is_drill || other.is_drill);
        assert_eq!(class(&board.of_channel(channel, "KWS")), class(&one), "and nobody else's");
        found.entry(class(&known)).or_insert_with(|| [in_general.clone(), for_agency.clone()]);
    }
    found.into_values().collect()
}

/// 2026-11-20, a Friday, at a time of day in Nairobi.
fn friday(hour: i64, minute: i64) -> LedgerTime {
    at(1_795_122_000 + (hour * 60 + minute) * 60)
}

/// The states of prompts and of the paybill, which are the same beside every third.
static OF_HOME: LazyLock<[Vec<[Reached; 2]>; 2]> =
    LazyLock::new(|| [PROMPT, PAYBILL].map(|name| every_state_of_channel(&name)));

#[test]
fn no_state_that_can_be_reached_offers_a_till_that_is_down_or_beyond_its_limit_or_closed() {
    nothing_is_offered_that_cannot_be_used("agency_till.572572");
}

#[test]
fn no_state_that_can_be_reached_offers_a_bank_that_is_down_or_beyond_its_limit_or_closed() {
    nothing_is_offered_that_cannot_be_used("bank.kcb");
}

#[test]
fn no_state_that_can_be_reached_offers_slips_that_are_down_or_beyond_their_limit_or_closed() {
    nothing_is_offered_that_cannot_be_used("bank_slip.kcb");
}

#[test]
fn no_state_that_can_be_reached_offers_a_terminal_that_is_down_or_beyond_its_limit_or_closed() {
    nothing_is_offered_that_cannot_be_used("card_terminal.kws");
}

#[test]
fn no_state_that_can_be_reached_offers_a_counter_that_is_down_or_beyond_its_limit_or_closed() {
    nothing_is_offered_that_cannot_be_used("counter.huduma-gpo-3");
}

fn nothing_is_offered_that_cannot_be_used(third: &str) {
    let third: ChannelName = third.parse().unwrap();
    let channels = channels_with(&third);
    // A cashier works at the counter, so that it is open whenever the plan says so.
    let desk = Desk::open();
    desk.shift("wanjiru", 2_000);
    let counters = desk.ledger().readers().counters();
    let plan = [FallbackWay {
        channel: third.to_string().into(),
        minimum: Some(kes(100)),
        maximum: Some(kes(70_000)),
        open: OpeningTimes { days: vec![Weekday::Friday], hours: Hours::new(8 * 60, 17 * 60) },
        text: Text::new("The third", "Ya tatu"),
    }];
    let names = [PROMPT, PAYBILL, third.clone()];
    let of_third = every_state_of_channel(&third);
    let states = [&OF_HOME[0], &OF_HOME[1], &of_third];
    assert!(states.iter().all(|states| states.len() >= 11), "{:?}", states.map(Vec::len));
    let dues = [
        kes(50),
        kes(100),
        Money::new(12_345, Currency::Kes),
        THIRD_TAKES,
        kes(60_001),
        kes(70_000),
        kes(70_001),
        kes(250_000),
        kes(250_001),
        Money::new(10_000, Currency::Usd),
    ];
    let times = [friday(7, 59), friday(8, 0), friday(16, 59), friday(17, 0), friday(36, 0)];
    let mut looked = 0_u32;
    for prompt in states[0] {
        for paybill in states[1] {
            for of_third in states[2] {
                let board = together(prompt.iter().chain(paybill).chain(of_third));
                let parts = [prompt, paybill, of_third].map(together);
                for (name, part) in names.iter().zip(&parts) {
                    let (alone, beside) = (part.of_channel(name, "KRA"), board.of_channel(name, "KRA"));
                    assert_eq!(class(&alone), class(&beside), "channels do not disturb each other");
                }
                for due in dues {
                    for (now, prompt_may_live) in times.iter().flat_map(|now| [(*now, false), (*now, true)]) {
                        let bill = Some((PaymentNumber::from_random(11), due));
                        let (channels, board, plan) = (&channels, &board, &plan[..]);
                        let (counters, agency) = (&counters, "KRA");
                        let wanted =
                            Wanted { channels, board, counters, plan, agency, bill, prompt_may_live, now };
                        look_at(&offers(&wanted), &wanted, &third, due);
                        looked += 1;
                    }
                }
            }
        }
    }
    assert!(looked >= 11 * 11 * 11 * 100, "{looked} looked at");
}

/// What must hold of offers, said in other words than those that make them.
fn look_at(offers: &Offers, wanted: &Wanted<'_>, third: &ChannelName, due: Money) {
    let state = |name: &ChannelName| wanted.board.of_channel(name, "KRA");
    let is_kenyan = due.currency() == Currency::Kes;
    let is_shillings = is_kenyan && due.minor() % 100 == 0;
    let mpesa_takes = is_shillings && due.minor() <= 25_000_000;
    let third_takes = match third.kind() {
        ChannelKind::AgencyTill => mpesa_takes,
        // There are no cents in a drawer.
        ChannelKind::Counter => is_shillings && due.minor() <= THIRD_TAKES.minor(),
        _ => is_kenyan && due.minor() <= THIRD_TAKES.minor(),
    };
    let agency_takes = (10_000..=7_000_000).contains(&due.minor());
    let is_open = [friday(8, 0), friday(16, 59)].contains(&wanted.now);
    let can = |name: &ChannelName| {
        let is_allowed = match name.kind() {
            ChannelKind::MpesaPrompt => !wanted.prompt_may_live && mpesa_takes,
            ChannelKind::MpesaPaybill => mpesa_takes,
            _ => is_open && agency_takes && third_takes,
        };
        state(name).state != ChannelState::Down && is_allowed
    };
    let home_works = can(&PAYBILL) && state(&PAYBILL).state == ChannelState::Up;
    let is_drill = home_works && state(&PAYBILL).is_drill;
    let mut expected: Vec<_> = [PROMPT, PAYBILL]
        .into_iter()
        .chain([third.clone()].into_iter().filter(|_| !home_works || is_drill))
        .collect();
    let not_now: HashSet<_> = expected.iter().filter(|name| !can(name)).cloned().collect();
    expected.retain(&can);
    let (tried, works): (Vec<_>, Vec<_>) =
        expected.into_iter().partition(|name| state(name).state == ChannelState::Probing);
    let offered: Vec<_> = offers.payable().map(|way| way.channel.clone()).collect();
    assert_eq!(offered, [works, tried].concat(), "{}", words(wanted, third));
    let refused: HashSet<_> = offers.not_now().map(|(way, _)| way.channel.clone()).collect();
    assert_eq!(refused, not_now, "{}", words(wanted, third));
    assert_eq!(offers.is_drill, is_drill, "{}", words(wanted, third));
    for (way, why) in offers.not_now() {
        let is_down = state(&way.channel).state == ChannelState::Down;
        assert_eq!(matches!(why, WhyNot::Down { .. }), is_down, "that it is down is said before all else");
        assert!(!matches!(why, WhyNot::Amount(NotPayable::Nothing)));
        if let WhyNot::Closed(Closed::Until(opens)) = why {
            assert!(
                *opens > wanted.now && wanted.plan[0].open.opens_in_minutes(Weekday::Friday, 480).is_none()
            );
            assert_eq!((opens.micros() / 1_000_000 - 1_795_122_000).rem_euclid(7 * 86_400), 8 * 3_600);
        }
    }
}

fn words(wanted: &Wanted<'_>, third: &ChannelName) -> String {
    let states = [PROMPT, PAYBILL, third.clone()].map(|name| class(&wanted.board.of_channel(&name, "KRA")));
    format!("{states:?} {:?} {:?} {}", wanted.bill, wanted.now, wanted.prompt_may_live)
}

/// What can happen around prompts for one bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happening {
    Ask,
    Hear(AttemptEvent),
    Wait(i64),
    Down,
    Up,
}

const HAPPENINGS: [Happening; 8] = [
    Happening::Ask,
    Happening::Hear(AttemptEvent::Accepted),
    Happening::Hear(AttemptEvent::Refused),
    Happening::Hear(AttemptEvent::NoAnswer),
    Happening::Wait(45),
    Happening::Wait(90),
    Happening::Down,
    Happening::Up,
];

/// So many things happen one after the other, in every order.
const HAPPENINGS_DEEP: u32 = 5;

#[test]
fn no_order_of_things_leads_to_two_live_prompts_or_offers_one_that_the_books_refuse() {
    let mut desk = Desk::open();
    let channels = channels_with(&"agency_till.572572".parse().unwrap());
    let count = u32::try_from(HAPPENINGS.len()).unwrap();
    for number in 0..count.pow(HAPPENINGS_DEEP) {
        let order =
            (0..HAPPENINGS_DEEP).map(|place| HAPPENINGS[(number / count.pow(place) % count) as usize]);
        let order: Vec<_> = order.collect();
        // What nothing follows from leads to the same as a shorter order.
        if order[0] != Happening::Ask && order[0] != Happening::Down {
            continue;
        }
        let bill = desk.bill(100);
        let mut made = Vec::new();
        for happening in &order {
            match happening {
                Happening::Ask => made.extend(asked(&mut desk, &channels, bill, &order)),
                Happening::Hear(on) => {
                    if let Some(id) = made.last() {
                        desk.hear(*id, *on);
                    }
                }
                Happening::Wait(seconds) => {
                    desk.wait_seconds(*seconds);
                    desk.tick();
                }
                Happening::Down | Happening::Up => set(&desk, *happening == Happening::Down),
            }
            let now = LedgerTime::from_micros(desk.clock.now_micros());
            let live = made.iter().filter(|id| desk.see_attempt(**id).can_live(now)).count();
            assert!(live <= 1, "{live} prompts live after {order:?}");
        }
        set(&desk, false);
    }
}

/// Asks for a prompt, if the books make one; they do exactly when it is offered.
fn asked(
    desk: &mut Desk,
    channels: &Channels,
    bill: PaymentNumber,
    order: &[Happening],
) -> Option<crate::payments::AttemptId> {
    let now = LedgerTime::from_micros(desk.clock.now_micros());
    let known = desk.see(bill);
    let board = desk.ledger().readers().channels();
    let attempt = known.latest_attempt.map(|id| desk.see_attempt(id));
    let offered = offers(&Wanted {
        channels,
        board: &board,
        counters: &Counters::default(),
        plan: &[],
        agency: "KWS",
        bill: Some((bill, known.due())),
        prompt_may_live: attempt.is_some_and(|attempt| attempt.can_live(now)),
        now,
    });
    let is_offered = offered.payable_on(&PROMPT).is_some();
    match desk.attempt(bill) {
        Ok(id) => {
            assert!(is_offered, "{order:?}");
            Some(id)
        }
        Err(Answer::Refused(Refusal::PromptMayLive { .. } | Refusal::ChannelDown { .. })) => {
            assert!(!is_offered, "{order:?}");
            None
        }
        Err(other) => panic!("{other:?} after {order:?}"),
    }
}

fn set(desk: &Desk, is_down: bool) {
    let scope = ChannelScope::for_all(PROMPT);
    let until = LedgerTime::from_micros(desk.clock.now_micros()).plus_seconds(86_400);
    let terms = PinTerms { to: PinnedTo::Down, reason: Text::new("Cable cut", "Kebo imekatika"), until };
    let ask = if is_down { ChannelAsk::Pin { scope, terms } } else { ChannelAsk::Unpin { scope } };
    desk.ask(Ask::Channel(ask));
}
