//! How services are used: searched, viewed, billed, paid, over some days, by service or by agency.

use std::ops::RangeInclusive;
use std::sync::Arc;

use ledger::Currency;

use crate::views::error::{QueryError, ViewsError};
use crate::views::page::Found;
use crate::views::reader::ViewsReader;
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};
use crate::views::wide;

const SERVICES: Source = Source {
    columns: "agency, service, sum(searched) AS searched, sum(viewed) AS viewed, \
              sum(billed) AS billed, sum(paid) AS paid, sum(kes_e18) AS kes_e18, sum(kes_minor) AS kes_minor, \
              sum(usd_e18) AS usd_e18, sum(usd_minor) AS usd_minor",
    tables: "service_day",
    agency: "agency",
};

const AGENCIES: Source = Source {
    columns: "agency, '' AS service, sum(searched) AS searched, sum(viewed) AS viewed, \
              sum(billed) AS billed, sum(paid) AS paid, sum(kes_e18) AS kes_e18, sum(kes_minor) AS kes_minor, \
              sum(usd_e18) AS usd_e18, sum(usd_minor) AS usd_minor",
    tables: "service_day",
    agency: "agency",
};

const DAYS: Source = Source { columns: "day", tables: "service_day", agency: "agency" };

/// So many services are told of at once: more than four catalogues of a whole country.
const SERVICE_COUNT_MAX: i64 = 100_000;

/// What a row of usage is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageBy {
    /// A service.
    Service,
    /// An agency, all its services together.
    Agency,
}

/// How a service, or all services of an agency, were used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageRow {
    /// Whose.
    pub agency: Arc<str>,
    /// Its slug; empty if the row is of an agency.
    pub service: Arc<str>,
    /// How often it was among the first results of a search.
    pub searched: u64,
    /// How often its own answer was asked for.
    pub viewed: u64,
    /// Bills made.
    pub billed: u64,
    /// Bills completed.
    pub paid: u64,
    /// What was booked for its bills, in minor units; currencies without money are left out.
    pub collected: Vec<(Currency, i128)>,
}

impl UsageRow {
    /// Adds what a service was used under another agency, before it changed hands.
    pub fn add(&mut self, other: Self) {
        self.searched += other.searched;
        self.viewed += other.viewed;
        self.billed += other.billed;
        self.paid += other.paid;
        for (currency, minor) in other.collected {
            match self.collected.iter_mut().find(|(known, _)| *known == currency) {
                Some((_, sum)) => *sum += minor,
                None => self.collected.push((currency, minor)),
            }
        }
    }
}

impl ViewsReader {
    /// Usage over these revenue days (days since 1 January 1970 in East Africa Time), by agency and service. Whatever was
    /// not used at all has no row.
    pub async fn usage(
        &self,
        scope: &Scope,
        by: UsageBy,
        agency: Option<Arc<str>>,
        days: RangeInclusive<i32>,
    ) -> Result<Found<Vec<UsageRow>>, QueryError> {
        self.all(select(scope, by, agency, &days), UsageRow::read).await
    }

    /// The services for whose bills most was booked on a revenue day, in shillings first, so many at most.
    pub async fn earning_services(
        &self,
        scope: &Scope,
        day: i32,
        row_count_max: u16,
    ) -> Result<Found<Vec<UsageRow>>, QueryError> {
        self.all(select_earning(scope, day, row_count_max), UsageRow::read).await
    }

    /// The first of these revenue days on which anything was searched or viewed, of any agency: searches and views of the
    /// days before may not have been counted, because bills are older than counting.
    pub async fn counted_from(&self, days: RangeInclusive<i32>) -> Result<Option<i32>, QueryError> {
        let found = self.all(select_counted(&days), |row| row.get("day")).await?;
        Ok(found.found.first().copied())
    }
}

pub(in crate::views) fn select_earning(scope: &Scope, day: i32, row_count_max: u16) -> Select {
    Select::of(&SERVICES, scope)
        .and("kes_e18 + kes_minor + usd_e18 + usd_minor > 0")
        .and_is("day", Some(day))
        .grouped("agency, service")
        .sorted(
            "kes_e18 DESC, kes_minor DESC, usd_e18 DESC, usd_minor DESC, service",
            i64::from(row_count_max),
        )
}

pub(in crate::views) fn select_counted(days: &RangeInclusive<i32>) -> Select {
    // It tells nothing of anybody's rows but that there is one.
    Select::of(&DAYS, &Scope::All)
        .and("searched + viewed > 0")
        .and_between("day", i64::from(*days.start()), i64::from(*days.end()))
        .sorted("day", 1)
}

pub(in crate::views) fn select(
    scope: &Scope,
    by: UsageBy,
    agency: Option<Arc<str>>,
    days: &RangeInclusive<i32>,
) -> Select {
    let (source, group) = match by {
        UsageBy::Service => (&SERVICES, "agency, service"),
        UsageBy::Agency => (&AGENCIES, "agency"),
    };
    Select::of(source, scope)
        .and_is("agency", agency)
        .and_between("day", i64::from(*days.start()), i64::from(*days.end()))
        .grouped(group)
        .sorted(group, SERVICE_COUNT_MAX)
}

impl UsageRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        let sums = [
            (Currency::Kes, wide::put_together(row.get("kes_e18")?, row.get("kes_minor")?)),
            (Currency::Usd, wide::put_together(row.get("usd_e18")?, row.get("usd_minor")?)),
        ];
        Ok(Self {
            agency: row.text("agency")?,
            service: row.text("service")?,
            searched: row.count("searched")?,
            viewed: row.count("viewed")?,
            billed: row.count("billed")?,
            paid: row.count("paid")?,
            collected: sums.into_iter().filter(|(_, minor)| *minor != 0).collect(),
        })
    }
}
