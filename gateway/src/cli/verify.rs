//! `malipo verify`: a receipt, a short form, a pack of a gate, a provisional pass, an export, a bulletin or a data directory, checked offline with public keys alone.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ledger::storage::DiskStorage;
use ledger::verify::{Findings, Gravity, data_directory, export_directory};
use ledger::{Hash, VerifyingKey};

use super::{EXIT_DIFFERENT, complain};
use crate::bulletin::export::NOTE_FILE;
use crate::bulletin::note::SignedFiles;
use crate::clock::{Clock, format_rfc3339};
use crate::gates::{self, Genuine};
use crate::process::PUBLIC_KEYS_FILE;
use crate::receipts::{KeySet, verify_text};

/// The longest text that is read as a receipt, in bytes.
const RECEIPT_LEN_MAX: u64 = 1 << 20;

const NO_KEYS: &str =
    "whose signature should it have? Name the public keys: --keys FILE, as GET /v1/keys hands them out";

/// The flags of `verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyFlags {
    /// The text of a receipt, a file with one, a folder with an export or a bulletin, a data directory, or - for standard input.
    pub what: String,

    /// Public keys, as GET /v1/keys hands them out. Default: those of ./malipo-data.
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,

    /// A checkpoint that was kept from before: an export has to begin with it.
    #[arg(long, value_name = "FILE")]
    pub older: Option<PathBuf>,
}

/// `malipo verify`.
pub(super) fn verify(flags: &VerifyFlags) -> ExitCode {
    let path = Path::new(&flags.what);
    let outcome = if path.join("manifest.json").is_file() {
        verify_export(path, flags)
    } else if path.join(NOTE_FILE).is_file() {
        verify_bulletin(path, flags)
    } else if path.join("journal").is_dir() {
        Ok(verify_data(path))
    } else if path.is_dir() {
        Err(format!("{} is no export, no bulletin and no data directory", path.display()))
    } else {
        read_receipt(&flags.what).and_then(|text| verify_receipt(&text, flags))
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(EXIT_DIFFERENT),
        Err(reason) => {
            complain(&reason);
            ExitCode::FAILURE
        }
    }
}

fn verify_receipt(text: &str, flags: &VerifyFlags) -> Result<bool, String> {
    let keys = read_keys(flags)?.ok_or(NO_KEYS)?;
    if text.starts_with(gates::MARK) || text.starts_with(gates::pass::PREFIX) {
        return verify_gate_text(text, &keys);
    }
    let findings = verify_text(text, &keys).map_err(|error| error.to_string())?;
    for finding in &findings {
        match &finding.wrong {
            None => println!("[+] {}", finding.what),
            Some(wrong) => println!("[-] {}: {wrong}", finding.what),
        }
    }
    let is_genuine = findings.iter().all(|finding| finding.wrong.is_none());
    println!("{}", if is_genuine { "genuine" } else { "NOT genuine" });
    Ok(is_genuine)
}

/// A pack, a certificate or payment numbers of a gate, or a provisional pass.
fn verify_gate_text(text: &str, keys: &KeySet) -> Result<bool, String> {
    let keys = keys.receipt_keys().map_err(|error| error.to_string())?;
    let outcome = gates::verify(text, &keys);
    match &outcome {
        Ok(genuine) => println!("[+] {}\n{}", genuine.says, verdict(genuine, Clock::system().now_micros())),
        Err(wrong) => println!("[-] {wrong}\nNOT genuine"),
    }
    Ok(outcome.is_ok())
}

/// Whether a genuine text of a gate is still good for anything. A gate of a demonstration may live in another time.
fn verdict(genuine: &Genuine, now_micros: i64) -> String {
    match genuine.valid_until {
        Some(until) if until.0 <= now_micros => {
            format!("genuine, and over since {} by the clock of this machine", format_rfc3339(until.0))
        }
        _ => "genuine".to_owned(),
    }
}

fn verify_export(folder: &Path, flags: &VerifyFlags) -> Result<bool, String> {
    let keys = match read_keys(flags)? {
        Some(set) => set.checkpoint_keys,
        None => {
            eprintln!(
                "note: no --keys, so the keys in the export itself are used: they show that it is whole, not whose it is"
            );
            let text = std::fs::read_to_string(folder.join("keys.txt"))
                .map_err(|error| format!("keys.txt: {error}"))?;
            text.lines().map(str::to_owned).collect()
        }
    };
    let keys = keys.iter().filter(|line| !line.is_empty()).map(|line| VerifyingKey::parse(line));
    let keys = keys.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    let older = flags.older.as_ref().map(std::fs::read_to_string).transpose();
    let older = older.map_err(|error| format!("--older: {error}"))?;
    let verdict = export_directory(folder, &keys, older.as_deref());
    let is_sound = show_findings(&verdict.findings);
    match &verdict.checkpoint {
        Some(checkpoint) => println!("{} records, root {}", checkpoint.size, checkpoint.root),
        None => println!("{} records, no checkpoint that could be trusted", verdict.record_count),
    }
    println!("{} entries, {} claimed keys", verdict.entry_count, verdict.claim_count);
    Ok(is_sound && verdict.checkpoint.is_some())
}

fn verify_bulletin(folder: &Path, flags: &VerifyFlags) -> Result<bool, String> {
    let keys = read_keys(flags)?.ok_or(NO_KEYS)?.receipt_keys().map_err(|error| error.to_string())?;
    let read =
        |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}"));
    let signed = match SignedFiles::open(&read(NOTE_FILE)?, &keys) {
        Ok(signed) => signed,
        Err(reason) => {
            println!("[-] {NOTE_FILE}: {reason}");
            println!("NOT genuine");
            return Ok(false);
        }
    };
    println!("[+] the signature of {NOTE_FILE}, as of {}", signed.as_of);
    let mut is_genuine = true;
    for (hash, name) in &signed.files {
        match read(name) {
            Ok(text) if Hash::of(text.as_bytes()).to_string() == *hash => println!("[+] {name}"),
            Ok(_) => {
                is_genuine = false;
                println!("[-] {name}: it is not the file that was signed");
            }
            Err(reason) => {
                is_genuine = false;
                println!("[-] {reason}");
            }
        }
    }
    println!("{}", if is_genuine { "genuine" } else { "NOT genuine" });
    Ok(is_genuine)
}

fn verify_data(folder: &Path) -> bool {
    let report = data_directory(&DiskStorage::read_only(folder), &[]);
    let is_sound = show_findings(&report.findings);
    match report.root {
        Some(root) => println!("{} records, root {root}", report.size),
        None => println!("{} records could be read of {}", report.record_count, report.size),
    }
    println!(
        "{} entries, {} claimed keys, {} snapshots",
        report.entry_count, report.claim_count, report.snapshot_count
    );
    is_sound
}

/// Prints findings; true if no record is missing, altered or against the rules, and nothing that follows from the records is
/// wrong.
pub(super) fn show_findings(findings: &Findings) -> bool {
    for finding in findings.iter() {
        let mark = match finding.gravity {
            Gravity::Harmless => "[ ]",
            Gravity::Derived => "[!]",
            Gravity::Damage => "[-]",
        };
        println!("{mark} {finding}");
    }
    let is_derived_wrong = findings.count(Gravity::Derived) > 0;
    println!(
        "{}",
        match (findings.is_sound(), is_derived_wrong) {
            (true, false) => "[+] every record is whole and keeps the rules",
            (true, true) =>
                "[!] every record is whole; what was made from them is not, and can be made again",
            (false, _) => "[-] DAMAGED",
        }
    );
    findings.is_sound() && !is_derived_wrong
}

fn read_receipt(what: &str) -> Result<String, String> {
    let read = |source: &mut dyn std::io::Read| {
        let mut text = String::new();
        source.take(RECEIPT_LEN_MAX).read_to_string(&mut text).map_err(|error| format!("{what}: {error}"))?;
        Ok(text)
    };
    if what == "-" {
        return read(&mut std::io::stdin());
    }
    match std::fs::File::open(what) {
        Ok(mut file) => read(&mut file),
        Err(_)
            if what.starts_with("MLP")
                || what.starts_with(gates::pass::PREFIX)
                || what.trim_start().starts_with('{') =>
        {
            Ok(what.to_owned())
        }
        Err(error) => Err(format!("{what}: {error}")),
    }
}

fn read_keys(flags: &VerifyFlags) -> Result<Option<KeySet>, String> {
    let path = match &flags.keys {
        Some(path) => path.clone(),
        None => {
            let usual = Path::new("malipo-data").join(PUBLIC_KEYS_FILE);
            if !usual.is_file() {
                return Ok(None);
            }
            usual
        }
    };
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map(Some).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::signed::Moment;

    #[test]
    fn what_is_genuine_and_over_is_said_to_be_over() {
        const NOON: i64 = 1_795_176_000_000_000;
        let pass = |valid_until| Genuine { says: "a pass".to_owned(), valid_until };
        assert_eq!(verdict(&pass(Some(Moment(NOON))), NOON - 1), "genuine");
        assert_eq!(
            verdict(&pass(Some(Moment(NOON))), NOON),
            "genuine, and over since 2026-11-20T12:00:00Z by the clock of this machine"
        );
        assert_eq!(verdict(&pass(None), NOON), "genuine");
    }
}
