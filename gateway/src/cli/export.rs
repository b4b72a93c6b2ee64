//! `malipo export`: the books as static files that anybody can check, without personal data.

use std::path::PathBuf;
use std::process::ExitCode;

use ledger::export::{ExportRequest, export as export_books};
use ledger::storage::DiskStorage;

use super::complain;
use crate::process::{LEDGER_KEY_FILE, read_signing_key};

/// The flags of `export`.
#[derive(Debug, clap::Args)]
pub struct ExportFlags {
    /// Data directory; its gateway may be running.
    #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
    pub data: PathBuf,

    /// Folder of the signing keys. Default: keys in the data directory.
    #[arg(long, value_name = "FOLDER")]
    pub keys_directory: Option<PathBuf>,

    /// Folder to make.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,

    /// How many records, from the first. All that were acknowledged, if not said.
    #[arg(long, value_name = "COUNT")]
    pub size: Option<u64>,
}

/// `malipo export`.
pub(super) fn export(flags: &ExportFlags) -> ExitCode {
    let keys = flags.keys_directory.clone().unwrap_or_else(|| flags.data.join("keys"));
    let key_path = keys.join(LEDGER_KEY_FILE);
    let key = match read_signing_key(&key_path) {
        Ok(Some(key)) => key,
        Ok(None) => {
            complain(&format!("{}: there is no signing key; is this a data directory?", key_path.display()));
            return ExitCode::FAILURE;
        }
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    let verifying_key = key.verifying_key();
    let request = ExportRequest {
        storage: &DiskStorage::read_only(&flags.data),
        size: flags.size,
        origin: verifying_key.name(),
        keys: std::slice::from_ref(&verifying_key),
        sign: &|checkpoint| Ok(checkpoint.sign(&key)),
        folder: &flags.out,
    };
    match export_books(&request) {
        Ok(report) => {
            println!("{} records, root {}", report.checkpoint.size, report.checkpoint.root);
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}
