//! Making a pack: the newest payments of an agency as the views list them, each judged by the books themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use catalog::Text;

use super::make_prices::{self, Listed};
use super::pack::{Pack, Prepaid, PrepaidLine, ToldBefore, UsedBefore, Words};
use super::pass_ways;
use super::price_list::{Operator, PriceList};
use super::signed::Moment;
use crate::app::SharedApp;
use crate::away::away;
use crate::books::LookupError;
use crate::clock::east_africa_date;
use crate::exchange::ExchangeRate;
use crate::payments::{Bill, BillState, PASSES_OWED_MAX, PaymentNumber, TourOperator, Visit};
use crate::views::{QueryError, Scope, TransactionFilter};

/// The newest payments that are looked at. A pack of as many bills has a few hundred kilobytes.
const PAYMENTS_MAX: u32 = 2_000;
/// How long a gate may go on with a pack: through a night and an outage of a day.
const VALID_MICROS: i64 = 36 * 3_600 * 1_000_000;

/// A pack cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    /// The views gave no answer.
    #[error(transparent)]
    Views(#[from] QueryError),
    /// The books could not be read.
    #[error(transparent)]
    Books(#[from] LookupError),
    /// The work was cut off.
    #[error("the work was cut off")]
    CutOff,
}

/// The pack of a site of this agency at this moment.
pub(crate) async fn make(app: &SharedApp, agency: &Arc<str>, site: &str) -> Result<Pack, PackError> {
    let (scope, filter) = (Scope::Agency(agency.clone()), TransactionFilter::default());
    let listed = app.views.reader().all_transactions(&scope, &filter, PAYMENTS_MAX).await?;
    let is_everything = listed.found.len() < PAYMENTS_MAX as usize;
    let oldest = listed.found.iter().map(|row| row.counted_by).min().unwrap_or(0);
    let numbers: BTreeSet<_> = listed.found.iter().filter_map(|row| row.bill).collect();
    let now = app.now().micros();
    let mut pack = Pack {
        version: 1,
        site: site.to_owned(),
        agency: agency.to_string(),
        gateway: app.public_url.clone(),
        made_at: Moment(now),
        valid_until: Moment(now.saturating_add(VALID_MICROS)),
        receipt_keys: vec![app.receipts.verifying_key().to_string()],
        listed_from: if is_everything { 0 } else { oldest },
        listed_before: listed.sequence,
        prepaid: Vec::new(),
        used: Vec::new(),
        given_back: Vec::new(),
        revoked_devices: Vec::new(),
        told: Vec::new(),
        price_list: Some(price_list(app, agency, site, (now, now.saturating_add(VALID_MICROS)))),
        limits: Some(app.pass_limits.clone()),
        operators: Vec::new(),
        ways: pass_ways::of(app, agency),
    };
    let gates = app.books.readers().gates();
    let revoked = gates.devices().filter(|known| known.device.agency == *agency && known.revoked.is_some());
    pack.revoked_devices.extend(revoked.map(|known| known.device.id.to_string()));
    // Whoever owes for as many passes as one may gets no more on account.
    let trusted = gates.operators_of(agency).filter(|known| known.owed_count() < PASSES_OWED_MAX);
    pack.operators.extend(trusted.map(|known| Operator::of(&known.operator)));
    let (app, agency) = (Arc::clone(app), agency.clone());
    away(move || fill(&app, &agency, pack, numbers)).await.map_err(|_| PackError::CutOff)?
}

/// What the agency sells at gates between these two moments.
fn price_list(app: &SharedApp, agency: &str, site: &str, (from, until): (i64, i64)) -> PriceList {
    let served = app.catalogue.current();
    let rate = app.exchange.as_ref().map(ExchangeRate::kes_per_usd);
    let days = (east_africa_date(from), east_africa_date(until));
    let Listed { services, left_out } =
        make_prices::services(served.catalogue(), (agency, site), app.policy, rate.is_some(), days);
    PriceList {
        catalogue: served.version().number,
        paybill: app.paybill.short_code().to_owned(),
        kes_per_usd: rate,
        services,
        left_out,
    }
}

/// What the devices of the site of this pack have told.
fn told(app: &SharedApp, pack: &Pack) -> Result<Vec<ToldBefore>, LookupError> {
    let gates = app.books.readers().gates();
    let of_site = gates.devices().filter(|known| {
        *known.device.agency == *pack.agency && *known.device.site == *pack.site && known.batch_count > 0
    });
    let mut told = Vec::new();
    for known in of_site {
        let (device, batches) = (&known.device.id, known.batch_count);
        if let Some(newest) = app.books.gate_batch(device, batches)? {
            let newest = newest.hash.to_string();
            told.push(ToldBefore { device: device.to_string(), batches, newest });
        }
    }
    Ok(told)
}

fn fill(
    app: &SharedApp,
    agency: &str,
    mut pack: Pack,
    numbers: BTreeSet<PaymentNumber>,
) -> Result<Pack, PackError> {
    pack.told = told(app, &pack)?;
    let today = east_africa_date(pack.made_at.0);
    for number in numbers {
        let Some(bill) = app.books.bill(number)?.filter(|bill| &*bill.terms.agency == agency) else {
            continue;
        };
        if let Some(visit) = app.books.visit(number)? {
            pack.used.push(UsedBefore::of(&bill, &visit));
        } else if bill.state == BillState::Refunded {
            pack.given_back.push(number);
        } else if bill.state.is_settled() && bill.terms.visit_day.is_none_or(|day| day >= today) {
            pack.prepaid.push(Prepaid::of(&bill));
        }
    }
    Ok(pack)
}

impl UsedBefore {
    fn of(bill: &Bill, visit: &Visit) -> Self {
        Self {
            bill: bill.terms.number,
            receipts: receipts_of(bill),
            gate: visit.gate.to_string(),
            at: Moment(visit.at.micros()),
        }
    }
}

impl Prepaid {
    fn of(bill: &Bill) -> Self {
        let terms = &bill.terms;
        let lines = terms.lines.iter().filter(|line| line.agency.is_some());
        let lines = lines.map(|line| PrepaidLine { quantity: line.quantity, text: Words::of(&line.text) });
        Self {
            bill: terms.number,
            receipts: receipts_of(bill),
            day: terms.visit_day,
            service: Words::of(&terms.service_name),
            lines: lines.collect(),
        }
    }
}

impl Operator {
    fn of(known: &TourOperator) -> Self {
        Self { code: known.code.to_string(), name: known.name.to_string() }
    }
}

impl Words {
    fn of(text: &Text) -> Self {
        Self { en: text.en().to_owned(), sw: text.sw().to_owned() }
    }
}

fn receipts_of(bill: &Bill) -> Vec<String> {
    bill.latest_payments.iter().map(|payment| payment.receipt.grouped()).collect()
}
