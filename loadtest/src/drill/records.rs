//! What the simulated outside has written down itself: Safaricom, the bank, Airtel, the acquirer of cards and the terminals. Their records
//! are the truth that the books are held against. They are read line by line, because those of a whole day are long.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::DrillError;
use super::report::{Findings, Kind, Moved};
use super::ways::PAYBILL;
use super::world::{Seen, World};
use crate::kes::Kes;
use crate::sandbox::Fault;
use crate::sandbox::record::{Entry, How, Line, RECORD_FILE};

const BANK_FILE: &str = "sandbox-bank.ndjson";
const AIRTEL_FILE: &str = "sandbox-airtel.ndjson";
const ACQUIRER_FILE: &str = "sandbox-acquirer.ndjson";
const TERMINALS_FILE: &str = "sandbox-terminals.ndjson";
/// Where each of them collects, as the books name it.
const BANK_ACCOUNT: &str = "bank kcb-1100220033";
const AIRTEL_ACCOUNT: &str = "airtel 900900";
const CARD_ACCOUNT: &str = "acquirer mkt-0001";
const TERMINAL_ACCOUNT: &str = "terminal 880012";
/// The home of all money.
pub(crate) const HOME: &str = "mpesa 222222";

/// What moved, and what must not have.
pub(crate) struct Recorded {
    pub(crate) moved: Vec<Moved>,
    /// So many payments were held up and told of after all.
    pub(crate) delivered_late: u64,
    pub(crate) wrong: Findings,
}

/// The records in the folder of the sandbox.
pub(crate) fn paths(folder: &Path) -> [PathBuf; 5] {
    [RECORD_FILE, BANK_FILE, AIRTEL_FILE, ACQUIRER_FILE, TERMINALS_FILE].map(|name| folder.join(name))
}

/// Reads all of them.
pub(crate) fn read(folder: &Path, world: &World) -> Result<Recorded, DrillError> {
    let [safaricom, bank, airtel, acquirer, terminals] = paths(folder);
    let seen = world.seen();
    let mut reading = Reading {
        world,
        seen: &seen,
        accounts: HashMap::new(),
        moved: Vec::new(),
        paid: HashMap::new(),
        opened: Vec::new(),
        ringing: Vec::new(),
        held_up: HashSet::new(),
        delivered_late: 0,
        wrong: Findings::default(),
    };
    reading.safaricom(&safaricom)?;
    reading.bank(&bank)?;
    reading.airtel(&airtel)?;
    reading.acquirer(&acquirer)?;
    reading.terminals(&terminals)?;
    reading.nobody_is_asked_twice();
    let Reading { moved, delivered_late, wrong, .. } = reading;
    Ok(Recorded { moved, delivered_late, wrong })
}

struct Reading<'a> {
    world: &'a World,
    seen: &'a Seen,
    accounts: HashMap<String, Arc<str>>,
    moved: Vec<Moved>,
    /// By bill: when its money moved, in microseconds.
    paid: HashMap<u64, i64>,
    /// By bill: when a page for cards was opened, in microseconds.
    opened: Vec<(u64, i64)>,
    /// By bill: from when until when a phone rang for it, in microseconds.
    ringing: Vec<(u64, i64, i64)>,
    /// Receipts that nobody was told of when they moved.
    held_up: HashSet<String>,
    delivered_late: u64,
    wrong: Findings,
}

/// Money that moved, as a record has it.
struct Payment {
    at: Timestamp,
    amount: Kes,
    account: String,
    kind: Kind,
    receipt: String,
    /// What was typed, or nothing if it is not known.
    typed: Option<String>,
}

impl Reading<'_> {
    fn safaricom(&mut self, path: &Path) -> Result<(), DrillError> {
        let mut open = HashMap::<String, (u64, i64)>::new();
        each_line(path, |text| {
            let Ok(Entry { at, line }) = serde_json::from_str(text) else {
                return self.wrong.push(format!("a line of {} cannot be read", path.display()));
            };
            match line {
                Line::Moved { receipt, amount_minor, account, shortcode, how, faults, .. } => {
                    let kind = match (how, &*shortcode) {
                        (How::Stk, _) => Kind::Prompt,
                        (_, PAYBILL) if faults.contains(&Fault::ConfirmationWithheld) => Kind::HeldUp,
                        (_, PAYBILL) => Kind::Paybill,
                        _ => Kind::Till,
                    };
                    let account_name = format!("mpesa {shortcode}");
                    if kind == Kind::HeldUp {
                        self.held_up.insert(receipt.clone());
                    }
                    self.take(Payment {
                        at,
                        amount: amount_minor,
                        account: account_name,
                        kind,
                        receipt,
                        typed: Some(account),
                    });
                }
                Line::ConfirmationSent { receipt, first_delivery: true, .. } => {
                    self.delivered_late += u64::from(self.held_up.contains(&receipt));
                }
                // Each payer has a phone of their own.
                Line::PhoneOccupied { account } => {
                    self.wrong.push(format!("a second prompt was sent for {account} while the first lived"));
                }
                Line::StkPrompted { checkout_request_id, account, .. } => {
                    if let Ok(bill) = account.parse() {
                        open.insert(checkout_request_id, (bill, at.as_microsecond()));
                    }
                }
                Line::StkFinished { checkout_request_id, .. } => {
                    if let Some((bill, from)) = open.remove(&checkout_request_id) {
                        self.ringing.push((bill, from, at.as_microsecond()));
                    }
                }
                _ => {}
            }
        })?;
        self.ringing.extend(open.into_values().map(|(bill, from)| (bill, from, i64::MAX)));
        Ok(())
    }

    fn bank(&mut self, path: &Path) -> Result<(), DrillError> {
        each_value(path, |kind, at, line| {
            if kind == "deposited" {
                self.take(Payment {
                    at,
                    amount: amount(&line["amount_minor"]),
                    account: BANK_ACCOUNT.to_owned(),
                    kind: if line["on_slip"] == true { Kind::Slip } else { Kind::Bank },
                    receipt: text(&line["reference"]),
                    typed: Some(text(&line["typed"])),
                });
            }
        })
    }

    fn airtel(&mut self, path: &Path) -> Result<(), DrillError> {
        let mut open = HashMap::<String, (String, i64)>::new();
        each_value(path, |kind, at, line| match kind {
            "asked" => {
                open.insert(text(&line["id"]), (text(&line["reference"]), at.as_microsecond()));
            }
            "moved" | "failed" => {
                let asked = open.remove(&text(&line["id"]));
                let bill = asked.as_ref().and_then(|(typed, from)| Some((typed.parse().ok()?, *from)));
                self.ringing.extend(bill.map(|(bill, from)| (bill, from, at.as_microsecond())));
                if kind == "moved" {
                    self.take(Payment {
                        at,
                        amount: amount(&line["amount_minor"]),
                        account: AIRTEL_ACCOUNT.to_owned(),
                        kind: Kind::Airtel,
                        receipt: text(&line["airtel_money_id"]),
                        typed: asked.map(|(typed, _)| typed),
                    });
                }
            }
            _ => {}
        })
    }

    fn acquirer(&mut self, path: &Path) -> Result<(), DrillError> {
        each_value(path, |kind, at, line| {
            let session = &line["session"];
            let attempt = session["reference"].as_str().unwrap_or_default();
            let bill = self.seen.asked_by_card.get(attempt);
            // A page asks nobody by itself, and several may stand open; but none is opened when the money is there.
            if kind == "session_made"
                && let Some(bill) = bill
            {
                self.opened.push((*bill, at.as_microsecond()));
            }
            if kind == "session_ended"
                && let Some(receipt) = session["state"]["paid"].as_str()
            {
                self.take(Payment {
                    at,
                    amount: amount(&session["amount"]),
                    account: CARD_ACCOUNT.to_owned(),
                    kind: Kind::Card,
                    receipt: receipt.to_owned(),
                    typed: bill.map(u64::to_string),
                });
            }
        })
    }

    fn terminals(&mut self, path: &Path) -> Result<(), DrillError> {
        let mut charged = HashMap::<String, Payment>::new();
        each_value(path, |kind, at, line| match kind {
            "sold" => {
                let rrn = text(&line["rrn"]);
                let payment = Payment {
                    at,
                    amount: amount(&line["amount_minor"]),
                    account: TERMINAL_ACCOUNT.to_owned(),
                    kind: Kind::Terminal,
                    receipt: format!(
                        "{}-{}-{}",
                        text(&line["terminal"]),
                        line["batch"],
                        rrn.trim_start_matches('0')
                    ),
                    typed: Some(text(&line["typed"])),
                };
                charged.insert(rrn, payment);
            }
            "voided" => drop(charged.remove(&text(&line["rrn"]))),
            _ => {}
        })?;
        charged.into_values().for_each(|payment| self.take(payment));
        Ok(())
    }

    fn take(&mut self, payment: Payment) {
        let bill: Option<u64> = payment.typed.as_ref().and_then(|typed| typed.parse().ok());
        if let Some(bill) = bill
            && self.paid.insert(bill, payment.at.as_microsecond()).is_some()
        {
            self.wrong.push(format!("{bill:012} was paid twice"));
        }
        let account =
            self.accounts.entry(payment.account).or_insert_with_key(|name| Arc::from(name.as_str()));
        let is_home = **account == *HOME;
        self.moved.push(Moved {
            second: self.world.day.second_at(payment.at),
            amount: payment.amount,
            account: Arc::clone(account),
            kind: payment.kind,
            bill,
            agency: bill.and_then(|bill| self.seen.bills.get(&bill)).map(|bill| bill.agency),
            // Of money that came home nothing is asked by its receipt.
            receipt: (!is_home).then(|| payment.receipt.into()),
        });
    }

    /// No two phones rang for one bill at one moment, and none twice; and none rang when the money had moved.
    fn nobody_is_asked_twice(&mut self) {
        self.ringing.sort_unstable();
        for pair in self.ringing.windows(2) {
            let ((bill, _, until), (next, from, _)) = (pair[0], pair[1]);
            if bill == next && from < until {
                self.wrong.push(format!("{bill:012} had two prompts at once"));
            }
        }
        let rang = self.ringing.iter().map(|(bill, from, _)| (bill, from));
        for (bill, from) in rang.chain(self.opened.iter().map(|(bill, from)| (bill, from))) {
            if self.paid.get(bill).is_some_and(|paid| paid < from) {
                self.wrong.push(format!("{bill:012} was asked for when it was paid"));
            }
        }
    }
}

fn amount(value: &Value) -> Kes {
    Kes::from_minor(value.as_u64().unwrap_or(0))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn each_value(path: &Path, mut take: impl FnMut(&str, Timestamp, &Value)) -> Result<(), DrillError> {
    let mut unreadable = 0_u64;
    each_line(path, |text| {
        let line = serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
        let at = line["at"].as_str().and_then(|at| at.parse().ok());
        match (line["kind"].as_str(), at) {
            (Some(kind), Some(at)) => take(kind, at, &line),
            _ => unreadable += 1,
        }
    })?;
    match unreadable {
        0 => Ok(()),
        lines => Err(DrillError::Answer(format!("{lines} lines of {} cannot be read", path.display()))),
    }
}

/// Reads a file line by line.
pub(crate) fn each_line(path: &Path, mut take: impl FnMut(&str)) -> Result<(), DrillError> {
    let failed = |error| DrillError::File(path.display().to_string(), error);
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).map_err(failed)?);
    let mut line = String::new();
    while file.read_line(&mut line).map_err(failed)? > 0 {
        take(&line);
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BILL: &str = "000000000012";

    fn line(second: i64, mut line: Value) -> Value {
        line["at"] = json!(Timestamp::from_second(second).unwrap().to_string());
        line
    }

    fn typed(second: i64, receipt: &str, faults: &[&str]) -> Value {
        let moved = json!({
            "kind": "moved", "receipt": receipt, "amount_minor": 500, "currency": "KES", "account": BILL, "msisdn_sha256": "", "payer": "",
            "shortcode": PAYBILL, "trans_time": "", "how": "paybill", "balance_minor": 500, "faults": faults,
        });
        line(second, moved)
    }

    fn rang(from: i64, until: i64) -> [Value; 2] {
        let asked =
            json!({"kind": "asked", "id": "A", "amount_minor": 500, "reference": BILL, "msisdn_sha256": ""});
        [line(from, asked), line(until, json!({"kind": "failed", "id": "A", "code": "DP"}))]
    }

    fn told(second: i64, receipt: &str) -> Value {
        let told = json!({
            "kind": "confirmation_sent", "receipt": receipt, "amount_minor": 500, "copy": 1, "attempt": 1, "first_delivery": true,
            "delivered": true, "took_ms": 1,
        });
        line(second, told)
    }

    /// How much is wrong, and how many payments were told of late, by what Safaricom and Airtel have written down.
    fn judged(safaricom: &[Value], airtel: &[Value]) -> (u64, u64) {
        let folder = tempfile::tempdir().unwrap();
        for path in paths(folder.path()) {
            std::fs::write(path, "").unwrap();
        }
        let write = |name: &str, lines: &[Value]| {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        write(RECORD_FILE, safaricom);
        write(AIRTEL_FILE, airtel);
        let recorded = read(folder.path(), &World::nowhere()).unwrap();
        (recorded.wrong.count(), recorded.delivered_late)
    }

    #[test]
    fn nobody_is_asked_when_the_money_has_moved_and_nobody_pays_twice() {
        assert_eq!(
            judged(&[typed(20, "T1", &[])], &rang(5, 10)),
            (0, 0),
            "asked in vain, and paid afterwards"
        );
        assert_eq!(judged(&[typed(20, "T1", &[])], &rang(25, 30)), (1, 0), "paid, and asked afterwards");
        assert_eq!(judged(&[], &[rang(5, 10), rang(12, 15)].concat()), (0, 0));
        assert_eq!(judged(&[typed(20, "T1", &[]), typed(21, "T2", &[])], &[]), (1, 0), "paid twice");
        let occupied = line(7, json!({"kind": "phone_occupied", "account": BILL}));
        assert_eq!(judged(&[occupied], &[]), (1, 0), "a second prompt");
        assert_eq!(judged(&[json!({"kind": "moved"})], &[]), (1, 0), "what cannot be read hides nothing");
    }

    #[test]
    fn what_was_held_up_and_told_of_after_all_is_counted() {
        let withheld = typed(20, "T1", &["confirmation_withheld"]);
        assert_eq!(judged(&[withheld.clone(), told(900, "T1")], &[]), (0, 1));
        assert_eq!(judged(&[withheld], &[]), (0, 0));
        assert_eq!(judged(&[typed(20, "T1", &[]), told(21, "T1")], &[]), (0, 0), "it came at once");
    }
}
