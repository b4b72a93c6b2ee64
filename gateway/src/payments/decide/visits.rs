//! Who is let in: a paid bill, once.

use ledger::table::RunError;
use ledger::{Decision, View};

use super::{Payments, draft, refuse};
use crate::clock::east_africa_date;
use crate::payments::command::{Answer, Command, Refusal};
use crate::payments::event::Event;
use crate::payments::visits::{VisitAsk, VisitEvent};

/// Decides on what is asked about visits.
pub(super) fn decide(
    view: &View<'_, Payments>,
    command: &Command,
    ask: &VisitAsk,
) -> Result<Decision<Payments>, RunError> {
    let VisitAsk::Use { bill: number, agency, gate } = ask;
    let found = Payments::bill(view, *number)?.filter(|bill| bill.terms.agency == *agency);
    let Some(bill) = found else { return Ok(refuse(Refusal::NoSuchBill)) };
    if let Some(visit) = Payments::visit(view, *number)? {
        return Ok(refuse(Refusal::AlreadyUsed { visit }));
    }
    if !bill.state.is_settled() {
        return Ok(refuse(Refusal::NotPaid { state: bill.state }));
    }
    let today = east_africa_date(view.now().micros());
    if let Some(day) = bill.terms.visit_day.filter(|day| *day != today) {
        return Ok(refuse(Refusal::WrongDay { day }));
    }
    let event = VisitEvent::Used { bill: *number, agency: agency.clone(), gate: gate.clone(), at: None };
    let answer = Answer::Done { sequence: view.next_sequence() };
    Ok(Decision::record(draft(command, Event::Visit(event)), answer))
}
