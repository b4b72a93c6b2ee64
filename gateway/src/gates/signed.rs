//! Texts of gates that are trusted wherever they lie: a signed note (C2SP signed-note) of one line that says what it is, and
//! one line of JSON. There is one way to write each, so that every altered byte is found and named.
//!
//! ```text
//! malipo gate pack
//! {"version":1, … }
//!
//! — KEY NAME base64(key id || signature)
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::VerifyingKey;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::clock::{format_rfc3339, parse_rfc3339};

/// What the signature line begins with.
const MARK: &str = "\u{2014} ";

/// Why such a text is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// It does not have the form of a signed note.
    #[error("it is no signed note: {0}")]
    Form(&'static str),
    /// Nobody knows the key.
    #[error("it is signed by {0:?}, whose key is not among those that are trusted")]
    UnknownKey(String),
    /// The text or the signature was altered.
    #[error("the signature of {0} does not fit: the text or the signature was altered")]
    Altered(String),
    /// It is genuine, and something else.
    #[error("it is signed, and is no {0}")]
    OtherKind(&'static str),
    /// It is no provisional pass that can be trusted.
    #[error("{0}")]
    Pass(String),
    /// What is in it cannot be read.
    #[error("its content cannot be read: {0}")]
    Content(String),
}

/// The text to be signed.
pub fn text<T: Serialize>(title: &str, content: &T) -> String {
    let json = serde_json::to_string(content).expect("texts and numbers can be written as JSON");
    format!("{title}\n{json}\n")
}

/// What is in a note of this title, having checked its signature by one of `keys`.
pub fn open<T>(title: &'static str, note: &str, keys: &[VerifyingKey]) -> Result<T, Untrusted>
where
    T: Serialize + DeserializeOwned,
{
    let signed = signed_text(note, keys)?;
    let json = signed.strip_prefix(title).and_then(|rest| rest.strip_prefix('\n'));
    let json = json.and_then(|rest| rest.strip_suffix('\n')).ok_or(Untrusted::OtherKind(title))?;
    let content = serde_json::from_str(json).map_err(|error| Untrusted::Content(error.to_string()))?;
    if signed == text(title, &content) {
        Ok(content)
    } else {
        Err(Untrusted::Content("it is not written as it is always written".to_owned()))
    }
}

/// The text of a note with exactly one signature, by one of these keys.
fn signed_text(note: &str, keys: &[VerifyingKey]) -> Result<String, Untrusted> {
    let (text, signature) =
        note.split_once("\n\n").ok_or(Untrusted::Form("there is no empty line before the signature"))?;
    let line = signature
        .strip_suffix('\n')
        .filter(|line| !line.contains(['\n', '\r']))
        .and_then(|line| line.strip_prefix(MARK))
        .ok_or(Untrusted::Form("it does not end in one line with a signature"))?;
    let (name, encoded) =
        line.rsplit_once(' ').ok_or(Untrusted::Form("the line of the signature names no key"))?;
    let bytes =
        STANDARD.decode(encoded).map_err(|_| Untrusted::Form("the signature is not written in base64"))?;
    let (id, signature) = bytes.split_at_checked(4).ok_or(Untrusted::Form("the signature is too short"))?;
    let text = format!("{text}\n");
    let mut known = keys.iter().filter(|key| key.name() == name && key.id() == id).peekable();
    if known.peek().is_none() {
        return Err(Untrusted::UnknownKey(name.chars().filter(|letter| !letter.is_control()).collect()));
    }
    if known.any(|key| key.verifies(text.as_bytes(), signature)) {
        Ok(text)
    } else {
        Err(Untrusted::Altered(name.to_owned()))
    }
}

/// A moment in such a text: RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(
    /// Microseconds since 1970.
    pub i64,
);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_rfc3339(self.0))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_rfc3339(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates;
    use crate::gates::batch::{Batch, UsedHere};
    use crate::gates::certificate::{self, Certificate};
    use crate::gates::pack::{
        self, ListedServices, Pack, Prepaid, PrepaidLine, ToldBefore, UsedBefore, Words,
    };
    use crate::gates::price_list::{Operator, PassLimits, PriceList, PricedItem, PricedService};
    use crate::payments::PaymentNumber;
    use ledger::{Currency, Money, SigningKey, sign_note};

    const MOMENT: Moment = Moment(1_795_155_245_000_000);

    fn shillings(whole: i64) -> Money {
        Money::new(whole * 100, Currency::Kes)
    }

    fn pack() -> Pack {
        let words = |en: &str, sw: &str| Words { en: en.to_owned(), sw: sw.to_owned() };
        Pack {
            version: 1,
            site: "hells-gate".to_owned(),
            agency: "KWS".to_owned(),
            gateway: "https://pay.example.go.ke".to_owned(),
            made_at: MOMENT,
            valid_until: Moment(MOMENT.0 + 1),
            receipt_keys: vec!["k+00+AA".to_owned()],
            listed: vec![ListedServices { services: vec!["kws-hells-gate-entry".to_owned()], from: 0 }],
            listed_before: 812,
            elsewhere: vec!["kws-research-permit".to_owned()],
            prepaid: vec![Prepaid {
                bill: PaymentNumber::from_random(1),
                receipts: vec!["7K2M-94QX".to_owned()],
                day: Some(jiff::civil::date(2026, 11, 20)),
                service: words("Hell's Gate National Park entry", "Kiingilio cha Mbuga ya Hell's Gate"),
                lines: vec![PrepaidLine { quantity: 2, text: words("Adult", "Mtu mzima") }],
            }],
            used: vec![UsedBefore {
                bill: PaymentNumber::from_random(2),
                receipts: vec!["8K2M-94QX".to_owned()],
                gate: "Elsa Gate".to_owned(),
                at: MOMENT,
                is_paid: true,
            }],
            given_back: vec![PaymentNumber::from_random(3)],
            revoked_devices: vec!["gat_0123456789ab".to_owned()],
            told: vec![ToldBefore {
                device: "gat_0123456789ab".to_owned(),
                batches: 12,
                newest: "5e".repeat(32),
            }],
            price_list: Some(PriceList {
                catalogue: 3,
                paybill: "222222".to_owned(),
                kes_per_usd: Some(shillings(129)),
                services: vec![PricedService {
                    id: "kws-hells-gate-entry".to_owned(),
                    name: words("Hell's Gate National Park entry", "Kiingilio cha Mbuga ya Hell's Gate"),
                    first_day: jiff::civil::date(2026, 11, 20),
                    last_day: jiff::civil::date(2026, 11, 21),
                    quantity_max: 500,
                    items: vec![PricedItem {
                        item: "non_resident.adult".to_owned(),
                        text: words("Adult", "Mtu mzima"),
                        unit: shillings(500),
                    }],
                }],
                left_out: vec!["kws-camping".to_owned()],
            }),
            limits: Some(PassLimits {
                pass_count_max: 300,
                pass_value_max: shillings(150_000),
                pass_total_max: shillings(3_000_000),
            }),
            operators: vec![Operator { code: "savanna".to_owned(), name: "Savanna Tours".to_owned() }],
            ways: Vec::new(),
        }
    }

    /// Every byte of a note changed in each of its bits, one left out, and one written twice: what is refused without a reason,
    /// or not at all.
    fn changes_that_pass<T>(note: &str, open: impl Fn(&str) -> Result<T, Untrusted>) -> Vec<String> {
        assert!(open(note).is_ok());
        let bytes = note.as_bytes();
        let flipped = (0..bytes.len()).flat_map(|at| {
            (0..8).map(move |bit| {
                let mut changed = bytes.to_vec();
                changed[at] ^= 1 << bit;
                changed
            })
        });
        let without = (0..bytes.len()).map(|at| [&bytes[..at], &bytes[at + 1..]].concat());
        let twice = (0..bytes.len()).map(|at| [&bytes[..=at], &bytes[at..]].concat());
        // What is no text is refused before it gets here, by whoever reads the file.
        let texts = flipped.chain(without).chain(twice).filter_map(|bytes| String::from_utf8(bytes).ok());
        texts
            .filter(|text| {
                open(text).is_ok_and(|_| true) || open(text).is_err_and(|why| why.to_string().is_empty())
            })
            .collect()
    }

    #[test]
    fn every_changed_byte_of_a_pack_a_certificate_and_a_batch_is_refused_with_a_reason() {
        let (key, _) = SigningKey::generate("pay.example/receipts").unwrap();
        let keys = [key.verifying_key()];
        let note = sign_note(&text(pack::TITLE, &pack()), &key);
        assert_eq!(Pack::open(&note, &keys).unwrap(), pack());
        assert_eq!(changes_that_pass(&note, |note| Pack::open(note, &keys)), Vec::<String>::new());
        assert_eq!(gates::verify(&note, &keys).unwrap().valid_until, Some(Moment(MOMENT.0 + 1)));

        let certified = Certificate {
            version: 1,
            device: "gat_0123456789ab".to_owned(),
            site: "hells-gate".to_owned(),
            agency: "KWS".to_owned(),
            gate: "Elsa Gate".to_owned(),
            key: key.verifying_key().to_string(),
            since: MOMENT,
            until: MOMENT,
            demonstration: true,
        };
        let note = sign_note(&text(certificate::TITLE, &certified), &key);
        assert_eq!(changes_that_pass(&note, |note| Certificate::open(note, &keys)), Vec::<String>::new());
        assert_eq!(gates::verify(&note, &keys).unwrap().valid_until, Some(MOMENT));

        let batch = Batch {
            version: 1,
            device: "gat_0123456789ab".to_owned(),
            site: "hells-gate".to_owned(),
            number: 1,
            made_at: MOMENT,
            passes: Vec::new(),
            uses: vec![UsedHere { bill: PaymentNumber::from_random(1), at: MOMENT }],
        };
        let note = batch.sign(&key);
        assert_eq!(changes_that_pass(&note, |note| Batch::open(note, &keys[0])), Vec::<String>::new());
    }

    #[test]
    fn another_key_another_kind_and_another_way_of_writing_are_named() {
        let (key, _) = SigningKey::generate("pay.example/receipts").unwrap();
        let (other, _) = SigningKey::generate("pay.example/receipts").unwrap();
        let keys = [key.verifying_key()];
        let refused = |note: &str| Pack::open(note, &keys).unwrap_err();
        let title = pack::TITLE;
        assert_eq!(
            refused(&sign_note(&text(title, &pack()), &other)),
            Untrusted::UnknownKey("pay.example/receipts".to_owned())
        );
        assert_eq!(
            refused(&sign_note(&text(certificate::TITLE, &pack()), &key)),
            Untrusted::OtherKind(title)
        );
        let spaced = text(title, &pack()).replacen("{\"version\":1", "{ \"version\":1", 1);
        assert!(matches!(refused(&sign_note(&spaced, &key)), Untrusted::Content(_)));
        let more = text(title, &pack()).replacen("{\"version\":1", "{\"more\":0,\"version\":1", 1);
        assert!(refused(&sign_note(&more, &key)).to_string().contains("more"));
    }
}
