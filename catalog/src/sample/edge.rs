//! The services at the edge of what a catalogue can say. They come before all other samples, so that also a small
//! demonstration has them, and their slugs are names that tests and demonstrations may use. No seed changes them.

use crate::fee::{Exemption, Rounding};
use crate::service::Delivery;
use crate::source::{
    AgencyRow, BundlePartRow, FeeRow, FixedPartRow, PenaltyRow, RuleRow, SeasonRow, ServiceRow, SurchargeRow,
    TimesRow, UrgencyRow, VariantRow, VisitorAgesRow, VisitorAmountsRow, WaiverRow,
};

use super::offer::text_row;
use super::{FIRST_DAY, example};

/// Free of charge, and so not billable.
pub const FREE: &str = "sample-edge-free";
/// A fee in dollars, with cents.
pub const DOLLARS: &str = "sample-edge-dollars";
/// A fee for each visitor, in shillings or dollars by category, and free for some.
pub const VISITORS: &str = "sample-edge-visitors";
/// A fee that changes on [`FEE_CHANGE_DAY`]: one version ends the day before, another begins.
pub const FEE_CHANGE: &str = "sample-edge-fee-change";
/// The first day of the later version of [`FEE_CHANGE`].
pub const FEE_CHANGE_DAY: &str = "2030-07-01";
/// The last day of the version before it.
pub(super) const DAY_BEFORE_CHANGE: &str = "2030-06-30";
/// Suspended: it had fees, and the last of them ended on 30 June 2025.
pub const SUSPENDED: &str = "sample-edge-suspended";
/// A name of 240 characters in each language.
pub const LONGEST_NAME: &str = "sample-edge-longest-name";
/// Apostrophes of both forms and letters with accents.
pub const ACCENTS: &str = "sample-edge-accents";
/// One shilling.
pub const SMALLEST_FEE: &str = "sample-edge-smallest-fee";
/// One shilling more than the KES 250,000 that M-PESA takes in one payment.
pub const ABOVE_MOBILE_MONEY: &str = "sample-edge-above-mobile-money";
/// The largest amounts that a catalogue may name, and nearly the most that one bill may come to.
pub const LARGEST_AMOUNTS: &str = "sample-edge-largest-amounts";
/// A hundred variants.
pub const MOST_VARIANTS: &str = "sample-edge-most-variants";
/// Thirty requirements, sixty keywords and the longest description.
pub const MOST_REQUIREMENTS: &str = "sample-edge-most-requirements";

/// Three amounts that are paid together, each into its own account.
pub const PACKAGE: &str = "sample-edge-package";
/// So much for each of so many nights.
pub const STAY: &str = "sample-edge-stay";
/// Another amount from 15 December to 5 January.
pub const SEASONS: &str = "sample-edge-seasons";
/// With an urgency, penalties, waivers and a surcharge for cards.
pub const ADDITIONS: &str = "sample-edge-additions";

/// The agency of all of them.
pub(super) const AGENCY_CODE: &str = "SAMPLE-EDGE";
pub(super) const BASIS_CODE: &str = "sample-edge";

pub(super) fn agency() -> AgencyRow {
    AgencyRow {
        code: AGENCY_CODE.to_owned(),
        name: text_row("Office of Edge Cases", "Ofisi ya Mifano ya Pekee"),
        ministry: Some("Ministry of Samples (sample)".to_owned()),
        department: None,
        keywords: Vec::new(),
        back_end: None,
        fallback: Vec::new(),
    }
}

/// All of them, in an order that stays.
pub(super) fn services() -> Vec<ServiceRow> {
    vec![
        free(),
        always(DOLLARS, "Fee in dollars", "Ada ya dola", flat("USD 30.50")),
        always(VISITORS, "Fee for each visitor", "Ada kwa kila mgeni", visitors()),
        fee_change(),
        suspended(),
        ServiceRow {
            name: text_row(
                of_length("Application for the consideration of a café renewal", 240),
                of_length("Maombi ya kuzingatiwa kwa uhuishaji wa kibali cha café", 240),
            ),
            ..always(LONGEST_NAME, "", "", flat("KES 100"))
        },
        always(
            ACCENTS,
            "Murang\u{2019}a ng'ombe fair, Gĩkũyũ theatre and São Tomé café",
            "Maonyesho ya ng'ombe ya Murang\u{2019}a, tamthilia ya Gĩkũyũ na mkahawa wa São Tomé",
            flat("KES 150"),
        ),
        always(SMALLEST_FEE, "Fee of one shilling", "Ada ya shilingi moja", flat("KES 1")),
        always(
            ABOVE_MOBILE_MONEY,
            "Fee above what mobile money takes",
            "Ada inayozidi kikomo cha pesa za simu",
            flat("KES 250001"),
        ),
        always(LARGEST_AMOUNTS, "Largest amounts", "Kiasi kikubwa zaidi", largest_amounts()),
        always(MOST_VARIANTS, "A hundred variants", "Chaguo mia moja", most_variants()),
        most_requirements(),
        always(PACKAGE, "Three fees in one", "Ada tatu kwa pamoja", package()),
        always(STAY, "Nights at a camp", "Usiku kambini", stay()),
        ServiceRow {
            delivery: vec![Delivery::Online, Delivery::Gate],
            ..always(SEASONS, "Entry by season", "Kiingilio kwa msimu", seasons())
        },
        additions(),
    ]
}

/// A service with these fees and nothing else to say.
fn service(slug: &str, en: &str, sw: &str, fees: Vec<FeeRow>) -> ServiceRow {
    let revenue = slug.trim_start_matches("sample-edge-").to_uppercase();
    ServiceRow {
        slug: slug.to_owned(),
        agency: AGENCY_CODE.to_owned(),
        name: text_row(en, sw),
        published_name: None,
        description: example("A service at the edge.", "Huduma ya pekee."),
        requirements: Vec::new(),
        promised_working_days: Some(1),
        delivery: vec![Delivery::Online],
        county: None,
        keywords: vec!["edge case".to_owned(), "mfano".to_owned()],
        revenue_code: format!("{AGENCY_CODE}/{revenue}"),
        fees,
        not_billable: None,
        convenience_fee_waiver: None,
        sample: true,
        back_end: None,
    }
}

/// A service with one fee that holds ever after.
fn always(slug: &str, en: &str, sw: &str, rule: RuleRow) -> ServiceRow {
    service(slug, en, sw, vec![fee(FIRST_DAY, None, rule)])
}

fn fee(from: &str, to: Option<&str>, rule: RuleRow) -> FeeRow {
    FeeRow {
        valid_from: Some(from.to_owned()),
        valid_to: to.map(str::to_owned),
        ..FeeRow::new(from, BASIS_CODE, rule)
    }
}

fn flat(amount: &str) -> RuleRow {
    RuleRow::Flat { amount: amount.to_owned() }
}

fn free() -> ServiceRow {
    ServiceRow {
        not_billable: Some(super::free_of_charge()),
        ..service(FREE, "Free service", "Huduma ya bure", Vec::new())
    }
}

fn visitors() -> RuleRow {
    let ages = |adult: &str, child: &str| {
        Some(VisitorAgesRow { adult: Some(adult.to_owned()), child: Some(child.to_owned()) })
    };
    RuleRow::Visitors {
        amounts: VisitorAmountsRow {
            east_african_citizen: ages("KES 400", "KES 200"),
            kenya_resident: ages("KES 550", "KES 275"),
            african_citizen: ages("USD 20", "USD 10"),
            non_resident: ages("USD 35", "USD 17.50"),
        },
        free: vec![Exemption::UnderFive, Exemption::PersonWithDisability, Exemption::CitizenSeventyPlus],
    }
}

fn fee_change() -> ServiceRow {
    let fees = vec![
        fee(FIRST_DAY, Some(DAY_BEFORE_CHANGE), flat("KES 500")),
        fee(FEE_CHANGE_DAY, None, flat("KES 650")),
    ];
    service(FEE_CHANGE, "Fee that will change", "Ada itakayobadilika", fees)
}

fn suspended() -> ServiceRow {
    let fees = vec![
        fee("2022-07-01", Some("2024-06-30"), flat("KES 800")),
        fee(FIRST_DAY, Some("2025-06-30"), flat("KES 900")),
    ];
    service(SUSPENDED, "Suspended service", "Huduma iliyosimamishwa", fees)
}

fn largest_amounts() -> RuleRow {
    const TRILLION: &str = "KES 1000000000000";
    RuleRow::Quantity {
        unit: text_row("trillion", "trilioni"),
        amount: TRILLION.to_owned(),
        quantity_max: 9_000,
        times: None,
        fixed: Some(FixedPartRow { text: text_row("once", "mara moja"), amount: TRILLION.to_owned() }),
    }
}

fn package() -> RuleRow {
    let part = |code: &str, en: &str, sw: &str, amount: &str| BundlePartRow {
        code: code.to_owned(),
        text: text_row(en, sw),
        amount: amount.to_owned(),
        agency: None,
        revenue_code: Some(format!("{AGENCY_CODE}/PACKAGE/{}", code.to_uppercase())),
    };
    RuleRow::Bundle {
        parts: vec![
            part("entry", "entry", "kiingilio", "KES 1000"),
            part("guide", "guide", "kiongozi", "KES 250"),
            part("road", "road", "barabara", "KES 50"),
        ],
    }
}

fn stay() -> RuleRow {
    RuleRow::Quantity {
        unit: text_row("tents", "mahema"),
        amount: "USD 20".to_owned(),
        quantity_max: 40,
        times: Some(TimesRow { unit: text_row("nights", "usiku"), times_max: 30 }),
        fixed: None,
    }
}

fn seasons() -> RuleRow {
    RuleRow::Seasons {
        seasons: vec![SeasonRow {
            code: "high".to_owned(),
            text: text_row("high season", "msimu wa juu"),
            from: "12-15".to_owned(),
            to: "01-05".to_owned(),
            rule: flat("KES 900"),
        }],
        otherwise: Box::new(flat("KES 600")),
    }
}

fn additions() -> ServiceRow {
    let fee = FeeRow {
        urgencies: vec![UrgencyRow {
            code: "express".to_owned(),
            text: text_row("express", "haraka"),
            amount: "KES 2000".to_owned(),
            promised_working_days: Some(0),
        }],
        penalties: vec![
            PenaltyRow {
                code: "late".to_owned(),
                text: text_row("late filing", "kuchelewa kuwasilisha"),
                basis: BASIS_CODE.to_owned(),
                amount: Some("KES 300".to_owned()),
                amount_min: None,
                amount_max: None,
            },
            PenaltyRow {
                code: "default".to_owned(),
                text: text_row("default, as assessed", "ukiukaji, kama ulivyokadiriwa"),
                basis: BASIS_CODE.to_owned(),
                amount: None,
                amount_min: Some("KES 100".to_owned()),
                amount_max: Some("KES 9000".to_owned()),
            },
        ],
        waivers: vec![WaiverRow {
            code: "hardship".to_owned(),
            text: text_row("hardship", "hali ngumu"),
            basis: BASIS_CODE.to_owned(),
            share_percent: "50".to_owned(),
        }],
        surcharges: vec![SurchargeRow {
            channel: "card".to_owned(),
            text: text_row("payment by card", "malipo kwa kadi"),
            basis: BASIS_CODE.to_owned(),
            rate_percent: "2.5".to_owned(),
            rounding: Rounding::Down,
        }],
        ..fee(FIRST_DAY, None, flat("KES 605"))
    };
    service(ADDITIONS, "Fee with everything that may be added", "Ada na nyongeza zake zote", vec![fee])
}

fn most_variants() -> RuleRow {
    let variant = |number: u32| VariantRow {
        code: format!("variant-{number}"),
        text: text_row(format!("variant {number}"), format!("chaguo {number}")),
        amount: format!("KES {}", number * 10),
    };
    RuleRow::Variants {
        question: text_row("Which of a hundred?", "Lipi kati ya mia moja?"),
        variants: (1..=100).map(variant).collect(),
    }
}

fn most_requirements() -> ServiceRow {
    let text = example("A service at the edge.", "Huduma ya pekee.");
    ServiceRow {
        description: text_row(
            of_length(&text.en, 2_000),
            of_length(text.sw.as_deref().unwrap_or_default(), 2_000),
        ),
        requirements: (1..=30)
            .map(|number| {
                text_row(
                    of_length(&format!("Requirement {number} of thirty"), 400),
                    of_length(&format!("Sharti la {number} kati ya thelathini"), 400),
                )
            })
            .collect(),
        keywords: (1..=60).map(|number| format!("neno kuu {number}")).collect(),
        ..always(MOST_REQUIREMENTS, "Thirty requirements", "Masharti thelathini", flat("KES 300"))
    }
}

/// The words again and again, up to exactly so many characters.
fn of_length(words: &str, characters: usize) -> String {
    let mut text: String = words.chars().chain(" ".chars()).cycle().take(characters - 1).collect();
    text.push('.');
    text
}
