//! A file that tells of fallback money: read wholly or not at all, and then taken like every other list.

use std::sync::Arc;

use bytes::Bytes;
use ledger::Evidence;
use tokio::task::JoinSet;

use super::statement::DifferentRow;
use super::{AT_ONCE, Finding, Lister, found_among, listed, take};
use crate::api::trouble;
use crate::app::{App, SharedApp};
use crate::away::away;
use crate::channels::files::{FallbackFile, FileFault, FileKind, FileOf, FileRow};
use crate::http::problem::Problem;
use crate::payments::channels::ChannelName;
use crate::payments::{Answer, Ask, Command, SaleTakenBack};

/// What became of a file.
pub(crate) struct FileTaken {
    /// How many payments it lists, each once.
    pub(crate) payments: usize,
    /// So many nobody had told us: they are booked now.
    pub(crate) found: usize,
    /// So many of those found wait in suspense: they could be put to no bill.
    pub(crate) in_suspense: usize,
    /// So many were booked before.
    pub(crate) known: usize,
    /// What was booked before with other facts, which stand.
    pub(crate) differ: Vec<DifferentRow>,
    /// Rows that are no payments to us.
    pub(crate) other_rows: u64,
    /// Rows whose money did not move.
    pub(crate) incomplete_rows: u64,
}

/// Why nothing of a file was taken.
pub(crate) enum FileNotTaken {
    /// These lines are wrong.
    Faults(Vec<FileFault>),
    /// There is no such channel, or none that such files tell of.
    NoSuchChannel,
    /// It could not be booked, or only in part: sending it again books the rest.
    Trouble(Problem),
}

/// Takes a file of a channel.
pub(crate) async fn take_file(
    app: &SharedApp,
    kind: FileKind,
    channel: &ChannelName,
    bytes: Bytes,
    (principal, cause): (&str, &str),
) -> Result<FileTaken, FileNotTaken> {
    let known = app.channels.find(channel).filter(|known| known.files().contains(&kind));
    let known = Arc::clone(known.ok_or(FileNotTaken::NoSuchChannel)?);
    let account = known.account().clone();
    let now_micros = app.now().micros();
    let read = move || {
        let of = FileOf {
            kind,
            account: known.account(),
            which: known.name().which().unwrap_or_default(),
            terminals: known.terminals(),
            now_micros,
        };
        FallbackFile::read(of, &bytes).map_err(FileNotTaken::Faults)
    };
    let file = away(read).await.map_err(|error| FileNotTaken::Trouble(trouble::internal(error)))??;
    let incomplete_rows = file.incomplete_rows;
    // Who keeps the account wrote this; a slip confirms nothing.
    let is_of_keeper = file.rows.iter().all(|row| row.told.evidence == Evidence::ConfirmedByStatement);
    let places: Vec<_> = file.rows.iter().map(|row| (row.line, row.told.receipt.number.clone())).collect();
    let rows = file.rows.into_iter().map(|row| row.told).collect();
    let lister = Lister { source: kind.word(), principal, cause };
    let booked = remember_taken_back(app, lister, file.taken_back).await.map_err(FileNotTaken::Trouble)?;
    let findings = take(app, lister, rows).await.map_err(FileNotTaken::Trouble)?;
    if is_of_keeper {
        let known = listed::known_of(&places, &findings);
        listed::keep(app, lister, &account, known).await.map_err(FileNotTaken::Trouble)?;
    }
    let count = |wanted| findings.iter().filter(|finding| **finding == wanted).count();
    let (known, taken_back) = (count(Finding::Known), count(Finding::TakenBack));
    let (found, in_suspense) = found_among(&findings);
    // Another file has said of these that they are none.
    let (payments, other_rows) = (findings.len() - taken_back, file.other_rows + taken_back as u64);
    let differ = places.into_iter().zip(&findings).filter_map(|((line, receipt), finding)| match finding {
        Finding::Differs(differs) => Some(DifferentRow { line, receipt, differs: *differs }),
        Finding::Found | Finding::FoundInSuspense | Finding::Known | Finding::TakenBack => None,
    });
    let differ: Vec<_> = differ.chain(booked).collect();
    tracing::info!(
        %channel, kind = kind.word(), payments, found, in_suspense, known, differ = differ.len(), other_rows, incomplete_rows,
        "A file of fallback money was taken."
    );
    Ok(FileTaken { payments, found, in_suspense, known, differ, other_rows, incomplete_rows })
}

/// Has it remembered of what was taken back that nothing is left. Gives those that had been booked, because they were told of before
/// that: what is booked stands, and a person has to look at it.
async fn remember_taken_back(
    app: &SharedApp,
    lister: Lister<'_>,
    taken_back: Vec<FileRow>,
) -> Result<Vec<DifferentRow>, Problem> {
    let mut booked = Vec::new();
    let mut under_way: JoinSet<Result<Option<DifferentRow>, Problem>> = JoinSet::new();
    let mut taken_back = taken_back.into_iter();
    // Some at once, as what moved is booked: each waits for its place on the disk.
    while !under_way.is_empty() || taken_back.len() > 0 {
        while under_way.len() < AT_ONCE
            && let Some(row) = taken_back.next()
        {
            let app = Arc::clone(app);
            let (principal, cause) = (lister.principal.to_owned(), lister.cause.to_owned());
            under_way.spawn(async move { remember(&app, row, &principal, &cause).await });
        }
        if let Some(remembered) = under_way.join_next().await {
            booked.extend(remembered.map_err(trouble::internal)??);
        }
    }
    booked.sort_by_key(|row| row.line);
    Ok(booked)
}

/// Has it remembered of one payment.
async fn remember(
    app: &App,
    row: FileRow,
    principal: &str,
    cause: &str,
) -> Result<Option<DifferentRow>, Problem> {
    let (line, receipt, money) = (row.line, row.told.receipt, row.told.money);
    let number = Arc::clone(&receipt.number);
    let ask = Ask::TakeBack(SaleTakenBack { receipt, money }, row.told.evidence);
    let command = Command { principal: principal.into(), cause: cause.into(), ask };
    match app.books.ask_patiently(command).await.map_err(|error| trouble::books(&error))? {
        Answer::Done { .. } | Answer::Nothing => Ok(None),
        Answer::Quarantined { stands, differs, is_new } => {
            if is_new {
                tracing::error!(
                    stands,
                    line,
                    "A payment that is booked was taken back: in quarantine, what is booked stands."
                );
            }
            Ok(Some(DifferentRow { line, receipt: number, differs }))
        }
        other => Err(trouble::internal(format!("{other:?} answers nothing about what was taken back"))),
    }
}
