//! What a guard sees when something goes wrong with the program at a gate: a page of this program, and no text for programs.

use askama::Template;
use catalog::Language;
use hyper::StatusCode;

use super::gate_alone::{GateFrame, answer};
use super::words::PROBLEM;
use crate::http::problem::Problem;
use crate::http::response::Response;

#[derive(Template)]
#[template(path = "gate_problem.html")]
struct GateProblemPage {
    frame: GateFrame,
    heading: &'static str,
    message: String,
}

/// The page of a problem at this gate, for who asked for this path. `None` if it cannot be rendered.
pub(crate) fn gate_problem_page(gate: &str, problem: &Problem, path: &str) -> Option<Response> {
    let language = if path.starts_with("/sw/") { Language::Sw } else { Language::En };
    let words = PROBLEM.of(language);
    let status = problem.status();
    let page = GateProblemPage {
        // What was posted cannot be looked at again: the other language begins anew.
        frame: GateFrame::named(gate.to_owned(), language, "/".to_owned()),
        heading: match status {
            StatusCode::NOT_FOUND => words.not_found,
            status if status.is_server_error() => words.our_side,
            _ => words.cannot,
        },
        message: problem.message_for_citizens().in_language(language).into_owned(),
    };
    answer(status, &page).ok()
}
