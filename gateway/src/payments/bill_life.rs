//! The life of a bill, as one table: from, event, to. What is not in the table does not happen.

use serde::{Deserialize, Serialize};

use BillEvent as Event;
use BillState as State;

/// What a bill is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillState {
    /// Nothing has arrived yet.
    Unpaid,
    /// Less than the total has arrived and is held.
    PartPaid,
    /// The total has arrived and belongs to the agency.
    Paid,
    /// More than the total has arrived; the rest is held for the payer.
    Overpaid,
    /// The time to pay has run out.
    Expired,
    /// Withdrawn by who made it.
    Cancelled,
    /// Paid once, and given back.
    Refunded,
}

/// What can happen to a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BillEvent {
    /// Money arrived that does not reach the total.
    PartOfTotal,
    /// Money arrived that completes the total exactly.
    RestOfTotal,
    /// Money arrived that goes beyond the total.
    MoreThanTotal,
    /// Money arrived although everything was there already.
    SecondReceipt,
    /// Money arrived after the bill had ended without being paid.
    LateMoney,
    /// The time to pay ran out.
    TimeRanOut,
    /// Who made the bill withdrew it.
    Withdrawn,
    /// The money was given back.
    GivenBack,
}

/// The whole life.
pub const BILL_LIFE: &[(State, Event, State)] = &[
    (State::Unpaid, Event::PartOfTotal, State::PartPaid),
    (State::Unpaid, Event::RestOfTotal, State::Paid),
    (State::Unpaid, Event::MoreThanTotal, State::Overpaid),
    (State::Unpaid, Event::TimeRanOut, State::Expired),
    (State::Unpaid, Event::Withdrawn, State::Cancelled),
    (State::PartPaid, Event::PartOfTotal, State::PartPaid),
    (State::PartPaid, Event::RestOfTotal, State::Paid),
    (State::PartPaid, Event::MoreThanTotal, State::Overpaid),
    (State::PartPaid, Event::TimeRanOut, State::Expired),
    // A bill that holds money is not withdrawn: the money would have no bill to be given back from.
    (State::Paid, Event::SecondReceipt, State::Overpaid),
    (State::Paid, Event::GivenBack, State::Refunded),
    (State::Overpaid, Event::SecondReceipt, State::Overpaid),
    (State::Overpaid, Event::GivenBack, State::Refunded),
    (State::Expired, Event::LateMoney, State::Expired),
    (State::Cancelled, Event::LateMoney, State::Cancelled),
    (State::Refunded, Event::LateMoney, State::Refunded),
];

impl BillState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Unpaid,
        Self::PartPaid,
        Self::Paid,
        Self::Overpaid,
        Self::Expired,
        Self::Cancelled,
        Self::Refunded,
    ];

    /// What the bill becomes; nothing if this cannot happen to it now.
    pub fn after(self, event: BillEvent) -> Option<Self> {
        BILL_LIFE.iter().find(|(from, on, _)| *from == self && *on == event).map(|(_, _, to)| *to)
    }

    /// True while money is expected.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Unpaid | Self::PartPaid)
    }

    /// True once the agency has been paid in full, whatever came after.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Paid | Self::Overpaid)
    }

    /// The word that the API, pages and files use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::PartPaid => "part_paid",
            Self::Paid => "paid",
            Self::Overpaid => "overpaid",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_leads_to_one_state() {
        for (index, (from, event, _)) in BILL_LIFE.iter().enumerate() {
            let again = BILL_LIFE[index + 1..].iter().any(|(other, on, _)| other == from && on == event);
            assert!(!again, "{from:?} {event:?} stands twice");
        }
    }

    #[test]
    fn money_can_arrive_in_every_state() {
        let arrivals = [
            Event::PartOfTotal,
            Event::RestOfTotal,
            Event::MoreThanTotal,
            Event::SecondReceipt,
            Event::LateMoney,
        ];
        for state in State::ALL {
            let accepted = arrivals.iter().filter(|event| state.after(**event).is_some()).count();
            assert_eq!(accepted, if state.is_open() { 3 } else { 1 }, "{state:?}");
        }
    }

    #[test]
    fn nothing_reopens_a_bill_and_every_state_is_reached() {
        for (from, _, to) in BILL_LIFE {
            assert!(from.is_open() || !to.is_open(), "{from:?} to {to:?}");
        }
        for state in State::ALL.iter().skip(1) {
            assert!(BILL_LIFE.iter().any(|(from, _, to)| to == state && from != state), "{state:?}");
        }
    }
}
