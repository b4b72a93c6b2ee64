//! The tables of what offices offer. They are invented: names that people would look for, fees from nowhere.

mod farm;
mod health;
mod justice;
mod land;
mod learning;
mod leisure;
mod local;
mod needs;
mod town;
mod trade;

use super::offer::Offer;

/// What county governments offer.
pub(super) const COUNTY: &[&[Offer]] = &[trade::TRADE, land::LAND, farm::FARM, town::TOWN];
pub(super) const HOSPITAL: &[&[Offer]] = &[health::HOSPITAL];
pub(super) const SCHOOL: &[&[Offer]] = &[learning::SCHOOL];
pub(super) const INSTITUTE: &[&[Offer]] = &[learning::INSTITUTE];
pub(super) const LIBRARY: &[&[Offer]] = &[learning::LIBRARY];
pub(super) const COURT: &[&[Offer]] = &[justice::COURT];
pub(super) const REGISTRY: &[&[Offer]] = &[land::REGISTRY];
pub(super) const PARK: &[&[Offer]] = &[leisure::PARK];
pub(super) const MUSEUM: &[&[Offer]] = &[leisure::MUSEUM];
pub(super) const GROUND: &[&[Offer]] = &[leisure::GROUND];
pub(super) const CHIEF: &[&[Offer]] = &[local::CHIEF];
pub(super) const MARKET: &[&[Offer]] = &[local::MARKET];
