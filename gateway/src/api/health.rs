//! Probes and metrics. Alive never looks at anything; ready looks at everything that would make us fail a caller.

use std::sync::atomic::Ordering;

use hyper::StatusCode;
use ledger::Currency;

use super::SharedApp;
use super::outage_report::differences;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::{AttemptState, revenue_day};
use crate::routing::breaker::BreakerState;
use crate::telemetry::metrics as names;

/// `GET /livez`.
pub(super) async fn live(_app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    Ok(response::text(StatusCode::OK, "ok\n"))
}

/// `GET /readyz`: a line for each check.
pub(super) async fn ready(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    let is_draining = app.is_draining.load(Ordering::Relaxed);
    let has_catalogue = app.books.readers().catalogues().in_force().is_some();
    let views = app.views.health();
    let silent: Vec<_> = app
        .routing
        .breakers()
        .into_iter()
        .filter_map(|(agency, state)| (state != BreakerState::Closed).then_some(agency))
        .collect();
    let checks = [
        ("not draining", !is_draining, true),
        ("catalogue in force", has_catalogue, true),
        ("views follow the books", views.last_error.is_none(), false),
        ("systems of agencies answer", silent.is_empty(), false),
    ];
    let mut text = String::new();
    for (name, is_well, is_needed) in checks {
        let mark = if is_well {
            "[+]"
        } else if is_needed {
            "[-]"
        } else {
            "[!]"
        };
        text.push_str(&format!("{mark} {name}\n"));
    }
    for agency in silent {
        text.push_str(&format!("    not: {agency}\n"));
    }
    let is_ready = checks.iter().all(|(_, is_well, is_needed)| *is_well || !is_needed);
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok(response::text(status, text))
}

/// `GET /metrics`.
pub(super) async fn metrics(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    measure(&app);
    measure_books(&app).await;
    app.routing.measure();
    let mut response = response::text(StatusCode::OK, app.metrics.render());
    let content_type = hyper::header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, content_type);
    Ok(response)
}

/// Gauges are read when somebody asks.
#[expect(clippy::cast_precision_loss, reason = "metrics are floats; these counts stay far below 2^53")]
fn measure(app: &App) {
    let readers = app.books.readers();
    metrics::gauge!(names::BUILD_INFO.name, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    match rustix::fs::statvfs(&app.data_folder) {
        Ok(disk) => metrics::gauge!(names::DATA_FREE_BYTES.name).set((disk.f_bavail * disk.f_frsize) as f64),
        Err(error) => tracing::debug!(%error, "The disk of the data directory cannot be asked."),
    }
    metrics::gauge!(names::BOOKS_RECORDS.name).set(app.books.head().size as f64);
    metrics::gauge!(names::BILLS_OPEN.name).set(readers.open_bill_count() as f64);
    metrics::gauge!(names::STAFF_SESSIONS.name).set(app.staff.session_count() as f64);
    let unknown =
        readers.unfinished_attempts().iter().filter(|attempt| attempt.state == AttemptState::Unknown).count();
    metrics::gauge!(names::ATTEMPTS_UNKNOWN.name).set(unknown as f64);
    let now = app.now().micros();
    let (_, (count, oldest, quarantine, unreadable)) = readers.with_totals(|totals| {
        let oldest = totals.suspense_oldest().map(ledger::LedgerTime::micros);
        (totals.suspense.len(), oldest, totals.quarantine_count, totals.unreadable_count)
    });
    metrics::gauge!(names::SUSPENSE_ITEMS.name).set(count as f64);
    let age_seconds = oldest.map_or(0, |since| (now - since).max(0) / 1_000_000);
    metrics::gauge!(names::SUSPENSE_OLDEST_AGE_SECONDS.name).set(age_seconds as f64);
    metrics::gauge!(names::QUARANTINE_ITEMS.name).set(quarantine as f64);
    metrics::gauge!(names::UNREADABLE_ITEMS.name).set(unreadable as f64);
    metrics::gauge!(names::VIEWS_LAG_RECORDS.name).set(app.views.health().lag() as f64);
}

/// What has come in today, and whether the books balance, as far as the views can say now.
#[expect(
    clippy::cast_precision_loss,
    reason = "metrics are floats; a day's sum in cents stays far below 2^53"
)]
async fn measure_books(app: &App) {
    let today = revenue_day(app.now());
    let (_, collected) = app.books.readers().with_totals(|totals| {
        // Also of yesterday: what had a value must come to nothing when a day begins.
        let days = totals.collected.iter().filter(|(key, _)| (today - 1..=today).contains(&key.day));
        days.map(|(key, total)| (key.clone(), *total)).collect::<Vec<_>>()
    });
    for (key, total) in collected {
        let minor = if key.day == today { total.minor } else { 0 };
        let name = match key.currency {
            Currency::Kes => names::COLLECTED_TODAY_KES_CENTS.name,
            Currency::Usd => names::COLLECTED_TODAY_USD_CENTS.name,
        };
        let agency = key.agency.as_deref().unwrap_or("none").to_owned();
        metrics::gauge!(name, "agency" => agency, "channel" => key.channel.to_string()).set(minor as f64);
    }
    measure_counters(app);
    match app.views.reader().imbalance().await {
        Ok(found) => {
            for apart in found.found {
                let currency = apart.currency.code();
                metrics::gauge!(names::LEDGER_IMBALANCE_CENTS.name, "currency" => currency)
                    .set(apart.minor as f64);
            }
        }
        Err(error) => tracing::debug!(%error, "The views do not say now whether the books balance."),
    }
    match app.views.reader().collection_accounts().await {
        Ok(found) => {
            for (currency, minor) in differences(&app.channels, &found.found) {
                metrics::gauge!(names::FALLBACK_DIFFERENCE_CENTS.name, "currency" => currency.code())
                    .set(minor as f64);
            }
        }
        Err(error) => tracing::debug!(%error, "The views do not say now whether fallback money adds up."),
    }
}

/// What waits at each counter that there is, also when that is nothing any more.
#[allow(
    clippy::cast_precision_loss,
    reason = "metrics are floats; what a drawer lacks is far below 2^53 cents"
)]
fn measure_counters(app: &App) {
    let counters = app.books.readers().counters();
    for terms in app.channels.iter().filter_map(|channel| channel.counter()) {
        let (short, over) = counters.waiting_at(terms.counter());
        for (direction, cents) in [("short", short), ("over", over)] {
            let counter = terms.counter().to_owned();
            let name = names::COUNTER_DIFFERENCE_WAITING_CENTS.name;
            metrics::gauge!(name, "counter" => counter, "direction" => direction).set(cents as f64);
        }
    }
}

/// `POST /admin/views/rebuild`.
pub(super) async fn rebuild_views(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    app.views.rebuild();
    let mut response = response::no_content();
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}
