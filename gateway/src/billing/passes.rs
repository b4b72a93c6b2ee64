//! From the passes that a device tells of to the bills that they become: each is priced again by the catalogue that it names, as
//! its visitors were counted and on its day. Where nobody knows that price any more, what the gate asked for stands. Where there
//! never was one, because no catalogue has this number or it does not have what was sold, a gate cannot make one: the catalogue that
//! was in force says what is owed, or nothing is. The books say all of it.

use std::sync::Arc;

use catalog::{Catalogue, Price, Text};
use ledger::{AccountCode, Currency, Hash, LedgerTime, Money};

use crate::api::trouble;
use crate::app::App;
use crate::clock::east_africa_date;
use crate::gates::order_of;
use crate::gates::pass::{Pass, Settlement};
use crate::http::problem::{FieldError, Problem};
use crate::payments::{
    BillLine, CatalogueVersion, GateDevice, NewBill, NewPass, PartPaymentRule, PassPrice, PassSettlement,
    agency_payable,
};

/// How long a pass can be paid, on every channel: until the tour operator is home again.
const LIFE_SECONDS: i64 = 90 * 86_400;
/// The longest code of an operator that is kept. Ours are shorter.
const OPERATOR_LEN_MAX: usize = 40;
/// What stands for a service that cannot be named.
const SOME_SERVICE: &str = "gate-pass";
/// The line of a bill whose price nobody knows but the gate, and what it rests on.
const ASKED_AT_GATE: &str = "as asked for at the gate: the catalogue has no price for it any more";

/// Prices passes of this device.
pub(crate) async fn priced(app: &App, device: &GateDevice, passes: &[Pass]) -> Result<Vec<NewPass>, Problem> {
    let mut priced = Vec::with_capacity(passes.len());
    for (index, pass) in passes.iter().enumerate() {
        let (mut terms, rests_on) = terms_of(app, device, pass).await;
        (terms.id, terms.payable) = (app.new_bill_id(), terms.total);
        if let (Currency::Usd, Some(rate)) = (terms.total.currency(), &app.exchange) {
            let (payable, quote) = rate.quote(terms.total, app.now()).map_err(|_| too_dear(index, pass))?;
            (terms.payable, terms.quote) = (payable, Some(quote));
        }
        terms.vault_slot = app.vault.take().map_err(|error| trouble::vault(&error))?.slot;
        priced.push(NewPass {
            number: pass.number,
            at: LedgerTime::from_micros(pass.issued_at.0),
            price: pass.price,
            settlement: settlement(&pass.settlement),
            hash: Hash::of(&serde_json::to_vec(pass).map_err(trouble::internal)?).to_string().into(),
            bill: pass.bill,
            rests_on,
            terms: Box::new(terms),
        });
    }
    Ok(priced)
}

/// The bill of a pass, and what its price rests on.
async fn terms_of(app: &App, device: &GateDevice, pass: &Pass) -> (NewBill, PassPrice) {
    let catalogues = app.books.readers().catalogues();
    if let Some(named) = catalogues.publication(pass.catalogue) {
        let version = named.version.clone();
        let Ok(catalogue) = app.catalogue.with_hash(&version.hash).await else {
            return (NewBill { catalogue: version, ..as_asked(device, pass) }, PassPrice::AsAsked);
        };
        if let Some(terms) = price(app, &catalogue, device, pass) {
            return (NewBill { catalogue: version, ..terms }, PassPrice::AsNamed);
        }
    }
    let then = catalogues.in_force_at(LedgerTime::from_micros(pass.issued_at.0));
    for version in then.into_iter().chain(catalogues.in_force()) {
        if let Ok(catalogue) = app.catalogue.with_hash(&version.hash).await
            && let Some(terms) = price(app, &catalogue, device, pass)
        {
            return (NewBill { catalogue: version.clone(), ..terms }, PassPrice::OfItsDay);
        }
    }
    (as_asked(device, pass), PassPrice::Never)
}

/// A price of the device's own that no amount in shillings can be. No device comes to it under the limits of a pack, so the batch is
/// none of a device, and nothing of it is in the books.
fn too_dear(index: usize, pass: &Pass) -> Problem {
    let detail = format!(
        "Pass {} asks for {} {}: more than can be written in shillings.",
        pass.number,
        pass.price.currency(),
        pass.price.to_decimal()
    );
    Problem::validation(vec![FieldError::new(format!("/batch/passes/{index}/price"), "too_large", detail)])
}

fn settlement(written: &Settlement) -> PassSettlement {
    match written {
        Settlement::Later => PassSettlement::Later,
        Settlement::Exit => PassSettlement::Exit,
        Settlement::Operator(code) => {
            PassSettlement::Operator(code.chars().take(OPERATOR_LEN_MAX).collect::<String>().into())
        }
    }
}

/// The bill at the gazetted price; nothing if this catalogue has none for it.
fn price(app: &App, catalogue: &Catalogue, device: &GateDevice, pass: &Pass) -> Option<NewBill> {
    let service = catalogue.service(&pass.service)?;
    if service.agency.as_str() != &*device.agency {
        return None;
    }
    let day = east_africa_date(pass.issued_at.0);
    let order = order_of(service, day, &pass.lines)?;
    let Price { lines, total, convenience_fee, part_payment, .. } =
        catalogue.price(&pass.service, &order, day, app.policy).ok()?;
    let lines = lines.iter().map(|line| BillLine::of(line, service)).collect();
    Some(NewBill {
        service_name: service.name.clone(),
        lines,
        convenience_basis: convenience_fee.basis.as_str().into(),
        part_payment: part_payment.into(),
        ..bill(device, service.slug.as_str(), total)
    })
}

/// The bill at what the gate asked for.
fn as_asked(device: &GateDevice, pass: &Pass) -> NewBill {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let has_account = |slug: &str| AccountCode::parse(&format!("2000.{}.{slug}", device.agency)).is_ok();
    let is_slug = pass.service.chars().all(is_plain) && has_account(&pass.service.to_lowercase());
    let service = if is_slug { &*pass.service } else { SOME_SERVICE };
    let line = BillLine {
        code: "pass".into(),
        text: Text::new("Entry by provisional pass", "Kuingia kwa pasi ya muda"),
        quantity: 1,
        unit: pass.price,
        amount: pass.price,
        agency: Some(device.agency.clone()),
        revenue_code: None,
        account: agency_payable(&device.agency, service),
        legal_basis: ASKED_AT_GATE.into(),
        fee_version: "gate".into(),
    };
    NewBill { lines: vec![line], ..bill(device, service, pass.price) }
}

/// What every bill of a pass has.
fn bill(device: &GateDevice, service: &str, total: Money) -> NewBill {
    NewBill {
        id: crate::payments::BillId::from_uuid(0),
        random: 0,
        agency: device.agency.clone(),
        service: service.into(),
        service_name: Text::new("Entry by provisional pass", "Kuingia kwa pasi ya muda"),
        lines: Vec::new(),
        total,
        payable: total,
        quote: None,
        convenience_basis: "none is charged for a pass that has no price in the catalogue".into(),
        waived: None,
        part_payment: PartPaymentRule::Exact,
        promised_working_days: None,
        catalogue: CatalogueVersion { number: 0, hash: Arc::from("") },
        assessment: None,
        agency_reference: None,
        visit_day: None,
        references: Vec::new(),
        language: None,
        life_seconds: LIFE_SECONDS,
        vault_slot: 0,
        sealed: None,
        idempotency: None,
    }
}
