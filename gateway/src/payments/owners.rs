//! Whose the money of a bill is, where several agencies have a part in it: a park's entry with the county's levy.
//!
//! Money fills the lines of a bill in their order, whether it comes at once or in parts, so that what is counted for each
//! owner adds up to what its lines come to, to the cent, whatever came before. What is more than the bill asks for is
//! the business of the agency whose bill it is, and counted there.

use std::sync::Arc;

use ledger::Money;
use serde::{Deserialize, Serialize};

use super::bill::{Bill, BillLine, BillTerms};
use super::event::Share;

/// What one owner has in a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnersPart {
    /// The agency; nobody's for the convenience fee, which is the platform's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<Arc<str>>,
    /// How much.
    pub money: Money,
}

/// Whose how much of a payment is, before it is noted in the bill; nothing where all of it is the bill's own agency's.
pub(super) fn parts_of(bill: &Bill, money: Money, share: Share) -> Vec<OwnersPart> {
    let terms = &bill.terms;
    let is_shared = terms.lines.iter().any(|line| owner(terms, line) != Some(&terms.agency));
    if !is_shared || matches!(share, Share::Duplicate | Share::Late) {
        return Vec::new();
    }
    // What had come is at most what is payable, or the bill would not be open.
    let from = i128::from(bill.collected.minor());
    let until = from + i128::from(money.minor());
    let mut parts: Vec<OwnersPart> = Vec::new();
    let mut add = |agency: Option<&Arc<str>>, minor: i128| {
        let Some(minor) = i64::try_from(minor).ok().filter(|minor| *minor > 0) else { return };
        let money = Money::new(minor, money.currency());
        match parts.iter_mut().find(|part| part.agency.as_ref() == agency) {
            Some(part) => {
                part.money =
                    part.money.checked_add(money).expect("parts of one payment are at most all of it");
            }
            None => parts.push(OwnersPart { agency: agency.cloned(), money }),
        }
    };
    let mut before = 0;
    let mut charged = 0;
    for line in &terms.lines {
        charged += i128::from(line.amount.minor());
        let end = in_payable(terms, charged);
        add(owner(terms, line), end.min(until) - before.max(from));
        before = end;
    }
    add(Some(&terms.agency), until - before.max(from));
    parts
}

/// Whose how much of a booked payment is: what the record says, or all of it the bill's own agency's.
pub(crate) fn by_owner(
    agency: &Arc<str>,
    money: Money,
    parts: &[OwnersPart],
) -> Vec<(Option<Arc<str>>, Money)> {
    if parts.is_empty() {
        return vec![(Some(Arc::clone(agency)), money)];
    }
    parts.iter().map(|part| (part.agency.clone(), part.money)).collect()
}

/// Whose line it is. Lines of before this was kept are the bill's own agency's.
fn owner<'a>(terms: &'a BillTerms, line: &'a BillLine) -> Option<&'a Arc<str>> {
    match (&line.agency, &line.revenue_code) {
        (Some(agency), _) => Some(agency),
        (None, Some(_)) => None,
        (None, None) => Some(&terms.agency),
    }
}

/// What the first so many minor units of the total are of what is payable, which may be in another currency. The whole
/// is the whole.
fn in_payable(terms: &BillTerms, charged: i128) -> i128 {
    let (total, payable) = (i128::from(terms.total.minor()), i128::from(terms.payable.minor()));
    if total == 0 { 0 } else { charged * payable / total }
}
