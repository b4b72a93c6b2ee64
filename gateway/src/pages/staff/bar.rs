//! The bar above every page of staff: who is signed in, which rooms they have, and the way out.

use catalog::Language;

use crate::access::Role;
use crate::pages::words::{STAFF, StaffWords};
use crate::staff::Session;

/// A room of staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pages) enum Room {
    /// What an agency has collected.
    Today,
    /// What is coming in now.
    Live,
    /// Its payments, one by one.
    Transactions,
    /// What becomes of applications.
    Applications,
    /// Provisional passes of its gates.
    Passes,
    /// The screen at a gate.
    Gate,
    /// Cash at counters.
    Counter,
}

/// The bar.
#[derive(Debug)]
pub(in crate::pages) struct Bar {
    pub(in crate::pages) words: &'static StaffWords,
    pub(in crate::pages) language: &'static str,
    pub(in crate::pages) login: String,
    pub(in crate::pages) role: &'static str,
    /// What every form on the page repeats, in the field `session`.
    pub(in crate::pages) token: String,
    pub(in crate::pages) rooms: Vec<RoomLink>,
}

#[derive(Debug)]
pub(in crate::pages) struct RoomLink {
    pub(in crate::pages) address: String,
    pub(in crate::pages) text: &'static str,
    pub(in crate::pages) is_here: bool,
}

impl Bar {
    /// The bar of somebody who is in this room.
    pub(in crate::pages) fn new(session: &Session, language: Language, here: Room) -> Self {
        let words = STAFF.of(language);
        let role = session.account().role;
        let rooms = rooms(role).iter().map(|room| RoomLink {
            address: address(*room, role, language),
            text: (words.room)(*room),
            is_here: *room == here,
        });
        Self {
            words,
            language: language.code(),
            login: session.login().to_owned(),
            role: (words.role)(role),
            token: session.form_token().to_owned(),
            rooms: rooms.collect(),
        }
    }
}

/// The rooms of a role, the first of which people of that role come to.
fn rooms(role: Role) -> &'static [Room] {
    match role {
        Role::AgencyGate => &[Room::Gate],
        Role::Cashier | Role::CounterSupervisor => &[Room::Counter],
        Role::AgencyOfficer => &[Room::Applications, Room::Passes],
        Role::Treasury => &[Room::Live, Room::Today, Room::Transactions, Room::Applications, Room::Passes],
        _ => &[Room::Today, Room::Live, Room::Transactions, Room::Applications, Room::Passes],
    }
}

fn address(room: Room, role: Role, language: Language) -> String {
    let language = language.code();
    match room {
        Room::Today => format!("/{language}/agency/"),
        // Who sees all agencies watches all of them.
        Room::Live if role.belongs_to_an_agency() => format!("/{language}/agency/live"),
        Room::Live => format!("/{language}/treasury/live"),
        Room::Transactions => format!("/{language}/agency/transactions"),
        Room::Applications => format!("/{language}/agency/applications"),
        Room::Passes => format!("/{language}/agency/passes"),
        Room::Gate => format!("/{language}/gate"),
        Room::Counter => format!("/{language}/counter"),
    }
}

/// Where people of this role come to when they have signed in.
pub(super) fn home_of(role: Role, language: Language) -> String {
    address(rooms(role)[0], role, language)
}
