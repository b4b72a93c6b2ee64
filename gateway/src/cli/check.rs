//! `malipo check`: everything that could keep `serve` from starting, without changing anything.

use std::process::ExitCode;

use ledger::storage::DiskStorage;
use ledger::verify::data_directory;

use super::kept_catalogues::check_kept_catalogues;
use super::verify::show_findings;
use super::{EXIT_CONFIG, complain};
use crate::catalogue::files;
use crate::channels::mpesa::adapters::account_of_paybill;
use crate::channels::terms;
use crate::config::flags::Flags;
use crate::config::{Config, Mode};

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
    if let Some(path) = &config.catalogue.file {
        match files::read(path, |_| false) {
            Ok(catalogue) => {
                println!("[+] catalogue: {} services, {}", catalogue.services().len(), catalogue.hash())
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
            is_well &= check_kept_catalogues(folder);
        }
        Some(folder) => println!("[+] books: {} will be made", folder.display()),
        None => {}
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
