//! The forms on the page of a bill that ask for a prompt on a phone, by M-PESA or in another way. It goes the way of the API: one wish in the books,
//! one prompt, however often the form is sent.
//!
//! # Forged requests
//!
//! Guests have no session and no cookie, so a page elsewhere that sends this form acts with nothing but the address of
//! the bill, which it would have to know; with the address it could as well send the form from its own server. There is
//! nothing to forge. The token in the form is therefore not there against forgery: it makes the form one wish.

use std::sync::Arc;

use hyper::header::HeaderValue;

use super::bill::{BillPage, Context, PromptForm, find, frame, location, may_send_to_pages};
use super::frame::{language_of, live_page};
use super::words::{BILL, BillWords, asking};
use crate::api::trouble;
use crate::app::{App, SharedApp};
use crate::channels::mpesa::subscriber::Subscriber;
use crate::http::problem::{MoneyMoved, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::{Bill, Method};
use crate::prompts::{self, Wish};
use catalog::Language;

/// `POST /{lang}/bills/{id}/prompt`: then look at the bill, which says what to do on the phone.
pub(super) async fn submit(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request).map_err(nobody_asked)?;
    let bill = find(&app, &request).map_err(nobody_asked)?;
    let fields = request.form().map_err(nobody_asked)?;
    let field = |name| fields.get(name).unwrap_or_default().to_owned();
    let method = asked_by(&field("method")).map_err(nobody_asked)?;
    let (token, phone) = (field("token"), field("phone"));
    let mut form = PromptForm { token, phone, method: Some(method), ..PromptForm::default() };
    let problem = match ask(&app, &request, &bill, method, language, &form).await {
        Ok(Some(page)) => {
            let page = HeaderValue::from_str(&page).map_err(Problem::internal_error)?;
            return Ok(response::see_other(page));
        }
        Ok(None) => return Ok(response::see_other(location(language, &bill)?)),
        Err(problem) => problem,
    };
    if problem.code() == Code::InternalError {
        return Err(problem);
    }
    tracing::info!(?problem, "A form that asks for a prompt is shown again.");
    explain(&mut form, &problem, language);
    // What the books say of the bill may be the reason.
    let bill = find(&app, &request)?;
    let context = Context::of(&app, &bill)?;
    let shown = BillPage::new(frame(&app, language, &bill), &bill, &context, form);
    let mut response = live_page(problem.status(), &shown)?;
    may_send_to_pages(&app, &mut response);
    problem.add_headers(&mut response);
    Ok(response)
}

/// The way to ask that a form names; forms of before there were several name none.
fn asked_by(word: &str) -> Result<Method, Problem> {
    let named = Method::ALL.into_iter().find(|method| method.word() == word);
    let unnamed = word.is_empty().then_some(Method::MpesaPrompt);
    named.or(unnamed).ok_or_else(|| Problem::new(Code::BadRequest, "The form names no way to ask."))
}

/// What goes wrong before the books hear of the wish moves no money.
fn nobody_asked(problem: Problem) -> Problem {
    problem.money_moved_if_unsaid(MoneyMoved::No)
}

async fn ask(
    app: &App,
    request: &Request<App>,
    bill: &Bill,
    method: Method,
    language: Language,
    form: &PromptForm,
) -> Result<Option<Arc<str>>, Problem> {
    let phone = method.asks_on_phone().then(|| Subscriber::parse(&form.phone)).transpose();
    let phone = phone.map_err(|error| Problem::new(Code::ValidationFailed, error.to_string()))?;
    let route = format!("bill_page_prompt {}", bill.terms.id);
    // The number however it was written: a form sent twice is one wish.
    let digits = phone.map(Subscriber::digits).unwrap_or_default();
    let wished = format!("{} {digits}", method.word());
    let place =
        app.in_flight.enter_by(&form.token, &request.principal, &route, wished.as_bytes(), app.now())?;
    let wish = Wish {
        bill,
        phone,
        method,
        language,
        principal: request.principal.name(),
        guest: Some(request.head.client()),
        cause: request.head.id().as_str().into(),
        idempotency: place.idempotency.clone(),
    };
    let asked = prompts::ask_payer(app, wish).await.map_err(|error| trouble::ask(&error))?;
    Ok(asked.page)
}

/// Says on the form what is wrong. The token stays, so that sending the form again is the same wish, unless it has been
/// spent on another.
fn explain(form: &mut PromptForm, problem: &Problem, language: Language) {
    let words: &BillWords = BILL.of(language);
    let ask_words = asking(form.method.unwrap_or(Method::MpesaPrompt)).of(language);
    match problem.code() {
        Code::ValidationFailed if form.phone.trim().is_empty() => {
            form.phone_error = Some(ask_words.phone_missing)
        }
        Code::ValidationFailed => form.phone_error = Some(words.phone_wrong),
        code => {
            form.form_error = Some(match code {
                Code::IdempotencyKeyReused => words.token_spent.to_owned(),
                _ => problem.message_for_citizens().in_language(language).into_owned(),
            });
            if matches!(code, Code::IdempotencyKeyReused | Code::IdempotencyKeyMissing) {
                form.token = PromptForm::fresh().token;
            }
        }
    }
}
