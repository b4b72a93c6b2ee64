//! Who has paid an agency and was not let in yet, and who was: what a gate is given to know.

use std::sync::Arc;

use jiff::civil::Date;

use crate::payments::{BillState, PaymentNumber, day_number};
use crate::views::error::{QueryError, ViewsError};
use crate::views::page::Found;
use crate::views::reader::ViewsReader;
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};

const BILLS: Source =
    Source { columns: "payment_number, changed_by, visited_by", tables: "bill", agency: "agency" };

/// A bill that is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidRow {
    /// Its number.
    pub number: PaymentNumber,
    /// Sequence of the record that changed it last: its newest payment is not newer.
    pub changed_by: u64,
}

impl ViewsReader {
    /// Bills of this service that are paid in full, for this day or a later one or for any, and that nobody was let in for; those
    /// that changed last come first.
    pub async fn paid_and_not_visited(
        &self,
        agency: &Arc<str>,
        service: &Arc<str>,
        today: Date,
        count_max: usize,
    ) -> Result<Found<Vec<PaidRow>>, QueryError> {
        self.all(not_visited(agency, service, today, count_max), PaidRow::read).await
    }

    /// Bills that somebody was let in for, the latest first.
    pub async fn visited(
        &self,
        agency: &Arc<str>,
        count_max: u32,
    ) -> Result<Found<Vec<PaymentNumber>>, QueryError> {
        self.all(visited(agency, count_max), |row| row.payment_number("payment_number")).await
    }

    /// Bills whose money was given back, the newest first.
    pub async fn given_back(
        &self,
        agency: &Arc<str>,
        count_max: u32,
    ) -> Result<Found<Vec<PaymentNumber>>, QueryError> {
        self.all(given_back(agency, count_max), |row| row.payment_number("payment_number")).await
    }
}

pub(in crate::views) fn not_visited(
    agency: &Arc<str>,
    service: &Arc<str>,
    today: Date,
    count_max: usize,
) -> Select {
    Select::of(&BILLS, &Scope::Agency(Arc::clone(agency)))
        .and_is("service", Some(Arc::clone(service)))
        // In the words of the index.
        .and("visited_by IS NULL AND state IN ('paid', 'overpaid')")
        .and_from_or_null("visit_day", i64::from(day_number(today)))
        .sorted("changed_by DESC", i64::try_from(count_max).unwrap_or(i64::MAX))
}

pub(in crate::views) fn visited(agency: &Arc<str>, count_max: u32) -> Select {
    Select::of(&BILLS, &Scope::Agency(Arc::clone(agency)))
        .and("visited_by IS NOT NULL")
        .sorted("visited_by DESC", i64::from(count_max))
}

pub(in crate::views) fn given_back(agency: &Arc<str>, count_max: u32) -> Select {
    Select::of(&BILLS, &Scope::Agency(Arc::clone(agency)))
        .and_is("state", Some(BillState::Refunded.word()))
        .sorted("created DESC", i64::from(count_max))
}

impl PaidRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        Ok(Self { number: row.payment_number("payment_number")?, changed_by: row.count("changed_by")? })
    }
}
