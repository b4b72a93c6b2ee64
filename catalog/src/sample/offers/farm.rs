//! What county governments collect on what farms, herds, quarries and woods bring forth.

use super::needs::{IDENTITY, TAX_NUMBER, TITLE};
use crate::sample::charge::{Charge, kes};
use crate::sample::offer::{Offer, Thing, said, thing};

const CROPS: &[Thing] = &[
    thing("maize", "maize", "mahindi"),
    thing("beans", "beans", "maharagwe"),
    thing("potatoes", "potatoes", "viazi"),
    thing("tea", "tea", "chai"),
    thing("coffee", "coffee", "kahawa"),
    thing("sugar-cane", "sugar cane", "miwa"),
    thing("rice", "rice", "mchele"),
    thing("onions", "onions", "vitunguu"),
    thing("tomatoes", "tomatoes", "nyanya"),
    thing("cabbages", "cabbages", "kabeji"),
    thing("mangoes", "mangoes", "maembe"),
    thing("bananas", "bananas", "ndizi"),
    thing("avocados", "avocados", "parachichi"),
    thing("cotton", "cotton", "pamba"),
    thing("groundnuts", "groundnuts", "njugu"),
    thing("charcoal", "charcoal", "makaa"),
];

const STONES: &[Thing] = &[
    thing("sand", "sand", "mchanga"),
    thing("ballast", "ballast", "kokoto"),
    thing("stone", "building stone", "mawe ya ujenzi"),
    thing("murram", "murram", "changarawe"),
];

const ANIMALS: &[Thing] = &[
    thing("cattle", "cattle", "ng'ombe"),
    thing("goats", "goats", "mbuzi"),
    thing("sheep", "sheep", "kondoo"),
    thing("camels", "camels", "ngamia"),
    thing("pigs", "pigs", "nguruwe"),
    thing("poultry", "poultry", "kuku"),
];

pub(super) const FARM: &[Offer] = &[
    Offer::new(
        "cess",
        "CESS",
        said("Cess on {}", "Ushuru wa mazao: {}"),
        said("Produce that leaves the county by road.", "Mazao yanayotoka kaunti kwa barabara."),
        Charge::Quantity { unit: said("bag", "gunia"), each: kes(20, 150), most: 1_000, fixed: None },
    )
    .for_each(CROPS)
    .found_by(&["cess", "ushuru", "mazao", "produce"]),
    Offer::new(
        "mineral-cess",
        "CESS",
        said("Cess on {}", "Ushuru wa {}"),
        said("What quarries sell, by the tonne.", "Zinazouzwa na machimbo, kwa tani."),
        Charge::Quantity { unit: said("tonne", "tani"), each: kes(50, 400), most: 1_000, fixed: None },
    )
    .for_each(STONES)
    .found_by(&["cess", "ushuru", "quarry", "machimbo"]),
    Offer::new(
        "movement-permit",
        "VETERINARY",
        said("Movement permit: {}", "Kibali cha kusafirisha mifugo: {}"),
        said("Taking animals out of the county.", "Kutoa mifugo nje ya kaunti."),
        Charge::Quantity {
            unit: said("animal", "mnyama"),
            each: kes(10, 200),
            most: 2_000,
            fixed: Some((said("permit", "kibali"), kes(50, 200))),
        },
    )
    .for_each(ANIMALS)
    .found_by(&["livestock", "mifugo", "veterinary", "kibali"])
    .needs(&[IDENTITY])
    .within(0, 2),
    Offer::new(
        "meat-inspection",
        "VETERINARY",
        said("Meat inspection: {}", "Ukaguzi wa nyama: {}"),
        said("Inspection at the slaughterhouse.", "Ukaguzi katika kichinjio."),
        Charge::Quantity { unit: said("carcass", "mzoga"), each: kes(20, 300), most: 500, fixed: None },
    )
    .for_each(ANIMALS)
    .found_by(&["meat", "nyama", "slaughterhouse", "kichinjio"]),
    Offer::new(
        "slaughter-licence",
        "VETERINARY",
        said("Slaughterhouse licence", "Leseni ya kichinjio"),
        said("To run a slaughterhouse for one year.", "Kuendesha kichinjio kwa mwaka mmoja."),
        Charge::Flat(kes(5_000, 30_000)),
    )
    .found_by(&["slaughterhouse", "kichinjio", "meat", "nyama"])
    .needs(&[TAX_NUMBER])
    .within(5, 20),
    Offer::new(
        "quarry-licence",
        "QUARRIES",
        said("Quarry licence", "Leseni ya machimbo"),
        said("To open or keep a quarry for one year.", "Kufungua au kuendesha machimbo kwa mwaka mmoja."),
        Charge::Bands {
            unit: said("hectares", "hekta"),
            up_to: &[1, 5, 20, 100],
            first: kes(30_000, 60_000),
            rise: kes(60_000, 120_000),
        },
    )
    .found_by(&["quarry", "machimbo", "mining"])
    .needs(&[TAX_NUMBER, TITLE])
    .within(20, 60),
    Offer::new(
        "tree-cutting",
        "FORESTRY",
        said("Permit to cut trees", "Kibali cha kukata miti"),
        said("Trees on one's own land.", "Miti katika shamba lako."),
        Charge::Quantity {
            unit: said("tree", "mti"),
            each: kes(50, 300),
            most: 500,
            fixed: Some((said("inspection", "ukaguzi"), kes(200, 500))),
        },
    )
    .found_by(&["trees", "miti", "timber", "mbao"])
    .needs(&[TITLE])
    .within(2, 10),
    Offer::new(
        "soil-test",
        "AGRICULTURE",
        said("Soil test", "Upimaji wa udongo"),
        said("What a field lacks and what will grow on it.", "Shamba linahitaji nini na kipi kitakua."),
        Charge::Quantity { unit: said("sample", "sampuli"), each: kes(300, 1_000), most: 50, fixed: None },
    )
    .found_by(&["soil", "udongo", "fertiliser", "mbolea"])
    .within(5, 15),
    Offer::new(
        "farm-visit",
        "AGRICULTURE",
        said("Visit by an extension officer", "Ziara ya afisa wa kilimo"),
        said("Advice on crops and animals, on the farm.", "Ushauri wa mazao na mifugo, shambani."),
        Charge::Free,
    )
    .found_by(&["extension", "kilimo", "ushauri", "farming"])
    .within(3, 15),
    Offer::new(
        "tractor-hire",
        "MACHINERY",
        said("Hire of a county tractor", "Kukodi trekta ya kaunti"),
        said("Ploughing with driver and fuel.", "Kulima pamoja na dereva na mafuta."),
        Charge::Quantity { unit: said("acre", "ekari"), each: kes(1_500, 3_500), most: 100, fixed: None },
    )
    .found_by(&["tractor", "trekta", "ploughing", "kulima"])
    .within(2, 15),
];
