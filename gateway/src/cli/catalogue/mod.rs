//! `malipo catalogue`: drafts of catalogues from lists, and what they mean, before anything is published.

mod draft;
mod export;
mod import;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use catalog::{Catalogue, CatalogueBuilder, Changes, Filters, Language, MoneyImpact};
use clap::Subcommand;
use hyper::Method;
use jiff::civil::Date;

use super::admin::{AdminError, ask};
use super::{EXIT_DIFFERENT, EXIT_NOT_FOUND, EXIT_UNAVAILABLE, complain};
use crate::catalogue::files;
use crate::clock::Clock;

/// What to do with catalogues. Where a catalogue is left out, the one that comes with the product is meant.
#[derive(Debug, Subcommand)]
pub enum CatalogueCommand {
    /// Make a draft of a catalogue from a list of services, or say everything that is wrong with the list.
    Import(import::ImportFlags),
    /// Say everything that is wrong with catalogue files, which are read together.
    Validate {
        /// The files.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Say what one catalogue changes about another, the money first.
    Diff {
        /// The earlier one.
        #[arg(value_name = "A")]
        old: PathBuf,
        /// The later one.
        #[arg(value_name = "B")]
        new: PathBuf,
    },
    /// Write a catalogue for other programs.
    Export(export::ExportFlags),
    /// Search as citizens do, and say how each word was read and what each service's place rests on.
    Explain {
        /// What a citizen would type.
        #[arg(value_name = "QUERY")]
        query: String,
        /// The language that the citizen reads: en or sw.
        #[arg(long, default_value = "en")]
        lang: Language,
        /// Show so many services.
        #[arg(long, value_name = "COUNT", default_value_t = 5)]
        limit: usize,
        /// The catalogue.
        #[arg(long, value_name = "CATALOGUE")]
        catalogue: Option<PathBuf>,
    },
    /// Let the gateway that runs read its configured catalogue file again. With real money, another file waits for a
    /// second person.
    Reload {
        /// Data directory of the gateway.
        #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
        data: PathBuf,
    },
}

/// Runs a command about catalogues.
pub(super) fn run(command: &CatalogueCommand) -> ExitCode {
    let outcome = match command {
        CatalogueCommand::Import(flags) => import::import(flags),
        CatalogueCommand::Validate { files } => validate(files),
        CatalogueCommand::Diff { old, new } => diff(old, new),
        CatalogueCommand::Export(flags) => export::export(flags),
        CatalogueCommand::Explain { query, lang, limit, catalogue } => {
            explain(query, *lang, *limit, catalogue.as_deref())
        }
        CatalogueCommand::Reload { data } => return reload(data),
    };
    outcome.unwrap_or_else(|reason| {
        complain(&reason);
        ExitCode::FAILURE
    })
}

fn validate(files: &[PathBuf]) -> Result<ExitCode, String> {
    let mut builder = CatalogueBuilder::new();
    for path in files {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| format!("{name}: {error}"))?;
        builder.add_document(&name, &bytes);
    }
    let catalogue = builder.build().map_err(|problems| problems.to_string())?;
    println!("{} services, {}", catalogue.services().len(), catalogue.hash());
    Ok(ExitCode::SUCCESS)
}

fn diff(old: &Path, new: &Path) -> Result<ExitCode, String> {
    let (old, new) = (read(Some(old))?, read(Some(new))?);
    let changes = show_difference(&old, &new);
    Ok(if changes.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_DIFFERENT) })
}

fn explain(
    query: &str,
    language: Language,
    limit: usize,
    catalogue: Option<&Path>,
) -> Result<ExitCode, String> {
    let explanation = read(catalogue)?.explain(query, language, &Filters::default(), limit);
    print!("{explanation}");
    Ok(if explanation.hits.is_empty() { ExitCode::from(EXIT_NOT_FOUND) } else { ExitCode::SUCCESS })
}

fn reload(data: &Path) -> ExitCode {
    match ask(data, Method::POST, "/admin/catalogue/reload", None) {
        Ok(answer) => {
            println!("{}", String::from_utf8_lossy(&answer));
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&error);
            match error {
                AdminError::NotRunning(_) | AdminError::NoAnswer { .. } => ExitCode::from(EXIT_UNAVAILABLE),
                AdminError::Refused(_) => ExitCode::FAILURE,
            }
        }
    }
}

/// A catalogue file, or the catalogue that comes with the product.
fn read(path: Option<&Path>) -> Result<Catalogue, String> {
    match path {
        Some(path) => files::read(path, |_| false).map_err(|error| error.to_string()),
        None => Ok(Catalogue::embedded()),
    }
}

/// Prints the money, then every other change, then nothing.
fn show_difference(old: &Catalogue, new: &Catalogue) -> Changes {
    let changes = Changes::between(old, new);
    print!("{}", MoneyImpact::between(old, new, today()));
    print!("{changes}");
    changes
}

fn today() -> Date {
    Clock::system().today()
}
