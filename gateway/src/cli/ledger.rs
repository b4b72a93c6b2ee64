//! `malipo ledger`: looking into the books of a data directory, and making again what follows from them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use hyper::Method;
use ledger::journal::file::{RecordReader, Trail};
use ledger::personal::VaultReader;
use ledger::storage::{DiskStorage, Storage};
use ledger::verify::data_directory;
use ledger::{Sealed, Sum};

use super::admin::{AdminError, ask};
use super::verify::show_findings;
use super::{EXIT_DIFFERENT, EXIT_NOT_FOUND, complain};
use crate::clock::format_rfc3339;
use crate::config::sections::DataConfig;
use crate::personal::shown;
use crate::process::{Folder, VAULT_FOLDER};
use crate::views::rebuild_closed;

/// What to do with the books.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Show how far the books go, their trial balance, and everything that is wrong with them; or one record.
    Inspect {
        /// Data directory; its gateway may be running.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
        /// Show this record alone.
        #[arg(long, value_name = "SEQUENCE")]
        record: Option<u64>,
        /// Folder of keys: also show what the record keeps sealed, such as what a payer typed or a message that could not
        /// be read. What is shown is personal data.
        #[arg(long, value_name = "FOLDER", requires = "record")]
        keys: Option<PathBuf>,
    },
    /// Make the SQL views again from the first record on.
    RebuildViews {
        /// Data directory; its gateway may be running.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
    },
}

/// Runs a command about the books.
pub(super) fn run(command: &LedgerCommand) -> ExitCode {
    match command {
        LedgerCommand::Inspect { data, record: None, .. } => inspect(data),
        LedgerCommand::Inspect { data, record: Some(sequence), keys } => {
            show_record(data, *sequence, keys.as_deref())
        }
        LedgerCommand::RebuildViews { data } => rebuild_views(data),
    }
}

/// Through the gateway if one runs with the data directory, otherwise by ourselves.
fn rebuild_views(data: &Path) -> ExitCode {
    match ask(data, Method::POST, "/admin/views/rebuild", None) {
        Ok(_) => {
            eprintln!("The views are being made again; malipo_views_lag_records says how far they are.");
            return ExitCode::SUCCESS;
        }
        Err(AdminError::NotRunning(_) | AdminError::NoAnswer { .. }) => {}
        Err(error @ AdminError::Refused(_)) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    }
    if !data.join("journal").is_dir() {
        complain(&format!("{}: there is no journal here", data.display()));
        return ExitCode::from(EXIT_NOT_FOUND);
    }
    let config = DataConfig {
        directory: Some(data.to_path_buf()),
        keys_directory: None,
        segment_bytes: 0,
        lane_capacity: 1,
        trusts_clock: false,
    };
    let folder = match Folder::take(&config) {
        Ok(folder) => folder,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    let storage: Arc<dyn Storage> = Arc::new(DiskStorage::new(folder.root()));
    let trail = match Trail::of_closed(storage) {
        Ok(trail) => trail,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    match rebuild_closed(folder.views(), trail, &mut |done, of| eprintln!("{done} of {of} records")) {
        Ok(count) => {
            println!("{count} records");
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn inspect(data: &Path) -> ExitCode {
    if !data.join("journal").is_dir() {
        complain(&format!("{}: there is no journal here", data.display()));
        return ExitCode::from(EXIT_NOT_FOUND);
    }
    let report = data_directory(&DiskStorage::read_only(data), &[]);
    let is_sound = show_findings(&report.findings);
    let journal = report.journal.map(hex::encode).unwrap_or_default();
    println!("journal     {journal}");
    println!(
        "records     {} in {} batches, {} segments",
        report.size, report.batch_count, report.segment_count
    );
    if let Some(root) = report.root {
        println!("root        {root}");
    }
    if let Some(time) = report.time {
        println!("last record {}", format_rfc3339(time.micros()));
    }
    println!("snapshots   {}", report.snapshot_count);
    println!("{:<60} {:>4} {:>20} {:>20}", "ACCOUNT", "", "DEBIT", "CREDIT");
    for ((account, currency), balance) in &report.balances {
        println!(
            "{account:<60} {currency:>4} {:>20} {:>20}",
            Sum::new(balance.debit, *currency).to_decimal(),
            Sum::new(balance.credit, *currency).to_decimal()
        );
    }
    if is_sound { ExitCode::SUCCESS } else { ExitCode::from(EXIT_DIFFERENT) }
}

fn show_record(data: &Path, sequence: u64, keys: Option<&Path>) -> ExitCode {
    let storage: Arc<dyn Storage> = Arc::new(DiskStorage::new(data));
    let batch = match RecordReader::open(storage).map(|reader| reader.batch_of(sequence)) {
        Ok(Ok(batch)) => batch,
        Ok(Err(error)) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    let record = batch
        .as_ref()
        .and_then(|batch| batch.records().filter_map(Result::ok).find(|record| record.sequence == sequence));
    let Some(record) = record else {
        complain(&format!("the books have no record {sequence}"));
        return ExitCode::from(EXIT_NOT_FOUND);
    };
    let draft = &record.draft;
    println!("record     {sequence}");
    println!("time       {}", format_rfc3339(record.time.micros()));
    println!("principal  {}", draft.principal);
    println!("cause      {}", draft.cause);
    println!("evidence   {:?}", draft.evidence);
    for claim in &draft.claims {
        println!("claims     {}", claim.key);
    }
    if let Some(sealed) = &draft.sealed {
        println!("personal   {} fields, slot {}", sealed.commitments.len(), sealed.slot);
        if let Some(keys) = keys
            && let Err(error) = show_sealed(sealed, keys)
        {
            complain(&error);
            return ExitCode::FAILURE;
        }
    }
    for entry in &draft.entries {
        println!("entry      {}", entry.reason());
        for posting in entry.postings() {
            let side = format!("{:?}", posting.side);
            println!("  {side:<6} {:<60} {:>20}  {}", posting.account, posting.money, posting.memo);
        }
    }
    println!("event      {}", String::from_utf8_lossy(&draft.event));
    ExitCode::SUCCESS
}

fn show_sealed(sealed: &Sealed, keys: &Path) -> Result<(), String> {
    let vault = VaultReader::open(Arc::new(DiskStorage::read_only(keys.join(VAULT_FOLDER))));
    let key = vault.and_then(|vault| vault.key(sealed.slot)).map_err(|error| error.to_string())?;
    let Some(key) = key else {
        println!("  forgotten on request");
        return Ok(());
    };
    for (name, value) in shown(&key, sealed).map_err(|error| error.to_string())? {
        println!("  {name:<20} {value}");
    }
    Ok(())
}
