//! `malipo catalogue import`: everything or nothing.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use catalog::import::{Mapping, SourceFile, import as import_list};
use indicatif::{ProgressBar, ProgressStyle};

use super::draft::write_draft;
use super::{read, show_difference};

/// The mapping that comes with the product, and is used if no other is named.
const PUBLISHED_LIST: &str = "published-list";

/// The flags of `catalogue import`.
#[derive(Debug, clap::Args)]
pub struct ImportFlags {
    /// The list: CSV, XLSX, JSON or NDJSON. Files that the mapping joins to it may be named as well; otherwise they are
    /// looked for beside the first.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Which column is which: a TOML file, or published-list for the list that e-Citizen publishes.
    #[arg(long, value_name = "MAPPING", default_value = PUBLISHED_LIST)]
    pub mapping: String,

    /// The catalogue that the list is put on top of. Default: the one that comes with the product.
    #[arg(long, value_name = "CATALOGUE")]
    pub onto: Option<PathBuf>,

    /// Where to write the draft.
    #[arg(long, value_name = "FILE", required_unless_present = "dry_run")]
    pub output: Option<PathBuf>,

    /// Write nothing; say what would be different, the money first.
    #[arg(long)]
    pub dry_run: bool,

    /// Write over a file that is there.
    #[arg(long)]
    pub force: bool,
}

/// `malipo catalogue import`.
pub(super) fn import(flags: &ImportFlags) -> Result<ExitCode, String> {
    let mapping = read_mapping(&flags.mapping)?;
    let base = read(flags.onto.as_deref())?;
    let contents = read_files(&flags.files, &mapping)?;
    let files: Vec<_> = contents.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    let bar = progress_bar();
    let imported = import_list(&files, &mapping, &base, &mut |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let imported = imported.map_err(|problems| problems.to_string())?;
    eprint!("{}", imported.report);
    if flags.dry_run {
        show_difference(&base, &imported.catalogue);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(path) = &flags.output {
        write_draft(path, &imported.catalogue.to_json(), flags.force)?;
        println!("{} {}", imported.catalogue.hash(), path.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn read_mapping(named: &str) -> Result<Mapping, String> {
    if named == PUBLISHED_LIST {
        return Ok(Mapping::published_list());
    }
    let text = std::fs::read_to_string(named).map_err(|error| format!("--mapping {named}: {error}"))?;
    Mapping::parse(named, &text).map_err(|problems| problems.to_string())
}

/// The files that were named, and those that the mapping joins to them, as far as they lie beside the first.
fn read_files(named: &[PathBuf], mapping: &Mapping) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut paths = named.to_vec();
    let folder = named.first().and_then(|path| path.parent()).unwrap_or(Path::new(""));
    for joined in mapping.joined_files() {
        let is_named = named.iter().any(|path| path.file_name().is_some_and(|name| name == joined));
        let beside = folder.join(joined);
        if !is_named && beside.is_file() && !paths.contains(&beside) {
            paths.push(beside);
        }
    }
    let contents = paths.iter().map(|path| {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| format!("{name}: {error}"))?;
        Ok((name, bytes))
    });
    contents.collect()
}

/// On a terminal a bar, and elsewhere nothing: a log is not to be filled with it.
fn progress_bar() -> ProgressBar {
    // Drawn on standard error, and hidden by itself unless that is a terminal.
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} rows");
    bar.set_style(style.expect("the template is known here"));
    bar
}
