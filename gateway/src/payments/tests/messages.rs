//! Messages in the books: what may have been handed over is not handed over again without word that it was not, whatever comes in
//! which order and whatever restarts.

use std::collections::BTreeMap;

use ledger::{LedgerTime, Sealed};
use proptest::prelude::*;

use super::desk::Desk;
use crate::payments::{
    Answer, Archived, Ask, FollowedBy, FollowedMessage, Message, MessageAnswer, MessageAsk, MessageFate,
    MessageId, MessageKind, MessageReport, MessageState, Messages, OPT_OUT_SECONDS, PaymentNumber,
    ProviderAnswer, archive, read_event,
};

impl Desk {
    fn about(&self, ask: MessageAsk) -> Answer {
        self.ask(Ask::Message(ask))
    }

    fn now(&self) -> LedgerTime {
        LedgerTime::from_micros(self.clock.now_micros())
    }

    fn follow(&self, next_sequence: u64, id: u64, bill: Option<PaymentNumber>, then: FollowedBy) -> Answer {
        let followed = FollowedMessage {
            message: MessageId(id),
            kind: MessageKind::Receipt,
            bill,
            happened: self.now(),
            then,
        };
        self.about(MessageAsk::Follow { next_sequence, messages: vec![followed] })
    }

    fn note(&self, id: u64, answer: ProviderAnswer) -> Answer {
        self.about(MessageAsk::Note(vec![MessageAnswer { message: MessageId(id), answer }]))
    }

    fn report(&self, id: u64, provider: &str, name: &str, fate: MessageFate) -> Answer {
        let report =
            MessageReport { message: MessageId(id), provider: provider.into(), id: name.into(), fate };
        self.about(MessageAsk::Report(vec![report]))
    }

    fn message(&self, id: u64) -> Option<Message> {
        let id = MessageId(id);
        let open = self.ledger().readers().with_messages(|messages| messages.open(id).cloned());
        let archived = || self.ledger().archived(&archive::message(id)).unwrap().and_then(Archived::message);
        open.or_else(archived).map(|message| Message::clone(&message))
    }

    fn state_of(&self, id: u64) -> MessageState {
        self.message(id).unwrap().state
    }
}

fn by(provider: &str) -> FollowedBy {
    FollowedBy::Intended { provider: provider.into() }
}

fn taken(name: &str) -> ProviderAnswer {
    ProviderAnswer::Taken { id: name.into() }
}

#[test]
fn whoever_has_a_bill_is_told_of_an_outage_once_and_not_when_it_is_paid() {
    let mut desk = Desk::open();
    let (bill, other) = (desk.bill(100), desk.bill(200));
    let tell = |desk: &Desk, outage, bill| desk.about(MessageAsk::TellHolder { outage, bill });
    assert!(matches!(tell(&desk, 7, bill), Answer::Done { .. }));
    assert_eq!(tell(&desk, 7, bill), Answer::Nothing);
    desk.reopen();
    assert_eq!(tell(&desk, 7, bill), Answer::Nothing, "also after a restart");
    assert!(matches!(tell(&desk, 9, bill), Answer::Done { .. }), "another outage is news");
    desk.confirm(other, "TKL0000001", 200);
    assert_eq!(tell(&desk, 7, other), Answer::Nothing, "it is paid");
}

#[test]
fn a_message_goes_its_way_and_is_found_by_its_bill_and_by_its_provider() {
    let mut desk = Desk::open();
    let bill = desk.bill(100);
    desk.follow(8, 7, Some(bill), by("first"));
    assert_eq!(desk.state_of(7), MessageState::Intended);
    desk.note(7, taken("ATX7"));
    assert_eq!(desk.state_of(7), MessageState::HandedOver);
    assert_eq!(desk.note(7, taken("ATX7")), Answer::Nothing, "an answer is one answer");
    let named = desk.ledger().archived(&archive::message_of_provider("first", "ATX7")).unwrap();
    assert_eq!(named.and_then(Archived::message_id), Some(MessageId(7)));
    desk.report(7, "first", "ATX7", MessageFate::Delivered);
    assert_eq!(desk.state_of(7), MessageState::Delivered);
    assert_eq!(desk.report(7, "first", "ATX7", MessageFate::Delivered), Answer::Nothing, "doubled");
    let of_bill = desk.ledger().archived(&archive::messages_of_bill(bill)).unwrap();
    assert_eq!(of_bill.and_then(Archived::messages_of_bill).unwrap().as_slice(), [MessageId(7)]);
    let seen =
        desk.ledger().readers().with_messages(|messages| (messages.open_count(), messages.next_sequence()));
    assert_eq!(seen, (0, 8));
}

#[test]
fn a_report_on_an_earlier_hand_over_says_nothing_about_a_later_one() {
    let desk = Desk::open();
    let failed = || MessageFate::Failed { reason: "DeliveryFailure".into(), until: desk.now() };
    desk.follow(8, 7, None, by("first"));
    desk.note(7, ProviderAnswer::None);
    desk.report(7, "first", "ATX1", failed());
    assert_eq!(desk.state_of(7), MessageState::Waiting);
    desk.follow(8, 7, None, by("second"));
    let recent = desk.ledger().readers().with_messages(|messages| messages.recent().count());
    assert_eq!(recent, 1, "it is the same message");
    desk.note(7, taken("ATX2"));
    for (provider, name) in [("first", "ATX1"), ("second", "ATX1"), ("first", "ATX2")] {
        assert_eq!(desk.report(7, provider, name, failed()), Answer::Nothing, "{provider} {name}");
    }
    assert_eq!(desk.state_of(7), MessageState::HandedOver);
    desk.report(7, "second", "ATX2", MessageFate::Delivered);
    assert_eq!(desk.state_of(7), MessageState::Delivered);
}

#[test]
fn a_doubled_report_on_an_earlier_hand_over_to_the_same_provider_releases_nothing() {
    let desk = Desk::open();
    let failed = || MessageFate::Failed { reason: "DeliveryFailure".into(), until: desk.now() };
    desk.follow(8, 7, None, by("first"));
    desk.note(7, taken("ATX1"));
    desk.report(7, "first", "ATX1", failed());
    assert_eq!(desk.state_of(7), MessageState::Waiting);
    desk.follow(8, 7, None, by("first"));
    assert_eq!(desk.report(7, "first", "ATX1", failed()), Answer::Nothing, "of the hand-over before");
    desk.note(7, ProviderAnswer::None);
    assert_eq!(desk.report(7, "first", "ATX1", failed()), Answer::Nothing, "also while nobody has answered");
    assert_eq!(desk.state_of(7), MessageState::Unanswered);
    desk.report(7, "first", "ATX2", MessageFate::Delivered);
    assert_eq!(desk.state_of(7), MessageState::Delivered);
}

#[test]
fn the_place_in_the_journal_only_moves_forward() {
    let desk = Desk::open();
    desk.follow(80, 7, None, FollowedBy::Dropped { reason: "settled".into() });
    desk.follow(50, 8, None, FollowedBy::Dropped { reason: "settled".into() });
    assert_eq!(desk.ledger().readers().with_messages(Messages::next_sequence), 80);
    let nothing_new = MessageAsk::Follow { next_sequence: 80, messages: Vec::new() };
    assert_eq!(desk.about(nothing_new), Answer::Nothing);
}

#[test]
fn a_service_is_rated_once_for_each_message() {
    let desk = Desk::open();
    desk.follow(8, 7, None, by("first"));
    desk.note(7, taken("ATX7"));
    let rate = |message, score| {
        let (agency, service) = ("KWS".into(), "park-entry".into());
        desk.about(MessageAsk::GiveFeedback { message: MessageId(message), agency, service, score })
    };
    for refused in [rate(7, 0), rate(7, 6), rate(9, 3)] {
        assert_eq!(refused, Answer::Nothing);
    }
    rate(7, 4);
    assert_eq!(rate(7, 1), Answer::Nothing);
    let scores = desk.ledger().readers().with_messages(|messages| {
        messages
            .feedback()
            .map(|(agency, service, scores)| (agency.clone(), service.clone(), scores))
            .collect::<Vec<_>>()
    });
    assert_eq!(scores, [("KWS".into(), "park-entry".into(), [0, 0, 0, 1, 0])]);
}

#[test]
fn a_restart_knows_every_message_that_is_open_and_the_latest_that_went_out() {
    let mut desk = Desk::open();
    let bill = desk.bill(100);
    let until = desk.now().plus_seconds(60);
    desk.follow(8, 5, Some(bill), FollowedBy::Waiting { until });
    desk.follow(8, 6, None, by("first"));
    desk.follow(9, 7, None, by("second"));
    desk.note(7, ProviderAnswer::None);
    desk.reopen();
    let open = desk.ledger().readers().with_messages(|messages| {
        (messages.open_count(), messages.due(until, 9).len(), messages.recent().collect::<Vec<_>>())
    });
    assert_eq!(open, (3, 1, vec![MessageId(6), MessageId(7)]));
}

/// Records about messages as the first release that had them wrote them.
#[test]
fn what_was_written_first_is_read_and_written_as_it_was() {
    let lines: Vec<_> = include_str!("fixtures/messages.ndjson").lines().collect();
    for bytes in &lines {
        let event = read_event(bytes.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), **bytes);
    }
    assert_eq!(lines.len(), 8, "one of each");
}

#[derive(Clone, Debug)]
enum Step {
    Follow { id: u64, second: bool },
    Answer { id: u64, answer: u8 },
    Report { id: u64, second: bool, name: u8, fate: u8 },
    GiveUp { id: u64 },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u64..3, any::<bool>()).prop_map(|(id, second)| Step::Follow { id, second }),
        4 => (0_u64..3, 0_u8..4).prop_map(|(id, answer)| Step::Answer { id, answer }),
        4 => (0_u64..3, any::<bool>(), 0_u8..3, 0_u8..4)
            .prop_map(|(id, second, name, fate)| Step::Report { id, second, name, fate }),
        1 => (0_u64..3).prop_map(|id| Step::GiveUp { id }),
        1 => Just(Step::Restart),
    ]
}

#[test]
fn who_wants_no_messages_is_left_alone_for_two_years_and_a_record_ends_it() {
    let mut desk = Desk::open();
    let opt_out = |desk: &Desk| {
        let sealed = Sealed { slot: 0, commitments: Vec::new(), ciphertext: b"a phone".to_vec() };
        match desk.about(MessageAsk::OptOut(sealed)) {
            Answer::Done { sequence } => sequence,
            other => panic!("{other:?}"),
        }
    };
    let records = |desk: &Desk| {
        desk.ledger().readers().with_messages(|messages| messages.opted_out().collect::<Vec<_>>())
    };
    let lapse =
        |desk: &Desk, records: &[u64]| desk.about(MessageAsk::LetOptOutsLapse { records: records.to_vec() });
    let first = opt_out(&desk);
    desk.wait_seconds(86_400);
    let second = opt_out(&desk);
    assert_eq!(lapse(&desk, &[first, second]), Answer::Nothing, "nobody ends it sooner");
    desk.wait_seconds(OPT_OUT_SECONDS - 86_400);
    assert!(matches!(lapse(&desk, &[second, first]), Answer::Done { .. }));
    assert_eq!(records(&desk), [second], "a day later than the first");
    assert_eq!(lapse(&desk, &[first]), Answer::Nothing);
    desk.reopen();
    assert_eq!(records(&desk), [second]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Between two intentions for one message there is always word of the provider that it has it not.
    #[test]
    fn nobody_is_handed_twice_what_somebody_may_have(steps in prop::collection::vec(step(), 1..60)) {
        let mut desk = Desk::open();
        let mut may_be_out = BTreeMap::<u64, bool>::new();
        for step in steps {
            match step {
                Step::Follow { id, second } => {
                    let before = desk.message(id).map(|message| message.tries);
                    desk.follow(0, id, None, by(if second { "second" } else { "first" }));
                    if desk.message(id).map(|message| message.tries) != before {
                        prop_assert!(!may_be_out.insert(id, true).unwrap_or(false), "{id} is handed over twice");
                    }
                }
                Step::Answer { id, answer } => {
                    let until = desk.now();
                    let (answer, says_no) = match answer {
                        0 => (taken("ATX0"), false),
                        1 => (ProviderAnswer::PutOff { reason: "405".into(), until }, true),
                        2 => (ProviderAnswer::Refused { reason: "403".into() }, true),
                        _ => (ProviderAnswer::None, false),
                    };
                    if desk.note(id, answer) != Answer::Nothing && says_no {
                        may_be_out.insert(id, false);
                    }
                }
                Step::Report { id, second, name, fate } => {
                    let (until, reason) = (desk.now(), "DeliveryFailure".into());
                    let (fate, says_no) = match fate {
                        0 => (MessageFate::UnderWay, false),
                        1 => (MessageFate::Delivered, false),
                        2 => (MessageFate::Failed { reason, until }, true),
                        _ => (MessageFate::Undeliverable { reason }, true),
                    };
                    let provider = if second { "second" } else { "first" };
                    if desk.report(id, provider, &format!("ATX{name}"), fate) != Answer::Nothing && says_no {
                        may_be_out.insert(id, false);
                    }
                }
                Step::GiveUp { id } => drop(desk.about(MessageAsk::GiveUp(vec![MessageId(id)]))),
                Step::Restart => desk.reopen(),
            }
        }
    }
}
