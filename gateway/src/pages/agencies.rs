//! Every agency that offers something, in the order of their names.

use askama::Template;
use catalog::Catalogue;

use super::frame::{Frame, Shown, catalogue_page, language_of, other};
use super::words::{CATALOGUE, CatalogueWords};
use crate::app::{App, SharedApp};
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;

/// `GET /{lang}/agencies`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let served = app.catalogue.current();
    let frame = Frame::new(&app, language, Some(format!("/{}/agencies", other(language).code())));
    catalogue_page(request.head.headers(), &AgenciesPage::new(frame, served.catalogue()))
}

/// The page.
#[derive(Template)]
#[template(path = "agencies.html")]
pub(super) struct AgenciesPage {
    frame: Frame,
    words: &'static CatalogueWords,
    agencies: Vec<Row>,
}

struct Row {
    code: String,
    name: Shown,
    counted: String,
}

impl AgenciesPage {
    pub(super) fn new(frame: Frame, catalogue: &Catalogue) -> Self {
        let words = CATALOGUE.of(frame.language);
        let rows = catalogue.agencies().iter().filter_map(|agency| {
            let count = catalogue.services_of(agency.code.as_str()).len();
            (count > 0).then(|| Row {
                code: agency.code.to_string(),
                name: frame.shown(&agency.name),
                counted: (words.number_of_services)(count),
            })
        });
        let mut agencies: Vec<Row> = rows.collect();
        agencies.sort_by(|one, other| one.name.text.cmp(&other.name.text));
        Self { words, agencies, frame }
    }
}
