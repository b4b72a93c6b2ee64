//! Land and building: what county governments approve and tax, and what land registries record.

use super::needs::{IDENTITY, PLAN, TAX_NUMBER, TITLE};
use crate::sample::charge::{Charge, Choice, choice, kes};
use crate::sample::offer::{Offer, Thing, said, thing};

const PLOTS: &[Thing] = &[
    thing("home", "residential plot", "kiwanja cha makazi"),
    thing("business", "commercial plot", "kiwanja cha biashara"),
    thing("farm", "farm", "shamba"),
];

const BUILDINGS: &[Thing] = &[
    thing("house", "dwelling house", "nyumba ya kuishi"),
    thing("flats", "block of flats", "jengo la ghorofa"),
    thing("business", "commercial building", "jengo la biashara"),
    thing("factory", "factory", "kiwanda"),
];

const DEALINGS: &[Thing] = &[
    thing("sale", "sale", "mauzo"),
    thing("gift", "gift", "zawadi"),
    thing("lease", "lease", "kukodisha"),
    thing("charge", "charge to a bank", "dhamana kwa benki"),
    thing("succession", "succession", "urithi"),
];

const PAPERS: &[Thing] = &[
    thing("title", "title", "hati miliki"),
    thing("deed-plan", "deed plan", "ramani ya hati"),
    thing("register", "page of the register", "ukurasa wa sajili"),
];

const MAPS: &[Choice] = &[
    choice("paper", said("on paper", "kwenye karatasi"), 100),
    choice("file", said("as a file", "kama faili"), 150),
    choice("both", said("both", "zote mbili"), 220),
];

pub(super) const LAND: &[Offer] = &[
    Offer::new(
        "land-rates",
        "LAND-RATES",
        said("Land rates: {}", "Kodi ya ardhi: {}"),
        said(
            "The year's rates, as the county's demand note says.",
            "Kodi ya mwaka, kulingana na hati ya dai.",
        ),
        Charge::Assessed { reference: said("demand note number", "nambari ya hati ya dai"), length: 12 },
    )
    .for_each(PLOTS)
    .found_by(&["rates", "property tax", "kodi ya ardhi", "kiwanja"])
    .needs(&[TITLE])
    .in_parts(),
    Offer::new(
        "building-plan",
        "PLANNING",
        said("Building plan approval: {}", "Idhini ya ramani ya jengo: {}"),
        said("Examination of a plan, by its floor area.", "Ukaguzi wa ramani, kulingana na eneo la sakafu."),
        Charge::Steps {
            unit: said("square metres", "mita za mraba"),
            included: 50,
            base: kes(5_000, 15_000),
            step: 10,
            per_step: kes(500, 2_000),
            most: 100_000,
        },
    )
    .for_each(BUILDINGS)
    .found_by(&["construction", "ujenzi", "ramani", "architect"])
    .needs(&[PLAN, TITLE])
    .within(10, 30),
    Offer::new(
        "occupation",
        "PLANNING",
        said("Occupation certificate: {}", "Cheti cha kuanza kutumia jengo: {}"),
        said("Says that a new building may be used.", "Husema kuwa jengo jipya linaweza kutumiwa."),
        Charge::Bands {
            unit: said("square metres", "mita za mraba"),
            up_to: &[100, 500, 2_000, 10_000],
            first: kes(2_000, 5_000),
            rise: kes(2_500, 5_000),
        },
    )
    .for_each(BUILDINGS)
    .found_by(&["building", "jengo", "completion"])
    .needs(&[PLAN])
    .within(5, 15),
    Offer::new(
        "plot-transfer",
        "LAND",
        said("Transfer of a county plot", "Uhamisho wa kiwanja cha kaunti"),
        said(
            "A plot of the county passes to another holder.",
            "Kiwanja cha kaunti kinapata mmiliki mwingine.",
        ),
        Charge::Percentage {
            of: said("agreed price", "bei iliyokubaliwa"),
            rates: &["0.5", "1", "1.25"],
            least: kes(2_000, 5_000),
            most: kes(100_000, 400_000),
        },
    )
    .found_by(&["plot", "kiwanja", "uhamisho"])
    .needs(&[IDENTITY, TAX_NUMBER, TITLE])
    .within(10, 30),
    Offer::new(
        "change-of-use",
        "PLANNING",
        said("Change of use of land", "Mabadiliko ya matumizi ya ardhi"),
        said("From one permitted use to another.", "Kutoka matumizi moja yaliyoruhusiwa hadi mengine."),
        Charge::Flat(kes(10_000, 50_000)),
    )
    .found_by(&["planning", "ardhi", "mipango"])
    .needs(&[TITLE])
    .within(20, 60),
    Offer::new(
        "road-cutting",
        "ROADS",
        said("Permit to cut a road", "Kibali cha kukata barabara"),
        said("Laying a pipe or a cable through a county road.", "Kupitisha bomba au waya katika barabara."),
        Charge::Steps {
            unit: said("metres", "mita"),
            included: 5,
            base: kes(5_000, 12_000),
            step: 1,
            per_step: kes(600, 1_500),
            most: 2_000,
        },
    )
    .found_by(&["road", "barabara", "pipe", "bomba"])
    .within(3, 10),
    Offer::new(
        "valuation-extract",
        "LAND-RATES",
        said("Extract of the valuation roll", "Nakala ya orodha ya thamani ya ardhi"),
        said("Certified pages of the roll.", "Kurasa zilizothibitishwa za orodha."),
        Charge::Quantity { unit: said("page", "ukurasa"), each: kes(100, 500), most: 100, fixed: None },
    )
    .found_by(&["valuation", "thamani", "rates"])
    .within(2, 7),
];

pub(super) const REGISTRY: &[Offer] = &[
    Offer::new(
        "search",
        "SEARCH",
        said("Search of the land register", "Upekuzi wa sajili ya ardhi"),
        said("Who holds a parcel and what rests on it.", "Nani anamiliki ardhi na kuna dhamana gani."),
        Charge::Flat(kes(500, 1_000)),
    )
    .found_by(&["land search", "upekuzi", "ardhi"])
    .needs(&[TITLE])
    .within(1, 3),
    Offer::new(
        "registration",
        "REGISTRATION",
        said("Registration of a {}", "Usajili wa ardhi: {}"),
        said("An entry in the land register.", "Kuandikishwa katika sajili ya ardhi."),
        Charge::Percentage {
            of: said("value of the land", "thamani ya ardhi"),
            rates: &["0.1", "0.25", "0.5"],
            least: kes(500, 1_000),
            most: kes(50_000, 200_000),
        },
    )
    .for_each(DEALINGS)
    .found_by(&["land", "ardhi", "title", "usajili"])
    .needs(&[IDENTITY, TAX_NUMBER, TITLE])
    .within(5, 20),
    Offer::new(
        "copy",
        "COPIES",
        said("Certified copy of a {}", "Nakala iliyothibitishwa: {}"),
        said("A copy with the registrar's stamp.", "Nakala yenye muhuri wa msajili."),
        Charge::Quantity {
            unit: said("page", "ukurasa"),
            each: kes(50, 200),
            most: 500,
            fixed: Some((said("certification", "uthibitisho"), kes(300, 800))),
        },
    )
    .for_each(PAPERS)
    .found_by(&["copy", "nakala", "ardhi"])
    .needs(&[TITLE])
    .within(2, 7),
    Offer::new(
        "caution",
        "REGISTRATION",
        said("Caution on a parcel", "Zuio juu ya ardhi"),
        said("Warns others of a claim to the parcel.", "Huwaonya wengine kuhusu dai juu ya ardhi."),
        Charge::Flat(kes(500, 2_000)),
    )
    .found_by(&["caveat", "zuio", "ardhi"])
    .needs(&[IDENTITY, TITLE])
    .within(1, 5),
    Offer::new(
        "map",
        "MAPS",
        said("Sheet of the registry map", "Karatasi ya ramani ya sajili"),
        said("The map with the boundaries of parcels.", "Ramani yenye mipaka ya ardhi."),
        Charge::Variants {
            question: said("In which form?", "Kwa namna gani?"),
            choices: MAPS,
            amount: kes(300, 900),
        },
    )
    .found_by(&["map", "ramani", "survey"]),
    Offer::new(
        "boundary-visit",
        "SURVEY",
        said("Visit to settle a boundary", "Ziara ya kutatua mpaka"),
        said("The surveyor comes to the parcel.", "Mpima ardhi anakuja kwenye shamba."),
        Charge::Steps {
            unit: said("kilometres", "kilomita"),
            included: 10,
            base: kes(3_000, 8_000),
            step: 10,
            per_step: kes(300, 800),
            most: 300,
        },
    )
    .found_by(&["boundary", "mpaka", "surveyor", "mpima ardhi"])
    .needs(&[TITLE])
    .within(10, 30),
    Offer::new(
        "appointment",
        "APPOINTMENTS",
        said("Appointment at the land registry", "Miadi katika ofisi ya sajili"),
        said("A time at the counter.", "Muda wa kuhudumiwa kaunta."),
        Charge::Free,
    )
    .found_by(&["appointment", "miadi", "booking"]),
];
