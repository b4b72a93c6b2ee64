//! The catalogue that a gateway begins with.

use std::sync::Arc;

use catalog::Catalogue;

use super::{Folder, StartError};
use crate::books::Books;
use crate::catalogue::{Served, can_be_reached, files};
use crate::config::{Config, Mode};
use crate::payments::{Answer, Ask, CatalogueVersion, Command};

/// The catalogue to begin with: the one that is in force. The first of all, and that of a demonstration where nobody has
/// published another, is the file that the configuration names, or the embedded one. Where a catalogue is in force and
/// money is real, another file waits for a second person like any draft.
pub(super) async fn load_catalogue(
    config: &Config,
    folder: &Folder,
    books: &Books,
    today: jiff::civil::Date,
    agencies_url: Option<Arc<str>>,
) -> Result<Served, StartError> {
    let catalogues = books.readers().catalogues();
    let was_approved = catalogues.publications().last().is_some_and(|newest| newest.drafter.is_some());
    let in_force = catalogues.in_force().cloned();
    let read = |path| files::read(path, |hash| catalogues.knows(hash));
    let configured = match config.catalogue.file.as_deref().map(read).transpose() {
        // A file that could at most become a draft does not keep anybody from paying.
        Err(error) if in_force.is_some() => {
            tracing::error!(%error, "The configured catalogue cannot be read; the one in force goes on.");
            None
        }
        configured => configured?,
    };
    let catalogue = match (in_force, config.mode) {
        (Some(version), Mode::Serve) => {
            if let Some(configured) = configured {
                draft_configured(configured, &version, folder, books).await?;
            }
            read_in_force(folder, version)?
        }
        (Some(version), Mode::Demo) if was_approved => read_in_force(folder, version)?,
        (_, Mode::Demo) => {
            configured.unwrap_or_else(|| Catalogue::demonstration(config.demo.services, config.demo.seed))
        }
        (None, Mode::Serve) => configured.unwrap_or_else(Catalogue::embedded),
    };
    can_be_reached(&catalogue, agencies_url.as_deref())?;
    let hash = files::keep(&folder.catalogues(), &catalogue)?;
    let ask = Ask::PublishCatalogue { hash, approver: "start".into() };
    books.ask(start_command(ask)).await?;
    let known = books.readers().catalogues();
    if let Err(error) = files::discard_unknown(&folder.catalogues(), |hash| known.knows(hash)) {
        tracing::warn!(%error, "Files of catalogues that nobody needs any more could not be removed.");
    }
    let version = books.readers().catalogues().in_force().cloned().ok_or(StartError::NoCatalogue)?;
    Ok(Served::render(version, Arc::new(catalogue), today, agencies_url))
}

/// The document of the catalogue that the books say is in force.
fn read_in_force(folder: &Folder, version: CatalogueVersion) -> Result<Catalogue, StartError> {
    files::read_kept(&folder.catalogues(), &version.hash).map_err(|source| StartError::CatalogueInForce {
        number: version.number,
        hash: version.hash,
        source,
    })
}

/// Lets the configured file wait for a second person, unless it is in force.
async fn draft_configured(
    configured: Catalogue,
    in_force: &CatalogueVersion,
    folder: &Folder,
    books: &Books,
) -> Result<(), StartError> {
    let hash = files::keep(&folder.catalogues(), &configured)?;
    if hash == in_force.hash {
        return Ok(());
    }
    let note = "the configured file, at a start".into();
    let ask = Ask::DraftCatalogue { hash: Arc::clone(&hash), base: in_force.number, note };
    if let Answer::Refused(refusal) = books.ask(start_command(ask)).await? {
        tracing::error!(%refusal, %hash, "The configured catalogue is not in force and could not be drafted.");
    } else {
        tracing::warn!(%hash, in_force = in_force.number, "The configured catalogue waits for a second person to publish it.");
    }
    Ok(())
}

fn start_command(ask: Ask) -> Command {
    Command { principal: "operator".into(), cause: "start".into(), ask }
}
