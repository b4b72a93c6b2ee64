//! The statement of a merchant's account with somebody who asks payers for it, in the columns that the gateway's operator has
//! agreed with Airtel and with the acquirer of cards: each payment, what it cost, and the sum of what came in.

use std::fmt::Write as _;

use bytes::Bytes;
use http_body_util::Either;
use hyper::StatusCode;
use jiff::Timestamp;

use super::answer::{Answer, with_type};
use crate::clock::east_africa_time;
use crate::kes::Kes;

/// What a payment costs the merchant, one part in so many.
const CHARGED: u64 = 100;

/// A payment that came in.
#[derive(Debug, Clone)]
pub(super) struct Taking {
    pub(super) at: Timestamp,
    pub(super) receipt: String,
    /// The merchant's name for what was asked.
    pub(super) reference: String,
    pub(super) amount: Kes,
}

/// What came in, in order, as CSV with its sum.
pub(super) fn answer(takings: &[Taking]) -> Answer {
    with_type(StatusCode::OK, "text/csv", Either::Left(Bytes::from(written(takings)).into()))
}

fn written(takings: &[Taking]) -> String {
    let mut text = "Time,Transaction ID,Reference,Credit,Debit\n".to_owned();
    let mut sum = Kes::ZERO;
    for Taking { at, receipt, reference, amount } in takings {
        let time = at.to_zoned(east_africa_time()).strftime("%Y-%m-%d %H:%M:%S");
        let charge = Kes::from_minor(amount.minor() / CHARGED);
        let _ = writeln!(text, "{time},{receipt},{reference},{amount},");
        let _ = writeln!(text, "{time},CHG{receipt},Charge,,{charge}");
        sum = sum.plus(*amount).unwrap_or(sum);
    }
    let _ = writeln!(text, "Total,,,{sum},");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_payment_stands_with_its_charge_and_the_sum_is_of_the_payments() {
        let taking = |receipt: &str, shillings| Taking {
            at: "2026-01-03T03:04:05.9Z".parse().unwrap(),
            receipt: receipt.to_owned(),
            reference: "att_1".to_owned(),
            amount: Kes::from_shillings(shillings),
        };
        assert_eq!(
            written(&[taking("MP1", 500), taking("MP2", 1500)]),
            "Time,Transaction ID,Reference,Credit,Debit\n\
             2026-01-03 06:04:05,MP1,att_1,500.00,\n\
             2026-01-03 06:04:05,CHGMP1,Charge,,5.00\n\
             2026-01-03 06:04:05,MP2,att_1,1500.00,\n\
             2026-01-03 06:04:05,CHGMP2,Charge,,15.00\n\
             Total,,,2000.00,\n"
        );
    }
}
