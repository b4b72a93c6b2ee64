//! Drafts of catalogues wait for people, who can look at so many and no more.

use super::desk::Desk;
use crate::payments::{Answer, Ask, CATALOGUE_DRAFTS_MAX, Refusal};

fn drafts(desk: &Desk, hash: &str, base: u64) -> Answer {
    desk.ask(Ask::DraftCatalogue { hash: hash.into(), base, note: "why".into() })
}

fn publishes(desk: &Desk, hash: &str) {
    let published = desk.ask(Ask::PublishCatalogue { hash: hash.into(), approver: "operator".into() });
    assert!(matches!(published, Answer::Done { .. }), "{published:?}");
}

#[test]
fn no_more_drafts_wait_than_people_can_look_at_and_a_stale_one_is_no_exception() {
    let desk = Desk::open();
    publishes(&desk, "first");
    assert!(matches!(drafts(&desk, "stale", 1), Answer::Done { .. }));
    publishes(&desk, "second");
    for number in 0..CATALOGUE_DRAFTS_MAX {
        assert!(matches!(drafts(&desk, &format!("draft {number}"), 2), Answer::Done { .. }));
    }
    let too_many = Answer::Refused(Refusal::TooManyDrafts);
    assert_eq!(drafts(&desk, "one more", 2), too_many);
    assert_eq!(drafts(&desk, "stale", 2), too_many);
    assert_eq!(drafts(&desk, "draft 0", 2), Answer::Nothing, "it waits already");

    desk.ask(Ask::WithdrawDraft { hash: "draft 0".into() });
    assert!(matches!(drafts(&desk, "stale", 2), Answer::Done { .. }));
    assert_eq!(drafts(&desk, "one more", 2), too_many);
}
