//! Gates that work without the gateway: which devices stand there, and what they bring when they are connected again.
//!
//! A device is certified by a record and sends what it has done in numbered batches. A batch is taken once, in order, whole;
//! whoever it let in was let in, so nothing of it is refused: what should not have been is named.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use jiff::civil::Date;
use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

use super::bill_life::BillState;
use super::command::Idempotency;
use super::number::PaymentNumber;
use super::operators::{KnownOperator, NewInvoice, TourOperator};
use super::passes::{ClaimedMoney, GatePass, NewPass};
use crate::access::ApiKey;

/// The most uses and passes that one batch tells: what it decides stays a small part of a batch of the journal.
pub const GATE_BATCH_USES_MAX: usize = 25;
/// So many of them are passes, at most: each becomes a bill, a visit and whatever money waits for it.
pub const GATE_BATCH_PASSES_MAX: usize = 8;
/// What stands before the letters of an operator's code.
pub const OPERATOR_CODE_MARK: &str = "OP-";
/// The most devices at once: more than all agencies have gates.
pub(super) const GATE_DEVICES_MAX: usize = 5_000;
/// Bills that were used twice that are kept to be listed. All of them are in the journal.
pub const DOUBLE_USES_KEPT: usize = 500;

/// A device that stands at a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateDevice {
    /// Its name.
    pub id: Arc<str>,
    /// The site that it is for: a park, a museum.
    pub site: Arc<str>,
    /// Whose.
    pub agency: Arc<str>,
    /// Which gate of the site.
    pub gate: Arc<str>,
    /// The public key that verifies what it signs, as `NAME+HASH+KEY`.
    pub key: Arc<str>,
    /// The key of the API that it was handed.
    pub api_key: Arc<str>,
    /// When it was certified.
    pub since: LedgerTime,
    /// Until when.
    pub until: LedgerTime,
}

/// What happens to gates, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "gate", rename_all = "snake_case")]
pub enum GateEvent {
    /// A device was certified.
    Certified {
        /// Which, and for where.
        device: GateDevice,
    },
    /// A device is trusted no more.
    Revoked {
        /// Which.
        device: Arc<str>,
    },
    /// A device told what it has done.
    BatchTaken {
        /// Which.
        device: Arc<str>,
        /// Number of the batch, from 1.
        number: u64,
        /// SHA-256 of its signed text, in hex.
        hash: Arc<str>,
        /// Whether the device was revoked, or its time over, when this arrived.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        untrusted: bool,
        /// Whom it let in.
        uses: Vec<GateUse>,
        /// The provisional passes that it made.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        passes: Vec<GatePass>,
    },
    /// Payment numbers are kept for the passes of a device.
    NumbersKept {
        /// Which.
        device: Arc<str>,
        /// Whose.
        agency: Arc<str>,
        /// The numbers, beside those that it has.
        numbers: Vec<PaymentNumber>,
    },
    /// A tour operator pays by invoice from now on.
    OperatorNamed {
        /// Which.
        operator: TourOperator,
    },
    /// Passes of a tour operator are on one bill, and their own were withdrawn.
    PassesInvoiced {
        /// The code of the operator.
        operator: Arc<str>,
        /// The bill.
        bill: PaymentNumber,
        /// The payment numbers of the passes.
        passes: Vec<PaymentNumber>,
        /// Passes that were paid otherwise, or ended: no invoice will ask for them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ended: Vec<PaymentNumber>,
        /// So many passes are left for the next invoices. Of before this was kept, nobody counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left: Option<u64>,
    },
}

/// A bill that a device let somebody in for, and what the books say to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateUse {
    /// The bill.
    pub bill: PaymentNumber,
    /// When, by the clock of the device.
    pub at: LedgerTime,
    /// What the books say.
    #[serde(flatten)]
    pub outcome: UseOutcome,
}

/// What the books say to somebody who was let in without them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum UseOutcome {
    /// Rightly.
    LetIn,
    /// Somebody had been let in for it before.
    UsedTwice {
        /// Where.
        gate: Arc<str>,
        /// When, by the clock of that gate.
        first_at: LedgerTime,
        /// Sequence of the record of that.
        sequence: u64,
    },
    /// It was not paid, or had been given back.
    NotPaid {
        /// What the bill is.
        state: BillState,
    },
    /// It was for another day.
    WrongDay {
        /// Which.
        day: Date,
    },
    /// The agency has no such bill.
    NoSuchBill,
}

impl UseOutcome {
    /// The word of the API and of metrics.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::LetIn => "let_in",
            Self::UsedTwice { .. } => "used_twice",
            Self::NotPaid { .. } => "not_paid",
            Self::WrongDay { .. } => "wrong_day",
            Self::NoSuchBill => "no_such_bill",
        }
    }
}

/// What is asked about gates.
#[derive(Clone, Debug)]
pub enum GateAsk {
    /// Certify a device, and hand it a key of the API.
    Certify {
        /// Which, and for where.
        device: GateDevice,
        /// Its key.
        key: Box<ApiKey>,
    },
    /// Trust a device no more.
    Revoke {
        /// Which.
        device: Arc<str>,
        /// Whose it must be.
        agency: Arc<str>,
    },
    /// Take what a device has done.
    TakeBatch {
        /// Which.
        device: Arc<str>,
        /// Number of the batch.
        number: u64,
        /// SHA-256 of its signed text, in hex.
        hash: Arc<str>,
        /// The bills that it let somebody in for, and when by its clock.
        uses: Vec<(PaymentNumber, LedgerTime)>,
        /// The provisional passes that it made, priced again.
        passes: Vec<NewPass>,
        /// A random word, for receipt numbers.
        random: u64,
    },
    /// Keep payment numbers for a device, until it has as many as it may have.
    KeepNumbers {
        /// Which.
        device: Arc<str>,
        /// Random words, for the numbers.
        randoms: Vec<u64>,
    },
    /// Put money in suspense to the bill of a pass.
    Claim(Box<ClaimedMoney>),
    /// Let a tour operator pay by invoice.
    NameOperator {
        /// Which.
        operator: TourOperator,
        /// The caller's key for this request.
        idempotency: Option<Idempotency>,
    },
    /// Make one bill of the passes of an operator.
    Invoice(Box<NewInvoice>),
}

/// Why something cannot be done about a gate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GateRefusal {
    /// There is no such device.
    #[error("there is no such device")]
    NoSuchDevice,
    /// This key is certified already.
    #[error("this key is certified already")]
    AlreadyCertified,
    /// There are as many devices as there may be.
    #[error("there are as many devices as there may be")]
    TooManyDevices,
    /// Batches come in order, and none is left out.
    #[error("batch {expected} is the next")]
    OutOfOrder {
        /// The next.
        expected: u64,
    },
    /// The device is trusted no more.
    #[error("the device is trusted no more")]
    DeviceUntrusted,
    /// No pass of this number is known.
    #[error("no pass of this number is known")]
    NoSuchPass,
    /// The payment is not in suspense, or is another agency's.
    #[error("the payment does not wait for a bill")]
    NotWaiting,
    /// The payment was put to another bill.
    #[error("the payment was put to another bill")]
    AppliedElsewhere,
    /// The payment came too long ago.
    #[error("the payment came more than a week ago")]
    TooLongAgo,
    /// The payment cannot pay this bill: another currency, or more than can be written.
    #[error("the payment is in another currency than the bill, or more than it can take")]
    OtherMoney,
    /// There is no such operator.
    #[error("there is no such operator")]
    NoSuchOperator,
    /// The agency has as many operators as it may have, or somebody has this code.
    #[error("there is no room for another operator")]
    NoRoomForOperator,
    /// No pass of the operator can be put on an invoice.
    #[error("no pass of the operator is unpaid and on no invoice")]
    NothingToInvoice,
    /// Another batch of this number was taken.
    #[error("batch {number} was taken with another text: this one was altered")]
    OtherBatch {
        /// Which.
        number: u64,
    },
}

/// A batch that was taken, as the archive has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBatch {
    /// SHA-256 of its signed text, in hex.
    pub hash: Arc<str>,
    /// Sequence of its record.
    pub sequence: u64,
    /// Whether the device was revoked, or its time over, when it arrived.
    pub untrusted: bool,
    /// Whom it let in.
    pub uses: Vec<GateUse>,
    /// The provisional passes that it made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passes: Vec<GatePass>,
}

/// A bill that was used twice, with both events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoubleUse {
    /// The bill.
    pub bill: PaymentNumber,
    /// Whose.
    pub agency: Arc<str>,
    /// Where it had been used.
    pub first_gate: Arc<str>,
    /// When, by the clock of that gate.
    pub first_at: LedgerTime,
    /// Sequence of the record of that.
    pub first_sequence: u64,
    /// Where it was used again.
    pub second_gate: Arc<str>,
    /// By which device.
    pub second_device: Arc<str>,
    /// When, by the clock of that gate.
    pub second_at: LedgerTime,
    /// Sequence of the record of that.
    pub second_sequence: u64,
}

/// A device and how far it has told what it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownDevice {
    /// Which.
    pub device: GateDevice,
    /// Number of the newest batch that was taken.
    pub batch_count: u64,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<LedgerTime>,
    /// Numbers that are kept for it and that no pass of which we know has.
    #[serde(default)]
    pub numbers: Arc<BTreeSet<PaymentNumber>>,
}

/// Devices, and bills that were used twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gates {
    devices: BTreeMap<Arc<str>, KnownDevice>,
    double_uses: VecDeque<DoubleUse>,
    double_use_count: u64,
    #[serde(default)]
    operators: BTreeMap<Arc<str>, KnownOperator>,
}

impl KnownDevice {
    /// Whether what it signs is trusted at this moment.
    pub fn is_trusted(&self, now: LedgerTime) -> bool {
        self.revoked.is_none() && now < self.device.until
    }
}

impl Gates {
    /// The device of this name.
    pub fn device(&self, id: &str) -> Option<&KnownDevice> {
        self.devices.get(id)
    }

    /// All of them, by their names.
    pub fn devices(&self) -> impl Iterator<Item = &KnownDevice> {
        self.devices.values()
    }

    /// How many there are.
    pub(super) fn device_count(&self) -> usize {
        self.devices.len()
    }

    /// The tour operators of an agency, by their codes.
    pub fn operators_of<'a>(&'a self, agency: &'a str) -> impl Iterator<Item = &'a KnownOperator> {
        self.operators.values().filter(move |known| &*known.operator.agency == agency)
    }

    /// All tour operators whose codes come after this one, by their codes.
    pub fn operators_after<'a>(&'a self, code: &str) -> impl Iterator<Item = &'a KnownOperator> + use<'a> {
        let after = (Bound::Excluded(code), Bound::Unbounded);
        self.operators.range::<str, _>(after).map(|(_, known)| known)
    }

    /// The operator of this code, if it is of this agency.
    pub fn operator(&self, code: &str, agency: &str) -> Option<&KnownOperator> {
        self.operators.get(code).filter(|known| &*known.operator.agency == agency)
    }

    /// Whether what becomes of this bill changes what an operator owes for, of whose code it bears the name.
    pub(super) fn is_on_account(&self, code: &str, bill: PaymentNumber) -> bool {
        self.operators.get(code).is_some_and(|known| known.concerns(bill))
    }

    /// What a bill has become that is [on the account](Self::is_on_account) of an operator.
    pub(super) fn bill_became(&mut self, code: &str, bill: PaymentNumber, state: BillState) {
        if let Some(known) = self.operators.get_mut(code) {
            known.bill_became(bill, state);
        }
    }

    /// Whether the code is one's.
    pub(super) fn is_operator(&self, code: &str) -> bool {
        self.operators.contains_key(code)
    }

    /// The bills that were used twice last, the newest first.
    pub fn double_uses(&self) -> impl Iterator<Item = &DoubleUse> {
        self.double_uses.iter().rev()
    }

    /// How many there ever were.
    pub fn double_use_count(&self) -> u64 {
        self.double_use_count
    }

    /// Applies what the record of this sequence and time tells of.
    pub(crate) fn apply(&mut self, event: &GateEvent, sequence: u64, time: LedgerTime) {
        match event {
            GateEvent::Certified { device } => {
                let known = KnownDevice {
                    device: device.clone(),
                    batch_count: 0,
                    revoked: None,
                    numbers: Arc::default(),
                };
                self.devices.insert(Arc::clone(&device.id), known);
            }
            GateEvent::Revoked { device } => {
                if let Some(known) = self.devices.get_mut(device) {
                    known.revoked = Some(time);
                }
            }
            GateEvent::NumbersKept { device, numbers, .. } => {
                if let Some(known) = self.devices.get_mut(device) {
                    Arc::make_mut(&mut known.numbers).extend(numbers);
                }
            }
            GateEvent::OperatorNamed { operator } => {
                self.operators.insert(Arc::clone(&operator.code), KnownOperator::new(operator.clone()));
            }
            GateEvent::PassesInvoiced { operator, bill, passes, ended, .. } => {
                if let Some(known) = self.operators.get_mut(operator) {
                    known.invoice(*bill, passes, ended);
                }
            }
            GateEvent::BatchTaken { device, number, uses, passes, .. } => {
                let Some(known) = self.devices.get_mut(device) else { return };
                known.batch_count = *number;
                for pass in passes.iter().filter(|pass| pass.outcome.takes_number()) {
                    Arc::make_mut(&mut known.numbers).remove(&pass.bill);
                }
                let device = known.device.clone();
                for used in uses {
                    self.note(used, &device, sequence);
                }
                for pass in passes.iter().filter(|pass| pass.outcome.makes_bill()) {
                    self.note_for_operator(pass, &device.agency);
                }
            }
        }
    }

    /// A pass that names no operator of its agency is one that is paid as any other.
    fn note_for_operator(&mut self, pass: &GatePass, agency: &Arc<str>) {
        let known = pass.settlement.operator().and_then(|code| self.operators.get_mut(code));
        if let Some(known) = known.filter(|known| known.operator.agency == *agency) {
            known.add(pass.bill);
        }
    }

    fn note(&mut self, used: &GateUse, device: &GateDevice, sequence: u64) {
        let UseOutcome::UsedTwice { gate, first_at, sequence: first } = &used.outcome else { return };
        self.double_use_count += 1;
        if self.double_uses.len() == DOUBLE_USES_KEPT {
            self.double_uses.pop_front();
        }
        self.double_uses.push_back(DoubleUse {
            bill: used.bill,
            agency: Arc::clone(&device.agency),
            first_gate: Arc::clone(gate),
            first_at: *first_at,
            first_sequence: *first,
            second_gate: Arc::clone(&device.gate),
            second_device: Arc::clone(&device.id),
            second_at: used.at,
            second_sequence: sequence,
        });
    }
}
