//! What every page shares: its language, the strip of a demonstration, the style sheet, and its headers.

use std::fmt;

use askama::Template;
use catalog::{Language, Text};
use hyper::StatusCode;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};

use super::assets::{PAGES_CSS, STAFF_CSS, WAIT_SCRIPT};
use super::words::{FRAME, FrameWords, first_upper};
use crate::app::{App, Purpose};
use crate::catalogue::Rendered;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};

/// Nothing but our own style sheets is loaded, nothing runs, nobody frames us, and forms go to us alone. The empty icon is
/// a `data:` address; it keeps browsers from asking for one that does not exist.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// The same for pages that keep themselves up to date: their script is ours, and listens to us alone.
const LIVE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; \
                           frame-ancestors 'none'; script-src 'self'; connect-src 'self'";

/// Whether a page may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeping {
    /// It may have changed when it is looked at next, and its address may be a secret.
    Never,
    /// It is the same for everybody until the next release.
    ForAnHour,
}

/// What the template that all pages extend needs.
#[derive(Debug)]
pub(super) struct Frame {
    /// What addresses of ours begin with: nothing, but on pages under the name of the systems of agencies.
    pub(super) root: String,
    /// The language of the page.
    pub(super) language: Language,
    /// Whether to say that there is no real money.
    pub(super) is_demonstration: bool,
    /// The same page in the other language; nothing where there is none.
    pub(super) in_other_language: Option<String>,
    /// Whom to ask, at the foot of every page.
    pub(super) help: Option<Help>,
}

/// Whom people ask for help.
#[derive(Clone, Debug)]
pub(super) struct Help {
    /// The number as people read it.
    pub(super) phone: String,
    /// The number as phones dial it.
    pub(super) dialled: String,
    /// When it is answered.
    pub(super) hours: Option<Shown>,
}

impl Frame {
    /// A frame for a page in this language. `in_other_language` is the path of its twin.
    pub(super) fn new(app: &App, language: Language, in_other_language: Option<String>) -> Self {
        let is_demonstration = app.purpose == Purpose::Demonstration;
        let mut frame =
            Self { root: String::new(), language, is_demonstration, in_other_language, help: None };
        frame.help = app.help.as_ref().map(|line| Help {
            phone: line.phone.clone(),
            dialled: line.phone.chars().filter(|mark| mark.is_ascii_digit() || *mark == '+').collect(),
            hours: line.hours.as_ref().map(|hours| frame.shown(hours)),
        });
        frame
    }

    pub(super) fn code(&self) -> &'static str {
        self.language.code()
    }

    pub(super) fn words(&self) -> &'static FrameWords {
        FRAME.of(self.language)
    }

    /// The other language.
    pub(super) fn other(&self) -> Language {
        other(self.language)
    }

    pub(super) fn stylesheet(&self) -> &'static str {
        PAGES_CSS.name()
    }

    pub(super) fn staff_stylesheet(&self) -> &'static str {
        STAFF_CSS.name()
    }

    /// The script of the page of a bill.
    pub(super) fn script(&self) -> &'static str {
        WAIT_SCRIPT.name()
    }

    /// A text in the language of the page, or in English where nobody has translated it.
    pub(super) fn shown(&self, text: &Text) -> Shown {
        let language = text.language_shown(self.language);
        Shown { text: text.in_language(self.language).to_owned(), lang: self.mark(language) }
    }

    /// A name as above, or the code that stands for it where nobody knows the name any more.
    pub(super) fn shown_or(&self, name: Option<&Text>, code: &str) -> Shown {
        name.map_or_else(|| Shown { text: code.to_owned(), lang: None }, |name| self.shown(name))
    }

    /// A text that exists in English alone.
    pub(super) fn english(&self, text: &str) -> Shown {
        Shown { text: text.to_owned(), lang: self.mark(Language::En) }
    }

    fn mark(&self, language: Language) -> Option<&'static str> {
        (language != self.language).then_some(language.code())
    }
}

/// A text, and the language to declare where it is not that of the page: a screen reader must not read English aloud as
/// if it were Swahili.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) lang: Option<&'static str>,
}

impl Shown {
    /// The same where it stands alone in a row. Texts that bills join to other texts begin with a small letter.
    pub(super) fn in_a_row(self) -> Self {
        Self { text: first_upper(&self.text), lang: self.lang }
    }

    /// The attribute that declares the language, where one is needed.
    pub(super) fn mark(&self) -> LangMark {
        LangMark(self.lang)
    }
}

/// A `lang` attribute, or nothing. Made of our own language codes, so there is nothing in it to escape.
#[derive(Clone, Copy, Debug)]
pub(super) struct LangMark(Option<&'static str>);

impl fmt::Display for LangMark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(lang) => write!(formatter, " lang=\"{lang}\""),
            None => Ok(()),
        }
    }
}

impl askama::filters::HtmlSafe for LangMark {}

/// The language that is not this one.
pub(super) fn other(language: Language) -> Language {
    match language {
        Language::En => Language::Sw,
        Language::Sw => Language::En,
    }
}

/// The language at the beginning of the path.
pub(super) fn language_of(request: &Request<App>) -> Result<Language, Problem> {
    let no_such = |_| Problem::new(Code::NotFound, "Pages begin with /en or /sw.");
    request.head.parameter("lang").parse().map_err(no_such)
}

/// A rendered page with its headers.
pub(super) fn page(
    status: StatusCode,
    keeping: Keeping,
    template: &impl Template,
) -> Result<Response, Problem> {
    let html = template.render().map_err(Problem::internal_error)?;
    let mut response = response::html(status, html);
    let headers = response.headers_mut();
    let cache = match keeping {
        Keeping::Never => "no-store",
        Keeping::ForAnHour => "public, max-age=3600",
    };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    protect(headers);
    Ok(response)
}

/// A page under the name of the systems of agencies, whose style sheet and links are ours at `ours`.
pub(super) fn page_elsewhere(
    status: StatusCode,
    ours: &str,
    template: &impl Template,
) -> Result<Response, Problem> {
    let mut response = page(status, Keeping::Never, template)?;
    let policy = format!(
        "default-src 'none'; style-src {ours}; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::from_str(&policy).map_err(Problem::internal_error)?;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// A page for somebody who is signed in, or about to. Browsers tell such a page's own forms where they come from, and
/// nobody else: see `http::origin`.
pub(super) fn staff_page(status: StatusCode, template: &impl Template) -> Result<Response, Problem> {
    let mut response = page(status, Keeping::Never, template)?;
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    Ok(response)
}

/// A page that keeps itself up to date where scripts run, with its headers.
pub(super) fn live_page(status: StatusCode, template: &impl Template) -> Result<Response, Problem> {
    Ok(with_script(page(status, Keeping::Never, template)?))
}

/// Lets the scripts of a page run.
pub(super) fn with_script(mut response: Response) -> Response {
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(LIVE_POLICY));
    response
}

/// Lets forms of a page lead to these origins too.
pub(super) fn forms_may_lead_to(response: &mut Response, origins: impl Iterator<Item = String>) {
    let Some(policy) = response.headers().get(CONTENT_SECURITY_POLICY) else { return };
    let Ok(policy) = policy.to_str() else { return };
    let to: String = origins.map(|origin| format!(" {origin}")).collect();
    let policy = policy.replace("form-action 'self'", &format!("form-action 'self'{to}"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
}

/// A page of the catalogue with its headers: the same for everybody, kept by caches and carried through an outage as the
/// other answers of the catalogue are, and found by search engines. Rendered when it is asked for: both languages of
/// 22,000 services would take more memory than everything else together.
pub(super) fn catalogue_page(asked: &HeaderMap, template: &impl Template) -> Result<Response, Problem> {
    let html = template.render().map_err(Problem::internal_error)?;
    let mut response = Rendered::new("text/html; charset=utf-8", html.into_bytes()).answer(asked);
    protect(response.headers_mut());
    Ok(response)
}

fn protect(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    // The address of a bill is all it takes to see it. It must not travel to wherever somebody goes next.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_on_a_swahili_page_says_that_it_is_english() {
        let frame = |language| Frame {
            root: String::new(),
            language,
            is_demonstration: false,
            in_other_language: None,
            help: None,
        };
        let (both, english) = (Text::new("Entry", "Kiingilio"), Text::english("Passport"));
        let sw = frame(Language::Sw);
        assert_eq!(sw.shown(&both), Shown { text: "Kiingilio".into(), lang: None });
        assert_eq!(sw.shown(&english), Shown { text: "Passport".into(), lang: Some("en") });
        assert_eq!(frame(Language::En).shown(&english), Shown { text: "Passport".into(), lang: None });
    }
}
