//! Counters that take cash: shifts of cashiers, from a counted float to the count at the end of the day.
//!
//! A counter is one drawer. What bills were paid with lies on its collection account, as with every other way to pay, and goes
//! home by sweeps; the float that a cashier gives change from is never part of it. One shift at a time works at a counter. When
//! it ends somebody counts: what lacks or is too much is booked under the name of the shift, and beyond what a counter may be
//! apart on one day only once a second person has agreed. If that person refuses the count, nothing of it is booked and the
//! drawer is counted again.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::{Currency, LedgerTime, Money};
use serde::{Deserialize, Serialize};

use super::bill_life::BillState;
use super::book_number::BookNumber;
use super::channel_receipt::Provider;
use super::command::{Idempotency, MoneyIn};
use super::counts::{Apart, CashUp, CountFault, Counted, RefusedCount, keep_refused};
use super::sweeps::CollectedOn;
use super::totals::revenue_day;

/// So many shifts that are over are kept in memory; all of them are in the journal.
const ENDED_KEPT: usize = 2_000;

/// What happens at counters, as the journal keeps it. A shift is named by the sequence of the record that it began with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "counter_event", rename_all = "snake_case")]
pub enum CounterEvent {
    /// A cashier began, with a float that was counted.
    Opened {
        /// Where.
        counter: Arc<str>,
        /// How much.
        float: Money,
    },
    /// Cash was taken. Its payment is a record of its own.
    Taken {
        /// In which shift.
        shift: u64,
        /// Sequence of the payment.
        payment: u64,
        /// How much.
        money: Money,
        /// Whether it had been taken before, against a receipt on paper.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        on_paper: bool,
    },
    /// The drawer was counted, and the shift ended.
    Closed {
        /// Which shift.
        shift: u64,
        /// Where.
        counter: Arc<str>,
        /// What was counted.
        counted: Counted,
        /// What should have been there: the float, and what was taken and not sent to the bank.
        expected: Money,
        /// By how much it differs.
        apart: Apart,
        /// Whether the difference waits for a second person, and is not booked yet.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        waits: bool,
        /// Whether the float waits with it: nothing at all is booked yet.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        float_waits: bool,
    },
    /// A second person looked at a difference, and it was booked.
    Approved {
        /// Of which shift.
        shift: u64,
        /// Where.
        counter: Arc<str>,
        /// By how much it differs.
        apart: Apart,
    },
    /// A second person refused a count that waited: the drawer is to be counted again, and nothing was booked.
    Refused {
        /// Of which shift.
        shift: u64,
        /// Where.
        counter: Arc<str>,
        /// Why.
        fault: CountFault,
    },
}

/// What is asked of counters.
#[derive(Clone, Debug)]
pub enum CounterAsk {
    /// Begin a shift.
    Open {
        /// Where.
        counter: Arc<str>,
        /// The float.
        float: Money,
        /// The caller's key for this request.
        idempotency: Option<Idempotency>,
    },
    /// Take cash.
    Take(Box<CashTaking>),
    /// End a shift.
    Close {
        /// Where.
        counter: Arc<str>,
        /// Which.
        shift: u64,
        /// What was counted.
        counted: Counted,
        /// Up to so much may lack, or be too much, on one day without a second person.
        alone_up_to: Money,
        /// Whether the caller may end the shift of somebody who is not there any more.
        for_others: bool,
        /// The caller's key for this request.
        idempotency: Option<Idempotency>,
    },
    /// Agree to a difference.
    Approve {
        /// Where.
        counter: Arc<str>,
        /// Of which shift.
        shift: u64,
        /// The caller's key for this request.
        idempotency: Option<Idempotency>,
    },
    /// Have a drawer counted again whose count waits.
    Refuse {
        /// Where.
        counter: Arc<str>,
        /// Of which shift.
        shift: u64,
        /// Why.
        fault: CountFault,
        /// The caller's key for this request.
        idempotency: Option<Idempotency>,
    },
}

/// Cash that is to be taken, or that was taken before.
#[derive(Clone, Debug)]
pub struct CashTaking {
    /// Where.
    pub counter: Arc<str>,
    /// In which shift.
    pub shift: u64,
    /// The money. The sequencer gives it its number, in its shift or by the book of receipts.
    pub money_in: MoneyIn,
    /// Which number it has.
    pub numbered: CashNumber,
    /// The most that may lie at the counter, besides its float.
    pub held_max: Money,
    /// The caller's key for this request.
    pub idempotency: Option<Idempotency>,
}

/// Who numbers a cash receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CashNumber {
    /// We do, within the shift.
    Ours,
    /// The book of receipts at the counter did. The cash is on the counter and can still be given back.
    Given(BookNumber),
    /// That book did, while nobody could ask us. The payer has gone: whatever it is for, it is booked.
    OnPaper(BookNumber),
}

/// Why something cannot be done at a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CounterRefusal {
    /// There is no such shift here.
    #[error("there is no such shift at this counter")]
    NoSuchShift,
    /// Somebody works here.
    #[error("shift {0} is open at this counter")]
    ShiftIsOpen(u64),
    /// The cashier works elsewhere.
    #[error("the same person has shift {0} open at another counter")]
    WorksElsewhere(u64),
    /// The shift has ended.
    #[error("the shift is {}", .0.word())]
    Is(ShiftState),
    /// It is somebody else's.
    #[error("the shift is another cashier's")]
    NotYours,
    /// Who counted, or whose shift it was, cannot agree to what lacks.
    #[error("who worked in a shift, or counted it, cannot agree to its difference or refuse it")]
    SamePrincipal,
    /// The drawer is not what was counted any more.
    #[error("shift {0} has begun at this counter since, and its drawer is not what was counted")]
    LaterShift(u64),
    /// The bill is paid: the cash is to be given back.
    #[error("the bill is {}", .0.word())]
    AlreadyPaid(BillState),
    /// It ended unpaid: the cash is to be given back.
    #[error("the bill is {}", .0.word())]
    BillEnded(BillState),
    /// It is payable in another currency.
    #[error("the bill is payable in another currency than shillings")]
    OtherCurrency,
    /// Less is due.
    #[error("{due} is due, and no more is taken")]
    MoreThanIsDue {
        /// So much.
        due: Money,
    },
    /// The bill takes no parts.
    #[error("{due} is due, and this bill takes no parts")]
    NoParts {
        /// So much.
        due: Money,
    },
    /// The drawer has as much as it may have.
    #[error("with this the counter would have more than {held_max}; {held} lies there")]
    DrawerFull {
        /// So much may be there besides the float.
        held_max: Money,
        /// So much is there.
        held: Money,
    },
    /// The number in the book of receipts was used for something else.
    #[error("this number of the counter's book of receipts was used for another payment, record {payment}")]
    NumberUsed {
        /// By the payment of this sequence.
        payment: u64,
    },
    /// An amount that no drawer has.
    #[error("the amounts are more than a drawer can have")]
    TooMuch,
}

/// What a shift is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShiftState {
    /// Cash is taken.
    Open,
    /// It is over, and what lacks or is too much waits for a second person.
    Waits,
    /// It is over, its count was refused, and the drawer has to be counted again.
    #[serde(rename = "count_again")]
    ToCountAgain,
    /// It is over.
    Closed,
}

impl ShiftState {
    /// The word that the API uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waits => "waits_for_approval",
            Self::ToCountAgain => "count_again",
            Self::Closed => "closed",
        }
    }
}

/// A shift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// Sequence of the record that it began with: its name.
    pub id: u64,
    /// Where.
    pub counter: Arc<str>,
    /// Whose.
    pub cashier: Arc<str>,
    /// When it began.
    pub opened: LedgerTime,
    /// What it began with.
    pub float: Money,
    /// What lay there of earlier shifts.
    pub carried: Money,
    /// How many payments.
    pub payment_count: u64,
    /// How much was taken.
    pub taken: Money,
    /// What left for the bank meanwhile.
    pub sent: Money,
    /// What it is.
    pub state: ShiftState,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cash_up: Option<CashUp>,
    /// The latest counts that were refused, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedCount>,
}

impl Shift {
    /// Whether the drawer is this shift's: cash is taken, or it has to be counted again.
    pub const fn has_drawer(&self) -> bool {
        matches!(self.state, ShiftState::Open | ShiftState::ToCountAgain)
    }
}

/// All shifts that are not over, the latest that are, and what lies at each counter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    shifts: BTreeMap<u64, Shift>,
    /// By the counter's name, in cents: what lies there besides a float, by the latest count and what came and went since.
    held: BTreeMap<Arc<str>, i64>,
    /// By the counter's name: a day, and by how many cents in all its counts of that day were apart without a second person.
    #[serde(default)]
    apart_alone: BTreeMap<Arc<str>, (i32, i64)>,
}

impl Counters {
    /// The shift of this name.
    pub fn shift(&self, id: u64) -> Option<&Shift> {
        self.shifts.get(&id)
    }

    /// The shifts of a counter, the newest first.
    pub fn shifts_of<'a>(&'a self, counter: &'a str) -> impl Iterator<Item = &'a Shift> + 'a {
        self.shifts.values().rev().filter(move |shift| *shift.counter == *counter)
    }

    /// The shift that works at a counter, or has to count its drawer again.
    pub fn open_at(&self, counter: &str) -> Option<&Shift> {
        self.shifts.values().rev().find(|shift| shift.has_drawer() && *shift.counter == *counter)
    }

    /// The shift that somebody works in, or has to count again.
    pub fn open_of(&self, cashier: &str) -> Option<&Shift> {
        self.shifts.values().rev().find(|shift| shift.has_drawer() && *shift.cashier == *cashier)
    }

    /// The shift that began at this counter after that one, if any did.
    pub fn later_than(&self, shift: &Shift) -> Option<&Shift> {
        let newest = self.shifts.values().rev().find(|known| known.counter == shift.counter);
        newest.filter(|newest| newest.id > shift.id)
    }

    /// By how much the counts of a counter were apart on the day of this moment without a second person, whether that lacked or was
    /// too much: small differences that nobody looks at do not add up to large ones.
    pub fn apart_alone(&self, counter: &str, at: LedgerTime) -> i64 {
        let known = self.apart_alone.get(counter).filter(|(day, _)| *day == revenue_day(at));
        known.map_or(0, |(_, cents)| *cents)
    }

    /// The differences of a counter that wait for a second person: all that lacks, and all that is too much, in cents.
    pub fn waiting_at(&self, counter: &str) -> (i64, i64) {
        let waiting = self.shifts_of(counter).filter(|shift| shift.state == ShiftState::Waits);
        let apart = waiting.filter_map(|shift| Some(shift.cash_up.as_ref()?.apart.whole().minor()));
        apart.fold((0, 0), |(short, over): (i64, i64), cents| {
            (short.saturating_sub(cents.min(0)), over.saturating_add(cents.max(0)))
        })
    }

    /// What should lie at a counter, besides a float.
    pub fn held_at(&self, counter: &str) -> Money {
        Money::new(self.held.get(counter).copied().unwrap_or(0), Currency::Kes)
    }

    /// What a drawer should have: the float, and what lies there.
    pub fn expected(&self, shift: &Shift) -> Option<Money> {
        self.held_at(&shift.counter).checked_add(shift.float).ok()
    }

    /// What a record makes of them.
    pub(super) fn apply(
        &mut self,
        event: &CounterEvent,
        principal: &Arc<str>,
        at: LedgerTime,
        sequence: u64,
    ) {
        match event {
            CounterEvent::Opened { counter, float } => {
                let shift = Shift {
                    id: sequence,
                    counter: Arc::clone(counter),
                    cashier: Arc::clone(principal),
                    opened: at,
                    float: *float,
                    carried: self.held_at(counter),
                    payment_count: 0,
                    taken: Money::zero(Currency::Kes),
                    sent: Money::zero(Currency::Kes),
                    state: ShiftState::Open,
                    cash_up: None,
                    refused: Vec::new(),
                };
                self.shifts.insert(sequence, shift);
                self.forget_the_oldest();
            }
            CounterEvent::Taken { shift, money, .. } => {
                let Some(shift) = self.shifts.get_mut(shift) else { return };
                shift.payment_count += 1;
                shift.taken = shift.taken.checked_add(*money).unwrap_or(shift.taken);
                let counter = Arc::clone(&shift.counter);
                self.hold(&counter, money.minor());
            }
            CounterEvent::Closed { shift, counter, counted, expected, apart, waits, float_waits } => {
                self.hold(counter, apart.takings.minor());
                if !waits {
                    self.note_apart_alone(counter, at, *apart);
                }
                let Some(shift) = self.shifts.get_mut(shift) else { return };
                shift.state = if *waits { ShiftState::Waits } else { ShiftState::Closed };
                shift.cash_up = Some(CashUp {
                    counted: counted.clone(),
                    expected: *expected,
                    apart: *apart,
                    by: Arc::clone(principal),
                    at,
                    float_waits: *float_waits,
                    approved: None,
                });
            }
            CounterEvent::Approved { shift, .. } => {
                let Some(shift) = self.shifts.get_mut(shift) else { return };
                shift.state = ShiftState::Closed;
                if let Some(cash_up) = &mut shift.cash_up {
                    cash_up.approved = Some((Arc::clone(principal), at));
                }
            }
            CounterEvent::Refused { shift, counter, fault } => {
                let Some(shift) = self.shifts.get_mut(shift) else { return };
                let Some(cash_up) = shift.cash_up.take() else { return };
                let not_so = cash_up.apart.takings.minor();
                shift.state = ShiftState::ToCountAgain;
                let (by, fault) = (Arc::clone(principal), *fault);
                keep_refused(&mut shift.refused, RefusedCount { cash_up, fault, by, at });
                self.hold(counter, not_so.saturating_neg());
            }
        }
    }

    fn note_apart_alone(&mut self, counter: &Arc<str>, at: LedgerTime, apart: Apart) {
        let cents = self.apart_alone(counter, at).saturating_add(apart.whole().minor().saturating_abs());
        if cents > 0 {
            self.apart_alone.insert(Arc::clone(counter), (revenue_day(at), cents));
        }
    }

    /// Money left for the bank, or came back from there.
    pub(super) fn note_sweep(&mut self, account: &CollectedOn, money: Money, came_back: bool) {
        if account.provider != Provider::Counter {
            return;
        }
        let sent = if came_back { -money.minor() } else { money.minor() };
        self.hold(&account.short_code, -sent);
        let open = self.open_at(&account.short_code).map(|shift| shift.id);
        if let Some(shift) = open.and_then(|id| self.shifts.get_mut(&id)) {
            shift.sent = Money::new(shift.sent.minor().saturating_add(sent), shift.sent.currency());
        }
    }

    /// The decision has asked whether the sums can be written; what the journal has fits.
    fn hold(&mut self, counter: &Arc<str>, added: i64) {
        let held = self.held.entry(Arc::clone(counter)).or_default();
        *held = held.saturating_add(added);
    }

    fn forget_the_oldest(&mut self) {
        if self.shifts.len() > ENDED_KEPT
            && let Some(oldest) = self.shifts.values().find(|shift| shift.state == ShiftState::Closed)
        {
            let oldest = oldest.id;
            self.shifts.remove(&oldest);
        }
    }
}
