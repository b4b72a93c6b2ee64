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
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Of which paybill: the merchant's if not said.
    short_code: String,
    /// A day in Nairobi; every day if not given.
    date: Option<Date>,
}

impl Wanted {
    /// Reads `date=2026-11-20`, `short_code=600000`, both or nothing.
    pub(crate) fn read(query: Option<&str>, merchants: &str) -> Result<Self, String> {
        let mut wanted = Self { short_code: merchants.to_owned(), date: None };
        for pair in query.unwrap_or("").split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("short_code", code)) => code.clone_into(&mut wanted.short_code),
                Some(("date", date)) => {
                    wanted.date = Some(date.parse().map_err(|_| "a date is YYYY-MM-DD".to_owned())?);
                }
                _ => return Err("date=YYYY-MM-DD and short_code=DIGITS are all that can be asked for".into()),
            }
        }
        Ok(wanted)
    }

    /// Of which paybill.
    pub(crate) fn short_code(&self) -> &str {
        &self.short_code
    }

    /// The row for a line of the record, if it is about money that moved on the wanted day.
    pub(crate) fn row(&self, entry: &Entry) -> Option<String> {
        let Line::Moved { receipt, amount_minor, account, payer, balance_minor, shortcode, .. } = &entry.line
        else {
            return None;
        };
        let at = entry.at.to_zoned(east_africa_time());
        if *shortcode != self.short_code {
            return None;
        }
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
        let row = Wanted::read(None, "222222").unwrap().row(&moved("QK,RT\"WX")).unwrap();
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
        let on = |query| Wanted::read(Some(query), "222222").unwrap().row(&moved("A")).is_some();
        assert!(on("date=2026-11-21"));
        assert!(!on("date=2026-11-20"));
        assert!(!on("short_code=600000"), "another paybill has a statement of its own");
        assert!(Wanted::read(Some("day=1"), "222222").is_err());
        assert!(Wanted::read(Some("date=yesterday"), "222222").is_err());
    }
}
