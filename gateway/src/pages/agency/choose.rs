//! Whose rows somebody looks at who may see all: a few of the agencies, and a field for part of the name of any other.

use askama::Template;
use catalog::{Text, folded_text};
use hyper::StatusCode;

use super::session;
use crate::api::no_answer;
use crate::app::{App, SharedApp};
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::pages::escaped;
use crate::pages::frame::{Frame, Shown, language_of, other, staff_page};
use crate::pages::staff::{Bar, Room};
use crate::pages::words::{CONSOLE, ConsoleWords};
use crate::views::Scope;

/// The most agencies on a page: with their addresses, they are what it weighs.
const SHOWN_MAX: usize = 100;
/// The longest part of a name that is looked for, in characters.
const PART_LEN_MAX: usize = 80;

/// The agencies that somebody who may see all chooses from, before they come to this room; also those that have left the
/// catalogue.
pub(in crate::pages) async fn choose(
    app: &SharedApp,
    request: &Request<App>,
    room: Room,
) -> Result<Response, Problem> {
    let language = language_of(request)?;
    let path = request.head.uri().path();
    let part: String =
        request.head.query()?.get("q").unwrap_or_default().trim().chars().take(PART_LEN_MAX).collect();
    let query = if part.is_empty() { String::new() } else { format!("?q={}", escaped(&part)) };
    let twin = path.replacen(language.code(), other(language).code(), 1) + &query;
    let frame = Frame::new(app, language, Some(twin));
    let served = app.catalogue.current();
    let listed = served.catalogue().agencies();
    let gone = app.views.reader().agencies(&Scope::All).await.map_err(no_answer)?.found;
    let gone = gone.iter().filter(|code| served.catalogue().agency(code).is_none());
    let agencies = listed
        .iter()
        .map(|agency| Choice::of(&frame, agency.code.as_str(), Some(&agency.name)))
        .chain(gone.map(|code| Choice::of(&frame, code, None)));
    let (agencies, more_count) = called(agencies.collect(), &part);
    let words = CONSOLE.of(language);
    let page = ChoosePage {
        bar: Bar::new(session(request)?, language, room),
        path: path.to_owned(),
        more: (more_count > 0).then(|| (words.more_agencies)(more_count)),
        words,
        frame,
        part,
        agencies,
    };
    staff_page(StatusCode::OK, &page)
}

#[derive(Template)]
#[template(path = "console_choose.html")]
struct ChoosePage {
    frame: Frame,
    bar: Bar,
    words: &'static ConsoleWords,
    /// The page that was asked for.
    path: String,
    part: String,
    agencies: Vec<Choice>,
    more: Option<String>,
}

/// An agency to choose.
struct Choice {
    /// As it stands in addresses.
    code: String,
    name: Shown,
    /// Its code and its name in every language, as they are compared.
    folded: [String; 3],
}

impl Choice {
    fn of(frame: &Frame, code: &str, name: Option<&Text>) -> Self {
        let names = name.map_or(["", ""], |name| [name.en(), name.sw()]);
        Self {
            code: escaped(code),
            name: frame.shown_or(name, code),
            folded: [code, names[0], names[1]].map(folded_text),
        }
    }

    /// Whether every word that was typed is part of its code or of one of its names.
    fn is_called(&self, folded_part: &str) -> bool {
        folded_part.split_whitespace().all(|word| self.folded.iter().any(|name| name.contains(word)))
    }
}

/// As many of those that are called so as are shown, and how many more there are. The one whose whole code was typed is the
/// first; the others are in the order of their names.
fn called(mut agencies: Vec<Choice>, part: &str) -> (Vec<Choice>, usize) {
    let part = folded_text(part);
    agencies.retain(|agency| agency.is_called(&part));
    let place = |agency: &Choice| (agency.folded[0] != part, agency.name.text.clone());
    agencies.sort_by_cached_key(place);
    let more_count = agencies.len().saturating_sub(SHOWN_MAX);
    agencies.truncate(SHOWN_MAX);
    (agencies, more_count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(code: &str, en: &str, sw: &str) -> Choice {
        Choice {
            code: code.to_owned(),
            name: Shown { text: en.to_owned(), lang: None },
            folded: [code, en, sw].map(folded_text),
        }
    }

    fn found(part: &str) -> Vec<String> {
        let agencies = vec![
            choice("MUR", "Murang’a County", "Kaunti ya Murang’a"),
            choice("KRA", "Kenya Revenue Authority", "Mamlaka ya Ushuru ya Kenya"),
            choice("KRAC", "A club", ""),
            choice("GONE-1", "GONE-1", ""),
        ];
        called(agencies, part).0.into_iter().map(|agency| agency.code).collect()
    }

    #[test]
    fn an_agency_is_found_by_part_of_its_name_in_either_language_or_by_its_code() {
        assert_eq!(found("MURANGA"), ["MUR"]);
        assert_eq!(found("county mura"), ["MUR"]);
        assert_eq!(found("ushuru"), ["KRA"]);
        assert_eq!(found("kra"), ["KRA", "KRAC"]);
        assert_eq!(found("gone"), ["GONE-1"]);
        assert!(found("county revenue").is_empty());
        assert_eq!(found("").len(), 4);
    }

    #[test]
    fn no_more_are_shown_than_a_page_carries_and_the_others_are_counted() {
        let many =
            |count: usize| (0..count).map(|number| choice(&format!("C{number:04}"), "Ward", "")).collect();
        assert_eq!(called(many(SHOWN_MAX), "ward").1, 0);
        let (shown, more_count) = called(many(1_548), "");
        assert_eq!((shown.len(), more_count), (SHOWN_MAX, 1_448));
        let (shown, more_count) = called(many(1_548), "c0147");
        assert_eq!((shown.len(), more_count), (1, 0));
    }
}
