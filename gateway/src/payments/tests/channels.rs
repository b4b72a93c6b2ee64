//! What channels are is found out, said and planned by records; nobody is asked on one that is down.

use catalog::Text;
use ledger::LedgerTime;

use super::desk::Desk;
use crate::payments::channels::{
    ChannelAsk, ChannelHappening, ChannelKind, ChannelName, ChannelPlace, ChannelRefusal, ChannelScope,
    ChannelState, ENDED_OUTAGES_KEPT, Evidence, Outage, PIN_DAYS_MAX, PinTerms, PinnedTo, Source, Step,
    WhyDown, WindowTerms, dwell_seconds,
};
use crate::payments::{Answer, Ask, BillState, Refusal};

const PROMPT: ChannelName = ChannelName::only(ChannelKind::MpesaPrompt);
const PAYBILL: ChannelName = ChannelName::only(ChannelKind::MpesaPaybill);

fn evidence() -> Evidence {
    Evidence {
        source: Source::Traffic,
        seconds: 30,
        worked: 0,
        failed: 12,
        slow: 0,
        usual_in_1000_seconds: None,
        failure: Some("refused".into()),
    }
}

fn find_at(desk: &Desk, scope: ChannelScope, step: Step, on: ChannelHappening) -> Answer {
    let place = ChannelPlace { scope, step };
    desk.ask(Ask::Channel(ChannelAsk::Find { place, on, evidence: evidence() }))
}

fn find(desk: &Desk, on: ChannelHappening) -> Answer {
    find_at(desk, ChannelScope::for_all(PROMPT), Step::Start, on)
}

fn in_seconds(desk: &Desk, seconds: i64) -> LedgerTime {
    LedgerTime::from_micros(desk.clock.now_micros()).plus_seconds(seconds)
}

fn pin(desk: &Desk, scope: ChannelScope, to: PinnedTo, seconds: i64) -> Answer {
    let terms =
        PinTerms { to, reason: Text::new("Cable cut", "Kebo imekatika"), until: in_seconds(desk, seconds) };
    desk.ask(Ask::Channel(ChannelAsk::Pin { scope, terms }))
}

fn state(desk: &Desk, agency: &str) -> ChannelState {
    desk.ledger().readers().channels().of_channel(&PROMPT, agency).state
}

fn is_done(answer: &Answer) -> bool {
    matches!(answer, Answer::Done { .. })
}

#[test]
fn what_was_found_is_believed_only_as_the_life_of_a_channel_has_it_and_after_its_dwell() {
    let mut desk = Desk::open();
    assert_eq!(find(&desk, ChannelHappening::CameThrough), Answer::Nothing, "it is up");
    assert!(is_done(&find(&desk, ChannelHappening::Failed)), "failure is believed at once");
    assert_eq!(state(&desk, "KWS"), ChannelState::Down);
    assert_eq!(find(&desk, ChannelHappening::Failed), Answer::Nothing);
    assert_eq!(find(&desk, ChannelHappening::CameThrough), Answer::Nothing, "too soon");
    desk.wait_seconds(dwell_seconds(ChannelState::Down, ChannelHappening::CameThrough));
    desk.reopen();
    assert!(is_done(&find(&desk, ChannelHappening::CameThrough)));
    assert_eq!(state(&desk, "KWS"), ChannelState::Probing);
    desk.wait_seconds(dwell_seconds(ChannelState::Probing, ChannelHappening::Recovered));
    assert!(is_done(&find(&desk, ChannelHappening::Recovered)));
    assert_eq!(state(&desk, "KWS"), ChannelState::Up);
    desk.reopen();
    let board = desk.ledger().readers().channels();
    let ended: Vec<_> = board.ended_outages().collect();
    assert_eq!(ended.len(), 1, "one outage, which ended when the first came through");
    assert_eq!(board.open_outages().count(), 0);
}

#[test]
fn no_prompt_is_made_on_a_channel_that_is_down_and_money_that_comes_is_booked_all_the_same() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    find(&desk, ChannelHappening::Failed);
    let refused = desk.attempt(bill).unwrap_err();
    assert_eq!(refused, Answer::Refused(Refusal::ChannelDown { channel: PROMPT }));
    desk.confirm(bill, "A", 1500);
    assert_eq!(desk.see(bill).state, BillState::Paid);
}

#[test]
fn what_is_found_for_one_agency_is_of_no_other_and_a_step_that_nobody_needs_only_weakens() {
    let desk = Desk::open();
    find_at(&desk, ChannelScope::for_agency(PROMPT, "KRA".into()), Step::Confirm, ChannelHappening::Failed);
    assert_eq!((state(&desk, "KRA"), state(&desk, "KWS")), (ChannelState::Down, ChannelState::Up));
    find_at(&desk, ChannelScope::for_all(PROMPT), Step::Query, ChannelHappening::Failed);
    assert_eq!((state(&desk, "KRA"), state(&desk, "KWS")), (ChannelState::Down, ChannelState::Degraded));
}

#[test]
fn what_an_operator_says_goes_before_what_is_found_and_ends_by_itself() {
    let mut desk = Desk::open();
    let for_all = || ChannelScope::for_all(PROMPT);
    find(&desk, ChannelHappening::Failed);
    assert!(is_done(&pin(&desk, for_all(), PinnedTo::Up, 100)));
    assert_eq!(state(&desk, "KWS"), ChannelState::Up);
    assert!(is_done(&pin(&desk, for_all(), PinnedTo::Down, 200)));
    let found = desk.ledger().readers().channels().of_channel(&PROMPT, "KWS");
    assert!(matches!(found.why, Some(WhyDown::Said { reason, .. }) if reason.en() == "Cable cut"));
    desk.wait_seconds(dwell_seconds(ChannelState::Down, ChannelHappening::CameThrough));
    find(&desk, ChannelHappening::CameThrough);
    desk.wait_seconds(100);
    find(&desk, ChannelHappening::Recovered);
    assert_eq!(state(&desk, "KWS"), ChannelState::Down, "said is said");
    desk.reopen();
    desk.wait_seconds(100);
    desk.tick();
    assert_eq!(state(&desk, "KWS"), ChannelState::Up);
    let unpin = ChannelAsk::Unpin { scope: for_all() };
    assert_eq!(desk.ask(Ask::Channel(unpin)), Answer::Refused(Refusal::Channel(ChannelRefusal::NotPinned)));
    for (seconds, why) in
        [(0, ChannelRefusal::Past), (7 * 86_400 + 1, ChannelRefusal::TooFar { days: PIN_DAYS_MAX })]
    {
        let refused = pin(&desk, for_all(), PinnedTo::Down, seconds);
        assert_eq!(refused, Answer::Refused(Refusal::Channel(why)), "{seconds}");
    }
}

#[test]
fn planned_work_begins_and_ends_by_record() {
    let mut desk = Desk::open();
    let terms = WindowTerms {
        scope: ChannelScope::for_all(PROMPT),
        reason: Text::new("New line", "Laini mpya"),
        from: in_seconds(&desk, 10),
        until: in_seconds(&desk, 20),
    };
    let Answer::Done { sequence } = desk.ask(Ask::Channel(ChannelAsk::PlanWindow(terms.clone()))) else {
        panic!("a plan is taken")
    };
    assert_eq!(desk.ask(Ask::Channel(ChannelAsk::PlanWindow(terms.clone()))), Answer::Nothing);
    desk.wait_seconds(10);
    assert_eq!(state(&desk, "KWS"), ChannelState::Up, "time alone changes nothing");
    desk.reopen();
    desk.tick();
    assert_eq!(state(&desk, "KWS"), ChannelState::Down);
    desk.wait_seconds(10);
    desk.tick();
    assert_eq!(state(&desk, "KWS"), ChannelState::Up);
    assert_eq!(
        desk.ask(Ask::Channel(ChannelAsk::EndWindow { window: sequence })),
        Answer::Refused(Refusal::Channel(ChannelRefusal::NoSuchWindow))
    );
    let backwards = WindowTerms { from: terms.until, until: terms.from, ..terms };
    assert_eq!(
        desk.ask(Ask::Channel(ChannelAsk::PlanWindow(backwards))),
        Answer::Refused(Refusal::Channel(ChannelRefusal::Backwards))
    );
}

#[test]
fn a_drill_refuses_nobody_and_the_real_thing_takes_its_place() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    pin(&desk, ChannelScope::for_all(PROMPT), PinnedTo::Drill, 1_000);
    let board = desk.ledger().readers().channels();
    let effective = board.of_channel(&PROMPT, "KWS");
    assert_eq!((effective.state, effective.is_drill), (ChannelState::Up, true));
    assert_eq!(board.open_outages().map(|outage| outage.is_drill).collect::<Vec<_>>(), [true]);
    desk.attempt(bill).expect("a drill keeps nobody from paying as usual");
    find(&desk, ChannelHappening::FellSilent);
    let board = desk.ledger().readers().channels();
    assert_eq!(board.open_outages().map(|outage| outage.is_drill).collect::<Vec<_>>(), [false]);
    assert_eq!(board.ended_outages().map(|outage| outage.is_drill).collect::<Vec<_>>(), [true]);
}

#[test]
fn outages_that_are_over_take_no_more_room_than_they_may() {
    let desk = Desk::open();
    for _ in 0..=ENDED_OUTAGES_KEPT {
        pin(&desk, ChannelScope::for_all(PROMPT), PinnedTo::Down, 1_000);
        desk.ask(Ask::Channel(ChannelAsk::Unpin { scope: ChannelScope::for_all(PROMPT) }));
    }
    let board = desk.ledger().readers().channels();
    assert_eq!(board.ended_outages().count(), ENDED_OUTAGES_KEPT);
    assert!(board.ended_outages().all(|outage| outage.ended.is_some_and(|(_, by)| by > outage.id)));
}

#[test]
fn a_way_to_pay_that_comes_and_goes_hides_no_outage_of_another() {
    let desk = Desk::open();
    let is_down_for_a_while = |channel, to| {
        let scope = ChannelScope::for_all(channel);
        pin(&desk, scope.clone(), to, 1_000);
        desk.ask(Ask::Channel(ChannelAsk::Unpin { scope }));
    };
    is_down_for_a_while(PAYBILL, PinnedTo::Down);
    (0..5).for_each(|_| is_down_for_a_while(PROMPT, PinnedTo::Down));
    is_down_for_a_while(PROMPT, PinnedTo::Drill);
    let board = desk.ledger().readers().channels();
    let of = |outages: Vec<&Outage>| -> Vec<_> {
        outages.into_iter().map(|outage| (outage.scope.channel.clone(), outage.is_drill)).collect()
    };
    let [drill, prompt, paybill] = [(PROMPT, true), (PROMPT, false), (PAYBILL, false)];
    assert_eq!(of(board.latest_ended(2, |_| true)), [drill, prompt.clone(), paybill.clone()]);
    assert_eq!(of(board.latest_ended(2, |outage| !outage.is_drill)), [prompt.clone(), prompt, paybill]);
}
