//! From lists that others keep to a draft of a catalogue: CSV files, workbooks, JSON.
//!
//! The files become tables of cells (`table`), as a mapping says (`mapping`), with what is joined to their rows
//! (`sources`). Rows name agencies (`agencies`) and services (`services`); both get codes of their own where the list
//! has none (`names`). What the catalogue has already stays as it is (`merge`). Either everything can be read, or
//! there is a list of problems, each with its file, line and column, and no catalogue.

mod agencies;
mod csv_file;
mod json_file;
mod mapping;
mod merge;
mod money;
mod names;
mod report;
mod services;
mod sources;
mod table;
mod words;
mod xlsx_file;

pub use mapping::Mapping;
pub use report::ImportReport;
pub use table::SourceFile;

use crate::builder::CatalogueBuilder;
use crate::snapshot::Catalogue;
use crate::source::Problems;
use sources::Sources;

/// What became of a list.
#[derive(Debug)]
pub struct Imported {
    /// The base catalogue with what the list adds to it.
    pub catalogue: Catalogue,
    /// What was done with the rows.
    pub report: ImportReport,
}

/// Puts a list on top of a catalogue.
///
/// `files` are the list itself, in one or several files, and the files that the mapping joins to it, in any order.
/// The catalogue depends on what the rows say, and on nothing else: another order of the rows makes the same one.
/// `progress` is told now and then how many rows are done, and of how many.
///
/// # Errors
/// Every problem of every row; there is no catalogue then.
pub fn import(
    files: &[SourceFile<'_>],
    mapping: &Mapping,
    base: &Catalogue,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Imported, Problems> {
    let mut builder = CatalogueBuilder::new();
    let sources = Sources::read(files, mapping, builder.problems());
    let agencies = agencies::named_by(&sources, mapping, base, builder.problems());
    let offers = services::offered_by(&sources, &agencies, builder.problems(), progress);
    let row_count = sources.row_count();
    let (rows, report) = merge::onto(base, agencies, offers, row_count, builder.problems());
    builder.add_located(rows);
    let catalogue = builder.build()?;
    Ok(Imported { catalogue, report })
}
