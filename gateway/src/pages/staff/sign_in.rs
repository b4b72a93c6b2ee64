//! Signing in and out.

use askama::Template;
use catalog::Language;
use hyper::header::{HeaderValue, SET_COOKIE};
use hyper::{StatusCode, Uri};
use zeroize::Zeroizing;

use super::bar::home_of;
use crate::api::{session_cookie, session_token, trouble};
use crate::app::{App, Purpose, SharedApp};
use crate::http::origin::check_origin;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::pages::escaped;
use crate::pages::frame::{Frame, language_of, other, staff_page};
use crate::pages::problem::looked_at;
use crate::pages::words::{PROVIDER, ProviderWords, STAFF, StaffWords};
use crate::payments::{Ask, Command, StaffAsk};
use crate::staff::{HasherError, SignInError, TypedSignIn, read_login};
use crate::telemetry::metrics::STAFF_SIGN_INS_TOTAL;

/// `GET /{lang}/staff/sign-in`.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    staff_page(StatusCode::OK, &SignInPage::new(&app, language, String::new()))
}

/// The page to sign in on, instead of one that nobody sees who is not signed in. Signing in leads there.
pub(in crate::pages) fn instead_of(app: &App, language: Language, uri: &Uri) -> Option<Response> {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let there = format!("{}{query}", looked_at(uri.path()));
    staff_page(StatusCode::UNAUTHORIZED, &SignInPage::new(app, language, there)).ok()
}

/// `POST /{lang}/staff/sign-in`.
pub(in crate::pages) async fn submit(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    check_origin(&request.head, Some(&app.public_url))?;
    check_passwords_are_taken(&app)?;
    let language = language_of(&request)?;
    let form = request.form()?;
    let field = |name: &str| form.get(name).unwrap_or_default().to_owned();
    // A name that nobody can have is looked for like any other.
    let login = read_login(&field("login")).unwrap_or_default();
    let client = request.head.client();
    app.limits.sign_in_is_tried(&login, client).map_err(|error| trouble::too_often(&error))?;
    let typed = TypedSignIn { login, password: Zeroizing::new(field("password")), code: field("code") };
    let there = own_address(&field("next")).unwrap_or_default();
    match app.staff.check(typed, app.now_seconds()).await {
        Ok(account) => {
            metrics::counter!(STAFF_SIGN_INS_TOTAL.name, "outcome" => "in").increment(1);
            enter(&app, &request, &account, language, &there, Way::Password).await
        }
        Err(SignInError::Wrong) => {
            metrics::counter!(STAFF_SIGN_INS_TOTAL.name, "outcome" => "wrong").increment(1);
            tracing::info!(%client, "Somebody was not signed in.");
            let mut shown = SignInPage::new(&app, language, there);
            shown.is_wrong = true;
            staff_page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(not_now(&error)),
    }
}

/// How somebody has shown who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By a password and a code of an app.
    Password,
    /// By the word of the identity provider.
    Provider,
}

/// Refuses what takes a password, where people come through the identity provider alone.
pub(super) fn check_passwords_are_taken(app: &App) -> Result<(), Problem> {
    let refused = || Problem::new(Code::Forbidden, "Nobody signs in with a password here.");
    app.takes_passwords.then_some(()).ok_or_else(refused)
}

/// Begins a session and leads to where somebody wanted to be, or to the first room of their role.
pub(super) async fn enter(
    app: &App,
    request: &Request<App>,
    account: &str,
    language: Language,
    there: &str,
    way: Way,
) -> Result<Response, Problem> {
    if let Some(earlier) = session_token(app.purpose, &request.head) {
        app.staff.end(earlier);
    }
    let (token, session) =
        app.staff.begin(account, &app.books.readers().staff()).map_err(|error| not_now(&error))?;
    let by_provider = way == Way::Provider;
    note(app, request, StaffAsk::NoteSignIn { account: account.into(), by_provider }).await;
    let home = home_of(session.account().role, language);
    let there = if there.is_empty() { home } else { there.to_owned() };
    let mut response = response::see_other(HeaderValue::from_str(&there).map_err(Problem::internal_error)?);
    let cookie = cookie(app.purpose, session_cookie(app.purpose), token.reveal(), "");
    response
        .headers_mut()
        .insert(SET_COOKIE, HeaderValue::from_str(&cookie).map_err(Problem::internal_error)?);
    Ok(response)
}

/// Makes a record of what somebody did. A disk without room does not keep people from looking at what is wrong: the log
/// has it then.
pub(super) async fn note(app: &App, request: &Request<App>, ask: StaffAsk) {
    let (StaffAsk::NoteSignIn { account, .. } | StaffAsk::NoteSetUp { account }) = &ask else { return };
    let principal = account.clone();
    let cause = request.head.id().as_str().into();
    let command = Command { principal: principal.clone(), cause, ask: Ask::Staff(ask) };
    if let Err(error) = app.books.ask(command).await {
        tracing::error!(%error, account = %principal, "There is no record of somebody who came in.");
    }
}

/// `POST /{lang}/staff/sign-out`.
pub(in crate::pages) async fn sign_out(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    if let Some(token) = session_token(app.purpose, &request.head) {
        app.staff.end(token);
    }
    let there = format!("/{}/staff/sign-in", language.code());
    let mut response = response::see_other(HeaderValue::from_str(&there).map_err(Problem::internal_error)?);
    let cookie = cookie(app.purpose, session_cookie(app.purpose), "", "; Max-Age=0");
    response
        .headers_mut()
        .insert(SET_COOKIE, HeaderValue::from_str(&cookie).map_err(Problem::internal_error)?);
    Ok(response)
}

/// A cookie for us alone, which other sites cannot make a browser send with a form.
pub(super) fn cookie(purpose: Purpose, name: &str, value: &str, end: &str) -> String {
    let secure = match purpose {
        Purpose::Live => "; Secure",
        Purpose::Demonstration => "",
    };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{end}")
}

/// An address of a page of ours; nothing else is led to.
pub(super) fn own_address(text: &str) -> Option<String> {
    let is_ours = text.starts_with("/en/") || text.starts_with("/sw/");
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (is_ours && is_plain).then(|| text.to_owned())
}

pub(super) fn not_now(error: &SignInError) -> Problem {
    match error {
        SignInError::Hasher(HasherError::Crowded) | SignInError::Full(_) => {
            Problem::new(Code::Overloaded, "Too many people sign in.").internal(error).retry_after_seconds(5)
        }
        other => trouble::internal(other),
    }
}

/// The page.
#[derive(Template)]
#[template(path = "staff_sign_in.html")]
pub(super) struct SignInPage {
    frame: Frame,
    words: &'static StaffWords,
    next: String,
    is_wrong: bool,
    /// What became of signing in through the identity provider.
    pub(super) said: Option<String>,
    takes_passwords: bool,
    provider: Option<ProviderLink>,
}

/// The way to the identity provider.
struct ProviderLink {
    words: &'static ProviderWords,
    text: String,
    address: String,
}

impl SignInPage {
    pub(super) fn new(app: &App, language: Language, next: String) -> Self {
        let twin = format!("/{}/staff/sign-in", other(language).code());
        let words = PROVIDER.of(language);
        let provider = app.identity_provider.as_ref().map(|provider| {
            let query = if next.is_empty() { String::new() } else { format!("?next={}", escaped(&next)) };
            ProviderLink {
                words,
                text: (words.sign_in_with)(provider.name()),
                address: format!("/{}/staff/sign-in/provider{query}", language.code()),
            }
        });
        Self {
            frame: Frame::new(app, language, Some(twin)),
            words: STAFF.of(language),
            next,
            is_wrong: false,
            said: None,
            takes_passwords: app.takes_passwords,
            provider,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_pages_of_ours_alone() {
        for ours in ["/en/agency/", "/sw/agency/transactions?status=paid&page=2", "/en/gate"] {
            assert_eq!(own_address(ours).as_deref(), Some(ours));
        }
        for other in [
            "",
            "//elsewhere.example/en/",
            "https://elsewhere.example/",
            "/enx",
            "/v1/bills",
            "/en/\\x",
            "/en/\r\nx: y",
        ] {
            assert_eq!(own_address(other), None, "{other}");
        }
    }

    #[test]
    fn a_cookie_is_for_us_alone() {
        assert_eq!(
            cookie(Purpose::Live, session_cookie(Purpose::Live), "abc", ""),
            "__Host-malipo_session=abc; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert!(!cookie(Purpose::Demonstration, "x", "abc", "").contains("Secure"));
    }
}
