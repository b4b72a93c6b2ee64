//! Making a pack: whom an agency's gates may still let in, as the views list them, each judged by the books themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use catalog::{Service, Text};

use super::make_prices::{self, Listed};
use super::pack::{ListedServices, Pack, Prepaid, PrepaidLine, ToldBefore, UsedBefore, Words};
use super::pass_ways;
use super::price_list::{Operator, PriceList};
use super::signed::Moment;
use crate::app::SharedApp;
use crate::away::away;
use crate::books::LookupError;
use crate::clock::east_africa_date;
use crate::exchange::ExchangeRate;
use crate::payments::{Bill, BillState, PASSES_OWED_MAX, PaymentNumber, TourOperator, Visit};
use crate::views::QueryError;

/// Bills that are listed at most, of the services that are called after the site: four times what the busiest park of the country sees on
/// its busiest day. A pack of as many has two megabytes.
const OWN_BILLS_MAX: usize = 10_000;
/// The same of all other services that are had at gates.
const OTHER_BILLS_MAX: usize = 2_000;
/// Of whom was let in and whose money was given back, so many of the newest are named. Nobody is let in for the others either.
const NAMED_MAX: u32 = 2_000;
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
    let found = ToList::find(app, agency, site).await?;
    let now = app.now().micros();
    let mut pack = Pack {
        version: 1,
        site: site.to_owned(),
        agency: agency.to_string(),
        gateway: app.public_url.clone(),
        made_at: Moment(now),
        valid_until: Moment(now.saturating_add(VALID_MICROS)),
        receipt_keys: vec![app.receipts.verifying_key().to_string()],
        listed: found.listed,
        listed_before: found.before,
        elsewhere: found.elsewhere,
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
    let numbers = found.numbers;
    away(move || fill(&app, &agency, pack, numbers)).await.map_err(|_| PackError::CutOff)?
}

/// What a pack is about, as the views have it.
struct ToList {
    listed: Vec<ListedServices>,
    before: u64,
    elsewhere: Vec<String>,
    /// Bills that are paid and not used, used, or given back: which of these each is, the books say.
    numbers: BTreeSet<PaymentNumber>,
}

impl ToList {
    async fn find(app: &SharedApp, agency: &Arc<str>, site: &str) -> Result<Self, PackError> {
        let served = app.catalogue.current();
        let catalogue = served.catalogue();
        let slugs = |services: Vec<&Service>| -> Vec<Arc<str>> {
            services.into_iter().map(|service| service.slug.as_str().into()).collect()
        };
        let (own, others) = make_prices::at_gates(catalogue, agency, site);
        let (own, others) = (slugs(own), slugs(others));
        let all = catalogue.services_of(agency).map(|service| service.slug.as_str().to_owned());
        let is_elsewhere = |slug: &String| !own.iter().chain(&others).any(|known| **known == **slug);
        let elsewhere = all.filter(is_elsewhere).collect();
        // Where no service is called after the site, every one may be its own.
        let (own, others) = if own.is_empty() { (others, Vec::new()) } else { (own, others) };
        let reader = app.views.reader();
        let visited = reader.visited(agency, NAMED_MAX).await?;
        let given_back = reader.given_back(agency, NAMED_MAX).await?;
        let mut found = Self {
            listed: Vec::new(),
            before: visited.sequence.min(given_back.sequence),
            elsewhere,
            numbers: visited.found.into_iter().chain(given_back.found).collect(),
        };
        for (services, count_max) in [(own, OWN_BILLS_MAX), (others, OTHER_BILLS_MAX)] {
            if !services.is_empty() {
                found.list(app, agency, &services, count_max).await?;
            }
        }
        Ok(found)
    }

    /// Lists so many at most of the bills for these services.
    async fn list(
        &mut self,
        app: &SharedApp,
        agency: &Arc<str>,
        services: &[Arc<str>],
        count_max: usize,
    ) -> Result<(), PackError> {
        let today = east_africa_date(app.now().micros());
        let mut bills = Vec::new();
        for service in services {
            let some = app.views.reader().paid_and_not_visited(agency, service, today, count_max + 1).await?;
            self.before = self.before.min(some.sequence);
            bills.extend(some.found);
        }
        bills.sort_unstable_by_key(|bill| std::cmp::Reverse(bill.changed_by));
        let is_everything = bills.len() <= count_max;
        bills.truncate(count_max);
        let oldest = bills.last().map_or(0, |bill| bill.changed_by);
        self.numbers.extend(bills.iter().map(|bill| bill.number));
        self.listed.push(ListedServices {
            services: services.iter().map(|service| service.to_string()).collect(),
            from: if is_everything { 0 } else { oldest },
        });
        Ok(())
    }
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
            is_paid: bill.state.is_settled(),
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
