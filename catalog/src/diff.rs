//! What changed between two catalogues, for whoever approves the new one and for the audit log.

use std::collections::BTreeMap;
use std::fmt;

use crate::account_form::AccountForm;
use crate::code::{AccountFormCode, AgencyCode, FeeVersion, ServiceSlug};
use crate::fee::FeeSchedule;
use crate::service::{Billing, Service};
use crate::snapshot::Catalogue;

/// The differences of a catalogue from an earlier one. Lists are in the order of slugs and codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Agencies that are new.
    pub agencies_added: Vec<AgencyCode>,
    /// Agencies that are gone.
    pub agencies_removed: Vec<AgencyCode>,
    /// Agencies of which something else than the services changed.
    pub agencies_changed: Vec<AgencyCode>,
    /// Those among them whose own system is another: where people are handed on to. An approver looks at them first.
    pub back_ends_changed: Vec<AgencyCode>,
    /// Those among them that are paid in other ways when the consolidated paybill cannot be used: where money goes.
    pub fallbacks_changed: Vec<AgencyCode>,
    /// True if all others are paid in other ways then.
    pub national_fallback_changed: bool,
    /// Services that are new.
    pub services_added: Vec<ServiceSlug>,
    /// Services that are gone.
    pub services_removed: Vec<ServiceSlug>,
    /// Services that changed.
    pub services_changed: Vec<ServiceChange>,
    /// Forms of account numbers that are new.
    pub account_forms_added: Vec<AccountFormCode>,
    /// Forms of account numbers that are gone.
    pub account_forms_removed: Vec<AccountFormCode>,
    /// Forms of account numbers that changed: money that is typed so goes elsewhere.
    pub account_forms_changed: Vec<AccountFormCode>,
    /// True if the convenience fee is another.
    pub convenience_fee_changed: bool,
    /// True if the public holidays are others: promises of working days end on other days.
    pub public_holidays_changed: bool,
}

/// A service that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceChange {
    /// Which one.
    pub slug: ServiceSlug,
    /// What changed about it; never empty.
    pub aspects: Vec<Aspect>,
}

/// Something about a service that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// The agency that offers it.
    Agency,
    /// Name, description, requirements, keywords, or its name on the official list.
    Texts,
    /// The promised time.
    Promise,
    /// Where it can be had.
    Delivery,
    /// The county that it is confined to.
    County,
    /// Where its money belongs.
    RevenueCode,
    /// The waiver of the convenience fee.
    ConvenienceFeeWaiver,
    /// Whether it is a sample.
    Sample,
    /// The system that it is handed on to, where it is another than its agency's.
    BackEnd,
    /// Whether it can be billed, or the reason why it cannot.
    Billing,
    /// A version of the fee that is new.
    FeeAdded(FeeVersion),
    /// A version of the fee that is gone.
    FeeRemoved(FeeVersion),
    /// A version of the fee whose last day is another: how a fee gives way to its successor.
    FeeEndMoved(FeeVersion),
    /// A version of the fee of which only the note on its source changed.
    FeeSourceNote(FeeVersion),
    /// A version of the fee that has another amount, law or first day under its old name. Bills that it priced no
    /// longer agree with it; a correction should be a new version.
    FeeRewritten(FeeVersion),
}

impl Changes {
    /// What is different in `new`.
    pub fn between(old: &Catalogue, new: &Catalogue) -> Self {
        let old_agencies: BTreeMap<_, _> =
            old.agencies().iter().map(|agency| (&agency.code, agency)).collect();
        let new_agencies: BTreeMap<_, _> =
            new.agencies().iter().map(|agency| (&agency.code, agency)).collect();
        let (agencies_added, agencies_removed) = added_and_removed(&old_agencies, &new_agencies);
        let old_services: BTreeMap<_, _> =
            old.services().iter().map(|service| (&service.slug, service)).collect();
        let new_services: BTreeMap<_, _> =
            new.services().iter().map(|service| (&service.slug, service)).collect();
        let (services_added, services_removed) = added_and_removed(&old_services, &new_services);
        let (old_forms, new_forms) = (forms_of(old), forms_of(new));
        let (account_forms_added, account_forms_removed) = added_and_removed(&old_forms, &new_forms);
        Self {
            agencies_added,
            agencies_removed,
            agencies_changed: in_both(&old_agencies, &new_agencies)
                .filter(|(old, new)| old != new)
                .map(|(_, new)| new.code.clone())
                .collect(),
            back_ends_changed: in_both(&old_agencies, &new_agencies)
                .filter(|(old, new)| old.back_end != new.back_end)
                .map(|(_, new)| new.code.clone())
                .collect(),
            fallbacks_changed: in_both(&old_agencies, &new_agencies)
                .filter(|(old, new)| old.fallback != new.fallback)
                .map(|(_, new)| new.code.clone())
                .collect(),
            national_fallback_changed: old.national_fallback() != new.national_fallback(),
            services_added,
            services_removed,
            services_changed: in_both(&old_services, &new_services)
                .map(|(old, new)| ServiceChange { slug: new.slug.clone(), aspects: aspects(old, new) })
                .filter(|change| !change.aspects.is_empty())
                .collect(),
            account_forms_added,
            account_forms_removed,
            account_forms_changed: in_both(&old_forms, &new_forms)
                .filter(|(old, new)| old != new)
                .map(|(_, new)| new.code.clone())
                .collect(),
            convenience_fee_changed: old.convenience_fee() != new.convenience_fee(),
            public_holidays_changed: old.holidays() != new.holidays(),
        }
    }

    /// True if nothing changed but, possibly, the layout of the document.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The fees that were rewritten under their old version: what an approver must look at first.
    pub fn rewritten_fees(&self) -> impl Iterator<Item = (&ServiceSlug, &FeeVersion)> {
        self.services_changed.iter().flat_map(|change| {
            change.aspects.iter().filter_map(|aspect| match aspect {
                Aspect::FeeRewritten(version) => Some((&change.slug, version)),
                _ => None,
            })
        })
    }
}

type ByCode<'a, Code, Row> = BTreeMap<&'a Code, &'a Row>;

fn forms_of(catalogue: &Catalogue) -> ByCode<'_, AccountFormCode, AccountForm> {
    catalogue.account_forms().iter().map(|form| (&form.code, form)).collect()
}

fn added_and_removed<Code: Ord + Clone, Row>(
    old: &ByCode<'_, Code, Row>,
    new: &ByCode<'_, Code, Row>,
) -> (Vec<Code>, Vec<Code>) {
    let missing_from = |other: &ByCode<'_, Code, Row>, rows: &ByCode<'_, Code, Row>| {
        rows.keys().filter(|code| !other.contains_key(**code)).map(|code| (*code).clone()).collect()
    };
    (missing_from(old, new), missing_from(new, old))
}

fn in_both<'a, Code: Ord, Row>(
    old: &'a ByCode<'_, Code, Row>,
    new: &'a ByCode<'_, Code, Row>,
) -> impl Iterator<Item = (&'a Row, &'a Row)> {
    new.iter().filter_map(|(code, new)| Some((*old.get(code)?, *new)))
}

fn aspects(old: &Service, new: &Service) -> Vec<Aspect> {
    let texts_differ = old.name != new.name
        || old.description != new.description
        || old.requirements != new.requirements
        || old.keywords != new.keywords
        || old.published_name != new.published_name;
    let reasons = |service: &Service| match &service.billing {
        Billing::Fees(_) => None,
        Billing::NotBillable(reason) => Some(reason.clone()),
    };
    let mut aspects: Vec<Aspect> = [
        (old.agency != new.agency, Aspect::Agency),
        (texts_differ, Aspect::Texts),
        (old.promised_working_days != new.promised_working_days, Aspect::Promise),
        (old.delivery != new.delivery, Aspect::Delivery),
        (old.county != new.county, Aspect::County),
        (old.revenue_code != new.revenue_code, Aspect::RevenueCode),
        (old.convenience_fee_waiver != new.convenience_fee_waiver, Aspect::ConvenienceFeeWaiver),
        (old.sample != new.sample, Aspect::Sample),
        (old.back_end != new.back_end, Aspect::BackEnd),
        (reasons(old) != reasons(new), Aspect::Billing),
    ]
    .into_iter()
    .filter(|(differs, _)| *differs)
    .map(|(_, aspect)| aspect)
    .collect();
    let same_version =
        |fees: &'_ [FeeSchedule], version: &FeeVersion| fees.iter().position(|fee| fee.version == *version);
    for fee in new.fees() {
        match same_version(old.fees(), &fee.version) {
            None => aspects.push(Aspect::FeeAdded(fee.version.clone())),
            Some(position) => aspects.extend(fee_aspect(&old.fees()[position], fee)),
        }
    }
    let gone = old.fees().iter().filter(|fee| same_version(new.fees(), &fee.version).is_none());
    aspects.extend(gone.map(|fee| Aspect::FeeRemoved(fee.version.clone())));
    aspects
}

fn fee_aspect(old: &FeeSchedule, new: &FeeSchedule) -> Option<Aspect> {
    let version = new.version.clone();
    let says_the_same = old.rule == new.rule
        && old.additions == new.additions
        && old.part_payment == new.part_payment
        && old.validity.from() == new.validity.from()
        && old.basis.standing == new.basis.standing
        && old.basis.citation() == new.basis.citation();
    if !says_the_same {
        Some(Aspect::FeeRewritten(version))
    } else if old.validity.to() != new.validity.to() {
        Some(Aspect::FeeEndMoved(version))
    } else if old.basis.source_note != new.basis.source_note {
        Some(Aspect::FeeSourceNote(version))
    } else {
        None
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agency => f.write_str("agency"),
            Self::Texts => f.write_str("texts"),
            Self::Promise => f.write_str("promised time"),
            Self::Delivery => f.write_str("delivery"),
            Self::County => f.write_str("county"),
            Self::RevenueCode => f.write_str("revenue code"),
            Self::ConvenienceFeeWaiver => f.write_str("waiver of the convenience fee"),
            Self::Sample => f.write_str("sample mark"),
            Self::BackEnd => f.write_str("BACK END"),
            Self::Billing => f.write_str("billing"),
            Self::FeeAdded(version) => write!(f, "fee {version} added"),
            Self::FeeRemoved(version) => write!(f, "fee {version} removed"),
            Self::FeeEndMoved(version) => write!(f, "last day of fee {version}"),
            Self::FeeSourceNote(version) => write!(f, "note on fee {version}"),
            Self::FeeRewritten(version) => write!(f, "fee {version} REWRITTEN"),
        }
    }
}

/// One line for each change, for a terminal and for the audit log.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing changed\n");
        }
        for code in &self.agencies_added {
            writeln!(f, "+ agency {code}")?;
        }
        for code in &self.agencies_removed {
            writeln!(f, "- agency {code}")?;
        }
        for code in &self.agencies_changed {
            let loud = [(&self.back_ends_changed, "BACK END"), (&self.fallbacks_changed, "FALLBACK PLAN")];
            let loud: Vec<_> =
                loud.iter().filter(|(codes, _)| codes.contains(code)).map(|(_, what)| *what).collect();
            let colon = if loud.is_empty() { "" } else { ": " };
            writeln!(f, "~ agency {code}{colon}{}", loud.join(", "))?;
        }
        if self.national_fallback_changed {
            writeln!(f, "~ every agency without a plan of its own: FALLBACK PLAN")?;
        }
        for code in &self.account_forms_added {
            writeln!(f, "+ account form {code}")?;
        }
        for code in &self.account_forms_removed {
            writeln!(f, "- account form {code}")?;
        }
        for code in &self.account_forms_changed {
            writeln!(f, "~ account form {code}")?;
        }
        for slug in &self.services_added {
            writeln!(f, "+ service {slug}")?;
        }
        for slug in &self.services_removed {
            writeln!(f, "- service {slug}")?;
        }
        for change in &self.services_changed {
            let aspects: Vec<_> = change.aspects.iter().map(ToString::to_string).collect();
            writeln!(f, "~ service {}: {}", change.slug, aspects.join(", "))?;
        }
        if self.convenience_fee_changed {
            writeln!(f, "~ convenience fee")?;
        }
        if self.public_holidays_changed {
            writeln!(f, "~ public holidays")?;
        }
        Ok(())
    }
}
