//! Whether a data directory has the document of every catalogue that its books know: prices of bills rest on them, and the
//! one in force is needed for the next start.

use std::path::Path;
use std::sync::Arc;

use ledger::journal::file::Trail;
use ledger::storage::DiskStorage;

use crate::catalogue::{can_be_reached, files};
use crate::payments::{CatalogueVersion, Event, read_event};
use crate::process::CATALOGUES_FOLDER;

/// Reads every catalogue that is or was in force, and says what is missing or damaged, and whether the one in force could be
/// served. Drafts can be sent again.
pub(super) fn check_kept_catalogues(data: &Path, agencies_url: Option<&str>) -> bool {
    let published = match published(data) {
        Ok(published) => published,
        Err(error) => {
            println!("[-] catalogues: {error}");
            return false;
        }
    };
    let folder = data.join(CATALOGUES_FOLDER);
    let mut is_well = true;
    for (index, version) in published.iter().enumerate() {
        let is_in_force = index + 1 == published.len();
        let which = if is_in_force { "which is in force" } else { "which was in force" };
        let error = match files::read_kept(&folder, &version.hash) {
            Ok(catalogue) if is_in_force => match can_be_reached(&catalogue, agencies_url) {
                Ok(()) => continue,
                Err(error) => error.to_string(),
            },
            Ok(_) => continue,
            Err(error) => error.to_string(),
        };
        is_well = false;
        println!("[-] catalogue {}, {which}: {error}", version.number);
    }
    if is_well {
        println!("[+] catalogues: {} published, each with its document", published.len());
    }
    is_well
}

/// The catalogues that came into force, oldest first, as the journal tells.
fn published(data: &Path) -> Result<Vec<CatalogueVersion>, String> {
    let mut trail =
        Trail::of_closed(Arc::new(DiskStorage::read_only(data))).map_err(|error| error.to_string())?;
    let mut published = Vec::new();
    while let Some(batch) = trail.next_batch().map_err(|error| error.to_string())? {
        for record in batch.records() {
            let record = record.map_err(|error| error.to_string())?;
            if let Some(Event::CataloguePublished { catalogue, .. }) = read_event(&record.draft.event) {
                published.push(catalogue);
            }
        }
    }
    Ok(published)
}
