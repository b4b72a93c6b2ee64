//! Pages for people: a bill, a receipt, what went wrong, and the handset of a demonstration. Rendered here, complete
//! without scripts, in English and Swahili.
//!
//! Read `bill` first. Each page is a struct of what it shows, made by one function from the books and rendered by one
//! template in `gateway/templates`; what it says is in `words`, where the compiler sees to it that no language lacks a
//! sentence. `frame` is what all pages share: language, strip, style sheet, and the headers that keep an address which
//! is a secret from leaking.

mod assets;
mod frame;
mod moment;
mod next_ways;
mod words;

mod agencies;
mod counter;
mod docs;
mod fee_table;
mod home;
mod order;
mod search;
mod service;

mod bill;
mod bill_stream;
mod leaves;
mod lines;
mod prompt_form;
mod receipt;
mod ways;

mod bulletin;
mod find_payment;
mod status;
mod status_feed;
mod track;

mod problem;

mod agency;
mod gate;
mod gate_alone;
mod gate_passes;
mod gate_problem;
mod live;
mod staff;

mod handset;
mod handset_client;
mod qr;
mod sheet;
mod text_messages;
mod verifier;

use std::time::Duration;

use crate::access::{Role, STAFF_ROLES};
use crate::api::{APPLICATIONS_BYTES_MAX, Access};
use crate::app::App;
use crate::http::body::BodyRule;
use crate::http::router::Route;

pub(crate) use agency::Downloads;
use agency::{applications, passes};
pub(crate) use bulletin::bulletin_page;
pub(crate) use gate_alone::{gate_alone_page, gate_alone_style};
pub(crate) use gate_passes::{
    gate_pass_code, gate_pass_form_page, gate_pass_page, gate_passes_page, no_such_pass,
};
pub(crate) use gate_problem::gate_problem_page;
pub(crate) use problem::problem_page;
pub(crate) use receipt::pdf::answer as receipt_pdf;
use staff::{staff_form, staff_upload};
pub(crate) use verifier::{fingerprint, verifier_page};
pub(crate) use ways::why_not;

/// The most that a form may have in bytes: a telephone number, a token, the answers about a group of visitors.
const FORM_BYTES_MAX: usize = 4 * 1024;
/// The most that a form with a file of reports may have: the file, and what the form adds.
const UPLOAD_BYTES_MAX: usize = APPLICATIONS_BYTES_MAX + FORM_BYTES_MAX;
/// A prompt waits for the provider's own answer.
const PROMPT_DEADLINE: Duration = Duration::from_secs(30);
/// Signing in through an identity provider waits for four answers of it at most, each four seconds: its document, a token, its
/// keys, and its keys anew.
const PROVIDER_DEADLINE: Duration = Duration::from_secs(20);

/// Bytes of chance in the token of a form: nobody guesses the token of another.
const TOKEN_BYTES: usize = 16;

/// What makes a form one wish, however often it is sent.
pub(crate) fn form_token() -> String {
    hex::encode(rand::random::<[u8; TOKEN_BYTES]>())
}

/// Everybody who signs in.
const STAFF: Access = Access::Staff(&STAFF_ROLES);

/// Look at what an agency has collected: an agency's people at their own, Treasury and Auditor at any.
const CONSOLE: Access = Access::Staff(&[Role::AgencyViewer, Role::Treasury, Role::Auditor]);

/// Watch what all agencies collect.
const TREASURY: Access = Access::Staff(&[Role::Treasury, Role::Auditor]);

/// Look at what becomes of applications: an agency's people at those of their own, Treasury and Auditor at any.
const APPLICATIONS: Access =
    Access::Staff(&[Role::AgencyOfficer, Role::AgencyViewer, Role::Treasury, Role::Auditor]);

/// Report what becomes of applications, put money to passes, and invoice tour operators.
const OFFICERS: Access = Access::Staff(&[Role::AgencyOfficer]);

/// Look at provisional passes: an agency's people at those of their own, Treasury and Auditor at any.
const PASSES: Access = APPLICATIONS;

/// Let people in.
const AT_GATE: Access = Access::Staff(&[Role::AgencyGate]);

/// Take cash.
const AT_COUNTER: Access = Access::Staff(&[Role::Cashier]);
/// Look at a counter, and end a shift there.
const NEAR_COUNTER: Access = Access::Staff(&[Role::Cashier, Role::CounterSupervisor]);
/// Agree to what lacks there.
const OVER_COUNTER: Access = Access::Staff(&[Role::CounterSupervisor]);

/// A value as it stands in a query.
fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
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
        Route::get(verifier::PATH, "offline_verifier", Access::Anyone, verifier::show),
        Route::get("/{lang}/find-payment", "find_payment_page", Access::Anyone, find_payment::show),
        form(Route::post("/{lang}/find-payment", "find_payment", Access::Anyone, find_payment::find)),
        Route::get("/{lang}/track", "track_page", Access::Anyone, track::show),
        form(Route::post("/{lang}/track", "track", Access::Anyone, track::find)),
        Route::get("/{lang}/status", "status_page", Access::Anyone, status::show),
        Route::get("/status.atom", "status_feed", Access::Anyone, status_feed::show),
        Route::get("/errors/{code}", "error_page", Access::Anyone, problem::show),
        Route::get(
            "/{lang}/errors/{code}",
            "error_page_in_language",
            Access::Anyone,
            problem::show_in_language,
        ),
        Route::get("/docs", "docs", Access::Anyone, docs::show),
        Route::get("/docs/alerts", "docs_alerts", Access::Anyone, docs::alerts::show),
        Route::get("/docs/groups/{group}", "docs_group", Access::Anyone, docs::show_group),
        Route::get("/docs/objects/{object}", "docs_object", Access::Anyone, docs::show_object),
        Route::get("/docs/{operation}", "docs_operation", Access::Anyone, docs::show_operation),
        Route::get("/assets/{name}", "asset", Access::Anyone, assets::show),
        Route::get("/{lang}/agency/", "console_today", CONSOLE, agency::today),
        Route::get("/{lang}/agency/live", "agency_live", CONSOLE, live::agency),
        Route::get("/{lang}/agency/live/stream", "agency_live_stream", CONSOLE, live::agency_stream),
        Route::get("/{lang}/treasury/live", "treasury_live", TREASURY, live::treasury),
        Route::get("/{lang}/treasury/live/stream", "treasury_live_stream", TREASURY, live::treasury_stream),
        Route::get("/{lang}/agency/transactions", "console_transactions", CONSOLE, agency::transactions),
        Route::get("/{lang}/agency/transactions.csv", "console_transactions_csv", CONSOLE, agency::csv),
        Route::get("/{lang}/agency/transactions.xlsx", "console_transactions_xlsx", CONSOLE, agency::xlsx),
        Route::get("/{lang}/agency/bills/{number}", "console_bill", CONSOLE, agency::life),
        Route::get("/{lang}/agency/applications", "console_applications", APPLICATIONS, applications::list),
        form(staff_form(
            "/{lang}/agency/applications/ready",
            "console_applications_ready",
            OFFICERS,
            applications::ready,
        ))
        .runs_to_end(),
        staff_upload(
            "/{lang}/agency/applications/file",
            "console_applications_file",
            OFFICERS,
            applications::upload,
        )
        .body(BodyRule::Whole { bytes_max: UPLOAD_BYTES_MAX })
        .runs_to_end(),
        Route::get(
            "/{lang}/agency/applications/uncollected",
            "console_uncollected",
            APPLICATIONS,
            applications::uncollected,
        ),
        Route::get(
            "/{lang}/agency/applications/uncollected.csv",
            "console_uncollected_csv",
            APPLICATIONS,
            applications::uncollected_csv,
        ),
        Route::get(
            "/{lang}/agency/applications/uncollected.xlsx",
            "console_uncollected_xlsx",
            APPLICATIONS,
            applications::uncollected_xlsx,
        ),
        Route::get(
            "/{lang}/agency/applications/promises",
            "console_promises",
            APPLICATIONS,
            applications::promises,
        ),
        Route::get(
            "/{lang}/agency/applications/promises.csv",
            "console_promises_csv",
            APPLICATIONS,
            applications::promises_csv,
        ),
        Route::get(
            "/{lang}/agency/applications/promises.xlsx",
            "console_promises_xlsx",
            APPLICATIONS,
            applications::promises_xlsx,
        ),
        Route::get(
            "/{lang}/agency/applications/{number}",
            "console_application",
            APPLICATIONS,
            applications::one,
        ),
        form(staff_form(
            "/{lang}/agency/applications/{number}",
            "console_application_report",
            OFFICERS,
            applications::report,
        ))
        .runs_to_end(),
        Route::get("/{lang}/agency/passes", "console_passes", PASSES, passes::list),
        Route::get("/{lang}/agency/passes/operators", "console_operators", PASSES, passes::operators),
        form(staff_form(
            "/{lang}/agency/passes/operators",
            "console_invoice_make",
            OFFICERS,
            passes::make_invoice,
        ))
        .runs_to_end(),
        Route::get("/{lang}/agency/passes/invoices", "console_invoices", PASSES, passes::invoices),
        Route::get("/{lang}/agency/passes/invoices/{number}", "console_invoice", PASSES, passes::invoice),
        Route::get("/{lang}/agency/passes/{number}", "console_pass", PASSES, passes::one),
        form(staff_form("/{lang}/agency/passes/{number}", "console_pass_claim", OFFICERS, passes::claim))
            .runs_to_end(),
        Route::get("/{lang}/gate", "gate_screen", AT_GATE, gate::show),
        form(staff_form("/{lang}/gate", "gate_check", AT_GATE, gate::check)),
        form(staff_form("/{lang}/gate/visits", "gate_let_in", AT_GATE, gate::visit)).runs_to_end(),
        Route::get("/{lang}/counter", "counter_page", NEAR_COUNTER, counter::show),
        form(staff_form("/{lang}/counter/find", "counter_page_find", AT_COUNTER, counter::find)),
        form(staff_form("/{lang}/counter/open", "counter_page_open", AT_COUNTER, counter::open))
            .runs_to_end(),
        form(staff_form("/{lang}/counter/take", "counter_page_take", AT_COUNTER, counter::take))
            .runs_to_end(),
        form(staff_form("/{lang}/counter/close", "counter_page_close", NEAR_COUNTER, counter::close))
            .runs_to_end(),
        form(staff_form("/{lang}/counter/approve", "counter_page_approve", OVER_COUNTER, counter::approve))
            .runs_to_end(),
        form(staff_form("/{lang}/counter/refuse", "counter_page_refuse", OVER_COUNTER, counter::refuse))
            .runs_to_end(),
        Route::get("/{lang}/staff/sign-in", "staff_sign_in", Access::Anyone, staff::sign_in::show),
        form(Route::post(
            "/{lang}/staff/sign-in",
            "staff_sign_in_posted",
            Access::Anyone,
            staff::sign_in::submit,
        )),
        Route::get(
            "/{lang}/staff/sign-in/provider",
            "staff_provider_begin",
            Access::Anyone,
            staff::provider::begin,
        )
        .deadline(PROVIDER_DEADLINE),
        Route::get(
            crate::staff::RETURN_PATH,
            "staff_provider_finish",
            Access::Anyone,
            staff::provider::finish,
        )
        .deadline(PROVIDER_DEADLINE),
        form(staff_form("/{lang}/staff/sign-out", "staff_sign_out", STAFF, staff::sign_in::sign_out)),
        Route::get("/{lang}/staff/set-up", "staff_set_up", Access::Anyone, staff::set_up::show),
        form(Route::post(
            "/{lang}/staff/set-up",
            "staff_set_up_posted",
            Access::Anyone,
            staff::set_up::submit,
        ))
        .runs_to_end(),
        Route::get("/demo/staff", "demo_staff", Access::Anyone, staff::demo::show),
        Route::get("/demo/phone", "demo_phone", Access::Anyone, handset::show),
        form(Route::post("/demo/phone/pin", "demo_phone_pin", Access::Anyone, handset::press_pin)),
        form(Route::post("/demo/phone/cancel", "demo_phone_cancel", Access::Anyone, handset::press_cancel)),
        form(Route::post("/demo/phone/pay", "demo_phone_pay", Access::Anyone, handset::pay))
            .deadline(PROMPT_DEADLINE),
        Route::get("/demo/sms", "demo_text_messages", Access::Anyone, text_messages::show),
        form(Route::post(
            "/demo/sms/answer",
            "demo_text_message_answer",
            Access::Anyone,
            text_messages::answer,
        )),
    ]
}

#[cfg(test)]
mod tests;
