//! Who is on the staff.

use ledger::{Decision, View};

use super::{Payments, draft, refuse};
use crate::payments::command::{Answer, Command, Refusal};
use crate::payments::event::Event;
use crate::payments::staff::{STAFF_MAX, StaffAsk, StaffEvent};

/// Decides on what is asked about accounts.
pub(super) fn decide(view: &View<'_, Payments>, command: &Command, ask: &StaffAsk) -> Decision<Payments> {
    let roll = Payments::staff(view);
    let event = match ask {
        StaffAsk::Add(account) => {
            if roll.member(&account.id).is_some() || roll.len() >= STAFF_MAX {
                return refuse(Refusal::NoRoomForStaff);
            }
            StaffEvent::Added { account: account.clone() }
        }
        StaffAsk::NoteSetUp { account } => StaffEvent::SetUp { account: account.clone() },
        StaffAsk::NoteSignIn { account, by_provider } => {
            StaffEvent::SignedIn { account: account.clone(), by_provider: *by_provider }
        }
        StaffAsk::NoteProviderName { account } => StaffEvent::ProviderNamed { account: account.clone() },
        StaffAsk::Reset { account } => StaffEvent::Reset { account: account.clone() },
        StaffAsk::End { account } => StaffEvent::Ended { account: account.clone() },
    };
    let named = match &event {
        StaffEvent::Added { .. } => None,
        StaffEvent::SetUp { account }
        | StaffEvent::SignedIn { account, .. }
        | StaffEvent::ProviderNamed { account }
        | StaffEvent::Reset { account }
        | StaffEvent::Ended { account } => Some(account),
    };
    if named.is_some_and(|account| roll.member(account).is_none()) {
        return refuse(Refusal::NoSuchStaff);
    }
    Decision::record(draft(command, Event::Staff(event)), Answer::Done { sequence: view.next_sequence() })
}
