//! Pricing: a service, an order and a day make a price, or a refusal that names what is in the way.
//!
//! A price is a value. Whoever makes a bill from it freezes it there; a later fee changes nothing that was priced
//! before.

mod additions;
mod error;
mod order;
mod rules;

pub use error::{AnswerFault, AnswerProblem, PriceError};
pub use order::{Assessment, Order, PenaltyAnswer, VisitorGroup};

use jiff::civil::Date;
use ledger::{Currency, Money};

use additions::Chosen;

use crate::code::{AgencyCode, FeeVersion, RevenueCode, ServiceSlug, VariantCode};
use crate::fee::{ConvenienceFee, FeeSchedule, LegalBasis, PartPayment, Surcharge, Waiver};
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

    /// True if a fee that rests on this may be charged on `day`, a day of East Africa Time.
    pub fn allows(self, basis: &LegalBasis, day: Date) -> bool {
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
    /// What an officer took off, if anything.
    pub waived: Option<Waived>,
    /// What is promised, in working days after payment: by the urgency that was chosen, or by the service.
    pub promised_working_days: Option<u16>,
    /// Whether the bill may be paid in parts.
    pub part_payment: PartPayment,
    /// The reference of the assessment that was priced, for example a PRN.
    pub external_reference: Option<String>,
}

/// What is not asked for, of what the fee would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waived {
    /// The code of the waiver.
    pub code: VariantCode,
    /// What it is, for people.
    pub text: Text,
    /// How much less the lines come to.
    pub amount: Money,
    /// The law that it rests on, in full.
    pub legal_basis: String,
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
    /// Whose it is; nobody's agency for the convenience fee, which is the platform's.
    pub agency: Option<AgencyCode>,
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
        let priced = Priced { service, schedule, day, policy };
        priced.price(order, self.convenience_fee())
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
    Err(no_legal_basis(service, schedule, &schedule.basis, day))
}

fn no_legal_basis(service: &Service, schedule: &FeeSchedule, basis: &LegalBasis, day: Date) -> PriceError {
    PriceError::NoLegalBasis {
        slug: service.slug.clone(),
        fee_version: schedule.version.clone(),
        day,
        citation: basis.citation(),
    }
}

/// What is priced, when, and under what rules.
struct Priced<'a> {
    service: &'a Service,
    schedule: &'a FeeSchedule,
    day: Date,
    policy: Policy,
}

impl Priced<'_> {
    fn price(&self, order: &Order, convenience: Option<&ConvenienceFee>) -> Result<Price, PriceError> {
        let Self { service, schedule, day, policy } = *self;
        let drafts = rules::lines(&service.name, &schedule.rule, order, day);
        let chosen = Chosen::of(&schedule.additions, order);
        let (drafts, chosen) = match (drafts, chosen) {
            (Ok(drafts), Ok(chosen)) => (drafts, chosen),
            (drafts, chosen) => {
                let problems = [drafts.err(), chosen.err()].into_iter().flatten().flatten().collect();
                return Err(PriceError::Answers { slug: service.slug.clone(), problems });
            }
        };
        if let Some(basis) = chosen.bases().find(|basis| !policy.allows(basis, day)) {
            return Err(no_legal_basis(service, schedule, basis, day));
        }
        let currency = drafts.currency;
        let (mut lines, waived) = self.lines(drafts, &chosen)?;
        let fees = self.sum(currency, &lines)?;
        lines.extend(chosen.surcharge.map(|surcharge| self.surcharge(surcharge, fees)).transpose()?);
        let fees = self.sum(currency, &lines)?;
        let (charge, line) = convenience_charge(service, convenience, fees, day, policy);
        lines.extend(line);
        let total = fees.checked_add(charge.amount).map_err(|_| self.too_large())?;

        let takes_nothing_back = lines.iter().all(|line| line.quantity > 0 && line.unit.minor() >= 0);
        assert!(takes_nothing_back, "no line takes money back");
        assert_eq!(
            self.sum(currency, &lines),
            Ok(total),
            "the lines of {} add up to the total",
            service.slug
        );
        let urgent = chosen.urgency.and_then(|urgency| urgency.promised_working_days);
        Ok(Price {
            service: service.slug.clone(),
            day,
            lines,
            currency,
            total,
            fee_version: schedule.version.clone(),
            convenience_fee: charge,
            waived,
            promised_working_days: urgent.or(service.promised_working_days),
            part_payment: schedule.part_payment,
            external_reference: order.assessment.as_ref().map(|assessment| assessment.reference.clone()),
        })
    }

    /// The lines of the rule, less what is waived of them, and those that urgency and penalties add.
    fn lines(
        &self,
        drafts: rules::Drafts,
        chosen: &Chosen<'_>,
    ) -> Result<(Vec<PriceLine>, Option<Waived>), PriceError> {
        let mut lines = Vec::with_capacity(drafts.lines.len() + 3);
        let mut in_full = Money::zero(drafts.currency);
        for draft in drafts.lines {
            let mut line = self.line(draft.code, draft.text, draft.quantity, draft.unit)?;
            line.agency = draft.agency.or(line.agency);
            line.revenue_code = draft.revenue_code.unwrap_or(line.revenue_code);
            in_full = in_full.checked_add(line.amount).map_err(|_| self.too_large())?;
            // The officer is one of the service's own agency, and gives up nothing that is another's.
            if let Some(waiver) = chosen.waiver
                && line.agency.as_ref() == Some(&self.service.agency)
            {
                line = waived_line(line, waiver);
            }
            lines.push(line);
        }
        let asked_for = self.sum(drafts.currency, &lines)?;
        let waived = chosen.waiver.map(|waiver| Waived {
            code: waiver.code.clone(),
            text: waiver.text.clone(),
            amount: in_full.checked_sub(asked_for).expect("a waiver only takes off"),
            legal_basis: waiver.basis.citation(),
        });
        if let Some(urgency) = chosen.urgency {
            let text = self.service.name.with_detail(&urgency.text);
            lines.push(self.line(format!("urgency.{}", urgency.code), text, 1, urgency.amount)?);
        }
        for (penalty, amount) in &chosen.penalties {
            let text = self.service.name.with_detail(&penalty.text);
            let line = self.line(format!("penalty.{}", penalty.code), text, 1, *amount)?;
            lines.push(PriceLine { legal_basis: penalty.basis.citation(), ..line });
        }
        Ok((lines, waived))
    }

    /// What the channel costs, on the whole of the fees.
    fn surcharge(&self, surcharge: &Surcharge, fees: Money) -> Result<PriceLine, PriceError> {
        let amount = surcharge.rate.of(fees, surcharge.rounding).ok_or_else(|| self.too_large())?;
        let text = self.service.name.with_detail(&surcharge.text);
        let line = self.line(format!("surcharge.{}", surcharge.channel), text, 1, amount)?;
        Ok(PriceLine { legal_basis: surcharge.basis.citation(), ..line })
    }

    /// A line of the service's own fee.
    fn line(&self, code: String, text: Text, quantity: u32, unit: Money) -> Result<PriceLine, PriceError> {
        Ok(PriceLine {
            code,
            text,
            quantity,
            unit,
            amount: self.times(unit, quantity)?,
            agency: Some(self.service.agency.clone()),
            revenue_code: self.service.revenue_code.clone(),
            legal_basis: self.schedule.basis.citation(),
            fee_version: self.schedule.version.clone(),
        })
    }

    fn times(&self, unit: Money, quantity: u32) -> Result<Money, PriceError> {
        unit.checked_mul(i64::from(quantity)).map_err(|_| self.too_large())
    }

    fn sum(&self, currency: Currency, lines: &[PriceLine]) -> Result<Money, PriceError> {
        Money::sum(currency, lines.iter().map(|line| line.amount)).map_err(|_| self.too_large())
    }

    fn too_large(&self) -> PriceError {
        PriceError::TooLarge { slug: self.service.slug.clone() }
    }
}

/// What is left of a line. The line is rounded once and as a whole: rounded by unit, a small fee would be waived many times
/// over. So it is one of one, and says how many it was.
fn waived_line(line: PriceLine, waiver: &Waiver) -> PriceLine {
    let amount = additions::waived(line.amount, waiver);
    let count = line.quantity;
    let text = if count == 1 {
        line.text
    } else {
        line.text.map(|en| format!("{en} × {count}"), |sw| format!("{sw} × {count}"))
    };
    let legal_basis = format!("{}; reduced by {}", line.legal_basis, waiver.basis.citation());
    PriceLine { text, quantity: 1, unit: amount, amount, legal_basis, ..line }
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
        agency: None,
        revenue_code: fee.revenue_code.clone(),
        legal_basis: citation.clone(),
        fee_version: schedule.version.clone(),
    };
    (ConvenienceCharge { amount, basis: citation, fee_version: Some(schedule.version.clone()) }, Some(line))
}
