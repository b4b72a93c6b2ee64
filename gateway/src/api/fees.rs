//! What a service costs on a day, in the past or to come: its fee in force, and the price of an order.

use catalog::{Order, Price, PriceLine, Text};
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderValue};
use jiff::civil::Date;
use ledger::Money;
use serde::{Deserialize, Serialize};

use super::bills::ConvenienceBody;
use super::services::no_such_service;
use super::{SharedApp, trouble};
use crate::app::App;
use crate::catalogue::{FeeBody, Rendered};
use crate::http::problem::{FieldError, Problem};
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::CatalogueVersion;

#[derive(Serialize)]
struct FeeOnDay<'a> {
    service: &'a str,
    on: Date,
    /// `null` if nothing is charged on that day.
    fee: Option<FeeBody<'a>>,
    /// The days that are described by another version.
    other_versions: Vec<OtherVersion<'a>>,
    catalogue: &'a CatalogueVersion,
}

#[derive(Serialize)]
struct OtherVersion<'a> {
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<Date>,
}

/// `GET /v1/services/{slug}/fees?on=DATE`.
pub(super) async fn on_day(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let served = app.catalogue.current();
    let slug = request.head.parameter("slug");
    let service = served.catalogue().service(slug).ok_or_else(no_such_service)?;
    let on = match request.head.query()?.get("on") {
        None => app.clock.today(),
        Some(text) => read_day(text).ok_or_else(|| not_a_day("/on"))?,
    };
    let fee = service.fee_on(on);
    let others = service.fees().iter().filter(|other| fee.is_none_or(|fee| fee.version != other.version));
    let body = FeeOnDay {
        service: service.slug.as_str(),
        on,
        fee: fee.map(|schedule| FeeBody::of(schedule, on)),
        other_versions: others
            .map(|other| OtherVersion {
                version: other.version.as_str(),
                valid_from: other.validity.from(),
                valid_to: other.validity.to(),
            })
            .collect(),
        catalogue: served.version(),
    };
    let body = serde_json::to_vec(&body).map_err(Problem::internal_error)?;
    Ok(Rendered::new("application/json", body).answer(request.head.headers()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceRequest {
    #[serde(default)]
    order: Order,
    #[serde(default)]
    on: Option<String>,
}

#[derive(Serialize)]
struct PriceBody {
    service: String,
    on: Date,
    lines: Vec<LineBody>,
    total: Money,
    convenience_fee: ConvenienceBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<WaivedBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promised_working_days: Option<u16>,
    part_payment: catalog::PartPayment,
    catalogue: CatalogueVersion,
}

#[derive(Serialize)]
struct LineBody {
    code: String,
    text: Text,
    quantity: u32,
    unit: Money,
    amount: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<String>,
    legal_basis: String,
    fee_version: String,
}

#[derive(Serialize)]
struct WaivedBody {
    code: String,
    text: Text,
    amount: Money,
    legal_basis: String,
}

/// `POST /v1/services/{slug}/price`: what an order costs on a day, what it should have cost, or what it will. Nothing is
/// billed.
pub(super) async fn price(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: PriceRequest = request.json()?;
    let on = match &wanted.on {
        None => app.clock.today(),
        Some(text) => read_day(text).ok_or_else(|| not_a_day("/on"))?,
    };
    let served = app.catalogue.current();
    let slug = request.head.parameter("slug");
    served.catalogue().service(slug).ok_or_else(no_such_service)?;
    let price = served
        .catalogue()
        .price(slug, &wanted.order, on, app.policy)
        .map_err(|error| trouble::price(&error))?;
    let body = PriceBody::of(price, served.version());
    let mut response = response::json(StatusCode::OK, &body);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

impl PriceBody {
    fn of(price: Price, version: &CatalogueVersion) -> Self {
        Self {
            service: price.service.to_string(),
            on: price.day,
            lines: price.lines.into_iter().map(LineBody::of).collect(),
            total: price.total,
            convenience_fee: ConvenienceBody {
                amount: price.convenience_fee.amount,
                legal_basis: price.convenience_fee.basis,
            },
            waived: price.waived.map(|waived| WaivedBody {
                code: waived.code.to_string(),
                text: waived.text,
                amount: waived.amount,
                legal_basis: waived.legal_basis,
            }),
            promised_working_days: price.promised_working_days,
            part_payment: price.part_payment,
            catalogue: version.clone(),
        }
    }
}

impl LineBody {
    fn of(line: PriceLine) -> Self {
        Self {
            code: line.code,
            text: line.text,
            quantity: line.quantity,
            unit: line.unit,
            amount: line.amount,
            agency: line.agency.map(|agency| agency.to_string()),
            legal_basis: line.legal_basis,
            fee_version: line.fee_version.to_string(),
        }
    }
}

/// A day in the one form that files and answers have too.
fn read_day(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|date| date.to_string() == text)
}

fn not_a_day(pointer: &'static str) -> Problem {
    Problem::validation(vec![FieldError::new(pointer, "not_a_day", "A day is written YYYY-MM-DD.")])
}
