//! What secondary schools, technical institutes and public libraries offer.

use super::needs::{ADMISSION_NUMBER, IDENTITY, PHOTOGRAPH};
use crate::sample::SAME_NAME;
use crate::sample::charge::{Charge, Choice, choice, kes, usd};
use crate::sample::offer::{Offer, Thing, said, thing};

const SCHOOL_TERMS: &[Choice] = &[
    choice("first-term", said("first term", "muhula wa kwanza"), 100),
    choice("second-term", said("second term", "muhula wa pili"), 80),
    choice("third-term", said("third term", "muhula wa tatu"), 60),
    choice("year", said("the whole year", "mwaka mzima"), 235),
];

const PUPILS: &[Thing] =
    &[thing("day", "day pupils", "wanafunzi wa kutwa"), thing("boarding", "boarders", "wanafunzi wa bweni")];

const COURSES: &[Thing] = &[
    thing("electrical", "electrical installation", "uwekaji umeme"),
    thing("plumbing", "plumbing", "ufundi bomba"),
    thing("carpentry", "carpentry", "useremala"),
    thing("tailoring", "tailoring", "ushonaji"),
    thing("computing", "computing", "kompyuta"),
    thing("hairdressing", "hairdressing", "ususi"),
    thing("mechanics", "motor mechanics", "umekanika wa magari"),
    thing("catering", "catering", "upishi"),
    thing("masonry", "masonry", "uashi"),
    thing("welding", "welding", "uchomeleaji"),
];

const READERS: &[Choice] = &[
    choice("child", said("child", "mtoto"), 25),
    choice("student", said("student", "mwanafunzi"), 50),
    choice("adult", said("adult", "mtu mzima"), 100),
];

pub(super) const SCHOOL: &[Offer] = &[
    Offer::new(
        "fees",
        "FEES",
        said("School fees: {}", "Karo ya shule: {}"),
        said("The fees of a term or of the year.", "Karo ya muhula au ya mwaka."),
        Charge::Variants {
            question: said("For which term?", "Kwa muhula upi?"),
            choices: SCHOOL_TERMS,
            amount: kes(5_000, 20_000),
        },
    )
    .for_each(PUPILS)
    .found_by(&["school fees", "karo", "shule", "term"])
    .needs(&[ADMISSION_NUMBER])
    .in_parts(),
    Offer::new(
        "leaving-certificate",
        "CERTIFICATES",
        said("Copy of a leaving certificate", "Nakala ya cheti cha kuhitimu"),
        said("For former pupils who lost theirs.", "Kwa wanafunzi wa zamani waliopoteza vyao."),
        Charge::Flat(kes(200, 1_000)),
    )
    .found_by(&["certificate", "cheti", "leaving"])
    .needs(&[IDENTITY, ADMISSION_NUMBER])
    .within(3, 10),
    Offer::new(
        "lunch",
        "MEALS",
        said("School lunch", "Chakula cha mchana shuleni"),
        said("A warm meal on school days.", "Chakula cha moto siku za shule."),
        Charge::Quantity { unit: said("week", "wiki"), each: kes(150, 500), most: 14, fixed: None },
    )
    .found_by(&["lunch", "chakula", "meals"])
    .needs(&[ADMISSION_NUMBER]),
    Offer::new(
        "bus",
        "TRANSPORT",
        said("School bus for a term", "Basi la shule kwa muhula"),
        said("Mornings and afternoons, by distance.", "Asubuhi na jioni, kwa umbali."),
        Charge::Bands {
            unit: said("kilometres", "kilomita"),
            up_to: &[5, 10, 20, 40],
            first: kes(2_000, 4_000),
            rise: kes(1_000, 2_000),
        },
    )
    .found_by(&["bus", "basi", "transport"])
    .needs(&[ADMISSION_NUMBER]),
    Offer::new(
        "mock-examination",
        "EXAMINATIONS",
        said("Mock examination", "Mtihani wa majaribio"),
        said("By the number of papers.", "Kulingana na idadi ya karatasi."),
        Charge::Quantity { unit: said("paper", "karatasi"), each: kes(50, 200), most: 12, fixed: None },
    )
    .found_by(&["examination", "mtihani", "mock"])
    .needs(&[ADMISSION_NUMBER]),
    Offer::new(
        "pupil-card",
        "CARDS",
        said("New pupil's card", "Kadi mpya ya mwanafunzi"),
        said("In place of one that was lost.", "Badala ya iliyopotea."),
        Charge::Flat(kes(100, 300)),
    )
    .found_by(&["card", "kadi", "lost"])
    .needs(&[ADMISSION_NUMBER, PHOTOGRAPH])
    .within(1, 5),
    Offer::new(
        "building-gift",
        "GIFTS",
        said("Gift to the building fund", "Mchango wa ujenzi wa shule"),
        said("Any amount, for classrooms.", "Kiasi chochote, kwa madarasa."),
        Charge::Open { least: 100, most: 500_000 },
    )
    .found_by(&["donation", "mchango", "harambee"])
    .in_parts(),
    Offer::new(
        "admission",
        "ADMISSION",
        said("Application for admission", "Maombi ya kujiunga"),
        said("A place in the coming year.", "Nafasi katika mwaka ujao."),
        Charge::Free,
    )
    .found_by(&["admission", "kujiunga", "form one"])
    .within(10, 40),
];

pub(super) const INSTITUTE: &[Offer] = &[
    Offer::new(
        "student-portal",
        "PORTAL",
        said(SAME_NAME, "Lango la Wanafunzi"),
        said("Timetables, marks and the year's access fee.", "Ratiba, alama na ada ya mwaka ya lango."),
        Charge::Flat(kes(200, 800)),
    )
    .same_name_everywhere()
    .found_by(&["student", "mwanafunzi", "college", "chuo"])
    .needs(&[ADMISSION_NUMBER]),
    Offer::new(
        "tuition",
        "TUITION",
        said("Tuition: {}", "Ada ya masomo: {}"),
        said("The fees of a term or of the year.", "Ada ya muhula au ya mwaka."),
        Charge::Variants {
            question: said("For which term?", "Kwa muhula upi?"),
            choices: SCHOOL_TERMS,
            amount: kes(10_000, 30_000),
        },
    )
    .for_each(COURSES)
    .found_by(&["course", "kozi", "college", "chuo"])
    .needs(&[ADMISSION_NUMBER])
    .in_parts(),
    Offer::new(
        "foreign-students",
        "TUITION",
        said("Tuition for students from abroad", "Ada ya wanafunzi kutoka nje"),
        said("One term, any course.", "Muhula mmoja, kozi yoyote."),
        Charge::Flat(usd(300, 900)),
    )
    .found_by(&["foreign student", "mwanafunzi kutoka nje", "dollars"])
    .needs(&[IDENTITY, ADMISSION_NUMBER]),
    Offer::new(
        "examination",
        "EXAMINATIONS",
        said("Trade test", "Mtihani wa ufundi"),
        said("By the number of papers.", "Kulingana na idadi ya karatasi."),
        Charge::Quantity {
            unit: said("paper", "karatasi"),
            each: kes(300, 900),
            most: 10,
            fixed: Some((said("registration", "usajili"), kes(500, 1_000))),
        },
    )
    .found_by(&["examination", "mtihani", "grade test"])
    .needs(&[ADMISSION_NUMBER, PHOTOGRAPH]),
    Offer::new(
        "certificate",
        "CERTIFICATES",
        said("Diploma or certificate", "Stashahada au cheti"),
        said("Printed and signed, after the course.", "Kilichochapishwa na kutiwa saini, baada ya kozi."),
        Charge::Flat(kes(500, 2_000)),
    )
    .found_by(&["certificate", "cheti", "diploma"])
    .needs(&[IDENTITY, ADMISSION_NUMBER])
    .within(5, 20),
    Offer::new(
        "hostel",
        "HOSTEL",
        said("Place in the hostel", "Nafasi katika bweni"),
        said("A bed near the workshops.", "Kitanda karibu na karakana."),
        Charge::Variants {
            question: said("For which term?", "Kwa muhula upi?"),
            choices: SCHOOL_TERMS,
            amount: kes(3_000, 8_000),
        },
    )
    .found_by(&["hostel", "bweni", "room"])
    .needs(&[ADMISSION_NUMBER])
    .in_parts(),
];

pub(super) const LIBRARY: &[Offer] = &[
    Offer::new(
        "membership",
        "MEMBERSHIP",
        said("Library membership", "Uanachama wa maktaba"),
        said("A card to borrow books for one year.", "Kadi ya kuazima vitabu kwa mwaka mmoja."),
        Charge::Variants {
            question: said("Who reads?", "Msomaji ni nani?"),
            choices: READERS,
            amount: kes(200, 1_000),
        },
    )
    .found_by(&["library card", "kadi ya maktaba", "books", "vitabu"])
    .needs(&[IDENTITY]),
    Offer::new(
        "printing",
        "PRINTING",
        said("Printing and copying", "Uchapishaji na nakala"),
        said("In black, on paper of the library.", "Kwa rangi nyeusi, kwenye karatasi ya maktaba."),
        Charge::Quantity { unit: said("page", "ukurasa"), each: kes(5, 20), most: 500, fixed: None },
    )
    .found_by(&["print", "chapisha", "photocopy", "nakala"]),
    Offer::new(
        "lost-book",
        "BOOKS",
        said("Lost book", "Kitabu kilichopotea"),
        said("Its price, as the librarian's note says.", "Bei yake, kulingana na hati ya mkutubi."),
        Charge::Assessed { reference: said("loan number", "nambari ya azimo"), length: 9 },
    )
    .found_by(&["book", "kitabu", "fine"]),
    Offer::new(
        "reading-room",
        "ROOMS",
        said("Seat in the reading room", "Kiti katika chumba cha kusomea"),
        said("Open to everybody.", "Wazi kwa kila mtu."),
        Charge::Free,
    )
    .found_by(&["reading room", "kusoma", "study"]),
];
