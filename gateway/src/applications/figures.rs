//! What waits and how promises are kept, as reports show it: documents that nobody has collected, by centre and age, and the
//! share of promises that were kept, by service.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::app::App;
use crate::payments::revenue_day;
use crate::views::{Found, PromiseRow, QueryError, Scope, UncollectedRow};

/// Under so many a share says nothing.
const ENOUGH_FOR_A_SHARE: u64 = 30;
/// How many days back promises are looked at, unless somebody says otherwise.
pub(crate) const PROMISE_DAYS: i32 = 90;
/// Ages of what nobody has collected, in days: up to and including. The last figure is of what is older.
pub(crate) const AGES: [i32; 3] = [7, 30, 90];

/// What lies ready at a centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CentreFigures {
    /// Whose.
    pub(crate) agency: Arc<str>,
    /// Where.
    pub(crate) centre: Arc<str>,
    /// How many.
    pub(crate) uncollected: u64,
    /// How many days the oldest waits.
    pub(crate) oldest_days: i32,
    /// How many wait for so many days at most, by [`AGES`]; the last for longer.
    pub(crate) by_age: [u64; AGES.len() + 1],
}

/// How an agency kept its promise for a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PromiseFigures {
    /// How many became ready, and how many of them in time.
    pub(crate) row: PromiseRow,
    /// Kept, of a thousand; nothing where there is not enough data.
    pub(crate) kept_per_mille: Option<u64>,
}

/// What lies ready, by agency and centre.
pub(crate) async fn uncollected(app: &App, scope: &Scope) -> Result<Found<Vec<CentreFigures>>, QueryError> {
    let Found { sequence, found } = app.views.reader().uncollected(scope).await?;
    Ok(Found { sequence, found: by_centre(found, revenue_day(app.now())) })
}

/// How promises were kept for what became ready on these days (days since 1 January 1970 in East Africa Time).
pub(crate) async fn promises(
    app: &App,
    scope: &Scope,
    days: RangeInclusive<i32>,
) -> Result<Found<Vec<PromiseFigures>>, QueryError> {
    let Found { sequence, found } = app.views.reader().promises(scope, days).await?;
    let figures = found.into_iter().map(|row| PromiseFigures {
        kept_per_mille: (row.ready >= ENOUGH_FOR_A_SHARE).then(|| row.kept.saturating_mul(1_000) / row.ready),
        row,
    });
    Ok(Found { sequence, found: figures.collect() })
}

fn by_centre(rows: Vec<UncollectedRow>, today: i32) -> Vec<CentreFigures> {
    let mut centres: BTreeMap<(Arc<str>, Arc<str>), CentreFigures> = BTreeMap::new();
    for UncollectedRow { agency, centre, since_day, count, .. } in rows {
        let figures = centres.entry((agency, centre)).or_insert_with_key(|(agency, centre)| CentreFigures {
            agency: Arc::clone(agency),
            centre: Arc::clone(centre),
            uncollected: 0,
            oldest_days: 0,
            by_age: [0; AGES.len() + 1],
        });
        let age = (today - since_day).max(0);
        figures.uncollected += count;
        figures.oldest_days = figures.oldest_days.max(age);
        figures.by_age[AGES.iter().position(|most| age <= *most).unwrap_or(AGES.len())] += count;
    }
    centres.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_counted_by_centre_and_age() {
        let row = |centre: &str, since_day, count| UncollectedRow {
            agency: "DCI".into(),
            service: "x".into(),
            centre: centre.into(),
            since_day,
            count,
        };
        let rows = vec![row("B", 100, 1), row("A", 100, 2), row("A", 93, 3), row("A", 92, 4), row("A", 9, 5)];
        let figures = by_centre(rows, 100);
        assert_eq!(figures.iter().map(|one| &*one.centre).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!((figures[0].uncollected, figures[0].oldest_days), (14, 91));
        assert_eq!(figures[0].by_age, [5, 4, 0, 5]);
    }
}
