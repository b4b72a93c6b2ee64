//! Asks the provider of the consolidated paybill what came in, as the [`plan`](super::plan) says. How far that has come is
//! kept in a small file of the data directory: losing it costs a longer list, and nothing else.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use ledger::LedgerTime;
use metrics::{counter, gauge};

use super::plan::{Plan, Span, seconds};
use super::{Lister, found_among, take};
use crate::app::SharedApp;
use crate::channels::Told;
use crate::channels::contract::{Channel, ListRow, ListWanted, Lists, NoList};
use crate::http::problem::Problem;
use crate::payments::channels::Outage;
use crate::telemetry::metrics::{LISTED_LAG_SECONDS, LISTED_PAYMENTS_TOTAL, LISTS_TOTAL};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The most pages of one part: a provider that never comes to an end is not followed for ever.
const PAGES_MAX: usize = 2_000;
const LISTED_UNTIL_FILE: &str = "listed-until";

/// Why a part was not listed.
enum NotListed {
    /// It has too much in it.
    TooLong,
    /// The provider did not answer, or the books did not take what it listed.
    Failed(String),
}

impl From<Problem> for NotListed {
    fn from(problem: Problem) -> Self {
        Self::Failed(format!("{problem:?}"))
    }
}

/// Asks until it is stopped. Ends at once if nobody can be asked.
pub(crate) async fn keep_pulling(app: SharedApp) {
    let home = app.channels.home();
    let Some(lists) = home.lists() else {
        tracing::info!("Nobody is asked what came in: paybill.pull_number names no phone.");
        return;
    };
    let now = seconds(app.now().micros());
    let mut plan = Plan::new(lists.look_back_seconds(), listed_until(&app).unwrap_or(now));
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let board = app.books.readers().channels();
        let is_of_home = |outage: &&Outage| outage.scope.channel == *home.name();
        while let Some(span) = plan.next(board.ended_outages().filter(is_of_home), now_of(&app)) {
            match list(&app, home, lists, span).await {
                Ok(listed) => {
                    plan.listed(span, listed, now_of(&app));
                    if let Err(error) = keep(&app.data_folder, plan.listed_until()) {
                        tracing::warn!(%error, "How far lists were read cannot be kept: a restart reads more of them.");
                    }
                }
                Err(NotListed::TooLong) if plan.cut() => {}
                Err(error) => {
                    let error = match error {
                        NotListed::TooLong => "one second has too much in it".to_owned(),
                        NotListed::Failed(error) => error,
                    };
                    let again_in_seconds = plan.failed(now_of(&app));
                    counter!(LISTS_TOTAL.name, "outcome" => "failed").increment(1);
                    tracing::warn!(error, again_in_seconds, "The provider was asked what came in, in vain.");
                }
            }
        }
        show(now_of(&app) - plan.listed_until());
    }
}

#[expect(clippy::cast_precision_loss, reason = "a metric; nobody measures a million years")]
fn show(lag_seconds: i64) {
    gauge!(LISTED_LAG_SECONDS.name).set(lag_seconds.max(0) as f64);
}

fn now_of(app: &SharedApp) -> i64 {
    seconds(app.now().micros())
}

/// What came of listing a span to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// All of it was read.
    Whole,
    /// Rows of it could not be read: it is listed again, as long as it can be asked for.
    WithUnreadable,
}

/// Lists all of a span, page by page, and books what is new.
async fn list(
    app: &SharedApp,
    home: &dyn Channel,
    lists: &dyn Lists,
    span: Span,
) -> Result<Listed, NotListed> {
    let at = |seconds: i64| LedgerTime::from_micros(seconds.saturating_mul(1_000_000));
    let principal = home.account().provider.principal();
    let lister = Lister { source: "pull", principal, cause: "pull" };
    // Rows repeat, on one page and on the next: the provider counts each once, and so does the offset.
    let mut seen: HashSet<Arc<str>> = HashSet::new();
    let mut unreadable = 0;
    let mut found = 0;
    for _ in 0..PAGES_MAX {
        let wanted = ListWanted { from: at(span.from), until: at(span.until), offset: seen.len() };
        let page = lists.list(wanted).await.map_err(|error| match error {
            NoList::TooLong => NotListed::TooLong,
            NoList::NoAnswer(error) => NotListed::Failed(error.to_string()),
        })?;
        counter!(LISTS_TOTAL.name, "outcome" => "answered").increment(1);
        let seen_before = seen.len();
        let (told, unreadable_here) = sort(page.rows, &mut seen);
        unreadable += unreadable_here;
        if seen.len() == seen_before {
            if found > 0 {
                tracing::warn!(found, of = seen.len(), "Money was found of which nobody had told us.");
            }
            return Ok(if unreadable == 0 { Listed::Whole } else { Listed::WithUnreadable });
        }
        let findings = take(app, lister, told).await?;
        found += found_among(&findings).0;
    }
    Err(NotListed::TooLong)
}

/// Payments that were not seen before, and how many rows that were not seen before cannot be read.
fn sort(rows: Vec<ListRow>, seen: &mut HashSet<Arc<str>>) -> (Vec<Told<'static>>, usize) {
    let mut told = Vec::with_capacity(rows.len());
    let mut unreadable = 0;
    for row in rows {
        let outcome = match row {
            ListRow::Money(money) => {
                if seen.insert(Arc::clone(&money.receipt.number)) {
                    told.push(*money);
                }
                continue;
            }
            ListRow::Other { name } => {
                if !seen.insert(name) {
                    continue;
                }
                "other"
            }
            ListRow::Unreadable { name, reason } => {
                if !seen.insert(name) {
                    continue;
                }
                tracing::error!(reason, "A row of what came in could not be read; the statement has it too.");
                unreadable += 1;
                "unreadable"
            }
        };
        counter!(LISTED_PAYMENTS_TOTAL.name, "source" => "pull", "outcome" => outcome).increment(1);
    }
    (told, unreadable)
}

/// How far lists were read in an earlier life. Without a file all that was before is listed again, as far back as can be
/// asked; where there were no books, nothing was before. No list is newer than the books that it was read into.
fn listed_until(app: &SharedApp) -> Option<i64> {
    let books_until = seconds(app.books_found_until?.micros());
    let kept = fs::read_to_string(app.data_folder.join(LISTED_UNTIL_FILE)).ok();
    let kept = kept.and_then(|text| text.trim().parse::<i64>().ok());
    Some(kept.unwrap_or(i64::MIN).min(books_until))
}

/// Keeps it in place of what was kept before, whole or not at all. Not synced: a power cut may leave the older one.
fn keep(folder: &Path, listed_until: i64) -> io::Result<()> {
    let unfinished = folder.join("listed-until.unfinished");
    fs::write(&unfinished, listed_until.to_string())?;
    fs::rename(unfinished, folder.join(LISTED_UNTIL_FILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_cannot_be_read_counts_once_like_every_other() {
        let row =
            |name: &str| ListRow::Unreadable { name: name.into(), reason: "it has no amount".to_owned() };
        let mut seen = HashSet::new();
        let (told, unreadable) = sort(vec![row("one"), row("one"), row("two")], &mut seen);
        assert_eq!((told.len(), unreadable, seen.len()), (0, 2, 2), "a page of them is no end of the list");
        let (_, unreadable) = sort(vec![row("two"), ListRow::Other { name: "a charge".into() }], &mut seen);
        assert_eq!((unreadable, seen.len()), (0, 3));
    }
}
