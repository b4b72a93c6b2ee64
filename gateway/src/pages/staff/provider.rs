//! Signing in through the identity provider: there and back. Who comes back gets in as the account that has the provider's
//! name for them; nobody gets an account by coming.

use catalog::Language;
use hyper::header::{HeaderValue, SET_COOKIE};
use hyper::{Method, StatusCode};

use super::sign_in::{SignInPage, Way, cookie, enter, own_address};
use crate::api::{cookie_of, provider_cookie, trouble};
use crate::app::{App, SharedApp};
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::pages::frame::{language_of, staff_page};
use crate::pages::words::{PROVIDER, ProviderWords};
use crate::staff::{Finished, IdentityProvider, Known, PENDING_SECONDS, ProviderError, Returned};
use crate::telemetry::metrics::STAFF_SIGN_INS_TOTAL;

/// `GET /{lang}/staff/sign-in/provider`: sends a browser there. A link and no form, because pages of ours let forms go
/// to us alone; whoever is sent here by another site signs in as themselves or not at all.
pub(in crate::pages) async fn begin(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let provider = provider(&app)?;
    app.limits.provider_is_asked(request.head.client()).map_err(|error| trouble::too_often(&error))?;
    let there = own_address(request.head.query()?.get("next").unwrap_or_default()).unwrap_or_default();
    match provider.begin(language, &there).await {
        Ok(begun) => {
            let address = HeaderValue::from_str(&begun.address).map_err(Problem::internal_error)?;
            let mut response = response::not_stored(response::see_other(address));
            keep(&app, &mut response, &begun.kept, &format!("; Max-Age={PENDING_SECONDS}"))?;
            Ok(response)
        }
        Err(error) => not_in(&app, &request, provider, language, &there, &NotIn::Provider(error)),
    }
}

/// `GET /staff/provider`: where the provider sends people back to. `HEAD` would sign somebody in, and is not taken.
pub(in crate::pages) async fn finish(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    if *request.head.method() != Method::GET {
        let problem = Problem::new(Code::MethodNotAllowed, "Whoever comes back asks with GET.");
        return Err(problem.allow(HeaderValue::from_static("GET")));
    }
    let provider = provider(&app)?;
    app.limits.provider_is_asked(request.head.client()).map_err(|error| trouble::too_often(&error))?;
    let query = request.head.query()?;
    let field = |name: &str| query.get(name).map(str::to_owned);
    let returned = Returned {
        kept: cookie_of(&request.head, provider_cookie(app.purpose)).unwrap_or_default().to_owned(),
        state: field("state").unwrap_or_default(),
        code: field("code"),
        error: field("error"),
        issuer: field("iss"),
    };
    let Finished { language, there, outcome } = provider.finish(&returned).await;
    let account = match outcome {
        Ok(known) => account_of(&app, provider, &known).ok_or(NotIn::NoAccount),
        Err(error) => Err(NotIn::Provider(error)),
    };
    let mut response = match account {
        Ok(account) => {
            metrics::counter!(STAFF_SIGN_INS_TOTAL.name, "outcome" => "provider_in").increment(1);
            enter(&app, &request, &account, language, &there, Way::Provider).await?
        }
        Err(why) => not_in(&app, &request, provider, language, &there, &why)?,
    };
    keep(&app, &mut response, "", "; Max-Age=0")?;
    Ok(response)
}

/// Why somebody who came through the provider is not let in.
enum NotIn {
    /// The provider, or what it said.
    Provider(ProviderError),
    /// There is no account in force that is theirs, or it is of another agency. Which, is not said.
    NoAccount,
}

/// The account of whom the provider has let in, if it is in force and of the agency that the provider says. Where that is
/// asked, an account without an agency is that of somebody of whom none is said: it sees everything.
fn account_of(app: &App, provider: &IdentityProvider, known: &Known) -> Option<String> {
    let account = app.staff.account_at_provider(&known.name, provider.claim())?;
    let roll = app.books.readers().staff();
    let agency = roll.member(&account)?.account.agency.as_deref();
    let fits = !provider.asks_agency()
        || match (known.agency.as_deref(), agency) {
            (Some(said), Some(own)) => said.eq_ignore_ascii_case(own),
            (None, None) => true,
            _ => false,
        };
    fits.then_some(account)
}

/// The page to sign in on, with what happened.
fn not_in(
    app: &App,
    request: &Request<App>,
    provider: &IdentityProvider,
    language: Language,
    there: &str,
    why: &NotIn,
) -> Result<Response, Problem> {
    let words: &ProviderWords = PROVIDER.of(language);
    let name = provider.name();
    let (outcome, status, said) = match why {
        NotIn::Provider(error @ ProviderError::Crowded) => {
            let problem = Problem::new(Code::Overloaded, "Too many people sign in.");
            return Err(problem.internal(error).retry_after_seconds(5));
        }
        NotIn::Provider(ProviderError::Again(_)) => {
            ("provider_again", StatusCode::BAD_REQUEST, words.again.to_owned())
        }
        NotIn::Provider(ProviderError::Denied(_)) => {
            ("provider_denied", StatusCode::FORBIDDEN, (words.denied)(name))
        }
        NotIn::Provider(ProviderError::Trouble(_)) => {
            ("provider_trouble", StatusCode::BAD_GATEWAY, (words.trouble)(name))
        }
        NotIn::Provider(ProviderError::NotBelieved(_)) => {
            ("provider_not_believed", StatusCode::BAD_GATEWAY, (words.not_believed)(name))
        }
        NotIn::Provider(ProviderError::NoSecondFactor) => {
            ("provider_no_second_factor", StatusCode::FORBIDDEN, (words.no_second_factor)(name))
        }
        NotIn::Provider(ProviderError::Nameless) | NotIn::NoAccount => {
            ("provider_no_account", StatusCode::FORBIDDEN, (words.no_account)(name))
        }
    };
    metrics::counter!(STAFF_SIGN_INS_TOTAL.name, "outcome" => outcome).increment(1);
    let client = request.head.client();
    match why {
        NotIn::Provider(error @ (ProviderError::Trouble(_) | ProviderError::NotBelieved(_))) => {
            tracing::warn!(%client, %error, "Nobody was signed in through the identity provider.");
        }
        NotIn::Provider(error) => {
            tracing::info!(%client, %error, "Somebody was not signed in through the identity provider.");
        }
        NotIn::NoAccount => {
            tracing::info!(%client, "Somebody whom the identity provider knows has no account here.");
        }
    }
    let mut page = SignInPage::new(app, language, there.to_owned());
    page.said = Some(said);
    staff_page(status, &page)
}

fn provider(app: &App) -> Result<&IdentityProvider, Problem> {
    let none = || Problem::new(Code::NotFound, "Nobody signs in through an identity provider here.");
    app.identity_provider.as_ref().ok_or_else(none)
}

/// Has the browser keep what belongs to the sign-in, or forget it.
fn keep(app: &App, response: &mut Response, value: &str, end: &str) -> Result<(), Problem> {
    let cookie = cookie(app.purpose, provider_cookie(app.purpose), value, end);
    response
        .headers_mut()
        .append(SET_COOKIE, HeaderValue::from_str(&cookie).map_err(Problem::internal_error)?);
    Ok(())
}
