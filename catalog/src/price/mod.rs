//! Pricing: a service, an order and a day make a price, or a refusal that names what is in the way.
//!
//! A price is a value. Whoever makes a bill from it freezes it there; a later fee changes nothing that was priced
//! before.

mod error;
mod order;
mod rules;

pub use error::{AnswerFault, AnswerProblem, PriceError};
pub use order::{Assessment, Order, VisitorGroup};

use jiff::civil::Date;
use ledger::{Currency, Money};

use crate::code::{FeeVersion, RevenueCode, ServiceSlug};
use crate::fee::{ConvenienceFee, FeeSchedule, LegalBasis, PartPayment};
use crate::service::{Billing, Service};
use crate::snapshot::Catalogue;
use crate::text::Text;

/// The most groups of visitors on one order.
pub const VISITOR_GROUPS_MAX: usize = 20;
/// The most visitors on one order, in all its groups: a few buses.
pub const VISITORS_MAX: u32 = 500;

/// What the operator allows when prices are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Charge also fees that no instrument in force supports: generated samples, and figures that reports give
    /// without naming an instrument. For demonstrations only.
    pub accept_sample_basis: bool,
    /// The one switch of the convenience fee. Off, it is zero on every bill, whatever its schedule says; on, the
    /// schedule decides.
    pub charge_convenience_fee: bool,
}

impl Policy {
    /// For real money: only fees with a legal basis in force; the convenience fee as its schedule has it.
    pub const LIVE: Self = Self { accept_sample_basis: false, charge_convenience_fee: true };
    /// For demonstrations: samples can be paid for as well.
    pub const DEMONSTRATION: Self = Self { accept_sample_basis: true, charge_convenience_fee: true };

    pub(crate) fn allows(self, basis: &LegalBasis, day: Date) -> bool {
        let in_force = basis.is_in_force_on(day);
        basis.supports_charging_on(day) || (self.accept_sample_basis && in_force)
    }
}

/// What an order costs on a day. The lines add up to the total, exactly, in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// The service that was priced.
    pub service: ServiceSlug,
    /// The day whose fees were applied.
    pub day: Date,
    /// What is charged, line by line; the convenience fee, if there is one, comes last.
    pub lines: Vec<PriceLine>,
    /// The currency of every line.
    pub currency: Currency,
    /// The sum of the lines; zero when everybody is exempt.
    pub total: Money,
    /// The version of the service's fee.
    pub fee_version: FeeVersion,
    /// The convenience fee, said also when it is nothing.
    pub convenience_fee: ConvenienceCharge,
    /// Whether the bill may be paid in parts.
    pub part_payment: PartPayment,
    /// The reference of the assessment that was priced, for example a PRN.
    pub external_reference: Option<String>,
}

/// One line of a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceLine {
    /// What kind of line it is, for machines: `flat`, a variant's code, `non_resident.adult`, `convenience_fee`.
    pub code: String,
    /// What it is, for people.
    pub text: Text,
    /// How many; at least 1.
    pub quantity: u32,
    /// What each costs; never negative.
    pub unit: Money,
    /// `quantity` times `unit`.
    pub amount: Money,
    /// Where the money belongs.
    pub revenue_code: RevenueCode,
    /// The law it rests on, in full.
    pub legal_basis: String,
    /// The version of the fee behind this line.
    pub fee_version: FeeVersion,
}

/// What became of the convenience fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvenienceCharge {
    /// What the bill carries; if it is zero there is no line for it.
    pub amount: Money,
    /// The law it rests on; for zero, why nothing is charged: the order of a court, a waiver, the switch.
    pub basis: String,
    /// The version of the convenience fee that decided, if one did.
    pub fee_version: Option<FeeVersion>,
}

impl Catalogue {
    /// What this order for the service costs on `day` (a day of East Africa Time).
    ///
    /// # Errors
    /// Says what is in the way; [`PriceError::Answers`] lists every answer that does not fit.
    pub fn price(&self, slug: &str, order: &Order, day: Date, policy: Policy) -> Result<Price, PriceError> {
        let service = self
            .service(slug)
            .ok_or_else(|| PriceError::UnknownService { slug: slug.chars().take(80).collect() })?;
        let schedule = schedule_to_charge(service, day, policy)?;
        let answers_refused = |problems| PriceError::Answers { slug: service.slug.clone(), problems };
        let drafts = rules::lines(&service.name, &schedule.rule, order).map_err(answers_refused)?;
        assemble(service, schedule, drafts, order, self.convenience_fee(), day, policy)
    }
}

/// The schedule of this day, if there is one that may be charged.
fn schedule_to_charge(service: &Service, day: Date, policy: Policy) -> Result<&FeeSchedule, PriceError> {
    if let Billing::NotBillable(reason) = &service.billing {
        return Err(PriceError::NotBillable { slug: service.slug.clone(), reason: reason.clone() });
    }
    let schedule =
        service.fee_on(day).ok_or_else(|| PriceError::NoFeeInForce { slug: service.slug.clone(), day })?;
    if policy.allows(&schedule.basis, day) {
        return Ok(schedule);
    }
    Err(PriceError::NoLegalBasis {
        slug: service.slug.clone(),
        fee_version: schedule.version.clone(),
        day,
        citation: schedule.basis.citation(),
    })
}

/// Multiplies the drafts out, adds the convenience fee and the total.
fn assemble(
    service: &Service,
    schedule: &FeeSchedule,
    drafts: rules::Drafts,
    order: &Order,
    convenience: Option<&ConvenienceFee>,
    day: Date,
    policy: Policy,
) -> Result<Price, PriceError> {
    let too_large = |_| PriceError::TooLarge { slug: service.slug.clone() };
    let citation = schedule.basis.citation();
    let mut lines = Vec::with_capacity(drafts.lines.len() + 1);
    for draft in drafts.lines {
        let amount = draft.unit.checked_mul(i64::from(draft.quantity)).map_err(too_large)?;
        lines.push(PriceLine {
            code: draft.code,
            text: draft.text,
            quantity: draft.quantity,
            unit: draft.unit,
            amount,
            revenue_code: service.revenue_code.clone(),
            legal_basis: citation.clone(),
            fee_version: schedule.version.clone(),
        });
    }
    let fees = Money::sum(drafts.currency, lines.iter().map(|line| line.amount)).map_err(too_large)?;
    let (charge, line) = convenience_charge(service, convenience, fees, day, policy);
    lines.extend(line);
    let total = fees.checked_add(charge.amount).map_err(too_large)?;

    assert!(lines.iter().all(|line| line.quantity > 0 && line.unit.minor() >= 0), "no line takes money back");
    assert_eq!(
        Money::sum(drafts.currency, lines.iter().map(|line| line.amount)),
        Ok(total),
        "the lines of {} add up to the total",
        service.slug
    );
    Ok(Price {
        service: service.slug.clone(),
        day,
        lines,
        currency: drafts.currency,
        total,
        fee_version: schedule.version.clone(),
        convenience_fee: charge,
        part_payment: schedule.part_payment,
        external_reference: order.assessment.as_ref().map(|assessment| assessment.reference.clone()),
    })
}

/// The convenience fee on a bill of `fees`, and its line unless it is nothing. Once per bill, on the whole of it.
fn convenience_charge(
    service: &Service,
    convenience: Option<&ConvenienceFee>,
    fees: Money,
    day: Date,
    policy: Policy,
) -> (ConvenienceCharge, Option<PriceLine>) {
    let nothing = |basis: String, fee_version: Option<FeeVersion>| {
        (ConvenienceCharge { amount: Money::zero(fees.currency()), basis, fee_version }, None)
    };
    if !policy.charge_convenience_fee {
        return nothing("Switched off by the operator".to_owned(), None);
    }
    if let Some(waiver) = &service.convenience_fee_waiver {
        return nothing(format!("Waived for this service: {waiver}"), None);
    }
    let Some((fee, schedule)) = convenience.and_then(|fee| Some((fee, fee.schedule_on(day)?))) else {
        return nothing("No convenience fee is in force".to_owned(), None);
    };
    let amount = schedule.fee_for(fees);
    let citation = schedule.basis.citation();
    if amount.is_zero() {
        return nothing(citation, Some(schedule.version.clone()));
    }
    if !policy.allows(&schedule.basis, day) {
        let basis = format!("Not charged, because no legal basis in force supports it: {citation}");
        return nothing(basis, Some(schedule.version.clone()));
    }
    let line = PriceLine {
        code: "convenience_fee".to_owned(),
        text: fee.name.clone(),
        quantity: 1,
        unit: amount,
        amount,
        revenue_code: fee.revenue_code.clone(),
        legal_basis: citation.clone(),
        fee_version: schedule.version.clone(),
    };
    (ConvenienceCharge { amount, basis: citation, fee_version: Some(schedule.version.clone()) }, Some(line))
}
