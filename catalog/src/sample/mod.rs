//! Generated services, which fill the catalogue of a demonstration up to the size of a country's.
//!
//! Everything about them is invented and says so: the service is marked as sample, its description says in both
//! languages that it is an example, and its fees cite `SAMPLE/…`, which only a demonstration charges.
//!
//! Samples stand in one sequence that never ends. First come the services of `edge`; then, in rounds, each kind of
//! office opens once more in each of the 47 counties and brings what its table offers. Within a round the first
//! service of every kind of office comes before the second of any, and each service in all counties before the next,
//! so that a hundred samples already are of many sorts and places. A catalogue takes as many as it needs from the
//! front; a larger one holds all of a smaller one. What services there are, and their names and slugs, never depends
//! on the seed: it sets amounts, promises and fee histories only.

mod charge;
mod dice;
pub mod edge;
mod offer;
mod offers;
mod office;

use crate::builder::{CatalogueBuilder, SERVICES_MAX};
use crate::embedded;
use crate::fee::Standing;
use crate::snapshot::Catalogue;
use crate::source::{BasisRow, CatalogueRows, FeeRow, ServiceRow, TextRow};

use dice::Dice;
use offer::{Offer, text_row};
use office::{KINDS, Office, OfficeKind, Place};

/// How many services a demonstration has unless it is told otherwise, those written by hand among them: as many as the
/// state offers online.
pub const DEMONSTRATION_SERVICES: usize = 22_000;
/// The seed of a demonstration that is told none.
pub const DEMONSTRATION_SEED: u64 = 222_222;
/// The name of one sample in every technical institute: many agencies, one name.
pub const SAME_NAME: &str = "Student Portal";

/// The first day of the fees that are in force.
const FIRST_DAY: &str = "2024-07-01";

impl Catalogue {
    /// The services that come with the product and samples, `services_total` in all; never fewer than those that come
    /// with the product, never more than [`SERVICES_MAX`]. The same arguments give the same document everywhere.
    ///
    /// # Panics
    /// If a file within the product is broken, as [`Catalogue::embedded`] does.
    pub fn demonstration(services_total: usize, seed: u64) -> Self {
        let mut builder = CatalogueBuilder::new();
        embedded::add_to(&mut builder);
        builder.add_samples(services_total, seed);
        builder.build().unwrap_or_else(|problems| panic!("{problems}"))
    }
}

/// The rows of the first `count` samples, of their agencies and of what they cite. At most [`SERVICES_MAX`] of them.
pub fn rows(count: usize, seed: u64) -> CatalogueRows {
    let count = count.min(SERVICES_MAX);
    let mut rows = CatalogueRows::default();
    if count == 0 {
        return rows;
    }
    rows.legal_bases.push(sample_basis(edge::BASIS_CODE.to_owned(), "EDGE"));
    rows.legal_bases.extend(KINDS.iter().map(OfficeKind::basis));
    rows.agencies.push(edge::agency());
    rows.services.reserve_exact(count);
    rows.services.extend(edge::services().into_iter().take(count));

    let places = Place::all();
    for round in 0.. {
        for turn in turns(round) {
            for place in &places {
                if rows.services.len() == count {
                    return rows;
                }
                let office = Office::new(turn.kind, place, turn.ordinal);
                if turn.opens_office {
                    rows.agencies.push(office.agency(turn.kind));
                }
                let position = rows.services.len() as u64;
                let dice = Dice::of_sample(seed, position);
                rows.services.push(service(&turn, &office, place, dice));
            }
        }
    }
    unreachable!("the rounds do not end")
}

/// One service of one kind of office, as every county has it in one round.
struct Turn {
    kind: &'static OfficeKind,
    ordinal: usize,
    offer: &'static Offer,
    /// Which of the offer's things, if it has any.
    thing: Option<usize>,
    /// True for the first service of these offices.
    opens_office: bool,
}

/// The services that the offices of this round bring, the first of every kind of office before the second of any.
fn turns(round: usize) -> Vec<Turn> {
    let mut turns = Vec::new();
    for kind in KINDS {
        let Some(ordinal) = kind.ordinal_in(round) else { continue };
        for (place_in_kind, (offer, thing)) in kind.services().into_iter().enumerate() {
            let opens_office = place_in_kind == 0;
            turns.push((place_in_kind, Turn { kind, ordinal, offer, thing, opens_office }));
        }
    }
    // The sort keeps the order of the kinds among turns of one place.
    turns.sort_by_key(|(place_in_kind, _)| *place_in_kind);
    turns.into_iter().map(|(_, turn)| turn).collect()
}

fn service(turn: &Turn, office: &Office, place: &Place, mut dice: Dice) -> ServiceRow {
    let offer = turn.offer;
    let dice = &mut dice;
    let name = service_name(offer, turn.thing, office);
    let promised_working_days = offer.working_days.map(|(least, most)| {
        let days_more =
            u16::try_from(dice.below(u32::from(most - least) + 1)).expect("below a number of days");
        least + days_more
    });
    let fees = fees(turn, dice);
    let not_billable = fees.is_empty().then(free_of_charge);
    ServiceRow {
        slug: service_slug(office, offer, turn.thing),
        agency: office.code.clone(),
        name,
        published_name: None,
        description: example(offer.about.en, offer.about.sw),
        requirements: offer.requirements.iter().map(|requirement| requirement.row()).collect(),
        promised_working_days,
        delivery: offer.delivery.unwrap_or(turn.kind.delivery).to_vec(),
        county: Some(place.slug.clone()),
        keywords: offer.keywords.iter().map(|keyword| (*keyword).to_owned()).collect(),
        revenue_code: revenue_code(office, offer),
        fees,
        not_billable,
        convenience_fee_waiver: None,
        sample: true,
        back_end: None,
    }
}

fn service_name(offer: &Offer, thing: Option<usize>, office: &Office) -> TextRow {
    let (en, sw) = match thing {
        Some(index) => {
            let name = offer.things[index].name;
            (offer.name.en.replacen("{}", name.en, 1), offer.name.sw.replacen("{}", name.sw, 1))
        }
        None => (offer.name.en.to_owned(), offer.name.sw.to_owned()),
    };
    if offer.bare_name {
        return text_row(en, sw);
    }
    text_row(format!("{en}, {}", office.short.0), format!("{sw}, {}", office.short.1))
}

fn service_slug(office: &Office, offer: &Offer, thing: Option<usize>) -> String {
    match thing {
        Some(index) => format!("{}-{}-{}", office.slug, offer.slug, offer.things[index].slug),
        None => format!("{}-{}", office.slug, offer.slug),
    }
}

fn revenue_code(office: &Office, offer: &Offer) -> String {
    format!("{}/{}", office.code, offer.revenue)
}

/// The versions of the fee: mostly one, sometimes with one before it, seldom with one that is to come.
fn fees(turn: &Turn, dice: &mut Dice) -> Vec<FeeRow> {
    let (earlier, later) = match dice.below(64) {
        0 | 1 => (true, false),
        2 => (false, true),
        _ => (false, false),
    };
    let versions = [
        ("2022-07-01", Some("2024-06-30"), earlier),
        (FIRST_DAY, later.then_some(edge::DAY_BEFORE_CHANGE), true),
        (edge::FEE_CHANGE_DAY, None, later),
    ];
    let mut fees = Vec::with_capacity(1);
    for (from, to, is_there) in versions {
        if !is_there {
            continue;
        }
        fees.extend(turn.offer.charge.rule(dice).map(|rule| FeeRow {
            valid_from: Some(from.to_owned()),
            valid_to: to.map(str::to_owned),
            part_payment: turn.offer.part_payment,
            ..FeeRow::new(from, turn.kind.basis_code(), rule)
        }));
    }
    fees
}

/// What a sample says of itself, and that it is one.
fn example(en: &str, sw: &str) -> TextRow {
    text_row(
        format!("{en} A generated example: neither the service nor its fee is real."),
        format!("{sw} Mfano uliotungwa: huduma hii na ada yake si halisi."),
    )
}

fn free_of_charge() -> TextRow {
    text_row("This service is free of charge.", "Huduma hii ni bure.")
}

fn sample_basis(code: String, number: &str) -> BasisRow {
    BasisRow {
        code,
        standing: Standing::Sample,
        instrument: "Sample schedule of fees, generated for demonstrations".to_owned(),
        reference: Some(format!("SAMPLE/{number}")),
        section: None,
        in_force_since: None,
        source: "Generated: there is no such instrument, and nobody charges these fees.".to_owned(),
    }
}
