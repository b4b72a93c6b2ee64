//! Whether somebody is let in, by the pack and by what this device has done. Nobody is asked.

use std::collections::HashMap;

use jiff::civil::Date;
use ledger::{Money, VerifyingKey};

use super::folder::DeviceTerms;
use super::passes::Passes;
use crate::clock::east_africa_date;
use crate::gates::pack::{Pack, Prepaid, UsedBefore};
use crate::gates::pass::{Pass, Settlement};
use crate::gates::signed::Moment;
use crate::payments::{PaymentNumber, ReceiptNumber};
use crate::receipts::{ShortForm, ShortFormError};

/// What the short form of a receipt begins with, whatever its version.
const SHORT_FORM_MARK: &str = "MLP";
/// What a provisional pass begins with, whatever its version.
const PASS_MARK: &str = "MPP";

/// What is said to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Paid, for today, and not used as far as anybody here knows.
    Valid,
    /// They were let in, and it is on the disk.
    LetIn,
    /// Somebody was let in for it.
    AlreadyUsed {
        /// Where.
        gate: String,
        /// When.
        at: Moment,
    },
    /// It is for another day.
    WrongDay(Date),
    /// The money was given back.
    GivenBack,
    /// The receipt is not of a bill that was paid in full.
    NotPaid,
    /// It was paid before the list was made, and is not on it: used, given back, or for a day that is over.
    NotOnList,
    /// It was paid before the list begins: whether it was used since is not known here.
    BeforeList,
    /// Paid, but for something that is not had at a gate.
    NotForGates,
    /// Another agency's.
    NotOurs,
    /// The receipt was altered, or another key has signed it.
    NotGenuine(String),
    /// A number that the list does not have: nothing here proves that it was paid.
    NotFound,
    /// The pack is too old to let anybody in.
    PackTooOld,
    /// This device is trusted no more.
    DeviceRevoked,
    /// The gateway knows of more that this device did than the device itself.
    DeviceBehind,
    /// A provisional pass that this device has issued: whoever it is for was let in then.
    IssuedHere(Box<Pass>),
    /// A genuine provisional pass of another gate of the site, which let in whoever it is for. Nothing here knows that it was
    /// paid.
    Provisional {
        /// Which gate.
        gate: String,
        /// The pass.
        pass: Box<Pass>,
    },
    /// A provisional pass that was made later than it is here: one of two clocks is wrong.
    PassNotYet(Moment),
    /// A provisional pass that is over.
    PassExpired(Moment),
    /// A provisional pass for another site.
    OtherSite(String),
    /// A provisional pass of a device that is trusted no more.
    PassOfRevoked {
        /// Which gate it was issued at.
        gate: String,
    },
    /// The pass was altered, or no device of ours made it.
    PassNotGenuine(String),
}

impl Verdict {
    /// Its name, for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::LetIn => "let_in",
            Self::AlreadyUsed { .. } => "already_used",
            Self::WrongDay(_) => "wrong_day",
            Self::GivenBack => "given_back",
            Self::NotPaid => "not_paid",
            Self::NotOnList => "not_on_list",
            Self::BeforeList => "before_list",
            Self::NotForGates => "not_for_gates",
            Self::NotOurs => "not_ours",
            Self::NotGenuine(_) | Self::PassNotGenuine(_) => "not_genuine",
            Self::NotFound => "not_found",
            Self::PackTooOld => "pack_too_old",
            Self::DeviceRevoked => "device_revoked",
            Self::DeviceBehind => "device_behind",
            Self::IssuedHere(_) => "issued_here",
            Self::Provisional { .. } => "provisional",
            Self::PassNotYet(_) => "pass_not_yet",
            Self::PassExpired(_) => "pass_expired",
            Self::OtherSite(_) => "other_site",
            Self::PassOfRevoked { .. } => "pass_of_revoked",
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Whether they are let in.
    pub verdict: Verdict,
    /// The bill, where one was named.
    pub bill: Option<PaymentNumber>,
    /// What the list says of it.
    pub prepaid: Option<Prepaid>,
    /// What the receipt says that was shown, where the list says nothing.
    pub receipt: Option<Box<ShortForm>>,
    /// What is owed for the pass that was shown, if it is a genuine one of this site, of a device that is trusted.
    pub owed: Option<Owed>,
}

/// What is owed for a provisional pass, and what the list knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// How much.
    pub price: Money,
    /// The tour operator who pays, by name where the list has it: the visitor is asked for nothing.
    pub operator: Option<String>,
    /// Whether the list has it as paid in full. It may have been paid since the list was made.
    pub is_paid: bool,
    /// When the list was made.
    pub listed_at: Moment,
}

impl Judged {
    /// Of no bill.
    pub(super) const fn without_bill(verdict: Verdict) -> Self {
        Self { verdict, bill: None, prepaid: None, receipt: None, owed: None }
    }

    fn of_bill(verdict: Verdict, bill: PaymentNumber) -> Self {
        Self { bill: Some(bill), ..Self::without_bill(verdict) }
    }
}

/// What this device has done.
pub type Uses = HashMap<PaymentNumber, Moment>;

/// What is known at a gate.
#[derive(Debug)]
pub struct Known<'a> {
    /// The pack.
    pub pack: &'a Pack,
    /// The keys in it.
    pub keys: &'a [VerifyingKey],
    /// Whom this device let in.
    pub uses: &'a Uses,
    /// The passes that it has issued.
    pub passes: &'a Passes,
    /// What it is.
    pub terms: &'a DeviceTerms,
}

/// Judges what is shown: the text of the code on a receipt or on a provisional pass, a payment number, or a receipt number.
pub fn judge(known: &Known<'_>, shown: &str, now: Moment) -> Judged {
    let without_bill = Judged::without_bill;
    let shown = shown.trim();
    if shown.starts_with(PASS_MARK) {
        return of_pass(known, shown, now);
    }
    if shown.starts_with(SHORT_FORM_MARK) {
        return match ShortForm::open(shown, known.keys) {
            Ok(receipt) => of_receipt(known, &receipt, now),
            Err(error @ (ShortFormError::Form(_) | ShortFormError::Signature)) => {
                without_bill(Verdict::NotGenuine(error.to_string()))
            }
        };
    }
    let plain: String = shown.chars().filter(char::is_ascii_alphanumeric).collect();
    let by_number = plain.parse().ok();
    let bill = by_number.or_else(|| known.pack.bill_of_receipt(plain.parse::<ReceiptNumber>().ok()?));
    match bill {
        Some(bill) => issued_here(known, bill)
            .or_else(|| of_bill(known, bill, now))
            .unwrap_or_else(|| Judged::of_bill(Verdict::NotFound, bill)),
        None => without_bill(Verdict::NotFound),
    }
}

/// A pass proves by itself who let somebody in. In the order of `PASS_FORMAT.md`.
fn of_pass(known: &Known<'_>, shown: &str, now: Moment) -> Judged {
    let (pass, card) = match Pass::open(shown, known.keys) {
        Ok(opened) => opened,
        Err(error) => {
            return Judged::without_bill(Verdict::PassNotGenuine(error.to_string()));
        }
    };
    let (bill, owed) = (pass.bill, Owed::for_pass(known, &pass));
    let verdict = if card.agency != known.pack.agency {
        return Judged::without_bill(Verdict::NotOurs);
    } else if card.site != known.pack.site {
        // Lists name what was used at their own site.
        return Judged::of_bill(Verdict::OtherSite(card.site), bill);
    } else if known.pack.revoked_devices.contains(&card.device) {
        // Nor is believed what it asked for.
        return Judged::of_bill(Verdict::PassOfRevoked { gate: card.gate }, bill);
    } else if card.device == known.terms.device {
        // What is not in the journal was never let in by it, whoever has its key.
        match known.passes.numbered(pass.number).filter(|issued| **issued == pass) {
            Some(issued) => Verdict::IssuedHere(Box::new(issued.clone())),
            None => {
                let reason = "this device has issued no such pass".to_owned();
                return Judged::of_bill(Verdict::PassNotGenuine(reason), bill);
            }
        }
    } else if let Some(used) = known.pack.used.iter().find(|used| used.bill == bill) {
        Verdict::AlreadyUsed { gate: used.gate.clone(), at: used.at }
    } else if now < pass.issued_at {
        Verdict::PassNotYet(pass.issued_at)
    } else if pass.valid_until <= now {
        Verdict::PassExpired(pass.valid_until)
    } else {
        Verdict::Provisional { gate: card.gate, pass: Box::new(pass) }
    };
    Judged { owed: Some(owed), ..Judged::of_bill(verdict, bill) }
}

impl Owed {
    fn for_pass(known: &Known<'_>, pass: &Pass) -> Self {
        let is_paid = known.pack.used.iter().any(|used| used.bill == pass.bill && used.is_paid);
        let operator = match &pass.settlement {
            Settlement::Operator(code) => {
                let known = known.pack.operators.iter().find(|operator| operator.code == *code);
                Some(known.map_or(code, |operator| &operator.name).clone())
            }
            Settlement::Later | Settlement::Exit => None,
        };
        Self { price: pass.price, operator, is_paid, listed_at: known.pack.made_at }
    }
}

/// The pass of this number, if this device has issued it.
fn issued_here(known: &Known<'_>, bill: PaymentNumber) -> Option<Judged> {
    let issued = known.passes.of_bill(bill)?;
    let verdict = Verdict::IssuedHere(Box::new(issued.clone()));
    Some(Judged { owed: Some(Owed::for_pass(known, issued)), ..Judged::of_bill(verdict, bill) })
}

/// A receipt proves by itself that a bill was paid, and that it was not used only if it is newer than the list.
fn of_receipt(known: &Known<'_>, receipt: &ShortForm, now: Moment) -> Judged {
    let plain: String = receipt.payment_number.chars().filter(char::is_ascii_digit).collect();
    let (Ok(bill), Ok(sequence)) = (plain.parse::<PaymentNumber>(), receipt.sequence.parse::<u64>()) else {
        return Judged::without_bill(Verdict::NotGenuine("it names no payment".to_owned()));
    };
    let judged =
        |verdict| Judged { receipt: Some(Box::new(receipt.clone())), ..Judged::of_bill(verdict, bill) };
    if receipt.agency != known.pack.agency {
        return Judged::without_bill(Verdict::NotOurs);
    }
    if let Some(found) = of_bill(known, bill, now) {
        return found;
    }
    if !matches!(receipt.outcome.as_str(), "completed" | "completed_with_excess") {
        return judged(Verdict::NotPaid);
    }
    if known.pack.elsewhere.contains(&receipt.service) {
        return judged(Verdict::NotForGates);
    }
    if sequence < known.pack.listed_before {
        let is_listed = known.pack.listed_from(&receipt.service) <= sequence;
        return judged(if is_listed { Verdict::NotOnList } else { Verdict::BeforeList });
    }
    judged(if now < known.pack.valid_until { Verdict::Valid } else { Verdict::PackTooOld })
}

/// What is known of a bill here; nothing if it is neither listed nor used.
fn of_bill(known: &Known<'_>, bill: PaymentNumber, now: Moment) -> Option<Judged> {
    let prepaid = known.pack.prepaid(bill);
    let before = known.pack.used.iter().find(|used| used.bill == bill);
    let verdict = match (known.uses.get(&bill), before, prepaid) {
        (Some(at), ..) => Verdict::AlreadyUsed { gate: known.terms.gate.clone(), at: *at },
        (None, Some(UsedBefore { gate, at, .. }), _) => Verdict::AlreadyUsed { gate: gate.clone(), at: *at },
        (None, None, _) if known.pack.given_back.contains(&bill) => Verdict::GivenBack,
        (None, None, None) => return None,
        (None, None, Some(prepaid)) => match prepaid.day.filter(|day| *day != east_africa_date(now.0)) {
            Some(day) => Verdict::WrongDay(day),
            None if now < known.pack.valid_until => Verdict::Valid,
            None => Verdict::PackTooOld,
        },
    };
    Some(Judged { prepaid: prepaid.cloned(), ..Judged::of_bill(verdict, bill) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::pack::ListedServices;
    use ledger::SigningKey;

    fn pack() -> Pack {
        Pack {
            version: 1,
            site: "hells-gate".to_owned(),
            agency: "KWS".to_owned(),
            gateway: "https://pay.example.go.ke".to_owned(),
            made_at: Moment(1_795_155_245_000_000),
            valid_until: Moment(1_795_200_000_000_000),
            receipt_keys: Vec::new(),
            listed: vec![
                ListedServices { services: vec!["kws-hells-gate-entry".to_owned()], from: 100 },
                ListedServices { services: vec!["kws-amboseli-entry".to_owned()], from: 150 },
            ],
            listed_before: 200,
            elsewhere: vec!["kws-research-permit".to_owned()],
            prepaid: Vec::new(),
            used: Vec::new(),
            given_back: Vec::new(),
            revoked_devices: Vec::new(),
            told: Vec::new(),
            price_list: None,
            limits: None,
            operators: Vec::new(),
            ways: Vec::new(),
        }
    }

    fn receipt(sequence: u64) -> ShortForm {
        ShortForm {
            receipt_number: "7K2M-94QX".to_owned(),
            payment_number: PaymentNumber::from_random(1).grouped(),
            agency: "KWS".to_owned(),
            service: "kws-hells-gate-entry".to_owned(),
            paid: "KES 3050.00".to_owned(),
            booked_at: "2026-11-20T06:00:00Z".to_owned(),
            outcome: "completed".to_owned(),
            channel: "mpesa 222222 TKE1234567".to_owned(),
            sequence: sequence.to_string(),
        }
    }

    #[test]
    fn a_receipt_proves_itself_only_if_it_is_newer_than_the_list() {
        let (key, _) = SigningKey::generate("pay.example/receipts").unwrap();
        let (pack, keys, uses, passes) = (pack(), [key.verifying_key()], Uses::new(), Passes::default());
        let terms = DeviceTerms {
            gateway: pack.gateway.clone(),
            device: "gat_0123456789ab".to_owned(),
            site: pack.site.clone(),
            agency: pack.agency.clone(),
            gate: "Elsa Gate".to_owned(),
        };
        let known = Known { pack: &pack, keys: &keys, uses: &uses, passes: &passes, terms: &terms };
        let judged = |receipt: &ShortForm| judge(&known, &receipt.sign(&key), pack.made_at);
        for (sequence, verdict) in [
            (99, Verdict::BeforeList),
            (100, Verdict::NotOnList),
            (199, Verdict::NotOnList),
            (200, Verdict::Valid),
        ] {
            let judged = judged(&receipt(sequence));
            assert_eq!(judged.verdict, verdict, "{sequence}");
            assert_eq!(judged.receipt.as_deref(), Some(&receipt(sequence)), "the guard sees what it is for");
        }
        let of = |service: &str, sequence| ShortForm { service: service.to_owned(), ..receipt(sequence) };
        for (service, sequence, verdict) in [
            ("kws-amboseli-entry", 149, Verdict::BeforeList),
            ("kws-amboseli-entry", 150, Verdict::NotOnList),
            // Nothing is known of a service that the catalogue has no more.
            ("kws-longonot-entry", 199, Verdict::BeforeList),
            ("kws-longonot-entry", 200, Verdict::Valid),
            ("kws-research-permit", 199, Verdict::NotForGates),
            ("kws-research-permit", 200, Verdict::NotForGates),
        ] {
            assert_eq!(judged(&of(service, sequence)).verdict, verdict, "{service} {sequence}");
        }
        let part = ShortForm { outcome: "held_for_rest".to_owned(), ..receipt(200) };
        assert_eq!(judged(&part).verdict, Verdict::NotPaid);
        assert_eq!(judged(&ShortForm { agency: "KRA".to_owned(), ..receipt(200) }).verdict, Verdict::NotOurs);
    }
}
