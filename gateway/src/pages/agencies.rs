//! Every agency that offers something, in the order of their names.

use std::collections::BTreeSet;

use askama::Template;
use catalog::Catalogue;

use super::frame::{Frame, Shown, catalogue_page, language_of, other};
use super::leaves::Turn;
use super::words::{CATALOGUE, CatalogueWords};
use crate::app::{App, SharedApp};
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;

/// Agencies on a page.
const ROWS: usize = 80;
/// The last page that is looked at.
const PAGE_MAX: usize = 50;

/// `GET /{lang}/agencies?letter=&page=`: those whose name begins with a letter, at first with the first one.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let served = app.catalogue.current();
    let query = request.head.query()?;
    let letter = query.get("letter").and_then(|text| text.chars().next()).and_then(initial);
    let number = query.get("page").and_then(|text| text.parse().ok()).unwrap_or(1).clamp(1, PAGE_MAX);
    // Names begin with other letters in the other language.
    let frame = Frame::new(&app, language, Some(format!("/{}/agencies", other(language).code())));
    catalogue_page(request.head.headers(), &AgenciesPage::new(frame, served.catalogue(), letter, number))
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
    turn: Turn,
}

struct Row {
    code: String,
    name: Shown,
    counted: String,
}

impl AgenciesPage {
    pub(super) fn new(frame: Frame, catalogue: &Catalogue, letter: Option<char>, number: usize) -> Self {
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
        let here: Vec<_> = offering.into_iter().filter(|(first, ..)| *first == letter).collect();
        let page_count = here.len().div_ceil(ROWS);
        let turn = |to: usize| format!("/{}/agencies?letter={letter}&page={to}", frame.code());
        let agencies =
            here.into_iter().skip((number - 1) * ROWS).take(ROWS).map(|(_, agency, name, count)| Row {
                code: agency.code.to_string(),
                name,
                counted: (words.number_of_services)(count),
            });
        Self {
            words,
            letters: letters.into_iter().collect(),
            letter,
            agencies: agencies.collect(),
            turn: Turn::new(
                frame.language,
                (number > 1).then(|| turn(number - 1)),
                (number < page_count).then(|| turn(number + 1)),
            ),
            frame,
        }
    }
}

/// A letter or digit as names are filed under it.
fn initial(letter: char) -> Option<char> {
    letter.is_ascii_alphanumeric().then(|| letter.to_ascii_uppercase())
}
