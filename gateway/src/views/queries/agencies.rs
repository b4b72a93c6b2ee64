//! Agencies that the books know, also those that the catalogue knows no more.

use std::sync::Arc;

use crate::views::error::QueryError;
use crate::views::page::Found;
use crate::views::reader::ViewsReader;
use crate::views::scope::{Scope, Select, Source};

/// Each agency is found by one step in an index, from the one before it: as many steps as there are agencies, however many
/// bills they have.
const KNOWN: Source = Source {
    columns: "known.agency AS agency",
    tables: "( \
        WITH RECURSIVE of_bills (agency) AS ( \
            SELECT min(agency) FROM bill \
            UNION ALL \
            SELECT (SELECT min(bill.agency) FROM bill WHERE bill.agency > of_bills.agency) \
            FROM of_bills WHERE of_bills.agency IS NOT NULL \
        ), of_payments (agency) AS ( \
            SELECT min(agency) FROM payment WHERE agency IS NOT NULL \
            UNION ALL \
            SELECT (SELECT min(payment.agency) FROM payment WHERE payment.agency > of_payments.agency) \
            FROM of_payments WHERE of_payments.agency IS NOT NULL \
        ) \
        SELECT agency FROM of_bills WHERE agency IS NOT NULL \
        UNION \
        SELECT agency FROM of_payments WHERE agency IS NOT NULL \
    ) AS known",
    agency: "known.agency",
};

/// Many times what a country has.
const AGENCY_COUNT_MAX: i64 = 100_000;

impl ViewsReader {
    /// The codes of agencies that ever had a bill or a payment, in their order.
    pub async fn agencies(&self, scope: &Scope) -> Result<Found<Vec<Arc<str>>>, QueryError> {
        self.all(select(scope), |row| row.text("agency")).await
    }
}

pub(in crate::views) fn select(scope: &Scope) -> Select {
    Select::of(&KNOWN, scope).sorted("known.agency", AGENCY_COUNT_MAX)
}
