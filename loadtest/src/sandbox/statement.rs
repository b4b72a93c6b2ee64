//! The organisation's statement of the paybill, as exported from Safaricom's portal: the way in which a
//! merchant learns of money whose confirmation was lost.
//!
//! Title lines come before the header; amounts have thousands separators; times are Nairobi's. Rows are in
//! the order in which money moved (the portal often gives the newest first). There are no rows for charges:
//! this paybill is charged nothing.

use jiff::civil::Date;

use super::record::{Entry, Line};
use crate::clock::east_africa_time;

/// The columns of the full export.
const HEADER: &str = "Receipt No.,Completion Time,Initiation Time,Details,Transaction Status,Paid In,Withdrawn,Balance,\
    Balance Confirmed,Reason Type,Other Party Info,Linked Transaction ID,A/C No.\n";

/// Which rows are wanted: the query of `GET /control/statement`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted {
    /// A day in Nairobi; every day if not given.
    date: Option<Date>,
}

impl Wanted {
    /// Reads `date=2026-11-20`, or nothing.
    pub(crate) fn read(query: Option<&str>) -> Result<Self, String> {
        match query.unwrap_or("") {
            "" => Ok(Self::default()),
            query => match query.strip_prefix("date=").map(str::parse) {
                Some(Ok(date)) => Ok(Self { date: Some(date) }),
                _ => Err("date=YYYY-MM-DD is the only thing that can be asked for".into()),
            },
        }
    }

    /// The row for a line of the record, if it is about money that moved on the wanted day.
    pub(crate) fn row(self, entry: &Entry) -> Option<String> {
        let Line::Moved { receipt, amount_minor, account, payer, balance_minor, .. } = &entry.line else {
            return None;
        };
        let at = entry.at.to_zoned(east_africa_time());
        if self.date.is_some_and(|date| date != at.date()) {
            return None;
        }
        let time = at.strftime("%d-%m-%Y %H:%M:%S").to_string();
        let details = format!("Pay Bill Online from {payer} Acc. {account}");
        let cells = [
            receipt,
            &time,
            &time,
            &details,
            "Completed",
            &amount_minor.grouped(),
            "",
            &balance_minor.grouped(),
            "true",
            "Pay Bill Online",
            payer,
            "",
            account,
        ];
        Some(cells.map(cell).join(",") + "\n")
    }
}

/// What comes before the rows.
pub(crate) fn preamble(shortcode: &str) -> String {
    format!("Short Code,{shortcode}\nAccount,Utility Account\n{HEADER}")
}

/// A cell, in quotes where it needs them.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::How;
    use super::*;
    use crate::kes::Kes;

    fn moved(account: &str) -> Entry {
        Entry {
            at: "2026-11-20T21:30:00Z".parse().unwrap(),
            line: Line::Moved {
                receipt: "TKL3A7Q9ZD".into(),
                amount_minor: Kes::from_shillings(7550),
                currency: "KES".into(),
                account: account.into(),
                msisdn_sha256: String::new(),
                payer: "2547******01 - ASHA".into(),
                shortcode: "222222".into(),
                trans_time: String::new(),
                how: How::Paybill,
                balance_minor: Kes::from_shillings(81_007_550),
                faults: Vec::new(),
                checkout_request_id: None,
            },
        }
    }

    #[test]
    fn a_row_has_the_exports_columns() {
        let row = Wanted::default().row(&moved("QK,RT\"WX")).unwrap();
        assert_eq!(
            row,
            concat!(
                "TKL3A7Q9ZD,21-11-2026 00:30:00,21-11-2026 00:30:00,",
                "\"Pay Bill Online from 2547******01 - ASHA Acc. QK,RT\"\"WX\",Completed,\"7,550.00\",,",
                "\"81,007,550.00\",true,Pay Bill Online,2547******01 - ASHA,,\"QK,RT\"\"WX\"\n"
            )
        );
        assert_eq!(HEADER.split(',').count(), 13);
    }

    #[test]
    fn a_day_is_a_day_in_nairobi() {
        let on = |query| Wanted::read(Some(query)).unwrap().row(&moved("A")).is_some();
        assert!(on("date=2026-11-21"));
        assert!(!on("date=2026-11-20"));
        assert!(Wanted::read(Some("day=1")).is_err());
        assert!(Wanted::read(Some("date=yesterday")).is_err());
    }
}
