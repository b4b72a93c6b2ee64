//! Tour operators: each has a code that gates write on its passes, and pays for many of them with one bill.

use std::sync::Arc;

use catalog::Text;
use ledger::table::RunError;
use ledger::{Decision, Money, View};

use super::bills::free_number;
use super::{Payments, draft, note_request, once, refuse};
use crate::payments::bill::{Bill, BillLine, BillTerms, PartPaymentRule, Quote};
use crate::payments::bill_life::BillState;
use crate::payments::command::{Answer, Command, Idempotency, Refusal};
use crate::payments::event::Event;
use crate::payments::gates::{GateEvent, GateRefusal};
use crate::payments::identifier::AttemptId;
use crate::payments::number::PaymentNumber;
use crate::payments::operators::{
    KnownOperator, NewInvoice, OPERATORS_MAX, PASSES_OWED_MAX, PASSES_PER_INVOICE_MAX, TourOperator,
};

/// So many passes for which an invoice could ask some other time are looked at: those whose payers are being asked at this moment
/// and those of another currency or rate than the first.
const PASSES_LOOKED_AT_MAX: usize = 1_000;
/// So many that are paid or ended leave a list with one invoice. Such stand on lists of before bills bore the code of their operator;
/// they are passed over, and a record has room for so many.
const ENDED_PER_INVOICE_MAX: usize = 1_000;
/// The code of the platform's own line on every bill that has one.
const CONVENIENCE_CODE: &str = "convenience_fee";

/// Lets a tour operator pay by invoice.
pub(super) fn name(
    view: &View<'_, Payments>,
    command: &Command,
    operator: &TourOperator,
    idempotency: Option<&Idempotency>,
) -> Result<Decision<Payments>, RunError> {
    once(view, idempotency, || {
        let gates = Payments::gates(view);
        if gates.is_operator(&operator.code) || gates.operators_of(&operator.agency).count() >= OPERATORS_MAX
        {
            return Ok(refuse(GateRefusal::NoRoomForOperator.into()));
        }
        let event = Event::Gate(GateEvent::OperatorNamed { operator: operator.clone() });
        let mut draft = draft(command, event);
        note_request(&mut draft, idempotency);
        Ok(Decision::record(draft, Answer::Done { sequence: view.next_sequence() }))
    })
}

/// Makes one bill of passes that nobody has paid anything for, and withdraws theirs: what comes for one of them later is as
/// any money that comes for a bill that ended, and given back. Passes of an earlier invoice that ended unpaid are asked for again;
/// their own bills are withdrawn already.
pub(super) fn invoice(
    view: &View<'_, Payments>,
    command: &Command,
    new: &NewInvoice,
) -> Result<Decision<Payments>, RunError> {
    once(view, new.idempotency.as_ref(), || {
        let Some(known) = Payments::gates(view).operator(&new.operator, &new.agency) else {
            return Ok(refuse(GateRefusal::NoSuchOperator.into()));
        };
        let is_asked =
            |id| Ok(Payments::attempt(view, id)?.is_some_and(|attempt| attempt.can_live(view.now())));
        let found = unpaid_of(known, |number| Payments::bill(view, number), is_asked)?;
        if found.bills.is_empty() {
            return Ok(refuse(GateRefusal::NothingToInvoice.into()));
        }
        let Some(number) = free_number(view, new.random)? else { return Ok(refuse(Refusal::NoFreeNumber)) };
        let Some(terms) = terms_of(view, new, &known.operator, number, &found.bills) else {
            return Ok(refuse(GateRefusal::OtherMoney.into()));
        };
        let passes: Vec<_> = found.bills.iter().map(|bill| bill.terms.number).collect();
        let mut made = draft(command, Event::BillCreated { terms: Arc::new(terms) });
        note_request(&mut made, new.idempotency.as_ref());
        let left = known.passes.len().saturating_sub(passes.len() + found.ended.len());
        let own = found.bills.iter().filter(|bill| bill.state.is_open());
        let withdrawn = own.map(|bill| draft(command, Event::BillCancelled { bill: bill.terms.number }));
        let withdrawn: Vec<_> = withdrawn.collect();
        let noted = Event::Gate(GateEvent::PassesInvoiced {
            operator: new.operator.clone(),
            bill: number,
            passes,
            ended: found.ended,
            left: Some(left as u64),
        });
        let drafts = [made, draft(command, noted)].into_iter().chain(withdrawn).collect();
        Ok(Decision { drafts, answer: Answer::BillCreated { bill: number, sequence: view.next_sequence() } })
    })
}

/// What an operator has not paid, as far as one invoice goes.
pub(in crate::payments) struct Unpaid {
    pub(in crate::payments) bills: Vec<Arc<Bill>>,
    /// Those that no invoice will ask for.
    pub(in crate::payments) ended: Vec<PaymentNumber>,
}

/// Passes that one bill can ask for: nothing has come for them, nobody is being asked to pay, all are of one currency and rate,
/// and what they come to can be written. A list is as long as what an operator may owe for at most, and what was written before
/// that was known.
pub(in crate::payments) fn unpaid_of(
    known: &KnownOperator,
    bill_of: impl Fn(PaymentNumber) -> Result<Option<Arc<Bill>>, RunError>,
    is_asked: impl Fn(AttemptId) -> Result<bool, RunError>,
) -> Result<Unpaid, RunError> {
    let mut found = Unpaid { bills: Vec::new(), ended: Vec::new() };
    let (mut sums, mut looked_at) = (None, 0);
    for number in known.passes.iter().take(PASSES_OWED_MAX) {
        if found.bills.len() == PASSES_PER_INVOICE_MAX || looked_at == PASSES_LOOKED_AT_MAX {
            break;
        }
        let is_returned = known.returned.contains(number);
        // Once something came for a pass of its own, no invoice asks for it.
        let bill = bill_of(*number)?.filter(|bill| is_returned || bill.state == BillState::Unpaid);
        let Some(bill) = bill else {
            found.ended.push(*number);
            continue;
        };
        looked_at += 1;
        let may_be_paid_now = bill.latest_attempt.map(&is_asked).transpose()?.unwrap_or(false);
        let is_alike = found.bills.first().is_none_or(|first| money_of(first) == money_of(&bill));
        let with_it = sums_with(sums, &bill).filter(|_| is_alike && !may_be_paid_now);
        if with_it.is_some() {
            sums = with_it;
            found.bills.push(bill);
        }
    }
    found.ended.truncate(ENDED_PER_INVOICE_MAX);
    Ok(found)
}

/// What passes and one more are agreed at and payable with; nothing if that is more than can be written.
fn sums_with(sums: Option<(Money, Money)>, bill: &Bill) -> Option<(Money, Money)> {
    let BillTerms { total: one, payable: due, .. } = bill.terms.as_ref();
    let Some((total, payable)) = sums else { return Some((*one, *due)) };
    Some((total.checked_add(*one).ok()?, payable.checked_add(*due).ok()?))
}

/// In which currencies a bill is, and at which rate.
fn money_of(bill: &Bill) -> (ledger::Currency, ledger::Currency, Option<&str>) {
    let terms = &bill.terms;
    let rate = terms.quote.as_ref().map(|quote| &*quote.rate_id);
    (terms.total.currency(), terms.payable.currency(), rate)
}

/// What the invoice asks for; nothing if it is more than can be written.
fn terms_of(
    view: &View<'_, Payments>,
    new: &NewInvoice,
    operator: &TourOperator,
    number: PaymentNumber,
    bills: &[Arc<Bill>],
) -> Option<BillTerms> {
    let (now, first) = (view.now(), &bills.first()?.terms);
    let expires = now.plus_seconds(new.life_seconds);
    let totals = bills.iter().map(|bill| bill.terms.total);
    let payables = bills.iter().map(|bill| bill.terms.payable);
    let name = &operator.name;
    Some(BillTerms {
        id: new.id,
        number,
        agency: operator.agency.clone(),
        service: first.service.clone(),
        service_name: Text::new(format!("Passes billed to {name}"), format!("Pasi zilizotozwa {name}")),
        lines: lines_of(bills)?,
        total: Money::sum(first.total.currency(), totals).ok()?,
        payable: Money::sum(first.payable.currency(), payables).ok()?,
        quote: first.quote.clone().map(|quote| Quote { expires, ..quote }),
        convenience_basis: first.convenience_basis.clone(),
        waived: None,
        // An invoice is more than one wallet can pay at once.
        part_payment: PartPaymentRule::Allowed,
        promised_working_days: None,
        catalogue: first.catalogue.clone(),
        assessment: None,
        agency_reference: Some(operator.code.clone()),
        visit_day: None,
        references: Vec::new(),
        language: None,
        created: now,
        expires,
        vault_slot: new.vault_slot,
    })
}

/// A line for each service, owner and legal basis, with the sum of what the passes owe under it.
fn lines_of(bills: &[Arc<Bill>]) -> Option<Vec<BillLine>> {
    let mut lines: Vec<BillLine> = Vec::new();
    for bill in bills {
        for line in &bill.terms.lines {
            let is_same = |other: &&mut BillLine| {
                other.account == line.account
                    && other.agency == line.agency
                    && other.revenue_code == line.revenue_code
                    && other.fee_version == line.fee_version
                    && other.legal_basis == line.legal_basis
            };
            if let Some(sum) = lines.iter_mut().find(is_same) {
                sum.amount = sum.amount.checked_add(line.amount).ok()?;
                sum.unit = sum.amount;
                continue;
            }
            let is_platforms = &*line.code == CONVENIENCE_CODE;
            lines.push(BillLine {
                code: if is_platforms { line.code.clone() } else { bill.terms.service.clone() },
                text: if is_platforms { line.text.clone() } else { bill.terms.service_name.clone() },
                quantity: 1,
                unit: line.amount,
                ..line.clone()
            });
        }
    }
    Some(lines)
}
