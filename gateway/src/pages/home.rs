//! The first page: one box to search in, and the tasks that most people come for.

use askama::Template;
use catalog::{Catalogue, Language};
use hyper::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, HeaderMap, HeaderValue, VARY};

use super::frame::{Frame, Shown, catalogue_page, language_of, other};
use super::words::{CATALOGUE, CatalogueWords};
use crate::app::{App, SharedApp};
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};

/// What most people come for, as long as the catalogue has it. Chosen by people, from the published lists of popular
/// services; the order is that of the page.
const POPULAR: [&str; 8] = [
    "renew-driving-licence",
    "passport-application",
    "birth-certificate",
    "kra-prn-payment",
    "business-name-registration",
    "company-search-cr12",
    "motor-vehicle-search",
    "kws-nairobi-national-park-entry",
];

/// `GET /`: the first page in the language that the browser asks for.
pub(super) async fn choose_language(_app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let home = match wanted_language(request.head.headers()) {
        Language::En => HeaderValue::from_static("/en/"),
        Language::Sw => HeaderValue::from_static("/sw/"),
    };
    let mut response = response::see_other(home);
    response.headers_mut().insert(VARY, HeaderValue::from_name(ACCEPT_LANGUAGE));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// Swahili for whoever names it before English; English for everybody else.
fn wanted_language(headers: &HeaderMap) -> Language {
    let named = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let languages = named.split(',').filter_map(|item| {
        let tag = item.split(';').next().unwrap_or("").trim();
        tag.split('-').next().unwrap_or("").to_ascii_lowercase().parse().ok()
    });
    languages.into_iter().next().unwrap_or(Language::En)
}

/// `GET /{lang}`: as with the slash that the page's own address ends in.
pub(super) async fn add_slash(_app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let address = format!("/{}/", language_of(&request)?.code());
    Ok(response::see_other(HeaderValue::from_str(&address).map_err(Problem::internal_error)?))
}

/// `GET /{lang}/`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let served = app.catalogue.current();
    let frame = Frame::new(&app, language, Some(format!("/{}/", other(language).code())));
    catalogue_page(request.head.headers(), &HomePage::new(frame, served.catalogue()))
}

/// The page.
#[derive(Template)]
#[template(path = "home.html")]
pub(super) struct HomePage {
    frame: Frame,
    words: &'static CatalogueWords,
    service_count: usize,
    agency_count: usize,
    query: String,
    popular: Vec<PopularService>,
}

struct PopularService {
    slug: String,
    name: Shown,
}

impl HomePage {
    pub(super) fn new(frame: Frame, catalogue: &Catalogue) -> Self {
        let popular = POPULAR.into_iter().filter_map(|slug| catalogue.service(slug)).map(|service| {
            PopularService { slug: service.slug.to_string(), name: frame.shown(&service.name) }
        });
        Self {
            words: CATALOGUE.of(frame.language),
            service_count: catalogue.services().len(),
            agency_count: catalogue.agencies().len(),
            query: String::new(),
            popular: popular.collect(),
            frame,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_chooses_between_our_two_languages() {
        let wanted = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(text));
            wanted_language(&headers)
        };
        assert_eq!(wanted("sw-KE,sw;q=0.9,en;q=0.8"), Language::Sw);
        assert_eq!(wanted("en-KE,sw;q=0.9"), Language::En);
        assert_eq!(wanted("fr-FR, sw;q=0.5, en;q=0.4"), Language::Sw);
        assert_eq!(wanted("*"), Language::En);
        assert_eq!(wanted_language(&HeaderMap::new()), Language::En);
    }

    #[test]
    fn what_is_called_popular_is_in_the_embedded_catalogue() {
        let catalogue = Catalogue::embedded();
        let missing: Vec<_> = POPULAR.iter().filter(|slug| catalogue.service(slug).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
