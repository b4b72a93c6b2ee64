//! Money of which nobody told us, found in what providers list: what came in is asked for regularly and after each outage
//! ([`pulling`], by the [`plan`]), and an operator uploads the organisation's [`statement`]s and each [`file`] that tells of fallback money. Everything that is listed goes the
//! way that all money goes, [`receiving`](crate::receiving), under the same receipt; what is there already costs one look.

pub(crate) mod file;
mod listed;
mod plan;
pub(crate) mod pulling;
pub(crate) mod statement;

use std::sync::Arc;

use metrics::counter;
use tokio::task::JoinSet;

use crate::api::trouble;
use crate::app::{App, SharedApp};
use crate::away::away;
use crate::books::LookupError;
use crate::channels::Told;
use crate::http::problem::Problem;
use crate::payments::Difference;
use crate::receiving::{self, Taken};
use crate::telemetry::metrics::LISTED_PAYMENTS_TOTAL;

/// So much listed money is booked at once. Confirmations have thousands of places, and these take none of them for long.
const AT_ONCE: usize = 16;
/// So many payments are looked for in one go.
const LOOKED_UP_AT_ONCE: usize = 512;

/// What became of one payment that is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Nobody had told us: it is booked now, for a bill or as the arrival of a transfer of our own.
    Found,
    /// Nobody had told us: it is booked now, and waits in suspense for somebody to say what it is for.
    FoundInSuspense,
    /// It was booked before, with the same facts.
    Known,
    /// It was taken back: nothing moved, or nothing is left of it.
    TakenBack,
    /// It was booked before with other facts, and those stand.
    Differs(Difference),
}

impl Finding {
    const fn word(self) -> &'static str {
        match self {
            Self::Found | Self::FoundInSuspense => "found",
            Self::Known => "known",
            Self::TakenBack => "other",
            Self::Differs(_) => "differs",
        }
    }
}

/// Who lists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lister<'a> {
    /// `pull`, `statement` or the kind of file, for metrics.
    pub(crate) source: &'static str,
    /// Who tells of it, as records name them.
    pub(crate) principal: &'a str,
    /// The request, or `pull`.
    pub(crate) cause: &'a str,
}

/// Takes payments that are listed, some of them at once, and says of each what became of it, in their order. After an error
/// some are booked and the others are not; the same list may be taken again at any time.
pub(crate) async fn take(
    app: &SharedApp,
    lister: Lister<'_>,
    listed: Vec<Told<'static>>,
) -> Result<Vec<Finding>, Problem> {
    let mut findings = Vec::with_capacity(listed.len());
    let mut under_way: JoinSet<Result<(usize, Finding), Problem>> = JoinSet::new();
    let mut outcome = Ok(());
    let mut listed = listed.into_iter();
    // What is there already costs one look: no place among those of confirmations, and no key of the vault.
    'all: while listed.len() > 0 {
        let some: Vec<_> = listed.by_ref().take(LOOKED_UP_AT_ONCE).collect();
        let looked_up = match look_up(app, some).await {
            Ok(looked_up) => looked_up,
            Err(problem) => {
                outcome = Err(problem);
                break;
            }
        };
        for told in looked_up {
            let index = findings.len();
            findings.push(Finding::Known);
            let Some(told) = told else { continue };
            if under_way.len() >= AT_ONCE
                && let Err(problem) = note_next(&mut under_way, &mut findings).await
            {
                outcome = Err(problem);
                break 'all;
            }
            let app = Arc::clone(app);
            let (principal, cause) = (lister.principal.to_owned(), lister.cause.to_owned());
            under_way.spawn(async move {
                let taken = receiving::take(&app, told, &principal, &cause).await?;
                let finding = match taken {
                    Taken::Booked(sequence) if is_in_suspense(&app, sequence) => Finding::FoundInSuspense,
                    Taken::Booked(_) => Finding::Found,
                    Taken::Known(_) => Finding::Known,
                    Taken::Withdrawn(_) => Finding::TakenBack,
                    Taken::Differs(_, difference) => Finding::Differs(difference),
                };
                Ok((index, finding))
            });
        }
    }
    while !under_way.is_empty() {
        outcome = outcome.and(note_next(&mut under_way, &mut findings).await);
    }
    outcome?;
    for finding in &findings {
        let (source, outcome) = (lister.source, finding.word());
        counter!(LISTED_PAYMENTS_TOTAL.name, "source" => source, "outcome" => outcome).increment(1);
    }
    Ok(findings)
}

/// Whether the money that this record booked is in suspense.
fn is_in_suspense(app: &App, sequence: u64) -> bool {
    app.books.readers().with_totals(|totals| totals.suspense.contains_key(&sequence)).1
}

/// How many of a list were found, and how many of these wait in suspense.
fn found_among(findings: &[Finding]) -> (usize, usize) {
    let count = |wanted| findings.iter().filter(|finding| **finding == wanted).count();
    let in_suspense = count(Finding::FoundInSuspense);
    (count(Finding::Found) + in_suspense, in_suspense)
}

/// Each of these payments in its order, nothing in place of one that is booked with the same facts. It is looked for apart from
/// whoever serves requests.
async fn look_up(app: &SharedApp, listed: Vec<Told<'static>>) -> Result<Vec<Option<Told<'static>>>, Problem> {
    let app = Arc::clone(app);
    let look_up = move || {
        let unbooked = |told: Told<'static>| {
            let is_booked = receiving::is_booked(&app, &told)?;
            Ok((!is_booked).then_some(told))
        };
        listed.into_iter().map(unbooked).collect::<Result<Vec<_>, LookupError>>()
    };
    away(look_up).await.map_err(trouble::internal)?.map_err(|error| trouble::lookup(&error))
}

async fn note_next(
    under_way: &mut JoinSet<Result<(usize, Finding), Problem>>,
    findings: &mut [Finding],
) -> Result<(), Problem> {
    match under_way.join_next().await {
        Some(Ok(Ok((index, finding)))) => {
            findings[index] = finding;
            Ok(())
        }
        Some(Ok(Err(problem))) => Err(problem),
        Some(Err(error)) => Err(trouble::internal(error)),
        None => Ok(()),
    }
}
