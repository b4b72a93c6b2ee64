//! Slips: somebody pays in at a branch, which asks nobody and tells nobody, and brings the stamped slip to an officer, who types
//! it. The slip has the bank's own reference, under which the statement has the payment too.
//!
//! A cheque that bounces is not played: neither slips nor statements have a way to say that a payment was taken back.

use std::collections::HashSet;
use std::sync::Arc;

use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::NAME;
use super::record::{BankLine, Deposit};
use super::taking::{PayRequest, bad_request, is_there, not_recorded};
use crate::clock::east_africa_time;
use crate::kes::Kes;
use crate::sandbox::answer::{Answer, ControlError, json_answer};
use crate::sandbox::chance::{chance, one_digit_wrong, shuffle, strikes};
use crate::sandbox::keyed::{ACCOUNT_CHARACTERS_MAX, Errs};
use crate::sandbox::safaricom::Safaricom;
use crate::synced_log::LogFailure;

const HEADING: &str = "Bank,Slip Number,Amount,Date,Payment Number\n";
/// A reference ends in the number of the payment. A slip that is typed with one of these digits wrong has the reference of
/// somebody else; the wrong digit is among those before.
const NUMBER_DIGITS: usize = 6;

/// What goes wrong, in slips or files per thousand. The body of `PUT /control/banks/{name}/slips/faults`; a field left out has its
/// default, and a name it does not know is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SlipFaults {
    /// Chooses what is struck.
    pub(crate) seed: u64,
    /// The payer writes a wrong digit of the account on the slip.
    pub(crate) wrong_account_per_mille: u16,
    /// The payer pays too little in.
    pub(crate) amount_short_per_mille: u16,
    /// The payer pays too much in.
    pub(crate) amount_over_per_mille: u16,
    /// The slip is brought later: it is in the file after the next.
    pub(crate) late_per_mille: u16,
    /// The slip is brought to another officer too: it is in the file after its own once more.
    pub(crate) repeated_per_mille: u16,
    /// The officer types a wrong digit of the slip's number.
    pub(crate) wrong_number_per_mille: u16,
    /// The file has the lines of the one before it too.
    pub(crate) file_overlapping_per_mille: u16,
    /// The lines of the file are in no order.
    pub(crate) file_shuffled_per_mille: u16,
    /// The file is handed over twice.
    pub(crate) file_twice_per_mille: u16,
}

impl Default for SlipFaults {
    /// Nothing goes wrong.
    fn default() -> Self {
        Self {
            seed: 42,
            wrong_account_per_mille: 0,
            amount_short_per_mille: 0,
            amount_over_per_mille: 0,
            late_per_mille: 0,
            repeated_per_mille: 0,
            wrong_number_per_mille: 0,
            file_overlapping_per_mille: 0,
            file_shuffled_per_mille: 0,
            file_twice_per_mille: 0,
        }
    }
}

/// The slips that were stamped, and how far the officer is.
#[derive(Default)]
pub(super) struct Slips {
    faults: Arc<SlipFaults>,
    /// How many were stamped.
    stamped: usize,
    /// Those that are still to be typed.
    waiting: Vec<Slip>,
    /// How many files were made, and the lines of the last.
    files: usize,
    last_lines: Vec<String>,
}

/// A slip with the bank's stamp.
#[derive(Clone)]
struct Slip {
    /// Its place among all slips, from 0: by it faults strike, so that a run can be played again.
    place: usize,
    deposit: Deposit,
    /// It was to be typed before.
    is_delayed: bool,
}

impl Slips {
    /// Takes over a line of the record.
    pub(super) fn take(&mut self, line: &BankLine) {
        match line {
            BankLine::Deposited(deposit) if deposit.on_slip => {
                let slip = Slip { place: self.stamped, deposit: deposit.clone(), is_delayed: false };
                self.waiting.push(slip);
                self.stamped += 1;
            }
            BankLine::SlipsHandedOver { references, .. } => {
                let typed: HashSet<_> = references.iter().collect();
                self.waiting.retain(|slip| !typed.contains(&slip.deposit.reference));
                self.files += 1;
            }
            _ => {}
        }
    }
}

/// `POST /control/banks/{name}/slips`: somebody pays in at a branch.
pub(crate) async fn pay_in(
    safaricom: &Arc<Safaricom>,
    name: &str,
    body: &[u8],
) -> Result<Answer, ControlError> {
    is_there(name)?;
    let (account, amount) = PayRequest::read(body)?;
    if account.is_empty() || account.chars().count() > ACCOUNT_CHARACTERS_MAX {
        return Err(bad_request("reference: 1 to 20 characters"));
    }
    let bank = Arc::clone(safaricom);
    let paying = async move { stamp(&bank, &account, amount).await };
    let deposit = safaricom.tasks.spawn(paying).await.map_err(not_recorded)?.map_err(not_recorded)?;
    let body = json!({
        "status": "paid", "reference": deposit.reference,
        "amount": {"amount": deposit.amount_minor, "currency": "KES"},
    });
    Ok(json_answer(StatusCode::OK, &body))
}

async fn stamp(safaricom: &Safaricom, account: &str, amount: Kes) -> Result<Deposit, LogFailure> {
    let bank = &safaricom.bank;
    let mut slips = bank.slips.lock().await;
    let faults = Arc::clone(&slips.faults);
    let errs = Errs {
        account: faults.wrong_account_per_mille,
        short: faults.amount_short_per_mille,
        over: faults.amount_over_per_mille,
    };
    let keyed = errs.key(faults.seed, &slips.stamped.to_string(), account, amount);
    let deposit = Deposit {
        reference: bank.next_reference(),
        amount_minor: keyed.amount,
        typed: keyed.account,
        moved: safaricom.options.clock.now(),
        on_slip: true,
    };
    let line = BankLine::Deposited(deposit.clone());
    bank.record.append(line.clone()).await?;
    slips.take(&line);
    bank.with_deposits(|deposits| deposits.push(deposit.clone()));
    Ok(deposit)
}

/// `POST /control/banks/{name}/slips/collect`: what the officer has typed by now.
pub(crate) async fn collect(safaricom: &Arc<Safaricom>, name: &str) -> Result<Answer, ControlError> {
    is_there(name)?;
    let officer = Arc::clone(safaricom);
    let typing = async move { type_all(&officer).await };
    let files = safaricom.tasks.spawn(typing).await.map_err(not_recorded)?.map_err(not_recorded)?;
    Ok(json_answer(StatusCode::OK, &json!({"files": files})))
}

async fn type_all(safaricom: &Safaricom) -> Result<Vec<Value>, LogFailure> {
    let bank = &safaricom.bank;
    let mut slips = bank.slips.lock().await;
    let file = slips.next_file();
    if file.lines.is_empty() {
        return Ok(Vec::new());
    }
    let (number, is_twice) = (slips.files, file.is_twice);
    let name = format!("slips-{number:04}.csv");
    let (references, lines) = (file.references, file.lines.len());
    bank.record.append(BankLine::SlipsHandedOver { file: name.clone(), references, lines }).await?;
    for (reference, as_typed) in file.mistyped {
        bank.record.append(BankLine::SlipMistyped { reference, as_typed }).await?;
    }
    let handed = json!({"name": name, "what": "slips", "text": format!("{HEADING}{}", file.lines.concat())});
    let again = json!({"name": name, "what": "again", "text": handed["text"]});
    Ok(std::iter::once(handed).chain(is_twice.then_some(again)).collect())
}

/// What an officer has typed.
struct TypedFile {
    lines: Vec<String>,
    /// Of the slips that are done with.
    references: Vec<String>,
    mistyped: Vec<(String, String)>,
    is_twice: bool,
}

impl Slips {
    fn next_file(&mut self) -> TypedFile {
        let faults = Arc::clone(&self.faults);
        let of_file = self.files.to_string();
        let (mut own, mut kept) = (Vec::new(), Vec::new());
        let mut file =
            TypedFile { lines: Vec::new(), references: Vec::new(), mistyped: Vec::new(), is_twice: false };
        for mut slip in std::mem::take(&mut self.waiting) {
            let whom = slip.place.to_string();
            if !slip.is_delayed && strikes(faults.seed, "late", faults.late_per_mille, &whom) {
                slip.is_delayed = true;
                kept.push(slip);
                continue;
            }
            let as_typed = slip.number_as_typed(&faults, &of_file);
            if as_typed != slip.deposit.reference {
                file.mistyped.push((slip.deposit.reference.clone(), as_typed.clone()));
            }
            own.push(slip.line(&as_typed));
            if !slip.is_delayed && strikes(faults.seed, "repeated", faults.repeated_per_mille, &whom) {
                kept.push(Slip { is_delayed: true, ..slip });
            } else {
                file.references.push(slip.deposit.reference);
            }
        }
        self.waiting = kept;
        let before = std::mem::replace(&mut self.last_lines, own.clone());
        if strikes(faults.seed, "file_overlapping", faults.file_overlapping_per_mille, &of_file) {
            file.lines = before;
        }
        file.lines.extend(own);
        if strikes(faults.seed, "file_shuffled", faults.file_shuffled_per_mille, &of_file) {
            shuffle(faults.seed, &of_file, &mut file.lines);
        }
        file.is_twice = strikes(faults.seed, "file_twice", faults.file_twice_per_mille, &of_file);
        self.files += 1;
        file
    }
}

impl Slip {
    fn number_as_typed(&self, faults: &SlipFaults, of_file: &str) -> String {
        let reference = &self.deposit.reference;
        let whom = format!("{} {of_file}", self.place);
        if !strikes(faults.seed, "wrong_number", faults.wrong_number_per_mille, &whom) {
            return reference.clone();
        }
        let (head, number) = reference.split_at(reference.len().saturating_sub(NUMBER_DIGITS));
        format!("{}{number}", one_digit_wrong(head, chance(faults.seed, "wrong_number_digit", &whom)))
    }

    fn line(&self, number: &str) -> String {
        let Deposit { amount_minor, typed, moved, .. } = &self.deposit;
        let day = moved.to_zoned(east_africa_time()).strftime("%Y-%m-%d");
        format!("{NAME},{number},{amount_minor},{day},\"{}\"\n", typed.replace(['"', '\n', '\r'], " "))
    }
}

/// `PUT /control/banks/{name}/slips/faults`
pub(crate) async fn set_slip_faults(
    safaricom: &Safaricom,
    name: &str,
    body: &[u8],
) -> Result<Answer, ControlError> {
    is_there(name)?;
    let faults: SlipFaults = serde_json::from_slice(body).map_err(|error| bad_request(error.to_string()))?;
    let mut slips = safaricom.bank.slips.lock().await;
    safaricom.bank.record.note(BankLine::SlipFaultsSet { faults: faults.clone() }).await;
    slips.faults = Arc::new(faults.clone());
    Ok(json_answer(StatusCode::OK, &faults))
}
