//! What a list adds to a catalogue. What the catalogue has already was written by hand and stays as it is; only a fee
//! may get a successor.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use ledger::{Currency, Money};

use super::agencies::Agencies;
use super::names::{self, Nameless};
use super::report::ImportReport;
use super::services::Offer;
use super::words;
use crate::snapshot::Catalogue;
use crate::source::{FeeRow, Located, LocatedRows, Place, ProblemSink, RuleRow, ServiceRow, read_rows};

/// What problems call the base catalogue. It was read before, so it has none of its own.
const BASE: &str = "the catalogue below";

/// The rows of the base catalogue and those of the list, each service once.
pub(super) fn onto(
    base: &Catalogue,
    agencies: Agencies,
    offers: Vec<Offer>,
    row_count: usize,
    problems: &ProblemSink,
) -> (LocatedRows, ImportReport) {
    let document = base.to_json();
    let text = std::str::from_utf8(&document).expect("a document was read as text before");
    let mut rows = read_rows(BASE, text, problems);
    let mut report =
        ImportReport { rows: row_count, agencies_added: agencies.new.len(), ..ImportReport::default() };
    let known = KnownServices::of(&rows.services);
    let mut touched = HashSet::new();
    let mut new = Vec::new();
    for offer in offers {
        let found = known.find(&offer);
        if found.is_empty() {
            new.push(offer);
            continue;
        }
        report.matched += 1;
        touched.extend(found.iter().copied());
        let place = Place::row(problems, &offer.origin);
        let another = found.iter().find(|index| rows.services[**index].row.agency != offer.row.agency);
        if let Some(index) = another {
            let ServiceRow { slug, agency, .. } = &rows.services[*index].row;
            place
                .field("slug")
                .report(format!("{slug} is a service of {agency}, not of {}", offer.row.agency));
            continue;
        }
        match (&found[..], offer.fee) {
            (_, None) => {}
            ([only], Some(fee)) => {
                let service = &mut rows.services[*only];
                if succeed(&mut service.row, fee, place) {
                    service.origin = offer.origin.clone();
                    report.fees_added += 1;
                }
            }
            (several, Some(_)) => {
                let message = format!(
                    "{} services of the catalogue have this name on the list; give the slug of the one that is meant",
                    several.len()
                );
                place.field("name").report(message);
            }
        }
    }
    report.left_alone = rows.services.len() - touched.len();
    report.added = new.len();
    let slugs = slugs_of(&new, &rows.services);
    for (offer, slug) in new.into_iter().zip(slugs) {
        let added = with_slug(offer, slug, problems);
        report.added_without_fee += usize::from(added.row.fees.is_empty());
        rows.services.push(added);
    }
    rows.agencies.extend(agencies.new);
    (rows, report)
}

/// The services of the base catalogue, as a list would name them.
struct KnownServices {
    by_slug: HashMap<String, usize>,
    /// By agency and name on the list, or name.
    by_name: HashMap<(String, String), Vec<usize>>,
}

impl KnownServices {
    fn of(services: &[Located<ServiceRow>]) -> Self {
        let mut by_name: HashMap<_, Vec<usize>> = HashMap::with_capacity(services.len());
        for (index, Located { row, .. }) in services.iter().enumerate() {
            // Whoever has another name on the list is known by that one: its own may be another's there.
            let name = row.published_name.as_ref().unwrap_or(&row.name.en);
            by_name.entry((row.agency.clone(), words::folded(name))).or_default().push(index);
        }
        let by_slug =
            services.iter().enumerate().map(|(index, service)| (service.row.slug.clone(), index)).collect();
        Self { by_slug, by_name }
    }

    /// The services that a row means. Several where one name of the list became several services.
    fn find(&self, offer: &Offer) -> Vec<usize> {
        if let Some(slug) = &offer.slug {
            return self.by_slug.get(slug).copied().into_iter().collect();
        }
        let key = (offer.row.agency.clone(), words::folded(&offer.row.name.en));
        self.by_name.get(&key).cloned().unwrap_or_default()
    }
}

/// A slug for each new service: that of the list, or one from agency and name.
fn slugs_of(new: &[Offer], base: &[Located<ServiceRow>]) -> Vec<String> {
    let mut taken: HashSet<&str> = base.iter().map(|service| service.row.slug.as_str()).collect();
    taken.extend(new.iter().filter_map(|offer| offer.slug.as_deref()));
    let without = new.iter().filter(|offer| offer.slug.is_none());
    let nameless: Vec<_> =
        without.map(|offer| Nameless::service(&offer.row.agency, &offer.row.name.en, &offer.id)).collect();
    let mut made = names::slugs(&nameless, &taken).into_iter();
    let slug = |offer: &Offer| match &offer.slug {
        Some(slug) => slug.clone(),
        None => made.next().expect("there is one for each offer without"),
    };
    new.iter().map(slug).collect()
}

fn with_slug(mut offer: Offer, slug: String, problems: &ProblemSink) -> Located<ServiceRow> {
    offer.row.slug = slug;
    if let Some(fee) = offer.fee.take() {
        if !offer.has_revenue_code {
            let message = "the service has a fee, and no revenue code that says where the money belongs";
            Place::row(problems, &offer.origin).field("revenue_code").report(message);
        }
        offer.row.fees = vec![fee];
        offer.row.not_billable = None;
    }
    offer.located()
}

/// Gives a service a fee, or its fee a successor. True if there is a new version.
///
/// A version that was published is never edited, but for its last day: bills name the version that priced them.
fn succeed(row: &mut ServiceRow, mut fee: FeeRow, place: Place<'_>) -> bool {
    let first_day = day_of(&fee.valid_from);
    let undated = fee.valid_from.is_none();
    let holds_then = |known: &FeeRow| match first_day {
        Some(first_day) => {
            day_of(&known.valid_from).is_none_or(|from| from <= first_day)
                && day_of(&known.valid_to).is_none_or(|to| first_day <= to)
        }
        // A fee without a day is the one that holds now, and nothing that was.
        None => undated && known.valid_to.is_none(),
    };
    let position = row.fees.iter().position(holds_then);
    if position.is_some_and(|position| says_the_same(&row.fees[position], &fee)) {
        return false;
    }
    if row.fees.iter().any(|known| known.version == fee.version) {
        let message = format!(
            "version {} of this fee is in the catalogue with another content; a correction is a new version",
            fee.version
        );
        place.field("fees").field("version").report(message);
        return false;
    }
    if undated && !row.fees.is_empty() {
        let message = "the catalogue has another fee; say from which day this one holds";
        place.field("fees").field("valid_from").report(message);
        return false;
    }
    if let (Some(position), Some(first_day)) = (position, first_day) {
        let known = &mut row.fees[position];
        if day_of(&known.valid_from) == Some(first_day) {
            let message = format!("version {} of this fee holds from the same day", known.version);
            place.field("fees").field("valid_from").report(message);
            return false;
        }
        fee.valid_to = fee.valid_to.or_else(|| known.valid_to.clone());
        known.valid_to = first_day.yesterday().ok().map(|day| day.to_string());
    }
    // What is wrong with the days themselves is found when the catalogue is built.
    row.not_billable = None;
    row.fees.push(fee);
    true
}

fn day_of(text: &Option<String>) -> Option<Date> {
    text.as_deref()?.parse().ok()
}

/// True if a fee of the catalogue is the one that the list speaks of: the same amount and law, and no other end.
fn says_the_same(known: &FeeRow, fee: &FeeRow) -> bool {
    let amount = |rule: &RuleRow| match rule {
        RuleRow::Flat { amount } => {
            let (currency, decimal) = amount.split_once(' ')?;
            Money::parse_decimal(decimal, currency.parse::<Currency>().ok()?).ok()
        }
        _ => None,
    };
    known.basis == fee.basis
        && amount(&known.rule).is_some()
        && amount(&known.rule) == amount(&fee.rule)
        && (fee.valid_to.is_none() || known.valid_to == fee.valid_to)
}
