//! Every agency that offers something, in the order of their names.

use std::collections::BTreeSet;

use askama::Template;
use catalog::Catalogue;

use super::frame::{Frame, Shown, catalogue_page, language_of, other};
use super::words::{CATALOGUE, CatalogueWords};
use crate::app::{App, SharedApp};
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;

/// `GET /{lang}/agencies?letter=`: those whose name begins with a letter, at first with the first one.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let served = app.catalogue.current();
    let query = request.head.query()?;
    let letter = query.get("letter").and_then(|text| text.chars().next()).and_then(initial);
    let chosen = letter.map(|letter| format!("?letter={letter}")).unwrap_or_default();
    let frame = Frame::new(&app, language, Some(format!("/{}/agencies{chosen}", other(language).code())));
    catalogue_page(request.head.headers(), &AgenciesPage::new(frame, served.catalogue(), letter))
}

/// The page.
#[derive(Template)]
#[template(path = "agencies.html")]
pub(super) struct AgenciesPage {
    frame: Frame,
    words: &'static CatalogueWords,
    /// Every letter that a name begins with, and the one whose agencies are here.
    letters: Vec<char>,
    letter: char,
    agencies: Vec<Row>,
}

struct Row {
    code: String,
    name: Shown,
    counted: String,
}

impl AgenciesPage {
    pub(super) fn new(frame: Frame, catalogue: &Catalogue, letter: Option<char>) -> Self {
        let words = CATALOGUE.of(frame.language);
        let offering = catalogue.agencies().iter().filter_map(|agency| {
            let count = catalogue.services_of(agency.code.as_str()).len();
            let name = frame.shown(&agency.name);
            let letter = name.text.chars().find_map(initial)?;
            (count > 0).then_some((letter, agency, name, count))
        });
        let mut offering: Vec<_> = offering.collect();
        offering.sort_by(|one, other| one.2.text.cmp(&other.2.text));
        let letters: BTreeSet<char> = offering.iter().map(|(letter, ..)| *letter).collect();
        let letter = letter.or(letters.first().copied()).unwrap_or('A');
        let here = offering.into_iter().filter(|(first, ..)| *first == letter);
        let agencies = here.map(|(_, agency, name, count)| Row {
            code: agency.code.to_string(),
            name,
            counted: (words.number_of_services)(count),
        });
        Self { words, letters: letters.into_iter().collect(), letter, agencies: agencies.collect(), frame }
    }
}

/// A letter or digit as names are filed under it.
fn initial(letter: char) -> Option<char> {
    letter.is_ascii_alphanumeric().then(|| letter.to_ascii_uppercase())
}
