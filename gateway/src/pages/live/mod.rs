//! Live pages: what comes in today, for the National Treasury all of it, for an agency its own. Whole without a script;
//! with one, the figures are replaced while they are watched.

mod chart;
mod figures;

use askama::Template;
use catalog::Language;
use hyper::StatusCode;

use self::figures::FiguresView;
use super::agency::{Viewed, choose, session};
use super::assets::LIVE_SCRIPT;
use super::frame::{Frame, Shown, language_of, other, staff_page, with_script};
use super::leaves::Leaves;
use super::next_ways::NextWays;
use super::staff::{Bar, Room};
use super::words::{LIVE, LiveWords};
use crate::app::{App, SharedApp};
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::live::{Figures, NotAllowed};
use crate::views::Scope;

/// `GET /{lang}/treasury/live`: of all agencies.
pub(super) async fn treasury(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let heading = Shown { text: LIVE.of(language_of(&request)?).treasury.to_owned(), lang: None };
    let leaves = Leaves::of(&request.head.query()?);
    let page = if leaves.is_first() { String::new() } else { format!("?page={}", leaves.number()) };
    show(&app, &request, (&Scope::All, leaves), &page, heading).await
}

/// `GET /{lang}/treasury/live/stream`.
pub(super) async fn treasury_stream(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let leaves = Leaves::of(&request.head.query()?);
    stream(app, &request, (Scope::All, leaves)).await
}

/// `GET /{lang}/agency/live`: of one agency.
pub(super) async fn agency(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let Some(viewed) = Viewed::of(&app, &request).await? else {
        return choose(&app, &request, Room::Live).await;
    };
    let frame = Frame::new(&app, language_of(&request)?, None);
    let heading = viewed.name(&app, &frame);
    show(&app, &request, (&viewed.scope, Leaves::first()), &viewed.chosen, heading).await
}

/// `GET /{lang}/agency/live/stream`.
pub(super) async fn agency_stream(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let viewed = Viewed::of(&app, &request).await?.ok_or_else(crate::api::no_rows)?;
    stream(app, &request, (viewed.scope, Leaves::first())).await
}

/// The page at the address of the request. `chosen` is the query of its addresses: the agency, or the page, that was chosen.
async fn show(
    app: &SharedApp,
    request: &Request<App>,
    (scope, leaves): (&Scope, Leaves),
    chosen: &str,
    heading: Shown,
) -> Result<Response, Problem> {
    let language = language_of(request)?;
    let known = app.live.figures(app, scope).await;
    let path = request.head.uri().path();
    let twin = path.replacen(language.code(), other(language).code(), 1);
    let shown = LivePage {
        frame: Frame::new(app, language, Some(format!("{twin}{chosen}"))),
        bar: Bar::new(session(request)?, language, Room::Live),
        words: LIVE.of(language),
        heading,
        figures: figures_html(app, language, (scope, leaves), &known)?,
        stream: format!("{path}/stream{chosen}"),
        script: LIVE_SCRIPT.name(),
    };
    Ok(with_script(staff_page(StatusCode::OK, &shown)?))
}

/// The figures of the page, each time they change.
async fn stream(
    app: SharedApp,
    request: &Request<App>,
    (scope, leaves): (Scope, Leaves),
) -> Result<Response, Problem> {
    let language = language_of(request)?;
    let (for_stream, of) = (SharedApp::clone(&app), scope.clone());
    let principal = request.principal.clone();
    let render = move |known: &Figures| {
        if !principal.is_in_force(&for_stream) {
            return Err(NotAllowed);
        }
        figures_html(&for_stream, language, (&of, leaves), known).map_err(|_| NotAllowed)
    };
    app.live.stream(&app, &request.head, &scope, render).await
}

fn figures_html(
    app: &App,
    language: Language,
    (scope, leaves): (&Scope, Leaves),
    known: &Figures,
) -> Result<String, Problem> {
    let served = app.catalogue.current();
    let frame = Frame::new(app, language, None);
    let next = match scope {
        Scope::All => NextWays::of_all(app, &frame),
        Scope::Agency(code) => NextWays::of_agency(app, &frame, code),
    };
    let view = FiguresView::of(&frame, served.catalogue(), known, (*scope == Scope::All, next), leaves);
    view.render().map_err(Problem::internal_error)
}

/// The page.
#[derive(Template)]
#[template(path = "live.html")]
struct LivePage {
    frame: Frame,
    bar: Bar,
    words: &'static LiveWords,
    heading: Shown,
    /// Rendered, because it is also what the stream sends.
    figures: String,
    /// Where the stream is.
    stream: String,
    script: &'static str,
}
