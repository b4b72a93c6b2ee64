//! Agencies report what becomes of applications: one by one or by the file, and a file wholly or not at all.

use std::collections::HashMap;
use std::sync::Arc;

use catalog::Holidays;
use ledger::table::RunError;
use ledger::{Decision, View};

use super::{Payments, draft, refuse};
use crate::payments::application::{
    Application, ApplicationEvent, ApplicationMoved, ApplicationState, due_day,
};
use crate::payments::applications;
use crate::payments::command::{
    Answer, ApplicationAsk, ApplicationRefusal, ApplicationReport, Command, Refusal, RefusedReport,
};
use crate::payments::event::Event;
use crate::payments::number::PaymentNumber;

/// Decides on what is asked of applications.
pub(super) fn decide(
    view: &View<'_, Payments>,
    command: &Command,
    ask: &ApplicationAsk,
) -> Result<Decision<Payments>, RunError> {
    match ask {
        ApplicationAsk::Report { agency, reports, holidays } => {
            report(view, command, agency, reports, holidays)
        }
    }
}

/// Records every report that says something new, or none of them where one cannot be.
fn report(
    view: &View<'_, Payments>,
    command: &Command,
    agency: &str,
    reports: &[ApplicationReport],
    holidays: &Holidays,
) -> Result<Decision<Payments>, RunError> {
    let mut known: HashMap<PaymentNumber, Arc<Application>> = HashMap::new();
    let (mut drafts, mut refused) = (Vec::new(), Vec::new());
    for (index, report) in reports.iter().enumerate() {
        match judge(view, agency, &known, report, holidays)? {
            Ok(Some(moved)) => {
                let mut application = match known.remove(&moved.bill) {
                    Some(application) => application,
                    None => applications::find(view, moved.bill)?
                        .unwrap_or_else(|| Arc::new(Application::new(&moved))),
                };
                Arc::make_mut(&mut application).note(&moved, view.now(), view.next_sequence());
                known.insert(moved.bill, application);
                drafts.push(draft(command, Event::Application(ApplicationEvent::Moved(moved))));
            }
            Ok(None) => {}
            Err(reason) => refused.push(RefusedReport { index, reason }),
        }
    }
    if !refused.is_empty() {
        return Ok(refuse(Refusal::Reports(refused)));
    }
    let answer =
        if drafts.is_empty() { Answer::Nothing } else { Answer::Done { sequence: view.next_sequence() } };
    Ok(Decision { drafts, answer })
}

/// What is to be recorded of a report; nothing if it was recorded before.
fn judge(
    view: &View<'_, Payments>,
    agency: &str,
    known: &HashMap<PaymentNumber, Arc<Application>>,
    report: &ApplicationReport,
    holidays: &Holidays,
) -> Result<Result<Option<ApplicationMoved>, ApplicationRefusal>, RunError> {
    let bill = Payments::bill(view, report.bill)?.filter(|bill| *bill.terms.agency == *agency);
    let Some(bill) = bill else { return Ok(Err(ApplicationRefusal::NoSuchBill)) };
    let Some(paid) = bill.completed().filter(|_| bill.state.is_settled()) else {
        return Ok(Err(ApplicationRefusal::BillIs { state: bill.state }));
    };
    let application = match known.get(&report.bill) {
        Some(application) => Some(Arc::clone(application)),
        None => applications::find(view, report.bill)?,
    };
    if application.as_ref().is_some_and(|application| application.has_heard(&report.news)) {
        return Ok(Ok(None));
    }
    let from = application.as_ref().map_or(ApplicationState::Paid, |application| application.state);
    let Some(to) = from.after(&report.news) else {
        return Ok(Err(ApplicationRefusal::NotFrom { state: from }));
    };
    let terms = &bill.terms;
    // The first report fixes the promise: a holiday that is declared later moves none that is already counted.
    let (paid, due_day) = match &application {
        Some(application) => (application.paid, application.due_day),
        None => (paid, terms.promised_working_days.map(|days| due_day(paid, days, holidays))),
    };
    Ok(Ok(Some(ApplicationMoved {
        bill: report.bill,
        agency: Arc::clone(&terms.agency),
        service: Arc::clone(&terms.service),
        news: report.news.clone(),
        to,
        paid,
        due_day,
    })))
}
