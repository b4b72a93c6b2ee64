//! References: what slips and old invoices call a bill, and payers type instead of its payment number.
//!
//! A reference has no check digit of ours, so a slip of the finger may be somebody else's reference. Money follows one only
//! where everything agrees: one bill has it, the amount is exactly what that bill waits for, and no other bill that waits for
//! as much is one slip away. Everything else is held, with its reason, for the agency it seems to be meant for.
//!
//! A reference is looked for among those of the agency whose references look like it, so that nobody else's bills are in its
//! way; where nobody can say whose it is, among those of all.
//!
//! References may be number plates or tax references, so the books know them by keyed hashes alone. The keys change every
//! month; whoever looks a reference up brings its hash under each key that a bill in question can have.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use catalog::{AccountForm, without_look_alikes};
use ledger::Money;
use serde::{Deserialize, Serialize};

use super::bill::{Bill, PartPaymentRule};
use super::event::SuspenseReason;
use super::number::PaymentNumber;
use super::typed::bare;

/// So many bills are remembered under one reference. A reference that more have had points at none of them.
const BILLS_OF_REFERENCE_MAX: usize = 32;

/// A reference under the key of a month. Eight bytes: among a million references, two of one hash are a matter of one in
/// thirty million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReferenceKey {
    /// Which month's key.
    pub epoch: u32,
    /// The first eight bytes of the keyed hash.
    pub hash: [u8; 8],
}

/// A text is no [`ReferenceKey`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key of a reference is a month and sixteen hexadecimal digits, with a dot between them")]
pub struct NotAReferenceKey;

/// `24322.0123456789abcdef`.
impl fmt::Display for ReferenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, hex::encode(self.hash))
    }
}

impl FromStr for ReferenceKey {
    type Err = NotAReferenceKey;

    fn from_str(text: &str) -> Result<Self, NotAReferenceKey> {
        let (epoch, digits) = text.split_once('.').ok_or(NotAReferenceKey)?;
        let mut hash = [0; 8];
        hex::decode_to_slice(digits, &mut hash).map_err(|_| NotAReferenceKey)?;
        Ok(Self { epoch: epoch.parse().map_err(|_| NotAReferenceKey)?, hash })
    }
}

impl TryFrom<String> for ReferenceKey {
    type Error = NotAReferenceKey;

    fn try_from(text: String) -> Result<Self, NotAReferenceKey> {
        text.parse()
    }
}

impl From<ReferenceKey> for String {
    fn from(key: ReferenceKey) -> Self {
        key.to_string()
    }
}

/// What a reference is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    /// An assessment: one debt, however many bills were made over it one after the other.
    Assessment,
    /// The agency's own name for the bill. It may call several bills the same.
    Agency,
}

/// A reference of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillReference {
    /// What it is of.
    pub kind: ReferenceKind,
    /// How the books know it among the references of the bill's agency.
    pub key: ReferenceKey,
    /// How they know it among the references of all agencies, for those who cannot say whose it is.
    pub any_agency: ReferenceKey,
}

/// A reference of a bill that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReference {
    /// What it is of.
    pub kind: ReferenceKind,
    /// Under the key of this month, among those of the bill's agency; the bill will be found by it.
    pub key: ReferenceKey,
    /// Under the key of this month, among those of all agencies.
    pub any_agency: ReferenceKey,
    /// Under the keys of earlier months, by which an earlier bill of the agency with it would be found.
    pub earlier: Vec<ReferenceKey>,
}

/// A reference that somebody typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedReference {
    /// Whose references look like this, if one agency's do.
    pub owner: Option<Owner>,
    /// Under each key that a bill may have it under: among those of the owner, or of all agencies.
    pub keys: Vec<ReferenceKey>,
    /// The references that the payer may have meant if one slip was made, under each key. Nothing if the reference led to
    /// no bill when it was read: they are hundreds.
    pub one_slip_away: Option<Vec<ReferenceKey>>,
}

/// Whom money seems to be meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The agency.
    pub agency: Arc<str>,
    /// The service, if it is one service's.
    pub service: Option<Arc<str>>,
}

impl Owner {
    /// Whose account numbers have this form, if they are one agency's.
    pub fn of(form: &AccountForm) -> Option<Self> {
        let agency = form.agency.as_ref()?.as_str().into();
        Some(Self { agency, service: form.service.as_ref().map(|service| service.as_str().into()) })
    }
}

/// Why money is held, and for whom it seems to be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Why.
    pub reason: SuspenseReason,
    /// For whom; nobody can say if it is absent.
    pub owner: Option<Owner>,
}

/// The bills that have or had a reference, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillsOfReference {
    /// Their numbers.
    pub bills: Vec<PaymentNumber>,
    /// True if there were more than are remembered.
    pub is_crowded: bool,
}

impl BillsOfReference {
    /// Notes one more bill, and lets go of the oldest if there are too many. An agency may call a bill what its assessment is
    /// called: that is one bill.
    pub(super) fn note(&mut self, bill: PaymentNumber) {
        if self.bills.last() == Some(&bill) {
            return;
        }
        if self.bills.len() == BILLS_OF_REFERENCE_MAX {
            self.bills.remove(0);
            self.is_crowded = true;
        }
        self.bills.push(bill);
    }
}

/// The same, with the bills themselves.
#[derive(Clone, Debug, Default)]
pub struct FoundBills {
    /// The bills.
    pub bills: Vec<Arc<Bill>>,
    /// True if there were more than are remembered.
    pub is_crowded: bool,
}

/// How the books write a reference: in capitals, without marks, look-alikes as one character. Nothing if there is nothing that
/// could be typed.
pub fn canonical_reference(reference: &str) -> Option<String> {
    let text = without_look_alikes(&bare(reference));
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(text)
}

/// The bill that money with this reference goes to, or why it goes to none. `bills_of` finds the bills under a key.
pub fn bill_of_reference<E>(
    typed: &TypedReference,
    money: Money,
    mut bills_of: impl FnMut(&ReferenceKey) -> Result<FoundBills, E>,
) -> Result<Result<Arc<Bill>, Held>, E> {
    let target = match bill_with_reference(typed, money, &mut bills_of)? {
        Ok(target) => target,
        Err(held) => return Ok(Err(held)),
    };
    let ambiguous =
        || Ok(Err(Held { reason: SuspenseReason::ReferenceAmbiguous, owner: typed.owner.clone() }));
    // The bill was made, or came to wait for so much, after the reference was read: nobody can say what is beside it.
    let Some(one_slip_away) = &typed.one_slip_away else { return ambiguous() };
    for key in one_slip_away {
        let found = bills_of(key)?;
        if found.is_crowded || found.bills.iter().any(|other| may_be_meant(other, &target, money)) {
            return ambiguous();
        }
    }
    Ok(Ok(target))
}

/// The bill that has this reference and waits for exactly this money, or why there is none. Whether another one is a slip
/// away is not looked at.
pub fn bill_with_reference<E>(
    typed: &TypedReference,
    money: Money,
    mut bills_of: impl FnMut(&ReferenceKey) -> Result<FoundBills, E>,
) -> Result<Result<Arc<Bill>, Held>, E> {
    let held = |reason| Ok(Err(Held { reason, owner: typed.owner.clone() }));
    let mut same = FoundBills::default();
    for key in &typed.keys {
        let found = bills_of(key)?;
        same.is_crowded |= found.is_crowded;
        same.bills.extend(found.bills);
    }
    if !same.bills.iter().any(|bill| typed.could_be_for(bill)) {
        return held(SuspenseReason::UnknownReference);
    }
    let open: Vec<_> = same.bills.iter().filter(|bill| bill.state.is_open()).collect();
    let target = match (&open[..], &same.bills[..]) {
        // Over one assessment, what is open is what is owed, whatever became of the bills before.
        ([open], _) => *open,
        ([], [closed]) => closed,
        _ => return held(SuspenseReason::ReferenceAmbiguous),
    };
    let is_another = |other: &Arc<Bill>| {
        !typed.could_be_for(other)
            || (may_be_meant(other, target, money)
                && !(typed.is_assessment_of(other) && typed.is_assessment_of(target)))
    };
    if same.is_crowded || same.bills.iter().any(is_another) {
        return held(SuspenseReason::ReferenceAmbiguous);
    }
    if !waits_for_exactly(target, money) {
        let terms = &target.terms;
        let owner = Owner { agency: terms.agency.clone(), service: Some(terms.service.clone()) };
        return Ok(Err(Held { reason: SuspenseReason::AmountDiffers, owner: Some(owner) }));
    }
    Ok(Ok(Arc::clone(target)))
}

impl TypedReference {
    fn could_be_for(&self, bill: &Bill) -> bool {
        self.owner.as_ref().is_none_or(|owner| {
            *owner.agency == *bill.terms.agency
                && owner.service.as_ref().is_none_or(|service| **service == *bill.terms.service)
        })
    }

    fn is_assessment_of(&self, bill: &Bill) -> bool {
        let has_key = |of: &BillReference| self.keys.contains(&of.key) || self.keys.contains(&of.any_agency);
        bill.terms.references.iter().any(|of| of.kind == ReferenceKind::Assessment && has_key(of))
    }
}

/// True if the money could as well be meant for another bill than its target.
fn may_be_meant(other: &Bill, target: &Bill, money: Money) -> bool {
    other.terms.number != target.terms.number && waits_for(other, money)
}

/// What is due of an open bill. Of a closed one its whole price: who pays it once more pays that.
fn waiting(bill: &Bill) -> Money {
    if bill.state.is_open() { bill.due() } else { bill.terms.payable }
}

fn waits_for_exactly(bill: &Bill, money: Money) -> bool {
    waiting(bill) == money
}

/// True if this money could have been meant for the bill: all of what it waits for, or a part where parts are welcome.
fn waits_for(bill: &Bill, money: Money) -> bool {
    let waiting = waiting(bill);
    waits_for_exactly(bill, money)
        || (bill.terms.part_payment == PartPaymentRule::Allowed
            && waiting.currency() == money.currency()
            && money.minor() < waiting.minor())
}
