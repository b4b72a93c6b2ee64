//! The convenience fee through time, checked.

use std::collections::HashSet;

use ledger::Currency;

use super::fees::{SCHEDULES_MAX, cited_basis, do_not_meet};
use super::scalars::{checked_amount, checked_amount_in, checked_code, checked_text, checked_validity};
use super::{Bases, NAME_CHARACTERS_MAX};
use crate::fee::{ConvenienceBand, ConvenienceFee, ConvenienceSchedule};
use crate::source::{ConvenienceBandRow, ConvenienceRow, Place};

/// The most bands of one schedule.
const BANDS_MAX: usize = 100;

/// The convenience fee through time.
pub(super) fn convenience(row: &ConvenienceRow, bases: &Bases, place: Place<'_>) -> Option<ConvenienceFee> {
    let name = checked_text(&row.name, NAME_CHARACTERS_MAX, place.field("name"));
    let revenue_code = checked_code(&row.revenue_code, place.field("revenue_code"));
    let place = place.field("schedules");
    let mut schedules = Vec::with_capacity(row.schedules.len());
    for (index, schedule) in row.schedules.iter().enumerate().take(SCHEDULES_MAX) {
        let place = place.item(index);
        let version = checked_code(&schedule.version, place.field("version"));
        let validity = checked_validity(schedule.valid_from.as_deref(), schedule.valid_to.as_deref(), place);
        let basis = cited_basis(&schedule.basis, validity, bases, place);
        let bands = convenience_bands(&schedule.bands, place.field("bands"));
        if let (Some(version), Some(validity), Some(basis), Some(bands)) = (version, validity, basis, bands) {
            schedules.push((ConvenienceSchedule { version, validity, basis, bands }, index));
        }
    }
    let complete = schedules.len() == row.schedules.len();
    let dated =
        schedules.iter().map(|(schedule, index)| (schedule.version.as_str(), schedule.validity, *index));
    let distinct = do_not_meet(dated.collect(), place);
    schedules.sort_by_key(|(schedule, _)| schedule.validity.from());
    let schedules = schedules.into_iter().map(|(schedule, _)| schedule).collect();
    (complete && distinct).then_some(ConvenienceFee { name: name?, revenue_code: revenue_code?, schedules })
}

/// The bands of every currency. Within a currency the limits rise and the last band has none, so that no total falls
/// between.
fn convenience_bands(rows: &[ConvenienceBandRow], place: Place<'_>) -> Option<Vec<ConvenienceBand>> {
    let mut bands: Vec<ConvenienceBand> = Vec::with_capacity(rows.len());
    let mut closed: HashSet<Currency> = HashSet::new();
    for (index, row) in rows.iter().enumerate().take(BANDS_MAX) {
        let place = place.item(index);
        let Some(fee) = checked_amount(&row.fee, place.field("fee")) else { continue };
        let currency = fee.currency();
        let below = match &row.below {
            Some(text) => match checked_amount_in(text, Some(currency), place.field("below")) {
                Some(limit) => Some(limit),
                None => continue,
            },
            None => None,
        };
        let last_limit =
            bands.iter().rev().find(|band| band.fee.currency() == currency).and_then(|band| band.below);
        let rises = below.zip(last_limit).is_none_or(|(limit, last)| last.minor() < limit.minor());
        if closed.contains(&currency) || !rises {
            place
                .field("below")
                .report(format!("the bands of {currency} rise, and nothing follows the last"));
            continue;
        }
        if below.is_none() {
            closed.insert(currency);
        }
        bands.push(ConvenienceBand { below, fee });
    }
    let complete = bands.len() == rows.len();
    let mut open = bands.iter().map(|band| band.fee.currency()).filter(|currency| !closed.contains(currency));
    if complete && let Some(currency) = open.next() {
        place.report(format!("the last band of {currency} has no upper limit"));
        return None;
    }
    complete.then_some(bands)
}
