//! What public hospitals offer.

use super::needs::{IDENTITY, PATIENT_NUMBER, REFERRAL};
use crate::sample::charge::{Charge, Choice, choice, kes, usd};
use crate::sample::offer::{Offer, Thing, said, thing};

const CLINICS: &[Thing] = &[
    thing("eyes", "eyes", "macho"),
    thing("teeth", "teeth", "meno"),
    thing("skin", "skin", "ngozi"),
    thing("children", "children", "watoto"),
    thing("women", "women", "wanawake"),
    thing("diabetes", "diabetes", "kisukari"),
    thing("bones", "bones", "mifupa"),
];

const LABORATORY: &[Thing] = &[
    thing("blood-count", "blood count", "hesabu ya damu"),
    thing("malaria", "malaria", "malaria"),
    thing("blood-sugar", "blood sugar", "sukari ya damu"),
    thing("urine", "urine", "mkojo"),
    thing("liver", "liver function", "utendaji wa ini"),
    thing("kidney", "kidney function", "utendaji wa figo"),
    thing("blood-group", "blood group", "kundi la damu"),
    thing("pregnancy", "pregnancy", "ujauzito"),
];

const X_RAYS: &[Thing] = &[
    thing("chest", "chest", "kifua"),
    thing("arm", "arm", "mkono"),
    thing("leg", "leg", "mguu"),
    thing("spine", "spine", "uti wa mgongo"),
];

const BIRTHS: &[Choice] = &[
    choice("normal", said("normal delivery", "kujifungua kwa kawaida"), 100),
    choice("twins", said("twins", "mapacha"), 140),
    choice("caesarean", said("caesarean section", "kujifungua kwa upasuaji"), 300),
];

const WARDS: &[Thing] = &[
    thing("general", "general ward", "wodi ya kawaida"),
    thing("private", "private room", "chumba binafsi"),
];

pub(super) const HOSPITAL: &[Offer] = &[
    Offer::new(
        "registration",
        "REGISTRATION",
        said("Registration as a patient", "Kujisajili kama mgonjwa"),
        said("A card and a file at the hospital.", "Kadi na faili hospitalini."),
        Charge::Flat(kes(50, 200)),
    )
    .found_by(&["hospital card", "kadi ya hospitali", "outpatient", "daktari"])
    .needs(&[IDENTITY]),
    Offer::new(
        "clinic",
        "CLINICS",
        said("Specialist clinic: {}", "Kliniki ya mtaalamu: {}"),
        said("One visit to the clinic.", "Ziara moja katika kliniki."),
        Charge::Flat(kes(200, 1_000)),
    )
    .for_each(CLINICS)
    .found_by(&["clinic", "kliniki", "doctor", "daktari"])
    .needs(&[PATIENT_NUMBER, REFERRAL])
    .within(1, 15),
    Offer::new(
        "lab",
        "LABORATORY",
        said("Laboratory test: {}", "Kipimo cha maabara: {}"),
        said("A test in the hospital's laboratory.", "Kipimo katika maabara ya hospitali."),
        Charge::Quantity { unit: said("test", "kipimo"), each: kes(100, 900), most: 10, fixed: None },
    )
    .for_each(LABORATORY)
    .found_by(&["lab test", "maabara", "kipimo"])
    .needs(&[PATIENT_NUMBER])
    .within(0, 3),
    Offer::new(
        "x-ray",
        "IMAGING",
        said("X-ray: {}", "Eksirei: {}"),
        said("A picture and its reading.", "Picha na maelezo yake."),
        Charge::Flat(kes(500, 2_000)),
    )
    .for_each(X_RAYS)
    .found_by(&["radiology", "eksirei", "picha", "scan"])
    .needs(&[PATIENT_NUMBER, REFERRAL])
    .within(0, 2),
    Offer::new(
        "maternity",
        "MATERNITY",
        said("Maternity care", "Huduma ya uzazi"),
        said("Delivery and the days after it.", "Kujifungua na siku zinazofuata."),
        Charge::Variants {
            question: said("What kind of delivery?", "Kujifungua kwa namna gani?"),
            choices: BIRTHS,
            amount: kes(3_000, 8_000),
        },
    )
    .found_by(&["birth", "uzazi", "delivery", "kujifungua"])
    .needs(&[IDENTITY, PATIENT_NUMBER])
    .in_parts(),
    Offer::new(
        "bill",
        "INPATIENT",
        said("Hospital bill", "Bili ya hospitali"),
        said("The amount that the cashier's bill says.", "Kiasi kilicho kwenye bili ya mhasibu."),
        Charge::Assessed { reference: said("bill number", "nambari ya bili"), length: 10 },
    )
    .found_by(&["inpatient", "bili", "discharge", "hospitali"])
    .needs(&[PATIENT_NUMBER])
    .in_parts(),
    Offer::new(
        "ward",
        "INPATIENT",
        said("Deposit for a bed: {}", "Amana ya kitanda: {}"),
        said("Nights in the hospital, paid ahead.", "Usiku hospitalini, unaolipwa mapema."),
        Charge::Quantity {
            unit: said("night", "usiku"),
            each: kes(300, 3_000),
            most: 90,
            fixed: Some((said("admission", "kulazwa"), kes(200, 500))),
        },
    )
    .for_each(WARDS)
    .found_by(&["bed", "kitanda", "ward", "wodi"])
    .needs(&[PATIENT_NUMBER]),
    Offer::new(
        "ambulance",
        "AMBULANCE",
        said("Ambulance", "Gari la wagonjwa"),
        said("A ride with a nurse, by distance.", "Safari pamoja na muuguzi, kwa umbali."),
        Charge::Steps {
            unit: said("kilometres", "kilomita"),
            included: 10,
            base: kes(1_000, 3_000),
            step: 10,
            per_step: kes(200, 600),
            most: 800,
        },
    )
    .found_by(&["ambulance", "ambulensi", "emergency", "dharura"]),
    Offer::new(
        "mortuary",
        "MORTUARY",
        said("Mortuary", "Hifadhi ya maiti"),
        said("Keeping of a body, by days.", "Kuhifadhi mwili, kwa siku."),
        Charge::Steps {
            unit: said("days", "siku"),
            included: 3,
            base: kes(2_000, 5_000),
            step: 1,
            per_step: kes(200, 700),
            most: 180,
        },
    )
    .found_by(&["mortuary", "maiti", "funeral home"])
    .needs(&[IDENTITY]),
    Offer::new(
        "medical-report",
        "RECORDS",
        said("Medical report", "Ripoti ya matibabu"),
        said("A report for a school, an employer or a court.", "Ripoti kwa shule, mwajiri au mahakama."),
        Charge::Flat(kes(500, 2_000)),
    )
    .found_by(&["report", "ripoti", "medical certificate"])
    .needs(&[PATIENT_NUMBER])
    .within(2, 7),
    Offer::new(
        "travel-vaccination",
        "VACCINATION",
        said("Vaccination for a journey", "Chanjo ya safari"),
        said("With the certificate for the border.", "Pamoja na cheti cha mpakani."),
        Charge::Flat(usd(15, 40)),
    )
    .found_by(&["vaccine", "chanjo", "travel", "safari"])
    .needs(&[IDENTITY]),
    Offer::new(
        "blood-donation",
        "BLOOD",
        said("Appointment to give blood", "Miadi ya kuchangia damu"),
        said("Half an hour, and tea.", "Nusu saa, na chai."),
        Charge::Free,
    )
    .found_by(&["blood", "damu", "donor", "miadi"]),
];
