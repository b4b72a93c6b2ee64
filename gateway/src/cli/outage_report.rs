//! `malipo outage report`: what became of money while a way to pay was down, as tables for a terminal.

use std::path::Path;

use hyper::Method;
use serde_json::Value;

use super::admin::{AdminError, ask};

/// Asks for the report and prints it.
pub(super) fn show(data: &Path, id: u64, json: bool) -> Result<(), AdminError> {
    let answer = ask(data, Method::GET, &format!("/admin/outages/{id}/report"), None)?;
    if json {
        println!("{}", String::from_utf8_lossy(&answer));
        return Ok(());
    }
    let report: Value = serde_json::from_slice(&answer)
        .map_err(|error| AdminError::Refused(format!("it answers what is no report: {error}")))?;
    print!("{}", tables(&report));
    Ok(())
}

fn tables(report: &Value) -> String {
    let outage = &report["outage"];
    let kind = if outage["drill"] == true { "Drill" } else { "Outage" };
    let whom = outage["agency"].as_str().unwrap_or("everybody");
    let until = outage["ended"].as_str().unwrap_or("now, and it goes on");
    let mut text = format!(
        "{kind} {} of {} for {whom}, from {} to {until}\n",
        outage["id"],
        word(&outage["channel"]),
        word(&outage["since"]),
    );
    text += &format!("As of {}\n", word(&report["as_of"]));
    for admitted in list(&report["admitted"]) {
        let (agency, count, offline) = (word(&admitted["agency"]), &admitted["count"], &admitted["offline"]);
        text += &format!("Let in at gates of {agency}: {count}, of them {offline} without the gateway\n");
    }
    text += "\nCollected meanwhile, and confirmed by who keeps the account (matched) or not\n";
    text += &collected(report, "collected");
    if accounts(report).any(|(_, of)| list(&of["known_later"]).next().is_some()) {
        text += "\nKnown later: booked after its end, of money that had moved before\n";
        text += &collected(report, "known_later");
    }
    text += "\nSince each account exists\n";
    let heads = ["ACCOUNT", "COLLECTED", "SHORT/OVER", "SWEPT", "IN TRANSIT", "HELD", "DIFFERENCE"];
    text += &row(heads.map(str::to_owned));
    let mut is_right = true;
    for (account, of) in accounts(report) {
        for sums in list(&of["sums"]) {
            is_right &= sums["difference"]["amount"] == 0;
            text += &row([
                account.clone(),
                shillings(&sums["collected"]["amount"]),
                shillings(&sums["short_and_over"]),
                shillings(&sums["swept"]),
                shillings(&sums["in_transit"]),
                shillings(&sums["held"]),
                shillings(&sums["difference"]),
            ]);
        }
    }
    text += if is_right {
        "\nIt adds up: every difference is zero.\n"
    } else {
        "\nIT DOES NOT ADD UP. Rebuild the views; if it stays, verify the data directory and stop sweeping.\n"
    };
    text
}

/// A table of the rows of this name, of every account.
fn collected(report: &Value, name: &str) -> String {
    let heads = ["ACCOUNT", "AGENCY", "COUNT", "COLLECTED", "MATCHED", "UNMATCHED"];
    let mut text = row(heads.map(str::to_owned));
    for (account, of) in accounts(report) {
        for collected in list(&of[name]) {
            text += &row([
                account.clone(),
                collected["agency"].as_str().unwrap_or("(suspense)").to_owned(),
                collected["collected"]["count"].to_string(),
                shillings(&collected["collected"]["amount"]),
                shillings(&collected["matched"]["amount"]),
                shillings(&collected["unmatched"]["amount"]),
            ]);
        }
    }
    text
}

fn accounts(report: &Value) -> impl Iterator<Item = (String, &Value)> {
    let named = |of: &Value| format!("{} {}", word(&of["provider"]), word(&of["account"]));
    list(&report["accounts"]).map(move |of| (named(of), of))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn row<const CELLS: usize>(cells: [String; CELLS]) -> String {
    let mut cells = cells.into_iter();
    let account = cells.next().unwrap_or_default();
    let rest: String = cells.map(|cell| format!(" {cell:>16}")).collect();
    format!("{account:<24}{rest}\n")
}

/// A sum as people write it. Both currencies have cents.
fn shillings(sum: &Value) -> String {
    let digits = sum["amount"].to_string();
    let (sign, digits) = digits.strip_prefix('-').map_or(("", &*digits), |digits| ("-", digits));
    let digits = format!("{digits:0>3}");
    let (whole, cents) = digits.split_at(digits.len() - 2);
    format!("{} {sign}{whole}.{cents}", word(&sum["currency"]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sums_are_written_in_whole_cents() {
        for (amount, written) in
            [(0, "KES 0.00"), (5, "KES 0.05"), (-5, "KES -0.05"), (123_456, "KES 1234.56")]
        {
            assert_eq!(shillings(&json!({"amount": amount, "currency": "KES"})), written);
        }
    }

    #[test]
    fn a_report_that_does_not_add_up_says_so() {
        let sum = |amount: i64| json!({"amount": amount, "currency": "KES"});
        let report = |difference: i64| {
            let sums = json!({"collected": {"count": 1, "amount": sum(500)}, "short_and_over": sum(0),
                              "swept": sum(0), "in_transit": sum(0),
                              "held": sum(500), "difference": sum(difference)});
            json!({"outage": {"id": 7, "channel": "mpesa_paybill", "since": "2026-11-20T06:00:00Z", "drill": false},
                   "accounts": [{"provider": "bank", "account": "kcb-1", "sums": [sums]}]})
        };
        assert!(tables(&report(0)).ends_with("every difference is zero.\n"));
        assert!(tables(&report(-1)).contains("IT DOES NOT ADD UP"));
    }
}
