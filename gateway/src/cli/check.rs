//! `malipo check`: everything that could keep `serve` from starting, without changing anything.

use std::path::Path;
use std::process::ExitCode;

use ledger::storage::DiskStorage;
use ledger::verify::data_directory;

use super::kept_catalogues::check_kept_catalogues;
use super::verify::show_findings;
use super::{EXIT_CONFIG, complain};
use crate::catalogue::{can_be_reached, files};
use crate::channels::mpesa::adapters::account_of_paybill;
use crate::channels::terms;
use crate::config::flags::Flags;
use crate::config::value::Url;
use crate::config::{Config, Mode};
use crate::personal::LookupKeys;
use crate::process::{LOOKUP_FOLDER, StartError, problems_beforehand};

/// `malipo check`.
pub(super) fn check(flags: &Flags) -> ExitCode {
    let config = match Config::of_process(Mode::Serve, flags) {
        Ok(config) => config,
        Err(problems) => {
            complain(&problems);
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    println!("[+] configuration");
    let mut is_well = true;
    let agencies_url = config.routing.base_url.as_ref().map(Url::as_str);
    if let Some(path) = &config.catalogue.file {
        match files::read(path, |_| false) {
            Ok(catalogue) => {
                println!("[+] catalogue: {} services, {}", catalogue.services().len(), catalogue.hash());
                if let Err(error) = can_be_reached(&catalogue, agencies_url) {
                    println!("[-] catalogue: {error}");
                    is_well = false;
                }
            }
            Err(error) => {
                println!("[-] catalogue: {error}");
                is_well = false;
            }
        }
    }
    if let (Some(path), Some(paybill)) = (&config.channels.file, &config.paybill) {
        match terms::read_file(path, &account_of_paybill(&paybill.short_code)) {
            Ok(channels) => println!("[+] channels: {} beside the consolidated paybill", channels.len()),
            Err(problems) => {
                println!("[-] channels:\n{problems}");
                is_well = false;
            }
        }
    }
    match &config.data.directory {
        Some(folder) if folder.is_dir() => {
            let report = data_directory(&DiskStorage::read_only(folder), &[]);
            is_well &= show_findings(&report.findings);
            println!("    books: {} records", report.size);
            is_well &= check_kept_catalogues(folder, agencies_url);
        }
        Some(folder) => println!("[+] books: {} will be made", folder.display()),
        None => {}
    }
    if let Some(keys) = &config.data.keys_directory {
        is_well &= check_lookup_keys(&keys.join(LOOKUP_FOLDER));
    }
    // Channels and keys of references are named above.
    for problem in problems_beforehand(&config) {
        if !matches!(problem, StartError::Channels(_) | StartError::LookupKeys(_)) {
            println!("[-] {problem}");
            is_well = false;
        }
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Reads the keys that references are looked up by, and says which are damaged. A folder that is not there yet has none.
fn check_lookup_keys(folder: &Path) -> bool {
    if !folder.is_dir() {
        return true;
    }
    let damaged = match LookupKeys::damaged(folder) {
        Ok(damaged) => damaged,
        Err(error) => {
            println!("[-] keys of references: {error}");
            return false;
        }
    };
    for key in &damaged {
        println!("[-] keys of references: {} is damaged; restore it from a copy", key.display());
    }
    if damaged.is_empty() {
        println!("[+] keys of references");
    }
    damaged.is_empty()
}
