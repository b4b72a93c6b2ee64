//! Applications beside their bills, for whoever asks: the interface of agencies' systems, the console of their people, and the
//! page on which an applicant looks. What may become of one is in [`crate::payments`]; what is read and counted, here.

mod figures;
mod file;
mod report;

use std::sync::Arc;

pub(crate) use figures::{CentreFigures, PROMISE_DAYS, PromiseFigures, promises, uncollected};
pub(crate) use file::{FileFault, FileKind, LineFault, read};
pub(crate) use report::{NewsFault, WrittenNews};

use crate::api::trouble;
use crate::app::App;
use crate::books::LookupError;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::payments::{
    Answer, Application, ApplicationAsk, ApplicationReport, Ask, Bill, Command, Refusal, RefusedReport,
};

/// The application of a bill, whether or not its agency has said anything; nothing unless the bill is paid.
pub(crate) fn of_bill(app: &App, bill: &Bill) -> Result<Option<Arc<Application>>, LookupError> {
    let reported = app.books.application(bill.terms.number)?;
    Ok(reported.or_else(|| {
        let served = app.catalogue.current();
        Application::of_bill(bill, served.catalogue().holidays()).map(Arc::new)
    }))
}

/// Lets the books record reports of the caller's agency: all of them, or none and why.
pub(crate) async fn record(
    app: &App,
    request: &Request<App>,
    reports: Vec<ApplicationReport>,
) -> Result<Result<(), Vec<RefusedReport>>, Problem> {
    let crate::api::RowScope::Agency(agency) = request.principal.scope() else {
        return Err(Problem::new(Code::Forbidden, "Only an agency reports on applications."));
    };
    let holidays = app.catalogue.current().catalogue().holidays().clone();
    let command = Command {
        principal: request.principal.name(),
        cause: request.head.id().as_str().into(),
        ask: Ask::Application(ApplicationAsk::Report { agency, reports, holidays }),
    };
    match app.books.ask(command).await.map_err(|error| trouble::books(&error))? {
        Answer::Done { .. } | Answer::Nothing => Ok(Ok(())),
        Answer::Refused(Refusal::Reports(refused)) => Ok(Err(refused)),
        Answer::Refused(refusal) => Err(trouble::refusal(&refusal)),
        other => Err(trouble::internal(format!("{other:?} answers no report"))),
    }
}
