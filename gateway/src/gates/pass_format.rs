//! `PASS_FORMAT.md` is held to the code: its example is made here and read here, and nothing of it can be changed.

use ledger::{Currency, Money, SigningKey};

use super::pass::{DeviceCard, PREFIX, Pass, PassError, PassLine, Settlement};
use super::signed::Moment;
use crate::clock::parse_rfc3339;
use crate::gates;
use crate::receipts::ReceiptSigner;

const FORMAT: &str = include_str!("PASS_FORMAT.md");

fn moment(text: &str) -> Moment {
    Moment(parse_rfc3339(text).unwrap())
}

struct Example {
    gateway: ReceiptSigner,
    device: SigningKey,
}

impl Example {
    fn new() -> Self {
        let gateway = SigningKey::from_seed("pay.example.go.ke/receipts", &[1; 32]).unwrap();
        let device = SigningKey::from_seed("malipo-gate", &[2; 32]).unwrap();
        Self { gateway: ReceiptSigner::new(gateway), device }
    }

    fn card(&self) -> DeviceCard {
        DeviceCard {
            device: "gat_0123456789ab".to_owned(),
            agency: "KWS".to_owned(),
            site: "hells-gate".to_owned(),
            gate: "Elsa Gate".to_owned(),
            key: self.device.verifying_key().to_string(),
            since: moment("2026-11-01T00:00:00Z"),
            until: moment("2027-11-01T00:00:00Z"),
        }
    }

    fn pass() -> Pass {
        let line = |item: &str, quantity| PassLine { item: item.to_owned(), quantity };
        Pass {
            device: "gat_0123456789ab".to_owned(),
            number: 7,
            bill: "407155201831".parse().unwrap(),
            issued_at: moment("2026-11-20T08:14:05Z"),
            valid_until: moment("2026-11-21T08:14:05Z"),
            service: "kws-hells-gate-entry".to_owned(),
            lines: vec![line("east_african_citizen.adult", 2), line("kenya_resident.adult", 1)],
            price: Money::new(167_500, Currency::Kes),
            settlement: Settlement::Later,
            catalogue: 3,
        }
    }

    fn printed(&self, pass: &Pass, card: &DeviceCard) -> String {
        pass.sign(&self.device, &self.gateway.sign_card(card))
    }
}

#[test]
fn the_example_of_the_document_is_what_the_code_writes_and_reads() {
    let example = Example::new();
    let keys = [example.gateway.verifying_key()];
    let printed = example.printed(&Example::pass(), &example.card());
    for shown in [printed.as_str(), &keys[0].to_string(), &example.card().key] {
        assert!(FORMAT.contains(&format!("{shown}\n")), "PASS_FORMAT.md does not have {shown}");
    }
    assert_eq!(Pass::open(&printed, &keys), Ok((Example::pass(), example.card())));
    assert_eq!(Pass::open(&format!(" {printed}\n"), &keys).map(|(pass, _)| pass), Ok(Example::pass()));
    let genuine = gates::verify(&printed, &keys).unwrap();
    let says = &genuine.says;
    assert!(says.contains("4071 5520 1831") && says.contains("KES 1,675.00"), "{says}");
    assert_eq!(genuine.valid_until, Some(Example::pass().valid_until));
}

#[test]
fn every_changed_byte_of_a_pass_is_refused_with_a_reason() {
    let example = Example::new();
    let keys = [example.gateway.verifying_key()];
    let printed = example.printed(&Example::pass(), &example.card());
    let bytes = printed.as_bytes();
    let flipped = (0..bytes.len()).flat_map(|at| {
        (0..8).map(move |bit| {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1 << bit;
            changed
        })
    });
    let without = (0..bytes.len()).map(|at| [&bytes[..at], &bytes[at + 1..]].concat());
    let twice = (0..bytes.len()).map(|at| [&bytes[..=at], &bytes[at..]].concat());
    let texts = flipped.chain(without).chain(twice).filter_map(|bytes| String::from_utf8(bytes).ok());
    let mut count = 0;
    for text in texts.filter(|text| *text != printed) {
        let refused = Pass::open(&text, &keys).expect_err("it is refused").to_string();
        assert!(!refused.is_empty(), "{text}");
        count += 1;
    }
    assert!(count > 8 * bytes.len(), "{count} changes were tried");
}

#[test]
fn what_is_signed_and_not_as_it_should_be_is_refused_for_what_it_is() {
    let example = Example::new();
    let keys = [example.gateway.verifying_key()];
    let (pass, card) = (Example::pass(), example.card());
    let refused =
        |pass: &Pass, card: &DeviceCard| Pass::open(&example.printed(pass, card), &keys).unwrap_err();
    let other_device = Pass { device: "gat_ba9876543210".to_owned(), ..pass.clone() };
    assert_eq!(refused(&other_device, &card), PassError::Signature);
    assert_eq!(
        refused(&pass, &DeviceCard { until: pass.issued_at, ..card.clone() }),
        PassError::OutsideCertificate
    );
    let since = Moment(pass.issued_at.0 + 1);
    assert_eq!(refused(&pass, &DeviceCard { since, ..card.clone() }), PassError::OutsideCertificate);
    let two_lines = Pass { service: "a\nb".to_owned(), ..pass.clone() };
    assert!(matches!(refused(&two_lines, &card), PassError::Form(_)), "a value has one line");
    let count = |item: &str, quantity| vec![PassLine { item: item.to_owned(), quantity }];
    let (longer, sooner) = (Moment(pass.valid_until.0 + 1), Moment(pass.valid_until.0 - 1));
    let nobody = Settlement::Operator(String::new());
    for odd in [
        Pass { number: 0, ..pass.clone() },
        Pass { lines: count("kenya_resident.adult", 0), ..pass.clone() },
        Pass { lines: count("", 1), ..pass.clone() },
        Pass { lines: Vec::new(), ..pass.clone() },
        Pass { valid_until: longer, ..pass.clone() },
        Pass { valid_until: sooner, ..pass.clone() },
        Pass { settlement: nobody, ..pass.clone() },
        Pass { service: "s".repeat(9_000), ..pass.clone() },
    ] {
        assert!(matches!(refused(&odd, &card), PassError::Form(_)), "{odd:?}");
    }
    let other_key = SigningKey::from_seed("malipo-gate", &[3; 32]).unwrap().verifying_key().to_string();
    assert_eq!(refused(&pass, &DeviceCard { key: other_key, ..card.clone() }), PassError::Signature);
    let stranger = ReceiptSigner::new(SigningKey::from_seed("pay.example.go.ke/receipts", &[4; 32]).unwrap());
    let unknown = pass.sign(&example.device, &stranger.sign_card(&card));
    assert_eq!(Pass::open(&unknown, &keys), Err(PassError::Card));
    for no_pass in ["", PREFIX, "MPP1:a", "MPP1:a.b.c.d", "MPP2:a.b.c.d", "MLP1:a.b"] {
        assert!(matches!(Pass::open(no_pass, &keys), Err(PassError::Form(_) | PassError::Card)), "{no_pass}");
    }
}
