//! The payments of an agency, one by one, by a filter that stands in the address: whoever is sent the address sees the
//! same, if they may.

use std::collections::BTreeMap;

use askama::Template;
use catalog::Language;
use hyper::StatusCode;
use ledger::{Currency, Sum};

use super::filter::{Filter, SUSPENSE};
use super::{Viewed, choose, session};
use crate::api::no_answer;
use crate::app::{App, SharedApp};
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::pages::escaped;
use crate::pages::frame::{Frame, Shown, language_of, other, staff_page};
use crate::pages::moment::spoken;
use crate::pages::staff::{Bar, Room};
use crate::pages::words::{BILL, CONSOLE, ConsoleWords, unbroken};
use crate::payments::{BillState, Provider, Total};
use crate::views::{PageRequest, PageSize, QueryError, TransactionRow};

/// Rows of a page.
const ROWS: u16 = 20;

/// `GET /{lang}/agency/transactions`.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let Some(viewed) = Viewed::of(&app, &request).await? else {
        return choose(&app, &request, Room::Transactions).await;
    };
    let language = language_of(&request)?;
    let fields = request.head.query()?;
    let filter = Filter::read(&fields);
    let after = fields.get("after").and_then(|text| text.parse().ok());
    let words = CONSOLE.of(language);
    let query = viewed.with(&filter.query());
    let twin = format!("/{}/agency/transactions{query}", other(language).code());
    let frame = Frame::new(&app, language, Some(twin));
    let (mut rows, mut counted, mut next, mut sequence) = (Vec::new(), words.no_results.to_owned(), None, 0);
    if filter.wrong.is_empty() {
        let views = app.views.reader();
        let page = PageRequest { size: PageSize::new(ROWS).unwrap_or_default(), after };
        let found = views.transactions(&viewed.scope, &filter.asked, page).await.map_err(no_answer)?;
        counted = match views.transaction_sums(&viewed.scope, &filter.asked).await {
            Ok(sums) => count_sentence(&sums.found, filter.is_empty(), words),
            Err(QueryError::TooLong) => words.too_many_to_count.to_owned(),
            Err(error) => return Err(no_answer(error)),
        };
        next = found.next.map(|cursor| {
            viewed.with(&joined(&filter.query(), &format!("after={}", escaped(&cursor.to_string()))))
        });
        sequence = found.sequence;
        rows = found.rows.iter().map(|row| Row::of(&app, &frame, row, &viewed)).collect();
    }
    let status = if filter.wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = TransactionsPage {
        name: viewed.name(&app, &frame),
        mistakes: filter.wrong.iter().map(|field| (*field, (words.filter_wrong)(field))).collect(),
        is_first: after.is_none(),
        first: format!("/{}/agency/transactions{query}", frame.code()),
        next: next.map(|query| format!("/{}/agency/transactions{query}", frame.code())),
        csv: format!("/{}/agency/transactions.csv{query}", frame.code()),
        xlsx: format!("/{}/agency/transactions.xlsx{query}", frame.code()),
        chosen_agency: if viewed.chosen.is_empty() { None } else { Some(viewed.agency.to_string()) },
        statuses: statuses(&filter, language),
        as_of: (words.as_of)(&spoken(app.now(), language), sequence),
        bar: Bar::new(session(&request)?, language, Room::Transactions),
        rows,
        counted,
        filter,
        words,
        frame,
    };
    staff_page(status, &page)
}

/// `1,204 payments, KES 4,000,000.00`; each currency for itself.
fn count_sentence(sums: &BTreeMap<Currency, Total>, is_everything: bool, words: &ConsoleWords) -> String {
    if sums.is_empty() {
        return (if is_everything { words.nothing_yet } else { words.no_results }).to_owned();
    }
    let sum = |(currency, total): (&Currency, &Total)| {
        format!("{}, {}", (words.payments)(total.payments()), unbroken(Sum::new(total.minor, *currency)))
    };
    sums.iter().map(sum).collect::<Vec<_>>().join(" · ")
}

/// The states to choose from, and which is chosen.
fn statuses(filter: &Filter, language: Language) -> Vec<(&'static str, &'static str, bool)> {
    let chosen = filter.typed("status");
    let states = BillState::ALL.into_iter().map(|state| (state.word(), (BILL.of(language).state)(state)));
    let suspense = (SUSPENSE, CONSOLE.of(language).suspense);
    states.chain([suspense]).map(|(word, text)| (word, text, word == chosen)).collect()
}

/// Two parts of a query.
fn joined(one: &str, other: &str) -> String {
    if one.is_empty() { other.to_owned() } else { format!("{one}&{other}") }
}

#[derive(Template)]
#[template(path = "console_transactions.html")]
struct TransactionsPage {
    frame: Frame,
    bar: Bar,
    words: &'static ConsoleWords,
    name: Shown,
    filter: Filter,
    mistakes: Vec<(&'static str, &'static str)>,
    statuses: Vec<(&'static str, &'static str, bool)>,
    /// What the form repeats for whoever has chosen an agency.
    chosen_agency: Option<String>,
    rows: Vec<Row>,
    counted: String,
    is_first: bool,
    first: String,
    next: Option<String>,
    csv: String,
    xlsx: String,
    as_of: String,
}

impl TransactionsPage {
    /// What is wrong with a field.
    fn mistake_in(&self, field: &str) -> Option<&'static str> {
        self.mistakes.iter().find(|(wrong, _)| *wrong == field).map(|(_, text)| *text)
    }

    fn mpesa(&self) -> &'static str {
        Provider::Mpesa.word()
    }
}

struct Row {
    /// When it began to count.
    when: String,
    /// That it came in before that, and who put it to its bill.
    waited: Option<String>,
    amount: String,
    status: &'static str,
    /// The class of the tag of the status.
    tag: &'static str,
    /// Where the bill's life is, and its number as people read it.
    bill: Option<(String, String)>,
    channel_receipt: String,
    receipt: String,
    reference: String,
    service: Option<Shown>,
}

impl Row {
    fn of(app: &App, frame: &Frame, row: &TransactionRow, viewed: &Viewed) -> Self {
        let (words, states) = (CONSOLE.of(frame.language), BILL.of(frame.language));
        let served = app.catalogue.current();
        let service = row
            .service
            .as_deref()
            .map(|slug| frame.shown_or(served.catalogue().service(slug).map(|service| &service.name), slug));
        Self {
            when: spoken(row.counted, frame.language),
            waited: row
                .applied_by
                .as_deref()
                .map(|who| (words.waited)(&spoken(row.booked, frame.language), who)),
            amount: row.money.to_string(),
            status: row.state.map_or(words.suspense, states.state),
            tag: match row.state {
                Some(BillState::Paid) => "good",
                Some(BillState::Refunded) => "",
                _ => "todo",
            },
            bill: row.bill.map(|bill| {
                (format!("/{}/agency/bills/{bill}{}", frame.code(), viewed.chosen), bill.grouped())
            }),
            channel_receipt: row.channel_receipt.number.to_string(),
            receipt: row.receipt.map(|receipt| receipt.grouped()).unwrap_or_default(),
            reference: row.agency_reference.as_deref().unwrap_or_default().to_owned(),
            service,
        }
    }
}
