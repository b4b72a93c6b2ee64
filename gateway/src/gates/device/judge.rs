//! Whether somebody is let in, by the pack and by what this device has done. Nobody is asked.

use std::collections::HashMap;

use jiff::civil::Date;
use ledger::VerifyingKey;

use super::folder::DeviceTerms;
use super::passes::Passes;
use crate::clock::east_africa_date;
use crate::gates::pack::{Pack, Prepaid, UsedBefore};
use crate::gates::pass::Pass;
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
            Self::NotOurs => "not_ours",
            Self::NotGenuine(_) | Self::PassNotGenuine(_) => "not_genuine",
            Self::NotFound => "not_found",
            Self::PackTooOld => "pack_too_old",
            Self::DeviceRevoked => "device_revoked",
            Self::IssuedHere(_) => "issued_here",
            Self::Provisional { .. } => "provisional",
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
    let without_bill = |verdict| Judged { verdict, bill: None, prepaid: None };
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
            .unwrap_or_else(|| without_bill(Verdict::NotFound)),
        None => without_bill(Verdict::NotFound),
    }
}

/// A pass proves by itself who let somebody in. In the order of `PASS_FORMAT.md`.
fn of_pass(known: &Known<'_>, shown: &str, now: Moment) -> Judged {
    let (pass, card) = match Pass::open(shown, known.keys) {
        Ok(opened) => opened,
        Err(error) => {
            let verdict = Verdict::PassNotGenuine(error.to_string());
            return Judged { verdict, bill: None, prepaid: None };
        }
    };
    let bill = pass.bill;
    let verdict = if card.agency != known.pack.agency {
        return Judged { verdict: Verdict::NotOurs, bill: None, prepaid: None };
    } else if card.site != known.pack.site {
        Verdict::OtherSite(card.site)
    } else if known.pack.revoked_devices.contains(&card.device) {
        Verdict::PassOfRevoked { gate: card.gate }
    } else if card.device == known.terms.device {
        // What is not in the journal was never let in by it, whoever has its key.
        match known.passes.numbered(pass.number).filter(|issued| **issued == pass) {
            Some(issued) => Verdict::IssuedHere(Box::new(issued.clone())),
            None => Verdict::PassNotGenuine("this device has issued no such pass".to_owned()),
        }
    } else if let Some(used) = known.pack.used.iter().find(|used| used.bill == bill) {
        Verdict::AlreadyUsed { gate: used.gate.clone(), at: used.at }
    } else if pass.valid_until <= now {
        Verdict::PassExpired(pass.valid_until)
    } else {
        Verdict::Provisional { gate: card.gate, pass: Box::new(pass) }
    };
    Judged { verdict, bill: Some(bill), prepaid: None }
}

/// The pass of this number, if this device has issued it.
fn issued_here(known: &Known<'_>, bill: PaymentNumber) -> Option<Judged> {
    let issued = known.passes.of_bill(bill)?;
    let verdict = Verdict::IssuedHere(Box::new(issued.clone()));
    Some(Judged { verdict, bill: Some(bill), prepaid: None })
}

/// A receipt proves by itself that a bill was paid.
fn of_receipt(known: &Known<'_>, receipt: &ShortForm, now: Moment) -> Judged {
    let plain: String = receipt.payment_number.chars().filter(char::is_ascii_digit).collect();
    let (Ok(bill), Ok(sequence)) = (plain.parse::<PaymentNumber>(), receipt.sequence.parse::<u64>()) else {
        let verdict = Verdict::NotGenuine("it names no payment".to_owned());
        return Judged { verdict, bill: None, prepaid: None };
    };
    let judged = |verdict| Judged { verdict, bill: Some(bill), prepaid: None };
    if receipt.agency != known.pack.agency {
        return Judged { verdict: Verdict::NotOurs, bill: None, prepaid: None };
    }
    if let Some(found) = of_bill(known, bill, now) {
        return found;
    }
    if !matches!(receipt.outcome.as_str(), "completed" | "completed_with_excess") {
        return judged(Verdict::NotPaid);
    }
    if (known.pack.listed_from..known.pack.listed_before).contains(&sequence) {
        return judged(Verdict::NotOnList);
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
    Some(Judged { verdict, bill: Some(bill), prepaid: prepaid.cloned() })
}
