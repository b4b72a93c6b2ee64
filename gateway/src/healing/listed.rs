//! Statements of fallback accounts list what somebody else told of: who keeps the account has said it too. A slip or a terminal's
//! own batch says nothing new by being sent again, and confirms nothing.

use std::sync::Arc;

use super::{Finding, Lister};
use crate::api::trouble;
use crate::app::SharedApp;
use crate::away::away;
use crate::books::LookupError;
use crate::channels::CollectionAccount;
use crate::http::problem::Problem;
use crate::payments::{Answer, Ask, CollectedOn, Command, LISTED_PER_RECORD_MAX, ListedPayments};

/// The receipts of a list that were booked before, with the same facts.
pub(super) fn known_of(places: &[(u64, Arc<str>)], findings: &[Finding]) -> Vec<Arc<str>> {
    let all = places.iter().zip(findings);
    all.filter(|(_, finding)| **finding == Finding::Known)
        .map(|((_, receipt), _)| Arc::clone(receipt))
        .collect()
}

/// Keeps that a statement of this account lists these receipts, all of which are booked. What came home is confirmed there; the
/// paybill's own statements, of millions of lines, say nothing of fallback money.
pub(super) async fn keep(
    app: &SharedApp,
    lister: Lister<'_>,
    account: &CollectionAccount,
    receipts: Vec<Arc<str>>,
) -> Result<(), Problem> {
    if receipts.is_empty() || account == app.channels.home().account() {
        return Ok(());
    }
    let (books, at) = (Arc::clone(app), account.clone());
    let look_up = move || {
        let booked = receipts.iter().map(|number| books.books.booked(&at.receipt(number)));
        booked.filter_map(Result::transpose).collect::<Result<Vec<_>, LookupError>>()
    };
    let booked = away(look_up).await.map_err(trouble::internal)?.map_err(|error| trouble::lookup(&error))?;
    let account = CollectedOn { provider: account.provider, short_code: Arc::clone(&account.number) };
    for part in booked.chunks(LISTED_PER_RECORD_MAX) {
        let payments = part.iter().map(|claimed| claimed.sequence).collect();
        let ask = Ask::KeepListed(ListedPayments { account: account.clone(), payments });
        let command = Command { principal: lister.principal.into(), cause: lister.cause.into(), ask };
        match app.books.ask_patiently(command).await.map_err(|error| trouble::books(&error))? {
            Answer::Done { .. } | Answer::Nothing => {}
            other => return Err(trouble::internal(format!("{other:?} answers nothing about statements"))),
        }
    }
    Ok(())
}
