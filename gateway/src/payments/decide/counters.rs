//! Cash at counters. Cash that can still be given back is refused where the bill does not want it; cash that was taken on paper
//! is booked whatever has become of its bill. The money itself goes the way of all money. Of a count that waits for a second
//! person nothing is booked, so that it can be refused and done again.

use std::sync::Arc;

use ledger::table::RunError;
use ledger::{Claimed, Currency, Decision, Draft, Entry, Money, ShortKey, View};

use super::{Payments, book_numbers, draft, money_in, note_request, once, refuse};
use crate::payments::bill::PartPaymentRule;
use crate::payments::channel_receipt::{AccountFact, PaymentFacts};
use crate::payments::channels::{ChannelKind, ChannelName, ChannelState};
use crate::payments::chart;
use crate::payments::command::{Answer, Command, Idempotency, MoneyIn, Refusal};
use crate::payments::counters::{
    CashNumber, CashTaking, CounterAsk, CounterEvent, CounterRefusal, Shift, ShiftState,
};
use crate::payments::counts::{Apart, CashUp, CountFault, Counted};
use crate::payments::event::Event;

/// Decides on what is asked about counters.
pub(super) fn decide(
    view: &View<'_, Payments>,
    command: &Command,
    ask: &CounterAsk,
) -> Result<Decision<Payments>, RunError> {
    let idempotency = match ask {
        CounterAsk::Open { idempotency, .. }
        | CounterAsk::Close { idempotency, .. }
        | CounterAsk::Approve { idempotency, .. }
        | CounterAsk::Refuse { idempotency, .. } => idempotency.as_ref(),
        CounterAsk::Take(taking) => taking.idempotency.as_ref(),
    };
    once(view, idempotency, || match ask {
        CounterAsk::Open { counter, float, .. } => Ok(open(view, command, counter, *float, idempotency)),
        CounterAsk::Take(taking) => take(view, command, taking),
        CounterAsk::Close { counter, shift, counted, alone_up_to, for_others, .. } => {
            let shift = match shift_at(view, counter, *shift) {
                Ok(shift) if shift.cashier == command.principal || *for_others => shift,
                Ok(_) => return Ok(refused(CounterRefusal::NotYours)),
                Err(refusal) => return Ok(refused(refusal)),
            };
            Ok(close(view, command, shift, counted, *alone_up_to, idempotency))
        }
        CounterAsk::Approve { counter, shift, .. } => {
            let shift = shift_at(view, counter, *shift);
            Ok(shift.map_or_else(refused, |shift| approve(view, command, shift, idempotency)))
        }
        CounterAsk::Refuse { counter, shift, fault, .. } => {
            let shift = shift_at(view, counter, *shift);
            Ok(shift.map_or_else(refused, |shift| refuse_count(view, command, shift, *fault, idempotency)))
        }
    })
}

fn refused(refusal: CounterRefusal) -> Decision<Payments> {
    refuse(Refusal::Counter(refusal))
}

/// The shift of this name, if it is one of this counter.
fn shift_at<'a>(view: &'a View<'_, Payments>, counter: &str, id: u64) -> Result<&'a Shift, CounterRefusal> {
    let shift = Payments::counters(view).shift(id).filter(|shift| *shift.counter == *counter);
    shift.ok_or(CounterRefusal::NoSuchShift)
}

fn open(
    view: &View<'_, Payments>,
    command: &Command,
    counter: &Arc<str>,
    float: Money,
    idempotency: Option<&Idempotency>,
) -> Decision<Payments> {
    let counters = Payments::counters(view);
    if let Some(open) = counters.open_at(counter) {
        return refused(CounterRefusal::ShiftIsOpen(open.id));
    }
    if let Some(elsewhere) = counters.open_of(&command.principal) {
        return refused(CounterRefusal::WorksElsewhere(elsewhere.id));
    }
    let event = CounterEvent::Opened { counter: Arc::clone(counter), float };
    let mut draft = draft(command, Event::Counter(event));
    if float.is_positive() {
        draft.entries.push(chart::entry_for_float(chart::FloatMoves::Issued, counter, float));
    }
    done(view, draft, idempotency)
}

/// Cash for a bill. Its payment is booked as all money is, and the shift that took it is named by a record beside it.
fn take(
    view: &View<'_, Payments>,
    command: &Command,
    taking: &CashTaking,
) -> Result<Decision<Payments>, RunError> {
    let shift = match shift_at(view, &taking.counter, taking.shift) {
        Ok(shift) => shift,
        Err(refusal) => return Ok(refused(refusal)),
    };
    if shift.cashier != command.principal {
        return Ok(refused(CounterRefusal::NotYours));
    }
    if shift.state != ShiftState::Open {
        return Ok(refused(CounterRefusal::Is(shift.state)));
    }
    let mut money_in = taking.money_in.clone();
    money_in.receipt.number = match &taking.numbered {
        CashNumber::Ours => format!("{}-{}", shift.id, shift.payment_count + 1),
        CashNumber::Given(number) => number.taken_in(shift.id),
        CashNumber::OnPaper(number) => number.on_paper(),
    }
    .into();
    let money = money_in.money;
    let facts = PaymentFacts { money, account: money_in.account_fact };
    let (number, on_paper) = match &taking.numbered {
        CashNumber::Ours => (None, false),
        CashNumber::Given(number) => (Some(number), false),
        CashNumber::OnPaper(number) => (Some(number), true),
    };
    if !on_paper {
        match earlier(view, &money_in)? {
            Some(Ok(sequence)) => return Ok(Decision::answer(Answer::Known { sequence })),
            Some(Err(payment)) => return Ok(refused(CounterRefusal::NumberUsed { payment })),
            None => {}
        }
    }
    let holder = match number {
        Some(number) => book_numbers::holder(view, &taking.counter, number)?,
        None => None,
    };
    match holder {
        // Typed first without a payment number, and with other zeros before its own: what became of it stands under the first.
        Some(holder) if on_paper && is_typed_otherwise(view, &money_in, &holder)? => {
            return Ok(Decision::answer(Answer::Waits { sequence: holder.sequence }));
        }
        // The payer has gone: the same money is the same paper, and other money is for people to look at.
        Some(holder) if on_paper => return money_in::told_again(view, command, &money_in, None, &holder),
        // Cash that lies on the counter is no part of what an earlier drawer has, whatever it is for.
        Some(holder) => return Ok(refused(CounterRefusal::NumberUsed { payment: holder.sequence })),
        None => {}
    }
    if !on_paper && let Some(refusal) = why_not(view, taking)? {
        return Ok(refuse(refusal));
    }
    // Two sums of the shift have to fit before it is too late to say so.
    let fits = shift
        .taken
        .checked_add(money)
        .and(Payments::counters(view).held_at(&shift.counter).checked_add(money));
    if fits.is_err() {
        return Ok(refused(CounterRefusal::TooMuch));
    }
    let mut decision = money_in::receive(view, command, &money_in)?;
    let (Answer::Booked { sequence }, Some(payment)) = (&decision.answer, decision.drafts.first_mut()) else {
        return Ok(decision);
    };
    note_request(payment, taking.idempotency.as_ref());
    payment.claims.extend(number.map(|number| book_numbers::claim(&taking.counter, number, facts)));
    let taken = CounterEvent::Taken { shift: shift.id, payment: *sequence, money, on_paper };
    decision.drafts.push(draft(command, Event::Counter(taken)));
    Ok(decision)
}

/// Whether a paper of which no payment number was known is typed with another receipt than before.
fn is_typed_otherwise(
    view: &View<'_, Payments>,
    money_in: &MoneyIn,
    holder: &Claimed,
) -> Result<bool, RunError> {
    let is_known = view.claimed(&ShortKey::of(&money_in.receipt.credit_key()))?.is_some();
    Ok(PaymentFacts::names_no_account(&holder.detail) && !is_known)
}

/// What stands under the number of this cash receipt: the same payment, or another one.
fn earlier(view: &View<'_, Payments>, money_in: &MoneyIn) -> Result<Option<Result<u64, u64>>, RunError> {
    let facts = PaymentFacts { money: money_in.money, account: money_in.account_fact };
    let claimed = view.claimed(&ShortKey::of(&money_in.receipt.credit_key()))?;
    Ok(claimed.map(|claimed| match facts.difference(&claimed.detail) {
        None => Ok(claimed.sequence),
        Some(_) => Err(claimed.sequence),
    }))
}

/// Why cash that lies on the counter is to be given back.
fn why_not(view: &View<'_, Payments>, taking: &CashTaking) -> Result<Option<Refusal>, RunError> {
    let money = taking.money_in.money;
    let AccountFact::Number(number) = taking.money_in.account_fact else {
        return Ok(Some(Refusal::NoSuchBill));
    };
    let Some(bill) = Payments::bill(view, number)? else { return Ok(Some(Refusal::NoSuchBill)) };
    // Nobody is sent there, so whoever comes all the same is sent on: an operator may know what the cashier does not.
    if bill.state.is_open()
        && let Some(channel) = down_for(view, &taking.counter, &bill.terms.agency)
    {
        return Ok(Some(Refusal::ChannelDown { channel }));
    }
    let due = bill.due();
    let held = Payments::counters(view).held_at(&taking.counter);
    let would_hold = held.checked_add(money).map_or(i64::MAX, Money::minor);
    let refusal = if bill.state.is_settled() {
        CounterRefusal::AlreadyPaid(bill.state)
    } else if !bill.state.is_open() {
        CounterRefusal::BillEnded(bill.state)
    } else if due.currency() != money.currency() {
        CounterRefusal::OtherCurrency
    } else if money.minor() > due.minor() {
        CounterRefusal::MoreThanIsDue { due }
    } else if money.minor() < due.minor() && bill.terms.part_payment == PartPaymentRule::Exact {
        CounterRefusal::NoParts { due }
    } else if would_hold > taking.held_max.minor() {
        CounterRefusal::DrawerFull { held_max: taking.held_max, held }
    } else {
        return Ok(None);
    };
    Ok(Some(Refusal::Counter(refusal)))
}

/// The counter's name as a channel, if it is down for the bills of this agency.
fn down_for(view: &View<'_, Payments>, counter: &str, agency: &str) -> Option<ChannelName> {
    let channel = ChannelName::one_of(ChannelKind::Counter, counter).ok()?;
    let state = Payments::channels(view).of_channel(&channel, agency).state;
    (state == ChannelState::Down).then_some(channel)
}

fn close(
    view: &View<'_, Payments>,
    command: &Command,
    shift: &Shift,
    counted: &Counted,
    alone_up_to: Money,
    idempotency: Option<&Idempotency>,
) -> Decision<Payments> {
    if !shift.has_drawer() {
        return refused(CounterRefusal::Is(shift.state));
    }
    let counters = Payments::counters(view);
    let takings = counters.held_at(&shift.counter);
    let (Some(expected), Some(apart)) =
        (counters.expected(shift), Apart::of(counted.total, shift.float, takings))
    else {
        return refused(CounterRefusal::TooMuch);
    };
    let alone = counters.apart_alone(&shift.counter, view.now()).unsigned_abs();
    let by = apart.whole().minor().unsigned_abs();
    let waits = by > 0 && alone.saturating_add(by) > alone_up_to.minor().unsigned_abs();
    let event = CounterEvent::Closed {
        shift: shift.id,
        counter: Arc::clone(&shift.counter),
        counted: counted.clone(),
        expected,
        apart,
        waits,
        float_waits: waits,
    };
    let mut draft = draft(command, Event::Counter(event));
    if !waits {
        draft.entries.extend(float_moves(chart::FloatMoves::Returned, shift, apart));
        draft.entries.extend(chart::entry_for_count(&shift.counter, shift.id, apart));
    }
    done(view, draft, idempotency)
}

/// The float comes back from a drawer, or lies there again. What lacks of it lies in no drawer that could be given back.
fn float_moves(moves: chart::FloatMoves, shift: &Shift, apart: Apart) -> Option<Entry> {
    let there = shift.float.checked_add(apart.float).unwrap_or(Money::zero(Currency::Kes));
    there.is_positive().then(|| chart::entry_for_float(moves, &shift.counter, there))
}

/// The count of a shift that waits, for somebody who neither worked there nor counted.
fn waiting<'a>(shift: &'a Shift, command: &Command) -> Result<&'a CashUp, CounterRefusal> {
    let cash_up = shift.cash_up.as_ref().filter(|_| shift.state == ShiftState::Waits);
    let cash_up = cash_up.ok_or(CounterRefusal::Is(shift.state))?;
    if [&shift.cashier, &cash_up.by].contains(&&command.principal) {
        return Err(CounterRefusal::SamePrincipal);
    }
    Ok(cash_up)
}

fn approve(
    view: &View<'_, Payments>,
    command: &Command,
    shift: &Shift,
    idempotency: Option<&Idempotency>,
) -> Decision<Payments> {
    let cash_up = match waiting(shift, command) {
        Ok(cash_up) => cash_up,
        Err(refusal) => return refused(refusal),
    };
    let (counter, apart) = (Arc::clone(&shift.counter), cash_up.apart);
    let mut draft =
        draft(command, Event::Counter(CounterEvent::Approved { shift: shift.id, counter, apart }));
    if cash_up.float_waits {
        draft.entries.extend(float_moves(chart::FloatMoves::Returned, shift, apart));
    }
    draft.entries.extend(chart::entry_for_count(&shift.counter, shift.id, apart));
    done(view, draft, idempotency)
}

/// The drawer is counted again. Once the next shift has begun, it is not what was counted any more.
fn refuse_count(
    view: &View<'_, Payments>,
    command: &Command,
    shift: &Shift,
    fault: CountFault,
    idempotency: Option<&Idempotency>,
) -> Decision<Payments> {
    let cash_up = match waiting(shift, command) {
        Ok(cash_up) => cash_up,
        Err(refusal) => return refused(refusal),
    };
    let counters = Payments::counters(view);
    if let Some(later) = counters.later_than(shift) {
        return refused(CounterRefusal::LaterShift(later.id));
    }
    if let Some(elsewhere) = counters.open_of(&shift.cashier) {
        return refused(CounterRefusal::WorksElsewhere(elsewhere.id));
    }
    let counter = Arc::clone(&shift.counter);
    let mut draft = draft(command, Event::Counter(CounterEvent::Refused { shift: shift.id, counter, fault }));
    if !cash_up.float_waits {
        // A count of before there was refusing had its float booked as returned.
        draft.entries.extend(float_moves(chart::FloatMoves::Issued, shift, cash_up.apart));
    }
    done(view, draft, idempotency)
}

fn done(
    view: &View<'_, Payments>,
    mut draft: Draft<Event>,
    idempotency: Option<&Idempotency>,
) -> Decision<Payments> {
    note_request(&mut draft, idempotency);
    Decision::record(draft, Answer::Done { sequence: view.next_sequence() })
}
