//! What county governments offer to everybody who lives there: water, waste, halls, burials, safety.

use super::needs::{IDENTITY, PREMISES, TITLE};
use crate::sample::charge::{Charge, Choice, choice, kes};
use crate::sample::offer::{Offer, Thing, said, thing};

const PIPES: &[Choice] = &[
    choice("half-inch", said("half an inch", "nusu inchi"), 100),
    choice("one-inch", said("one inch", "inchi moja"), 170),
    choice("two-inch", said("two inches", "inchi mbili"), 400),
];

const WASTE: &[Choice] = &[
    choice("household", said("household", "nyumba"), 100),
    choice("shop", said("shop", "duka"), 250),
    choice("institution", said("institution", "taasisi"), 800),
];

const HALLS: &[Thing] = &[
    thing("meeting", "meeting", "mkutano"),
    thing("wedding", "wedding", "harusi"),
    thing("concert", "concert", "tamasha"),
];

pub(super) const TOWN: &[Offer] = &[
    Offer::new(
        "water-connection",
        "WATER",
        said("Water connection", "Kuunganishiwa maji"),
        said("A pipe and a meter to one plot.", "Bomba na mita hadi kiwanja kimoja."),
        Charge::Variants {
            question: said("How wide a pipe?", "Bomba la upana gani?"),
            choices: PIPES,
            amount: kes(2_500, 7_500),
        },
    )
    .found_by(&["water", "maji", "meter", "mita"])
    .needs(&[IDENTITY, TITLE])
    .within(5, 15),
    Offer::new(
        "water-bill",
        "WATER",
        said("Water bill", "Bili ya maji"),
        said("The amount that the meter reader's bill says.", "Kiasi kilicho kwenye bili ya msoma mita."),
        Charge::Assessed { reference: said("account number", "nambari ya akaunti"), length: 10 },
    )
    .found_by(&["water", "maji", "bili"])
    .in_parts(),
    Offer::new(
        "water-bowser",
        "WATER",
        said("Water by lorry", "Maji kwa lori"),
        said("Ten thousand litres, brought to the door.", "Lita elfu kumi, zinazoletwa mlangoni."),
        Charge::Quantity { unit: said("lorry", "lori"), each: kes(2_000, 6_000), most: 50, fixed: None },
    )
    .found_by(&["water bowser", "maji", "delivery"])
    .within(1, 4),
    Offer::new(
        "waste-collection",
        "WASTE",
        said("Waste collection", "Ukusanyaji wa taka"),
        said("One month, once a week.", "Mwezi mmoja, mara moja kwa wiki."),
        Charge::Variants {
            question: said("Whose waste?", "Taka za nani?"),
            choices: WASTE,
            amount: kes(200, 500),
        },
    )
    .found_by(&["garbage", "taka", "refuse"]),
    Offer::new(
        "burial-permit",
        "CEMETERIES",
        said("Burial permit", "Kibali cha mazishi"),
        said("A grave in a cemetery of the county.", "Kaburi katika makaburi ya kaunti."),
        Charge::Flat(kes(500, 5_000)),
    )
    .found_by(&["burial", "mazishi", "cemetery", "makaburi"])
    .needs(&[IDENTITY])
    .within(0, 1),
    Offer::new(
        "fire-certificate",
        "FIRE",
        said("Fire safety certificate", "Cheti cha usalama wa moto"),
        said("Inspection of premises by the fire brigade.", "Ukaguzi wa jengo na zimamoto."),
        Charge::Bands {
            unit: said("square metres", "mita za mraba"),
            up_to: &[50, 200, 1_000, 5_000, 20_000],
            first: kes(1_000, 3_000),
            rise: kes(1_500, 4_000),
        },
    )
    .found_by(&["fire", "moto", "zimamoto", "safety"])
    .needs(&[PREMISES])
    .within(5, 15),
    Offer::new(
        "house-rent",
        "HOUSING",
        said("Rent of a county house", "Kodi ya nyumba ya kaunti"),
        said("The rent that the tenancy agreement says.", "Kodi iliyo kwenye mkataba wa upangaji."),
        Charge::Assessed { reference: said("house number", "nambari ya nyumba"), length: 8 },
    )
    .found_by(&["rent", "kodi ya nyumba", "housing"])
    .in_parts(),
    Offer::new(
        "hall-hire",
        "HALLS",
        said("Hire of the county hall: {}", "Kukodi ukumbi wa kaunti: {}"),
        said("One day, by the number of guests.", "Siku moja, kulingana na idadi ya wageni."),
        Charge::Bands {
            unit: said("guests", "wageni"),
            up_to: &[50, 200, 600],
            first: kes(2_000, 8_000),
            rise: kes(5_000, 10_000),
        },
    )
    .for_each(HALLS)
    .found_by(&["hall", "ukumbi", "venue"])
    .within(1, 5),
    Offer::new(
        "event-permit",
        "EVENTS",
        said("Permit for a public event", "Kibali cha hafla ya umma"),
        said("A gathering on county ground.", "Mkusanyiko katika uwanja wa kaunti."),
        Charge::Bands {
            unit: said("people", "watu"),
            up_to: &[100, 1_000, 10_000, 100_000],
            first: kes(1_000, 3_000),
            rise: kes(5_000, 20_000),
        },
    )
    .found_by(&["event", "hafla", "tamasha", "concert"])
    .within(3, 10),
    Offer::new(
        "nursery-school",
        "EDUCATION",
        said("Licence of a nursery school", "Leseni ya shule ya chekechea"),
        said("Inspection and licence for one year.", "Ukaguzi na leseni ya mwaka mmoja."),
        Charge::Flat(kes(2_000, 10_000)),
    )
    .found_by(&["nursery", "chekechea", "early childhood"])
    .needs(&[PREMISES])
    .within(10, 30),
    Offer::new(
        "bursary-gift",
        "BURSARIES",
        said("Gift to the bursary fund", "Mchango kwa hazina ya basari"),
        said("Any amount, for pupils in need.", "Kiasi chochote, kwa wanafunzi wahitaji."),
        Charge::Open { least: 50, most: 1_000_000 },
    )
    .found_by(&["donation", "mchango", "basari"])
    .in_parts(),
    Offer::new(
        "bursary",
        "BURSARIES",
        said("Application for a bursary", "Maombi ya basari"),
        said("Help with school fees for pupils in need.", "Msaada wa karo kwa wanafunzi wahitaji."),
        Charge::Free,
    )
    .found_by(&["bursary", "basari", "karo", "scholarship"])
    .needs(&[IDENTITY])
    .within(20, 60),
    Offer::new(
        "complaint",
        "COMPLAINTS",
        said("Complaint to the county", "Malalamiko kwa kaunti"),
        said("About a service, a road, a light.", "Kuhusu huduma, barabara au taa."),
        Charge::Free,
    )
    .found_by(&["complaint", "malalamiko", "report"])
    .within(3, 20),
];
