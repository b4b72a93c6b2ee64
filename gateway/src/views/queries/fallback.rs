//! What outages are reported with: what collection accounts have collected, kept and sent home, whose it is and who has confirmed
//! it, and whom gates let in meanwhile.

use std::ops::Range;
use std::sync::Arc;

use ledger::{Currency, LedgerTime};

use crate::payments::{CollectedOn, Total};
use crate::views::error::{QueryError, ViewsError};
use crate::views::page::Found;
use crate::views::reader::ViewsReader;
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};
use crate::views::wide;

/// Payments and sweeps on one side, the accounts of the books on the other, all of one moment.
const ACCOUNTS: Source = Source {
    columns: "one.provider, one.short_code, one.currency, one.count, one.minor_e18, one.minor, \
              coalesce(held.debit_e18, 0) - coalesce(held.credit_e18, 0) AS held_e18, \
              coalesce(held.debit, 0) - coalesce(held.credit, 0) AS held, \
              coalesce(way.debit_e18, 0) - coalesce(way.credit_e18, 0) AS in_transit_e18, \
              coalesce(way.debit, 0) - coalesce(way.credit, 0) AS in_transit, \
              coalesce(home.swept_e9, 0) AS swept_e9, coalesce(home.swept, 0) AS swept, \
              coalesce(apart.found_e9, 0) AS found_e9, coalesce(apart.found, 0) AS found",
    tables: concat!(
        "collection_account AS one \
         LEFT JOIN balance AS held ON held.account = one.account AND held.currency = one.currency \
         LEFT JOIN balance AS way ON way.account = one.in_transit AND way.currency = one.currency \
         LEFT JOIN (SELECT provider, short_code, currency, ",
        wide::sum_of!("minor", "swept"),
        " FROM sweep WHERE state = 'confirmed' GROUP BY provider, short_code, currency) AS home \
         ON home.provider = one.provider AND home.short_code = one.short_code AND home.currency = one.currency \
         LEFT JOIN (SELECT provider, short_code, currency, ",
        wide::sum_of!("minor", "found"),
        " FROM counter_count GROUP BY provider, short_code, currency) AS apart \
         ON apart.provider = one.provider AND apart.short_code = one.short_code AND apart.currency = one.currency"
    ),
    // Accounts are of the whole books: no agency sees one.
    agency: "''",
};

/// Money in suspense is nobody's, also where it is visibly meant for somebody.
const COLLECTED: Source = Source {
    columns: concat!(
        "payment.provider, payment.short_code, payment.currency, \
         CASE payment.placement WHEN 'bill' THEN payment.agency ELSE '' END AS owner, \
         (payment.evidence >= 2 OR payment_listed.payment IS NOT NULL) AS is_matched, count(*) AS count, ",
        wide::sum_of!("payment.minor", "minor")
    ),
    tables: "payment LEFT JOIN payment_listed ON payment_listed.payment = payment.sequence",
    agency: "CASE payment.placement WHEN 'bill' THEN payment.agency END",
};

/// The same, with the attempts for which money came.
const COLLECTED_BY_ATTEMPTS: Source = Source {
    tables: "payment LEFT JOIN payment_listed ON payment_listed.payment = payment.sequence \
             LEFT JOIN attempt ON attempt.attempt_id = payment.attempt_id",
    ..COLLECTED
};
/// When money moved: as the channel says, or when it was asked for, where the channel says nothing.
const MOVED: &str = "coalesce(payment.moved, attempt.created, payment.booked)";

const ADMITTED: Source = Source {
    columns: "agency, count(*) AS count, sum(offline) AS offline",
    tables: "visit",
    agency: "agency",
};

/// A thousand accounts in two currencies.
const ACCOUNT_COUNT_MAX: i64 = 2_000;
/// A thousand agencies on a few accounts each.
const ROW_COUNT_MAX: i64 = 20_000;

/// What an account has collected since it exists, and where that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Which.
    pub account: CollectedOn,
    /// In which currency.
    pub currency: Currency,
    /// What came in, by the payments.
    pub collected: Total,
    /// What arrived at home, by the sweeps.
    pub swept: i128,
    /// What counts found there that nobody paid, by the records of counters; less than nothing where cash lacked.
    pub short_and_over: i128,
    /// What is on its way, by the books.
    pub in_transit: i128,
    /// What is on it, by the books.
    pub held: i128,
}

/// What came in on an account for somebody, matched or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectedRow {
    /// On which account.
    pub account: CollectedOn,
    /// Whose; nothing for money in suspense.
    pub agency: Option<Arc<str>>,
    /// In which currency.
    pub currency: Currency,
    /// Whether the provider has confirmed it, asked or in a statement.
    pub is_matched: bool,
    /// How many payments, and how much.
    pub total: Total,
}

/// Whom the gates of an agency let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmittedRow {
    /// Which agency.
    pub agency: Arc<str>,
    /// How many.
    pub count: u64,
    /// So many of them by gates that had nobody to ask.
    pub offline: u64,
}

impl ViewsReader {
    /// Every account on which money ever came in.
    pub async fn collection_accounts(&self) -> Result<Found<Vec<AccountRow>>, QueryError> {
        self.all(accounts(), AccountRow::read).await
    }

    /// What came in on accounts, by records of these sequences. Reads each of those payments.
    pub async fn collected_on_accounts(
        &self,
        scope: &Scope,
        records: Range<u64>,
    ) -> Result<Found<Vec<CollectedRow>>, QueryError> {
        self.all(collected(scope, records), CollectedRow::read).await
    }

    /// The same, of money alone that moved from one moment to another, both included, by whoever moved it.
    pub async fn moved_on_accounts(
        &self,
        scope: &Scope,
        records: Range<u64>,
        from: LedgerTime,
        until: LedgerTime,
    ) -> Result<Found<Vec<CollectedRow>>, QueryError> {
        let booked = of_records(Select::of(&COLLECTED_BY_ATTEMPTS, scope), records);
        let moved = booked.and_between(MOVED, from.micros(), until.micros());
        self.all(by_owner(moved), CollectedRow::read).await
    }

    /// Whom gates let in from one moment to another, both included.
    pub async fn admitted(
        &self,
        scope: &Scope,
        from: LedgerTime,
        until: LedgerTime,
    ) -> Result<Found<Vec<AdmittedRow>>, QueryError> {
        self.all(admitted(scope, from, until), AdmittedRow::read).await
    }
}

pub(in crate::views) fn accounts() -> Select {
    Select::of(&ACCOUNTS, &Scope::All).sorted("one.provider, one.short_code, one.currency", ACCOUNT_COUNT_MAX)
}

pub(in crate::views) fn collected(scope: &Scope, records: Range<u64>) -> Select {
    by_owner(of_records(Select::of(&COLLECTED, scope), records))
}

fn of_records(payments: Select, records: Range<u64>) -> Select {
    let place = |sequence: u64| i64::try_from(sequence).unwrap_or(i64::MAX);
    payments.and_between("payment.sequence", place(records.start), place(records.end) - 1)
}

fn by_owner(payments: Select) -> Select {
    payments
        .grouped("payment.provider, payment.short_code, payment.currency, owner, is_matched")
        .sorted("payment.provider, payment.short_code, payment.currency, owner, is_matched", ROW_COUNT_MAX)
}

pub(in crate::views) fn admitted(scope: &Scope, from: LedgerTime, until: LedgerTime) -> Select {
    Select::of(&ADMITTED, scope)
        .and_between("at", from.micros(), until.micros())
        .grouped("agency")
        .sorted("agency", ROW_COUNT_MAX)
}

fn read_account(row: Columns<'_>) -> Result<CollectedOn, ViewsError> {
    Ok(CollectedOn { provider: row.word("provider")?, short_code: row.text("short_code")? })
}

impl AccountRow {
    /// What came in and was found, less what arrived at home, is on its way or lies there: nothing, or something is badly
    /// wrong.
    pub fn difference(&self) -> i128 {
        self.collected.minor + self.short_and_over - self.swept - self.in_transit - self.held
    }

    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        let wide = |high, low| Ok::<_, ViewsError>(wide::put_together(row.get(high)?, row.get(low)?));
        Ok(Self {
            account: read_account(row)?,
            currency: row.word("currency")?,
            collected: Total { count: row.get("count")?, minor: wide("minor_e18", "minor")? },
            swept: wide::of_e9(row.get("swept_e9")?, row.get("swept")?),
            short_and_over: wide::of_e9(row.get("found_e9")?, row.get("found")?),
            in_transit: wide("in_transit_e18", "in_transit")?,
            held: wide("held_e18", "held")?,
        })
    }
}

impl CollectedRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        let owner = row.text("owner")?;
        let minor = wide::of_e9(row.get("minor_e9")?, row.get("minor")?);
        Ok(Self {
            account: read_account(row)?,
            agency: Some(owner).filter(|owner| !owner.is_empty()),
            currency: row.word("currency")?,
            is_matched: row.get("is_matched")?,
            total: Total { count: row.get("count")?, minor },
        })
    }
}

impl AdmittedRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        let (count, offline) = (row.count("count")?, row.count("offline")?);
        Ok(Self { agency: row.text("agency")?, count, offline })
    }
}
