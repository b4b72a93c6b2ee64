//! The texts, in both languages: each fits into one message, whatever the service is called and however large the amount.
//! Amounts, numbers and dates are never shortened; the name of the service is, and what is only useful makes room for
//! it. The Kiswahili is a draft for a speaker of it to review.

use catalog::{Language, Text};
use jiff::civil::Date;
use ledger::Money;

use super::gsm::{SEGMENT_SEPTETS, folded, septets, shortened};
use crate::payments::{PaymentNumber, ReceiptNumber};

/// So much of a service's name is kept before anything that is only useful is said.
const NAME_SEPTETS_KEPT: usize = 28;

/// What every text may mention.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    /// How citizens reach us, without scheme and without a slash at the end.
    pub(super) address: String,
    /// The number of the help desk.
    pub(super) help: Option<String>,
    /// Where answers go to, if somebody reads them.
    pub(super) replies_to: Option<String>,
}

/// What a message says, with everything that it takes to say it.
#[derive(Clone, Debug)]
pub(super) enum Wording<'a> {
    /// The bill is paid.
    Receipt { money: Money, service: &'a Text, agency: &'a str, receipt: ReceiptNumber },
    /// A part has arrived. `pay_to` is what to type as the business number, if there is anything to type now.
    PartPayment { money: Money, due: Money, bill: PaymentNumber, until: Date, pay_to: Option<&'a str> },
    /// Nobody knows yet.
    Delayed { bill: PaymentNumber },
    /// No money was taken.
    NotTaken { bill: PaymentNumber, pay_to: Option<&'a str> },
    /// Money is kept for whom it belongs to.
    Held { money: Money, channel_receipt: &'a str },
    /// The paybill does not work, and something else does. `paid_to` is where, if a payer types or writes that.
    OtherWay { bill: PaymentNumber, way: &'a Text, paid_to: Option<PaidTo<'a>> },
    /// A document lies ready.
    Ready { service: &'a Text, agency: &'a str, centre: &'a str, bill: PaymentNumber },
}

/// Where somebody pays to on a way.
#[derive(Clone, Copy, Debug)]
pub(super) enum PaidTo<'a> {
    /// What is typed into M-PESA as the business number.
    Business(&'a str),
    /// An account at a bank, with the payment number as the reference.
    Account(&'a str),
}

/// A part of a text.
enum Part {
    /// Stands as it is.
    Fixed(String),
    /// Is shortened if it has to be.
    Name(String),
    /// Is left out if there is no room. Of several, the first is the most useful.
    Useful(String),
}

/// The text, in one message.
pub(super) fn text(wording: &Wording<'_>, language: Language, around: &Surroundings) -> String {
    fit(parts(wording, language, around))
}

fn parts(wording: &Wording<'_>, language: Language, around: &Surroundings) -> Vec<Part> {
    use Part::{Fixed, Name, Useful};
    let is_english = language == Language::En;
    let choose = |en: String, sw: String| if is_english { en } else { sw };
    let help = || {
        let help = around.help.as_ref()?;
        Some(Useful(choose(format!(" Help: {help}"), format!(" Msaada: {help}"))))
    };
    let mut parts = match wording {
        Wording::Receipt { money, service, agency, receipt } => {
            let (shown, name) = (receipt.grouped(), Name(folded(service.in_language(language))));
            let mut parts = vec![
                Fixed(choose(format!("PAID {money} for "), format!("IMELIPWA {money}: "))),
                name,
                Fixed(choose(
                    format!(" ({agency}). Receipt {shown}."),
                    format!(" ({agency}). Risiti {shown}."),
                )),
                Useful(format!(" {}/r/{receipt}", around.address)),
            ];
            if let Some(number) = &around.replies_to {
                parts.push(Useful(choose(
                    format!(" Rate us: 1-5 to {number}"),
                    format!(" Maoni: 1-5 kwa {number}"),
                )));
            }
            return parts;
        }
        Wording::PartPayment { money, due, bill, until, pay_to } => {
            let (number, until) = (bill.grouped(), day(*until, language));
            let mut parts = vec![
                Fixed(choose(
                    format!("We got {money} for payment no. {number}. {due} is still due"),
                    format!("Tumepokea {money}, nambari ya malipo {number}. Bado {due}"),
                )),
                Useful(choose(format!(" by {until}"), format!(" kufikia {until}"))),
                Fixed(".".to_owned()),
            ];
            parts.extend(pay_to.map(|paybill| {
                Useful(choose(
                    format!(" Pay to {paybill}, same account number."),
                    format!(" Lipa kwa {paybill}, akaunti ile ile."),
                ))
            }));
            parts
        }
        Wording::Delayed { bill } => {
            let number = bill.grouped();
            vec![
                Fixed(choose(
                    format!("M-PESA is delayed. Do NOT pay again. Your payment no. {number} is safe"),
                    format!("M-PESA imechelewa. USILIPE tena. Nambari yako ya malipo {number} iko salama"),
                )),
                Useful(choose(
                    "; we will SMS you when it clears".to_owned(),
                    "; tutakutumia SMS ikikamilika".to_owned(),
                )),
                Fixed(".".to_owned()),
            ]
        }
        Wording::NotTaken { bill, pay_to } => {
            let number = bill.grouped();
            let mut parts = vec![Fixed(choose(
                format!("M-PESA says that no money was taken for payment no. {number}. It is not paid."),
                format!("M-PESA inasema hakuna pesa iliyokatwa kwa nambari ya malipo {number}. Haijalipwa."),
            ))];
            parts.extend(pay_to.map(|paybill| {
                Useful(choose(
                    format!(" You can pay: {paybill}, account {bill}."),
                    format!(" Unaweza kulipa: {paybill}, akaunti {bill}."),
                ))
            }));
            parts
        }
        Wording::Ready { service, agency, centre, bill } => {
            let (number, centre) = (bill.grouped(), folded(centre));
            vec![
                Fixed(choose("READY: ".to_owned(), "TAYARI: ".to_owned())),
                Name(folded(service.in_language(language))),
                Fixed(choose(
                    format!(" ({agency}) at {centre}. Payment no. {number}."),
                    format!(" ({agency}), {centre}. Nambari ya malipo {number}."),
                )),
                Useful(choose(" Bring your ID.".to_owned(), " Njoo na kitambulisho.".to_owned())),
            ]
        }
        Wording::OtherWay { bill, way, paid_to } => {
            let number = bill.grouped();
            // An account number has up to 20 digits: the sentence around it is short, so that the name has room.
            let by = match paid_to {
                Some(PaidTo::Business(code)) => choose(
                    format!(" can be paid by business no. {code}, "),
                    format!(", lipa kwa nambari ya biashara {code}, "),
                ),
                Some(PaidTo::Account(account)) => choose(
                    format!(": pay to account no. {account}, "),
                    format!(", lipa kwa akaunti {account}, "),
                ),
                None => choose(" can be paid by ".to_owned(), ", lipa kwa ".to_owned()),
            };
            vec![
                Fixed(choose(
                    format!("M-PESA paybill is down. Payment no. {number}{by}"),
                    format!("Paybill ya M-PESA haifanyi kazi. Nambari ya malipo {number}{by}"),
                )),
                Name(folded(way.in_language(language))),
                Fixed(choose(
                    ". Paid already? Do NOT pay again.".to_owned(),
                    ". Umelipa? USILIPE tena.".to_owned(),
                )),
            ]
        }
        Wording::Held { money, channel_receipt } => vec![
            Fixed(choose(
                format!(
                    "We have your {money}, {channel_receipt}. It matched no bill that is open. It is safe."
                ),
                format!("Tuna {money} yako, {channel_receipt}. Haikulingana na bili iliyo wazi. Iko salama."),
            )),
            Useful(choose(
                " Do not pay again before you ask us.".to_owned(),
                " Usilipe tena kabla ya kutuuliza.".to_owned(),
            )),
        ],
    };
    parts.extend(help());
    parts
}

/// Leaves out what there is no room for, and shortens the name to what is left.
fn fit(parts: Vec<Part>) -> String {
    let count = |text: &str| septets(text).unwrap_or(SEGMENT_SEPTETS + 1);
    let mut room = SEGMENT_SEPTETS;
    for part in &parts {
        room = room.saturating_sub(match part {
            Part::Fixed(text) => count(text),
            Part::Name(name) => count(name).min(NAME_SEPTETS_KEPT),
            Part::Useful(_) => 0,
        });
    }
    let chosen: Vec<bool> = parts
        .iter()
        .map(|part| match part {
            Part::Useful(text) if count(text) <= room => {
                room -= count(text);
                true
            }
            Part::Useful(_) => false,
            Part::Fixed(_) | Part::Name(_) => true,
        })
        .collect();
    let mut text = String::new();
    for (part, _) in parts.into_iter().zip(chosen).filter(|(_, is_chosen)| *is_chosen) {
        match part {
            Part::Fixed(said) | Part::Useful(said) => text.push_str(&said),
            Part::Name(name) => text.push_str(&shortened(&name, count(&name).min(NAME_SEPTETS_KEPT) + room)),
        }
    }
    text
}

/// `4 Dec 2026`, `4 Des 2026`.
fn day(day: Date, language: Language) -> String {
    const EN: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const SW: [&str; 12] =
        ["Jan", "Feb", "Mac", "Apr", "Mei", "Jun", "Jul", "Ago", "Sep", "Okt", "Nov", "Des"];
    let months = match language {
        Language::En => EN,
        Language::Sw => SW,
    };
    let month = usize::try_from(day.month()).unwrap_or(1).clamp(1, 12);
    format!("{} {} {}", day.day(), months[month - 1], day.year())
}

#[cfg(test)]
mod tests {
    use catalog::Catalogue;
    use jiff::civil::date;
    use ledger::Currency;
    use proptest::prelude::*;

    use super::*;

    fn around() -> Surroundings {
        Surroundings {
            address: "pay.example.go.ke".into(),
            help: Some("0800 000 000".into()),
            replies_to: Some("22123".into()),
        }
    }

    fn kes(minor: i64) -> Money {
        Money::new(minor, Currency::Kes)
    }

    fn number() -> PaymentNumber {
        PaymentNumber::from_random(7)
    }

    fn receipt(money: Money, service: &Text, language: Language) -> String {
        let wording = Wording::Receipt {
            money,
            service,
            agency: "NTSA",
            receipt: ReceiptNumber::from_random(u64::MAX),
        };
        text(&wording, language, &around())
    }

    #[test]
    fn a_receipt_says_what_was_paid_for_what_and_where_to_look() {
        let service = Text::new("Renew driving licence", "Kusasisha leseni ya udereva");
        assert_eq!(
            receipt(kes(305_000), &service, Language::En),
            "PAID KES 3,050.00 for Renew driving licence (NTSA). Receipt ZZZZ-ZZZZ. pay.example.go.ke/r/ZZZZZZZZ \
             Rate us: 1-5 to 22123"
        );
        assert_eq!(
            receipt(kes(305_000), &service, Language::Sw),
            "IMELIPWA KES 3,050.00: Kusasisha leseni ya udereva (NTSA). Risiti ZZZZ-ZZZZ. pay.example.go.ke/r/ZZZZZZZZ \
             Maoni: 1-5 kwa 22123"
        );
    }

    #[test]
    fn the_other_texts_read_like_this() {
        let (until, pay_to) = (date(2026, 11, 28), Some("222222"));
        let way = Text::new("KWS paybill", "Paybill ya KWS");
        let bank = Text::new("KCB account", "Akaunti ya KCB");
        let part =
            Wording::PartPayment { money: kes(300_000), due: kes(5_000), bill: number(), until, pay_to };
        let n = number().grouped();
        for (wording, language, expected) in [
            (
                part.clone(),
                Language::En,
                format!(
                    "We got KES 3,000.00 for payment no. {n}. KES 50.00 is still due by 28 Nov 2026. Pay to 222222, same \
                     account number. Help: 0800 000 000"
                ),
            ),
            (
                part,
                Language::Sw,
                format!(
                    "Tumepokea KES 3,000.00, nambari ya malipo {n}. Bado KES 50.00 kufikia 28 Nov 2026. Lipa kwa 222222, \
                     akaunti ile ile. Msaada: 0800 000 000"
                ),
            ),
            (
                Wording::Delayed { bill: number() },
                Language::En,
                format!(
                    "M-PESA is delayed. Do NOT pay again. Your payment no. {n} is safe; we will SMS you when it clears. \
                     Help: 0800 000 000"
                ),
            ),
            (
                Wording::Delayed { bill: number() },
                Language::Sw,
                format!(
                    "M-PESA imechelewa. USILIPE tena. Nambari yako ya malipo {n} iko salama; tutakutumia SMS ikikamilika. \
                     Msaada: 0800 000 000"
                ),
            ),
            (
                Wording::OtherWay { bill: number(), way: &way, paid_to: Some(PaidTo::Business("600000")) },
                Language::En,
                format!(
                    "M-PESA paybill is down. Payment no. {n} can be paid by business no. 600000, KWS paybill. Paid already? \
                     Do NOT pay again. Help: 0800 000 000"
                ),
            ),
            (
                Wording::OtherWay { bill: number(), way: &way, paid_to: None },
                Language::Sw,
                format!(
                    "Paybill ya M-PESA haifanyi kazi. Nambari ya malipo {n}, lipa kwa Paybill ya KWS. Umelipa? USILIPE tena. \
                     Msaada: 0800 000 000"
                ),
            ),
            (
                Wording::OtherWay {
                    bill: number(),
                    way: &bank,
                    paid_to: Some(PaidTo::Account("1100220033")),
                },
                Language::En,
                format!(
                    "M-PESA paybill is down. Payment no. {n}: pay to account no. 1100220033, KCB account. Paid already? Do NOT \
                     pay again. Help: 0800 000 000"
                ),
            ),
            (
                Wording::OtherWay {
                    bill: number(),
                    way: &bank,
                    paid_to: Some(PaidTo::Account("1100220033")),
                },
                Language::Sw,
                format!(
                    "Paybill ya M-PESA haifanyi kazi. Nambari ya malipo {n}, lipa kwa akaunti 1100220033, Akaunti ya KCB. \
                     Umelipa? USILIPE tena. Msaada: 0800 000 000"
                ),
            ),
        ] {
            let said = text(&wording, language, &around());
            assert_eq!(said, expected);
            assert!(septets(&said).unwrap() <= SEGMENT_SEPTETS, "{said}");
        }
    }

    #[test]
    fn nobody_is_told_to_pay_where_it_does_not_work() {
        let (bill, money) = (number(), kes(5_000));
        for language in Language::ALL {
            let part =
                Wording::PartPayment { money, due: money, bill, until: date(2026, 11, 28), pay_to: None };
            for wording in [part, Wording::NotTaken { bill, pay_to: None }] {
                let said = text(&wording, language, &around());
                assert!(!said.contains("222222") && said.contains(&bill.grouped()), "{said}");
            }
        }
    }

    #[test]
    fn every_service_of_the_catalogue_fits_into_one_message_in_both_languages() {
        let catalogue = Catalogue::demonstration(22_000, 222_222);
        let mut longest = (0, String::new());
        for service in catalogue.services() {
            for language in Language::ALL {
                let said = receipt(kes(i64::MAX), &service.name, language);
                let count = septets(&said).unwrap_or_else(|| panic!("{said} is in no alphabet of messages"));
                assert!(count <= SEGMENT_SEPTETS, "{count}: {said}");
                assert!(
                    said.contains("KES 92,233,720,368,547,758.07") && said.contains("ZZZZ-ZZZZ"),
                    "{said}"
                );
                longest = longest.max((service.name.in_language(language).len(), said));
            }
        }
        assert!(longest.0 >= 60, "names are long enough to have been shortened: {longest:?}");
    }

    proptest! {
        #[test]
        fn whatever_is_said_fits_and_says_amounts_and_numbers_whole(
            english in "\\PC{1,300}",
            swahili in "\\PC{1,300}",
            agency in "[A-Z]{2,20}",
            minor in 1_i64..,
            random: u64,
            address in "[a-z.:/0-9]{3,80}",
            help in proptest::option::of("[0-9 ]{3,20}"),
            channel_receipt in "[A-Z0-9]{10,20}",
            centre in "[A-Za-z0-9 ()/.'-]{2,60}",
            pay_to in proptest::option::of("[0-9]{5,7}"),
            account in "[0-9]{5,20}",
        ) {
            let pay_to = pay_to.as_deref();
            let around = Surroundings { address, help, ..around() };
            let (money, bill) = (kes(minor), PaymentNumber::from_random(random));
            let (receipt, service) = (ReceiptNumber::from_random(random), Text::new(english, swahili));
            let until = date(2026, 12, 31);
            for language in Language::ALL {
                let said = |wording: Wording<'_>| text(&wording, language, &around);
                let texts = [
                    (
                        said(Wording::Receipt { money, service: &service, agency: &agency, receipt }),
                        vec![money.to_string(), receipt.grouped()],
                    ),
                    (
                        said(Wording::PartPayment { money, due: money, bill, until, pay_to }),
                        vec![money.to_string(), bill.grouped()],
                    ),
                    (said(Wording::Delayed { bill }), vec![bill.grouped()]),
                    (said(Wording::NotTaken { bill, pay_to }), vec![bill.grouped()]),
                    (
                        said(Wording::OtherWay { bill, way: &service, paid_to: pay_to.map(PaidTo::Business) }),
                        vec![bill.grouped(), pay_to.unwrap_or_default().to_owned()],
                    ),
                    (
                        said(Wording::OtherWay { bill, way: &service, paid_to: Some(PaidTo::Account(&account)) }),
                        vec![bill.grouped(), account.clone()],
                    ),
                    (
                        said(Wording::Ready { service: &service, agency: &agency, centre: &centre, bill }),
                        vec![bill.grouped(), centre.clone()],
                    ),
                    (
                        said(Wording::Held { money, channel_receipt: &channel_receipt }),
                        vec![money.to_string(), channel_receipt.clone()],
                    ),
                ];
                for (said, needed) in texts {
                    let count = septets(&said);
                    prop_assert!(count.is_some_and(|count| count <= SEGMENT_SEPTETS), "{:?}: {}", count, said);
                    for needed in needed {
                        prop_assert!(said.contains(&needed), "{} lacks {}", said, needed);
                    }
                }
            }
        }
    }
}
