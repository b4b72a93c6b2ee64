//! What county governments offer to those who trade, advertise, pour and park.

use super::needs::{IDENTITY, LOGBOOK, MEDICAL_REPORT, PREMISES, TAX_NUMBER};
use crate::sample::charge::{Charge, Choice, choice, kes};
use crate::sample::offer::{Offer, Thing, said, thing};

const TRADES: &[Thing] = &[
    thing("retail-shop", "retail shop", "duka la rejareja"),
    thing("wholesale-shop", "wholesale shop", "duka la jumla"),
    thing("restaurant", "restaurant", "mkahawa"),
    thing("butchery", "butchery", "bucha"),
    thing("salon", "beauty salon", "saluni"),
    thing("barber", "barber shop", "kinyozi"),
    thing("hardware", "hardware store", "duka la vifaa vya ujenzi"),
    thing("pharmacy", "pharmacy", "duka la dawa"),
    thing("garage", "motor garage", "gereji ya magari"),
    thing("bakery", "bakery", "duka la mikate"),
    thing("posho-mill", "posho mill", "kinu cha kusaga unga"),
    thing("petrol-station", "petrol station", "kituo cha mafuta"),
    thing("tailor", "tailor's shop", "duka la fundi cherehani"),
    thing("agrovet", "agrovet shop", "duka la pembejeo za kilimo"),
    thing("guest-house", "guest house", "nyumba ya wageni"),
    thing("carpentry", "carpentry workshop", "karakana ya seremala"),
    thing("cyber-cafe", "cyber café", "duka la intaneti"),
    thing("transport", "transport company", "kampuni ya uchukuzi"),
];

const SIZES: &[Choice] = &[
    choice("micro", said("one or two workers", "mfanyakazi mmoja au wawili"), 100),
    choice("small", said("3 to 10 workers", "wafanyakazi 3 hadi 10"), 220),
    choice("medium", said("11 to 50 workers", "wafanyakazi 11 hadi 50"), 600),
    choice("large", said("more than 50 workers", "zaidi ya wafanyakazi 50"), 1_500),
];

const DRINKING_PLACES: &[Thing] = &[
    thing("bar", "bar", "baa"),
    thing("wine-shop", "wine and spirits shop", "duka la mvinyo"),
    thing("hotel", "hotel", "hoteli"),
    thing("club", "members' club", "klabu ya wanachama"),
    thing("wholesale", "wholesale depot", "ghala la jumla"),
    thing("brewery", "small brewery", "kiwanda kidogo cha pombe"),
];

const EATING_PLACES: &[Thing] = &[
    thing("restaurant", "restaurant", "mkahawa"),
    thing("butchery", "butchery", "bucha"),
    thing("milk-bar", "milk bar", "duka la maziwa"),
    thing("canteen", "canteen", "kantini"),
    thing("food-kiosk", "food kiosk", "kibanda cha chakula"),
];

const ADVERTISEMENTS: &[Thing] = &[
    thing("billboard", "billboard", "bango kubwa"),
    thing("wall", "painted wall", "ukuta uliopakwa rangi"),
    thing("banner", "street banner", "bango la kitambaa"),
    thing("sign", "shop sign", "kibao cha duka"),
    thing("vehicle", "branded vehicle", "gari lenye tangazo"),
    thing("screen", "electronic screen", "skrini ya kielektroniki"),
];

const VEHICLES: &[Thing] = &[
    thing("car", "saloon car", "gari dogo"),
    thing("pick-up", "pick-up", "pikapu"),
    thing("matatu", "matatu", "matatu"),
    thing("lorry", "lorry", "lori"),
    thing("motorcycle", "motorcycle", "pikipiki"),
];

const TERMS: &[Choice] = &[
    choice("month", said("one month", "mwezi mmoja"), 100),
    choice("quarter", said("three months", "miezi mitatu"), 270),
    choice("year", said("one year", "mwaka mmoja"), 950),
];

const SEATS: &[Choice] = &[
    choice("14-seats", said("up to 14 seats", "hadi viti 14"), 100),
    choice("33-seats", said("15 to 33 seats", "viti 15 hadi 33"), 180),
    choice("62-seats", said("34 to 62 seats", "viti 34 hadi 62"), 300),
];

pub(super) const TRADE: &[Offer] = &[
    Offer::new(
        "business-permit",
        "PERMITS",
        said("Single business permit: {}", "Kibali cha biashara: {}"),
        said("A permit to trade in the county for one year.", "Kibali cha kufanya biashara mwaka mmoja."),
        Charge::Variants {
            question: said("How many work there?", "Wanaofanya kazi hapo ni wangapi?"),
            choices: SIZES,
            amount: kes(1_500, 6_000),
        },
    )
    .for_each(TRADES)
    .found_by(&["trade licence", "permit", "kibali", "biashara"])
    .needs(&[IDENTITY, TAX_NUMBER])
    .within(1, 5),
    Offer::new(
        "parking-season",
        "PARKING",
        said("Season parking ticket: {}", "Tiketi ya msimu ya maegesho: {}"),
        said("Parking in the streets of the county's towns.", "Kuegesha katika barabara za miji ya kaunti."),
        Charge::Variants {
            question: said("For how long?", "Kwa muda gani?"),
            choices: TERMS,
            amount: kes(1_000, 4_000),
        },
    )
    .for_each(VEHICLES)
    .found_by(&["parking", "maegesho", "car park"])
    .needs(&[LOGBOOK]),
    Offer::new(
        "liquor-licence",
        "LIQUOR",
        said("Liquor licence: {}", "Leseni ya pombe: {}"),
        said("A licence to sell alcohol for one year.", "Leseni ya kuuza pombe kwa mwaka mmoja."),
        Charge::Flat(kes(15_000, 60_000)),
    )
    .for_each(DRINKING_PLACES)
    .found_by(&["alcohol", "pombe", "leseni", "bar licence"])
    .needs(&[IDENTITY, TAX_NUMBER, PREMISES])
    .within(15, 40),
    Offer::new(
        "food-hygiene",
        "PUBLIC-HEALTH",
        said("Food hygiene licence: {}", "Leseni ya usafi wa chakula: {}"),
        said("Inspection of premises where food is sold.", "Ukaguzi wa mahali panapouzwa chakula."),
        Charge::Flat(kes(1_000, 5_000)),
    )
    .for_each(EATING_PLACES)
    .found_by(&["food", "chakula", "usafi", "public health"])
    .needs(&[PREMISES])
    .within(3, 10),
    Offer::new(
        "food-handler",
        "PUBLIC-HEALTH",
        said("Food handler certificate", "Cheti cha afya cha mhudumu wa chakula"),
        said("For everybody who prepares or serves food.", "Kwa kila anayetayarisha au kuhudumu chakula."),
        Charge::Quantity {
            unit: said("person", "mtu"),
            each: kes(500, 1_500),
            most: 200,
            fixed: Some((said("inspection", "ukaguzi"), kes(100, 500))),
        },
    )
    .found_by(&["food handler", "chakula", "cheti cha afya", "medical certificate"])
    .needs(&[IDENTITY, MEDICAL_REPORT])
    .within(1, 3),
    Offer::new(
        "advertising",
        "ADVERTISING",
        said("Outdoor advertising: {}", "Tangazo la nje: {}"),
        said("An advertisement in public view, for one year.", "Tangazo mahali pa umma, kwa mwaka mmoja."),
        Charge::Quantity {
            unit: said("square metre", "mita ya mraba"),
            each: kes(400, 2_000),
            most: 1_000,
            fixed: Some((said("application", "maombi"), kes(1_000, 3_000))),
        },
    )
    .for_each(ADVERTISEMENTS)
    .found_by(&["billboard", "bango", "tangazo", "signage"])
    .needs(&[TAX_NUMBER])
    .within(5, 15),
    Offer::new(
        "parking-day",
        "PARKING",
        said("Parking by the day", "Maegesho ya siku"),
        said("One vehicle in a marked bay.", "Gari moja katika nafasi iliyowekwa alama."),
        Charge::Quantity { unit: said("day", "siku"), each: kes(50, 300), most: 31, fixed: None },
    )
    .found_by(&["parking", "maegesho", "car park"]),
    Offer::new(
        "boda-sticker",
        "TRANSPORT",
        said("Boda boda sticker", "Stika ya bodaboda"),
        said("A motorcycle taxi's place at its stage, for a year.", "Nafasi ya bodaboda kituoni kwa mwaka."),
        Charge::Flat(kes(300, 1_200)),
    )
    .found_by(&["boda boda", "bodaboda", "motorcycle taxi"])
    .needs(&[IDENTITY, LOGBOOK]),
    Offer::new(
        "matatu-stage",
        "TRANSPORT",
        said("Use of a matatu stage", "Matumizi ya kituo cha matatu"),
        said("A month at the county's stages.", "Mwezi mmoja katika vituo vya kaunti."),
        Charge::Variants {
            question: said("How many seats?", "Viti vingapi?"),
            choices: SEATS,
            amount: kes(1_500, 4_000),
        },
    )
    .found_by(&["matatu", "stage", "kituo", "bus park"])
    .needs(&[LOGBOOK]),
    Offer::new(
        "vehicle-release",
        "ENFORCEMENT",
        said("Release of a towed vehicle", "Kuachiliwa kwa gari lililovutwa"),
        said("Towing and storage in the county's yard.", "Kuvutwa na kuhifadhiwa katika yadi ya kaunti."),
        Charge::Steps {
            unit: said("days", "siku"),
            included: 1,
            base: kes(3_000, 8_000),
            step: 1,
            per_step: kes(300, 800),
            most: 365,
        },
    )
    .found_by(&["towing", "clamping", "gari lililovutwa"])
    .needs(&[IDENTITY, LOGBOOK]),
    Offer::new(
        "tender-document",
        "PROCUREMENT",
        said("Tender document", "Hati ya zabuni"),
        said("The full document of an open tender.", "Hati kamili ya zabuni iliyo wazi."),
        Charge::Flat(kes(500, 1_000)),
    )
    .found_by(&["tender", "zabuni", "procurement"]),
];
