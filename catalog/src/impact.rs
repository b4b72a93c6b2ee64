//! What a new catalogue means in money, for whoever approves it: which charges change, from which day, from what to
//! what, and which money goes elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;
use ledger::Money;

use crate::charge::{Charge, ChargeItem, Cost};
use crate::code::{FeeVersion, ServiceSlug};
use crate::diff::Changes;
use crate::fee::{ConvenienceFee, Validity};
use crate::service::Service;
use crate::snapshot::Catalogue;

/// The differences in money of a catalogue from an earlier one, from one day on. What was charged before that day is
/// over, but for the versions that were rewritten: bills name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyImpact {
    /// The first day that is looked at.
    pub day: Date,
    /// Fees that are another under their old name.
    pub rewritten: Vec<(ServiceSlug, FeeVersion)>,
    /// Every service that costs something else, or whose money goes elsewhere, by slug.
    pub services: Vec<ServiceImpact>,
    /// The days on which the convenience fee is another.
    pub convenience_fee: Vec<ImpactSpan>,
}

/// What changes about the money of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceImpact {
    /// Which one.
    pub slug: ServiceSlug,
    /// What it comes to.
    pub kind: ImpactKind,
    /// What it costs on the first day in the earlier catalogue.
    pub today: Charge,
    /// The days on which it costs something else, in their order.
    pub spans: Vec<ImpactSpan>,
    /// Agency and revenue code before and after, if they are others.
    pub moved: Option<(String, String)>,
}

/// A run of days on which something else is charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImpactSpan {
    /// The first of them.
    pub from: Date,
    /// The last of them, if there is one.
    pub to: Option<Date>,
    /// What would be charged by the earlier catalogue.
    pub old: Charge,
    /// What would be charged by the new one.
    pub new: Charge,
}

/// What a change of a charge comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImpactKind {
    /// Amounts rise and none falls.
    Dearer,
    /// Amounts fall and none rises.
    Cheaper,
    /// Both, or something else than amounts.
    Otherwise,
    /// Nothing could be charged before.
    BecomesPayable,
    /// Nothing can be charged any more.
    StopsBeingPayable,
    /// A new service that can be charged for.
    Added,
    /// A service that could be charged for and is gone.
    Removed,
    /// The same is charged, and goes elsewhere.
    GoesElsewhere,
}

impl ImpactKind {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Dearer => "dearer",
            Self::Cheaper => "cheaper",
            Self::Otherwise => "charged otherwise",
            Self::BecomesPayable => "payable for the first time",
            Self::StopsBeingPayable => "not payable any more",
            Self::Added => "new and payable",
            Self::Removed => "payable and gone",
            Self::GoesElsewhere => "whose money goes elsewhere",
        }
    }
}

impl MoneyImpact {
    /// What `new` means in money, from `day` on.
    pub fn between(old: &Catalogue, new: &Catalogue, day: Date) -> Self {
        let changes = Changes::between(old, new);
        let rewritten = changes.rewritten_fees().map(|(slug, fee)| (slug.clone(), fee.clone()));
        let slugs: BTreeSet<_> =
            old.services().iter().chain(new.services()).map(|service| &service.slug).collect();
        let (old_convenience, new_convenience) = (old.convenience_fee(), new.convenience_fee());
        let service = |slug: &&ServiceSlug| {
            let (before, after) = (old.service(slug.as_str()), new.service(slug.as_str()));
            let days = days_of(&[before, after], &[old_convenience, new_convenience], day);
            let charges =
                |day| (Charge::of(before, old_convenience, day), Charge::of(after, new_convenience, day));
            service_impact(slug, before, after, spans(&days, &charges), charges(day).0)
        };
        let days = days_of(&[], &[old_convenience, new_convenience], day);
        let charges = |day| {
            (Charge::of_convenience(old_convenience, day), Charge::of_convenience(new_convenience, day))
        };
        Self {
            day,
            rewritten: rewritten.collect(),
            services: slugs.iter().filter_map(service).collect(),
            convenience_fee: spans(&days, &charges),
        }
    }

    /// True if nobody pays anything else, and no money goes elsewhere.
    pub fn is_empty(&self) -> bool {
        self.rewritten.is_empty() && self.services.is_empty() && self.convenience_fee.is_empty()
    }

    /// How many services there are of each kind.
    pub fn totals(&self) -> BTreeMap<ImpactKind, usize> {
        let mut totals = BTreeMap::new();
        for service in &self.services {
            *totals.entry(service.kind).or_default() += 1;
        }
        totals
    }
}

/// The days on which a charge can become another: the first one, and those on which a version or its law begins or ends.
fn days_of(services: &[Option<&Service>], fees: &[Option<&ConvenienceFee>], first: Date) -> Vec<Date> {
    let of_validity = |validity: Validity, since: Option<Date>| {
        [validity.from(), validity.to().and_then(|to| to.tomorrow().ok()), since]
    };
    let of_services = services.iter().copied().flatten().flat_map(Service::fees);
    let of_services = of_services.flat_map(|fee| of_validity(fee.validity, fee.basis.in_force_since));
    let of_convenience = fees.iter().copied().flatten().flat_map(|fee| &fee.schedules);
    let of_convenience = of_convenience.flat_map(|fee| of_validity(fee.validity, fee.basis.in_force_since));
    let later = of_services.chain(of_convenience).flatten().filter(|day| *day > first);
    let days: BTreeSet<_> = later.chain([first]).collect();
    days.into_iter().collect()
}

/// The runs of days on which the two charges differ; between two of `days` nothing changes.
fn spans(days: &[Date], charges: &dyn Fn(Date) -> (Charge, Charge)) -> Vec<ImpactSpan> {
    let mut spans: Vec<ImpactSpan> = Vec::new();
    for (index, from) in days.iter().enumerate() {
        let to = days.get(index + 1).and_then(|next| next.yesterday().ok());
        let (old, new) = charges(*from);
        if old == new {
            continue;
        }
        match spans.last_mut() {
            Some(last)
                if last.to.and_then(|to| to.tomorrow().ok()) == Some(*from)
                    && (&last.old, &last.new) == (&old, &new) =>
            {
                last.to = to;
            }
            _ => spans.push(ImpactSpan { from: *from, to, old, new }),
        }
    }
    spans
}

fn service_impact(
    slug: &ServiceSlug,
    before: Option<&Service>,
    after: Option<&Service>,
    spans: Vec<ImpactSpan>,
    today: Charge,
) -> Option<ServiceImpact> {
    let can_be_charged = |service: Option<&Service>| service.is_some_and(Service::is_billable);
    let moved = before.zip(after).filter(|(before, after)| {
        let has_money = before.is_billable() && after.is_billable();
        has_money && (&before.agency, &before.revenue_code) != (&after.agency, &after.revenue_code)
    });
    let destination = |service: &Service| format!("{} {}", service.agency, service.revenue_code);
    let kind = match (before, after) {
        (None, _) if can_be_charged(after) => ImpactKind::Added,
        (_, None) if can_be_charged(before) => ImpactKind::Removed,
        (None, _) | (_, None) => return None,
        // A service that is not billed may come into force with another reason for it, which is no money.
        _ => match (kind_of(&spans), moved) {
            (Some(kind), _) => kind,
            (None, Some(_)) => ImpactKind::GoesElsewhere,
            (None, None) => return None,
        },
    };
    let moved = moved.map(|(before, after)| (destination(before), destination(after)));
    Some(ServiceImpact { slug: slug.clone(), kind, today, spans, moved })
}

/// What all spans together come to; nothing if there are none.
fn kind_of(spans: &[ImpactSpan]) -> Option<ImpactKind> {
    let kinds: BTreeSet<_> = spans.iter().map(kind_of_span).collect();
    match kinds.len() {
        0 => None,
        1 => kinds.first().copied(),
        _ => Some(ImpactKind::Otherwise),
    }
}

fn kind_of_span(span: &ImpactSpan) -> ImpactKind {
    match (span.old.is_charged(), span.new.is_charged()) {
        (false, true) => return ImpactKind::BecomesPayable,
        (true, false) => return ImpactKind::StopsBeingPayable,
        _ => {}
    }
    let (mut rises, mut falls) = (false, false);
    for (_, old, new) in side_by_side(span) {
        match (old.and_then(amount), new.and_then(amount)) {
            (Some(old), Some(new)) if old.currency() == new.currency() => {
                rises |= old.minor() < new.minor();
                falls |= old.minor() > new.minor();
            }
            _ if old == new => {}
            _ => return ImpactKind::Otherwise,
        }
    }
    match (rises, falls) {
        (true, false) => ImpactKind::Dearer,
        (false, true) => ImpactKind::Cheaper,
        _ => ImpactKind::Otherwise,
    }
}

const fn amount(cost: &Cost) -> Option<Money> {
    match cost {
        Cost::Amount(amount) => Some(*amount),
        Cost::Terms(_) => None,
    }
}

/// Every line of both charges, once: those of the new one in their order, then those that are gone.
fn side_by_side(span: &ImpactSpan) -> Vec<(&str, Option<&Cost>, Option<&Cost>)> {
    let find = |items: &'_ [ChargeItem], what: &str| items.iter().position(|item| item.what == what);
    let (old, new) = (span.old.items(), span.new.items());
    let of_new = new.iter().map(|item| {
        let before = find(old, &item.what).map(|index| &old[index].cost);
        (item.what.as_str(), before, Some(&item.cost))
    });
    let gone = old.iter().filter(|item| find(new, &item.what).is_none());
    of_new.chain(gone.map(|item| (item.what.as_str(), Some(&item.cost), None))).collect()
}

/// What an approver reads: what must be looked at first, every service whose money changes, and the totals at the end.
impl fmt::Display for MoneyImpact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.rewritten.is_empty() {
            let count = self.rewritten.len();
            writeln!(f, "WARNING: {count} fees REWRITTEN under the version that bills know them by:")?;
            for (slug, version) in &self.rewritten {
                writeln!(f, "  {slug} {version}")?;
            }
        }
        for service in &self.services {
            writeln!(f, "$ {}: {}", service.slug, service.kind.words())?;
            if service.spans.first().is_some_and(|span| span.from > self.day) {
                writeln!(f, "    today: {}", service.today)?;
            }
            service.spans.iter().try_for_each(|span| write!(f, "{span}"))?;
            if let Some((old, new)) = &service.moved {
                writeln!(f, "    money goes to {new}, not to {old}")?;
            }
        }
        if !self.convenience_fee.is_empty() {
            writeln!(f, "$ convenience fee, on every bill")?;
            self.convenience_fee.iter().try_for_each(|span| write!(f, "{span}"))?;
        }
        if self.services.is_empty() && self.convenience_fee.is_empty() {
            return writeln!(f, "from {} on nobody pays anything else", self.day);
        }
        let totals = self.totals().into_iter().map(|(kind, count)| format!("{count} {}", kind.words()));
        let convenience = (!self.convenience_fee.is_empty()).then(|| "the convenience fee".to_owned());
        let totals: Vec<_> = totals.chain(convenience).collect();
        writeln!(f, "money, from {} on: {}", self.day, totals.join(", "))
    }
}

impl fmt::Display for ImpactSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            Some(to) => writeln!(f, "    from {} to {to}", self.from)?,
            None => writeln!(f, "    from {}", self.from)?,
        }
        if !matches!((&self.old, &self.new), (Charge::Fee { .. }, Charge::Fee { .. }))
            || self.old.is_charged() != self.new.is_charged()
        {
            return writeln!(f, "      {} -> {}", self.old, self.new);
        }
        for (what, old, new) in side_by_side(self) {
            let what = if what.is_empty() { String::new() } else { format!("{what}: ") };
            match (old, new) {
                (Some(old), Some(new)) if old == new => writeln!(f, "      {what}{old}, as before")?,
                (Some(old), Some(new)) => writeln!(f, "      {what}{old} -> {new}")?,
                (None, Some(new)) => writeln!(f, "      {what}{new}, new")?,
                (Some(old), None) => writeln!(f, "      {what}{old}, gone")?,
                (None, None) => {}
            }
        }
        Ok(())
    }
}
