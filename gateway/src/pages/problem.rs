//! What a person with a browser sees when something goes wrong, and the page behind the `type` of each problem.

use askama::Template;
use catalog::Language;
use hyper::{StatusCode, Uri};

use super::frame::{Frame, Keeping, language_of, other, page, page_elsewhere};
use super::staff;
use super::words::{PROBLEM, ProblemWords};
use crate::app::{App, SharedApp};
use crate::http::hosts::Site;
use crate::http::problem::Problem;
use crate::http::problem_codes::{Code, CodeInfo};
use crate::http::request::Request;
use crate::http::request_id::RequestId;
use crate::http::response::Response;

/// The page for a problem: what happened, what it means for the money, what to do. `None` if it cannot be rendered; the
/// problem is then answered as JSON.
pub(crate) fn problem_page(
    app: &App,
    problem: &Problem,
    uri: &Uri,
    site: Site,
    request_id: &RequestId,
) -> Option<Response> {
    let path = uri.path();
    let language = if path.starts_with("/sw/") { Language::Sw } else { Language::En };
    let is_a_page = path.starts_with("/en/") || path.starts_with("/sw/");
    if problem.code() == Code::Unauthenticated && is_a_page {
        return staff::sign_in::instead_of(app, language, uri);
    }
    let mut frame = Frame::new(app, language, Some(twin(path, language, problem.code())));
    if site == Site::Agencies {
        // Nothing of ours is answered under the name that this page is at.
        frame.root.clone_from(&app.public_url);
        frame.in_other_language = frame.in_other_language.map(|twin| format!("{}{twin}", app.public_url));
    }
    let words = PROBLEM.of(language);
    let status = problem.status();
    let shown = ProblemPage {
        words,
        heading: match status {
            StatusCode::NOT_FOUND => words.not_found,
            status if status.is_server_error() => words.our_side,
            _ => words.cannot,
        },
        message: problem.message_for_citizens().in_language(language).into_owned(),
        money: (words.money)(problem.what_moved()),
        // A service that is closed opens on a day of its own, and not in a moment.
        can_try_again: problem.code().info().retryable && problem.code() != Code::ServiceClosed,
        request_id: request_id.as_str().to_owned(),
        frame,
    };
    match site {
        Site::Ours => page(status, Keeping::Never, &shown).ok(),
        Site::Agencies => page_elsewhere(status, &app.public_url, &shown).ok(),
    }
}

/// The same page in the other language. What was posted cannot be looked at again; the bill that it was about can. A
/// page without a language has the page of its code.
fn twin(path: &str, language: Language, code: Code) -> String {
    let other = other(language).code();
    match path.strip_prefix("/en/").or_else(|| path.strip_prefix("/sw/")) {
        Some(rest) => format!("/{other}/{}", looked_at(rest)),
        None => format!("/{other}/errors/{}", code.text()),
    }
}

/// Ends of addresses that take forms alone, and those of the pages where the forms are.
const POSTED: [(&str, &str); 3] =
    [("/prompt", ""), ("gate/visits", "gate"), ("staff/sign-out", "staff/sign-in")];

/// The path of a page that can be looked at, where this one takes forms alone.
pub(super) fn looked_at(path: &str) -> String {
    let posted = POSTED.iter().find_map(|(posted, page)| Some((path.strip_suffix(posted)?, page)));
    posted.map_or_else(|| path.to_owned(), |(before, page)| format!("{before}{page}"))
}

/// `GET /errors/{code}`: what the `type` of a problem leads to.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    show_code(&app, &request, Language::En)
}

/// `GET /{lang}/errors/{code}`.
pub(super) async fn show_in_language(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    show_code(&app, &request, language_of(&request)?)
}

fn show_code(app: &App, request: &Request<App>, language: Language) -> Result<Response, Problem> {
    let code = Code::from_text(request.head.parameter("code"))
        .ok_or_else(|| Problem::new(Code::NotFound, "There is no such code."))?;
    let twin = format!("/{}/errors/{}", other(language).code(), code.text());
    let frame = Frame::new(app, language, Some(twin));
    let shown = CodePage { frame, words: PROBLEM.of(language), info: code.info() };
    page(StatusCode::OK, Keeping::ForAnHour, &shown)
}

/// The page of a problem that has happened.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    words: &'static ProblemWords,
    heading: &'static str,
    message: String,
    money: &'static str,
    can_try_again: bool,
    request_id: String,
}

/// The page of a code.
#[derive(Template)]
#[template(path = "error_code.html")]
struct CodePage {
    frame: Frame,
    words: &'static ProblemWords,
    info: &'static CodeInfo,
}

impl CodePage {
    /// The sentence for citizens, in the language of the page.
    fn sentence(&self) -> &'static str {
        match self.frame.language {
            Language::En => self.info.en,
            Language::Sw => self.info.sw,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::problem::MoneyMoved;

    fn shown(language: Language, moved: Option<MoneyMoved>) -> String {
        let words = PROBLEM.of(language);
        let page = ProblemPage {
            frame: Frame {
                root: String::new(),
                language,
                is_demonstration: true,
                in_other_language: None,
                help: None,
            },
            words,
            heading: words.our_side,
            message: "<b>".to_owned(),
            money: (words.money)(moved),
            can_try_again: true,
            request_id: "req_1".to_owned(),
        };
        page.render().unwrap()
    }

    #[test]
    fn a_problem_says_what_happened_to_the_money_and_only_a_clear_no_leaves_room_to_pay_again() {
        for (language, warning) in [(Language::En, "Do not pay again"), (Language::Sw, "Usilipe tena")] {
            for moved in [None, Some(MoneyMoved::No), Some(MoneyMoved::Yes), Some(MoneyMoved::Unknown)] {
                let page = shown(language, moved);
                let is_safe = matches!(moved, None | Some(MoneyMoved::No));
                assert_eq!(page.contains(warning), !is_safe, "{language} {moved:?}");
                assert!(page.contains("req_1") && page.contains("&#60;b&#62;"));
                assert!(page.contains(r#"class="demo""#), "a demonstration says so here too");
            }
        }
    }

    #[test]
    fn the_switch_of_a_problem_never_leads_away_or_to_what_was_posted() {
        let twin = |path, language| twin(path, language, Code::NotFound);
        assert_eq!(twin("/en/bills/bil_1", Language::En), "/sw/bills/bil_1");
        assert_eq!(twin("/sw/bills/bil_1/prompt", Language::Sw), "/en/bills/bil_1");
        assert_eq!(twin("/en/gate/visits", Language::En), "/sw/gate");
        assert_eq!(twin("/en/staff/sign-out", Language::En), "/sw/staff/sign-in");
        assert_eq!(twin("/v1/bills/bil_1", Language::En), "/sw/errors/not_found");
        assert_eq!(twin("//elsewhere.example/en/", Language::En), "/sw/errors/not_found");
    }
}
