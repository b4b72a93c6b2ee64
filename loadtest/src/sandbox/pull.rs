//! Pull Transactions: `POST /pulltransactions/v1/register` and `/query`. The merchant asks what came in, and so finds money
//! whose confirmation was lost. Pages, oldest first; the last 48 hours.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::StatusCode;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::answer::{Answer, DarajaError, json_answer, request_id};
use super::faults::{Fault, Faults};
use super::fields::Fields;
use super::record::Line;
use super::safaricom::Safaricom;
use crate::clock::{east_africa_time, from_east_africa_digits};
use crate::kes::Kes;

/// How far back can be asked.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(48);
/// How times are written.
const TIME_FORMAT: &str = "%Y-%m-%d %H:%M:%S";
/// So many payments are listed at most: about 150 bytes each.
const LISTED_MAX: usize = 1_000_000;

/// Payments are listed in the order in which they reached the disk, which is that of their times but for so much.
const OUT_OF_ORDER_MAX: SignedDuration = SignedDuration::from_mins(10);

/// What came in on one paybill, as far as it is listed.
#[derive(Default)]
pub(crate) struct Listed {
    short_code: String,
    rows: VecDeque<Row>,
}

/// A payment that came in.
#[derive(Clone)]
struct Row {
    at: Timestamp,
    receipt: Box<str>,
    amount: Kes,
    account: Box<str>,
    msisdn: Box<str>,
}

/// What is asked for.
struct Wanted {
    from: Timestamp,
    until: Timestamp,
    offset: usize,
}

impl Listed {
    /// Nothing yet on this paybill.
    pub(crate) fn of(short_code: &str) -> Self {
        Self { short_code: short_code.to_owned(), rows: VecDeque::new() }
    }

    /// Lists money that has moved.
    pub(crate) fn add(&mut self, at: Timestamp, line: &Line) {
        let Line::Moved { receipt, amount_minor, account, payer, trans_time, shortcode, .. } = line else {
            return;
        };
        if *shortcode != self.short_code {
            return;
        }
        if self.rows.len() == LISTED_MAX {
            self.rows.pop_front();
        }
        let msisdn = payer.split_once(" - ").map_or(payer.as_str(), |(msisdn, _)| msisdn);
        self.rows.push_back(Row {
            // As its confirmation tells it; the record is a moment later.
            at: from_east_africa_digits(trans_time).unwrap_or(at),
            receipt: receipt.as_str().into(),
            amount: *amount_minor,
            account: account.as_str().into(),
            msisdn: msisdn.into(),
        });
    }

    /// The page that is wanted, with what is wrong with it on purpose.
    fn page(&self, wanted: &Wanted, faults: &Faults) -> Vec<Row> {
        let is_wanted = |row: &&Row| {
            row.at >= wanted.from
                && row.at <= wanted.until
                && !faults.strikes(Fault::PullRowMissing, &row.receipt)
        };
        // Whoever moves money waits meanwhile, so what is far from it is not looked at.
        let begin = self.rows.partition_point(|row| row.at + OUT_OF_ORDER_MAX < wanted.from);
        let rows = self.rows.range(begin..).take_while(|row| row.at - OUT_OF_ORDER_MAX <= wanted.until);
        let rows = rows.filter(is_wanted).skip(wanted.offset);
        let rows = rows.take(usize::from(faults.pull_page_rows));
        let repeated = |row: &Row| 1 + usize::from(faults.strikes(Fault::PullRowRepeated, &row.receipt));
        rows.flat_map(|row| std::iter::repeat_n(row.clone(), repeated(row))).collect()
    }
}

impl Row {
    fn to_json(&self, organisation: &str) -> Value {
        json!({
            "transactionId": self.receipt,
            "trxDate": self.at.to_zoned(east_africa_time()).strftime(TIME_FORMAT).to_string(),
            "msisdn": self.msisdn,
            "sender": "MPESA",
            "transactiontype": "c2b-pay-bill-debit",
            "billreference": self.account,
            "amount": self.amount.to_string(),
            "organizationname": organisation,
        })
    }
}

impl Wanted {
    fn read(fields: &Fields, now: Timestamp) -> Result<Self, DarajaError> {
        let from = time(fields, "StartDate")?;
        let until = time(fields, "EndDate")?;
        let offset = fields.text("OffSetValue")?;
        let offset = offset.parse().map_err(|_| DarajaError::bad_field("OffSetValue"))?;
        if from > until {
            return Err(DarajaError::bad_field("EndDate"));
        }
        if now.duration_since(from) > LOOK_BACK {
            return Err(DarajaError::bad_field("StartDate"));
        }
        Ok(Self { from, until, offset })
    }
}

fn time(fields: &Fields, name: &str) -> Result<Timestamp, DarajaError> {
    let text = fields.text(name)?;
    let wrong = || DarajaError::bad_field(name);
    let civil = DateTime::strptime(TIME_FORMAT, &text).map_err(|_| wrong())?;
    civil.to_zoned(east_africa_time()).map(|zoned| zoned.timestamp()).map_err(|_| wrong())
}

impl Safaricom {
    /// Answers `register`: from now on the merchant may ask.
    pub(crate) fn register_pull(&self, body: &[u8]) -> Result<Answer, DarajaError> {
        let fields = Fields::parse(body)?;
        self.check_short_code(&fields)?;
        if fields.text("RequestType")? != "Pull" {
            return Err(DarajaError::bad_field("RequestType"));
        }
        fields.phone("NominatedNumber")?;
        fields.callback("CallBackURL")?;
        self.may_pull.store(true, Ordering::Relaxed);
        let body = json!({
            "ResponseRefID": request_id(),
            "Response Status": "1001",
            "ShortCode": self.options.shortcode,
            "Response Description": "ShortCode Registered Successfully",
        });
        Ok(json_answer(StatusCode::OK, &body))
    }

    /// Answers `query`: a page of what came in.
    pub(crate) async fn pull(&self, body: &[u8]) -> Result<Answer, DarajaError> {
        let fields = Fields::parse(body)?;
        self.check_short_code(&fields)?;
        let wanted = Wanted::read(&fields, self.options.clock.now())?;
        let faults = self.faults();
        let number = self.pulls.fetch_add(1, Ordering::Relaxed);
        self.wait(Duration::from_millis(u64::from(faults.pull_slow_ms))).await;
        if !self.may_pull.load(Ordering::Relaxed) || faults.strikes(Fault::PullDown, &number.to_string()) {
            return Err(DarajaError::busy());
        }
        let rows = self.record.with_listed(|listed| listed.page(&wanted, &faults));
        let rows: Vec<Value> = rows.iter().map(|row| row.to_json(&self.options.business_name)).collect();
        let distinct: BTreeSet<&str> = rows.iter().filter_map(|row| row["transactionId"].as_str()).collect();
        self.record
            .note(Line::PullAnswered { offset: wanted.offset as u64, rows: distinct.len() as u64 })
            .await;
        let body = json!({
            "ResponseRefID": request_id(),
            "ResponseCode": "1000",
            "ResponseMessage": "Success",
            "Response": [rows],
        });
        Ok(json_answer(StatusCode::OK, &body))
    }

    fn check_short_code(&self, fields: &Fields) -> Result<(), DarajaError> {
        let is_ours = fields.text("ShortCode")? == self.options.shortcode;
        if is_ours { Ok(()) } else { Err(DarajaError::bad_field("ShortCode")) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::How;
    use super::*;

    fn listed(count: u32) -> Listed {
        let mut listed = Listed::of("222222");
        for number in 0..count {
            let line = Line::Moved {
                receipt: format!("TKL{number:07}"),
                amount_minor: Kes::from_shillings(number + 1),
                currency: "KES".into(),
                account: "QKRTWX".into(),
                msisdn_sha256: String::new(),
                payer: "2547******01 - ASHA".into(),
                shortcode: "222222".into(),
                trans_time: String::new(),
                how: How::Paybill,
                balance_minor: Kes::ZERO,
                faults: Vec::new(),
                checkout_request_id: None,
            };
            listed.add(at(i64::from(number)), &line);
        }
        listed
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_155_245 + seconds).unwrap()
    }

    #[test]
    fn pages_follow_each_other_and_a_row_says_who_paid_no_more_than_the_real_one() {
        let listed = listed(10);
        let faults = Faults { pull_page_rows: 4, ..Faults::default() };
        let page = |offset| {
            let wanted = Wanted { from: at(2), until: at(8), offset };
            let page = listed.page(&wanted, &faults);
            page.iter().map(|row| row.receipt.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(page(0), ["TKL0000002", "TKL0000003", "TKL0000004", "TKL0000005"]);
        assert_eq!(page(4), ["TKL0000006", "TKL0000007", "TKL0000008"]);
        assert!(page(7).is_empty());
        let row = listed.rows[0].to_json("eCITIZEN").to_string();
        assert!(row.contains("2026-11-20 09:14:05") && row.contains("2547******01"), "{row}");
        assert!(!row.contains("ASHA"), "{row}");
    }

    #[test]
    fn rows_are_left_out_and_repeated_on_request() {
        let listed = listed(100);
        let wanted = Wanted { from: at(0), until: at(100), offset: 0 };
        let faults = Faults { pull_row_missing_per_mille: 500, pull_page_rows: 1_000, ..Faults::default() };
        assert!((30..70).contains(&listed.page(&wanted, &faults).len()));
        let faults = Faults { pull_row_repeated_per_mille: 500, pull_page_rows: 1_000, ..Faults::default() };
        assert!((130..170).contains(&listed.page(&wanted, &faults).len()));
    }
}
