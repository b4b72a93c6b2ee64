//! Invoices of tour operators, the newest first.

use askama::Template;
use hyper::StatusCode;

use super::{ROWS, joined, operator_said, tone_of};
use crate::api::no_answer;
use crate::app::{App, SharedApp};
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::pages::agency::{Viewed, choose, session};
use crate::pages::escaped;
use crate::pages::frame::{Frame, Shown, language_of, other, staff_page};
use crate::pages::moment::spoken;
use crate::pages::staff::{Bar, Room};
use crate::pages::words::{BILL, CONSOLE, ConsoleWords, PASSES, PassWords};
use crate::views::{InvoiceRow, PageRequest, PageSize};

/// `GET /{lang}/agency/passes/invoices?operator=`.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let Some(viewed) = Viewed::of(&app, &request).await? else {
        return choose(&app, &request, Room::Passes).await;
    };
    let language = language_of(&request)?;
    let fields = request.head.query()?;
    let operator = fields.get("operator").map(str::trim).filter(|code| !code.is_empty());
    let own = operator.map_or_else(String::new, |code| format!("operator={}", escaped(code)));
    let after = fields.get("after").and_then(|text| text.parse().ok());
    let page = PageRequest { size: PageSize::new(ROWS).unwrap_or_default(), after };
    let views = app.views.reader();
    let found = views.invoices(&viewed.scope, operator.map(Into::into), None, page).await;
    let found = found.map_err(no_answer)?;
    let address = |language: catalog::Language, query: &str| {
        format!("/{}/agency/passes/invoices{}", language.code(), viewed.with(query))
    };
    let frame = Frame::new(&app, language, Some(address(other(language), &own)));
    let next = found
        .next
        .map(|cursor| address(language, &joined(&own, &format!("after={}", escaped(&cursor.to_string())))));
    let page = InvoicesPage {
        name: viewed.name(&app, &frame),
        rows: found.rows.iter().map(|row| Row::of(&app, &frame, row, &viewed)).collect(),
        is_first: after.is_none(),
        first: address(language, &own),
        next,
        operators: format!("/{}/agency/passes/operators{}", language.code(), viewed.chosen),
        list: format!("/{}/agency/passes{}", language.code(), viewed.chosen),
        as_of: (CONSOLE.of(language).as_of)(&spoken(app.now(), language), found.sequence),
        bar: Bar::new(session(&request)?, language, Room::Passes),
        words: PASSES.of(language),
        console: CONSOLE.of(language),
        frame,
    };
    staff_page(StatusCode::OK, &page)
}

#[derive(Template)]
#[template(path = "console_invoices.html")]
struct InvoicesPage {
    frame: Frame,
    bar: Bar,
    words: &'static PassWords,
    console: &'static ConsoleWords,
    name: Shown,
    rows: Vec<Row>,
    is_first: bool,
    first: String,
    next: Option<String>,
    operators: String,
    list: String,
    as_of: String,
}

struct Row {
    number: String,
    address: String,
    state: &'static str,
    tone: &'static str,
    amount: String,
    collected: String,
    passes: u64,
    made: String,
    operator: String,
}

impl Row {
    fn of(app: &App, frame: &Frame, row: &InvoiceRow, viewed: &Viewed) -> Self {
        let operator = row.operator.as_deref().unwrap_or_default();
        Self {
            number: row.number.grouped(),
            address: format!("/{}/agency/passes/invoices/{}{}", frame.code(), row.number, viewed.chosen),
            state: (BILL.of(frame.language).state)(row.state),
            tone: tone_of(row.state),
            amount: row.payable.to_string(),
            collected: row.collected.to_string(),
            passes: row.passes,
            made: spoken(row.created, frame.language),
            operator: operator_said(app, operator, &row.agency),
        }
    }
}
