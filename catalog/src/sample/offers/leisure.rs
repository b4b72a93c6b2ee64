//! What county parks, museums and sports grounds offer to visitors.

use super::needs::IDENTITY;
use crate::sample::charge::{Charge, Choice, choice, kes, usd};
use crate::sample::offer::{Offer, Said, Thing, said, thing};
use crate::service::Delivery;

const AT_THE_GATE: &[Delivery] = &[Delivery::Online, Delivery::Gate];

const WHOSE_CARD: Said =
    said("Identity card or passport of each visitor", "Kitambulisho au pasipoti ya kila mgeni");

const FILMS: &[Choice] = &[
    choice("still", said("still photographs", "picha tuli"), 20),
    choice("documentary", said("documentary film", "filamu ya hali halisi"), 50),
    choice("feature", said("feature film", "filamu ya kuigiza"), 100),
];

const GROUND_SPORTS: &[Thing] = &[
    thing("football", "football pitch", "uwanja wa kandanda"),
    thing("athletics", "running track", "uwanja wa riadha"),
    thing("volleyball", "volleyball court", "uwanja wa voliboli"),
];

pub(super) const PARK: &[Offer] = &[
    Offer::new(
        "entry",
        "ENTRY",
        said("Entry to the park", "Kiingilio cha hifadhi"),
        said("One entry, one day.", "Kuingia mara moja, siku moja."),
        Charge::Visitors { at_home: kes(200, 800), from_abroad: usd(12, 45) },
    )
    .found_by(&["park", "hifadhi", "wildlife", "wanyamapori"])
    .needs(&[WHOSE_CARD])
    .at(AT_THE_GATE),
    Offer::new(
        "camping",
        "CAMPING",
        said("Night at the camp site", "Usiku katika kambi"),
        said("One night in one's own tent.", "Usiku mmoja katika hema lako."),
        Charge::Visitors { at_home: kes(300, 1_000), from_abroad: usd(15, 40) },
    )
    .found_by(&["camping", "kambi", "tent", "hema"])
    .needs(&[WHOSE_CARD])
    .at(AT_THE_GATE),
    Offer::new(
        "vehicle",
        "ENTRY",
        said("Vehicle in the park", "Gari ndani ya hifadhi"),
        said("One day, by the number of seats.", "Siku moja, kulingana na idadi ya viti."),
        Charge::Bands {
            unit: said("seats", "viti"),
            up_to: &[6, 12, 24, 44],
            first: kes(200, 600),
            rise: kes(300, 700),
        },
    )
    .found_by(&["car", "gari", "safari vehicle"])
    .at(AT_THE_GATE),
    Offer::new(
        "guide",
        "GUIDES",
        said("Guide for a walk", "Mwongoza wageni"),
        said("A ranger who knows the paths.", "Askari anayejua njia."),
        Charge::Quantity { unit: said("hour", "saa"), each: kes(300, 1_000), most: 12, fixed: None },
    )
    .found_by(&["guide", "mwongoza", "ranger"]),
    Offer::new(
        "filming",
        "FILMING",
        said("Permit to film", "Kibali cha kupiga filamu"),
        said("One day, with a ranger.", "Siku moja, pamoja na askari."),
        Charge::Variants {
            question: said("What is filmed?", "Unapiga nini?"),
            choices: FILMS,
            amount: usd(200, 1_000),
        },
    )
    .found_by(&["film", "filamu", "camera"])
    .needs(&[IDENTITY])
    .within(5, 15),
];

pub(super) const MUSEUM: &[Offer] = &[
    Offer::new(
        "entry",
        "ENTRY",
        said("Entry to the museum", "Kiingilio cha makumbusho"),
        said("All rooms, one day.", "Vyumba vyote, siku moja."),
        Charge::Visitors { at_home: kes(100, 300), from_abroad: usd(6, 20) },
    )
    .found_by(&["museum", "makumbusho", "history", "historia"])
    .needs(&[WHOSE_CARD])
    .at(AT_THE_GATE),
    Offer::new(
        "school-visit",
        "GROUPS",
        said("Visit by a class", "Ziara ya darasa"),
        said("A class with its teacher.", "Darasa pamoja na mwalimu."),
        Charge::Quantity {
            unit: said("pupil", "mwanafunzi"),
            each: kes(20, 60),
            most: 300,
            fixed: Some((said("guide", "mwongoza wageni"), kes(200, 800))),
        },
    )
    .found_by(&["school trip", "ziara", "class"])
    .at(AT_THE_GATE),
    Offer::new(
        "research",
        "RESEARCH",
        said("Pass for researchers", "Pasi ya mtafiti"),
        said("A month in the collections.", "Mwezi mmoja katika makusanyo."),
        Charge::Flat(usd(20, 100)),
    )
    .found_by(&["research", "utafiti", "collections"])
    .needs(&[IDENTITY])
    .within(5, 20),
];

pub(super) const GROUND: &[Offer] = &[
    Offer::new(
        "hire",
        "HIRE",
        said("Hire of a {}", "Kukodi {}"),
        said("By the hour, with lights after dark.", "Kwa saa, pamoja na taa usiku."),
        Charge::Quantity { unit: said("hour", "saa"), each: kes(300, 2_000), most: 24, fixed: None },
    )
    .for_each(GROUND_SPORTS)
    .found_by(&["sports", "michezo", "uwanja"])
    .within(1, 3),
    Offer::new(
        "swimming",
        "POOL",
        said("Swimming pool", "Bwawa la kuogelea"),
        said("One visit.", "Kuingia mara moja."),
        Charge::Visitors { at_home: kes(100, 400), from_abroad: usd(4, 12) },
    )
    .found_by(&["swimming", "kuogelea", "pool"])
    .at(AT_THE_GATE),
    Offer::new(
        "match",
        "MATCHES",
        said("Ground for a match", "Uwanja kwa mechi"),
        said("One day, by the number of spectators.", "Siku moja, kulingana na idadi ya watazamaji."),
        Charge::Bands {
            unit: said("spectators", "watazamaji"),
            up_to: &[500, 2_000, 10_000, 60_000],
            first: kes(5_000, 15_000),
            rise: kes(20_000, 50_000),
        },
    )
    .found_by(&["stadium", "uwanja", "match", "mechi"])
    .within(3, 10),
];
