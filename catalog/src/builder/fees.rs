//! The versions of a fee: each with its days, its law and its rule.

use std::sync::Arc;

use super::additions::additions;
use super::largest;
use super::rules::rule;
use super::scalars::{checked_code, checked_validity};
use super::{Agencies, Bases};
use crate::fee::{FeeSchedule, LegalBasis, Validity};
use crate::source::{FeeRow, Place, ServiceRow};

/// The most versions of one fee.
pub(super) const SCHEDULES_MAX: usize = 200;

/// The schedules of a service, oldest first.
pub(super) fn schedules(
    row: &ServiceRow,
    agencies: &Agencies,
    bases: &Bases,
    place: Place<'_>,
) -> Option<Vec<FeeSchedule>> {
    let place = place.field("fees");
    if row.fees.len() > SCHEDULES_MAX {
        place.report(format!("at most {SCHEDULES_MAX} versions of one fee"));
        return None;
    }
    let mut schedules = Vec::with_capacity(row.fees.len());
    for (index, fee) in row.fees.iter().enumerate() {
        let place = place.item(index);
        if let Some(schedule) = schedule(fee, row.sample, agencies, bases, place) {
            schedules.push((schedule, index));
        }
    }
    let complete = schedules.len() == row.fees.len();
    let dated =
        schedules.iter().map(|(schedule, index)| (schedule.version.as_str(), schedule.validity, *index));
    let distinct = do_not_meet(dated.collect(), place);
    schedules.sort_by_key(|(schedule, _)| schedule.validity.from());
    (complete && distinct).then(|| schedules.into_iter().map(|(schedule, _)| schedule).collect())
}

fn schedule(
    row: &FeeRow,
    of_sample: bool,
    agencies: &Agencies,
    bases: &Bases,
    place: Place<'_>,
) -> Option<FeeSchedule> {
    let version = checked_code(&row.version, place.field("version"));
    let validity = checked_validity(row.valid_from.as_deref(), row.valid_to.as_deref(), place);
    let basis = cited_basis(&row.basis, validity, bases, place);
    if let Some(basis) = &basis
        && basis.is_sample()
        && !of_sample
    {
        place.field("basis").report("only a service marked as sample may rest on a sample");
    }
    let rule = rule(&row.rule, agencies, place.field("rule"));
    let cite = |code: &str, place: Place<'_>| cited_basis(code, validity, bases, place);
    let additions = additions(row, rule.as_ref(), &cite, place);
    let fits = rule.as_ref().zip(additions.as_ref());
    let fits = fits.is_some_and(|(rule, additions)| largest::check(rule, additions, place.field("rule")));
    fits.then_some(())?;
    Some(FeeSchedule {
        version: version?,
        validity: validity?,
        basis: basis?,
        rule: rule?,
        additions: additions?,
        part_payment: row.part_payment,
    })
}

/// The basis of that code. It must not begin after the fee does: such a fee would be in force without law.
pub(super) fn cited_basis(
    code: &str,
    validity: Option<Validity>,
    bases: &Bases,
    place: Place<'_>,
) -> Option<Arc<LegalBasis>> {
    let place = place.field("basis");
    let Some(basis) = bases.get(code) else {
        place.report(format!("no legal basis {code} in this catalogue"));
        return None;
    };
    if let (Some(since), Some(validity)) = (basis.in_force_since, validity)
        && validity.from().is_none_or(|from| from < since)
    {
        place.report(format!("the fee begins before its legal basis, which is in force since {since}"));
    }
    Some(Arc::clone(basis))
}

/// True if no two versions have one name or one day in common.
pub(super) fn do_not_meet(versions: Vec<(&str, Validity, usize)>, place: Place<'_>) -> bool {
    let mut distinct = true;
    for (position, (version, validity, index)) in versions.iter().enumerate() {
        for (earlier, earlier_validity, _) in &versions[..position] {
            if version == earlier {
                place.item(*index).field("version").report(format!("the version {version} is there twice"));
                distinct = false;
            } else if validity.overlaps(*earlier_validity) {
                let message = format!("the days overlap with those of version {earlier}");
                place.item(*index).field("valid_from").report(message);
                distinct = false;
            }
        }
    }
    distinct
}
