//! Pages for people: a bill, a receipt, what went wrong, and the handset of a demonstration. Rendered here, complete
//! without scripts, in English and Swahili.
//!
//! Read `bill` first. Each page is a struct of what it shows, made by one function from the books and rendered by one
//! template in `gateway/templates`; what it says is in `words`, where the compiler sees to it that no language lacks a
//! sentence. `frame` is what all pages share: language, strip, style sheet, and the headers that keep an address which
//! is a secret from leaking.

mod frame;
mod moment;
mod words;

mod agencies;
mod fee_table;
mod home;
mod order;
mod search;
mod service;

mod bill;
mod bill_stream;
mod lines;
mod prompt_form;
mod receipt;

mod find_payment;
mod track;

mod problem;

mod handset;
mod handset_client;
mod qr;
mod sheet;

use std::time::Duration;

use crate::api::Access;
use crate::app::App;
use crate::http::body::BodyRule;
use crate::http::router::Route;

pub(crate) use problem::problem_page;
pub(crate) use receipt::pdf::answer as receipt_pdf;

/// The most that a form may have in bytes: a telephone number, a token, the answers about a group of visitors.
const FORM_BYTES_MAX: usize = 4 * 1024;
/// A prompt waits for the provider's own answer.
const PROMPT_DEADLINE: Duration = Duration::from_secs(30);

/// Bytes of chance in the token of a form: nobody guesses the token of another.
const TOKEN_BYTES: usize = 16;

/// What makes a form one wish, however often it is sent.
fn form_token() -> String {
    hex::encode(rand::random::<[u8; TOKEN_BYTES]>())
}

/// The rows of the public table that are pages.
pub(crate) fn routes() -> Vec<Route<App>> {
    let form = |route: Route<App>| route.body(BodyRule::Whole { bytes_max: FORM_BYTES_MAX });
    vec![
        Route::get("/", "home_in_any_language", Access::Anyone, home::choose_language),
        Route::get("/{lang}", "home_without_slash", Access::Anyone, home::add_slash),
        Route::get("/{lang}/", "home_page", Access::Anyone, home::show),
        Route::get("/{lang}/services", "search_page", Access::Anyone, search::show),
        Route::get("/{lang}/services/{slug}", "service_page", Access::Anyone, service::show),
        Route::get("/{lang}/services/{slug}/start", "question_page", Access::Anyone, order::start),
        Route::get("/{lang}/services/{slug}/check", "check_page", Access::Anyone, order::check),
        form(Route::post(
            "/{lang}/services/{slug}/check",
            "check_page_posted",
            Access::Anyone,
            order::check_posted,
        )),
        form(Route::post("/{lang}/services/{slug}/bill", "bill_page_make", Access::Anyone, order::make_bill))
            .about_money()
            .runs_to_end(),
        Route::get("/{lang}/agencies", "agencies_page", Access::Anyone, agencies::show),
        Route::get("/{lang}/bills/{id}", "bill_page", Access::WhoeverHasTheAddress, bill::show),
        Route::get(
            "/{lang}/bills/{id}/stream",
            "bill_stream",
            Access::WhoeverHasTheAddress,
            bill_stream::listen,
        )
        .quiet(),
        form(Route::post(
            "/{lang}/bills/{id}/prompt",
            "bill_page_prompt",
            Access::WhoeverHasTheAddress,
            prompt_form::submit,
        ))
        .about_money()
        .runs_to_end()
        .deadline(PROMPT_DEADLINE),
        Route::get("/{lang}/receipts/{number}", "receipt_page", Access::Anyone, receipt::show),
        Route::get("/{lang}/receipts/{number}/pdf", "receipt_pdf", Access::Anyone, receipt::pdf::show),
        Route::get("/r/{number}", "receipt_page_short", Access::Anyone, receipt::show_short),
        Route::get("/{lang}/find-payment", "find_payment_page", Access::Anyone, find_payment::show),
        form(Route::post("/{lang}/find-payment", "find_payment", Access::Anyone, find_payment::find)),
        Route::get("/{lang}/track", "track_page", Access::Anyone, track::show),
        form(Route::post("/{lang}/track", "track", Access::Anyone, track::find)),
        Route::get("/errors/{code}", "error_page", Access::Anyone, problem::show),
        Route::get(
            "/{lang}/errors/{code}",
            "error_page_in_language",
            Access::Anyone,
            problem::show_in_language,
        ),
        Route::get("/assets/{name}", "asset", Access::Anyone, frame::asset),
        Route::get("/demo/phone", "demo_phone", Access::Anyone, handset::show),
        form(Route::post("/demo/phone/pin", "demo_phone_pin", Access::Anyone, handset::press_pin)),
        form(Route::post("/demo/phone/cancel", "demo_phone_cancel", Access::Anyone, handset::press_cancel)),
        form(Route::post("/demo/phone/pay", "demo_phone_pay", Access::Anyone, handset::pay))
            .deadline(PROMPT_DEADLINE),
    ]
}

#[cfg(test)]
mod tests;
