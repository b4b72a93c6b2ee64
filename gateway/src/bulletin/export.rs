//! Writing the bulletin: each minute, and at once when something of it changes. A file is replaced as a whole, the note last.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use metrics::gauge;
use tokio::time::Instant;

use super::Bulletin;
use crate::app::SharedApp;
use crate::away::away;
use crate::pages::bulletin_page;
use crate::telemetry::metrics::BULLETIN_AGE_SECONDS;

/// For people.
pub const PAGE_FILE: &str = "bulletin.html";
/// For programs.
pub const JSON_FILE: &str = "bulletin.json";
/// The signed note with the hashes of both.
pub const NOTE_FILE: &str = "bulletin.note";

/// How often it is written though nothing has changed: its age says how long the gateway has been gone.
const WRITE_EVERY: Duration = Duration::from_secs(60);
/// How often it is looked whether something has changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Writes the bulletin into this folder for as long as the gateway runs.
pub(crate) async fn keep_writing(app: SharedApp, folder: PathBuf) {
    let mut written: Option<(Bulletin, Instant)> = None;
    let mut is_failing = false;
    let mut last_good = Instant::now();
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let instant = ticks.tick().await;
        gauge!(BULLETIN_AGE_SECONDS.name).set(instant.duration_since(last_good).as_secs_f64());
        let bulletin = Bulletin::now(&app);
        let is_news = written.as_ref().is_none_or(|(before, at)| {
            !before.says_the_same(&bulletin) || instant.duration_since(*at) >= WRITE_EVERY
        });
        if !is_news {
            continue;
        }
        let files = files(&app, &bulletin);
        let into = folder.clone();
        let outcome = away(move || write(&into, &files)).await;
        match outcome.map_err(io::Error::other).and_then(|written| written) {
            Ok(()) => {
                (last_good, is_failing) = (instant, false);
                gauge!(BULLETIN_AGE_SECONDS.name).set(0.0);
            }
            // Once for each trouble; the age tells the rest.
            Err(error) if !is_failing => {
                is_failing = true;
                tracing::error!(%error, folder = %folder.display(), "The bulletin cannot be written.");
            }
            Err(_) => {}
        }
        written = Some((bulletin, instant));
    }
}

/// The files, by name, the note last.
fn files(app: &SharedApp, bulletin: &Bulletin) -> [(&'static str, String); 3] {
    let json = serde_json::to_string(bulletin).expect("texts and numbers can be written as JSON");
    let files = [(PAGE_FILE, bulletin_page(bulletin, app.help.as_ref())), (JSON_FILE, json)];
    let note = app.receipts.sign_bulletin(&bulletin.as_of, &files);
    let [page, json] = files;
    [page, json, (NOTE_FILE, note)]
}

fn write(folder: &Path, files: &[(&str, String)]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (name, text) in files {
        let unfinished = folder.join(format!(".{name}"));
        fs::write(&unfinished, text)?;
        fs::rename(unfinished, folder.join(name))?;
    }
    Ok(())
}
