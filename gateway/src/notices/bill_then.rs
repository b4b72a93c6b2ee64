//! A bill as a record left it, found by going back from what it is now. What agencies are told of a record must be the same
//! whenever they are told.

use std::collections::VecDeque;
use std::sync::Arc;

use ledger::Money;

use super::NoticeError;
use crate::books::Books;
use crate::payments::{
    Bill, BillPayment, BillState, BillTerms, Event, LATEST_PAYMENTS_MAX, PaymentReceived, Placement,
    read_event,
};

/// Payments of one bill that are gone back over, one record each. Anybody may pay a bill again and again; what that costs
/// whoever asks about its past is bounded.
const PAYMENTS_GONE_BACK_MAX: u64 = 500;

/// A bill as a record left it.
pub(crate) struct BillThen {
    /// What was agreed.
    pub(crate) terms: Arc<BillTerms>,
    /// What it was.
    pub(crate) state: BillState,
    /// Everything that had arrived.
    pub(crate) collected: Money,
    /// The latest payments, the oldest first.
    pub(crate) payments: Vec<BillPayment>,
    /// How many payments there had been.
    pub(crate) payment_count: u64,
    /// Sequence of the record.
    pub(crate) sequence: u64,
}

impl BillThen {
    /// The bill as this record left it, in this state.
    pub(super) fn find(
        books: &Books,
        bill: &Bill,
        sequence: u64,
        state: BillState,
    ) -> Result<Self, NoticeError> {
        let (mut collected, mut payment_count) = (bill.collected, bill.payment_count);
        let mut payments = VecDeque::new();
        let mut back =
            Back { books, kept: bill.latest_payments.clone(), gone_back: 0, left: bill.payment_count };
        while payments.len() < LATEST_PAYMENTS_MAX {
            let Some(payment) = back.next()? else { break };
            if payment.sequence <= sequence {
                payments.push_front(payment);
                continue;
            }
            // What was added can be taken off again.
            collected = collected.checked_sub(payment.money).map_err(|_| NoticeError::Contradiction)?;
            payment_count -= 1;
        }
        // Those that were looked for and not found came before this was kept, and are of before the record only if
        // everything after it was found.
        if payments.is_empty() && payment_count > 0 && back.is_torn() {
            return Err(NoticeError::Contradiction);
        }
        Ok(Self {
            terms: Arc::clone(&bill.terms),
            state,
            collected,
            payments: payments.into(),
            payment_count,
            sequence,
        })
    }

    /// What was still to be paid.
    pub(crate) fn due(&self) -> Money {
        let payable = self.terms.payable;
        let due = payable.checked_sub(self.collected).ok().filter(|_| self.state.is_open());
        due.unwrap_or(Money::zero(payable.currency()))
    }
}

/// The payments of a bill, the newest first: those that are kept with it, then from record to record.
struct Back<'a> {
    books: &'a Books,
    kept: Vec<BillPayment>,
    gone_back: u64,
    /// Payments that have not been given yet.
    left: u64,
}

impl Back<'_> {
    fn next(&mut self) -> Result<Option<BillPayment>, NoticeError> {
        if self.left == 0 || self.kept.is_empty() {
            return Ok(None);
        }
        let payment = self.kept.pop().expect("one is kept");
        self.left -= 1;
        if self.kept.is_empty() && self.left > 0 {
            self.gone_back += 1;
            if self.gone_back > PAYMENTS_GONE_BACK_MAX {
                return Err(NoticeError::Contradiction);
            }
            self.kept.extend(self.before(payment.sequence)?);
        }
        Ok(Some(payment))
    }

    /// Whether there are payments that no record leads to.
    fn is_torn(&self) -> bool {
        self.left > 0 && self.kept.is_empty()
    }

    /// The payment that the record of this one names as the one before it.
    fn before(&self, sequence: u64) -> Result<Option<BillPayment>, NoticeError> {
        let Some(Placement::Bill { before: Some(before), .. }) =
            self.placement(sequence)?.map(|found| found.1)
        else {
            return Ok(None);
        };
        let Some((payment, _)) = self.placement(before)? else { return Err(NoticeError::Contradiction) };
        Ok(Some(payment))
    }

    fn placement(&self, sequence: u64) -> Result<Option<(BillPayment, Placement)>, NoticeError> {
        let Some(record) = self.books.ledger().record(sequence)? else { return Ok(None) };
        let Some(Event::PaymentReceived(PaymentReceived { receipt, money, placement, .. })) =
            read_event(&record.draft.event)
        else {
            return Ok(None);
        };
        let Placement::Bill { receipt: number, .. } = placement else { return Ok(None) };
        let payment = BillPayment {
            sequence,
            receipt: number,
            channel_receipt: receipt.number,
            money,
            booked: record.time,
        };
        Ok(Some((payment, placement)))
    }
}
