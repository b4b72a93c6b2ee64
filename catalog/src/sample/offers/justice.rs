//! What courts ask for: filing fees by value, fines and deposits as they ordered them, copies by the page.

use super::needs::{CASE_NUMBER, IDENTITY};
use crate::sample::charge::{Charge, kes};
use crate::sample::offer::{Offer, Thing, said, thing};

const CLAIMS: &[Thing] = &[
    thing("debt", "debt", "deni"),
    thing("damages", "damages", "fidia"),
    thing("land", "land", "ardhi"),
    thing("employment", "employment", "ajira"),
    thing("succession", "succession", "urithi"),
];

const OFFENCES: &[Thing] = &[
    thing("traffic", "traffic", "trafiki"),
    thing("by-law", "county by-law", "sheria ndogo ya kaunti"),
    thing("other", "other offence", "kosa lingine"),
];

const COURT_PAPERS: &[Thing] = &[
    thing("judgment", "judgment", "hukumu"),
    thing("ruling", "ruling", "uamuzi"),
    thing("proceedings", "proceedings", "mwenendo wa kesi"),
    thing("decree", "decree", "amri ya mahakama"),
];

pub(super) const COURT: &[Offer] = &[
    Offer::new(
        "filing",
        "FILING",
        said("Filing of a claim: {}", "Kufungua kesi: {}"),
        said("Opening a case, by what is claimed.", "Kufungua kesi, kulingana na kinachodaiwa."),
        Charge::Percentage {
            of: said("amount claimed", "kiasi kinachodaiwa"),
            rates: &["0.5", "1", "1.5", "2"],
            least: kes(500, 1_500),
            most: kes(50_000, 75_000),
        },
    )
    .for_each(CLAIMS)
    .found_by(&["court", "mahakama", "case", "kesi"])
    .needs(&[IDENTITY])
    .within(1, 5),
    Offer::new(
        "fine",
        "FINES",
        said("Fine: {}", "Faini: {}"),
        said("A fine as the court ordered it.", "Faini kama mahakama ilivyoamuru."),
        Charge::Assessed { reference: said("case number", "nambari ya kesi"), length: 14 },
    )
    .for_each(OFFENCES)
    .found_by(&["fine", "faini", "court", "mahakama"])
    .needs(&[CASE_NUMBER]),
    Offer::new(
        "deposit",
        "DEPOSITS",
        said("Deposit into court", "Amana mahakamani"),
        said("Bail or security, held until the case ends.", "Dhamana, inayoshikiliwa hadi kesi iishe."),
        Charge::Assessed { reference: said("case number", "nambari ya kesi"), length: 14 },
    )
    .found_by(&["bail", "dhamana", "security"])
    .needs(&[CASE_NUMBER])
    .in_parts(),
    Offer::new(
        "copy",
        "COPIES",
        said("Certified copy: {}", "Nakala iliyothibitishwa: {}"),
        said("By the page, with the court's stamp.", "Kwa ukurasa, yenye muhuri wa mahakama."),
        Charge::Quantity {
            unit: said("page", "ukurasa"),
            each: kes(20, 100),
            most: 2_000,
            fixed: Some((said("certification", "uthibitisho"), kes(100, 300))),
        },
    )
    .for_each(COURT_PAPERS)
    .found_by(&["copy", "nakala", "court", "mahakama"])
    .needs(&[CASE_NUMBER])
    .within(2, 10),
    Offer::new(
        "file-search",
        "SEARCH",
        said("Perusal of a court file", "Kusoma faili ya mahakama"),
        said("Half a day at the registry.", "Nusu siku katika masjala."),
        Charge::Flat(kes(100, 500)),
    )
    .found_by(&["perusal", "faili", "registry"])
    .needs(&[CASE_NUMBER])
    .within(1, 3),
    Offer::new(
        "affidavit",
        "OATHS",
        said("Affidavit before the court", "Kiapo mbele ya mahakama"),
        said("With its annexes, each marked.", "Pamoja na viambatisho, kila kimoja na alama."),
        Charge::Quantity {
            unit: said("annex", "kiambatisho"),
            each: kes(20, 50),
            most: 100,
            fixed: Some((said("oath", "kiapo"), kes(100, 300))),
        },
    )
    .found_by(&["oath", "kiapo", "affidavit"])
    .needs(&[IDENTITY]),
    Offer::new(
        "service-of-summons",
        "PROCESS",
        said("Service of a summons", "Kupelekewa hati ya kuitwa kortini"),
        said("By a court officer, by distance.", "Na afisa wa mahakama, kwa umbali."),
        Charge::Steps {
            unit: said("kilometres", "kilomita"),
            included: 5,
            base: kes(500, 1_500),
            step: 5,
            per_step: kes(100, 300),
            most: 500,
        },
    )
    .found_by(&["summons", "samansi", "court"])
    .needs(&[CASE_NUMBER])
    .within(2, 10),
    Offer::new(
        "appeal",
        "APPEALS",
        said("Notice of appeal", "Notisi ya rufaa"),
        said("Within the time that the law gives.", "Ndani ya muda unaotolewa na sheria."),
        Charge::Flat(kes(500, 2_000)),
    )
    .found_by(&["appeal", "rufaa", "court"])
    .needs(&[CASE_NUMBER])
    .within(1, 5),
    Offer::new(
        "cause-list",
        "LISTS",
        said("Day's cause list", "Orodha ya kesi za siku"),
        said("Which case is heard when and where.", "Kesi ipi itasikizwa lini na wapi."),
        Charge::Free,
    )
    .found_by(&["cause list", "orodha ya kesi", "hearing"]),
];
