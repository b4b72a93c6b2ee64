//! Pages to sign in on, and what all pages of staff share.
//!
//! A page for people who are signed in is a row with a rule of [`Access::Staff`]; its handler finds the session in
//! `request.principal.session()` and whose rows it may show in `request.principal.scope()`. Its forms are rows made by
//! [`staff_form`], and repeat the session's token, which [`Bar`] has for templates.

mod bar;
pub(super) mod demo;
pub(super) mod provider;
pub(super) mod set_up;
pub(super) mod sign_in;
mod upload;

use std::sync::Arc;

pub(super) use bar::{Bar, Room};
pub(super) use upload::{Upload, staff_upload};

use crate::api::Access;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::router::Route;

/// The field in which a form repeats the token of the session.
const TOKEN_FIELD: &str = "session";

/// A row for a form of a page of staff. Its handler runs only if the form repeats the token of the session: another site
/// can make a browser send a form with the cookie, and cannot know the token.
pub(super) fn staff_form<H, F>(
    pattern: &'static str,
    name: &'static str,
    access: Access,
    handler: H,
) -> Route<App>
where
    H: Fn(Arc<App>, Request<App>) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = Result<Response, Problem>> + Send + 'static,
{
    Route::post(pattern, name, access, move |app, request: Request<App>| async move {
        let form = request.form()?;
        expect_token(&request, form.get(TOKEN_FIELD).unwrap_or_default())?;
        handler(app, request).await
    })
}

/// Refuses a form that does not repeat the token of the session.
fn expect_token(request: &Request<App>, token: &str) -> Result<(), Problem> {
    let session = request.principal.session();
    if session.is_some_and(|session| session.is_form_token(token)) {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden, "The form does not belong to this session: open its page again."))
}
