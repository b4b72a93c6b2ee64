//! Passes and receipts for the page to check, and what becomes of them when letters change.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway::gates::pass::{DeviceCard, Pass, PassLine, Settlement};
use gateway::gates::signed::Moment;
use gateway::payments::PaymentNumber;
use ledger::{Currency, Money, SigningKey};

/// When the pass is made: half a second after a quarter past nine in Nairobi.
pub(super) const ISSUED: &str = "2026-11-20T06:14:05.5Z";
const ISSUED_MICROS: i64 = 1_795_155_245_500_000;
const HOUR_MICROS: i64 = 3_600_000_000;

/// A gateway, and a device for which it has signed.
pub(super) struct Issuer {
    pub(super) gateway: SigningKey,
    device: SigningKey,
}

impl Issuer {
    pub(super) fn new() -> Self {
        let key = |name| SigningKey::generate(name).unwrap().0;
        Self { gateway: key("malipo.example.go.ke/receipts"), device: key("gat_0123456789ab") }
    }

    /// A pass for three people, of whom nobody has paid.
    pub(super) fn pass(&self) -> String {
        pass().sign(&self.device, &self.card().sign(|text| self.gateway.sign(text).to_vec()))
    }

    /// The card of this device with the signature of another.
    pub(super) fn by_another_device(&self, other: &Self) -> String {
        pass().sign(&other.device, &self.card().sign(|text| self.gateway.sign(text).to_vec()))
    }

    pub(super) fn naming_another_device(&self) -> String {
        self.written(&self.pass_text().replace("gat_0123456789ab", "gat_ba9876543210"), &self.card_text())
    }

    pub(super) fn after_its_time(&self) -> String {
        let card = DeviceCard { until: Moment(ISSUED_MICROS), ..self.card() };
        pass().sign(&self.device, &card.sign(|text| self.gateway.sign(text).to_vec()))
    }

    /// The card, offered as a receipt.
    pub(super) fn card_as_a_receipt(&self) -> String {
        let card = self.card().sign(|text| self.gateway.sign(text).to_vec());
        format!("MLP1:{}", card.as_text())
    }

    pub(super) fn receipt_by(&self, key: &SigningKey) -> String {
        let lines = [
            "7K2M-94QX",
            "4071 5520 1831",
            "KWS",
            "kws-hells-gate-entry",
            "KES 1000.00",
            "2026-11-20T06:14:05.5Z",
            "completed",
            "mpesa 222222 TKE0000001",
            "812",
        ];
        format!("MLP1:{}", part(&lines.join("\n"), key))
    }

    /// Passes with every signature right, in which something is not written as it is always written.
    pub(super) fn oddly_written(&self) -> Vec<String> {
        let (pass, card) = (self.pass_text(), self.card_text());
        let bill = PaymentNumber::from_random(7).to_string();
        let other_digit = if bill.ends_with('0') { "1" } else { "0" };
        let wrong_bill = format!("{}{other_digit}", &bill[..11]);
        let odd_passes = [
            ("malipo gate pass 1", "malipo gate pass 2"),
            ("malipo gate pass 1", "malipo gate device 1"),
            ("\n42\n", "\n042\n"),
            ("\n42\n", "\n+42\n"),
            ("\n42\n", "\n18446744073709551616\n"),
            ("\n42\n", "\n-1\n"),
            ("\n42\n", "\n0\n"),
            ("\n42\n", "\n\n"),
            ("2026-11-21T06:14:05.5Z", "2026-11-21T06:14:05.4Z"),
            ("2026-11-21T06:14:05.5Z", "2026-11-21T06:14:06.5Z"),
            ("2026-11-21T06:14:05.5Z", "2026-11-20T06:14:05.5Z"),
            ("2026-11-21T06:14:05.5Z", "2026-11-20T05:14:05.5Z"),
            ("2026-11-21T06:14:05.5Z", "2027-11-20T06:14:05.5Z"),
            (&bill, &wrong_bill),
            (&bill, "7"),
            ("05.5Z", "05.50Z"),
            ("05.5Z", "05.5000001Z"),
            ("05.5Z", "05,5Z"),
            ("05.5Z", "60.5Z"),
            ("05.5Z", "05.5+00:00"),
            ("2026-11-20T06:14:05.5Z", "2026-02-30T06:14:05.5Z"),
            ("2026-11-20T06:14:05.5Z", "2026-11-20T24:00:00Z"),
            ("2026-11-20T06:14:05.5Z", "2026-11-20t06:14:05.5z"),
            ("2026-11-20T06:14:05.5Z", "2026-11-20 06:14:05.5Z"),
            ("adult:2", "adult:0"),
            ("adult:2", "adult:02"),
            ("adult:2", "adult:+2"),
            ("adult:2", "adult:"),
            ("adult:2", "adult:2,:1"),
            ("non_resident.adult:2,non_resident.child:1", ""),
            ("non_resident.adult:2,non_resident.child:1", ":2"),
            ("adult:2", "adult:4294967296"),
            ("adult:2", "adult"),
            ("adult:2", "adult:2,"),
            ("KES 29250.00", "KES 29250"),
            ("KES 29250.00", "KES 29,250.00"),
            ("KES 29250.00", "KES 029250.00"),
            ("KES 29250.00", "KES 29250.000"),
            ("KES 29250.00", "kes 29250.00"),
            ("KES 29250.00", "EUR 29250.00"),
            ("KES 29250.00", "KES 92233720368547758.08"),
            ("KES 29250.00", "KES -1.00"),
            ("operator KAT-0042", "Later"),
            ("operator KAT-0042", "operator"),
            ("operator KAT-0042", "operator "),
            ("operator KAT-0042", ""),
            ("operator KAT-0042", "later "),
            ("\n3", "\n3\n"),
            ("\n3", "\n3\r"),
            ("\n3", ""),
        ];
        let mut odd: Vec<_> =
            odd_passes.iter().map(|(from, to)| self.written(&changed(&pass, from, to), &card)).collect();
        let key = self.device.verifying_key().to_string();
        let id = key.split('+').nth(1).unwrap().to_owned();
        let other_id = format!("{}{}", if id.starts_with('0') { '1' } else { '0' }, &id[1..]);
        let (until, long_name) = ("2026-11-20T18:14:05.5Z", key.replacen("gat_", "gat ", 1));
        let odd_cards = [
            ("malipo gate device 1", "malipo gate device 2"),
            ("malipo gate device 1", "malipo gate pass 1"),
            ("\nKWS\n", "\nKWS\nKWS\n"),
            ("\nKWS\n", "\n"),
            (&id, &other_id),
            (&id, &id.to_uppercase().replace(char::is_numeric, "F")),
            (&key, &long_name),
            (&key, "no key"),
            (until, "2026-11-20T18:14:05.50Z"),
            (until, "tomorrow"),
        ];
        odd.extend(odd_cards.iter().map(|(from, to)| self.written(&pass, &changed(&card, from, to))));
        odd
    }

    /// Passes in which more than one thing is wrong: which is told depends on the order of the checks.
    pub(super) fn wrong_in_two_ways(&self, stranger: &Self) -> Vec<String> {
        let (pass, card) = (self.pass_text(), self.card_text());
        let later = changed(&card, "2026-11-20T05:14:05.5Z", "2026-11-20T07:14:05.5Z");
        let nothing = changed(&pass, "adult:2", "adult:0");
        let other_device = changed(&pass, "gat_0123456789ab", "gat_ba9876543210");
        let no_key = changed(&card, &self.device.verifying_key().to_string(), "no key");
        let (by_stranger, odd_card) = (part(&card, &stranger.gateway), changed(&card, "\nKWS\n", "\n"));
        let token = |pass: &str, card: &str| format!("MPP1:{pass}.{card}");
        let signed = |text: &str| part(text, &self.device);
        let certified = |text: &str| part(text, &self.gateway);
        vec![
            token(&signed(&pass).replace('.', "A*."), &by_stranger),
            token(&signed(&pass), &by_stranger.replace('.', ".*")),
            token(&signed(&nothing), &by_stranger),
            token(&part(&pass, &stranger.device), &by_stranger),
            token(&part(&pass, &stranger.device), &certified(&odd_card)),
            token(&part(&pass, &stranger.device), &certified(&no_key)),
            token(&part(&nothing, &stranger.device), &certified(&card)),
            token(&signed(&other_device.replace("adult:2", "adult:0")), &certified(&card)),
            token(&signed(&other_device), &certified(&later)),
            token(&signed(&nothing), &certified(&later)),
            format!("{} {}", token(&signed(&pass), &by_stranger), "A".repeat(9_000)),
        ]
    }

    /// These texts, signed as they are.
    fn written(&self, pass: &str, card: &str) -> String {
        format!("MPP1:{}.{}", part(pass, &self.device), part(card, &self.gateway))
    }

    fn pass_text(&self) -> String {
        text_of(&self.pass(), 0)
    }

    fn card_text(&self) -> String {
        text_of(&self.pass(), 2)
    }

    fn card(&self) -> DeviceCard {
        DeviceCard {
            device: "gat_0123456789ab".to_owned(),
            agency: "KWS".to_owned(),
            site: "hells-gate".to_owned(),
            gate: "Elsa Gate".to_owned(),
            key: self.device.verifying_key().to_string(),
            since: Moment(ISSUED_MICROS - HOUR_MICROS),
            until: Moment(ISSUED_MICROS + 12 * HOUR_MICROS),
        }
    }
}

fn pass() -> Pass {
    let line = |item: &str, quantity| PassLine { item: item.to_owned(), quantity };
    Pass {
        device: "gat_0123456789ab".to_owned(),
        number: 42,
        bill: PaymentNumber::from_random(7),
        issued_at: Moment(ISSUED_MICROS),
        valid_until: Moment(ISSUED_MICROS + 24 * HOUR_MICROS),
        service: "kws-hells-gate-entry".to_owned(),
        lines: vec![line("non_resident.adult", 2), line("non_resident.child", 1)],
        price: Money::new(2_925_000, Currency::Kes),
        settlement: Settlement::Operator("KAT-0042".to_owned()),
        catalogue: 3,
    }
}

fn part(text: &str, key: &SigningKey) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes())))
}

fn text_of(token: &str, number: usize) -> String {
    let part = token.strip_prefix("MPP1:").unwrap().split('.').nth(number).unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The last occurrence replaced: a number at the end is not one in the middle.
fn changed(text: &str, from: &str, to: &str) -> String {
    let at = text.rfind(from).unwrap_or_else(|| panic!("{from:?} is not in {text:?}"));
    format!("{}{to}{}", &text[..at], &text[at + from.len()..])
}

/// This token with each letter replaced by another, with one bit of it flipped, left out, and written twice.
pub(super) fn altered(token: &str) -> Vec<String> {
    let letters = token.as_bytes();
    let put = |at: usize, put: &[u8]| {
        let bytes = [&letters[..at], put, &letters[at + 1..]].concat();
        String::from_utf8(bytes).expect("seven bits are text")
    };
    let all = (0..letters.len()).flat_map(|at| {
        let letter = letters[at];
        let other = if letter == b'A' { b'B' } else { b'A' };
        [put(at, &[other]), put(at, &[letter ^ (1 << (at % 7))]), put(at, &[]), put(at, &[letter, letter])]
    });
    all.collect()
}
