//! The organisation's statement of a paybill or till, uploaded by an operator: read wholly or not at all, and then taken like
//! every other list.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::{Finding, Lister, found_among, listed, take};
use crate::api::trouble;
use crate::app::SharedApp;
use crate::away::away;
use crate::channels::CollectionAccount;
use crate::channels::mpesa::statement::{LineFault, Statement};
use crate::http::problem::Problem;
use crate::payments::{Difference, Provider};

/// What became of a statement.
pub(crate) struct StatementTaken {
    /// The account that it is of.
    pub(crate) account: CollectionAccount,
    /// How many payments it lists.
    pub(crate) payments: usize,
    /// So many nobody had told us: they are booked now.
    pub(crate) found: usize,
    /// So many of those found wait in suspense: they could be put to no bill.
    pub(crate) in_suspense: usize,
    /// So many were booked before.
    pub(crate) known: usize,
    /// What was booked before with other facts, which stand.
    pub(crate) differ: Vec<DifferentRow>,
    /// Rows that are charges, reversals and transfers of our own.
    pub(crate) other_rows: u64,
    /// Rows whose money did not move.
    pub(crate) incomplete_rows: u64,
}

/// A row that says something else than what is booked.
pub(crate) struct DifferentRow {
    /// Its line, from 1.
    pub(crate) line: u64,
    /// The receipt.
    pub(crate) receipt: Arc<str>,
    /// What differs.
    pub(crate) differs: Difference,
}

/// Why nothing of a statement was taken.
pub(crate) enum NotTaken {
    /// These lines are wrong.
    Faults(Vec<LineFault>),
    /// Neither its title nor who sends it says which account it is of.
    AccountUnsaid,
    /// Its title says another account than who sends it.
    OtherAccount,
    /// The account is none of ours.
    NotOurs,
    /// It could not be booked, or only in part: sending it again books the rest.
    Trouble(Problem),
}

/// Takes a statement. `short_code` is what who sends it says of which account it is.
pub(crate) async fn take_statement(
    app: &SharedApp,
    file: Bytes,
    short_code: Option<&str>,
    principal: &str,
    cause: &str,
) -> Result<StatementTaken, NotTaken> {
    let read = away(move || Statement::read(&file)).await;
    let statement = read.map_err(|error| NotTaken::Trouble(trouble::internal(error)))?;
    let statement = statement.map_err(NotTaken::Faults)?;
    let account = account_of(app, statement.short_code.as_deref(), short_code)?;
    let (payments, other_rows) = (statement.payment_count(), statement.other_rows);
    let incomplete_rows = statement.incomplete_rows;
    let (mut places, mut rows) = (Vec::with_capacity(payments), Vec::with_capacity(payments));
    for (line, told) in statement.told(&account) {
        places.push((line, Arc::clone(&told.receipt.number)));
        rows.push(told);
    }
    let lister = Lister { source: "statement", principal, cause };
    let findings = take(app, lister, rows).await.map_err(NotTaken::Trouble)?;
    let again = listed::known_of(&places, &findings);
    listed::keep(app, lister, &account, again).await.map_err(NotTaken::Trouble)?;
    let known = findings.iter().filter(|finding| **finding == Finding::Known).count();
    let (found, in_suspense) = found_among(&findings);
    let differ = places.into_iter().zip(&findings).filter_map(|((line, receipt), finding)| match finding {
        Finding::Differs(differs) => Some(DifferentRow { line, receipt, differs: *differs }),
        Finding::Found | Finding::FoundInSuspense | Finding::Known | Finding::TakenBack => None,
    });
    let differ: Vec<_> = differ.collect();
    tracing::info!(
        account = %account, payments, found, in_suspense, known, differ = differ.len(), other_rows, incomplete_rows,
        "A statement was taken."
    );
    Ok(StatementTaken { account, payments, found, in_suspense, known, differ, other_rows, incomplete_rows })
}

/// The account that a statement is of: one of ours at M-PESA.
fn account_of(
    app: &SharedApp,
    in_title: Option<&str>,
    said: Option<&str>,
) -> Result<CollectionAccount, NotTaken> {
    let named: BTreeSet<&str> = in_title.into_iter().chain(said).collect();
    let mut named = named.into_iter();
    let (Some(code), None) = (named.next(), named.next()) else {
        return Err(if in_title.is_some() { NotTaken::OtherAccount } else { NotTaken::AccountUnsaid });
    };
    let account = app.channels.accounts_at(Provider::Mpesa).find(|account| *account.number == *code);
    account.cloned().ok_or(NotTaken::NotOurs)
}
