//! Numbers of the books of receipts that lie at counters: each stands for one payment, whichever shift wrote it.

use ledger::table::RunError;
use ledger::{Claim, Claimed, ShortKey, View};

use super::Payments;
use crate::payments::book_number::BookNumber;
use crate::payments::channel_receipt::{ChannelReceipt, PaymentFacts, Provider};

/// Who has this number of the book at this counter, if anybody has.
pub(super) fn holder(
    view: &View<'_, Payments>,
    counter: &str,
    number: &BookNumber,
) -> Result<Option<Claimed>, RunError> {
    if let Some(claimed) = view.claimed(&ShortKey::of(&number.key(counter)))? {
        return Ok(Some(claimed));
    }
    // Journals of before the number was claimed by itself know it by its payment alone: on paper, or in one of the shifts.
    let live = Payments::counters(view).shifts_of(counter).map(|shift| number.taken_in(shift.id));
    for receipt in std::iter::once(number.on_paper()).chain(live) {
        let receipt = ChannelReceipt {
            provider: Provider::Counter,
            short_code: counter.into(),
            number: receipt.into(),
        };
        if let Some(claimed) = view.claimed(&ShortKey::of(&receipt.credit_key()))? {
            return Ok(Some(claimed));
        }
    }
    Ok(None)
}

/// The claim of a payment to its number.
pub(super) fn claim(counter: &str, number: &BookNumber, facts: PaymentFacts) -> Claim {
    Claim { key: number.key(counter).into(), detail: facts.to_detail() }
}
