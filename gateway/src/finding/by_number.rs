//! A payment by its number at M-PESA alone. Whoever shows one seldom knows which account their money went to: it may be the
//! paybill, a till of an agency, or an account that is none of ours.

use ledger::ShortKey;

use super::FindError;
use crate::app::SharedApp;
use crate::away::away;
use crate::books::LookupError;
use crate::payments::{ChannelReceipt, Event, Placement, Provider, WaitingMoney, read_event};
use crate::views::{PageRequest, PageSize, PaymentFilter, Scope};

/// The payment with this number of M-PESA's: its receipt, and the sequence of the record that says where its money is. That is
/// another than the one that booked it, if it had waited in suspense.
///
/// On every account on which we collect, it is what the books have now. On any other, which is one that we have given up or
/// that somebody else's message named, it is what the views have.
pub(crate) async fn payment_numbered(
    app: &SharedApp,
    number: &str,
) -> Result<Option<(ChannelReceipt, u64)>, FindError> {
    let Some((receipt, sequence)) = booked_under(app, number).await? else { return Ok(None) };
    let (books, told) = (SharedApp::clone(app), receipt.clone());
    let applied = away(move || books.books.applied(&told)).await??;
    Ok(Some((receipt, applied.unwrap_or(sequence))))
}

/// The money of the payment with this number of M-PESA's, and where the record that booked it has put it.
pub(crate) async fn payment_in_suspense(
    app: &SharedApp,
    number: &str,
) -> Result<Option<(WaitingMoney, Placement)>, FindError> {
    let Some((_, sequence)) = booked_under(app, number).await? else { return Ok(None) };
    let books = SharedApp::clone(app);
    let from_disk = move || books.books.ledger().record(sequence).map_err(LookupError::from);
    let Some(record) = away(from_disk).await?? else { return Ok(None) };
    let Some(Event::PaymentReceived(payment)) = read_event(&record.draft.event) else { return Ok(None) };
    let money = WaitingMoney::of(sequence, record.time, record.draft.evidence, &payment);
    Ok(Some((money, payment.placement)))
}

/// The payment with this number: its receipt, and the sequence of the record that booked it.
async fn booked_under(app: &SharedApp, number: &str) -> Result<Option<(ChannelReceipt, u64)>, FindError> {
    let accounts = app.channels.accounts_at(Provider::Mpesa);
    let receipts: Vec<_> = accounts.map(|account| account.receipt(number)).collect();
    let books = SharedApp::clone(app);
    let from_disk = move || {
        for receipt in receipts {
            if let Some(sequence) = books.books.claimant(&ShortKey::of(&receipt.credit_key()))? {
                return Ok(Some((receipt, sequence)));
            }
        }
        Ok::<_, LookupError>(None)
    };
    if let Some(found) = away(from_disk).await?? {
        return Ok(Some(found));
    }
    let filter = PaymentFilter {
        provider: Some(Provider::Mpesa),
        channel_receipt: Some(number.into()),
        ..PaymentFilter::default()
    };
    let page = PageRequest { size: PageSize::new(1).unwrap_or_default(), after: None };
    let found = app.views.reader().payments(&Scope::All, &filter, page).await?;
    Ok(found.rows.into_iter().next().map(|row| (row.channel_receipt, row.sequence)))
}
