//! `malipo catalogue export`: the catalogue for other programs.

use std::path::PathBuf;
use std::process::ExitCode;

use super::draft::write_draft;
use super::{read, today};
use crate::cli::output;

/// The flags of `catalogue export`.
#[derive(Debug, clap::Args)]
pub struct ExportFlags {
    /// The catalogue. Default: the one that comes with the product.
    #[arg(value_name = "CATALOGUE")]
    pub catalogue: Option<PathBuf>,

    /// How to write it.
    #[arg(long, value_enum)]
    pub format: Format,

    /// Where to write it; standard output, if not said.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Write over a file that is there.
    #[arg(long, requires = "output")]
    pub force: bool,
}

/// How a catalogue can be written.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Format {
    /// The document itself, byte for byte.
    Json,
    /// One service a line, as it stands in the document.
    Ndjson,
    /// One service a line for a spreadsheet, with today's fees.
    Csv,
}

/// `malipo catalogue export`.
pub(super) fn export(flags: &ExportFlags) -> Result<ExitCode, String> {
    let catalogue = read(flags.catalogue.as_deref())?;
    let bytes = match flags.format {
        Format::Json => catalogue.to_json().to_vec(),
        Format::Ndjson => catalogue.to_ndjson().into_bytes(),
        Format::Csv => catalogue.to_csv(today()).into_bytes(),
    };
    match &flags.output {
        Some(path) => write_draft(path, &bytes, flags.force)?,
        None => output::bytes(&bytes),
    }
    Ok(ExitCode::SUCCESS)
}
