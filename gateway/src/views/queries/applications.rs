//! Applications: lists, what nobody has collected, and how agencies keep their promises.

use std::ops::RangeInclusive;
use std::sync::Arc;

use ledger::LedgerTime;

use crate::payments::{ApplicationState, PaymentNumber, Promise};
use crate::views::error::{QueryError, ViewsError};
use crate::views::page::{Found, List, Page, PageRequest};
use crate::views::reader::{Listed, ViewsReader};
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};

const APPLICATIONS: Source = Source {
    columns: "payment_number, agency, service, state, centre, since, due_day, ready_day, paid, changed_by",
    tables: "application",
    agency: "agency",
};

const UNCOLLECTED: Source = Source {
    columns: "agency, service, centre, since_day, count(*) AS count",
    tables: "application",
    agency: "agency",
};

const PROMISES: Source = Source {
    columns: "agency, service, count(*) AS ready, sum(ready_day <= due_day) AS kept",
    tables: "application",
    agency: "agency",
};

/// So many rows a report has at most: centres by days, or the services of a whole country.
const REPORT_ROWS_MAX: i64 = 100_000;

/// An application as the views have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationRow {
    /// Its bill.
    pub bill: PaymentNumber,
    /// Who works on it.
    pub agency: Arc<str>,
    /// What was applied for.
    pub service: Arc<str>,
    /// What it is now.
    pub state: ApplicationState,
    /// Where it lies, or lay last.
    pub centre: Option<Arc<str>>,
    /// Since when it is so.
    pub since: LedgerTime,
    /// The last day of the promise, as days since 1 January 1970 in East Africa Time.
    pub due_day: Option<i32>,
    /// The day on which it was first ready.
    pub ready_day: Option<i32>,
    /// When its bill was paid.
    pub paid: LedgerTime,
    /// Sequence of the record that changed it last.
    pub changed_by: u64,
}

/// Which applications. What is not given does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplicationFilter {
    /// Of this agency.
    pub agency: Option<Arc<str>>,
    /// For this service.
    pub service: Option<Arc<str>>,
    /// In this state.
    pub state: Option<ApplicationState>,
    /// At this centre.
    pub centre: Option<Arc<str>>,
    /// Not ready on this day, which is after the last day of the promise. Days since 1 January 1970 in East Africa Time.
    pub late_on: Option<i32>,
}

/// Documents of one service that became ready at one centre on one day, and that nobody has collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncollectedRow {
    /// Whose.
    pub agency: Arc<str>,
    /// What.
    pub service: Arc<str>,
    /// Where.
    pub centre: Arc<str>,
    /// Since which day, as days since 1 January 1970 in East Africa Time.
    pub since_day: i32,
    /// How many.
    pub count: u64,
}

/// How an agency kept its promise for a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromiseRow {
    /// Whose.
    pub agency: Arc<str>,
    /// Which service.
    pub service: Arc<str>,
    /// How many became ready.
    pub ready: u64,
    /// How many of them in time.
    pub kept: u64,
}

impl ViewsReader {
    /// A page of applications, those that changed last first.
    pub async fn applications(
        &self,
        scope: &Scope,
        filter: &ApplicationFilter,
        page: PageRequest,
    ) -> Result<Page<ApplicationRow>, QueryError> {
        self.page(select(scope, filter, page)?, ApplicationRow::read, List::Applications, page).await
    }

    /// What lies ready, by agency, service, centre and day.
    pub async fn uncollected(&self, scope: &Scope) -> Result<Found<Vec<UncollectedRow>>, QueryError> {
        self.all(select_uncollected(scope), UncollectedRow::read).await
    }

    /// How promises were kept for what became ready on these days (days since 1 January 1970 in East Africa Time).
    pub async fn promises(
        &self,
        scope: &Scope,
        days: RangeInclusive<i32>,
    ) -> Result<Found<Vec<PromiseRow>>, QueryError> {
        self.all(select_promises(scope, &days), PromiseRow::read).await
    }
}

pub(in crate::views) fn select(
    scope: &Scope,
    filter: &ApplicationFilter,
    page: PageRequest,
) -> Result<Select, QueryError> {
    let select = Select::of(&APPLICATIONS, scope);
    let select = match filter.late_on {
        // Written out, not bound: only so does SQLite see that the index of what is not ready yet is enough.
        Some(today) => select.and("ready_day IS NULL").and_below("due_day", i64::from(today)),
        None => select,
    };
    select
        .and_is("agency", filter.agency.clone())
        .and_is("service", filter.service.clone())
        .and_is("state", filter.state.map(ApplicationState::word))
        .and_is("centre", filter.centre.clone())
        .page(List::Applications, "since", "changed_by", page)
}

pub(in crate::views) fn select_uncollected(scope: &Scope) -> Select {
    // Written out, not bound: only so does SQLite see that the index of what is ready is enough.
    const GROUP: &str = "agency, centre, since_day, service";
    Select::of(&UNCOLLECTED, scope).and("state = 'ready'").grouped(GROUP).sorted(GROUP, REPORT_ROWS_MAX)
}

pub(in crate::views) fn select_promises(scope: &Scope, days: &RangeInclusive<i32>) -> Select {
    Select::of(&PROMISES, scope)
        .and("due_day IS NOT NULL AND ready_day IS NOT NULL")
        .and_between("ready_day", i64::from(*days.start()), i64::from(*days.end()))
        .grouped("agency, service")
        .sorted("agency, service", REPORT_ROWS_MAX)
}

impl ApplicationRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        Ok(Self {
            bill: row.payment_number("payment_number")?,
            agency: row.text("agency")?,
            service: row.text("service")?,
            state: row.word("state")?,
            centre: row.text_if_any("centre")?,
            since: row.time("since")?,
            due_day: row.get("due_day")?,
            ready_day: row.get("ready_day")?,
            paid: row.time("paid")?,
            changed_by: row.count("changed_by")?,
        })
    }

    /// How it stands to the promise on this day.
    pub fn promise(&self, today: i32) -> Promise {
        Promise::of(self.due_day, self.ready_day.unwrap_or(today), self.ready_day.is_some())
    }
}

impl Listed for ApplicationRow {
    fn place(&self) -> (LedgerTime, u64) {
        (self.since, self.changed_by)
    }
}

impl UncollectedRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        Ok(Self {
            agency: row.text("agency")?,
            service: row.text("service")?,
            centre: row.text("centre")?,
            since_day: row.get("since_day")?,
            count: row.count("count")?,
        })
    }
}

impl PromiseRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        Ok(Self {
            agency: row.text("agency")?,
            service: row.text("service")?,
            ready: row.count("ready")?,
            kept: row.count("kept")?,
        })
    }
}
