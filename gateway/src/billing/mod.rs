//! Making bills: for an agency by the API, for a guest on a page. What is owed is settled with the agency where it
//! assesses amounts, priced from one snapshot of the catalogue, and frozen in the books; the same wish leads to one bill,
//! however often it is sent.

mod assessments;
pub(crate) mod passes;

use std::sync::Arc;

use catalog::{Language, Order, PriceLine, Service};
use ledger::{Currency, Money};

use crate::accounts;
use crate::api::trouble;
use crate::app::App;
use crate::clock::east_africa_date;
use crate::http::problem::{MoneyMoved, Problem};
use crate::http::problem_codes::Code;
use crate::payments::{
    Answer, Ask, AssessedAmount, Bill, BillLine, Command, Earlier, Event, Idempotency, NewBill,
    PaymentNumber, Refusal, WaivedAmount, agency_payable, convenience_fee,
};
use crate::personal::{Field, Personal};

/// A wish for a bill.
pub(crate) struct BillWish {
    /// The slug of the service.
    pub(crate) service: String,
    /// What was answered.
    pub(crate) order: Order,
    /// The reference of an assessment whose amount the agency is asked for.
    pub(crate) assessment_reference: Option<String>,
    /// The agency's own name for the bill.
    pub(crate) agency_reference: Option<String>,
    /// In which the payer is told of it: that of the page on which it is wished, or what an agency says.
    pub(crate) language: Language,
    /// What the payer was told that it costs, and agreed to.
    pub(crate) agreed_total: Option<Money>,
    /// What is known of the payer.
    pub(crate) personal: Personal,
    /// Who wishes it.
    pub(crate) principal: Arc<str>,
    /// The request that it came with.
    pub(crate) cause: Arc<str>,
    /// One wish has one effect.
    pub(crate) idempotency: Idempotency,
}

/// The bill that a wish led to.
pub(crate) struct Made {
    pub(crate) bill: Arc<Bill>,
    /// True if the same wish had led to it before.
    pub(crate) is_repeated: bool,
}

/// The bill that the same wish led to before. Whoever has to prepare a wish asks this first: what was made once is there,
/// whatever the catalogue or the agency would say today.
pub(crate) fn made_before(app: &App, idempotency: &Idempotency) -> Result<Option<Made>, Problem> {
    match app.books.earlier(idempotency).map_err(|error| trouble::lookup(&error))? {
        Earlier::Same { sequence } => made_by(app, sequence).map(Some),
        Earlier::Other => Err(trouble::refusal(&Refusal::OtherRequest)),
        Earlier::None => Ok(None),
    }
}

/// Makes the bill that is wished for.
pub(crate) async fn make(app: &App, mut wish: BillWish) -> Result<Made, Problem> {
    let reference = wish.assessment_reference.take();
    let settled = assessments::settle(app, &wish.service, reference, &mut wish.order);
    let assessment = settled.await.map_err(|problem| problem.money_moved(MoneyMoved::No))?;
    let reference = wish.order.assessment.as_ref().map(|assessment| assessment.reference.clone());
    let personal = std::mem::take(&mut wish.personal).with(Field::AssessmentReference, reference.as_deref());
    let (principal, cause) = (wish.principal.clone(), wish.cause.clone());
    let mut new = price(app, wish, assessment)?;
    let no_key = |error| trouble::vault(&error).money_moved(MoneyMoved::No);
    let taken = app.vault.take().map_err(no_key)?;
    new.vault_slot = taken.slot;
    new.sealed = personal.seal_with(&taken).map_err(no_key)?;
    let command = Command { principal, cause, ask: Ask::CreateBill(Box::new(new)) };
    match app.books.ask(command).await.map_err(|error| trouble::books(&error))? {
        Answer::BillCreated { bill, .. } => Ok(Made { bill: find(app, bill)?, is_repeated: false }),
        Answer::Repeated { sequence } => made_by(app, sequence),
        Answer::Refused(refusal) => Err(trouble::refusal(&refusal)),
        other => Err(trouble::internal(format!("{other:?} answers no bill"))),
    }
}

/// The bill that this record made.
fn made_by(app: &App, sequence: u64) -> Result<Made, Problem> {
    let event = app.books.event(sequence).map_err(|error| trouble::lookup(&error))?;
    let Some(Event::BillCreated { terms }) = event else {
        return Err(trouble::internal(format!("{event:?} made no bill")));
    };
    Ok(Made { bill: find(app, terms.number)?, is_repeated: true })
}

/// A bill that the books have just spoken of.
pub(crate) fn find(app: &App, number: PaymentNumber) -> Result<Arc<Bill>, Problem> {
    let bill = app.books.bill(number).map_err(|error| trouble::lookup(&error))?;
    bill.ok_or_else(|| trouble::internal("a bill that was written is not found"))
}

/// Prices what is wanted from one snapshot of the catalogue.
fn price(app: &App, wish: BillWish, assessment: Option<AssessedAmount>) -> Result<NewBill, Problem> {
    let served = app.catalogue.current();
    let catalogue = served.catalogue();
    let now = app.now();
    let priced = catalogue
        .price(&wish.service, &wish.order, east_africa_date(now.micros()), app.policy)
        .map_err(|error| trouble::price(&error))?;
    let service = catalogue.service(&wish.service).expect("a service that was priced is in the catalogue");
    if !priced.total.is_positive() {
        return Err(Problem::new(Code::NothingToPay, "The price of this order is nothing.")
            .money_moved(MoneyMoved::No));
    }
    if wish.agreed_total.is_some_and(|agreed| agreed != priced.total) {
        let problem = Problem::new(Code::Conflict, "The price is not the one that was agreed to.")
            .user_message(
                "The price has changed since you looked. Check it again.",
                "Bei imebadilika tangu ulipoangalia. Iangalie tena.",
            );
        return Err(problem.money_moved(MoneyMoved::No));
    }
    let (payable, quote) = match (priced.currency, &app.exchange) {
        (Currency::Kes, _) => (priced.total, None),
        (Currency::Usd, Some(rate)) => {
            let (payable, quote) = rate.quote(priced.total, now).map_err(trouble::internal)?;
            (payable, Some(quote))
        }
        (Currency::Usd, None) => {
            let detail = "There is no rate at which dollars could be paid in shillings.";
            return Err(Problem::new(Code::ServiceNotBillable, detail).money_moved(MoneyMoved::No));
        }
    };
    let agency = service.agency.as_str();
    let lines = priced.lines.iter().map(|line| BillLine::of(line, service));
    Ok(NewBill {
        id: app.new_bill_id(),
        random: rand::random(),
        agency: agency.into(),
        service: service.slug.as_str().into(),
        service_name: service.name.clone(),
        lines: lines.collect(),
        total: priced.total,
        payable,
        quote,
        convenience_basis: priced.convenience_fee.basis.as_str().into(),
        waived: priced.waived.map(|waived| WaivedAmount {
            code: waived.code.as_str().into(),
            text: waived.text,
            amount: waived.amount,
            legal_basis: waived.legal_basis.into(),
        }),
        part_payment: priced.part_payment.into(),
        promised_working_days: priced.promised_working_days,
        catalogue: served.version().clone(),
        assessment,
        references: accounts::of_new_bill(
            app,
            agency,
            wish.order.assessment.as_ref().map(|assessment| assessment.reference.as_str()),
            wish.agency_reference.as_deref(),
        )
        .map_err(|error| trouble::internal(error).money_moved(MoneyMoved::No))?,
        agency_reference: wish.agency_reference.map(Into::into),
        visit_day: wish.order.date,
        language: Some(wish.language),
        life_seconds: app.bill_life_seconds,
        vault_slot: 0,
        sealed: None,
        idempotency: Some(wish.idempotency),
    })
}

impl BillLine {
    /// A line that was priced, for a service.
    fn of(line: &PriceLine, service: &Service) -> Self {
        Self {
            code: line.code.as_str().into(),
            text: line.text.clone(),
            quantity: line.quantity,
            unit: line.unit,
            amount: line.amount,
            agency: line.agency.as_ref().map(|agency| agency.as_str().into()),
            revenue_code: Some(line.revenue_code.as_str().into()),
            account: match &line.agency {
                Some(owner) => agency_payable(owner.as_str(), service.slug.as_str()),
                None => convenience_fee(),
            },
            legal_basis: line.legal_basis.as_str().into(),
            fee_version: line.fee_version.as_str().into(),
        }
    }
}
