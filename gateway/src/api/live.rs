//! Live collections: what has come in today, with what it is compared with and what is in doubt, at once or as a stream.

use catalog::{Catalogue, Text};
use hyper::StatusCode;
use ledger::Currency;
use serde::Serialize;

use super::SharedApp;
use super::collections::{SumBody, TotalBody, date_of};
use super::lists::views_scope;
use crate::app::App;
use crate::clock::format_rfc3339;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::live::{Detail, Doubt, Figures, NotAllowed};

#[derive(Serialize)]
struct LiveBody {
    /// The revenue day, East Africa Time.
    day: String,
    collected: Vec<CollectedBody>,
    /// By whose the money is, what came most first.
    agencies: Vec<AgencyBody>,
    channels: Vec<ChannelBody>,
    doubt: DoubtBody,
    /// Absent while the views do not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<DetailBody>,
    as_of: String,
    as_of_sequence: u64,
    /// How many records `detail` is behind.
    lag_records: u64,
}

#[derive(Serialize)]
struct CollectedBody {
    #[serde(flatten)]
    today: TotalBody,
    /// The same weekday last week, the whole day.
    last_week: TotalBody,
}

#[derive(Serialize)]
struct AgencyBody {
    /// Absent for money in suspense, and for the convenience fee.
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Text>,
    #[serde(flatten)]
    total: TotalBody,
}

#[derive(Serialize)]
struct ChannelBody {
    channel: String,
    #[serde(flatten)]
    total: TotalBody,
}

#[derive(Serialize)]
struct DoubtBody {
    suspense: Vec<TotalBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suspense_oldest_age_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable_count: Option<u64>,
    unknown_attempt_count: usize,
}

#[derive(Serialize)]
struct DetailBody {
    curves: Vec<CurveBody>,
    services: Vec<ServiceBody>,
    as_of_sequence: u64,
}

#[derive(Serialize)]
struct CurveBody {
    currency: Currency,
    /// What had come in by the end of each quarter of an hour, in minor units; empty if nothing did.
    today: Vec<i128>,
    last_week: Vec<i128>,
    /// Last week up to this minute of the day.
    last_week_by_now: TotalBody,
    /// In the newest minute that is over.
    last_minute: TotalBody,
}

#[derive(Serialize)]
struct ServiceBody {
    service: String,
    agency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Text>,
    /// Bills completed today.
    paid: u64,
    collected: Vec<SumBody>,
}

/// `GET /v1/collections/live`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let scope = views_scope(&request)?;
    let figures = app.live.figures(&app, &scope).await;
    Ok(response::not_stored(response::json(StatusCode::OK, &body(&app, &figures))))
}

/// `GET /v1/collections/stream`: the same, as server-sent events.
pub(super) async fn stream(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let scope = views_scope(&request)?;
    let for_stream = SharedApp::clone(&app);
    let principal = request.principal.clone();
    let render = move |figures: &Figures| {
        if !principal.is_in_force(&for_stream) {
            return Err(NotAllowed);
        }
        serde_json::to_string(&body(&for_stream, figures)).map_err(|_| NotAllowed)
    };
    app.live.stream(&app, &request.head, &scope, render).await
}

fn body(app: &App, figures: &Figures) -> LiveBody {
    let served = app.catalogue.current();
    let catalogue = served.catalogue();
    LiveBody {
        day: date_of(figures.day),
        collected: figures
            .collected
            .iter()
            .map(|of| CollectedBody {
                today: TotalBody::of(of.currency, of.today),
                last_week: TotalBody::of(of.currency, of.last_week),
            })
            .collect(),
        agencies: figures
            .owners
            .iter()
            .map(|of| AgencyBody {
                agency: of.agency.as_deref().map(str::to_owned),
                name: of
                    .agency
                    .as_deref()
                    .and_then(|code| catalogue.agency(code).map(|agency| agency.name.clone())),
                total: TotalBody::of(of.currency, of.total),
            })
            .collect(),
        channels: figures
            .channels
            .iter()
            .map(|of| ChannelBody {
                channel: of.channel.to_string(),
                total: TotalBody::of(of.currency, of.total),
            })
            .collect(),
        doubt: doubt(&figures.doubt),
        detail: figures.detail.as_ref().map(|known| detail(catalogue, known)),
        as_of: format_rfc3339(figures.as_of.micros()),
        as_of_sequence: figures.sequence,
        lag_records: figures.views_lag_records,
    }
}

fn doubt(known: &Doubt) -> DoubtBody {
    DoubtBody {
        suspense: known.suspense.iter().map(|(currency, total)| TotalBody::of(*currency, *total)).collect(),
        suspense_oldest_age_seconds: known.suspense_oldest_age_seconds,
        quarantine_count: known.quarantine_count,
        unreadable_count: known.unreadable_count,
        unknown_attempt_count: known.unknown_attempt_count,
    }
}

fn detail(catalogue: &Catalogue, known: &Detail) -> DetailBody {
    let curves = known.curves.iter().map(|of| CurveBody {
        currency: of.currency,
        today: of.today.minor.clone(),
        last_week: of.last_week.minor.clone(),
        last_week_by_now: TotalBody::of(of.currency, of.last_week_by_now),
        last_minute: TotalBody::of(of.currency, of.last_minute),
    });
    let services = known.services.iter().map(|row| ServiceBody {
        service: row.service.to_string(),
        agency: row.agency.to_string(),
        name: catalogue.service(&row.service).map(|service| service.name.clone()),
        paid: row.paid,
        collected: row
            .collected
            .iter()
            .map(|(currency, minor)| SumBody { amount: *minor, currency: *currency })
            .collect(),
    });
    DetailBody { curves: curves.collect(), services: services.collect(), as_of_sequence: known.sequence }
}
