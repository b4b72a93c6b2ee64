//! What the three listeners answer: one table of routes each, every row with the rule of who may call it.
//!
//! A file for each resource: its wire types first, then its handlers. Wire types live here and nowhere else; the books
//! and the catalogue have their own. Reads of bills, attempts and receipts by number are strongly consistent with the
//! books; lists come from the views and say at which sequence they are true.

mod access;
mod applications;
mod attempts;
mod availability;
mod bills;
mod callbacks;
mod catalogue;
mod collections;
mod counters;
mod events;
mod fees;
mod gate;
mod gates;
mod health;
mod inquiries;
mod instructions;
mod keys;
mod lists;
mod live;
mod messages;
mod next_ways;
mod openapi;
mod operators;
mod outage_report;
mod outages;
mod passes;
mod prompt_results;
mod receipts;
mod services;
mod staff;
mod statements;
mod sweeps;
pub(crate) mod trouble;
mod usage;
mod used_twice;
mod webhook_endpoints;

use std::sync::Arc;
use std::time::Duration;

use hyper::Method;

use crate::app::App;
use crate::books::MONEY_WAIT_MAX;
use crate::http::admission::Lane;
use crate::http::body::BodyRule;
use crate::http::router::{Route, RouteTableError, Routes};

pub use access::{Access, Principal, RowScope};
use access::{
    CASHIERS, CHECKERS, CLOSERS, COUNTER_CLOSERS, COUNTER_SUPERVISORS, DEVICES, GATES, INTEGRATORS, LOOKERS,
    MAKERS, READERS_OF_BILLS, READERS_OF_COUNTERS, READERS_OF_DOUBT, READERS_OF_DRAFTS, READERS_OF_EVENTS,
    READERS_OF_FEEDBACK, READERS_OF_OUTAGES, READERS_OF_SWEEPS, READERS_OF_TOTALS, SENDERS_OF_STATEMENTS,
    SPEAKERS_OF_CHANNELS, SWEEPERS,
};
pub(crate) use access::{
    authorize, authorize_staff, cookie_of, no_rows, provider_cookie, session_cookie, session_token,
};
pub(crate) use callbacks::{check_caller, check_other_provider};
pub(crate) use events::EventBody;
pub(crate) use gate::{let_in, no_verdict, read_gate};
pub(crate) use keys::make_key;
pub use keys::{KeyBody, KeyList, NewKey};
pub(crate) use lists::no_answer;
pub(crate) use messages::check_carrier;
pub(crate) use openapi::DOCUMENT;
pub(crate) use operators::make_invoice;
pub use outages::{
    ChannelBody, OutageBody, OutageRequest, ReasonBody, ScopeRequest, StatusBody, WhyBody, WindowBody,
};
pub(crate) use passes::{ClaimFault, devices_of_site, put_to_pass};
pub(crate) use receipts::{key_set, no_receipt, read_number};
pub(crate) use services::no_such_service;
pub(crate) use staff::new_account;
pub use staff::{NewStaff, ProviderName, StaffBody, StaffList};
pub use statements::{DifferentRowBody, FileBody, StatementBody};

/// The most that a callback may have in bytes; the largest that is documented has under two thousand.
const CALLBACK_BYTES_MAX: usize = 16 * 1024;
/// A prompt waits for the provider's own answer.
const PROMPT_DEADLINE: Duration = Duration::from_secs(30);

/// The most that a catalogue that is sent may have in bytes: three times one of 22,000 services.
const CATALOGUE_BYTES_MAX: usize = 96 << 20;
/// The most that a file of reports on applications may have in bytes: four hundred lines as long as they get.
pub(crate) const APPLICATIONS_BYTES_MAX: usize = 256 * 1024;
/// A whole catalogue is received and checked.
const CATALOGUE_DEADLINE: Duration = Duration::from_secs(60);

/// The most that a statement may have in bytes: a day of the country has forty millions.
const STATEMENT_BYTES_MAX: usize = 96 << 20;
/// A statement is received, and what is new in it is booked.
const STATEMENT_DEADLINE: Duration = Duration::from_secs(300);

/// What citizens, agencies, the Treasury and the Auditor reach.
pub fn public_routes() -> Result<Routes<App>, RouteTableError> {
    let mut routes = vec![
        Route::get("/v1/services", "service_list", Access::Anyone, services::list).quiet(),
        Route::get("/v1/services/{slug}", "service_show", Access::Anyone, services::show).quiet(),
        Route::get("/v1/services/{slug}/fees", "service_fees", Access::Anyone, fees::on_day),
        Route::post("/v1/services/{slug}/price", "service_price", Access::Anyone, fees::price),
        Route::post(
            "/v1/services/{slug}/availability",
            "service_availability_set",
            CLOSERS,
            availability::set_of_service,
        ),
        Route::post(
            "/v1/agencies/{code}/availability",
            "agency_availability_set",
            CLOSERS,
            availability::set_of_agency,
        ),
        Route::get("/v1/availability", "availability_list", Access::Anyone, availability::show),
        Route::get("/v1/status", "status", Access::Anyone, outages::status),
        Route::post("/v1/outages", "outage_begin", SPEAKERS_OF_CHANNELS, outages::begin).runs_to_end(),
        Route::post("/v1/outages/end", "outage_end", SPEAKERS_OF_CHANNELS, outages::end).runs_to_end(),
        Route::get("/v1/outages/{id}/report", "outage_report", READERS_OF_OUTAGES, outage_report::show),
        Route::post("/v1/channel_windows", "channel_window_plan", SPEAKERS_OF_CHANNELS, outages::plan)
            .runs_to_end(),
        Route::post(
            "/v1/channel_windows/{id}/end",
            "channel_window_end",
            SPEAKERS_OF_CHANNELS,
            outages::end_window,
        )
        .runs_to_end(),
        Route::get("/v1/catalogue", "catalogue_whole", Access::Anyone, catalogue::whole),
        Route::get("/v1/catalogue/changes", "catalogue_changes", Access::Anyone, catalogue::changes)
            .deadline(CATALOGUE_DEADLINE),
        Route::get(
            "/v1/catalogue/linked-data",
            "catalogue_linked_data",
            Access::Anyone,
            catalogue::linked_data,
        ),
        Route::get("/v1/catalogue/drafts", "catalogue_draft_list", READERS_OF_DRAFTS, catalogue::drafts),
        Route::post("/v1/catalogue/drafts", "catalogue_draft_create", MAKERS, catalogue::draft)
            .body(BodyRule::Whole { bytes_max: CATALOGUE_BYTES_MAX })
            .runs_to_end()
            .deadline(CATALOGUE_DEADLINE),
        Route::get(
            "/v1/catalogue/drafts/{hash}",
            "catalogue_draft_show",
            READERS_OF_DRAFTS,
            catalogue::show_draft,
        )
        .deadline(CATALOGUE_DEADLINE),
        Route::post("/v1/catalogue/drafts/{hash}/publish", "catalogue_publish", CHECKERS, catalogue::publish)
            .runs_to_end()
            .deadline(CATALOGUE_DEADLINE),
        Route::post(
            "/v1/catalogue/drafts/{hash}/withdraw",
            "catalogue_withdraw",
            MAKERS,
            catalogue::withdraw,
        )
        .runs_to_end(),
        Route::post("/v1/catalogue/rollbacks", "catalogue_roll_back", MAKERS, catalogue::roll_back)
            .runs_to_end()
            .deadline(CATALOGUE_DEADLINE),
        Route::post("/v1/bills", "bill_create", INTEGRATORS, bills::create).about_money().runs_to_end(),
        Route::get("/v1/bills", "bill_list", READERS_OF_BILLS, lists::bills),
        Route::get("/v1/bills/{id}", "bill_show", READERS_OF_BILLS, bills::show),
        Route::post("/v1/bills/{id}/cancel", "bill_cancel", INTEGRATORS, bills::cancel)
            .about_money()
            .runs_to_end(),
        Route::post("/v1/bills/{id}/attempts", "attempt_create", INTEGRATORS, attempts::create)
            .about_money()
            .runs_to_end()
            .deadline(PROMPT_DEADLINE),
        Route::get("/v1/attempts", "attempt_list", READERS_OF_DOUBT, lists::unknown_attempts),
        Route::get("/v1/applications", "application_list", READERS_OF_BILLS, applications::list),
        Route::get(
            "/v1/applications/uncollected",
            "application_uncollected",
            READERS_OF_TOTALS,
            applications::uncollected,
        ),
        Route::get(
            "/v1/applications/promises",
            "application_promises",
            READERS_OF_TOTALS,
            applications::promises,
        ),
        Route::post("/v1/applications/batches", "application_batch", INTEGRATORS, applications::batch)
            .body(BodyRule::Whole { bytes_max: APPLICATIONS_BYTES_MAX })
            .runs_to_end(),
        Route::get("/v1/applications/{ref}", "application_show", READERS_OF_BILLS, applications::show),
        Route::post("/v1/applications/{ref}/events", "application_report", INTEGRATORS, applications::report)
            .runs_to_end(),
        Route::post("/v1/statements/mpesa", "statement_mpesa", SENDERS_OF_STATEMENTS, statements::mpesa)
            .body(BodyRule::Whole { bytes_max: STATEMENT_BYTES_MAX })
            .runs_to_end()
            .deadline(STATEMENT_DEADLINE),
        Route::post("/v1/statements/{kind}", "statement_file", SENDERS_OF_STATEMENTS, statements::file)
            .body(BodyRule::Whole { bytes_max: STATEMENT_BYTES_MAX })
            .runs_to_end()
            .deadline(STATEMENT_DEADLINE),
        Route::get("/v1/sweeps", "sweep_list", READERS_OF_SWEEPS, sweeps::list),
        Route::post("/v1/sweeps", "sweep_send", SWEEPERS, sweeps::send).about_money().runs_to_end(),
        Route::post("/v1/sweeps/{id}/confirmation", "sweep_confirm", SWEEPERS, sweeps::confirm)
            .about_money()
            .runs_to_end(),
        Route::post("/v1/sweeps/{id}/return", "sweep_return", SWEEPERS, sweeps::take_back)
            .about_money()
            .runs_to_end(),
        Route::get("/v1/counters/{counter}", "counter_show", READERS_OF_COUNTERS, counters::show),
        Route::post("/v1/counters/{counter}/lookups", "counter_lookup", CASHIERS, counters::lookup),
        Route::post("/v1/counters/{counter}/shifts", "counter_shift_open", CASHIERS, counters::open)
            .about_money()
            .runs_to_end(),
        Route::post(
            "/v1/counters/{counter}/shifts/{shift}/payments",
            "counter_cash_take",
            CASHIERS,
            counters::take,
        )
        .about_money()
        .runs_to_end(),
        Route::post(
            "/v1/counters/{counter}/shifts/{shift}/close",
            "counter_shift_close",
            COUNTER_CLOSERS,
            counters::close,
        )
        .about_money()
        .runs_to_end(),
        Route::post(
            "/v1/counters/{counter}/shifts/{shift}/approve",
            "counter_shift_approve",
            COUNTER_SUPERVISORS,
            counters::approve,
        )
        .about_money()
        .runs_to_end(),
        Route::post(
            "/v1/counters/{counter}/shifts/{shift}/refuse",
            "counter_shift_refuse",
            COUNTER_SUPERVISORS,
            counters::refuse,
        )
        .about_money()
        .runs_to_end(),
        Route::get("/v1/suspense", "suspense_list", READERS_OF_DOUBT, lists::suspense),
        Route::get("/v1/quarantine", "quarantine_list", READERS_OF_DOUBT, lists::quarantine),
        Route::get("/v1/attempts/{id}", "attempt_show", READERS_OF_BILLS, attempts::show),
        Route::post("/v1/lookups", "lookup", LOOKERS, gate::lookup),
        Route::post("/v1/visits", "visit_create", GATES, gate::visit),
        Route::get("/v1/gates", "gate_list", READERS_OF_BILLS, gates::list),
        Route::post("/v1/gates/{site}/devices", "gate_device_certify", INTEGRATORS, gates::certify)
            .runs_to_end(),
        Route::post(
            "/v1/gates/{site}/devices/{device}/revoke",
            "gate_device_revoke",
            INTEGRATORS,
            gates::revoke,
        )
        .runs_to_end(),
        Route::get("/v1/gates/{site}/pack", "gate_pack", GATES, gates::pack),
        Route::post("/v1/gates/{site}/batches", "gate_batch_take", GATES, gates::take).runs_to_end(),
        Route::post("/v1/gates/{site}/numbers", "gate_numbers_keep", DEVICES, passes::keep_numbers)
            .runs_to_end(),
        Route::get("/v1/gates/passes", "gate_pass_list", READERS_OF_BILLS, passes::list),
        Route::post("/v1/gates/passes/{payment_number}/claims", "gate_pass_claim", GATES, passes::claim)
            .runs_to_end(),
        Route::get("/v1/gates/invoices", "gate_invoice_list", READERS_OF_BILLS, operators::invoices),
        Route::get("/v1/gates/operators", "gate_operator_list", READERS_OF_BILLS, operators::list),
        Route::post("/v1/gates/operators", "gate_operator_name", INTEGRATORS, operators::name)
            .about_money()
            .runs_to_end(),
        Route::post(
            "/v1/gates/operators/{code}/invoice",
            "gate_operator_invoice",
            INTEGRATORS,
            operators::invoice,
        )
        .about_money()
        .runs_to_end(),
        Route::get("/v1/receipts/{number}", "receipt_show", Access::Anyone, receipts::show),
        Route::post("/v1/receipts/verify", "receipt_verify", Access::Anyone, receipts::verify),
        Route::get("/v1/keys", "key_set", Access::Anyone, receipts::keys),
        Route::get("/v1/checkpoint", "checkpoint", Access::Anyone, receipts::checkpoint),
        Route::get("/v1/collections/summary", "collections_summary", READERS_OF_TOTALS, collections::summary),
        Route::get("/v1/collections/live", "collections_live", READERS_OF_TOTALS, live::show),
        Route::get("/v1/collections/stream", "collections_stream", READERS_OF_TOTALS, live::stream),
        Route::get("/v1/messages", "message_list", READERS_OF_BILLS, messages::list),
        Route::get("/v1/feedback", "feedback", READERS_OF_FEEDBACK, messages::feedback),
        Route::get("/v1/usage", "usage", READERS_OF_TOTALS, usage::usage),
        Route::get("/v1/usage/silent", "usage_silent", READERS_OF_TOTALS, usage::silent),
        Route::get("/v1/events", "event_list", READERS_OF_EVENTS, events::list),
        Route::get("/v1/events/{id}", "event_show", READERS_OF_EVENTS, events::show),
        Route::post("/v1/events/{id}/redeliver", "event_redeliver", INTEGRATORS, events::redeliver)
            .runs_to_end(),
        Route::get("/v1/webhook_endpoints", "webhook_endpoint_list", INTEGRATORS, webhook_endpoints::list),
        Route::post(
            "/v1/webhook_endpoints",
            "webhook_endpoint_create",
            INTEGRATORS,
            webhook_endpoints::create,
        )
        .runs_to_end(),
        Route::get(
            "/v1/webhook_endpoints/{id}",
            "webhook_endpoint_show",
            INTEGRATORS,
            webhook_endpoints::show,
        ),
        Route::new(
            Method::PATCH,
            "/v1/webhook_endpoints/{id}",
            "webhook_endpoint_change",
            INTEGRATORS,
            webhook_endpoints::change,
        )
        .runs_to_end(),
        Route::new(
            Method::DELETE,
            "/v1/webhook_endpoints/{id}",
            "webhook_endpoint_delete",
            INTEGRATORS,
            webhook_endpoints::delete,
        )
        .body(BodyRule::Absent)
        .runs_to_end(),
        Route::post(
            "/v1/webhook_endpoints/{id}/rotate",
            "webhook_endpoint_rotate",
            INTEGRATORS,
            webhook_endpoints::rotate,
        )
        .runs_to_end(),
        Route::get(
            "/v1/webhook_endpoints/{id}/deliveries",
            "webhook_endpoint_deliveries",
            INTEGRATORS,
            webhook_endpoints::deliveries,
        ),
        Route::get("/openapi.json", "openapi", Access::Anyone, openapi::show),
    ];
    routes.extend(crate::pages::routes());
    routes.extend(crate::routing::routes());
    Routes::new(routes)
}

/// What Safaricom and providers of text messages reach.
pub fn callback_routes() -> Result<Routes<App>, RouteTableError> {
    let money_in = Lane::MoneyIn { wait_max: MONEY_WAIT_MAX };
    let callback = |route: Route<App>| route.body(BodyRule::Whole { bytes_max: CALLBACK_BYTES_MAX }).quiet();
    Routes::new(vec![
        callback(Route::post(
            "/cb/{token}/c2b/validate",
            "callback_validate",
            Access::Provider,
            callbacks::validate,
        )),
        callback(Route::post(
            "/cb/{token}/c2b/confirm",
            "callback_confirm",
            Access::Provider,
            callbacks::confirm,
        ))
        .about_money()
        .lane(money_in),
        callback(Route::post(
            "/cb/{token}/stk/{attempt}",
            "callback_prompt",
            Access::Provider,
            callbacks::prompt,
        ))
        .about_money()
        .lane(money_in),
        callback(Route::post(
            "/cb/{token}/bank/{name}/inquiry",
            "callback_bank_inquiry",
            Access::OtherProvider,
            callbacks::bank_inquiry,
        )),
        callback(Route::post(
            "/cb/{token}/bank/{name}/notify",
            "callback_bank_notify",
            Access::OtherProvider,
            callbacks::bank_notify,
        ))
        .about_money()
        .lane(money_in),
        callback(Route::post(
            "/cb/{token}/airtel",
            "callback_airtel",
            Access::OtherProvider,
            callbacks::airtel,
        ))
        .about_money()
        .lane(money_in),
        callback(Route::post("/cb/{token}/card", "callback_card", Access::OtherProvider, callbacks::card))
            .about_money()
            .lane(money_in),
        // Words that Safaricom refuses in addresses stand in none of these either. They have no place among those of money.
        callback(Route::post(
            "/cb/{token}/sms/{provider}/report",
            "callback_message_report",
            Access::MessageProvider,
            messages::report,
        )),
        callback(Route::post(
            "/cb/{token}/sms/{provider}/incoming",
            "callback_message_incoming",
            Access::MessageProvider,
            messages::incoming,
        )),
    ])
}

/// What the operator of this machine reaches.
pub fn admin_routes() -> Result<Routes<App>, RouteTableError> {
    Routes::new(vec![
        Route::get("/livez", "live", Access::ThisMachine, health::live).quiet(),
        Route::get("/readyz", "ready", Access::ThisMachine, health::ready).quiet(),
        Route::get("/metrics", "metrics", Access::ThisMachine, health::metrics).quiet(),
        Route::get("/admin/keys", "admin_key_list", Access::Operator, keys::list),
        Route::post("/admin/keys", "admin_key_create", Access::Operator, keys::create),
        Route::post("/admin/keys/{id}/revoke", "admin_key_revoke", Access::Operator, keys::revoke),
        Route::get("/admin/staff", "admin_staff_list", Access::Operator, staff::list),
        Route::post("/admin/staff", "admin_staff_add", Access::Operator, staff::add).runs_to_end(),
        Route::post("/admin/staff/{id}/end", "admin_staff_end", Access::Operator, staff::end).runs_to_end(),
        Route::post("/admin/staff/{id}/reset", "admin_staff_reset", Access::Operator, staff::reset)
            .runs_to_end(),
        Route::post(
            "/admin/staff/{id}/provider-name",
            "admin_staff_provider_name",
            Access::Operator,
            staff::name_at_provider,
        )
        .runs_to_end(),
        Route::get("/admin/status", "admin_status", Access::Operator, outages::status),
        Route::post("/admin/outages", "admin_outage_begin", Access::Operator, outages::begin).runs_to_end(),
        Route::post("/admin/outages/end", "admin_outage_end", Access::Operator, outages::end).runs_to_end(),
        Route::get(
            "/admin/outages/{id}/report",
            "admin_outage_report",
            Access::Operator,
            outage_report::show,
        ),
        Route::post("/admin/statements/mpesa", "admin_statement_mpesa", Access::Operator, statements::mpesa)
            .body(BodyRule::Whole { bytes_max: STATEMENT_BYTES_MAX })
            .lane(Lane::Apart)
            .runs_to_end()
            .deadline(STATEMENT_DEADLINE),
        Route::post("/admin/statements/{kind}", "admin_statement_file", Access::Operator, statements::file)
            .body(BodyRule::Whole { bytes_max: STATEMENT_BYTES_MAX })
            .lane(Lane::Apart)
            .runs_to_end()
            .deadline(STATEMENT_DEADLINE),
        // Whoever waits for a rebuild takes no place that a probe needs.
        Route::post("/admin/catalogue/reload", "admin_catalogue_reload", Access::Operator, catalogue::reload)
            .lane(Lane::Apart)
            .runs_to_end()
            .deadline(CATALOGUE_DEADLINE),
        Route::post("/admin/views/rebuild", "admin_views_rebuild", Access::Operator, health::rebuild_views),
    ])
}

/// The application as handlers receive it.
type SharedApp = Arc<App>;
