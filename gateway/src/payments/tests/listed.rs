//! That a statement lists what was booked before is kept once, moves no money, and survives.

use super::desk::Desk;
use crate::payments::{Answer, Ask, CollectedOn, ListedPayments, Provider, read_event};

fn listed(payments: &[u64]) -> Ask {
    let account = CollectedOn { provider: Provider::Bank, short_code: "kcb-1100220033".into() };
    Ask::KeepListed(ListedPayments { account, payments: payments.to_vec() })
}

#[test]
fn the_same_part_of_a_statement_is_kept_once() {
    let mut desk = Desk::open();
    let before = desk.balances();
    assert!(matches!(desk.ask(listed(&[3, 5])), Answer::Done { .. }));
    assert_eq!(desk.ask(listed(&[3, 5])), Answer::Nothing);
    assert!(matches!(desk.ask(listed(&[3, 5, 8])), Answer::Done { .. }), "more than before");
    desk.power_cut(1);
    assert_eq!(desk.ask(listed(&[3, 5])), Answer::Nothing);
    assert_eq!(desk.balances(), before);
}

/// A record as the first release that had them wrote it.
#[test]
fn what_was_written_first_is_read_and_written_as_it_was() {
    let bytes = r#"{"event":"payments_listed","account":{"provider":"bank","short_code":"kcb-1100220033"},"payments":[3,5]}"#;
    let event = read_event(bytes.as_bytes()).unwrap();
    assert_eq!(serde_json::to_string(&event).unwrap(), bytes);
}
