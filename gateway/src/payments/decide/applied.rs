//! Money that waited in suspense finds its bill: by a record of its own, which names the one that had booked it. Nothing comes
//! in then; from suspense it goes where it would have gone at once, with a receipt, as any other payment.

use ledger::table::RunError;
use ledger::{Claim, ClaimDetail, Draft, ShortKey, View};

use super::money_in::{free_receipt_number, place_on};
use super::{Payments, draft};
use crate::payments::bill::{Bill, BillPayment};
use crate::payments::chart;
use crate::payments::command::Command;
use crate::payments::event::{Event, PaymentReceived};
use crate::payments::identifier::{AttemptId, ReceiptNumber};
use crate::payments::number::PaymentNumber;
use crate::payments::passes::WaitingMoney;

/// Receipt numbers for the payments of one decision: free in the books, and each given once.
pub(super) struct FreeReceipts {
    random: u64,
    given: Vec<ReceiptNumber>,
}

impl FreeReceipts {
    pub(super) fn new(random: u64) -> Self {
        Self { random, given: Vec::new() }
    }

    fn next(&mut self, view: &View<'_, Payments>) -> Result<ReceiptNumber, RunError> {
        loop {
            self.random = self.random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let number = free_receipt_number(view, self.random)?;
            if !self.given.contains(&number) {
                self.given.push(number);
                return Ok(number);
            }
        }
    }
}

/// The record of this sequence, which puts the money to the bill, and answers the attempt with it; the bill is changed as the
/// record will change it. Nothing if it was put to a bill before, or the bill cannot take it: then it stays where it is.
pub(super) fn apply(
    view: &View<'_, Payments>,
    command: &Command,
    money: &WaitingMoney,
    bill: &mut Bill,
    (sequence, attempt): (u64, Option<AttemptId>),
    receipts: &mut FreeReceipts,
) -> Result<Option<Draft<Event>>, RunError> {
    let terms = bill.terms.clone();
    let key = WaitingMoney::applied_key(&money.receipt);
    let is_other_currency = money.money.currency() != terms.payable.currency();
    if is_other_currency || !bill.can_take(money.money) || view.claimed(&ShortKey::of(&key))?.is_some() {
        return Ok(None);
    }
    let receipt = receipts.next(view)?;
    let (share, state, placement) = place_on(bill, money.money, receipt);
    let event = Event::PaymentReceived(PaymentReceived {
        receipt: money.receipt.clone(),
        money: money.money,
        told_by: money.told_by,
        moved: money.moved,
        placement,
        attempt,
        from_suspense: Some(money.sequence),
    });
    let mut draft = draft(command, event);
    draft.evidence = money.evidence();
    draft.entries.push(chart::entry_for_bill(chart::suspense(), money.money, bill, share));
    draft.claims.push(Claim { key: key.into(), detail: detail_of(terms.number) });
    let payment = BillPayment {
        sequence,
        receipt,
        channel_receipt: money.receipt.number.clone(),
        money: money.money,
        booked: view.now(),
    };
    bill.take(payment, state, share);
    Ok(Some(draft))
}

/// What stands beside the claim: the bill.
pub(super) fn detail_of(bill: PaymentNumber) -> ClaimDetail {
    let mut detail = [0; 24];
    detail[..8].copy_from_slice(&bill.get().to_le_bytes());
    detail
}
