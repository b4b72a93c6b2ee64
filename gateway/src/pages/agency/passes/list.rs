//! Provisional passes of an agency, those that it was told of last first.

use askama::Template;
use hyper::StatusCode;
use hyper::header::HeaderValue;

use super::{ROWS, joined, operator_said, state_said};
use crate::api::{devices_of_site, no_answer};
use crate::app::{App, SharedApp};
use crate::http::body::Fields;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::pages::agency::{Viewed, choose, session};
use crate::pages::escaped;
use crate::pages::frame::{Frame, Shown, language_of, other, staff_page};
use crate::pages::moment::spoken;
use crate::pages::staff::{Bar, Room};
use crate::pages::words::{CONSOLE, ConsoleWords, PASSES, PassWords};
use crate::payments::PaymentNumber;
use crate::views::{Page, PageRequest, PageSize, PassFilter, PassRow, PassState};

/// The longest name of a site or code of an operator, in characters.
const TEXT_LEN_MAX: usize = 40;

/// `GET /{lang}/agency/passes?state=&site=&operator=`, and `?number=` to open one.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let Some(viewed) = Viewed::of(&app, &request).await? else {
        return choose(&app, &request, Room::Passes).await;
    };
    let language = language_of(&request)?;
    let fields = request.head.query()?;
    let filter = Filter::read(&fields);
    if let Some(number) = filter.number {
        let address = format!("/{}/agency/passes/{number}{}", language.code(), viewed.chosen);
        return Ok(response::see_other(HeaderValue::from_str(&address).map_err(Problem::internal_error)?));
    }
    let after = fields.get("after").and_then(|text| text.parse().ok());
    let words = PASSES.of(language);
    let query = viewed.with(&filter.query());
    let frame = Frame::new(&app, language, Some(format!("/{}/agency/passes{query}", other(language).code())));
    let mut found = Page { sequence: 0, rows: Vec::new(), next: None };
    if filter.wrong.is_empty() {
        let page = PageRequest { size: PageSize::new(ROWS).unwrap_or_default(), after };
        let asked = filter.asked(&app);
        found = app.views.reader().passes(&viewed.scope, &asked, page).await.map_err(no_answer)?;
    }
    let address = |query: &str| format!("/{}/agency/passes{query}", frame.code());
    let next = found.next.map(|cursor| {
        let after = format!("after={}", escaped(&cursor.to_string()));
        address(&viewed.with(&joined(&filter.query(), &after)))
    });
    let wrong = |field: &&'static str| {
        (*field, if *field == "number" { words.number_wrong } else { words.filter_wrong })
    };
    let status = if filter.wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = ListPage {
        name: viewed.name(&app, &frame),
        mistakes: filter.wrong.iter().map(wrong).collect(),
        rows: found.rows.iter().map(|row| Row::of(&app, &frame, row, &viewed)).collect(),
        is_first: after.is_none(),
        first: address(&query),
        next,
        chosen_agency: if viewed.chosen.is_empty() { None } else { Some(viewed.agency.to_string()) },
        states: PassState::ALL
            .map(|state| (state.word(), (words.state)(state), state == filter.state))
            .to_vec(),
        operators: address(&format!("/operators{}", viewed.chosen)),
        invoices: address(&format!("/invoices{}", viewed.chosen)),
        as_of: (CONSOLE.of(language).as_of)(&spoken(app.now(), language), found.sequence),
        bar: Bar::new(session(&request)?, language, Room::Passes),
        console: CONSOLE.of(language),
        filter,
        words,
        frame,
    };
    staff_page(status, &page)
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
struct Filter {
    typed: Vec<(&'static str, String)>,
    state: PassState,
    /// The pass to be opened.
    number: Option<PaymentNumber>,
    /// Fields whose value means nothing.
    wrong: Vec<&'static str>,
}

impl Filter {
    fn read(fields: &Fields) -> Self {
        let mut filter = Self::default();
        for name in ["state", "site", "operator", "number"] {
            let text = fields.get(name).unwrap_or_default().trim();
            if text.is_empty() {
                continue;
            }
            // Sites are written in small letters and codes of operators in capitals, whoever types them.
            let text = match name {
                "site" => text.to_lowercase(),
                "operator" => text.to_uppercase(),
                _ => text.to_owned(),
            };
            if filter.take(name, &text).is_none() {
                filter.wrong.push(name);
            }
            filter.typed.push((name, text));
        }
        filter
    }

    fn take(&mut self, name: &str, text: &str) -> Option<()> {
        match name {
            "state" => self.state = PassState::of_word(text)?,
            "number" => self.number = Some(text.replace(' ', "").parse().ok()?),
            _ if text.chars().count() > TEXT_LEN_MAX => return None,
            _ => {}
        }
        Some(())
    }

    fn asked(&self, app: &App) -> PassFilter {
        let given = |name| Some(self.typed(name)).filter(|text| !text.is_empty());
        PassFilter {
            state: self.state,
            devices: given("site").map(|site| devices_of_site(app, site)),
            operator: given("operator").map(Into::into),
            ..PassFilter::default()
        }
    }

    fn typed(&self, name: &str) -> &str {
        self.typed.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
    }

    /// The filter as a query, without its question mark.
    fn query(&self) -> String {
        let pairs = self.typed.iter().map(|(name, text)| format!("{name}={}", escaped(text)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

#[derive(Template)]
#[template(path = "console_passes.html")]
struct ListPage {
    frame: Frame,
    bar: Bar,
    words: &'static PassWords,
    console: &'static ConsoleWords,
    name: Shown,
    filter: Filter,
    mistakes: Vec<(&'static str, &'static str)>,
    states: Vec<(&'static str, &'static str, bool)>,
    /// What the form repeats for whoever has chosen an agency.
    chosen_agency: Option<String>,
    rows: Vec<Row>,
    is_first: bool,
    first: String,
    next: Option<String>,
    operators: String,
    invoices: String,
    as_of: String,
}

impl ListPage {
    fn mistake_in(&self, field: &str) -> Option<&'static str> {
        self.mistakes.iter().find(|(wrong, _)| *wrong == field).map(|(_, text)| *text)
    }
}

struct Row {
    number: String,
    address: String,
    state: String,
    tone: &'static str,
    price: String,
    gate: String,
    issued: String,
    settlement: String,
}

impl Row {
    fn of(app: &App, frame: &Frame, row: &PassRow, viewed: &Viewed) -> Self {
        let words = PASSES.of(frame.language);
        let (state, tone) = state_said(row, frame.language);
        let settlement = match &row.operator {
            Some(code) => operator_said(app, code, &row.agency),
            None => (words.settlement)(&row.settlement).to_owned(),
        };
        Self {
            number: row.bill.grouped(),
            address: format!("/{}/agency/passes/{}{}", frame.code(), row.bill, viewed.chosen),
            state,
            tone,
            price: row.price.to_string(),
            gate: row.gate.to_string(),
            issued: spoken(row.issued, frame.language),
            settlement,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_means_what_was_typed_and_what_means_nothing_is_named() {
        let read = |query: &str| Filter::read(&Fields::parse(query).unwrap());
        let filter = read("state=ended&site=Hells-Gate&operator=op-abcdef&agency=KWS");
        assert_eq!(filter.wrong, Vec::<&str>::new());
        assert_eq!(filter.state, PassState::Ended);
        assert_eq!((filter.typed("site"), filter.typed("operator")), ("hells-gate", "OP-ABCDEF"));
        assert_eq!(read(&filter.query()).query(), filter.query(), "the address says it again");
        assert_eq!(read("state=lost&number=12").wrong, ["state", "number"]);
        assert_eq!(read(&format!("site={}", "x".repeat(41))).wrong, ["site"]);
    }
}
