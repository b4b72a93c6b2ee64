//! Sums that are wider than the integers of SQLite, in two of them: so many times ten to the eighteenth, and the rest.

const E18: i128 = 1_000_000_000_000_000_000;

/// How many times ten to the eighteenth are in it, rounded down.
pub(in crate::views) fn high(sum: i128) -> i64 {
    i64::try_from(sum.div_euclid(E18)).expect("ten to the thirty-sixth is more money than can be booked")
}

/// What is left, never negative.
pub(in crate::views) fn low(sum: i128) -> i64 {
    i64::try_from(sum.rem_euclid(E18)).expect("a rest of ten to the eighteenth fits")
}

/// The sum again.
pub(in crate::views) fn put_together(high: i64, low: i64) -> i128 {
    i128::from(high) * E18 + i128::from(low)
}

/// What an upsert sets where sums of two rows meet: both columns of a sum, named by themselves and, as they would have been
/// inserted, `excluded`. What the lower parts carry over goes to the higher.
pub(in crate::views) fn added(high: &str, low: &str) -> String {
    format!(
        "{high} = {high} + excluded.{high} + ({low} + excluded.{low}) / {E18}, \
         {low} = ({low} + excluded.{low}) % {E18}"
    )
}

/// The columns of a sum over many rows, which SQLite would refuse to add up once it is wider than its integers: so many
/// times ten to the ninth, as `{name}_e9`, and the rest, as `{name}`.
macro_rules! sum_of {
    ($column:literal, $name:literal) => {
        concat!(
            "sum(",
            $column,
            " / 1000000000) AS ",
            $name,
            "_e9, sum(",
            $column,
            " % 1000000000) AS ",
            $name
        )
    };
}
pub(in crate::views) use sum_of;

/// The sum of such columns.
pub(in crate::views) fn of_e9(e9: i64, rest: i64) -> i128 {
    i128::from(e9) * 1_000_000_000 + i128::from(rest)
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection as _, Row as _, SqliteConnection};

    use super::*;

    #[tokio::test]
    async fn sums_that_meet_in_a_row_carry_over() {
        let mut database = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        sqlx::raw_sql("CREATE TABLE sums (id INTEGER PRIMARY KEY, e18 INTEGER, rest INTEGER) STRICT")
            .execute(&mut database)
            .await
            .unwrap();
        let upsert = format!(
            "INSERT INTO sums (id, e18, rest) VALUES (1, ?1, ?2) ON CONFLICT (id) DO UPDATE SET {}",
            added("e18", "rest")
        );
        let mut expected = 0;
        for sum in [E18 - 1, 2, -E18 - 5, i128::from(i64::MAX) * 1_000, -7, E18 * 9] {
            expected += sum;
            let upsert = sqlx::query(sqlx::AssertSqlSafe(upsert.clone()));
            upsert.bind(high(sum)).bind(low(sum)).execute(&mut database).await.unwrap();
            let row = sqlx::query("SELECT e18, rest FROM sums").fetch_one(&mut database).await.unwrap();
            assert_eq!(put_together(row.get("e18"), row.get("rest")), expected);
        }
    }

    #[test]
    fn a_sum_of_any_width_comes_back() {
        for sum in [0, 1, -1, E18 - 1, E18, -E18, i128::from(i64::MAX) * 1_000_000, i128::from(i64::MIN) * 7]
        {
            assert_eq!(put_together(high(sum), low(sum)), sum);
            assert!((0..1_000_000_000_000_000_000).contains(&low(sum)), "{sum}");
        }
    }
}
