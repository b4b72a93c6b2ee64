//! Transactions as files, of exactly the filter in the address. Every row is of one moment, and the control record at the
//! end says how many there are and what they come to.

use std::collections::BTreeMap;

use ledger::{Currency, Sum};

use super::Viewed;
use super::file::{Cell, Kind, ROWS_MAX, Table, TableFile, answer};
use super::filter::{Filter, SUSPENSE};
use crate::api::{no_answer, no_rows};
use crate::app::{App, SharedApp};
use crate::clock::{east_africa_date, format_rfc3339};
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::payments::Total;
use crate::views::TransactionRow;

/// `value_date` is the day on which a payment counts, in these files and in the totals of days. What waited in suspense and was put to
/// its bill later came in at `payment_time`, counts from `applied_at`, and says by whom.
const COLUMNS: [&str; 15] = [
    "value_date",
    "payment_time",
    "payment_number",
    "receipt_number",
    "agency_reference",
    "service_code",
    "service_name",
    "channel",
    "channel_reference",
    "gross",
    "currency",
    "status",
    "record",
    "applied_at",
    "applied_by",
];
const CONTROL_COLUMNS: [&str; 7] = ["control", "count", "currency", "gross", "charges", "refunds", "net"];

/// `GET /{lang}/agency/transactions.csv`.
pub(in crate::pages) async fn csv(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    answer(&app, Kind::Csv, gather(&app, &request)).await
}

/// `GET /{lang}/agency/transactions.xlsx`.
pub(in crate::pages) async fn xlsx(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    answer(&app, Kind::Xlsx, gather(&app, &request)).await
}

async fn gather(app: &App, request: &Request<App>) -> Result<TableFile, Problem> {
    let viewed = Viewed::of(app, request).await?.ok_or_else(no_rows)?;
    let filter = Filter::read(&request.head.query()?);
    if !filter.wrong.is_empty() {
        return Err(Problem::new(
            Code::BadRequest,
            "The filter means nothing: open the page of transactions.",
        ));
    }
    let found = app.views.reader().all_transactions(&viewed.scope, &filter.asked, ROWS_MAX + 1).await;
    let found = found.map_err(no_answer)?;
    if found.found.len() > ROWS_MAX as usize {
        let problem =
            Problem::new(Code::BadRequest, format!("More than {ROWS_MAX} rows: narrow the filter."));
        return Err(problem.user_message(
            format!(
                "There are more than {ROWS_MAX} payments. Choose fewer days, and download them one after the other."
            ),
            format!("Kuna malipo zaidi ya {ROWS_MAX}. Chagua siku chache, kisha upakue moja baada ya nyingine."),
        ));
    }
    let mut sums = BTreeMap::<Currency, Total>::new();
    for row in &found.found {
        sums.entry(row.money.currency()).or_default().count(row.money);
    }
    let served = app.catalogue.current();
    let name = |slug: &str| {
        served.catalogue().service(slug).map(|service| service.name.en().to_owned()).unwrap_or_default()
    };
    Ok(TableFile {
        about: "transactions",
        agency: viewed.agency.to_string(),
        day: app.clock.today().to_string(),
        facts: vec![
            ("agency", viewed.agency.to_string()),
            ("filter", filter.query()),
            ("as_of", format_rfc3339(app.clock.now_micros())),
            ("books_up_to_record", found.sequence.to_string()),
        ],
        table: Table { columns: &COLUMNS, rows: found.found.iter().map(|row| cells(row, name)).collect() },
        control: Table { columns: &CONTROL_COLUMNS, rows: control(&sums) },
    })
}

/// The control record of each currency: count, gross, charges, refunds, net. The books have taken no charge from a
/// payment and given none back so far; once they do, it is said here.
fn control(sums: &BTreeMap<Currency, Total>) -> Vec<Vec<Cell>> {
    let record = |(currency, total): (&Currency, &Total)| {
        let [gross, nothing] = [total.minor, 0].map(|minor| Cell::Amount(Sum::new(minor, *currency)));
        vec![
            Cell::Text("CONTROL".to_owned()),
            Cell::Count(total.payments()),
            Cell::Text(currency.code().to_owned()),
            gross.clone(),
            nothing.clone(),
            nothing,
            gross,
        ]
    };
    if sums.is_empty() {
        return vec![record((&Currency::Kes, &Total::default()))];
    }
    sums.iter().map(record).collect()
}

fn cells(row: &TransactionRow, name: impl Fn(&str) -> String) -> Vec<Cell> {
    let (came, counted) = (row.booked.micros(), row.counted.micros());
    let before = [
        east_africa_date(counted).to_string(),
        format_rfc3339(came),
        row.bill.map(|bill| bill.to_string()).unwrap_or_default(),
        row.receipt.map(|receipt| receipt.grouped()).unwrap_or_default(),
        row.agency_reference.as_deref().unwrap_or_default().to_owned(),
        row.service.as_deref().unwrap_or_default().to_owned(),
        row.service.as_deref().map(name).unwrap_or_default(),
        row.channel_receipt.provider.word().to_owned(),
        row.channel_receipt.number.to_string(),
    ];
    let after = [
        row.money.currency().code().to_owned(),
        row.state.map_or(SUSPENSE, |state| state.word()).to_owned(),
        row.sequence.to_string(),
        row.applied_by.as_ref().map(|_| format_rfc3339(counted)).unwrap_or_default(),
        row.applied_by.as_deref().unwrap_or_default().to_owned(),
    ];
    let gross = Cell::Amount(Sum::from(row.money));
    before.into_iter().map(Cell::Text).chain([gross]).chain(after.into_iter().map(Cell::Text)).collect()
}

#[cfg(test)]
mod tests {
    use ledger::{LedgerTime, Money};

    use super::*;
    use crate::payments::{ChannelReceipt, Provider};

    /// Who adds up a file by its value dates gets what the totals of those days have.
    #[test]
    fn money_that_waited_has_the_day_on_which_it_counts_and_says_who_put_it_there() {
        let at = |hours: i64| LedgerTime::from_micros(1_795_155_245_000_000 + hours * 3_600_000_000);
        let at_once = TransactionRow {
            sequence: 5,
            channel_receipt: ChannelReceipt {
                provider: Provider::Mpesa,
                short_code: "222222".into(),
                number: "TK1".into(),
            },
            money: Money::new(100, Currency::Kes),
            booked: at(0),
            counted: at(0),
            counted_by: 5,
            applied_by: None,
            bill: None,
            state: None,
            service: None,
            receipt: None,
            agency_reference: None,
        };
        let waited = TransactionRow {
            counted: at(30),
            counted_by: 9,
            applied_by: Some("key_of_gate".into()),
            ..at_once.clone()
        };
        let named = |row: &TransactionRow| -> BTreeMap<_, _> {
            COLUMNS.into_iter().zip(cells(row, |_| String::new())).collect()
        };
        let (at_once, waited) = (named(&at_once), named(&waited));
        assert_eq!(at_once["applied_at"], Cell::Text(String::new()));
        assert_eq!(at_once["payment_time"], waited["payment_time"], "it came in when it came in");
        assert_ne!(at_once["value_date"], waited["value_date"]);
        let day = east_africa_date(at(30).micros()).to_string();
        assert_eq!(waited["value_date"], Cell::Text(day));
        assert_eq!(waited["applied_at"], Cell::Text(format_rfc3339(at(30).micros())));
        assert_eq!(waited["applied_by"], Cell::Text("key_of_gate".to_owned()));
    }

    #[test]
    fn nothing_at_all_adds_up_to_nothing() {
        let records = control(&BTreeMap::new());
        assert_eq!((records.len(), &records[0][1]), (1, &Cell::Count(0)));
        assert_eq!(records[0].len(), CONTROL_COLUMNS.len());
    }
}
