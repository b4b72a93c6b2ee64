//! What records change of what is known of provisional passes. Pure, as all of [`changes`](super::changes).

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::LedgerTime;

use crate::payments::{Event, GateDevice, GateEvent, GatePass, PaymentNumber};

/// A batch has fewer passes than this.
const PLACES_PER_RECORD: u64 = 32;

/// What a run of records changes of it.
#[derive(Debug, Default)]
pub(super) struct PassChanges {
    pub(super) devices: Vec<GateDevice>,
    pub(super) told: Vec<ToldPass>,
    /// The invoices that passes are on.
    pub(super) invoiced: BTreeMap<PaymentNumber, PaymentNumber>,
}

/// A pass that a device told of.
#[derive(Debug)]
pub(super) struct ToldPass {
    pub(super) place: u64,
    pub(super) device: Arc<str>,
    pub(super) booked: LedgerTime,
    pub(super) pass: GatePass,
}

impl PassChanges {
    /// Adds what one record changes.
    pub(super) fn add(&mut self, sequence: u64, time: LedgerTime, event: &Event) {
        match event {
            Event::Gate(GateEvent::Certified { device }) => self.devices.push(device.clone()),
            Event::Gate(GateEvent::BatchTaken { device, passes, .. }) => {
                self.told.extend((0..).zip(passes).map(|(index, pass)| ToldPass {
                    place: sequence * PLACES_PER_RECORD + index,
                    device: device.clone(),
                    booked: time,
                    pass: pass.clone(),
                }));
            }
            Event::Gate(GateEvent::PassesInvoiced { bill, passes, .. }) => {
                self.invoiced.extend(passes.iter().map(|pass| (*pass, *bill)));
            }
            _ => {}
        }
    }
}
