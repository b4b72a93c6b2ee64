//! What waits and how promises are kept, as tables on a page and as files.

use std::iter;

use askama::Template;
use hyper::StatusCode;

use crate::api::{no_answer, no_rows};
use crate::app::{App, SharedApp};
use crate::applications::{self, CentreFigures, PROMISE_DAYS, PromiseFigures};
use crate::clock::{day_as_date, format_rfc3339};
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::pages::agency::file::{Cell, Kind, Table, TableFile, answer};
use crate::pages::agency::{Viewed, choose, session};
use crate::pages::frame::{Frame, Shown, language_of, other, staff_page};
use crate::pages::leaves::{Leaves, Turn};
use crate::pages::moment::{day_spoken, spoken};
use crate::pages::staff::{Bar, Room};
use crate::pages::words::{APPLICATIONS, ApplicationWords, CONSOLE, ConsoleWords};
use crate::payments::revenue_day;
use crate::views::Found;

const UNCOLLECTED: [&str; 8] = [
    "agency",
    "centre",
    "uncollected",
    "oldest_days",
    "up_to_7_days",
    "up_to_30_days",
    "up_to_90_days",
    "longer",
];
const PROMISES: [&str; 6] = ["agency", "service_code", "service_name", "ready", "kept", "kept_per_mille"];

/// `GET /{lang}/agency/applications/uncollected`.
pub(in crate::pages) async fn uncollected(
    app: SharedApp,
    request: Request<App>,
) -> Result<Response, Problem> {
    let Some(viewed) = Viewed::of(&app, &request).await? else {
        return choose(&app, &request, Room::Applications).await;
    };
    let found = applications::uncollected(&app, &viewed.scope).await.map_err(no_answer)?;
    let words = APPLICATIONS.of(language_of(&request)?);
    let shown = |figures: &CentreFigures| {
        let [first, second, third, longer] = figures.by_age.map(|count| count.to_string());
        let (all, oldest) = (figures.uncollected.to_string(), (words.days)(figures.oldest_days));
        let name = Shown { text: figures.centre.to_string(), lang: None };
        (name, vec![all, oldest, first, second, third, longer])
    };
    let page = FiguresPage {
        title: words.uncollected,
        about: words.uncollected_about.to_owned(),
        nothing: words.uncollected_none,
        heads: [words.centre, words.all, words.oldest].into_iter().chain(words.ages).collect(),
        ..FiguresPage::new(&app, &request, &viewed, "uncollected", found.sequence)?
    };
    page.with_rows(&request, found.found.iter().map(shown))
}

/// `GET /{lang}/agency/applications/promises`.
pub(in crate::pages) async fn promises(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let Some(viewed) = Viewed::of(&app, &request).await? else {
        return choose(&app, &request, Room::Applications).await;
    };
    let (from, to, found) = kept(&app, &viewed).await?;
    let language = language_of(&request)?;
    let words = APPLICATIONS.of(language);
    let day = |day| day_spoken(day_as_date(day), language);
    let page = FiguresPage::new(&app, &request, &viewed, "promises", found.sequence)?;
    let served = app.catalogue.current();
    let shown = |figures: &PromiseFigures| {
        let service = served.catalogue().service(&figures.row.service).map(|service| &service.name);
        let share = figures.kept_per_mille.map_or_else(|| words.not_enough.to_owned(), per_cent);
        let cells = vec![figures.row.ready.to_string(), figures.row.kept.to_string(), share];
        (page.frame.shown_or(service, &figures.row.service), cells)
    };
    let rows: Vec<_> = found.found.iter().map(shown).collect();
    let page = FiguresPage {
        title: words.promises,
        about: (words.promises_about)(&day(from), &day(to)),
        nothing: words.promises_none,
        heads: vec![words.service, words.became_ready, words.in_time, words.share],
        ..page
    };
    page.with_rows(&request, rows.into_iter())
}

/// `96.6%`, cut and not rounded: a promise that was broken once was not kept always.
fn per_cent(per_mille: u64) -> String {
    format!("{}.{}%", per_mille / 10, per_mille % 10)
}

/// `GET /{lang}/agency/applications/uncollected.csv`.
pub(in crate::pages) async fn uncollected_csv(
    app: SharedApp,
    request: Request<App>,
) -> Result<Response, Problem> {
    answer(&app, Kind::Csv, uncollected_file(&app, &request)).await
}

/// `GET /{lang}/agency/applications/uncollected.xlsx`.
pub(in crate::pages) async fn uncollected_xlsx(
    app: SharedApp,
    request: Request<App>,
) -> Result<Response, Problem> {
    answer(&app, Kind::Xlsx, uncollected_file(&app, &request)).await
}

/// `GET /{lang}/agency/applications/promises.csv`.
pub(in crate::pages) async fn promises_csv(
    app: SharedApp,
    request: Request<App>,
) -> Result<Response, Problem> {
    answer(&app, Kind::Csv, promises_file(&app, &request)).await
}

/// `GET /{lang}/agency/applications/promises.xlsx`.
pub(in crate::pages) async fn promises_xlsx(
    app: SharedApp,
    request: Request<App>,
) -> Result<Response, Problem> {
    answer(&app, Kind::Xlsx, promises_file(&app, &request)).await
}

async fn uncollected_file(app: &App, request: &Request<App>) -> Result<TableFile, Problem> {
    let viewed = Viewed::of(app, request).await?.ok_or_else(no_rows)?;
    let Found { sequence, found } = applications::uncollected(app, &viewed.scope).await.map_err(no_answer)?;
    let rows = found.iter().map(|figures| {
        let texts = [&figures.agency, &figures.centre].map(|text| Cell::Text(text.to_string()));
        let oldest = u64::try_from(figures.oldest_days).unwrap_or(0);
        let counts = [figures.uncollected, oldest].into_iter().chain(figures.by_age);
        texts.into_iter().chain(counts.map(Cell::Count)).collect()
    });
    let table = Table { columns: &UNCOLLECTED, rows: rows.collect() };
    let total = found.iter().map(|figures| figures.uncollected).sum();
    let control = vec![Cell::Text("CONTROL".to_owned()), count(found.len()), Cell::Count(total)];
    let control = Table { columns: &["control", "rows", "uncollected"], rows: vec![control] };
    Ok(file(app, &viewed, "uncollected", sequence, (table, control)))
}

async fn promises_file(app: &App, request: &Request<App>) -> Result<TableFile, Problem> {
    let viewed = Viewed::of(app, request).await?.ok_or_else(no_rows)?;
    let (from, to, Found { sequence, found }) = kept(app, &viewed).await?;
    let served = app.catalogue.current();
    let rows = found.iter().map(|PromiseFigures { row, kept_per_mille }| {
        let name = served.catalogue().service(&row.service).map(|service| service.name.en().to_owned());
        vec![
            Cell::Text(row.agency.to_string()),
            Cell::Text(row.service.to_string()),
            Cell::Text(name.unwrap_or_default()),
            Cell::Count(row.ready),
            Cell::Count(row.kept),
            kept_per_mille.map_or_else(|| Cell::Text(String::new()), Cell::Count),
        ]
    });
    let table = Table { columns: &PROMISES, rows: rows.collect() };
    let sum = |of: fn(&PromiseFigures) -> u64| Cell::Count(found.iter().map(of).sum());
    let (ready, in_time) = (sum(|figures| figures.row.ready), sum(|figures| figures.row.kept));
    let control = vec![Cell::Text("CONTROL".to_owned()), count(found.len()), ready, in_time];
    let control = Table { columns: &["control", "rows", "ready", "kept"], rows: vec![control] };
    let mut file = file(app, &viewed, "promises", sequence, (table, control));
    file.facts.push(("from", day_as_date(from).to_string()));
    file.facts.push(("to", day_as_date(to).to_string()));
    Ok(file)
}

/// How promises were kept in the last days: which, and how.
async fn kept(app: &App, viewed: &Viewed) -> Result<(i32, i32, Found<Vec<PromiseFigures>>), Problem> {
    let to = revenue_day(app.now());
    let from = to - PROMISE_DAYS + 1;
    let found = applications::promises(app, &viewed.scope, from..=to).await.map_err(no_answer)?;
    Ok((from, to, found))
}

fn count(length: usize) -> Cell {
    Cell::Count(length.try_into().unwrap_or(u64::MAX))
}

fn file(
    app: &App,
    viewed: &Viewed,
    about: &'static str,
    sequence: u64,
    (table, control): (Table, Table),
) -> TableFile {
    TableFile {
        about,
        agency: viewed.agency.to_string(),
        day: app.clock.today().to_string(),
        facts: vec![
            ("agency", viewed.agency.to_string()),
            ("as_of", format_rfc3339(app.clock.now_micros())),
            ("books_up_to_record", sequence.to_string()),
        ],
        table,
        control,
    }
}

/// A table of figures, with the way to its files.
#[derive(Template)]
#[template(path = "console_figures.html")]
struct FiguresPage {
    frame: Frame,
    bar: Bar,
    words: &'static ApplicationWords,
    console: &'static ConsoleWords,
    name: Shown,
    title: &'static str,
    about: String,
    nothing: &'static str,
    heads: Vec<&'static str>,
    /// What a row is of, and its figures.
    rows: Vec<(Shown, Vec<String>)>,
    csv: String,
    xlsx: String,
    list: String,
    as_of: String,
    turn: Turn,
    /// The address of another of its pages but for the number.
    turned: String,
}

impl FiguresPage {
    /// Answers with those of the rows that belong on the page that is asked for.
    fn with_rows(
        mut self,
        request: &Request<App>,
        rows: impl Iterator<Item = (Shown, Vec<String>)>,
    ) -> Result<Response, Problem> {
        let mut leaves = Leaves::of(&request.head.query()?);
        let is_here = |(name, cells): &(Shown, Vec<String>)| {
            let texts: Vec<_> = iter::once(&name.text).chain(cells).map(String::as_str).collect();
            leaves.hold(&texts)
        };
        self.rows = rows.filter(is_here).collect();
        if !leaves.exists() {
            return Err(no_rows());
        }
        self.turn = leaves.turn(self.frame.language, |to| format!("{}{to}", self.turned));
        staff_page(StatusCode::OK, &self)
    }

    /// A page with nothing in it yet, whose address ends in this word.
    fn new(
        app: &App,
        request: &Request<App>,
        viewed: &Viewed,
        word: &str,
        sequence: u64,
    ) -> Result<Self, Problem> {
        let language = language_of(request)?;
        let (code, chosen) = (language.code(), &viewed.chosen);
        let twin = format!("/{}/agency/applications/{word}{chosen}", other(language).code());
        let frame = Frame::new(app, language, Some(twin));
        Ok(Self {
            name: viewed.name(app, &frame),
            title: "",
            about: String::new(),
            nothing: "",
            heads: Vec::new(),
            rows: Vec::new(),
            csv: format!("/{code}/agency/applications/{word}.csv{chosen}"),
            xlsx: format!("/{code}/agency/applications/{word}.xlsx{chosen}"),
            list: format!("/{code}/agency/applications{chosen}"),
            as_of: (CONSOLE.of(language).as_of)(&spoken(app.now(), language), sequence),
            turn: Turn::new(language, None, None),
            turned: format!("/{code}/agency/applications/{word}{}", viewed.with("page=")),
            bar: Bar::new(session(request)?, language, Room::Applications),
            words: APPLICATIONS.of(language),
            console: CONSOLE.of(language),
            frame,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_cut_and_never_says_all_where_one_was_late() {
        assert_eq!([0, 5, 966, 999, 1_000].map(per_cent), ["0.0%", "0.5%", "96.6%", "99.9%", "100.0%"]);
    }
}
