//! Whose rows a question may see. This is the one place where a question begins, and it cannot begin without a scope:
//! readers run a [`Select`] and nothing else, and only [`Select::of`] makes one.

use std::sync::Arc;

use ledger::LedgerTime;
use sqlx::sqlite::SqliteRow;
use sqlx::{Encode, QueryBuilder, Sqlite, SqliteConnection, Type};

use super::error::QueryError;
use super::page::{List, PageRequest, TimeRange};

/// Whose rows may be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's, and nobody's: suspense that is meant for nobody known, and what concerns no agency.
    All,
    /// Those of one agency. What is nobody's is not seen.
    Agency(Arc<str>),
}

/// Where rows come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    /// What is selected.
    pub(super) columns: &'static str,
    /// The table, or tables joined.
    pub(super) tables: &'static str,
    /// The column that says whose a row is. Every source has one.
    pub(super) agency: &'static str,
}

/// A question that is limited to a scope.
pub(super) struct Select {
    sql: QueryBuilder<Sqlite>,
}

impl Select {
    /// Begins a question: the rows of `source` that `scope` may see.
    pub(super) fn of(source: &Source, scope: &Scope) -> Self {
        let Source { columns, tables, agency } = source;
        let mut sql = QueryBuilder::new(format!("SELECT {columns} FROM {tables} WHERE "));
        match scope {
            Scope::All => sql.push("true"),
            // Where a column cannot be null, what is nobody's has an empty code.
            Scope::Agency(code) if code.is_empty() => sql.push("false"),
            Scope::Agency(code) => sql.push(format_args!("{agency} = ")).push_bind(Arc::clone(code)),
        };
        Self { sql }
    }

    /// Only rows for which this fixed condition holds.
    pub(super) fn and(mut self, condition: &'static str) -> Self {
        self.sql.push(" AND ").push(condition);
        self
    }

    /// Only rows that have this value in the column, if a value is given.
    pub(super) fn and_is<T>(mut self, column: &'static str, value: Option<T>) -> Self
    where
        T: for<'q> Encode<'q, Sqlite> + Type<Sqlite>,
    {
        if let Some(value) = value {
            self.sql.push(format_args!(" AND {column} = ")).push_bind(value);
        }
        self
    }

    /// Only rows that have one of these values in the column, if any are given: of none there are no rows.
    pub(super) fn and_among(mut self, column: &'static str, values: Option<&[Arc<str>]>) -> Self {
        if let Some(values) = values {
            self.sql.push(format_args!(" AND {column} IN ("));
            let mut among = self.sql.separated(", ");
            for value in values {
                among.push_bind(Arc::clone(value));
            }
            self.sql.push(")");
        }
        self
    }

    /// Only rows from `from` to `to`, both included.
    pub(super) fn and_between(mut self, column: &'static str, from: i64, to: i64) -> Self {
        self.sql.push(format_args!(" AND {column} BETWEEN ")).push_bind(from).push(" AND ").push_bind(to);
        self
    }

    /// Only rows with this or more in the column, or nothing.
    pub(super) fn and_from_or_null(mut self, column: &'static str, from: i64) -> Self {
        self.sql.push(format_args!(" AND ({column} IS NULL OR {column} >= ")).push_bind(from).push(")");
        self
    }

    /// Only rows with less than this in the column.
    pub(super) fn and_below(mut self, column: &'static str, bound: i64) -> Self {
        self.sql.push(format_args!(" AND {column} < ")).push_bind(bound);
        self
    }

    /// Only rows of this span of time.
    pub(super) fn and_in(mut self, column: &'static str, range: TimeRange) -> Self {
        if let Some(from) = range.from {
            self.sql.push(format_args!(" AND {column} >= ")).push_bind(from.micros());
        }
        if let Some(before) = range.before {
            self.sql.push(format_args!(" AND {column} < ")).push_bind(before.micros());
        }
        self
    }

    /// One page, in the order of the list. Ledger time never runs backwards, so that sorting by time and sequence is
    /// sorting by sequence, and the time alone finds the place in an index. One row more is read than the page shows:
    /// it tells whether there is another page.
    pub(super) fn page(
        mut self,
        list: List,
        time: &'static str,
        sequence: &'static str,
        page: PageRequest,
    ) -> Result<Self, QueryError> {
        let (beyond, order) = if list.is_oldest_first() { (">", "ASC") } else { ("<", "DESC") };
        if let Some(cursor) = page.after {
            let (last_time, last_sequence): (LedgerTime, u64) = cursor.place_in(list)?;
            let last_sequence = i64::try_from(last_sequence).expect("a cursor's sequence fits a column");
            self.sql.push(format_args!(" AND {time} {beyond}= ")).push_bind(last_time.micros());
            self.sql.push(format_args!(" AND {sequence} {beyond} ")).push_bind(last_sequence);
        }
        self.sql.push(format_args!(" ORDER BY {time} {order}, {sequence} {order} LIMIT "));
        self.sql.push_bind(i64::from(page.size.get()) + 1);
        Ok(self)
    }

    /// One row for all that agree in these columns.
    pub(super) fn grouped(mut self, columns: &'static str) -> Self {
        self.sql.push(" GROUP BY ").push(columns);
        self
    }

    /// All rows, in a fixed order, so many at most.
    pub(super) fn sorted(mut self, order: &'static str, row_count_max: i64) -> Self {
        self.sql.push(format_args!(" ORDER BY {order} LIMIT ")).push_bind(row_count_max);
        self
    }

    pub(super) async fn fetch(
        mut self,
        connection: &mut SqliteConnection,
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        self.sql.build().fetch_all(connection).await
    }

    /// How SQLite would go about it.
    #[cfg(test)]
    pub(super) async fn plan(self, connection: &mut SqliteConnection) -> String {
        use sqlx::Row;
        // Unbound values read as null, which changes no plan here: there are no statistics.
        let sql = format!("EXPLAIN QUERY PLAN {}", self.sql.into_string());
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("; ")
    }
}
