//! Endpoints on the books: what is kept of them, and what nobody can take back.

use std::sync::Arc;

use ledger::{LedgerTime, Sealed};

use super::desk::Desk;
use crate::payments::notices::{ENDPOINTS_OF_ONE_AGENCY_MAX, FINISHED_DELIVERIES_KEPT};
use crate::payments::{
    Answer, Ask, DeliveryAttempt, DeliveryOutcome, DisabledReason, Endpoint, EndpointChange, EndpointId,
    EndpointProgress, EndpointTerms, NoticeAsk, NoticeId, NoticeKind, Notices, OPEN_DELIVERIES_MAX, Refusal,
    SigningScheme, Then, Tried,
};

const ID: EndpointId = EndpointId::from_uuid(7);

fn sealed() -> Sealed {
    Sealed { slot: 0, commitments: Vec::new(), ciphertext: b"secret".to_vec() }
}

fn terms(id: EndpointId, agency: &str) -> Arc<EndpointTerms> {
    Arc::new(EndpointTerms {
        id,
        agency: agency.into(),
        url: "https://hooks.example.go.ke/malipo".into(),
        kinds: Vec::new(),
        label: None,
        signing: SigningScheme::HmacSha256,
    })
}

fn create(desk: &Desk, id: EndpointId, agency: &str) -> Answer {
    desk.ask(Ask::Notice(NoticeAsk::CreateEndpoint { terms: terms(id, agency), secret: sealed() }))
}

fn endpoint(desk: &Desk) -> Arc<Endpoint> {
    desk.ledger().readers().notices().endpoint(ID).expect("it is there").clone()
}

fn notice(number: u64) -> NoticeId {
    NoticeId::of_record(number, LedgerTime::from_micros(0), NoticeKind::BillPaid as u8)
}

fn tried(number: u64, status: u16, then: Then) -> Tried {
    let outcome = DeliveryOutcome::Status(status);
    let at = LedgerTime::from_micros(i64::try_from(number).unwrap());
    Tried { notice: notice(number), attempt: DeliveryAttempt { at, took_ms: 3, outcome }, then }
}

fn keep(desk: &Desk, from: u64, tried: Vec<Tried>) -> Answer {
    let kinds_since = endpoint(desk).kinds_since;
    keep_knowing(desk, kinds_since, from, tried)
}

fn keep_knowing(desk: &Desk, kinds_since: u64, from: u64, tried: Vec<Tried>) -> Answer {
    let progress = EndpointProgress { endpoint: ID, from, kinds_since, tried };
    desk.ask(Ask::Notice(NoticeAsk::KeepProgress(vec![progress])))
}

fn again(number: u64) -> Then {
    Then::Again { due: LedgerTime::from_micros(i64::try_from(number).unwrap() + 5_000_000), failures: 1 }
}

#[test]
fn what_was_tried_is_kept_and_is_the_same_after_a_restart() {
    let mut desk = Desk::open();
    create(&desk, ID, "KWS");
    let from = endpoint(&desk).from;
    keep(&desk, from + 3, vec![tried(1, 200, Then::Done), tried(2, 503, again(2)), tried(3, 503, again(3))]);
    keep(&desk, from + 1, vec![tried(3, 200, Then::Done)]);
    let seen = endpoint(&desk);
    assert_eq!(seen.from, from + 3, "a place never goes back");
    assert_eq!(seen.open.keys().collect::<Vec<_>>(), [&notice(2)]);
    assert_eq!((seen.open[&notice(2)].failures, seen.open[&notice(2)].attempts.len()), (1, 1));
    let finished: Vec<_> = seen.finished.iter().map(|done| (done.notice, done.attempts.len())).collect();
    assert_eq!(finished, [(notice(1), 1), (notice(3), 2)]);
    assert_eq!(seen.last_taken, Some(LedgerTime::from_micros(3)));

    let notices = desk.ledger().readers().notices();
    desk.reopen();
    assert_eq!(desk.ledger().readers().notices(), notices);
    let kept = serde_json::to_vec(&*notices).unwrap();
    assert_eq!(serde_json::from_slice::<Notices>(&kept).unwrap(), *notices, "a snapshot has it whole");
}

#[test]
fn who_did_not_know_of_a_change_has_not_passed_over_what_came_after_it() {
    let desk = Desk::open();
    create(&desk, ID, "KWS");
    let before = endpoint(&desk).kinds_since;
    let change = EndpointChange { kinds: Some(vec![NoticeKind::BillPaid]), ..EndpointChange::default() };
    desk.ask(Ask::Notice(NoticeAsk::ChangeEndpoint { endpoint: ID, change }));
    let changed = endpoint(&desk).kinds_since;
    assert!(changed > before);
    keep_knowing(&desk, before, changed + 100, Vec::new());
    assert_eq!(endpoint(&desk).from, changed);
    keep_knowing(&desk, changed, changed + 100, Vec::new());
    assert_eq!(endpoint(&desk).from, changed + 100);
}

#[test]
fn nothing_grows_without_end() {
    let desk = Desk::open();
    create(&desk, ID, "KWS");
    let count = u64::try_from(FINISHED_DELIVERIES_KEPT).unwrap() + 10;
    keep(&desk, 1, (0..count).map(|number| tried(number, 200, Then::Done)).collect());
    assert_eq!(endpoint(&desk).finished.len(), FINISHED_DELIVERIES_KEPT);
    let last = u64::try_from(OPEN_DELIVERIES_MAX).unwrap();
    keep(&desk, 1, (100..100 + last).map(|number| tried(number, 500, again(number))).collect());
    let resend =
        |number| desk.ask(Ask::Notice(NoticeAsk::Resend { endpoints: vec![ID], notice: notice(number) }));
    assert_eq!(resend(1), Answer::Refused(Refusal::TooManyDeliveries));
    // One that waits is only brought forward.
    assert!(matches!(resend(100), Answer::Done { .. }));
    let seen = endpoint(&desk);
    assert_eq!((seen.open.len(), seen.open[&notice(100)].failures), (OPEN_DELIVERIES_MAX, 0));

    for number in 1..ENDPOINTS_OF_ONE_AGENCY_MAX {
        let id = EndpointId::from_uuid(100 + number as u128);
        assert!(matches!(create(&desk, id, "KWS"), Answer::Done { .. }));
    }
    let one_more = EndpointId::from_uuid(200);
    assert_eq!(create(&desk, one_more, "KWS"), Answer::Refused(Refusal::TooManyEndpoints));
    assert!(matches!(create(&desk, one_more, "KRA"), Answer::Done { .. }));
}

#[test]
fn a_secret_signs_beside_the_one_before_it_for_a_time() {
    let desk = Desk::open();
    create(&desk, ID, "KWS");
    let first = endpoint(&desk).secrets[0].record;
    let rotate = || {
        desk.ask(Ask::Notice(NoticeAsk::RotateSecret { endpoint: ID, overlap_seconds: 60, secret: sealed() }))
    };
    let in_force = || {
        let now = LedgerTime::from_micros(desk.clock.now_micros());
        endpoint(&desk).secrets_at(now).map(|secret| secret.record).collect::<Vec<_>>()
    };
    rotate();
    let second = endpoint(&desk).secrets[0].record;
    assert_eq!(in_force(), [second, first]);
    desk.wait_seconds(61);
    assert_eq!(in_force(), [second]);
    rotate();
    assert_eq!(in_force().len(), 2);
    assert!(!in_force().contains(&first), "two at most");
}

#[test]
fn a_disabled_endpoint_keeps_what_waits_and_begins_anew_when_enabled() {
    let desk = Desk::open();
    create(&desk, ID, "KWS");
    let from = endpoint(&desk).from;
    keep(&desk, from + 9, vec![tried(2, 410, again(2))]);
    let disable = |reason| desk.ask(Ask::Notice(NoticeAsk::DisableEndpoint { endpoint: ID, reason }));
    assert!(matches!(disable(DisabledReason::Gone), Answer::Done { .. }));
    assert_eq!(disable(DisabledReason::Silent), Answer::Nothing);
    assert_eq!(endpoint(&desk).disabled.map(|(_, reason)| reason), Some(DisabledReason::Gone));
    desk.wait_seconds(600);
    let change = EndpointChange { is_enabled: Some(true), ..EndpointChange::default() };
    desk.ask(Ask::Notice(NoticeAsk::ChangeEndpoint { endpoint: ID, change }));
    let seen = endpoint(&desk);
    let now = LedgerTime::from_micros(desk.clock.now_micros());
    assert_eq!((seen.disabled, seen.from), (None, from + 9));
    assert_eq!((seen.open[&notice(2)].due, seen.open[&notice(2)].failures), (now, 0));

    desk.ask(Ask::Notice(NoticeAsk::DeleteEndpoint { endpoint: ID }));
    assert_eq!(desk.ledger().readers().notices().endpoint_count(), 0);
    let progress = EndpointProgress { endpoint: ID, from, kinds_since: 0, tried: Vec::new() };
    assert_eq!(desk.ask(Ask::Notice(NoticeAsk::KeepProgress(vec![progress]))), Answer::Nothing);
    let delete = Ask::Notice(NoticeAsk::DeleteEndpoint { endpoint: ID });
    assert_eq!(desk.ask(delete), Answer::Refused(Refusal::NoSuchEndpoint));
}

#[test]
fn a_secret_is_over_when_it_signs_for_nobody_and_no_sooner_and_is_destroyed_once() {
    let mut desk = Desk::open();
    create(&desk, ID, "KWS");
    let rotate = |desk: &Desk, overlap_seconds| {
        let ask = NoticeAsk::RotateSecret { endpoint: ID, overlap_seconds, secret: sealed() };
        assert!(matches!(desk.ask(Ask::Notice(ask)), Answer::Done { .. }));
    };
    let over = |desk: &Desk| {
        let now = LedgerTime::from_micros(desk.clock.now_micros());
        desk.ledger().readers().notices().secrets_over(now, 9)
    };
    let note =
        |desk: &Desk, secrets: Vec<u64>| desk.ask(Ask::Notice(NoticeAsk::NoteSecretsDestroyed { secrets }));
    let records = |desk: &Desk| endpoint(desk).secrets.iter().map(|secret| secret.record).collect::<Vec<_>>();
    let first = records(&desk)[0];
    rotate(&desk, 3_600);
    let second = records(&desk)[0];
    assert!(over(&desk).is_empty(), "both sign");
    assert_eq!(note(&desk, vec![first, second]), Answer::Nothing, "what signs is not destroyed");
    // The first gives way before its hour is over.
    rotate(&desk, 3_600);
    assert_eq!(over(&desk), [first]);
    desk.wait_seconds(3_599);
    assert_eq!(over(&desk), [first]);
    desk.wait_seconds(1);
    assert_eq!(over(&desk), [first, second]);
    desk.reopen();
    assert_eq!(over(&desk), [first, second], "as before");
    assert!(matches!(note(&desk, vec![second, first, 999]), Answer::Done { .. }));
    assert!(over(&desk).is_empty());
    assert_eq!(note(&desk, vec![first, second]), Answer::Nothing);
    assert_eq!(records(&desk).len(), 1, "the one that signs");

    rotate(&desk, 0);
    let (last, before) = (records(&desk)[0], records(&desk)[1]);
    desk.ask(Ask::Notice(NoticeAsk::DeleteEndpoint { endpoint: ID }));
    let mut of_deleted = over(&desk);
    of_deleted.sort_unstable();
    assert_eq!(of_deleted, [before, last]);
    desk.reopen();
    note(&desk, of_deleted);
    desk.reopen();
    assert!(over(&desk).is_empty());
}
