//! What an agency is told of a gate that was cut off: whom it let in who had been let in before, and passes under numbers that
//! other passes have. Both events are named, as in the list of gates; nobody is.

use serde::Serialize;

use crate::clock::format_rfc3339;
use crate::notices::UsedTwiceThen;
use crate::payments::{GatePass, GateUse, PassOutcome, UseOutcome};

/// What a batch told that had been used before.
#[derive(Serialize)]
pub(super) struct UsedTwiceBody {
    agency: String,
    site: String,
    gate: String,
    device: String,
    /// Number of the batch among those of the device.
    batch: u64,
    uses: Vec<UseBody>,
    passes: Vec<PassBody>,
}

/// A bill that somebody was let in for twice.
#[derive(Serialize)]
struct UseBody {
    payment_number: String,
    first: PlaceBody,
    second: PlaceBody,
}

#[derive(Serialize)]
struct PlaceBody {
    gate: String,
    /// By the clock of that gate.
    at: String,
    /// Of the record that tells of it.
    sequence: u64,
}

/// A pass whose number another has.
#[derive(Serialize)]
struct PassBody {
    payment_number: String,
    /// Among the passes of the device.
    number: u64,
    /// By the clock of the device.
    issued_at: String,
    /// Of the record that told of the other.
    first_sequence: u64,
}

impl UsedTwiceBody {
    pub(super) fn of(then: &UsedTwiceThen) -> Self {
        let use_body = |used: &GateUse| match &used.outcome {
            UseOutcome::UsedTwice { gate, first_at, sequence } => Some(UseBody {
                payment_number: used.bill.to_string(),
                first: PlaceBody::of(gate, first_at.micros(), *sequence),
                second: PlaceBody::of(&then.device.gate, used.at.micros(), then.sequence),
            }),
            _ => None,
        };
        let pass_body = |pass: &GatePass| match pass.outcome {
            PassOutcome::NumberUsed { sequence } => Some(PassBody {
                payment_number: pass.bill.to_string(),
                number: pass.number,
                issued_at: format_rfc3339(pass.at.micros()),
                first_sequence: sequence,
            }),
            _ => None,
        };
        Self {
            agency: then.device.agency.to_string(),
            site: then.device.site.to_string(),
            gate: then.device.gate.to_string(),
            device: then.device.id.to_string(),
            batch: then.batch,
            uses: then.uses.iter().filter_map(use_body).collect(),
            passes: then.passes.iter().filter_map(pass_body).collect(),
        }
    }
}

impl PlaceBody {
    fn of(gate: &str, at_micros: i64, sequence: u64) -> Self {
        Self { gate: gate.to_owned(), at: format_rfc3339(at_micros), sequence }
    }
}
