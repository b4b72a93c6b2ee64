//! The rows of collection accounts, sweeps, what statements list, and visits.

use sqlx::SqliteConnection;

use super::{number, send};
use crate::payments::SweepState;
use crate::views::fallback::FallbackChanges;
use crate::views::wide;

/// Writes what changed of fallback money. Sweeps first, of which some may have ended already.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    changes: &FallbackChanges,
) -> Result<(), sqlx::Error> {
    collected(connection, changes).await?;
    sweeps(connection, changes).await?;
    const LISTED_HEAD: &str = "INSERT INTO payment_listed (payment, sequence) ";
    const LISTED_TAIL: &str = " ON CONFLICT (payment) DO NOTHING";
    send(connection, LISTED_HEAD, &changes.listed, LISTED_TAIL, |row, (payment, sequence)| {
        row.push_bind(number(*payment)).push_bind(number(*sequence));
    })
    .await?;
    const VISIT_HEAD: &str = "INSERT INTO visit (sequence, agency, at, offline) ";
    send(connection, VISIT_HEAD, &changes.visits, "", |row, visit| {
        row.push_bind(number(visit.sequence))
            .push_bind(visit.agency.clone())
            .push_bind(visit.at.micros())
            .push_bind(visit.is_offline);
    })
    .await
}

async fn collected(connection: &mut SqliteConnection, changes: &FallbackChanges) -> Result<(), sqlx::Error> {
    const HEAD: &str = "INSERT INTO collection_account (provider, short_code, currency, account, in_transit, count, \
        minor_e18, minor) ";
    let tail = format!(
        " ON CONFLICT (provider, short_code, currency) DO UPDATE SET count = count + excluded.count, {}",
        wide::added("minor_e18", "minor")
    );
    send(connection, HEAD, &changes.collected, &tail, |row, ((account, currency), total)| {
        row.push_bind(account.provider.word())
            .push_bind(account.short_code.clone())
            .push_bind(currency.code())
            .push_bind(account.in_books().as_str().to_owned())
            .push_bind(account.in_transit().as_str().to_owned())
            .push_bind(total.count)
            .push_bind(wide::high(total.minor))
            .push_bind(wide::low(total.minor));
    })
    .await
}

async fn sweeps(connection: &mut SqliteConnection, changes: &FallbackChanges) -> Result<(), sqlx::Error> {
    const HEAD: &str = "INSERT INTO sweep (sequence, provider, short_code, minor, currency, state) ";
    send(connection, HEAD, &changes.sent, "", |row, sweep| {
        row.push_bind(number(sweep.sequence))
            .push_bind(sweep.account.provider.word())
            .push_bind(sweep.account.short_code.clone())
            .push_bind(sweep.money.minor())
            .push_bind(sweep.money.currency().code())
            .push_bind(SweepState::InTransit.word());
    })
    .await?;
    const ENDED_HEAD: &str = "UPDATE sweep SET state = ended.column2 FROM (";
    const ENDED_TAIL: &str = ") AS ended WHERE sweep.sequence = ended.column1";
    send(connection, ENDED_HEAD, &changes.ended, ENDED_TAIL, |row, (sweep, state)| {
        row.push_bind(number(*sweep)).push_bind(state.word());
    })
    .await
}
