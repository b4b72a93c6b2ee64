//! What chiefs' offices and markets offer, close to where people live.

use super::needs::IDENTITY;
use crate::sample::charge::{Charge, Choice, choice, kes};
use crate::sample::offer::{Offer, Thing, said, thing};

const LETTERS: &[Thing] = &[
    thing("identity", "identity card", "kitambulisho"),
    thing("residence", "residence", "makazi"),
    thing("bursary", "bursary", "basari"),
    thing("burial", "burial", "mazishi"),
    thing("succession", "succession", "urithi"),
    thing("conduct", "good conduct", "mwenendo mwema"),
];

const STALLS: &[Thing] = &[
    thing("vegetables", "vegetables", "mboga"),
    thing("cereals", "cereals", "nafaka"),
    thing("clothes", "clothes", "nguo"),
    thing("second-hand", "second-hand clothes", "mitumba"),
    thing("fish", "fish", "samaki"),
    thing("household", "household goods", "vyombo vya nyumbani"),
];

const STALL_SIZES: &[Choice] = &[
    choice("open", said("open place", "mahali pa wazi"), 100),
    choice("stall", said("stall with a roof", "kibanda chenye paa"), 250),
    choice("shop", said("lock-up shop", "duka la kufungwa"), 600),
];

pub(super) const CHIEF: &[Offer] = &[
    Offer::new(
        "letter",
        "LETTERS",
        said("Chief's letter: {}", "Barua ya chifu: {}"),
        said("A letter for another office.", "Barua kwa ofisi nyingine."),
        Charge::Free,
    )
    .for_each(LETTERS)
    .found_by(&["chief", "chifu", "letter", "barua"])
    .needs(&[IDENTITY])
    .within(0, 3),
    Offer::new(
        "dispute",
        "DISPUTES",
        said("Hearing of a local dispute", "Kusikizwa kwa mzozo wa mtaa"),
        said("With the elders, at the chief's office.", "Pamoja na wazee, katika ofisi ya chifu."),
        Charge::Free,
    )
    .found_by(&["dispute", "mzozo", "elders", "wazee"])
    .within(5, 20),
    Offer::new(
        "gathering",
        "MEETINGS",
        said("Notice of a gathering", "Taarifa ya mkutano"),
        said("A fundraising, a ceremony, a march.", "Harambee, sherehe au matembezi."),
        Charge::Flat(kes(100, 500)),
    )
    .found_by(&["meeting", "mkutano", "harambee"])
    .needs(&[IDENTITY])
    .within(1, 3),
    Offer::new(
        "fishing",
        "LICENCES",
        said("Local fishing licence", "Leseni ya uvuvi wa mtaa"),
        said("One boat, one year.", "Mashua moja, mwaka mmoja."),
        Charge::Quantity {
            unit: said("net", "wavu"),
            each: kes(50, 200),
            most: 20,
            fixed: Some((said("boat", "mashua"), kes(200, 800))),
        },
    )
    .found_by(&["fishing", "uvuvi", "boat", "mashua"])
    .needs(&[IDENTITY])
    .within(1, 5),
];

pub(super) const MARKET: &[Offer] = &[
    Offer::new(
        "stall",
        "STALLS",
        said("Market stall: {}", "Kibanda cha soko: {}"),
        said("A place in the market for one month.", "Mahali sokoni kwa mwezi mmoja."),
        Charge::Variants {
            question: said("What kind of place?", "Mahali pa namna gani?"),
            choices: STALL_SIZES,
            amount: kes(200, 900),
        },
    )
    .for_each(STALLS)
    .found_by(&["market", "soko", "stall", "kibanda"])
    .needs(&[IDENTITY]),
    Offer::new(
        "day-ticket",
        "TICKETS",
        said("Market day ticket", "Tiketi ya siku ya soko"),
        said("For those who sell now and then.", "Kwa wanaouza mara kwa mara."),
        Charge::Quantity { unit: said("day", "siku"), each: kes(20, 100), most: 31, fixed: None },
    )
    .found_by(&["market", "soko", "ticket", "tiketi"]),
    Offer::new(
        "animal-sale",
        "AUCTION",
        said("Animal auction", "Mnada wa mifugo"),
        said("Each animal that is sold.", "Kila mnyama anayeuzwa."),
        Charge::Quantity { unit: said("animal", "mnyama"), each: kes(30, 200), most: 500, fixed: None },
    )
    .found_by(&["auction", "mnada", "livestock", "mifugo"]),
    Offer::new(
        "storage",
        "STORAGE",
        said("Storage at the market", "Hifadhi ya bidhaa sokoni"),
        said("One week in a locked store.", "Wiki moja katika ghala lililofungwa."),
        Charge::Bands {
            unit: said("bags", "magunia"),
            up_to: &[5, 20, 100],
            first: kes(100, 300),
            rise: kes(200, 500),
        },
    )
    .found_by(&["storage", "ghala", "bags"]),
];
